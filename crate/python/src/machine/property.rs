//! Attributes of properties: their functions, and the decorators that add one.

use std::rc::Rc;

use super::attribute;
use crate::value::{Args, Method, Native, Property, Value};
use crate::{Context, Raise};

/// `property.setter` and its like give a copy with one more function.
pub fn of_property(context: &mut Context, object: &Value, property: &Property, name: &str) -> Result<Value, Raise> {
    let Property::Property { get, set, .. } = property else {
        return match (property, name) {
            (Property::Static(function) | Property::Class(function), "__func__" | "__wrapped__") => Ok(function.clone()),
            _ => attribute::of_type(context, object, name),
        };
    };
    let method = |name: &'static str, call: crate::value::NativeFunction| {
        Ok(Value::Method(Rc::new(Method { receiver: object.clone(), function: Value::Native(Native::new(name, call)) })))
    };
    match name {
        "__doc__" => attribute::get(context, get, name),
        "fget" => Ok(get.clone()),
        "fset" => Ok(set.clone()),
        "getter" => method("getter", |_, args| with_accessor(args, 0)),
        "setter" => method("setter", |_, args| with_accessor(args, 1)),
        "deleter" => method("deleter", |_, args| with_accessor(args, 2)),
        _ => attribute::of_type(context, object, name),
    }
}

fn with_accessor(args: Args, which: usize) -> Result<Value, Raise> {
    let [property, function] = args.exactly("property")?;
    let Value::Property(property) = property else { return Ok(Value::None) };
    let Property::Property { get, set, delete } = &*property else { return Ok(Value::None) };
    let mut parts = [get.clone(), set.clone(), delete.clone()];
    parts[which] = function;
    let [get, set, delete] = parts;
    Ok(Value::Property(Rc::new(Property::Property { get, set, delete })))
}
