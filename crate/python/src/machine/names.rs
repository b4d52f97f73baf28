//! Names: what they are bound to, and what is said where they are not.

use std::rc::Rc;

use super::code::MODULE_BODY;
use super::frame::Frame;
use super::vm::Machine;
use crate::prelude::Late;
use crate::value::{Dict, Value};
use crate::{ErrorKind, Question, Raise};

impl Machine {
    pub fn global(&mut self, position: u32) -> Result<Value, Raise> {
        let frame = self.frame();
        let (key, is_program) = (frame.code.names[position as usize].clone(), frame.code.is_program());
        let found = frame.globals.get(&key);
        if !is_program && matches!(found, Some(Value::Native(_) | Value::DType(_))) {
            // In the prelude `float` and `max` are Python's, whatever torch calls so.
            return Ok(self.context.builtins.get(&key).or(found).unwrap_or(Value::None));
        }
        if let Some(value) = found.or_else(|| self.context.builtins.get(&key)) {
            return Ok(value);
        }
        if !is_program {
            let (globals, name) = (self.frame().globals.clone(), self.name(position));
            let module = self.namespace_of(&globals);
            self.run_late(module.and_then(|module| Late::defining(module, &name)))?;
        }
        Err(undefined(key.value.as_str().unwrap_or_default()))
    }

    pub fn answer(&mut self, question: Question) -> Value {
        match question {
            Question::Globals => Value::Dict(self.frame().globals.clone()),
            Question::Locals => Value::Dict(locals(self.frame())),
            Question::Frame { below } => self.program_frame(below),
            Question::Handled => self.handled().map_or(Value::None, Value::Instance),
        }
    }

    /// The innermost frame of the program below this many, as `inspect` takes it apart; None where there is none.
    fn program_frame(&self, below: usize) -> Value {
        let frames = self.frames.iter().enumerate().take(below);
        let Some((index, frame)) = frames.rev().find(|(_, frame)| frame.code.is_program()) else { return Value::None };
        let (code, parameters) = (&frame.code, &frame.code.parameters);
        let arguments = parameters.positional.len() + parameters.keyword_only.len();
        let mut others = code.locals.iter().skip(arguments).cloned().map(Value::Str);
        let mut other = |is_there: bool| is_there.then(|| others.next()).flatten().unwrap_or(Value::None);
        let (rest, keywords) = (other(parameters.rest), other(parameters.keywords));
        Value::tuple(vec![
            Value::Int(index as i64),
            Value::Str(code.name.clone()),
            Value::Int(frame.span().line.into()),
            code.file.clone().map_or(Value::None, Value::Str),
            Value::Dict(locals(frame)),
            Value::Dict(frame.globals.clone()),
            Value::list(code.locals.iter().take(arguments).cloned().map(Value::Str).collect()),
            rest,
            keywords,
        ])
    }

    pub fn unbound_cell(&mut self, position: u32) -> Raise {
        let code = &self.frame().code;
        let name = code.cells[position as usize].clone();
        if (position as usize) < code.own_cells {
            return unbound(&name);
        }
        let message = format!("cannot access free variable '{name}' where it is not associated with a value in enclosing scope");
        Raise::error(ErrorKind::NameError, message)
    }
}

pub fn unbound(name: &str) -> Raise {
    let message = format!("cannot access local variable '{name}' where it is not associated with a value");
    Raise::error(ErrorKind::UnboundLocalError, message)
}

pub fn undefined(name: &str) -> Raise {
    Raise::error(ErrorKind::NameError, format!("name '{name}' is not defined"))
}

/// Of a function a copy in Python's order, parameters first and free names last.
fn locals(frame: &Frame) -> Rc<Dict> {
    let code = &frame.code;
    if &*code.name == MODULE_BODY {
        return frame.globals.clone();
    }
    if let Some(namespace) = &frame.namespace {
        return namespace.clone();
    }
    let names = Dict::new();
    let cell = |name: &Rc<str>| code.cells.iter().position(|cell| cell == name);
    let parameters = code.captured.iter().map(|(local, _)| *local as usize);
    for (position, name) in code.locals.iter().enumerate() {
        let value = match cell(name) {
            Some(shared) if parameters.clone().any(|parameter| parameter == position) => frame.cells[shared].0.borrow().clone(),
            Some(_) => None,
            None => frame.locals[position].clone(),
        };
        value.into_iter().for_each(|value| names.set(name, value));
    }
    for (name, cell) in code.cells.iter().zip(&frame.cells) {
        let value = cell.0.borrow().clone();
        value.into_iter().for_each(|value| names.set(name, value));
    }
    names
}
