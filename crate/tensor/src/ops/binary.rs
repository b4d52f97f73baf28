//! Operators of two numbers, cell by cell.

use super::cases::{Input, case, dense, exact, expanded, special, strided};
use super::cells::{broadcast_source, check_inputs, not_implemented, scalar_type};
use super::written::factor;
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, traffic};
use crate::cpu::arithmetic;
use crate::layout::broadcast;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "binary",
    summary: "An operator of two numbers, applied to every pair of cells; shapes broadcast.",
    shader: crate::shaders::BINARY,
    tolerance: Tolerance {
        absolute: 1e-6,
        relative: 1e-5,
        reason: "WGSL allows division 2.5 units in the last place and pow what exp2(y * log2(x)) inherits",
    },
    cases: super::native_only(cases),
};

/// The operators, in the order of the shader's `OPERATOR` constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Sub,
    Mul,
    Div,
    /// The floor of the quotient, as Python's `//`.
    FloorDiv,
    /// With the divisor's sign, as Python's `%`.
    Remainder,
    Pow,
    /// NaN if either is.
    Maximum,
    /// NaN if either is.
    Minimum,
    Atan2,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    BitAnd,
    BitOr,
    BitXor,
    ShiftLeft,
    ShiftRight,
}

/// Applies `operator` to every pair of cells.
///
/// Shapes broadcast. Both inputs have one element type, which is the result's; comparisons give bool.
/// Integers wrap. Dividing integers is true division only if the caller made them floats.
///
/// # Errors
/// `Runtime` where shapes do not broadcast and where integers are divided by zero ("ZeroDivisionError"),
/// `NotImplemented` where PyTorch has no kernel for the element type, as for `-` of bools.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Binary {
    pub operator: Operator,
}

impl Operation for Binary {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("binary", inputs.len(), 2, 2)?;
        let (a, b) = (&inputs[0], &inputs[1]);
        if a.dtype != b.dtype {
            return Err(Error::Runtime(format!(
                "expected both operands to have one element type, but got {} and {}",
                scalar_type(a.dtype),
                scalar_type(b.dtype)
            )));
        }
        use Operator::*;
        match self.operator {
            Sub if a.dtype == DType::Bool => {
                return Err(Error::NotImplemented("Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.".into()));
            }
            FloorDiv if a.dtype == DType::Bool => return not_implemented("div_floor_cpu", a.dtype),
            Remainder if a.dtype == DType::Bool => return not_implemented("remainder_cpu", a.dtype),
            Pow if a.dtype == DType::Bool => return not_implemented("pow", a.dtype),
            BitAnd if a.dtype.is_float() => return not_implemented("bitwise_and_cpu", a.dtype),
            BitOr if a.dtype.is_float() => return not_implemented("bitwise_or_cpu", a.dtype),
            BitXor if a.dtype.is_float() => return not_implemented("bitwise_xor_cpu", a.dtype),
            ShiftLeft if !a.dtype.is_integer() => return not_implemented("lshift_cpu", a.dtype),
            ShiftRight if !a.dtype.is_integer() => return not_implemented("rshift_cpu", a.dtype),
            Atan2 if !a.dtype.is_float() => return not_implemented("atan2_cpu", a.dtype),
            _ => {}
        }
        let dtype = if self.operator.compares() { DType::Bool } else { a.dtype };
        Ok(Spec { shape: broadcast(&a.shape, &b.shape)?, dtype })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        arithmetic::binary(self.operator, &inputs[0], &inputs[1], output)
    }

    fn accepts_strides(&self) -> bool {
        true
    }

    fn fused(&self) -> Option<&'static str> {
        match self.operator {
            Operator::Add => Some("x + y"),
            Operator::Sub => Some("x - y"),
            Operator::Mul => Some("x * y"),
            Operator::Div => Some("divide(x, y)"),
            _ => None,
        }
    }

    fn multiplies(&self) -> bool {
        self.operator == Operator::Mul
    }

    /// A shader cannot raise: the host looks for integers divided by zero.
    fn checked_inputs(&self, specs: &[Spec]) -> &'static [usize] {
        let divides = matches!(self.operator, Operator::Div | Operator::FloorDiv | Operator::Remainder);
        if divides && !specs[0].dtype.is_float() { &[1] } else { &[] }
    }

    fn check(&self, specs: &[Spec], values: &[Values]) -> Result<()> {
        let divided = values.first().is_some_and(|divisors| divisors.to_i64().contains(&0));
        if divided && !specs[0].shape.contains(&0) { Err(Error::Runtime("ZeroDivisionError".into())) } else { Ok(()) }
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        super::cellwise::elementwise_dispatch(inputs, output, vec![("OPERATOR", self.operator as u32 as f64)])
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        inputs.iter().map(|input| vec![broadcast_source(cell, &input.shape)]).collect()
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let (Some(&a), Some(&b)) = (values[0].first(), values[1].first()) else { return String::new() };
        let (a, b) = (factor(a), factor(b));
        match self.operator.sign() {
            Some(sign) => format!("{a} {sign} {b}"),
            None => format!("{}({a}, {b})", self.operator.name()),
        }
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: output.numel() as u64, bytes: traffic(inputs, output) }
    }
}

