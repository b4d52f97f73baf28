//! Expressions: each leaves one value on the stack.

use std::rc::Rc;

use super::unit::UnitKind;
use super::{Compiler, error};
use crate::machine::UnaryOperator;
use crate::machine::code::{Instruction as I, Span};
use crate::syntax::Result;
use crate::syntax::tree::{Argument, Expression, ExpressionKind as E, FormatPart};
use crate::value::Value;

impl<'t> Compiler<'t> {
    pub fn expression(&mut self, expression: &'t Expression) -> Result<()> {
        let span = expression.span;
        self.unit().span = span;
        match &expression.kind {
            E::None => self.load_constant(Value::None),
            E::Ellipsis => self.load_constant(Value::Ellipsis),
            E::Bool(value) => self.load_constant(Value::Bool(*value)),
            E::Int(value) => self.load_constant(Value::Int(*value)),
            E::Big(value) => self.load_constant(Value::Big(value.clone())),
            E::Float(value) => self.load_constant(Value::Float(*value)),
            E::String(text) => self.load_constant(Value::Str(text.clone())),
            E::Bytes(bytes) => self.load_constant(Value::Bytes(bytes.clone())),
            E::Format(parts) => self.format(parts, span)?,
            E::Name(name) => self.load(name),
            E::Tuple(items) => {
                let start = self.here();
                if !self.plain_items(items)? {
                    self.spread_items(items, I::BuildList(0), I::ListAppend(1), I::ListExtend)?;
                    self.emit_at(I::ListToTuple, span);
                } else if let Some(values) = self.take_constants(start) {
                    self.load_constant(Value::tuple(values));
                } else {
                    self.emit_at(I::BuildTuple(items.len() as u32), span);
                }
            }
            E::List(items) => match self.plain_items(items)? {
                true => {
                    self.emit_at(I::BuildList(items.len() as u32), span);
                }
                false => self.spread_items(items, I::BuildList(0), I::ListAppend(1), I::ListExtend)?,
            },
            E::Set(items) => match self.plain_items(items)? {
                true => {
                    self.emit_at(I::BuildSet(items.len() as u32), span);
                }
                false => self.spread_items(items, I::BuildSet(0), I::SetAdd(1), I::SetUpdate)?,
            },
            E::Dict(pairs) => self.dict(pairs, span)?,
            E::Unary(operator, value) => match (operator, &value.kind) {
                // A number in the source has no sign.
                (UnaryOperator::Negative, E::Int(number)) => self.load_constant(Value::Int(-number)),
                (UnaryOperator::Negative, E::Float(number)) => self.load_constant(Value::Float(-number)),
                _ => {
                    self.expression(value)?;
                    self.emit_at(I::Unary(*operator), span);
                }
            },
            E::Binary(operator, ..) => self.binary(expression, *operator)?,
            E::Chain { and, parts } => self.chain(*and, parts)?,
            E::Compare(first, rest) => self.compare(first, rest, span)?,
            E::Conditional { test, then, otherwise } => {
                self.expression(test)?;
                let to_otherwise = self.emit_at(I::JumpIfFalse(0), test.span);
                self.expression(then)?;
                let to_end = self.emit(I::Jump(0));
                self.land(to_otherwise);
                self.expression(otherwise)?;
                self.land(to_end);
            }
            E::Lambda(parameters, body) => self.lambda(parameters, body, span)?,
            E::Call(callee, arguments) => self.call(callee, arguments, span)?,
            E::Attribute(value, name) => {
                self.expression(value)?;
                let position = self.unit().name_position(name);
                self.emit_at(I::LoadAttribute(position), span);
            }
            E::Subscript(value, key) => {
                self.expression(value)?;
                self.expression(key)?;
                self.emit_at(I::LoadItem, span);
            }
            E::Slice(start, stop, step) => {
                for part in [start, stop] {
                    self.optional(part.as_deref())?;
                }
                if let Some(step) = step {
                    self.expression(step)?;
                }
                self.emit_at(I::BuildSlice(if step.is_some() { 3 } else { 2 }), span);
            }
            E::Starred(_) => return Err(error("can't use starred expression here", span)),
            E::Assign(name, value) => {
                self.expression(value)?;
                self.emit_at(I::Copy(1), span);
                self.store(name);
            }
            E::Comprehension(comprehension) => self.comprehension(comprehension, span)?,
            E::Yield(value) => {
                self.check_yield(span)?;
                self.optional(value.as_deref())?;
                self.emit_at(I::Yield, span);
            }
            E::YieldFrom(value) => {
                self.check_yield(span)?;
                self.expression(value)?;
                self.emit_at(I::GetIterator, span);
                let start = self.here() as u32;
                let to_end = self.emit(I::Delegate(0));
                self.emit(I::Yield);
                self.emit(I::Pop);
                self.emit(I::Jump(start));
                self.land(to_end);
            }
        }
        Ok(())
    }

