//! `print`, `len`, `repr`, `isinstance` and the other plain functions.

use std::rc::Rc;

use crate::machine::{attribute, operate, recursion_error};
use crate::value::{Args, Class, Key, Value, identical, needs_python, repr, sorted_by, str_text};
use crate::{Cause, Context, ErrorKind, Question, Raise, torch};

/// How deep tuples of classes may nest.
const MAX_DEPTH: usize = 100;

pub fn install(context: &mut Context) {
    context.lazy_builtin("print", print);
    context.lazy_builtin("len", len);
    context.lazy_builtin("repr", repr_);
    context.lazy_builtin("isinstance", |context, args| {
        let [value, class] = args.exactly("isinstance")?;
        let of = context.types.of(&value);
        is_subclass(&of, &class, "isinstance() arg 2 must be a type, a tuple of types, or a union").map(Value::Bool)
    });
    context.lazy_builtin("issubclass", |_, args| {
        let [of, class] = args.exactly("issubclass")?;
        let Value::Class(of) = of else { return Err(Raise::type_error("issubclass() arg 1 must be a class")) };
        is_subclass(&of, &class, "issubclass() arg 2 must be a class, a tuple of classes, or a union").map(Value::Bool)
    });
    context.lazy_builtin("callable", |_, args| {
        let [value] = args.exactly("callable")?;
        Ok(Value::Bool(match &value {
            Value::Function(_) | Value::Native(_) | Value::Method(_) | Value::Class(_) => true,
            Value::Instance(instance) => instance.class_attribute("__call__").is_some(),
            _ => false,
        }))
    });
    context.lazy_builtin("id", |_, args| {
        let [value] = args.exactly("id")?;
        Ok(Value::Int(identity(&value)))
    });
    context.lazy_builtin("hash", |_, args| {
        let [value] = args.exactly("hash")?;
        if let Some(method @ Value::Function(_)) = value.special("__hash__") {
            return Err(Raise::call(method, Args::positional(vec![value])));
        }
        match value.as_int() {
            Some(n) => Ok(Value::Int(n)),
            None => Ok(Value::Int((Key::new(value)?.hash >> 2) as i64)),
        }
    });
    context.lazy_builtin("hasattr", |context, args| {
        let [object, name] = args.exactly("hasattr")?;
        let text = attribute_name(&name, "hasattr")?;
        match attribute::get(context, &object, &text) {
            Ok(_) => Ok(Value::Bool(true)),
            Err(raise) if raise.is(ErrorKind::AttributeError) => Ok(Value::Bool(false)),
            Err(raise) if raise.wants_call() || raise.wants_prelude() => Err(Raise::prelude("_hasattr", vec![object, name])),
            Err(raise) => Err(raise),
        }
    });
    context.lazy_builtin("getattr", |context, args| {
        let [object, name, default] = args.bind("getattr", ["object", "name", "default"], 2)?;
        let (object, name) = (object.unwrap_or(Value::None), name.unwrap_or(Value::None));
        let text = attribute_name(&name, "getattr")?;
        match (attribute::get(context, &object, &text), default) {
            (Err(raise), Some(default)) if raise.is(ErrorKind::AttributeError) => Ok(default),
            (Err(raise), Some(default)) if raise.wants_call() || raise.wants_prelude() => Err(Raise::prelude("_getattr", vec![object, name, default])),
            (found, _) => found,
        }
    });
    // What a `match` statement calls: see `syntax/matching.rs`.
    context.lazy_builtin(".match", |_, args| Err(Raise::prelude("_match", args.positional)));
    context.helper("_get_attribute", |context, args| {
        let [object, name] = args.exactly("getattr")?;
        attribute::get(context, &object, name.as_str().unwrap_or_default())
    });
    context.lazy_builtin("setattr", |context, args| {
        let [object, name, value] = args.exactly("setattr")?;
        let name = attribute_name(&name, "setattr")?;
        attribute::set(context, &object, &name, value).map(|()| Value::None)
    });
    context.lazy_builtin("delattr", |context, args| {
        let [object, name] = args.exactly("delattr")?;
        let name = attribute_name(&name, "delattr")?;
        attribute::delete(context, &object, &name).map(|()| Value::None)
    });
    context.lazy_builtin("globals", |_, args| args.exactly("globals").and_then(|[]| Err(Cause::Ask(Question::Globals).into())));
    context.lazy_builtin("locals", |_, args| args.exactly("locals").and_then(|[]| Err(Cause::Ask(Question::Locals).into())));
    context.helper("_handled", |_, _| Err(Cause::Ask(Question::Handled).into()));
    macro_rules! refused {
        ($($name:literal $instead:literal),*) => {
            $(context.builtin($name, |_, _| {
                let message = concat!($name, "() is outside the subset: ", $instead);
                Err(Raise::error(ErrorKind::NotImplementedError, message))
            });)*
        };
    }
    refused!(
        "eval" "write the expression into the program",
        "exec" "write the statements into the program",
        "compile" "write the code into the program",
        "__import__" "use import, or importlib.import_module"
    );
    context.lazy_builtin("vars", |context, args| {
        if args.positional.is_empty() {
            return Err(Cause::Ask(Question::Locals).into());
        }
        let [object] = args.exactly("vars")?;
        if let Some(instance) = object.instance() {
            return Ok(Value::Dict(instance.attributes().clone()));
        }
        attribute::get(context, &object, "__dict__")
            .map_err(|_| Raise::type_error("vars() argument must have __dict__ attribute"))
    });
    context.lazy_builtin("dir", |context, args| {
        let [object] = args.exactly("dir")?;
        let class = context.types.of(&object);
        let mut names: Vec<Value> = class.attributes.keys();
        names.extend(class.ancestors.iter().flat_map(|a| a.attributes.keys()));
        if let Ok(Value::Dict(own)) = attribute::get(context, &object, "__dict__") {
            names.extend(own.keys());
        }
        let names: Vec<Rc<str>> = names.into_iter().filter_map(|n| if let Value::Str(n) = n { Some(n) } else { None }).collect();
        let mut names = sorted_by(names, &Ord::cmp);
        names.dedup();
        Ok(Value::list(names.into_iter().map(Value::Str).collect()))
    });
    context.builtin("input", |_, _| {
        Err(Raise::error(ErrorKind::EOFError, "input() is outside the subset: write the value into the program"))
    });
    context.helper("_write", |context, args| {
        let [text] = args.exactly("_write")?;
        context.stdout.push_str(text.as_str().unwrap_or_default());
        Ok(Value::None)
    });
    context.helper("_stdout", |context, _| {
        Ok(context.sys.as_ref().and_then(|sys| sys.get_text("stdout")).unwrap_or(Value::None))
    });
    context.helper("_plain_repr", |context, args| {
        let [value] = args.exactly("repr")?;
        repr(context, &value).map(Value::str)
    });
    context.helper("_plain_str", |context, args| {
        let [value] = args.exactly("str")?;
        str_text(context, &value).map(Value::str)
    });
    context.helper("_needs_python", |_, args| {
        let [value] = args.exactly("_needs_python")?;
        Ok(Value::Bool(needs_python(&value)))
    });
    context.helper("_plain_equal", |context, args| {
        let [a, b] = args.exactly("_plain_equal")?;
        operate::compare(context, crate::machine::CompareOperator::Equal, &a, &b)
    });
    context.helper("_frame", |_, args| {
        let [below] = args.exactly("_frame")?;
        let below = below.as_int().and_then(|below| usize::try_from(below).ok()).unwrap_or(usize::MAX);
        Err(Cause::Ask(Question::Frame { below }).into())
    });
    // Names, kinds and defaults, as `inspect` orders them; nothing of what is written in Rust.
    context.helper("_parameters", |_, args| {
        let [function] = args.exactly("signature")?;
        let Value::Function(function) = function else { return Ok(Value::None) };
        let names = &function.code.parameters;
        let mut found = Vec::new();
        let mut add = |name: &Rc<str>, kind, default: Option<&Value>| {
            let parts = [Value::Str(name.clone()), Value::Int(kind)].into_iter().chain(default.cloned());
            found.push(Value::tuple(parts.collect()));
        };
        let without_default = names.positional.len().saturating_sub(function.defaults.len());
        for (position, name) in names.positional.iter().enumerate() {
            let default = position.checked_sub(without_default).and_then(|position| function.defaults.get(position));
            add(name, i64::from(position >= names.positional_only), default);
        }
        let mut others = function.code.locals.iter().skip(names.positional.len() + names.keyword_only.len());
        if names.rest && let Some(name) = others.next() {
            add(name, 2, None);
        }
        for name in &names.keyword_only {
            let default = function.keyword_defaults.iter().find(|(of, _)| of == name).map(|(_, default)| default);
            add(name, 3, default);
        }
        if names.keywords && let Some(name) = others.next() {
            add(name, 4, None);
        }
        Ok(Value::list(found))
    });
    // Functions of the prelude that programs see too.
    context.helper("_publish", |context, args| {
        for function in args.positional {
            if let Value::Function(f) = &function {
                context.builtins.set(&f.code.name, function.clone());
            }
        }
        Ok(Value::None)
    });
}

