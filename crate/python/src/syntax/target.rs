//! What can be assigned to.

use super::parser::{Parser, highest};
use super::tree::{Expression, ExpressionKind as E};
use super::{Result, SyntaxError};

impl Parser<'_> {
    /// The targets of `for`: they end where `in` stands, which is therefore no operator here.
    pub fn loop_target(&mut self) -> Result<Expression> {
        let start = self.token().span;
        let first = self.one_loop_target()?;
        let target = if self.at_operator(",") {
            let mut items = vec![first];
            while self.take_operator(",") && !self.at_word("in") {
                items.push(self.one_loop_target()?);
            }
            let below = highest(&items);
            self.node(E::Tuple(items), start.to(self.previous()), below)?
        } else {
            first
        };
        check_target(&target, "assign to")?;
        Ok(target)
    }

    fn one_loop_target(&mut self) -> Result<Expression> {
        let start = self.token().span;
        let starred = self.take_operator("*");
        let value = self.binary(0)?;
        if !starred {
            return Ok(value);
        }
        let (span, below) = (start.to(value.span), value.height);
        self.node(E::Starred(value.into()), span, below)
    }
}

/// Fails with Python's words where `target` cannot be assigned to, or deleted.
pub fn check_target(target: &Expression, doing: &str) -> Result<()> {
    match &target.kind {
        E::Name(_) | E::Attribute(..) | E::Subscript(..) => Ok(()),
        E::Tuple(items) | E::List(items) => {
            let stars = items.iter().filter(|item| matches!(item.kind, E::Starred(_))).count();
            if stars > 1 {
                return Err(SyntaxError::new("multiple starred expressions in assignment", target.span));
            }
            for item in items {
                match &item.kind {
                    E::Starred(inner) => check_target(inner, doing)?,
                    _ => check_target(item, doing)?,
                }
            }
            Ok(())
        }
        E::Starred(_) => {
            let message = "starred assignment target must be in a list or tuple";
            Err(SyntaxError::new(message, target.span))
        }
        _ => Err(SyntaxError::new(format!("cannot {doing} {}", description(target)), target.span)),
    }
}

/// What Python calls an expression that is no target.
pub fn description(expression: &Expression) -> &'static str {
    match &expression.kind {
        E::None => "None",
        E::Ellipsis => "ellipsis",
        E::Bool(true) => "True",
        E::Bool(false) => "False",
        E::Int(_) | E::Big(_) | E::Float(_) | E::String(_) | E::Bytes(_) => "literal",
        E::Format(_) => "f-string expression",
        E::Set(_) => "set display",
        E::Dict(_) => "dict literal",
        E::Unary(..) | E::Binary(..) | E::Chain { .. } => "expression",
        E::Compare(..) => "comparison",
        E::Conditional { .. } => "conditional expression",
        E::Lambda(..) => "lambda",
        E::Call(..) => "function call",
        E::Assign(..) => "named expression",
        E::Comprehension(c) => match c.kind {
            super::tree::ComprehensionKind::List => "list comprehension",
            super::tree::ComprehensionKind::Set => "set comprehension",
            super::tree::ComprehensionKind::Dict => "dict comprehension",
            super::tree::ComprehensionKind::Generator => "generator expression",
        },
        E::Yield(_) | E::YieldFrom(_) => "yield expression",
        E::Name(_) => "name",
        E::Attribute(..) => "attribute",
        E::Subscript(..) => "subscript",
        E::Tuple(_) => "tuple",
        E::List(_) => "list",
        E::Starred(_) => "starred",
        E::Slice(..) => "slice",
    }
}
