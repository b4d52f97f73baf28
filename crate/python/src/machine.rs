//! The machine that runs compiled programs.
//!
//! Frames live on the heap: Python calls never recurse on Rust's stack, and the machine can stop after any instruction.

mod arguments;
pub mod attribute;
mod call;
pub mod classes;
mod code;
mod compile;
mod enter;
mod execute;
mod frame;
mod generator;
pub mod import;
pub mod items;
mod iteration;
mod names;
pub mod operate;
mod operators;
mod plain;
mod property;
mod record;
mod scope;
mod unwind;
mod vm;

pub use code::{BinaryOperator, Code, CompareOperator, Instruction, LoopTurn, Parameters, Span, StepPlan, NameSource, Template, UnaryOperator};
pub use compile::compile;
pub use vm::{Machine, Outcome};
pub use frame::{Block, Frame, Generator, OnReturn};

use crate::{ErrorKind, Raise};

/// How many frames a program may have, as CPython counts them.
pub const RECURSION_LIMIT: usize = 1000;

pub fn recursion_error(doing: &str) -> Raise {
    Raise::error(ErrorKind::RecursionError, format!("maximum recursion depth exceeded{doing}"))
}
