//! Everything that can be called, and modules.

use std::cell::RefCell;
use std::rc::Rc;

use super::heap;
use super::{Args, Dict, Value, nearest};
use crate::machine::Code;
use crate::prelude::Late;
use crate::{Context, Raise};

/// A function of the program or of the prelude.
pub struct Function {
    pub name: RefCell<Rc<str>>,
    pub code: Rc<Code>,
    pub globals: Rc<Dict>,
    /// The values of the last positional parameters.
    pub defaults: Vec<Value>,
    pub keyword_defaults: Vec<(Rc<str>, Value)>,
    pub closure: Vec<Rc<Cell>>,
    /// Attributes that the program set on the function itself.
    pub attributes: Rc<Dict>,
}

impl Drop for Function {
    fn drop(&mut self) {
        let keyword = self.keyword_defaults.drain(..).map(|(_, value)| value);
        let captured = self.closure.drain(..).filter_map(|cell| Rc::try_unwrap(cell).ok()?.0.take());
        heap::bury(self.defaults.drain(..).chain(keyword).chain(captured));
    }
}

/// A variable that closures share.
#[derive(Default)]
pub struct Cell(pub RefCell<Option<Value>>);

/// A function written in Rust. It never calls back into Python: see [`Cause::Call`].
pub type NativeFunction = fn(&mut Context, Args) -> Result<Value, Raise>;

#[derive(Clone)]
pub struct Native(Rc<NativeParts>);

struct NativeParts {
    name: &'static str,
    call: NativeFunction,
    takes_generators: bool,
}

impl Native {
    pub fn new(name: &'static str, call: NativeFunction) -> Native {
        Native(Rc::new(NativeParts { name, call, takes_generators: false }))
    }

    /// A function that is given generators as they are, where others are given lists of what they yield.
    pub fn lazy(name: &'static str, call: NativeFunction) -> Native {
        Native(Rc::new(NativeParts { name, call, takes_generators: true }))
    }

    pub fn name(&self) -> &'static str {
        self.0.name
    }

    pub fn takes_generators(&self) -> bool {
        self.0.takes_generators
    }

    pub fn call(&self, context: &mut Context, args: Args) -> Result<Value, Raise> {
        (self.0.call)(context, args)
    }

    pub fn address(&self) -> *const u8 {
        Rc::as_ptr(&self.0).cast()
    }
}

/// A function bound to its first argument.
pub struct Method {
    pub receiver: Value,
    pub function: Value,
}

impl Drop for Method {
    fn drop(&mut self) {
        heap::bury([std::mem::replace(&mut self.receiver, Value::None), std::mem::replace(&mut self.function, Value::None)]);
    }
}

/// `property`, `staticmethod` and `classmethod` objects.
pub enum Property {
    Property { get: Value, set: Value, delete: Value },
    Static(Value),
    Class(Value),
}

impl Property {
    pub fn class_name(&self) -> &'static str {
        match self {
            Property::Property { .. } => "property",
            Property::Static(_) => "staticmethod",
            Property::Class(_) => "classmethod",
        }
    }
}

/// The attributes of `receiver` from the class after `class` in the method resolution order.
pub struct Super {
    pub class: Rc<super::Class>,
    pub receiver: Value,
}

pub struct Module {
    pub name: Rc<str>,
    pub attributes: Rc<Dict>,
}

impl Module {
    pub fn new(name: &str) -> Rc<Module> {
        Rc::new(Module { name: Rc::from(name), attributes: Dict::new() })
    }

    /// Adds a native function under its own name.
    pub fn add(&self, name: &'static str, call: NativeFunction) {
        self.attributes.set_text(name, Value::Native(Native::new(name, call)));
    }

    /// The name that there is, or will be once a late file has run, and that looks most like this one.
    pub fn nearest(&self, name: &str) -> Option<String> {
        let (keys, late) = (self.attributes.keys(), Late::names_of(&self.name).map(|late: &str| late));
        nearest(name, keys.iter().filter_map(Value::as_str).chain(late))
    }
}
