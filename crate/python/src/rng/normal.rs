//! Normal samples in blocks of 16, as PyTorch computes them with eight-wide vectors.
//!
//! The logarithm, sine and cosine are Cephes' single precision ones (S. Moshier), because PyTorch's last bit is theirs:
//! a library's better-rounded functions print other digits now and then.

use super::fused;

/// The samples of one block: eight pairs.
pub(super) const BLOCK: usize = 16;

/// Box and Muller's transform in place: sample `i` and `i + 8` come from uniforms `i` and `i + 8`.
pub(super) fn normals_from_uniforms(block: &mut [f32; BLOCK], mean: f32, std: f32) {
    let (first, second) = block.split_at_mut(BLOCK / 2);
    for (first, second) in first.iter_mut().zip(second) {
        // [0, 1) becomes (0, 1], where the logarithm is finite.
        let radius = (-2.0 * ln(1.0 - *first)).sqrt();
        let (sin, cos) = sin_cos(std::f32::consts::TAU * *second);
        *first = fused(radius * cos, std, mean);
        *second = fused(radius * sin, std, mean);
    }
}

/// The same in float64, where PyTorch calls the library's functions.
pub(super) fn normals_from_uniforms_f64(block: &mut [f64; BLOCK], mean: f64, std: f64) {
    let (first, second) = block.split_at_mut(BLOCK / 2);
    for (first, second) in first.iter_mut().zip(second) {
        let radius = (-2.0 * (1.0 - *first).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * *second).sin_cos();
        *first = (radius * cos).mul_add(std, mean);
        *second = (radius * sin).mul_add(std, mean);
    }
}

/// Cephes' `logf` for a normal x > 0: x = m 2^e with sqrt(1/2) <= m < sqrt(2), and a polynomial in m - 1.
fn ln(x: f32) -> f32 {
    let mut exponent = ((x.to_bits() >> 23) as i32 - 126) as f32;
    let mut m = f32::from_bits(x.to_bits() & 0x007f_ffff | 0x3f00_0000);
    if m < std::f32::consts::FRAC_1_SQRT_2 {
        exponent -= 1.0;
        m = (m - 1.0) + m;
    } else {
        m -= 1.0;
    }
    let square = m * m;
    let p = polynomial(
        m,
        [
            7.037_683_6e-2,
            -1.151_461e-1,
            1.167_699_84e-1,
            -1.242_014_1e-1,
            1.424_932_3e-1,
            -1.666_805_7e-1,
            2.000_071_4e-1,
            -2.499_999_4e-1,
            3.333_333e-1,
        ],
    );
    // ln 2 in two parts, the larger one exact in few bits.
    let tail = fused(p * m, square, exponent * -2.121_944_4e-4) - square * 0.5;
    fused(exponent, 0.693_359_4, m + tail)
}

/// Cephes' `sinf` and `cosf` for 0 <= x < 8192: the octant, the rest modulo pi/4 in three parts, two polynomials.
fn sin_cos(x: f32) -> (f32, f32) {
    let octant = ((x * (4.0 * std::f32::consts::FRAC_1_PI)) as i32 + 1) & !1;
    let y = octant as f32;
    let rest = fused(
        y,
        -3.774_895e-8,
        fused(y, -2.418_756_5e-4, fused(y, -0.785_156_25, x)),
    );
    let z = rest * rest;
    let c = polynomial(z, [2.443_315_8e-5, -1.388_731_6e-3, 4.166_664_6e-2]);
    let cos = fused(c * z, z, -(z * 0.5)) + 1.0;
    let s = polynomial(z, [-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1]);
    let sin = fused(s * z, rest, rest);

    let (sin, cos) = if octant & 2 == 0 {
        (sin, cos)
    } else {
        (cos, sin)
    };
    let sin = if octant & 4 == 0 { sin } else { -sin };
    let cos = if (octant - 2) & 4 == 0 { -cos } else { cos };
    (sin, cos)
}

/// Horner's rule, coefficients from the highest power down.
fn polynomial<const N: usize>(x: f32, coefficients: [f32; N]) -> f32 {
    coefficients
        .into_iter()
        .reduce(|sum, coefficient| fused(sum, x, coefficient))
        .unwrap_or_default()
}
