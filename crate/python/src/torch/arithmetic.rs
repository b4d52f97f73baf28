//! Functions of two tensors or numbers, cell by cell, broadcast: arithmetic, comparisons, logic.

use std::rc::Rc;

use tensor::ops::binary::Operator;
use tensor::ops::unary::Function;
use tensor::{DType, Tensor};

use super::arguments::{Arguments, Number};
use super::entry::{BOTH, Entry, TENSOR};
use super::promotion::{Operand, result_type};
use super::{autograd, compute, in_place};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

/// A binary function, and how PyTorch names its gradient for each kind of operands.
pub struct Arithmetic {
    pub operator: Operator,
    tensor_tensor: &'static str,
    tensor_number: &'static str,
    number_tensor: &'static str,
}

macro_rules! arithmetic {
    ($($name:ident $operator:ident $both:literal $right:literal $left:literal;)*) => {
        $(pub static $name: Arithmetic = Arithmetic {
            operator: Operator::$operator,
            tensor_tensor: $both,
            tensor_number: $right,
            number_tensor: $left,
        };)*
    };
}

// The gradient for tensor and tensor, tensor and number, number and tensor.
arithmetic! {
    ADD Add "AddBackward0" "AddBackward0" "AddBackward0";
    SUBTRACT Sub "SubBackward0" "SubBackward0" "RsubBackward1";
    MULTIPLY Mul "MulBackward0" "MulBackward0" "MulBackward0";
    DIVIDE Div "DivBackward0" "DivBackward0" "MulBackward0";
    FLOOR_DIVIDE FloorDiv "NotImplemented" "NotImplemented" "NotImplemented";
    REMAINDER Remainder "RemainderBackward1" "RemainderBackward0" "NotImplemented";
    POWER Pow "PowBackward1" "PowBackward0" "PowBackward2";
    MAXIMUM Maximum "MaximumBackward0" "MaximumBackward0" "MaximumBackward0";
    MINIMUM Minimum "MinimumBackward0" "MinimumBackward0" "MinimumBackward0";
    ATAN2 Atan2 "Atan2Backward0" "Atan2Backward0" "Atan2Backward0";
    EQUAL Eq "" "" "";
    NOT_EQUAL Ne "" "" "";
    LESS Lt "" "" "";
    LESS_EQUAL Le "" "" "";
    GREATER Gt "" "" "";
    GREATER_EQUAL Ge "" "" "";
    AND BitAnd "" "" "";
    OR BitOr "" "" "";
    XOR BitXor "" "" "";
    SHIFT_LEFT ShiftLeft "" "" "";
    SHIFT_RIGHT ShiftRight "" "" "";
}

/// Lists functions of `input` and `other` with their in-place twins.
macro_rules! functions {
    ($($name:ident $in_place:ident $signature:literal $arithmetic:ident;)*) => {
        $(
            fn $name(context: &mut Context, args: Args) -> Result<Value, Raise> {
                call(context, args, $signature, &$arithmetic)
            }
            fn $in_place(context: &mut Context, args: Args) -> Result<Value, Raise> {
                call_in_place(context, args, $signature, &$arithmetic)
            }
        )*
        pub const FUNCTIONS: &[Entry] = &[
            $(Entry(stringify!($name), BOTH, $name), Entry(stringify!($in_place), TENSOR, $in_place),)*
        ];
    };
}

functions! {
    add add_ "add(input, other, *, alpha=1)" ADD;
    sub sub_ "sub(input, other, *, alpha=1)" SUBTRACT;
    subtract subtract_ "subtract(input, other, *, alpha=1)" SUBTRACT;
    mul mul_ "mul(input, other)" MULTIPLY;
    multiply multiply_ "multiply(input, other)" MULTIPLY;
    true_divide true_divide_ "true_divide(input, other)" DIVIDE;
    floor_divide floor_divide_ "floor_divide(input, other)" FLOOR_DIVIDE;
    remainder remainder_ "remainder(input, other)" REMAINDER;
    pow pow_ "pow(input, exponent)" POWER;
    maximum maximum_ "maximum(input, other)" MAXIMUM;
    minimum minimum_ "minimum(input, other)" MINIMUM;
    atan2 atan2_ "atan2(input, other)" ATAN2;
    eq eq_ "eq(input, other)" EQUAL;
    ne ne_ "ne(input, other)" NOT_EQUAL;
    lt lt_ "lt(input, other)" LESS;
    le le_ "le(input, other)" LESS_EQUAL;
    gt gt_ "gt(input, other)" GREATER;
    ge ge_ "ge(input, other)" GREATER_EQUAL;
    less less_ "less(input, other)" LESS;
    greater greater_ "greater(input, other)" GREATER;
    bitwise_and bitwise_and_ "bitwise_and(input, other)" AND;
    bitwise_or bitwise_or_ "bitwise_or(input, other)" OR;
    bitwise_xor bitwise_xor_ "bitwise_xor(input, other)" XOR;
}

