//! `bytes`, and the encodings between them and strings.

use std::rc::Rc;

use super::formatting::ascii;
use super::{late, maker, method};
use crate::machine::items;
use crate::value::{Args, Native, Property, Value};
use crate::{Context, ErrorKind, Raise};

/// Where the characters begin that stand for the bytes beyond ASCII when a method of strings works on bytes: they are
/// for private use, so neither letters nor blanks.
const PRIVATE: u32 = 0xe000;

pub fn install(context: &mut Context) {
    let class = context.types.bytes.clone();
    maker(&class, Native::new("bytes", bytes));
    maker(&context.types.bytearray, Native::lazy("bytearray", |context, args| Err(late(context, "_bytes", "bytearray", args))));
    for class in [&class, &context.types.bytearray] {
        context.builtins.set(&class.name, Value::Class(class.clone()));
    }
    method(&context.types.str, "encode", |context, args| {
        let [text, encoding, errors] = args.bind("encode", ["self", "encoding", "errors"], 1)?;
        let text = text.unwrap_or(Value::None);
        encode(context, text.as_str().unwrap_or_default(), &encoding, &errors).map(Value::bytes)
    });
    method(&class, "decode", |context, args| {
        let [bytes, encoding, errors] = args.bind("decode", ["self", "encoding", "errors"], 1)?;
        decode(context, own(&bytes.unwrap_or(Value::None))?, &encoding, &errors).map(Value::str)
    });
    method(&class, "hex", |context, args| {
        let [bytes] = args.exactly("hex")?;
        let bytes = own(&bytes)?;
        context.reserve(bytes.len().saturating_mul(2))?;
        let digit = |value: u8| char::from_digit(value.into(), 16);
        Ok(Value::str(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).flatten().collect::<String>()))
    });
    let from_hex = Value::native("fromhex", |context, args| {
        let [text] = args.exactly("fromhex")?;
        context.reserve(text.as_str().map_or(0, str::len).saturating_mul(4))?;
        let digits: Vec<u32> = text.as_str().unwrap_or_default().chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).unwrap_or(16)).collect();
        match digits.iter().position(|digit| *digit > 15).or((digits.len() % 2 == 1).then_some(digits.len())) {
            Some(position) => Err(Raise::value_error(format!("non-hexadecimal number found in fromhex() arg at position {position}"))),
            None => Ok(Value::bytes(digits.chunks(2).map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())),
        }
    });
    class.attributes.set_text("fromhex", Value::Property(Rc::new(Property::Static(from_hex))));
    let int = context.types.int.clone();
    method(&int, "to_bytes", |context, args| Err(late(context, "_bytes", "to_bytes", args)));
    let from_bytes = Value::native("from_bytes", |context, args| Err(late(context, "_bytes", "from_bytes", args)));
    int.attributes.set_text("from_bytes", Value::Property(Rc::new(Property::Static(from_bytes))));
    macro_rules! as_of_strings {
        ($($name:literal)*) => {
            $(method(&class, $name, |context, args| as_text(context, $name, args));)*
        };
    }
    as_of_strings! {
        "upper" "lower" "title" "capitalize" "swapcase" "isdigit" "isalpha" "isalnum" "isspace" "isupper" "islower" "isascii"
        "strip" "lstrip" "rstrip" "split" "rsplit" "splitlines" "join" "replace" "startswith" "endswith" "find" "rfind" "index"
        "rindex" "count" "zfill" "center" "ljust" "rjust" "partition" "rpartition" "removeprefix" "removesuffix" "expandtabs"
    }
}

fn own(value: &Value) -> Result<&[u8], Raise> {
    match value {
        Value::Bytes(bytes) => Ok(bytes),
        other => Err(Raise::type_error(format!("a bytes-like object is required, not '{}'", other.type_name()))),
    }
}

