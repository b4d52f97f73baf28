//! Exceptions: raising them, finding their handlers, and what is told when there is none.

use std::rc::Rc;

use super::code::MODULE_BODY;
use super::frame::OnReturn;
use super::vm::{Machine, Origin};
use crate::session::Failure;
use crate::value::{Class, ClassKind, Instance, Property, Value, str_text};
use crate::{Cause, ErrorKind, Raise};

impl Machine {
    /// An exception of the class with these arguments.
    pub fn exception(&mut self, class: &Rc<Class>, args: Vec<Value>) -> Rc<Instance> {
        let instance = Instance::new(class);
        instance.attributes().set_text("args", Value::tuple(args));
        self.context.registry.instance(&instance);
        instance
    }

    /// `raise`, `raise x`, `raise x from y`.
    pub fn raise_statement(&mut self, count: u32) -> Raise {
        let cause = (count > 1).then(|| self.pop());
        if count == 0 {
            return match self.handled() {
                Some(instance) => Cause::Again(instance).into(),
                None => Raise::runtime_error("No active exception to reraise"),
            };
        }
        let value = self.pop();
        let instance = match value {
            Value::Instance(instance) if instance.class().error_kind().is_some() => instance,
            Value::Class(class) if class.error_kind().is_some() => {
                if let Some(Value::Function(_)) = class.lookup("__init__") {
                    // Its `__init__` is Python code: the statement runs again with the instance that it makes.
                    let slot = self.frame().stack.len();
                    self.push(Value::None);
                    if let Some(cause) = cause {
                        self.push(cause);
                    }
                    self.frame().next -= 1;
                    let argument = OnReturn::Argument { slot, inside: None };
                    return match self.call_prelude("_construct", vec![Value::Class(class)], 0, argument) {
                        Ok(()) => Cause::Nothing.into(),
                        Err(raise) => raise,
                    };
                }
                self.exception(&class, Vec::new())
            }
            _ => return Raise::type_error("exceptions must derive from BaseException"),
        };
        if let Some(cause) = cause {
            instance.attributes().set_text("__cause__", cause);
        }
        Cause::Instance(instance).into()
    }

