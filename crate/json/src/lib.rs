//! JSON, read event by event: what Python's `json` accepts, refused where and as Python refuses it.
//!
//! Nothing recurses, so a text may nest as deep as its reader allows. Beyond RFC 8259, as in Python, `NaN`, `Infinity`
//! and `-Infinity` are numbers.

use std::borrow::Cow;

/// One piece of a text, in its order.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'t> {
    ObjectStart,
    /// A member's name; its value follows.
    Key(Cow<'t, str>),
    ObjectEnd,
    ArrayStart,
    ArrayEnd,
    String(Cow<'t, str>),
    /// A number as it is written: an integer unless `.`, `e` or `E` is in it, or one of `NaN`, `Infinity`, `-Infinity`.
    Number(&'t str),
    Bool(bool),
    Null,
}

/// What is wrong with a text, in Python's words. Lines and columns count from 1, `character` from 0.
#[derive(Clone, Debug, PartialEq)]
pub struct Error {
    pub message: &'static str,
    pub character: usize,
    pub line: usize,
    pub column: usize,
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: line {} column {} (char {})", self.message, self.line, self.column, self.character)
    }
}

impl std::error::Error for Error {}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Value,
    /// After `[`: a value or `]`.
    FirstItem,
    /// After `{`: a name or `}`.
    FirstKey,
    Key,
    /// After a value inside an object or an array.
    CommaOrEnd,
    Nothing,
}

/// Reads one text.
pub struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// The open objects (true) and arrays (false).
    open: Vec<bool>,
    expected: Expected,
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Reader<'t> {
        Reader { text, at: 0, open: Vec::new(), expected: Expected::Value }
    }

    /// How many objects and arrays are open.
    pub fn depth(&self) -> usize {
        self.open.len()
    }

    /// The next event, `None` after the end of the text.
    pub fn next_event(&mut self) -> Result<Option<Event<'t>>, Error> {
        self.skip_space();
        match self.expected {
            Expected::Value => self.value().map(Some),
            Expected::FirstItem if self.peek() == Some(b']') => Ok(Some(self.close())),
            Expected::FirstItem => self.value().map(Some),
            Expected::FirstKey if self.peek() == Some(b'}') => Ok(Some(self.close())),
            Expected::FirstKey | Expected::Key => self.key().map(Some),
            Expected::CommaOrEnd => self.after_value(),
            Expected::Nothing if self.at == self.text.len() => Ok(None),
            Expected::Nothing => Err(self.error("Extra data", self.at)),
        }
    }

    fn after_value(&mut self) -> Result<Option<Event<'t>>, Error> {
        let in_object = self.open.last() == Some(&true);
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.expected = if in_object { Expected::Key } else { Expected::Value };
                self.next_event()
            }
            Some(b'}') if in_object => Ok(Some(self.close())),
            Some(b']') if !in_object => Ok(Some(self.close())),
            _ => Err(self.error("Expecting ',' delimiter", self.at)),
        }
    }

    fn close(&mut self) -> Event<'t> {
        self.at += 1;
        let was_object = self.open.pop() == Some(true);
        self.value_ended();
        if was_object { Event::ObjectEnd } else { Event::ArrayEnd }
    }

    fn value_ended(&mut self) {
        self.expected = if self.open.is_empty() { Expected::Nothing } else { Expected::CommaOrEnd };
    }

    fn key(&mut self) -> Result<Event<'t>, Error> {
        if self.peek() != Some(b'"') {
            return Err(self.error("Expecting property name enclosed in double quotes", self.at));
        }
        let key = self.string()?;
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.error("Expecting ':' delimiter", self.at));
        }
        self.at += 1;
        self.expected = Expected::Value;
        Ok(Event::Key(key))
    }

    fn value(&mut self) -> Result<Event<'t>, Error> {
        let event = match self.peek() {
            Some(b'{') => return Ok(self.begin(true)),
            Some(b'[') => return Ok(self.begin(false)),
            Some(b'"') => Event::String(self.string()?),
            _ => self.word()?,
        };
        self.value_ended();
        Ok(event)
    }

    fn begin(&mut self, is_object: bool) -> Event<'t> {
        self.at += 1;
        self.open.push(is_object);
        self.expected = if is_object { Expected::FirstKey } else { Expected::FirstItem };
        if is_object { Event::ObjectStart } else { Event::ArrayStart }
    }

    fn word(&mut self) -> Result<Event<'t>, Error> {
        let rest = &self.text[self.at..];
        let words = [
            ("null", Event::Null),
            ("true", Event::Bool(true)),
            ("false", Event::Bool(false)),
            ("NaN", Event::Number("NaN")),
            ("Infinity", Event::Number("Infinity")),
            ("-Infinity", Event::Number("-Infinity")),
        ];
        for (word, event) in words {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(event);
            }
        }
        let length = number_length(rest.as_bytes());
        if length == 0 {
            return Err(self.error("Expecting value", self.at));
        }
        self.at += length;
        Ok(Event::Number(&rest[..length]))
    }

    /// The string whose opening quote is next.
    fn string(&mut self) -> Result<Cow<'t, str>, Error> {
        let begin = self.at;
        self.at += 1;
        let mut written = String::new();
        let mut plain = self.at;
        loop {
            match self.peek() {
                None => return Err(self.error("Unterminated string starting at", begin)),
                Some(b'"') => {
                    let last = &self.text[plain..self.at];
                    self.at += 1;
                    return Ok(if written.is_empty() { Cow::Borrowed(last) } else { Cow::Owned(written + last) });
                }
                Some(b'\\') => {
                    written += &self.text[plain..self.at];
                    written.push(self.escape(begin)?);
                    plain = self.at;
                }
                Some(0..0x20) => return Err(self.error("Invalid control character at", self.at)),
                Some(_) => self.at += 1,
            }
        }
    }

    /// The character that the escape at the backslash stands for.
    fn escape(&mut self, begin: usize) -> Result<char, Error> {
        let backslash = self.at;
        self.at += 2;
        let character = match self.text.as_bytes().get(backslash + 1) {
            None => return Err(self.error("Unterminated string starting at", begin)),
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self.unit()?;
                let rest = self.text.as_bytes().get(self.at..self.at + 2);
                if (0xd800..0xdc00).contains(&first) && rest == Some(b"\\u") {
                    let single = self.at;
                    self.at += 2;
                    let second = self.unit()?;
                    if (0xdc00..0xe000).contains(&second) {
                        let both = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
                        return Ok(char::from_u32(both).unwrap_or(char::REPLACEMENT_CHARACTER));
                    }
                    self.at = single;
                }
                // Python keeps half a surrogate pair; a Rust string cannot.
                char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)
            }
            Some(_) => return Err(self.error("Invalid \\escape", backslash)),
        };
        Ok(character)
    }

    /// The four hexadecimal digits that come next.
    fn unit(&mut self) -> Result<u32, Error> {
        let digits = self.text.as_bytes().get(self.at..self.at + 4);
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let Some(digits) = digits else {
            return Err(self.error("Invalid \\uXXXX escape", self.at - 1));
        };
        self.at += 4;
        Ok(digits.iter().fold(0, |unit, digit| unit * 16 + char::from(*digit).to_digit(16).unwrap_or_default()))
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, message: &'static str, at: usize) -> Error {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        Error {
            message,
            character: before.chars().count(),
            line: before.matches('\n').count() + 1,
            column: before[line_begin..].chars().count() + 1,
        }
    }
}

