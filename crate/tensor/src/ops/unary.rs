//! Functions of one number, cell by cell.

use super::cases::{Input, case, dense, special, strided};
use super::cells::not_implemented;
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, number, traffic};
use crate::cpu::elementwise;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "unary",
    summary: "A function of one number, applied to every cell.",
    shader: crate::shaders::UNARY,
    tolerance: Tolerance {
        absolute: 1e-6,
        relative: 4e-6,
        reason: "WGSL allows exp an error of 3 + 2|x| units in the last place; the functions built on it inherit that",
    },
    cases: super::native_only(cases),
};

/// The functions, in the order of the shader's `FUNCTION` constant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    Neg,
    Abs,
    Sign,
    Floor,
    Ceil,
    /// To nearest, ties to even.
    Round,
    Trunc,
    Sqrt,
    Rsqrt,
    Reciprocal,
    Square,
    Exp,
    Exp2,
    Expm1,
    Log,
    Log2,
    Log10,
    Log1p,
    Sin,
    Cos,
    Tan,
    Tanh,
    Sigmoid,
    Relu,
    Silu,
    /// x Φ(x), by the error function.
    Gelu,
    /// GELU's approximation by tanh (Hendrycks and Gimpel, arXiv:1606.08415).
    GeluTanh,
    /// log(1 + exp(x)); x itself above 20, as in PyTorch.
    Softplus,
    Erf,
    /// True where the value is 0 or false.
    LogicalNot,
    BitwiseNot,
    IsNan,
    IsInf,
    IsFinite,
}

/// Applies `function` to every cell. Shape: any. Type: the input's; bool for predicates;
/// float32 for the transcendental functions of integers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unary {
    pub function: Function,
}

impl Operation for Unary {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        let input = &inputs[0];
        if let (DType::Bool, Some(sentence)) = (input.dtype, self.function.refuses_bool()) {
            return Err(Error::NotImplemented(sentence.into()));
        }
        let dtype = match self.function {
            f if f.is_predicate() => DType::Bool,
            Function::BitwiseNot if input.dtype.is_float() => {
                return Err(Error::Type("~ (operator.invert) is only implemented on integer and Boolean-type tensors".into()));
            }
            Function::Square if input.dtype == DType::Bool => DType::Int64,
            f if f.keeps_integers() || input.dtype.is_float() => input.dtype,
            Function::Silu => return not_implemented("silu_cpu", input.dtype),
            Function::Gelu | Function::GeluTanh => return not_implemented("GeluKernelImpl", input.dtype),
            Function::Softplus => return not_implemented("softplus_cpu", input.dtype),
            _ => DType::Float32,
        };
        Ok(Spec { shape: input.shape.clone(), dtype })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        elementwise::unary(self.function, &inputs[0], output.dtype)
    }

    fn accepts_strides(&self) -> bool {
        true
    }

    fn fused(&self) -> Option<&'static str> {
        // Not-a-number stays what it is.
        match self.function {
            Function::Neg => Some("from_bits(bitcast<u32>(x) ^ SIGN)"),
            Function::Square => Some("x * x"),
            Function::Exp => Some("exponential(x)"),
            Function::Tanh => Some("select(hyperbolic_tangent(x), x, is_nan(x))"),
            Function::Sigmoid => Some("select(sigmoid(x), x, is_nan(x))"),
            Function::Relu => Some("select(select(x, 0.0, is_negative(x)), x, is_nan(x))"),
            Function::Silu => Some("select(silu(x), x, is_nan(x))"),
            Function::Gelu => Some("select(gelu(x), x, is_nan(x))"),
            Function::GeluTanh => Some("select(gelu_tanh(x), x, is_nan(x))"),
            _ => None,
        }
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        super::cellwise::elementwise_dispatch(inputs, output, vec![("FUNCTION", self.function as u32 as f64)])
    }

    fn provenance(&self, _: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        vec![vec![cell.to_vec()]]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let x = number(values[0][0]);
        match self.function {
            Function::Neg => format!("-({x})"),
            Function::Square => format!("{x}²"),
            Function::Sqrt => format!("√{x}"),
            f => format!("{}({x})", f.name()),
        }
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: output.numel() as u64, bytes: traffic(inputs, output) }
    }
}

