//! Making classes.

use std::cell::RefCell;
use std::rc::Rc;

use super::arguments;
use super::frame::{ClassBeingMade, Frame, OnReturn};
use super::vm::Machine;
use crate::value::{Args, Class, ClassKind, Dict, DictKind, Instance, List, NamedTupleType, Value};
use crate::{Context, Raise};

/// More bases are no program's, and their order would take long to find.
const MAX_BASES: usize = 100;

impl Machine {
    /// Runs the body of a class in a namespace of its own; [`Machine::finish_class`] follows.
    pub fn build_class(&mut self, name: u32) -> Result<(), Raise> {
        let name = match &self.frame().code.constants[name as usize] {
            Value::Str(name) => name.clone(),
            _ => Rc::from(""),
        };
        let (body, bases, keywords) = (self.peek(3), self.peek(2), self.peek(1));
        let Value::Function(body) = body else { return Ok(()) };
        let bases = bases.as_sequence().unwrap_or_default();
        // An enumeration of numbers or texts derives from what stands for them in the prelude.
        let enumeration = bases.iter().find_map(|base| match base {
            Value::Class(class) if class.lookup("_is_enum").is_some() => Some(class.clone()),
            _ => None,
        });
        let mut classes = Vec::new();
        for base in bases {
            let mixin = match (&base, &enumeration) {
                (Value::Class(base), Some(enumeration)) => enumeration.lookup(&format!("_{}_mixin", base.name)),
                _ => None,
            };
            classes.push(self.base(mixin.unwrap_or(base))?);
        }
        let mut keywords = match keywords {
            Value::Dict(dict) => dict.pairs(),
            _ => Vec::new(),
        };
        // `metaclass=ABCMeta` is the same as deriving from ABC; there are no other metaclasses.
        if let Some(position) = keywords.iter().position(|(name, _)| name.as_str() == Some("metaclass")) {
            match keywords.remove(position).1 {
                Value::Class(class) if class.lookup("_stands_for").is_some() => {
                    classes.push(self.base(class.lookup("_stands_for").unwrap_or(Value::None))?);
                }
                _ => return Err(Raise::type_error("metaclasses are outside the subset: use __init_subclass__ or a decorator")),
            }
        }
        self.drop_top(3);
        let namespace = Dict::new();
        self.context.registry.namespace(&namespace);
        let class = ClassBeingMade { name, bases: classes, keywords, namespace: namespace.clone(), class_cell: RefCell::default() };
        let mut frame =
            Frame::new(body.code.clone(), body.globals.clone(), body.closure.clone(), OnReturn::Class(Box::new(class)));
        frame.namespace = Some(namespace);
        arguments::bind(&body, Args::default(), &mut frame.locals)?;
        self.frames.push(frame);
        Ok(())
    }

    fn base(&mut self, base: Value) -> Result<Rc<Class>, Raise> {
        // `List[int]` as a base is `list`.
        let origin = match &base {
            Value::Instance(alias) => alias.attributes().get_text("__origin__"),
            _ => None,
        };
        let Value::Class(class) = origin.unwrap_or_else(|| base.clone()) else {
            let message = format!("a class is needed as a base, not '{}'", base.type_name());
            return Err(Raise::type_error(message));
        };
        // The prelude makes tensors of its own.
        if self.frame().code.is_program() {
            check_base(&self.context, &class)?;
        }
        Ok(class)
    }

    pub fn finish_class(&mut self, made: ClassBeingMade) -> Result<(), Raise> {
        let ClassBeingMade { name, mut bases, keywords, namespace, class_cell } = made;
        if bases.iter().any(|base| &*base.name == "NamedTuple" && &*base.module_name() == "typing") {
            let class = self.named_tuple(&name, &namespace);
            self.push(Value::Class(class));
            return Ok(());
        }
        if bases.is_empty() {
            bases.push(self.context.types.object.clone());
        }
        let class = make_class(&self.context, &name, bases, namespace)?;
        if !self.frame().code.is_program() {
            let module = self.frame().globals.get_text("__name__");
            class.set_module(module.as_ref().and_then(Value::as_str).unwrap_or("builtins"));
        }
        if let Some(cell) = class_cell.take() {
            cell.0.replace(Some(Value::Class(class.clone())));
        }
        let value = Value::Class(class.clone());
        self.push(value.clone());
        let named = class.attributes.pairs().into_iter().filter_map(|(name, value)| {
            let names = matches!(&value, Value::Instance(descriptor) if descriptor.class_attribute("__set_name__").is_some());
            names.then(|| Value::tuple(vec![value, name]))
        });
        let named: Vec<Value> = named.collect();
        if !named.is_empty() {
            return self.call_prelude("_name_descriptors", vec![value, Value::list(named)], 0, OnReturn::Discard);
        }
        let hook = class.ancestors.iter().find_map(|ancestor| ancestor.attributes.get_text("__init_subclass__"));
        if let Some(Value::Property(_) | Value::Function(_)) = &hook {
            let keyword = keywords.into_iter().filter_map(|(name, value)| match name {
                Value::Str(name) => Some((name, value)),
                _ => None,
            });
            let args = Args { positional: vec![value], keyword: keyword.collect() };
            if let Some(Value::Function(hook)) = hook {
                return self.invoke(Value::Function(hook), args, 0, OnReturn::Discard);
            }
        }
        Ok(())
    }

