//! Generators: frames that wait between their yields.

use std::rc::Rc;

use super::frame::{Frame, Generator, OnReturn};
use super::vm::Machine;
use super::{RECURSION_LIMIT, recursion_error};
use crate::value::{Instance, Value};
use crate::{Cause, ErrorKind, Raise};

impl Machine {
    /// A generator that starts with this frame.
    pub fn generator(&mut self, frame: Frame) -> Value {
        Value::Generator(Rc::new(Generator {
            name: frame.code.qualified_name.clone(),
            frame: std::cell::RefCell::new(Some(Box::new(frame))),
            running: false.into(),
            started: false.into(),
            entered: false.into(),
            result: std::cell::RefCell::new(Value::None),
        }))
    }

    /// Goes on with a generator; what it yields goes where `on_return` says.
    pub fn resume(&mut self, generator: &Rc<Generator>, sent: Value, on_return: OnReturn) -> Result<(), Raise> {
        if generator.running.get() {
            return Err(Raise::value_error("generator already executing"));
        }
        if self.frames.len() >= RECURSION_LIMIT {
            return Err(recursion_error(""));
        }
        let Some(frame) = generator.frame.take() else {
            // A generator that has ended gives its result only once.
            return self.end_iteration(Value::None, on_return);
        };
        let mut frame = *frame;
        frame.on_return = on_return;
        frame.generator = Some(generator.clone());
        if generator.started.replace(true) {
            frame.stack.push(sent);
        } else if !sent.is_none() {
            generator.started.set(false);
            generator.frame.replace(Some(Box::new(frame)));
            return Err(Raise::type_error("can't send non-None value to a just-started generator"));
        }
        generator.running.set(true);
        self.frames.push(frame);
        if !generator.entered.replace(true) {
            self.record_entry();
        }
        Ok(())
    }

    /// Raises an exception where the generator waits.
    pub fn throw(&mut self, generator: &Rc<Generator>, exception: Rc<Instance>) -> Result<(), Raise> {
        if generator.running.get() {
            return Err(Raise::value_error("generator already executing"));
        }
        if let Some(frame) = generator.frame.take()
            && generator.started.get()
        {
            let mut frame = *frame;
            frame.on_return = OnReturn::Next { default: None };
            frame.generator = Some(generator.clone());
            generator.running.set(true);
            self.frames.push(frame);
        }
        Err(Cause::Instance(exception).into())
    }

    pub fn yield_value(&mut self) -> Result<(), Raise> {
        let value = self.pop();
        let Some(mut frame) = self.frames.pop() else { return Ok(()) };
        let on_return = std::mem::replace(&mut frame.on_return, OnReturn::Push);
        if let Some(generator) = frame.generator.take() {
            generator.running.set(false);
            generator.frame.replace(Some(Box::new(frame)));
        }
        self.deliver(value, on_return)
    }

    /// A generator's frame has returned.
    pub fn end_generator(&mut self, generator: &Generator, result: Value, on_return: OnReturn) -> Result<(), Raise> {
        generator.running.set(false);
        self.end_iteration(result, on_return)
    }

    /// There is no next item: a loop ends, `next` gives its default or raises StopIteration.
    pub fn end_iteration(&mut self, result: Value, on_return: OnReturn) -> Result<(), Raise> {
        match on_return {
            OnReturn::Item { end, delegate } => {
                self.end_loop(end, delegate, result);
                Ok(())
            }
            OnReturn::Next { default: Some(default) } => {
                self.push(default);
                Ok(())
            }
            _ => {
                let class = self.context.types.error(ErrorKind::StopIteration).clone();
                let args = if result.is_none() { Vec::new() } else { vec![result] };
                Err(Cause::Instance(self.exception(&class, args)).into())
            }
        }
    }
}
