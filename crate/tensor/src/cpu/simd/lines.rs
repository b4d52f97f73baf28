//! Products of a vector with lines of a matrix, some of which are read at once.

use super::{F32x4, Narrow};
use crate::cpu::streams::{add_to_lines, streams};

/// So many lines are read together: while one comes from memory, the others are computed.
const TOGETHER: usize = 8;

/// `out += rows · linesᵀ` with rows (N, K) and out (N, M), of lines that begin `step` cells one after the other.
#[inline(never)]
pub fn add_dots<T: Narrow>(rows: &[f32], k: usize, cells: &[T], [first, step]: [usize; 2], out: &mut [f32]) {
    let m = out.len() * k / rows.len();
    for lines in streams(m) {
        let read = lines.map(|line| &cells[first + step * line.min(m - 1)..][..k]);
        for (row, out) in rows.chunks_exact(k).zip(out.chunks_exact_mut(m)) {
            add_to_lines(out, lines, dots(row, read));
        }
    }
}

/// Σ aᵢ·bᵢ with each of some rows that are as long.
#[inline(always)]
fn dots<T: Narrow>(a: &[f32], rows: [&[T]; TOGETHER]) -> [f32; TOGETHER] {
    let (chunks_a, rest_a) = a.as_chunks::<16>();
    // All of one length, so that nothing is checked for each chunk.
    let count = chunks_a.len();
    let chunks = rows.map(|row| &row.as_chunks::<16>().0[..count]);
    let mut lanes = [F32x4::splat(0.0); TOGETHER];
    for i in 0..count {
        let a = f32::sixteen(&chunks_a[i]);
        let added = |r: usize| a.into_iter().zip(T::sixteen(&chunks[r][i])).fold(lanes[r], |sums, (a, b)| a.times_plus(b, sums));
        // One by one, since a loop would keep them in memory.
        lanes = [added(0), added(1), added(2), added(3), added(4), added(5), added(6), added(7)];
    }
    let [a, b, c, d, e, f, g, h] = lanes;
    let mut sums: [f32; TOGETHER] = bytemuck::cast([F32x4::totals([a, b, c, d]), F32x4::totals([e, f, g, h])]);
    if !rest_a.is_empty() {
        for (sum, row) in sums.iter_mut().zip(rows) {
            *sum += rest_a.iter().zip(&row[16 * count..]).fold(0.0, |sum, (&x, &y)| sum + x * y.wide());
        }
    }
    sums
}

/// `out += x · row`, of a row that is as long.
#[inline(never)]
pub fn add_product<T: Narrow>(out: &mut [f32], x: f32, row: &[T]) {
    let (rows, rest_row) = row[..out.len()].as_chunks::<16>();
    let (chunks, rest) = out.as_chunks_mut::<16>();
    for (cells, row) in chunks.iter_mut().zip(rows) {
        let sums = f32::sixteen(cells).into_iter().zip(T::sixteen(row)).map(|(sum, row)| row.times_plus(F32x4::splat(x), sum));
        cells.as_chunks_mut().0.iter_mut().zip(sums).for_each(|(cells, sums)| *cells = sums.array());
    }
    rest.iter_mut().zip(rest_row).for_each(|(cell, &y)| *cell += x * y.wide());
}

/// `out += Σ xᵢ · rowᵢ`, one after another, of rows that are as long and begin `step` cells one after the other.
#[inline(never)]
pub fn add_products(out: &mut [f32], x: &[f32], rows: &[f32], step: usize) {
    let (wide, rest) = out.as_chunks_mut::<32>();
    let (narrow, rest) = rest.as_chunks_mut::<4>();
    for (i, cells) in wide.iter_mut().enumerate() {
        add_columns::<8, 32>(cells, x, &rows[32 * i..], step);
    }
    let done = 32 * wide.len();
    for (i, cells) in narrow.iter_mut().enumerate() {
        add_columns::<1, 4>(cells, x, &rows[done + 4 * i..], step);
    }
    let done = done + 4 * narrow.len();
    for (i, cell) in rest.iter_mut().enumerate() {
        *cell = x.iter().enumerate().fold(*cell, |sum, (line, x)| sum + x * rows[line * step + done + i]);
    }
}

/// The same of so few columns that their sums stay in registers.
#[inline(always)]
fn add_columns<const REGISTERS: usize, const COLUMNS: usize>(cells: &mut [f32; COLUMNS], x: &[f32], rows: &[f32], step: usize) {
    let fours = cells.as_chunks_mut::<4>().0;
    let mut sums: [F32x4; REGISTERS] = std::array::from_fn(|i| F32x4::of(fours[i]));
    for (line, &x) in x.iter().enumerate() {
        let row = rows[line * step..][..COLUMNS].as_chunks::<4>().0;
        (0..REGISTERS).for_each(|i| sums[i] = F32x4::of(row[i]).times_plus(F32x4::splat(x), sums[i]));
    }
    fours.iter_mut().zip(sums).for_each(|(four, sums)| *four = sums.array());
}
