//! The machine itself: its frames, its limits, and the loop that runs them.

use std::cell::Cell as Flag;
use std::collections::HashMap;
use std::rc::Rc;

use tensor::Tensor;
use tensor::ops::Cost;

use super::code::{Code, Span};
use super::frame::{Frame, Generator, OnReturn};
use crate::session::{Failure, Limits, TracebackEntry};
use crate::trace::Trace;
use crate::value::{Args, Cell, Dict, Instance, Module, Value, heap};
use crate::{Cause, Context, ErrorKind, Raise};

/// How many instructions run between two looks at the clock, the memory and the stop button.
const CHECK_EVERY: u32 = 2048;

/// Operations, or bytes, after which whoever drives the machine is heard: some ten milliseconds on a CPU.
const MUCH_WORK: u64 = 50_000_000;

/// How far the machine came.
pub enum Outcome {
    Running,
    Pending(Vec<Tensor>),
    Finished,
}

pub struct Machine {
    pub frames: Vec<Frame>,
    pub context: Context,
    pub modules: HashMap<String, Rc<Module>>,
    pub torch_loaded: bool,
    pub trace: Trace,
    pub failure: Option<Failure>,
    /// The exception that was raised last, and where.
    pub raised: Option<(Rc<Instance>, Origin)>,
    /// Bytes of output that were printed before what `context.stdout` holds now.
    pub output_taken: usize,
    pub(super) limits: Limits,
    instructions: u64,
    /// How many instructions the turn had that runs now, and how many of them are left.
    turn: u32,
    pub(super) turn_left: u32,
    /// The vectors of frames that have returned, empty, for the next ones.
    pub(super) spare: Vec<(Vec<Value>, Vec<Option<Value>>)>,
    deadline: f64,
    stop: Rc<Flag<bool>>,
}

/// Where an exception was raised: the open functions of the program, and the innermost place among them.
#[derive(Clone, Default)]
pub struct Origin {
    pub span: Span,
    pub traceback: Vec<TracebackEntry>,
}

