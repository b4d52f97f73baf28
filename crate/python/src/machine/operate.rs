//! Operators on values that need no Python code.

use super::{BinaryOperator as B, CompareOperator as C, UnaryOperator as U};
use crate::value::{
    Big, Dict, DictKind, Equality, Key, Set, TupleKind, Value, View, big_binary, big_to_float, equal, heap, number_order,
    order,
};
use crate::{Context, ErrorKind, Raise, torch};

/// The truth of a value that is no instance of a class of the program.
pub fn truth(context: &mut Context, value: &Value) -> Result<bool, Raise> {
    Ok(match value {
        Value::None => false,
        Value::Bool(b) => *b,
        Value::Int(n) => *n != 0,
        Value::Float(x) => *x != 0.0,
        Value::Str(text) => !text.is_empty(),
        Value::Bytes(bytes) => !bytes.is_empty(),
        Value::List(list) => !list.items.borrow().is_empty(),
        Value::Tuple(tuple) => !tuple.items.is_empty(),
        Value::Dict(dict) => !dict.is_empty(),
        Value::Set(set) => !set.is_empty(),
        Value::Range(range) => range.length() > 0,
        Value::Iterator(iterator) => iterator.as_view().is_none_or(|(dict, _)| !dict.is_empty()),
        Value::Tensor(tensor) => torch::truth(context, tensor)?,
        _ => true,
    })
}

pub fn unary(context: &mut Context, operator: U, value: &Value) -> Result<Value, Raise> {
    match (operator, value) {
        (U::Not, _) => truth(context, value).map(|truth| Value::Bool(!truth)),
        (_, Value::Tensor(tensor)) => torch::unary(context, operator, tensor),
        (U::Negative, Value::Float(x)) => Ok(Value::Float(-x)),
        (U::Positive, Value::Float(x)) => Ok(Value::Float(*x)),
        (_, Value::Int(_) | Value::Bool(_) | Value::Big(_)) => {
            let Some(n) = value.as_int().filter(|n| *n != i64::MIN) else {
                let big = Big::of(value).unwrap_or(Big::from(0i64));
                return match operator {
                    U::Negative => big.negated().value(),
                    U::Positive => big.value(),
                    _ => big_binary(B::Subtract, &big.negated(), &Big::from(1i64)),
                };
            };
            Ok(Value::Int(match operator {
                U::Negative => -n,
                U::Positive => n,
                _ => !n,
            }))
        }
        (U::Positive | U::Negative, Value::Dict(counter)) if counter.class_name() == "Counter" => {
            let sign = if operator == U::Negative { B::Subtract } else { B::Add };
            crate::builtins::counter_arithmetic(sign, &Dict::of_kind(DictKind::Counter), counter)
        }
        _ => {
            let symbol = match operator {
                U::Negative => "-",
                U::Positive => "+",
                _ => "~",
            };
            Err(Raise::type_error(format!("bad operand type for unary {symbol}: '{}'", value.type_name())))
        }
    }
}

