//! Python's own functions, types and modules. What needs to call Python code is in `prelude/`.

mod bytes;
mod constructors;
mod containers;
mod dicts;
mod files;
mod formatting;
mod functions;
mod json;
mod lists;
mod math;
mod modules;
mod numbers;
mod objects;
mod random;
mod regex;
mod sequences;
mod strings;
mod tokenizers;

use std::rc::Rc;

pub use bytes::contains as bytes_contain;
pub use containers::{counter_arithmetic, in_place, named_tuple_class};
pub use formatting::{ascii, format_value, percent_format};
pub use modules::{MODULES, module};
pub use random::PythonRandom;
pub use regex::Cache as PatternCache;

use crate::value::{Args, Class, ClassKind, Native, NativeFunction, Value};
use crate::{Context, ErrorKind, Raise};

/// The source of the functions that are written in Python.
pub const PRELUDE: &str = concat!(prelude!("builtins.py"), prelude!("matching.py"));

/// Fills the namespace of built-in names, the classes of built-in values, and what the prelude starts with.
pub fn install(context: &mut Context) {
    constructors::install(context);
    functions::install(context);
    files::install(context);
    json::install(context);
    numbers::install(context);
    sequences::install(context);
    objects::install(context);
    strings::install(context);
    bytes::install(context);
    tokenizers::install(context);
    formatting::install(context);
    lists::install(context);
    dicts::install(context);
    containers::install(context);
    for (kind, _) in ErrorKind::ALL {
        let class = context.types.error(kind).clone();
        context.builtins.set_text(&kind.name(), Value::Class(class));
    }
    let os_error = context.types.error(ErrorKind::OSError).clone();
    context.builtins.set_text("EnvironmentError", Value::Class(os_error.clone()));
    context.builtins.set_text("IOError", Value::Class(os_error));
    context.builtins.set_text("NotImplemented", Value::NotImplemented);
    context.builtins.set_text("Ellipsis", Value::Ellipsis);
    context.builtins.set_text("__debug__", Value::Bool(true));
}

/// Adds a method to a class of built-in values.
fn method(class: &Rc<Class>, name: &'static str, call: NativeFunction) {
    class.attributes.set_text(name, Value::Native(Native::new(name, call)));
}

/// A call of what a late part of the prelude defines.
fn late(context: &Context, part: &str, name: &str, args: Args) -> Raise {
    let positional = [part, name].map(Value::str).into_iter().chain(args.positional).collect();
    Raise::call(context.prelude.get_text("_of").unwrap_or(Value::None), Args { positional, ..args })
}

/// Gives a class of built-in values its maker.
fn maker(class: &Rc<Class>, native: Native) {
    if let ClassKind::Builtin(place) = &class.kind {
        place.replace(Some(native));
    }
}

impl Context {
    fn builtin(&self, name: &'static str, call: NativeFunction) {
        self.builtins.set_text(name, Value::Native(Native::new(name, call)));
    }

    /// A function that is given generators as they are.
    fn lazy_builtin(&self, name: &'static str, call: NativeFunction) {
        self.builtins.set_text(name, Value::Native(Native::lazy(name, call)));
    }

    /// A function that only the prelude sees.
    fn helper(&self, name: &'static str, call: NativeFunction) {
        self.prelude.set_text(name, Value::Native(Native::lazy(name, call)));
    }
}