/// How many bytes at the start of `text` are a number; 0 if there is none.
fn number_length(text: &[u8]) -> usize {
    let digits = |from: usize| text.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let sign = usize::from(text.first() == Some(&b'-'));
    // A number does not begin with zeros: `01` is 0 with something after it.
    let whole = if text.get(sign) == Some(&b'0') { 1 } else { digits(sign) };
    if whole == 0 {
        return 0;
    }
    let mut length = sign + whole;
    if text.get(length) == Some(&b'.') && digits(length + 1) > 0 {
        length += 1 + digits(length + 1);
    }
    if matches!(text.get(length), Some(b'e' | b'E')) {
        let signed = length + 1 + usize::from(matches!(text.get(length + 1), Some(b'+' | b'-')));
        if digits(signed) > 0 {
            length = signed + digits(signed);
        }
    }
    length
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn events(text: &str) -> Result<Vec<Event<'_>>, Error> {
        let mut reader = Reader::new(text);
        let mut events = Vec::new();
        while let Some(event) = reader.next_event()? {
            events.push(event);
        }
        Ok(events)
    }

    #[test]
    fn a_text_is_its_events() {
        let text = r#" {"a": [1, -2.5e3, true, null], "b\n\u00e9\ud83d\ude00": {}, "": []} "#;
        let expected = [
            Event::ObjectStart,
            Event::Key("a".into()),
            Event::ArrayStart,
            Event::Number("1"),
            Event::Number("-2.5e3"),
            Event::Bool(true),
            Event::Null,
            Event::ArrayEnd,
            Event::Key("b\né😀".into()),
            Event::ObjectStart,
            Event::ObjectEnd,
            Event::Key("".into()),
            Event::ArrayStart,
            Event::ArrayEnd,
            Event::ObjectEnd,
        ];
        assert_eq!(events(text).unwrap(), expected);
    }

    /// The sentences are those of CPython 3.11.
    #[test]
    fn what_is_wrong_is_said_as_python_says_it() {
        for (text, sentence) in [
            ("", "Expecting value: line 1 column 1 (char 0)"),
            ("[1, 2", "Expecting ',' delimiter: line 1 column 6 (char 5)"),
            ("[1,\n 2,]", "Expecting value: line 2 column 4 (char 7)"),
            ("{\"a\" 1}", "Expecting ':' delimiter: line 1 column 6 (char 5)"),
            ("{a: 1}", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
            ("{\"a\": 1,}", "Expecting property name enclosed in double quotes: line 1 column 9 (char 8)"),
            ("{\"a\": 1} x", "Extra data: line 1 column 10 (char 9)"),
            ("01", "Extra data: line 1 column 2 (char 1)"),
            ("[\"é", "Unterminated string starting at: line 1 column 2 (char 1)"),
            ("[\"é\n\"]", "Invalid control character at: line 1 column 4 (char 3)"),
            ("\"\\x\"", "Invalid \\escape: line 1 column 2 (char 1)"),
            ("\"\\u12\"", "Invalid \\uXXXX escape: line 1 column 3 (char 2)"),
            ("[1}", "Expecting ',' delimiter: line 1 column 3 (char 2)"),
            ("tru", "Expecting value: line 1 column 1 (char 0)"),
            ("-", "Expecting value: line 1 column 1 (char 0)"),
        ] {
            assert_eq!(events(text).unwrap_err().to_string(), sentence, "{text:?}");
        }
    }

    #[test]
    fn depth_is_no_danger() {
        let deep = "[".repeat(1_000_000);
        assert!(events(&deep).is_err());
    }
}
