//! `repr` and `str` of values whose text needs no Python code.

use std::rc::Rc;

use super::iterate::View;
use super::collections::DictKind;
use super::{ClassKind, Dict, Instance, Tuple, TupleKind, Value};
use crate::machine::recursion_error;
use crate::{Context, ErrorKind, Raise, torch};

/// How deep containers may nest when they are written out.
const MAX_DEPTH: usize = 200;
/// The longest text that writing out one value may give.
const MAX_BYTES: usize = 64 << 20;

/// Whether writing out `value` runs Python code: a class of the program or the prelude defines how it looks.
pub fn needs_python(value: &Value) -> bool {
    needs_python_at(value, 0)
}

fn needs_python_at(value: &Value, depth: usize) -> bool {
    // Deeper than this the writing itself fails, with the error that Python gives.
    if depth > MAX_DEPTH {
        return false;
    }
    match value {
        Value::Instance(instance) => {
            let class = instance.class();
            ["__repr__", "__str__"].iter().any(|name| matches!(class.lookup(name), Some(Value::Function(_))))
                || (class.error_kind().is_some() && needs_python_at(&exception_args(instance), depth + 1))
        }
        Value::List(_) | Value::Dict(_) if value.special("__repr__").or_else(|| value.special("__str__")).is_some() => true,
        Value::List(list) => list.items.borrow().iter().any(|item| needs_python_at(item, depth + 1)),
        Value::Tuple(tuple) => writes_itself(tuple) || tuple.items.iter().any(|item| needs_python_at(item, depth + 1)),
        Value::Dict(dict) => dict
            .table
            .borrow()
            .entries()
            .any(|(key, value)| needs_python_at(&key.value, depth + 1) || needs_python_at(value, depth + 1)),
        Value::Set(set) => set.table.borrow().entries().any(|(key, _)| needs_python_at(&key.value, depth + 1)),
        Value::Method(method) => matches!(method.function, Value::Function(_)) && needs_python_at(&method.receiver, depth + 1),
        Value::Iterator(iterator) => {
            iterator.as_view().is_some_and(|(dict, _)| needs_python_at(&Value::Dict(dict), depth + 1))
        }
        _ => false,
    }
}

/// Whether a program's named tuple says how it looks.
fn writes_itself(tuple: &Tuple) -> bool {
    let TupleKind::Named(kind) = &tuple.kind else { return false };
    let class = kind.class.borrow().as_ref().and_then(std::rc::Weak::upgrade);
    class.is_some_and(|class| ["__repr__", "__str__"].iter().any(|name| matches!(class.lookup(name), Some(Value::Function(_)))))
}

/// `repr(value)`, for values that need no Python code.
pub fn repr(context: &mut Context, value: &Value) -> Result<String, Raise> {
    let mut writer = Writer { text: String::new(), open: Vec::new() };
    writer.write(context, value)?;
    Ok(writer.text)
}

/// `str(value)`, for values that need no Python code.
pub fn str_text(context: &mut Context, value: &Value) -> Result<String, Raise> {
    match value {
        Value::Str(text) => Ok(text.to_string()),
        Value::Device(name) => Ok(name.to_string()),
        Value::Instance(instance) if instance.class().error_kind().is_some() => {
            let args = exception_args(instance).as_sequence().unwrap_or_default();
            match args.as_slice() {
                [] => Ok(String::new()),
                [one] if instance.class().error_kind() == Some(ErrorKind::KeyError) => repr(context, one),
                [one] => str_text(context, one),
                _ => repr(context, &Value::tuple(args)),
            }
        }
        _ => repr(context, value),
    }
}

fn exception_args(instance: &Instance) -> Value {
    instance.attributes().get_text("args").unwrap_or_else(|| Value::tuple(Vec::new()))
}

struct Writer {
    text: String,
    /// The containers being written, to notice one that holds itself.
    open: Vec<*const u8>,
}

