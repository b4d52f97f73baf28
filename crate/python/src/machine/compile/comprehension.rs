//! Comprehensions: each is a function of its own that takes the first iterator.

use std::rc::Rc;

use super::Compiler;
use super::unit::{Unit, UnitKind};
use crate::machine::code::{Instruction as I, Parameters, Span};
use crate::machine::scope::Scope;
use crate::syntax::Result;
use crate::syntax::tree::{Comprehension, ComprehensionKind};

impl<'t> Compiler<'t> {
    pub fn comprehension(&mut self, comprehension: &'t Comprehension, span: Span) -> Result<()> {
        let (name, build) = match comprehension.kind {
            ComprehensionKind::List => ("<listcomp>", Some(I::BuildList(0))),
            ComprehensionKind::Set => ("<setcomp>", Some(I::BuildSet(0))),
            ComprehensionKind::Dict => ("<dictcomp>", Some(I::BuildDict(0))),
            ComprehensionKind::Generator => ("<genexpr>", None),
        };
        let mut scope = Scope::comprehension(comprehension);
        let mut named = Vec::new();
        crate::machine::scope::named_in(comprehension, &mut named);
        for name in named {
            // In a module or a class body, `:=` binds a global; in a function, a variable of that function.
            match self.unit().kind {
                UnitKind::Module | UnitKind::Class => scope.globals.insert(name),
                _ => scope.nonlocals.insert(name),
            };
        }
        let around = self.unit().cells.clone();
        let qualified = self.qualified(name);
        let mut unit = Unit::new(UnitKind::Comprehension, name, &qualified, scope, &around);
        unit.is_generator = comprehension.kind == ComprehensionKind::Generator;
        unit.span = span;
        self.units.push(unit);
        if let Some(build) = build {
            self.emit(build);
        }
        self.clauses(comprehension, 0, &Rc::from(".0"))?;
        if build.is_some() {
            self.emit(I::Return);
        } else {
            self.return_none();
        }
        let code = self.finish(Parameters { positional: vec![Rc::from(".0")], positional_only: 1, ..Parameters::default() });
        self.make_function(code, 0, Vec::new(), span);
        if let Some(first) = comprehension.clauses.first() {
            self.expression(&first.iterable)?;
            self.emit_at(I::GetIterator, first.iterable.span);
        }
        self.emit_at(I::Call { arguments: 1, keywords: 0 }, span);
        Ok(())
    }

    /// The loops of a comprehension from the clause at `index` inwards. The result lies below the iterators.
    fn clauses(&mut self, comprehension: &'t Comprehension, index: usize, first: &Rc<str>) -> Result<()> {
        let Some(clause) = comprehension.clauses.get(index) else {
            let depth = comprehension.clauses.len() as u32 + 1;
            self.expression(&comprehension.element)?;
            match (comprehension.kind, &comprehension.value) {
                (ComprehensionKind::Dict, Some(value)) => {
                    self.expression(value)?;
                    self.emit(I::DictInsert(depth));
                }
                (ComprehensionKind::Set, _) => {
                    self.emit(I::SetAdd(depth));
                }
                (ComprehensionKind::Generator, _) => {
                    self.emit(I::Yield);
                    self.emit(I::Pop);
                }
                _ => {
                    self.emit(I::ListAppend(depth));
                }
            }
            return Ok(());
        };
        if index == 0 {
            self.load(first);
        } else {
            self.expression(&clause.iterable)?;
            self.emit_at(I::GetIterator, clause.iterable.span);
        }
        let start = self.here() as u32;
        let to_end = self.emit_at(I::ForEach(0), clause.iterable.span);
        self.assign(&clause.target)?;
        let mut skips = Vec::new();
        for condition in &clause.conditions {
            self.expression(condition)?;
            skips.push(self.emit(I::JumpIfFalse(0)));
        }
        self.clauses(comprehension, index + 1, first)?;
        skips.into_iter().for_each(|skip| self.land_at(skip, start));
        self.emit(I::Jump(start));
        self.land(to_end);
        Ok(())
    }

    fn land_at(&mut self, position: usize, target: u32) {
        if let I::JumpIfFalse(to) = &mut self.unit().instructions[position] {
            *to = target;
        }
    }
}
