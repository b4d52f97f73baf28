//! Reductions of whole dimensions to one cell.

use super::cases::{Input, case, dense, expanded, special, strided};
use super::cells::{block_through, check_dim, check_inputs, reduced_shape, reduced_source, scalar_type};
use super::row_shader::{self, Axes, Rows};
use super::written::{call, factor, joined};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, traffic};
use crate::cpu::reduction;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "reduce",
    summary: "One cell for all cells along some dimensions: sum, product, mean, largest, smallest, any, all.",
    shader: crate::shaders::REDUCE,
    tolerance: Tolerance {
        absolute: 1e-5,
        relative: 1e-5,
        reason: "float32 sums in another order; the error grows with the square root of the number of terms",
    },
    cases: super::native_only(cases),
};

/// What becomes of the cells, in the order of the shader's `REDUCTION` constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// Integers and bools give int64.
    Sum,
    /// Integers and bools give int64.
    Prod,
    /// Floats only.
    Mean,
    /// NaN if any is.
    Max,
    /// NaN if any is.
    Min,
    /// Bool: whether any cell is not zero.
    Any,
    /// Bool: whether no cell is zero.
    All,
}

/// Reduces the dimensions `dims` (in any order; none leaves the cells as they are) to one cell each,
/// which stays as a dimension of size 1 if `keep`.
///
/// # Errors
/// `NotImplemented` for the mean of integers; `Index` for the largest or smallest of no cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Reduce {
    pub reduction: Reduction,
    pub dims: Vec<usize>,
    pub keep: bool,
}

impl Reduction {
    /// Every reduction, in the shader's order.
    pub const ALL: [Reduction; 7] = {
        use Reduction::*;
        [Sum, Prod, Mean, Max, Min, Any, All]
    };
}

impl Operation for Reduce {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("reduce", inputs.len(), 1, 1)?;
        let input = &inputs[0];
        for &dim in &self.dims {
            check_dim(dim, &input.shape)?;
        }
        let shape = reduced_shape(&input.shape, &self.dims, self.keep);
        let dtype = match self.reduction {
            Reduction::Sum | Reduction::Prod if !input.dtype.is_float() => DType::Int64,
            Reduction::Mean if !input.dtype.is_float() => {
                return Err(Error::NotImplemented(format!(
                    "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {}",
                    scalar_type(input.dtype)
                )));
            }
            Reduction::Any | Reduction::All => DType::Bool,
            _ => input.dtype,
        };
        if matches!(self.reduction, Reduction::Max | Reduction::Min) && !shape.contains(&0) {
            let name = if self.reduction == Reduction::Max { "max" } else { "min" };
            if let Some(dim) = self.dims.iter().find(|&&d| input.shape.get(d) == Some(&0)) {
                return Err(if self.dims.len() == input.shape.len() && self.dims.len() > 1 || input.shape == [0] && !self.keep {
                    Error::Runtime(format!("{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument."))
                } else {
                    Error::Index(format!("{name}(): Expected reduction dim {dim} to have non-zero size."))
                });
            }
        }
        Ok(Spec { shape, dtype })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        reduction::reduce(self.reduction, &inputs[0], &self.dims, output)
    }

    fn shader_output(&self, output: &Spec) -> DType {
        match self.reduction {
            Reduction::Any | Reduction::All => DType::Int32,
            _ => row_shader::computed(output.dtype),
        }
    }

    fn accepts_strides(&self) -> bool {
        true
    }

    /// The kept dimensions number the rows, the reduced ones the cells of a row.
    fn dispatches(&self, inputs: &[(&Spec, &Layout)], _: &Spec, _: Adapter) -> Vec<Dispatch> {
        let (input, layout) = &inputs[0];
        let (reduced, kept): (Vec<usize>, Vec<usize>) = (0..layout.shape.len()).partition(|d| self.dims.contains(d));
        let (kept, reduced) = (Axes::of(layout, &kept), Axes::of(layout, &reduced));
        let cells_are_neighbours = reduced.last_stride() <= kept.last_stride();
        let rows = Rows::new(kept.cells(), reduced.cells(), cells_are_neighbours);
        let mut parameters: Vec<u32> = [rows.rows, rows.n, rows.lanes, rows.step, layout.offset].map(|x| x as u32).to_vec();
        parameters.extend([kept.rank(), reduced.rank(), 0]);
        for axes in [&kept, &reduced] {
            parameters.extend(axes.words());
        }
        let entry = match self.reduction {
            Reduction::Max | Reduction::Min | Reduction::Any | Reduction::All => "extremes",
            _ if input.dtype.is_float() => "floats",
            _ => "integers",
        };
        let constants = vec![("DTYPE", input.dtype.code().into()), ("REDUCTION", f64::from(self.reduction as u32))];
        vec![Dispatch { entry, constants, inputs: vec![0], parameters, workgroups: rows.workgroups() }]
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let shape = &inputs[0].shape;
        let fixed = reduced_source(cell, &self.dims, self.keep, shape.len());
        vec![block_through(&fixed, &self.dims, shape)]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let x = &values[0];
        let terms = |sign: &str| joined(x.len(), sign, |i| factor(x[i]));
        match self.reduction {
            Reduction::Sum => terms(" + "),
            Reduction::Prod => terms(" · "),
            Reduction::Mean => format!("({}) / {}", terms(" + "), x.len()),
            Reduction::Max => call("max", x),
            Reduction::Min => call("min", x),
            Reduction::Any => call("any", x),
            Reduction::All => call("all", x),
        }
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: inputs[0].numel() as u64, bytes: traffic(inputs, output) }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for reduction in Reduction::ALL {
        let mut add = |dims: &[usize], keep: bool, input: Input| {
            let operation = Reduce { reduction, dims: dims.to_vec(), keep };
            if operation.rule(&[Spec::new(&input.1.shape, input.0.dtype())]).is_ok() {
                cases.push(case(operation, [input]));
            }
        };
        for dtype in DType::ALL {
            add(&[1], false, dense(dtype, &[3, 17]));
            add(&[0], true, dense(dtype, &[17, 3]));
        }
        for length in [1, 31, 32, 33, 63, 64, 65, 257] {
            add(&[1], false, dense(DType::Float32, &[2, length]));
        }
        for dims in [&[][..], &[0], &[1], &[2], &[0, 2], &[2, 1], &[0, 1, 2]] {
            add(dims, false, dense(DType::Float32, &[3, 4, 5]));
        }
        add(&[0], false, strided(DType::Float32, &[7, 3]));
        add(&[0], true, expanded(DType::Float32, &[7, 3]));
        add(&[1], false, special(DType::Float32, &[5, 16]));
        add(&[0], false, special(DType::Float32, &[3, 16]));
        add(&[0], false, dense(DType::Float32, &[0, 3]));
        add(&[1], false, dense(DType::Float32, &[0, 3]));
        add(&[], false, dense(DType::Float32, &[]));
    }
    cases.push(case(Reduce { reduction: Reduction::Sum, dims: vec![1], keep: false }, [dense(DType::Float32, &[65_537, 2])]));
    cases.push(case(Reduce { reduction: Reduction::Sum, dims: vec![0], keep: false }, [dense(DType::Float32, &[65_537, 2])]));
    cases
}
