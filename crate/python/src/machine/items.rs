//! Subscripts: reading, writing and deleting items.

use std::rc::Rc;

use tensor::layout::sort_indices;

use crate::value::{Args, ClassKind, Dict, DictKind, Key, Property, Range, Slice, Tuple, TupleKind, Value};
use crate::{Context, ErrorKind, Raise, torch};

/// Whether the key is an object of the program that stands for an integer: the prelude asks it for that first.
fn stands_for_index(object: &Value, key: &Value) -> bool {
    let is_indexed = matches!(object, Value::List(_) | Value::Tuple(_) | Value::Str(_) | Value::Bytes(_) | Value::Range(_) | Value::Tensor(_));
    is_indexed && matches!(key, Value::Instance(key) if key.class_attribute("__index__").is_some())
}

/// Whether the key of a tensor is a NumPy array, or has one in it.
fn holds_array(object: &Value, key: &Value) -> bool {
    let is_array = |key: &Value| matches!(key, Value::Instance(key) if key.class_attribute("__array__").is_some());
    match (object, key) {
        (Value::Tensor(_), Value::Tuple(keys)) => keys.items.iter().any(is_array),
        (Value::Tensor(_), key) => is_array(key),
        _ => false,
    }
}

fn by_arrays(arguments: Vec<Value>) -> Raise {
    Raise::prelude("_of", [Value::str("numpy"), Value::str("_indexed")].into_iter().chain(arguments).collect())
}

/// `object[key]`
pub fn get(context: &mut Context, object: &Value, key: &Value) -> Result<Value, Raise> {
    match object {
        _ if holds_array(object, key) => Err(by_arrays(vec![object.clone(), key.clone()])),
        _ if stands_for_index(object, key) => Err(Raise::prelude("_indexed", vec![object.clone(), key.clone()])),
        Value::List(list) => match key {
            Value::Slice(slice) => {
                let items = list.items.borrow();
                let positions = slice_positions(context, slice, items.len())?;
                context.reserve(positions.len() * crate::value::heap::VALUE_BYTES)?;
                Ok(Value::list(positions.into_iter().map(|p| items[p].clone()).collect()))
            }
            _ => {
                let items = list.items.borrow();
                let position = index(context, key, items.len(), "list")?;
                Ok(items[position].clone())
            }
        },
        Value::Tuple(tuple) => match key {
            Value::Slice(slice) => {
                let positions = slice_positions(context, slice, tuple.items.len())?;
                let items = positions.into_iter().map(|p| tuple.items[p].clone()).collect();
                let kind = match &tuple.kind {
                    TupleKind::Size => TupleKind::Size,
                    _ => TupleKind::Plain,
                };
                Ok(Value::Tuple(Tuple::new(items, kind)))
            }
            _ => {
                let position = index(context, key, tuple.items.len(), "tuple")?;
                Ok(tuple.items[position].clone())
            }
        },
        Value::Str(text) => string_item(context, text, key),
        Value::Bytes(bytes) => match key {
            Value::Slice(slice) => {
                let (start, stop, step) = slice_bounds(context, slice, bytes.len() as i64)?;
                let range = Range { start, stop, step };
                context.reserve(range.length() as usize)?;
                Ok(Value::bytes((0..range.length()).filter_map(|i| bytes.get(range.at(i) as usize).copied()).collect()))
            }
            _ => {
                let position = index(context, key, bytes.len(), "byte").map_err(|raise| raise.reworded(ErrorKind::IndexError, "index out of range"))?;
                Ok(Value::Int(bytes[position].into()))
            }
        },
        Value::Dict(dict) => dict_item(object, dict, key),
        Value::Range(range) => match key {
            Value::Slice(slice) => {
                let (start, stop, step) = slice_bounds(context, slice, range.length())?;
                let end = range.at(stop);
                Ok(Value::Range(Rc::new(Range { start: range.at(start), stop: end, step: range.step.saturating_mul(step) })))
            }
            _ => {
                let length = usize::try_from(range.length()).unwrap_or(usize::MAX);
                let position = index(context, key, length, "range object")?;
                Ok(Value::Int(range.at(position as i64)))
            }
        },
        Value::Tensor(tensor) => torch::get_item(context, tensor, key),
        Value::Instance(instance) => match instance.class_attribute("__getitem__") {
            Some(method) => Err(Raise::call(method, Args::positional(vec![object.clone(), key.clone()]))),
            None => Err(Raise::type_error(format!("'{}' object is not subscriptable", object.type_name()))),
        },
        Value::Class(class) => {
            let function = match class.lookup("__class_getitem__") {
                Some(Value::Property(property)) => match &*property {
                    Property::Class(function) => Some(function.clone()),
                    _ => None,
                },
                found => found,
            };
            match function {
                Some(function) => Err(Raise::call(function, Args::positional(vec![object.clone(), key.clone()]))),
                None if matches!(class.kind, ClassKind::Builtin(_)) => {
                    let made = vec![Value::str("typing"), Value::str("GenericAlias"), object.clone(), key.clone()];
                    Err(Raise::prelude("_of", made))
                }
                None => Err(Raise::type_error(format!("type '{}' is not subscriptable", class.name))),
            }
        }
        _ => Err(Raise::type_error(format!("'{}' object is not subscriptable", object.type_name()))),
    }
}

