//! A storage after a region of it was overwritten: assignment to slices, and every in-place method.

use super::cases::{case, dense, expanded, strided};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, cellwise, number, traffic};
use crate::cpu::movement;
use crate::{DType, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "write",
    summary: "A whole storage with the cells of one region replaced.",
    shader: crate::shaders::WRITE,
    tolerance: Tolerance { absolute: 0.0, relative: 0.0, reason: "moving and rounding to nearest even are exact on every device" },
    cases: super::native_only(cases),
};

/// Inputs: the storage as one row of cells, and the new cells, of `region`'s shape (expanded where broadcast).
/// Output: the storage with the cells under `region` replaced, in the storage's element type.
/// On a GPU the new cells may be the only input: the output then is the storage already.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    pub region: Layout,
}

impl Operation for Write {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        Ok(inputs[0].clone())
    }

    fn cpu(&self, inputs: &[View<'_>], _: &Spec) -> Result<Values> {
        let mut cells = inputs[0].contiguous();
        movement::write(&mut cells, &self.region, &inputs[1])?;
        Ok(cells)
    }

    fn accepts_strides(&self) -> bool {
        true
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        let Some((source, layout)) = inputs.last() else { return Vec::new() };
        let constants = vec![("DTYPE_B", f64::from(source.dtype.code())), cellwise::dtype_out(output.dtype)];
        // Each start binds two inputs; one that only writes the new cells does not read the first.
        let bound = vec![0, inputs.len() - 1];
        let put = Dispatch {
            entry: "put",
            constants: constants.clone(),
            inputs: bound.clone(),
            parameters: cellwise::parameters(&self.region.shape, &[(*layout).clone(), self.region.clone()], [0, 0]),
            workgroups: cellwise::workgroups(self.region.numel()),
        };
        if inputs.len() == 1 { vec![put] } else { vec![cellwise::keep(output, bound, constants), put] }
    }

    fn provenance(&self, _: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        match cell.first().and_then(|&position| self.region.cell_at(position)) {
            Some(source) => vec![vec![], vec![source]],
            None => vec![vec![cell.to_vec()], vec![]],
        }
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        values.iter().flatten().next().map(|&x| number(x)).unwrap_or_default()
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: 0, bytes: traffic(inputs, output) }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in DType::ALL {
        let (storage, layout) = strided(dtype, &[3, 5]);
        let length = storage.len();
        let write = Write { region: layout };
        cases.push(case(write.clone(), [(storage.clone(), Layout::contiguous(&[length])), dense(dtype, &[3, 5])]));
        cases.push(case(write, [(storage, Layout::contiguous(&[length])), expanded(dtype, &[3, 5])]));
    }
    let whole = Write { region: Layout::contiguous(&[67]) };
    cases.push(case(whole.clone(), [dense(DType::BFloat16, &[67]), dense(DType::Float32, &[67])]));
    cases.push(case(whole, [dense(DType::Int64, &[67]), dense(DType::Float32, &[67])]));
    let nothing = Write { region: Layout::contiguous(&[0, 3]) };
    cases.push(case(nothing, [dense(DType::Float32, &[5]), dense(DType::Float32, &[0, 3])]));
    cases
}
