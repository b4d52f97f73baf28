//! From many cells to one: sums, means, extremes, norms, and running sums.

use std::rc::Rc;

use tensor::ops::arg_reduce::ArgReduce;
use tensor::ops::binary::Operator;
use tensor::ops::gather::Gather;
use tensor::ops::reduce::Reduction;
use tensor::ops::scan::{Scan, Scanning};
use tensor::{DType, Tensor};

use super::arguments::Arguments;
use super::dimensions::{dimension, dimensions};
use super::entry::{BOTH, Entry, TENSOR};
use super::promotion::scalar_type_name;
use super::{arithmetic, autograd, compute};
use crate::value::{Args, NamedTupleType, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("sum", BOTH, sum),
    Entry("mean", BOTH, mean),
    Entry("prod", BOTH, prod),
    Entry("amax", BOTH, amax),
    Entry("amin", BOTH, amin),
    Entry("max", BOTH, max),
    Entry("min", BOTH, min),
    Entry("argmax", BOTH, argmax),
    Entry("argmin", BOTH, argmin),
    Entry("any", BOTH, any),
    Entry("all", BOTH, all),
    Entry("count_nonzero", BOTH, count_nonzero),
    Entry("cumsum", BOTH, cumsum),
    Entry("cumprod", BOTH, cumprod),
    Entry("cumsum_", TENSOR, cumsum_),
    Entry("diff", BOTH, diff),
];

/// The argument `dim` as dimensions of the input: all of them where it is absent, None or empty.
pub fn dims_of(arguments: &Arguments, handle: &Tensor) -> Result<Vec<usize>, Raise> {
    dimensions(&arguments.optional_ints("dim")?.unwrap_or_default(), handle.dimensions())
}

/// A reduction over `dim`, with PyTorch's two gradients: over everything, and over dimensions.
fn reduced(
    context: &Context,
    arguments: &Arguments,
    reduction: Reduction,
    grad_fns: (&'static str, &'static str),
) -> Result<Value, Raise> {
    let input = arguments.object("input")?;
    let mut handle = input.handle();
    if let Some(dtype) = arguments.dtype("dtype")? {
        handle = compute::cast(context, &handle, dtype)?;
    }
    let dims = dims_of(arguments, &handle)?;
    let result = compute::reduce(context, reduction, &handle, &dims, arguments.bool_or("keepdim", false)?)?;
    let result = match arguments.dtype("dtype")? {
        Some(dtype) => compute::cast(context, &result, dtype)?,
        None => result,
    };
    let grad_fn = if arguments.get("dim").is_some() { grad_fns.1 } else { grad_fns.0 };
    Ok(autograd::value(context, result, grad_fn, &[&input]))
}

fn sum(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "sum(input, dim=None, keepdim=False, *, dtype=None)", args)?;
    reduced(context, &arguments, Reduction::Sum, ("SumBackward0", "SumBackward1"))
}

fn mean(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "mean(input, dim=None, keepdim=False, *, dtype=None)", args)?;
    let dtype = arguments.dtype("dtype")?.unwrap_or(arguments.object("input")?.handle().dtype());
    if !dtype.is_float() {
        return Err(Raise::not_implemented(format!(
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: {}",
            scalar_type_name(dtype)
        )));
    }
    reduced(context, &arguments, Reduction::Mean, ("MeanBackward0", "MeanBackward1"))
}

fn prod(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "prod(input, dim=None, keepdim=False, *, dtype=None)", args)?;
    reduced(context, &arguments, Reduction::Prod, ("ProdBackward0", "ProdBackward1"))
}

fn amax(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "amax(input, dim=None, keepdim=False)", args)?;
    check_not_empty(&arguments)?;
    reduced(context, &arguments, Reduction::Max, ("AmaxBackward0", "AmaxBackward0"))
}

fn amin(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "amin(input, dim=None, keepdim=False)", args)?;
    check_not_empty(&arguments)?;
    reduced(context, &arguments, Reduction::Min, ("AminBackward0", "AminBackward0"))
}

fn check_not_empty(arguments: &Arguments) -> Result<(), Raise> {
    let handle = arguments.object("input")?.handle();
    let name = arguments.function();
    if arguments.get("dim").is_none() {
        if handle.numel() == 0 {
            return Err(Raise::runtime_error(format!(
                "{name}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim with the 'dim' argument."
            )));
        }
        return Ok(());
    }
    for dim in dims_of(arguments, &handle)? {
        if handle.shape()[dim] == 0 {
            return Err(Raise::index_error(format!("{name}(): Expected reduction dim {dim} to have non-zero size.")));
        }
    }
    Ok(())
}

