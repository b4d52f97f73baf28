//! String literals, with their escapes, and f-strings.

use std::rc::Rc;

use super::parser::{Parser, highest};
use super::tokens::{Kind, Token, tokenize_part};
use super::tree::{Expression, ExpressionKind as E, FormatPart};
use super::{Result, SyntaxError};
use crate::machine::Span;
use crate::value::Bytes;

/// A literal's pieces: what is in front of the quotes, and where the text between them lies.
struct Literal<'a> {
    raw: bool,
    format: bool,
    bytes: bool,
    body: &'a str,
    /// Of the body, in bytes of the source.
    start: usize,
    line: u32,
    column: u32,
}

impl<'a> Literal<'a> {
    fn new(token: Token<'a>) -> Result<Literal<'a>> {
        let quote = token.text.find(['"', '\'']).unwrap_or(0);
        let prefix = token.text[..quote].to_ascii_lowercase();
        let quotes = &token.text[quote..];
        let width = if quotes.len() >= 6 && (quotes.starts_with("\"\"\"") || quotes.starts_with("'''")) { 3 } else { 1 };
        let open = quote + width;
        Ok(Literal {
            raw: prefix.contains('r'),
            format: prefix.contains('f'),
            bytes: prefix.contains('b'),
            body: token.text.get(open..token.text.len() - width).unwrap_or(""),
            start: token.start + open,
            line: token.span.line,
            column: token.span.column + open as u32,
        })
    }
}

impl Parser<'_> {
    /// One or more literals side by side: one string, or bytes.
    pub fn strings(&mut self) -> Result<Expression> {
        let start = self.token().span;
        let mut parts = Vec::new();
        let mut formatted = false;
        let is_bytes = Literal::new(self.token())?.bytes;
        let mut bytes = Vec::new();
        while self.token().kind == Kind::String {
            let token = self.advance();
            let literal = Literal::new(token)?;
            if literal.bytes != is_bytes {
                return Err(SyntaxError::new("cannot mix bytes and nonbytes literals", start.to(token.span)));
            }
            if is_bytes {
                if !literal.body.is_ascii() {
                    return Err(SyntaxError::new("bytes can only contain ASCII literal characters", token.span));
                }
                let text = unescape(literal.body, &literal, token.span)?;
                bytes.extend(text.chars().map(|c| u32::from(c) as u8));
            } else if literal.format {
                formatted = true;
                let mut scan = Scan::new(&literal);
                self.format_parts(&literal, &mut scan, &mut parts, 0, token.span)?;
            } else {
                push_text(&mut parts, unescape(literal.body, &literal, token.span)?);
            }
        }
        let span = start.to(self.previous());
        if is_bytes {
            return self.node(E::Bytes(Bytes::new(bytes)), span, 0);
        }
        if formatted {
            let below = height(&parts);
            return self.node(E::Format(parts), span, below);
        }
        let text = match parts.into_iter().next() {
            Some(FormatPart::Text(text)) => text,
            _ => Rc::from(""),
        };
        self.node(E::String(text), span, 0)
    }

    /// The pieces of an f-string up to its end, or, inside a format specification, up to its closing brace.
    fn format_parts(
        &mut self,
        literal: &Literal,
        scan: &mut Scan,
        parts: &mut Vec<FormatPart>,
        depth: usize,
        whole: Span,
    ) -> Result<()> {
        if depth > 2 {
            return Err(SyntaxError::new("f-string: expressions nested too deeply", whole));
        }
        let mut text = String::new();
        while let Some(c) = scan.peek() {
            match c {
                '{' if depth == 0 && scan.rest().starts_with("{{") => {
                    text.push('{');
                    scan.bump();
                    scan.bump();
                }
                '}' if depth > 0 => break,
                '}' if scan.rest().starts_with("}}") => {
                    text.push('}');
                    scan.bump();
                    scan.bump();
                }
                '}' => return Err(SyntaxError::new("f-string: single '}' is not allowed", whole)),
                '{' => {
                    push_text(parts, unescape(&text, literal, whole)?);
                    text.clear();
                    scan.bump();
                    self.replacement(literal, scan, parts, depth, whole)?;
                }
                '\\' if !literal.raw => {
                    // An escape may hold braces of its own: \N{…} is refused, others hold none.
                    text.push(c);
                    scan.bump();
                    if let Some(next) = scan.peek() {
                        text.push(next);
                        scan.bump();
                    }
                }
                _ => {
                    text.push(c);
                    scan.bump();
                }
            }
        }
        push_text(parts, unescape(&text, literal, whole)?);
        Ok(())
    }

