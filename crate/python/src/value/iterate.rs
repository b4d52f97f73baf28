//! Iterators over values that need no Python code.

use std::cell::RefCell;
use std::rc::Rc;

use super::{Bytes, DictKind, Dict, List, Set, TensorObject, Tuple, Value};
use crate::{Context, ErrorKind, Raise, torch};

/// `range(start, stop, step)`.
#[derive(Clone, Debug)]
pub struct Range {
    pub start: i64,
    pub stop: i64,
    pub step: i64,
}

impl Range {
    pub fn length(&self) -> i64 {
        let (start, stop, step) = (i128::from(self.start), i128::from(self.stop), i128::from(self.step));
        let length = if step > 0 { (stop - start + step - 1) / step } else { (start - stop - step - 1) / -step };
        length.clamp(0, i64::MAX.into()) as i64
    }

    /// The value at `index`, which must be within the length.
    pub fn at(&self, index: i64) -> i64 {
        self.start.wrapping_add(index.wrapping_mul(self.step))
    }

    pub fn index_of(&self, value: i64) -> Option<i64> {
        let distance = i128::from(value) - i128::from(self.start);
        let step = i128::from(self.step);
        let index = distance / step;
        (distance % step == 0 && (0..i128::from(self.length())).contains(&index)).then_some(index as i64)
    }
}

/// Ranges are equal where they run through the same numbers.
impl PartialEq for Range {
    fn eq(&self, other: &Range) -> bool {
        let length = self.length();
        length == other.length()
            && (length == 0 || (self.start == other.start && (length == 1 || self.step == other.step)))
    }
}

/// What the next step of an iterator gives.
pub enum Next {
    Item(Value),
    Done,
}

/// How deep `zip`, `enumerate` and their like may wrap one another.
const MAX_DEPTH: usize = 50;

pub struct Iterator {
    state: RefCell<State>,
    depth: usize,
}

enum State {
    Done,
    List(Rc<List>, usize),
    ListBackward(Rc<List>, usize),
    Tuple(Rc<Tuple>, usize),
    /// The string and the byte position.
    Str(Rc<str>, usize),
    Bytes(Rc<Bytes>, usize),
    Range { next: i64, step: i64, left: i64 },
    /// What `d.keys()` gives: it can be run through many times, each time by an iterator of its own.
    View(Rc<Dict>, View),
    Dict { dict: Rc<Dict>, position: usize, length: usize, view: View },
    Set { set: Rc<Set>, members: Vec<Value>, position: usize },
    Tensor(Rc<TensorObject>, usize),
    Values(std::vec::IntoIter<Value>),
    Zip(Vec<Rc<Iterator>>, bool),
    Enumerate(Rc<Iterator>, i64),
    Count { next: Value, step: Value },
    Repeat(Value),
    Cycle(Vec<Value>, usize),
}

/// Which part of a dictionary's entries is wanted.
#[derive(Clone, Copy, PartialEq)]
pub enum View {
    Keys,
    Values,
    Items,
}

impl Iterator {
    fn of(state: State) -> Value {
        Value::Iterator(Rc::new(Iterator { state: RefCell::new(state), depth: 0 }))
    }

    /// An iterator over `value`, or `None` if iterating it needs Python code or is impossible.
    pub fn over(value: &Value) -> Option<Value> {
        Some(match value {
            Value::Iterator(iterator) => match &*iterator.state.borrow() {
                State::View(dict, view) => Iterator::dict(dict, *view),
                _ => value.clone(),
            },
            Value::List(list) => Iterator::of(State::List(list.clone(), 0)),
            Value::Tuple(tuple) => Iterator::of(State::Tuple(tuple.clone(), 0)),
            Value::Str(text) => Iterator::of(State::Str(text.clone(), 0)),
            Value::Bytes(bytes) => Iterator::of(State::Bytes(bytes.clone(), 0)),
            Value::Range(r) => Iterator::of(State::Range { next: r.start, step: r.step, left: r.length() }),
            Value::Dict(dict) => Iterator::dict(dict, View::Keys),
            Value::Set(set) => {
                Iterator::of(State::Set { set: set.clone(), members: set.members(), position: 0 })
            }
            Value::Tensor(tensor) => Iterator::of(State::Tensor(tensor.clone(), 0)),
            _ => return None,
        })
    }

