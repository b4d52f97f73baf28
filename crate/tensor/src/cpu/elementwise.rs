//! Cell-by-cell loops, and the functions that they apply.

use super::element::{Compute, by_float, cells};
use super::float::Float;
use super::special::{erf, erfc};
use crate::layout::contiguous_strides;
use crate::ops::View;
use crate::ops::unary::Function;
use crate::{DType, Layout, Result, Values};

/// `function` of every cell, in row-major order.
pub fn unary(function: Function, input: &View<'_>, output: DType) -> Result<Values> {
    let from = input.values.dtype();
    if function.is_predicate() {
        return predicate(function, input);
    }
    if !output.is_float() {
        return integer(function, input, output);
    }
    by_float!(if from == DType::Float64 { from } else { output }, F => {
        let x = F::read(input)?;
        Ok(F::store(float(function, &x), output))
    })
}

/// Applies `f` to pairs of cells, broadcasting, into row-major order.
pub fn zip<A: Copy, R>(a: (&[A], &[usize]), b: (&[A], &[usize]), shape: &[usize], f: impl Fn(A, A) -> R) -> Vec<R> {
    let n = shape.iter().product();
    if a.0.len() == n && b.0.len() == n {
        return a.0.iter().zip(b.0).map(|(&x, &y)| f(x, y)).collect();
    }
    if let ([x], true) = (a.0, b.0.len() == n) {
        return b.0.iter().map(|&y| f(*x, y)).collect();
    }
    if let ([y], true) = (b.0, a.0.len() == n) {
        return a.0.iter().map(|&x| f(x, *y)).collect();
    }
    let mut results = Vec::with_capacity(n);
    let (rows_a, rows_b) = (broadcast(a.1, shape), broadcast(b.1, shape));
    let inner = shape.last().copied().unwrap_or(1);
    let (step_a, step_b) = (rows_a.inner, rows_b.inner);
    for (i, j) in rows_a.starts.iter().zip(&rows_b.starts) {
        match (step_a, step_b) {
            (0, _) => {
                let x = a.0[*i];
                let y = &b.0[*j..*j + if step_b == 0 { 1 } else { inner }];
                if step_b == 0 {
                    results.extend((0..inner).map(|_| f(x, y[0])));
                } else {
                    results.extend(y.iter().map(|&y| f(x, y)));
                }
            }
            (_, 0) => {
                let y = b.0[*j];
                results.extend(a.0[*i..*i + inner].iter().map(|&x| f(x, y)));
            }
            _ => results.extend(a.0[*i..*i + inner].iter().zip(&b.0[*j..*j + inner]).map(|(&x, &y)| f(x, y))),
        }
    }
    results
}

/// How the rows of a row-major operand are walked when it is broadcast: where each starts, and the step within it.
pub struct Rows {
    pub starts: Vec<usize>,
    pub inner: usize,
}

/// The rows of a row-major operand of shape `from` that is broadcast to `to`.
pub fn broadcast(from: &[usize], to: &[usize]) -> Rows {
    let layout = Layout { shape: from.to_vec(), strides: contiguous_strides(from), offset: 0 };
    match layout.expand(to) {
        Some(mut wide) if wide.numel() > 0 => {
            wide.shape.pop();
            let inner = wide.strides.pop().unwrap_or(0) as usize;
            Rows { starts: wide.positions().collect(), inner }
        }
        _ => Rows { starts: Vec::new(), inner: 0 },
    }
}

fn predicate(function: Function, input: &View<'_>) -> Result<Values> {
    let from = input.values.dtype();
    if !from.is_float() {
        let x = i64::read(input)?;
        return Ok(Values::Bool(match function {
            Function::LogicalNot => x.iter().map(|&x| x == 0).collect(),
            Function::IsFinite => vec![true; x.len()],
            _ => vec![false; x.len()],
        }));
    }
    by_float!(from, F => {
        let x = F::read(input)?;
        let x = x.iter();
        Ok(Values::Bool(match function {
            Function::IsNan => x.map(|x| x.is_nan()).collect(),
            Function::IsInf => x.map(|x| x.is_infinite()).collect(),
            Function::IsFinite => x.map(|x| x.is_finite()).collect(),
            _ => x.map(|&x| x == 0.0).collect(),
        }))
    })
}

fn integer(function: Function, input: &View<'_>, output: DType) -> Result<Values> {
    if input.values.dtype() == DType::Bool && function == Function::BitwiseNot {
        return Ok(Values::Bool(cells::<bool>(input)?.iter().map(|&x| !x).collect()));
    }
    let x = i64::read(input)?;
    let x = x.iter();
    let results = match function {
        Function::Neg => x.map(|x| x.wrapping_neg()).collect(),
        Function::Abs => x.map(|x| x.wrapping_abs()).collect(),
        Function::Sign => x.map(|x| x.signum()).collect(),
        Function::Square => x.map(|x| x.wrapping_mul(*x)).collect(),
        Function::Relu => x.map(|&x| x.max(0)).collect(),
        Function::BitwiseNot => x.map(|x| !x).collect(),
        // Floor, ceil, round and trunc leave integers as they are.
        _ => x.copied().collect(),
    };
    Ok(i64::store(results, output))
}