/// `bytes(source, encoding, errors)`
fn bytes(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [source, encoding, errors] = args.bind("bytes", ["source", "encoding", "errors"], 0)?;
    match source {
        None => Ok(Value::bytes(Vec::new())),
        Some(bytes @ Value::Bytes(_)) => Ok(bytes),
        Some(Value::Str(_)) if encoding.is_none() => Err(Raise::type_error("string argument without an encoding")),
        Some(Value::Str(text)) => encode(context, &text, &encoding, &errors).map(Value::bytes),
        Some(Value::Int(count)) => {
            let count = usize::try_from(count).map_err(|_| Raise::value_error("negative count"))?;
            context.reserve(count)?;
            Ok(Value::bytes(vec![0; count]))
        }
        Some(iterable) => {
            let mut bytes = Vec::new();
            for item in context.items(&iterable)? {
                let Some(number) = items::integer(context, &item)? else {
                    return Err(Raise::type_error(format!("'{}' object cannot be interpreted as an integer", item.type_name())));
                };
                bytes.push(u8::try_from(number).map_err(|_| Raise::value_error("bytes must be in range(0, 256)"))?);
            }
            Ok(Value::bytes(bytes))
        }
    }
}

/// A method of strings, of bytes.
fn as_text(context: &mut Context, name: &'static str, mut args: Args) -> Result<Value, Raise> {
    if let ("join", [_, items]) = (name, &mut args.positional[..]) {
        let parts = context.items(items)?;
        if let Some((position, other)) = parts.iter().enumerate().find(|(_, part)| !matches!(part, Value::Bytes(_))) {
            let found = other.type_name();
            return Err(Raise::type_error(format!("sequence item {position}: expected a bytes-like object, {found} found")));
        }
        *items = Value::list(parts);
    }
    for argument in &mut args.positional {
        *argument = text_of(context, argument)?;
    }
    match context.types.str.attributes.get_text(name) {
        Some(Value::Native(native)) => Ok(bytes_of(native.call(context, args)?)),
        _ => Ok(Value::None),
    }
}

/// `part in bytes`, in linear time.
pub fn contains(context: &Context, bytes: &Value, part: &Value) -> Result<bool, Raise> {
    let (bytes, part) = (text_of(context, bytes)?, text_of(context, part)?);
    Ok(bytes.as_str().zip(part.as_str()).is_some_and(|(bytes, part)| bytes.contains(part)))
}

fn text_of(context: &Context, value: &Value) -> Result<Value, Raise> {
    Ok(match value {
        Value::Bytes(bytes) => {
            context.reserve(bytes.len().saturating_mul(3))?;
            let character = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { char::from_u32(PRIVATE + u32::from(*byte)).unwrap_or_default() };
            Value::str(bytes.iter().map(character).collect::<String>())
        }
        Value::List(_) => Value::list(texts_of(context, value)?),
        Value::Tuple(_) => Value::tuple(texts_of(context, value)?),
        Value::Str(_) => return own(value).map(|_| Value::None),
        other => other.clone(),
    })
}

fn texts_of(context: &Context, values: &Value) -> Result<Vec<Value>, Raise> {
    values.as_sequence().unwrap_or_default().iter().map(|value| text_of(context, value)).collect()
}

fn bytes_of(value: Value) -> Value {
    let all = |value: &Value| value.as_sequence().unwrap_or_default().into_iter().map(bytes_of).collect();
    match &value {
        Value::Str(text) => Value::bytes(text.chars().map(|c| u32::from(c) as u8).collect()),
        Value::List(_) => Value::list(all(&value)),
        Value::Tuple(_) => Value::tuple(all(&value)),
        _ => value,
    }
}

/// How many code points an encoding of single bytes has, and its name; `None` is UTF-8.
fn encoding_of(name: &Option<Value>) -> Result<Option<(u32, &'static str)>, Raise> {
    let name = name.as_ref().and_then(Value::as_str).unwrap_or("utf-8");
    match &*name.to_lowercase().replace('_', "-") {
        "utf-8" | "utf8" => Ok(None),
        "ascii" | "us-ascii" => Ok(Some((0x80, "ascii"))),
        "latin-1" | "latin1" | "iso-8859-1" => Ok(Some((0x100, "latin-1"))),
        _ => {
            let message = format!("the encoding '{name}' is outside the subset: use utf-8, ascii or latin-1");
            Err(Raise::error(ErrorKind::NotImplementedError, message))
        }
    }
}

