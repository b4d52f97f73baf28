//! Cells put, or added, where index tensors say: `x[i, j] = values`.

use super::cases::{case, dense, exact, indices, strided};
use super::cells::{check_inputs, scalar_type};
use super::index::{check_indices, index_bindings, index_shape, row_parameters};
use super::picked::{ORDERED_COMPARISONS, named};
use super::written::{factor, joined};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, cellwise, traffic};
use crate::cpu::indexing;
use crate::layout::unravel;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "index_put",
    summary: "A copy with cells set, or added to, where index tensors for the leading dimensions say.",
    shader: crate::shaders::INDEX_PUT,
    tolerance: Tolerance { absolute: 1e-6, relative: 1e-5, reason: "cells added to one place are added in another order" },
    cases: super::native_only(cases),
};

/// `out[i₀[p], i₁[p], .., r] = values[p, r]` (or `+=` with `accumulate`); the other cells are x's.
/// Inputs: x, values (I + rest, expanded), then `count` int64 tensors of one shape I.
/// Of several values set in one place the last one stays. Negative indices count from the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexPut {
    pub count: usize,
    pub accumulate: bool,
}

impl Operation for IndexPut {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("index_put", inputs.len(), 2 + self.count, 2 + self.count)?;
        let (x, values) = (&inputs[0], &inputs[1]);
        let place = index_shape(x, &inputs[2..])?;
        let shape = [place, &x.shape[self.count..]].concat();
        if values.dtype != x.dtype {
            return Err(Error::Runtime(format!(
                "Index put requires the source and destination dtypes match, got {} for the destination and {} for the source.",
                scalar_type(x.dtype),
                scalar_type(values.dtype)
            )));
        }
        if values.shape != shape {
            return Err(Error::Runtime(format!(
                "shape mismatch: value tensor of shape {:?} cannot be broadcast to indexing result of shape {shape:?}",
                values.shape
            )));
        }
        Ok(x.clone())
    }

    fn checked_inputs(&self, _: &[Spec]) -> &'static [usize] {
        const NUMBERS: [usize; 8] = [2, 3, 4, 5, 6, 7, 8, 9];
        &NUMBERS[..self.count.min(8)]
    }

    fn check(&self, specs: &[Spec], values: &[Values]) -> Result<()> {
        check_indices(&specs[0], values)
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        indexing::index_put(self.accumulate, &inputs[0], &inputs[1], &inputs[2..], output)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        let constants = vec![("ACCUMULATE", f64::from(u8::from(self.accumulate))), cellwise::dtype_out(output.dtype)];
        let bindings = [vec![0, 1], index_bindings(2, self.count)].concat();
        let places: usize = inputs.get(2).map_or(1, |(index, _)| index.numel());
        let start = |entry, cells, invocations| Dispatch {
            entry,
            constants: constants.clone(),
            inputs: bindings.clone(),
            parameters: row_parameters(cells, &output.shape, self.count, places),
            workgroups: cellwise::workgroups(invocations),
        };
        if output.numel().saturating_mul(places) <= ORDERED_COMPARISONS {
            return vec![start("ordered", output.numel(), cellwise::words(output))];
        }
        let cells = inputs[1].0.numel();
        vec![cellwise::keep(output, bindings.clone(), constants.clone()), start("put", cells, cells)]
    }

    /// Any index may come to name this cell, so all of them are named.
    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let (head, rest) = cell.split_at(self.count);
        let places = inputs.get(2).map_or(vec![], |index| {
            (0..index.shape.iter().product()).map(|n| unravel(n, &index.shape)).collect()
        });
        let mut sources: Vec<Vec<usize>> = places
            .iter()
            .filter(|place| named(&inputs[2..], &inputs[0].shape, place) == head)
            .map(|place| [place, rest].concat())
            .collect();
        let own = if sources.is_empty() || self.accumulate { vec![cell.to_vec()] } else { vec![] };
        if !self.accumulate {
            sources.drain(..sources.len().saturating_sub(1));
        }
        let mut cells = vec![own, sources];
        cells.extend((0..self.count).map(|_| places.clone()));
        cells
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let terms: Vec<f64> = values[0].iter().chain(&values[1]).copied().collect();
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
            // Every place once, so that setting does not depend on the order.
            let each = exact(DType::Int64, &[3], &[4.0, 0.0, -2.0]);
            cases.push(case(IndexPut { count: 1, accumulate }, [dense(dtype, &[6, 2]), dense(dtype, &[3, 2]), each]));
        }
        let rows = exact(DType::Int64, &[2, 2], &[0.0, 1.0, 2.0, -1.0]);
        let columns = exact(DType::Int64, &[2, 2], &[1.0, 1.0, 0.0, 2.0]);
        cases.push(case(IndexPut { count: 2, accumulate }, [strided(DType::Float32, &[5, 3, 2]), strided(DType::Float32, &[2, 2, 2]), rows, columns]));
        let nothing = [dense(DType::Float32, &[5, 2]), dense(DType::Float32, &[0, 2]), indices(&[0], 0, 5)];
        cases.push(case(IndexPut { count: 1, accumulate }, nothing));
    }
    // Several values in one place: added.
    for dtype in [DType::Float32, DType::BFloat16, DType::Int64] {
        cases.push(case(IndexPut { count: 1, accumulate: true }, [dense(dtype, &[4, 3]), dense(dtype, &[17, 3]), indices(&[17], -4, 4)]));
    }
    cases
}
