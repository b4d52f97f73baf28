//! The order of the cells of a dimension.

use super::cases::{case, dense, special, strided};
use super::cells::{Lanes, check_dim, check_inputs, lane_through};
use super::written::call;
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, traffic};
use crate::cpu::sort;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "sort",
    summary: "The indices that put the cells of a dimension in order, or the first of them.",
    shader: crate::shaders::SORT,
    tolerance: Tolerance { absolute: 0.0, relative: 0.0, reason: "comparing is exact on every device" },
    cases: super::native_only(cases),
};

/// Output: int64 indices along `dim` in ascending (or descending) order; x's shape.
/// NaN counts as larger than any number, so that it comes last ascending and first descending.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sort {
    pub dim: usize,
    pub descending: bool,
    pub equal: Equal,
}

/// What becomes of equal cells.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Equal {
    /// They keep their order, as in `torch.sort`.
    Stable,
    /// Only the first `k` are wanted, and in order only if `sorted`; which of equal ones, and what comes after, is
    /// what `torch.topk` leaves on a CPU. For dimensions of at most [`LONGEST_TOP`], since a GPU does each in one go.
    Top { k: usize, sorted: bool },
}

/// The longest dimension for [`Equal::Top`].
pub const LONGEST_TOP: usize = 1024;

impl Operation for Sort {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("sort", inputs.len(), 1, 1)?;
        check_dim(self.dim, &inputs[0].shape)?;
        let length = inputs[0].shape.get(self.dim).copied().unwrap_or(1);
        if let Equal::Top { k, .. } = self.equal
            && (k > length || length > LONGEST_TOP)
        {
            return Err(Error::Runtime("selected index k out of range".into()));
        }
        Ok(Spec { shape: inputs[0].shape.clone(), dtype: DType::Int64 })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        sort::order(self.dim, self.descending, self.equal, &inputs[0], output)
    }

    /// Blocks are sorted in workgroup memory; then runs of twice the length are merged until one is left.
    /// The first k are found by one invocation for each row.
    fn dispatches(&self, inputs: &[(&Spec, &Layout)], _: &Spec, _: Adapter) -> Vec<Dispatch> {
        /// Cells that the shader sorts in workgroup memory: its constant of that name.
        const BLOCK: usize = 1024;
        let input = &inputs[0].0;
        let Lanes { outer, length, inner } = Lanes::new(&input.shape, self.dim);
        let rows = outer * inner;
        let padded = length.next_power_of_two();
        let (k, sorted) = if let Equal::Top { k, sorted } = self.equal { (k, sorted) } else { (0, false) };
        let start = |entry: &'static str, merged: usize, distance: usize, workgroups: usize| Dispatch {
            entry,
            constants: vec![("DTYPE", input.dtype.code().into()), ("DESCENDING", self.descending.into())],
            inputs: vec![0],
            parameters: [rows, length, inner, padded, merged, distance, k, sorted.into()].map(|x| x as u32).to_vec(),
            workgroups,
        };
        if self.equal != Equal::Stable {
            return vec![start("top", 0, 0, rows.div_ceil(64))];
        }
        let blocks = (rows * padded).div_ceil(BLOCK);
        let mut dispatches = vec![start("blocks", 0, 0, blocks)];
        let mut merged = 2 * BLOCK;
        while merged <= padded {
            let pairs = (rows * padded / 2).div_ceil(256);
            dispatches.push(start("exchange", merged, 0, pairs));
            let mut distance = merged / 4;
            while distance >= BLOCK {
                dispatches.push(start("exchange", merged, distance, pairs));
                distance /= 2;
            }
            dispatches.push(start("merge", merged, 0, blocks));
            merged *= 2;
        }
        dispatches
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        vec![lane_through(cell, self.dim, inputs[0].shape.get(self.dim).copied().unwrap_or(1))]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        call("argsort", &values[0])
    }

    /// n log₂ n comparisons per lane.
    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        let length = inputs[0].shape.get(self.dim).copied().unwrap_or(1).max(2) as u64;
        Cost { flops: output.numel() as u64 * u64::from(length.ilog2()), bytes: traffic(inputs, output) }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let equal = Equal::Stable;
    for descending in [false, true] {
        for dtype in DType::ALL {
            cases.push(case(Sort { dim: 1, descending, equal }, [dense(dtype, &[3, 17])]));
        }
        for length in [1, 2, 63, 64, 65, 130, 300] {
            cases.push(case(Sort { dim: 1, descending, equal }, [dense(DType::Float32, &[2, length])]));
        }
        cases.push(case(Sort { dim: 0, descending, equal }, [strided(DType::Float32, &[9, 3])]));
        cases.push(case(Sort { dim: 1, descending, equal }, [special(DType::Float32, &[3, 40])]));
        cases.push(case(Sort { dim: 0, descending, equal }, [dense(DType::Float32, &[])]));
        cases.push(case(Sort { dim: 1, descending, equal }, [dense(DType::Float32, &[3, 0])]));
    }
    cases.push(case(Sort { dim: 1, descending: true, equal }, [dense(DType::Float32, &[65_537, 2])]));
    cases
}