impl Operator {
    /// Every operator, in the shader's order.
    pub const ALL: [Operator; 21] = {
        use Operator::*;
        [
            Add, Sub, Mul, Div, FloorDiv, Remainder, Pow, Maximum, Minimum, Atan2, Eq, Ne, Lt, Le, Gt, Ge, BitAnd, BitOr,
            BitXor, ShiftLeft, ShiftRight,
        ]
    };

    /// Whether the result is a bool.
    pub fn compares(self) -> bool {
        use Operator::*;
        matches!(self, Eq | Ne | Lt | Le | Gt | Ge)
    }

    /// Python's sign for it, if it has one.
    fn sign(self) -> Option<&'static str> {
        use Operator::*;
        Some(match self {
            Add => "+",
            Sub => "-",
            Mul => "·",
            Div => "/",
            FloorDiv => "//",
            Remainder => "%",
            Pow => "**",
            Eq => "==",
            Ne => "!=",
            Lt => "<",
            Le => "<=",
            Gt => ">",
            Ge => ">=",
            BitAnd => "&",
            BitOr => "|",
            BitXor => "^",
            ShiftLeft => "<<",
            ShiftRight => ">>",
            Maximum | Minimum | Atan2 => return None,
        })
    }

    /// PyTorch's name.
    pub fn name(self) -> &'static str {
        use Operator::*;
        match self {
            Add => "add",
            Sub => "sub",
            Mul => "mul",
            Div => "div",
            FloorDiv => "floor_divide",
            Remainder => "remainder",
            Pow => "pow",
            Maximum => "max",
            Minimum => "min",
            Atan2 => "atan2",
            Eq => "eq",
            Ne => "ne",
            Lt => "lt",
            Le => "le",
            Gt => "gt",
            Ge => "ge",
            BitAnd => "bitwise_and",
            BitOr => "bitwise_or",
            BitXor => "bitwise_xor",
            ShiftLeft => "bitwise_left_shift",
            ShiftRight => "bitwise_right_shift",
        }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for operator in Operator::ALL {
        let operation = Binary { operator };
        let mut add = |a: Input, b: Input| {
            let specs = [&a, &b].map(|(values, layout)| Spec::new(&layout.shape, values.dtype()));
            if operation.rule(&specs).is_ok() {
                cases.push(case(operation, [a, b]));
            }
        };
        for dtype in DType::ALL {
            // No divisor is zero: those are an error for integers.
            let b: Vec<f64> = (0..67).map(|i| [3.0, 1.0, 2.0, 5.0][i % 4]).collect();
            add(dense(dtype, &[67]), exact(dtype, &[67], &b));
            add(dense(dtype, &[3, 5]), exact(dtype, &[], &[2.0]));
        }
        for dtype in [DType::Int64, DType::Int8] {
            add(dense(dtype, &[4, 1]), exact(dtype, &[4], &[-3.0, -1.0, 2.0, 7.0]));
        }
        add(exact(DType::Int64, &[2], &[-9e18, 9e18]), exact(DType::Int64, &[2], &[-1.0, 63.0]));
        add(special(DType::Float32, &[17, 16]), special(DType::Float32, &[1, 16]));
        add(special(DType::Float32, &[1, 15]), dense(DType::Float32, &[33, 1]));
        add(strided(DType::Float32, &[3, 5]), expanded(DType::Float32, &[2, 3, 5]));
        add(dense(DType::Float32, &[]), dense(DType::Float32, &[0, 3]));
    }
    let add = Binary { operator: Operator::Add };
    cases.push(case(add, [dense(DType::Float32, &[65_537, 1]), dense(DType::Float32, &[1])]));
    cases
}
