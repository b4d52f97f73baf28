//! Branches and loops.

use super::unit::Control;
use super::{Compiler, error};
use crate::machine::code::{Instruction as I, Span};
use crate::syntax::Result;
use crate::syntax::tree::{Expression, Statement};

impl<'t> Compiler<'t> {
    pub fn branches(&mut self, branches: &'t [(Expression, Vec<Statement>)], otherwise: &'t [Statement]) -> Result<()> {
        let mut ends = Vec::new();
        for (test, body) in branches {
            self.expression(test)?;
            self.step(test.span, Vec::new());
            let skip = self.emit_at(I::JumpIfFalse(0), test.span);
            self.statements(body)?;
            ends.push(self.emit(I::Jump(0)));
            self.land(skip);
        }
        self.statements(otherwise)?;
        ends.into_iter().for_each(|end| self.land(end));
        Ok(())
    }

    pub fn while_loop(
        &mut self,
        test: &'t Expression,
        body: &'t [Statement],
        otherwise: &'t [Statement],
        span: Span,
    ) -> Result<()> {
        self.emit_at(I::LoopBegin(span.line), span);
        let start = self.here();
        self.emit(I::LoopTurn);
        self.expression(test)?;
        self.step(span, Vec::new());
        let to_end = self.emit_at(I::JumpIfFalse(0), test.span);
        self.loop_body(body, start, false)?;
        self.loop_end(to_end, otherwise)
    }

    pub fn for_loop(
        &mut self,
        target: &'t Expression,
        iterable: &'t Expression,
        body: &'t [Statement],
        otherwise: &'t [Statement],
        span: Span,
    ) -> Result<()> {
        self.expression(iterable)?;
        self.emit_at(I::GetIterator, iterable.span);
        self.emit(I::LoopBegin(span.line));
        let start = self.here();
        let to_end = self.emit_at(I::ForEach(0), iterable.span);
        self.emit(I::LoopTurn);
        self.assign(target)?;
        let mut names = Vec::new();
        self.bound_names(target, &mut names);
        self.step(span, names);
        self.loop_body(body, start, true)?;
        self.loop_end(to_end, otherwise)
    }

    fn loop_body(&mut self, body: &'t [Statement], start: usize, has_iterator: bool) -> Result<()> {
        self.unit().controls.push(Control::Loop { breaks: Vec::new(), start, has_iterator });
        self.statements(body)?;
        self.emit(I::Jump(start as u32));
        Ok(())
    }

    fn loop_end(&mut self, to_end: usize, otherwise: &'t [Statement]) -> Result<()> {
        let control = self.unit().controls.pop();
        self.land(to_end);
        self.emit(I::LoopEnd);
        self.statements(otherwise)?;
        if let Some(Control::Loop { breaks, .. }) = control {
            breaks.into_iter().for_each(|jump| self.land(jump));
        }
        Ok(())
    }

    /// `break` and `continue`.
    pub fn leave_loop(&mut self, breaks: bool, span: Span) -> Result<()> {
        let controls = &self.unit().controls;
        let Some(position) = controls.iter().rposition(|c| matches!(c, Control::Loop { .. })) else {
            return Err(error(if breaks { "'break' outside loop" } else { "'continue' not properly in loop" }, span));
        };
        self.step(span, Vec::new());
        let depth = self.unit().controls.len();
        self.unwind(depth, position + 1, false, span)?;
        let (start, has_iterator) = match &self.unit().controls[position] {
            Control::Loop { start, has_iterator, .. } => (*start, *has_iterator),
            _ => (0, false),
        };
        if !breaks {
            self.emit(I::Jump(start as u32));
            return Ok(());
        }
        if has_iterator {
            self.emit(I::Pop);
        }
        self.emit(I::LoopEnd);
        let jump = self.emit(I::Jump(0));
        if let Control::Loop { breaks, .. } = &mut self.unit().controls[position] {
            breaks.push(jump);
        }
        Ok(())
    }
}
