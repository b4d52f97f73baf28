//! Frames of functions: how a call gets one, and what is left of it when it returns.

use std::rc::Rc;

use super::frame::{Frame, OnReturn};
use super::vm::Machine;
use super::{RECURSION_LIMIT, recursion_error};
use crate::Raise;
use crate::value::{Args, Function, Value, heap};

/// How many frames that have returned leave their vectors to the next ones.
const SPARE: usize = 32;
/// The longest vector that is kept.
const SPARE_LENGTH: usize = 256;

/// The function, and what it is bound to, that so many positional arguments on the stack are simply the first locals of.
pub fn plainly_called(callee: &Value, arguments: usize) -> Option<(Rc<Function>, Option<Value>)> {
    let (function, receiver) = match callee {
        Value::Function(function) => (function, None),
        Value::Method(method) => match &method.function {
            Value::Function(function) => (function, Some(&method.receiver)),
            _ => return None,
        },
        _ => return None,
    };
    let (code, given) = (&function.code, arguments + usize::from(receiver.is_some()));
    let parameters = &code.parameters;
    let is_plain = !parameters.rest && !parameters.keywords && parameters.keyword_only.is_empty() && !code.is_generator;
    let positional = parameters.positional.len();
    let fits = given <= positional && given + function.defaults.len() >= positional;
    (is_plain && fits).then(|| (function.clone(), receiver.cloned()))
}

impl Machine {
    /// Calls what [`plainly_called`] gave: the arguments move from the stack to where the function has them.
    pub fn enter_plainly(&mut self, function: Rc<Function>, receiver: Option<Value>, arguments: usize) -> Result<(), Raise> {
        if self.frames.len() >= RECURSION_LIMIT {
            return Err(recursion_error(""));
        }
        if let Some(receiver) = &receiver {
            self.context.torch.is_method = matches!(receiver, Value::Tensor(_));
        }
        let (stack, mut locals) = self.spare.pop().unwrap_or_default();
        let caller = self.frame();
        locals.extend(receiver.map(Some));
        let from = caller.stack.len() - arguments;
        locals.extend(caller.stack.drain(from..).map(Some));
        caller.stack.pop();
        let absent = function.code.parameters.positional.len() - locals.len();
        locals.extend(function.defaults[function.defaults.len() - absent..].iter().cloned().map(Some));
        self.frames.push(Frame::with(function.code.clone(), function.globals.clone(), function.closure.clone(), OnReturn::Push, (stack, locals)));
        let last = self.frames.len() - 1;
        begin(&mut self.frames[last], &self.context.registry);
        self.record_entry();
        Ok(())
    }

    /// A frame for a call of the function with these arguments.
    pub fn enter(&mut self, function: &Rc<Function>, args: Args) -> Result<Frame, Raise> {
        if self.frames.len() >= RECURSION_LIMIT {
            return Err(recursion_error(""));
        }
        let vectors = self.spare.pop().unwrap_or_default();
        let mut frame = Frame::with(function.code.clone(), function.globals.clone(), function.closure.clone(), OnReturn::Push, vectors);
        super::arguments::bind(function, args, &mut frame.locals)?;
        begin(&mut frame, &self.context.registry);
        Ok(frame)
    }

    pub fn return_value(&mut self) -> Result<(), Raise> {
        let value = self.pop();
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let on_return = std::mem::replace(&mut frame.on_return, OnReturn::Push);
        if let Some(generator) = frame.generator.take() {
            self.frames.pop();
            return self.end_generator(&generator, value, on_return);
        }
        if let OnReturn::Class(class) = &on_return
            && let (Some(cell), Some(place)) = (frame.code.class_cell, frame.cells.first())
        {
            debug_assert_eq!(cell, 0);
            class.class_cell.replace(Some(place.clone()));
        }
        frame.bury();
        if self.spare.len() < SPARE && frame.stack.capacity().max(frame.locals.capacity()) <= SPARE_LENGTH {
            self.spare.push((std::mem::take(&mut frame.stack), std::mem::take(&mut frame.locals)));
        }
        self.frames.pop();
        if self.frames.is_empty() { Ok(()) } else { self.deliver(value, on_return) }
    }
}

/// A frame begins, its arguments among the locals: those that closures share go to their cells.
fn begin(frame: &mut Frame, registry: &heap::Registry) {
    let code = &frame.code;
    for (local, cell) in &code.captured {
        let value = frame.locals[*local as usize].take();
        frame.cells[*cell as usize].0.replace(value);
    }
    for cell in &frame.cells[..code.own_cells] {
        registry.cell(cell);
    }
    code.calls.set(code.calls.get() + 1);
    frame.call = code.calls.get();
}
