//! Reading and writing attributes. Where that runs Python code (properties, `__getattr__`), the answer is
//! [`Cause::Call`]: the machine calls it in the instruction's place.

mod write;

use std::rc::Rc;

pub use write::{delete, set, set_directly};

use crate::value::{
    Args, Class, ClassKind, Dict, Instance, Method, Property, Super, TensorObject, TupleKind, Value, nearest,
};
use crate::prelude::Late;
use crate::{Context, Raise, torch};

/// `object.name`
#[cfg_attr(hot, optimize(speed))]
pub fn get(context: &mut Context, object: &Value, name: &str) -> Result<Value, Raise> {
    match object {
        Value::Instance(instance) => of_instance(context, instance, object, name),
        Value::Dict(dict) if dict.instance.is_some() => match &dict.instance {
            Some(instance) => of_instance(context, instance, object, name),
            None => of_type(context, object, name),
        },
        Value::List(list) if list.instance.is_some() => match &list.instance {
            Some(instance) => of_instance(context, instance, object, name),
            None => of_type(context, object, name),
        },
        Value::Class(class) => of_class(context, class, name),
        Value::Super(parent) => of_super(parent, name),
        Value::Module(module) => module.attributes.get_text(name).map_or_else(
            || match name {
                "__name__" => Ok(Value::Str(module.name.clone())),
                "__dict__" => Ok(Value::Dict(module.attributes.clone())),
                _ => {
                    if let Some(late) = Late::defining(&module.name, name).filter(|late| !context.late.contains(&late.name)) {
                        return Err(Raise::prelude("_late", vec![object.clone(), Value::str(late.name), Value::str(name)]));
                    }
                    // PEP 562: a module's own answer for what it lacks.
                    if let Some(hook) = module.attributes.get_text("__getattr__") {
                        return Err(Raise::call(hook, Args::positional(vec![Value::str(name)])));
                    }
                    let hint = module.nearest(name);
                    let hint = hint.map(|near| format!(". Did you mean: '{near}'?")).unwrap_or_default();
                    Err(Raise::attribute_error(format!("module '{}' has no attribute '{name}'{hint}", module.name)))
                }
            },
            Ok,
        ),
        Value::Tensor(tensor) => of_tensor(context, tensor, name),
        Value::Function(function) => match name {
            "__name__" => Ok(Value::Str(function.name.borrow().clone())),
            "__qualname__" => Ok(function.attributes.get_text(name).unwrap_or_else(|| Value::Str(function.code.qualified_name.clone()))),
            "__dict__" => Ok(Value::Dict(function.attributes.clone())),
            "__annotations__" => match (function.attributes.get_text(name), function.attributes.get_text("__annotate__")) {
                (Some(known), _) => Ok(known),
                (None, Some(_)) => Err(Raise::prelude("_annotations", vec![object.clone()])),
                (None, None) => Ok(Value::Dict(Dict::new())),
            },
            "__kwdefaults__" if function.keyword_defaults.is_empty() => Ok(Value::None),
            "__kwdefaults__" => {
                let defaults = Dict::new();
                function.keyword_defaults.iter().for_each(|(name, value)| defaults.set(name, value.clone()));
                Ok(Value::Dict(defaults))
            }
            "__defaults__" if function.defaults.is_empty() => Ok(Value::None),
            "__defaults__" => Ok(Value::tuple(function.defaults.clone())),
            "__module__" => Ok(function.attributes.get_text(name).unwrap_or_else(|| Value::str("__main__"))),
            "__doc__" => Ok(function.attributes.get_text(name).unwrap_or_else(|| text_or_none(&function.code.doc))),
            _ => function.attributes.get_text(name).map_or_else(|| of_type(context, object, name), Ok),
        },
        Value::Method(method) => match name {
            "__self__" => Ok(method.receiver.clone()),
            "__func__" => Ok(method.function.clone()),
            _ => {
                // MethodType makes methods of methods, to any depth.
                let mut function = &method.function;
                while let Value::Method(inner) = function {
                    function = &inner.function;
                }
                get(context, function, name)
            }
        },
        Value::Native(native) if matches!(name, "__name__" | "__qualname__") => Ok(Value::str(native.name())),
        Value::Native(_) if name == "__doc__" => Ok(Value::None),
        Value::Tuple(tuple) => {
            if let TupleKind::Named(kind) = &tuple.kind
                && let Some(position) = kind.fields.iter().position(|field| **field == *name)
            {
                return Ok(tuple.items.get(position).cloned().unwrap_or(Value::None));
            }
            of_type(context, object, name)
        }
        Value::Property(property) => super::property::of_property(context, object, property, name),
        Value::Generator(generator) if name == "__name__" => Ok(Value::Str(generator.name.clone())),
        Value::Slice(slice) => match name {
            "start" => Ok(slice.start.clone()),
            "stop" => Ok(slice.stop.clone()),
            "step" => Ok(slice.step.clone()),
            _ => of_type(context, object, name),
        },
        Value::Range(range) => match name {
            "start" => Ok(Value::Int(range.start)),
            "stop" => Ok(Value::Int(range.stop)),
            "step" => Ok(Value::Int(range.step)),
            _ => of_type(context, object, name),
        },
        Value::Int(_) | Value::Float(_) | Value::Bool(_) if matches!(name, "real" | "numerator") => Ok(object.clone()),
        Value::DType(dtype) => match name {
            "is_floating_point" => Ok(Value::Bool(dtype.is_float())),
            "is_complex" => Ok(Value::Bool(false)),
            "itemsize" => Ok(Value::Int(dtype.size() as i64)),
            _ => of_type(context, object, name),
        },
        Value::Device(device) => match name {
            "type" => Ok(Value::str(device.split(':').next().unwrap_or(device))),
            "index" => Ok(device.split(':').nth(1).and_then(|n| n.parse().ok()).map_or(Value::None, Value::Int)),
            _ => of_type(context, object, name),
        },
        _ => of_type(context, object, name),
    }
}

