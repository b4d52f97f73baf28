//! Tensors one after another.

use super::cases::{case, dense, expanded, strided};
use super::cells::check_dim;
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, cellwise, number, traffic};
use crate::cpu::movement;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "cat",
    summary: "Tensors one after another along a dimension.",
    shader: crate::shaders::CAT,
    tolerance: Tolerance { absolute: 0.0, relative: 0.0, reason: "moving is exact on every device" },
    cases: super::native_only(cases),
};

/// Inputs: one or more tensors of one element type, whose shapes agree but in `dim`.
/// As in PyTorch, inputs of shape (0,) are left out whatever the others' shapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cat {
    pub dim: usize,
}

impl Operation for Cat {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        let Some(first) = inputs.iter().find(|s| !skipped(&s.shape)).or(inputs.first()) else {
            return Err(Error::Value("torch.cat(): expected a non-empty list of Tensors".into()));
        };
        for (number, spec) in inputs.iter().enumerate() {
            if spec.shape.is_empty() {
                return Err(Error::Runtime(format!("zero-dimensional tensor (at position {number}) cannot be concatenated")));
            }
        }
        check_dim(self.dim, &first.shape)?;
        let mut shape = first.shape.clone();
        shape[self.dim] = 0;
        for (number, spec) in inputs.iter().enumerate() {
            if skipped(&spec.shape) {
                continue;
            }
            if spec.shape.len() != shape.len() {
                return Err(Error::Runtime(format!(
                    "Tensors must have same number of dimensions: got {} and {}",
                    shape.len(),
                    spec.shape.len()
                )));
            }
            for d in (0..shape.len()).filter(|&d| d != self.dim) {
                if spec.shape[d] != shape[d] {
                    return Err(Error::Runtime(format!(
                        "Sizes of tensors must match except in dimension {}. Expected size {} but got size {} for tensor number {number} in the list.",
                        self.dim, shape[d], spec.shape[d]
                    )));
                }
            }
            shape[self.dim] = shape[self.dim].saturating_add(spec.shape[self.dim]);
        }
        Ok(Spec { shape, dtype: first.dtype })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        movement::cat(inputs, self.dim, output)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        /// The tensors of a dispatch: the shader's `ends`.
        const TOGETHER: usize = 4;
        let run = |shape: &[usize]| shape[self.dim..].iter().product::<usize>();
        let there: Vec<(usize, &Spec)> =
            inputs.iter().map(|&(spec, _)| spec).enumerate().filter(|(_, spec)| !skipped(&spec.shape) && spec.numel() > 0).collect();
        let mut start = 0;
        there
            .chunks(TOGETHER)
            .map(|chunk| {
                // What is not there is the last one again, and ends where it does.
                let input = |at: usize| chunk[at.min(chunk.len() - 1)];
                let ends: Vec<usize> = (1..=TOGETHER).map(|end| chunk.iter().take(end).map(|(_, spec)| run(&spec.shape)).sum()).collect();
                let (whole, count) = (ends[TOGETHER - 1], chunk.iter().map(|(_, spec)| spec.numel()).sum());
                let parameters = [count, whole, run(&output.shape), start].iter().chain(&ends).map(|&n| n as u32).collect();
                start += whole;
                Dispatch {
                    entry: "main",
                    constants: vec![cellwise::dtype_out(output.dtype)],
                    inputs: (0..TOGETHER).map(|at| input(at).0).collect(),
                    parameters,
                    workgroups: cellwise::workgroups(count),
                }
            })
            .collect()
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let mut start = 0;
        inputs
            .iter()
            .map(|input| {
                if skipped(&input.shape) {
                    return vec![];
                }
                let (first, size) = (start, input.shape[self.dim]);
                start += size;
                if !(first..first + size).contains(&cell[self.dim]) {
                    return vec![];
                }
                let mut source = cell.to_vec();
                source[self.dim] -= first;
                vec![source]
            })
            .collect()
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        values.iter().flatten().next().map(|&x| number(x)).unwrap_or_default()
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: 0, bytes: traffic(inputs, output) }
    }
}

/// PyTorch lets an empty vector stand among tensors of any shape.
pub fn skipped(shape: &[usize]) -> bool {
    shape == [0]
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in DType::ALL {
        cases.push(case(Cat { dim: 1 }, [dense(dtype, &[3, 2]), strided(dtype, &[3, 5]), dense(dtype, &[3, 1])]));
    }
    for dim in 0..3 {
        cases.push(case(Cat { dim }, [dense(DType::Float32, &[2, 3, 5]), expanded(DType::Float32, &[2, 3, 5])]));
    }
    let many: Vec<_> = (0..11).map(|i| dense(DType::Float32, &[i % 4, 3])).collect();
    cases.push(case(Cat { dim: 0 }, many));
    cases.push(case(Cat { dim: 1 }, [dense(DType::Float32, &[0]), dense(DType::Float32, &[2, 3])]));
    cases.push(case(Cat { dim: 0 }, [dense(DType::Float32, &[0, 3]), dense(DType::Float32, &[0, 3])]));
    cases.push(case(Cat { dim: 1 }, [dense(DType::Int64, &[65_537, 1]), dense(DType::Int64, &[65_537, 1])]));
    cases
}
