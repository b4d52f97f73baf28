//! The cells of a view in row-major order, in any element type: `contiguous`, `clone`, `to(dtype)`.

use super::{Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, number, traffic};
use crate::{DType, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "copy",
    summary: "The cells of a view in row-major order, converted to an element type.",
    shader: include_str!("../../../../shaders/copy.wgsl"),
    tolerance: Tolerance { absolute: 0.0, relative: 0.0, reason: "moving and rounding to nearest even are exact on every device" },
    cases: || Vec::new(),
};

/// Copies the input to a fresh contiguous tensor of element type `dtype`.
#[derive(Clone, Copy, Debug)]
pub struct Copy {
    pub dtype: DType,
}

impl Operation for Copy {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        Ok(Spec { shape: inputs[0].shape.clone(), dtype: self.dtype })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        Ok(inputs[0].contiguous().cast(output.dtype))
    }

    fn accepts_strides(&self) -> bool {
        true
    }

    fn dispatches(&self, inputs: &[(Spec, Layout)], output: &Spec) -> Vec<Dispatch> {
        super::elementwise_dispatch(inputs, output, Vec::new())
    }

    fn provenance(&self, _: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        vec![vec![cell.to_vec()]]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        number(values[0][0])
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: 0, bytes: traffic(inputs, output) }
    }
}
