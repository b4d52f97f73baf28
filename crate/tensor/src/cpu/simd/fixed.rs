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
use crate::storage::Scales;

/// Shorter rows, and fewer, are computed in float32: there nothing is to be gained.
const FEWEST_CELLS: usize = 64;
/// So many products of a half and a weight, a quarter of them in a lane, cannot overflow 32 bits.
const MOST_CELLS: usize = 2048;
/// What the kernel takes at once.
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
        for (line, cell) in out.iter_mut().enumerate() {
            let start = weights.first + line * weights.step;
            let cells = &weights.cells[start..start + k];
            *cell += vector.unit * match weights.scales {
                None => vector.product(cells, k, &[1.0]),
                Some(scales) => {
                    let numbers = &scales.numbers[(start - scales.first) / scales.group..];
                    if scales.group == BLOCK && k.is_multiple_of(BLOCK) { vector.product_of_blocks(cells, numbers) } else { vector.product(cells, scales.group, numbers) }
                }
            };
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

    /// In units. A scale for each group of weights; a group is as long as all, or some whole blocks.
    fn product(&self, weights: &[i8], group: usize, scales: &[f32]) -> f32 {
        let (mut lanes, mut tail) = (F32x4::splat(0.0), 0.0);
        for (number, (weights, &scale)) in weights.chunks(group).zip(scales).enumerate() {
            for (part, weights) in weights.chunks(MOST_CELLS).enumerate() {
                let start = number * group + part * MOST_CELLS;
                let (high, low) = (&self.high[start..start + weights.len()], &self.low[start..start + weights.len()]);
                let ((high, high_rest), (low, low_rest), (weights, rest)) = (high.as_chunks(), low.as_chunks(), weights.as_chunks());
                let mut sums = Sums::zero();
                for ((high, low), weights) in high.iter().zip(low).zip(weights) {
                    sums.add(high, low, weights);
                }
                lanes = lanes.plus(sums.value().times(F32x4::splat(scale)));
                let whole = |(&high, &low): (&i16, &i16)| (i64::from(high) << 16) + i64::from(low);
                tail += scale * high_rest.iter().zip(low_rest).map(whole).zip(rest).map(|(x, &w)| x * i64::from(w)).sum::<i64>() as f32;
            }
        }
        lanes.total() + tail
    }

    /// The same of groups of one block, and no weights beyond.
    fn product_of_blocks(&self, weights: &[i8], scales: &[f32]) -> f32 {
        let mut lanes = F32x4::splat(0.0);
        let (high, low) = (self.high.as_chunks().0, self.low.as_chunks().0);
        for (((high, low), weights), &scale) in high.iter().zip(low).zip(weights.as_chunks().0).zip(scales) {
            let mut sums = Sums::zero();
            sums.add(high, low, weights);
            lanes = lanes.plus(sums.value().times(F32x4::splat(scale)));
        }
        lanes.total()
    }
}

#[cfg(target_arch = "wasm32")]
type Lanes = v128;
#[cfg(not(target_arch = "wasm32"))]
type Lanes = [i32; 4];

/// The products of either half, in four lanes.
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
    fn add(&mut self, high: &[i16; BLOCK], low: &[i16; BLOCK], weights: &[i8; BLOCK]) {
        let eights = weights.as_chunks::<8>().0.iter().zip(high.as_chunks::<8>().0.iter().zip(low.as_chunks::<8>().0));
        for (weights, (high, low)) in eights {
            // SAFETY: the eight bytes are there.
            let weights = unsafe { i16x8_load_extend_i8x8(weights.as_ptr()) };
            self.high = i32x4_add(self.high, i32x4_dot_i16x8(weights, super::register(*high)));
            self.low = i32x4_add(self.low, i32x4_dot_i16x8(weights, super::register(*low)));
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

    fn add(&mut self, high: &[i16; BLOCK], low: &[i16; BLOCK], weights: &[i8; BLOCK]) {
        for (sums, half) in [(&mut self.high, high), (&mut self.low, low)] {
            for (half, weights) in half.as_chunks::<4>().0.iter().zip(weights.as_chunks::<4>().0) {
                *sums = std::array::from_fn(|lane| sums[lane] + i32::from(half[lane]) * i32::from(weights[lane]));
            }
        }
    }

    fn value(&self) -> F32x4 {
        F32x4(self.high.map(|x| x as f32)).times(F32x4::splat(65536.0)).plus(F32x4(self.low.map(|x| x as f32)))
    }
}
