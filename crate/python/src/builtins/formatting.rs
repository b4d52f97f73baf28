//! `format`, `str.format` and `%`.

use super::method;
use crate::format::{format_bool, format_float, format_int, format_integer, format_str};
use crate::machine::{attribute, items};
use crate::value::{Args, Big, Dict, Value, needs_python, repr, str_text};
use crate::{Context, Raise, torch};

pub fn install(context: &mut Context) {
    context.lazy_builtin("format", |context, args| {
        let [value, spec] = args.bind("format", ["value", "format_spec"], 1)?;
        let value = value.unwrap_or(Value::None);
        let spec = spec.unwrap_or(Value::str(""));
        let value = number_of(&value).filter(|_| spec.as_str() != Some("")).unwrap_or(value);
        if needs_python(&value) {
            return Err(Raise::prelude("_format", vec![value, Value::Int(0), spec]));
        }
        format_value(context, &value, spec.as_str().unwrap_or_default()).map(Value::str)
    });
    context.lazy_builtin("ascii", |context, args| {
        let [value] = args.exactly("ascii")?;
        Ok(Value::str(ascii(&repr(context, &value)?)))
    });
    context.helper("_plain_format", |context, args| {
        let [value, spec] = args.exactly("format")?;
        format_value(context, &value, spec.as_str().unwrap_or_default()).map(Value::str)
    });
    let class = context.types.str.clone();
    method(&class, "format", |context, args| {
        let mut positional = args.positional.into_iter();
        let template = positional.next().unwrap_or(Value::None);
        let rest = Args { positional: positional.collect(), keyword: args.keyword };
        if rest.positional.iter().chain(rest.keyword.iter().map(|(_, value)| value)).any(needs_python) {
            let keywords = Dict::new();
            rest.keyword.iter().for_each(|(name, value)| keywords.set(name, value.clone()));
            return Err(Raise::prelude("_template", vec![template, Value::tuple(rest.positional), Value::Dict(keywords)]));
        }
        let text = format_template(context, template.as_str().unwrap_or_default(), &rest, &mut 0, 0)?;
        Ok(Value::str(text))
    });
    method(&class, "format_map", |context, args| {
        let [template, mapping] = args.exactly("format_map")?;
        let Value::Dict(mapping) = mapping else { return Err(Raise::type_error("format_map() needs a dictionary")) };
        let keyword = mapping.pairs().into_iter().filter_map(|(name, value)| if let Value::Str(name) = name { Some((name, value)) } else { None });
        let format = context.types.str.lookup("format").unwrap_or(Value::None);
        Err(Raise::call(format, Args { positional: vec![template], keyword: keyword.collect() }))
    });
    context.helper("_plain_percent", |context, args| {
        let [template, values] = args.exactly("_plain_percent")?;
        percent_format(context, template.as_str().unwrap_or_default(), &values)
    });
}

/// A text with everything beyond ASCII escaped.
pub fn ascii(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        match c as u32 {
            0..=0x7f => escaped.push(c),
            code @ 0x80..=0xff => escaped.push_str(&format!("\\x{code:02x}")),
            code @ 0x100..=0xffff => escaped.push_str(&format!("\\u{code:04x}")),
            code => escaped.push_str(&format!("\\U{code:08x}")),
        }
    }
    escaped
}

/// `format(value, spec)` for a value whose text needs no Python code.
pub fn format_value(context: &mut Context, value: &Value, spec: &str) -> Result<String, Raise> {
    check_width(context, spec)?;
    let text = match value {
        Value::Tensor(tensor) => return torch::format(context, tensor, spec),
        _ if spec.is_empty() => return str_text(context, value),
        Value::Int(n) => format_int((*n).into(), spec),
        Value::Big(big) => format_integer(big.is_negative(), |base| big.digits(base), big.to_f64(), None, spec),
        Value::Bool(b) => format_bool(*b, spec),
        Value::Float(x) => format_float(*x, spec),
        Value::Str(text) => format_str(text, spec),
        _ => {
            let message = format!("unsupported format string passed to {}.__format__", value.type_name());
            return Err(Raise::type_error(message));
        }
    };
    text.map_err(Raise::value_error)
}

