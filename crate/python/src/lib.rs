//! The language of the playground: a subset of Python with PyTorch's surface, run by a machine that can stop anywhere.
//!
//! | module | what it holds |
//! |---|---|
//! | `syntax` | from text to a syntax tree |
//! | [`machine`] | from the tree to instructions, and running them |
//! | [`value`], [`types`] | what programs compute with, and its classes |
//! | `builtins` | Python's functions and methods |
//! | `prelude` | what of them, and of PyTorch, is written in Python |
//! | [`torch`], [`rng`], [`printing`] | PyTorch's surface, its random numbers, its way of printing tensors |
//! | [`format`] | Python's way of writing numbers and strings |
//! | [`files`] | what a run may read and import |
//! | [`Session`], [`trace`] | a run, and what it showed |
//!
//! Invariant: nothing here names the web or a device's API, nothing recurses over a program's data without a limit,
//! and every failure is a Python exception.

#![cfg_attr(hot, feature(optimize_attribute))]

#[macro_use]
mod prelude;

pub mod builtins;
mod context;
pub mod files;
pub mod format;
pub mod machine;
pub mod printing;
mod raise;
pub mod rng;
mod session;
pub mod syntax;
pub mod torch;
pub mod trace;
pub mod types;
pub mod value;

pub use context::Context;
pub use raise::{Cause, ErrorKind, Question, Raise};
pub use session::{Failure, Limits, Progress, Session, TracebackEntry};