    pub fn optional(&mut self, expression: Option<&'t Expression>) -> Result<()> {
        match expression {
            Some(expression) => self.expression(expression),
            None => {
                self.load_constant(Value::None);
                Ok(())
            }
        }
    }

    fn check_yield(&mut self, span: Span) -> Result<()> {
        match self.unit().kind {
            UnitKind::Function => Ok(()),
            UnitKind::Comprehension => Err(error("'yield' inside list comprehension", span)),
            _ => Err(error("'yield' outside function", span)),
        }
    }

    /// Loads the items one by one, unless there is a star among them.
    fn plain_items(&mut self, items: &'t [Expression]) -> Result<bool> {
        if items.iter().any(|item| matches!(item.kind, E::Starred(_))) {
            return Ok(false);
        }
        for item in items {
            self.expression(item)?;
        }
        Ok(true)
    }

    fn spread_items(&mut self, items: &'t [Expression], build: I, add: I, extend: I) -> Result<()> {
        self.emit(build);
        for item in items {
            match &item.kind {
                E::Starred(inner) => {
                    self.expression(inner)?;
                    self.emit_at(extend, inner.span);
                }
                _ => {
                    self.expression(item)?;
                    self.emit(add);
                }
            }
        }
        Ok(())
    }

    fn dict(&mut self, pairs: &'t [(Option<Expression>, Expression)], span: Span) -> Result<()> {
        if pairs.iter().all(|(key, _)| key.is_some()) && pairs.len() < 1000 {
            for (key, value) in pairs {
                self.optional(key.as_ref())?;
                self.expression(value)?;
            }
            self.emit_at(I::BuildDict(pairs.len() as u32), span);
            return Ok(());
        }
        self.emit(I::BuildDict(0));
        for (key, value) in pairs {
            match key {
                Some(key) => {
                    self.expression(key)?;
                    self.expression(value)?;
                    self.emit_at(I::DictInsert(1), key.span);
                }
                None => {
                    self.expression(value)?;
                    self.emit_at(I::DictUpdate { call: false }, value.span);
                }
            }
        }
        Ok(())
    }

    /// A chain of operators leans to the left: its spine is walked in a loop.
    fn binary(&mut self, expression: &'t Expression, operator: crate::machine::BinaryOperator) -> Result<()> {
        let mut spine = vec![(expression, operator)];
        let mut leftmost = expression;
        while let E::Binary(_, left, _) = &leftmost.kind {
            leftmost = left;
            if let E::Binary(operator, ..) = &left.kind {
                spine.push((left, *operator));
            }
        }
        self.expression(leftmost)?;
        for (node, operator) in spine.into_iter().rev() {
            if let E::Binary(_, _, right) = &node.kind {
                self.expression(right)?;
            }
            self.emit_at(I::Binary(operator), node.span);
        }
        Ok(())
    }

