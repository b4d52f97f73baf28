//! A run of a program, from its source to its trace.

use std::rc::Rc;

use tensor::{Engine, Tensor};

use crate::trace::Trace;

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
    pub function: String,
    pub line: u32,
}

pub struct Session {
    engine: Rc<Engine>,
    clock: Rc<dyn Fn() -> f64>,
    output: String,
    failure: Option<Failure>,
    trace: Trace,
}

impl Session {
    /// `clock` gives milliseconds since some moment: `performance.now` on the web, an `Instant` natively.
    pub fn new(engine: Rc<Engine>, clock: Rc<dyn Fn() -> f64>) -> Session {
        Session { engine, clock, output: String::new(), failure: None, trace: Trace::default() }
    }

    pub fn engine(&self) -> &Rc<Engine> {
        &self.engine
    }

    /// Begins a run of `source`; the results of the one before are gone.
    pub fn start(&mut self, _source: &str, _limits: Limits) {
        let _ = (self.clock)();
    }

    /// Runs at most `instructions` of the machine.
    pub fn advance(&mut self, _instructions: u32) -> Progress {
        Progress::Finished
    }

    /// Ends the run at its next instruction with a KeyboardInterrupt.
    pub fn stop(&mut self) {}

    /// What the program printed since it was last asked.
    pub fn take_output(&mut self) -> String {
        std::mem::take(&mut self.output)
    }

    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    pub fn trace(&self) -> &Trace {
        &self.trace
    }
}
