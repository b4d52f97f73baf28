//! Functions over iterables: `sum`, `min`, `sorted`, `zip`, `enumerate` ….

use std::cmp::Ordering;
use std::rc::Rc;

use super::numbers::checked;
use crate::machine::{BinaryOperator, operate};
use crate::value::{Args, Iterator, List, Value, heap, order};
use crate::{Cause, Context, Raise};

pub fn install(context: &mut Context) {
    context.builtin("sum", sum);
    context.lazy_builtin("any", |context, args| any_or_all(context, args, "any", true));
    context.lazy_builtin("all", |context, args| any_or_all(context, args, "all", false));
    context.builtin("min", |context, args| extreme(context, args, "min", Ordering::Less));
    context.builtin("max", |context, args| extreme(context, args, "max", Ordering::Greater));
    context.builtin("sorted", |context, mut args| {
        let (key, reverse) = (args.take_keyword("key"), args.take_keyword("reverse"));
        let [items] = args.exactly("sorted")?;
        let items = Value::list(context.items(&items)?);
        sort(context, items, key, reverse)
    });
    context.helper("_sort_by", |context, args| {
        let [items, keys, reverse] = args.exactly("_sort_by")?;
        let reverse = operate::truth(context, &reverse)?;
        sort_by(context, items, keys, reverse)
    });
    context.lazy_builtin("reversed", |context, args| {
        let [value] = args.exactly("reversed")?;
        match &value {
            Value::List(list) => Ok(Iterator::backward(list)),
            Value::Tuple(tuple) => Ok(Iterator::values(tuple.items.iter().rev().cloned().collect())),
            Value::Str(text) => Ok(Iterator::values(text.chars().rev().map(|c| Value::str(c.to_string())).collect())),
            Value::Bytes(bytes) => context.reserve(bytes.len().saturating_mul(heap::VALUE_BYTES)).map(|()| Iterator::values(bytes.iter().rev().map(|byte| Value::Int((*byte).into())).collect())),
            Value::Range(range) => {
                let last = range.at(range.length() - 1);
                let stop = range.start - range.step;
                let backward = crate::value::Range { start: last, stop, step: -range.step };
                let empty = crate::value::Range { start: 0, stop: 0, step: 1 };
                let backward = if range.length() > 0 { backward } else { empty };
                Iterator::over(&Value::Range(Rc::new(backward))).ok_or_else(|| Raise::type_error("range"))
            }
            Value::Dict(dict) => Ok(Iterator::values(dict.keys().into_iter().rev().collect())),
            Value::Iterator(iterator) if iterator.as_view().is_some() => {
                let items = match Iterator::over(&value) {
                    Some(Value::Iterator(_)) => iterator.as_view().map_or(Vec::new(), |(dict, view)| match view {
                        crate::value::View::Keys => dict.keys(),
                        crate::value::View::Values => dict.pairs().into_iter().map(|(_, v)| v).collect(),
                        crate::value::View::Items => {
                            dict.pairs().into_iter().map(|(k, v)| Value::tuple(vec![k, v])).collect()
                        }
                    }),
                    _ => Vec::new(),
                };
                Ok(Iterator::values(items.into_iter().rev().collect()))
            }
            Value::Instance(_) | Value::Tensor(_) => Err(Raise::prelude("_reversed", vec![value])),
            _ => Err(Raise::type_error(format!("'{}' object is not reversible", value.type_name()))),
        }
    });
    context.lazy_builtin("iter", |_, args| {
        if args.positional.len() == 2 {
            return Err(Raise::prelude("_iterate_call", args.positional));
        }
        let [value] = args.exactly("iter")?;
        if let Value::Generator(_) = value {
            return Ok(value);
        }
        match Iterator::over(&value) {
            Some(iterator) => Ok(iterator),
            None => Err(Raise::prelude("_iterate", vec![value])),
        }
    });
    context.lazy_builtin("next", |context, args| {
        let [iterator, default] = args.bind("next", ["iterator", "default"], 1)?;
        match iterator.unwrap_or(Value::None) {
            Value::Generator(generator) => Err(Cause::Resume(generator, Value::None, default).into()),
            Value::Iterator(iterator) => match (iterator.next(context)?, default) {
                (crate::value::Next::Item(item), _) => Ok(item),
                (_, Some(default)) => Ok(default),
                _ => Err(Raise::error(crate::ErrorKind::StopIteration, String::new())),
            },
            value @ Value::Instance(_) => {
                let mut arguments = vec![value];
                arguments.extend(default);
                Err(Raise::prelude("_next", arguments))
            }
            other => Err(Raise::type_error(format!("'{}' object is not an iterator", other.type_name()))),
        }
    });
    context.lazy_builtin("enumerate", |context, args| {
        let [iterable, start] = args.bind("enumerate", ["iterable", "start"], 1)?;
        let (iterable, start) = (iterable.unwrap_or(Value::None), start.unwrap_or(Value::Int(0)));
        let _ = &context;
        match Iterator::over(&iterable) {
            Some(Value::Iterator(inner)) => Iterator::enumerate(inner, start.as_int().unwrap_or(0)),
            _ => Err(Raise::prelude("_enumerate", vec![iterable, start])),
        }
    });
    context.lazy_builtin("zip", |context, mut args| {
        let strict = args.take_keyword("strict").unwrap_or(Value::Bool(false));
        let strict = operate::truth(context, &strict)?;
        let mut parts = Vec::new();
        for value in &args.positional {
            match Iterator::over(value) {
                Some(Value::Iterator(iterator)) => parts.push(iterator),
                _ if matches!(value, Value::Generator(_) | Value::Instance(_)) => {
                    return Err(Raise::prelude("_zip", vec![Value::Bool(strict), Value::tuple(args.positional)]));
                }
                _ => {
                    let position = parts.len() + 1;
                    let _ = position;
                    return Err(Raise::type_error(format!("'{}' object is not iterable", value.type_name())));
                }
            }
        }
        Iterator::zip(parts, strict)
    });
}