    /// What `d.keys()`, `d.values()` and `d.items()` give.
    pub fn view(dict: &Rc<Dict>, view: View) -> Value {
        Iterator::of(State::View(dict.clone(), view))
    }

    fn dict(dict: &Rc<Dict>, view: View) -> Value {
        Iterator::of(State::Dict { dict: dict.clone(), position: 0, length: dict.len(), view })
    }

    pub fn values(values: Vec<Value>) -> Value {
        Iterator::of(State::Values(values.into_iter()))
    }

    pub fn backward(list: &Rc<List>) -> Value {
        let length = list.items.borrow().len();
        Iterator::of(State::ListBackward(list.clone(), length))
    }

    pub fn count(next: Value, step: Value) -> Value {
        Iterator::of(State::Count { next, step })
    }

    pub fn repeat(value: Value) -> Value {
        Iterator::of(State::Repeat(value))
    }

    pub fn cycle(values: Vec<Value>) -> Value {
        Iterator::of(State::Cycle(values, 0))
    }

    pub fn zip(parts: Vec<Rc<Iterator>>, strict: bool) -> Result<Value, Raise> {
        let depth = parts.iter().map(|p| p.depth + 1).max().unwrap_or(0);
        Iterator::nested(State::Zip(parts, strict), depth)
    }

    pub fn enumerate(inner: Rc<Iterator>, start: i64) -> Result<Value, Raise> {
        let depth = inner.depth + 1;
        Iterator::nested(State::Enumerate(inner, start), depth)
    }

    fn nested(state: State, depth: usize) -> Result<Value, Raise> {
        if depth > MAX_DEPTH {
            return Err(Raise::error(ErrorKind::RecursionError, format!("iterators nest deeper than {MAX_DEPTH}")));
        }
        Ok(Value::Iterator(Rc::new(Iterator { state: RefCell::new(state), depth })))
    }

