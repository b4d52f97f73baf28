//! The same cells in another shape or order: views where PyTorch gives views.

use std::rc::Rc;

use tensor::Tensor;
use tensor::layout::numel;

use super::arguments::Arguments;
use super::dimensions::{dimension, inferred_shape};
use super::entry::{BOTH, Entry, TENSOR};
use super::{autograd, compute};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("view", TENSOR, view),
    Entry("view_as", TENSOR, view_as),
    Entry("reshape", BOTH, reshape),
    Entry("reshape_as", TENSOR, reshape_as),
    Entry("flatten", BOTH, flatten),
    Entry("ravel", BOTH, ravel),
    Entry("unflatten", BOTH, unflatten),
    Entry("transpose", BOTH, transpose),
    Entry("swapaxes", BOTH, transpose),
    Entry("swapdims", BOTH, transpose),
    Entry("transpose_", TENSOR, transpose_),
    Entry("t", BOTH, t),
    Entry("permute", BOTH, permute),
    Entry("movedim", BOTH, movedim),
    Entry("moveaxis", BOTH, movedim),
    Entry("squeeze", BOTH, squeeze),
    Entry("unsqueeze", BOTH, unsqueeze),
    Entry("squeeze_", TENSOR, squeeze_),
    Entry("unsqueeze_", TENSOR, unsqueeze_),
    Entry("contiguous", TENSOR, contiguous),
    Entry("clone", BOTH, clone),
];

/// A view of `input` that shows `tensor`.
pub fn view_of(context: &Context, input: &Rc<TensorObject>, tensor: Tensor, grad_fn: &'static str) -> Result<Value, Raise> {
    Ok(autograd::value(context, tensor, grad_fn, &[input]))
}

fn view(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "view(input, *size)", args)?;
    let input = arguments.object("input")?;
    viewed(context, &input, &arguments.ints("size")?)
}

fn view_as(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "view_as(input, other)", args)?;
    let sizes: Vec<i64> = arguments.object("other")?.handle().shape().iter().map(|&n| n as i64).collect();
    viewed(context, &arguments.object("input")?, &sizes)
}

fn viewed(context: &Context, input: &Rc<TensorObject>, sizes: &[i64]) -> Result<Value, Raise> {
    let handle = input.handle();
    let shape = inferred_shape(sizes, handle.numel())?;
    let layout = handle.layout().view(&shape).ok_or_else(|| {
        Raise::runtime_error("view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.")
    })?;
    view_of(context, input, handle.view(layout), "ViewBackward0")
}

fn reshape(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "reshape(input, *shape)", args)?;
    reshaped(context, &arguments.object("input")?, &arguments.ints("shape")?)
}

fn reshape_as(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "reshape_as(input, other)", args)?;
    let sizes: Vec<i64> = arguments.object("other")?.handle().shape().iter().map(|&n| n as i64).collect();
    reshaped(context, &arguments.object("input")?, &sizes)
}

/// A view where the strides allow it, else a copy.
pub fn reshaped(context: &Context, input: &Rc<TensorObject>, sizes: &[i64]) -> Result<Value, Raise> {
    let handle = input.handle();
    let shape = inferred_shape(sizes, handle.numel())?;
    match handle.layout().view(&shape) {
        Some(layout) => view_of(context, input, handle.view(layout), "ViewBackward0"),
        None => view_of(context, input, compute::reshape(context, &handle, &shape)?, "UnsafeViewBackward0"),
    }
}

fn flatten(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "flatten(input, start_dim=0, end_dim=-1)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let start = dimension(arguments.int_or("start_dim", 0)?, handle.dimensions())?;
    let end = dimension(arguments.int_or("end_dim", -1)?, handle.dimensions())?;
    if start > end {
        return Err(Raise::runtime_error("flatten() has invalid args: start_dim cannot come after end_dim"));
    }
    if handle.dimensions() == 0 {
        return reshaped(context, &input, &[1]);
    }
    if start == end {
        return Ok(Value::Tensor(input));
    }
    let shape = handle.shape();
    let merged: usize = shape[start..=end].iter().product();
    let sizes: Vec<i64> =
        shape[..start].iter().chain([&merged]).chain(&shape[end + 1..]).map(|&n| n as i64).collect();
    reshaped(context, &input, &sizes)
}

fn ravel(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "ravel(input)", args)?;
    reshaped(context, &arguments.object("input")?, &[-1])
}

fn unflatten(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "unflatten(input, dim, *sizes)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let dim = dimension(arguments.int("dim")?, handle.dimensions())?;
    let sizes = arguments.ints("sizes")?;
    let length = handle.shape().get(dim).copied().unwrap_or(1);
    let inner = inferred_shape(&sizes, length).map_err(|_| {
        Raise::runtime_error(format!(
            "unflatten: Provided sizes {sizes:?} don't multiply up to the size of dim {dim} ({length}) in the input tensor"
        ))
    })?;
    let shape = [&handle.shape()[..dim], &inner, &handle.shape()[dim + 1..]].concat();
    numel(&shape)?;
    view_of(context, &input, compute::reshape(context, &handle, &shape)?, "ViewBackward0")
}

fn transpose(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "transpose(input, dim0, dim1)", args)?;
    let input = arguments.object("input")?;
    let swapped = transposed(&arguments)?;
    view_of(context, &input, swapped, "TransposeBackward0")
}

fn transpose_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "transpose_(input, dim0, dim1)", args)?;
    replace(&arguments.object("input")?, transposed(&arguments)?, "TransposeBackward1")
}

