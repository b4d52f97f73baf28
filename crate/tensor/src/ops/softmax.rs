//! Softmax and its logarithm.

use super::cases::{case, dense, exact, special, strided};
use super::cells::{Lanes, check_dim, check_inputs, lane_through, not_implemented};
use super::written::joined;
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, number, row_shader, traffic};
use crate::cpu::rows;
use crate::{DType, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "softmax",
    summary: "exp(x) over the sum of exp along a dimension, or the logarithm of that.",
    shader: crate::shaders::SOFTMAX,
    tolerance: Tolerance {
        absolute: 1e-6,
        relative: 1e-5,
        reason: "WGSL allows exp an error of 3 + 2|x| units in the last place, and sums run in another order",
    },
    cases: super::native_only(cases),
};

/// `softmax(x)ᵢ = exp(xᵢ - max x) / Σⱼ exp(xⱼ - max x)` along `dim`; with `logarithm`,
/// `xᵢ - max x - log Σⱼ exp(xⱼ - max x)`. Floats only; the shape stays.
/// A lane of only -inf, and one with +inf or NaN, is NaN, as in PyTorch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Softmax {
    pub dim: usize,
    pub logarithm: bool,
}

impl Operation for Softmax {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("softmax", inputs.len(), 1, 1)?;
        check_dim(self.dim, &inputs[0].shape)?;
        if !inputs[0].dtype.is_float() {
            let last = self.dim + 1 >= inputs[0].shape.len();
            return not_implemented(
                match (last, self.logarithm) {
                    (true, false) => "softmax_lastdim_kernel_impl",
                    (true, true) => "log_softmax_lastdim_kernel_impl",
                    (false, false) => "softmax_kernel_impl",
                    (false, true) => "log_softmax_kernel_impl",
                },
                inputs[0].dtype,
            );
        }
        Ok(inputs[0].clone())
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        rows::softmax(self.dim, self.logarithm, &inputs[0], output)
    }

    fn shader_output(&self, output: &Spec) -> DType {
        row_shader::computed(output.dtype)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], _: &Spec, _: Adapter) -> Vec<Dispatch> {
        let input = &inputs[0].0;
        let lanes = Lanes::new(&input.shape, self.dim);
        let constants = vec![("DTYPE", input.dtype.code().into()), ("LOGARITHM", self.logarithm.into())];
        row_shader::along("main", constants, lanes)
    }

    /// The cell's own input first, then the rest of its lane.
    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let length = inputs[0].shape.get(self.dim).copied().unwrap_or(1);
        let mut lane = lane_through(cell, self.dim, length);
        if let Some(&own) = cell.get(self.dim) {
            lane[..=own].rotate_right(1);
        }
        vec![lane]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let x = &values[0];
        let sum = joined(x.len(), " + ", |i| format!("exp({})", number(x[i])));
        let own = x.first().copied().unwrap_or(f64::NAN);
        if self.logarithm { format!("{} - log({sum})", number(own)) } else { format!("exp({}) / ({sum})", number(own)) }
    }

    /// Per cell: compare, subtract, exponential, add, divide.
    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: 5 * output.numel() as u64, bytes: traffic(inputs, output) }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for logarithm in [false, true] {
        for dtype in super::cases::floats() {
            cases.push(case(Softmax { dim: 1, logarithm }, [dense(dtype, &[3, 17])]));
        }
        for length in [1, 31, 32, 33, 63, 64, 65, 257] {
            cases.push(case(Softmax { dim: 1, logarithm }, [dense(DType::Float32, &[2, length])]));
        }
        for dim in 0..3 {
            cases.push(case(Softmax { dim, logarithm }, [strided(DType::Float32, &[3, 4, 5])]));
        }
        cases.push(case(Softmax { dim: 1, logarithm }, [special(DType::Float32, &[7, 16])]));
        let rows = [0.0, f64::NEG_INFINITY, 88.0, -88.0, f64::NEG_INFINITY, f64::NEG_INFINITY, 1e4, -1e4];
        cases.push(case(Softmax { dim: 1, logarithm }, [exact(DType::Float32, &[4, 2], &rows)]));
        cases.push(case(Softmax { dim: 0, logarithm }, [dense(DType::Float32, &[])]));
        cases.push(case(Softmax { dim: 1, logarithm }, [dense(DType::Float32, &[3, 0])]));
    }
    cases.push(case(Softmax { dim: 1, logarithm: false }, [dense(DType::Float32, &[65_537, 2])]));
    cases
}