    /// Whether an `except` clause with this class, or tuple of classes, takes the exception.
    pub fn exception_matches(&self, exception: &Value, class: &Value) -> Result<bool, Raise> {
        let refuse = || Raise::type_error("catching classes that do not inherit from BaseException is not allowed");
        match (exception, class) {
            (Value::Instance(instance), Value::Class(class)) => {
                if class.error_kind().is_none() {
                    return Err(refuse());
                }
                Ok(instance.class().is_subclass_of(class))
            }
            (_, Value::Tuple(classes)) => {
                for class in classes.items.iter() {
                    if matches!(class, Value::Tuple(_)) {
                        return Err(refuse());
                    }
                    if self.exception_matches(exception, class)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            _ => Err(refuse()),
        }
    }

    /// Goes to the innermost handler, or ends the run with a failure.
    pub fn unwind(&mut self, raise: Raise) {
        let (instance, origin) = match raise.cause() {
            Cause::Nothing | Cause::Pending(_) => return,
            Cause::Limit(kind, message) => {
                let origin = self.origin();
                self.fail(kind.name(), message, origin);
                return;
            }
            Cause::Error(kind, message) => {
                let class = self.context.types.error(kind).clone();
                let (message, hint) = without_hint(message);
                let args = if message.is_empty() { Vec::new() } else { vec![Value::str(message)] };
                let instance = self.exception(&class, args);
                if let Some(hint) = hint {
                    instance.attributes().set_text(HINT, Value::str(hint));
                }
                (instance, self.origin())
            }
            Cause::KeyError(key) => {
                let class = self.context.types.error(ErrorKind::KeyError).clone();
                (self.exception(&class, vec![key]), self.origin())
            }
            Cause::Instance(instance) => (instance, self.origin()),
            Cause::Again(instance) => {
                let known = self.raised.take().filter(|(raised, _)| Rc::ptr_eq(raised, &instance));
                let origin = known.map_or_else(|| self.origin(), |(_, origin)| origin);
                (instance, origin)
            }
            // These ask the machine for something where it cannot be had.
            Cause::Call(..) | Cause::Prelude(..) | Cause::Iterate(_) | Cause::Resume(..) | Cause::Throw(..) | Cause::Hash(_) | Cause::Ask(_)
            | Cause::Import(_) => {
                let class = self.context.types.error(ErrorKind::TypeError).clone();
                let message = "this needs Python code where none can run: make a plain value of it first";
                (self.exception(&class, vec![Value::str(message)]), self.origin())
            }
        };
        self.set_context(&instance);
        self.raised = Some((instance.clone(), origin.clone()));
        self.find_handler(instance, origin);
    }

    /// The exception that is being handled.
    pub fn handled(&self) -> Option<Rc<Instance>> {
        self.frames.iter().rev().find_map(|frame| frame.handling.last().cloned())
    }

    /// The exception that was being handled when this one was raised.
    fn set_context(&mut self, instance: &Rc<Instance>) {
        if let Some(handled) = self.handled()
            && !Rc::ptr_eq(&handled, instance)
            && instance.attributes().get_text("__context__").is_none()
        {
            instance.attributes().set_text("__context__", Value::Instance(handled));
        }
    }

    fn find_handler(&mut self, instance: Rc<Instance>, origin: Origin) {
        let mut instance = instance;
        while let Some(frame) = self.frames.last_mut() {
            if let Some(block) = frame.blocks.pop() {
                frame.stack.truncate(block.height);
                frame.loops.truncate(block.loops);
                frame.handling.truncate(block.handling);
                frame.handling.push(instance.clone());
                frame.stack.push(Value::Instance(instance));
                frame.next = block.handler;
                return;
            }
            let Some(mut frame) = self.frames.pop() else { break };
            if &*frame.code.name == MODULE_BODY
                && let Some(Value::Str(name)) = frame.globals.get_text("__name__")
            {
                // A module that fails is no module: the next import runs it again.
                self.modules.remove(&*name);
            }
            let stops = instance.class().error_kind() == Some(ErrorKind::StopIteration);
            let generator = frame.generator.take();
            if let Some(generator) = &generator {
                generator.running.set(false);
                if stops {
                    let class = self.context.types.error(ErrorKind::RuntimeError).clone();
                    instance = self.exception(&class, vec![Value::str("generator raised StopIteration")]);
                }
            } else if stops && !self.frames.is_empty() {
                match std::mem::replace(&mut frame.on_return, OnReturn::Push) {
                    OnReturn::Item { end, delegate } => return self.end_loop(end, delegate, Value::None),
                    OnReturn::Next { default: Some(default) } => return self.push(default),
                    _ => {}
                }
            }
        }
        let class = instance.class();
        if class.error_kind() == Some(ErrorKind::SystemExit) && exits_well(&instance) {
            self.frames.clear();
            return;
        }
        let message = self.message(&instance);
        self.fail(class.name.to_string(), message, origin);
    }

    fn fail(&mut self, type_name: String, message: String, origin: Origin) {
        let Origin { span, traceback } = origin;
        self.frames.clear();
        let file = traceback.last().map_or_else(|| self.context.files.program_name().into(), |entry| entry.file.clone());
        self.failure = Some(Failure {
            file,
            type_name,
            message,
            line: span.line,
            column: span.column,
            end_line: span.end_line,
            end_column: span.end_column,
            traceback,
        });
    }

    /// The text of an exception that nobody caught. A `__str__` of the program no longer runs.
    fn message(&mut self, instance: &Rc<Instance>) -> String {
        let value = Value::Instance(instance.clone());
        let text = str_text(&mut self.context, &value).unwrap_or_default();
        let hint = instance.attributes().get_text(HINT);
        text + hint.as_ref().and_then(Value::as_str).unwrap_or_default()
    }
}

/// Where an exception keeps its ". Did you mean …?", which Python shows in tracebacks and not in `str(e)`.
pub const HINT: &str = "__hint__";

/// A message without such a sentence at its end, and the sentence.
fn without_hint(mut message: String) -> (String, Option<String>) {
    let hint = message.rfind(". Did you mean").filter(|_| message.ends_with('?')).map(|at| message.split_off(at));
    (message, hint)
}

/// Whether `SystemExit` says that all went well: no status, or 0.
fn exits_well(exit: &Rc<Instance>) -> bool {
    let args = exit.attributes().get_text("args").and_then(|args| args.as_sequence()).unwrap_or_default();
    args.first().is_none_or(|status| status.is_none() || status.as_int() == Some(0))
}

impl Class {
    /// The methods that a class must still define: those marked by `abc.abstractmethod`, in order of their names.
    pub fn abstract_methods(&self) -> Vec<Rc<str>> {
        let ClassKind::Plain = self.kind else { return Vec::new() };
        if !self.has_abstract {
            return Vec::new();
        }
        let is_abstract = |value: &Value| match value {
            Value::Function(function) => function.attributes.get_text("__isabstractmethod__").is_some(),
            Value::Property(property) => match &**property {
                Property::Property { get, .. } => matches!(get, Value::Function(f) if f.attributes.get_text("__isabstractmethod__").is_some()),
                Property::Static(f) | Property::Class(f) => matches!(f, Value::Function(f) if f.attributes.get_text("__isabstractmethod__").is_some()),
            },
            _ => false,
        };
        let classes = std::iter::once(&self.attributes).chain(self.ancestors.iter().map(|a| &a.attributes));
        let names = classes.flat_map(|attributes| attributes.pairs()).filter_map(|(name, value)| match name {
            Value::Str(name) if is_abstract(&value) => Some(name),
            _ => None,
        });
        // An ancestor's may have been defined since.
        let mut missing: Vec<Rc<str>> = names.filter(|name| self.lookup(name).is_some_and(|found| is_abstract(&found))).collect();
        missing.sort();
        missing.dedup();
        missing
    }
}