    fn chain(&mut self, and: bool, parts: &'t [Expression]) -> Result<()> {
        let mut jumps = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                self.emit(I::Pop);
            }
            self.expression(part)?;
            if index + 1 < parts.len() {
                self.emit(I::Copy(1));
                jumps.push(self.emit(if and { I::JumpIfFalse(0) } else { I::JumpIfTrue(0) }));
            }
        }
        jumps.into_iter().for_each(|jump| self.land(jump));
        Ok(())
    }

    fn compare(
        &mut self,
        first: &'t Expression,
        rest: &'t [(crate::machine::CompareOperator, Expression)],
        span: Span,
    ) -> Result<()> {
        self.expression(first)?;
        let mut jumps = Vec::new();
        for (index, (operator, value)) in rest.iter().enumerate() {
            self.expression(value)?;
            if index + 1 == rest.len() {
                self.emit_at(I::Compare(*operator), span);
                break;
            }
            // The value in the middle is compared twice: it stays below the answer.
            self.emit(I::Swap(2));
            self.emit(I::Copy(2));
            self.emit_at(I::Compare(*operator), span);
            self.emit(I::Copy(1));
            jumps.push(self.emit(I::JumpIfFalse(0)));
            self.emit(I::Pop);
        }
        if !jumps.is_empty() {
            let to_end = self.emit(I::Jump(0));
            jumps.into_iter().for_each(|jump| self.land(jump));
            self.emit(I::Swap(2));
            self.emit(I::Pop);
            self.land(to_end);
        }
        Ok(())
    }

    fn format(&mut self, parts: &'t [FormatPart], span: Span) -> Result<()> {
        for part in parts {
            match part {
                FormatPart::Text(text) => self.load_constant(Value::Str(text.clone())),
                FormatPart::Value { value, conversion, spec } => {
                    self.expression(value)?;
                    if !spec.is_empty() {
                        self.format(spec, value.span)?;
                    }
                    self.emit_at(I::Format { conversion: *conversion, spec: !spec.is_empty() }, value.span);
                }
            }
        }
        self.emit_at(I::BuildString(parts.len() as u32), span);
        Ok(())
    }

    fn call(&mut self, callee: &'t Expression, arguments: &'t [Argument], span: Span) -> Result<()> {
        if let (E::Name(name), []) = (&callee.kind, arguments)
            && &**name == "super"
            && self.bare_super(name, span)
        {
            return Ok(());
        }
        self.expression(callee)?;
        self.arguments(arguments, span)
    }

    /// `super()`: the class of the method and its first argument. False where there are none.
    fn bare_super(&mut self, name: &Rc<str>, span: Span) -> bool {
        let unit = self.unit();
        let first = unit.locals.first().cloned();
        let class: Rc<str> = Rc::from("__class__");
        let (Some(first), true) = (first, unit.kind == UnitKind::Function && unit.cells.contains(&class)) else {
            return false;
        };
        self.load(name);
        self.load(&class);
        self.load(&first);
        self.emit_at(I::Call { arguments: 2, keywords: 0 }, span);
        true
    }

    /// The arguments of the callee on the stack, and the call.
    pub fn arguments(&mut self, arguments: &'t [Argument], span: Span) -> Result<()> {
        let plain = |argument: &Argument| matches!(argument, Argument::Positional(_) | Argument::Keyword(..));
        if !arguments.iter().all(plain) {
            self.spread_arguments(arguments)?;
            self.emit_at(I::CallSpread, span);
            return Ok(());
        }
        let mut names = Vec::new();
        for argument in arguments {
            match argument {
                Argument::Keyword(name, value) => {
                    names.push(name.clone());
                    self.expression(value)?;
                }
                Argument::Positional(value) | Argument::Spread(value) | Argument::SpreadKeywords(value) => {
                    self.expression(value)?;
                }
            }
        }
        let positional = (arguments.len() - names.len()) as u32;
        let mut keywords = 0;
        if !names.is_empty() {
            let unit = self.unit();
            unit.keyword_names.push(names);
            keywords = unit.keyword_names.len() as u32;
        }
        self.emit_at(I::Call { arguments: positional, keywords }, span);
        Ok(())
    }

    /// `[] -> [list of the positional arguments, dict of the keyword arguments]`
    pub fn spread_arguments(&mut self, arguments: &'t [Argument]) -> Result<()> {
        self.emit(I::BuildList(0));
        for argument in arguments {
            match argument {
                Argument::Positional(value) => {
                    self.expression(value)?;
                    self.emit(I::ListAppend(1));
                }
                Argument::Spread(value) => {
                    self.expression(value)?;
                    self.emit_at(I::ListExtend, value.span);
                }
                _ => {}
            }
        }
        self.emit(I::BuildDict(0));
        for argument in arguments {
            match argument {
                Argument::Keyword(name, value) => {
                    self.load_constant(Value::Str(name.clone()));
                    self.expression(value)?;
                    self.emit(I::DictInsert(1));
                }
                Argument::SpreadKeywords(value) => {
                    self.expression(value)?;
                    self.emit_at(I::DictUpdate { call: true }, value.span);
                }
                _ => {}
            }
        }
        Ok(())
    }
}
