//! Calls: of anything that can be called, and what becomes of the value that comes back.

use std::rc::Rc;

use super::classes::object_of;
use super::enter::plainly_called;
use super::frame::OnReturn;
use super::vm::Machine;
use super::{RECURSION_LIMIT, operate, recursion_error};
use crate::value::{Args, ClassKind, Dict, Function, Instance, Native, Property, Tuple, TupleKind, Value};
use crate::{Cause, Raise};

impl Machine {
    pub fn call(&mut self, arguments: usize, keywords: u32) -> Result<(), Raise> {
        let last = self.frames.len() - 1;
        let frame = &mut self.frames[last];
        let names = match keywords {
            0 => &[][..],
            position => &frame.code.keyword_names[position as usize - 1][..],
        };
        let consumed = arguments + names.len() + 1;
        let from = frame.stack.len().saturating_sub(consumed);
        if names.is_empty()
            && let Some((function, receiver)) = plainly_called(&frame.stack[from], arguments)
        {
            return self.enter_plainly(function, receiver, arguments);
        }
        let (mut callee, mut positional) = (frame.stack[from].clone(), Vec::with_capacity(arguments + 1));
        if let Value::Method(method) = &frame.stack[from]
            && let Value::Native(function) = &method.function
        {
            positional.push(method.receiver.clone());
            self.context.torch.is_method = matches!(method.receiver, Value::Tensor(_));
            callee = Value::Native(function.clone());
        }
        positional.extend_from_slice(&frame.stack[from + 1..from + 1 + arguments]);
        let mut keyword = Vec::new();
        for (name, value) in names.iter().zip(&frame.stack[from + 1 + arguments..]) {
            keyword.push((name.clone(), value.clone()));
        }
        self.invoke(callee, Args { positional, keyword }, consumed, OnReturn::Push)
    }

    pub fn call_spread(&mut self) -> Result<(), Raise> {
        let (callee, list, dict) = (self.peek(3), self.peek(2), self.peek(1));
        let positional = list.as_sequence().unwrap_or_default();
        let mut keyword = Vec::new();
        if let Value::Dict(dict) = dict {
            for (name, value) in dict.pairs() {
                if let Value::Str(name) = name {
                    keyword.push((name, value));
                }
            }
        }
        self.invoke(callee, Args { positional, keyword }, 3, OnReturn::Push)
    }

    /// Calls `callee`; once that has begun, `consumed` values of the caller's stack are gone.
    /// The value, now or when a frame returns, goes where `on_return` says.
    #[cfg_attr(hot, optimize(speed))]
    pub fn invoke(&mut self, callee: Value, args: Args, consumed: usize, on_return: OnReturn) -> Result<(), Raise> {
        let (mut callee, mut args) = (callee, args);
        // Each turn unwraps one layer of the callee, or follows one call that a native function asks for.
        for _ in 0..RECURSION_LIMIT {
            match callee {
                Value::Function(function) => {
                    let mut frame = self.enter(&function, args)?;
                    self.drop_top(consumed);
                    if function.code.is_generator {
                        let generator = self.generator(frame);
                        return self.deliver(generator, on_return);
                    }
                    frame.on_return = on_return;
                    self.frames.push(frame);
                    self.record_entry();
                    return Ok(());
                }
                Value::Method(method) => {
                    args.positional.insert(0, method.receiver.clone());
                    callee = method.function.clone();
                    self.context.torch.is_method = matches!(method.receiver, Value::Tensor(_));
                }
                Value::Native(native) => match self.call_native(&native, args)? {
                    Called::Value(value) => {
                        self.drop_top(consumed);
                        return self.deliver(value, on_return);
                    }
                    Called::Instead(next, next_args) => (callee, args) = (next, next_args),
                    Called::Collect(position) => return self.collect_argument(position, consumed),
                    Called::Throw(generator, exception) => {
                        self.drop_top(consumed);
                        return self.throw(&generator, exception);
                    }
                    Called::Resume(generator, sent, default) => {
                        self.drop_top(consumed);
                        return self.resume(&generator, sent, OnReturn::Next { default });
                    }
                },
                Value::Class(class) => match &class.kind {
                    ClassKind::Builtin(maker) => {
                        let maker = maker.borrow().clone();
                        let Some(maker) = maker else {
                            return Err(Raise::type_error(format!("cannot create '{}' instances", class.name)));
                        };
                        callee = Value::Native(maker);
                    }
                    ClassKind::NamedTuple(kind) => {
                        let items = named_tuple_items(kind, args)?;
                        self.drop_top(consumed);
                        let tuple = Tuple::new(items, TupleKind::Named(kind.clone()));
                        return self.deliver(Value::Tuple(tuple), on_return);
                    }
                    ClassKind::Plain | ClassKind::Exception(_) => {
                        if let Some(Value::Function(_)) = class.lookup("__new__") {
                            args.positional.insert(0, Value::Class(class.clone()));
                            callee = self.prelude("_make_instance");
                            continue;
                        }
                        let missing = class.abstract_methods();
                        if !missing.is_empty() {
                            let plural = if missing.len() == 1 { "" } else { "s" };
                            let message = format!(
                                "Can't instantiate abstract class {} with abstract method{plural} {}",
                                class.name,
                                missing.join(", ")
                            );
                            return Err(Raise::type_error(message));
                        }
                        let instance = Instance::new(&class);
                        self.context.registry.instance(&instance);
                        if class.error_kind().is_some() {
                            instance.attributes().set_text("args", Value::tuple(args.positional.clone()));
                        }
                        let value = object_of(&self.context, &class, instance);
                        match class.lookup("__init__") {
                            // A list or dictionary fills itself.
                            Some(init @ Value::Native(_)) if !matches!(value, Value::Instance(_)) => {
                                args.positional.insert(0, value.clone());
                                return self.invoke(init, args, consumed, OnReturn::Construct(value));
                            }
                            Some(Value::Function(init)) => {
                                args.positional.insert(0, value.clone());
                                return match on_return {
                                    OnReturn::Push => {
                                        self.invoke(Value::Function(init), args, consumed, OnReturn::Construct(value))
                                    }
                                    // Only the value of an instruction can be an instance under construction.
                                    _ => Err(Raise::type_error("this class cannot be made here")),
                                };
                            }
                            _ if class.error_kind().is_none() && !(args.positional.is_empty() && args.keyword.is_empty()) => {
                                return Err(Raise::type_error(format!("{}() takes no arguments", class.name)));
                            }
                            _ => {
                                self.drop_top(consumed);
                                return self.deliver(value, on_return);
                            }
                        }
                    }
                },
                Value::Instance(_) | Value::Dict(_) | Value::List(_) => match callee.special("__call__") {
                    Some(method) => {
                        args.positional.insert(0, callee.clone());
                        callee = method;
                    }
                    None => return Err(not_callable(&callee)),
                },
                Value::Property(ref property) => match &**property {
                    Property::Static(function) => callee = function.clone(),
                    _ => return Err(not_callable(&callee)),
                },
                other => return Err(not_callable(&other)),
            }
        }
        Err(recursion_error(""))
    }

