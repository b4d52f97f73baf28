//! Sums in the order in which PyTorch adds on a CPU, so that a sum prints what it prints there:
//! `1.0000` where rounding left it beside 1, and `1.` where it did not.
//!
//! The order is that of `aten/src/ATen/native/cpu/SumKernel.cpp` for vectors of 32 bytes: four interleaved
//! partial sums, each of which passes its total to a coarser level after every 16 (or more) terms.
//! The error thus grows with the logarithm of the number of terms.

use super::float::Float;
use crate::ops::cells::Lanes;

const LEVELS: usize = 4;

/// The sum of each lane; `V` is the number of cells in a vector and `W` four times that.
pub fn sums<F: Float, const V: usize, const W: usize>(x: &[F], lanes: Lanes) -> Vec<F> {
    let Lanes { outer, length, inner } = lanes;
    let mut results = Vec::with_capacity(outer * inner);
    for n in 0..outer {
        let x = &x[n * length * inner..(n + 1) * length * inner];
        if inner == 1 {
            results.push(row::<F, V, W>(x));
            continue;
        }
        let mut column = 0;
        while column + W <= inner {
            results.extend(partial_sums::<F, W>(length, |i| cells(x, i * inner + column)));
            column += W;
        }
        while inner < V && column + 4 <= inner {
            results.extend(partial_sums::<F, 4>(length, |i| cells(x, i * inner + column)));
            column += 4;
        }
        results.extend((column..inner).map(|column| interleaved(length, |i| x[i * inner + column])));
    }
    results
}

/// The sum of cells that lie one after another.
fn row<F: Float, const V: usize, const W: usize>(x: &[F]) -> F {
    if x.len() < V {
        return interleaved(x.len(), |i| x[i]);
    }
    let (vectors, rest) = x.split_at(x.len() / V * V);
    let groups = vectors.chunks_exact(W);
    let others = groups.remainder();
    let mut sums = partial_sums::<F, W>(vectors.len() / W, |i| cells(vectors, i * W));
    let (first, partial) = sums.split_at_mut(V);
    for vector in others.chunks_exact(V).chain(partial.chunks_exact(V)) {
        first.iter_mut().zip(vector).for_each(|(sum, &x)| *sum += x);
    }
    rest.iter().chain(&*first).fold(F::ZERO, |sum, &x| sum + x)
}

/// The sum of `length` cells in four interleaved partial sums.
fn interleaved<F: Float>(length: usize, at: impl Fn(usize) -> F) -> F {
    let mut partial = partial_sums::<F, 4>(length / 4, |i| std::array::from_fn(|k| at(4 * i + k)));
    (length / 4 * 4..length).for_each(|i| partial[0] += at(i));
    partial.into_iter().skip(1).fold(partial[0], |sum, x| sum + x)
}

/// `W` cells from `start` on.
fn cells<F: Float, const W: usize>(x: &[F], start: usize) -> [F; W] {
    x[start..].first_chunk().copied().unwrap_or([F::ZERO; W])
}

/// The sums of `W` columns of `length` cells, cascading through the levels.
fn partial_sums<F: Float, const W: usize>(length: usize, row: impl Fn(usize) -> [F; W]) -> [F; W] {
    let add = |sums: &mut [F; W], terms: [F; W]| sums.iter_mut().zip(terms).for_each(|(sum, x)| *sum += x);
    let magnitude = if length > 1 { (length - 1).ilog2() as usize + 1 } else { 0 };
    let bits = (magnitude / LEVELS).max(4);
    let mut levels = [[F::ZERO; W]; LEVELS];
    for i in 0..length {
        add(&mut levels[0], row(i));
        // The last terms, fewer than a whole step, stay where they are.
        if (i + 1) % (1 << bits) != 0 {
            continue;
        }
        for level in 1..LEVELS {
            let finished = std::mem::replace(&mut levels[level - 1], [F::ZERO; W]);
            add(&mut levels[level], finished);
            if (i + 1) & (((1 << bits) - 1) << (level * bits)) != 0 {
                break;
            }
        }
    }
    let [mut total, coarser @ ..] = levels;
    coarser.into_iter().for_each(|sums| add(&mut total, sums));
    total
}
