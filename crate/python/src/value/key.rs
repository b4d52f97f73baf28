//! What may be a dictionary key or a set member, and when two keys are one.

use std::rc::Rc;

use super::{Instance, Value, identical};
use crate::{ErrorKind, Raise};

/// How deep a tuple may nest inside a key.
const MAX_DEPTH: usize = 100;

/// A hashable value with its hash. Numbers that compare equal are one key, whatever their types.
#[derive(Clone)]
pub struct Key {
    pub value: Value,
    pub hash: u64,
}

impl Key {
    /// Raises TypeError for lists, dictionaries and sets, as Python does.
    pub fn new(value: Value) -> Result<Key, Raise> {
        let hash = hash(&value, 0)?;
        Ok(Key { value, hash })
    }

    pub fn name(name: &Rc<str>) -> Key {
        Key { hash: hash_text(name), value: Value::Str(name.clone()) }
    }

    pub fn is(&self, other: &Key) -> bool {
        self.hash == other.hash && same(&self.value, &other.value, 0)
    }
}

/// The hash that [`Key::new`] gives the string `text`.
pub fn hash_text(text: &str) -> u64 {
    hash_bytes(text.as_bytes())
}

#[cfg_attr(hot, optimize(speed))]
fn hash_bytes(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    let mut state = words.iter().fold(0x9e37_79b9_7f4a_7c15, |state, word| mix(state, u64::from_le_bytes(*word)));
    if !rest.is_empty() {
        let mut word = [0; 8];
        word[..rest.len()].copy_from_slice(rest);
        state = mix(state, u64::from_le_bytes(word));
    }
    mix(state, bytes.len() as u64)
}

fn mix(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    product ^ (product >> 32)
}

#[cfg_attr(hot, optimize(speed))]
fn hash(value: &Value, depth: usize) -> Result<u64, Raise> {
    if depth > MAX_DEPTH {
        return Err(Raise::error(ErrorKind::RecursionError, "maximum recursion depth exceeded"));
    }
    let address = |pointer: *const u8| mix(7, pointer as u64);
    Ok(match value {
        Value::None => 1,
        Value::NotImplemented => 2,
        Value::Ellipsis => 3,
        Value::Bool(b) => mix(0, u64::from(*b)),
        Value::Int(n) => mix(0, *n as u64),
        Value::Big(big) => big.words().iter().fold(37, |state, word| mix(state, u64::from(*word))),
        Value::Float(x) if x.fract() == 0.0 && x.abs() < 9e18 => mix(0, *x as i64 as u64),
        Value::Float(x) => mix(11, x.to_bits()),
        Value::Str(text) => hash_text(text),
        Value::Bytes(bytes) => hash_bytes(bytes),
        Value::Tuple(tuple) => {
            let mut state = 5;
            for item in tuple.items.iter() {
                state = mix(state, hash(item, depth + 1)?);
            }
            state
        }
        Value::Set(set) if set.frozen => {
            set.table.borrow().entries().fold(13u64, |state, (key, _)| state.wrapping_add(key.hash))
        }
        Value::List(_) | Value::Dict(_) | Value::Set(_) | Value::Slice(_) => {
            return Err(unhashable(&value.type_name()));
        }
        Value::DType(dtype) => mix(17, u64::from(dtype.code())),
        Value::Device(name) => mix(19, hash_text(name)),
        Value::Range(range) => mix(23, range.length() as u64),
        Value::Function(f) => address(Rc::as_ptr(f).cast()),
        Value::Method(m) => match &m.receiver {
            Value::Instance(i) => address(Rc::as_ptr(i).cast()),
            _ => 29,
        },
        Value::Native(f) => address(f.address()),
        Value::Property(p) => address(Rc::as_ptr(p).cast()),
        Value::Class(c) => address(Rc::as_ptr(c).cast()),
        Value::Super(s) => address(Rc::as_ptr(s).cast()),
        Value::Instance(i) => hash_of_instance(i)?,
        Value::Module(m) => address(Rc::as_ptr(m).cast()),
        Value::Iterator(i) => address(Rc::as_ptr(i).cast()),
        Value::Generator(g) => address(Rc::as_ptr(g).cast()),
        Value::Tensor(t) => address(Rc::as_ptr(t).cast()),
    })
}

/// What the class's `__hash__` gives, or the object's address. A class that defines `__eq__` alone has no hash.
fn hash_of_instance(instance: &Rc<Instance>) -> Result<u64, Raise> {
    if let Some(hash) = instance.hash.get() {
        return Ok(hash);
    }
    if let Some(number) = instance.number() {
        return Ok(mix(0, number as u64));
    }
    if let Some(number) = instance.float() {
        return hash(&Value::Float(number), 0);
    }
    if let Some(text) = instance.text() {
        return Ok(hash_text(&text));
    }
    let class = instance.class();
    for attributes in std::iter::once(&class.attributes).chain(class.ancestors.iter().map(|a| &a.attributes)) {
        match attributes.get_text("__hash__") {
            Some(Value::Function(_)) => return Err(crate::Cause::Hash(instance.clone()).into()),
            Some(_) => return Err(unhashable(&class.name)),
            None if matches!(attributes.get_text("__eq__"), Some(Value::Function(_))) => return Err(unhashable(&class.name)),
            None => {}
        }
    }
    Ok(mix(7, Rc::as_ptr(instance).cast::<u8>() as u64))
}

fn unhashable(name: &str) -> Raise {
    Raise::type_error(format!("unhashable type: '{name}'"))
}

/// The key's hash for what `__hash__` answered.
pub fn hash_of_answer(answer: i64) -> u64 {
    mix(31, answer as u64)
}

#[cfg_attr(hot, optimize(speed))]
fn same(a: &Value, b: &Value, depth: usize) -> bool {
    match (a, b) {
        (Value::Instance(number), other) | (other, Value::Instance(number)) if number.float().is_some() => {
            number.float() == other.as_float()
        }
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Big(a), Value::Big(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a == b || a.to_bits() == b.to_bits(),
        (Value::Float(x), other) | (other, Value::Float(x)) => other.as_int().is_some_and(|n| n as f64 == *x),
        (Value::Tuple(a), Value::Tuple(b)) => {
            depth <= MAX_DEPTH
                && a.items.len() == b.items.len()
                && a.items.iter().zip(b.items.iter()).all(|(a, b)| same(a, b, depth + 1))
        }
        (Value::Set(a), Value::Set(b)) => {
            let (a, b) = (a.table.borrow(), b.table.borrow());
            a.len() == b.len() && a.entries().all(|(key, _)| b.get(key).is_some())
        }
        (Value::Range(a), Value::Range(b)) => a == b,
        (Value::Str(text), Value::Instance(member)) | (Value::Instance(member), Value::Str(text)) => member.text().as_ref() == Some(text),
        // Objects of one class whose `__hash__` agrees in 64 bits count as equal: `__eq__` is not asked.
        (Value::Instance(x), Value::Instance(y)) if x.number().is_none() => {
            Rc::ptr_eq(x, y) || (x.hash.get().is_some() && x.hash == y.hash && Rc::ptr_eq(&x.class(), &y.class()))
        }
        _ => match (a.as_int(), b.as_int()) {
            (Some(a), Some(b)) => a == b,
            _ => identical(a, b),
        },
    }
}
