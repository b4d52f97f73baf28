//! Four float32 that are computed together: a SIMD register in wasm, and where else the compiler makes one of them.
//!
//! LLVM leaves loops over arrays scalar in the page's wasm, which is optimized for size when it is linked, five times
//! slower: there the instructions are named. Kernels of a type are functions of their own, so that those of types that
//! programs seldom use are loaded later.
//! Each lane rounds as a float32 alone does. A product that is added may be rounded first or not, as the machine has it:
//! relaxed SIMD (`crate/bindgen/src/plain.rs` makes the module for browsers without it).

pub mod exp;
pub mod fixed;
pub mod lines;
pub mod row;

#[cfg(target_arch = "wasm32")]
use std::arch::wasm32::*;

use half::{bf16, f16};

#[cfg(target_arch = "wasm32")]
type Register = v128;
#[cfg(not(target_arch = "wasm32"))]
type Register = [f32; 4];

#[derive(Clone, Copy)]
pub struct F32x4(Register);

/// One number of each of eight rows.
pub type Eight = [f32; 8];

#[cfg(target_arch = "wasm32")]
impl F32x4 {
    #[inline(always)]
    fn splat(x: f32) -> F32x4 {
        F32x4(f32x4_splat(x))
    }

    #[inline(always)]
    fn of(x: [f32; 4]) -> F32x4 {
        F32x4(register(x))
    }

    #[inline(always)]
    fn array(self) -> [f32; 4] {
        // SAFETY: both are 16 bytes, and any bits are four float32.
        unsafe { std::mem::transmute(self.0) }
    }

    #[inline(always)]
    fn plus(self, other: F32x4) -> F32x4 {
        F32x4(f32x4_add(self.0, other.0))
    }

    #[inline(always)]
    fn times(self, other: F32x4) -> F32x4 {
        F32x4(f32x4_mul(self.0, other.0))
    }

    /// self · other + sum, in which the product is rounded or not.
    #[inline(always)]
    fn times_plus(self, other: F32x4, sum: F32x4) -> F32x4 {
        F32x4(f32x4_relaxed_madd(self.0, other.0, sum.0))
    }

    /// The other where it is larger; of a NaN and a number, either.
    #[inline(always)]
    fn or_larger(self, other: F32x4) -> F32x4 {
        F32x4(f32x4_pmax(self.0, other.0))
    }

    /// The larger, NaN where either is.
    #[inline(always)]
    fn larger(self, other: F32x4) -> F32x4 {
        F32x4(f32x4_max(self.0, other.0))
    }

    /// Zero where `x` is less than `limit`.
    #[inline(always)]
    fn unless_less(self, x: F32x4, limit: f32) -> F32x4 {
        F32x4(v128_andnot(self.0, f32x4_lt(x.0, f32x4_splat(limit))))
    }

    /// 2^n of an n that stands in the last bits.
    #[inline(always)]
    fn power_of_two(self) -> F32x4 {
        F32x4(i32x4_add(i32x4_shl(self.0, 23), i32x4_splat(0x3f80_0000)))
    }
}

/// Cells of 16 bytes in one load. Put together lane by lane, as is possible without `unsafe`, they are as many loads.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn register(cells: impl bytemuck::NoUninit) -> v128 {
    let bytes: [u8; 16] = bytemuck::cast(cells);
    // SAFETY: both are 16 bytes, and any bits are a register.
    unsafe { std::mem::transmute(bytes) }
}

#[cfg(not(target_arch = "wasm32"))]
impl F32x4 {
    #[inline(always)]
    fn splat(x: f32) -> F32x4 {
        F32x4([x; 4])
    }

    #[inline(always)]
    fn of(x: [f32; 4]) -> F32x4 {
        F32x4(x)
    }

    #[inline(always)]
    fn array(self) -> [f32; 4] {
        self.0
    }

