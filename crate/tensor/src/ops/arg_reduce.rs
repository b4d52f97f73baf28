//! Where the largest or smallest cell of a dimension is.

use super::cases::{case, dense, exact, special, strided};
use super::cells::{Lanes, check_dim, check_inputs, lane_through, reduced_shape, reduced_source};
use super::written::call;
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, row_shader, traffic};
use crate::cpu::reduction;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "arg_reduce",
    summary: "The index of the largest or smallest cell along a dimension.",
    shader: crate::shaders::ARG_REDUCE,
    tolerance: Tolerance { absolute: 0.0, relative: 0.0, reason: "comparing is exact on every device" },
    cases: super::native_only(cases),
};

/// Output: int64 indices along `dim`, the first of equal cells. NaN counts as larger, or smaller, than any number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArgReduce {
    pub largest: bool,
    pub dim: usize,
    pub keep: bool,
}

impl Operation for ArgReduce {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("arg_reduce", inputs.len(), 1, 1)?;
        let shape = &inputs[0].shape;
        check_dim(self.dim, shape)?;
        if shape.get(self.dim) == Some(&0) {
            let name = self.name();
            return Err(Error::Index(format!("{name}(): Expected reduction dim {} to have non-zero size.", self.dim)));
        }
        Ok(Spec { shape: reduced_shape(shape, &[self.dim], self.keep), dtype: DType::Int64 })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        reduction::arg_reduce(self.largest, self.dim, &inputs[0], output)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], _: &Spec, _: Adapter) -> Vec<Dispatch> {
        let input = &inputs[0].0;
        let constants = vec![("DTYPE", input.dtype.code().into()), ("LARGEST", self.largest.into())];
        row_shader::along("main", constants, Lanes::new(&input.shape, self.dim))
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let shape = &inputs[0].shape;
        let fixed = reduced_source(cell, &[self.dim], self.keep, shape.len());
        vec![lane_through(&fixed, self.dim, shape.get(self.dim).copied().unwrap_or(1))]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        call(self.name(), &values[0])
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: inputs[0].numel() as u64, bytes: traffic(inputs, output) }
    }
}

impl ArgReduce {
    fn name(&self) -> &'static str {
        if self.largest { "argmax" } else { "argmin" }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for largest in [true, false] {
        for dtype in DType::ALL {
            cases.push(case(ArgReduce { largest, dim: 1, keep: false }, [dense(dtype, &[3, 65])]));
        }
        cases.push(case(ArgReduce { largest, dim: 0, keep: true }, [strided(DType::Float32, &[17, 3])]));
        cases.push(case(ArgReduce { largest, dim: 1, keep: false }, [special(DType::Float32, &[7, 16])]));
        cases.push(case(ArgReduce { largest, dim: 1, keep: false }, [special(DType::Float32, &[5, 100])]));
        cases.push(case(ArgReduce { largest, dim: 0, keep: false }, [exact(DType::Float32, &[70], &[[0.5; 40].as_slice(), &[2.0, -2.0, 2.0, -2.0, f64::NAN], &[3.0; 25]].concat())]));
        cases.push(case(ArgReduce { largest, dim: 0, keep: false }, [dense(DType::Float32, &[])]));
        cases.push(case(ArgReduce { largest, dim: 1, keep: false }, [dense(DType::Float32, &[0, 3])]));
    }
    cases.push(case(ArgReduce { largest: true, dim: 1, keep: false }, [dense(DType::Float32, &[65_537, 2])]));
    cases
}
