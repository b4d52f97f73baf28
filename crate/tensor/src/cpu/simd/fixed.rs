//! Products of a vector with rows of int8, summed as integers.
//!
//! The vector becomes fixed point: a number is two halves of 16 bits, in units of 2⁻³⁰ of the largest. Each half is
//! multiplied with weights that are widened to 16 bits, which takes 10 instructions for 16 weights instead of 14 in
//! float32. Numbers of at least a 64th of the largest are exact; of smaller ones half a unit may be lost, so that the
//! sum is off by 2⁻³⁰ of the largest number times the sum of the weights' magnitudes at most. float32 loses more.
//! There is no relaxed SIMD in it, so that it is loaded when it is needed.

#[cfg(target_arch = "wasm32")]
use std::arch::wasm32::*;

use super::F32x4;
use crate::cpu::streams::{add_to_lines, streams};
use crate::storage::Scales;

/// Shorter rows, and fewer, are computed in float32: there nothing is to be gained.
const FEWEST_CELLS: usize = 64;
/// So many products of a half and a weight, a quarter of them in a lane, cannot overflow 32 bits.
const MOST_CELLS: usize = 2048;
/// So many rows of weights are read together, as `super::dots` does it: with their sums they fit the registers.
const TOGETHER: usize = 4;
/// So many of their cells are taken at once, for the same reason.
const CHUNK: usize = 16;
/// Groups of weights are some whole blocks.
const BLOCK: usize = 32;
/// Their units are normal numbers.
const SIZES: std::ops::Range<f32> = 1e-25..1e25;

/// Rows of weights, one after another.
pub struct Weights<'a> {
    pub cells: &'a [i8],
    pub first: usize,
    pub step: usize,
    pub scales: Option<Scales<'a>>,
}

/// `out += rows · weightsᵀ` with rows (N, K) and out (N, M). False, with nothing done, where it must be computed in float32.
#[inline(never)]
pub fn products(rows: &[f32], k: usize, weights: &Weights<'_>, out: &mut [f32]) -> bool {
    let count = out.len() * k / rows.len().max(1);
    let starts_groups = weights.scales.is_none_or(|scales| {
        scales.group.is_multiple_of(BLOCK) && [weights.first - scales.first, weights.step].iter().all(|place| place.is_multiple_of(scales.group))
    });
    if k < FEWEST_CELLS || count < FEWEST_CELLS || !starts_groups {
        return false;
    }
    let Some(vectors) = rows.chunks_exact(k).map(Vector::of).collect::<Option<Vec<_>>>() else { return false };
    for (vector, out) in vectors.iter().zip(out.chunks_exact_mut(count)) {
        for lines in streams(count) {
            add_to_lines(out, lines, vector.products_with(weights, lines.map(|line| line.min(count - 1))).map(|product| vector.unit * product));
        }
    }
    true
}

/// Numbers in fixed point: `unit · (high · 2¹⁶ + low)`.
struct Vector {
    high: Vec<i16>,
    low: Vec<i16>,
    unit: f32,
}

impl Vector {
    /// `None` where the largest is out of range, or something is no number.
    fn of(numbers: &[f32]) -> Option<Vector> {
        let most = numbers.iter().fold(0.0, |most: f32, x| most.max(x.abs()));
        if !SIZES.contains(&most) || numbers.iter().any(|x| x.is_nan()) {
            return None;
        }
        // A power of two: the largest becomes less than 2³⁰.
        let exponent = most.to_bits() >> 23;
        let unit = f32::from_bits((exponent - 29) << 23);
        let units = f32::from_bits((254 + 29 - exponent) << 23);
        let wholes: Vec<i32> = numbers.iter().map(|x| (x * units).round_ties_even() as i32).collect();
        let low: Vec<i16> = wholes.iter().map(|&whole| whole as i16).collect();
        let high = wholes.iter().zip(&low).map(|(&whole, &low)| ((whole - i32::from(low)) >> 16) as i16).collect();
        Some(Vector { high, low, unit })
    }

    /// In units, with some rows of weights that are read together: the vector is loaded once for all.
    fn products_with(&self, weights: &Weights<'_>, lines: [usize; TOGETHER]) -> [f32; TOGETHER] {
        let k = self.high.len();
        let starts = lines.map(|line| weights.first + line * weights.step);
        let rows = starts.map(|start| &weights.cells[start..start + k]);
        let Some(scales) = weights.scales else { return self.products(rows, k, [&[1.0]; TOGETHER]) };
        let numbers = starts.map(|start| &scales.numbers[(start - scales.first) / scales.group..][..k.div_ceil(scales.group)]);
        let are_blocks = scales.group == BLOCK && k.is_multiple_of(BLOCK);
        if are_blocks { self.products_of_blocks(rows, numbers) } else { self.products(rows, scales.group, numbers) }
    }

