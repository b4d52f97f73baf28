//! Cells picked by one index tensor per leading dimension: `x[i, j]`, an embedding's rows.

use super::cases::{case, dense, expanded, indices, strided};
use super::cells::check_inputs;
use super::picked::{check_range, named};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, cellwise, number, traffic};
use crate::cpu::indexing;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "index",
    summary: "Cells picked by one index tensor for each of the leading dimensions.",
    shader: crate::shaders::INDEX,
    tolerance: Tolerance { absolute: 0.0, relative: 0.0, reason: "moving is exact on every device" },
    cases: super::native_only(cases),
};

/// `out[p, r] = x[i₀[p], i₁[p], .., r]`.
/// Inputs: x, then `count` int64 tensors of one shape I for x's first `count` dimensions.
/// Output: I + the rest of x's shape. Negative indices count from the end.
///
/// # Errors
/// `Index` for more index tensors than dimensions and for an index out of range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Index {
    pub count: usize,
}

impl Operation for Index {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("index", inputs.len(), 1 + self.count, 1 + self.count)?;
        let shape = index_shape(&inputs[0], &inputs[1..])?;
        let rest = &inputs[0].shape[self.count..];
        Ok(Spec { shape: [shape, rest].concat(), dtype: inputs[0].dtype })
    }

    fn checked_inputs(&self, _: &[Spec]) -> &'static [usize] {
        const NUMBERS: [usize; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
        &NUMBERS[..self.count.min(8)]
    }

    fn check(&self, specs: &[Spec], values: &[Values]) -> Result<()> {
        check_indices(&specs[0], values)
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        indexing::index(&inputs[0], &inputs[1..], output)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        vec![Dispatch {
            entry: "main",
            constants: vec![cellwise::dtype_out(output.dtype)],
            inputs: [vec![0], index_bindings(1, self.count)].concat(),
            parameters: row_parameters(output.numel(), &inputs[0].0.shape, self.count, 0),
            workgroups: cellwise::workgroups(cellwise::words(output)),
        }]
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let (place, rest) = cell.split_at(inputs.get(1).map_or(0, |index| index.shape.len()));
        let source = [&named(&inputs[1..], &inputs[0].shape, place), rest].concat();
        let mut cells = vec![vec![source]];
        cells.extend((0..self.count).map(|_| vec![place.to_vec()]));
        cells
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let indices: Vec<String> = values[1..].iter().flatten().map(|&i| number(i)).collect();
        format!("{} (at [{}])", values[0].first().map(|&x| number(x)).unwrap_or_default(), indices.join(", "))
    }

    /// Of x only the picked cells are read.
    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: 0, bytes: traffic(&inputs[1..], output) + output.bytes() }
    }
}

/// The one shape of the index tensors, or PyTorch's error.
pub fn index_shape<'a>(x: &Spec, indices: &'a [Spec]) -> Result<&'a [usize]> {
    if indices.len() > MAX_INDICES {
        let count = indices.len();
        return Err(Error::NotImplemented(format!("indexing with {count} tensors at once; here at most {MAX_INDICES} are supported")));
    }
    if indices.len() > x.shape.len() {
        return Err(Error::Index(format!("too many indices for tensor of dimension {}", x.shape.len())));
    }
    for index in indices {
        if index.dtype != DType::Int64 {
            return Err(Error::Index("tensors used as indices must be long, int, byte or bool tensors".into()));
        }
        if index.shape != indices[0].shape {
            let shapes: Vec<String> = indices.iter().map(|i| format!("{:?}", i.shape)).collect();
            return Err(Error::Index(format!(
                "shape mismatch: indexing tensors could not be broadcast together with shapes {}",
                shapes.join(", ")
            )));
        }
    }
    Ok(indices.first().map_or(&[], |index| &index.shape))
}

/// The most index tensors: what shaders have bindings for beside x, the values and the output.
const MAX_INDICES: usize = 5;

/// The numbers of the inputs for a shader's index bindings: those there are, then the first again (x if there are none).
pub fn index_bindings(first: usize, count: usize) -> Vec<usize> {
    (0..MAX_INDICES).map(|i| if i < count { first + i } else { first * count.min(1) }).collect()
}

/// The parameter block of shaders that find rows by index tensors: `shaders/shared/indices.wgsl`.
pub fn row_parameters(cells: usize, x: &[usize], count: usize, places: usize) -> Vec<u32> {
    let (indexed, row) = x.split_at(count);
    cellwise::parameters_by_dimension(cells, indexed, &[], [row.iter().product::<usize>() as u32, places as u32])
}

/// All indices within the dimensions that they index, or PyTorch's `IndexError`.
pub fn check_indices(x: &Spec, values: &[Values]) -> Result<()> {
    for (dim, (indices, &size)) in values.iter().zip(&x.shape).enumerate() {
        check_range(indices, size, dim, true).map_err(Error::Index)?;
    }
    Ok(())
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for dtype in DType::ALL {
        cases.push(case(Index { count: 1 }, [dense(dtype, &[7, 3]), indices(&[5], -7, 7)]));
    }
    cases.push(case(Index { count: 1 }, [strided(DType::Float32, &[7, 17]), indices(&[2, 3], -7, 7)]));
    cases.push(case(Index { count: 2 }, [dense(DType::Float32, &[7, 3, 2]), indices(&[5], -7, 7), indices(&[5], -3, 3)]));
    cases.push(case(Index { count: 2 }, [expanded(DType::Float32, &[7, 3]), indices(&[2, 2], 0, 7), indices(&[2, 2], 0, 3)]));
    cases.push(case(Index { count: 1 }, [dense(DType::Float32, &[7, 3]), indices(&[], 0, 7)]));
    cases.push(case(Index { count: 1 }, [dense(DType::Float32, &[7, 3]), indices(&[0], 0, 7)]));
    cases.push(case(Index { count: 1 }, [dense(DType::Float32, &[7, 0]), indices(&[4], 0, 7)]));
    cases.push(case(Index { count: 1 }, [dense(DType::Float32, &[7, 1]), indices(&[65_537], 0, 7)]));
    cases
}
