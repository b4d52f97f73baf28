//! Statements and blocks.

use std::rc::Rc;

use super::parser::Parser;
use super::target::{check_target, description};
use super::tokens::Kind;
use super::tree::{Expression, ExpressionKind as E, Statement, StatementKind as S};
use super::{Result, SyntaxError};
use crate::machine::{BinaryOperator as B, Span};

impl Parser<'_> {
    /// One compound statement, or the simple statements of a line.
    pub fn statement(&mut self, into: &mut Vec<Statement>) -> Result<()> {
        let token = self.token();
        if token.kind == Kind::Indent {
            return Err(SyntaxError::indentation("unexpected indent", token.span));
        }
        let compound = match (token.kind, token.text) {
            (Kind::Name, "if") => Some(self.if_statement()?),
            (Kind::Name, "while") => Some(self.while_statement()?),
            (Kind::Name, "for") => Some(self.for_statement()?),
            (Kind::Name, "try") => Some(self.try_statement()?),
            (Kind::Name, "with") => Some(self.with_statement()?),
            (Kind::Name, "def") => Some(self.function(Vec::new(), token.span)?),
            (Kind::Name, "class") => Some(self.class(Vec::new(), token.span)?),
            (Kind::Operator, "@") => Some(self.decorated()?),
            (Kind::Name, "match") => self.match_statement()?,
            (Kind::Name, "async") => {
                let message = "async functions are outside the subset: write a plain def";
                return Err(SyntaxError::new(message, token.span));
            }
            _ => None,
        };
        match compound {
            Some(statement) => {
                into.push(statement);
                Ok(())
            }
            None => self.simple_statements(into),
        }
    }

    pub fn simple_statements(&mut self, into: &mut Vec<Statement>) -> Result<()> {
        loop {
            into.push(self.simple_statement()?);
            if self.take_operator(";") {
                if self.token().kind == Kind::Newline {
                    break;
                }
                continue;
            }
            break;
        }
        if self.token().kind != Kind::Newline {
            return Err(self.after_statement(into));
        }
        self.next += 1;
        Ok(())
    }

    /// What Python says of something that follows a complete statement on its line.
    fn after_statement(&self, before: &[Statement]) -> SyntaxError {
        let token = self.token();
        if let Some(Statement { kind: S::Expression(expression), span }) = before.last() {
            match &expression.kind {
                E::Name(name) if matches!(&**name, "print" | "exec") && token.kind != Kind::Error => {
                    let message = format!("Missing parentheses in call to '{name}'. Did you mean {name}(...)?");
                    return SyntaxError::new(message, span.to(token.span));
                }
                _ => {}
            }
        }
        self.unexpected()
    }

    fn simple_statement(&mut self) -> Result<Statement> {
        let token = self.token();
        let start = token.span;
        let kind = if token.kind != Kind::Name {
            self.expression_statement()?
        } else {
            match token.text {
                "pass" => self.word(S::Pass),
                "break" => self.word(S::Break),
                "continue" => self.word(S::Continue),
                "return" => {
                    self.next += 1;
                    S::Return(if self.ends_line() { None } else { Some(self.expressions()?) })
                }
                "raise" => self.raise_statement()?,
                "global" => S::Global(self.name_list()?),
                "nonlocal" => S::Nonlocal(self.name_list()?),
                "del" => self.del_statement()?,
                "assert" => {
                    self.next += 1;
                    let test = self.expression()?;
                    let message = if self.take_operator(",") { Some(self.expression()?) } else { None };
                    S::Assert(test, message)
                }
                "import" => self.import()?,
                "from" => self.import_from()?,
                _ => self.expression_statement()?,
            }
        };
        Ok(Statement { kind, span: start.to(self.previous()) })
    }

    pub fn word(&mut self, kind: S) -> S {
        self.next += 1;
        kind
    }

    fn ends_line(&self) -> bool {
        matches!(self.token().kind, Kind::Newline | Kind::End) || self.at_operator(";")
    }

    pub fn expression_statement(&mut self) -> Result<S> {
        let first = self.expressions()?;
        if self.at_operator(":") && !matches!(first.kind, E::Tuple(_) | E::List(_)) {
            if !matches!(first.kind, E::Name(_) | E::Attribute(..) | E::Subscript(..)) {
                return Err(self.unexpected());
            }
            return self.annotated(first);
        }
        if let Some(operator) = self.augmented_operator() {
            if !matches!(first.kind, E::Name(_) | E::Attribute(..) | E::Subscript(..)) {
                let message = format!("'{}' is an illegal expression for augmented assignment", description(&first));
                return Err(SyntaxError::new(message, first.span));
            }
            self.next += 1;
            let value = self.expressions()?;
            return Ok(S::Augment { target: first, operator, value });
        }
        if !self.at_operator("=") {
            return Ok(S::Expression(first));
        }
        let mut parts = vec![first];
        while self.take_operator("=") {
            parts.push(self.expressions()?);
        }
        let Some(value) = parts.pop() else { return Err(self.unexpected()) };
        for target in &parts {
            check_target(target, "assign to").map_err(|mut error| {
                let plain = error.message.starts_with("cannot assign");
                let constant = ["None", "True", "False", "ellipsis"].iter().any(|c| error.message.ends_with(c));
                if plain && !constant && !matches!(target.kind, E::Tuple(_) | E::List(_)) {
                    error.message += " here. Maybe you meant '==' instead of '='?";
                }
                error
            })?;
        }
        Ok(S::Assign { targets: parts, value })
    }

    fn annotated(&mut self, target: Expression) -> Result<S> {
        self.next += 1;
        let annotation = self.annotation()?;
        let value = if self.take_operator("=") { Some(self.expressions()?) } else { None };
        Ok(S::Annotate { target, annotation, value })
    }

    fn augmented_operator(&self) -> Option<B> {
        let token = self.token();
        if token.kind != Kind::Operator {
            return None;
        }
        Some(match token.text {
            "+=" => B::Add,
            "-=" => B::Subtract,
            "*=" => B::Multiply,
            "@=" => B::MatrixMultiply,
            "/=" => B::Divide,
            "//=" => B::FloorDivide,
            "%=" => B::Modulo,
            "**=" => B::Power,
            "<<=" => B::ShiftLeft,
            ">>=" => B::ShiftRight,
            "&=" => B::And,
            "|=" => B::Or,
            "^=" => B::Xor,
            _ => return None,
        })
    }

    fn raise_statement(&mut self) -> Result<S> {
        self.next += 1;
        if self.ends_line() {
            return Ok(S::Raise(None, None));
        }
        let exception = self.expression()?;
        let cause = if self.take_word("from") { Some(self.expression()?) } else { None };
        Ok(S::Raise(Some(exception), cause))
    }

    fn name_list(&mut self) -> Result<Vec<Rc<str>>> {
        self.next += 1;
        let mut names = vec![Rc::from(self.name()?.text)];
        while self.take_operator(",") {
            names.push(Rc::from(self.name()?.text));
        }
        Ok(names)
    }

    fn del_statement(&mut self) -> Result<S> {
        self.next += 1;
        let target = self.expressions()?;
        check_target(&target, "delete")?;
        Ok(S::Delete(vec![target]))
    }

    fn dotted_name(&mut self) -> Result<(String, Span)> {
        let first = self.name()?;
        let (mut name, mut span) = (first.text.to_string(), first.span);
        while self.take_operator(".") {
            let part = self.name()?;
            name.push('.');
            name.push_str(part.text);
            span = span.to(part.span);
        }
        Ok((name, span))
    }

    pub fn alias(&mut self) -> Result<Option<Rc<str>>> {
        Ok(if self.take_word("as") { Some(Rc::from(self.name()?.text)) } else { None })
    }

    fn import(&mut self) -> Result<S> {
        self.next += 1;
        let mut modules = Vec::new();
        loop {
            let (name, span) = self.dotted_name()?;
            modules.push((Rc::from(name), self.alias()?, span));
            if !self.take_operator(",") {
                return Ok(S::Import(modules));
            }
        }
    }

    fn import_from(&mut self) -> Result<S> {
        self.next += 1;
        if self.at_operator(".") || self.at_operator("...") {
            let message = "relative imports are outside the subset: put the code into this program";
            return Err(SyntaxError::new(message, self.token().span));
        }
        let (module, _) = self.dotted_name()?;
        if !self.take_word("import") {
            return Err(self.unexpected());
        }
        let module = Rc::from(module);
        if self.take_operator("*") {
            return Ok(S::ImportFrom { module, names: Vec::new() });
        }
        let bracketed = self.take_operator("(");
        let mut names = Vec::new();
        loop {
            let token = self.name()?;
            names.push((Rc::from(token.text), self.alias()?, token.span));
            if !self.take_operator(",") || (bracketed && self.at_operator(")")) {
                break;
            }
            if !bracketed && self.ends_line() {
                let message = "trailing comma not allowed without surrounding parentheses";
                return Err(SyntaxError::new(message, self.previous()));
            }
        }
        if bracketed {
            self.expect_operator(")")?;
        }
        Ok(S::ImportFrom { module, names })
    }
}
