//! What each instruction does.
//!
//! An instruction that may have to wait for values on the GPU leaves its operands on the stack until it succeeds:
//! it can then simply run again.

use std::rc::Rc;

use super::attribute;
use super::code::Instruction as I;
use super::frame::{Block, OnReturn};
use super::items;
use super::operate;
use super::vm::Machine;
use super::{CompareOperator, LoopTurn, UnaryOperator};
use crate::value::{Args, Dict, Function, Iterator, Key, List, Next, Set, Slice, Value};
use crate::{ErrorKind, Raise, torch};

impl Machine {
    /// Runs one instruction.
    pub fn execute(&mut self) -> Result<(), Raise> {
        let frame = self.frame();
        let instruction = frame.code.instructions[frame.next];
        frame.next += 1;
        match instruction {
            I::Constant(position) => {
                let value = frame.code.constants[position as usize].clone();
                frame.stack.push(value);
            }
            I::LoadLocal(position) => match &frame.locals[position as usize] {
                Some(value) => {
                    let value = value.clone();
                    frame.stack.push(value);
                }
                None => return Err(unbound(&frame.code.locals[position as usize])),
            },
            I::StoreLocal(position) => {
                let value = frame.stack.pop();
                frame.locals[position as usize] = value;
            }
            I::DeleteLocal(position) => {
                if frame.locals[position as usize].take().is_none() {
                    return Err(unbound(&frame.code.locals[position as usize]));
                }
            }
            I::LoadCell(position) => {
                let value = frame.cells[position as usize].0.borrow().clone();
                match value {
                    Some(value) => frame.stack.push(value),
                    None => return Err(self.unbound_cell(position)),
                }
            }
            I::StoreCell(position) => {
                let value = frame.stack.pop();
                frame.cells[position as usize].0.replace(value);
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
                let name = self.name(position);
                if self.frame().globals.remove(&Key::name(&name)).is_none() {
                    return Err(undefined(&name));
                }
            }
            I::LoadName(position) => {
                let name = self.name(position);
                let found = self.frame().namespace.as_ref().and_then(|n| n.get(&Key::name(&name)));
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
                let name = self.name(position);
                let removed = self.frame().namespace.as_ref().and_then(|n| n.remove(&Key::name(&name)));
                if removed.is_none() {
                    return Err(undefined(&name));
                }
            }
            I::LoadAttribute(position) => {
                let name = self.name(position);
                let object = self.peek(1);
                match attribute::get(&mut self.context, &object, &name) {
                    Ok(value) => self.replace(1, value),
                    Err(Raise::Call(callee, args)) => return self.invoke(callee, args, 1, OnReturn::Push),
                    Err(raise) => return Err(raise),
                }
            }
            I::StoreAttribute(position) => {
                let name = self.name(position);
                let (value, object) = (self.peek(2), self.peek(1));
                match attribute::set(&mut self.context, &object, &name, value) {
                    Ok(()) => self.drop_top(2),
                    Err(Raise::Call(callee, args)) => return self.invoke(callee, args, 2, OnReturn::Discard),
                    Err(raise) => return Err(raise),
                }
            }
            I::DeleteAttribute(position) => {
                let name = self.name(position);
                let object = self.peek(1);
                match attribute::delete(&mut self.context, &object, &name) {
                    Ok(()) => self.drop_top(1),
                    Err(Raise::Call(callee, args)) => return self.invoke(callee, args, 1, OnReturn::Discard),
                    Err(raise) => return Err(raise),
                }
            }
            I::LoadItem => {
                let (object, key) = (self.peek(2), self.peek(1));
                match items::get(&mut self.context, &object, &key) {
                    Ok(value) => self.replace(2, value),
                    Err(raise) => return self.follow(raise, 2, OnReturn::Push),
                }
            }
            I::StoreItem => {
                let (value, object, key) = (self.peek(3), self.peek(2), self.peek(1));
                match items::set(&mut self.context, &object, &key, value) {
                    Ok(()) => self.drop_top(3),
                    Err(Raise::Call(callee, args)) => return self.invoke(callee, args, 3, OnReturn::Discard),
                    Err(Raise::Iterate(_)) => return self.collect_at(3),
                    Err(raise) => return Err(raise),
                }
            }
            I::DeleteItem => {
                let (object, key) = (self.peek(2), self.peek(1));
                match items::delete(&mut self.context, &object, &key) {
                    Ok(()) => self.drop_top(2),
                    Err(Raise::Call(callee, args)) => return self.invoke(callee, args, 2, OnReturn::Discard),
                    Err(raise) => return Err(raise),
                }
            }
            I::Pop => {
                let value = frame.stack.pop();
                drop(value);
            }
            I::Copy(depth) => {
                let value = self.peek(depth as usize);
                self.push(value);
            }
            I::Swap(depth) => {
                let top = frame.stack.len() - 1;
                frame.stack.swap(top, top + 1 - depth as usize);
            }
            I::Unary(UnaryOperator::Not) => {
                if let Some(truth) = self.truth()? {
                    self.replace(1, Value::Bool(!truth));
                }
            }
            I::Unary(operator) => return self.unary(operator),
            I::Binary(operator) => return self.binary(operator, false),
            I::InPlace(operator) => return self.binary(operator, true),
            I::Compare(operator) => return self.compare(operator),
            I::Jump(to) => frame.next = to as usize,
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
            I::BuildTuple(count) => {
                let items = self.take(count);
                self.push(Value::tuple(items));
            }
            I::BuildList(count) => {
                let items = self.take(count);
                self.push(Value::list(items));
            }
            I::BuildSet(count) => {
                let items = self.take(count);
                self.push(Value::Set(Set::new(items, false)?));
            }
            I::BuildDict(count) => {
                let items = self.take(count * 2);
                let dict = Dict::new();
                let mut items = items.into_iter();
                while let (Some(key), Some(value)) = (items.next(), items.next()) {
                    dict.insert(Key::new(key)?, value);
                }
                self.push(Value::Dict(dict));
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
                let value = self.pop();
                if let Value::Set(set) = self.peek(depth as usize) {
                    set.table.borrow_mut().insert(Key::new(value)?, Value::None);
                }
            }
            I::DictInsert(depth) => {
                let (value, key) = (self.pop(), self.pop());
                if let Value::Dict(dict) = self.peek(depth as usize) {
                    dict.insert(Key::new(key)?, value);
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
                self.drop_top(1);
                if let Value::Set(set) = self.peek(1) {
                    for item in items {
                        set.table.borrow_mut().insert(Key::new(item)?, Value::None);
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
                let parts = self.take(count);
                let text: String = parts.iter().filter_map(Value::as_str).collect();
                self.context.reserve(text.len())?;
                self.push(Value::str(text));
            }
            I::Call { arguments, keywords } => return self.call(arguments as usize, keywords),
            I::CallSpread => return self.call_spread(),
            I::MakeFunction(position) => self.make_function(position),
            I::BuildClass(position) => return self.build_class(position),
            I::Annotate(name, text) => {
                let name = self.name(name);
                let text = self.frame().code.constants[text as usize].clone();
                if let Some(namespace) = self.frame().namespace.clone() {
                    let annotations = match namespace.get_text("__annotations__") {
                        Some(Value::Dict(dict)) => dict,
                        _ => {
                            let dict = Dict::new();
                            namespace.set_text("__annotations__", Value::Dict(dict.clone()));
                            dict
                        }
                    };
                    annotations.set(&name, text);
                }
            }
            I::Return => return self.return_value(),
            I::Yield => return self.yield_value(),
            I::SetupTry(handler) => {
                let block = Block {
                    handler: handler as usize,
                    height: frame.stack.len(),
                    loops: frame.loops.len(),
                    handling: frame.handling.len(),
                };
                frame.blocks.push(block);
            }
            I::PopBlock => {
                frame.blocks.pop();
            }
            I::PopException => {
                frame.handling.pop();
            }
            I::Raise(count) => return Err(self.raise_statement(count)),
            I::Reraise => {
                let exception = self.pop();
                if let Value::Instance(instance) = exception {
                    return Err(Raise::Again(instance));
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
                let value = self.import_from(&module, &name)?;
                self.push(value);
            }
            I::ImportStar => {
                if let Value::Module(module) = self.peek(1) {
                    for (name, value) in module.attributes.pairs() {
                        if let Value::Str(name) = name
                            && !name.starts_with('_')
                        {
                            self.frame().globals.set(&name, value);
                        }
                    }
                }
            }
            I::AssertionFailed { message } => {
                let args = if message { vec![self.pop()] } else { Vec::new() };
                let class = self.context.types.error(ErrorKind::AssertionError).clone();
                return Err(Raise::Instance(self.exception(&class, args)));
            }
            I::Step(position) => self.record(position),
            I::LoopBegin(line) => frame.loops.push(LoopTurn { line, iteration: u32::MAX }),
            I::LoopTurn => {
                if let Some(turn) = frame.loops.last_mut() {
                    turn.iteration = turn.iteration.wrapping_add(1);
                }
            }
            I::LoopEnd => {
                frame.loops.pop();
            }
        }
        Ok(())
    }

    /// Takes the top `count` values, lowest first.
    fn take(&mut self, count: u32) -> Vec<Value> {
        let stack = &mut self.frame().stack;
        let from = stack.len().saturating_sub(count as usize);
        stack.drain(from..).collect()
    }

    fn global(&mut self, position: u32) -> Result<Value, Raise> {
        let name = self.name(position);
        let key = Key::name(&name);
        let frame = self.frame();
        let (found, is_program) = (frame.globals.get(&key), frame.code.is_program);
        if !is_program && matches!(found, Some(Value::Native(_) | Value::DType(_))) {
            // In the prelude `float` and `max` are Python's, whatever torch calls so.
            return Ok(self.context.builtins.get(&key).or(found).unwrap_or(Value::None));
        }
        found.or_else(|| self.context.builtins.get(&key)).ok_or_else(|| undefined(&name))
    }

    fn unbound_cell(&mut self, position: u32) -> Raise {
        let code = &self.frame().code;
        let name = code.cells[position as usize].clone();
        if (position as usize) < code.own_cells {
            return unbound(&name);
        }
        let message = format!("cannot access free variable '{name}' where it is not associated with a value in enclosing scope");
        Raise::Error(ErrorKind::NameError, message)
    }

    /// The truth of the top. `None` while a method of its class is asked: the instruction then runs again.
    fn truth(&mut self) -> Result<Option<bool>, Raise> {
        let value = self.peek(1);
        if let Value::Bool(truth) = value {
            return Ok(Some(truth));
        }
        if let Value::Instance(instance) = &value {
            for method in ["__bool__", "__len__"] {
                if let Some(function) = instance.class_attribute(method) {
                    self.frame().next -= 1;
                    let args = Args::positional(vec![value.clone()]);
                    self.invoke(function, args, 0, OnReturn::Truth)?;
                    return Ok(None);
                }
            }
            return Ok(Some(true));
        }
        operate::truth(&mut self.context, &value).map(Some)
    }

    fn get_iterator(&mut self) -> Result<(), Raise> {
        let value = self.peek(1);
        if let Some(iterator) = Iterator::over(&value) {
            if let Value::Tensor(tensor) = &value {
                // A tensor without dimensions says so before the loop starts.
                torch::length(&mut self.context, tensor).map_err(|raise| match raise {
                    Raise::Error(ErrorKind::TypeError, _) => Raise::type_error("iteration over a 0-d tensor"),
                    other => other,
                })?;
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

    fn next_item(&mut self, end: usize, delegate: bool) -> Result<(), Raise> {
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
                    Err(Raise::Error(ErrorKind::StopIteration, _)) => {
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
    fn spread(&mut self) -> Result<Option<Vec<Value>>, Raise> {
        let value = self.peek(1);
        match self.context.items(&value) {
            Ok(items) => Ok(Some(items)),
            Err(Raise::Iterate(_)) => {
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

    fn dict_update(&mut self, call: bool) -> Result<(), Raise> {
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
        for (key, value) in source.pairs() {
            let key = Key::new(key)?;
            if call && key.value.as_str().is_none() {
                return Err(Raise::type_error("keywords must be strings"));
            }
            if call && target.get(&key).is_some() {
                let name = key.value.as_str().unwrap_or_default();
                return Err(Raise::type_error(format!("function got multiple values for keyword argument '{name}'")));
            }
            target.insert(key, value);
        }
        self.drop_top(1);
        Ok(())
    }

    /// Spreads the top over the stack, its first item on top; with `after`, what is between goes into a list.
    fn unpack(&mut self, before: usize, after: Option<usize>) -> Result<(), Raise> {
        let value = self.peek(1);
        let items = match self.context.items(&value) {
            Ok(items) => items,
            Err(Raise::Iterate(_)) => return self.collect_at(1),
            Err(Raise::Error(ErrorKind::TypeError, message)) if message.ends_with("is not iterable") => {
                return Err(Raise::type_error(format!("cannot unpack non-iterable {} object", value.type_name())));
            }
            Err(raise) => return Err(raise),
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

    fn make_function(&mut self, position: u32) {
        let frame = self.frame();
        let code = frame.code.clone();
        let template = &code.templates[position as usize];
        let mut values = {
            let count = template.keyword_defaults.len() + template.defaults as usize;
            let from = frame.stack.len().saturating_sub(count);
            frame.stack.drain(from..).collect::<Vec<_>>()
        };
        let keyword_values = values.split_off(template.defaults as usize);
        let closure = template.closure.iter().map(|cell| frame.cells[*cell as usize].clone()).collect::<Vec<_>>();
        let function = Function {
            name: std::cell::RefCell::new(template.code.name.clone()),
            code: template.code.clone(),
            globals: frame.globals.clone(),
            defaults: values,
            keyword_defaults: template.keyword_defaults.iter().cloned().zip(keyword_values).collect(),
            closure,
            attributes: Dict::new(),
        };
        for cell in &function.closure {
            self.context.registry.cell(cell);
        }
        self.push(Value::Function(Rc::new(function)));
    }

    fn compare(&mut self, operator: CompareOperator) -> Result<(), Raise> {
        let (left, right) = (self.peek(2), self.peek(1));
        match operator {
            CompareOperator::Is => self.replace(2, Value::Bool(crate::value::identical(&left, &right))),
            CompareOperator::IsNot => self.replace(2, Value::Bool(!crate::value::identical(&left, &right))),
            CompareOperator::In | CompareOperator::NotIn => {
                return self.contains(&left, &right, operator == CompareOperator::NotIn);
            }
            _ => return self.rich_compare(operator, left, right),
        }
        Ok(())
    }
}

fn unbound(name: &str) -> Raise {
    let message = format!("cannot access local variable '{name}' where it is not associated with a value");
    Raise::Error(ErrorKind::UnboundLocalError, message)
}

fn undefined(name: &str) -> Raise {
    Raise::Error(ErrorKind::NameError, format!("name '{name}' is not defined"))
}