impl Writer {
    fn write(&mut self, context: &mut Context, value: &Value) -> Result<(), Raise> {
        if self.text.len() > MAX_BYTES {
            return Err(Raise::error(ErrorKind::MemoryError, "the text of this value is too long"));
        }
        match value {
            Value::None => self.text.push_str("None"),
            Value::NotImplemented => self.text.push_str("NotImplemented"),
            Value::Ellipsis => self.text.push_str("Ellipsis"),
            Value::Bool(b) => self.text.push_str(if *b { "True" } else { "False" }),
            Value::Int(n) => self.text.push_str(&n.to_string()),
            Value::Big(big) => self.text.push_str(&big.text()?),
            Value::Float(x) => self.text.push_str(&crate::format::float_repr(*x)),
            Value::Str(text) => self.text.push_str(&crate::format::str_repr(text)),
            Value::Bytes(bytes) => self.text.push_str(&crate::format::bytes_repr(bytes)),
            Value::List(list) => {
                let items = list.items.borrow().to_vec();
                self.nested(Rc::as_ptr(list).cast(), "[...]", |w| w.sequence(context, "[", &items, "]"))?;
            }
            Value::Tuple(tuple) => {
                self.nested(Rc::as_ptr(tuple).cast(), "(...)", |w| w.tuple(context, &tuple.items, &tuple.kind))?;
            }
            Value::Dict(dict) => {
                self.nested(Rc::as_ptr(dict).cast(), "{...}", |w| w.dict(context, dict))?;
            }
            Value::Set(set) => {
                let members = set.members();
                match (members.is_empty(), set.frozen) {
                    (true, false) => self.text.push_str("set()"),
                    (true, true) => self.text.push_str("frozenset()"),
                    (false, false) => self.sequence(context, "{", &members, "}")?,
                    (false, true) => self.sequence(context, "frozenset({", &members, "})")?,
                }
            }
            Value::Range(r) if r.step == 1 => self.text.push_str(&format!("range({}, {})", r.start, r.stop)),
            Value::Range(r) => self.text.push_str(&format!("range({}, {}, {})", r.start, r.stop, r.step)),
            Value::Slice(slice) => {
                let parts = [slice.start.clone(), slice.stop.clone(), slice.step.clone()];
                self.sequence(context, "slice(", &parts, ")")?;
            }
            Value::Function(f) => {
                let text = format!("<function {} at {}>", f.code.qualified_name, address(Rc::as_ptr(f).cast()));
                self.text.push_str(&text);
            }
            Value::Method(method) => match &method.function {
                Value::Function(f) => {
                    let name = f.code.qualified_name.clone();
                    self.text.push_str(&format!("<bound method {name} of "));
                    self.nested(Rc::as_ptr(method).cast(), "...", |w| w.write(context, &method.receiver))?;
                    self.text.push('>');
                }
                _ => {
                    let text = format!("<built-in method of {} object>", method.receiver.type_name());
                    self.text.push_str(&text);
                }
            },
            Value::Native(f) => self.text.push_str(&format!("<built-in function {}>", f.name())),
            Value::Property(p) => self.text.push_str(&format!("<{} object>", p.class_name())),
            Value::Class(class) if class.lookup("_is_enum").is_some() => self.text.push_str(&format!("<enum '{}'>", class.name)),
            Value::Class(class) => {
                let module = match (&*class.module_name(), &class.kind) {
                    ("", ClassKind::Plain | ClassKind::NamedTuple(_)) => "__main__.".to_string(),
                    ("" | "builtins", _) => String::new(),
                    (module, _) => format!("{module}."),
                };
                self.text.push_str(&format!("<class '{module}{}'>", class.name));
            }
            Value::Super(_) => self.text.push_str("<super object>"),
            Value::Instance(instance) => self.instance(context, instance)?,
            Value::Module(module) => self.text.push_str(&format!("<module '{}'>", module.name)),
            Value::Iterator(iterator) => match iterator.as_view() {
                None => {
                    let text = format!("<{} object at {}>", iterator.class_name(), address(Rc::as_ptr(iterator).cast()));
                    self.text.push_str(&text);
                }
                Some((dict, view)) => {
                    let items: Vec<Value> = match view {
                        View::Keys => dict.keys(),
                        View::Values => dict.pairs().into_iter().map(|(_, value)| value).collect(),
                        View::Items => dict.pairs().into_iter().map(|(k, v)| Value::tuple(vec![k, v])).collect(),
                    };
                    let open = format!("{}([", iterator.class_name());
                    self.nested(Rc::as_ptr(iterator).cast(), "...", |w| w.sequence(context, &open, &items, "])"))?;
                }
            },
            Value::Generator(generator) => {
                let text = format!("<generator object {} at {}>", generator.name(), address(Rc::as_ptr(generator).cast()));
                self.text.push_str(&text);
            }
            Value::Tensor(tensor) => {
                let text = torch::repr(context, tensor)?;
                self.text.push_str(&text);
            }
            Value::DType(dtype) => self.text.push_str(&format!("torch.{}", dtype.name())),
            Value::Device(name) => self.text.push_str(&match name.split_once(':') {
                Some((kind, index)) => format!("device(type='{kind}', index={index})"),
                None => format!("device(type='{name}')"),
            }),
        }
        Ok(())
    }

