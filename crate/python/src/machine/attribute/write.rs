//! Writing and deleting attributes.

use std::rc::Rc;

use super::{get, missing};
use crate::value::{Args, ClassKind, Dict, Key, Property, Value};
use crate::{Cause, Context, ErrorKind, Raise, torch};

/// `object.name = value`
pub fn set(context: &mut Context, object: &Value, name: &Rc<str>, value: Value) -> Result<(), Raise> {
    match object.instance() {
        Some(instance) => {
            let class = instance.class();
            if class.hooks.setattr
                && let Some(hook @ (Value::Function(_) | Value::Native(_))) = class.lookup("__setattr__")
            {
                let args = vec![object.clone(), Value::Str(name.clone()), value];
                return Err(Raise::call(hook, Args::positional(args)));
            }
            if let Some(refuse @ Value::Function(_)) = class.lookup("__frozen__") {
                let args = vec![object.clone(), Value::Str(name.clone()), value];
                return Err(Raise::call(refuse, Args::positional(args)));
            }
            set_directly(object, name, value)
        }
        None => set_plain(context, object, name, value),
    }
}

/// What `object.__setattr__` does: properties still count, a `__setattr__` of the class does not.
pub fn set_directly(object: &Value, name: &Rc<str>, value: Value) -> Result<(), Raise> {
    let Some(instance) = object.instance() else {
        return Err(Raise::attribute_error(format!("'{}' object has no attribute '{name}'", object.type_name())));
    };
    let in_class = instance.class_attribute(name);
    if let Some(Value::Instance(descriptor)) = &in_class
        && let Some(set) = descriptor.class_attribute("__set__")
    {
        let args = vec![Value::Instance(descriptor.clone()), object.clone(), value];
        return Err(Raise::call(set, Args::positional(args)));
    }
    if instance.class().hooks.slots && !matches!(in_class, Some(Value::Property(_))) && !instance.class().has_slot(name) {
        let class = instance.class();
        return Err(match in_class {
            None => Raise::attribute_error(format!("'{}' object has no attribute '{name}'", class.name)),
            Some(_) => Raise::attribute_error(format!("'{}' object attribute '{name}' is read-only", class.name)),
        });
    }
    if let Some(Value::Property(property)) = in_class
        && let Property::Property { set, .. } = &*property
    {
        if set.is_none() {
            let message = format!("property '{name}' of '{}' object has no setter", object.type_name());
            return Err(Raise::attribute_error(message));
        }
        return Err(Raise::call(set.clone(), Args::positional(vec![object.clone(), value])));
    }
    if &**name == "__class__"
        && let Value::Class(class) = &value
    {
        instance.class.replace(class.clone());
        return Ok(());
    }
    if &**name == "__dict__" {
        let Value::Dict(dict) = value else {
            return Err(Raise::type_error(format!("__dict__ must be set to a dictionary, not a '{}'", value.type_name())));
        };
        instance.replace_attributes(dict);
        return Ok(());
    }
    instance.attributes().set(name, value);
    Ok(())
}

fn set_plain(context: &mut Context, object: &Value, name: &Rc<str>, value: Value) -> Result<(), Raise> {
    match object {
        Value::Class(class) if matches!(class.kind, ClassKind::Builtin(_)) => {
            Err(Raise::type_error(format!("cannot set '{name}' attribute of immutable type '{}'", class.name)))
        }
        Value::Class(class) => {
            class.attributes.set(name, value);
            Ok(())
        }
        Value::Module(module) => {
            module.attributes.set(name, value);
            Ok(())
        }
        Value::Function(function) => {
            if let ("__name__", Value::Str(text)) = (&**name, &value) {
                function.name.replace(text.clone());
            }
            function.attributes.set(name, value);
            Ok(())
        }
        Value::Tensor(tensor) => match torch::set_attribute(context, tensor, name, value.clone()) {
            Err(raise) if matches!(raise.as_cause(), Cause::Error(ErrorKind::AttributeError, message) if message.contains("no attribute")) => {
                tensor.attributes.borrow_mut().get_or_insert_with(Dict::new).set(name, value);
                Ok(())
            }
            other => other,
        },
        _ => {
            let class = context.types.of(object);
            Err(match get(context, object, name) {
                Ok(_) => Raise::attribute_error(format!("'{}' object attribute '{name}' is read-only", class.name)),
                Err(_) => Raise::attribute_error(format!("'{}' object has no attribute '{name}'", object.type_name())),
            })
        }
    }
}

/// `del object.name`
pub fn delete(context: &mut Context, object: &Value, name: &Rc<str>) -> Result<(), Raise> {
    match object.instance().and_then(|instance| instance.class_attribute(name)) {
        Some(Value::Property(property)) => {
            if let Property::Property { delete, .. } = &*property
                && !delete.is_none()
            {
                return Err(Raise::call(delete.clone(), Args::positional(vec![object.clone()])));
            }
        }
        Some(Value::Instance(descriptor)) => {
            if let Some(delete) = descriptor.class_attribute("__delete__") {
                let args = vec![Value::Instance(descriptor), object.clone()];
                return Err(Raise::call(delete, Args::positional(args)));
            }
        }
        _ => {}
    }
    let attributes = match object {
        _ if object.instance().is_some() => {
            let Some(instance) = object.instance() else { return Ok(()) };
            let class = instance.class();
            if class.hooks.delattr
                && let Some(hook @ (Value::Function(_) | Value::Native(_))) = class.lookup("__delattr__")
            {
                return Err(Raise::call(hook, Args::positional(vec![object.clone(), Value::Str(name.clone())])));
            }
            instance.attributes().clone()
        }
        Value::Class(class) if !matches!(class.kind, ClassKind::Builtin(_)) => class.attributes.clone(),
        Value::Module(module) => module.attributes.clone(),
        Value::Function(function) => function.attributes.clone(),
        _ => Dict::new(),
    };
    match attributes.remove(&Key::name(name)) {
        Some(_) => Ok(()),
        None => {
            let class = context.types.of(object);
            Err(missing(object, &class, name))
        }
    }
}
