//! Functions of one cell: the unary functions, and in place the same.

use tensor::DType;
use tensor::ops::binary::Operator;
use tensor::ops::unary::Function;

use super::arguments::{Arguments, Number};
use super::entry::{BOTH, Entry, FUNCTIONAL, TENSOR, TORCH};
use super::promotion::Operand;
use super::{autograd, compute, in_place};
use crate::value::{Args, Value};
use crate::{Context, ErrorKind, Raise};

/// Lists functions of one tensor: name, name in place, the engine's function, the name of the gradient.
macro_rules! unary_functions {
    ($($name:ident $in_place:ident $signature:literal $homes:expr, $function:ident $grad_fn:literal;)*) => {
        $(
            fn $name(context: &mut Context, args: Args) -> Result<Value, Raise> {
                apply(context, args, $signature, Function::$function, $grad_fn)
            }
            fn $in_place(context: &mut Context, args: Args) -> Result<Value, Raise> {
                apply_in_place(context, args, $signature, Function::$function, $grad_fn)
            }
        )*
        pub const UNARY: &[Entry] = &[
            $(Entry(stringify!($name), $homes, $name), Entry(stringify!($in_place), TENSOR, $in_place),)*
        ];
    };
}

unary_functions! {
    neg neg_ "neg(input)" BOTH, Neg "NegBackward0";
    negative negative_ "negative(input)" BOTH, Neg "NegBackward0";
    abs abs_ "abs(input)" BOTH, Abs "AbsBackward0";
    absolute absolute_ "absolute(input)" BOTH, Abs "AbsBackward0";
    sign sign_ "sign(input)" BOTH, Sign "SignBackward0";
    floor floor_ "floor(input)" BOTH, Floor "FloorBackward0";
    ceil ceil_ "ceil(input)" BOTH, Ceil "CeilBackward0";
    trunc trunc_ "trunc(input)" BOTH, Trunc "TruncBackward0";
    sqrt sqrt_ "sqrt(input)" BOTH, Sqrt "SqrtBackward0";
    rsqrt rsqrt_ "rsqrt(input)" BOTH, Rsqrt "RsqrtBackward0";
    reciprocal reciprocal_ "reciprocal(input)" BOTH, Reciprocal "ReciprocalBackward0";
    square square_ "square(input)" BOTH, Square "PowBackward0";
    exp exp_ "exp(input)" BOTH, Exp "ExpBackward0";
    exp2 exp2_ "exp2(input)" BOTH, Exp2 "Exp2Backward0";
    expm1 expm1_ "expm1(input)" BOTH, Expm1 "Expm1Backward0";
    log log_ "log(input)" BOTH, Log "LogBackward0";
    log2 log2_ "log2(input)" BOTH, Log2 "Log2Backward0";
    log10 log10_ "log10(input)" BOTH, Log10 "Log10Backward0";
    log1p log1p_ "log1p(input)" BOTH, Log1p "Log1PBackward0";
    sin sin_ "sin(input)" BOTH, Sin "SinBackward0";
    cos cos_ "cos(input)" BOTH, Cos "CosBackward0";
    tan tan_ "tan(input)" BOTH, Tan "TanBackward0";
    tanh tanh_ "tanh(input)" TORCH | TENSOR | FUNCTIONAL, Tanh "TanhBackward0";
    sigmoid sigmoid_ "sigmoid(input)" TORCH | TENSOR | FUNCTIONAL, Sigmoid "SigmoidBackward0";
    erf erf_ "erf(input)" BOTH, Erf "ErfBackward0";
    isnan isnan_ "isnan(input)" BOTH, IsNan "";
    isinf isinf_ "isinf(input)" BOTH, IsInf "";
    isfinite isfinite_ "isfinite(input)" BOTH, IsFinite "";
    logical_not logical_not_ "logical_not(input)" BOTH, LogicalNot "";
    bitwise_not bitwise_not_ "bitwise_not(input)" BOTH, BitwiseNot "";
}

pub const ENTRIES: &[Entry] = &[
    Entry("relu", TORCH | TENSOR | FUNCTIONAL, relu),
    Entry("relu_", TORCH | TENSOR | FUNCTIONAL, relu_),
    Entry("round", BOTH, round),
    Entry("round_", TENSOR, round_),
    Entry("silu", FUNCTIONAL, silu),
    Entry("gelu", FUNCTIONAL, gelu),
    Entry("softplus", FUNCTIONAL, softplus),
    Entry("nan_to_num", BOTH, nan_to_num),
    Entry("clamp", BOTH, clamp),
    Entry("clip", BOTH, clamp),
    Entry("clamp_", TENSOR, clamp_),
    Entry("clamp_min", BOTH, clamp_min),
    Entry("clamp_max", BOTH, clamp_max),
];