pub const ENTRIES: &[Entry] = &[
    Entry("div", BOTH, div),
    Entry("divide", BOTH, div),
    Entry("div_", TENSOR, div_),
    Entry("logical_and", BOTH, logical_and),
    Entry("logical_or", BOTH, logical_or),
    Entry("logical_xor", BOTH, logical_xor),
    Entry("addcmul", BOTH, addcmul),
    Entry("addcdiv", BOTH, addcdiv),
    Entry("lerp", BOTH, lerp),
];

/// The operand that a value is, if it is one.
pub fn operand(value: &Value) -> Option<Operand> {
    Some(match value {
        Value::Tensor(object) => Operand::Tensor(object.clone()),
        Value::Bool(b) => Operand::Number(Number::Bool(*b)),
        Value::Float(x) => Operand::Number(Number::Float(*x)),
        _ => Operand::Number(Number::Int(value.as_int()?)),
    })
}

/// `a operator b` with PyTorch's type promotion.
pub fn apply(context: &Context, arithmetic: &Arithmetic, a: &Operand, b: &Operand) -> Result<Value, Raise> {
    let result = compute(context, arithmetic.operator, a, b)?;
    Ok(match (a, b) {
        (Operand::Tensor(a), Operand::Tensor(b)) => autograd::value(context, result, arithmetic.tensor_tensor, &[a, b]),
        (Operand::Tensor(a), Operand::Number(_)) => autograd::value(context, result, arithmetic.tensor_number, &[a]),
        (Operand::Number(_), Operand::Tensor(b)) => autograd::value(context, result, arithmetic.number_tensor, &[b]),
        (Operand::Number(_), Operand::Number(_)) => autograd::value(context, result, arithmetic.number_tensor, &[]),
    })
}

/// `a operator= b`.
pub fn apply_in_place(
    context: &Context,
    arithmetic: &Arithmetic,
    a: &Rc<TensorObject>,
    b: &Operand,
) -> Result<Value, Raise> {
    let left = Operand::Tensor(a.clone());
    let result = compute(context, arithmetic.operator, &left, b)?;
    let inputs = tensors(&[&left, b]);
    let grad_fn = if inputs.len() == 2 { arithmetic.tensor_tensor } else { arithmetic.tensor_number };
    in_place::write(context, a, &result, grad_fn, &inputs)
}

fn tensors<'a>(operands: &[&'a Operand]) -> Vec<&'a Rc<TensorObject>> {
    operands
        .iter()
        .filter_map(|operand| match operand {
            Operand::Tensor(object) => Some(object),
            Operand::Number(_) => None,
        })
        .collect()
}

/// The cells of `a operator b`.
pub fn compute(context: &Context, operator: Operator, a: &Operand, b: &Operand) -> Result<Tensor, Raise> {
    let mut dtype = result_type(context, &[a.clone(), b.clone()]);
    check(operator, dtype, a, b)?;
    if operator == Operator::Div && !dtype.is_float() {
        dtype = context.default_dtype;
    }
    if operator == Operator::Pow
        && let Some(result) = simple_power(context, a, b, dtype)?
    {
        return Ok(result);
    }
    // A factor beside a half-precision tensor keeps its float32 precision, as in PyTorch's kernels; a term does not.
    let has_number = matches!(operator, Operator::Mul | Operator::Div)
        && (matches!(a, Operand::Number(_)) || matches!(b, Operand::Number(_)));
    let is_half = matches!(dtype, DType::Float16 | DType::BFloat16);
    let inner = if is_half && has_number { DType::Float32 } else { dtype };
    let result =
        compute::binary(context, operator, &compute::operand(context, a, inner)?, &compute::operand(context, b, inner)?)?;
    if result.dtype() == DType::Float32 { compute::cast(context, &result, dtype) } else { Ok(result) }
}

