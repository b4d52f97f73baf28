//! Operators of two numbers, with PyTorch's rules for signs, zeros and NaN.

use super::element::{Compute, by_float};
use super::elementwise::{Math, zip};
use crate::ops::binary::Operator;
use crate::ops::{Spec, View};
use crate::{DType, Error, Result, Values};

/// `operator` of every pair of cells, broadcast to the output's shape.
pub fn binary(operator: Operator, a: &View<'_>, b: &View<'_>, output: &Spec) -> Result<Values> {
    let dtype = a.values.dtype();
    if dtype.is_float() {
        by_float!(dtype, F => {
            let (x, y) = (F::read(a)?, F::read(b)?);
            let (x, y) = ((&*x, &*a.layout.shape), (&*y, &*b.layout.shape));
            if operator.compares() {
                Ok(Values::Bool(compare(operator, x, y, &output.shape)))
            } else {
                Ok(F::store(float(operator, x, y, &output.shape), output.dtype))
            }
        })
    } else {
        let (x, y) = (i64::read(a)?, i64::read(b)?);
        let (x, y) = ((&*x, &*a.layout.shape), (&*y, &*b.layout.shape));
        if operator.compares() {
            Ok(Values::Bool(compare(operator, x, y, &output.shape)))
        } else {
            Ok(i64::store(integer(operator, x, y, dtype, &output.shape)?, output.dtype))
        }
    }
}

type Operand<'a, T> = (&'a [T], &'a [usize]);

fn compare<T: Copy + PartialOrd>(operator: Operator, a: Operand<'_, T>, b: Operand<'_, T>, shape: &[usize]) -> Vec<bool> {
    match operator {
        Operator::Eq => zip(a, b, shape, |x, y| x == y),
        Operator::Ne => zip(a, b, shape, |x, y| x != y),
        Operator::Lt => zip(a, b, shape, |x, y| x < y),
        Operator::Le => zip(a, b, shape, |x, y| x <= y),
        Operator::Gt => zip(a, b, shape, |x, y| x > y),
        _ => zip(a, b, shape, |x, y| x >= y),
    }
}

fn float<F: Math>(operator: Operator, a: Operand<'_, F>, b: Operand<'_, F>, shape: &[usize]) -> Vec<F> {
    match operator {
        Operator::Add => zip(a, b, shape, |x, y| x + y),
        Operator::Sub => zip(a, b, shape, |x, y| x - y),
        Operator::Mul => zip(a, b, shape, |x, y| x * y),
        Operator::Div => zip(a, b, shape, |x, y| x / y),
        Operator::FloorDiv => zip(a, b, shape, floor_div),
        Operator::Remainder => zip(a, b, shape, remainder),
        Operator::Pow => match b.0 {
            // The exponents of norms and schedules, exact and without a call.
            [two] if *two == F::of(2.0) => a.0.iter().map(|&x| x * x).collect(),
            [three] if *three == F::of(3.0) => a.0.iter().map(|&x| x * x * x).collect(),
            [half] if *half == F::of(0.5) => a.0.iter().map(|&x| x.sqrt()).collect(),
            _ => zip(a, b, shape, F::powf),
        },
        // A comparison with NaN is false: `x + y` is NaN if either is.
        Operator::Maximum => zip(a, b, shape, |x, y| if x > y { x } else if y >= x { y } else { x + y }),
        Operator::Minimum => zip(a, b, shape, |x, y| if x < y { x } else if y <= x { y } else { x + y }),
        // Atan2; bit operators and comparisons do not come here.
        _ => zip(a, b, shape, F::atan2),
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

fn integer(operator: Operator, a: Operand<'_, i64>, b: Operand<'_, i64>, dtype: DType, shape: &[usize]) -> Result<Vec<i64>> {
    if matches!(operator, Operator::FloorDiv | Operator::Remainder | Operator::Div) && !shape.contains(&0) && b.0.contains(&0) {
        return Err(Error::Runtime("ZeroDivisionError".into()));
    }
    let bits = dtype.size() as i64 * 8;
    let shifts = |n: i64| (0..bits).contains(&n);
    Ok(match operator {
        Operator::Add if dtype == DType::Bool => zip(a, b, shape, |x, y| x | y),
        Operator::Add => zip(a, b, shape, i64::wrapping_add),
        Operator::Sub => zip(a, b, shape, i64::wrapping_sub),
        Operator::Mul => zip(a, b, shape, i64::wrapping_mul),
        Operator::Div | Operator::FloorDiv => zip(a, b, shape, |x, y| {
            let quotient = x.wrapping_div(y);
            let inexact = x.wrapping_rem(y) != 0 && (x < 0) != (y < 0);
            quotient - i64::from(inexact)
        }),
        Operator::Remainder => zip(a, b, shape, |x, y| {
            let rest = x.wrapping_rem(y);
            if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }
        }),
        Operator::Pow => zip(a, b, shape, power),
        Operator::Maximum => zip(a, b, shape, |x, y| x.max(y)),
        Operator::Minimum => zip(a, b, shape, |x, y| x.min(y)),
        Operator::BitAnd => zip(a, b, shape, |x, y| x & y),
        Operator::BitOr => zip(a, b, shape, |x, y| x | y),
        Operator::BitXor => zip(a, b, shape, |x, y| x ^ y),
        // A shift by the width or more, or by less than nothing, leaves no bit (the sign bit, to the right).
        Operator::ShiftLeft => zip(a, b, shape, |x, y| if shifts(y) { x << y } else { 0 }),
        _ => zip(a, b, shape, |x, y| x >> if shifts(y) { y } else { 63 }),
    })
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
