//! The cells of a view in row-major order, in any element type: `contiguous`, `clone`, `to(dtype)`.

use super::cases::{case, dense, exact, expanded, special, strided};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, number, traffic};
use crate::{DType, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "copy",
    summary: "The cells of a view in row-major order, converted to an element type.",
    shader: crate::shaders::COPY,
    tolerance: Tolerance { absolute: 0.0, relative: 0.0, reason: "moving and rounding to nearest even are exact on every device" },
    cases: super::native_only(cases),
};

/// Copies the input to a fresh contiguous tensor of element type `dtype`.
#[derive(Clone, Copy, Debug, PartialEq)]
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

    fn fused(&self) -> Option<&'static str> {
        Some("x")
    }

    fn converts(&self) -> bool {
        true
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        super::cellwise::elementwise_dispatch(inputs, output, Vec::new())
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

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for from in DType::ALL {
        for to in DType::ALL {
            cases.push(case(Copy { dtype: to }, [dense(from, &[5, 7])]));
        }
        cases.push(case(Copy { dtype: from }, [strided(from, &[3, 2, 5])]));
        cases.push(case(Copy { dtype: from }, [expanded(from, &[3, 17])]));
    }
    // Halfway between two values of float16 and bfloat16, past the largest, below the smallest.
    let edges = exact(DType::Float32, &[6], &[2049.0, 2051.0, 1.001_953_125 + 1.0 / 512.0, 70000.0, 1e-8, 6e-8]);
    cases.push(case(Copy { dtype: DType::Float16 }, [edges.clone()]));
    cases.push(case(Copy { dtype: DType::BFloat16 }, [edges]));
    cases.push(case(Copy { dtype: DType::BFloat16 }, [special(DType::Float32, &[24])]));
    cases.push(case(Copy { dtype: DType::Float32 }, [dense(DType::Float32, &[2, 0])]));
    let mut flipped = dense(DType::Float32, &[3, 5]);
    flipped.1 = flipped.1.reverse(1);
    cases.push(case(Copy { dtype: DType::Float32 }, [flipped]));
    cases.push(case(Copy { dtype: DType::Int64 }, [dense(DType::Int32, &[65_537, 1])]));
    cases
}