/// `a op b`, or `NotImplemented` where these types have no such operator.
pub fn binary(context: &mut Context, operator: B, a: &Value, b: &Value) -> Result<Value, Raise> {
    if let (B::Modulo, Value::Str(text)) = (operator, a) {
        return crate::builtins::percent_format(context, text, b);
    }
    if matches!(a, Value::Tensor(_)) || matches!(b, Value::Tensor(_)) {
        return torch::binary(context, operator, a, b);
    }
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int()) {
        if let (Value::Bool(x), Value::Bool(y)) = (a, b) {
            match operator {
                B::And => return Ok(Value::Bool(x & y)),
                B::Or => return Ok(Value::Bool(x | y)),
                B::Xor => return Ok(Value::Bool(x ^ y)),
                _ => {}
            }
        }
        return binary_of_integers(operator, x, y);
    }
    if let (Some(x), Some(y)) = (a.as_float(), b.as_float()) {
        return match (Big::of(a), Big::of(b)) {
            (Some(x), Some(y)) => big_binary(operator, &x, &y),
            (Some(x), None) => floats(operator, big_to_float(&x)?, y),
            (None, Some(y)) => floats(operator, x, big_to_float(&y)?),
            (None, None) => floats(operator, x, y),
        };
    }
    match (operator, a, b) {
        (B::Add, Value::Str(x), Value::Str(y)) => {
            context.reserve(x.len() + y.len())?;
            Ok(Value::str(format!("{x}{y}")))
        }
        (B::Add, Value::Bytes(x), Value::Bytes(y)) => {
            context.reserve(x.len() + y.len())?;
            Ok(Value::bytes([&***x, &***y].concat()))
        }
        (B::Add, Value::List(x), Value::List(y)) => {
            let (x, y) = (x.items.borrow(), y.items.borrow());
            context.reserve((x.len() + y.len()) * heap::VALUE_BYTES)?;
            Ok(Value::list(x.iter().chain(y.iter()).cloned().collect()))
        }
        (B::Add, Value::Tuple(x), Value::Tuple(y)) => {
            context.reserve((x.items.len() + y.items.len()) * heap::VALUE_BYTES)?;
            let items = x.items.iter().chain(y.items.iter()).cloned().collect();
            Ok(Value::Tuple(crate::value::Tuple::new(items, concatenated(x))))
        }
        (B::Multiply, sequence, count) | (B::Multiply, count, sequence) if count.as_int().is_some() && is_sequence(sequence) => {
            repeat(context, sequence, count.as_int().unwrap_or(0))
        }
        (B::Or, Value::Class(_), Value::Class(_) | Value::None) | (B::Or, Value::None, Value::Class(_)) => {
            Err(Raise::prelude("_of", vec![Value::str("typing"), Value::str("_either"), a.clone(), b.clone()]))
        }
        (B::Add | B::Subtract | B::And | B::Or, Value::Dict(x), Value::Dict(y)) if x.class_name() == "Counter" && y.class_name() == "Counter" => {
            crate::builtins::counter_arithmetic(operator, x, y)
        }
        (B::Or, Value::Dict(x), Value::Dict(y)) => {
            let merged = Dict::new();
            [x, y].into_iter().for_each(|side| merged.update(side));
            Ok(Value::Dict(merged))
        }
        (B::And | B::Or | B::Xor | B::Subtract, _, _) => sets(operator, a, b),
        _ => Ok(Value::NotImplemented),
    }
}

fn is_sequence(value: &Value) -> bool {
    matches!(value, Value::Str(_) | Value::Bytes(_) | Value::List(_) | Value::Tuple(_))
}

/// What a tuple becomes where more follows: a `torch.Size` stays one, a named tuple does not.
fn concatenated(first: &crate::value::Tuple) -> TupleKind {
    match first.kind {
        TupleKind::Size => TupleKind::Size,
        _ => TupleKind::Plain,
    }
}

fn repeat(context: &mut Context, sequence: &Value, count: i64) -> Result<Value, Raise> {
    let count = usize::try_from(count.max(0)).unwrap_or(usize::MAX);
    let (length, unit) = match sequence {
        Value::Str(text) => (text.len(), 1),
        Value::Bytes(bytes) => (bytes.len(), 1),
        Value::List(list) => (list.items.borrow().len(), heap::VALUE_BYTES),
        Value::Tuple(tuple) => (tuple.items.len(), heap::VALUE_BYTES),
        _ => (0, 1),
    };
    let bytes = length.saturating_mul(count).saturating_mul(unit);
    context.reserve(bytes)?;
    let repeated = |items: &[Value]| -> Vec<Value> {
        let mut all = Vec::with_capacity(items.len() * count);
        for _ in 0..if items.is_empty() { 0 } else { count } {
            all.extend_from_slice(items);
        }
        all
    };
    Ok(match sequence {
        Value::Str(text) => {
            Value::str(if text.is_empty() { String::new() } else { text.repeat(count) })
        }
        Value::Bytes(bytes) => Value::bytes(if bytes.is_empty() { Vec::new() } else { bytes.repeat(count) }),
        Value::List(list) => Value::list(repeated(&list.items.borrow())),
        Value::Tuple(tuple) => Value::Tuple(crate::value::Tuple::new(repeated(&tuple.items), concatenated(tuple))),
        _ => Value::NotImplemented,
    })
}