fn handler(errors: &Option<Value>) -> &str {
    errors.as_ref().and_then(Value::as_str).unwrap_or("strict")
}

fn unknown(handler: &str) -> Raise {
    Raise::error(ErrorKind::LookupError, format!("unknown error handler name '{handler}'"))
}

/// `byte 0xff in position 3`, `bytes in position 3-4`
fn place(what: &str, first: &str, position: usize, length: usize) -> String {
    match length {
        1 => format!("{what} {first} in position {position}"),
        _ => format!("{what}s in position {position}-{}", position + length - 1),
    }
}

fn encode(context: &Context, text: &str, encoding: &Option<Value>, errors: &Option<Value>) -> Result<Vec<u8>, Raise> {
    // The longest that stands for a character of four bytes: `&#1114111;`.
    context.reserve(text.len().saturating_mul(3))?;
    let Some((limit, name)) = encoding_of(encoding)? else { return Ok(text.as_bytes().to_vec()) };
    let mut bytes = Vec::with_capacity(text.len());
    for (position, c) in text.chars().enumerate() {
        let code = u32::from(c);
        if code < limit {
            bytes.push(code as u8);
            continue;
        }
        match handler(errors) {
            "ignore" => {}
            "replace" => bytes.push(b'?'),
            "backslashreplace" => bytes.extend(ascii(c.encode_utf8(&mut [0; 4])).bytes()),
            "xmlcharrefreplace" => bytes.extend(format!("&#{code};").bytes()),
            "strict" => {
                let length = text.chars().skip(position).take_while(|c| u32::from(*c) >= limit).count();
                let first = format!("'{}'", ascii(c.encode_utf8(&mut [0; 4])));
                let place = place("character", &first, position, length);
                let message = format!("'{name}' codec can't encode {place}: ordinal not in range({limit})");
                return Err(Raise::error(ErrorKind::UnicodeEncodeError, message));
            }
            other => return Err(unknown(other)),
        }
    }
    Ok(bytes)
}

pub fn decode(context: &Context, bytes: &[u8], encoding: &Option<Value>, errors: &Option<Value>) -> Result<String, Raise> {
    if let (None, Ok(text)) = (encoding_of(encoding)?, str::from_utf8(bytes)) {
        context.reserve(text.len())?;
        return Ok(text.to_owned());
    }
    context.reserve(bytes.len().saturating_mul(4))?;
    let mut text = String::with_capacity(bytes.len());
    let refused = |text: &mut String, position: usize, bad: &[u8], name: &str, reason: &str| -> Result<(), Raise> {
        match handler(errors) {
            "ignore" => {}
            "replace" => text.push('\u{fffd}'),
            "backslashreplace" => bad.iter().for_each(|byte| *text += &format!("\\x{byte:02x}")),
            "strict" => {
                let first = bad.first().copied().unwrap_or_default();
                let place = place("byte", &format!("{first:#04x}"), position, bad.len());
                let message = format!("'{name}' codec can't decode {place}: {reason}");
                return Err(Raise::error(ErrorKind::UnicodeDecodeError, message));
            }
            other => return Err(unknown(other)),
        }
        Ok(())
    };
    if let Some((limit, name)) = encoding_of(encoding)? {
        for (position, byte) in bytes.iter().enumerate() {
            match u32::from(*byte) < limit {
                true => text.push(char::from(*byte)),
                false => refused(&mut text, position, &[*byte], name, "ordinal not in range(128)")?,
            }
        }
        return Ok(text);
    }
    let mut position = 0;
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        position += chunk.valid().len();
        let bad = chunk.invalid();
        if let Some(first) = bad.first() {
            let ends = str::from_utf8(&bytes[position..]).is_err_and(|error| error.error_len().is_none());
            let reason = match first {
                _ if ends => "unexpected end of data",
                0x80..0xc2 | 0xf5.. => "invalid start byte",
                _ => "invalid continuation byte",
            };
            refused(&mut text, position, bad, "utf-8", reason)?;
            position += bad.len();
        }
    }
    Ok(text)
}