/// Powers that PyTorch computes without `pow`: x², √x, 1/x, …
fn simple_power(context: &Context, a: &Operand, b: &Operand, dtype: DType) -> Result<Option<Tensor>, Raise> {
    let Operand::Number(exponent) = b else { return Ok(None) };
    let exponent = exponent.as_f64();
    let function = match exponent {
        2.0 => Function::Square,
        0.5 if dtype.is_float() => Function::Sqrt,
        -0.5 if dtype.is_float() => Function::Rsqrt,
        -1.0 if dtype.is_float() => Function::Reciprocal,
        _ => return Ok(None),
    };
    compute::unary(context, function, &compute::operand(context, a, dtype)?).map(Some)
}

/// PyTorch's refusals that depend on the dtypes.
fn check(operator: Operator, dtype: DType, a: &Operand, b: &Operand) -> Result<(), Raise> {
    let is_bool = |operand: &Operand| match operand {
        Operand::Tensor(object) => object.handle().dtype() == DType::Bool,
        Operand::Number(number) => matches!(number, Number::Bool(_)),
    };
    match operator {
        Operator::Sub if is_bool(a) && is_bool(b) => Err(Raise::not_implemented(
            "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or `logical_xor()` operator instead.",
        )),
        Operator::Sub if is_bool(a) || is_bool(b) && !dtype.is_float() => Err(Raise::not_implemented(
            "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
        )),
        Operator::Pow if !dtype.is_float() && matches!(b, Operand::Number(n) if n.as_f64() < 0.0) => {
            Err(Raise::runtime_error("Integers to negative integer powers are not allowed."))
        }
        Operator::BitAnd | Operator::BitOr | Operator::BitXor if dtype.is_float() => {
            let name = match operator {
                Operator::BitAnd => "bitwise_and_cpu",
                Operator::BitOr => "bitwise_or_cpu",
                _ => "bitwise_xor_cpu",
            };
            Err(Raise::not_implemented(format!(
                "\"{name}\" not implemented for '{}'",
                super::promotion::scalar_type_name(dtype)
            )))
        }
        _ => Ok(()),
    }
}

/// The argument as an operand.
fn argument(arguments: &Arguments, name: &str) -> Result<Operand, Raise> {
    arguments.get(name).and_then(operand).ok_or_else(|| arguments.wrong(name, "Tensor"))
}

/// The second operand, times `alpha` where the signature has one.
fn second(context: &Context, arguments: &Arguments) -> Result<Operand, Raise> {
    let name = if arguments.get("exponent").is_some() { "exponent" } else { "other" };
    let other = argument(arguments, name)?;
    match arguments.optional_number("alpha")? {
        None => Ok(other),
        Some(alpha) if alpha.as_f64() == 1.0 => Ok(other),
        Some(alpha) => {
            let scaled = compute(context, Operator::Mul, &other, &Operand::Number(alpha))?;
            Ok(Operand::Tensor(autograd::result(context, scaled, "MulBackward0", &tensors(&[&other]))))
        }
    }
}

fn call(context: &Context, args: Args, signature: &'static str, arithmetic: &Arithmetic) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let (a, b) = (argument(&arguments, "input")?, second(context, &arguments)?);
    if tensors(&[&a, &b]).is_empty() {
        return Err(arguments.wrong("input", "Tensor"));
    }
    apply(context, arithmetic, &a, &b)
}

fn call_in_place(
    context: &Context,
    args: Args,
    signature: &'static str,
    arithmetic: &Arithmetic,
) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    apply_in_place(context, arithmetic, &arguments.object("input")?, &second(context, &arguments)?)
}

fn div(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "div(input, other, *, rounding_mode=None)", args)?;
    let (a, b) = (argument(&arguments, "input")?, argument(&arguments, "other")?);
    if arguments.get("rounding_mode").is_none() {
        return apply(context, &DIVIDE, &a, &b);
    }
    let result = divided(context, &arguments, &a, &b)?;
    Ok(autograd::value(context, result, "DivBackward2", &tensors(&[&a, &b])))
}

fn div_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "div_(input, other, *, rounding_mode=None)", args)?;
    let input = arguments.object("input")?;
    let (a, b) = (Operand::Tensor(input.clone()), argument(&arguments, "other")?);
    in_place::write(context, &input, &divided(context, &arguments, &a, &b)?, "DivBackward0", &tensors(&[&a, &b]))
}

