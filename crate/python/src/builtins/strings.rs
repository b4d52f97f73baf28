//! Methods of strings.

use super::method;
use crate::value::{Args, Property, Value};
use crate::{Context, Raise};

pub fn install(context: &mut Context) {
    let class = context.types.str.clone();
    macro_rules! mapped {
        ($($name:literal: $map:expr),* $(,)?) => {
            $(method(&class, $name, |_, args| {
                let [text] = args.exactly($name)?;
                let map: fn(&str) -> Value = $map;
                Ok(map(text.as_str().unwrap_or_default()))
            });)*
        };
    }
    mapped! {
        "upper": |s| Value::str(s.to_uppercase()),
        "lower": |s| Value::str(s.to_lowercase()),
        "casefold": |s| Value::str(s.to_lowercase()),
        "title": |s| Value::str(title(s)),
        "capitalize": |s| Value::str(capitalize(s)),
        "swapcase": |s| Value::str(s.chars().map(|c| if c.is_uppercase() { c.to_lowercase().to_string() } else { c.to_uppercase().to_string() }).collect::<String>()),
        "isdigit": |s| Value::Bool(!s.is_empty() && s.chars().all(|c| c.is_ascii_digit())),
        "isdecimal": |s| Value::Bool(!s.is_empty() && s.chars().all(|c| c.is_ascii_digit())),
        "isnumeric": |s| Value::Bool(!s.is_empty() && s.chars().all(char::is_numeric)),
        "isalpha": |s| Value::Bool(!s.is_empty() && s.chars().all(char::is_alphabetic)),
        "isalnum": |s| Value::Bool(!s.is_empty() && s.chars().all(char::is_alphanumeric)),
        "isprintable": |s| Value::Bool(s.chars().all(crate::format::is_printable)),
        "isascii": |s| Value::Bool(s.is_ascii()),
        "isspace": |s| Value::Bool(!s.is_empty() && s.chars().all(char::is_whitespace)),
        "isupper": |s| Value::Bool(s.chars().any(char::is_uppercase) && !s.chars().any(char::is_lowercase)),
        "islower": |s| Value::Bool(s.chars().any(char::is_lowercase) && !s.chars().any(char::is_uppercase)),
        "isidentifier": |s| Value::Bool(s.starts_with(|c: char| c.is_alphabetic() || c == '_') && s.chars().all(|c| c.is_alphanumeric() || c == '_')),
    }
    method(&class, "strip", |_, args| strip(args, "strip", true, true));
    method(&class, "lstrip", |_, args| strip(args, "lstrip", true, false));
    method(&class, "rstrip", |_, args| strip(args, "rstrip", false, true));
    method(&class, "split", |_, args| split(args, "split", false));
    method(&class, "rsplit", |_, args| split(args, "rsplit", true));
    method(&class, "splitlines", |_, args| {
        let [text, keep] = args.bind("splitlines", ["self", "keepends"], 1)?;
        let keep = matches!(keep, Some(Value::Bool(true)));
        let text = text.unwrap_or(Value::None);
        let mut rest = text.as_str().unwrap_or_default();
        let mut lines = Vec::new();
        while !rest.is_empty() {
            let ends = |c: char| matches!(c, '\n'..='\r' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}');
            let end = rest.find(ends).unwrap_or(rest.len());
            let after = &rest[end..];
            let mark = if after.starts_with("\r\n") { 2 } else { after.chars().next().map_or(0, char::len_utf8) };
            lines.push(Value::str(&rest[..if keep { end + mark } else { end }]));
            rest = &after[mark..];
        }
        Ok(Value::list(lines))
    });
    method(&class, "join", join);
    method(&class, "replace", |context, args| {
        let [text, old, new, count] = args.bind("replace", ["self", "old", "new", "count"], 3)?;
        let (text, old, new) = (string(&text, "replace")?, string(&old, "replace")?, string(&new, "replace")?);
        let count = count.as_ref().and_then(Value::as_int).unwrap_or(-1);
        let hits = if old.is_empty() { text.chars().count() + 1 } else { text.matches(&old).count() };
        context.reserve(text.len().saturating_add(hits.saturating_mul(new.len())))?;
        Ok(Value::str(match usize::try_from(count) {
            Ok(count) => text.replacen(&old, &new, count),
            Err(_) => text.replace(&old, &new),
        }))
    });
    method(&class, "startswith", |_, args| affix(args, "startswith", |text, part| text.starts_with(part)));
    method(&class, "endswith", |_, args| affix(args, "endswith", |text, part| text.ends_with(part)));
    method(&class, "find", |_, args| find(args, "find", false));
    method(&class, "rfind", |_, args| find(args, "rfind", true));
    method(&class, "index", |_, args| found(find(args, "index", false)?));
    method(&class, "rindex", |_, args| found(find(args, "rindex", true)?));
    method(&class, "count", |_, args| {
        let [text, part, start, end] = args.bind("count", ["self", "sub", "start", "end"], 2)?;
        let (text, part) = (string(&text, "count")?, string(&part, "count")?);
        let count = |text: &str| if part.is_empty() { text.chars().count() + 1 } else { text.matches(&part).count() };
        Ok(Value::Int(within(&text, &start, &end).map_or(0, |(text, _)| count(text)) as i64))
    });
    method(&class, "zfill", |context, args| {
        let [text, width] = args.exactly("zfill")?;
        let (text, width) = (string(&Some(text), "zfill")?, width.as_int().unwrap_or(0).max(0) as usize);
        context.reserve(width)?;
        let missing = "0".repeat(width.saturating_sub(text.chars().count()));
        let signed = text.starts_with(['+', '-']);
        let (sign, digits) = text.split_at(usize::from(signed));
        Ok(Value::str(format!("{sign}{missing}{digits}")))
    });
    method(&class, "center", |context, args| justify(context, args, "center"));
    method(&class, "ljust", |context, args| justify(context, args, "ljust"));
    method(&class, "rjust", |context, args| justify(context, args, "rjust"));
    method(&class, "partition", |_, args| partition(args, "partition", false));
    method(&class, "rpartition", |_, args| partition(args, "rpartition", true));
    method(&class, "removeprefix", |_, args| {
        let [text, part] = args.exactly("removeprefix")?;
        let (text, part) = (string(&Some(text), "removeprefix")?, string(&Some(part), "removeprefix")?);
        Ok(Value::str(text.strip_prefix(&part).unwrap_or(&text)))
    });
    method(&class, "removesuffix", |_, args| {
        let [text, part] = args.exactly("removesuffix")?;
        let (text, part) = (string(&Some(text), "removesuffix")?, string(&Some(part), "removesuffix")?);
        Ok(Value::str(text.strip_suffix(&part).unwrap_or(&text)))
    });
    method(&class, "expandtabs", |_, args| {
        let [text, size] = args.bind("expandtabs", ["self", "tabsize"], 1)?;
        let size = size.as_ref().and_then(Value::as_int).unwrap_or(8).clamp(0, 64) as usize;
        let (mut expanded, mut column) = (String::new(), 0);
        for c in string(&text, "expandtabs")?.chars() {
            let width = if c == '\t' && size > 0 { size - column % size } else { 0 };
            match c {
                '\t' => expanded.push_str(&" ".repeat(width)),
                _ => expanded.push(c),
            }
            column = match c {
                '\t' => column + width,
                '\n' | '\r' => 0,
                _ => column + 1,
            };
        }
        Ok(Value::str(expanded))
    });
    method(&class, "translate", |_, args| {
        let [text, table] = args.exactly("translate")?;
        let Value::Dict(table) = table else { return Err(Raise::type_error("translate() needs a dict")) };
        let mut translated = String::new();
        for c in text.as_str().unwrap_or_default().chars() {
            match table.get(&crate::value::Key::new(Value::Int(c as i64))?) {
                None => translated.push(c),
                Some(Value::Str(new)) => translated.push_str(&new),
                Some(code) => translated.extend(code.as_int().and_then(|n| char::from_u32(n as u32))),
            }
        }
        Ok(Value::str(translated))
    });
    let maketrans = Value::native("maketrans", |_, args| {
        let [from, to, gone] = args.bind("maketrans", ["x", "y", "z"], 1)?;
        let table = crate::value::Dict::new();
        let map = |from: Value, to: Value| -> Result<(), Raise> {
            let mut letters = from.as_str().unwrap_or_default().chars();
            let code = letters.next().map_or(from.clone(), |c| Value::Int(c as i64));
            table.insert(crate::value::Key::new(code)?, to);
            Ok(())
        };
        if let (Some(Value::Dict(pairs)), None) = (&from, &to) {
            pairs.pairs().into_iter().try_for_each(|(from, to)| map(from, to))?;
            return Ok(Value::Dict(table));
        }
        let (from, to, gone) = (string(&from, "maketrans")?, string(&to, "maketrans")?, gone.unwrap_or(Value::str("")));
        if from.chars().count() != to.chars().count() {
            return Err(Raise::value_error("the first two maketrans arguments must have equal length"));
        }
        for (from, to) in from.chars().zip(to.chars()) {
            map(Value::Int(from as i64), Value::Int(to as i64))?;
        }
        for gone in gone.as_str().unwrap_or_default().chars() {
            map(Value::Int(gone as i64), Value::None)?;
        }
        Ok(Value::Dict(table))
    });
    class.attributes.set_text("maketrans", Value::Property(std::rc::Rc::new(Property::Static(maketrans))));
}

