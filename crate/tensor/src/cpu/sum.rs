//! Sums in several lanes and in float64, so that a float32 sum is right to its last digit
//! whatever the number of terms, and independent of how it is split; and which of two numbers is larger.

use super::float::Float;

const LANES: usize = 8;

/// Σ f(x), accumulated in float64.
pub fn sum<F: Float>(x: &[F], f: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0f64; LANES];
    let chunks = x.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &x) in lanes.iter_mut().zip(chunk) {
            *lane += f(x.into());
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().map(|&x| f(x.into())).sum::<f64>()
}

/// The larger, NaN if either is.
pub fn larger<F: Float>(a: F, b: F) -> F {
    // `!(b <= a)` also takes a NaN b; a NaN a stays, since then `a == a` fails.
    if b <= a || a.is_nan() { a } else { b }
}