fn dict_item(object: &Value, dict: &Rc<Dict>, key: &Value) -> Result<Value, Raise> {
    if let Some(value) = dict.get(&Key::new(key.clone())?) {
        return Ok(value);
    }
    if let Some(method) = object.special("__missing__") {
        return Err(Raise::call(method, Args::positional(vec![object.clone(), key.clone()])));
    }
    match &dict.kind {
        DictKind::Counter => Ok(Value::Int(0)),
        DictKind::Default(factory) if !factory.is_none() => {
            // The prelude calls the factory and stores what it gives.
            Err(Raise::prelude("_missing_item", vec![object.clone(), key.clone(), factory.clone()]))
        }
        _ => Err(Raise::key_error(key.clone())),
    }
}

/// The position that an index means, within the length.
pub fn index(context: &mut Context, key: &Value, length: usize, what: &str) -> Result<usize, Raise> {
    let Some(given) = integer(context, key)? else {
        if let Value::Big(_) = key {
            return Err(Raise::index_error("cannot fit 'int' into an index-sized integer"));
        }
        let what = if what == "range object" { "range" } else { what };
        let article = match what {
            "string" => return Err(Raise::type_error(format!("string indices must be integers, not '{}'", key.type_name()))),
            what => format!("{what} indices must be integers or slices"),
        };
        return Err(Raise::type_error(format!("{article}, not {}", key.type_name())));
    };
    let position = if given < 0 { given.saturating_add(length as i64) } else { given };
    match usize::try_from(position) {
        Ok(position) if position < length => Ok(position),
        _ => Err(Raise::index_error(format!("{what} index out of range"))),
    }
}

/// The value as an index: an integer, or a tensor of one integer.
pub fn integer(context: &mut Context, value: &Value) -> Result<Option<i64>, Raise> {
    match value {
        Value::Tensor(tensor) => match torch::item(context, tensor)? {
            item @ (Value::Int(_) | Value::Bool(_)) => Ok(item.as_int()),
            _ => Err(Raise::type_error("only integer tensors of a single element can be converted to an index")),
        },
        _ => Ok(value.as_int()),
    }
}

/// Start, stop and step of a slice over this length, as `slice.indices` gives them.
pub fn slice_bounds(context: &mut Context, slice: &Slice, length: i64) -> Result<(i64, i64, i64), Raise> {
    let mut part = |value: &Value| -> Result<Option<i64>, Raise> {
        if value.is_none() {
            return Ok(None);
        }
        integer(context, value)?.map(Some).ok_or_else(|| {
            Raise::type_error("slice indices must be integers or None or have an __index__ method")
        })
    };
    let step = part(&slice.step)?.unwrap_or(1);
    if step == 0 {
        return Err(Raise::value_error("slice step cannot be zero"));
    }
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |value: i64| if value < 0 { value.saturating_add(length).max(low) } else { value.min(high) };
    let start = part(&slice.start)?.map_or(if step > 0 { low } else { high }, clamp);
    let stop = part(&slice.stop)?.map_or(if step > 0 { high } else { low }, clamp);
    Ok((start, stop, step))
}

fn slice_positions(context: &mut Context, slice: &Slice, length: usize) -> Result<Vec<usize>, Raise> {
    let (start, stop, step) = slice_bounds(context, slice, length as i64)?;
    let range = Range { start, stop, step };
    Ok((0..range.length()).map(|i| range.at(i) as usize).collect())
}

