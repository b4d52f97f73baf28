//! From text to a syntax tree, every node with its place.

mod atom;
mod compound;
mod expression;
mod matching;
mod parameters;
mod parser;
mod statement;
mod string;
mod target;
mod tokens;
pub mod tree;

pub use parser::parse;

use crate::ErrorKind;
use crate::machine::Span;

/// Why a text is not a program of the subset, in Python's words where Python has some.
#[derive(Clone, Debug)]
pub struct SyntaxError {
    /// `SyntaxError`, `IndentationError`, `TabError`, or `RecursionError` for what nests too deep.
    pub kind: ErrorKind,
    pub message: String,
    pub span: Span,
}

impl SyntaxError {
    pub fn new(message: impl Into<String>, span: Span) -> SyntaxError {
        SyntaxError { kind: ErrorKind::SyntaxError, message: message.into(), span }
    }

    pub fn indentation(message: impl Into<String>, span: Span) -> SyntaxError {
        SyntaxError { kind: ErrorKind::IndentationError, message: message.into(), span }
    }
}

pub type Result<T> = std::result::Result<T, SyntaxError>;
