//! Kernels that read a whole row before they write it: softmax and the normalisations.

use super::element::{Compute, by_float};
use super::float::Float;
use super::special::rounded;
use super::sum::sum;
use crate::ops::cells::Lanes;
use crate::ops::{Spec, View};
use crate::{DType, Result, Values};

/// Softmax, or its logarithm, along `dim`.
pub fn softmax(dim: usize, logarithm: bool, input: &View<'_>, output: &Spec) -> Result<Values> {
    let lanes = Lanes::new(&output.shape, dim);
    by_float!(output.dtype, F => {
        let mut x = F::read(input)?.into_owned();
        if lanes.inner == 1 {
            for row in x.chunks_exact_mut(lanes.length.max(1)) {
                softmax_row(row, logarithm, output.dtype);
            }
        } else {
            let mut row = vec![<F as Float>::ZERO; lanes.length];
            for start in super::reduction::each_lane(lanes) {
                for (i, cell) in row.iter_mut().enumerate() {
                    *cell = x[start + i * lanes.inner];
                }
                softmax_row(&mut row, logarithm, DType::Float64);
                for (i, &cell) in row.iter().enumerate() {
                    x[start + i * lanes.inner] = cell;
                }
            }
        }
        Ok(F::store(x, output.dtype))
    })
}

/// PyTorch's kernel for the last dimension, of which the logarithm keeps the sum and its logarithm in `dtype`.
fn softmax_row<F: Float>(row: &mut [F], logarithm: bool, dtype: DType) {
    let most = F::largest(row);
    if logarithm {
        let total: f64 = {
            let mut total = 0.0;
            // Blocks, so that the exponentials run in SIMD lanes without a copy of the row.
            let mut block = [F::ZERO; 64];
            for cells in row.chunks(64) {
                let block = &mut block[..cells.len()];
                block.copy_from_slice(cells);
                F::exp_all(block, most);
                total += sum(block, |x| x);
            }
            total
        };
        let shift = F::of(rounded(rounded(total, dtype).ln(), dtype));
        row.iter_mut().for_each(|x| *x = *x - most - shift);
    } else {
        F::exp_all(row, most);
        F::scale_all(row, F::ONE / total_as_pytorch(row));
    }
}

/// The sum of the exponentials in the order of PyTorch's softmax (vectors of 64 bytes), so that what a row adds up to
/// prints the same.
fn total_as_pytorch<F: Float>(row: &[F]) -> F {
    if size_of_val(row) < 64 { row.iter().fold(F::ZERO, |sum, &x| sum + x) } else { F::total(row) }
}

/// Layer normalisation over the last `dims` dimensions.
pub fn layer_norm(dims: usize, epsilon: f64, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
    normalise(dims, inputs, output, |row| {
        let count = row.len() as f64;
        let mean = sum(row, |x| x) / count;
        let variance = sum(row, |x| (x - mean) * (x - mean)) / count;
        (mean, (variance + epsilon).sqrt().recip())
    })
}

/// Root mean square normalisation over the last `dims` dimensions.
pub fn rms_norm(dims: usize, epsilon: f64, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
    normalise(dims, inputs, output, |row| {
        let square = sum(row, |x| x * x) / row.len() as f64;
        // Step by step in float32, as PyTorch: the scale of ones is one, though ε is a part of their mean square.
        let narrow = ((square as f32 + epsilon as f32).sqrt()).recip();
        (0.0, if output.dtype == DType::Float64 { (square + epsilon).sqrt().recip() } else { narrow.into() })
    })
}

/// `(x - centre) · scale · weight + bias` for every row, where `statistics` gives centre and scale.
fn normalise(dims: usize, inputs: &[View<'_>], output: &Spec, statistics: impl Fn(&[f64]) -> (f64, f64)) -> Result<Values> {
    let length: usize = output.shape[output.shape.len() - dims..].iter().product();
    by_float!(output.dtype, F => {
        let x = F::read(&inputs[0])?;
        let weight = inputs.get(1).map(F::read).transpose()?;
        let bias = inputs.get(2).map(F::read).transpose()?;
        let mut results: Vec<F> = Vec::with_capacity(x.len());
        let mut wide = vec![0.0f64; length];
        for row in x.chunks_exact(length.max(1)) {
            for (wide, &x) in wide.iter_mut().zip(row) {
                *wide = x.wide();
            }
            let (centre, scale) = statistics(&wide);
            let start = results.len();
            results.extend(wide.iter().map(|x| <F as Float>::of((x - centre) * scale)));
            let row = &mut results[start..];
            if let Some(weight) = &weight {
                row.iter_mut().zip(&**weight).for_each(|(y, &w)| *y *= w);
            }
            if let Some(bias) = &bias {
                row.iter_mut().zip(&**bias).for_each(|(y, &b)| *y += b);
            }
        }
        Ok(F::store(results, output.dtype))
    })
}
