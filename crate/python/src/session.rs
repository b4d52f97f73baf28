//! A run of a program, from its source to its trace.

use std::cell::Cell;
use std::rc::Rc;

use tensor::{Engine, Tensor};

use crate::files::{Files, NoFiles};
use crate::machine::import::prelude_code;
use crate::machine::{Machine, Outcome, compile};
use crate::syntax::{self, SyntaxError};
use crate::trace::Trace;
use crate::value::{Dict, Module, Value};
use crate::{Context, builtins};

/// What a run may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Instructions of the machine.
    pub steps: u64,
    /// Wall time, the time of reads included.
    pub seconds: f64,
    /// Bytes of Python values (tensors have the engine's own limit).
    pub bytes: usize,
    /// Bytes of output.
    pub output_bytes: usize,
    /// Lines that the trace keeps; 0 turns it off.
    pub trace_steps: usize,
    /// Bytes of tensors that the trace keeps.
    pub trace_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { steps: 2_000_000_000, seconds: 600.0, bytes: 512 << 20, output_bytes: 16 << 20, trace_steps: 20_000, trace_bytes: 256 << 20 }
    }
}

/// How far a run is.
pub enum Progress {
    /// It can go on.
    Running,
    /// It needs the host values of these tensors: read them, then go on.
    Pending(Vec<Tensor>),
    /// It has ended, well or with a [`Failure`].
    Finished,
}

/// The exception that ended a run. Lines and columns count from 1; the end is exclusive.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The file that the lines and columns are in.
    pub file: Rc<str>,
    pub type_name: String,
    pub message: String,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    /// The open functions, outermost first.
    pub traceback: Vec<TracebackEntry>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TracebackEntry {
    pub file: Rc<str>,
    pub function: String,
    pub line: u32,
}

/// Runs programs one after the other on one engine.
pub struct Session {
    engine: Rc<Engine>,
    clock: Rc<dyn Fn() -> f64>,
    files: Rc<dyn Files>,
    stop: Rc<Cell<bool>>,
    machine: Option<Machine>,
    /// What ended a run before it began: the program is no Python.
    failure: Option<Failure>,
    trace: Trace,
}

impl Session {
    /// `clock` gives milliseconds since 1970, and never goes back.
    pub fn new(engine: Rc<Engine>, clock: Rc<dyn Fn() -> f64>) -> Session {
        Session { engine, clock, files: Rc::new(NoFiles), stop: Rc::default(), machine: None, failure: None, trace: Trace::default() }
    }

    /// Gives the runs that begin from here on these files to read and to import.
    pub fn give(&mut self, files: Rc<dyn Files>) {
        self.files = files;
    }

    pub fn engine(&self) -> &Rc<Engine> {
        &self.engine
    }

    /// Begins a run of `source`; the results of the one before are gone.
    pub fn start(&mut self, source: &str, limits: Limits) {
        self.end();
        self.failure = None;
        self.trace = Trace::default();
        self.stop.set(false);
        if limits.trace_steps > 0 {
            self.engine.start_tape(limits.trace_bytes);
        }
        let file = self.files.program_name();
        let code = match syntax::parse(source).and_then(|tree| compile(&tree, Some(file))) {
            Ok(code) => code,
            Err(error) => {
                self.failure = Some(Failure::of_syntax(error, file));
                return;
            }
        };
        self.engine.begin_instruction();
        let mut context = Context::new(self.engine.clone(), self.clock.clone(), self.files.clone(), limits.bytes);
        builtins::install(&mut context);
        let globals = Dict::new();
        globals.set_text("__name__", Value::str("__main__"));
        globals.set_text("__doc__", Value::None);
        globals.set_text("__file__", Value::str(file));
        let prelude = context.prelude.clone();
        let mut machine = Machine::new(context, limits, self.stop.clone());
        machine.modules.insert("__main__".to_owned(), Rc::new(Module { name: Rc::from("__main__"), attributes: globals.clone() }));
        machine.push_module(code, &globals);
        match prelude_code("builtins", builtins::PRELUDE) {
            Ok(code) => machine.push_module(code, &prelude),
            Err(raise) => machine.unwind(raise),
        }
        self.machine = Some(machine);
    }

    /// Runs at most `instructions` of the machine.
    pub fn advance(&mut self, instructions: u32) -> Progress {
        let Some(machine) = &mut self.machine else { return Progress::Finished };
        match machine.run(instructions) {
            Outcome::Running => Progress::Running,
            Outcome::Pending(tensors) => Progress::Pending(tensors),
            Outcome::Finished => {
                self.engine.end_instructions();
                self.failure = machine.failure.take();
                self.trace = std::mem::take(&mut machine.trace);
                Progress::Finished
            }
        }
    }

    /// After [`Progress::Pending`]: the values cannot be read. The program is told where it asked for them, and goes on.
    pub fn refuse(&mut self, error: tensor::Error) {
        if let Some(machine) = &mut self.machine {
            machine.refuse(error);
        }
    }

    /// Ends the run soon with a KeyboardInterrupt that no handler catches.
    pub fn stop(&mut self) {
        self.stop.set(true);
    }

    /// What the program printed since it was last asked.
    pub fn take_output(&mut self) -> String {
        let Some(machine) = &mut self.machine else { return String::new() };
        let output = std::mem::take(&mut machine.context.stdout);
        machine.output_taken += output.len();
        output
    }

    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    pub fn trace(&self) -> &Trace {
        match &self.machine {
            Some(machine) if machine.failure.is_none() && !machine.frames.is_empty() => &machine.trace,
            _ => &self.trace,
        }
    }

    fn end(&mut self) {
        if let Some(mut machine) = self.machine.take() {
            machine.clear();
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}

impl Failure {
    fn of_syntax(error: SyntaxError, file: &str) -> Failure {
        Failure {
            file: Rc::from(file),
            type_name: error.kind.name(),
            message: error.message,
            line: error.span.line,
            column: error.span.column,
            end_line: error.span.end_line,
            end_column: error.span.end_column,
            traceback: Vec::new(),
        }
    }
}