fn string(value: &Option<Value>, function: &str) -> Result<String, Raise> {
    match value {
        Some(Value::Str(text)) => Ok(text.to_string()),
        other => {
            let name = other.as_ref().map_or("nothing".into(), Value::type_name);
            Err(Raise::type_error(format!("{function}() argument must be str, not {name}")))
        }
    }
}

fn title(text: &str) -> String {
    let mut inside = false;
    let mut titled = String::with_capacity(text.len());
    for c in text.chars() {
        if inside { titled.extend(c.to_lowercase()) } else { titled.extend(c.to_uppercase()) }
        inside = c.is_alphabetic();
    }
    titled
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect())
}

fn strip(args: Args, name: &'static str, left: bool, right: bool) -> Result<Value, Raise> {
    let [text, chars] = args.bind(name, ["self", "chars"], 1)?;
    let text = string(&text, name)?;
    let set: Option<Vec<char>> = match chars {
        None | Some(Value::None) => None,
        some => Some(string(&some, name)?.chars().collect()),
    };
    let is = |c: char| set.as_ref().map_or(c.is_whitespace(), |set| set.contains(&c));
    let mut part = text.as_str();
    if left {
        part = part.trim_start_matches(is);
    }
    if right {
        part = part.trim_end_matches(is);
    }
    Ok(Value::str(part))
}