fn sum(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [iterable, start] = args.bind("sum", ["iterable", "start"], 1)?;
    let items = context.items(&iterable.unwrap_or(Value::None))?;
    let mut total = start.unwrap_or(Value::Int(0));
    if let Value::Str(_) = total {
        return Err(Raise::type_error("sum() can't sum strings [use ''.join(seq) instead]"));
    }
    if items.iter().any(|item| matches!(item, Value::Instance(_))) {
        return Err(Raise::prelude("_sum", vec![Value::list(items), total]));
    }
    for item in items {
        total = checked(context, BinaryOperator::Add, &total, &item)?;
    }
    Ok(total)
}

fn any_or_all(context: &mut Context, args: Args, name: &'static str, wanted: bool) -> Result<Value, Raise> {
    let [iterable] = args.exactly(name)?;
    let python = if wanted { "_any" } else { "_all" };
    if matches!(iterable, Value::Generator(_) | Value::Instance(_)) {
        return Err(Raise::prelude(python, vec![iterable]));
    }
    let items = context.items(&iterable)?;
    if items.iter().any(|item| matches!(item, Value::Instance(_))) {
        return Err(Raise::prelude(python, vec![Value::list(items)]));
    }
    for item in items {
        if operate::truth(context, &item)? == wanted {
            return Ok(Value::Bool(wanted));
        }
    }
    Ok(Value::Bool(!wanted))
}