fn float<F: Math>(function: Function, x: &[F]) -> Vec<F> {
    let map = |f: fn(F) -> F| x.iter().map(|&x| f(x)).collect::<Vec<F>>();
    match function {
        // Written out where the loop runs in SIMD lanes; the rest cost a call per cell anyway.
        Function::Neg => x.iter().map(|&x| -x).collect(),
        Function::Abs => x.iter().map(|&x| x.abs()).collect(),
        Function::Sqrt => x.iter().map(|&x| x.sqrt()).collect(),
        Function::Rsqrt => x.iter().map(|&x| F::ONE / x.sqrt()).collect(),
        Function::Reciprocal => x.iter().map(|&x| F::ONE / x).collect(),
        Function::Square => x.iter().map(|&x| x * x).collect(),
        Function::Relu => x.iter().map(|&x| if x < F::ZERO { F::ZERO } else { x }).collect(),
        Function::Sign => map(|x| if x > F::ZERO { F::ONE } else if x < F::ZERO { -F::ONE } else { F::ZERO }),
        Function::Floor => map(F::floor),
        Function::Ceil => map(F::ceil),
        Function::Round => map(F::round_even),
        Function::Trunc => map(F::trunc),
        Function::Exp => map(Float::exp),
        Function::Exp2 => map(|x| F::through_f64(x, f64::exp2)),
        Function::Expm1 => map(|x| F::through_f64(x, f64::exp_m1)),
        Function::Log => map(Float::ln),
        Function::Log2 => map(|x| F::through_f64(x, f64::log2)),
        Function::Log10 => map(|x| F::through_f64(x, f64::log10)),
        Function::Log1p => map(|x| F::through_f64(x, f64::ln_1p)),
        Function::Sin => map(|x| F::through_f64(x, f64::sin)),
        Function::Cos => map(|x| F::through_f64(x, f64::cos)),
        Function::Tan => map(|x| F::through_f64(x, f64::tan)),
        Function::Tanh => map(|x| F::through_f64(x, f64::tanh)),
        // x / (1 + e^y), where y is -x but for the last.
        Function::Sigmoid | Function::Silu | Function::GeluTanh => {
            let mut results: Vec<F> = match function {
                Function::GeluTanh => x.iter().map(|&x| F::through_f64(x, gelu_tanh_exponent)).collect(),
                _ => x.iter().map(|&x| -x).collect(),
            };
            F::exp_all(&mut results, F::ZERO);
            let top = |x| if function == Function::Sigmoid { F::ONE } else { x };
            results.iter_mut().zip(x).for_each(|(e, &x)| *e = top(x) / (F::ONE + *e));
            results
        }
        // + 0 as PyTorch's float32 has no negative zero here.
        Function::Gelu => map(|x| F::through_f64(x, |x| 0.5 * x * erfc(-x * std::f64::consts::FRAC_1_SQRT_2)) + F::ZERO),
        Function::Softplus => map(|x| F::through_f64(x, |x| if x > 20.0 { x } else { x.exp().ln_1p() })),
        Function::Erf => map(|x| F::through_f64(x, erf)),
        // Predicates and bit operations do not give floats: the rule sends them elsewhere.
        Function::LogicalNot | Function::BitwiseNot | Function::IsNan | Function::IsInf | Function::IsFinite => x.to_vec(),
    }
}

/// What [`Function::GeluTanh`] takes e to the power of: 0.5 · (1 + tanh(z)) is 1 / (1 + e^(-2z)), which keeps its digits
/// where tanh is near -1.
fn gelu_tanh_exponent(x: f64) -> f64 {
    -2.0 * (2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)
}

/// What only elementwise functions ask of a float.
pub trait Math: Float {
    fn abs(self) -> Self;
    fn floor(self) -> Self;
    fn ceil(self) -> Self;
    fn trunc(self) -> Self;
    fn round_even(self) -> Self;
    fn powf(self, exponent: Self) -> Self;
    fn atan2(self, x: Self) -> Self;
    /// The remainder with the sign of the dividend, as C's `fmod`.
    fn fmod(self, divisor: Self) -> Self;
    fn copysign(self, sign: Self) -> Self;

    /// Computes in float64 and rounds once, which gives float32 its nearest value but for one case in many millions.
    fn through_f64(x: Self, f: impl Fn(f64) -> f64) -> Self {
        Self::of(f(x.into()))
    }
}

macro_rules! math {
    ($($type:ty),*) => {$(
        impl Math for $type {
            fn abs(self) -> Self { <$type>::abs(self) }
            fn floor(self) -> Self { <$type>::floor(self) }
            fn ceil(self) -> Self { <$type>::ceil(self) }
            fn trunc(self) -> Self { <$type>::trunc(self) }
            fn round_even(self) -> Self { <$type>::round_ties_even(self) }
            fn powf(self, exponent: Self) -> Self { <$type>::of(f64::from(self).powf(f64::from(exponent))) }
            fn atan2(self, x: Self) -> Self { <$type>::atan2(self, x) }
            fn fmod(self, divisor: Self) -> Self { self % divisor }
            fn copysign(self, sign: Self) -> Self { <$type>::copysign(self, sign) }
        }
    )*};
}
math!(f32, f64);
