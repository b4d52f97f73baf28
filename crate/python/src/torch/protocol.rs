//! `__torch_function__`: classes that say themselves what torch's functions make of their instances.

use crate::Raise;
use crate::value::{Args, Dict, Property, Value};

/// The call that an argument's class makes of it, if it has a `__torch_function__` (PyTorch's protocol): of the name of
/// the function, the positional and the keyword arguments.
pub fn overridden(signature: &'static str, args: &Args) -> Option<Raise> {
    let may_override = |value: &Value| matches!(value, Value::Instance(_) | Value::List(_) | Value::Tuple(_));
    if let Some(raise) = into_out(signature, args) {
        return Some(raise);
    }
    if args.keyword.is_empty() && !args.positional.iter().any(may_override) {
        return None;
    }
    let hook = |value: &Value| match value {
        Value::Instance(instance) => instance.class_attribute("__torch_function__"),
        _ => None,
    };
    let values = || args.positional.iter().chain(args.keyword.iter().map(|(_, value)| value));
    let first_of = |value: &Value| match value {
        Value::List(list) => list.items.borrow().first().and_then(hook),
        Value::Tuple(tuple) => tuple.items.first().and_then(hook),
        value => hook(value),
    };
    let Value::Property(property) = values().find_map(first_of)? else { return None };
    let Property::Static(hook) = &*property else { return None };
    let keywords = Dict::new();
    for (name, value) in &args.keyword {
        keywords.set(name, value.clone());
    }
    let name = signature.split('(').next().unwrap_or(signature);
    let positional = Value::tuple(args.positional.clone());
    Some(Raise::call(hook.clone(), Args::positional(vec![Value::str(name), positional, Value::Dict(keywords)])))
}

/// The call of the prelude that writes a result into the tensors that the argument `out` names.
fn into_out(signature: &'static str, args: &Args) -> Option<Raise> {
    let (_, out) = args.keyword.iter().find(|(name, _)| **name == *"out")?;
    let keywords = Dict::new();
    for (name, value) in args.keyword.iter().filter(|(name, _)| **name != *"out") {
        keywords.set(name, value.clone());
    }
    let name = Value::str(signature.split('(').next().unwrap_or(signature));
    Some(Raise::prelude("_out", vec![name, Value::tuple(args.positional.clone()), Value::Dict(keywords), out.clone()]))
}