    /// Writes a container, or `again` if it is already being written.
    fn nested(
        &mut self,
        pointer: *const u8,
        again: &str,
        write: impl FnOnce(&mut Writer) -> Result<(), Raise>,
    ) -> Result<(), Raise> {
        if self.open.contains(&pointer) {
            self.text.push_str(again);
            return Ok(());
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(recursion_error(" while getting the repr of an object"));
        }
        self.open.push(pointer);
        let written = write(self);
        self.open.pop();
        written
    }

    fn sequence(&mut self, context: &mut Context, open: &str, items: &[Value], close: &str) -> Result<(), Raise> {
        self.text.push_str(open);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.write(context, item)?;
        }
        self.text.push_str(close);
        Ok(())
    }

    fn tuple(&mut self, context: &mut Context, items: &[Value], kind: &TupleKind) -> Result<(), Raise> {
        match kind {
            TupleKind::Plain => self.sequence(context, "(", items, if items.len() == 1 { ",)" } else { ")" }),
            TupleKind::Size => self.sequence(context, "torch.Size([", items, "])"),
            TupleKind::Named(kind) => {
                if kind.is_torch {
                    self.text.push_str("torch.return_types.");
                }
                self.text.push_str(&kind.name);
                self.text.push('(');
                let separator = if kind.is_torch { ",\n" } else { ", " };
                for (index, (field, item)) in kind.fields.iter().zip(items).enumerate() {
                    self.text.push_str(if index > 0 { separator } else if kind.is_torch { "\n" } else { "" });
                    self.text.push_str(&format!("{field}="));
                    self.write(context, item)?;
                }
                self.text.push(')');
                Ok(())
            }
        }
    }

    fn dict(&mut self, context: &mut Context, dict: &Dict) -> Result<(), Raise> {
        let pairs = dict.pairs();
        match &dict.kind {
            DictKind::Plain => self.pairs(context, "{", &pairs, "}"),
            DictKind::Ordered if pairs.is_empty() => {
                self.text.push_str("OrderedDict()");
                Ok(())
            }
            DictKind::Ordered => {
                let items: Vec<Value> = pairs.into_iter().map(|(k, v)| Value::tuple(vec![k, v])).collect();
                self.sequence(context, "OrderedDict([", &items, "])")
            }
            DictKind::Counter => {
                let pairs = super::sorted_by(pairs, &|(_, a), (_, b)| b.as_int().cmp(&a.as_int()));
                if pairs.is_empty() {
                    self.text.push_str("Counter()");
                    Ok(())
                } else {
                    self.pairs(context, "Counter({", &pairs, "})")
                }
            }
            DictKind::Default(factory) => {
                self.text.push_str("defaultdict(");
                self.write(context, factory)?;
                self.pairs(context, ", {", &pairs, "})")
            }
        }
    }

    fn pairs(&mut self, context: &mut Context, open: &str, pairs: &[(Value, Value)], close: &str) -> Result<(), Raise> {
        self.text.push_str(open);
        for (index, (key, value)) in pairs.iter().enumerate() {
            if index > 0 {
                self.text.push_str(", ");
            }
            self.write(context, key)?;
            self.text.push_str(": ");
            self.write(context, value)?;
        }
        self.text.push_str(close);
        Ok(())
    }

    fn instance(&mut self, context: &mut Context, instance: &Rc<Instance>) -> Result<(), Raise> {
        let class = instance.class();
        if class.error_kind().is_some() {
            let args = exception_args(instance).as_sequence().unwrap_or_default();
            self.text.push_str(&class.name);
            return self.nested(Rc::as_ptr(instance).cast(), "(...)", |w| w.sequence(context, "(", &args, ")"));
        }
        let module = class.module_name();
        let module = if module.is_empty() { "__main__" } else { &*module };
        self.text.push_str(&format!("<{module}.{} object at {}>", class.name, address(Rc::as_ptr(instance).cast())));
        Ok(())
    }
}

fn address(pointer: *const u8) -> String {
    format!("0x{:012x}", pointer as usize)
}
