//! The operations, each described once.
//!
//! To add one: a file here with a struct for its parameters, an `impl Operation`, a [`Description`],
//! a line in [`ALL`], and `shaders/NAME.wgsl`. Device runners, tests, the page and the docs walk the list.

pub mod arg_reduce;
pub mod binary;
pub mod cat;
pub mod conv1d;
pub mod copy;
pub mod gather;
pub mod index;
pub mod index_put;
pub mod layer_norm;
pub mod matmul;
pub mod reduce;
pub mod rms_norm;
pub mod scaled_dot_product_attention;
pub mod scan;
pub mod scatter;
pub mod softmax;
pub mod sort;
pub mod triangle;
pub mod unary;
pub mod r#where;
pub mod write;

/// What several operations share.
pub mod cases;
pub mod cells;
pub(crate) mod cellwise;
mod norm;
pub mod picked;
mod row_shader;
mod written;

use std::any::Any;
use std::fmt::Debug;

use crate::shaders::Shader;
use crate::storage::Scales;
use crate::{DType, Layout, Result, Values};

/// Every operation there is.
pub static ALL: &[&Description] = &[
    &unary::DESCRIPTION,
    &binary::DESCRIPTION,
    &r#where::DESCRIPTION,
    &copy::DESCRIPTION,
    &write::DESCRIPTION,
    &cat::DESCRIPTION,
    &triangle::DESCRIPTION,
    &reduce::DESCRIPTION,
    &arg_reduce::DESCRIPTION,
    &scan::DESCRIPTION,
    &sort::DESCRIPTION,
    &softmax::DESCRIPTION,
    &layer_norm::DESCRIPTION,
    &rms_norm::DESCRIPTION,
    &matmul::DESCRIPTION,
    &scaled_dot_product_attention::DESCRIPTION,
    &conv1d::DESCRIPTION,
    &gather::DESCRIPTION,
    &scatter::DESCRIPTION,
    &index::DESCRIPTION,
    &index_put::DESCRIPTION,
];

/// What is true of an operation whatever its parameters.
#[derive(Debug)]
pub struct Description {
    /// The stem of this file and of the shader.
    pub name: &'static str,
    /// One sentence: what it computes.
    pub summary: &'static str,
    /// `shaders/NAME.wgsl`.
    pub shader: Shader,
    /// How far the devices may differ.
    pub tolerance: Tolerance,
    /// Calls that tests run on every device: the shapes that hurt, every mode of the operation.
    pub cases: fn() -> Vec<Case>,
}

/// The cases, but none in wasm: the page should not pay for what only tests run.
/// Evaluated while compiling, so that nothing refers to them there and the linker drops them.
pub(crate) const fn native_only(cases: fn() -> Vec<Case>) -> fn() -> Vec<Case> {
    if cfg!(target_arch = "wasm32") { Vec::new } else { cases }
}

/// Two devices agree on a cell if |x - y| <= absolute + relative * |y|; NaN agrees with NaN alone.
#[derive(Clone, Copy, Debug)]
pub struct Tolerance {
    pub absolute: f64,
    pub relative: f64,
    /// Why it is not zero.
    pub reason: &'static str,
}

/// A call that the tests make: an operation and its inputs.
#[derive(Debug)]
pub struct Case {
    pub operation: Box<dyn Operation>,
    pub inputs: Vec<(Values, Layout)>,
}

/// Shape and element type: what a rule sees of a tensor, and all there is on the meta device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    pub shape: Vec<usize>,
    pub dtype: DType,
}

/// An input as the CPU sees it: elements of the storage and the layout over them.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub values: &'a Values,
    pub layout: &'a Layout,
    /// What the elements are multiplied by; only a kernel that [`Operation::widens`] meets any.
    pub scales: Option<Scales<'a>>,
}

/// An input of a call that has run: its spec and its values in row-major order.
#[derive(Clone, Debug)]
pub struct Witness {
    pub shape: Vec<usize>,
    pub values: Values,
}

/// A call's price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Floating-point operations; a multiply-add counts as two.
    pub flops: u64,
    /// Bytes read and written if every input is read once.
    pub bytes: u64,
}

impl std::ops::Add for Cost {
    type Output = Cost;

    fn add(self, other: Cost) -> Cost {
        Cost { flops: self.flops.saturating_add(other.flops), bytes: self.bytes.saturating_add(other.bytes) }
    }
}

impl std::ops::Sub for Cost {
    type Output = Cost;

    fn sub(self, other: Cost) -> Cost {
        Cost { flops: self.flops.saturating_sub(other.flops), bytes: self.bytes.saturating_sub(other.bytes) }
    }
}

/// What computes a shader: an operation may have a kernel for each, and every adapter can run them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adapter {
    /// A GPU: many invocations at a time, with registers for a few dozen numbers each and near memory for a workgroup.
    Hardware,
    /// A processor in place of one (SwiftShader, llvmpipe): four or eight invocations in the lanes of its vectors.
    /// What costs is to collect their cells from memory, and to switch between invocations at a barrier.
    Software,
}

