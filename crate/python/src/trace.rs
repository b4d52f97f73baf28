//! What a run showed: each executed line with the names that it bound.

use std::rc::Rc;

use tensor::ops::Cost;
use tensor::{DType, Tensor};

pub use crate::machine::LoopTurn;

/// The steps of a run, up to a limit.
#[derive(Default)]
pub struct Trace {
    pub steps: Vec<Step>,
    /// How many steps ran after the limit and are not kept.
    pub dropped: usize,
    /// What the engine had computed when the newest step was recorded.
    pub work: Cost,
}

/// One executed line of the program.
pub struct Step {
    /// The file that the line stands in: the program's own, or one that it imports.
    pub file: Rc<str>,
    pub line: u32,
    /// The function's name, `<module>` at the top.
    pub function: Rc<str>,
    /// The number of this call of the function, from 1.
    pub call: u32,
    /// How many functions of the program are open; 0 at the top.
    pub depth: u32,
    /// The loops around the line in this function, outermost first.
    pub loops: Vec<LoopTurn>,
    pub names: Vec<Bound>,
    /// The length of the output, in bytes of UTF-8, after this step.
    pub output: usize,
    /// What the engine computed since the step before.
    pub cost: Cost,
}

/// A name that a line bound, and its value at that moment.
pub struct Bound {
    pub name: Rc<str>,
    pub value: BoundValue,
}

pub enum BoundValue {
    /// A snapshot that later writes do not reach.
    Tensor { tensor: Tensor, grad_fn: &'static str, requires_grad: bool },
    /// The tensor's values were not kept: the budget was spent.
    Dropped { shape: Vec<usize>, dtype: DType },
    /// A plain value as Python writes it, shortened.
    Text { type_name: String, text: String },
}
