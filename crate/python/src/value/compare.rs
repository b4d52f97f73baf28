//! Equality, identity and order of values that need no Python code to compare.

use std::cmp::Ordering;
use std::rc::Rc;

use super::{Big, ClassKind, Value};
use crate::machine::{CompareOperator, recursion_error};
use crate::{Context, Raise, torch};

/// How deep containers may nest when they are compared.
const MAX_DEPTH: usize = 200;

/// The answer of [`equal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equality {
    Equal,
    Different,
    /// A class of the program defines `__eq__`: Python code must say.
    AskPython,
}

impl From<bool> for Equality {
    fn from(equal: bool) -> Equality {
        if equal { Equality::Equal } else { Equality::Different }
    }
}

/// Whether both are one object (`is`). Equal small values are one object, as CPython's cached ones are.
pub fn identical(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::None, Value::None) | (Value::NotImplemented, Value::NotImplemented) => true,
        (Value::Ellipsis, Value::Ellipsis) => true,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Big(a), Value::Big(b)) => a == b,
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (Value::Str(a), Value::Str(b)) => a == b,
        (Value::Bytes(a), Value::Bytes(b)) => a == b,
        (Value::List(a), Value::List(b)) => Rc::ptr_eq(a, b),
        (Value::Tuple(a), Value::Tuple(b)) => Rc::ptr_eq(a, b) || (a.items.is_empty() && b.items.is_empty()),
        (Value::Dict(a), Value::Dict(b)) => Rc::ptr_eq(a, b),
        (Value::Set(a), Value::Set(b)) => Rc::ptr_eq(a, b),
        (Value::Range(a), Value::Range(b)) => Rc::ptr_eq(a, b),
        (Value::Slice(a), Value::Slice(b)) => Rc::ptr_eq(a, b),
        (Value::Function(a), Value::Function(b)) => Rc::ptr_eq(a, b),
        (Value::Method(a), Value::Method(b)) => {
            Rc::ptr_eq(a, b) || (identical(&a.receiver, &b.receiver) && identical(&a.function, &b.function))
        }
        (Value::Native(a), Value::Native(b)) => a.address() == b.address(),
        (Value::Property(a), Value::Property(b)) => Rc::ptr_eq(a, b),
        (Value::Class(a), Value::Class(b)) => Rc::ptr_eq(a, b),
        (Value::Instance(a), Value::Instance(b)) => Rc::ptr_eq(a, b),
        (Value::Module(a), Value::Module(b)) => Rc::ptr_eq(a, b),
        (Value::Iterator(a), Value::Iterator(b)) => Rc::ptr_eq(a, b),
        (Value::Generator(a), Value::Generator(b)) => Rc::ptr_eq(a, b),
        (Value::Tensor(a), Value::Tensor(b)) => Rc::ptr_eq(a, b),
        (Value::DType(a), Value::DType(b)) => a == b,
        (Value::Device(a), Value::Device(b)) => a == b,
        _ => false,
    }
}

/// `a == b` inside containers: identity counts as equality, tensors must be single-valued.
pub fn equal(context: &mut Context, a: &Value, b: &Value) -> Result<Equality, Raise> {
    equal_at(context, a, b, 0)
}

fn equal_at(context: &mut Context, a: &Value, b: &Value, depth: usize) -> Result<Equality, Raise> {
    if depth > MAX_DEPTH {
        return Err(recursion_error(" in comparison"));
    }
    if !matches!(a, Value::Float(_)) && identical(a, b) {
        return Ok(Equality::Equal);
    }
    match (a, b) {
        (
            Value::Float(_) | Value::Int(_) | Value::Big(_) | Value::Bool(_),
            Value::Float(_) | Value::Int(_) | Value::Big(_) | Value::Bool(_),
        ) => {
            Ok(number_order(a, b).is_some_and(Ordering::is_eq).into())
        }
        (Value::List(x), Value::List(y)) => {
            let (x, y) = (x.items.borrow().to_vec(), y.items.borrow().to_vec());
            each_equal(context, &x, &y, depth)
        }
        (Value::Tuple(x), Value::Tuple(y)) => each_equal(context, &x.items, &y.items, depth),
        (Value::Dict(x), Value::Dict(y)) => {
            if x.len() != y.len() {
                return Ok(Equality::Different);
            }
            let entries: Vec<_> = x.table.borrow().entries().map(|(k, v)| (k.clone(), v.clone())).collect();
            for (key, value) in entries {
                let Some(other) = y.get(&key) else { return Ok(Equality::Different) };
                match equal_at(context, &value, &other, depth + 1)? {
                    Equality::Equal => {}
                    answer => return Ok(answer),
                }
            }
            Ok(Equality::Equal)
        }
        (Value::Set(x), Value::Set(y)) => {
            let (x, y) = (x.table.borrow(), y.table.borrow());
            Ok((x.len() == y.len() && x.entries().all(|(key, _)| y.get(key).is_some())).into())
        }
        (Value::Range(x), Value::Range(y)) => Ok((x == y).into()),
        (Value::Iterator(x), _) if x.as_view().is_some() => {
            let set = |view: &Value| match view {
                Value::Iterator(i) => i.as_view().map(|(dict, _)| dict.keys()),
                Value::Set(set) => Some(set.members()),
                _ => None,
            };
            match (set(a), set(b)) {
                (Some(x), Some(y)) => each_equal(context, &x, &y, depth),
                _ => Ok(Equality::Different),
            }
        }
        (Value::Tensor(_), _) | (_, Value::Tensor(_)) => {
            let answer = torch::compare(context, CompareOperator::Equal, a, b)?;
            match &answer {
                Value::Tensor(t) => Ok(torch::truth(context, t)?.into()),
                Value::Bool(equal) => Ok((*equal).into()),
                _ => Ok(Equality::Different),
            }
        }
        (Value::Instance(x), _) if defines_equality(x) => Ok(Equality::AskPython),
        (_, Value::Instance(y)) if defines_equality(y) => Ok(Equality::AskPython),
        _ => Ok(Equality::Different),
    }
}