fn max(context: &mut Context, args: Args) -> Result<Value, Raise> {
    extreme(context, args, ["max(input, dim=None, keepdim=False)", "max(input, other)"], true)
}

fn min(context: &mut Context, args: Args) -> Result<Value, Raise> {
    extreme(context, args, ["min(input, dim=None, keepdim=False)", "min(input, other)"], false)
}

/// Of all cells, along a dimension (with where it is), or of two tensors.
fn extreme(context: &Context, args: Args, signatures: [&'static str; 2], largest: bool) -> Result<Value, Raise> {
    let is_other = matches!(args.positional.get(1), Some(Value::Tensor(_)))
        || args.keyword.iter().any(|(name, _)| **name == *"other");
    if is_other {
        let arguments = Arguments::bind(context, signatures[1], args)?;
        let function = if largest { &arithmetic::MAXIMUM } else { &arithmetic::MINIMUM };
        let operand = |name| arguments.get(name).and_then(arithmetic::operand).ok_or_else(|| arguments.wrong(name, "Tensor"));
        return arithmetic::apply(context, function, &operand("input")?, &operand("other")?);
    }
    let arguments = Arguments::bind(context, signatures[0], args)?;
    check_not_empty(&arguments)?;
    if arguments.get("dim").is_none() {
        let reduction = if largest { Reduction::Max } else { Reduction::Min };
        let grad_fn = if largest { "MaxBackward1" } else { "MinBackward1" };
        return reduced(context, &arguments, reduction, (grad_fn, grad_fn));
    }
    let input = arguments.object("input")?;
    let handle = input.handle();
    let dim = dimension(arguments.int("dim")?, handle.dimensions())?;
    let keep = arguments.bool_or("keepdim", false)?;
    let (values, indices) = extreme_along(context, &handle, dim, largest, keep)?;
    let (name, grad_fn) = if largest { ("max", "MaxBackward0") } else { ("min", "MinBackward0") };
    Ok(values_and_indices(context, name, values, indices, grad_fn, &input))
}

/// The extreme cells along `dim` and where they are.
fn extreme_along(
    context: &Context,
    tensor: &Tensor,
    dim: usize,
    largest: bool,
    keep: bool,
) -> Result<(Tensor, Tensor), Raise> {
    if tensor.dimensions() == 0 {
        return Ok((tensor.clone(), context.engine.full(&[], DType::Int64, 0.0)?));
    }
    let indices = context.engine.run(ArgReduce { largest, dim, keep: true }, &[tensor])?;
    let values = context.engine.run(Gather { dim }, &[tensor, &indices])?;
    let finish = |t: Tensor| if keep { t } else { t.view(t.layout().squeeze(dim)) };
    Ok((finish(values), finish(indices)))
}

/// `torch.return_types.NAME(values=…, indices=…)`
pub fn values_and_indices(
    context: &Context,
    name: &str,
    values: Tensor,
    indices: Tensor,
    grad_fn: &'static str,
    input: &Rc<TensorObject>,
) -> Value {
    let kind = NamedTupleType::torch(name, &["values", "indices"]);
    Value::named_tuple(&kind, vec![autograd::value(context, values, grad_fn, &[input]), Value::tensor(indices)])
}

fn argmax(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "argmax(input, dim=None, keepdim=False)", args)?;
    arg_extreme(context, &arguments, true)
}

fn argmin(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "argmin(input, dim=None, keepdim=False)", args)?;
    arg_extreme(context, &arguments, false)
}