/// One start of a shader: binding 0 is a uniform block with `parameters`,
/// bindings 1, 2, … are the inputs it names, the last binding is the output.
#[derive(Clone, Debug)]
pub struct Dispatch {
    /// The entry point.
    pub entry: &'static str,
    /// Pipeline-overridable constants.
    pub constants: Vec<(&'static str, f64)>,
    /// The numbers of the inputs that it binds, in order (a shader may bind 8 buffers, `cat` has any number of inputs).
    pub inputs: Vec<usize>,
    /// At most 64 words: one slot of the parameter ring.
    pub parameters: Vec<u32>,
    /// How many workgroups; the runner folds more than 65,535 into two dimensions
    /// (a shader finds its number by `x + y * 65535`).
    pub workgroups: usize,
}

/// What every operation can be asked that can be compared with its like.
pub trait Alike {
    /// Whether the other is the same operation with the same parameters.
    fn is_alike(&self, other: &dyn Operation) -> bool;
}

impl<T: Operation + PartialEq> Alike for T {
    fn is_alike(&self, other: &dyn Operation) -> bool {
        (other as &dyn Any).downcast_ref() == Some(self)
    }
}

/// An operation with its parameters.
pub trait Operation: Alike + Any + Debug {
    fn description(&self) -> &'static Description;

    /// The output's shape and type, or PyTorch's error.
    fn rule(&self, inputs: &[Spec]) -> Result<Spec>;

    /// Computes the output in row-major order on the CPU. `output` is what [`Operation::rule`] said.
    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values>;

    /// The shader starts that compute the output on the GPU.
    /// Inputs are contiguous from offset 0 unless [`Operation::accepts_strides`].
    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, adapter: Adapter) -> Vec<Dispatch>;

    /// Whether the shader reads inputs through strides and offset; else they are made contiguous first.
    fn accepts_strides(&self) -> bool {
        false
    }

    /// The element type that the shader writes. The engine converts it to the output's by `copy`:
    /// shaders of sums need not pack narrow cells, which several workgroups would have to write into one word.
    fn shader_output(&self, output: &Spec) -> DType {
        output.dtype
    }

    /// Whether the output's cells are the input's in another element type: where nothing is lost, the engine may
    /// convert them later than it is told to, or never.
    fn converts(&self) -> bool {
        false
    }

    /// What a cell is, in WGSL with what `shaders/fused.wgsl` has, of the inputs' broadcast ones `x` and `y`, if they and it are
    /// float32: on a GPU the engine may wait with the operation, and do it in one with what follows.
    fn fused(&self) -> Option<&'static str> {
        None
    }

    /// Whether the output's cells are products of those of two inputs: the engine may multiply by scales later, too.
    fn multiplies(&self) -> bool {
        false
    }

    /// Whether the CPU kernel, where the input of this number is float32 and lies so, takes the narrower values that it
    /// was converted from, and their scales.
    fn widens(&self, _number: usize, _layout: &Layout, _output: &Spec) -> bool {
        false
    }

    /// The inputs whose values [`Operation::rule`]'s caller must have checked on the host (indices), by number:
    /// the engine asks for their values and calls [`Operation::check`] before it runs the operation.
    fn checked_inputs(&self, _specs: &[Spec]) -> &'static [usize] {
        &[]
    }

    /// Checks the host values of the inputs named by [`Operation::checked_inputs`], in that order.
    fn check(&self, _specs: &[Spec], _values: &[Values]) -> Result<()> {
        Ok(())
    }

    /// For each input, the cells from which the output's `cell` was computed.
    fn provenance(&self, inputs: &[Witness], output: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>>;

    /// The arithmetic of one cell written out with its numbers, without the result: `0.42·0.15 + 0.10·0.33`.
    /// `values[i]` are the values of input `i`'s cells that [`Operation::provenance`] named.
    fn arithmetic(&self, values: &[Vec<f64>]) -> String;

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost;
}

impl Spec {
    pub fn new(shape: &[usize], dtype: DType) -> Spec {
        Spec { shape: shape.to_vec(), dtype }
    }

    /// The number of cells; shapes were checked when the spec was made.
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    pub fn bytes(&self) -> u64 {
        self.numel() as u64 * self.dtype.size() as u64
    }
}

impl<'a> View<'a> {
    pub fn new(values: &'a Values, layout: &'a Layout) -> View<'a> {
        View { values, layout, scales: None }
    }

    /// The elements in row-major order.
    pub fn contiguous(&self) -> Values {
        self.values.shown(self.layout)
    }
}

/// Bytes of all inputs and the output: the memory traffic of a call that reads everything once.
pub fn traffic(inputs: &[Spec], output: &Spec) -> u64 {
    inputs.iter().map(Spec::bytes).sum::<u64>() + output.bytes()
}

/// A number in a written-out sum: four significant digits, no trailing zeros.
pub fn number(x: f64) -> String {
    if x == x.trunc() && x.abs() < 1e6 {
        return format!("{x:.0}");
    }
    if x.abs() >= 1e5 || (x != 0.0 && x.abs() < 1e-4) {
        return format!("{x:.3e}");
    }
    let digits = (3 - x.abs().log10().floor() as i32).max(0) as usize;
    let text = format!("{x:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text }
}