fn defines_equality(instance: &super::Instance) -> bool {
    let class = instance.class();
    matches!(class.kind, ClassKind::Plain) && class.lookup("__eq__").is_some_and(|f| matches!(f, Value::Function(_)))
}

fn each_equal(context: &mut Context, x: &[Value], y: &[Value], depth: usize) -> Result<Equality, Raise> {
    if x.len() != y.len() {
        return Ok(Equality::Different);
    }
    for (a, b) in x.iter().zip(y) {
        match equal_at(context, a, b, depth + 1)? {
            Equality::Equal => {}
            answer => return Ok(answer),
        }
    }
    Ok(Equality::Equal)
}

/// The order of two numbers; `None` if either is NaN or not a number.
pub fn number_order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a.as_int(), b.as_int()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        _ if matches!(a, Value::Big(_)) || matches!(b, Value::Big(_)) => match (Big::of(a), Big::of(b)) {
            (Some(a), Some(b)) => Some(a.cmp(&b)),
            _ => a.as_float()?.partial_cmp(&b.as_float()?),
        },
        _ => a.as_float()?.partial_cmp(&b.as_float()?),
    }
}

/// The order of two values, `None` where NaN is among them; `Err(None)` if these types have no order,
/// `Err(Some(…))` if comparing them failed.
pub fn order(context: &mut Context, a: &Value, b: &Value) -> Result<Option<Ordering>, Option<Raise>> {
    order_at(context, a, b, 0)
}

fn order_at(context: &mut Context, a: &Value, b: &Value, depth: usize) -> Result<Option<Ordering>, Option<Raise>> {
    if depth > MAX_DEPTH {
        return Err(Some(recursion_error(" in comparison")));
    }
    match (a, b) {
        (Value::Str(a), Value::Str(b)) => Ok(Some(a.cmp(b))),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(Some(a.cmp(b))),
        (Value::List(x), Value::List(y)) => {
            let (x, y) = (x.items.borrow().to_vec(), y.items.borrow().to_vec());
            sequence_order(context, &x, &y, depth)
        }
        (Value::Tuple(x), Value::Tuple(y)) => sequence_order(context, &x.items, &y.items, depth),
        _ if a.as_float().is_some() && b.as_float().is_some() => Ok(number_order(a, b)),
        (Value::Tensor(_), _) | (_, Value::Tensor(_)) => {
            let mut holds = |operator| match torch::compare(context, operator, a, b)? {
                Value::Tensor(t) => torch::truth(context, &t),
                answer => Ok(matches!(answer, Value::Bool(true))),
            };
            let less = holds(CompareOperator::Less).map_err(Some)?;
            let greater = holds(CompareOperator::Greater).map_err(Some)?;
            Ok(Some(if less {
                Ordering::Less
            } else if greater {
                Ordering::Greater
            } else {
                Ordering::Equal
            }))
        }
        _ => Err(None),
    }
}

fn sequence_order(context: &mut Context, x: &[Value], y: &[Value], depth: usize) -> Result<Option<Ordering>, Option<Raise>> {
    for (a, b) in x.iter().zip(y) {
        match equal_at(context, a, b, depth + 1).map_err(Some)? {
            Equality::Equal => {}
            _ => return order_at(context, a, b, depth + 1),
        }
    }
    Ok(Some(x.len().cmp(&y.len())))
}
