//! Methods of sets, counters and named tuples, and operators in place.

use std::rc::Rc;

use super::method;
use crate::machine::{BinaryOperator, operate};
use crate::value::{
    Args, Class, ClassKind, Dict, DictKind, Key, NamedTupleType, Property, Set, Table, Value, heap, identical,
};
use crate::{Context, Raise};

pub fn install(context: &mut Context) {
    let class = context.types.set.clone();
    method(&class, "add", |_, args| {
        let [set, value] = args.exactly("set.add")?;
        own(&set)?.table.borrow_mut().insert(Key::new(value)?, Value::None);
        Ok(Value::None)
    });
    method(&class, "discard", |_, args| {
        let [set, value] = args.exactly("set.discard")?;
        let removed = own(&set)?.table.borrow_mut().remove(&Key::new(value)?);
        drop(removed);
        Ok(Value::None)
    });
    method(&class, "remove", |_, args| {
        let [set, value] = args.exactly("set.remove")?;
        let removed = own(&set)?.table.borrow_mut().remove(&Key::new(value.clone())?);
        removed.map(|_| Value::None).ok_or(Raise::key_error(value))
    });
    method(&class, "pop", |_, args| {
        let [set] = args.exactly("pop")?;
        let set = own(&set)?;
        let Some(first) = set.members().into_iter().next() else {
            return Err(Raise::key_error(Value::str("pop from an empty set")));
        };
        let removed = set.table.borrow_mut().remove(&Key::new(first.clone())?);
        drop(removed);
        Ok(first)
    });
    method(&class, "clear", |_, args| {
        let [set] = args.exactly("clear")?;
        let old: Table = own(&set)?.table.take();
        drop(old);
        Ok(Value::None)
    });
    method(&class, "update", |context, args| {
        for values in &args.positional[1..] {
            for value in context.items(values)? {
                own(&args.positional[0])?.table.borrow_mut().insert(Key::new(value)?, Value::None);
            }
        }
        Ok(Value::None)
    });
    method(&class, "intersection_update", |context, args| update(context, args, BinaryOperator::And));
    method(&class, "difference_update", |context, args| update(context, args, BinaryOperator::Subtract));
    method(&class, "symmetric_difference_update", |context, args| update(context, args, BinaryOperator::Xor));
    for class in [&context.types.set, &context.types.frozenset] {
        method(class, "copy", |_, args| {
            let [set] = args.exactly("copy")?;
            Ok(Value::Set(Set::new(own(&set)?.members(), own(&set)?.frozen)?))
        });
        method(class, "union", |context, args| combine(context, args, BinaryOperator::Or));
        method(class, "intersection", |context, args| combine(context, args, BinaryOperator::And));
        method(class, "difference", |context, args| combine(context, args, BinaryOperator::Subtract));
        method(class, "symmetric_difference", |context, args| combine(context, args, BinaryOperator::Xor));
        method(class, "issubset", |context, args| {
            let [a, b] = args.exactly("issubset")?;
            let b = Set::new(context.items(&b)?, false)?;
            Ok(Value::Bool(operate::subset(own(&a)?, &b)))
        });
        method(class, "issuperset", |context, args| {
            let [a, b] = args.exactly("issuperset")?;
            let b = Set::new(context.items(&b)?, false)?;
            Ok(Value::Bool(operate::subset(&b, own(&a)?)))
        });
        method(class, "isdisjoint", |context, args| {
            let [a, b] = args.exactly("isdisjoint")?;
            for value in context.items(&b)? {
                if own(&a)?.table.borrow().get(&Key::new(value)?).is_some() {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        });
    }
    let counter = context.types.counter.clone();
    method(&counter, "most_common", |_, args| {
        let [counter, n] = args.bind("most_common", ["self", "n"], 1)?;
        let Some(Value::Dict(dict)) = counter else { return Ok(Value::None) };
        let mut pairs = crate::value::sorted_by(dict.pairs(), &|(_, a), (_, b)| b.as_int().cmp(&a.as_int()));
        pairs.truncate(n.as_ref().and_then(Value::as_int).map_or(usize::MAX, |n| n.max(0) as usize));
        Ok(Value::list(pairs.into_iter().map(|(key, count)| Value::tuple(vec![key, count])).collect()))
    });
    method(&counter, "total", |_, args| {
        let [counter] = args.exactly("total")?;
        let Value::Dict(dict) = counter else { return Ok(Value::None) };
        Ok(Value::Int(dict.pairs().iter().filter_map(|(_, count)| count.as_int()).sum()))
    });
    method(&counter, "elements", |_, args| {
        let [counter] = args.exactly("elements")?;
        let Value::Dict(dict) = counter else { return Ok(Value::None) };
        let each = dict.pairs().into_iter();
        let all = each.flat_map(|(key, count)| vec![key; count.as_int().unwrap_or(0).clamp(0, 1 << 20) as usize]);
        Ok(crate::value::Iterator::values(all.collect()))
    });
    method(&counter, "subtract", |context, args| {
        let Some(Value::Dict(dict)) = args.positional.first() else { return Ok(Value::None) };
        count(context, dict, args.positional.get(1), args.keyword, -1)?;
        Ok(Value::None)
    });
    context.helper("_named_tuple", |context, args| {
        let [name, fields, defaults] = args.exactly("namedtuple")?;
        let Value::Str(name) = name else { return Err(Raise::type_error("Type names and field names must be strings")) };
        let mut names = Vec::new();
        for field in context.items(&fields)? {
            match field {
                Value::Str(field) => names.push(field),
                _ => return Err(Raise::type_error("Type names and field names must be strings")),
            }
        }
        let defaults = context.items(&defaults)?;
        Ok(Value::Class(named_tuple_class(context, &name, names, defaults, Dict::new())))
    });
}

fn own(set: &Value) -> Result<&Set, Raise> {
    match set {
        Value::Set(set) => Ok(set),
        other => Err(Raise::type_error(format!("descriptor requires a 'set' object but received a '{}'", other.type_name()))),
    }
}

fn combine(context: &mut Context, args: Args, operator: BinaryOperator) -> Result<Value, Raise> {
    let mut result = args.positional[0].clone();
    for other in &args.positional[1..] {
        let (members, frozen) = (own(&result)?.members(), own(&result)?.frozen);
        let other = context.items(other)?;
        result = operate::combine_sets(operator, members, other, frozen)?;
    }
    Ok(result)
}

/// Gives a set the members that combining it with others makes.
fn update(context: &mut Context, args: Args, operator: BinaryOperator) -> Result<Value, Raise> {
    let set = args.positional[0].clone();
    let combined = combine(context, args, operator)?;
    // A set that nothing was combined with is its own result.
    if !identical(&set, &combined) {
        let old: Table = own(&set)?.table.replace(own(&combined)?.table.take());
        drop(old);
    }
    Ok(Value::None)
}

/// Adds counts, `sign` times, from a mapping or from the items of an iterable.
pub fn count(context: &mut Context, dict: &Dict, source: Option<&Value>, keyword: Vec<(Rc<str>, Value)>, sign: i64) -> Result<(), Raise> {
    let add = |key: Value, amount: i64| -> Result<(), Raise> {
        let key = Key::new(key)?;
        let now = dict.get(&key).and_then(|value| value.as_int()).unwrap_or(0);
        dict.insert(key, Value::Int(now + sign * amount));
        Ok(())
    };
    match source {
        None => {}
        Some(Value::Dict(other)) => {
            for (key, value) in other.pairs() {
                add(key, value.as_int().unwrap_or(0))?;
            }
        }
        Some(items) => {
            for item in context.items(items)? {
                add(item, 1)?;
            }
        }
    }
    for (name, value) in keyword {
        add(Value::Str(name), value.as_int().unwrap_or(0))?;
    }
    Ok(())
}

/// `a + b`, `a - b`, `a & b` (the smaller counts) and `a | b` (the larger ones) of counters: only positive counts stay.
pub fn counter_arithmetic(operator: BinaryOperator, a: &Dict, b: &Dict) -> Result<Value, Raise> {
    let result = Dict::of_kind(DictKind::Counter);
    for key in a.keys().into_iter().chain(b.keys()) {
        let key = Key::new(key)?;
        let [x, y] = [a, b].map(|counter| counter.get(&key).and_then(|count| count.as_int()).unwrap_or(0));
        let count = match operator {
            BinaryOperator::Add => x.saturating_add(y),
            BinaryOperator::Subtract => x.saturating_sub(y),
            BinaryOperator::And => x.min(y),
            _ => x.max(y),
        };
        if count > 0 {
            result.insert(key, Value::Int(count));
        }
    }
    Ok(Value::Dict(result))
}

/// `a op= b` where it changes `a` itself; `None` where it is the plain operator.
pub fn in_place(context: &mut Context, operator: BinaryOperator, a: &Value, b: &Value) -> Result<Option<Value>, Raise> {
    match (operator, a, b) {
        (BinaryOperator::Add, Value::List(list), _) if !matches!(b, Value::Tensor(_)) => {
            let values = context.items(b)?;
            context.reserve(values.len() * heap::VALUE_BYTES)?;
            let mut items = list.items.borrow_mut();
            items.extend(values);
            items.recount();
            Ok(Some(a.clone()))
        }
        (BinaryOperator::Or, Value::Dict(dict), Value::Dict(other)) if !matches!(dict.kind, DictKind::Counter) => {
            dict.update(other);
            Ok(Some(a.clone()))
        }
        (_, Value::Set(set), Value::Set(_)) if !set.frozen => {
            let result = operate::binary(context, operator, a, b)?;
            if let Value::Set(result) = &result {
                let table = std::mem::take(&mut *result.table.borrow_mut());
                let old = set.table.replace(table);
                drop(old);
                return Ok(Some(a.clone()));
            }
            Ok(Some(result))
        }
        _ => Ok(None),
    }
}

/// The class of a named tuple.
pub fn named_tuple_class(context: &Context, name: &Rc<str>, fields: Vec<Rc<str>>, defaults: Vec<Value>, attributes: Rc<Dict>) -> Rc<Class> {
    let names = Value::tuple(fields.iter().cloned().map(Value::Str).collect());
    let with_defaults = Dict::new();
    for (field, value) in fields.iter().rev().zip(defaults.iter().rev()).rev() {
        with_defaults.set(field, value.clone());
    }
    attributes.set_text("_fields", names);
    attributes.set_text("_field_defaults", Value::Dict(with_defaults));
    let kind = NamedTupleType::program(name, fields, defaults);
    let tuple = context.types.tuple.clone();
    let ancestors = vec![tuple.clone(), context.types.object.clone()];
    let make = Value::native("_make", |context, args| {
        let [class, items] = args.exactly("_make")?;
        Err(Raise::call(class, Args::positional(context.items(&items)?)))
    });
    attributes.set_text("_make", Value::Property(Rc::new(Property::Class(make))));
    let class = Class::new(name, vec![tuple], ancestors, attributes, ClassKind::NamedTuple(kind.clone()));
    // Its values know the class only while it lives; a tuple without its class is still a tuple.
    kind.class.replace(Some(Rc::downgrade(&class)));
    context.registry.class(&class);
    class
}
