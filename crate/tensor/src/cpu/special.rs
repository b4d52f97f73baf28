//! Functions that the standard library does not have, or not as fast as a row of a softmax wants.

#![allow(clippy::excessive_precision, reason = "coefficients stand here as they were published")]

use half::{bf16, f16};

use crate::DType;

pub fn is_half(dtype: DType) -> bool {
    matches!(dtype, DType::Float16 | DType::BFloat16)
}

/// A number rounded to a type of half precision; to a wider one it is left as it is.
pub fn rounded(x: f64, dtype: DType) -> f64 {
    match dtype {
        DType::Float16 => f16::from_f64(x).to_f64(),
        DType::BFloat16 => bf16::from_f64(x).to_f64(),
        _ => x,
    }
}

/// exp(x) in float32 without a branch, within 1 unit in the last place of the true value: to the bit what PyTorch's
/// softmax takes (SLEEF's `expf` of that accuracy: reduction by multiples of ln 2 in two parts, then a polynomial).
///
/// Underflows to 0 below -103.97, overflows to infinity above 88.7, keeps NaN.
pub fn exp_f32(x: f32) -> f32 {
    let clamped = if x < -104.0 { -104.0 } else { x };
    let clamped = if clamped > 89.0 { 89.0 } else { clamped };
    // Adding and subtracting 1.5·2^23 rounds to the nearest integer without a call.
    let n = (clamped * std::f32::consts::LOG2_E + MAGIC) - MAGIC;
    let r = fused(n, -LN2_LOW, fused(n, -LN2_HIGH, clamped));
    let mut p = EXP[0];
    for coefficient in &EXP[1..] {
        p = fused(p, r, *coefficient);
    }
    let p = 1.0 + fused(r * r, p, r);
    // 2^n in two factors, so that neither leaves the range of normal numbers.
    let half = (n as i32) >> 1;
    let rest = (n as i32) - half;
    let scale = |e: i32| f32::from_bits(((e + 127) as u32) << 23);
    let y = p * scale(half) * scale(rest);
    if x.is_nan() { x } else { y }
}

/// ln 2 in two parts, the polynomial's coefficients, and 1.5·2^23.
pub const LN2_HIGH: f32 = 0.693_145_751_953_125;
pub const LN2_LOW: f32 = 1.428_606_765_330_187e-6;
pub const EXP: [f32; 6] = [1.985_276_2e-4, 1.393_043_6e-3, 8.333_361e-3, 4.166_648_5e-2, 1.666_666_7e-1, 0.5];
pub const MAGIC: f32 = 12_582_912.0;

/// a · b + c in one rounding. The product is exact in float64; `mul_add` would be a call where the processor's
/// instruction may not be assumed, and has no vector form in WebAssembly.
fn fused(a: f32, b: f32, c: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(c)) as f32
}

/// The error function to float64's precision (W. J. Cody, "Rational Chebyshev approximations for the
/// error function", Math. Comp. 23, 1969): three ranges of |x|.
pub fn erf(x: f64) -> f64 {
    let y = x.abs();
    if y <= 0.46875 {
        const A: [f64; 5] =
            [3.161_123_743_870_565_6, 113.864_154_151_050_16, 377.485_237_685_302, 3_209.377_589_138_469_5, 0.185_777_706_184_603_15];
        const B: [f64; 4] = [23.601_290_952_344_122, 244.024_637_934_444_17, 1_282.616_526_077_372_3, 2_844.236_833_439_171];
        let z = if y > 1.11e-16 { y * y } else { 0.0 };
        let (mut top, mut bottom) = (A[4] * z, z);
        for i in 0..3 {
            top = (top + A[i]) * z;
            bottom = (bottom + B[i]) * z;
        }
        return x * (top + A[3]) / (bottom + B[3]);
    }
    let complement = erfc_above(y);
    if x.is_nan() {
        x
    } else if x < 0.0 {
        complement - 1.0
    } else {
        1.0 - complement
    }
}

/// 1 - erf(x), without loss where erf(x) is near 1.
pub fn erfc(x: f64) -> f64 {
    if x.abs() <= 0.46875 {
        1.0 - erf(x)
    } else if x < 0.0 {
        2.0 - erfc_above(-x)
    } else {
        erfc_above(x)
    }
}

/// erfc for y > 0.46875.
fn erfc_above(y: f64) -> f64 {
    const C: [f64; 9] = [
        0.564_188_496_988_670_09,
        8.883_149_794_388_375_9,
        66.119_190_637_141_63,
        298.635_138_197_400_13,
        881.952_221_241_769_09,
        1_712.047_612_634_070_6,
        2_051.078_377_826_071_5,
        1_230.339_354_797_997_2,
        2.153_115_354_744_038_3e-8,
    ];
    const D: [f64; 8] = [
        15.744_926_110_709_835,
        117.693_950_891_312_4,
        537.181_101_862_009_86,
        1_621.389_574_566_690_2,
        3_290.799_235_733_459_7,
        4_362.619_090_143_247,
        3_439.367_674_143_721_6,
        1_230.339_354_803_749_4,
    ];
    const P: [f64; 6] = [
        0.305_326_634_961_232_36,
        0.360_344_899_949_804_45,
        0.125_781_726_111_229_26,
        0.016_083_785_148_742_275,
        6.587_491_615_298_378e-4,
        0.016_315_387_137_302_097,
    ];
    const Q: [f64; 5] =
        [2.568_520_192_289_822, 1.872_952_849_923_460_4, 0.527_905_102_951_428_4, 0.060_518_341_312_441_32, 0.002_335_204_976_268_691_8];
    if y.is_nan() {
        return y;
    }
    if y > 26.6 {
        return 0.0;
    }
    let fraction = if y <= 4.0 {
        let (mut top, mut bottom) = (C[8] * y, y);
        for i in 0..7 {
            top = (top + C[i]) * y;
            bottom = (bottom + D[i]) * y;
        }
        (top + C[7]) / (bottom + D[7])
    } else {
        let z = 1.0 / (y * y);
        let (mut top, mut bottom) = (P[5] * z, z);
        for i in 0..4 {
            top = (top + P[i]) * z;
            bottom = (bottom + Q[i]) * z;
        }
        let tail = z * (top + P[4]) / (bottom + Q[4]);
        (0.564_189_583_547_756_3 - tail) / y
    };
    // exp(-y²) in two factors, as y² alone would lose its last digits.
    let coarse = (y * 16.0).trunc() / 16.0;
    let rest = (y - coarse) * (y + coarse);
    (-coarse * coarse).exp() * (-rest).exp() * fraction
}
