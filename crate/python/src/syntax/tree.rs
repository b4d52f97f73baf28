//! The syntax tree.

use std::rc::Rc;

use crate::machine::{BinaryOperator, CompareOperator, Span, UnaryOperator};
use crate::value::{Big, Bytes};

pub struct Expression {
    pub kind: ExpressionKind,
    pub span: Span,
    /// The height of the tree below, bounded by the parser: whoever walks the tree may recurse.
    pub height: u16,
}

pub enum ExpressionKind {
    None,
    Ellipsis,
    Bool(bool),
    Int(i64),
    /// An integer beyond 64 bits.
    Big(Rc<Big>),
    Float(f64),
    String(Rc<str>),
    Bytes(Rc<Bytes>),
    /// An f-string.
    Format(Vec<FormatPart>),
    Name(Rc<str>),
    Tuple(Vec<Expression>),
    List(Vec<Expression>),
    Set(Vec<Expression>),
    /// A key of `None` spreads the value: `{**value}`.
    Dict(Vec<(Option<Expression>, Expression)>),
    Unary(UnaryOperator, Box<Expression>),
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    /// `and` chains where true, `or` chains where false.
    Chain { and: bool, parts: Vec<Expression> },
    Compare(Box<Expression>, Vec<(CompareOperator, Expression)>),
    Conditional { test: Box<Expression>, then: Box<Expression>, otherwise: Box<Expression> },
    Lambda(Box<Parameters>, Box<Expression>),
    Call(Box<Expression>, Vec<Argument>),
    Attribute(Box<Expression>, Rc<str>),
    Subscript(Box<Expression>, Box<Expression>),
    Slice(Option<Box<Expression>>, Option<Box<Expression>>, Option<Box<Expression>>),
    Starred(Box<Expression>),
    /// `name := value`
    Assign(Rc<str>, Box<Expression>),
    Comprehension(Box<Comprehension>),
    Yield(Option<Box<Expression>>),
    YieldFrom(Box<Expression>),
}

/// A piece of an f-string.
pub enum FormatPart {
    Text(Rc<str>),
    /// The value, its conversion (`r`, `s`, `a` or 0) and its format specification.
    Value { value: Expression, conversion: u8, spec: Vec<FormatPart> },
}

pub enum Argument {
    Positional(Expression),
    Keyword(Rc<str>, Expression),
    /// `*values`
    Spread(Expression),
    /// `**mapping`
    SpreadKeywords(Expression),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ComprehensionKind {
    List,
    Set,
    Dict,
    Generator,
}

pub struct Comprehension {
    pub kind: ComprehensionKind,
    /// The element, or a dictionary's key.
    pub element: Expression,
    pub value: Option<Expression>,
    pub clauses: Vec<Clause>,
}

/// `for target in iterable if condition …`
pub struct Clause {
    pub target: Expression,
    pub iterable: Expression,
    pub conditions: Vec<Expression>,
}

#[derive(Default)]
pub struct Parameters {
    pub positional: Vec<Parameter>,
    pub positional_only: usize,
    pub keyword_only: Vec<Parameter>,
    pub rest: Option<Rc<str>>,
    pub keywords: Option<Rc<str>>,
    /// Of the parameters by name, and of `return`.
    pub annotations: Vec<(Rc<str>, Annotation)>,
}

/// An annotation, and as it was written.
pub struct Annotation {
    pub expression: Expression,
    pub text: Rc<str>,
}

pub struct Parameter {
    pub name: Rc<str>,
    pub default: Option<Expression>,
}

pub struct Statement {
    pub kind: StatementKind,
    pub span: Span,
}

pub enum StatementKind {
    Expression(Expression),
    Assign { targets: Vec<Expression>, value: Expression },
    /// `target: annotation = value`
    Annotate { target: Expression, annotation: Annotation, value: Option<Expression> },
    Augment { target: Expression, operator: BinaryOperator, value: Expression },
    Return(Option<Expression>),
    Delete(Vec<Expression>),
    Pass,
    Break,
    Continue,
    Global(Vec<Rc<str>>),
    Nonlocal(Vec<Rc<str>>),
    Raise(Option<Expression>, Option<Expression>),
    Assert(Expression, Option<Expression>),
    /// `import a.b as c`: the dotted name and the alias.
    Import(Vec<(Rc<str>, Option<Rc<str>>, Span)>),
    /// `from module import name as alias`; no names is `*`.
    ImportFrom { module: Rc<str>, names: Vec<(Rc<str>, Option<Rc<str>>, Span)> },
    /// The tests with their bodies, and the `else`.
    If(Vec<(Expression, Vec<Statement>)>, Vec<Statement>),
    While(Expression, Vec<Statement>, Vec<Statement>),
    For { target: Expression, iterable: Expression, body: Vec<Statement>, otherwise: Vec<Statement> },
    Try { body: Vec<Statement>, handlers: Vec<Handler>, otherwise: Vec<Statement>, finally: Vec<Statement> },
    With(Vec<(Expression, Option<Expression>)>, Vec<Statement>),
    Function(Box<Function>),
    Class(Box<Class>),
}

pub struct Handler {
    pub class: Option<Expression>,
    pub name: Option<Rc<str>>,
    pub body: Vec<Statement>,
    pub span: Span,
}

pub struct Function {
    pub name: Rc<str>,
    pub decorators: Vec<Expression>,
    pub parameters: Parameters,
    pub body: Vec<Statement>,
}

pub struct Class {
    pub name: Rc<str>,
    pub decorators: Vec<Expression>,
    pub arguments: Vec<Argument>,
    pub body: Vec<Statement>,
}