fn transposed(arguments: &Arguments) -> Result<Tensor, Raise> {
    let handle = arguments.object("input")?.handle();
    let a = dimension(arguments.int("dim0")?, handle.dimensions())?;
    let b = dimension(arguments.int("dim1")?, handle.dimensions())?;
    Ok(if handle.dimensions() == 0 { handle } else { handle.view(handle.layout().transpose(a, b)) })
}

/// The object itself under another layout.
fn replace(object: &Rc<TensorObject>, tensor: Tensor, grad_fn: &'static str) -> Result<Value, Raise> {
    *object.tensor.borrow_mut() = tensor;
    if !object.grad_fn.get().is_empty() {
        object.grad_fn.set(grad_fn);
    }
    Ok(Value::Tensor(object.clone()))
}

fn t(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "t(input)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    match handle.dimensions() {
        0 | 1 => view_of(context, &input, handle, "TBackward0"),
        2 => view_of(context, &input, handle.view(handle.layout().transpose(0, 1)), "TBackward0"),
        rank => Err(Raise::runtime_error(format!("t() expects a tensor with <= 2 dimensions, but self is {rank}D"))),
    }
}

fn permute(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "permute(input, *dims)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let rank = handle.dimensions();
    let dims = arguments.ints("dims")?;
    if dims.len() != rank {
        return Err(Raise::runtime_error(format!(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired ordering of dimensions i.e. input.dim() = {rank} is not equal to len(dims) = {}",
            dims.len()
        )));
    }
    let mut order = Vec::with_capacity(rank);
    for dim in dims {
        let dim = dimension(dim, rank)?;
        if order.contains(&dim) {
            return Err(Raise::runtime_error("permute(): duplicate dims are not allowed."));
        }
        order.push(dim);
    }
    view_of(context, &input, handle.view(handle.layout().permute(&order)), "PermuteBackward0")
}

fn movedim(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "movedim(input, source, destination)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let rank = handle.dimensions();
    let resolve = |name: &str| -> Result<Vec<usize>, Raise> {
        arguments.ints(name)?.into_iter().map(|dim| dimension(dim, rank)).collect()
    };
    let (sources, destinations) = (resolve("source")?, resolve("destination")?);
    if sources.len() != destinations.len() {
        return Err(Raise::runtime_error(format!(
            "movedim: Invalid source or destination dims: source ({:?} dims) should contain the same number of dims as destination ({:?} dims)",
            sources, destinations
        )));
    }
    let mut order: Vec<Option<usize>> = vec![None; rank];
    for (&source, &destination) in sources.iter().zip(&destinations) {
        order[destination] = Some(source);
    }
    let mut rest = (0..rank).filter(|dim| !sources.contains(dim));
    let order: Vec<usize> = order.into_iter().filter_map(|dim| dim.or_else(|| rest.next())).collect();
    if order.len() != rank {
        return Err(Raise::runtime_error("movedim: repeated dim in `source` or `destination`"));
    }
    view_of(context, &input, handle.view(handle.layout().permute(&order)), "PermuteBackward0")
}

fn squeeze(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "squeeze(input, *dim=None)", args)?;
    let input = arguments.object("input")?;
    let grad_fn = if arguments.get("dim").is_some() { "SqueezeBackward1" } else { "SqueezeBackward0" };
    view_of(context, &input, squeezed(&arguments)?, grad_fn)
}

fn squeeze_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "squeeze_(input, *dim=None)", args)?;
    replace(&arguments.object("input")?, squeezed(&arguments)?, "SqueezeBackward3")
}

/// Without the dimensions of one cell, or without those named that have one cell.
fn squeezed(arguments: &Arguments) -> Result<Tensor, Raise> {
    let handle = arguments.object("input")?.handle();
    let rank = handle.dimensions();
    let named: Option<Vec<usize>> = arguments
        .optional_ints("dim")?
        .map(|dims| dims.into_iter().map(|dim| dimension(dim, rank)).collect::<Result<_, _>>())
        .transpose()?;
    let mut layout = handle.layout().clone();
    for dim in (0..rank).rev() {
        if layout.shape[dim] == 1 && named.as_ref().is_none_or(|named| named.contains(&dim)) {
            layout = layout.squeeze(dim);
        }
    }
    Ok(handle.view(layout))
}

fn unsqueeze(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "unsqueeze(input, dim)", args)?;
    let input = arguments.object("input")?;
    view_of(context, &input, unsqueezed(&arguments)?, "UnsqueezeBackward0")
}

fn unsqueeze_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "unsqueeze_(input, dim)", args)?;
    replace(&arguments.object("input")?, unsqueezed(&arguments)?, "UnsqueezeBackward1")
}

fn unsqueezed(arguments: &Arguments) -> Result<Tensor, Raise> {
    let handle = arguments.object("input")?.handle();
    let dim = dimension(arguments.int("dim")?, handle.dimensions() + 1)?;
    let layout = handle.layout().unsqueeze(dim);
    numel(&layout.shape)?;
    Ok(handle.view(layout))
}

fn contiguous(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "contiguous(input, *, memory_format=None)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    if handle.is_contiguous() {
        return Ok(Value::Tensor(input));
    }
    let cells = compute::copy(context, &handle, handle.dtype())?;
    Ok(autograd::value(context, cells, "CloneBackward0", &[&input]))
}

fn clone(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "clone(input, *, memory_format=None)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let cells = match arguments.get("memory_format") {
        Some(Value::Str(format)) if &**format == "torch.contiguous_format" => compute::copy(context, &handle, handle.dtype())?,
        _ => compute::alike(context, &handle, handle.dtype())?,
    };
    Ok(autograd::value(context, cells, "CloneBackward0", &[&input]))
}
