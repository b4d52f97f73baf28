//! Methods of lists and tuples.

use super::method;
use super::sequences;
use crate::machine::items;
use crate::value::{Args, Equality, List, TupleKind, Value, equal, heap};
use crate::{Context, Raise};

pub fn install(context: &mut Context) {
    let class = context.types.list.clone();
    class.attributes.set_text("append", Value::Native(crate::value::Native::lazy("append", |_, args| {
        let [list, value] = args.exactly("list.append")?;
        own(&list)?.items.borrow_mut().push(value);
        Ok(Value::None)
    })));
    method(&class, "__init__", |context, args| {
        let mut args = args.positional.into_iter();
        let list = args.next().unwrap_or(Value::None);
        let values = args.next().map_or(Ok(Vec::new()), |values| context.items(&values))?;
        let list = own(&list)?;
        let mut items = list.items.borrow_mut();
        items.clear();
        items.extend(values);
        items.recount();
        Ok(Value::None)
    });
    method(&class, "extend", |context, args| {
        let [list, values] = args.exactly("list.extend")?;
        let values = context.items(&values)?;
        context.reserve(values.len() * heap::VALUE_BYTES)?;
        let list = own(&list)?;
        let mut items = list.items.borrow_mut();
        items.extend(values);
        items.recount();
        Ok(Value::None)
    });
    class.attributes.set_text("insert", Value::Native(crate::value::Native::lazy("insert", |context, args| {
        let [list, position, value] = args.exactly("insert")?;
        let list = own(&list)?;
        let length = list.items.borrow().len() as i64;
        let position = items::integer(context, &position)?.unwrap_or(0);
        let position = if position < 0 { (position + length).max(0) } else { position.min(length) };
        let mut items = list.items.borrow_mut();
        items.insert(position as usize, value);
        items.recount();
        Ok(Value::None)
    })));
    method(&class, "pop", |context, args| {
        let [list, position] = args.bind("pop", ["self", "index"], 1)?;
        let list = list.unwrap_or(Value::None);
        let list = own(&list)?;
        let length = list.items.borrow().len();
        if length == 0 {
            return Err(Raise::index_error("pop from empty list"));
        }
        let position = match position {
            None => length - 1,
            Some(position) => items::index(context, &position, length, "pop")
                .map_err(|raise| raise.reworded(crate::ErrorKind::IndexError, "pop index out of range"))?,
        };
        let value = list.items.borrow_mut().remove(position);
        Ok(value)
    });
    method(&class, "remove", |context, args| {
        let [list, value] = args.exactly("list.remove")?;
        match position(context, &list, &value)? {
            Some(position) => {
                let removed = own(&list)?.items.borrow_mut().remove(position);
                drop(removed);
                Ok(Value::None)
            }
            None => Err(Raise::value_error("list.remove(x): x not in list")),
        }
    });
    method(&class, "clear", |_, args| {
        let [list] = args.exactly("clear")?;
        let old: Vec<Value> = own(&list)?.items.borrow_mut().drain(..).collect();
        heap::bury(old);
        Ok(Value::None)
    });
    method(&class, "reverse", |_, args| {
        let [list] = args.exactly("reverse")?;
        own(&list)?.items.borrow_mut().reverse();
        Ok(Value::None)
    });
    method(&class, "copy", |_, args| {
        let [list] = args.exactly("copy")?;
        Ok(Value::List(List::new(list.as_sequence().unwrap_or_default())))
    });
    method(&class, "sort", |context, mut args| {
        let (key, reverse) = (args.take_keyword("key"), args.take_keyword("reverse"));
        let [list] = args.exactly("sort")?;
        let copy = Value::list(list.as_sequence().unwrap_or_default());
        match sequences::sort(context, copy, key.clone(), reverse.clone()) {
            Ok(Value::List(sorted)) => {
                let sorted = sorted.items.borrow().to_vec();
                let mut items = own(&list)?.items.borrow_mut();
                for (place, value) in items.iter_mut().zip(sorted) {
                    *place = value;
                }
                Ok(Value::None)
            }
            Err(raise) if raise.wants_prelude() => {
                let part = |value: Option<Value>| value.unwrap_or(Value::None);
                Err(Raise::prelude("_sort", vec![list, part(key), part(reverse)]))
            }
            other => other,
        }
    });
    for class in [&context.types.list, &context.types.tuple] {
        method(class, "index", |context, args| {
            let [list, value, start] = args.bind("index", ["self", "value", "start"], 2)?;
            let (list, value) = (list.unwrap_or(Value::None), value.unwrap_or(Value::None));
            let start = start.as_ref().and_then(Value::as_int).unwrap_or(0).max(0) as usize;
            let rest = Value::list(list.as_sequence().unwrap_or_default().into_iter().skip(start).collect());
            match position(context, &rest, &value)? {
                Some(position) => Ok(Value::Int((position + start) as i64)),
                None if matches!(list, Value::Tuple(_)) => Err(Raise::value_error("tuple.index(x): x not in tuple")),
                None => {
                    let text = if crate::value::needs_python(&value) { value.type_name() } else { crate::value::repr(context, &value)? };
                    Err(Raise::value_error(format!("{text} is not in list")))
                }
            }
        });
        method(class, "count", |context, args| {
            let [list, value] = args.exactly("count")?;
            let mut count = 0;
            for item in list.as_sequence().unwrap_or_default() {
                count += i64::from(equal(context, &item, &value)? == Equality::Equal);
            }
            Ok(Value::Int(count))
        });
    }
    method(&context.types.size, "numel", |_, args| {
        let [size] = args.exactly("numel")?;
        Ok(Value::Int(size.as_sequence().unwrap_or_default().iter().filter_map(Value::as_int).product()))
    });
    named_tuples(context);
}

fn named_tuples(context: &Context) {
    let class = &context.types.tuple;
    method(class, "_asdict", |_, args| {
        let [tuple] = args.exactly("_asdict")?;
        let dict = crate::value::Dict::new();
        if let Value::Tuple(tuple) = &tuple
            && let TupleKind::Named(kind) = &tuple.kind
        {
            for (field, value) in kind.fields.iter().zip(tuple.items.iter()) {
                dict.set(field, value.clone());
            }
        }
        Ok(Value::Dict(dict))
    });
    method(class, "_replace", |_, args| {
        let Args { positional, keyword } = args;
        let Some(Value::Tuple(tuple)) = positional.first() else { return Ok(Value::None) };
        let TupleKind::Named(kind) = &tuple.kind else { return Err(Raise::attribute_error("'tuple' object has no attribute '_replace'")) };
        let mut items = tuple.items.to_vec();
        for (name, value) in keyword {
            match kind.fields.iter().position(|field| *field == name) {
                Some(position) => items[position] = value,
                None => return Err(Raise::value_error(format!("Got unexpected field names: ['{name}']"))),
            }
        }
        Ok(Value::named_tuple(kind, items))
    });
}

fn own(list: &Value) -> Result<&List, Raise> {
    match list {
        Value::List(list) => Ok(list),
        other => Err(Raise::type_error(format!("descriptor requires a 'list' object but received a '{}'", other.type_name()))),
    }
}

fn position(context: &mut Context, list: &Value, value: &Value) -> Result<Option<usize>, Raise> {
    for (position, item) in list.as_sequence().unwrap_or_default().iter().enumerate() {
        match equal(context, item, value)? {
            Equality::Equal => return Ok(Some(position)),
            Equality::Different => {}
            Equality::AskPython => {
                return Err(Raise::type_error("searching by a class's own __eq__ is outside the subset: use a loop"));
            }
        }
    }
    Ok(None)
}