    #[inline(always)]
    fn plus(self, other: F32x4) -> F32x4 {
        F32x4(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }

    #[inline(always)]
    fn times(self, other: F32x4) -> F32x4 {
        F32x4(std::array::from_fn(|i| self.0[i] * other.0[i]))
    }

    #[inline(always)]
    fn times_plus(self, other: F32x4, sum: F32x4) -> F32x4 {
        self.times(other).plus(sum)
    }

    #[inline(always)]
    fn or_larger(self, other: F32x4) -> F32x4 {
        F32x4(std::array::from_fn(|i| if self.0[i] < other.0[i] { other.0[i] } else { self.0[i] }))
    }

    #[inline(always)]
    fn larger(self, other: F32x4) -> F32x4 {
        F32x4(std::array::from_fn(|i| super::sum::larger(self.0[i], other.0[i])))
    }

    #[inline(always)]
    fn unless_less(self, x: F32x4, limit: f32) -> F32x4 {
        F32x4(std::array::from_fn(|i| if x.0[i] < limit { 0.0 } else { self.0[i] }))
    }

    #[inline(always)]
    fn power_of_two(self) -> F32x4 {
        F32x4(self.0.map(|x| f32::from_bits((x.to_bits() << 23).wrapping_add(0x3f80_0000))))
    }
}

impl F32x4 {
    /// The sum of the lanes.
    #[inline(always)]
    fn total(self) -> f32 {
        let [a, b, c, d] = self.array();
        (a + c) + (b + d)
    }

    /// The [`F32x4::total`] of each of four.
    #[inline(always)]
    fn totals(rows: [F32x4; 4]) -> [f32; 4] {
        let [a, b, c, d] = transposed(rows);
        a.plus(c).plus(b.plus(d)).array()
    }

    /// exp(x) of x up to 88, within two units in the last place (Cephes' `expf`: multiples of ln 2 in two parts, then a
    /// polynomial); 0 below -87.3, where it would leave the normal numbers. Keeps NaN.
    #[inline(always)]
    fn exp(self) -> F32x4 {
        const LEAST: f32 = -87.3;
        // Adding 1.5·2^23 rounds to the nearest integer, which then stands in the last bits.
        const MAGIC: f32 = 12_582_912.0;
        let x = self;
        let shifted = x.times_plus(F32x4::splat(std::f32::consts::LOG2_E), F32x4::splat(MAGIC));
        let n = shifted.plus(F32x4::splat(-MAGIC));
        let r = n.times_plus(F32x4::splat(2.121_944_4e-4), n.times_plus(F32x4::splat(-0.693_359_4), x));
        let mut p = F32x4::splat(1.987_569_1e-4);
        for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
            p = p.times_plus(r, F32x4::splat(coefficient));
        }
        let y = p.times(r).times_plus(r, r).plus(F32x4::splat(1.0));
        y.times(shifted.power_of_two()).unless_less(self, LEAST)
    }
}

/// The products of a sliver of four rows and one of eight columns, depth after depth, held in registers.
#[inline(always)]
pub fn tile(a: &[f32], b: &[f32]) -> [Eight; 4] {
    let mut tile = [[F32x4::splat(0.0); 2]; 4];
    for (a, b) in a.as_chunks::<4>().0.iter().zip(b.as_chunks::<4>().0.as_chunks::<2>().0) {
        let b = b.map(F32x4::of);
        for (sums, &x) in tile.iter_mut().zip(a) {
            let x = F32x4::splat(x);
            sums[0] = x.times_plus(b[0], sums[0]);
            sums[1] = x.times_plus(b[1], sums[1]);
        }
    }
    tile.map(joined)
}

#[inline]
pub fn add_eight(out: &mut Eight, sums: &Eight) {
    let ([a, b], [c, d]) = (halves(out), halves(sums));
    *out = joined([a.plus(c), b.plus(d)]);
}

