//! The arguments of a call find their parameters.

use crate::Raise;
use crate::value::{Args, Dict, Function, Key, Value};

/// Lays the arguments into the function's first locals. Raises TypeError in CPython's words.
pub fn bind(function: &Function, args: Args, locals: &mut [Option<Value>]) -> Result<(), Raise> {
    let code = &function.code;
    let parameters = &code.parameters;
    let name = &code.qualified_name;
    let positional = parameters.positional.len();
    let keyword_only = parameters.keyword_only.len();
    let fail = |message: String| Err(Raise::type_error(format!("{name}() {message}")));
    let given = args.positional.len();
    let mut rest = Vec::new();
    for (index, value) in args.positional.into_iter().enumerate() {
        if index < positional { locals[index] = Some(value) } else { rest.push(value) }
    }
    let rest_slot = positional + keyword_only;
    let keywords_slot = rest_slot + usize::from(parameters.rest);
    let keywords = parameters.keywords.then(Dict::new);
    let mut named_keyword_only = 0;
    for (key, value) in args.keyword {
        let slot = match parameters.positional[parameters.positional_only..].iter().position(|p| *p == key) {
            Some(position) => Some(position + parameters.positional_only),
            None => parameters.keyword_only.iter().position(|p| *p == key).map(|p| {
                named_keyword_only += 1;
                p + positional
            }),
        };
        match slot {
            Some(slot) if locals[slot].is_some() => return fail(format!("got multiple values for argument '{key}'")),
            Some(slot) => locals[slot] = Some(value),
            None => match &keywords {
                Some(keywords) => keywords.insert(Key::name(&key), value),
                None if parameters.positional[..parameters.positional_only].contains(&key) => {
                    return fail(format!("got some positional-only arguments passed as keyword arguments: '{key}'"));
                }
                None => return fail(format!("got an unexpected keyword argument '{key}'")),
            },
        }
    }
    if !rest.is_empty() && !parameters.rest {
        return fail(surplus(positional, function.defaults.len(), given, named_keyword_only));
    }
    let first_default = positional - function.defaults.len().min(positional);
    let mut absent: Vec<&str> = Vec::new();
    for (index, parameter) in parameters.positional.iter().enumerate() {
        if locals[index].is_none() {
            match index.checked_sub(first_default).and_then(|position| function.defaults.get(position)) {
                Some(default) => locals[index] = Some(default.clone()),
                None => absent.push(parameter),
            }
        }
    }
    if !absent.is_empty() {
        return fail(missing("positional", &absent));
    }
    for (index, parameter) in parameters.keyword_only.iter().enumerate() {
        if locals[positional + index].is_none() {
            match function.keyword_defaults.iter().find(|(name, _)| name == parameter) {
                Some((_, default)) => locals[positional + index] = Some(default.clone()),
                None => absent.push(parameter),
            }
        }
    }
    if !absent.is_empty() {
        return fail(missing("keyword-only", &absent));
    }
    if parameters.rest {
        locals[rest_slot] = Some(Value::tuple(rest));
    }
    if let Some(keywords) = keywords {
        locals[keywords_slot] = Some(Value::Dict(keywords));
    }
    Ok(())
}

fn surplus(positional: usize, defaults: usize, given: usize, named: usize) -> String {
    let takes = match defaults {
        0 => format!("{positional}"),
        _ => format!("from {} to {positional}", positional - defaults),
    };
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let were = if given == 1 && named == 0 { "was" } else { "were" };
    let given = match named {
        0 => format!("{given} {were} given"),
        _ => format!(
            "{given} positional argument{} (and {named} keyword-only argument{}) {were} given",
            plural(given),
            plural(named)
        ),
    };
    format!("takes {takes} positional argument{} but {given}", if defaults == 0 { plural(positional) } else { "s" })
}

/// "missing 2 required positional arguments: 'a' and 'b'"
pub fn missing(kind: &str, names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    let list = match quoted.as_slice() {
        [one] => one.clone(),
        [first, second] => format!("{first} and {second}"),
        [most @ .., last] => format!("{}, and {last}", most.join(", ")),
        [] => String::new(),
    };
    let plural = if names.len() == 1 { "" } else { "s" };
    format!("missing {} required {kind} argument{plural}: {list}", names.len())
}
