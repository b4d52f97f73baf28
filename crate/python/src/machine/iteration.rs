//! Iterating: loops, stars and unpacking.

use super::frame::OnReturn;
use super::vm::Machine;
use crate::value::{Args, Iterator, List, Next, Value};
use crate::{Cause, ErrorKind, Raise, torch};

impl Machine {
    pub fn get_iterator(&mut self) -> Result<(), Raise> {
        let mut value = self.peek(1);
        if let Value::Class(class) = &value
            && let Some(members) = class.members()
        {
            value = members;
        }
        if !matches!(value, Value::Instance(_))
            && let Some(method) = value.special("__iter__")
        {
            return self.invoke(method, Args::positional(vec![value]), 1, OnReturn::Push);
        }
        if let Some(iterator) = Iterator::over(&value) {
            if let Value::Tensor(tensor) = &value {
                // A tensor without dimensions says so before the loop starts.
                torch::length(&mut self.context, tensor).map_err(|raise| raise.reworded(ErrorKind::TypeError, "iteration over a 0-d tensor"))?;
            }
            self.replace(1, iterator);
            return Ok(());
        }
        if let Value::Generator(_) = value {
            return Ok(());
        }
        if let Value::Instance(instance) = &value {
            if let Some(method) = instance.class_attribute("__iter__") {
                return self.invoke(method, Args::positional(vec![value.clone()]), 1, OnReturn::Push);
            }
            if instance.class_attribute("__getitem__").is_some() {
                return self.call_prelude("_iterate_items", vec![value.clone()], 1, OnReturn::Push);
            }
        }
        Err(Raise::type_error(format!("'{}' object is not iterable", value.type_name())))
    }

    pub fn next_item(&mut self, end: usize, delegate: bool) -> Result<(), Raise> {
        let iterator = self.peek(1);
        match &iterator {
            Value::Iterator(iterator) => match iterator.next(&mut self.context)? {
                Next::Item(item) => self.push(item),
                Next::Done => self.end_loop(end, delegate, Value::None),
            },
            Value::Generator(generator) => {
                return self.resume(generator, Value::None, OnReturn::Item { end, delegate });
            }
            Value::Instance(instance) => {
                let Some(method) = instance.class_attribute("__next__") else {
                    let message = format!("iter() returned non-iterator of type '{}'", iterator.type_name());
                    return Err(Raise::type_error(message));
                };
                let args = Args::positional(vec![iterator.clone()]);
                return match self.invoke(method, args, 0, OnReturn::Item { end, delegate }) {
                    Err(raise) if raise.is(ErrorKind::StopIteration) => {
                        self.end_loop(end, delegate, Value::None);
                        Ok(())
                    }
                    other => other,
                };
            }
            _ => {
                let message = format!("iter() returned non-iterator of type '{}'", iterator.type_name());
                return Err(Raise::type_error(message));
            }
        }
        Ok(())
    }

    /// Takes the iterator away and leaves the loop.
    pub fn end_loop(&mut self, end: usize, delegate: bool, result: Value) {
        self.drop_top(1);
        if delegate {
            self.push(result);
        }
        self.frame().next = end;
    }

    /// The items of the top. `None` while Python code collects them: the instruction then runs again.
    pub fn spread(&mut self) -> Result<Option<Vec<Value>>, Raise> {
        let value = self.peek(1);
        match self.context.items(&value) {
            Ok(items) => Ok(Some(items)),
            Err(raise) if raise.wants_items() => {
                self.collect_at(1)?;
                Ok(None)
            }
            Err(raise) => Err(raise),
        }
    }

    /// Replaces the value this deep by a list of its items, and runs the instruction again.
    pub fn collect_at(&mut self, depth: usize) -> Result<(), Raise> {
        let value = self.peek(depth);
        let slot = self.frame().stack.len() - depth;
        self.frame().next -= 1;
        self.call_prelude("_collect", vec![value], 0, OnReturn::Argument { slot, inside: None })
    }

    pub fn dict_update(&mut self, call: bool) -> Result<(), Raise> {
        let (target, source) = (self.peek(2), self.peek(1));
        let Value::Dict(target) = target else { return Ok(()) };
        let Value::Dict(source) = &source else {
            if let Value::Instance(instance) = &source
                && instance.class_attribute("keys").is_some()
            {
                self.frame().next -= 1;
                let slot = self.frame().stack.len() - 1;
                return self.call_prelude("_mapping", vec![source.clone()], 0, OnReturn::Argument { slot, inside: None });
            }
            let what = if call { "argument after ** must be a mapping, not" } else { "object is not a mapping:" };
            return Err(Raise::type_error(format!("{what} {}", source.type_name())));
        };
        if call {
            for (key, _) in source.table.borrow().entries() {
                let Some(name) = key.value.as_str() else { return Err(Raise::type_error("keywords must be strings")) };
                if target.get(key).is_some() {
                    return Err(Raise::type_error(format!("function got multiple values for keyword argument '{name}'")));
                }
            }
        }
        target.update(source);
        self.drop_top(1);
        Ok(())
    }

    /// Spreads the top over the stack, its first item on top; with `after`, what is between goes into a list.
    pub fn unpack(&mut self, before: usize, after: Option<usize>) -> Result<(), Raise> {
        let value = self.peek(1);
        let items = match self.context.items(&value) {
            Ok(items) => items,
            Err(raise) if raise.wants_items() => return self.collect_at(1),
            Err(raise) => {
                return Err(match raise.as_cause() {
                    Cause::Error(ErrorKind::TypeError, message) if message.ends_with("is not iterable") => {
                        Raise::type_error(format!("cannot unpack non-iterable {} object", value.type_name()))
                    }
                    _ => raise,
                });
            }
        };
        let needed = before + after.unwrap_or(0);
        if items.len() < needed {
            let at_least = if after.is_some() { "at least " } else { "" };
            let message = format!("not enough values to unpack (expected {at_least}{needed}, got {})", items.len());
            return Err(Raise::value_error(message));
        }
        if after.is_none() && items.len() > needed {
            return Err(Raise::value_error(format!("too many values to unpack (expected {needed})")));
        }
        self.drop_top(1);
        let middle = items.len() - after.unwrap_or(0);
        let mut items = items;
        if let Some(after) = after {
            let last = items.split_off(middle);
            debug_assert_eq!(last.len(), after);
            last.into_iter().rev().for_each(|item| self.push(item));
            let rest = items.split_off(before);
            self.push(Value::List(List::new(rest)));
        }
        items.into_iter().rev().for_each(|item| self.push(item));
        Ok(())
    }
}