    fn call_native(&mut self, native: &Native, mut args: Args) -> Result<Called, Raise> {
        // Only an argument can be iterated for a native function: it must be found again afterwards.
        let mut containers: Vec<(usize, Value)> = Vec::new();
        for (position, value) in args.positional.iter().enumerate() {
            match value {
                Value::Generator(_) if !native.takes_generators() => return Ok(Called::Collect(position)),
                Value::Generator(_) | Value::Instance(_) => containers.push((position, value.clone())),
                _ => {}
            }
        }
        let called = native.call(&mut self.context, std::mem::take(&mut args)).map_err(Raise::cause);
        self.context.torch.is_method = false;
        match called {
            Ok(value) => Ok(Called::Value(value)),
            Err(Cause::Call(callee, args)) => Ok(Called::Instead(callee, args)),
            Err(Cause::Prelude(name, arguments)) => Ok(Called::Instead(self.prelude(name), Args::positional(arguments))),
            Err(Cause::Resume(generator, sent, default)) => Ok(Called::Resume(generator, sent, default)),
            Err(Cause::Throw(generator, exception)) => Ok(Called::Throw(generator, exception)),
            Err(Cause::Ask(question)) => Ok(Called::Value(self.answer(question))),
            // Once the module has run, the call is made again.
            Err(Cause::Import(name)) => self.module(&name)?.map(|module| Called::Value(Value::Module(module))).ok_or(Cause::Nothing.into()),
            Err(Cause::Iterate(value)) => {
                let found = containers.iter().find(|(_, a)| crate::value::identical(a, &value)).map(|(place, _)| *place);
                let iterable = match &value {
                    Value::Instance(_) => value.special("__iter__").is_some() || value.special("__getitem__").is_some(),
                    _ => true,
                };
                match found {
                    Some(position) if iterable => Ok(Called::Collect(position)),
                    _ => Err(Raise::type_error(format!("'{}' object is not iterable", value.type_name()))),
                }
            }
            Err(cause) => Err(cause.into()),
        }
    }