impl Function {
    /// Every function, in the shader's order.
    pub const ALL: [Function; 34] = {
        use Function::*;
        [
            Neg, Abs, Sign, Floor, Ceil, Round, Trunc, Sqrt, Rsqrt, Reciprocal, Square, Exp, Exp2, Expm1, Log, Log2, Log10, Log1p,
            Sin, Cos, Tan, Tanh, Sigmoid, Relu, Silu, Gelu, GeluTanh, Softplus, Erf, LogicalNot, BitwiseNot, IsNan, IsInf, IsFinite,
        ]
    };

    pub fn is_predicate(self) -> bool {
        matches!(self, Function::LogicalNot | Function::IsNan | Function::IsInf | Function::IsFinite)
    }

    /// What PyTorch says of a bool, where it has no kernel for bools.
    fn refuses_bool(self) -> Option<&'static str> {
        Some(match self {
            Function::Neg => "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
            Function::Abs => "\"abs_cpu\" not implemented for 'Bool'",
            Function::Floor => "\"floor_vml_cpu\" not implemented for 'Bool'",
            Function::Ceil => "\"ceil_vml_cpu\" not implemented for 'Bool'",
            Function::Round => "\"round_vml_cpu\" not implemented for 'Bool'",
            Function::Trunc => "\"trunc_vml_cpu\" not implemented for 'Bool'",
            Function::Relu => "Boolean inputs not supported for relu",
            _ => return None,
        })
    }

    /// Whether integers stay integers; the others compute in floating point.
    pub fn keeps_integers(self) -> bool {
        use Function::*;
        matches!(self, Neg | Abs | Sign | Floor | Ceil | Round | Trunc | Square | Relu | BitwiseNot)
    }

    /// PyTorch's name.
    pub fn name(self) -> &'static str {
        use Function::*;
        match self {
            Neg => "neg",
            Abs => "abs",
            Sign => "sign",
            Floor => "floor",
            Ceil => "ceil",
            Round => "round",
            Trunc => "trunc",
            Sqrt => "sqrt",
            Rsqrt => "rsqrt",
            Reciprocal => "reciprocal",
            Square => "square",
            Exp => "exp",
            Exp2 => "exp2",
            Expm1 => "expm1",
            Log => "log",
            Log2 => "log2",
            Log10 => "log10",
            Log1p => "log1p",
            Sin => "sin",
            Cos => "cos",
            Tan => "tan",
            Tanh => "tanh",
            Sigmoid => "sigmoid",
            Relu => "relu",
            Silu => "silu",
            Gelu | GeluTanh => "gelu",
            Softplus => "softplus",
            Erf => "erf",
            LogicalNot => "logical_not",
            BitwiseNot => "bitwise_not",
            IsNan => "isnan",
            IsInf => "isinf",
            IsFinite => "isfinite",
        }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for function in Function::ALL {
        let operation = Unary { function };
        let mut add = |input: Input| {
            if operation.rule(&[Spec::new(&input.1.shape, input.0.dtype())]).is_ok() {
                cases.push(case(operation, [input]));
            }
        };
        for dtype in DType::ALL {
            add(dense(dtype, &[67]));
        }
        add(special(DType::Float32, &[3, 16]));
        add(special(DType::BFloat16, &[33]));
        add(strided(DType::Float32, &[3, 5]));
        add(dense(DType::Float32, &[]));
        add(dense(DType::Float32, &[2, 0]));
    }
    cases.push(case(Unary { function: Function::Neg }, [dense(DType::Float32, &[65_537, 1])]));
    cases
}
