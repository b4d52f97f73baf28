//! exp in float32, to the bit what `special::exp_f32` gives of each number.

#[cfg(target_arch = "wasm32")]
use std::arch::wasm32::*;

#[cfg(target_arch = "wasm32")]
use super::F32x4;
use crate::cpu::special::exp_f32;

/// Every number becomes the exponential of what it is more than `less`.
pub fn exp_all(numbers: &mut [f32], less: f32) {
    #[cfg(target_arch = "wasm32")]
    let numbers = if is_fused() {
        let (fours, rest) = numbers.as_chunks_mut::<4>();
        fours.iter_mut().for_each(|four| *four = exp(F32x4::of(*four).plus(F32x4::splat(-less))).array());
        rest
    } else {
        // Through float64, where a product is exact, four at a time are as slow as one by one.
        numbers
    };
    numbers.iter_mut().for_each(|x| *x = exp_f32(*x - less));
}

/// Whether [`F32x4::times_plus`] rounds once: then (1 + 2⁻¹²)² keeps its last bit.
#[cfg(target_arch = "wasm32")]
fn is_fused() -> bool {
    let x = F32x4::splat(std::hint::black_box(1.0 + 1.0 / 4096.0));
    x.times_plus(x, F32x4::splat(-1.0 - 1.0 / 2048.0)).array()[0] != 0.0
}

/// `exp_f32` of four.
#[cfg(target_arch = "wasm32")]
#[inline(always)]
fn exp(x: F32x4) -> F32x4 {
    use crate::cpu::special::{EXP, LN2_HIGH, LN2_LOW, MAGIC};
    let splat = F32x4::splat;
    let clamped = F32x4(f32x4_pmin(f32x4_pmax(x.0, f32x4_splat(-104.0)), f32x4_splat(89.0)));
    let n = clamped.times(splat(std::f32::consts::LOG2_E)).plus(splat(MAGIC)).plus(splat(-MAGIC));
    let r = n.times_plus(splat(-LN2_LOW), n.times_plus(splat(-LN2_HIGH), clamped));
    let mut p = splat(EXP[0]);
    for coefficient in &EXP[1..] {
        p = p.times_plus(r, splat(*coefficient));
    }
    let p = splat(1.0).plus(r.times(r).times_plus(p, r));
    // 2^n in two factors, so that neither leaves the range of normal numbers.
    let n = i32x4_trunc_sat_f32x4(n.0);
    let half = i32x4_shr(n, 1);
    let power = |e| F32x4(i32x4_shl(i32x4_add(e, i32x4_splat(127)), 23));
    let y = p.times(power(half)).times(power(i32x4_sub(n, half)));
    F32x4(v128_bitselect(x.0, y.0, f32x4_ne(x.0, x.0)))
}
