//! Frames and generators.

use std::cell::{Cell as Flag, RefCell};
use std::rc::Rc;

use super::{BinaryOperator, Code, CompareOperator, LoopTurn};
use crate::value::{Cell, Class, Dict, Instance, Value, heap};

/// A running piece of code.
pub struct Frame {
    pub code: Rc<Code>,
    pub next: usize,
    pub stack: Vec<Value>,
    pub locals: Vec<Option<Value>>,
    pub cells: Vec<Rc<Cell>>,
    pub globals: Rc<Dict>,
    /// Names of a class body.
    pub namespace: Option<Rc<Dict>>,
    pub blocks: Vec<Block>,
    /// The exceptions being handled, innermost last.
    pub handling: Vec<Rc<Instance>>,
    pub loops: Vec<LoopTurn>,
    pub on_return: OnReturn,
    /// The number of this call of the function, from 1.
    pub call: u32,
    pub generator: Option<Rc<Generator>>,
}

/// A `try`: where its handler is, and what is there when it starts.
#[derive(Clone, Copy)]
pub struct Block {
    pub handler: usize,
    pub height: usize,
    pub loops: usize,
    pub handling: usize,
}

/// What happens with the value that a frame returns.
pub enum OnReturn {
    /// It is the value of the caller's instruction.
    Push,
    Discard,
    /// `__init__` of this instance: the instance is the value.
    Construct(Value),
    /// The answer of `__bool__` or `__len__`: replaces the caller's top, and the caller's instruction runs again.
    Truth,
    /// The answer of `__contains__`: its truth, or the contrary, is the value.
    Answer { negate: bool },
    Binary(Box<Attempt<BinaryOperator>>),
    Compare(Box<Attempt<CompareOperator>>),
    /// The next item of an iterator; StopIteration ends the loop.
    Item { end: usize, delegate: bool },
    /// The next item for `next(…)`; the default at the end.
    Next { default: Option<Value> },
    /// A list of the items of the caller's argument at this stack position (and position in the spread list there):
    /// it takes the argument's place, and the caller's instruction runs again.
    Argument { slot: usize, inside: Option<usize> },
    Class(Box<ClassBeingMade>),
    /// The answer of this instance's `__hash__`.
    Hash(Rc<Instance>),
}

/// An operator whose sides are asked one after the other.
pub struct Attempt<O> {
    pub operator: O,
    pub left: Value,
    pub right: Value,
    pub in_place: bool,
    /// How many methods have been asked.
    pub asked: u8,
}

pub struct ClassBeingMade {
    pub name: Rc<str>,
    pub bases: Vec<Rc<Class>>,
    pub keywords: Vec<(Value, Value)>,
    pub namespace: Rc<Dict>,
    /// The `__class__` of its methods, once the body has run.
    pub class_cell: RefCell<Option<Rc<Cell>>>,
}

impl Frame {
    /// Drops what the frame holds, one after another.
    pub fn bury(&mut self) {
        heap::bury(self.stack.drain(..));
        heap::bury(self.locals.drain(..).flatten());
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.bury();
    }
}

/// A generator: a frame that waits between its yields.
pub struct Generator {
    pub name: Rc<str>,
    /// `None` while it runs and after it has ended.
    pub frame: RefCell<Option<Box<Frame>>>,
    pub running: Flag<bool>,
    pub started: Flag<bool>,
    /// Whether its arguments have been recorded.
    pub entered: Flag<bool>,
    /// What the generator returned at its end.
    pub result: RefCell<Value>,
}

impl Generator {
    pub fn name(&self) -> &str {
        &self.name
    }
}
