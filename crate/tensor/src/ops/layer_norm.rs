//! Layer normalisation (Ba, Kiros and Hinton, arXiv:1607.06450, equation 4).

use super::cases::{Input, case, dense, exact, special, strided};
use super::cells::{block_through, check_inputs};
use super::norm::{last_dims, normalised, parameter_cell, rule};
use super::row_shader::{self, Rows};
use super::written::factor;
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, number, traffic};
use crate::cpu::rows;
use crate::{DType, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "layer_norm",
    summary: "Cells less their mean, over their standard deviation, scaled and shifted.",
    shader: crate::shaders::LAYER_NORM,
    tolerance: Tolerance {
        absolute: 1e-5,
        relative: 1e-5,
        reason: "float32 sums in another order, and WGSL allows inverseSqrt 2 units in the last place",
    },
    cases: super::native_only(cases),
};

/// `y = (x - mean) / √(var + ε) · weight + bias`, with mean and (biased) variance over the last `dims` dimensions.
///
/// Inputs: x (.., normalised shape), then optionally weight and bias, both of the normalised shape.
/// Output: x's shape and element type. Floats only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerNorm {
    pub dims: usize,
    pub epsilon: f64,
}

impl Operation for LayerNorm {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("layer_norm", inputs.len(), 1, 3)?;
        rule(inputs, self.dims, "LayerNormKernelImpl")
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        rows::layer_norm(self.dims, self.epsilon, inputs, output)
    }

    fn shader_output(&self, output: &Spec) -> DType {
        row_shader::computed(output.dtype)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], _: &Spec, _: Adapter) -> Vec<Dispatch> {
        let x = &inputs[0].0;
        let n: usize = x.shape[x.shape.len() - self.dims..].iter().product();
        let rows = Rows::new(x.numel() / n.max(1), n, true);
        let parameters = vec![
            rows.rows as u32,
            rows.n as u32,
            rows.lanes as u32,
            rows.step as u32,
            (self.epsilon as f32).to_bits(),
        ];
        let constants = vec![
            ("DTYPE", x.dtype.code().into()),
            ("HAS_WEIGHT", (inputs.len() > 1).into()),
            ("HAS_BIAS", (inputs.len() > 2).into()),
        ];
        // The shader has a binding for each input it may have; x stands in for those that it does not.
        let bound = (0..3).map(|i| if i < inputs.len() { i } else { 0 }).collect();
        vec![Dispatch { entry: "main", constants, inputs: bound, parameters, workgroups: rows.workgroups() }]
    }

    /// The cell's own input first, then the rest of what it is normalised by.
    fn provenance(&self, inputs: &[Witness], output: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let dims = last_dims(output, self.dims);
        let mut block = block_through(cell, &dims, &output.shape);
        if let Some(own) = block.iter().position(|other| other == cell) {
            block[..=own].rotate_right(1);
        }
        let parameter = parameter_cell(cell, self.dims);
        let mut cells = vec![block];
        cells.extend(inputs.iter().skip(1).map(|_| vec![parameter.clone()]));
        cells
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let x = &values[0];
        let count = x.len().max(1) as f64;
        let mean = x.iter().sum::<f64>() / count;
        let variance = x.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / count;
        let own = x.first().copied().unwrap_or(f64::NAN);
        normalised(&format!("({} - {})", number(own), factor(mean)), variance + self.epsilon, &values[1..])
    }

    /// Per cell: two for the mean and the difference, two for the variance, one to scale, two for weight and bias.
    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: (4 + inputs.len() as u64) * output.numel() as u64, bytes: traffic(inputs, output) }
    }
}

fn cases() -> Vec<Case> {
    let operation = |dims: usize| LayerNorm { dims, epsilon: 1e-5 };
    let mut cases = Vec::new();
    for dtype in super::cases::floats() {
        for count in 1..=3 {
            let all = [dense(dtype, &[3, 17]), strided(dtype, &[17]), exact(dtype, &[17], &[0.5; 17])];
            cases.push(case(operation(1), &all[..count]));
        }
    }
    for length in [1, 31, 32, 33, 63, 64, 65, 257] {
        cases.push(case(operation(1), [dense(DType::Float32, &[2, length]), dense(DType::Float32, &[length])]));
    }
    cases.push(case(operation(2), [strided(DType::Float32, &[3, 4, 5]), dense(DType::Float32, &[4, 5])]));
    cases.push(case(operation(1), [special(DType::Float32, &[7, 16])]));
    let equal: Input = exact(DType::Float32, &[2, 4], &[3.0; 8]);
    cases.push(case(operation(1), [equal]));
    cases.push(case(operation(1), [dense(DType::Float32, &[0, 3])]));
    cases.push(case(operation(1), [dense(DType::Float32, &[65_537, 2])]));
    cases
}
