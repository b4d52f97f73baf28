//! The built-in types as functions: `int(x)`, `list(x)`, `range(n)` ….

use std::rc::Rc;

use super::maker;
use crate::machine::items;
use crate::machine::classes::{check_base, make_class};
use crate::machine::operate;
use crate::value::{
    Args, Big, ClassKind, Dict, DictKind, Key, Method, Native, NativeFunction, Property, Range, Set, Slice, Super, Tuple, TupleKind, Value,
    needs_python, str_text,
};
use crate::{Context, ErrorKind, Raise, torch};

pub fn install(context: &mut Context) {
    let types = &context.types;
    let eager: [(_, _, NativeFunction); 12] = [
        (&types.int, "int", int),
        (&types.list, "list", list),
        (&types.tuple, "tuple", tuple),
        (&types.dict, "dict", dict),
        (&types.ordered_dict, "OrderedDict", ordered_dict),
        (&types.default_dict, "defaultdict", default_dict),
        (&types.counter, "Counter", counter),
        (&types.set, "set", set),
        (&types.frozenset, "frozenset", frozenset),
        (&types.range, "range", range),
        (&types.slice, "slice", slice),
        (&types.size, "Size", size),
    ];
    for (class, name, call) in eager {
        maker(class, Native::new(name, call));
    }
    let lazy: [(_, _, NativeFunction); 8] = [
        (&types.float, "float", float),
        (&types.bool_, "bool", bool_),
        (&types.str, "str", str_),
        (&types.type_, "type", type_),
        (&types.property, "property", property),
        (&types.method, "method", |_, args| {
            let [function, receiver] = args.exactly("method")?;
            Ok(Value::Method(Rc::new(Method { receiver, function })))
        }),
        (&types.staticmethod, "staticmethod", |_, args| {
            let [function] = args.exactly("staticmethod")?;
            Ok(Value::Property(Rc::new(Property::Static(function))))
        }),
        (&types.classmethod, "classmethod", |_, args| {
            let [function] = args.exactly("classmethod")?;
            Ok(Value::Property(Rc::new(Property::Class(function))))
        }),
    ];
    for (class, name, call) in lazy {
        maker(class, Native::lazy(name, call));
    }
    maker(&types.object, Native::lazy("object", |context, _| {
        let instance = crate::value::Instance::new(&context.types.object);
        Ok(Value::Instance(instance))
    }));
    let named = [
        &types.int, &types.float, &types.bool_, &types.str, &types.list, &types.tuple, &types.dict, &types.set,
        &types.frozenset, &types.range, &types.slice, &types.type_, &types.object, &types.property, &types.staticmethod,
        &types.classmethod,
    ];
    for class in named {
        context.builtins.set(&class.name, Value::Class(class.clone()));
    }
    context.lazy_builtin("super", super_);
}

fn int(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value, base] = args.bind("int", ["x", "base"], 0)?;
    let Some(value) = value else { return Ok(Value::Int(0)) };
    match &value {
        Value::Int(_) | Value::Bool(_) => Ok(Value::Int(value.as_int().unwrap_or(0))),
        Value::Float(x) if x.is_nan() => Err(Raise::value_error("cannot convert float NaN to integer")),
        Value::Float(x) if x.is_infinite() => {
            Err(Raise::error(ErrorKind::OverflowError, "cannot convert float infinity to integer"))
        }
        Value::Float(x) if x.abs() < 9.2e18 => Ok(Value::Int(x.trunc() as i64)),
        Value::Float(x) => Big::from_f64(*x).value(),
        Value::Big(_) => Ok(value),
        Value::Str(text) => {
            let base = base.as_ref().and_then(Value::as_int).unwrap_or(10);
            let invalid = || {
                let quoted = crate::format::str_repr(text);
                Raise::value_error(format!("invalid literal for int() with base {base}: {quoted}"))
            };
            if base != 0 && !(2..=36).contains(&base) {
                return Err(Raise::value_error("int() base must be >= 2 and <= 36, or 0"));
            }
            let digits = text.trim().replace('_', "").to_lowercase();
            let unsigned = digits.trim_start_matches(['-', '+']);
            let prefixes = [("0x", 16), ("0o", 8), ("0b", 2)];
            let (prefix, base) = match prefixes.iter().find(|(prefix, of)| (base == 0 || base == *of) && unsigned.starts_with(prefix)) {
                Some(found) => *found,
                None => ("", if base == 0 { 10 } else { base }),
            };
            let digits = match digits.strip_prefix('-') {
                Some(rest) => format!("-{}", rest.strip_prefix(prefix).unwrap_or(rest)),
                None => digits.strip_prefix(prefix).unwrap_or(&digits).to_string(),
            };
            match Big::parse(&digits, base as u32) {
                Some(big) => big?.value(),
                None => Err(invalid()),
            }
        }
        Value::Tensor(tensor) => {
            let item = torch::item(context, tensor)?;
            int(context, Args::positional(vec![item]))
        }
        Value::Instance(instance) => match instance.class_attribute("__int__").or(instance.class_attribute("__index__")) {
            Some(method) => Err(Raise::call(method, Args::positional(vec![value.clone()]))),
            None => Err(not_a_number("int", &value, "a string, a bytes-like object or a real number")),
        },
        _ => Err(not_a_number("int", &value, "a string, a bytes-like object or a real number")),
    }
}

