//! Which names a function, a class body or a comprehension binds, and which it takes from around it.

use std::collections::BTreeSet;
use std::rc::Rc;

use crate::syntax::tree::{
    Annotation, Argument, Class, Comprehension, Expression, ExpressionKind as E, FormatPart, Function, Parameters, Statement,
    StatementKind as S,
};

type Names = BTreeSet<Rc<str>>;

/// The names of one scope.
#[derive(Default)]
pub struct Scope {
    /// Names that it binds, in the order of their first binding; parameters come first.
    pub bound: Vec<Rc<str>>,
    pub globals: Names,
    pub nonlocals: Names,
    pub yields: bool,
    uses: Names,
    /// What the scopes inside take from here or from further out.
    inner_free: Names,
    is_class: bool,
}

impl Scope {
    pub fn module(body: &[Statement]) -> Scope {
        let mut scope = Scope::default();
        scope.statements(body);
        scope
    }

    pub fn function(parameters: &Parameters, body: &[Statement]) -> Scope {
        let mut scope = Scope::default();
        scope.parameters(parameters);
        scope.statements(body);
        scope
    }

    pub fn annotations(annotations: &[(Rc<str>, Annotation)]) -> Scope {
        let mut scope = Scope::default();
        annotations.iter().for_each(|(_, annotation)| scope.expression(&annotation.expression));
        scope
    }

    pub fn lambda(parameters: &Parameters, body: &Expression) -> Scope {
        let mut scope = Scope::default();
        scope.parameters(parameters);
        scope.expression(body);
        scope
    }

    pub fn class(body: &[Statement]) -> Scope {
        let mut scope = Scope { is_class: true, ..Scope::default() };
        scope.statements(body);
        scope
    }

    /// The scope of a comprehension. Its first iterable belongs to the scope around it.
    pub fn comprehension(comprehension: &Comprehension) -> Scope {
        let mut scope = Scope::default();
        scope.bind(&Rc::from(".0"));
        for (index, clause) in comprehension.clauses.iter().enumerate() {
            scope.target(&clause.target);
            if index > 0 {
                scope.expression(&clause.iterable);
            }
            clause.conditions.iter().for_each(|condition| scope.expression(condition));
        }
        scope.expression(&comprehension.element);
        if let Some(value) = &comprehension.value {
            scope.expression(value);
        }
        scope
    }

    /// Whether the scope has a variable of its own by this name.
    pub fn owns(&self, name: &Rc<str>) -> bool {
        self.bound.contains(name) && !self.globals.contains(name) && !self.nonlocals.contains(name)
    }

    /// Its own names that scopes inside take: they live in cells.
    pub fn captured(&self) -> Vec<Rc<str>> {
        if self.is_class {
            return self.inner_free.iter().filter(|name| &***name == "__class__").cloned().collect();
        }
        self.bound.iter().filter(|name| self.owns(name) && self.inner_free.contains(*name)).cloned().collect()
    }

    /// The names that it takes from further out, if anybody there has them.
    pub fn free(&self) -> Names {
        let mut free: Names =
            self.uses.iter().filter(|name| !self.owns(name) && !self.globals.contains(*name)).cloned().collect();
        free.extend(self.nonlocals.iter().cloned());
        let passes = |name: &&Rc<str>| {
            if self.is_class { &***name != "__class__" } else { !self.owns(name) && !self.globals.contains(*name) }
        };
        free.extend(self.inner_free.iter().filter(passes).cloned());
        free
    }

    fn bind(&mut self, name: &Rc<str>) {
        if !self.bound.contains(name) {
            self.bound.push(name.clone());
        }
    }

    fn parameters(&mut self, parameters: &Parameters) {
        for parameter in parameters.positional.iter().chain(&parameters.keyword_only) {
            self.bind(&parameter.name);
        }
        parameters.rest.iter().chain(&parameters.keywords).for_each(|name| self.bind(name));
    }

