//! What may be a dictionary key or a set member, and when two keys are one.

use std::rc::Rc;

use super::{Value, identical};
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
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    for chunk in text.as_bytes().chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        state = mix(state, u64::from_le_bytes(word));
    }
    mix(state, text.len() as u64)
}

fn mix(state: u64, word: u64) -> u64 {
    let product = (state ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    product ^ (product >> 32)
}

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
        Value::Float(x) if x.fract() == 0.0 && x.abs() < 9e18 => mix(0, *x as i64 as u64),
        Value::Float(x) => mix(11, x.to_bits()),
        Value::Str(text) => hash_text(text),
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
            return Err(Raise::type_error(format!("unhashable type: '{}'", value.type_name())));
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
        Value::Instance(i) => match frozen_fields(i) {
            Some(fields) => {
                let mut state = 31;
                for field in &fields {
                    state = mix(state, hash(field, depth + 1)?);
                }
                state
            }
            None => address(Rc::as_ptr(i).cast()),
        },
        Value::Module(m) => address(Rc::as_ptr(m).cast()),
        Value::Iterator(i) => address(Rc::as_ptr(i).cast()),
        Value::Generator(g) => address(Rc::as_ptr(g).cast()),
        Value::Tensor(t) => address(Rc::as_ptr(t).cast()),
    })
}

/// The fields of a frozen dataclass: such objects are keys by what they hold.
fn frozen_fields(instance: &super::Instance) -> Option<Vec<Value>> {
    let class = instance.class();
    class.lookup("__frozen__")?;
    let names = class.lookup("__match_args__")?.as_sequence()?;
    names.iter().map(|name| instance.attributes.get_text(name.as_str()?)).collect()
}

fn same(a: &Value, b: &Value, depth: usize) -> bool {
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => a == b,
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
        (Value::Instance(x), Value::Instance(y)) if !Rc::ptr_eq(x, y) && Rc::ptr_eq(&x.class(), &y.class()) => {
            match (frozen_fields(x), frozen_fields(y)) {
                (Some(x), Some(y)) => depth <= MAX_DEPTH && x.iter().zip(&y).all(|(x, y)| same(x, y, depth + 1)),
                _ => false,
            }
        }
        _ => match (a.as_int(), b.as_int()) {
            (Some(a), Some(b)) => a == b,
            _ => identical(a, b),
        },
    }
}
