//! A choice between two tensors, cell by cell.

use super::cases::{case, dense, expanded, special, strided};
use super::cells::{broadcast_source, check_inputs, expected_found, scalar_type};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, number, traffic};
use crate::cpu::movement;
use crate::layout::{broadcast, ravel};
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "where",
    summary: "The cells of one tensor where a condition holds, of another where it does not; shapes broadcast.",
    shader: crate::shaders::WHERE,
    tolerance: Tolerance { absolute: 0.0, relative: 0.0, reason: "choosing is exact on every device" },
    cases: super::native_only(cases),
};

/// Inputs: condition (bool), a, b (one element type); shapes broadcast. Output: a where the condition is true, else b.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Where;

impl Operation for Where {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("where", inputs.len(), 3, 3)?;
        let (condition, a, b) = (&inputs[0], &inputs[1], &inputs[2]);
        if condition.dtype != DType::Bool {
            return Err(Error::Runtime(format!(
                "where expected condition to be a boolean tensor, but got a tensor with dtype {}",
                scalar_type(condition.dtype)
            )));
        }
        if a.dtype != b.dtype {
            return Err(Error::Runtime(expected_found(a.dtype, b.dtype)));
        }
        let shape = broadcast(&broadcast(&condition.shape, &a.shape)?, &b.shape)?;
        Ok(Spec { shape, dtype: a.dtype })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        movement::choose(&inputs[0], &inputs[1], &inputs[2], output)
    }

    fn accepts_strides(&self) -> bool {
        true
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        super::cellwise::elementwise_dispatch(inputs, output, Vec::new())
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let source = |i: usize| broadcast_source(cell, &inputs[i].shape);
        let condition = source(0);
        let holds = inputs[0].values.get_f64(ravel(&condition, &inputs[0].shape)) == Some(1.0);
        let (a, b) = if holds { (vec![source(1)], vec![]) } else { (vec![], vec![source(2)]) };
        vec![vec![condition], a, b]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let chosen = values[1..].iter().flatten().next().copied().unwrap_or(f64::NAN);
        format!("{} ({})", number(chosen), if values[0] == [1.0] { "condition true" } else { "condition false" })
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: 0, bytes: traffic(inputs, output) }
    }
}

fn cases() -> Vec<Case> {
    let condition = |shape: &[usize]| dense(DType::Bool, shape);
    let mut cases: Vec<Case> = DType::ALL
        .into_iter()
        .map(|dtype| case(Where, [condition(&[17, 1]), dense(dtype, &[16]), dense(dtype, &[17, 16])]))
        .collect();
    cases.push(case(Where, [strided(DType::Bool, &[3, 5]), strided(DType::Float32, &[3, 5]), expanded(DType::Float32, &[3, 5])]));
    cases.push(case(Where, [condition(&[31]), special(DType::Float32, &[31]), dense(DType::Float32, &[])]));
    cases.push(case(Where, [condition(&[0]), dense(DType::Float32, &[1]), dense(DType::Float32, &[])]));
    cases
}