    /// A scale for each group of weights; a group is as long as all, or some whole blocks.
    fn products(&self, rows: [&[i8]; TOGETHER], group: usize, scales: [&[f32]; TOGETHER]) -> [f32; TOGETHER] {
        let (mut lanes, mut tails) = ([F32x4::splat(0.0); TOGETHER], [0.0; TOGETHER]);
        let k = self.high.len();
        for (number, first) in (0..k).step_by(group).enumerate() {
            let (scales, end) = (scales.map(|scales| scales[number]), k.min(first + group));
            for start in (first..end).step_by(MOST_CELLS) {
                let part = start..end.min(start + MOST_CELLS);
                let ((high, high_rest), (low, low_rest)) = (self.high[part.clone()].as_chunks(), self.low[part.clone()].as_chunks());
                let parts = rows.map(|row| row[part.clone()].as_chunks::<CHUNK>());
                let mut sums = [Sums::zero(); TOGETHER];
                for (i, (high, low)) in high.iter().zip(low).enumerate() {
                    Sums::add(&mut sums, high, low, parts.each_ref().map(|(blocks, _)| &blocks[i]));
                }
                for r in 0..TOGETHER {
                    lanes[r] = lanes[r].plus(sums[r].value().times(F32x4::splat(scales[r])));
                    let whole = |(&high, &low): (&i16, &i16)| (i64::from(high) << 16) + i64::from(low);
                    let rest = high_rest.iter().zip(low_rest).map(whole).zip(parts[r].1).map(|(x, &w)| x * i64::from(w)).sum::<i64>();
                    tails[r] += scales[r] * rest as f32;
                }
            }
        }
        std::array::from_fn(|r| lanes[r].total() + tails[r])
    }

    /// The same of groups of one block, and no weights beyond.
    fn products_of_blocks(&self, rows: [&[i8]; TOGETHER], scales: [&[f32]; TOGETHER]) -> [f32; TOGETHER] {
        let rows = rows.map(|row| row.as_chunks().0);
        let mut lanes = [F32x4::splat(0.0); TOGETHER];
        for (i, (high, low)) in self.high.as_chunks::<BLOCK>().0.iter().zip(self.low.as_chunks::<BLOCK>().0).enumerate() {
            let mut sums = [Sums::zero(); TOGETHER];
            for (half, (high, low)) in high.as_chunks().0.iter().zip(low.as_chunks().0).enumerate() {
                Sums::add(&mut sums, high, low, rows.each_ref().map(|blocks: &&[[i8; BLOCK]]| &blocks[i].as_chunks().0[half]));
            }
            for r in 0..TOGETHER {
                lanes[r] = lanes[r].plus(sums[r].value().times(F32x4::splat(scales[r][i])));
            }
        }
        lanes.map(F32x4::total)
    }
}

#[cfg(target_arch = "wasm32")]
type Lanes = v128;
#[cfg(not(target_arch = "wasm32"))]
type Lanes = [i32; 4];

/// The products of either half, in four lanes.
#[derive(Clone, Copy)]
struct Sums {
    high: Lanes,
    low: Lanes,
}

#[cfg(target_arch = "wasm32")]
impl Sums {
    #[inline(always)]
    fn zero() -> Sums {
        Sums { high: i32x4_splat(0), low: i32x4_splat(0) }
    }

    #[inline(always)]
    fn add(rows: &mut [Sums; TOGETHER], high: &[i16; CHUNK], low: &[i16; CHUNK], weights: [&[i8; CHUNK]; TOGETHER]) {
        for (i, (high, low)) in high.as_chunks::<8>().0.iter().zip(low.as_chunks::<8>().0).enumerate() {
            let (high, low) = (super::register(*high), super::register(*low));
            for (sums, weights) in rows.iter_mut().zip(weights) {
                // SAFETY: the eight bytes are there.
                let weights = unsafe { i16x8_load_extend_i8x8(weights.as_chunks::<8>().0[i].as_ptr()) };
                sums.high = i32x4_add(sums.high, i32x4_dot_i16x8(weights, high));
                sums.low = i32x4_add(sums.low, i32x4_dot_i16x8(weights, low));
            }
        }
    }

    #[inline(always)]
    fn value(&self) -> F32x4 {
        F32x4(f32x4_convert_i32x4(self.high)).times(F32x4::splat(65536.0)).plus(F32x4(f32x4_convert_i32x4(self.low)))
    }
}

#[cfg(not(target_arch = "wasm32"))]
impl Sums {
    fn zero() -> Sums {
        Sums { high: [0; 4], low: [0; 4] }
    }

    fn add(rows: &mut [Sums; TOGETHER], high: &[i16; CHUNK], low: &[i16; CHUNK], weights: [&[i8; CHUNK]; TOGETHER]) {
        for (row, weights) in rows.iter_mut().zip(weights) {
            for (sums, half) in [(&mut row.high, high), (&mut row.low, low)] {
                for (half, weights) in half.as_chunks::<4>().0.iter().zip(weights.as_chunks::<4>().0) {
                    *sums = std::array::from_fn(|lane| sums[lane] + i32::from(half[lane]) * i32::from(weights[lane]));
                }
            }
        }
    }

    fn value(&self) -> F32x4 {
        F32x4(self.high.map(|x| x as f32)).times(F32x4::splat(65536.0)).plus(F32x4(self.low.map(|x| x as f32)))
    }
}
