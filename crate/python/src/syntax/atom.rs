//! What operators combine: atoms, and the calls, subscripts and attributes that follow them.

use std::rc::Rc;

use super::parser::{Parser, highest, is_keyword};
use super::tokens::Kind;
use super::tree::{Argument, Clause, Comprehension, ComprehensionKind, Expression, ExpressionKind as E};
use super::{Result, SyntaxError};
use crate::machine::Span;
use crate::value::{Big, Value};

impl Parser<'_> {
    /// An atom with what follows it: attributes, subscripts, calls.
    pub fn primary(&mut self) -> Result<Expression> {
        let mut value = self.atom()?;
        loop {
            let start = value.span;
            let below = value.height;
            if self.take_operator(".") {
                let name = self.name()?;
                value = self.node(E::Attribute(value.into(), Rc::from(name.text)), start.to(name.span), below)?;
            } else if self.at_operator("(") {
                let arguments = self.arguments()?;
                let span = start.to(self.previous());
                let below = below.max(highest(arguments.iter().map(|argument| match argument {
                    Argument::Positional(e) | Argument::Keyword(_, e) => e,
                    Argument::Spread(e) | Argument::SpreadKeywords(e) => e,
                })));
                value = self.node(E::Call(value.into(), arguments), span, below)?;
            } else if self.take_operator("[") {
                let key = self.subscript()?;
                self.expect_operator("]")?;
                let below = below.max(key.height);
                value = self.node(E::Subscript(value.into(), key.into()), start.to(self.previous()), below)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn subscript(&mut self) -> Result<Expression> {
        let start = self.token().span;
        let first = self.slice()?;
        if !self.at_operator(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while self.take_operator(",") && !self.at_operator("]") {
            items.push(self.slice()?);
        }
        let below = highest(&items);
        self.node(E::Tuple(items), start.to(self.previous()), below)
    }

    fn slice(&mut self) -> Result<Expression> {
        let start = self.token().span;
        if !self.at_operator(":") {
            let value = self.star_or_expression()?;
            if !self.at_operator(":") {
                return Ok(value);
            }
            return self.slice_after(start, Some(value));
        }
        self.slice_after(start, None)
    }

    fn slice_after(&mut self, start: Span, first: Option<Expression>) -> Result<Expression> {
        self.expect_operator(":")?;
        let ends = |parser: &Self| parser.at_operator("]") || parser.at_operator(",") || parser.at_operator(":");
        let stop = if ends(self) { None } else { Some(self.expression()?) };
        let step = if self.take_operator(":") && !ends(self) { Some(self.expression()?) } else { None };
        let below = highest(first.iter().chain(&stop).chain(&step));
        let span = start.to(self.previous());
        self.node(E::Slice(first.map(Box::new), stop.map(Box::new), step.map(Box::new)), span, below)
    }

    /// The arguments of a call, with their parentheses.
    pub fn arguments(&mut self) -> Result<Vec<Argument>> {
        let open = self.token().span;
        self.expect_operator("(")?;
        let mut arguments = Vec::new();
        let (mut named, mut spread) = (false, false);
        while !self.at_operator(")") {
            let token = self.token();
            if self.take_operator("*") {
                arguments.push(Argument::Spread(self.expression()?));
            } else if self.take_operator("**") {
                spread = true;
                arguments.push(Argument::SpreadKeywords(self.expression()?));
            } else if token.kind == Kind::Name && !is_keyword(token.text) && self.peek(1).text == "=" {
                self.next += 2;
                named = true;
                let repeated = arguments.iter().any(|a| matches!(a, Argument::Keyword(name, _) if **name == *token.text));
                if repeated {
                    return Err(SyntaxError::new(format!("keyword argument repeated: {}", token.text), token.span));
                }
                arguments.push(Argument::Keyword(Rc::from(token.text), self.expression()?));
            } else {
                let value = self.named_expression()?;
                if self.at_operator("=") {
                    let message = "expression cannot contain assignment, perhaps you meant \"==\"?";
                    return Err(SyntaxError::new(message, value.span.to(self.token().span)));
                }
                if self.at_word("for") {
                    let generator = self.comprehension(ComprehensionKind::Generator, value, None)?;
                    if !arguments.is_empty() || self.at_operator(",") {
                        return Err(SyntaxError::new("Generator expression must be parenthesized", generator.span));
                    }
                    arguments.push(Argument::Positional(generator));
                } else if named || spread {
                    let what = if spread { "keyword argument unpacking" } else { "keyword argument" };
                    let span = if named || spread { value.span } else { open };
                    return Err(SyntaxError::new(format!("positional argument follows {what}"), span));
                } else {
                    arguments.push(Argument::Positional(value));
                }
            }
            if !self.take_operator(",") {
                break;
            }
        }
        if !self.at_operator(")") {
            return Err(self.missing_comma(arguments.last().and_then(|argument| match argument {
                Argument::Positional(e) => Some(e),
                _ => None,
            })));
        }
        self.next += 1;
        Ok(arguments)
    }

    /// Two expressions side by side inside brackets: what Python says of them.
    fn missing_comma(&self, before: Option<&Expression>) -> SyntaxError {
        let token = self.token();
        match before {
            Some(before) if self.at_expression() && token.kind != Kind::Operator => {
                SyntaxError::new("invalid syntax. Perhaps you forgot a comma?", before.span.to(token.span))
            }
            _ => self.unexpected(),
        }
    }

    fn atom(&mut self) -> Result<Expression> {
        let token = self.token();
        match token.kind {
            Kind::Name => {
                let kind = match token.text {
                    "None" => E::None,
                    "True" => E::Bool(true),
                    "False" => E::Bool(false),
                    "await" | "async" => {
                        let message = "await and async are outside the subset: call the function directly";
                        return Err(SyntaxError::new(message, token.span));
                    }
                    word if is_keyword(word) => return Err(self.unexpected()),
                    word => E::Name(Rc::from(word)),
                };
                self.next += 1;
                self.node(kind, token.span, 0)
            }
            Kind::Number => {
                self.next += 1;
                let Some(imaginary) = token.text.strip_suffix(['j', 'J']).filter(|_| !token.text.starts_with("0x")) else {
                    return self.node(number(token.text, token.span)?, token.span, 0);
                };
                // Only the library has complex numbers: `2j` is `complex(0, 2)`, whatever that name is to the program.
                let class = self.leaf(E::Name(Rc::from(".complex")), token.span)?;
                let parts = [E::Int(0), number(imaginary, token.span)?];
                let parts = parts.map(|part| self.leaf(part, token.span).map(Argument::Positional));
                self.node(E::Call(class.into(), parts.into_iter().collect::<Result<_>>()?), token.span, 1)
            }
            Kind::String => self.strings(),
            Kind::Operator => match token.text {
                "(" => self.parenthesis(),
                "[" => self.list(),
                "{" => self.braces(),
                "..." => {
                    self.next += 1;
                    self.node(E::Ellipsis, token.span, 0)
                }
                _ => Err(self.unexpected()),
            },
            _ => Err(self.unexpected()),
        }
    }

    fn parenthesis(&mut self) -> Result<Expression> {
        let open = self.advance().span;
        self.enter()?;
        let parsed = if self.at_operator(")") {
            self.node(E::Tuple(Vec::new()), open, 0)
        } else if self.at_word("yield") {
            self.yield_expression()
        } else {
            self.star_or_expression().and_then(|first| self.parenthesised(first))
        };
        self.nesting -= 1;
        let mut inner = parsed?;
        if !self.at_operator(")") {
            return Err(self.missing_comma(Some(&inner)));
        }
        self.next += 1;
        if matches!(inner.kind, E::Starred(_)) {
            return Err(SyntaxError::new("cannot use starred expression here", inner.span));
        }
        if matches!(inner.kind, E::Tuple(_)) || matches!(&inner.kind, E::Comprehension(c) if c.kind == ComprehensionKind::Generator) {
            inner.span = open.to(self.previous());
        }
        Ok(inner)
    }

    fn parenthesised(&mut self, first: Expression) -> Result<Expression> {
        if self.at_word("for") {
            return self.comprehension(ComprehensionKind::Generator, first, None);
        }
        if !self.at_operator(",") {
            return Ok(first);
        }
        let start = first.span;
        let mut items = vec![first];
        while self.take_operator(",") && !self.at_operator(")") {
            items.push(self.star_or_expression()?);
        }
        let below = highest(&items);
        self.node(E::Tuple(items), start, below)
    }

    fn list(&mut self) -> Result<Expression> {
        let open = self.advance().span;
        let mut items = Vec::new();
        while !self.at_operator("]") {
            let item = self.star_or_expression()?;
            if items.is_empty() && self.at_word("for") {
                let mut list = self.comprehension(ComprehensionKind::List, item, None)?;
                self.expect_operator("]")?;
                list.span = open.to(self.previous());
                return Ok(list);
            }
            items.push(item);
            if !self.take_operator(",") {
                break;
            }
        }
        if !self.at_operator("]") {
            return Err(self.missing_comma(items.last()));
        }
        self.next += 1;
        let below = highest(&items);
        self.node(E::List(items), open.to(self.previous()), below)
    }

    /// A dictionary or a set.
    fn braces(&mut self) -> Result<Expression> {
        let open = self.advance().span;
        let mut pairs: Vec<(Option<Expression>, Expression)> = Vec::new();
        let mut items = Vec::new();
        while !self.at_operator("}") {
            if self.take_operator("**") {
                pairs.push((None, self.binary(0)?));
            } else {
                let first = self.star_or_expression()?;
                let value = if self.take_operator(":") { Some(self.expression()?) } else { None };
                if self.at_word("for") && pairs.is_empty() && items.is_empty() {
                    let kind = if value.is_some() { ComprehensionKind::Dict } else { ComprehensionKind::Set };
                    let mut made = self.comprehension(kind, first, value)?;
                    self.expect_operator("}")?;
                    made.span = open.to(self.previous());
                    return Ok(made);
                }
                match value {
                    Some(value) if items.is_empty() => pairs.push((Some(first), value)),
                    None if pairs.is_empty() => items.push(first),
                    None if self.at_operator("}") || self.at_operator(",") => {
                        return Err(SyntaxError::new("':' expected after dictionary key", first.span));
                    }
                    _ => return Err(self.unexpected()),
                }
            }
            if !self.take_operator(",") {
                break;
            }
        }
        if !self.at_operator("}") {
            return Err(self.missing_comma(items.last().or(pairs.last().map(|(_, value)| value))));
        }
        self.next += 1;
        let span = open.to(self.previous());
        if items.is_empty() {
            let below = highest(pairs.iter().flat_map(|(key, value)| key.iter().chain([value])));
            return self.node(E::Dict(pairs), span, below);
        }
        let below = highest(&items);
        self.node(E::Set(items), span, below)
    }

    fn comprehension(&mut self, kind: ComprehensionKind, element: Expression, value: Option<Expression>) -> Result<Expression> {
        let start = element.span;
        if matches!(element.kind, E::Starred(_)) {
            return Err(SyntaxError::new("iterable unpacking cannot be used in comprehension", element.span));
        }
        let mut clauses = Vec::new();
        let mut below = highest([&element].into_iter().chain(&value));
        while self.take_word("for") {
            let target = self.loop_target()?;
            if !self.take_word("in") {
                return Err(self.unexpected());
            }
            let iterable = self.disjunction_or_lambda()?;
            let mut conditions = Vec::new();
            while self.take_word("if") {
                conditions.push(self.disjunction_or_lambda()?);
            }
            below = below.max(highest([&target, &iterable].into_iter().chain(&conditions)));
            clauses.push(Clause { target, iterable, conditions });
        }
        if self.at_word("async") {
            return Err(SyntaxError::new("async comprehensions are outside the subset: use a plain for", self.token().span));
        }
        let span = start.to(self.previous());
        self.node(E::Comprehension(Comprehension { kind, element, value, clauses }.into()), span, below)
    }

    /// What may stand after `in` and `if` of a clause: a bare conditional would swallow the next `if`.
    fn disjunction_or_lambda(&mut self) -> Result<Expression> {
        if self.at_word("lambda") {
            return self.expression();
        }
        let token = self.token();
        if token.kind == Kind::Name && !is_keyword(token.text) && self.peek(1).text == ":=" {
            return self.named_expression();
        }
        self.enter()?;
        let parsed = self.disjunction();
        self.nesting -= 1;
        parsed
    }
}

/// The value of a number's literal.
fn number(text: &str, span: Span) -> Result<E> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    let lower = digits.to_ascii_lowercase();
    let integer = |digits: &str, base: u32, wrong: &str| match Big::parse(digits, base).map(|big| big.and_then(Big::value)) {
        Some(Ok(Value::Big(big))) => Ok(E::Big(big)),
        Some(Ok(small)) => Ok(E::Int(small.as_int().unwrap_or(0))),
        Some(Err(_)) => Err(SyntaxError::new("this integer is too long for the subset: write a float", span)),
        None => Err(SyntaxError::new(wrong, span)),
    };
    for (prefix, base) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(rest) = lower.strip_prefix(prefix) {
            return integer(rest, base, "invalid number literal");
        }
    }
    if lower.contains(['.', 'e']) {
        return lower.parse().map(E::Float).map_err(|_| SyntaxError::new("invalid decimal literal", span));
    }
    if lower.len() > 1 && lower.starts_with('0') && lower.bytes().any(|b| b != b'0') {
        let message = "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers";
        return Err(SyntaxError::new(message, span));
    }
    integer(&lower, 10, "invalid decimal literal")
}