    fn statements(&mut self, body: &[Statement]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            S::Expression(value) => self.expression(value),
            S::Assign { targets, value } => {
                self.expression(value);
                targets.iter().for_each(|target| self.target(target));
            }
            S::Annotate { target, value, .. } => {
                value.iter().for_each(|value| self.expression(value));
                self.target(target);
            }
            S::Augment { target, value, .. } => {
                self.expression(target);
                self.expression(value);
                self.target(target);
            }
            S::Return(value) => value.iter().for_each(|value| self.expression(value)),
            S::Delete(targets) => targets.iter().for_each(|target| self.target(target)),
            S::Pass | S::Break | S::Continue => {}
            S::Global(names) => self.globals.extend(names.iter().cloned()),
            S::Nonlocal(names) => self.nonlocals.extend(names.iter().cloned()),
            S::Raise(first, second) => first.iter().chain(second).for_each(|value| self.expression(value)),
            S::Assert(test, message) => {
                self.expression(test);
                message.iter().for_each(|message| self.expression(message));
            }
            S::Import(modules) => {
                for (name, alias, _) in modules {
                    match alias {
                        Some(alias) => self.bind(alias),
                        None => self.bind(&Rc::from(name.split('.').next().unwrap_or(name))),
                    }
                }
            }
            S::ImportFrom { names, .. } => {
                names.iter().for_each(|(name, alias, _)| self.bind(alias.as_ref().unwrap_or(name)));
            }
            S::If(branches, otherwise) => {
                for (test, body) in branches {
                    self.expression(test);
                    self.statements(body);
                }
                self.statements(otherwise);
            }
            S::While(test, body, otherwise) => {
                self.expression(test);
                self.statements(body);
                self.statements(otherwise);
            }
            S::For { target, iterable, body, otherwise } => {
                self.expression(iterable);
                self.target(target);
                self.statements(body);
                self.statements(otherwise);
            }
            S::Try { body, handlers, otherwise, finally } => {
                self.statements(body);
                for handler in handlers {
                    handler.class.iter().for_each(|class| self.expression(class));
                    handler.name.iter().for_each(|name| self.bind(name));
                    self.statements(&handler.body);
                }
                self.statements(otherwise);
                self.statements(finally);
            }
            S::With(items, body) => {
                for (manager, target) in items {
                    self.expression(manager);
                    target.iter().for_each(|target| self.target(target));
                }
                self.statements(body);
            }
            S::Function(function) => self.nested_function(function),
            S::Class(class) => self.nested_class(class),
        }
    }

    fn nested_function(&mut self, function: &Function) {
        function.decorators.iter().for_each(|decorator| self.expression(decorator));
        self.defaults(&function.parameters);
        self.bind(&function.name);
        self.inner_free.extend(Scope::annotations(&function.parameters.annotations).free());
        self.inner_free.extend(Scope::function(&function.parameters, &function.body).free());
    }

    fn nested_class(&mut self, class: &Class) {
        class.decorators.iter().for_each(|decorator| self.expression(decorator));
        self.arguments(&class.arguments);
        self.bind(&class.name);
        self.inner_free.extend(Scope::class(&class.body).free());
    }

    fn defaults(&mut self, parameters: &Parameters) {
        for parameter in parameters.positional.iter().chain(&parameters.keyword_only) {
            parameter.default.iter().for_each(|default| self.expression(default));
        }
    }

    fn target(&mut self, target: &Expression) {
        match &target.kind {
            E::Name(name) => self.bind(name),
            E::Tuple(items) | E::List(items) => items.iter().for_each(|item| self.target(item)),
            E::Starred(inner) => self.target(inner),
            _ => self.expression(target),
        }
    }

    fn arguments(&mut self, arguments: &[Argument]) {
        for argument in arguments {
            match argument {
                Argument::Positional(e) | Argument::Keyword(_, e) => self.expression(e),
                Argument::Spread(e) | Argument::SpreadKeywords(e) => self.expression(e),
            }
        }
    }

    fn format_parts(&mut self, parts: &[FormatPart]) {
        for part in parts {
            if let FormatPart::Value { value, spec, .. } = part {
                self.expression(value);
                self.format_parts(spec);
            }
        }
    }

    fn expression(&mut self, expression: &Expression) {
        match &expression.kind {
            E::None | E::Ellipsis | E::Bool(_) | E::Int(_) | E::Big(_) | E::Float(_) | E::String(_) | E::Bytes(_) => {}
            E::Format(parts) => self.format_parts(parts),
            E::Name(name) => {
                if &**name == "super" {
                    self.uses.insert(Rc::from("__class__"));
                }
                self.uses.insert(name.clone());
            }
            E::Tuple(items) | E::List(items) | E::Set(items) => items.iter().for_each(|item| self.expression(item)),
            E::Dict(pairs) => {
                for (key, value) in pairs {
                    key.iter().for_each(|key| self.expression(key));
                    self.expression(value);
                }
            }
            E::Unary(_, value) | E::Starred(value) | E::Attribute(value, _) => self.expression(value),
            E::Binary(_, left, right) | E::Subscript(left, right) => {
                self.expression(left);
                self.expression(right);
            }
            E::Chain { parts, .. } => parts.iter().for_each(|part| self.expression(part)),
            E::Compare(first, rest) => {
                self.expression(first);
                rest.iter().for_each(|(_, value)| self.expression(value));
            }
            E::Conditional { test, then, otherwise } => {
                [test, then, otherwise].into_iter().for_each(|part| self.expression(part));
            }
            E::Lambda(parameters, body) => {
                self.defaults(parameters);
                self.inner_free.extend(Scope::lambda(parameters, body).free());
            }
            E::Call(callee, arguments) => {
                self.expression(callee);
                self.arguments(arguments);
            }
            E::Slice(start, stop, step) => {
                [start, stop, step].into_iter().flatten().for_each(|part| self.expression(part));
            }
            E::Assign(name, value) => {
                self.expression(value);
                self.bind(name);
            }
            E::Comprehension(comprehension) => {
                if let Some(first) = comprehension.clauses.first() {
                    self.expression(&first.iterable);
                }
                let inner = Scope::comprehension(comprehension);
                self.inner_free.extend(inner.free());
                // `:=` inside a comprehension binds in the scope around it.
                let mut named = Vec::new();
                named_in(comprehension, &mut named);
                for name in named {
                    self.bind(&name);
                    self.inner_free.insert(name);
                }
            }
            E::Yield(value) => {
                self.yields = true;
                value.iter().for_each(|value| self.expression(value));
            }
            E::YieldFrom(value) => {
                self.yields = true;
                self.expression(value);
            }
        }
    }
}

/// The names that `:=` binds directly inside a comprehension's conditions and element.
pub fn named_in(comprehension: &Comprehension, names: &mut Vec<Rc<str>>) {
    let mut probe = Scope::default();
    for clause in &comprehension.clauses {
        clause.conditions.iter().for_each(|condition| probe.expression(condition));
    }
    probe.expression(&comprehension.element);
    comprehension.value.iter().for_each(|value| probe.expression(value));
    names.append(&mut probe.bound);
}