fn string_item(context: &mut Context, text: &Rc<str>, key: &Value) -> Result<Value, Raise> {
    let is_ascii = text.is_ascii();
    let length = if is_ascii { text.len() } else { text.chars().count() };
    let Value::Slice(slice) = key else {
        let position = index(context, key, length, "string")?;
        let found = if is_ascii { text.get(position..=position).map(Value::str) } else {
            text.chars().nth(position).map(|c| Value::str(c.encode_utf8(&mut [0; 4])))
        };
        return Ok(found.unwrap_or(Value::None));
    };
    let (start, stop, step) = slice_bounds(context, slice, length as i64)?;
    if is_ascii && step == 1 {
        return Ok(Value::str(text.get(start as usize..stop.max(start) as usize).unwrap_or("")));
    }
    let range = Range { start, stop, step };
    let chars: Vec<char> = text.chars().collect();
    let taken: String = (0..range.length()).filter_map(|i| chars.get(range.at(i) as usize)).collect();
    Ok(Value::str(taken))
}

/// `object[key] = value`
pub fn set(context: &mut Context, object: &Value, key: &Value, value: Value) -> Result<(), Raise> {
    match object {
        _ if holds_array(object, key) || holds_array(object, &value) => Err(by_arrays(vec![object.clone(), key.clone(), value])),
        _ if stands_for_index(object, key) => Err(Raise::prelude("_indexed", vec![object.clone(), key.clone(), value])),
        Value::List(list) => match key {
            Value::Slice(slice) => {
                let new = context.items(&value).map_err(|raise| raise.reworded(ErrorKind::TypeError, "can only assign an iterable"))?;
                let length = list.items.borrow().len();
                let (start, stop, step) = slice_bounds(context, slice, length as i64)?;
                if step == 1 {
                    let mut items = list.items.borrow_mut();
                    let old: Vec<Value> = items.splice(start as usize..stop.max(start) as usize, new).collect();
                    items.recount();
                    drop(items);
                    drop(old);
                    return Ok(());
                }
                let positions = slice_positions(context, slice, length)?;
                if positions.len() != new.len() {
                    return Err(Raise::value_error(format!(
                        "attempt to assign sequence of size {} to extended slice of size {}",
                        new.len(),
                        positions.len()
                    )));
                }
                for (position, value) in positions.into_iter().zip(new) {
                    list.items.borrow_mut()[position] = value;
                }
                Ok(())
            }
            _ => {
                let length = list.items.borrow().len();
                let position = index(context, key, length, "list").map_err(|raise| raise.reworded(ErrorKind::IndexError, "list assignment index out of range"))?;
                let old = std::mem::replace(&mut list.items.borrow_mut()[position], value);
                drop(old);
                Ok(())
            }
        },
        Value::Dict(dict) => {
            dict.insert(Key::new(key.clone())?, value);
            Ok(())
        }
        Value::Tensor(tensor) => torch::set_item(context, tensor, key, &value),
        Value::Instance(instance) => match instance.class_attribute("__setitem__") {
            Some(method) => Err(Raise::call(method, Args::positional(vec![object.clone(), key.clone(), value]))),
            None => Err(no_assignment(object, "assignment")),
        },
        _ => Err(no_assignment(object, "assignment")),
    }
}

fn no_assignment(object: &Value, what: &str) -> Raise {
    Raise::type_error(format!("'{}' object does not support item {what}", object.type_name()))
}

/// `del object[key]`
pub fn delete(context: &mut Context, object: &Value, key: &Value) -> Result<(), Raise> {
    match object {
        Value::List(list) => {
            let length = list.items.borrow().len();
            let mut positions = match key {
                Value::Slice(slice) => slice_positions(context, slice, length)?,
                _ => vec![index(context, key, length, "list").map_err(|raise| raise.reworded(ErrorKind::IndexError, "list assignment index out of range"))?],
            };
            sort_indices(&mut positions, &|a, b| a.cmp(&b));
            let mut items = list.items.borrow_mut();
            let mut gone = Vec::new();
            let mut position = 0;
            items.retain(|item| {
                let keep = positions.binary_search(&position).is_err();
                position += 1;
                if !keep {
                    gone.push(item.clone());
                }
                keep
            });
            drop(items);
            drop(gone);
            Ok(())
        }
        Value::Dict(dict) => match dict.remove(&Key::new(key.clone())?) {
            Some(_) => Ok(()),
            None => Err(Raise::key_error(key.clone())),
        },
        Value::Instance(instance) => match instance.class_attribute("__delitem__") {
            Some(method) => Err(Raise::call(method, Args::positional(vec![object.clone(), key.clone()]))),
            None => Err(no_assignment(object, "deletion")),
        },
        Value::Tensor(_) => Err(Raise::type_error("Tensor does not support deleting items")),
        _ => Err(no_assignment(object, "deletion")),
    }
}
