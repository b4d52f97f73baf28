//! `json`: between texts and Python's own values.

use std::rc::Rc;

use json::{Event, Reader};

use crate::format::float_repr;
use crate::machine::{RECURSION_LIMIT, recursion_error};
use crate::value::{Big, Dict, Key, Value, sorted_by};
use crate::{Context, Raise};

/// How deep values may nest when they are written: the writer stands on Rust's stack.
const MAX_DEPTH: usize = 200;

pub fn install(context: &mut Context) {
    // The value of a text in a list of one, or (message, character, line, column) of what is wrong with it.
    context.helper("_read_json", |context, args| {
        let [text] = args.exactly("loads")?;
        let Value::Str(text) = text else {
            let message = format!("the JSON object must be str, bytes or bytearray, not {}", text.type_name());
            return Err(Raise::type_error(message));
        };
        read(context, &text)
    });
    context.helper("_write_json", |context, args| {
        let [value, indent, item, key, sort_keys, ascii] = args.exactly("dumps")?;
        let style = Style {
            indent: indent.as_str().map(str::to_owned),
            item: item.as_str().unwrap_or(", ").to_owned(),
            key: key.as_str().unwrap_or(": ").to_owned(),
            sorts_keys: sort_keys.as_int() == Some(1),
            is_ascii: ascii.as_int() != Some(0),
        };
        let mut writer = Writer { style, text: String::new(), open: Vec::new() };
        writer.write(context, &value)?;
        Ok(Value::str(writer.text))
    });
}

/// An object or an array that is being read.
enum Open {
    Object(Rc<Dict>, Option<Key>),
    Array(Vec<Value>),
}

fn read(context: &Context, text: &str) -> Result<Value, Raise> {
    let mut reader = Reader::new(text);
    let mut open: Vec<Open> = Vec::new();
    let mut whole = Value::None;
    loop {
        let event = match reader.next_event() {
            Ok(Some(event)) => event,
            Ok(None) => return Ok(Value::list(vec![whole])),
            Err(error) => {
                let place = [error.character, error.line, error.column].map(|n| Value::Int(n as i64));
                return Ok(Value::tuple([Value::str(error.message)].into_iter().chain(place).collect()));
            }
        };
        let value = match event {
            Event::Key(name) => {
                if let Some(Open::Object(_, key)) = open.last_mut() {
                    *key = Some(Key::new(Value::str(name))?);
                }
                continue;
            }
            Event::ObjectStart | Event::ArrayStart => {
                let is_object = event == Event::ObjectStart;
                if reader.depth() >= RECURSION_LIMIT {
                    let kind = if is_object { "object" } else { "array" };
                    return Err(recursion_error(&format!(" while decoding a JSON {kind} from a unicode string")));
                }
                context.reserve(0)?;
                open.push(if is_object { Open::Object(Dict::new(), None) } else { Open::Array(Vec::new()) });
                continue;
            }
            Event::ObjectEnd | Event::ArrayEnd => match open.pop() {
                Some(Open::Object(dict, _)) => Value::Dict(dict),
                Some(Open::Array(items)) => Value::list(items),
                None => Value::None,
            },
            Event::String(text) => Value::str(text),
            Event::Number(text) => number(text)?,
            Event::Bool(value) => Value::Bool(value),
            Event::Null => Value::None,
        };
        match open.last_mut() {
            None => whole = value,
            Some(Open::Array(items)) => items.push(value),
            Some(Open::Object(dict, key)) => {
                if let Some(key) = key.take() {
                    dict.insert(key, value);
                }
            }
        }
    }
}

fn number(text: &str) -> Result<Value, Raise> {
    let float = match text {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        "-Infinity" => f64::NEG_INFINITY,
        _ if text.contains(['.', 'e', 'E']) => text.parse().unwrap_or(f64::NAN),
        _ => {
            return match (text.parse(), Big::parse(text, 10)) {
                (Ok(small), _) => Ok(Value::Int(small)),
                (_, Some(large)) => large?.value(),
                _ => Err(Raise::value_error(format!("invalid number {text}"))),
            };
        }
    };
    Ok(Value::Float(float))
}

