//! Kernels that read or write where indices say.

use super::element::{Compute, Word, by_compute, by_word, cells, words};
use crate::layout::contiguous_strides;
use crate::ops::picked::normal;
use crate::ops::{Spec, View};
use crate::{Layout, Result, Values};

/// The cells that `index` picks along `dim`.
pub fn gather(dim: usize, x: &View<'_>, index: &View<'_>, output: &Spec) -> Result<Values> {
    let index = cells::<i64>(index)?;
    let places = Places::new(&x.layout.shape, dim);
    let starts = places.of(&output.shape);
    by_word!(output.dtype, T => {
        let x = words::<T>(x)?;
        let mut picked = Vec::with_capacity(index.len());
        for (start, &i) in starts.positions().zip(&*index) {
            picked.push(x[start + places.shift(i)]);
        }
        Ok(T::values(picked, output.dtype))
    })
}

/// A copy of x with cells of the source put, or added, where `index` says along `dim`.
pub fn scatter(dim: usize, accumulate: bool, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
    let index = cells::<i64>(&inputs[1])?;
    let shape = &inputs[1].layout.shape;
    let places = Places::new(&output.shape, dim);
    // The source may be larger than the index: its leading cells are used.
    let source = Layout { shape: shape.clone(), ..inputs[2].layout.clone() };
    let source = View { layout: if shape.contains(&0) { &Layout::contiguous(&[0]) } else { &source }, ..inputs[2] };
    let starts = places.of(shape);
    let targets = starts.positions().zip(&*index).map(|(start, &i)| start + places.shift(i));
    put(accumulate, &inputs[0], &source, targets, 1, output)
}

/// The rows of x that the index tensors name.
pub fn index(x: &View<'_>, indices: &[View<'_>], output: &Spec) -> Result<Values> {
    let run: usize = x.layout.shape[indices.len()..].iter().product();
    let starts = row_starts(&x.layout.shape, indices)?;
    by_word!(output.dtype, T => {
        let x = words::<T>(x)?;
        let mut picked = Vec::with_capacity(output.numel());
        if run > 0 {
            for start in starts {
                picked.extend_from_slice(&x[start..start + run]);
            }
        }
        Ok(T::values(picked, output.dtype))
    })
}

/// A copy of x with rows put, or added, where the index tensors say.
pub fn index_put(accumulate: bool, x: &View<'_>, values: &View<'_>, indices: &[View<'_>], output: &Spec) -> Result<Values> {
    let run: usize = output.shape[indices.len()..].iter().product();
    let starts = row_starts(&output.shape, indices)?;
    put(accumulate, x, values, starts.into_iter(), run, output)
}

/// x with runs of `run` cells of the source put, or added, at the target positions, in order.
fn put(accumulate: bool, x: &View<'_>, source: &View<'_>, targets: impl Iterator<Item = usize>, run: usize, output: &Spec) -> Result<Values> {
    if !accumulate {
        return by_word!(output.dtype, T => {
            let mut result = words::<T>(x)?.into_owned();
            let source = words::<T>(source)?;
            for (target, cells) in targets.zip(source.chunks_exact(run.max(1))) {
                result[target..target + run].copy_from_slice(cells);
            }
            Ok(T::values(result, output.dtype))
        });
    }
    by_compute!(output.dtype, C => {
        let mut result = C::read(x)?.into_owned();
        let source = C::read(source)?;
        for (target, cells) in targets.zip(source.chunks_exact(run.max(1))) {
            for (cell, &added) in result[target..target + run].iter_mut().zip(cells) {
                *cell = Compute::plus(*cell, added);
            }
        }
        Ok(C::store(result, output.dtype))
    })
}

/// Where the rows that the index tensors name start in a row-major tensor of `shape`.
fn row_starts(shape: &[usize], indices: &[View<'_>]) -> Result<Vec<usize>> {
    let strides = contiguous_strides(shape);
    let count = indices.first().map_or(1, |index| index.layout.numel());
    let mut starts = vec![0; count];
    for ((index, &size), &stride) in indices.iter().zip(shape).zip(&strides) {
        for (start, &i) in starts.iter_mut().zip(&*cells::<i64>(index)?) {
            *start += normal(i, size) * stride as usize;
        }
    }
    Ok(starts)
}

/// Positions in a row-major tensor for the cells of an index tensor along one dimension.
struct Places {
    /// The tensor's strides, 0 along the dimension.
    strides: Vec<isize>,
    size: usize,
    stride: usize,
}

impl Places {
    fn new(shape: &[usize], dim: usize) -> Places {
        let mut strides = contiguous_strides(shape);
        let along = strides.get_mut(dim).map_or(0, std::mem::take);
        Places { strides, size: shape.get(dim).copied().unwrap_or(1), stride: along as usize }
    }

    /// For every cell of an index tensor of `shape`: the position that it has in the tensor with 0 along the dimension.
    fn of(&self, shape: &[usize]) -> Layout {
        let rank = shape.len().min(self.strides.len());
        Layout { shape: shape.to_vec(), strides: self.strides[..rank].to_vec(), offset: 0 }
    }

    #[inline]
    fn shift(&self, index: i64) -> usize {
        normal(index, self.size) * self.stride
    }
}