    /// `{value=!r:spec}`, after its opening brace.
    fn replacement(
        &mut self,
        literal: &Literal,
        scan: &mut Scan,
        parts: &mut Vec<FormatPart>,
        depth: usize,
        whole: Span,
    ) -> Result<()> {
        let (from, line, column) = (scan.position, scan.line, scan.column);
        let end = scan.skip_expression(whole)?;
        let written = &literal.body[from..end];
        if written.trim().is_empty() {
            return Err(SyntaxError::new("f-string: empty expression not allowed", whole));
        }
        let value = self.part(literal.start + from, literal.start + end, line, column)?;
        let mut conversion = 0;
        let mut shown = false;
        if scan.peek() == Some('=') {
            shown = true;
            scan.bump();
            while scan.peek() == Some(' ') {
                scan.bump();
            }
            push_text(parts, literal.body[from..scan.position].to_string());
        }
        if scan.peek() == Some('!') {
            scan.bump();
            conversion = match scan.peek() {
                Some('r') => b'r',
                Some('s') => b's',
                Some('a') => b'a',
                _ => {
                    let message = "f-string: invalid conversion character: expected 's', 'r', or 'a'";
                    return Err(SyntaxError::new(message, whole));
                }
            };
            scan.bump();
        }
        let mut spec = Vec::new();
        if scan.peek() == Some(':') {
            scan.bump();
            self.format_parts(literal, scan, &mut spec, depth + 1, whole)?;
        } else if shown && conversion == 0 {
            conversion = b'r';
        }
        if scan.peek() != Some('}') {
            return Err(SyntaxError::new("f-string: expecting '}'", whole));
        }
        scan.bump();
        parts.push(FormatPart::Value { value, conversion, spec });
        Ok(())
    }

    /// The expression that lies here in the source.
    fn part(&mut self, start: usize, end: usize, line: u32, column: u32) -> Result<Expression> {
        self.enter()?;
        let tokens = tokenize_part(self.text, start, end, line, column);
        let mut inner = Parser { text: self.text, tokens: &tokens, next: 0, nesting: self.nesting };
        let value = if inner.at_word("yield") { inner.yield_expression()? } else { inner.expressions()? };
        if inner.token().kind != Kind::End {
            let mut error = inner.unexpected();
            error.message = format!("f-string: {}", error.message);
            return Err(error);
        }
        self.nesting -= 1;
        Ok(value)
    }
}

fn height(parts: &[FormatPart]) -> u16 {
    let each = parts.iter().map(|part| match part {
        FormatPart::Text(_) => 0,
        FormatPart::Value { value, spec, .. } => highest([value]).max(height(spec)),
    });
    each.max().unwrap_or(0)
}

/// Adds text to the piece before, if that is text too.
fn push_text(parts: &mut Vec<FormatPart>, text: String) {
    if text.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(FormatPart::Text(before)) => *before = Rc::from(format!("{before}{text}")),
        _ => parts.push(FormatPart::Text(Rc::from(text))),
    }
}

/// A place in an f-string's body.
struct Scan<'a> {
    body: &'a str,
    position: usize,
    line: u32,
    column: u32,
}

