//! From the syntax tree to instructions.

mod annotation;
mod assign;
mod branching;
mod comprehension;
mod expression;
mod function;
mod statement;
mod unit;

use std::rc::Rc;

use super::code::{Code, MODULE_BODY, Parameters};
use super::scope::Scope;
use crate::syntax::tree::Statement;
use crate::syntax::{Result, SyntaxError};
use unit::{Unit, UnitKind};

/// The code of a file of the program, which its name comes with, or of a file of the prelude.
pub fn compile(body: &[Statement], file: Option<&str>) -> Result<Rc<Code>> {
    let scope = Scope::module(body);
    let mut compiler = Compiler { units: vec![Unit::new(UnitKind::Module, MODULE_BODY, MODULE_BODY, scope, &[])], file: file.map(Rc::from), postponed: annotation::postpones(body) };
    compiler.statements(body)?;
    compiler.return_none();
    Ok(Rc::new(compiler.finish(Parameters::default())))
}

struct Compiler<'t> {
    /// The code being compiled, innermost last.
    units: Vec<Unit<'t>>,
    /// See [`Code::file`].
    file: Option<Rc<str>>,
    /// Whether annotations stay text.
    postponed: bool,
}

fn error(message: impl Into<String>, span: super::Span) -> SyntaxError {
    SyntaxError::new(message, span)
}
