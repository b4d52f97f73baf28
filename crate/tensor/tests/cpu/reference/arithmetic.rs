//! Functions and operators of numbers, from their definitions.

use tensor::DType;
use tensor::ops::binary::Operator;
use tensor::ops::unary::Function;

use super::{Cell, In, real};
use Cell::Whole;

/// What is left of a whole number in so many bits.
pub fn wrapped(x: i128, bits: u32, unsigned: bool) -> i128 {
    let modulus = 1i128 << bits;
    let low = x.rem_euclid(modulus);
    if !unsigned && low >= modulus / 2 { low - modulus } else { low }
}

pub fn unary(function: Function, x: &In, cell: &[usize]) -> Cell {
    let v = x.at(cell);
    let (bits, unsigned) = (x.0.values.dtype().size() as u32 * 8, x.0.values.dtype() == DType::UInt8);
    let whole = |f: &dyn Fn(i128) -> i128| Whole(wrapped(f(x.whole(cell)), bits, unsigned));
    let bool_input = x.0.values.dtype() == DType::Bool;
    use Function::*;
    match function {
        LogicalNot => Whole((v == 0.0).into()),
        IsNan => Whole(v.is_nan().into()),
        IsInf => Whole(v.is_infinite().into()),
        IsFinite => Whole(v.is_finite().into()),
        BitwiseNot if bool_input => Whole((v == 0.0).into()),
        BitwiseNot => whole(&|x| !x),
        Neg if !x.is_float() => whole(&|x| -x),
        Abs if !x.is_float() => whole(&|x| x.abs()),
        Sign if !x.is_float() => whole(&|x| x.signum()),
        Square if bool_input => Whole(v as i128),
        Square if !x.is_float() => whole(&|x| x * x),
        Relu if !x.is_float() => whole(&|x| x.max(0)),
        Floor | Ceil | Round | Trunc if !x.is_float() => whole(&|x| x),
        Neg => real(-v),
        Abs => real(v.abs()),
        Sign => real(if v > 0.0 { 1.0 } else if v < 0.0 { -1.0 } else { 0.0 }),
        Floor => real(v.floor()),
        Ceil => real(v.ceil()),
        Round => real(v.round_ties_even()),
        Trunc => real(v.trunc()),
        Sqrt => real(v.sqrt()),
        Rsqrt => real(1.0 / v.sqrt()),
        Reciprocal => real(1.0 / v),
        Square => real(v * v),
        Exp => real(v.exp()),
        Exp2 => real(v.exp2()),
        Expm1 => real(v.exp_m1()),
        Log => real(v.ln()),
        Log2 => real(v.log2()),
        Log10 => real(v.log10()),
        Log1p => real(v.ln_1p()),
        Sin => real(v.sin()),
        Cos => real(v.cos()),
        Tan => real(v.tan()),
        Tanh => real(v.tanh()),
        Sigmoid => real(1.0 / (1.0 + (-v).exp())),
        Relu => real(if v < 0.0 { 0.0 } else { v }),
        Silu => real(v / (1.0 + (-v).exp())),
        // x - x Φ(-x) and x Φ(x) cancel for large negative x: the scale is that of x.
        Gelu => Cell::Real { value: 0.5 * v * (1.0 + erf(v / 2f64.sqrt())), scale: v.abs() },
        GeluTanh => {
            let inner = (2.0 / std::f64::consts::PI).sqrt() * (v + 0.044715 * v.powi(3));
            Cell::Real { value: 0.5 * v * (1.0 + inner.tanh()), scale: v.abs() }
        }
        Softplus => real(if v > 20.0 { v } else { v.exp().ln_1p() }),
        Erf => real(erf(v)),
    }
}

/// The error function: its Taylor series where that does not cancel, the continued fraction of erfc elsewhere.
fn erf(x: f64) -> f64 {
    if x.is_nan() || x.is_infinite() {
        return if x.is_nan() { x } else { x.signum() };
    }
    if x.abs() > 2.5 {
        let fraction = (1..200).rev().fold(0.0, |tail, n| f64::from(n) / 2.0 / (x.abs() + tail));
        return x.signum() * (1.0 - (-x * x).exp() / std::f64::consts::PI.sqrt() / (x.abs() + fraction));
    }
    let (mut term, mut total) = (x, x);
    for n in 1..100 {
        term *= -x * x / f64::from(n);
        total += term / f64::from(2 * n + 1);
    }
    total * 2.0 / std::f64::consts::PI.sqrt()
}

pub fn float(operator: Operator, a: f64, b: f64) -> Cell {
    use Operator::*;
    let truth = |holds: bool| Whole(holds.into());
    match operator {
        Add => Cell::Real { value: a + b, scale: a.abs() + b.abs() },
        Sub => Cell::Real { value: a - b, scale: a.abs() + b.abs() },
        Mul => real(a * b),
        Div => real(a / b),
        FloorDiv if b == 0.0 => real(a / b),
        // A quotient by infinity is 0 or -1, as Python has it.
        FloorDiv if b.is_infinite() && a.is_finite() => real(if a != 0.0 && (a < 0.0) != (b < 0.0) { -1.0 } else { 0.0 }),
        FloorDiv if a.is_infinite() => real(f64::NAN),
        FloorDiv => real((a / b).floor()),
        Remainder if b.is_infinite() && a.is_finite() => real(if a == 0.0 || (a < 0.0) == (b < 0.0) { a } else { b }),
        Remainder => Cell::Real { value: a - b * (a / b).floor(), scale: a.abs() + b.abs() },
        Pow => real(a.powf(b)),
        Maximum => real(if a.is_nan() || b.is_nan() { f64::NAN } else { a.max(b) }),
        Minimum => real(if a.is_nan() || b.is_nan() { f64::NAN } else { a.min(b) }),
        Atan2 => real(a.atan2(b)),
        Eq => truth(a == b),
        Ne => truth(a != b),
        Lt => truth(a < b),
        Le => truth(a <= b),
        Gt => truth(a > b),
        Ge => truth(a >= b),
        BitAnd | BitOr | BitXor | ShiftLeft | ShiftRight => real(f64::NAN),
    }
}

pub fn integer(operator: Operator, a: i128, b: i128, bits: u32, is_bool: bool) -> Cell {
    use Operator::*;
    let compared = match operator {
        Eq => Some(a == b),
        Ne => Some(a != b),
        Lt => Some(a < b),
        Le => Some(a <= b),
        Gt => Some(a > b),
        Ge => Some(a >= b),
        _ => None,
    };
    if let Some(holds) = compared {
        return Whole(holds.into());
    }
    let floor = |a: i128, b: i128| a.div_euclid(b) - i128::from(b < 0 && a.rem_euclid(b) != 0);
    let result = match operator {
        Add => a + b,
        Sub => a - b,
        Mul => a * b,
        Div | FloorDiv => floor(a, b),
        Remainder => a - b * floor(a, b),
        Pow if b < 0 => if a == 1 { 1 } else if a == -1 { 1 - 2 * (b & 1) } else { 0 },
        Pow => (0..b).fold(1i128, |p, _| wrapped(p * a, 64, false)),
        Maximum => a.max(b),
        Minimum => a.min(b),
        BitAnd => a & b,
        BitOr => a | b,
        BitXor => a ^ b,
        ShiftLeft => if (0..i128::from(bits)).contains(&b) { a << b } else { 0 },
        ShiftRight => if (0..i128::from(bits)).contains(&b) { a >> b } else { a >> 64 },
        _ => 0,
    };
    if is_bool { Whole((result != 0).into()) } else { Whole(result) }
}