fn arg_extreme(context: &Context, arguments: &Arguments, largest: bool) -> Result<Value, Raise> {
    let handle = arguments.object("input")?.handle();
    let keep = arguments.bool_or("keepdim", false)?;
    if handle.numel() == 0 && arguments.get("dim").is_none() {
        return Err(Raise::index_error(format!(
            "{}(): Expected reduction dim to be specified for input.numel() == 0.",
            arguments.function()
        )));
    }
    let (tensor, dim) = match arguments.optional_int("dim")? {
        Some(dim) => (handle.clone(), dimension(dim, handle.dimensions())?),
        None => (compute::reshape(context, &handle, &[handle.numel()])?, 0),
    };
    if tensor.dimensions() == 0 {
        return Ok(Value::tensor(context.engine.full(&[], DType::Int64, 0.0)?));
    }
    if tensor.shape()[dim] == 0 {
        return Err(Raise::index_error(format!(
            "{}(): Expected reduction dim {dim} to have non-zero size.",
            arguments.function()
        )));
    }
    let mut result = context.engine.run(ArgReduce { largest, dim, keep }, &[&tensor])?;
    if keep && arguments.get("dim").is_none() {
        result = compute::reshape(context, &result, &vec![1; handle.dimensions()])?;
    }
    Ok(Value::tensor(result))
}

fn any(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "any(input, dim=None, keepdim=False)", args)?;
    quantified(context, &arguments, Reduction::Any)
}

fn all(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "all(input, dim=None, keepdim=False)", args)?;
    quantified(context, &arguments, Reduction::All)
}

fn quantified(context: &Context, arguments: &Arguments, reduction: Reduction) -> Result<Value, Raise> {
    let handle = compute::cast(context, &arguments.object("input")?.handle(), DType::Bool)?;
    let dims = dims_of(arguments, &handle)?;
    Ok(Value::tensor(compute::reduce(context, reduction, &handle, &dims, arguments.bool_or("keepdim", false)?)?))
}

fn count_nonzero(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "count_nonzero(input, dim=None)", args)?;
    let handle = compute::cast(context, &arguments.object("input")?.handle(), DType::Bool)?;
    let dims = dims_of(&arguments, &handle)?;
    Ok(Value::tensor(compute::reduce(context, Reduction::Sum, &handle, &dims, false)?))
}

fn cumsum(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "cumsum(input, dim, *, dtype=None)", args)?;
    let result = scanned(context, &arguments, Scanning::Sum)?;
    Ok(autograd::value(context, result, "CumsumBackward0", &[&arguments.object("input")?]))
}

fn cumprod(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "cumprod(input, dim, *, dtype=None)", args)?;
    let result = scanned(context, &arguments, Scanning::Prod)?;
    Ok(autograd::value(context, result, "CumprodBackward0", &[&arguments.object("input")?]))
}

fn cumsum_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "cumsum_(input, dim)", args)?;
    let (input, result) = (arguments.object("input")?, scanned(context, &arguments, Scanning::Sum)?);
    super::in_place::write(context, &input, &result, "CumsumBackward0", &[&input])
}

fn scanned(context: &Context, arguments: &Arguments, scan: Scanning) -> Result<Tensor, Raise> {
    let mut handle = arguments.object("input")?.handle();
    let dim = dimension(arguments.int("dim")?, handle.dimensions())?;
    let dtype = arguments.dtype("dtype")?;
    if let Some(dtype) = dtype {
        handle = compute::cast(context, &handle, dtype)?;
    }
    let result = context.engine.run(Scan { scan, dim }, &[&handle])?;
    // Integers are summed as int64, and come in the dtype that was asked for.
    dtype.map_or(Ok(result.clone()), |dtype| compute::cast(context, &result, dtype))
}

/// Each cell minus the one before, `n` times.
fn diff(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "diff(input, n=1, dim=-1)", args)?;
    let input = arguments.object("input")?;
    let mut tensor = input.handle();
    if tensor.dimensions() == 0 {
        return Err(Raise::runtime_error("diff expects input to be at least one-dimensional"));
    }
    let dim = dimension(arguments.int_or("dim", -1)?, tensor.dimensions())?;
    let times = arguments.int_or("n", 1)?;
    if times < 0 {
        return Err(Raise::runtime_error(format!("order must be non-negative but got {times}")));
    }
    for _ in 0..times.min(tensor.shape()[dim] as i64) {
        let length = tensor.shape()[dim] - 1;
        let after = tensor.view(tensor.layout().slice(dim, 1, length, 1));
        let before = tensor.view(tensor.layout().slice(dim, 0, length, 1));
        let operator = if tensor.dtype() == DType::Bool { Operator::BitXor } else { Operator::Sub };
        tensor = compute::binary(context, operator, &after, &before)?;
    }
    Ok(autograd::value(context, tensor, "SubBackward0", &[&input]))
}
