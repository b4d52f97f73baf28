//! Operators as instructions: special methods of the program's classes first, then what is built in.

use super::frame::{Attempt, OnReturn};
use super::vm::Machine;
use super::{BinaryOperator, CompareOperator, UnaryOperator, operate};
use crate::value::{Args, Value, identical, needs_python, repr, str_text};
use crate::{Cause, Raise, builtins, torch};

impl Machine {
    pub fn unary(&mut self, operator: UnaryOperator) -> Result<(), Raise> {
        let value = self.peek(1);
        if value.instance().is_some() {
            let method = match operator {
                UnaryOperator::Negative => "__neg__",
                UnaryOperator::Positive => "__pos__",
                _ => "__invert__",
            };
            if let Some(function) = value.special(method) {
                return self.invoke(function, Args::positional(vec![value.clone()]), 1, OnReturn::Push);
            }
        }
        let result = operate::unary(&mut self.context, operator, &value)?;
        self.replace(1, result);
        Ok(())
    }

    pub fn binary(&mut self, operator: BinaryOperator, in_place: bool) -> Result<(), Raise> {
        let (left, right) = (self.peek(2), self.peek(1));
        if left.instance().is_some() || right.instance().is_some() {
            let asked = if in_place { 0 } else { 1 };
            return self.attempt_binary(Attempt { operator, left, right, in_place, asked }, 2);
        }
        self.builtin_binary(operator, left, right, in_place, 2)
    }

    /// Asks the next special method that there is, or ends with what is built in.
    pub fn attempt_binary(&mut self, mut attempt: Attempt<BinaryOperator>, consumed: usize) -> Result<(), Raise> {
        while attempt.asked < 3 {
            let name = attempt.operator.method();
            let (side, other, method) = match attempt.asked {
                0 => (&attempt.left, &attempt.right, format!("__i{name}__")),
                1 => (&attempt.left, &attempt.right, format!("__{name}__")),
                _ => (&attempt.right, &attempt.left, format!("__r{name}__")),
            };
            attempt.asked += 1;
            if let Some(function) = side.special(&method) {
                let args = Args::positional(vec![side.clone(), other.clone()]);
                return self.invoke(function, args, consumed, OnReturn::Binary(Box::new(attempt)));
            }
        }
        let Attempt { operator, left, right, in_place, .. } = attempt;
        self.builtin_binary(operator, left, right, in_place, consumed)
    }

    fn builtin_binary(
        &mut self,
        operator: BinaryOperator,
        left: Value,
        right: Value,
        in_place: bool,
        consumed: usize,
    ) -> Result<(), Raise> {
        let result = match (&left, in_place) {
            (Value::Tensor(tensor), true) => torch::in_place(&mut self.context, operator, tensor, &right),
            (_, true) => match builtins::in_place(&mut self.context, operator, &left, &right) {
                Ok(Some(value)) => Ok(value),
                Ok(None) => operate::binary(&mut self.context, operator, &left, &right),
                Err(raise) if raise.wants_items() => return self.collect_at(1),
                Err(raise) => Err(raise),
            },
            _ => operate::binary(&mut self.context, operator, &left, &right),
        };
        match result {
            Ok(Value::NotImplemented) => Err(unsupported(operator, &left, &right, in_place)),
            Ok(value) => {
                self.replace(consumed, value);
                Ok(())
            }
            Err(raise) => self.follow(raise, consumed, OnReturn::Push),
        }
    }

    pub fn rich_compare(&mut self, operator: CompareOperator, left: Value, right: Value) -> Result<(), Raise> {
        if compares(&left) || compares(&right) {
            return self.attempt_compare(Attempt { operator, left, right, in_place: false, asked: 0 }, 2);
        }
        match operate::compare(&mut self.context, operator, &left, &right) {
            Ok(Value::NotImplemented) => match operator {
                CompareOperator::Equal | CompareOperator::NotEqual => {
                    let same = identical(&left, &right);
                    self.replace(2, Value::Bool(same == (operator == CompareOperator::Equal)));
                    Ok(())
                }
                _ => Err(no_order(operator, &left, &right)),
            },
            Ok(value) => {
                self.replace(2, value);
                Ok(())
            }
            Err(raise) => self.follow(raise, 2, OnReturn::Push),
        }
    }

    /// Asks the next special method that there is, or ends with what is built in. An attempt that is `in_place`
    /// asked `__eq__` for `!=`: its answer is turned round.
    pub fn attempt_compare(&mut self, mut attempt: Attempt<CompareOperator>, consumed: usize) -> Result<(), Raise> {
        while attempt.asked < 2 {
            let (side, other, operator) = match attempt.asked {
                0 => (&attempt.left, &attempt.right, attempt.operator),
                _ => (&attempt.right, &attempt.left, attempt.operator.reflected()),
            };
            attempt.asked += 1;
            attempt.in_place = false;
            let mut function = side.special(operator.method());
            if function.is_none() && operator == CompareOperator::NotEqual {
                function = side.special("__eq__");
                attempt.in_place = function.is_some();
            }
            if let Some(function) = function {
                let args = Args::positional(vec![side.clone(), other.clone()]);
                return self.invoke(function, args, consumed, OnReturn::Compare(Box::new(attempt)));
            }
        }
        let Attempt { operator, left, right, .. } = attempt;
        let same = identical(&left, &right);
        let answer = match operator {
            CompareOperator::Equal => same,
            CompareOperator::NotEqual => !same,
            _ => return Err(no_order(operator, &left, &right)),
        };
        self.replace(consumed, Value::Bool(answer));
        Ok(())
    }

