//! What is written in Python of Python and PyTorch: the files of `prelude/`.
//!
//! Most programs need little of it, so most of it is late, in `prelude/late`, and is neither read nor run before a
//! program asks for it:
//!
//! - `late/NAME.py` is a module, which runs when it is imported;
//! - `late/NAMESPACE/FILE.py` belongs to a module that is there, and runs in it when a name is looked up there that this
//!   file defines. `build.rs` lists those names: functions, classes and assignments at the top level.
//!
//! In a page the text of the late files is not even loaded before: it is a file of its own, which [`Late::source`], which
//! alone reads it, asks for (`crate/bindgen/src/split.rs`).
//!
//! Invariant: no late file defines a name that its namespace has without it, or nobody would see that one.

/// The text of an early file, as `build.rs` packs it.
macro_rules! prelude {
    ($path:literal) => {
        include_str!(concat!(env!("OUT_DIR"), "/prelude/", $path))
    };
}

/// A file of `prelude/late`.
pub struct Late {
    /// How the machine imports it: `dataclasses`, `torch.nn/recurrent`.
    pub name: &'static str,
    /// The module that it belongs to; empty where it is a module itself.
    pub namespace: &'static str,
    start: usize,
    end: usize,
    /// Modules, and the names that it defines in each, with spaces between them.
    defines: &'static [(&'static str, &'static str)],
}

const LATE: &[Late] = include!(concat!(env!("OUT_DIR"), "/late.rs"));

static TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/late.txt")).split_at(64).1;

impl Late {
    /// The late file of this name.
    pub fn find(name: &str) -> Option<&'static Late> {
        LATE.iter().find(|late| late.name == name)
    }

    /// The late file that defines this name in this module.
    pub fn defining(module: &str, name: &str) -> Option<&'static Late> {
        LATE.iter().find(|late| late.names_in(module).any(|defined| defined == name))
    }

    /// The names that late files define in a module.
    pub fn names_of(module: &str) -> impl Iterator<Item = &'static str> {
        LATE.iter().flat_map(move |late| late.names_in(module))
    }

    /// The late files of a namespace.
    pub fn of(namespace: &str) -> impl Iterator<Item = &'static Late> {
        LATE.iter().filter(move |late| late.namespace == namespace)
    }

    /// The modules that late files belong to.
    pub fn namespaces() -> impl Iterator<Item = &'static str> {
        LATE.iter().map(|late| late.namespace).filter(|namespace| !namespace.is_empty())
    }

    /// The names that it defines in a module.
    pub fn names_in(&self, module: &str) -> impl Iterator<Item = &'static str> {
        self.defines.iter().filter(move |(defined_in, _)| *defined_in == module).flat_map(|(_, names)| names.split(' '))
    }

    /// Its text: the one place that reads what a page has in another file, and no part of its callers.
    #[inline(never)]
    pub fn source(&self) -> &'static str {
        TEXT.get(self.start..self.end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;
    use std::rc::Rc;

    use tensor::Engine;

    use super::{LATE, Late};
    use crate::{Limits, Progress, Session};

    #[test]
    fn late_names_are_new_and_found_where_they_belong() {
        let mut program = String::from("import torch\n");
        let names_of = |late: &'static Late| late.defines.iter().flat_map(|(module, names)| names.split(' ').map(move |name| (*module, name)));
        for (module, _) in LATE.iter().flat_map(|late| late.defines) {
            let _ = writeln!(program, "import {module}");
        }
        // What torch has for real tensors, `complex.py` replaces: before it has run there is no complex one.
        for (module, name) in LATE.iter().filter(|late| late.name != "torch._complex/complex").flat_map(names_of) {
            let _ = writeln!(program, "assert {name:?} not in vars({module}), '{module}.{name}'");
        }
        for (module, name) in LATE.iter().flat_map(names_of) {
            let _ = writeln!(program, "{module}.{name}");
        }
        for late in LATE.iter().filter(|late| late.namespace.is_empty()) {
            let _ = writeln!(program, "import {}", late.name);
        }
        let mut session = Session::new(Rc::new(Engine::cpu()), Rc::new(|| 0.0));
        session.start(&program, Limits::default());
        while !matches!(session.advance(10_000), Progress::Finished) {}
        assert_eq!(session.failure(), None);
        assert!(LATE.iter().flat_map(names_of).count() > 200);
    }
}