/// Puts cell i of row r at `i · step + r`. The rows are of one length.
#[inline]
pub fn interleave(rows: [&[f32]; 4], target: &mut [f32], step: usize) {
    let [a, b, c, d] = rows.map(|row| row.as_chunks::<4>().0);
    for ((((a, b), c), d), target) in a.iter().zip(b).zip(c).zip(d).zip(target.chunks_mut(4 * step)) {
        let columns = transposed([*a, *b, *c, *d].map(F32x4::of));
        for (column, cells) in columns.into_iter().zip(target.chunks_mut(step)) {
            if let Some(cells) = cells.first_chunk_mut() {
                *cells = column.array();
            }
        }
    }
    let done = a.len() * 4;
    for i in done..rows[0].len() {
        (0..4).for_each(|r| target[i * step + r] = rows[r][i]);
    }
}

#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn transposed([a, b, c, d]: [F32x4; 4]) -> [F32x4; 4] {
    let (ab, cd) = (i32x4_shuffle::<0, 4, 1, 5>(a.0, b.0), i32x4_shuffle::<0, 4, 1, 5>(c.0, d.0));
    let (ef, gh) = (i32x4_shuffle::<2, 6, 3, 7>(a.0, b.0), i32x4_shuffle::<2, 6, 3, 7>(c.0, d.0));
    let halves = |x, y| [F32x4(i64x2_shuffle::<0, 2>(x, y)), F32x4(i64x2_shuffle::<1, 3>(x, y))];
    let ([p, q], [r, s]) = (halves(ab, cd), halves(ef, gh));
    [p, q, r, s]
}

#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
fn transposed(rows: [F32x4; 4]) -> [F32x4; 4] {
    std::array::from_fn(|i| F32x4(rows.map(|row| row.0[i])))
}

/// A type whose cells float32 holds exactly.
pub trait Narrow: Copy {
    fn wide(self) -> f32;

    /// Sixteen cells, in their order.
    #[inline(always)]
    fn sixteen(cells: &[Self; 16]) -> [F32x4; 4] {
        let wide = cells.map(Self::wide);
        let (fours, _) = wide.as_chunks::<4>();
        [fours[0], fours[1], fours[2], fours[3]].map(F32x4::of)
    }
}

impl Narrow for f32 {
    fn wide(self) -> f32 {
        self
    }
}

impl Narrow for bf16 {
    fn wide(self) -> f32 {
        f32::from_bits(u32::from(self.to_bits()) << 16)
    }

    #[cfg(target_arch = "wasm32")]
    #[inline(always)]
    fn sixteen(cells: &[bf16; 16]) -> [F32x4; 4] {
        eights(cells).map(|bits| F32x4(i32x4_shl(bits, 16)))
    }
}

impl Narrow for f16 {
    /// Without a branch.
    fn wide(self) -> f32 {
        let bits = u32::from(self.to_bits());
        let magnitude = bits & 0x7fff;
        let special = if magnitude > LARGEST_HALF { INFINITY } else { 0 };
        let finite = f32::from_bits(magnitude << 13) * MOVED_EXPONENT;
        f32::from_bits(finite.to_bits() | special | (bits & 0x8000) << 16)
    }

    #[cfg(target_arch = "wasm32")]
    #[inline(always)]
    fn sixteen(cells: &[f16; 16]) -> [F32x4; 4] {
        eights(cells).map(|bits| {
            let magnitude = v128_and(bits, i32x4_splat(0x7fff));
            let special = v128_and(i32x4_gt(magnitude, i32x4_splat(LARGEST_HALF as i32)), i32x4_splat(INFINITY as i32));
            let finite = f32x4_mul(i32x4_shl(magnitude, 13), f32x4_splat(MOVED_EXPONENT));
            let sign = i32x4_shl(v128_xor(bits, magnitude), 16);
            F32x4(v128_or(v128_or(finite, special), sign))
        })
    }
}

