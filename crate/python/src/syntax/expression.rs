//! Expressions, by precedence from the loosest to the tightest.

use std::rc::Rc;

use super::parser::{Parser, highest, is_keyword};
use super::tokens::Kind;
use super::tree::{Expression, ExpressionKind as E};
use super::{Result, SyntaxError};
use crate::machine::{BinaryOperator as B, CompareOperator as C, UnaryOperator as U};

impl Parser<'_> {
    /// One or more expressions with commas: a tuple where there is a comma. Stars are allowed.
    pub fn expressions(&mut self) -> Result<Expression> {
        let first = self.star_or_expression()?;
        if !self.at_operator(",") {
            return Ok(first);
        }
        let start = first.span;
        let mut items = vec![first];
        while self.take_operator(",") {
            if !self.at_expression() {
                break;
            }
            items.push(self.star_or_expression()?);
        }
        let below = highest(&items);
        self.node(E::Tuple(items), start.to(self.previous()), below)
    }

    pub fn star_or_expression(&mut self) -> Result<Expression> {
        let start = self.token().span;
        if self.take_operator("*") {
            let value = self.binary(0)?;
            let (span, below) = (start.to(value.span), value.height);
            return self.node(E::Starred(Box::new(value)), span, below);
        }
        self.named_expression()
    }

    /// Whether an expression can start here.
    pub fn at_expression(&self) -> bool {
        let token = self.token();
        match token.kind {
            Kind::Number | Kind::String => true,
            Kind::Name => {
                !is_keyword(token.text)
                    || matches!(token.text, "None" | "True" | "False" | "not" | "lambda" | "yield" | "await")
            }
            Kind::Operator => matches!(token.text, "(" | "[" | "{" | "-" | "+" | "~" | "*" | "..."),
            _ => false,
        }
    }

    /// `name := value`, or an expression.
    pub fn named_expression(&mut self) -> Result<Expression> {
        let token = self.token();
        if token.kind == Kind::Name && !is_keyword(token.text) && self.peek(1).text == ":=" {
            self.next += 2;
            let value = self.expression()?;
            let (span, below) = (token.span.to(value.span), value.height);
            return self.node(E::Assign(Rc::from(token.text), Box::new(value)), span, below);
        }
        self.expression()
    }

    /// An expression without commas: a conditional, a lambda, or what binds tighter.
    pub fn expression(&mut self) -> Result<Expression> {
        self.enter()?;
        let parsed = self.conditional();
        self.nesting -= 1;
        parsed
    }

    pub fn conditional(&mut self) -> Result<Expression> {
        if self.at_word("lambda") {
            return self.lambda();
        }
        if self.at_word("yield") {
            return self.yield_expression();
        }
        let then = self.disjunction()?;
        if !self.at_word("if") {
            return Ok(then);
        }
        self.next += 1;
        let test = self.disjunction()?;
        if !self.take_word("else") {
            if self.token().kind != Kind::Error && !self.at_operator(":") {
                let span = then.span.to(test.span);
                return Err(SyntaxError::new("expected 'else' after 'if' expression", span));
            }
            return Err(self.unexpected());
        }
        let otherwise = self.expression()?;
        let (span, below) = (then.span.to(otherwise.span), highest([&then, &test, &otherwise]));
        let kind = E::Conditional { test: test.into(), then: then.into(), otherwise: otherwise.into() };
        self.node(kind, span, below)
    }

    pub fn lambda(&mut self) -> Result<Expression> {
        let start = self.advance().span;
        let parameters = self.parameters(":", false)?;
        self.expect_operator(":")?;
        let body = self.expression()?;
        let (span, below) = (start.to(body.span), body.height);
        self.node(E::Lambda(parameters.into(), body.into()), span, below)
    }

    pub fn yield_expression(&mut self) -> Result<Expression> {
        let start = self.advance().span;
        if self.take_word("from") {
            let value = self.expression()?;
            let (span, below) = (start.to(value.span), value.height);
            return self.node(E::YieldFrom(value.into()), span, below);
        }
        let value = if self.at_expression() { Some(self.expressions()?) } else { None };
        let (span, below) = (start.to(self.previous()), highest(&value));
        self.node(E::Yield(value.map(Box::new)), span, below)
    }

    pub fn disjunction(&mut self) -> Result<Expression> {
        self.chain("or", Self::conjunction)
    }

    fn conjunction(&mut self) -> Result<Expression> {
        self.chain("and", Self::negation)
    }

    fn chain(&mut self, word: &str, part: fn(&mut Self) -> Result<Expression>) -> Result<Expression> {
        let first = part(self)?;
        if !self.at_word(word) {
            return Ok(first);
        }
        let start = first.span;
        let mut parts = vec![first];
        while self.take_word(word) {
            parts.push(part(self)?);
        }
        let below = highest(&parts);
        self.node(E::Chain { and: word == "and", parts }, start.to(self.previous()), below)
    }

    fn negation(&mut self) -> Result<Expression> {
        let start = self.token().span;
        if !self.take_word("not") {
            return self.comparison();
        }
        self.enter()?;
        let value = self.negation()?;
        self.nesting -= 1;
        let (span, below) = (start.to(value.span), value.height);
        self.node(E::Unary(U::Not, value.into()), span, below)
    }

    fn comparison(&mut self) -> Result<Expression> {
        let first = self.binary(0)?;
        let start = first.span;
        let mut rest = Vec::new();
        while let Some(operator) = self.comparison_operator() {
            rest.push((operator, self.binary(0)?));
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let below = highest(rest.iter().map(|(_, e)| e).chain([&first]));
        self.node(E::Compare(first.into(), rest), start.to(self.previous()), below)
    }

    fn comparison_operator(&mut self) -> Option<C> {
        let token = self.token();
        let (operator, length) = match (token.kind, token.text) {
            (Kind::Operator, "==") => (C::Equal, 1),
            (Kind::Operator, "!=") => (C::NotEqual, 1),
            (Kind::Operator, "<") => (C::Less, 1),
            (Kind::Operator, "<=") => (C::LessEqual, 1),
            (Kind::Operator, ">") => (C::Greater, 1),
            (Kind::Operator, ">=") => (C::GreaterEqual, 1),
            (Kind::Name, "in") => (C::In, 1),
            (Kind::Name, "not") if self.peek(1).text == "in" => (C::NotIn, 2),
            (Kind::Name, "is") if self.peek(1).text == "not" => (C::IsNot, 2),
            (Kind::Name, "is") => (C::Is, 1),
            _ => return None,
        };
        self.next += length;
        Some(operator)
    }

    /// Operators that bind at least as tight as `level`: `|` is 0, `*` and its like are 5.
    pub fn binary(&mut self, level: u8) -> Result<Expression> {
        let mut left = self.unary()?;
        while let Some((operator, tightness)) = self.binary_operator() {
            if tightness < level {
                break;
            }
            self.next += 1;
            let right = self.binary(tightness + 1)?;
            let (span, below) = (left.span.to(right.span), highest([&left, &right]));
            left = self.node(E::Binary(operator, left.into(), right.into()), span, below)?;
        }
        Ok(left)
    }

    fn binary_operator(&self) -> Option<(B, u8)> {
        let token = self.token();
        if token.kind != Kind::Operator {
            return None;
        }
        Some(match token.text {
            "|" => (B::Or, 0),
            "^" => (B::Xor, 1),
            "&" => (B::And, 2),
            "<<" => (B::ShiftLeft, 3),
            ">>" => (B::ShiftRight, 3),
            "+" => (B::Add, 4),
            "-" => (B::Subtract, 4),
            "*" => (B::Multiply, 5),
            "@" => (B::MatrixMultiply, 5),
            "/" => (B::Divide, 5),
            "//" => (B::FloorDivide, 5),
            "%" => (B::Modulo, 5),
            _ => return None,
        })
    }

    pub fn unary(&mut self) -> Result<Expression> {
        let token = self.token();
        let operator = match (token.kind, token.text) {
            (Kind::Operator, "-") => U::Negative,
            (Kind::Operator, "+") => U::Positive,
            (Kind::Operator, "~") => U::Invert,
            _ => return self.power(),
        };
        self.next += 1;
        self.enter()?;
        let value = self.unary()?;
        self.nesting -= 1;
        let (span, below) = (token.span.to(value.span), value.height);
        self.node(E::Unary(operator, value.into()), span, below)
    }

    fn power(&mut self) -> Result<Expression> {
        let base = self.primary()?;
        if !self.take_operator("**") {
            return Ok(base);
        }
        self.enter()?;
        let exponent = self.unary()?;
        self.nesting -= 1;
        let (span, below) = (base.span.to(exponent.span), highest([&base, &exponent]));
        self.node(E::Binary(B::Power, base.into(), exponent.into()), span, below)
    }
}