fn extreme(context: &mut Context, mut args: Args, name: &'static str, wanted: Ordering) -> Result<Value, Raise> {
    let (key, default) = (args.take_keyword("key"), args.take_keyword("default"));
    args.no_keywords(name)?;
    let items = match args.positional.len() {
        0 => return Err(Raise::type_error(format!("{name} expected at least 1 argument, got 0"))),
        1 => context.items(&args.positional[0])?,
        _ => args.positional,
    };
    let key = key.filter(|key| !key.is_none());
    if let Some(key) = key {
        let largest = Value::Bool(wanted == Ordering::Greater);
        let mut arguments = vec![Value::list(items), key, largest];
        arguments.extend(default);
        return Err(Raise::prelude("_extreme", arguments));
    }
    if items.iter().any(|item| matches!(item, Value::Instance(_))) {
        let identity = context.prelude.get_text("_identity").unwrap_or(Value::None);
        let largest = Value::Bool(wanted == Ordering::Greater);
        return Err(Raise::prelude("_extreme", vec![Value::list(items), identity, largest]));
    }
    let is_sequence = |item: &Value| matches!(item, Value::List(_) | Value::Tuple(_));
    let all = if items.iter().any(is_sequence) { items.clone() } else { Vec::new() };
    let mut items = items.into_iter();
    let Some(mut best) = items.next() else {
        return default.ok_or_else(|| Raise::value_error(format!("{name}() arg is an empty sequence")));
    };
    for item in items {
        match order(context, &item, &best) {
            Ok(ordering) if ordering == Some(wanted) => best = item,
            Ok(_) => {}
            Err(Some(raise)) => return Err(raise),
            Err(None) if is_sequence(&item) && is_sequence(&best) => {
                let identity = context.prelude.get_text("_identity").unwrap_or(Value::None);
                return Err(Raise::prelude("_extreme", vec![Value::list(all), identity, Value::Bool(wanted == Ordering::Greater)]));
            }
            Err(None) => return Err(no_order(if wanted == Ordering::Less { "<" } else { ">" }, &item, &best)),
        }
    }
    Ok(best)
}

fn no_order(symbol: &str, a: &Value, b: &Value) -> Raise {
    let (a, b) = (a.type_name(), b.type_name());
    Raise::type_error(format!("'{symbol}' not supported between instances of '{a}' and '{b}'"))
}

/// `sorted(list, key=…, reverse=…)` of a fresh list.
pub fn sort(context: &mut Context, items: Value, key: Option<Value>, reverse: Option<Value>) -> Result<Value, Raise> {
    let reverse = reverse.unwrap_or(Value::Bool(false));
    if let Some(key) = key.filter(|key| !key.is_none()) {
        return Err(Raise::prelude("_sorted", vec![items, key, reverse]));
    }
    let reverse = operate::truth(context, &reverse)?;
    sort_by(context, items.clone(), items, reverse)
}

/// The items in the order of their keys; equal keys keep theirs.
fn sort_by(context: &mut Context, items: Value, keys: Value, reverse: bool) -> Result<Value, Raise> {
    let (items, keys) = (items.as_sequence().unwrap_or_default(), keys.as_sequence().unwrap_or_default());
    if keys.iter().any(|key| matches!(key, Value::Instance(_))) {
        return Err(Raise::prelude("_sorted_by_method", vec![Value::list(items), Value::list(keys), Value::Bool(reverse)]));
    }
    let mut positions: Vec<usize> = (0..items.len()).collect();
    if reverse {
        positions.reverse();
    }
    let mut sorted = match merge_sort(context, &keys, positions) {
        Ok(sorted) => sorted,
        Err(Some(raise)) => return Err(raise),
        Err(None) => return Err(Raise::prelude("_sorted_by_method", vec![Value::list(items), Value::list(keys), Value::Bool(reverse)])),
    };
    if reverse {
        sorted.reverse();
    }
    Ok(Value::List(List::new(sorted.into_iter().filter_map(|position| items.get(position).cloned()).collect())))
}

/// A merge sort from the bottom up: a comparison may fail, and is not always a total order (NaN).
/// `Err(None)` where Python code must compare.
fn merge_sort(context: &mut Context, keys: &[Value], mut positions: Vec<usize>) -> Result<Vec<usize>, Option<Raise>> {
    let mut width = 1;
    while width < positions.len() {
        let mut merged = Vec::with_capacity(positions.len());
        for chunk in positions.chunks(width * 2) {
            let (mut left, mut right) = chunk.split_at(width.min(chunk.len()));
            while let (Some(&a), Some(&b)) = (left.first(), right.first()) {
                if order(context, &keys[b], &keys[a])? == Some(Ordering::Less) {
                    merged.push(b);
                    right = &right[1..];
                } else {
                    merged.push(a);
                    left = &left[1..];
                }
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        positions = merged;
        width *= 2;
    }
    Ok(positions)
}