impl<'a> Scan<'a> {
    fn new(literal: &Literal<'a>) -> Scan<'a> {
        Scan { body: literal.body, position: 0, line: literal.line, column: literal.column }
    }

    fn rest(&self) -> &'a str {
        &self.body[self.position..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn bump(&mut self) {
        if let Some(c) = self.peek() {
            self.position += c.len_utf8();
            self.column += 1;
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            }
        }
    }

    /// Moves to what ends the expression that starts here, and gives that position.
    fn skip_expression(&mut self, whole: Span) -> Result<usize> {
        let mut brackets = 0usize;
        while let Some(c) = self.peek() {
            match c {
                '(' | '[' | '{' => brackets += 1,
                ')' | ']' => brackets = brackets.saturating_sub(1),
                '}' if brackets > 0 => brackets -= 1,
                '}' | ':' if brackets == 0 => return Ok(self.position),
                '!' if brackets == 0 && !self.rest().starts_with("!=") => return Ok(self.position),
                '=' if brackets == 0 => {
                    let before = self.body[..self.position].chars().next_back();
                    let next = self.rest()[1..].trim_start();
                    let compares = self.rest().starts_with("==") || matches!(before, Some('=' | '!' | '<' | '>'));
                    if !compares && (next.starts_with('}') || next.starts_with('!') || next.starts_with(':')) {
                        return Ok(self.position);
                    }
                }
                '\'' | '"' => {
                    self.skip_string(c, whole)?;
                    continue;
                }
                '\\' => return Err(SyntaxError::new("f-string expression part cannot include a backslash", whole)),
                '#' => return Err(SyntaxError::new("f-string expression part cannot include '#'", whole)),
                _ => {}
            }
            self.bump();
        }
        Err(SyntaxError::new("f-string: expecting '}'", whole))
    }

    fn skip_string(&mut self, mark: char, whole: Span) -> Result<()> {
        self.bump();
        while let Some(c) = self.peek() {
            self.bump();
            if c == mark {
                return Ok(());
            }
        }
        Err(SyntaxError::new("f-string: unterminated string", whole))
    }
}

/// The text that a part of a literal stands for; of bytes, a character for each.
fn unescape(body: &str, literal: &Literal, span: Span) -> Result<String> {
    let body = if body.contains('\r') { body.replace("\r\n", "\n") } else { body.to_string() };
    if literal.raw || !body.contains('\\') {
        return Ok(body);
    }
    let mut text = String::with_capacity(body.len());
    let mut rest = body.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match rest.next() {
            None => text.push('\\'),
            Some('\n') => {}
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('r') => text.push('\r'),
            Some('a') => text.push('\u{7}'),
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('v') => text.push('\u{b}'),
            Some(c @ ('\\' | '\'' | '"')) => text.push(c),
            Some(c @ ('u' | 'U' | 'N')) if literal.bytes => text.extend(['\\', c]),
            Some(c @ ('x' | 'u' | 'U')) => {
                let digits = match c {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let code: String = rest.clone().take(digits).take_while(char::is_ascii_hexdigit).collect();
                let decoded = u32::from_str_radix(&code, 16).ok().filter(|_| code.len() == digits).and_then(char::from_u32);
                let Some(decoded) = decoded else {
                    let message = format!("(unicode error) 'unicodeescape' codec can't decode bytes: truncated \\{c} escape");
                    return Err(SyntaxError::new(message, span));
                };
                text.push(decoded);
                for _ in 0..digits {
                    rest.next();
                }
            }
            Some(c @ '0'..='7') => {
                let more: String = rest.clone().take(2).take_while(|c| ('0'..='7').contains(c)).collect();
                for _ in 0..more.len() {
                    rest.next();
                }
                let code = u32::from_str_radix(&format!("{c}{more}"), 8).unwrap_or(0);
                text.push(char::from_u32(code).unwrap_or('\u{fffd}'));
            }
            Some('N') => {
                let message = "named characters \\N{…} are outside the subset: write the character or \\u and its code";
                return Err(SyntaxError::new(message, span));
            }
            Some(other) => {
                text.push('\\');
                text.push(other);
            }
        }
    }
    Ok(text)
}
