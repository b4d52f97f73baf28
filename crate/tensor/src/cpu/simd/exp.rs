//! exp in float32, to the bit what `special::exp_f32` gives of each number, where the processor adds a product in one
//! rounding and where it does not.

#[cfg(target_arch = "wasm32")]
use std::arch::wasm32::*;

#[cfg(target_arch = "wasm32")]
use super::F32x4;
use crate::cpu::special::exp_f32;

/// Every number becomes its exponential.
pub fn exp_all(numbers: &mut [f32]) {
    #[cfg(target_arch = "wasm32")]
    let numbers = {
        let (fours, rest) = numbers.as_chunks_mut::<4>();
        if is_fused() {
            fours.iter_mut().for_each(|four| *four = F32x4(exp::<F32x4>(super::register(*four))).array());
        } else {
            fours.iter_mut().for_each(|four| *four = F32x4(exp::<Wide>(super::register(*four))).array());
        }
        rest
    };
    numbers.iter_mut().for_each(|x| *x = exp_f32(*x));
}

/// Four numbers in which a product is added and rounded once.
#[cfg(target_arch = "wasm32")]
trait Fused: Copy {
    fn of(x: v128) -> Self;
    fn splat(x: f32) -> Self;
    fn narrow(self) -> v128;
    /// self · other + sum
    fn fused(self, other: Self, sum: Self) -> Self;
}

/// As the processor does it.
#[cfg(target_arch = "wasm32")]
impl Fused for F32x4 {
    #[inline(always)]
    fn of(x: v128) -> F32x4 {
        F32x4(x)
    }

    #[inline(always)]
    fn splat(x: f32) -> F32x4 {
        F32x4::splat(x)
    }

    #[inline(always)]
    fn narrow(self) -> v128 {
        self.0
    }

    #[inline(always)]
    fn fused(self, other: F32x4, sum: F32x4) -> F32x4 {
        self.times_plus(other, sum)
    }
}

/// Whether [`F32x4::times_plus`] rounds once: then (1 + 2⁻¹²)² keeps its last bit.
#[cfg(target_arch = "wasm32")]
fn is_fused() -> bool {
    let x = F32x4::splat(std::hint::black_box(1.0 + 1.0 / 4096.0));
    x.times_plus(x, F32x4::splat(-1.0 - 1.0 / 2048.0)).array()[0] != 0.0
}

/// In float64, in two registers: a product is exact there, and a sum with it rounded to float32.
#[cfg(target_arch = "wasm32")]
#[derive(Clone, Copy)]
struct Wide(v128, v128);

#[cfg(target_arch = "wasm32")]
impl Fused for Wide {
    #[inline(always)]
    fn of(x: v128) -> Wide {
        Wide(f64x2_promote_low_f32x4(x), f64x2_promote_low_f32x4(i64x2_shuffle::<1, 1>(x, x)))
    }

    #[inline(always)]
    fn splat(x: f32) -> Wide {
        Wide(f64x2_splat(x.into()), f64x2_splat(x.into()))
    }

    #[inline(always)]
    fn narrow(self) -> v128 {
        i64x2_shuffle::<0, 2>(f32x4_demote_f64x2_zero(self.0), f32x4_demote_f64x2_zero(self.1))
    }

    #[inline(always)]
    fn fused(self, other: Wide, sum: Wide) -> Wide {
        let one = |a, b, c| f64x2_promote_low_f32x4(f32x4_demote_f64x2_zero(f64x2_add(f64x2_mul(a, b), c)));
        Wide(one(self.0, other.0, sum.0), one(self.1, other.1, sum.1))
    }
}

#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn exp<N: Fused>(x: v128) -> v128 {
    use crate::cpu::special::{EXP, LN2_HIGH, LN2_LOW, MAGIC};
    let clamped = f32x4_pmin(f32x4_pmax(x, f32x4_splat(-104.0)), f32x4_splat(89.0));
    let magic = f32x4_splat(MAGIC);
    let n = f32x4_sub(f32x4_add(f32x4_mul(clamped, f32x4_splat(std::f32::consts::LOG2_E)), magic), magic);
    let wide = N::of(n);
    let r = wide.fused(N::splat(-LN2_LOW), wide.fused(N::splat(-LN2_HIGH), N::of(clamped)));
    let mut p = N::splat(EXP[0]);
    for coefficient in &EXP[1..] {
        p = p.fused(r, N::splat(*coefficient));
    }
    let square = r.fused(r, N::splat(0.0));
    let p = f32x4_add(f32x4_splat(1.0), square.fused(p, r).narrow());
    // 2^n in two factors, so that neither leaves the range of normal numbers.
    let n = i32x4_trunc_sat_f32x4(n);
    let half = i32x4_shr(n, 1);
    let power = |e| i32x4_shl(i32x4_add(e, i32x4_splat(127)), 23);
    let y = f32x4_mul(f32x4_mul(p, power(half)), power(i32x4_sub(n, half)));
    v128_bitselect(x, y, f32x4_ne(x, x))
}
