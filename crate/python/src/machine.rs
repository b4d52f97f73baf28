//! The machine that runs compiled programs.
//!
//! Frames live on the heap: Python calls never recurse on Rust's stack, and the machine can stop after any instruction.

mod code;
mod compile;
mod frame;
mod scope;

pub use code::{BinaryOperator, Code, CompareOperator, Instruction, LoopTurn, Parameters, Span, StepPlan, NameSource, Template, UnaryOperator};
pub use compile::compile;
pub use frame::{Block, Frame, Generator, OnReturn};

use crate::{ErrorKind, Raise};

/// How many frames a program may have, as CPython counts them.
pub const RECURSION_LIMIT: usize = 1000;

pub fn recursion_error(doing: &str) -> Raise {
    Raise::Error(ErrorKind::RecursionError, format!("maximum recursion depth exceeded{doing}"))
}
