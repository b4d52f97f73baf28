//! A host gives a run files and modules: what the program and its trace see of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::rc::Rc;

use checkpoint::Source;
use python::files::{FileError, Files, parts};
use python::{Limits, Progress, Session};
use tensor::Engine;

/// A host that has its files in memory, as a page has.
struct Texts(Vec<(&'static str, String)>);

impl Files for Texts {
    fn source(&self, path: &str) -> Result<Rc<dyn Source>, FileError> {
        let path = parts("", path)?.join("/");
        let (_, text) = self.0.iter().find(|(name, _)| *name == path).ok_or(FileError::NotFound)?;
        Ok(Rc::new(text.clone().into_bytes()))
    }

    fn module(&self, name: &str) -> Result<Rc<dyn Source>, FileError> {
        self.source(&format!("{name}.py"))
    }
}

fn session(source: &str, limits: Limits, files: &[(&'static str, &str)]) -> Session {
    let mut session = Session::new(Rc::new(Engine::cpu()), Rc::new(|| 0.0));
    session.give(Rc::new(Texts(files.iter().map(|(name, text)| (*name, text.to_string())).collect())));
    session.start(source, limits);
    while !matches!(session.advance(10_000), Progress::Finished) {}
    session
}

#[test]
fn the_trace_names_the_file_of_each_line() {
    let files = [("parts.py", "def half(x):\n    y = x / 2\n    return y\n")];
    let session = session("from parts import half\nz = half(6)\n", Limits::default(), &files);
    assert_eq!(session.failure(), None);
    let steps: Vec<(&str, u32, &str)> = session.trace().steps.iter().map(|step| (&*step.file, step.line, &*step.function)).collect();
    let expected = [
        ("program.py", 1, "<module>"),
        ("parts.py", 1, "half"),
        ("parts.py", 2, "half"),
        ("parts.py", 3, "half"),
        ("program.py", 2, "<module>"),
    ];
    assert_eq!(steps, expected);
}

#[test]
fn a_failure_names_the_file_of_its_line() {
    let files = [("parts.py", "def broken(x):\n    return x / 0\n")];
    let session = session("import parts\nparts.broken(1)\n", Limits::default(), &files);
    let failure = session.failure().unwrap();
    assert_eq!((&*failure.file, failure.line), ("parts.py", 2));
    let places: Vec<(&str, u32)> = failure.traceback.iter().map(|entry| (&*entry.file, entry.line)).collect();
    assert_eq!(places, [("program.py", 2), ("parts.py", 2)]);
}

#[test]
fn a_file_larger_than_the_programs_memory_is_refused_before_it_is_read() {
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let session = session("open('large.txt')", limits, &[("large.txt", &"x".repeat(2 << 20))]);
    let failure = session.failure().unwrap();
    assert_eq!(failure.type_name, "MemoryError");
    assert_eq!(failure.message, "'large.txt' has 2097152 bytes, more than the program may use");
}

#[test]
fn modules_that_import_each_other_end() {
    let files = [("a.py", "import b\nx = 1\n"), ("b.py", "import a\ny = 2\n")];
    let session = session("import a\nassert a.b.y == 2 and a.b.a is a\n", Limits::default(), &files);
    assert_eq!(session.failure(), None);
}

#[test]
fn paths_stay_inside() {
    assert_eq!(parts("", "./a//b/../c"), Ok(vec!["a", "c"]));
    assert_eq!(parts("checkpoints", "../goldens/x.json"), Ok(vec!["goldens", "x.json"]));
    for (from, path) in [("", ".."), ("", "/a"), ("", "a/../../b"), ("a", "../../b"), ("", "a\\b"), ("", "C:a"), ("", "a\0b")] {
        assert_eq!(parts(from, path), Err(FileError::Outside), "{path}");
    }
}
