//! Text into tokens: names, numbers, strings, operators, and the layout that indentation gives.

use super::SyntaxError;
use crate::ErrorKind;
use crate::machine::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Name,
    Number,
    String,
    Operator,
    Newline,
    Indent,
    Dedent,
    End,
    /// The text is no Python from here on: see [`Tokens::error`].
    Error,
}

#[derive(Clone, Copy, Debug)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub span: Span,
    /// Where the text starts, in bytes.
    pub start: usize,
}

/// The tokens of a text, ended by [`Kind::End`] or by [`Kind::Error`].
pub struct Tokens<'a> {
    pub list: Vec<Token<'a>>,
    pub error: Option<SyntaxError>,
    /// The bracket that is still open at the end: its character and place.
    pub open: Option<(char, Span)>,
}

/// CPython's limits.
const MAX_INDENTS: usize = 100;
const MAX_BRACKETS: usize = 200;

/// Operators, longest first.
const OPERATORS: [&str; 47] = [
    "**=", "//=", ">>=", "<<=", "...", "!=", "->", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "@=", "==", "<=",
    ">=", ":=", "**", "//", "<<", ">>", "+", "-", "*", "/", "%", "@", "&", "|", "^", "~", "<", ">", "(", ")", "[", "]",
    "{", "}", ",", ":", ".", ";", "=",
];

pub fn tokenize(text: &str) -> Tokens<'_> {
    Lexer::new(text, 0, 1, 1, false).run()
}

/// The tokens of the expression `text[start..end]` of an f-string, which begins at this place. Lines do not matter.
pub fn tokenize_part(text: &str, start: usize, end: usize, line: u32, column: u32) -> Tokens<'_> {
    Lexer::new(text.get(..end).unwrap_or(text), start, line, column, true).run()
}

