//! `match`: its cases become the branches of an `if`, whose tests call `.match` with the pattern as nested tuples.
//!
//! `.match` (in the prelude) gives a dictionary of what the pattern names, or None. The names `.subject` and `.matched`
//! cannot be a program's own.

use std::rc::Rc;

use super::parser::{Parser, highest, is_keyword};
use super::tokens::Kind;
use super::tree::{Argument, Expression, ExpressionKind as E, Statement, StatementKind as S};
use super::Result;
use crate::machine::{CompareOperator, Span};

impl Parser<'_> {
    /// A `match` statement; `None` where `match` is a mere name here.
    pub fn match_statement(&mut self) -> Result<Option<Statement>> {
        let (before, nesting) = (self.next, self.nesting);
        let start = self.advance().span;
        let subject = match self.expressions() {
            Ok(subject) if self.at_operator(":") && self.peek(1).kind == Kind::Newline && self.peek(2).kind == Kind::Indent => subject,
            _ => {
                (self.next, self.nesting) = (before, nesting);
                return Ok(None);
            }
        };
        let span = start.to(subject.span);
        self.next += 3;
        self.enter()?;
        let mut subject = Some(subject);
        let mut branches = Vec::new();
        while self.at_word("case") {
            branches.push(self.case(&mut subject)?);
        }
        self.nesting -= 1;
        if branches.is_empty() || self.token().kind != Kind::Dedent {
            return Err(self.unexpected());
        }
        self.next += 1;
        Ok(Some(Statement { kind: S::If(branches, Vec::new()), span }))
    }

    /// `case pattern if guard:` and its block. The first case computes the subject.
    fn case(&mut self, subject: &mut Option<Expression>) -> Result<(Expression, Vec<Statement>)> {
        let start = self.advance().span;
        let mut names = Vec::new();
        let pattern = self.patterns(&mut names)?;
        let span = start.to(pattern.span);
        let guard = if self.take_word("if") { Some(self.named_expression()?) } else { None };
        let subject = match subject.take() {
            Some(subject) => {
                let height = subject.height;
                self.node(E::Assign(Rc::from(".subject"), Box::new(subject)), span, height)?
            }
            None => self.leaf(E::Name(Rc::from(".subject")), span)?,
        };
        let height = subject.height.max(pattern.height);
        let callee = Box::new(self.leaf(E::Name(Rc::from(".match")), span)?);
        let call = self.node(E::Call(callee, vec![Argument::Positional(subject), Argument::Positional(pattern)]), span, height)?;
        let matched = self.node(E::Assign(Rc::from(".matched"), Box::new(call)), span, height + 1)?;
        let none = self.leaf(E::None, span)?;
        let test = self.node(E::Compare(Box::new(matched), vec![(CompareOperator::IsNot, none)]), span, height + 2)?;
        let mut parts = vec![test];
        if !names.is_empty() {
            parts.push(self.bindings(&names, span)?);
        }
        parts.extend(guard);
        let body = self.block("'case' statement", start.line)?;
        if parts.len() == 1 {
            return Ok((parts.remove(0), body));
        }
        let height = highest(&parts);
        Ok((self.node(E::Chain { and: true, parts }, span, height)?, body))
    }

    /// Binds the names of a pattern, and is true.
    fn bindings(&self, names: &[Rc<str>], span: Span) -> Result<Expression> {
        let mut items = Vec::new();
        for name in names {
            let matched = Box::new(self.leaf(E::Name(Rc::from(".matched")), span)?);
            let key = Box::new(self.leaf(E::String(name.clone()), span)?);
            let item = Box::new(self.node(E::Subscript(matched, key), span, 1)?);
            items.push(self.node(E::Assign(name.clone(), item), span, 2)?);
        }
        self.node(E::Tuple(items), span, 3)
    }

    pub fn leaf(&self, kind: E, span: Span) -> Result<Expression> {
        self.node(kind, span, 0)
    }

    /// A description of a pattern: its kind and its parts.
    fn described(&self, kind: &str, parts: Vec<Expression>, span: Span) -> Result<Expression> {
        let mut items = vec![self.leaf(E::String(Rc::from(kind)), span)?];
        items.extend(parts);
        let height = highest(&items);
        self.node(E::Tuple(items), span, height)
    }

    fn listed(&self, items: Vec<Expression>, span: Span) -> Result<Expression> {
        let height = highest(&items);
        self.node(E::Tuple(items), span, height)
    }

    /// The pattern of a case, which may be a sequence without brackets.
    fn patterns(&mut self, names: &mut Vec<Rc<str>>) -> Result<Expression> {
        let first = self.starred_pattern(names)?;
        if !self.at_operator(",") && !is_star(&first) {
            return Ok(first);
        }
        let span = first.span;
        let mut items = vec![first];
        while self.take_operator(",") {
            if self.at_operator(":") || self.at_word("if") {
                break;
            }
            items.push(self.starred_pattern(names)?);
        }
        let items = self.listed(items, span)?;
        self.described("sequence", vec![items], span)
    }

    fn starred_pattern(&mut self, names: &mut Vec<Rc<str>>) -> Result<Expression> {
        let span = self.token().span;
        if self.take_operator("*") {
            let name = self.captured(names)?;
            return self.described("star", vec![name], span);
        }
        self.pattern(names)
    }

    /// A name that a pattern binds, as a string; None for `_`.
    fn captured(&mut self, names: &mut Vec<Rc<str>>) -> Result<Expression> {
        let token = self.name()?;
        if token.text == "_" {
            return self.leaf(E::None, token.span);
        }
        let name: Rc<str> = Rc::from(token.text);
        if !names.contains(&name) {
            names.push(name.clone());
        }
        self.leaf(E::String(name), token.span)
    }

    fn pattern(&mut self, names: &mut Vec<Rc<str>>) -> Result<Expression> {
        self.enter()?;
        let start = self.token().span;
        let mut branches = vec![self.closed_pattern(names)?];
        while self.take_operator("|") {
            branches.push(self.closed_pattern(names)?);
        }
        let mut pattern = if branches.len() == 1 {
            branches.remove(0)
        } else {
            let branches = self.listed(branches, start)?;
            self.described("or", vec![branches], start)?
        };
        if self.take_word("as") {
            let name = self.captured(names)?;
            pattern = self.described("as", vec![pattern, name], start)?;
        }
        self.nesting -= 1;
        Ok(pattern)
    }

    fn closed_pattern(&mut self, names: &mut Vec<Rc<str>>) -> Result<Expression> {
        let token = self.token();
        let span = token.span;
        match (token.kind, token.text) {
            (Kind::Name, "None" | "True" | "False") => {
                // Above `|`, which separates patterns.
                let value = self.unary()?;
                self.described("is", vec![value], span)
            }
            (Kind::Name, word) if !is_keyword(word) => self.named_pattern(names),
            (Kind::Operator, "(") => {
                self.next += 1;
                let (items, comma) = self.pattern_items(")", names)?;
                if items.len() == 1 && !comma && !is_star(&items[0]) {
                    return Ok(items.into_iter().next().unwrap_or(self.leaf(E::None, span)?));
                }
                let items = self.listed(items, span)?;
                self.described("sequence", vec![items], span)
            }
            (Kind::Operator, "[") => {
                self.next += 1;
                let (items, _) = self.pattern_items("]", names)?;
                let items = self.listed(items, span)?;
                self.described("sequence", vec![items], span)
            }
            (Kind::Operator, "{") => self.mapping_pattern(names),
            // Numbers, with a sign, and strings.
            (Kind::Number | Kind::String, _) | (Kind::Operator, "-") => self.value_pattern(),
            _ => Err(self.unexpected()),
        }
    }

    fn value_pattern(&mut self) -> Result<Expression> {
        let span = self.token().span;
        let value = self.unary()?;
        self.described("value", vec![value], span)
    }

    /// A capture, `_`, a dotted value or a class.
    fn named_pattern(&mut self, names: &mut Vec<Rc<str>>) -> Result<Expression> {
        let span = self.token().span;
        let is_plain = self.peek(1).kind != Kind::Operator || !matches!(self.peek(1).text, "." | "(");
        if is_plain {
            let name = self.captured(names)?;
            return self.described("capture", vec![name], span);
        }
        let first = self.name()?;
        let mut value = self.leaf(E::Name(Rc::from(first.text)), span)?;
        while self.take_operator(".") {
            let attribute = self.name()?;
            let height = value.height;
            value = self.node(E::Attribute(Box::new(value), Rc::from(attribute.text)), span, height)?;
        }
        if !self.take_operator("(") {
            return self.described("value", vec![value], span);
        }
        let (mut positional, mut keywords) = (Vec::new(), Vec::new());
        while !self.at_operator(")") {
            let named = self.token().kind == Kind::Name && self.peek(1).kind == Kind::Operator && self.peek(1).text == "=";
            if named {
                let name = self.name()?;
                self.next += 1;
                let key = self.leaf(E::String(Rc::from(name.text)), name.span)?;
                let pattern = self.pattern(names)?;
                keywords.push(self.listed(vec![key, pattern], span)?);
            } else {
                positional.push(self.pattern(names)?);
            }
            if !self.take_operator(",") {
                break;
            }
        }
        self.expect_operator(")")?;
        let (positional, keywords) = (self.listed(positional, span)?, self.listed(keywords, span)?);
        self.described("class", vec![value, positional, keywords], span)
    }

    fn pattern_items(&mut self, end: &str, names: &mut Vec<Rc<str>>) -> Result<(Vec<Expression>, bool)> {
        let (mut items, mut comma) = (Vec::new(), false);
        while !self.at_operator(end) {
            items.push(self.starred_pattern(names)?);
            comma = self.take_operator(",");
            if !comma {
                break;
            }
        }
        self.expect_operator(end)?;
        Ok((items, comma))
    }

    fn mapping_pattern(&mut self, names: &mut Vec<Rc<str>>) -> Result<Expression> {
        let span = self.advance().span;
        let mut items = Vec::new();
        let mut rest = self.leaf(E::None, span)?;
        while !self.at_operator("}") {
            if self.take_operator("**") {
                rest = self.captured(names)?;
            } else {
                let key = self.unary()?;
                self.expect_operator(":")?;
                let pattern = self.pattern(names)?;
                items.push(self.listed(vec![key, pattern], span)?);
            }
            if !self.take_operator(",") {
                break;
            }
        }
        self.expect_operator("}")?;
        let items = self.listed(items, span)?;
        self.described("mapping", vec![items, rest], span)
    }
}

fn is_star(pattern: &Expression) -> bool {
    match &pattern.kind {
        E::Tuple(items) => matches!(items.first().map(|item| &item.kind), Some(E::String(kind)) if &**kind == "star"),
        _ => false,
    }
}
