//! The parser's state: a place among the tokens, and what may nest how deep.

use super::tokens::{Kind, Token, Tokens, tokenize};
use super::tree::{Expression, ExpressionKind, Statement};
use super::{Result, SyntaxError};
use crate::ErrorKind;
use crate::machine::Span;

/// How deep expressions and blocks may nest in one another: the parser recurses this often.
const MAX_NESTING: usize = 90;
/// How high an expression's tree may be; a chain like `a + b + c + …` is as high as it is long.
const MAX_HEIGHT: u16 = 400;

const KEYWORDS: [&str; 35] = [
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif",
    "else", "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or",
    "pass", "raise", "return", "try", "while", "with", "yield",
];

pub fn is_keyword(word: &str) -> bool {
    KEYWORDS.binary_search(&word).is_ok()
}

/// The statements of a program.
pub fn parse(text: &str) -> Result<Vec<Statement>> {
    let tokens = tokenize(text);
    let mut parser = Parser { text, tokens: &tokens, next: 0, nesting: 0 };
    parser.program().map_err(|error| parser.better(error))
}

pub struct Parser<'a> {
    pub text: &'a str,
    pub tokens: &'a Tokens<'a>,
    pub next: usize,
    pub nesting: usize,
}

impl<'a> Parser<'a> {
    fn program(&mut self) -> Result<Vec<Statement>> {
        let mut statements = Vec::new();
        while self.token().kind != Kind::End {
            if self.token().kind == Kind::Newline {
                self.next += 1;
                continue;
            }
            self.statement(&mut statements)?;
        }
        Ok(statements)
    }

    /// A mere "invalid syntax" is less than what the tokens further on can say.
    fn better(&self, error: SyntaxError) -> SyntaxError {
        if error.message != "invalid syntax" || error.kind != ErrorKind::SyntaxError {
            return error;
        }
        match (&self.tokens.error, self.tokens.open) {
            (Some(found), Some((_, open))) if found.span == open => {
                // Only a bracket that opened on an earlier line explains what went wrong here.
                if error.span.line > open.line { found.clone() } else { error }
            }
            (Some(found), _) => found.clone(),
            _ => error,
        }
    }

    pub fn token(&self) -> Token<'a> {
        self.tokens.list[self.next.min(self.tokens.list.len() - 1)]
    }

    /// The token `ahead` further on.
    pub fn peek(&self, ahead: usize) -> Token<'a> {
        self.tokens.list[(self.next + ahead).min(self.tokens.list.len() - 1)]
    }

    pub fn advance(&mut self) -> Token<'a> {
        let token = self.token();
        self.next += 1;
        token
    }

    /// Where the token before this one ended.
    pub fn previous(&self) -> Span {
        self.tokens.list[self.next.saturating_sub(1).min(self.tokens.list.len() - 1)].span
    }

    pub fn at_operator(&self, operator: &str) -> bool {
        let token = self.token();
        token.kind == Kind::Operator && token.text == operator
    }

    pub fn at_word(&self, word: &str) -> bool {
        let token = self.token();
        token.kind == Kind::Name && token.text == word
    }

    pub fn take_operator(&mut self, operator: &str) -> bool {
        let found = self.at_operator(operator);
        self.next += usize::from(found);
        found
    }

    pub fn take_word(&mut self, word: &str) -> bool {
        let found = self.at_word(word);
        self.next += usize::from(found);
        found
    }

    pub fn expect_operator(&mut self, operator: &str) -> Result<()> {
        if self.take_operator(operator) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// A name that is not a keyword.
    pub fn name(&mut self) -> Result<Token<'a>> {
        let token = self.token();
        if token.kind == Kind::Name && !is_keyword(token.text) {
            self.next += 1;
            Ok(token)
        } else {
            Err(self.unexpected())
        }
    }

    /// Why the program cannot go on with this token.
    pub fn unexpected(&self) -> SyntaxError {
        let token = self.token();
        match token.kind {
            Kind::Error => self.tokens.error.clone().unwrap_or_else(|| SyntaxError::new("invalid syntax", token.span)),
            Kind::Indent => SyntaxError::indentation("unexpected indent", token.span),
            _ => SyntaxError::new("invalid syntax", token.span),
        }
    }

    /// Enters a level of nesting; `leave` it with `self.nesting -= 1`.
    pub fn enter(&mut self) -> Result<()> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(SyntaxError::new("too many nested parentheses", self.token().span));
        }
        Ok(())
    }

    /// A node over children of at most this height.
    pub fn node(&self, kind: ExpressionKind, span: Span, below: u16) -> Result<Expression> {
        if below >= MAX_HEIGHT {
            return Err(SyntaxError {
                kind: ErrorKind::RecursionError,
                message: "maximum recursion depth exceeded during compilation".into(),
                span,
            });
        }
        Ok(Expression { kind, span, height: below + 1 })
    }
}

/// The height of the highest of these.
pub fn highest<'e>(parts: impl IntoIterator<Item = &'e Expression>) -> u16 {
    parts.into_iter().map(|part| part.height).max().unwrap_or(0)
}