/// `function` of every cell of the argument `input`.
fn apply(
    context: &Context,
    args: Args,
    signature: &'static str,
    function: Function,
    grad_fn: &'static str,
) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?;
    check_type(function, input.handle().dtype())?;
    let result = compute::unary(context, function, &input.handle())?;
    Ok(autograd::value(context, result, grad_fn, &[&input]))
}

fn apply_in_place(
    context: &Context,
    args: Args,
    signature: &'static str,
    function: Function,
    grad_fn: &'static str,
) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?;
    check_type(function, input.handle().dtype())?;
    let result = compute::unary(context, function, &input.handle())?;
    in_place::write(context, &input, &result, grad_fn, &[&input])
}

/// PyTorch's refusals that depend on the dtype.
pub fn check_type(function: Function, dtype: DType) -> Result<(), Raise> {
    match (function, dtype) {
        (Function::Neg, DType::Bool) => Err(Raise::not_implemented(
            "Negation, the `-` operator, on a bool tensor is not supported. If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
        )),
        (Function::BitwiseNot, dtype) if dtype.is_float() => {
            Err(Raise::type_error("~ (operator.invert) is only implemented on integer and Boolean-type tensors"))
        }
        _ => Ok(()),
    }
}

fn relu(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "relu(input, inplace=False)", args)?;
    activation(context, &arguments, Function::Relu, "ReluBackward0")
}

fn relu_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    apply_in_place(context, args, "relu_(input)", Function::Relu, "ReluBackward0")
}

fn silu(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "silu(input, inplace=False)", args)?;
    activation(context, &arguments, Function::Silu, "SiluBackward0")
}

fn gelu(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "gelu(input, *, approximate='none')", args)?;
    let function = match &*arguments.text_or("approximate", "none")? {
        "none" => Function::Gelu,
        "tanh" => Function::GeluTanh,
        _ => return Err(Raise::runtime_error("approximate argument must be either none or tanh.")),
    };
    activation(context, &arguments, function, "GeluBackward0")
}

fn activation(
    context: &Context,
    arguments: &Arguments,
    function: Function,
    grad_fn: &'static str,
) -> Result<Value, Raise> {
    let input = arguments.object("input")?;
    let result = compute::unary(context, function, &input.handle())?;
    if matches!(arguments.get("inplace"), Some(Value::Bool(true))) {
        return in_place::write(context, &input, &result, grad_fn, &[&input]);
    }
    Ok(autograd::value(context, result, grad_fn, &[&input]))
}

/// log(1 + exp(βx)) / β; x itself where βx is over the threshold.
fn softplus(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "softplus(input, beta=1.0, threshold=20.0)", args)?;
    let input = arguments.object("input")?;
    let x = input.handle();
    let (beta, threshold) = (arguments.float_or("beta", 1.0)?, arguments.float_or("threshold", 20.0)?);
    let result = if beta == 1.0 && threshold == 20.0 {
        compute::unary(context, Function::Softplus, &x)?
    } else {
        let scaled = compute::with_number(context, Operator::Mul, &x, beta)?;
        let exponential = compute::unary(context, Function::Exp, &scaled)?;
        let logarithm = compute::unary(context, Function::Log1p, &exponential)?;
        let soft = compute::with_number(context, Operator::Div, &logarithm, beta)?;
        let is_linear = compute::with_number(context, Operator::Gt, &scaled, threshold)?;
        compute::select(context, &is_linear, &x, &soft)?
    };
    Ok(autograd::value(context, result, "SoftplusBackward0", &[&input]))
}

fn round(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "round(input, *, decimals=0)", args)?;
    let input = arguments.object("input")?;
    Ok(autograd::value(context, rounded(context, &arguments)?, "RoundBackward0", &[&input]))
}

fn round_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "round_(input, *, decimals=0)", args)?;
    let input = arguments.object("input")?;
    in_place::write(context, &input, &rounded(context, &arguments)?, "RoundBackward0", &[&input])
}

