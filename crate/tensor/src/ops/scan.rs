//! Running sums and products.

use super::cases::{case, dense, special, strided};
use super::cells::{Lanes, check_dim, check_inputs, lane_through};
use super::written::{factor, joined};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, row_shader, traffic};
use crate::cpu::reduction;
use crate::{DType, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "scan",
    summary: "The running sum or product along a dimension.",
    shader: crate::shaders::SCAN,
    tolerance: Tolerance { absolute: 1e-5, relative: 1e-5, reason: "float32 sums in another order" },
    cases: super::native_only(cases),
};

/// What is accumulated, in the order of the shader's `SCANNING` constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scanning {
    Sum,
    Prod,
}

/// `outᵢ = x₀ + .. + xᵢ` (or the product) along `dim`. Shape: x's. Integers and bools give int64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scan {
    pub scan: Scanning,
    pub dim: usize,
}

impl Operation for Scan {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("scan", inputs.len(), 1, 1)?;
        check_dim(self.dim, &inputs[0].shape)?;
        let dtype = if inputs[0].dtype.is_float() { inputs[0].dtype } else { DType::Int64 };
        Ok(Spec { shape: inputs[0].shape.clone(), dtype })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        reduction::scan(self.scan, self.dim, &inputs[0], output)
    }

    fn shader_output(&self, output: &Spec) -> DType {
        row_shader::computed(output.dtype)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], _: &Spec, _: Adapter) -> Vec<Dispatch> {
        let input = &inputs[0].0;
        let entry = if input.dtype.is_float() { "floats" } else { "integers" };
        let constants = vec![("DTYPE", input.dtype.code().into()), ("SCAN", f64::from(self.scan as u32))];
        row_shader::along(entry, constants, Lanes::new(&input.shape, self.dim))
    }

    fn provenance(&self, _: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        vec![lane_through(cell, self.dim, cell.get(self.dim).map_or(1, |&i| i + 1))]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let sign = match self.scan {
            Scanning::Sum => " + ",
            Scanning::Prod => " · ",
        };
        joined(values[0].len(), sign, |i| factor(values[0][i]))
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: output.numel() as u64, bytes: traffic(inputs, output) }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for scan in [Scanning::Sum, Scanning::Prod] {
        for dtype in DType::ALL {
            cases.push(case(Scan { scan, dim: 1 }, [dense(dtype, &[3, 17])]));
        }
        for length in [1, 31, 32, 33, 63, 64, 65, 257] {
            cases.push(case(Scan { scan, dim: 1 }, [dense(DType::Float32, &[2, length])]));
        }
        for dim in 0..3 {
            cases.push(case(Scan { scan, dim }, [strided(DType::Float32, &[3, 4, 5])]));
        }
        cases.push(case(Scan { scan, dim: 1 }, [special(DType::Float32, &[5, 16])]));
        cases.push(case(Scan { scan, dim: 0 }, [dense(DType::Float32, &[])]));
        cases.push(case(Scan { scan, dim: 1 }, [dense(DType::Float32, &[3, 0])]));
    }
    cases.push(case(Scan { scan: Scanning::Sum, dim: 1 }, [dense(DType::Float32, &[65_537, 2])]));
    cases
}
