//! Operators of two numbers, with PyTorch's rules for signs, zeros and NaN.

use super::element::{Compute, by_float};
use super::float::Float;
use super::elementwise::{Math, zip};
use crate::ops::binary::Operator;
use crate::ops::{Spec, View};
use crate::{DType, Error, Result, Values};

/// `operator` of every pair of cells, broadcast to the output's shape.
pub fn binary(operator: Operator, a: &View<'_>, b: &View<'_>, output: &Spec) -> Result<Values> {
    let dtype = a.values.dtype();
    if dtype.is_float() {
        if dtype != DType::Float64
            && let Some(results) = in_lanes(operator, a, b, &output.shape)?
        {
            return Ok(f32::store(results, output.dtype));
        }
        by_float!(dtype, F => {
            let (x, y) = (F::read(a)?, F::read(b)?);
            let (x, y) = ((&*x, &*a.layout.shape), (&*y, &*b.layout.shape));
            if operator.compares() {
                Ok(Values::Bool(zip(x, y, &output.shape, comparison(operator))))
            } else if let (Operator::Pow, [exponent]) = (operator, y.0)
                && let Some(powers) = powers(x.0, *exponent)
            {
                Ok(F::store(powers, output.dtype))
            } else {
                Ok(F::store(zip(x, y, &output.shape, float(operator)), output.dtype))
            }
        })
    } else {
        let (x, y) = (i64::read(a)?, i64::read(b)?);
        let (x, y) = ((&*x, &*a.layout.shape), (&*y, &*b.layout.shape));
        if operator.compares() {
            return Ok(Values::Bool(zip(x, y, &output.shape, comparison(operator))));
        }
        let divides = matches!(operator, Operator::FloorDiv | Operator::Remainder | Operator::Div);
        if divides && !output.shape.contains(&0) && y.0.contains(&0) {
            return Err(Error::Runtime("ZeroDivisionError".into()));
        }
        Ok(i64::store(zip(x, y, &output.shape, &*integer(operator, dtype)), output.dtype))
    }
}

/// The operators that run in SIMD lanes, float32 alone: a loop is compiled for each. All others go through a pointer,
/// one loop for all operators of a type.
fn in_lanes(operator: Operator, a: &View<'_>, b: &View<'_>, shape: &[usize]) -> Result<Option<Vec<f32>>> {
    let (x, y) = (f32::read(a)?, f32::read(b)?);
    let (x, y) = ((&*x, &*a.layout.shape), (&*y, &*b.layout.shape));
    Ok(Some(match operator {
        Operator::Add => zip(x, y, shape, |x, y| x + y),
        Operator::Sub => zip(x, y, shape, |x, y| x - y),
        Operator::Mul => zip(x, y, shape, |x, y| x * y),
        Operator::Div => zip(x, y, shape, |x, y| x / y),
        _ => return Ok(None),
    }))
}

/// The exponents of norms and schedules, exact and without a call.
fn powers<F: Math>(x: &[F], exponent: F) -> Option<Vec<F>> {
    let power: fn(F) -> F = match exponent.wide() {
        2.0 => |x| x * x,
        3.0 => |x| x * x * x,
        0.5 => Float::sqrt,
        _ => return None,
    };
    Some(x.iter().map(|&x| power(x)).collect())
}

fn comparison<T: PartialOrd>(operator: Operator) -> fn(T, T) -> bool {
    match operator {
        Operator::Eq => |x, y| x == y,
        Operator::Ne => |x, y| x != y,
        Operator::Lt => |x, y| x < y,
        Operator::Le => |x, y| x <= y,
        Operator::Gt => |x, y| x > y,
        _ => |x, y| x >= y,
    }
}

fn float<F: Math>(operator: Operator) -> fn(F, F) -> F {
    match operator {
        Operator::Add => |x, y| x + y,
        Operator::Sub => |x, y| x - y,
        Operator::Mul => |x, y| x * y,
        Operator::Div => |x, y| x / y,
        Operator::FloorDiv => floor_div,
        Operator::Remainder => remainder,
        Operator::Pow => F::powf,
        // A comparison with NaN is false: `x + y` is NaN if either is.
        Operator::Maximum => |x, y| if x > y { x } else if y >= x { y } else { x + y },
        Operator::Minimum => |x, y| if x < y { x } else if y <= x { y } else { x + y },
        // Atan2; bit operators and comparisons do not come here.
        _ => F::atan2,
    }
}

/// Python's `//`: the floor of the quotient, corrected where the rounded quotient is off by one
/// (c10/util/generic_math.h, `div_floor_floating`).
fn floor_div<F: Math>(a: F, b: F) -> F {
    if b == F::ZERO {
        return a / b;
    }
    let rest = a.fmod(b);
    let mut quotient = (a - rest) / b;
    if rest != F::ZERO && (b < F::ZERO) != (rest < F::ZERO) {
        quotient = quotient - F::ONE;
    }
    if quotient == F::ZERO {
        return F::ZERO.copysign(a / b);
    }
    let floor = quotient.floor();
    if quotient - floor > F::of(0.5) { floor + F::ONE } else { floor }
}

/// Python's `%`: the sign of the divisor.
fn remainder<F: Math>(a: F, b: F) -> F {
    let rest = a.fmod(b);
    if rest != F::ZERO && (b < F::ZERO) != (rest < F::ZERO) { rest + b } else { rest }
}

/// Divisors have been found not to be zero.
fn integer(operator: Operator, dtype: DType) -> Box<dyn Fn(i64, i64) -> i64> {
    let bits = dtype.size() as i64 * 8;
    let shifts = move |n: i64| (0..bits).contains(&n);
    match operator {
        Operator::Add if dtype == DType::Bool => Box::new(|x, y| x | y),
        Operator::Add => Box::new(i64::wrapping_add),
        Operator::Sub => Box::new(i64::wrapping_sub),
        Operator::Mul => Box::new(i64::wrapping_mul),
        Operator::Div | Operator::FloorDiv => Box::new(|x, y| {
            let quotient = x.wrapping_div(y);
            let inexact = x.wrapping_rem(y) != 0 && (x < 0) != (y < 0);
            quotient - i64::from(inexact)
        }),
        Operator::Remainder => Box::new(|x, y| {
            let rest = x.wrapping_rem(y);
            if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }
        }),
        Operator::Pow => Box::new(power),
        Operator::Maximum => Box::new(|x, y| x.max(y)),
        Operator::Minimum => Box::new(|x, y| x.min(y)),
        Operator::BitAnd => Box::new(|x, y| x & y),
        Operator::BitOr => Box::new(|x, y| x | y),
        Operator::BitXor => Box::new(|x, y| x ^ y),
        // A shift by the width or more, or by less than nothing, leaves no bit (the sign bit, to the right).
        Operator::ShiftLeft => Box::new(move |x, y| if shifts(y) { x << y } else { 0 }),
        _ => Box::new(move |x, y| x >> if shifts(y) { y } else { 63 }),
    }
}

/// Repeated squaring, wrapping. A negative exponent gives 0 but for the bases 1 and -1
/// (aten/src/ATen/native/Pow.h, `powi`).
fn power(base: i64, exponent: i64) -> i64 {
    if exponent < 0 {
        return match base {
            1 => 1,
            -1 if exponent % 2 == 0 => 1,
            -1 => -1,
            _ => 0,
        };
    }
    let (mut result, mut base, mut exponent) = (1i64, base, exponent);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result.wrapping_mul(base);
        }
        base = base.wrapping_mul(base);
        exponent >>= 1;
    }
    result
}