/// A width or a precision is a size that a program chooses.
fn check_width(context: &Context, spec: &str) -> Result<(), Raise> {
    let mut digits = 0usize;
    for c in spec.chars() {
        digits = c.to_digit(10).map_or(0, |d| digits.saturating_mul(10).saturating_add(d as usize));
        context.reserve(digits)?;
        if digits > i32::MAX as usize {
            return Err(Raise::value_error("Too many decimal digits in format string"));
        }
    }
    Ok(())
}

fn format_template(context: &mut Context, template: &str, args: &Args, next: &mut usize, depth: usize) -> Result<String, Raise> {
    if depth > 2 {
        return Err(Raise::value_error("Max string recursion exceeded"));
    }
    let mut text = String::new();
    let mut rest = template;
    while let Some(position) = rest.find(['{', '}']) {
        text.push_str(&rest[..position]);
        let brace = &rest[position..=position];
        rest = &rest[position + 1..];
        if rest.starts_with(brace) {
            text.push_str(brace);
            rest = &rest[1..];
            continue;
        }
        if brace == "}" {
            return Err(Raise::value_error("Single '}' encountered in format string"));
        }
        let mut level = 1;
        let end = rest.char_indices().find_map(|(byte, c)| {
            level += match c {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            (level == 0).then_some(byte)
        });
        let Some(end) = end else { return Err(Raise::value_error("Single '{' encountered in format string")) };
        text.push_str(&format_field(context, &rest[..end], args, next, depth)?);
        context.reserve(text.len())?;
        rest = &rest[end + 1..];
    }
    text.push_str(rest);
    Ok(text)
}

fn format_field(context: &mut Context, field: &str, args: &Args, next: &mut usize, depth: usize) -> Result<String, Raise> {
    let (field, spec) = field.split_once(':').unwrap_or((field, ""));
    let (field, conversion) = field.split_once('!').unwrap_or((field, ""));
    let name_end = field.find(['.', '[']).unwrap_or(field.len());
    let (name, mut path) = field.split_at(name_end);
    let mut value = if name.is_empty() {
        *next += 1;
        args.positional.get(*next - 1).cloned()
    } else if let Ok(position) = name.parse::<usize>() {
        args.positional.get(position).cloned()
    } else {
        let found = args.keyword.iter().find(|(n, _)| **n == *name).map(|(_, value)| value.clone());
        Some(found.ok_or_else(|| Raise::key_error(Value::str(name)))?)
    }
    .ok_or_else(|| {
        let position = if name.is_empty() { *next - 1 } else { name.parse().unwrap_or(0) };
        Raise::index_error(format!("Replacement index {position} out of range for positional args tuple"))
    })?;
    while !path.is_empty() {
        if let Some(after) = path.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            value = attribute::get(context, &value, &after[..end])?;
            path = &after[end..];
        } else {
            let inside = path.trim_start_matches('[');
            let end = inside.find(']').unwrap_or(inside.len());
            let key = &inside[..end];
            let key = key.parse().map_or_else(|_| Value::str(key), Value::Int);
            value = items::get(context, &value, &key)?;
            path = inside.get(end + 1..).unwrap_or("");
        }
    }
    let spec = format_template(context, spec, args, next, depth + 1)?;
    if let (Some(number), "") = (written(&value, "number").as_ref().and_then(number_of), conversion)
        && !spec.is_empty()
    {
        return format_value(context, &number, &spec);
    }
    if let Some(text) = written(&value, if conversion == "r" { "shown" } else { "text" }) {
        return format_value(context, &text, &spec);
    }
    match conversion {
        "r" => value = Value::str(repr(context, &value)?),
        "s" => value = Value::str(str_text(context, &value)?),
        _ => {}
    }
    format_value(context, &value, &spec)
}

/// The number that a NumPy scalar is, or a member of an enumeration of integers.
fn number_of(value: &Value) -> Option<Value> {
    let Value::Instance(instance) = value else { return None };
    instance.float().map(Value::Float).or_else(|| instance.number().map(Value::Int))
}

/// The text of an object of the program that the prelude has written out already (its class `_Texts`).
fn written(value: &Value, which: &str) -> Option<Value> {
    match value {
        Value::Instance(instance) if &*instance.class().name == "_Texts" => instance.attributes().get_text(which),
        _ => None,
    }
}