struct Lexer<'a> {
    text: &'a str,
    position: usize,
    line: u32,
    column: u32,
    inside: bool,
    brackets: Vec<(char, Span)>,
    /// Widths of the open blocks, with tabs of eight and with tabs of one: they must agree.
    indents: Vec<(usize, usize)>,
    list: Vec<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a str, position: usize, line: u32, column: u32, inside: bool) -> Lexer<'a> {
        Lexer { text, position, line, column, inside, brackets: Vec::new(), indents: vec![(0, 0)], list: Vec::new() }
    }

    fn run(mut self) -> Tokens<'a> {
        let result = self.tokens();
        let error = result.err();
        let place = self.here();
        let kind = if error.is_some() { Kind::Error } else { Kind::End };
        let span = error.as_ref().map_or(place, |e| e.span);
        self.list.push(Token { kind, text: "", span, start: self.position });
        Tokens { list: self.list, error, open: self.brackets.last().copied() }
    }

    fn tokens(&mut self) -> Result<(), SyntaxError> {
        let mut line_starts = !self.inside;
        loop {
            if line_starts {
                line_starts = false;
                if !self.indentation()? {
                    break;
                }
            }
            self.skip_blanks()?;
            let Some(c) = self.peek() else { break };
            let (start, from) = (self.position, self.here());
            let layout = self.brackets.is_empty() && !self.inside;
            match c {
                '\n' => {
                    self.bump();
                    if layout {
                        self.push(Kind::Newline, start, from);
                        line_starts = true;
                    }
                }
                '#' => self.skip_comment(),
                c if c.is_alphabetic() || c == '_' => self.word(start, from)?,
                '0'..='9' => self.number(start, from)?,
                '.' if self.text[self.position + 1..].starts_with(|d: char| d.is_ascii_digit()) => self.number(start, from)?,
                '"' | '\'' => self.string(start, from)?,
                _ => self.operator(c, start, from)?,
            }
        }
        let (end, place) = (self.position, self.here());
        if self.inside {
            return Ok(());
        }
        if !self.brackets.is_empty() {
            let (bracket, span) = self.brackets[self.brackets.len() - 1];
            return Err(SyntaxError::new(format!("'{bracket}' was never closed"), span));
        }
        if self.list.last().is_some_and(|t| !matches!(t.kind, Kind::Newline | Kind::Dedent)) {
            self.list.push(Token { kind: Kind::Newline, text: "", span: place, start: end });
        }
        for _ in 1..self.indents.len() {
            self.list.push(Token { kind: Kind::Dedent, text: "", span: place, start: end });
        }
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.text[self.position..].chars().next()
    }

    fn bump(&mut self) {
        if let Some(c) = self.peek() {
            self.position += c.len_utf8();
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
    }

    fn here(&self) -> Span {
        Span { line: self.line, column: self.column, end_line: self.line, end_column: self.column + 1 }
    }

    fn since(&self, from: Span) -> Span {
        Span { end_line: self.line, end_column: self.column, ..from }
    }

    fn push(&mut self, kind: Kind, start: usize, from: Span) {
        let span = if kind == Kind::Newline { from } else { self.since(from) };
        self.list.push(Token { kind, text: &self.text[start..self.position], span, start });
    }

    fn skip_comment(&mut self) {
        while self.peek().is_some_and(|c| c != '\n') {
            self.bump();
        }
    }

    /// Blanks and joined lines.
    fn skip_blanks(&mut self) -> Result<(), SyntaxError> {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' | '\u{c}' => self.bump(),
                '\\' => {
                    self.bump();
                    while self.peek() == Some('\r') {
                        self.bump();
                    }
                    match self.peek() {
                        Some('\n') => self.bump(),
                        None => return Err(SyntaxError::new("unexpected EOF while parsing", self.here())),
                        Some(_) => {
                            let message = "unexpected character after line continuation character";
                            return Err(SyntaxError::new(message, self.here()));
                        }
                    }
                }
                _ => break,
            }
        }
        Ok(())
    }

    /// Measures the next line that holds code and opens or closes blocks. False at the end of the text.
    fn indentation(&mut self) -> Result<bool, SyntaxError> {
        let (mut wide, mut narrow) = (0usize, 0usize);
        loop {
            match self.peek() {
                None => return Ok(false),
                Some(' ') => (wide, narrow) = (wide + 1, narrow + 1),
                Some('\t') => (wide, narrow) = ((wide / 8 + 1) * 8, narrow + 1),
                Some('\u{c}' | '\u{feff}') => (wide, narrow) = (0, 0),
                Some('\r') => {}
                Some('\n') => (wide, narrow) = (0, 0),
                Some('#') => {
                    self.skip_comment();
                    continue;
                }
                Some(_) => break,
            }
            self.bump();
        }
        let (start, from) = (self.position, self.here());
        let (open, open_narrow) = self.indents[self.indents.len() - 1];
        let tabs = |from| SyntaxError {
            kind: ErrorKind::TabError,
            message: "inconsistent use of tabs and spaces in indentation".into(),
            span: from,
        };
        if wide == open {
            return if narrow == open_narrow { Ok(true) } else { Err(tabs(from)) };
        }
        if wide > open {
            if narrow <= open_narrow {
                return Err(tabs(from));
            }
            if self.indents.len() >= MAX_INDENTS {
                return Err(SyntaxError::indentation("too many levels of indentation", from));
            }
            self.indents.push((wide, narrow));
            self.push(Kind::Indent, start, from);
            return Ok(true);
        }
        while self.indents.last().is_some_and(|(open, _)| *open > wide) {
            self.indents.pop();
            self.push(Kind::Dedent, start, from);
        }
        if self.indents.last().is_none_or(|(open, _)| *open != wide) {
            return Err(SyntaxError::indentation("unindent does not match any outer indentation level", from));
        }
        Ok(true)
    }

    fn word(&mut self, start: usize, from: Span) -> Result<(), SyntaxError> {
        while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.bump();
        }
        let word = &self.text[start..self.position];
        let is_prefix = word.len() <= 2 && word.chars().all(|c| "rRbBfFuU".contains(c));
        if is_prefix && matches!(self.peek(), Some('"' | '\'')) {
            return self.string(start, from);
        }
        self.push(Kind::Name, start, from);
        Ok(())
    }

    fn digits(&mut self, is_digit: impl Fn(char) -> bool) {
        while self.peek().is_some_and(|c| is_digit(c) || c == '_') {
            self.bump();
        }
    }

    fn number(&mut self, start: usize, from: Span) -> Result<(), SyntaxError> {
        let rest = &self.text[self.position..];
        let mut kind = "decimal";
        if rest.len() > 1 && rest.starts_with('0') && rest[1..].starts_with(['x', 'X', 'o', 'O', 'b', 'B']) {
            self.bump();
            self.bump();
            match &rest[1..2] {
                "x" | "X" => {
                    kind = "hexadecimal";
                    self.digits(|c| c.is_ascii_hexdigit());
                }
                "o" | "O" => {
                    kind = "octal";
                    self.digits(|c| ('0'..='7').contains(&c));
                }
                _ => {
                    kind = "binary";
                    self.digits(|c| c == '0' || c == '1');
                }
            }
        } else {
            self.digits(|c| c.is_ascii_digit());
            if self.peek() == Some('.') {
                self.bump();
                self.digits(|c| c.is_ascii_digit());
            }
            if matches!(self.peek(), Some('e' | 'E')) {
                let exponent = self.text[self.position + 1..].trim_start_matches(['+', '-']);
                if exponent.starts_with(|c: char| c.is_ascii_digit()) {
                    self.bump();
                    if matches!(self.peek(), Some('+' | '-')) {
                        self.bump();
                    }
                    self.digits(|c| c.is_ascii_digit());
                }
            }
        }
        if kind == "decimal" && matches!(self.peek(), Some('j' | 'J')) {
            self.bump();
        }
        let digits = &self.text[start..self.position];
        if self.peek().is_some_and(|c| c.is_alphabetic() || c == '_') {
            // `1if x else y` is allowed: a keyword may follow at once.
            let rest = &self.text[self.position..];
            if !["and", "else", "for", "if", "in", "is", "not", "or"].iter().any(|k| rest.starts_with(k)) {
                return Err(SyntaxError::new(format!("invalid {kind} literal"), self.since(from)));
            }
        }
        if digits.ends_with('_') {
            return Err(SyntaxError::new(format!("invalid {kind} literal"), self.since(from)));
        }
        self.push(Kind::Number, start, from);
        Ok(())
    }

    fn string(&mut self, start: usize, from: Span) -> Result<(), SyntaxError> {
        let Some(mark) = self.peek() else { return Ok(()) };
        let triple = [mark; 3].iter().collect::<String>();
        let is_triple = self.text[self.position..].starts_with(&triple);
        for _ in 0..if is_triple { 3 } else { 1 } {
            self.bump();
        }
        loop {
            match self.peek() {
                None if is_triple => {
                    let message = format!("unterminated triple-quoted string literal (detected at line {})", self.line);
                    return Err(SyntaxError::new(message, from));
                }
                None | Some('\n') if !is_triple => {
                    let message = format!("unterminated string literal (detected at line {})", self.line);
                    return Err(SyntaxError::new(message, from));
                }
                Some('\\') => {
                    self.bump();
                    if self.peek() == Some('\r') {
                        self.bump();
                    }
                    self.bump();
                }
                Some(c) if c == mark && (!is_triple || self.text[self.position..].starts_with(&triple)) => break,
                _ => self.bump(),
            }
        }
        for _ in 0..if is_triple { 3 } else { 1 } {
            self.bump();
        }
        self.push(Kind::String, start, from);
        Ok(())
    }

    fn operator(&mut self, c: char, start: usize, from: Span) -> Result<(), SyntaxError> {
        let rest = &self.text[self.position..];
        let Some(operator) = OPERATORS.iter().find(|o| rest.starts_with(**o)) else {
            if matches!(c, '!' | '$' | '?' | '`') {
                return Err(SyntaxError::new("invalid syntax", from));
            }
            let message = if c.is_control() {
                format!("invalid non-printable character U+{:04X}", c as u32)
            } else {
                format!("invalid character '{c}' (U+{:04X})", c as u32)
            };
            return Err(SyntaxError::new(message, from));
        };
        for _ in 0..operator.len() {
            self.bump();
        }
        match c {
            '(' | '[' | '{' => {
                if self.brackets.len() >= MAX_BRACKETS {
                    return Err(SyntaxError::new("too many nested parentheses", from));
                }
                self.brackets.push((c, self.since(from)));
            }
            ')' | ']' | '}' => match self.brackets.pop() {
                None => return Err(SyntaxError::new(format!("unmatched '{c}'"), from)),
                Some((open, place)) if !matches!((open, c), ('(', ')') | ('[', ']') | ('{', '}')) => {
                    let line = if place.line == from.line { String::new() } else { format!(" on line {}", place.line) };
                    let message = format!("closing parenthesis '{c}' does not match opening parenthesis '{open}'{line}");
                    return Err(SyntaxError::new(message, from));
                }
                Some(_) => {}
            },
            _ => {}
        }
        self.push(Kind::Operator, start, from);
        Ok(())
    }
}
