//! Cells picked along a dimension by an index tensor.

use super::cases::{case, dense, expanded, indices, strided};
use super::cells::{check_dim, check_inputs};
use super::picked::{check_range, check_within, normal};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, cellwise, number, traffic};
use crate::cpu::indexing;
use crate::layout::ravel;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "gather",
    summary: "Cells picked along a dimension by an index tensor.",
    shader: crate::shaders::GATHER,
    tolerance: Tolerance { absolute: 0.0, relative: 0.0, reason: "moving is exact on every device" },
    cases: super::native_only(cases),
};

/// `outᵢⱼ = x[index[i, j], j]` for `dim` 0, and so on.
/// Inputs: x, index (int64, as many dimensions as x, no larger than x but in `dim`). Output: the index's shape.
///
/// # Errors
/// `Runtime` for shapes that do not fit and for an index out of range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gather {
    pub dim: usize,
}

impl Operation for Gather {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("gather", inputs.len(), 2, 2)?;
        let (x, index) = (&inputs[0], &inputs[1]);
        check_dim(self.dim, &x.shape)?;
        if index.dtype != DType::Int64 {
            return Err(Error::Runtime("gather(): Expected dtype int32/int64 for index".into()));
        }
        if index.shape.contains(&0) {
            return Ok(Spec { shape: index.shape.clone(), dtype: x.dtype });
        }
        if x.shape.len().max(1) != index.shape.len().max(1) {
            return Err(Error::Runtime("Index tensor must have the same number of dimensions as input tensor".into()));
        }
        if let Some(d) = check_within(&index.shape, &x.shape, Some(self.dim)) {
            return Err(Error::Runtime(format!(
                "Size does not match at dimension {d} expected index {:?} to be no larger than self {:?} apart from dimension {}",
                index.shape, x.shape, self.dim
            )));
        }
        Ok(Spec { shape: index.shape.clone(), dtype: x.dtype })
    }

    fn checked_inputs(&self, _: &[Spec]) -> &'static [usize] {
        &[1]
    }

    fn check(&self, specs: &[Spec], values: &[Values]) -> Result<()> {
        let size = specs[0].shape.get(self.dim).copied().unwrap_or(1);
        check_range(&values[0], size, self.dim, false).map_err(Error::Runtime)
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        indexing::gather(self.dim, &inputs[0], &inputs[1], output)
    }

    fn accepts_strides(&self) -> bool {
        true
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        let (x, index) = (inputs[0].1, inputs[1].1);
        // Along `dim` the index says where x is read; elsewhere both are read at the same cell.
        let along = x.strides.get(self.dim).copied().unwrap_or(0);
        let size = x.shape.get(self.dim).copied().unwrap_or(1);
        let mut start = Layout { shape: output.shape.clone(), strides: x.strides.clone(), offset: x.offset };
        start.strides.resize(output.shape.len(), 0);
        if let Some(stride) = start.strides.get_mut(self.dim) {
            *stride = 0;
        }
        vec![Dispatch {
            entry: "main",
            constants: vec![cellwise::dtype_out(output.dtype)],
            inputs: vec![0, 1],
            parameters: cellwise::parameters(&output.shape, &[start, index.clone()], [along as i32 as u32, size as u32]),
            workgroups: cellwise::workgroups(cellwise::words(output)),
        }]
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let index = &inputs[1];
        let mut source = cell.to_vec();
        let picked = index.values.get_f64(ravel(cell, &index.shape)).unwrap_or(0.0) as i64;
        if let Some(i) = source.get_mut(self.dim) {
            *i = normal(picked, inputs[0].shape[self.dim]);
        }
        vec![vec![source], vec![cell.to_vec()]]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        match (values[0].first(), values[1].first()) {
            (Some(&x), Some(&i)) => format!("{} (at index {})", number(x), number(i)),
            _ => String::new(),
        }
    }

    /// Of x only the picked cells are read.
    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: 0, bytes: traffic(&inputs[1..], output) + output.bytes() }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in DType::ALL {
        cases.push(case(Gather { dim: 1 }, [dense(dtype, &[3, 7]), indices(&[3, 5], 0, 7)]));
    }
    cases.push(case(Gather { dim: 0 }, [strided(DType::Float32, &[7, 3]), indices(&[2, 3], 0, 7)]));
    cases.push(case(Gather { dim: 1 }, [expanded(DType::Float32, &[3, 7, 2]), indices(&[2, 9, 1], 0, 7)]));
    let mut across = indices(&[4, 3], 0, 7);
    across.1 = across.1.transpose(0, 1);
    cases.push(case(Gather { dim: 1 }, [dense(DType::Float32, &[3, 7]), across]));
    cases.push(case(Gather { dim: 0 }, [dense(DType::Float32, &[]), indices(&[], 0, 1)]));
    cases.push(case(Gather { dim: 1 }, [dense(DType::Float32, &[3, 7]), indices(&[3, 0], 0, 7)]));
    cases.push(case(Gather { dim: 1 }, [dense(DType::Float32, &[65_537, 2]), indices(&[65_537, 1], 0, 2)]));
    cases
}
