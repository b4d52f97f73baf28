//! Functions, lambdas and classes.

use std::rc::Rc;

use super::unit::{Unit, UnitKind};
use super::Compiler;
use crate::machine::code::{Code, Instruction as I, NameSource, Parameters, Span, StepPlan, Template};
use crate::machine::scope::Scope;
use crate::syntax::Result;
use crate::syntax::tree::{self, Argument, Expression, ExpressionKind as E, Statement, StatementKind as S};
use crate::value::Value;

impl<'t> Compiler<'t> {
    /// The qualified name of something defined here: `Outer.method`, `outer.<locals>.inner`.
    pub fn qualified(&mut self, name: &str) -> String {
        let unit = self.unit();
        match unit.kind {
            UnitKind::Module => name.to_string(),
            UnitKind::Class => format!("{}.{name}", unit.qualified_name),
            _ => format!("{}.<locals>.{name}", unit.qualified_name),
        }
    }

    pub fn lambda(&mut self, parameters: &'t tree::Parameters, body: &'t Expression, span: Span) -> Result<()> {
        let (defaults, keyword_defaults) = self.defaults(parameters)?;
        let qualified = self.qualified("<lambda>");
        let around = self.unit().cells.clone();
        self.units.push(Unit::new(UnitKind::Function, "<lambda>", &qualified, Scope::lambda(parameters, body), &around));
        self.expression(body)?;
        self.emit(I::Return);
        let code = self.finish(compiled(parameters));
        self.make_function(code, defaults, keyword_defaults, span);
        Ok(())
    }

    pub fn function(&mut self, function: &'t tree::Function, span: Span) -> Result<()> {
        for decorator in &function.decorators {
            self.expression(decorator)?;
        }
        let (defaults, keyword_defaults) = self.defaults(&function.parameters)?;
        let qualified = self.qualified(&function.name);
        let around = self.unit().cells.clone();
        let scope = Scope::function(&function.parameters, &function.body);
        self.check_declarations(&scope, &function.parameters, &around, span)?;
        self.units.push(Unit::new(UnitKind::Function, &function.name, &qualified, scope, &around));
        self.entry_step(&function.parameters, span);
        self.unit().doc = documentation(&function.body);
        self.statements(&function.body)?;
        self.return_none();
        let code = self.finish(compiled(&function.parameters));
        self.make_function(code, defaults, keyword_defaults, span);
        self.annotate_function(&function.parameters.annotations, span)?;
        self.decorate(&function.decorators);
        self.unit().span = span;
        self.store(&function.name);
        self.step(span, Vec::new());
        Ok(())
    }

    /// The step that shows the arguments of a call on the `def` line.
    fn entry_step(&mut self, parameters: &tree::Parameters, span: Span) {
        if self.file.is_none() {
            return;
        }
        let each = parameters.positional.iter().chain(&parameters.keyword_only).map(|p| &p.name);
        let names: Vec<Rc<str>> = each.chain(&parameters.rest).chain(&parameters.keywords).cloned().collect();
        let unit = self.unit();
        let names: Vec<(Rc<str>, NameSource)> =
            names.into_iter().map(|name| (name.clone(), unit.source(&name))).collect();
        unit.entry_step = Some(unit.steps.len() as u32);
        unit.steps.push(StepPlan { line: span.line, names });
    }

    fn check_declarations(
        &mut self,
        scope: &Scope,
        parameters: &tree::Parameters,
        around: &[Rc<str>],
        span: Span,
    ) -> Result<()> {
        for parameter in parameters.positional.iter().chain(&parameters.keyword_only) {
            let name = &parameter.name;
            for (names, word) in [(&scope.globals, "global"), (&scope.nonlocals, "nonlocal")] {
                if names.contains(name) {
                    return Err(super::error(format!("name '{name}' is parameter and {word}"), span));
                }
            }
        }
        match scope.nonlocals.iter().find(|name| !around.contains(name)) {
            Some(name) => Err(super::error(format!("no binding for nonlocal '{name}' found"), span)),
            None => Ok(()),
        }
    }

    /// Loads the defaults: how many positional ones, and the names of the keyword-only ones.
    fn defaults(&mut self, parameters: &'t tree::Parameters) -> Result<(u32, Vec<Rc<str>>)> {
        let mut count = 0;
        for default in parameters.positional.iter().filter_map(|p| p.default.as_ref()) {
            self.expression(default)?;
            count += 1;
        }
        let mut names = Vec::new();
        for parameter in &parameters.keyword_only {
            if let Some(default) = &parameter.default {
                self.expression(default)?;
                names.push(parameter.name.clone());
            }
        }
        Ok((count, names))
    }

    pub fn make_function(&mut self, code: Code, defaults: u32, keyword_defaults: Vec<Rc<str>>, span: Span) {
        let unit = self.unit();
        let free = &code.cells[code.own_cells..];
        let closure = free.iter().filter_map(|name| unit.cells.iter().position(|cell| cell == name).map(|c| c as u32));
        let closure = closure.collect();
        unit.templates.push(Template { code: Rc::new(code), defaults, keyword_defaults, closure });
        let position = unit.templates.len() as u32 - 1;
        self.emit_at(I::MakeFunction(position), span);
    }

    /// Calls the decorators below the value, innermost first.
    fn decorate(&mut self, decorators: &[Expression]) {
        for decorator in decorators.iter().rev() {
            self.emit_at(I::Call { arguments: 1, keywords: 0 }, decorator.span);
        }
    }

    pub fn class(&mut self, class: &'t tree::Class, span: Span) -> Result<()> {
        for decorator in &class.decorators {
            self.expression(decorator)?;
        }
        let qualified = self.qualified(&class.name);
        let around = self.unit().cells.clone();
        self.units.push(Unit::new(UnitKind::Class, &class.name, &qualified, Scope::class(&class.body), &around));
        if let Some(text) = documentation(&class.body) {
            self.load_constant(Value::Str(text));
            let position = self.unit().name_position(&Rc::from("__doc__"));
            self.emit(I::StoreName(position));
        }
        self.statements(&class.body)?;
        self.return_none();
        let code = self.finish(Parameters::default());
        self.make_function(code, 0, Vec::new(), span);
        let positional = class.arguments.iter().all(|a| matches!(a, Argument::Positional(_)));
        debug_assert!(positional || !class.arguments.is_empty());
        self.spread_arguments(&class.arguments)?;
        let name = self.constant(Value::Str(class.name.clone()));
        self.emit_at(I::BuildClass(name), span);
        self.decorate(&class.decorators);
        self.unit().span = span;
        self.store(&class.name);
        self.step(span, Vec::new());
        Ok(())
    }
}

fn compiled(parameters: &tree::Parameters) -> Parameters {
    let names = |list: &[tree::Parameter]| list.iter().map(|p| p.name.clone()).collect();
    Parameters {
        positional: names(&parameters.positional),
        positional_only: parameters.positional_only,
        keyword_only: names(&parameters.keyword_only),
        rest: parameters.rest.is_some(),
        keywords: parameters.keywords.is_some(),
    }
}

fn documentation(body: &[Statement]) -> Option<Rc<str>> {
    match body.first() {
        Some(Statement { kind: S::Expression(Expression { kind: E::String(text), .. }), .. }) => Some(text.clone()),
        _ => None,
    }
}