/// `template % values`
pub fn percent_format(context: &mut Context, template: &str, values: &Value) -> Result<Value, Raise> {
    if needs_python(values) {
        return Err(Raise::prelude("_percent", vec![Value::str(template), values.clone()]));
    }
    let mut list = match values {
        Value::Tuple(tuple) => tuple.items.to_vec(),
        other => vec![other.clone()],
    }
    .into_iter();
    let mut text = String::new();
    let mut rest = template;
    while let Some(position) = rest.find('%') {
        text.push_str(&rest[..position]);
        rest = &rest[position + 1..];
        let mut named = None;
        if let Some(inside) = rest.strip_prefix('(') {
            let (name, after) = inside.split_once(')').ok_or_else(|| Raise::value_error("incomplete format key"))?;
            named = Some(name);
            rest = after;
        }
        let end = rest.find(|c: char| c.is_alphabetic() || c == '%').ok_or_else(|| Raise::value_error("incomplete format"))?;
        let (mut flags, code) = (rest[..end].to_owned(), rest[end..].chars().next().unwrap_or('%'));
        while let Some(star) = flags.find('*') {
            let width = list.next().ok_or_else(|| Raise::type_error("not enough arguments for format string"))?;
            let width = width.as_int().ok_or_else(|| Raise::type_error("* wants int"))?;
            flags.replace_range(star..=star, &width.to_string());
        }
        rest = &rest[end + code.len_utf8()..];
        if code == '%' {
            text.push('%');
            continue;
        }
        let value = match (named, values) {
            (Some(name), Value::Dict(dict)) => dict.get_text(name).ok_or_else(|| Raise::key_error(Value::str(name)))?,
            (Some(_), _) => return Err(Raise::type_error("format requires a mapping")),
            (None, _) => list.next().ok_or_else(|| Raise::type_error("not enough arguments for format string"))?,
        };
        text.push_str(&percent_field(context, &value, &flags, code)?);
        context.reserve(text.len())?;
    }
    text.push_str(rest);
    if list.next().is_some() && !matches!(values, Value::Dict(_)) {
        return Err(Raise::type_error("not all arguments converted during string formatting"));
    }
    Ok(Value::str(text))
}

fn percent_field(context: &mut Context, value: &Value, flags: &str, code: char) -> Result<String, Raise> {
    let left = flags.starts_with('-');
    let flags = flags.trim_start_matches('-');
    let align = if left { "<" } else { ">" };
    let single = match value {
        Value::Tensor(tensor) if !matches!(code, 's' | 'r') => torch::item(context, tensor)?,
        other => written(other, "number").unwrap_or_else(|| other.clone()),
    };
    let number = |value: &Value| {
        value.as_float().ok_or_else(|| {
            let article = if matches!(code, 'd' | 'i' | 'u') { format!("%{code} format: a real number is required, not") } else { "must be real number, not".into() };
            Raise::type_error(format!("{article} {}", value.type_name()))
        })
    };
    match code {
        'd' | 'i' | 'u' => {
            let whole = match Big::of(&single) {
                Some(n) => n,
                None => Big::from_f64(number(&single)?),
            };
            format_value(context, &whole.value()?, &if left { format!("<{flags}d") } else { format!("{flags}d") })
        }
        'x' | 'X' | 'o' => {
            let n = Big::of(&single).ok_or_else(|| Raise::type_error(format!("%{code} format: an integer is required, not {}", value.type_name())))?;
            format_value(context, &n.value()?, &format!("{flags}{code}"))
        }
        'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
            let x = number(&single)?;
            format_value(context, &Value::Float(x), &if left { format!("<{flags}{code}") } else { format!("{flags}{code}") })
        }
        's' | 'r' => {
            let text = match written(value, if code == 's' { "text" } else { "shown" }) {
                Some(text) => text.as_str().unwrap_or_default().to_owned(),
                None if code == 's' => str_text(context, value)?,
                None => repr(context, value)?,
            };
            let spec = if flags.is_empty() || flags.starts_with('.') { flags.to_string() } else { format!("{align}{flags}") };
            format_value(context, &Value::str(text), &spec)
        }
        'c' => Ok(match value.as_int() {
            Some(n) => char::from_u32(n as u32).map_or(String::new(), String::from),
            None => value.as_str().unwrap_or_default().to_string(),
        }),
        _ => Err(Raise::value_error(format!("unsupported format character '{code}' (0x{:x})", code as u32))),
    }
}