impl Machine {
    pub fn new(context: Context, limits: Limits, stop: Rc<Flag<bool>>) -> Machine {
        let deadline = (context.clock)() + limits.seconds * 1000.0;
        Machine {
            frames: Vec::new(),
            context,
            modules: HashMap::new(),
            torch_loaded: false,
            trace: Trace::default(),
            failure: None,
            raised: None,
            output_taken: 0,
            limits,
            instructions: 0,
            turn: 0,
            turn_left: 0,
            spare: Vec::new(),
            deadline,
            stop,
        }
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Lays code on top of the frames: it runs next, with these globals.
    pub fn push_module(&mut self, code: Rc<Code>, globals: &Rc<Dict>) {
        self.context.registry.namespace(globals);
        let frame = Frame::new(code, globals.clone(), Vec::new(), OnReturn::Discard);
        self.frames.push(frame);
    }

    /// Runs at most this many instructions, fewer where tensors are large.
    pub fn run(&mut self, instructions: u32) -> Outcome {
        let before = self.context.engine.work();
        let mut left = instructions;
        while left > 0 && !self.frames.is_empty() {
            let turn = left.min(CHECK_EVERY);
            left -= turn;
            if let Err(raise) = self.check(turn) {
                self.unwind(raise);
            }
            if let Some(tensors) = self.run_turn(before) {
                return Outcome::Pending(tensors);
            }
            if self.turn_left > 0 {
                break;
            }
        }
        if self.frames.is_empty() { Outcome::Finished } else { Outcome::Running }
    }

    /// Runs a turn to its end, to the end of the program, or until much has been computed.
    /// The tensors whose values the program waits for, if it does.
    fn run_turn(&mut self, before: Cost) -> Option<Vec<Tensor>> {
        while self.turn_left > 0 && !self.frames.is_empty() {
            match self.execute() {
                Ok(()) => self.begin_instruction(),
                Err(raise) => match raise.cause() {
                    Cause::Pending(tensors) => {
                        self.context.engine.retry_instruction();
                        self.context.torch.flops.take_back();
                        if let Some(frame) = self.frames.last_mut() {
                            frame.next -= 1;
                        }
                        return Some(tensors);
                    }
                    Cause::Hash(instance) => {
                        self.begin_instruction();
                        if let Err(raise) = self.ask_hash(&instance) {
                            self.unwind(raise);
                        }
                    }
                    cause => {
                        self.begin_instruction();
                        self.unwind(cause.into());
                    }
                },
            }
            let work = self.context.engine.work() - before;
            if work.flops.max(work.bytes) > MUCH_WORK {
                break;
            }
        }
        None
    }

    /// What the last instruction waits for cannot be had: it raises this instead.
    pub fn refuse(&mut self, error: tensor::Error) {
        if let Some(frame) = self.frames.last_mut() {
            frame.next += 1;
        }
        self.begin_instruction();
        self.unwind(error.into());
    }

    /// What the instruction before computed and counted stays.
    fn begin_instruction(&self) {
        self.context.engine.begin_instruction();
        self.context.torch.flops.settle();
    }

    /// Looks at the limits before a turn of so many instructions.
    fn check(&mut self, turn: u32) -> Result<(), Raise> {
        self.instructions += u64::from(self.turn - self.turn_left);
        (self.turn, self.turn_left) = (turn, turn);
        let limit = |kind, message: String| Err(Raise::from(Cause::Limit(kind, message)));
        if self.stop.get() {
            return limit(ErrorKind::KeyboardInterrupt, String::new());
        }
        if self.instructions > self.limits.steps {
            return limit(
                ErrorKind::TimeoutError,
                format!("the program ran more than {} instructions: raise the limit or do less", self.limits.steps),
            );
        }
        if (self.context.clock)() > self.deadline {
            return limit(
                ErrorKind::TimeoutError,
                format!("the program ran longer than {} seconds: raise the limit or do less", self.limits.seconds),
            );
        }
        if heap::bytes() > self.limits.bytes {
            return limit(
                ErrorKind::MemoryError,
                format!("the program's values take more than {} bytes: keep less of them", self.limits.bytes),
            );
        }
        if self.output_taken + self.context.stdout.len() > self.limits.output_bytes {
            return limit(
                ErrorKind::MemoryError,
                format!("the program printed more than {} bytes: print less", self.limits.output_bytes),
            );
        }
        Ok(())
    }

    pub fn frame(&mut self) -> &mut Frame {
        // The loop in `run` stops before it would execute without a frame.
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    pub fn push(&mut self, value: Value) {
        self.frame().stack.push(value);
    }

    pub fn pop(&mut self) -> Value {
        self.frame().stack.pop().unwrap_or(Value::None)
    }

    /// The value this deep in the stack; 1 is the top.
    #[cfg_attr(hot, optimize(speed))]
    pub fn peek(&mut self, depth: usize) -> Value {
        let stack = &self.frame().stack;
        stack.len().checked_sub(depth).and_then(|position| stack.get(position)).cloned().unwrap_or(Value::None)
    }

    /// Takes `count` values away and pushes one.
    #[cfg_attr(hot, optimize(speed))]
    pub fn replace(&mut self, count: usize, value: Value) {
        self.drop_top(count);
        self.push(value);
    }

    #[cfg_attr(hot, optimize(speed))]
    pub fn drop_top(&mut self, count: usize) {
        let stack = &mut self.frame().stack;
        let length = stack.len().saturating_sub(count);
        stack.truncate(length);
    }

    pub fn name(&mut self, position: u32) -> Rc<str> {
        match &self.frame().code.names[position as usize].value {
            Value::Str(name) => name.clone(),
            _ => Rc::default(),
        }
    }

    /// A function of the prelude.
    pub fn prelude(&self, name: &str) -> Value {
        self.context.prelude.get_text(name).unwrap_or(Value::None)
    }

    /// Hands a call to the prelude.
    pub fn call_prelude(&mut self, name: &str, arguments: Vec<Value>, consumed: usize, on_return: OnReturn) -> Result<(), Raise> {
        let callee = self.prelude(name);
        self.invoke(callee, Args::positional(arguments), consumed, on_return)
    }

    /// Where the program is now.
    pub fn origin(&self) -> Origin {
        let mut origin = Origin::default();
        for frame in &self.frames {
            let Some(file) = &frame.code.file else { continue };
            let span = frame.span();
            origin.traceback.push(TracebackEntry { file: file.clone(), function: frame.code.name.to_string(), line: span.line });
            origin.span = span;
        }
        origin
    }

    /// Lets everything go that the run held.
    pub fn clear(&mut self) {
        self.frames.clear();
        self.raised = None;
        self.context.registry.cut_cycles();
        self.modules.clear();
        self.context.builtins.clear();
        self.context.prelude.clear();
        self.context.torch.methods.clear();
        heap::sweep_strings();
    }
}

impl Frame {
    pub fn new(code: Rc<Code>, globals: Rc<Dict>, closure: Vec<Rc<Cell>>, on_return: OnReturn) -> Frame {
        Frame::with(code, globals, closure, on_return, (Vec::with_capacity(8), Vec::new()))
    }

    /// A frame of these vectors, the stack and the first locals; the other locals have no values yet.
    pub fn with(
        code: Rc<Code>,
        globals: Rc<Dict>,
        closure: Vec<Rc<Cell>>,
        on_return: OnReturn,
        (stack, mut locals): (Vec<Value>, Vec<Option<Value>>),
    ) -> Frame {
        let mut cells: Vec<Rc<Cell>> = (0..code.own_cells).map(|_| Rc::default()).collect();
        cells.extend(closure);
        locals.resize(code.locals.len(), None);
        Frame {
            next: 0,
            stack,
            locals,
            cells,
            globals,
            namespace: None,
            blocks: Vec::new(),
            handling: Vec::new(),
            loops: Vec::new(),
            on_return,
            call: 0,
            generator: None,
            code,
        }
    }

    /// The place of the instruction that runs now.
    pub fn span(&self) -> Span {
        self.code.spans.get(self.next.saturating_sub(1)).copied().unwrap_or_default()
    }
}

impl Drop for Generator {
    fn drop(&mut self) {
        let frame = self.frame.take();
        drop(frame);
    }
}
