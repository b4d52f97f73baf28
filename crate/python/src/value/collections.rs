//! Lists, tuples, dictionaries, sets and slices.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

use super::class::{Instance, NamedTupleType};
use super::heap::{self, VALUE_BYTES};
use super::key::hash_text;
use super::{Key, Value};
use crate::Raise;

/// A vector of values that drops without recursion and counts what it takes.
#[derive(Default)]
pub struct Items {
    values: Vec<Value>,
    charged: usize,
}

impl Items {
    fn new(values: Vec<Value>) -> Items {
        let charged = values.capacity() * VALUE_BYTES + 32;
        heap::charge(charged);
        Items { values, charged }
    }

    /// Counts again after the vector has changed its size.
    pub fn recount(&mut self) {
        let now = self.values.capacity() * VALUE_BYTES + 32;
        heap::refund(self.charged);
        heap::charge(now);
        self.charged = now;
    }

    pub fn push(&mut self, value: Value) {
        self.values.push(value);
        if self.values.capacity() * VALUE_BYTES + 32 != self.charged {
            self.recount();
        }
    }
}

impl Deref for Items {
    type Target = Vec<Value>;
    fn deref(&self) -> &Vec<Value> {
        &self.values
    }
}

impl DerefMut for Items {
    fn deref_mut(&mut self) -> &mut Vec<Value> {
        &mut self.values
    }
}

impl Drop for Items {
    fn drop(&mut self) {
        heap::refund(self.charged);
        heap::bury(self.values.drain(..));
    }
}

pub struct List {
    pub items: RefCell<Items>,
    /// The class and the attributes of a list whose class derives from `list`.
    pub instance: Option<Rc<Instance>>,
}

impl List {
    pub fn new(values: Vec<Value>) -> Rc<List> {
        Rc::new(List { items: RefCell::new(Items::new(values)), instance: None })
    }

    /// An empty list of a class that derives from `list`.
    pub fn derived(instance: Rc<Instance>) -> Rc<List> {
        Rc::new(List { items: RefCell::new(Items::new(Vec::new())), instance: Some(instance) })
    }
}

/// What a tuple calls itself.
#[derive(Clone)]
pub enum TupleKind {
    Plain,
    /// `torch.Size`.
    Size,
    Named(Rc<NamedTupleType>),
}

pub struct Tuple {
    pub items: Items,
    pub kind: TupleKind,
}

impl Tuple {
    pub fn new(values: Vec<Value>, kind: TupleKind) -> Rc<Tuple> {
        Rc::new(Tuple { items: Items::new(values), kind })
    }
}

pub struct Slice {
    pub start: Value,
    pub stop: Value,
    pub step: Value,
}

/// A hash table that remembers the order of insertion.
#[derive(Default)]
pub struct Table {
    /// Positions in `entries` plus one; zero is an empty slot. A power of two long.
    slots: Vec<u32>,
    entries: Vec<Option<(Key, Value)>>,
    live: usize,
    charged: usize,
}

impl Table {
    pub fn len(&self) -> usize {
        self.live
    }

    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    pub fn get(&self, key: &Key) -> Option<&Value> {
        let position = self.find(key.hash, |k| k.is(key))?;
        self.entries[position].as_ref().map(|(_, value)| value)
    }

    pub fn get_text(&self, text: &str) -> Option<&Value> {
        self.get_hashed(text, hash_text(text))
    }

    /// [`Table::get_text`] of a text whose hash is known.
    #[cfg_attr(hot, optimize(speed))]
    pub fn get_hashed(&self, text: &str, hash: u64) -> Option<&Value> {
        let position = self.find(hash, |k| matches!(&k.value, Value::Str(s) if **s == *text))?;
        self.entries[position].as_ref().map(|(_, value)| value)
    }

    /// The value that was there before, if any. The first key stays, as in Python.
    pub fn insert(&mut self, key: Key, value: Value) -> Option<Value> {
        if let Some(position) = self.find(key.hash, |k| k.is(&key)) {
            return self.entries[position].as_mut().map(|(_, old)| std::mem::replace(old, value));
        }
        if (self.entries.len() + 1) * 4 > self.slots.len() * 3 {
            self.rebuild();
        }
        let mask = self.slots.len() - 1;
        let mut slot = key.hash as usize & mask;
        while self.slots[slot] != 0 {
            slot = (slot + 1) & mask;
        }
        self.entries.push(Some((key, value)));
        self.slots[slot] = self.entries.len() as u32;
        self.live += 1;
        None
    }

    pub fn remove(&mut self, key: &Key) -> Option<(Key, Value)> {
        let position = self.find(key.hash, |k| k.is(key))?;
        self.live -= 1;
        self.entries[position].take()
    }

    /// Keys and values in the order of insertion.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = (&Key, &Value)> {
        self.entries.iter().flatten().map(|(key, value)| (key, value))
    }

    /// The first entry at or after position `from`, and the position after it: for iteration while the table lives on.
    pub fn entry_from(&self, from: usize) -> Option<(usize, &Key, &Value)> {
        let (offset, (key, value)) =
            self.entries.get(from..)?.iter().enumerate().find_map(|(i, e)| e.as_ref().map(|e| (i, (&e.0, &e.1))))?;
        Some((from + offset + 1, key, value))
    }

    pub fn clear(&mut self) {
        *self = Table::default();
    }

    fn find(&self, hash: u64, is: impl Fn(&Key) -> bool) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = hash as usize & mask;
        while let Some(position) = (self.slots[slot] as usize).checked_sub(1) {
            if self.entries[position].as_ref().is_some_and(|(key, _)| key.hash == hash && is(key)) {
                return Some(position);
            }
            slot = (slot + 1) & mask;
        }
        None
    }

    /// Drops the gaps that removals left, and makes room for twice the entries.
    fn rebuild(&mut self) {
        self.entries.retain(Option::is_some);
        let length = ((self.live + 1) * 2).next_power_of_two().max(8);
        self.slots = vec![0; length];
        for (position, entry) in self.entries.iter().enumerate() {
            let Some((key, _)) = entry else { continue };
            let mut slot = key.hash as usize & (length - 1);
            while self.slots[slot] != 0 {
                slot = (slot + 1) & (length - 1);
            }
            self.slots[slot] = position as u32 + 1;
        }
        heap::refund(self.charged);
        self.charged = length * (4 + size_of::<Option<(Key, Value)>>());
        heap::charge(self.charged);
    }
}

