//! Names: what they are bound to, and what is said where they are not.

use std::rc::Rc;

use super::code::MODULE_BODY;
use super::vm::Machine;
use crate::prelude::Late;
use crate::value::{Dict, Value};
use crate::{ErrorKind, Raise};

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

    /// What `globals()` or `locals()` gives: of a function, a copy in Python's order, parameters first and free names last.
    pub fn names(&mut self, local: bool) -> Rc<Dict> {
        let frame = self.frame();
        let code = frame.code.clone();
        if !local || &*code.name == MODULE_BODY {
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