fn text_or_none(text: &Option<Rc<str>>) -> Value {
    text.as_ref().map_or(Value::None, |text| Value::Str(text.clone()))
}

/// Attributes that every value has from its class.
pub fn of_type(context: &mut Context, object: &Value, name: &str) -> Result<Value, Raise> {
    let class = context.types.of(object);
    match name {
        "__class__" => Ok(Value::Class(class)),
        "__doc__" => Ok(Value::None),
        _ => match class.lookup(name) {
            Some(found) => bind(found, object, &class),
            None => Err(missing(object, &class, name)),
        },
    }
}

fn missing(object: &Value, class: &Class, name: &str) -> Raise {
    let known: Vec<Value> = std::iter::once(&class.attributes)
        .chain(class.ancestors.iter().map(|a| &a.attributes))
        .flat_map(|attributes| attributes.keys())
        .collect();
    let own = match object {
        Value::Instance(instance) => instance.attributes().keys(),
        _ => Vec::new(),
    };
    let hint = nearest(name, known.iter().chain(&own).filter_map(Value::as_str));
    let hint = hint.map(|near| format!(". Did you mean: '{near}'?")).unwrap_or_default();
    Raise::attribute_error(format!("'{}' object has no attribute '{name}'{hint}", object.type_name()))
}

/// What a class's attribute is when it is read from `object`.
fn bind(found: Value, object: &Value, class: &Rc<Class>) -> Result<Value, Raise> {
    match &found {
        Value::Function(_) | Value::Native(_) => {
            Ok(Value::Method(Rc::new(Method { receiver: object.clone(), function: found })))
        }
        Value::Property(property) => match &**property {
            Property::Property { get, .. } => Err(Raise::call(get.clone(), Args::positional(vec![object.clone()]))),
            Property::Static(function) => Ok(function.clone()),
            Property::Class(function) => {
                Ok(Value::Method(Rc::new(Method { receiver: Value::Class(class.clone()), function: function.clone() })))
            }
        },
        _ => Ok(found),
    }
}

fn of_instance(context: &mut Context, instance: &Rc<Instance>, object: &Value, name: &str) -> Result<Value, Raise> {
    let class = instance.class();
    if class.hooks.getattribute
        && let Some(hook) = class.lookup("__getattribute__")
    {
        return Err(Raise::call(hook, Args::positional(vec![object.clone(), Value::str(name)])));
    }
    get_directly(context, instance, object, name)
}

/// What `object.__getattribute__` does: a `__getattribute__` of the class does not count.
#[cfg_attr(hot, optimize(speed))]
pub fn get_directly(context: &mut Context, instance: &Rc<Instance>, object: &Value, name: &str) -> Result<Value, Raise> {
    let class = instance.class();
    let (object, in_class) = (object.clone(), class.lookup(name));
    // What cannot be set through its descriptor is looked for in the instance first.
    if let Some(Value::Instance(descriptor)) = &in_class
        && let Some(get) = descriptor.class_attribute("__get__")
        && (instance.attributes().get_text(name).is_none() || descriptor.class_attribute("__set__").is_some())
    {
        let args = vec![Value::Instance(descriptor.clone()), object, Value::Class(class)];
        return Err(Raise::call(get, Args::positional(args)));
    }
    if let Some(Value::Property(property)) = &in_class
        && let Property::Property { get, .. } = &**property
    {
        return Err(Raise::call(get.clone(), Args::positional(vec![object])));
    }
    if let Some(value) = instance.attributes().get_text(name) {
        return Ok(value);
    }
    if let Some(found) = in_class {
        return bind(found, &object, &class);
    }
    match name {
        "__dict__" => return Ok(Value::Dict(instance.attributes().clone())),
        "__class__" => return Ok(Value::Class(class)),
        "__module__" => return of_class(context, &class, name),
        "__doc__" | "__cause__" | "__context__" | "__traceback__" => return Ok(Value::None),
        "value" | "code"
            if class.error_kind() == Some(if name == "code" { crate::ErrorKind::SystemExit } else { crate::ErrorKind::StopIteration }) =>
        {
            let args = instance.attributes().get_text("args").and_then(|args| args.as_sequence()).unwrap_or_default();
            return Ok(args.into_iter().next().unwrap_or(Value::None));
        }
        _ => {}
    }
    if class.hooks.getattr
        && let Some(hook) = class.lookup("__getattr__")
    {
        // That of `torch.nn.Module` finds just this.
        let is_own = matches!(&hook, Value::Function(function) if !function.code.is_program());
        if let Some(value) = instance.registered(name).filter(|_| is_own) {
            return Ok(value);
        }
        return Err(Raise::call(hook, Args::positional(vec![object, Value::str(name)])));
    }
    Err(missing(&object, &class, name))
}