    /// Has the argument at `position` of the running call collected into a list, and the call run again.
    /// A bound method's receiver counts as the first argument, but is not on the stack.
    fn collect_argument(&mut self, position: usize, consumed: usize) -> Result<(), Raise> {
        use super::code::Instruction;
        let frame = self.frame();
        let from = frame.stack.len().saturating_sub(consumed);
        let instruction = frame.code.instructions[frame.next - 1];
        let callee = frame.stack.get(from).cloned().unwrap_or(Value::None);
        let bound = matches!(callee, Value::Method(_));
        let outside = || Raise::type_error("a generator cannot be given here: make a list of it first");
        let position = if bound { position.checked_sub(1).ok_or_else(outside)? } else { position };
        let (slot, inside, value) = match instruction {
            Instruction::Call { .. } => {
                let slot = from + 1 + position;
                (slot, None, frame.stack.get(slot).cloned())
            }
            Instruction::CallSpread => {
                let items = frame.stack.get(from + 1).and_then(Value::as_sequence).unwrap_or_default();
                (from + 1, Some(position), items.get(position).cloned())
            }
            _ => return Err(outside()),
        };
        let value = value.ok_or_else(outside)?;
        frame.next -= 1;
        self.call_prelude("_collect", vec![value], 0, OnReturn::Argument { slot, inside })
    }

    /// What becomes of a value that a call gave.
    #[cfg_attr(hot, optimize(speed))]
    pub fn deliver(&mut self, value: Value, on_return: OnReturn) -> Result<(), Raise> {
        match on_return {
            OnReturn::Push | OnReturn::Item { .. } | OnReturn::Next { .. } => self.push(value),
            OnReturn::Discard => {}
            OnReturn::Construct(instance) => {
                if !value.is_none() {
                    let message = format!("__init__() should return None, not '{}'", value.type_name());
                    return Err(Raise::type_error(message));
                }
                self.push(instance);
            }
            OnReturn::Truth => match value.as_int() {
                Some(number) => self.replace(1, Value::Bool(number != 0)),
                None => {
                    let message = format!("__bool__ should return bool, returned {}", value.type_name());
                    return Err(Raise::type_error(message));
                }
            },
            OnReturn::Answer { negate } => {
                let truth = operate::truth(&mut self.context, &value)?;
                self.push(Value::Bool(truth != negate));
            }
            OnReturn::Binary(attempt) => match value {
                Value::NotImplemented => return self.attempt_binary(*attempt, 0),
                value => self.push(value),
            },
            OnReturn::Compare(attempt) => match value {
                Value::NotImplemented => return self.attempt_compare(*attempt, 0),
                value if attempt.in_place => {
                    let truth = operate::truth(&mut self.context, &value)?;
                    self.push(Value::Bool(!truth));
                }
                value => self.push(value),
            },
            OnReturn::Argument { slot, inside } => {
                let frame = self.frame();
                match (inside, frame.stack.get_mut(slot)) {
                    (None, Some(place)) => *place = value,
                    (Some(position), Some(Value::List(list))) => {
                        if let Some(place) = list.items.borrow_mut().get_mut(position) {
                            *place = value;
                        }
                    }
                    _ => {}
                }
            }
            OnReturn::Class(class) => return self.finish_class(*class),
            OnReturn::Hash(instance) => match value.as_int() {
                Some(answer) => instance.hash.set(Some(crate::value::hash_of_answer(answer))),
                None => return Err(Raise::type_error("__hash__ method should return an integer")),
            },
        }
        Ok(())
    }

    pub fn make_function(&mut self, position: u32) {
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
}

/// What a native function answered.
enum Called {
    Throw(Rc<super::frame::Generator>, Rc<Instance>),
    Value(Value),
    Instead(Value, Args),
    Collect(usize),
    Resume(Rc<super::Generator>, Value, Option<Value>),
}

fn not_callable(value: &Value) -> Raise {
    Raise::type_error(format!("'{}' object is not callable", value.type_name()))
}

fn named_tuple_items(kind: &crate::value::NamedTupleType, args: Args) -> Result<Vec<Value>, Raise> {
    let code = |message: String| Raise::type_error(format!("{}.__new__() {message}", kind.name));
    let count = kind.fields.len();
    if args.positional.len() > count {
        let given = args.positional.len() + 1;
        return Err(code(format!("takes {} positional arguments but {given} were given", count + 1)));
    }
    let mut items: Vec<Option<Value>> = args.positional.into_iter().map(Some).collect();
    items.resize(count, None);
    for (name, value) in args.keyword {
        match kind.fields.iter().position(|field| *field == name) {
            None => return Err(code(format!("got an unexpected keyword argument '{name}'"))),
            Some(position) if items[position].is_some() => {
                return Err(code(format!("got multiple values for argument '{name}'")));
            }
            Some(position) => items[position] = Some(value),
        }
    }
    let first_default = count - kind.defaults.len().min(count);
    for (item, default) in items[first_default..].iter_mut().zip(&kind.defaults) {
        if item.is_none() {
            *item = Some(default.clone());
        }
    }
    let missing: Vec<&str> = kind.fields.iter().zip(&items).filter(|(_, item)| item.is_none()).map(|(f, _)| &**f).collect();
    if !missing.is_empty() {
        return Err(code(super::arguments::missing("positional", &missing)));
    }
    Ok(items.into_iter().flatten().collect())
}
