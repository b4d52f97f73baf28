//! From many cells to one: sums, means, extremes, norms, and running sums.

use std::rc::Rc;

use tensor::ops::arg_reduce::ArgReduce;
use tensor::ops::binary::Operator;
use tensor::ops::gather::Gather;
use tensor::ops::reduce::Reduction;
use tensor::ops::scan::{Scan, Scanning};
use tensor::ops::unary::Function;
use tensor::{DType, Tensor};

use super::arguments::Arguments;
use super::dimensions::{dimension, dimensions};
use super::entry::{BOTH, Entry, TENSOR, TORCH};
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
    Entry("var", BOTH, var),
    Entry("std", BOTH, std),
    Entry("var_mean", TORCH, var_mean),
    Entry("std_mean", TORCH, std_mean),
    Entry("norm", BOTH, norm),
    Entry("logsumexp", BOTH, logsumexp),
    Entry("count_nonzero", BOTH, count_nonzero),
    Entry("cumsum", BOTH, cumsum),
    Entry("cumprod", BOTH, cumprod),
    Entry("cumsum_", TENSOR, cumsum_),
    Entry("diff", BOTH, diff),
];

/// The argument `dim` as dimensions of the input: all of them where it is absent, None or empty.
fn dims_of(arguments: &Arguments, handle: &Tensor) -> Result<Vec<usize>, Raise> {
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

/// The mean and the mean squared distance from it, over cells minus `correction`.
fn moments(context: &Context, arguments: &Arguments) -> Result<(Tensor, Tensor), Raise> {
    let handle = arguments.object("input")?.handle();
    if !handle.dtype().is_float() {
        return Err(Raise::not_implemented("std and var only support floating point and complex dtypes"));
    }
    // `var(unbiased)` came before `var(dim, *, correction)`: a bool in place of the dimension means that.
    let (dims, unbiased) = match arguments.get("dim") {
        Some(Value::Bool(unbiased)) => ((0..handle.dimensions()).collect(), *unbiased),
        _ => (dims_of(arguments, &handle)?, arguments.bool_or("unbiased", true)?),
    };
    let correction = arguments.float_or("correction", if unbiased { 1.0 } else { 0.0 })?;
    let keep = arguments.bool_or("keepdim", false)?;
    let mean = compute::reduce(context, Reduction::Mean, &handle, &dims, true)?;
    let distance = compute::binary(context, Operator::Sub, &handle, &mean)?;
    let square = compute::unary(context, Function::Square, &distance)?;
    let total = compute::reduce(context, Reduction::Sum, &square, &dims, keep)?;
    let cells: usize = dims.iter().map(|&d| handle.shape()[d]).product();
    let variance = compute::with_number(context, Operator::Div, &total, (cells as f64 - correction).max(0.0))?;
    let mean = compute::reshape(context, &mean, variance.shape())?;
    Ok((variance, mean))
}

fn var(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "var(input, dim=None, unbiased=True, keepdim=False, *, correction=None)", args)?;
    let (variance, _) = moments(context, &arguments)?;
    Ok(autograd::value(context, variance, "VarBackward0", &[&arguments.object("input")?]))
}

fn std(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "std(input, dim=None, unbiased=True, keepdim=False, *, correction=None)", args)?;
    let (variance, _) = moments(context, &arguments)?;
    let deviation = compute::unary(context, Function::Sqrt, &variance)?;
    Ok(autograd::value(context, deviation, "StdBackward0", &[&arguments.object("input")?]))
}

fn var_mean(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "var_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None)";
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?;
    let (variance, mean) = moments(context, &arguments)?;
    let pair = [variance, mean].map(|t| autograd::value(context, t, "VarMeanBackward0", &[&input]));
    Ok(Value::tuple(pair.to_vec()))
}

fn std_mean(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "std_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None)";
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?;
    let (variance, mean) = moments(context, &arguments)?;
    let deviation = compute::unary(context, Function::Sqrt, &variance)?;
    let pair = [deviation, mean].map(|t| autograd::value(context, t, "StdMeanBackward0", &[&input]));
    Ok(Value::tuple(pair.to_vec()))
}

fn norm(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "norm(input, p=None, dim=None, keepdim=False, dtype=None)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let order = match arguments.get("p") {
        None => 2.0,
        Some(Value::Str(name)) if matches!(&**name, "fro" | "2") => 2.0,
        Some(_) => arguments.float_or("p", 2.0)?,
    };
    let dims = dims_of(&arguments, &handle)?;
    let result = vector_norm(context, &handle, order, &dims, arguments.bool_or("keepdim", false)?)?;
    Ok(autograd::value(context, result, "LinalgVectorNormBackward0", &[&input]))
}

/// (Σ |x|^p)^(1/p); the largest or smallest |x| for infinite p; the number of cells that are not 0 for p = 0.
pub fn vector_norm(context: &Context, x: &Tensor, order: f64, dims: &[usize], keep: bool) -> Result<Tensor, Raise> {
    if !x.dtype().is_float() {
        return Err(Raise::runtime_error(format!(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}",
            scalar_type_name(x.dtype())
        )));
    }
    if order == 2.0 {
        let square = compute::unary(context, Function::Square, x)?;
        let total = compute::reduce(context, Reduction::Sum, &square, dims, keep)?;
        return compute::unary(context, Function::Sqrt, &total);
    }
    let size = compute::unary(context, Function::Abs, x)?;
    if order == f64::INFINITY {
        return compute::reduce(context, Reduction::Max, &size, dims, keep);
    }
    if order == f64::NEG_INFINITY {
        return compute::reduce(context, Reduction::Min, &size, dims, keep);
    }
    if order == 1.0 {
        return compute::reduce(context, Reduction::Sum, &size, dims, keep);
    }
    if order == 0.0 {
        let present = compute::cast(context, &compute::with_number(context, Operator::Ne, &size, 0.0)?, x.dtype())?;
        return compute::reduce(context, Reduction::Sum, &present, dims, keep);
    }
    let powers = compute::with_number(context, Operator::Pow, &size, order)?;
    let total = compute::reduce(context, Reduction::Sum, &powers, dims, keep)?;
    compute::with_number(context, Operator::Pow, &total, 1.0 / order)
}

/// log Σ exp(x), shifted by the largest x so that nothing overflows.
fn logsumexp(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "logsumexp(input, dim, keepdim=False)", args)?;
    let input = arguments.object("input")?;
    let mut x = input.handle();
    if !x.dtype().is_float() {
        x = compute::cast(context, &x, context.default_dtype)?;
    }
    let dims = dims_of(&arguments, &x)?;
    let keep = arguments.bool_or("keepdim", false)?;
    let largest = compute::reduce(context, Reduction::Max, &x, &dims, true)?;
    // A row of -inf alone would give inf - inf: shift it by nothing.
    let is_finite = compute::unary(context, Function::IsFinite, &largest)?;
    let zero = compute::number(context, super::arguments::Number::Int(0), x.dtype())?;
    let shift = compute::select(context, &is_finite, &largest, &zero)?;
    let powers = compute::unary(context, Function::Exp, &compute::binary(context, Operator::Sub, &x, &shift)?)?;
    let total = compute::reduce(context, Reduction::Sum, &powers, &dims, keep)?;
    let logarithm = compute::unary(context, Function::Log, &total)?;
    let shift = compute::reshape(context, &shift, logarithm.shape())?;
    let result = compute::binary(context, Operator::Add, &logarithm, &shift)?;
    Ok(autograd::value(context, result, "LogsumexpBackward0", &[&input]))
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
    Ok(context.engine.run(Scan { scan, dim }, &[&handle])?)
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