fn of_class(context: &mut Context, class: &Rc<Class>, name: &str) -> Result<Value, Raise> {
    if name == "__annotations__" {
        return Ok(class.attributes.get_text(name).unwrap_or_else(|| Value::Dict(Dict::new())));
    }
    if let Some(found) = class.lookup(name) {
        return match &found {
            Value::Property(property) => match &**property {
                Property::Property { .. } => Ok(found),
                Property::Static(function) => Ok(function.clone()),
                Property::Class(function) => Ok(Value::Method(Rc::new(Method {
                    receiver: Value::Class(class.clone()),
                    function: function.clone(),
                }))),
            },
            Value::Instance(descriptor) => match descriptor.class_attribute("__get__") {
                Some(get) => {
                    let args = vec![found.clone(), Value::None, Value::Class(class.clone())];
                    Err(Raise::call(get, Args::positional(args)))
                }
                None => Ok(found),
            },
            _ => Ok(found),
        };
    }
    match name {
        "__name__" | "__qualname__" => Ok(Value::Str(class.name.clone())),
        "__module__" => Ok(Value::str(match (&*class.module_name(), &class.kind) {
            ("", ClassKind::Plain | ClassKind::NamedTuple(_)) => "__main__",
            ("", _) => "builtins",
            (module, _) => module,
        })),
        "__dict__" => Ok(Value::Dict(class.attributes.clone())),
        "__doc__" => Ok(Value::None),
        "__class__" => Ok(Value::Class(context.types.type_.clone())),
        "__bases__" => Ok(Value::tuple(class.bases.iter().cloned().map(Value::Class).collect())),
        "__mro__" => {
            let all = std::iter::once(class).chain(&class.ancestors);
            Ok(Value::tuple(all.cloned().map(Value::Class).collect()))
        }
        "mro" => Ok(Value::Method(Rc::new(Method {
            receiver: Value::Class(class.clone()),
            function: Value::native("mro", |_, args| {
                let [class] = args.exactly("mro")?;
                let Value::Class(class) = class else { return Ok(Value::None) };
                Ok(Value::list(std::iter::once(&class).chain(&class.ancestors).cloned().map(Value::Class).collect()))
            }),
        }))),
        _ => torch::unbound_method(context, class, name).ok_or_else(|| missing_in_class(class, name)),
    }
}

fn missing_in_class(class: &Class, name: &str) -> Raise {
    Raise::attribute_error(format!("type object '{}' has no attribute '{name}'", class.name))
}

/// The attribute from the classes after `parent.class` in the method resolution order of the receiver's class.
fn of_super(parent: &Super, name: &str) -> Result<Value, Raise> {
    let class = match &parent.receiver {
        Value::Instance(instance) => instance.class(),
        Value::Class(class) => class.clone(),
        _ => parent.class.clone(),
    };
    let order: Vec<Rc<Class>> = std::iter::once(class.clone()).chain(class.ancestors.iter().cloned()).collect();
    let after = order.iter().position(|c| Rc::ptr_eq(c, &parent.class)).map_or(order.len(), |p| p + 1);
    let found = order[after..].iter().find_map(|class| class.attributes.get_text(name));
    match found {
        // Python makes a class method of this one by itself.
        Some(found) if matches!(parent.receiver, Value::Class(_)) && matches!(found, Value::Function(_)) && name != "__init_subclass__" => Ok(found),
        Some(found) => bind(found, &parent.receiver, &class),
        None => Err(Raise::attribute_error(format!("'super' object has no attribute '{name}'"))),
    }
}

fn of_tensor(context: &mut Context, tensor: &Rc<TensorObject>, name: &str) -> Result<Value, Raise> {
    let own = tensor.attributes.borrow().as_ref().and_then(|attributes| attributes.get_text(name));
    match own {
        Some(value) => Ok(value),
        None if name == "__class__" => Ok(Value::Class(context.types.of(&Value::Tensor(tensor.clone())))),
        None => torch::get_attribute(context, tensor, name),
    }
}
