//! Statements: they leave the stack as it was.

use std::rc::Rc;

use super::unit::{Control, UnitKind};
use super::{Compiler, error};
use crate::machine::code::{Instruction as I, NameSource, Span};
use crate::syntax::Result;
use crate::syntax::tree::{Expression, ExpressionKind as E, Handler, Statement, StatementKind as S};
use crate::value::Value;

impl<'t> Compiler<'t> {
    pub fn statements(&mut self, body: &'t [Statement]) -> Result<()> {
        for statement in body {
            self.statement(statement)?;
        }
        Ok(())
    }

    fn statement(&mut self, statement: &'t Statement) -> Result<()> {
        let span = statement.span;
        self.unit().span = span;
        match &statement.kind {
            S::Expression(Expression { kind: E::String(_), .. }) => {}
            S::Expression(value) => {
                self.expression(value)?;
                self.emit(I::Pop);
                self.step(span, Vec::new());
            }
            S::Assign { targets, value } => {
                self.expression(value)?;
                let mut names = Vec::new();
                for (index, target) in targets.iter().enumerate() {
                    if index + 1 < targets.len() {
                        self.emit(I::Copy(1));
                    }
                    self.assign(target)?;
                    self.bound_names(target, &mut names);
                }
                self.step(span, names);
            }
            S::Annotate { target, annotation, value } => self.annotated(target, annotation, value.as_ref(), span)?,
            S::Augment { target, operator, value } => {
                self.augment(target, *operator, value, span)?;
                let mut names = Vec::new();
                self.bound_names(target, &mut names);
                self.step(span, names);
            }
            S::Return(value) => {
                if self.unit().kind != UnitKind::Function {
                    return Err(error("'return' outside function", span));
                }
                self.optional(value.as_ref())?;
                let shown = value.iter().map(|_| (Rc::from("return"), NameSource::Top)).collect();
                self.step(span, shown);
                let depth = self.unit().controls.len();
                self.unwind(depth, 0, true, span)?;
                self.emit_at(I::Return, span);
            }
            S::Delete(targets) => {
                for target in targets {
                    self.delete_target(target)?;
                }
                self.step(span, Vec::new());
            }
            S::Pass => self.step(span, Vec::new()),
            S::Break => self.leave_loop(true, span)?,
            S::Continue => self.leave_loop(false, span)?,
            S::Global(_) => {}
            S::Nonlocal(_) => {
                if self.unit().kind == UnitKind::Module {
                    return Err(error("nonlocal declaration not allowed at module level", span));
                }
            }
            S::Raise(exception, cause) => {
                let parts = exception.iter().chain(cause);
                let count = parts.clone().count() as u32;
                for part in parts {
                    self.expression(part)?;
                }
                self.step(span, Vec::new());
                self.emit_at(I::Raise(count), span);
            }
            S::Assert(test, message) => {
                self.expression(test)?;
                let passes = self.emit_at(I::JumpIfTrue(0), test.span);
                if let Some(message) = message {
                    self.expression(message)?;
                }
                self.emit_at(I::AssertionFailed { message: message.is_some() }, span);
                self.land(passes);
                self.step(span, Vec::new());
            }
            S::Import(modules) => {
                for (name, alias, place) in modules {
                    let position = self.unit().name_position(name);
                    self.emit_at(I::Import(position), *place);
                    let mut parts = name.split('.');
                    let root: Rc<str> = Rc::from(parts.next().unwrap_or(name));
                    match alias {
                        Some(alias) => self.store(alias),
                        None if parts.next().is_some() => {
                            self.emit(I::Pop);
                            let position = self.unit().name_position(&root);
                            self.emit(I::Import(position));
                            self.store(&root);
                        }
                        None => self.store(&root),
                    }
                }
                self.step(span, Vec::new());
            }
            S::ImportFrom { module, names } => {
                let position = self.unit().name_position(module);
                self.emit(I::Import(position));
                for (name, alias, place) in names {
                    let position = self.unit().name_position(name);
                    self.emit_at(I::ImportFrom(position), *place);
                    self.store(alias.as_ref().unwrap_or(name));
                }
                if names.is_empty() {
                    if self.unit().kind != UnitKind::Module {
                        return Err(error("import * only allowed at module level", span));
                    }
                    self.emit(I::ImportStar);
                }
                self.emit(I::Pop);
                self.step(span, Vec::new());
            }
            S::If(branches, otherwise) => self.branches(branches, otherwise)?,
            S::While(test, body, otherwise) => self.while_loop(test, body, otherwise, span)?,
            S::For { target, iterable, body, otherwise } => self.for_loop(target, iterable, body, otherwise, span)?,
            S::Try { body, handlers, otherwise, finally } => self.try_statement(body, handlers, otherwise, finally)?,
            S::With(items, body) => self.with_statement(items, body, span)?,
            S::Function(function) => self.function(function, span)?,
            S::Class(class) => self.class(class, span)?,
        }
        Ok(())
    }

