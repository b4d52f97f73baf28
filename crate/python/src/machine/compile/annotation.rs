//! Annotations: the objects that they name where these can be had, else their text.

use std::rc::Rc;

use super::Compiler;
use super::unit::{Unit, UnitKind};
use crate::machine::BinaryOperator;
use crate::machine::code::{Instruction as I, Parameters, Span};
use crate::machine::scope::Scope;
use crate::syntax::Result;
use crate::syntax::tree::{Annotation, Argument, Expression, ExpressionKind as E, Statement, StatementKind as S};
use crate::value::Value;

impl<'t> Compiler<'t> {
    /// `target: annotation = value`
    pub fn annotated(&mut self, target: &'t Expression, annotation: &'t Annotation, value: Option<&'t Expression>, span: Span) -> Result<()> {
        let mut names = Vec::new();
        if let Some(value) = value {
            self.expression(value)?;
            self.assign(target)?;
            self.bound_names(target, &mut names);
        }
        if let (UnitKind::Class | UnitKind::Module, E::Name(name)) = (self.unit().kind, &target.kind) {
            self.annotation(annotation)?;
            let position = self.unit().name_position(name);
            self.emit(I::Annotate(position));
        }
        self.step(span, names);
        Ok(())
    }

    /// `[function] -> [function]`, with an `__annotate__` that gives its `__annotations__`: few programs ask for them.
    pub fn annotate_function(&mut self, annotations: &'t [(Rc<str>, Annotation)], span: Span) -> Result<()> {
        if annotations.is_empty() {
            return Ok(());
        }
        self.emit(I::Copy(1));
        let around = self.unit().cells.clone();
        self.units.push(Unit::new(UnitKind::Function, "__annotate__", "__annotate__", Scope::annotations(annotations), &around));
        for (name, annotation) in annotations {
            self.load_constant(Value::Str(name.clone()));
            self.annotation(annotation)?;
        }
        self.emit(I::BuildDict(annotations.len() as u32));
        self.emit(I::Return);
        let code = self.finish(Parameters::default());
        self.make_function(code, 0, Vec::new(), span);
        self.emit(I::Swap(2));
        let position = self.unit().name_position(&Rc::from("__annotate__"));
        self.emit(I::StoreAttribute(position));
        Ok(())
    }

    /// A program may name what only type checkers know: then its text stands for it.
    fn annotation(&mut self, annotation: &'t Annotation) -> Result<()> {
        let text = Value::Str(annotation.text.clone());
        if self.postponed || !is_plain(&annotation.expression) {
            self.load_constant(text);
            return Ok(());
        }
        let to_text = self.emit(I::SetupTry(0));
        self.expression(&annotation.expression)?;
        self.emit(I::PopBlock);
        let to_end = self.emit(I::Jump(0));
        self.land(to_text);
        self.emit(I::Pop);
        self.emit(I::PopException);
        self.load_constant(text);
        self.land(to_end);
        Ok(())
    }
}

/// Whether the file keeps annotations as text: `from __future__ import annotations`.
pub fn postpones(body: &[Statement]) -> bool {
    let asks = |(name, ..): &(Rc<str>, _, _)| &**name == "annotations";
    body.iter().any(|statement| matches!(&statement.kind, S::ImportFrom { module, names } if &**module == "__future__" && names.iter().any(asks)))
}

/// Whether it binds nothing and yields nothing: what annotations are made of.
fn is_plain(expression: &Expression) -> bool {
    match &expression.kind {
        E::None | E::Ellipsis | E::Bool(_) | E::Int(_) | E::Float(_) | E::String(_) | E::Name(_) => true,
        E::Tuple(items) | E::List(items) => items.iter().all(is_plain),
        E::Attribute(value, _) => is_plain(value),
        E::Subscript(left, right) | E::Binary(BinaryOperator::Or, left, right) => is_plain(left) && is_plain(right),
        E::Call(callee, arguments) => {
            let plain = |argument: &Argument| matches!(argument, Argument::Positional(value) | Argument::Keyword(_, value) if is_plain(value));
            is_plain(callee) && arguments.iter().all(plain)
        }
        _ => false,
    }
}