fn split(args: Args, name: &'static str, backward: bool) -> Result<Value, Raise> {
    let [text, separator, most] = args.bind(name, ["self", "sep", "maxsplit"], 1)?;
    let text = string(&text, name)?;
    let most = most.as_ref().and_then(Value::as_int).unwrap_or(-1);
    let most = usize::try_from(most).ok();
    let parts: Vec<String> = match separator {
        None | Some(Value::None) => {
            let words: Vec<&str> = text.split_whitespace().collect();
            match most {
                Some(most) if most < words.len() && !backward => {
                    let mut rest = text.trim_start();
                    let mut parts = Vec::new();
                    for _ in 0..most {
                        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                        parts.push(rest[..end].to_string());
                        rest = rest[end..].trim_start();
                    }
                    if !rest.is_empty() {
                        parts.push(rest.trim_end().to_string());
                    }
                    parts
                }
                Some(most) if most < words.len() => {
                    let kept = words.len() - most;
                    let mut parts = vec![words[..kept].join(" ")];
                    parts.extend(words[kept..].iter().map(|w| w.to_string()));
                    parts
                }
                _ => words.into_iter().map(str::to_string).collect(),
            }
        }
        some => {
            let separator = string(&some, name)?;
            if separator.is_empty() {
                return Err(Raise::value_error("empty separator"));
            }
            match (most, backward) {
                (Some(most), false) => text.splitn(most + 1, &separator).map(str::to_string).collect(),
                (Some(most), true) => {
                    let mut parts: Vec<String> = text.rsplitn(most + 1, &separator).map(str::to_string).collect();
                    parts.reverse();
                    parts
                }
                _ => text.split(&separator).map(str::to_string).collect(),
            }
        }
    };
    Ok(Value::list(parts.into_iter().map(Value::str).collect()))
}

fn join(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [separator, items] = args.exactly("join")?;
    let separator = string(&Some(separator), "join")?;
    let mut items = context.items(&items).map_err(|raise| raise.reworded(crate::ErrorKind::TypeError, "can only join an iterable"))?;
    for item in &mut items {
        if let Value::Instance(member) = &*item
            && let Some(text) = member.text()
        {
            *item = Value::Str(text);
        }
    }
    let mut length = 0usize;
    for (position, item) in items.iter().enumerate() {
        let Value::Str(text) = item else {
            let found = item.type_name();
            return Err(Raise::type_error(format!("sequence item {position}: expected str instance, {found} found")));
        };
        length = length.saturating_add(text.len() + separator.len());
    }
    context.reserve(length)?;
    let parts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    Ok(Value::str(parts.join(&separator)))
}