fn divided(context: &Context, arguments: &Arguments, a: &Operand, b: &Operand) -> Result<Tensor, Raise> {
    match &*arguments.text_or("rounding_mode", "none")? {
        "none" => compute(context, Operator::Div, a, b),
        "floor" => compute(context, Operator::FloorDiv, a, b),
        "trunc" => {
            let quotient = compute(context, Operator::Div, a, b)?;
            let whole = compute::unary(context, Function::Trunc, &quotient)?;
            compute::cast(context, &whole, result_type(context, &[a.clone(), b.clone()]))
        }
        mode => Err(Raise::runtime_error(format!(
            "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{mode}'"
        ))),
    }
}

fn logical_and(context: &mut Context, args: Args) -> Result<Value, Raise> {
    logical(context, args, "logical_and(input, other)", Operator::BitAnd)
}

fn logical_or(context: &mut Context, args: Args) -> Result<Value, Raise> {
    logical(context, args, "logical_or(input, other)", Operator::BitOr)
}

fn logical_xor(context: &mut Context, args: Args) -> Result<Value, Raise> {
    logical(context, args, "logical_xor(input, other)", Operator::BitXor)
}

fn logical(context: &Context, args: Args, signature: &'static str, operator: Operator) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let a = compute::cast(context, &arguments.object("input")?.handle(), DType::Bool)?;
    let b = compute::cast(context, &arguments.object("other")?.handle(), DType::Bool)?;
    Ok(autograd::value(context, compute::binary(context, operator, &a, &b)?, "", &[]))
}

fn addcmul(context: &mut Context, args: Args) -> Result<Value, Raise> {
    add_combined(context, args, "addcmul(input, tensor1, tensor2, *, value=1)", Operator::Mul, "AddcmulBackward0")
}

fn addcdiv(context: &mut Context, args: Args) -> Result<Value, Raise> {
    add_combined(context, args, "addcdiv(input, tensor1, tensor2, *, value=1)", Operator::Div, "AddcdivBackward0")
}

/// input + value · (tensor1 operator tensor2)
fn add_combined(
    context: &Context,
    args: Args,
    signature: &'static str,
    operator: Operator,
    grad_fn: &'static str,
) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let (input, first, second) =
        (arguments.object("input")?, arguments.object("tensor1")?, arguments.object("tensor2")?);
    let mut term = compute(context, operator, &wide(context, &first)?, &wide(context, &second)?).map(wrap)?;
    if let Some(value) = arguments.optional_number("value")? {
        term = wrap(compute(context, Operator::Mul, &term, &Operand::Number(value))?);
    }
    let result = compute(context, Operator::Add, &wide(context, &input)?, &term)?;
    let result = rounded(context, result, &[&input, &first, &second])?;
    Ok(autograd::value(context, result, grad_fn, &[&input, &first, &second]))
}

/// input + weight · (end - input)
fn lerp(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "lerp(input, end, weight)", args)?;
    let (input, end) = (arguments.object("input")?, arguments.object("end")?);
    let weight = match argument(&arguments, "weight")? {
        Operand::Tensor(weight) => wide(context, &weight)?,
        number => number,
    };
    let start = wide(context, &input)?;
    let distance = wrap(compute(context, Operator::Sub, &wide(context, &end)?, &start)?);
    let step = wrap(compute(context, Operator::Mul, &weight, &distance)?);
    let result = rounded(context, compute(context, Operator::Add, &start, &step)?, &[&input, &end])?;
    Ok(autograd::value(context, result, "LerpBackward0", &[&input, &end]))
}

fn wrap(tensor: Tensor) -> Operand {
    Operand::Tensor(TensorObject::new(tensor))
}

/// An operand of a function of several steps, which rounds to a narrow type once, at its end.
fn wide(context: &Context, object: &TensorObject) -> Result<Operand, Raise> {
    compute::widened(context, &object.handle()).map(wrap)
}

/// That end.
fn rounded(context: &Context, result: Tensor, operands: &[&Rc<TensorObject>]) -> Result<Tensor, Raise> {
    let operands: Vec<Operand> = operands.iter().map(|&object| Operand::Tensor(object.clone())).collect();
    compute::cast(context, &result, result_type(context, &operands))
}
