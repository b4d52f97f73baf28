//! The trace is the run, observed.

use std::rc::Rc;

use tensor::ops::Cost;

use super::code::NameSource;
use super::vm::Machine;
use crate::trace::{Bound, BoundValue, Step};
use crate::value::{Key, Value, needs_python, repr};

/// The longest text of a plain value, in characters.
const MAX_TEXT: usize = 2000;
/// The most tensors of a container that are kept as tensors.
const MAX_TENSORS: usize = 32;
/// The most items of a container that are looked at to write it out.
const MAX_ITEMS: usize = 200;

impl Machine {
    /// Records the arguments of the call that has just begun.
    pub fn record_entry(&mut self) {
        if let Some(position) = self.frame().code.entry_step {
            self.record(position);
        }
    }

    /// Records a step of the innermost frame.
    pub fn record(&mut self, position: u32) {
        if self.trace.steps.len() >= self.limits().trace_steps {
            self.trace.dropped += 1;
            return;
        }
        let code = self.frame().code.clone();
        let plan = &code.steps[position as usize];
        let mut names = Vec::with_capacity(plan.names.len());
        for (name, source) in &plan.names {
            if let Some(value) = self.find(source) {
                self.observe_with_items(name, &value, &mut names);
            }
        }
        let is_imported = self.frames.first().is_none_or(|program| program.code.file != code.file);
        if names.is_empty() && is_imported && code.entry_step.is_none() {
            // What a module defines is seen when it is used.
            return;
        }
        let depth = self.frames.iter().filter(|frame| frame.code.entry_step.is_some()).count() as u32;
        let frame = self.frame();
        let step = Step {
            file: code.file.clone().unwrap_or_default(),
            line: plan.line,
            function: code.name.clone(),
            call: frame.call.max(1),
            depth,
            loops: frame.loops.clone(),
            names,
            output: 0,
            cost: Cost::default(),
        };
        let output = self.output_taken + self.context.stdout.len();
        let work = self.context.engine.work();
        self.trace.steps.push(Step { output, cost: work - self.trace.work, ..step });
        self.trace.work = work;
    }

    fn find(&mut self, source: &NameSource) -> Option<Value> {
        let frame = self.frame();
        match source {
            NameSource::Local(position) => frame.locals.get(*position as usize)?.clone(),
            NameSource::Cell(position) => frame.cells.get(*position as usize)?.0.borrow().clone(),
            NameSource::Global(name) => frame.globals.get(&Key::name(name)),
            NameSource::Namespace(name) => frame.namespace.as_ref()?.get(&Key::name(name)),
            NameSource::Top => frame.stack.last().cloned(),
            NameSource::Attribute(object, name) => match self.find(object)? {
                // As it is stored, without running any code.
                Value::Instance(instance) => {
                    instance.attributes().get_text(name).or_else(|| instance.registered(name))
                }
                _ => None,
            },
        }
    }

    /// A value under its name; a container of tensors item by item, as `cache['keys']`.
    fn observe_with_items(&mut self, name: &Rc<str>, value: &Value, names: &mut Vec<Bound>) {
        let items = tensors_in(value);
        if items.is_empty() {
            names.extend(self.observe(value).map(|value| Bound { name: name.clone(), value }));
        }
        for (place, tensor) in items {
            let name = Rc::from(format!("{name}[{place}]"));
            names.extend(self.observe(&tensor).map(|value| Bound { name, value }));
        }
    }

    /// What the trace keeps of a value; nothing of functions, classes and modules.
    fn observe(&mut self, value: &Value) -> Option<BoundValue> {
        let shown = shown(value);
        match shown.as_ref().unwrap_or(value) {
            Value::Tensor(object) => {
                let tensor = object.handle();
                let held = self.context.engine.with_tape(|tape| tape.hold(&tensor)).unwrap_or(true);
                if !held {
                    return Some(BoundValue::Dropped { shape: tensor.shape().to_vec(), dtype: tensor.dtype() });
                }
                Some(BoundValue::Tensor {
                    tensor: tensor.snapshot(),
                    grad_fn: object.grad_fn.get(),
                    requires_grad: object.requires_grad.get(),
                })
            }
            Value::Function(_)
            | Value::Native(_)
            | Value::Class(_)
            | Value::Module(_)
            | Value::Method(_)
            | Value::Property(_)
            | Value::Iterator(_)
            | Value::Generator(_)
            | Value::Super(_) => None,
            known => Some(BoundValue::Text { type_name: value.type_name(), text: self.short_text(known) }),
        }
    }