fn affix(args: Args, name: &'static str, has: fn(&str, &str) -> bool) -> Result<Value, Raise> {
    let [text, part, start, end] = args.bind(name, ["self", "prefix", "start", "end"], 2)?;
    let text = string(&text, name)?;
    let Some((text, _)) = within(&text, &start, &end) else { return Ok(Value::Bool(false)) };
    let parts = match part {
        Some(Value::Tuple(parts)) => parts.items.to_vec(),
        Some(part) => vec![part],
        None => Vec::new(),
    };
    for part in parts {
        let Value::Str(part) = &part else {
            return Err(Raise::type_error(format!("{name} first arg must be str or a tuple of str, not {}", part.type_name())));
        };
        if has(text, part) {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

/// `text[start:end]`, and how many characters lie before it; nothing where `start` lies behind the end.
fn within<'t>(text: &'t str, start: &Option<Value>, end: &Option<Value>) -> Option<(&'t str, usize)> {
    if start.is_none() && end.is_none() {
        return Some((text, 0));
    }
    let length = text.chars().count() as i64;
    let place = |value: &Option<Value>, default: i64| match value.as_ref().and_then(Value::as_int) {
        Some(n) => if n < 0 { n.saturating_add(length).max(0) } else { n },
        None => default,
    };
    let (start, end) = (place(start, 0), place(end, length).min(length));
    let byte = |place: i64| text.char_indices().nth(place as usize).map_or(text.len(), |(byte, _)| byte);
    (start <= end).then(|| (&text[byte(start)..byte(end)], start as usize))
}

/// The position in characters, or -1.
fn find(args: Args, name: &'static str, backward: bool) -> Result<Value, Raise> {
    let [text, part, start, end] = args.bind(name, ["self", "sub", "start", "end"], 2)?;
    let (text, part) = (string(&text, name)?, string(&part, name)?);
    let Some((rest, skip)) = within(&text, &start, &end) else { return Ok(Value::Int(-1)) };
    let byte = if backward { rest.rfind(&part) } else { rest.find(&part) };
    Ok(Value::Int(byte.map_or(-1, |byte| (skip + rest[..byte].chars().count()) as i64)))
}

fn found(position: Value) -> Result<Value, Raise> {
    if position.as_int() == Some(-1) { Err(Raise::value_error("substring not found")) } else { Ok(position) }
}

fn justify(context: &mut Context, args: Args, name: &'static str) -> Result<Value, Raise> {
    let [text, width, fill] = args.bind(name, ["self", "width", "fillchar"], 2)?;
    let text = string(&text, name)?;
    let width = width.as_ref().and_then(Value::as_int).unwrap_or(0).max(0) as usize;
    let fill = fill.map_or(Ok(" ".to_string()), |fill| string(&Some(fill), name))?;
    if fill.chars().count() != 1 {
        return Err(Raise::type_error("The fill character must be exactly one character long"));
    }
    context.reserve(width.saturating_mul(fill.len()))?;
    let length = text.chars().count();
    let missing = width.saturating_sub(length);
    let left = match name {
        "ljust" => 0,
        "rjust" => missing,
        // CPython gives the odd blank to the left where the width is odd.
        _ => missing / 2 + (missing & width & 1),
    };
    Ok(Value::str(format!("{}{text}{}", fill.repeat(left), fill.repeat(missing - left))))
}

fn partition(args: Args, name: &'static str, backward: bool) -> Result<Value, Raise> {
    let [text, separator] = args.exactly(name)?;
    let (text, separator) = (string(&Some(text), name)?, string(&Some(separator), name)?);
    if separator.is_empty() {
        return Err(Raise::value_error("empty separator"));
    }
    let split = if backward { text.rsplit_once(&separator) } else { text.split_once(&separator) };
    let parts = match split {
        Some((before, after)) => [before, &separator, after],
        None if backward => ["", "", &text],
        None => [&text, "", ""],
    };
    Ok(Value::tuple(parts.into_iter().map(Value::str).collect()))
}