/// `x op y` of two integers.
pub fn binary_of_integers(operator: B, x: i64, y: i64) -> Result<Value, Raise> {
    let zero = |message: &str| Raise::error(ErrorKind::ZeroDivisionError, message);
    let value = match operator {
        B::Add => x.checked_add(y),
        B::Subtract => x.checked_sub(y),
        B::Multiply => x.checked_mul(y),
        B::MatrixMultiply => return Ok(Value::NotImplemented),
        B::Divide if y == 0 => return Err(zero("division by zero")),
        // Both exactly as floats: one rounding. Beyond 53 bits the quotient is computed from the integers.
        B::Divide if x.unsigned_abs().max(y.unsigned_abs()) > 1 << 53 => None,
        B::Divide => return Ok(Value::Float(x as f64 / y as f64)),
        B::FloorDivide if y == 0 => return Err(zero("integer division or modulo by zero")),
        B::Modulo if y == 0 => return Err(zero("integer modulo by zero")),
        B::FloorDivide => x.checked_div(y).map(|q| if (x % y != 0) && ((x < 0) != (y < 0)) { q - 1 } else { q }),
        B::Modulo => x.checked_rem(y).or(Some(0)).map(|r| if r != 0 && ((r < 0) != (y < 0)) { r + y } else { r }),
        B::Power if y < 0 => {
            if x == 0 {
                return Err(zero("0.0 cannot be raised to a negative power"));
            }
            return Ok(Value::Float((x as f64).powf(y as f64)));
        }
        B::Power => match x {
            0 | 1 => Some(if y == 0 { 1 } else { x }),
            -1 => Some(if y % 2 == 0 { 1 } else { -1 }),
            _ => u32::try_from(y).ok().and_then(|y| x.checked_pow(y)),
        },
        B::ShiftLeft | B::ShiftRight if y < 0 => return Err(Raise::value_error("negative shift count")),
        B::ShiftLeft if x == 0 => Some(0),
        B::ShiftLeft => u32::try_from(y).ok().filter(|y| *y < 63).and_then(|y| x.checked_mul(1 << y)),
        B::ShiftRight => Some(x >> y.min(63)),
        B::And => Some(x & y),
        B::Or => Some(x | y),
        B::Xor => Some(x ^ y),
    };
    match value {
        Some(small) => Ok(Value::Int(small)),
        None => big_binary(operator, &Big::from(x), &Big::from(y)),
    }
}

fn floats(operator: B, x: f64, y: f64) -> Result<Value, Raise> {
    let zero = |message: &str| Err(Raise::error(ErrorKind::ZeroDivisionError, message));
    Ok(Value::Float(match operator {
        B::Add => x + y,
        B::Subtract => x - y,
        B::Multiply => x * y,
        B::Divide if y == 0.0 => return zero("float division by zero"),
        B::Divide => x / y,
        B::FloorDivide if y == 0.0 => return zero("float floor division by zero"),
        B::FloorDivide => {
            let remainder = float_modulo(x, y);
            let quotient = (x - remainder) / y;
            // The division is exact but for rounding: the nearest whole number is meant.
            let floor = quotient.floor();
            if quotient - floor > 0.5 { floor + 1.0 } else { floor }
        }
        B::Modulo if y == 0.0 => return zero("float modulo"),
        B::Modulo => float_modulo(x, y),
        B::Power if x == 0.0 && y < 0.0 => return zero("0.0 cannot be raised to a negative power"),
        B::Power if x < 0.0 && y.fract() != 0.0 && y.is_finite() => {
            return Err(Raise::value_error("a negative number to a fractional power is complex, which is outside the subset"));
        }
        B::Power => {
            let power = x.powf(y);
            if power.is_infinite() && x.is_finite() && y.is_finite() {
                return Err(Raise::error(ErrorKind::OverflowError, "(34, 'Numerical result out of range')"));
            }
            power
        }
        _ => return Ok(Value::NotImplemented),
    }))
}

/// Python's `%`: the remainder has the sign of the divisor.
pub fn float_modulo(x: f64, y: f64) -> f64 {
    let remainder = x % y;
    if remainder == 0.0 {
        0f64.copysign(y)
    } else if (remainder < 0.0) != (y < 0.0) {
        remainder + y
    } else {
        remainder
    }
}

fn members(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Set(set) => Some(set.table.borrow().entries().map(|(key, _)| key.value.clone()).collect()),
        Value::Iterator(iterator) => match iterator.as_view()? {
            (dict, View::Keys) => Some(dict.keys()),
            (dict, View::Items) => Some(dict.pairs().into_iter().map(|(key, value)| Value::tuple(vec![key, value])).collect()),
            _ => None,
        },
        _ => None,
    }
}

fn sets(operator: B, a: &Value, b: &Value) -> Result<Value, Raise> {
    let (Some(x), Some(y)) = (members(a), members(b)) else { return Ok(Value::NotImplemented) };
    let frozen = matches!(a, Value::Set(set) if set.frozen);
    combine_sets(operator, x, y, frozen)
}

/// Intersection, union, symmetric difference or difference.
pub fn combine_sets(operator: B, x: Vec<Value>, y: Vec<Value>, frozen: bool) -> Result<Value, Raise> {
    let (in_x, in_y) = (Set::new(x.clone(), false)?, Set::new(y.clone(), false)?);
    let has = |set: &Set, value: &Value| -> Result<bool, Raise> {
        Ok(set.table.borrow().get(&Key::new(value.clone())?).is_some())
    };
    let mut result = Vec::new();
    for value in &x {
        let shared = has(&in_y, value)?;
        let keep = match operator {
            B::And => shared,
            B::Or => true,
            _ => !shared,
        };
        if keep {
            result.push(value.clone());
        }
    }
    if matches!(operator, B::Or | B::Xor) {
        for value in y {
            if !has(&in_x, &value)? {
                result.push(value);
            }
        }
    }
    Ok(Value::Set(Set::new(result, frozen)?))
}