    fn short_text(&mut self, value: &Value) -> String {
        if let Value::Instance(instance) = value
            && instance.class().error_kind().is_none()
        {
            return format!("<{}>", value.type_name());
        }
        if !is_small(value, &mut 0) || needs_python(value) {
            let length = match value {
                Value::List(list) => Some(list.items.borrow().len()),
                Value::Tuple(tuple) => Some(tuple.items.len()),
                Value::Dict(dict) => Some(dict.len()),
                Value::Set(set) => Some(set.len()),
                Value::Bytes(bytes) => Some(bytes.len()),
                _ => None,
            };
            return match (value, length) {
                (Value::Str(text), _) => format!("'{}…'", text.chars().take(MAX_TEXT).collect::<String>()),
                (_, Some(length)) => format!("{} of {length}", value.type_name()),
                _ => format!("<{}>", value.type_name()),
            };
        }
        let text = repr(&mut self.context, value).unwrap_or_else(|_| format!("<{}>", value.type_name()));
        if text.chars().count() <= MAX_TEXT {
            return text;
        }
        text.chars().take(MAX_TEXT - 1).chain(['…']).collect()
    }
}

/// What an object shows in its place: an array of NumPy its tensor, a scalar its number. Their classes name the attribute.
fn shown(value: &Value) -> Option<Value> {
    let instance = value.instance()?;
    let name = instance.class_attribute("_shown_")?;
    instance.attributes().get_text(name.as_str()?)
}

/// The tensors that a list, tuple or dict holds, each with its subscript: none if there are other things in it, or many.
fn tensors_in(value: &Value) -> Vec<(String, Value)> {
    let items: Vec<(String, Value)> = match value {
        Value::Dict(dict) if dict.len() <= MAX_TENSORS => {
            let quoted = |key: &Value| key.as_str().map(|text| format!("'{text}'")).or_else(|| key.as_int().map(|n| n.to_string()));
            dict.pairs().into_iter().filter_map(|(key, item)| Some((quoted(&key)?, item))).collect()
        }
        Value::List(list) if list.items.borrow().len() <= MAX_TENSORS => numbered(&list.items.borrow()),
        Value::Tuple(tuple) if tuple.items.len() <= MAX_TENSORS => numbered(&tuple.items),
        _ => Vec::new(),
    };
    let is_tensor = |item: &Value| matches!(shown(item).as_ref().unwrap_or(item), Value::Tensor(_));
    if items.iter().all(|(_, item)| is_tensor(item)) { items } else { Vec::new() }
}

fn numbered(items: &[Value]) -> Vec<(String, Value)> {
    items.iter().enumerate().map(|(place, item)| (place.to_string(), item.clone())).collect()
}

/// Whether writing the value out is cheap: few items, no long strings, no tensors inside (their values may be far away).
fn is_small(value: &Value, seen: &mut usize) -> bool {
    *seen += 1;
    if *seen > MAX_ITEMS {
        return false;
    }
    match value {
        Value::Str(text) => text.len() <= 4 * MAX_TEXT,
        Value::Bytes(bytes) => bytes.len() <= MAX_TEXT,
        Value::List(list) => list.items.borrow().iter().all(|item| is_small(item, seen)),
        Value::Tuple(tuple) => tuple.items.iter().all(|item| is_small(item, seen)),
        Value::Set(set) => set.table.borrow().entries().all(|(key, _)| is_small(&key.value, seen)),
        Value::Dict(dict) => {
            dict.table.borrow().entries().all(|(key, value)| is_small(&key.value, seen) && is_small(value, seen))
        }
        Value::Tensor(_) => false,
        _ => true,
    }
}