fn not_a_number(function: &str, value: &Value, needed: &str) -> Raise {
    Raise::type_error(format!("{function}() argument must be {needed}, not '{}'", value.type_name()))
}

fn float(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value] = args.bind("float", ["x"], 0)?;
    let Some(value) = value else { return Ok(Value::Float(0.0)) };
    match &value {
        Value::Str(text) => {
            let invalid = || {
                let quoted = crate::format::str_repr(text);
                Raise::value_error(format!("could not convert string to float: {quoted}"))
            };
            let digits = text.trim().replace('_', "").to_lowercase();
            let plain = digits.trim_start_matches(['+', '-']);
            let known = ["inf", "infinity", "nan"].contains(&plain) || plain.starts_with(|c: char| c.is_ascii_digit() || c == '.');
            if !known {
                return Err(invalid());
            }
            digits.parse().map(Value::Float).map_err(|_| invalid())
        }
        Value::Tensor(tensor) => {
            let item = torch::item(context, tensor)?;
            Ok(item.as_float().map_or(item, Value::Float))
        }
        Value::Instance(instance) => match instance.class_attribute("__float__") {
            Some(method) => Err(Raise::call(method, Args::positional(vec![value.clone()]))),
            None => Err(not_a_number("float", &value, "a string or a real number")),
        },
        _ => match value.as_float() {
            Some(x) => Ok(Value::Float(x)),
            None => Err(not_a_number("float", &value, "a string or a real number")),
        },
    }
}

fn bool_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value] = args.bind("bool", ["x"], 0)?;
    match value {
        None => Ok(Value::Bool(false)),
        Some(value @ Value::Instance(_)) => Err(Raise::prelude("_truth", vec![value])),
        Some(value) => operate::truth(context, &value).map(Value::Bool),
    }
}

fn str_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value, encoding, errors] = args.bind("str", ["object", "encoding", "errors"], 0)?;
    let Some(value) = value else { return Ok(Value::str("")) };
    if let (Value::Bytes(bytes), true) = (&value, encoding.is_some() || errors.is_some()) {
        return super::bytes::decode(context, bytes, &encoding, &errors).map(Value::str);
    }
    if needs_python(&value) {
        return Err(Raise::prelude("_str", vec![value]));
    }
    if let Value::Str(_) = value {
        return Ok(value);
    }
    str_text(context, &value).map(Value::str)
}

fn list(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value] = args.bind("list", ["iterable"], 0)?;
    Ok(Value::list(match value {
        Some(value) => context.items(&value)?,
        None => Vec::new(),
    }))
}

fn tuple(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value] = args.bind("tuple", ["iterable"], 0)?;
    Ok(Value::tuple(match value {
        Some(value) => context.items(&value)?,
        None => Vec::new(),
    }))
}

fn size(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value] = args.bind("Size", ["iterable"], 0)?;
    let items = match value {
        Some(value) => context.items(&value)?,
        None => Vec::new(),
    };
    Ok(Value::Tuple(Tuple::new(items, TupleKind::Size)))
}

/// Adds the entries of a mapping, or of an iterable of pairs, and the keyword arguments.
pub fn fill(context: &mut Context, dict: &Dict, source: Option<&Value>, keyword: Vec<(Rc<str>, Value)>) -> Result<(), Raise> {
    match source {
        None => {}
        Some(Value::Dict(other)) => dict.update(other),
        Some(value @ Value::Instance(instance)) if instance.class_attribute("keys").is_some() => {
            return Err(Raise::prelude("_mapping", vec![value.clone()]));
        }
        Some(value) => {
            for (position, pair) in context.items(value)?.into_iter().enumerate() {
                let pair = context.items(&pair).map_err(|_| {
                    Raise::type_error(format!("cannot convert dictionary update sequence element #{position} to a sequence"))
                })?;
                let length = pair.len();
                let Ok([key, value]) = <[Value; 2]>::try_from(pair) else {
                    return Err(Raise::value_error(format!(
                        "dictionary update sequence element #{position} has length {length}; 2 is required"
                    )));
                };
                dict.insert(Key::new(key)?, value);
            }
        }
    }
    for (name, value) in keyword {
        dict.set(&name, value);
    }
    Ok(())
}

fn make_dict(context: &mut Context, args: Args, name: &str, kind: DictKind) -> Result<Value, Raise> {
    if args.positional.len() > 1 {
        return Err(Raise::type_error(format!("{name} expected at most 1 argument, got {}", args.positional.len())));
    }
    let dict = Dict::of_kind(kind);
    fill(context, &dict, args.positional.first(), args.keyword)?;
    Ok(Value::Dict(dict))
}

fn dict(context: &mut Context, args: Args) -> Result<Value, Raise> {
    make_dict(context, args, "dict", DictKind::Plain)
}

