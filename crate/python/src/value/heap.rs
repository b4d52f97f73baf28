//! Memory: how much the program's own values take, and how they are dropped.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use super::{Class, Dict, Instance, Value};

thread_local! {
    static BYTES: Cell<usize> = const { Cell::new(0) };
    static GRAVE: RefCell<Vec<Value>> = const { RefCell::new(Vec::new()) };
    static STRINGS: RefCell<Strings> = RefCell::default();
    static DRAINING: Cell<bool> = const { Cell::new(false) };
}

/// The bytes of one value in a list, a tuple or a variable.
pub const VALUE_BYTES: usize = size_of::<Value>();

/// Bytes that live lists, tuples, dictionaries, sets and long strings of this thread take.
pub fn bytes() -> usize {
    BYTES.get()
}

/// Counts `bytes` more.
pub fn charge(bytes: usize) {
    BYTES.set(BYTES.get().saturating_add(bytes));
}

/// Counts `bytes` less.
pub fn refund(bytes: usize) {
    BYTES.set(BYTES.get().saturating_sub(bytes));
}

/// Strings shorter than this are not counted: what holds them is.
const LONG: usize = 64;

/// A shared string. Long ones are counted while they live.
pub fn string(text: &str) -> Rc<str> {
    let shared: Rc<str> = Rc::from(text);
    if text.len() >= LONG {
        charge(text.len());
        STRINGS.with(|strings| strings.borrow_mut().add(&shared));
    }
    shared
}

/// Lets go of the long strings that nothing holds any more, as a session does when it ends: the next one may make none.
pub fn sweep_strings() {
    // A thread that is ending has no strings any more.
    let _ = STRINGS.try_with(|strings| strings.borrow_mut().sweep());
}

/// The long strings that were made, remembered weakly: now and then those that are gone are no longer counted.
#[derive(Default)]
struct Strings {
    made: Vec<(Weak<str>, usize)>,
    bytes: usize,
    sweep_at: usize,
}

impl Strings {
    fn add(&mut self, text: &Rc<str>) {
        self.made.push((Rc::downgrade(text), text.len()));
        self.bytes += text.len();
        if self.bytes > self.sweep_at {
            self.sweep();
        }
    }

    fn sweep(&mut self) {
        self.made.retain(|(text, length)| {
            let lives = text.strong_count() > 0;
            if !lives {
                refund(*length);
                self.bytes -= length;
            }
            lives
        });
        // A dead string keeps its memory until the sweep: at most as much again as lives.
        self.sweep_at = self.bytes * 2 + (1 << 20);
    }
}

/// Whether dropping the value drops others: it may hold some, and nobody else holds it.
fn drops_others(value: &Value) -> bool {
    match value {
        Value::List(v) => Rc::strong_count(v) == 1,
        Value::Tuple(v) => Rc::strong_count(v) == 1,
        Value::Dict(v) => Rc::strong_count(v) == 1,
        Value::Set(v) => Rc::strong_count(v) == 1,
        Value::Slice(v) => Rc::strong_count(v) == 1,
        Value::Function(v) => Rc::strong_count(v) == 1,
        Value::Method(v) => Rc::strong_count(v) == 1,
        Value::Property(v) => Rc::strong_count(v) == 1,
        Value::Class(v) => Rc::strong_count(v) == 1,
        Value::Instance(v) => Rc::strong_count(v) == 1,
        Value::Iterator(v) => Rc::strong_count(v) == 1,
        Value::Generator(v) => Rc::strong_count(v) == 1,
        _ => false,
    }
}

/// Drops `values` one after another instead of one inside another: a list nested a million deep drops in a loop.
pub fn bury(values: impl IntoIterator<Item = Value>) {
    let mut are_buried = false;
    for value in values {
        if drops_others(&value) {
            lay(value);
            are_buried = true;
        }
    }
    if are_buried {
        empty_grave();
    }
}

/// Keeps a value until the grave is emptied. A thread that is ending has no grave any more: its values drop in the ordinary way.
#[inline(never)]
fn lay(value: Value) {
    let _ = GRAVE.try_with(|grave| grave.borrow_mut().push(value));
}

/// Drops what is in the grave, and what that has: unless that is being done already, further out.
#[inline(never)]
fn empty_grave() {
    if DRAINING.try_with(|draining| draining.replace(true)).unwrap_or(true) {
        return;
    }
    // Outside of its cell: what a value has is buried as it drops.
    while let Ok(Some(value)) = GRAVE.try_with(|grave| grave.borrow_mut().pop()) {
        drop(value);
    }
    let _ = DRAINING.try_with(|draining| draining.set(false));
}

/// What may take part in a reference cycle, remembered weakly so that a session can cut the cycles when it ends.
#[derive(Default)]
pub struct Registry {
    instances: RefCell<Vec<Weak<Instance>>>,
    classes: RefCell<Vec<Weak<Class>>>,
    cells: RefCell<Vec<Weak<super::Cell>>>,
    namespaces: RefCell<Vec<Weak<Dict>>>,
    sweep_at: Cell<usize>,
}

impl Registry {
    pub fn instance(&self, instance: &Rc<Instance>) {
        let mut instances = self.instances.borrow_mut();
        // Forget the dead whenever the list has doubled, so that it stays in proportion to the living.
        if instances.len() >= self.sweep_at.get().max(1024) {
            instances.retain(|i| i.strong_count() > 0);
            self.sweep_at.set(instances.len() * 2);
        }
        instances.push(Rc::downgrade(instance));
    }

    pub fn class(&self, class: &Rc<Class>) {
        self.classes.borrow_mut().push(Rc::downgrade(class));
    }

    pub fn cell(&self, cell: &Rc<super::Cell>) {
        let mut cells = self.cells.borrow_mut();
        if cells.len() >= 4096 && cells.len().is_power_of_two() {
            cells.retain(|c| c.strong_count() > 0);
        }
        cells.push(Rc::downgrade(cell));
    }

    pub fn namespace(&self, dict: &Rc<Dict>) {
        self.namespaces.borrow_mut().push(Rc::downgrade(dict));
    }

    /// Empties every instance, class, cell and namespace that is still alive: what they held is then free to go.
    pub fn cut_cycles(&self) {
        for dict in self.namespaces.take().iter().filter_map(Weak::upgrade) {
            dict.clear();
        }
        for cell in self.cells.take().iter().filter_map(Weak::upgrade) {
            cell.0.take();
        }
        let empty = Dict::new();
        for instance in self.instances.take().iter().filter_map(Weak::upgrade) {
            // Out of its cell, and for good: a dictionary may be the `__dict__` of itself.
            instance.replace_attributes(empty.clone()).clear();
        }
        for class in self.classes.take().iter().filter_map(Weak::upgrade) {
            class.attributes.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_lets_go_of_long_strings_that_nothing_holds() {
        let [kept, dropped] = ["a", "b"].map(|letter| string(&letter.repeat(LONG)));
        drop(dropped);
        assert_eq!(bytes(), 2 * LONG);
        sweep_strings();
        assert_eq!(bytes(), LONG);
        drop(kept);
        sweep_strings();
        assert_eq!(bytes(), 0);
    }
}
