//! Names: what they are bound to, and what is said where they are not.

use super::vm::Machine;
use crate::prelude::Late;
use crate::value::{Key, Value};
use crate::{ErrorKind, Raise};

impl Machine {
    pub fn global(&mut self, position: u32) -> Result<Value, Raise> {
        let name = self.name(position);
        let key = Key::name(&name);
        let frame = self.frame();
        let (found, is_program) = (frame.globals.get(&key), frame.code.is_program());
        if !is_program && matches!(found, Some(Value::Native(_) | Value::DType(_))) {
            // In the prelude `float` and `max` are Python's, whatever torch calls so.
            return Ok(self.context.builtins.get(&key).or(found).unwrap_or(Value::None));
        }
        if let Some(value) = found.or_else(|| self.context.builtins.get(&key)) {
            return Ok(value);
        }
        if !is_program {
            let globals = self.frame().globals.clone();
            let module = self.namespace_of(&globals);
            self.run_late(module.and_then(|module| Late::defining(module, &name)))?;
        }
        Err(undefined(&name))
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