    /// A class that derives from `typing.NamedTuple`: its annotated names are the fields.
    fn named_tuple(&mut self, name: &Rc<str>, namespace: &Rc<Dict>) -> Rc<Class> {
        let fields: Vec<Rc<str>> = match namespace.get_text("__annotations__") {
            Some(Value::Dict(annotations)) => {
                annotations.keys().into_iter().filter_map(|key| if let Value::Str(name) = key { Some(name) } else { None }).collect()
            }
            _ => Vec::new(),
        };
        let defaults = fields.iter().filter_map(|field| namespace.get_text(field)).collect();
        for field in &fields {
            namespace.remove(&crate::value::Key::name(field));
        }
        self.make_named_tuple(name, fields, defaults, namespace.clone())
    }

    pub fn make_named_tuple(&mut self, name: &Rc<str>, fields: Vec<Rc<str>>, defaults: Vec<Value>, attributes: Rc<Dict>) -> Rc<Class> {
        crate::builtins::named_tuple_class(&self.context, name, fields, defaults, attributes)
    }

    /// Calls an instance's `__hash__`; the running instruction follows once more.
    pub fn ask_hash(&mut self, instance: &Rc<Instance>) -> Result<(), Raise> {
        let value = Value::Instance(instance.clone());
        let Some(method) = instance.class_attribute("__hash__") else { return Ok(()) };
        self.frame().next -= 1;
        self.invoke(method, Args::positional(vec![value]), 0, OnReturn::Hash(instance.clone()))
    }
}

/// A new object of a class: a list or a dictionary where it derives from one.
pub fn object_of(context: &Context, class: &Rc<Class>, instance: Rc<Instance>) -> Value {
    let types = &context.types;
    let derives = |from: &Rc<Class>| class.ancestors.iter().any(|ancestor| Rc::ptr_eq(ancestor, from));
    if derives(&types.ordered_dict) {
        Value::Dict(Dict::derived(DictKind::Ordered, instance))
    } else if derives(&types.dict) {
        Value::Dict(Dict::derived(DictKind::Plain, instance))
    } else if derives(&types.list) {
        Value::List(List::derived(instance))
    } else {
        Value::Instance(instance)
    }
}

/// Raises TypeError for a built-in class that no class of the program may derive from.
pub fn check_base(context: &Context, class: &Rc<Class>) -> Result<(), Raise> {
    let types = &context.types;
    let derivable = [&types.object, &types.list, &types.dict, &types.ordered_dict];
    match class.kind {
        ClassKind::Builtin(_) if !derivable.into_iter().any(|known| Rc::ptr_eq(known, class)) => Err(Raise::type_error(format!(
            "a class that derives from '{}' is outside the subset: keep a {} as an attribute instead",
            class.name, class.name
        ))),
        _ => Ok(()),
    }
}

/// A class whose body has run.
pub fn make_class(context: &Context, name: &str, bases: Vec<Rc<Class>>, namespace: Rc<Dict>) -> Result<Rc<Class>, Raise> {
    if bases.len() > MAX_BASES {
        return Err(Raise::type_error(format!("a class has at most {MAX_BASES} bases here")));
    }
    let ancestors = resolution_order(name, &bases)?;
    let class = Class::new(name, bases, ancestors, namespace, ClassKind::Plain);
    context.registry.class(&class);
    Ok(class)
}

/// The order in which the ancestors of a class with these bases are asked (C3, as Python's).
fn resolution_order(name: &str, bases: &[Rc<Class>]) -> Result<Vec<Rc<Class>>, Raise> {
    let mut sequences: Vec<Vec<Rc<Class>>> = bases
        .iter()
        .map(|base| std::iter::once(base.clone()).chain(base.ancestors.iter().cloned()).collect())
        .collect();
    sequences.push(bases.to_vec());
    let mut order = Vec::new();
    loop {
        sequences.retain(|sequence| !sequence.is_empty());
        if sequences.is_empty() {
            return Ok(order);
        }
        let in_tail = |class: &Rc<Class>| sequences.iter().any(|s| s[1..].iter().any(|other| Rc::ptr_eq(class, other)));
        let Some(next) = sequences.iter().map(|s| s[0].clone()).find(|class| !in_tail(class)) else {
            let names: Vec<&str> = bases.iter().map(|base| &*base.name).collect();
            let message = format!(
                "Cannot create a consistent method resolution order (MRO) for bases {} of '{name}'",
                names.join(", ")
            );
            return Err(Raise::type_error(message));
        };
        for sequence in &mut sequences {
            if Rc::ptr_eq(&sequence[0], &next) {
                sequence.remove(0);
            }
        }
        order.push(next);
    }
}

impl NamedTupleType {
    pub fn program(name: &Rc<str>, fields: Vec<Rc<str>>, defaults: Vec<Value>) -> Rc<NamedTupleType> {
        Rc::new(NamedTupleType { name: name.clone(), fields, defaults, is_torch: false, class: RefCell::default() })
    }
}