impl Clone for Table {
    /// Without the gaps that removals left.
    fn clone(&self) -> Table {
        if self.live < self.entries.len() {
            let entries = self.entries.iter().filter(|entry| entry.is_some()).cloned().collect();
            let mut table = Table { slots: Vec::new(), entries, live: self.live, charged: 0 };
            table.rebuild();
            return table;
        }
        heap::charge(self.charged);
        Table { slots: self.slots.clone(), entries: self.entries.clone(), live: self.live, charged: self.charged }
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        heap::refund(self.charged);
        heap::bury(self.entries.drain(..).flatten().flat_map(|(key, value)| [key.value, value]));
    }
}

/// What a dictionary calls itself, and what it does about missing keys.
pub enum DictKind {
    Plain,
    Ordered,
    Counter,
    /// `collections.defaultdict` with its factory.
    Default(Value),
}

pub struct Dict {
    pub table: RefCell<Table>,
    pub kind: DictKind,
    /// The class and the attributes of a dictionary whose class derives from `dict`.
    pub instance: Option<Rc<Instance>>,
}

impl Dict {
    pub fn new() -> Rc<Dict> {
        Dict::of_kind(DictKind::Plain)
    }

    pub fn of_kind(kind: DictKind) -> Rc<Dict> {
        Rc::new(Dict { table: RefCell::default(), kind, instance: None })
    }

    /// An empty dictionary of a class that derives from `dict` or `OrderedDict`.
    pub fn derived(kind: DictKind, instance: Rc<Instance>) -> Rc<Dict> {
        Rc::new(Dict { table: RefCell::default(), kind, instance: Some(instance) })
    }

    pub fn class_name(&self) -> &'static str {
        match self.kind {
            DictKind::Plain => "dict",
            DictKind::Ordered => "OrderedDict",
            DictKind::Counter => "Counter",
            DictKind::Default(_) => "collections.defaultdict",
        }
    }

    pub fn len(&self) -> usize {
        self.table.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn get(&self, key: &Key) -> Option<Value> {
        self.table.borrow().get(key).cloned()
    }

    pub fn get_text(&self, name: &str) -> Option<Value> {
        self.table.borrow().get_text(name).cloned()
    }

    /// [`Dict::get_text`] of a name whose hash is known.
    pub fn get_hashed(&self, name: &str, hash: u64) -> Option<Value> {
        self.table.borrow().get_hashed(name, hash).cloned()
    }

    pub fn insert(&self, key: Key, value: Value) {
        let old = self.table.borrow_mut().insert(key, value);
        drop(old);
    }

    pub fn set(&self, name: &Rc<str>, value: Value) {
        self.insert(Key::name(name), value);
    }

    pub fn set_text(&self, name: &str, value: Value) {
        self.set(&Rc::from(name), value);
    }

    /// Adds the entries of another one, as Python's `update` does.
    pub fn update(&self, other: &Dict) {
        if self.is_empty() {
            // As a whole: no key has to be looked for.
            let copy = other.table.borrow().clone();
            drop(self.table.replace(copy));
            return;
        }
        let entries: Vec<(Key, Value)> = other.table.borrow().entries().map(|(key, value)| (key.clone(), value.clone())).collect();
        entries.into_iter().for_each(|(key, value)| self.insert(key, value));
    }

    pub fn remove(&self, key: &Key) -> Option<Value> {
        let removed = self.table.borrow_mut().remove(key);
        removed.map(|(_, value)| value)
    }

    pub fn clear(&self) {
        let old = self.table.take();
        drop(old);
    }

    /// Keys and values in the order of insertion, copied.
    pub fn pairs(&self) -> Vec<(Value, Value)> {
        self.table.borrow().entries().map(|(key, value)| (key.value.clone(), value.clone())).collect()
    }

    pub fn keys(&self) -> Vec<Value> {
        self.table.borrow().entries().map(|(key, _)| key.value.clone()).collect()
    }
}

pub struct Set {
    pub table: RefCell<Table>,
    pub frozen: bool,
}

impl Set {
    /// Raises TypeError for values that are not hashable.
    pub fn new(values: impl IntoIterator<Item = Value>, frozen: bool) -> Result<Rc<Set>, Raise> {
        let mut table = Table::default();
        for value in values {
            table.insert(Key::new(value)?, Value::None);
        }
        Ok(Rc::new(Set { table: RefCell::new(table), frozen }))
    }

    pub fn len(&self) -> usize {
        self.table.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The members: small non-negative integers in rising order, as CPython's hash table has them, else by insertion.
    pub fn members(&self) -> Vec<Value> {
        let table = self.table.borrow();
        let mut members: Vec<Value> = table.entries().map(|(key, _)| key.value.clone()).collect();
        let slots = (members.len() * 8 / 3).next_power_of_two().max(8) as i64;
        if members.iter().all(|m| m.as_int().is_some_and(|n| (0..slots).contains(&n))) {
            members = super::sorted_by(members, &|a, b| a.as_int().cmp(&b.as_int()));
        }
        members
    }
}