    /// `needle in haystack`, or `not in`.
    pub fn contains(&mut self, needle: &Value, haystack: &Value, negate: bool) -> Result<(), Raise> {
        if let Some(method) = haystack.special("__contains__") {
            let args = Args::positional(vec![haystack.clone(), needle.clone()]);
            return self.invoke(method, args, 2, OnReturn::Answer { negate });
        }
        if let Value::Class(class) = haystack
            && let Some(members) = class.members()
        {
            self.replace(1, members.clone());
            return self.contains(needle, &members, negate);
        }
        let is_searched = matches!(haystack, Value::Instance(_))
            && (haystack.special("__iter__").is_some() || haystack.special("__getitem__").is_some());
        if is_searched {
            return self.call_prelude("_contains", vec![haystack.clone(), needle.clone()], 2, OnReturn::Answer { negate });
        }
        if let Value::Generator(_) = haystack {
            return self.call_prelude("_contains", vec![haystack.clone(), needle.clone()], 2, OnReturn::Answer { negate });
        }
        match operate::contains(&mut self.context, haystack, needle) {
            Ok(found) => {
                self.replace(2, Value::Bool(found != negate));
                Ok(())
            }
            Err(raise) => self.follow(raise, 2, OnReturn::Answer { negate }),
        }
    }

    /// Makes the call that an operation asks for in its place.
    pub fn follow(&mut self, raise: Raise, consumed: usize, on_return: OnReturn) -> Result<(), Raise> {
        match raise.cause() {
            Cause::Call(callee, args) => self.invoke(callee, args, consumed, on_return),
            Cause::Prelude(name, arguments) => self.call_prelude(name, arguments, consumed, on_return),
            other => Err(other.into()),
        }
    }

    /// One value of an f-string.
    pub fn format(&mut self, conversion: u8, has_spec: bool) -> Result<(), Raise> {
        let (value, spec) = if has_spec { (self.peek(2), self.peek(1)) } else { (self.peek(1), Value::str("")) };
        let consumed = if has_spec { 2 } else { 1 };
        if conversion == 0
            && let Some(method) = value.special("__format__")
        {
            return self.invoke(method, Args::positional(vec![value.clone(), spec]), consumed, OnReturn::Push);
        }
        if needs_python(&value) {
            let conversion = Value::Int(conversion.into());
            return self.call_prelude("_format", vec![value, conversion, spec], consumed, OnReturn::Push);
        }
        let value = match conversion {
            0 => value,
            b's' => Value::str(str_text(&mut self.context, &value)?),
            b'a' => Value::str(builtins::ascii(&repr(&mut self.context, &value)?)),
            _ => Value::str(repr(&mut self.context, &value)?),
        };
        let text = builtins::format_value(&mut self.context, &value, spec.as_str().unwrap_or_default())?;
        self.replace(consumed, Value::str(text));
        Ok(())
    }

    /// The truth of the top. `None` while a method of its class is asked: the instruction then runs again.
    pub fn truth(&mut self) -> Result<Option<bool>, Raise> {
        let value = self.peek(1);
        if let Value::Bool(truth) = value {
            return Ok(Some(truth));
        }
        if value.instance().is_some() {
            for method in ["__bool__", "__len__"] {
                if let Some(function) = value.special(method) {
                    self.frame().next -= 1;
                    let args = Args::positional(vec![value.clone()]);
                    self.invoke(function, args, 0, OnReturn::Truth)?;
                    return Ok(None);
                }
            }
            if let Value::Instance(_) = value {
                return Ok(Some(true));
            }
        }
        operate::truth(&mut self.context, &value).map(Some)
    }

    pub fn compare(&mut self, operator: CompareOperator) -> Result<(), Raise> {
        let (left, right) = (self.peek(2), self.peek(1));
        match operator {
            CompareOperator::In | CompareOperator::NotIn => self.contains(&left, &right, operator == CompareOperator::NotIn),
            _ => self.rich_compare(operator, left, right),
        }
    }
}

/// Whether the class of the program may say how this value compares.
fn compares(value: &Value) -> bool {
    matches!(value, Value::Instance(_)) || value.special("__eq__").is_some() || value.special("__lt__").is_some()
}

fn unsupported(operator: BinaryOperator, left: &Value, right: &Value, in_place: bool) -> Raise {
    let (a, b) = (left.type_name(), right.type_name());
    if operator == BinaryOperator::Add {
        match (left, right) {
            (Value::Str(_), _) => return Raise::type_error(format!("can only concatenate str (not \"{b}\") to str")),
            (Value::Bytes(_), _) => return Raise::type_error(format!("can't concat {b} to bytes")),
            (Value::List(_), _) if !in_place => {
                return Raise::type_error(format!("can only concatenate list (not \"{b}\") to list"));
            }
            (Value::Tuple(_), _) => return Raise::type_error(format!("can only concatenate tuple (not \"{b}\") to tuple")),
            _ => {}
        }
    }
    if operator == BinaryOperator::Multiply {
        let sequence = |v: &Value| matches!(v, Value::Str(_) | Value::Bytes(_) | Value::List(_) | Value::Tuple(_));
        if sequence(left) {
            return Raise::type_error(format!("can't multiply sequence by non-int of type '{b}'"));
        }
        if sequence(right) {
            return Raise::type_error(format!("can't multiply sequence by non-int of type '{a}'"));
        }
    }
    let symbol = match (operator, in_place) {
        (BinaryOperator::Power, false) => "** or pow()".to_string(),
        (_, true) => format!("{}=", operator.symbol()),
        _ => operator.symbol().to_string(),
    };
    Raise::type_error(format!("unsupported operand type(s) for {symbol}: '{a}' and '{b}'"))
}

fn no_order(operator: CompareOperator, left: &Value, right: &Value) -> Raise {
    Raise::type_error(format!(
        "'{}' not supported between instances of '{}' and '{}'",
        operator.symbol(),
        left.type_name(),
        right.type_name()
    ))
}
