//! Products of a vector with lines of a matrix, some of which are read at once.

use super::{F32x4, Narrow};

/// So many rows are read together: while one comes from memory, the others are computed.
pub const TOGETHER: usize = 8;

/// Σ aᵢ·bᵢ with each of some rows that are as long.
#[inline(never)]
pub fn dots<T: Narrow>(a: &[f32], rows: [&[T]; TOGETHER]) -> [f32; TOGETHER] {
    let (chunks_a, rest_a) = a.as_chunks::<16>();
    let rows = rows.map(|row| row[..a.len()].as_chunks::<16>());
    let mut lanes = [F32x4::splat(0.0); TOGETHER];
    for (i, a) in chunks_a.iter().enumerate() {
        let a = f32::sixteen(a);
        for (lanes, (chunks, _)) in lanes.iter_mut().zip(&rows) {
            let b = T::sixteen(&chunks[i]);
            *lanes = a.into_iter().zip(b).fold(*lanes, |sums, (a, b)| a.times_plus(b, sums));
        }
    }
    std::array::from_fn(|r| {
        let tail = rest_a.iter().zip(rows[r].1).fold(0.0, |sum, (&x, &y)| sum + x * y.wide());
        lanes[r].total() + tail
    })
}

/// `out += Σ xᵢ · rowᵢ`, one after another, of rows that are as long.
#[inline(never)]
pub fn add_products<T: Narrow, const N: usize>(out: &mut [f32], x: [f32; N], rows: [&[T]; N]) {
    let rows = rows.map(|row| row[..out.len()].as_chunks::<16>());
    let (chunks, rest) = out.as_chunks_mut::<16>();
    for (i, cells) in chunks.iter_mut().enumerate() {
        let mut sums = f32::sixteen(cells);
        for (x, (row, _)) in x.iter().zip(&rows) {
            let row = T::sixteen(&row[i]);
            (0..4).for_each(|lanes| sums[lanes] = row[lanes].times_plus(F32x4::splat(*x), sums[lanes]));
        }
        cells.as_chunks_mut().0.iter_mut().zip(sums).for_each(|(cells, sums)| *cells = sums.array());
    }
    for (x, (_, row)) in x.iter().zip(&rows) {
        rest.iter_mut().zip(*row).for_each(|(cell, &y)| *cell += x * y.wide());
    }
}