/// The bits of float16's largest number, and of float32's infinity.
const LARGEST_HALF: u32 = 0x7bff;
const INFINITY: u32 = 0x7f80_0000;
/// What a float16 is short of when its bits stand where those of a float32 do: 2^112.
const MOVED_EXPONENT: f32 = f32::from_bits((127 + 112) << 23);

impl Narrow for i8 {
    fn wide(self) -> f32 {
        self.into()
    }

    #[cfg(target_arch = "wasm32")]
    #[inline(always)]
    fn sixteen(cells: &[i8; 16]) -> [F32x4; 4] {
        let x = register(*cells);
        let (low, high) = (i16x8_extend_low_i8x16(x), i16x8_extend_high_i8x16(x));
        let [a, b] = [low, high].map(|x| (i32x4_extend_low_i16x8(x), i32x4_extend_high_i16x8(x)));
        [a.0, a.1, b.0, b.1].map(|x| F32x4(f32x4_convert_i32x4(x)))
    }
}

/// Sixteen cells of 16 bits as numbers of 32.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn eights<T: bytemuck::Pod>(cells: &[T; 16]) -> [v128; 4] {
    let (eights, _) = cells.as_chunks::<8>();
    let [a, b] = [eights[0], eights[1]].map(|x| register(x)).map(|x| (u32x4_extend_low_u16x8(x), u32x4_extend_high_u16x8(x)));
    [a.0, a.1, b.0, b.1]
}

/// Appends cells as float32.
#[inline(never)]
pub fn widen<T: Narrow>(cells: &[T], wide: &mut Vec<f32>) {
    let (chunks, rest) = cells.as_chunks::<16>();
    for chunk in chunks {
        wide.extend_from_slice(T::sixteen(chunk).map(F32x4::array).as_flattened());
    }
    wide.extend(rest.iter().map(|x| x.wide()));
}

#[inline(always)]
fn halves(x: &Eight) -> [F32x4; 2] {
    let [a, b, c, d, e, f, g, h] = *x;
    [F32x4::of([a, b, c, d]), F32x4::of([e, f, g, h])]
}

#[inline(always)]
fn joined([left, right]: [F32x4; 2]) -> Eight {
    let ([a, b, c, d], [e, f, g, h]) = (left.array(), right.array());
    [a, b, c, d, e, f, g, h]
}

/// x · y + z
#[inline]
pub fn product_sum(x: &Eight, y: &Eight, z: &Eight) -> Eight {
    let ([a, b], [c, d], [e, f]) = (halves(x), halves(y), halves(z));
    joined([a.times_plus(c, e), b.times_plus(d, f)])
}

/// Scores become exponentials relative to the largest so far, which are added to the total. Returns what everything
/// before shrinks by.
#[inline]
pub fn softmax_step(rows: &mut [Eight], most: &mut Eight, total: &mut Eight) -> Eight {
    let before = halves(most);
    let [mut left, mut right] = before;
    for row in rows.iter() {
        let [a, b] = halves(row);
        (left, right) = (left.or_larger(a), right.or_larger(b));
    }
    *most = joined([left, right]);
    // Where nothing was seen yet, exp(-inf - -inf) would be NaN.
    let shift = halves(&most.map(|x| if x == f32::NEG_INFINITY { 0.0 } else { -x }));
    let mut sums = [F32x4::splat(0.0); 2];
    for row in rows {
        let [a, b] = halves(row);
        let exponentials = [a.plus(shift[0]).exp(), b.plus(shift[1]).exp()];
        *row = joined(exponentials);
        sums = [sums[0].plus(exponentials[0]), sums[1].plus(exponentials[1])];
    }
    let shrink = [before[0].plus(shift[0]).exp(), before[1].plus(shift[1]).exp()];
    let [a, b] = halves(total);
    *total = joined([a.times_plus(shrink[0], sums[0]), b.times_plus(shrink[1], sums[1])]);
    joined(shrink)
}
