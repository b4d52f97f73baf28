//! What each instruction does.
//!
//! An instruction that may have to wait for values on the GPU leaves its operands on the stack until it succeeds:
//! it can then simply run again.

use std::rc::Rc;

use super::attribute;
use super::code::Instruction as I;
use super::frame::OnReturn;
use super::items;
use super::names::{unbound, undefined};
use super::vm::Machine;
use super::{CompareOperator as C, UnaryOperator};
use crate::value::{Args, Dict, Key, Set, Slice, Value};
use crate::{Cause, ErrorKind, Raise};

impl Machine {
    /// Runs one instruction.
    pub fn execute(&mut self) -> Result<(), Raise> {
        let Some(instruction) = self.run_plain()? else { return Ok(()) };
        // Not `self.frame()`, beside which nothing else of the machine could be used.
        let last = self.frames.len() - 1;
        let frame = &mut self.frames[last];
        match instruction {
            I::DeleteLocal(position) => {
                if frame.locals[position as usize].take().is_none() {
                    return Err(unbound(&frame.code.locals[position as usize]));
                }
            }
            I::DeleteCell(position) => {
                if frame.cells[position as usize].0.take().is_none() {
                    return Err(self.unbound_cell(position));
                }
            }
            I::LoadGlobal(position) => {
                let value = self.global(position)?;
                self.push(value);
            }
            I::StoreGlobal(position) => {
                let value = self.pop();
                let name = self.name(position);
                self.frame().globals.set(&name, value);
            }
            I::DeleteGlobal(position) => {
                if frame.globals.remove(&frame.code.names[position as usize]).is_none() {
                    return Err(undefined(frame.code.text(position)));
                }
            }
            I::LoadName(position) => {
                let found = frame.namespace.as_ref().and_then(|n| n.get(&frame.code.names[position as usize]));
                let value = match found {
                    Some(value) => value,
                    None => self.global(position)?,
                };
                self.push(value);
            }
            I::StoreName(position) => {
                let value = self.pop();
                let name = self.name(position);
                if let Some(namespace) = &self.frame().namespace {
                    namespace.set(&name, value);
                }
            }
            I::DeleteName(position) => {
                let removed = frame.namespace.as_ref().and_then(|n| n.remove(&frame.code.names[position as usize]));
                if removed.is_none() {
                    return Err(undefined(frame.code.text(position)));
                }
            }
            I::LoadAttribute(position) => {
                let Some(object) = frame.stack.last() else { return Ok(()) };
                match attribute::get(&mut self.context, object, frame.code.text(position)) {
                    Ok(value) => self.replace(1, value),
                    Err(raise) => return self.follow(raise, 1, OnReturn::Push),
                }
            }
            I::StoreAttribute(position) => {
                let name = self.name(position);
                let (value, object) = (self.peek(2), self.peek(1));
                match attribute::set(&mut self.context, &object, &name, value) {
                    Ok(()) => self.drop_top(2),
                    Err(raise) => return self.follow(raise, 2, OnReturn::Discard),
                }
            }
            I::DeleteAttribute(position) => {
                let name = self.name(position);
                let object = self.peek(1);
                match attribute::delete(&mut self.context, &object, &name) {
                    Ok(()) => self.drop_top(1),
                    Err(raise) => return self.follow(raise, 1, OnReturn::Discard),
                }
            }
            I::LoadItem => {
                let [.., object, key] = &frame.stack[..] else { return Ok(()) };
                if !matches!(object, Value::Instance(_))
                    && let Some(method) = object.special("__getitem__")
                {
                    let args = Args::positional(vec![object.clone(), key.clone()]);
                    return self.invoke(method, args, 2, OnReturn::Push);
                }
                match items::get(&mut self.context, object, key) {
                    Ok(value) => self.replace(2, value),
                    Err(raise) => return self.follow(raise, 2, OnReturn::Push),
                }
            }
            I::StoreItem => {
                let (value, object, key) = (self.peek(3), self.peek(2), self.peek(1));
                if !matches!(object, Value::Instance(_))
                    && let Some(method) = object.special("__setitem__")
                {
                    return self.invoke(method, Args::positional(vec![object, key, value]), 3, OnReturn::Discard);
                }
                match items::set(&mut self.context, &object, &key, value) {
                    Ok(()) => self.drop_top(3),
                    Err(raise) if raise.wants_items() => return self.collect_at(3),
                    Err(raise) => return self.follow(raise, 3, OnReturn::Discard),
                }
            }
            I::DeleteItem => {
                let (object, key) = (self.peek(2), self.peek(1));
                if !matches!(object, Value::Instance(_))
                    && let Some(method) = object.special("__delitem__")
                {
                    return self.invoke(method, Args::positional(vec![object, key]), 2, OnReturn::Discard);
                }
                match items::delete(&mut self.context, &object, &key) {
                    Ok(()) => self.drop_top(2),
                    Err(raise) => return self.follow(raise, 2, OnReturn::Discard),
                }
            }
            I::Unary(UnaryOperator::Not) => {
                if let Some(truth) = self.truth()? {
                    self.replace(1, Value::Bool(!truth));
                }
            }
            I::Unary(operator) => return self.unary(operator),
            I::Binary(operator) => return self.binary(operator, false),
            I::InPlace(operator) => return self.binary(operator, true),
            // Plain, as those at the end.
            I::Compare(C::Is | C::IsNot) => {}
            I::Compare(operator) => return self.compare(operator),
            I::JumpIfFalse(to) => {
                if let Some(truth) = self.truth()? {
                    self.drop_top(1);
                    if !truth {
                        self.frame().next = to as usize;
                    }
                }
            }
            I::JumpIfTrue(to) => {
                if let Some(truth) = self.truth()? {
                    self.drop_top(1);
                    if truth {
                        self.frame().next = to as usize;
                    }
                }
            }
            I::GetIterator => return self.get_iterator(),
            I::ForEach(end) => return self.next_item(end as usize, false),
            I::Delegate(end) => return self.next_item(end as usize, true),
            I::BuildList(count) => {
                let items = self.take(count);
                self.push(Value::list(items));
            }
            I::BuildSet(count) => {
                let set = Set::new(self.top(count), false)?;
                self.replace(count as usize, Value::Set(set));
            }
            I::BuildDict(count) => {
                let dict = Dict::new();
                let mut items = self.top(count * 2).into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    dict.insert(Key::new(key)?, value);
                }
                self.replace(count as usize * 2, Value::Dict(dict));
            }
            I::BuildSlice(count) => {
                let mut parts = self.take(count).into_iter();
                let mut next = || parts.next().unwrap_or(Value::None);
                let slice = Slice { start: next(), stop: next(), step: next() };
                self.push(Value::Slice(Rc::new(slice)));
            }
            I::ListAppend(depth) => {
                let value = self.pop();
                if let Value::List(list) = self.peek(depth as usize) {
                    list.items.borrow_mut().push(value);
                }
            }
            I::SetAdd(depth) => {
                let key = Key::new(self.peek(1))?;
                self.drop_top(1);
                if let Value::Set(set) = self.peek(depth as usize) {
                    set.table.borrow_mut().insert(key, Value::None);
                }
            }
            I::DictInsert(depth) => {
                let (value, key) = (self.peek(1), Key::new(self.peek(2))?);
                self.drop_top(2);
                if let Value::Dict(dict) = self.peek(depth as usize) {
                    dict.insert(key, value);
                }
            }
            I::ListExtend => {
                let Some(items) = self.spread()? else { return Ok(()) };
                self.drop_top(1);
                if let Value::List(list) = self.peek(1) {
                    let mut list = list.items.borrow_mut();
                    list.extend(items);
                    list.recount();
                }
            }
            I::SetUpdate => {
                let Some(items) = self.spread()? else { return Ok(()) };
                let keys = items.into_iter().map(Key::new).collect::<Result<Vec<Key>, Raise>>()?;
                self.drop_top(1);
                if let Value::Set(set) = self.peek(1) {
                    for key in keys {
                        set.table.borrow_mut().insert(key, Value::None);
                    }
                }
            }
            I::DictUpdate { call } => return self.dict_update(call),
            I::ListToTuple => {
                let list = self.peek(1);
                self.replace(1, Value::tuple(list.as_sequence().unwrap_or_default()));
            }
            I::Unpack(count) => return self.unpack(count as usize, None),
            I::UnpackStar { before, after } => return self.unpack(before as usize, Some(after as usize)),
            I::Format { conversion, spec } => return self.format(conversion, spec),
            I::BuildString(count) => {
                let parts = &frame.stack[frame.stack.len().saturating_sub(count as usize)..];
                let mut text = String::with_capacity(parts.iter().filter_map(Value::as_str).map(str::len).sum());
                text.extend(parts.iter().filter_map(Value::as_str));
                self.context.reserve(text.len())?;
                self.replace(count as usize, Value::str(text));
            }
            I::Call { arguments, keywords } => return self.call(arguments as usize, keywords),
            I::CallSpread => return self.call_spread(),
            I::MakeFunction(position) => self.make_function(position),
            I::BuildClass(position) => return self.build_class(position),
            I::Annotate(name) => {
                let name = self.name(name);
                let annotation = self.pop();
                let frame = self.frame();
                let namespace = frame.namespace.as_ref().unwrap_or(&frame.globals).clone();
                match namespace.get_text("__annotations__") {
                    Some(Value::Dict(dict)) => dict.set(&name, annotation),
                    _ => {
                        let dict = Dict::new();
                        dict.set(&name, annotation);
                        namespace.set_text("__annotations__", Value::Dict(dict));
                    }
                }
            }
            I::Return => return self.return_value(),
            I::Yield => return self.yield_value(),
            I::Raise(count) => return Err(self.raise_statement(count)),
            I::Reraise => {
                let exception = self.pop();
                if let Value::Instance(instance) = exception {
                    return Err(Cause::Again(instance).into());
                }
            }
            I::MatchException => {
                let (exception, class) = (self.peek(2), self.peek(1));
                let matches = self.exception_matches(&exception, &class)?;
                self.replace(1, Value::Bool(matches));
            }
            I::WithMethods => {
                let manager = self.peek(1);
                let class = self.context.types.of(&manager);
                if class.lookup("__enter__").is_none() || class.lookup("__exit__").is_none() {
                    return Err(Raise::type_error(format!(
                        "'{}' object does not support the context manager protocol",
                        class.name
                    )));
                }
                let exit = attribute::get(&mut self.context, &manager, "__exit__")?;
                let enter = attribute::get(&mut self.context, &manager, "__enter__")?;
                self.replace(1, exit);
                self.push(enter);
            }
            I::ExitArguments => {
                let (exit, exception) = (self.peek(2), self.peek(1));
                let class = Value::Class(self.context.types.of(&exception));
                for value in [exit, class, exception, Value::None] {
                    self.push(value);
                }
            }
            I::Import(position) => return self.import(position),
            I::ImportFrom(position) => {
                let name = self.name(position);
                let module = self.peek(1);
                match self.import_from(&module, &name) {
                    Ok(value) => self.push(value),
                    Err(raise) => return self.follow(raise, 0, OnReturn::Push),
                }
            }
            I::ImportStar => self.import_star()?,
            I::AssertionFailed { message } => {
                let args = if message { vec![self.pop()] } else { Vec::new() };
                let class = self.context.types.error(ErrorKind::AssertionError).clone();
                return Err(Cause::Instance(self.exception(&class, args)).into());
            }
            I::Step(position) => self.record(position),
            I::Constant(_) | I::LoadLocal(_) | I::StoreLocal(_) | I::LoadCell(_) | I::StoreCell(_) => {}
            I::Pop | I::Copy(_) | I::Swap(_) | I::Jump(_) | I::BuildTuple(_) => {}
            I::SetupTry(_) | I::PopBlock | I::PopException => {}
            I::LoopBegin(_) | I::LoopTurn | I::LoopEnd => {}
        }
        Ok(())
    }

    /// The top `count` values, lowest first.
    fn top(&mut self, count: u32) -> Vec<Value> {
        let stack = &self.frame().stack;
        stack[stack.len().saturating_sub(count as usize)..].to_vec()
    }

    /// Takes the top `count` values, lowest first.
    fn take(&mut self, count: u32) -> Vec<Value> {
        let stack = &mut self.frame().stack;
        let from = stack.len().saturating_sub(count as usize);
        stack.drain(from..).collect()
    }
}