    fn augment(
        &mut self,
        target: &'t Expression,
        operator: crate::machine::BinaryOperator,
        value: &'t Expression,
        span: Span,
    ) -> Result<()> {
        match &target.kind {
            E::Attribute(object, name) => {
                self.expression(object)?;
                self.emit(I::Copy(1));
                let position = self.unit().name_position(name);
                self.emit_at(I::LoadAttribute(position), target.span);
                self.expression(value)?;
                self.emit_at(I::InPlace(operator), span);
                self.emit(I::Swap(2));
                self.emit_at(I::StoreAttribute(position), target.span);
            }
            E::Subscript(object, key) => {
                self.expression(object)?;
                self.expression(key)?;
                self.emit(I::Copy(2));
                self.emit(I::Copy(2));
                self.emit_at(I::LoadItem, target.span);
                self.expression(value)?;
                self.emit_at(I::InPlace(operator), span);
                self.emit(I::Swap(3));
                self.emit(I::Swap(2));
                self.emit_at(I::StoreItem, target.span);
            }
            _ => {
                self.expression(target)?;
                self.expression(value)?;
                self.emit_at(I::InPlace(operator), span);
                self.assign(target)?;
            }
        }
        Ok(())
    }

    /// Undoes the controls from the innermost down to `until`. The value of a `return` may lie on top of the stack.
    pub fn unwind(&mut self, from: usize, until: usize, has_value: bool, span: Span) -> Result<()> {
        for position in (until..from).rev() {
            // What is undone runs outside of what is undone.
            let rest: Vec<Control<'t>> = self.unit().controls.drain(position..).collect();
            let result = self.unwind_one(&rest[0], has_value, span);
            self.unit().controls.extend(rest);
            result?;
        }
        Ok(())
    }

    fn unwind_one(&mut self, control: &Control<'t>, has_value: bool, span: Span) -> Result<()> {
        match control {
            // A frame that returns takes its iterators with it.
            Control::Loop { has_iterator, .. } => {
                if *has_iterator {
                    if has_value {
                        self.emit(I::Swap(2));
                    }
                    self.emit(I::Pop);
                }
                self.emit(I::LoopEnd);
            }
            Control::Try => {
                self.emit(I::PopBlock);
            }
            Control::Finally(body) => {
                self.emit(I::PopBlock);
                self.statements(body)?;
            }
            Control::With => {
                self.emit_at(I::PopBlock, span);
                if has_value {
                    self.emit(I::Swap(2));
                }
                self.call_exit();
            }
            Control::Handler { on_stack } => {
                if *on_stack {
                    if has_value {
                        self.emit(I::Swap(2));
                    }
                    self.emit(I::Pop);
                }
                self.emit(I::PopException);
            }
        }
        Ok(())
    }

    /// `[exit] -> []`: the end of a `with` without an exception.
    fn call_exit(&mut self) {
        for _ in 0..3 {
            self.load_constant(Value::None);
        }
        self.emit(I::Call { arguments: 3, keywords: 0 });
        self.emit(I::Pop);
    }