fn ordered_dict(context: &mut Context, args: Args) -> Result<Value, Raise> {
    make_dict(context, args, "OrderedDict", DictKind::Ordered)
}

fn default_dict(context: &mut Context, mut args: Args) -> Result<Value, Raise> {
    let factory = if args.positional.is_empty() { Value::None } else { args.positional.remove(0) };
    make_dict(context, args, "defaultdict", DictKind::Default(factory))
}

fn counter(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let dict = Dict::of_kind(DictKind::Counter);
    super::containers::count(context, &dict, args.positional.first(), args.keyword, 1)?;
    Ok(Value::Dict(dict))
}

fn set(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value] = args.bind("set", ["iterable"], 0)?;
    let items = value.map_or(Ok(Vec::new()), |value| context.items(&value))?;
    Ok(Value::Set(Set::new(items, false)?))
}

fn frozenset(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value] = args.bind("frozenset", ["iterable"], 0)?;
    let items = value.map_or(Ok(Vec::new()), |value| context.items(&value))?;
    Ok(Value::Set(Set::new(items, true)?))
}

fn range(context: &mut Context, args: Args) -> Result<Value, Raise> {
    args.no_keywords("range")?;
    let mut parts = Vec::new();
    for value in &args.positional {
        let part = items::integer(context, value)?;
        parts.push(part.ok_or_else(|| {
            Raise::type_error(format!("'{}' object cannot be interpreted as an integer", value.type_name()))
        })?);
    }
    let (start, stop, step) = match parts.as_slice() {
        [stop] => (0, *stop, 1),
        [start, stop] => (*start, *stop, 1),
        [start, stop, step] => (*start, *stop, *step),
        [] => return Err(Raise::type_error("range expected at least 1 argument, got 0")),
        more => return Err(Raise::type_error(format!("range expected at most 3 arguments, got {}", more.len()))),
    };
    if step == 0 {
        return Err(Raise::value_error("range() arg 3 must not be zero"));
    }
    Ok(Value::Range(Rc::new(Range { start, stop, step })))
}

fn slice(_: &mut Context, args: Args) -> Result<Value, Raise> {
    let parts = args.positional;
    let get = |i: usize| parts.get(i).cloned().unwrap_or(Value::None);
    let slice = match parts.len() {
        1 => Slice { start: Value::None, stop: get(0), step: Value::None },
        2 | 3 => Slice { start: get(0), stop: get(1), step: get(2) },
        n => return Err(Raise::type_error(format!("slice expected 1 to 3 arguments, got {n}"))),
    };
    Ok(Value::Slice(Rc::new(slice)))
}

fn type_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    if args.positional.len() == 3 {
        let [name, bases, namespace] = args.exactly("type")?;
        let (Value::Str(name), Value::Dict(namespace)) = (&name, &namespace) else {
            return Err(Raise::type_error("type() needs a name, a tuple of bases and a dictionary"));
        };
        return new_class(context, name, bases.as_sequence().unwrap_or_default(), namespace);
    }
    let [value] = args.exactly("type")?;
    Ok(Value::Class(context.types.of(&value)))
}

/// `type(name, bases, dict)`
fn new_class(context: &mut Context, name: &str, bases: Vec<Value>, namespace: &Dict) -> Result<Value, Raise> {
    let mut classes = Vec::new();
    for base in bases {
        let Value::Class(base) = base else { return Err(Raise::type_error("type.__new__() argument 2 must be a tuple of types")) };
        check_base(context, &base)?;
        classes.push(base);
    }
    if classes.is_empty() {
        classes.push(context.types.object.clone());
    }
    let attributes = Dict::new();
    attributes.update(&namespace);
    let class = Value::Class(make_class(context, name, classes, attributes.clone())?);
    let named = attributes.pairs().into_iter().filter(|(_, value)| value.special("__set_name__").is_some());
    let named = named.map(|(name, value)| Value::tuple(vec![value, name])).collect();
    Err(Raise::prelude("_name_descriptors", vec![class, Value::list(named)]))
}

fn property(_: &mut Context, args: Args) -> Result<Value, Raise> {
    let [get, set, delete, _doc] = args.bind("property", ["fget", "fset", "fdel", "doc"], 0)?;
    let part = |value: Option<Value>| value.unwrap_or(Value::None);
    Ok(Value::Property(Rc::new(Property::Property { get: part(get), set: part(set), delete: part(delete) })))
}

fn super_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let mut positional = args.positional.into_iter();
    let (Some(Value::Class(class)), Some(receiver)) = (positional.next(), positional.next()) else {
        return Err(Raise::runtime_error("super(): no arguments"));
    };
    let of = match &receiver {
        Value::Class(class) => class.clone(),
        other => context.types.of(other),
    };
    if !of.is_subclass_of(&class) {
        return Err(Raise::type_error("super(type, obj): obj must be an instance or subtype of type"));
    }
    debug_assert!(!matches!(class.kind, ClassKind::NamedTuple(_)));
    Ok(Value::Super(Rc::new(Super { class, receiver })))
}