    pub fn class_name(&self) -> &'static str {
        match &*self.state.borrow() {
            State::Zip(..) => "zip",
            State::Enumerate(..) => "enumerate",
            State::Str(..) => "str_iterator",
            State::Tuple(..) => "tuple_iterator",
            State::Bytes(..) => "bytes_iterator",
            State::Range { .. } => "range_iterator",
            State::Set { .. } => "set_iterator",
            State::View(dict, view) => match (view, matches!(dict.kind, DictKind::Ordered)) {
                (View::Keys, false) => "dict_keys",
                (View::Values, false) => "dict_values",
                (View::Items, false) => "dict_items",
                (View::Keys, true) => "odict_keys",
                (View::Values, true) => "odict_values",
                (View::Items, true) => "odict_items",
            },
            State::Dict { .. } => "dict_keyiterator",
            State::ListBackward(..) => "list_reverseiterator",
            State::Count { .. } => "itertools.count",
            State::Repeat(_) => "itertools.repeat",
            State::Cycle(..) => "itertools.cycle",
            _ => "list_iterator",
        }
    }

    /// The next item, or the end. Raises RuntimeError if a dictionary or a set changed its size meanwhile.
    pub fn next(&self, context: &mut Context) -> Result<Next, Raise> {
        let mut state = self.state.try_borrow_mut().map_err(|_| Raise::value_error("iterator already executing"))?;
        let item = match &mut *state {
            State::Done => None,
            State::View(..) => {
                drop(state);
                return Err(Raise::type_error(format!("'{}' object is not an iterator", self.class_name())));
            }
            State::List(list, position) => {
                *position += 1;
                list.items.borrow().get(*position - 1).cloned()
            }
            State::Bytes(bytes, position) => {
                *position += 1;
                bytes.get(*position - 1).map(|byte| Value::Int((*byte).into()))
            }
            State::ListBackward(list, left) => match left.checked_sub(1) {
                None => None,
                Some(position) => {
                    *left = position;
                    list.items.borrow().get(position).cloned()
                }
            },
            State::Tuple(tuple, position) => {
                *position += 1;
                tuple.items.get(*position - 1).cloned()
            }
            State::Str(text, position) => text[*position..].chars().next().map(|c| {
                *position += c.len_utf8();
                Value::str(c.encode_utf8(&mut [0; 4]))
            }),
            State::Range { next, step, left } => (*left > 0).then(|| {
                let value = *next;
                *left -= 1;
                *next = next.wrapping_add(*step);
                Value::Int(value)
            }),
            State::Dict { dict, position, length, view } => {
                let table = dict.table.borrow();
                if table.len() != *length {
                    return Err(Raise::runtime_error("dictionary changed size during iteration"));
                }
                table.entry_from(*position).map(|(next, key, value)| {
                    *position = next;
                    match view {
                        View::Keys => key.value.clone(),
                        View::Values => value.clone(),
                        View::Items => Value::tuple(vec![key.value.clone(), value.clone()]),
                    }
                })
            }
            State::Set { set, members, position } => {
                if set.len() != members.len() {
                    return Err(Raise::runtime_error("Set changed size during iteration"));
                }
                *position += 1;
                members.get(*position - 1).cloned()
            }
            State::Tensor(tensor, position) => {
                let row = torch::iterate(context, tensor, *position)?;
                *position += 1;
                row
            }
            State::Values(values) => values.next(),
            State::Zip(parts, strict) => Iterator::next_of_each(context, parts, *strict)?,
            State::Enumerate(inner, index) => match inner.next(context)? {
                Next::Done => None,
                Next::Item(item) => {
                    *index += 1;
                    Some(Value::tuple(vec![Value::Int(*index - 1), item]))
                }
            },
            State::Count { next, step } => {
                let value = next.clone();
                *next = match (value.as_int(), step.as_int()) {
                    (Some(a), Some(b)) => Value::Int(a.wrapping_add(b)),
                    _ => Value::Float(value.as_float().unwrap_or(0.0) + step.as_float().unwrap_or(1.0)),
                };
                Some(value)
            }
            State::Repeat(value) => Some(value.clone()),
            State::Cycle(values, position) => {
                *position += 1;
                let length = values.len().max(1);
                values.get((*position - 1) % length).cloned()
            }
        };
        match item {
            Some(item) => Ok(Next::Item(item)),
            None => {
                let ended = std::mem::replace(&mut *state, State::Done);
                drop(state);
                drop(ended);
                Ok(Next::Done)
            }
        }
    }

    fn next_of_each(context: &mut Context, parts: &[Rc<Iterator>], strict: bool) -> Result<Option<Value>, Raise> {
        let mut items = Vec::with_capacity(parts.len());
        for (index, part) in parts.iter().enumerate() {
            match part.next(context)? {
                Next::Item(item) => items.push(item),
                Next::Done if strict && index > 0 => {
                    let earlier = if index == 1 { "argument 1".into() } else { format!("arguments 1-{index}") };
                    return Err(Raise::value_error(format!("zip() argument {} is shorter than {earlier}", index + 1)));
                }
                Next::Done => {
                    if strict {
                        for (longer, other) in parts.iter().enumerate().skip(1) {
                            if let Next::Item(_) = other.next(context)? {
                                let earlier = if longer == 1 { "argument 1".into() } else { format!("arguments 1-{longer}") };
                                return Err(Raise::value_error(format!(
                                    "zip() argument {} is longer than {earlier}",
                                    longer + 1
                                )));
                            }
                        }
                    }
                    return Ok(None);
                }
            }
        }
        Ok(if items.is_empty() { None } else { Some(Value::tuple(items)) })
    }

    /// The dictionary and the part of it that a view shows.
    pub fn as_view(&self) -> Option<(Rc<Dict>, View)> {
        match &*self.state.borrow() {
            State::View(dict, view) => Some((dict.clone(), *view)),
            _ => None,
        }
    }
}

impl Drop for Iterator {
    fn drop(&mut self) {
        let state = self.state.replace(State::Done);
        match state {
            State::Values(values) => super::heap::bury(values),
            State::Cycle(values, _) | State::Set { members: values, .. } => super::heap::bury(values),
            State::Repeat(value) => super::heap::bury([value]),
            State::List(list, _) | State::ListBackward(list, _) => super::heap::bury([Value::List(list)]),
            State::Tuple(tuple, _) => super::heap::bury([Value::Tuple(tuple)]),
            State::View(dict, _) | State::Dict { dict, .. } => super::heap::bury([Value::Dict(dict)]),
            _ => {}
        }
    }
}
