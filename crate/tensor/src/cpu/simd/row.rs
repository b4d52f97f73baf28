//! A row of float32 as a whole.

use super::{F32x4, Narrow};
use crate::cpu::sum::larger;

/// The largest, NaN if any is; -inf of nothing.
#[inline(never)]
pub fn largest(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<16>();
    let mut lanes = [F32x4::splat(f32::NEG_INFINITY); 4];
    for chunk in chunks {
        let [a, b, c, d] = f32::sixteen(chunk);
        lanes = [lanes[0].larger(a), lanes[1].larger(b), lanes[2].larger(c), lanes[3].larger(d)];
    }
    let [a, b, c, d] = lanes;
    let most = a.larger(b).larger(c.larger(d)).array();
    most.iter().chain(rest).fold(f32::NEG_INFINITY, |most, &x| larger(most, x))
}

/// The sum of sixteen lanes, then of their halves, and halves again.
#[inline(never)]
pub fn total(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<16>();
    let mut last = [0.0; 16];
    last[..rest.len()].copy_from_slice(rest);
    let mut lanes = [F32x4::splat(0.0); 4];
    for chunk in chunks.iter().chain([&last]) {
        let [a, b, c, d] = f32::sixteen(chunk);
        lanes = [lanes[0].plus(a), lanes[1].plus(b), lanes[2].plus(c), lanes[3].plus(d)];
    }
    let [a, b, c, d] = lanes;
    a.plus(c).plus(b.plus(d)).total()
}

/// Each number times `by`.
#[inline(never)]
pub fn scale(row: &mut [f32], by: f32) {
    let (fours, rest) = row.as_chunks_mut::<4>();
    fours.iter_mut().for_each(|four| *four = F32x4::of(*four).times(F32x4::splat(by)).array());
    rest.iter_mut().for_each(|x| *x *= by);
}