fn rounded(context: &Context, arguments: &Arguments) -> Result<tensor::Tensor, Raise> {
    let x = arguments.object("input")?.handle();
    let decimals = arguments.int_or("decimals", 0)?.clamp(-300, 300) as i32;
    if decimals == 0 || !x.dtype().is_float() {
        return compute::unary(context, Function::Round, &x);
    }
    let scale = 10f64.powi(decimals.abs());
    let (into, out) = if decimals > 0 { (Operator::Mul, Operator::Div) } else { (Operator::Div, Operator::Mul) };
    let scaled = compute::with_number(context, into, &x, scale)?;
    let whole = compute::unary(context, Function::Round, &scaled)?;
    compute::with_number(context, out, &whole, scale)
}

fn clamp(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "clamp(input, min=None, max=None)", args)?;
    let input = arguments.object("input")?;
    let is_tensor = |name| matches!(arguments.get(name), Some(Value::Tensor(_)));
    let grad_fn = if is_tensor("min") || is_tensor("max") { "ClampBackward0" } else { "ClampBackward1" };
    let bounds = ["min", "max"].into_iter().filter_map(|name| match arguments.get(name) {
        Some(Value::Tensor(bound)) => Some(bound),
        _ => None,
    });
    let inputs: Vec<_> = std::iter::once(&input).chain(bounds).collect();
    Ok(autograd::value(context, clamped(context, &arguments)?, grad_fn, &inputs))
}

fn clamp_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "clamp_(input, min=None, max=None)", args)?;
    let input = arguments.object("input")?;
    in_place::write(context, &input, &clamped(context, &arguments)?, "ClampBackward1", &[&input])
}

fn clamp_min(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "clamp_min(input, min)", args)?;
    let input = arguments.object("input")?;
    Ok(autograd::value(context, clamped(context, &arguments)?, "ClampMinBackward0", &[&input]))
}

fn clamp_max(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "clamp_max(input, max)", args)?;
    let input = arguments.object("input")?;
    Ok(autograd::value(context, clamped(context, &arguments)?, "ClampMaxBackward0", &[&input]))
}

/// The input, not below `min` and not above `max`, where those are given.
fn clamped(context: &Context, arguments: &Arguments) -> Result<tensor::Tensor, Raise> {
    let mut operands = vec![Operand::Tensor(arguments.object("input")?)];
    let bound = |name: &str| -> Result<Option<Operand>, Raise> {
        match arguments.get(name) {
            None => Ok(None),
            Some(Value::Tensor(object)) => Ok(Some(Operand::Tensor(object.clone()))),
            Some(_) => Ok(Some(Operand::Number(arguments.number(name)?))),
        }
    };
    let (low, high) = (bound("min")?, bound("max")?);
    if low.is_none() && high.is_none() {
        return Err(Raise::error(
            ErrorKind::RuntimeError,
            "torch.clamp: At least one of 'min' or 'max' must not be None",
        ));
    }
    operands.extend(low.iter().chain(&high).cloned());
    let dtype = super::promotion::result_type(context, &operands);
    let mut result = compute::operand(context, &operands[0], dtype)?;
    if let Some(low) = low {
        result = compute::binary(context, Operator::Maximum, &result, &compute::operand(context, &low, dtype)?)?;
    }
    if let Some(high) = high {
        result = compute::binary(context, Operator::Minimum, &result, &compute::operand(context, &high, dtype)?)?;
    }
    Ok(result)
}

/// NaN becomes `nan`, infinities the largest numbers of the dtype or what the call says.
fn nan_to_num(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "nan_to_num(input, nan=0.0, posinf=None, neginf=None)", args)?;
    let input = arguments.object("input")?;
    let mut x = input.handle();
    if x.dtype().is_float() {
        let most = match x.dtype() {
            DType::Float64 => f64::MAX,
            DType::Float16 => 65504.0,
            // The largest bfloat16: eight bits of mantissa, float32's exponent.
            DType::BFloat16 => f64::from(f32::from_bits(0x7f7f_0000)),
            _ => f32::MAX.into(),
        };
        let is_nan = compute::unary(context, Function::IsNan, &x)?;
        let mut replace = |condition: &tensor::Tensor, value: f64| -> Result<(), Raise> {
            let value = compute::number(context, Number::Float(value), x.dtype())?;
            x = compute::select(context, condition, &value, &x)?;
            Ok(())
        };
        replace(&is_nan, arguments.float_or("nan", 0.0)?)?;
        let handle = input.handle();
        for (infinity, value) in [
            (f64::INFINITY, arguments.float_or("posinf", most)?),
            (f64::NEG_INFINITY, arguments.float_or("neginf", -most)?),
        ] {
            replace(&compute::with_number(context, Operator::Eq, &handle, infinity)?, value)?;
        }
    }
    Ok(autograd::value(context, x, "NanToNumBackward0", &[&input]))
}
