//! Convolution as a product: each block of output columns unrolls the cells it reads (im2col) and multiplies by the weights.

use super::element::{Compute, by_float};
use super::float::Float;
use super::matmul::{Matrix, Scratch, product};
use crate::ops::conv1d::Conv1d;
use crate::ops::{Spec, View};
use crate::{Result, Values};

/// Output columns of one block: the scratch is this times C/groups · K.
const BLOCK_COLUMNS: usize = 256;

/// Convolves x (B, C, L) with weight (O, C/groups, K), and adds the bias if there is one.
pub fn conv1d(conv: &Conv1d, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
    let (&[b, o, out_length], &[_, per_group, k]) = (&output.shape[..], &inputs[1].layout.shape[..]) else {
        return Ok(Values::zeros(output.dtype, output.numel()));
    };
    let &[_, channels, length] = &inputs[0].layout.shape[..] else { return Ok(Values::zeros(output.dtype, 0)) };
    let out_group = o / conv.groups;
    by_float!(output.dtype, F => {
        let (x, weight) = (F::read(&inputs[0])?, F::read(&inputs[1])?);
        let bias = inputs.get(2).map(F::read).transpose()?;
        let terms = per_group * k;
        let mut out = vec![<F as Float>::ZERO; output.numel()];
        let mut unrolled = Vec::new();
        let mut sums = Vec::new();
        let mut scratch = Scratch::default();
        for batch in 0..b {
            for group in 0..conv.groups {
                let first = (batch * channels + group * per_group) * length;
                let weights = Matrix::row_major(&weight, group * out_group * terms, terms);
                for column in (0..out_length).step_by(BLOCK_COLUMNS) {
                    let columns = BLOCK_COLUMNS.min(out_length - column);
                    unroll(conv, &x[first..first + per_group * length], [per_group, length, k], column, columns, &mut unrolled);
                    sums.clear();
                    sums.resize(out_group * columns, <F as Float>::ZERO);
                    product(out_group, terms, columns, weights, Matrix::row_major(&unrolled, 0, columns), &mut sums, &mut scratch);
                    for (i, row) in sums.chunks_exact(columns).enumerate() {
                        let channel = group * out_group + i;
                        let add = bias.as_ref().map_or(<F as Float>::ZERO, |bias| bias[channel]);
                        let start = (batch * o + channel) * out_length + column;
                        for (cell, &sum) in out[start..start + columns].iter_mut().zip(row) {
                            *cell = sum + add;
                        }
                    }
                }
            }
        }
        Ok(F::store(out, output.dtype))
    })
}

/// Rows (channel, kernel place), columns (output place): the cell that each product reads, 0 in the padding.
fn unroll<F: Float>(conv: &Conv1d, x: &[F], [channels, length, k]: [usize; 3], column: usize, columns: usize, unrolled: &mut Vec<F>) {
    unrolled.clear();
    unrolled.reserve(channels * k * columns);
    for channel in 0..channels {
        let row = &x[channel * length..(channel + 1) * length];
        for i in 0..k {
            unrolled.extend((column..column + columns).map(|at| {
                (at * conv.stride + i * conv.dilation).checked_sub(conv.padding).and_then(|place| row.get(place)).copied().unwrap_or(F::ZERO)
            }));
        }
    }
}
