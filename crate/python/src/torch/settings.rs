//! What a program sets for all of torch: gradients on or off, the default dtype, how tensors print.

use super::arguments::Arguments;
use super::entry::{Entry, TORCH};
use super::flops::FlopCount;
use super::promotion::promote;
use crate::printing::PrintOptions;
use crate::rng::Generator;
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

/// What torch keeps beside the engine, for one run.
#[derive(Default)]
pub struct State {
    pub print_options: PrintOptions,
    /// `torch.Generator` objects, by number.
    pub generators: Vec<Generator>,
    pub flops: FlopCount,
}

pub const ENTRIES: &[Entry] = &[
    Entry("_set_grad_enabled", TORCH, set_grad_enabled),
    Entry("is_grad_enabled", TORCH, is_grad_enabled),
    Entry("set_default_dtype", TORCH, set_default_dtype),
    Entry("get_default_dtype", TORCH, get_default_dtype),
    Entry("set_printoptions", TORCH, set_printoptions),
    Entry("promote_types", TORCH, promote_types),
    Entry("is_tensor", TORCH, is_tensor),
    Entry("_parameter", TORCH, parameter),
    Entry("_with_gradient_name", TORCH, with_gradient_name),
];

/// Sets whether results require gradients, and gives what it was before.
fn set_grad_enabled(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "_set_grad_enabled(mode)", args)?;
    let before = context.grad_enabled;
    context.grad_enabled = arguments.bool_or("mode", true)?;
    Ok(Value::Bool(before))
}

fn is_grad_enabled(context: &mut Context, _: Args) -> Result<Value, Raise> {
    Ok(Value::Bool(context.grad_enabled))
}

fn set_default_dtype(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "set_default_dtype(d)", args)?;
    match arguments.dtype("d")? {
        Some(dtype) if dtype.is_float() => context.default_dtype = dtype,
        _ => return Err(Raise::type_error("only floating-point types are supported as the default type")),
    }
    Ok(Value::None)
}

fn get_default_dtype(context: &mut Context, _: Args) -> Result<Value, Raise> {
    Ok(Value::DType(context.default_dtype))
}

fn set_printoptions(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None)";
    let arguments = Arguments::bind(context, signature, args)?;
    let mut options = context.torch.print_options.clone();
    if let Some(Value::Str(profile)) = arguments.get("profile") {
        options.set_profile(profile);
    }
    let count = |name: &str, old: usize| -> Result<usize, Raise> {
        Ok(arguments.int_or(name, old as i64)?.clamp(0, 1 << 20) as usize)
    };
    // More decimals than a float64 has digits would only cost time.
    options.precision = count("precision", options.precision)?.min(60);
    options.edge_items = count("edgeitems", options.edge_items)?;
    options.line_width = count("linewidth", options.line_width)?;
    options.threshold = arguments.float_or("threshold", options.threshold)?;
    // As in PyTorch, the mode lasts for one call only: absent means that the magnitudes decide again.
    options.scientific = match arguments.get("sci_mode") {
        Some(Value::Bool(mode)) => Some(*mode),
        _ => None,
    };
    context.torch.print_options = options;
    Ok(Value::None)
}

fn promote_types(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "promote_types(type1, type2)", args)?;
    match (arguments.dtype("type1")?, arguments.dtype("type2")?) {
        (Some(a), Some(b)) => Ok(Value::DType(promote(a, b))),
        _ => Err(arguments.wrong("type1", "torch.dtype")),
    }
}

fn is_tensor(_: &mut Context, args: Args) -> Result<Value, Raise> {
    Ok(Value::Bool(matches!(args.positional.first(), Some(Value::Tensor(_)))))
}

/// `nn.Parameter(data, requires_grad=True)`: the same cells as a tensor that modules register.
pub fn parameter(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "Parameter(data=None, requires_grad=True)", args)?;
    let tensor = match arguments.get("data") {
        None => context.engine.full(&[0], context.default_dtype, 0.0)?,
        Some(Value::Tensor(data)) => data.handle(),
        Some(_) => return Err(arguments.wrong("data", "Tensor")),
    };
    let requires_grad = arguments.bool_or("requires_grad", true)?;
    if requires_grad && !tensor.dtype().is_float() {
        return Err(Raise::runtime_error("Only Tensors of floating point and complex dtype can require gradients"));
    }
    let object = TensorObject::new(tensor);
    object.requires_grad.set(requires_grad);
    object.is_parameter.set(true);
    Ok(Value::Tensor(object))
}

/// The names of gradients that functions of the prelude give their results.
const GRADIENT_NAMES: &[&str] = &[
    "NllLossBackward0",
    "NllLoss2DBackward0",
    "MseLossBackward0",
    "SmoothL1LossBackward0",
    "BinaryCrossEntropyBackward0",
    "BinaryCrossEntropyWithLogitsBackward0",
    "EluBackward0",
    "LeakyReluBackward0",
    "MishBackward0",
    "HardtanhBackward0",
    "LogSigmoidBackward0",
    "GluBackward0",
    "CdistBackward0",
];

/// The tensor, under the gradient's name that PyTorch gives a function which here is composed of others.
fn with_gradient_name(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "_with_gradient_name(input, name)", args)?;
    let input = arguments.object("input")?;
    let name = arguments.text_or("name", "")?;
    if let Some(name) = GRADIENT_NAMES.iter().find(|known| **known == name)
        && !input.grad_fn.get().is_empty()
    {
        input.grad_fn.set(name);
    }
    Ok(Value::Tensor(input))
}