fn attribute_name(name: &Value, function: &str) -> Result<Rc<str>, Raise> {
    match name {
        Value::Str(name) => Ok(name.clone()),
        _ => Err(Raise::type_error(format!("{function}(): attribute name must be string"))),
    }
}

/// Whether `of` derives from the class, or from one of a tuple of classes.
pub fn is_subclass(of: &Rc<Class>, class: &Value, refusal: &str) -> Result<bool, Raise> {
    is_subclass_at(of, class, refusal, 0)
}

fn is_subclass_at(of: &Rc<Class>, class: &Value, refusal: &str, depth: usize) -> Result<bool, Raise> {
    if depth > MAX_DEPTH {
        return Err(recursion_error(" in __instancecheck__"));
    }
    match class {
        Value::Class(class) => {
            // Members of an enumeration of numbers or texts are such numbers or texts.
            let poses = |of: &Class| matches!(of.lookup("_poses_as"), Some(Value::Class(posed)) if Rc::ptr_eq(&posed, class));
            Ok(of.is_subclass_of(class) || poses(of))
        }
        Value::Tuple(classes) => {
            for class in classes.items.iter() {
                if is_subclass_at(of, class, refusal, depth + 1)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        Value::None => Ok(&*of.name == "NoneType"),
        // Of `typing`: a union, or a form that stands for classes and for all that have a method.
        Value::Instance(form) => match (form.attributes().get_text("_kinds"), form.attributes().get_text("_method")) {
            (Some(kinds), Some(Value::Str(method))) => Ok(of.lookup(&method).is_some() || is_subclass_at(of, &kinds, refusal, depth + 1)?),
            _ => Err(Raise::type_error(refusal)),
        },
        _ => Err(Raise::type_error(refusal)),
    }
}

fn identity(value: &Value) -> i64 {
    let hash = match value {
        Value::List(list) => Rc::as_ptr(list) as usize as u64,
        Value::Dict(dict) => Rc::as_ptr(dict) as usize as u64,
        Value::Set(set) => Rc::as_ptr(set) as usize as u64,
        Value::Tuple(tuple) => Rc::as_ptr(tuple) as usize as u64,
        other => Key::new(other.clone()).map_or(0, |key| key.hash),
    };
    debug_assert!(identical(value, value) || matches!(value, Value::Float(_)));
    (hash >> 2) as i64
}

fn print(context: &mut Context, mut args: Args) -> Result<Value, Raise> {
    let has_file = args.keyword.iter().any(|(name, file)| &**name == "file" && !file.is_none());
    let stream = |name| context.sys.as_ref().and_then(|sys| sys.get_text(name)).unwrap_or(Value::None);
    let is_redirected = context.sys.is_some() && !identical(&stream("stdout"), &stream("__stdout__"));
    if has_file || is_redirected || args.positional.iter().any(needs_python) {
        let callee = context.prelude.get_text("_print").unwrap_or(Value::None);
        return Err(Raise::call(callee, args));
    }
    let mut part = |name: &str, default: &'static str| match args.take_keyword(name) {
        None | Some(Value::None) => Ok(default.to_string()),
        Some(Value::Str(text)) => Ok(text.to_string()),
        Some(other) => Err(Raise::type_error(format!("{name} must be None or a string, not {}", other.type_name()))),
    };
    let (separator, end) = (part("sep", " ")?, part("end", "\n")?);
    for ignored in ["file", "flush"] {
        args.take_keyword(ignored);
    }
    if let Some((name, _)) = args.keyword.first() {
        return Err(Raise::type_error(format!("'{name}' is an invalid keyword argument for print()")));
    }
    // Everything is written out before anything is printed: a value may first have to be read.
    let mut text = String::new();
    for (index, value) in args.positional.iter().enumerate() {
        if index > 0 {
            text.push_str(&separator);
        }
        text.push_str(&str_text(context, value)?);
    }
    text.push_str(&end);
    context.stdout.push_str(&text);
    Ok(Value::None)
}

fn len(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value] = args.exactly("len")?;
    if let Some(method) = value.special("__len__") {
        return Err(Raise::call(method, Args::positional(vec![value])));
    }
    let length = match &value {
        Value::Class(class) if class.members().is_some() => {
            class.members().and_then(|members| members.as_sequence()).unwrap_or_default().len()
        }
        Value::Str(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.items.borrow().len(),
        Value::Tuple(tuple) => tuple.items.len(),
        Value::Dict(dict) => dict.len(),
        Value::Set(set) => set.len(),
        Value::Range(range) => range.length() as usize,
        Value::Tensor(tensor) => torch::length(context, tensor)?,
        Value::Iterator(iterator) if iterator.as_view().is_some() => iterator.as_view().map_or(0, |(dict, _)| dict.len()),
        _ => return Err(Raise::type_error(format!("object of type '{}' has no len()", value.type_name()))),
    };
    Ok(Value::Int(length as i64))
}

fn repr_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [value] = args.exactly("repr")?;
    if needs_python(&value) {
        return Err(Raise::prelude("_repr", vec![value]));
    }
    repr(context, &value).map(Value::str)
}

