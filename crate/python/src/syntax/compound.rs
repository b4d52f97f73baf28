//! Statements with blocks in them.

use std::rc::Rc;

use super::parser::{Parser, is_keyword};
use super::target::check_target;
use super::tokens::Kind;
use super::tree::{Class, Expression, Function, Handler, Statement, StatementKind as S};
use super::{Result, SyntaxError};
use crate::machine::Span;

impl Parser<'_> {
    /// `:` and the block after it. `what` names the statement, as in "'if' statement".
    pub fn block(&mut self, what: &str, line: u32) -> Result<Vec<Statement>> {
        if !self.take_operator(":") {
            return Err(self.missing_colon());
        }
        let mut body = Vec::new();
        if self.token().kind != Kind::Newline {
            self.enter()?;
            self.simple_statements(&mut body)?;
            self.nesting -= 1;
            return Ok(body);
        }
        self.next += 1;
        if self.token().kind != Kind::Indent {
            if self.token().kind == Kind::Error {
                return Err(self.unexpected());
            }
            let message = format!("expected an indented block after {what} on line {line}");
            return Err(SyntaxError::indentation(message, self.token().span));
        }
        self.next += 1;
        self.enter()?;
        while !matches!(self.token().kind, Kind::Dedent | Kind::End) {
            self.statement(&mut body)?;
        }
        self.nesting -= 1;
        if self.token().kind == Kind::Dedent {
            self.next += 1;
        }
        Ok(body)
    }

    fn missing_colon(&self) -> SyntaxError {
        let token = self.token();
        match token.kind {
            Kind::Newline => SyntaxError::new("expected ':'", token.span),
            Kind::Operator if token.text == "=" => {
                SyntaxError::new("invalid syntax. Maybe you meant '==' or ':=' instead of '='?", token.span)
            }
            _ => self.unexpected(),
        }
    }

    pub fn if_statement(&mut self) -> Result<Statement> {
        let start = self.token().span;
        let mut branches = Vec::new();
        let mut otherwise = Vec::new();
        let mut header = start;
        loop {
            let token = self.advance();
            let test = self.named_expression()?;
            if branches.is_empty() {
                header = start.to(self.previous());
            }
            let what = format!("'{}' statement", token.text);
            branches.push((test, self.block(&what, token.span.line)?));
            if self.at_word("elif") {
                continue;
            }
            if self.at_word("else") {
                let line = self.advance().span.line;
                otherwise = self.block("'else' statement", line)?;
            }
            return Ok(Statement { kind: S::If(branches, otherwise), span: header });
        }
    }

    fn else_block(&mut self) -> Result<Vec<Statement>> {
        if !self.at_word("else") {
            return Ok(Vec::new());
        }
        let line = self.advance().span.line;
        self.block("'else' statement", line)
    }

    pub fn while_statement(&mut self) -> Result<Statement> {
        let start = self.advance().span;
        let test = self.named_expression()?;
        let span = start.to(test.span);
        let body = self.block("'while' statement", start.line)?;
        let otherwise = self.else_block()?;
        Ok(Statement { kind: S::While(test, body, otherwise), span })
    }

    pub fn for_statement(&mut self) -> Result<Statement> {
        let start = self.advance().span;
        let target = self.loop_target()?;
        if !self.take_word("in") {
            return Err(self.unexpected());
        }
        let iterable = self.expressions()?;
        let span = start.to(iterable.span);
        let body = self.block("'for' statement", start.line)?;
        let otherwise = self.else_block()?;
        Ok(Statement { kind: S::For { target, iterable, body, otherwise }, span })
    }

    pub fn try_statement(&mut self) -> Result<Statement> {
        let start = self.advance().span;
        let body = self.block("'try' statement", start.line)?;
        let mut handlers: Vec<Handler> = Vec::new();
        while self.at_word("except") {
            let span = self.advance().span;
            if self.at_operator("*") {
                return Err(SyntaxError::new("except* is outside the subset: use except", self.token().span));
            }
            let (mut class, mut name) = (None, None);
            if !self.at_operator(":") {
                class = Some(self.expression()?);
                if self.at_operator(",") {
                    return Err(SyntaxError::new("multiple exception types must be parenthesized", span.to(self.token().span)));
                }
                name = self.alias()?;
            }
            if handlers.last().is_some_and(|h| h.class.is_none()) {
                return Err(SyntaxError::new("default 'except:' must be last", span));
            }
            let span = span.to(self.previous());
            let body = self.block("'except' statement", span.line)?;
            handlers.push(Handler { class, name, body, span });
        }
        let otherwise = if handlers.is_empty() { Vec::new() } else { self.else_block()? };
        let mut finally = Vec::new();
        if self.at_word("finally") {
            let line = self.advance().span.line;
            finally = self.block("'finally' statement", line)?;
        } else if handlers.is_empty() {
            let token = self.token();
            if token.kind == Kind::Error {
                return Err(self.unexpected());
            }
            return Err(SyntaxError::new("expected 'except' or 'finally' block", token.span));
        }
        Ok(Statement { kind: S::Try { body, handlers, otherwise, finally }, span: start })
    }

    pub fn with_statement(&mut self) -> Result<Statement> {
        let start = self.advance().span;
        let before = self.next;
        // `with (a as b, c as d):` looks like a parenthesised expression until its `as`.
        let items = match self.with_items(true) {
            Ok(items) => items,
            Err(_) => {
                self.next = before;
                self.with_items(false)?
            }
        };
        let span = start.to(self.previous());
        let body = self.block("'with' statement", start.line)?;
        Ok(Statement { kind: S::With(items, body), span })
    }

    fn with_items(&mut self, bracketed: bool) -> Result<Vec<(Expression, Option<Expression>)>> {
        let nesting = self.nesting;
        if bracketed {
            self.expect_operator("(")?;
        }
        let mut items = Vec::new();
        loop {
            if bracketed && !items.is_empty() && self.at_operator(")") {
                break;
            }
            let manager = self.expression().inspect_err(|_| self.nesting = nesting)?;
            let target = if self.take_word("as") {
                let target = self.one_target()?;
                check_target(&target, "assign to")?;
                Some(target)
            } else {
                None
            };
            items.push((manager, target));
            if !self.take_operator(",") {
                break;
            }
        }
        if bracketed {
            self.expect_operator(")")?;
            if !self.at_operator(":") {
                return Err(self.unexpected());
            }
        }
        Ok(items)
    }

    fn one_target(&mut self) -> Result<Expression> {
        self.binary(0)
    }

    pub fn decorated(&mut self) -> Result<Statement> {
        let start = self.token().span;
        let mut decorators = Vec::new();
        while self.take_operator("@") {
            decorators.push(self.named_expression()?);
            if self.token().kind != Kind::Newline {
                return Err(self.unexpected());
            }
            self.next += 1;
        }
        let token = self.token();
        match token.text {
            "def" => self.function(decorators, token.span),
            "class" => self.class(decorators, token.span),
            _ => Err(SyntaxError::new("invalid syntax", start.to(token.span))),
        }
    }

    pub fn function(&mut self, decorators: Vec<Expression>, start: Span) -> Result<Statement> {
        self.next += 1;
        let name = self.name()?;
        let span = start.to(name.span);
        if !self.take_operator("(") {
            return Err(if self.token().kind == Kind::Error { self.unexpected() } else { SyntaxError::new("expected '('", self.token().span) });
        }
        let mut parameters = self.parameters(")", true)?;
        self.expect_operator(")")?;
        if self.take_operator("->") {
            parameters.annotations.push((Rc::from("return"), self.annotation()?));
        }
        let body = self.block("function definition", start.line)?;
        let function = Function { name: Rc::from(name.text), decorators, parameters, body };
        Ok(Statement { kind: S::Function(function.into()), span })
    }

    pub fn class(&mut self, decorators: Vec<Expression>, start: Span) -> Result<Statement> {
        self.next += 1;
        let name = self.name()?;
        debug_assert!(!is_keyword(name.text));
        let span = start.to(name.span);
        let arguments = if self.at_operator("(") { self.arguments()? } else { Vec::new() };
        let body = self.block("class definition", start.line)?;
        let class = Class { name: Rc::from(name.text), decorators, arguments, body };
        Ok(Statement { kind: S::Class(class.into()), span })
    }
}
