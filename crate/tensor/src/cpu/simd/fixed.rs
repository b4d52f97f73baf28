//! Products of a vector with rows of int8, summed as integers.
//!
//! The vector becomes fixed point: a number is two halves of 16 bits, in units of 2⁻³⁰ of the largest. Each half is
//! multiplied with weights that are widened to 16 bits, which takes 10 instructions for 16 weights instead of 14 in
//! float32. Numbers of at least a 64th of the largest are exact; of smaller ones half a unit may be lost, so that the
//! sum is off by 2⁻³⁰ of the largest number times the sum of the weights' magnitudes at most. float32 loses more.

#[cfg(target_arch = "wasm32")]
use std::arch::wasm32::*;

use super::F32x4;
use crate::cpu::streams::{add_to_lines, streams};
use crate::storage::Scales;

/// Shorter rows, and fewer, are computed in float32: there nothing is to be gained.
const FEWEST_CELLS: usize = 64;
/// So many products of a half and a weight, a quarter of them in a lane, cannot overflow 32 bits.
const MOST_CELLS: usize = 2048;
/// So many rows of weights are read together, as `super::lines::dots` does it: with their sums they fit the registers.
const TOGETHER: usize = 4;
/// So many of their cells are taken at once, for the same reason.
const CHUNK: usize = 16;
/// So many numbers at a time become fixed point: the halves of 16 bits that a register holds.
const EIGHT: usize = 8;
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
    if k < FEWEST_CELLS || count < FEWEST_CELLS {
        return false;
    }
    let Some(groups) = Groups::of(weights, k) else { return false };
    let Some(vectors) = rows.chunks_exact(k).map(Vector::of).collect::<Option<Vec<_>>>() else { return false };
    for (vector, out) in vectors.iter().zip(out.chunks_exact_mut(count)) {
        for lines in streams(count) {
            let read = lines.map(|line| line.min(count - 1));
            let rows = read.map(|line| &weights.cells[weights.first + line * weights.step..][..k]);
            let scales = read.map(|line| &groups.scales[line * groups.step..][..groups.count]);
            let products = if groups.are_blocks { vector.products_of_blocks(rows, scales) } else { vector.products(rows, groups.length, scales) };
            add_to_lines(out, lines, products.map(|product| vector.unit * product));
        }
    }
    true
}

/// The groups of a row of weights, each of which has a scale.
struct Groups<'a> {
    /// From the first row on.
    scales: &'a [f32],
    /// How many scales further the next row's are.
    step: usize,
    /// How many a row has.
    count: usize,
    /// Of how many weights each is.
    length: usize,
    /// Whether a group is one block, and nothing is beyond.
    are_blocks: bool,
}

impl<'a> Groups<'a> {
    /// `None` where rows do not begin with a group, or groups are no whole blocks.
    fn of(weights: &Weights<'a>, k: usize) -> Option<Groups<'a>> {
        let Some(Scales { numbers, group, first }) = weights.scales else {
            return Some(Groups { scales: &[1.0], step: 0, count: 1, length: k, are_blocks: false });
        };
        let starts_groups = [weights.first - first, weights.step].iter().all(|place| place.is_multiple_of(group));
        if !group.is_multiple_of(BLOCK) || !starts_groups {
            return None;
        }
        let scales = &numbers[(weights.first - first) / group..];
        let are_blocks = group == BLOCK && k.is_multiple_of(BLOCK);
        Some(Groups { scales, step: weights.step / group, count: k.div_ceil(group), length: group, are_blocks })
    }
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
        let (eights, rest) = numbers.as_chunks::<EIGHT>();
        let mut last = [0.0; EIGHT];
        last[..rest.len()].copy_from_slice(rest);
        let eights = || eights.iter().chain([&last]);
        let (mut most, mut zeros) = (F32x4::splat(0.0), F32x4::splat(0.0));
        for x in eights().flat_map(|eight| eight.as_chunks().0) {
            let x = F32x4::of(*x);
            most = most.or_larger(x).or_larger(x.times(F32x4::splat(-1.0)));
            zeros = zeros.plus(x.times(F32x4::splat(0.0)));
        }
        let most = most.array().into_iter().fold(0.0, f32::max);
        // Zero times what is no number is none either.
        if !SIZES.contains(&most) || zeros.total() != 0.0 {
            return None;
        }
        // A power of two: the largest becomes less than 2³⁰.
        let exponent = most.to_bits() >> 23;
        let unit = f32::from_bits((exponent - 29) << 23);
        let units = f32::from_bits((254 + 29 - exponent) << 23);
        let [mut high, mut low] = [(); 2].map(|()| vec![0; numbers.len() + EIGHT]);
        for ((eight, high), low) in eights().zip(high.as_chunks_mut().0).zip(low.as_chunks_mut().0) {
            (*high, *low) = halves(eight, units);
        }
        high.truncate(numbers.len());
        low.truncate(numbers.len());
        Some(Vector { high, low, unit })
    }

    /// In units, with some rows of weights that are read together: the vector is loaded once for all.
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
        let [high, low] = [&self.high, &self.low].map(|half| half.as_chunks::<BLOCK>().0);
        // All of one length, so that nothing is checked for each block.
        let count = high.len();
        let (low, rows, scales) = (&low[..count], rows.map(|row| &row.as_chunks::<BLOCK>().0[..count]), scales.map(|scales| &scales[..count]));
        let mut lanes = [F32x4::splat(0.0); TOGETHER];
        for i in 0..count {
            let mut sums = [Sums::zero(); TOGETHER];
            for (half, (high, low)) in high[i].as_chunks().0.iter().zip(low[i].as_chunks().0).enumerate() {
                Sums::add(&mut sums, high, low, rows.each_ref().map(|blocks| &blocks[i].as_chunks().0[half]));
            }
            for r in 0..TOGETHER {
                lanes[r] = sums[r].value().times_plus(F32x4::splat(scales[r][i]), lanes[r]);
            }
        }
        F32x4::totals(lanes)
    }
}

/// The high and the low halves of numbers times `units`, whole: `high · 2¹⁶ + low`, the low one between -2¹⁵ and 2¹⁵.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn halves(numbers: &[f32; EIGHT], units: f32) -> ([i16; EIGHT], [i16; EIGHT]) {
    let wholes = [0, 1].map(|four| i32x4_trunc_sat_f32x4(f32x4_nearest(F32x4::of(numbers.as_chunks().0[four]).times(F32x4::splat(units)).0)));
    let [a, b] = wholes.map(|whole| i32x4_shr(i32x4_add(whole, i32x4_splat(1 << 15)), 16));
    let [c, d] = wholes.map(|whole| i32x4_shr(i32x4_shl(whole, 16), 16));
    // SAFETY: both are 16 bytes, and any bits are eight integers.
    [i16x8_narrow_i32x4(a, b), i16x8_narrow_i32x4(c, d)].map(|half| unsafe { std::mem::transmute(half) }).into()
}

#[cfg(not(target_arch = "wasm32"))]
fn halves(numbers: &[f32; EIGHT], units: f32) -> ([i16; EIGHT], [i16; EIGHT]) {
    let wholes = numbers.map(|x| (x * units).round_ties_even() as i32);
    (wholes.map(|whole| ((whole + (1 << 15)) >> 16) as i16), wholes.map(|whole| whole as i16))
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
        F32x4(f32x4_convert_i32x4(self.high)).times_plus(F32x4::splat(65536.0), F32x4(f32x4_convert_i32x4(self.low)))
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
