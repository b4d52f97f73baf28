//! Assignment and deletion, and the names that the trace shows for them.

use std::rc::Rc;

use super::Compiler;
use crate::machine::code::{Instruction as I, NameSource};
use crate::syntax::Result;
use crate::syntax::tree::{Expression, ExpressionKind as E};

impl<'t> Compiler<'t> {
    /// `[value] -> []`
    pub fn assign(&mut self, target: &'t Expression) -> Result<()> {
        match &target.kind {
            E::Name(name) => {
                self.unit().span = target.span;
                self.store(name);
            }
            E::Attribute(object, name) => {
                self.expression(object)?;
                let position = self.unit().name_position(name);
                self.emit_at(I::StoreAttribute(position), target.span);
            }
            E::Subscript(object, key) => {
                self.expression(object)?;
                self.expression(key)?;
                self.emit_at(I::StoreItem, target.span);
            }
            E::Tuple(items) | E::List(items) => {
                let star = items.iter().position(|item| matches!(item.kind, E::Starred(_)));
                let unpack = match star {
                    None => I::Unpack(items.len() as u32),
                    Some(before) => I::UnpackStar { before: before as u32, after: (items.len() - before - 1) as u32 },
                };
                self.emit_at(unpack, target.span);
                for item in items {
                    match &item.kind {
                        E::Starred(inner) => self.assign(inner)?,
                        _ => self.assign(item)?,
                    }
                }
            }
            _ => return Err(super::error("cannot assign to this expression", target.span)),
        }
        Ok(())
    }

    pub fn delete_target(&mut self, target: &'t Expression) -> Result<()> {
        match &target.kind {
            E::Name(name) => {
                self.unit().span = target.span;
                self.delete(name);
            }
            E::Attribute(object, name) => {
                self.expression(object)?;
                let position = self.unit().name_position(name);
                self.emit_at(I::DeleteAttribute(position), target.span);
            }
            E::Subscript(object, key) => {
                self.expression(object)?;
                self.expression(key)?;
                self.emit_at(I::DeleteItem, target.span);
            }
            E::Tuple(items) | E::List(items) => {
                for item in items {
                    self.delete_target(item)?;
                }
            }
            _ => return Err(super::error("cannot delete this expression", target.span)),
        }
        Ok(())
    }

    /// The names that an assignment to `target` binds or changes: `x` of `x[0] = …`, `self.k` of `self.k = …`.
    pub fn bound_names(&mut self, target: &Expression, names: &mut Vec<(Rc<str>, NameSource)>) {
        match &target.kind {
            E::Tuple(items) | E::List(items) => items.iter().for_each(|item| self.bound_names(item, names)),
            E::Starred(inner) => self.bound_names(inner, names),
            E::Subscript(object, _) => self.bound_names(object, names),
            E::Name(_) | E::Attribute(..) => {
                if let Some((label, source)) = self.name_source(target)
                    && !names.iter().any(|(name, _)| *name == label)
                {
                    names.push((label, source));
                }
            }
            _ => {}
        }
    }

    fn name_source(&mut self, expression: &Expression) -> Option<(Rc<str>, NameSource)> {
        match &expression.kind {
            E::Name(name) => Some((name.clone(), self.unit().source(name))),
            E::Attribute(object, name) => {
                let (label, source) = self.name_source(object)?;
                Some((Rc::from(format!("{label}.{name}")), NameSource::Attribute(Box::new(source), name.clone())))
            }
            _ => None,
        }
    }
}