/// One of the six comparisons, or `NotImplemented` where these types have no order.
pub fn compare(context: &mut Context, operator: C, a: &Value, b: &Value) -> Result<Value, Raise> {
    if matches!(a, Value::Tensor(_)) || matches!(b, Value::Tensor(_)) {
        return torch::compare(context, operator, a, b);
    }
    if let C::Equal | C::NotEqual = operator {
        return match equal(context, a, b)? {
            Equality::AskPython => {
                let name = if operator == C::Equal { "_equal" } else { "_not_equal" };
                Err(Raise::prelude(name, vec![a.clone(), b.clone()]))
            }
            answer => Ok(Value::Bool((answer == Equality::Equal) == (operator == C::Equal))),
        };
    }
    if let (Some(x), Some(y)) = (members(a), members(b)) {
        let (x, y) = (Set::new(x, false)?, Set::new(y, false)?);
        return Ok(Value::Bool(match operator {
            C::LessEqual => subset(&x, &y),
            C::Less => subset(&x, &y) && x.len() < y.len(),
            C::GreaterEqual => subset(&y, &x),
            _ => subset(&y, &x) && y.len() < x.len(),
        }));
    }
    let ordering = match number_order(a, b) {
        Some(ordering) => Some(ordering),
        None => match order(context, a, b) {
            Ok(ordering) => ordering,
            Err(Some(raise)) => return Err(raise),
            // What is in them decides, which may be of classes of the program.
            Err(None) if matches!((a, b), (Value::List(_), Value::List(_)) | (Value::Tuple(_), Value::Tuple(_))) => {
                return Err(Raise::prelude("_order", vec![a.clone(), b.clone(), Value::str(operator.symbol())]));
            }
            Err(None) => return Ok(Value::NotImplemented),
        },
    };
    Ok(Value::Bool(ordering.zip(operator.of_order()).is_some_and(|(ordering, holds)| holds(ordering))))
}

pub fn subset(a: &Set, b: &Set) -> bool {
    let (a, b) = (a.table.borrow(), b.table.borrow());
    a.entries().all(|(key, _)| b.get(key).is_some())
}

/// `needle in haystack` for built-in values.
pub fn contains(context: &mut Context, haystack: &Value, needle: &Value) -> Result<bool, Raise> {
    match haystack {
        Value::Str(text) => match needle {
            Value::Str(part) => Ok(text.contains(&**part)),
            _ => Err(Raise::type_error(format!(
                "'in <string>' requires string as left operand, not {}",
                needle.type_name()
            ))),
        },
        Value::Bytes(bytes) => match needle {
            Value::Int(number) => match u8::try_from(*number) {
                Ok(byte) => Ok(bytes.contains(&byte)),
                Err(_) => Err(Raise::value_error("byte must be in range(0, 256)")),
            },
            Value::Bytes(_) => crate::builtins::bytes_contain(context, haystack, needle),
            _ => Err(Raise::type_error(format!("a bytes-like object is required, not '{}'", needle.type_name()))),
        },
        Value::Dict(dict) => Ok(dict.get(&Key::new(needle.clone())?).is_some()),
        Value::Set(set) => Ok(set.table.borrow().get(&Key::new(needle.clone())?).is_some()),
        Value::Range(range) => Ok(match needle.as_float() {
            Some(x) if x.fract() == 0.0 => range.index_of(x as i64).is_some(),
            _ => false,
        }),
        Value::Tensor(tensor) => torch::contains(context, tensor, needle),
        Value::Iterator(iterator) if iterator.class_name().ends_with("dict_keys") => match iterator.as_view() {
            Some((dict, _)) => Ok(dict.get(&Key::new(needle.clone())?).is_some()),
            None => Ok(false),
        },
        Value::List(_) | Value::Tuple(_) | Value::Iterator(_) => {
            for item in context.items(haystack)? {
                match equal(context, &item, needle)? {
                    Equality::Equal => return Ok(true),
                    Equality::Different => {}
                    Equality::AskPython => {
                        return Err(Raise::prelude("_contains", vec![haystack.clone(), needle.clone()]));
                    }
                }
            }
            Ok(false)
        }
        _ => Err(Raise::type_error(format!("argument of type '{}' is not iterable", haystack.type_name()))),
    }
}