struct Style {
    /// What a level is indented by; `None` for one line.
    indent: Option<String>,
    /// Between items.
    item: String,
    /// Between a name and its value.
    key: String,
    sorts_keys: bool,
    is_ascii: bool,
}

struct Writer {
    style: Style,
    text: String,
    /// The containers that are being written, by their addresses.
    open: Vec<*const u8>,
}

impl Writer {
    fn write(&mut self, context: &Context, value: &Value) -> Result<(), Raise> {
        match value {
            Value::None => self.text.push_str("null"),
            Value::Bool(value) => self.text.push_str(if *value { "true" } else { "false" }),
            Value::Int(value) => self.text.push_str(&value.to_string()),
            Value::Big(value) => self.text.push_str(&value.text()?),
            Value::Float(value) => self.text.push_str(&float_text(*value)),
            Value::Str(text) => self.string(text),
            Value::List(list) => {
                let items = list.items.borrow().to_vec();
                self.container(context, Rc::as_ptr(list).cast(), items.into_iter().map(|item| (None, item)).collect(), ["[", "]"])?;
            }
            Value::Tuple(tuple) => {
                let items = tuple.items.iter().map(|item| (None, item.clone())).collect();
                self.container(context, Rc::as_ptr(tuple).cast(), items, ["[", "]"])?;
            }
            Value::Dict(dict) => {
                let mut members = Vec::with_capacity(dict.len());
                for (key, value) in dict.pairs() {
                    members.push((Some(key_text(&key)?), value));
                }
                if self.style.sorts_keys {
                    members = sorted_by(members, &|(a, _), (b, _)| a.cmp(b));
                }
                self.container(context, Rc::as_ptr(dict).cast(), members, ["{", "}"])?;
            }
            // A member of an enumeration of strings or of integers is written as what it holds.
            Value::Instance(member) if member.text().is_some() || member.class_attribute("_is_enum").and(member.number()).is_some() => {
                self.write(context, &member.attributes().get_text("_value_").unwrap_or(Value::None))?;
            }
            _ => return Err(Raise::type_error(format!("Object of type {} is not JSON serializable", value.type_name()))),
        }
        Ok(())
    }

    fn container(
        &mut self,
        context: &Context,
        address: *const u8,
        members: Vec<(Option<String>, Value)>,
        [begin, end]: [&str; 2],
    ) -> Result<(), Raise> {
        self.text.push_str(begin);
        if members.is_empty() {
            self.text.push_str(end);
            return Ok(());
        }
        if self.open.contains(&address) {
            return Err(Raise::value_error("Circular reference detected"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(recursion_error(" while encoding a JSON object"));
        }
        self.open.push(address);
        for (position, (key, value)) in members.iter().enumerate() {
            if position > 0 {
                self.text.push_str(&self.style.item);
            }
            self.new_line();
            if let Some(key) = key {
                self.string(key);
                self.text.push_str(&self.style.key);
            }
            self.write(context, value)?;
            context.reserve(self.text.len())?;
        }
        self.open.pop();
        self.new_line();
        self.text.push_str(end);
        Ok(())
    }

    /// Where values stand on lines of their own.
    fn new_line(&mut self) {
        if let Some(indent) = &self.style.indent {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n(indent.as_str(), self.open.len()));
        }
    }

    fn string(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                ' '..='~' => self.text.push(c),
                _ if c >= ' ' && !self.style.is_ascii => self.text.push(c),
                _ => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        self.text.push_str(&format!("\\u{unit:04x}"));
                    }
                }
            }
        }
        self.text.push('"');
    }
}

fn float_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.into()
    } else {
        float_repr(value)
    }
}

fn key_text(key: &Value) -> Result<String, Raise> {
    Ok(match key {
        Value::Str(text) => text.to_string(),
        Value::Int(n) => n.to_string(),
        Value::Big(n) => n.text()?,
        Value::Float(x) => float_text(*x),
        Value::Bool(b) => b.to_string(),
        Value::None => "null".into(),
        _ => return Err(Raise::type_error(format!("keys must be str, int, float, bool or None, not {}", key.type_name()))),
    })
}
