//! Methods of dictionaries.

use super::constructors::fill;
use super::method;
use crate::value::{Dict, DictKind, Iterator, Key, Property, Value, View};
use crate::{Context, Raise};

pub fn install(context: &mut Context) {
    let class = context.types.dict.clone();
    method(&class, "__init__", |context, args| {
        let mut positional = args.positional.into_iter();
        let dict = positional.next().unwrap_or(Value::None);
        let source = positional.next();
        fill(context, own(&dict)?, source.as_ref(), args.keyword)?;
        Ok(Value::None)
    });
    method(&class, "keys", |_, args| {
        let [dict] = args.exactly("keys")?;
        Ok(Iterator::view(own(&dict)?, View::Keys))
    });
    method(&class, "values", |_, args| {
        let [dict] = args.exactly("values")?;
        Ok(Iterator::view(own(&dict)?, View::Values))
    });
    method(&class, "items", |_, args| {
        let [dict] = args.exactly("items")?;
        Ok(Iterator::view(own(&dict)?, View::Items))
    });
    method(&class, "get", |_, args| {
        let [dict, key, default] = args.bind("get", ["self", "key", "default"], 2)?;
        let (dict, key) = (dict.unwrap_or(Value::None), key.unwrap_or(Value::None));
        Ok(own(&dict)?.get(&Key::new(key)?).or(default).unwrap_or(Value::None))
    });
    method(&class, "setdefault", |_, args| {
        let [dict, key, default] = args.bind("setdefault", ["self", "key", "default"], 2)?;
        let (dict, key) = (dict.unwrap_or(Value::None), Key::new(key.unwrap_or(Value::None))?);
        let dict = own(&dict)?;
        if let Some(value) = dict.get(&key) {
            return Ok(value);
        }
        let value = default.unwrap_or(Value::None);
        dict.insert(key, value.clone());
        Ok(value)
    });
    method(&class, "pop", |_, args| {
        let [dict, key, default] = args.bind("pop", ["self", "key", "default"], 2)?;
        let (dict, key) = (dict.unwrap_or(Value::None), key.unwrap_or(Value::None));
        own(&dict)?.remove(&Key::new(key.clone())?).or(default).ok_or(Raise::key_error(key))
    });
    method(&class, "popitem", |_, args| {
        let mut args = args;
        let last = !matches!(args.take_keyword("last"), Some(Value::Bool(false)));
        let [dict] = args.exactly("popitem")?;
        let dict = own(&dict)?;
        let key = if last { dict.keys().pop() } else { dict.keys().into_iter().next() };
        let Some(key) = key else { return Err(Raise::key_error(Value::str("popitem(): dictionary is empty"))) };
        let value = dict.remove(&Key::new(key.clone())?).unwrap_or(Value::None);
        Ok(Value::tuple(vec![key, value]))
    });
    method(&class, "update", |context, args| {
        let mut positional = args.positional.into_iter();
        let dict = positional.next().unwrap_or(Value::None);
        let source = positional.next();
        let own = own(&dict)?;
        if let (DictKind::Counter, Some(source)) = (&own.kind, &source) {
            super::containers::count(context, own, Some(source), args.keyword, 1)?;
            return Ok(Value::None);
        }
        match fill(context, own, source.as_ref(), args.keyword) {
            Err(raise) if raise.wants_prelude() => Err(Raise::prelude("_update", vec![dict.clone(), source.unwrap_or(Value::None)])),
            other => other.map(|()| Value::None),
        }
    });
    method(&class, "clear", |_, args| {
        let [dict] = args.exactly("clear")?;
        own(&dict)?.clear();
        Ok(Value::None)
    });
    method(&class, "copy", |_, args| {
        let [dict] = args.exactly("copy")?;
        let dict = own(&dict)?;
        let copy = Dict::of_kind(match &dict.kind {
            DictKind::Plain => DictKind::Plain,
            DictKind::Ordered => DictKind::Ordered,
            DictKind::Counter => DictKind::Counter,
            DictKind::Default(factory) => DictKind::Default(factory.clone()),
        });
        copy.update(&dict);
        Ok(Value::Dict(copy))
    });
    let from_keys = Value::native("fromkeys", |context, args| {
        let [keys, value] = args.bind("fromkeys", ["iterable", "value"], 1)?;
        let value = value.unwrap_or(Value::None);
        let dict = Dict::new();
        for key in context.items(&keys.unwrap_or(Value::None))? {
            dict.insert(Key::new(key)?, value.clone());
        }
        Ok(Value::Dict(dict))
    });
    class.attributes.set_text("fromkeys", Value::Property(std::rc::Rc::new(Property::Static(from_keys))));
    method(&context.types.ordered_dict, "move_to_end", |_, args| {
        let [dict, key, last] = args.bind("move_to_end", ["self", "key", "last"], 2)?;
        let (dict, key) = (dict.unwrap_or(Value::None), key.unwrap_or(Value::None));
        let dict = own(&dict)?;
        let entry = Key::new(key.clone())?;
        let value = dict.remove(&entry).ok_or(Raise::key_error(key))?;
        if matches!(last, Some(Value::Bool(false))) {
            let rest = dict.pairs();
            dict.clear();
            dict.insert(entry, value);
            for (key, value) in rest {
                dict.insert(Key::new(key)?, value);
            }
        } else {
            dict.insert(entry, value);
        }
        Ok(Value::None)
    });
}

fn own(dict: &Value) -> Result<&std::rc::Rc<Dict>, Raise> {
    match dict {
        Value::Dict(dict) => Ok(dict),
        other => Err(Raise::type_error(format!("descriptor requires a 'dict' object but received a '{}'", other.type_name()))),
    }
}