    fn try_statement(
        &mut self,
        body: &'t [Statement],
        handlers: &'t [Handler],
        otherwise: &'t [Statement],
        finally: &'t [Statement],
    ) -> Result<()> {
        if finally.is_empty() {
            return self.try_except(body, handlers, otherwise);
        }
        let to_handler = self.emit(I::SetupTry(0));
        self.unit().controls.push(Control::Finally(finally));
        if handlers.is_empty() {
            self.statements(body)?;
        } else {
            self.try_except(body, handlers, otherwise)?;
        }
        self.unit().controls.pop();
        self.emit(I::PopBlock);
        self.statements(finally)?;
        let to_end = self.emit(I::Jump(0));
        self.land(to_handler);
        self.unit().controls.push(Control::Handler { on_stack: true });
        self.statements(finally)?;
        self.unit().controls.pop();
        self.emit(I::Reraise);
        self.land(to_end);
        Ok(())
    }

    fn try_except(&mut self, body: &'t [Statement], handlers: &'t [Handler], otherwise: &'t [Statement]) -> Result<()> {
        let to_handlers = self.emit(I::SetupTry(0));
        self.unit().controls.push(Control::Try);
        self.statements(body)?;
        self.unit().controls.pop();
        self.emit(I::PopBlock);
        self.statements(otherwise)?;
        let mut ends = vec![self.emit(I::Jump(0))];
        self.land(to_handlers);
        for handler in handlers {
            let skip = match &handler.class {
                Some(class) => {
                    self.expression(class)?;
                    self.emit_at(I::MatchException, class.span);
                    Some(self.emit(I::JumpIfFalse(0)))
                }
                None => None,
            };
            self.unit().span = handler.span;
            let mut names = Vec::new();
            match &handler.name {
                Some(name) => {
                    self.store(name);
                    let source = self.unit().source(name);
                    names.push((name.clone(), source));
                }
                None => {
                    self.emit(I::Pop);
                }
            }
            self.step(handler.span, names);
            self.unit().controls.push(Control::Handler { on_stack: false });
            self.statements(&handler.body)?;
            self.unit().controls.pop();
            self.emit(I::PopException);
            if let Some(name) = &handler.name {
                // The name goes with the handler; the program may have deleted it already.
                self.load_constant(Value::None);
                self.store(name);
                self.delete(name);
            }
            ends.push(self.emit(I::Jump(0)));
            match skip {
                Some(skip) => self.land(skip),
                None => break,
            }
        }
        self.emit(I::Reraise);
        ends.into_iter().for_each(|end| self.land(end));
        Ok(())
    }

    fn with_statement(
        &mut self,
        items: &'t [(Expression, Option<Expression>)],
        body: &'t [Statement],
        span: Span,
    ) -> Result<()> {
        let Some(((manager, target), rest)) = items.split_first() else {
            return self.statements(body);
        };
        self.expression(manager)?;
        self.emit_at(I::WithMethods, manager.span);
        self.emit(I::Call { arguments: 0, keywords: 0 });
        let mut names = Vec::new();
        match target {
            Some(target) => {
                self.assign(target)?;
                self.bound_names(target, &mut names);
            }
            None => {
                self.emit(I::Pop);
            }
        }
        self.step(span, names);
        // Only `exit` lies below what the body leaves on the stack when it fails.
        let to_handler = self.emit(I::SetupTry(0));
        self.unit().controls.push(Control::With);
        self.with_statement(rest, body, span)?;
        self.unit().controls.pop();
        self.emit_at(I::PopBlock, span);
        self.call_exit();
        let to_end = self.emit(I::Jump(0));
        self.land(to_handler);
        self.emit(I::ExitArguments);
        self.emit(I::Call { arguments: 3, keywords: 0 });
        let suppressed = self.emit(I::JumpIfTrue(0));
        self.emit(I::Reraise);
        self.land(suppressed);
        self.emit(I::PopException);
        self.emit(I::Pop);
        self.emit(I::Pop);
        self.land(to_end);
        Ok(())
    }
}
