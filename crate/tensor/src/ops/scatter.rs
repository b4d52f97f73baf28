//! Cells put, or added, along a dimension where an index tensor says.

use super::cases::{case, dense, exact, indices, strided};
use super::cells::{check_dim, check_inputs};
use super::picked::{ORDERED_COMPARISONS, check_range, check_within, normal};
use super::written::{factor, joined};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, cellwise, traffic};
use crate::cpu::indexing;
use crate::layout::{contiguous_strides, ravel, unravel};
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "scatter",
    summary: "A copy with cells set, or added to, along a dimension where an index tensor says.",
    shader: crate::shaders::SCATTER,
    tolerance: Tolerance { absolute: 1e-6, relative: 1e-5, reason: "cells added to one place are added in another order" },
    cases: super::native_only(cases),
};

/// `out[index[i, j], j] = source[i, j]` (or `+=` with `accumulate`) for `dim` 0, and so on; the other cells are x's.
/// Inputs: x, index (int64), source (x's element type). Of several cells set in one place the last one stays.
///
/// # Errors
/// `Runtime` for shapes or types that do not fit and for an index out of range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scatter {
    pub dim: usize,
    pub accumulate: bool,
}

impl Operation for Scatter {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("scatter", inputs.len(), 3, 3)?;
        let (x, index, source) = (&inputs[0], &inputs[1], &inputs[2]);
        check_dim(self.dim, &x.shape)?;
        if index.dtype != DType::Int64 {
            return Err(Error::Runtime("scatter(): Expected dtype int32/int64 for index".into()));
        }
        if x.dtype != source.dtype {
            return Err(Error::Runtime("scatter(): Expected self.dtype to be equal to src.dtype".into()));
        }
        if index.shape.contains(&0) {
            return Ok(x.clone());
        }
        if index.shape.len().max(1) != x.shape.len().max(1) || index.shape.len().max(1) != source.shape.len().max(1) {
            return Err(Error::Runtime("Index tensor must have the same number of dimensions as self tensor".into()));
        }
        if check_within(&index.shape, &x.shape, Some(self.dim)).or(check_within(&index.shape, &source.shape, None)).is_some() {
            return Err(Error::Runtime(format!(
                "Expected index {:?} to be no larger than self {:?} apart from dimension {} and to be no larger size than src {:?}",
                index.shape, x.shape, self.dim, source.shape
            )));
        }
        Ok(x.clone())
    }

    fn checked_inputs(&self, _: &[Spec]) -> &'static [usize] {
        &[1]
    }

    fn check(&self, specs: &[Spec], values: &[Values]) -> Result<()> {
        let size = specs[0].shape.get(self.dim).copied().unwrap_or(1);
        check_range(&values[0], size, self.dim, false).map_err(Error::Runtime)
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        indexing::scatter(self.dim, self.accumulate, inputs, output)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        let constants = vec![("ACCUMULATE", f64::from(u8::from(self.accumulate))), cellwise::dtype_out(output.dtype)];
        // A tensor without dimensions is scattered as a row of one cell.
        let row = |shape: &[usize]| if shape.is_empty() { vec![1] } else { shape.to_vec() };
        let [x, index, source] = [0, 1, 2].map(|i| row(&inputs[i].0.shape));
        let start = |entry, parameters, invocations| Dispatch {
            entry,
            constants: constants.clone(),
            inputs: vec![0, 1, 2],
            parameters,
            workgroups: cellwise::workgroups(invocations),
        };
        if index.contains(&0) {
            return vec![cellwise::keep(output, vec![0, 1, 2], constants)];
        }
        if output.numel().saturating_mul(index[self.dim]) <= ORDERED_COMPARISONS {
            let limits = index.iter().map(|&size| size as isize).collect();
            let strides = [contiguous_strides(&index), contiguous_strides(&source), limits];
            let parameters = cellwise::parameters_by_dimension(output.numel(), &x, &strides, [self.dim as u32, 0]);
            return vec![start("ordered", parameters, cellwise::words(output))];
        }
        let mut target = Layout { shape: index.clone(), strides: contiguous_strides(&x), offset: 0 };
        let along = std::mem::take(&mut target.strides[self.dim]);
        let source = Layout { shape: index.clone(), strides: contiguous_strides(&source), offset: 0 };
        let parameters = cellwise::parameters(&index, &[target, source], [along as u32, 0]);
        let cells = index.iter().product();
        vec![cellwise::keep(output, vec![0, 1, 2], constants.clone()), start("put", parameters, cells)]
    }

    /// The cells of index along `dim` decide who writes here, so the whole lane is named.
    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let (x, index) = (&inputs[0], &inputs[1]);
        let mut lane = Vec::new();
        let mut sources = Vec::new();
        for n in 0..index.shape.iter().product() {
            let place = unravel(n, &index.shape);
            if (0..place.len()).any(|d| d != self.dim && place[d] != cell[d]) {
                continue;
            }
            let size = x.shape.get(self.dim).copied().unwrap_or(1);
            let target = normal(index.values.get_f64(ravel(&place, &index.shape)).unwrap_or(0.0) as i64, size);
            if cell.get(self.dim).is_none_or(|&i| i == target) {
                sources.push(place.clone());
            }
            lane.push(place);
        }
        let own = if sources.is_empty() || self.accumulate { vec![cell.to_vec()] } else { vec![] };
        if !self.accumulate {
            sources.drain(..sources.len().saturating_sub(1));
        }
        vec![own, lane, sources]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let terms: Vec<f64> = values[0].iter().chain(&values[2]).copied().collect();
        joined(terms.len(), " + ", |i| factor(terms[i]))
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        let added = if self.accumulate { inputs[1].numel() as u64 } else { 0 };
        Cost { flops: added, bytes: traffic(inputs, output) }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for accumulate in [false, true] {
        for dtype in DType::ALL {
            // Every index of a row once, so that setting does not depend on the order.
            let each = exact(DType::Int64, &[2, 3], &[4.0, 0.0, 2.0, 1.0, 3.0, 0.0]);
            cases.push(case(Scatter { dim: 1, accumulate }, [dense(dtype, &[2, 5]), each, dense(dtype, &[2, 3])]));
        }
        let each = exact(DType::Int64, &[3, 1], &[4.0, 0.0, 2.0]);
        cases.push(case(Scatter { dim: 0, accumulate }, [strided(DType::Float32, &[5, 2]), each, strided(DType::Float32, &[4, 3])]));
        cases.push(case(Scatter { dim: 0, accumulate }, [dense(DType::Float32, &[5]), indices(&[0], 0, 1), dense(DType::Float32, &[3])]));
    }
    // Several cells in one place: added.
    for dtype in [DType::Float32, DType::BFloat16, DType::Int64] {
        cases.push(case(Scatter { dim: 1, accumulate: true }, [dense(dtype, &[3, 4]), indices(&[3, 17], 0, 4), dense(dtype, &[3, 17])]));
    }
    cases
}
