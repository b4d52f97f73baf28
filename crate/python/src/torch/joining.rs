//! Joining, splitting, repeating and rearranging: `cat`, `split`, `roll`, `repeat`, `tril`, …

use std::rc::Rc;

use tensor::layout::numel;
use tensor::ops::cat::Cat;
use tensor::Tensor;

use super::arguments::Arguments;
use super::dimensions::dimension;
use super::entry::{BOTH, Entry, TORCH};
use super::promotion::promote;
use super::{autograd, compute, views};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("cat", TORCH, cat),
    Entry("concat", TORCH, cat),
    Entry("concatenate", TORCH, cat),
    Entry("stack", TORCH, stack),
    Entry("hstack", TORCH, hstack),
    Entry("vstack", TORCH, vstack),
    Entry("split", BOTH, split),
    Entry("chunk", BOTH, chunk),
    Entry("unbind", BOTH, unbind),
    Entry("meshgrid", TORCH, meshgrid),
];

/// The tensors one after another along `dim`, in the dtype that holds all of them.
pub fn concatenate(context: &Context, tensors: &[Tensor], dim: usize) -> Result<Tensor, Raise> {
    let dtype = tensors.iter().map(Tensor::dtype).reduce(promote).unwrap_or(context.default_dtype);
    let cast: Vec<Tensor> =
        tensors.iter().map(|t| compute::cast(context, t, dtype)).collect::<Result<_, _>>()?;
    Ok(context.engine.run(Cat { dim }, &cast.iter().collect::<Vec<_>>())?)
}

fn cat(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "cat(tensors, dim=0)", args)?;
    let objects = arguments.objects("tensors")?;
    if objects.is_empty() {
        return Err(Raise::value_error("torch.cat(): expected a non-empty list of Tensors"));
    }
    let handles: Vec<Tensor> = objects.iter().map(|o| o.handle()).collect();
    // PyTorch leaves out tensors of shape [0], whatever the others look like.
    let solid: Vec<Tensor> = handles.iter().filter(|t| t.shape() != [0]).cloned().collect();
    let first = solid.first().unwrap_or(&handles[0]);
    if first.dimensions() == 0 {
        return Err(Raise::runtime_error("zero-dimensional tensor (at position 0) cannot be concatenated"));
    }
    let dim = dimension(arguments.int_or("dim", 0)?, first.dimensions())?;
    for (position, tensor) in solid.iter().enumerate() {
        if tensor.dimensions() != first.dimensions() {
            return Err(Raise::runtime_error(format!(
                "Tensors must have same number of dimensions: got {} and {}",
                first.dimensions(),
                tensor.dimensions()
            )));
        }
        for d in (0..first.dimensions()).filter(|&d| d != dim) {
            if tensor.shape()[d] != first.shape()[d] {
                return Err(Raise::runtime_error(format!(
                    "Sizes of tensors must match except in dimension {dim}. Expected size {} but got size {} for tensor number {position} in the list.",
                    first.shape()[d],
                    tensor.shape()[d]
                )));
            }
        }
    }
    let joined = concatenate(context, if solid.is_empty() { &handles[..1] } else { &solid }, dim)?;
    Ok(autograd::value(context, joined, "CatBackward0", &objects.iter().collect::<Vec<_>>()))
}

fn stack(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "stack(tensors, dim=0)", args)?;
    let objects = arguments.objects("tensors")?;
    let Some(first) = objects.first().map(|o| o.handle()) else {
        return Err(Raise::runtime_error("stack expects a non-empty TensorList"));
    };
    let dim = dimension(arguments.int_or("dim", 0)?, first.dimensions() + 1)?;
    let mut rows = Vec::with_capacity(objects.len());
    for (position, object) in objects.iter().enumerate() {
        let handle = object.handle();
        if handle.shape() != first.shape() {
            return Err(Raise::runtime_error(format!(
                "stack expects each tensor to be equal size, but got {:?} at entry 0 and {:?} at entry {position}",
                first.shape(),
                handle.shape()
            )));
        }
        let layout = handle.layout().unsqueeze(dim);
        numel(&layout.shape)?;
        rows.push(handle.view(layout));
    }
    let joined = concatenate(context, &rows, dim)?;
    Ok(autograd::value(context, joined, "StackBackward0", &objects.iter().collect::<Vec<_>>()))
}

fn hstack(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "hstack(tensors)", args)?;
    let objects = arguments.objects("tensors")?;
    let rank = objects.first().map_or(0, |o| o.handle().dimensions());
    at_least(context, &objects, 1, usize::from(rank > 1))
}

fn vstack(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "vstack(tensors)", args)?;
    at_least(context, &arguments.objects("tensors")?, 2, 0)
}

/// Joins tensors that get leading dimensions until they have `rank` of them.
fn at_least(context: &Context, objects: &[Rc<TensorObject>], rank: usize, dim: usize) -> Result<Value, Raise> {
    if objects.is_empty() {
        return Err(Raise::runtime_error("expected a non-empty TensorList"));
    }
    let tensors: Vec<Tensor> = objects
        .iter()
        .map(|object| {
            let mut tensor = object.handle();
            while tensor.dimensions() < rank {
                tensor = tensor.view(tensor.layout().unsqueeze(0));
            }
            tensor
        })
        .collect();
    let joined = concatenate(context, &tensors, dim)?;
    Ok(autograd::value(context, joined, "CatBackward0", &objects.iter().collect::<Vec<_>>()))
}

/// Views of lengths `sizes` along `dim`, one after another.
fn pieces(
    context: &Context,
    input: &Rc<TensorObject>,
    dim: usize,
    sizes: &[usize],
    grad_fn: &'static str,
) -> Value {
    let handle = input.handle();
    let mut start = 0;
    let views = sizes
        .iter()
        .map(|&size| {
            let view = handle.view(handle.layout().slice(dim, start, size, 1));
            start += size;
            autograd::value(context, view, grad_fn, &[input])
        })
        .collect();
    Value::tuple(views)
}

fn split(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "split(input, split_size_or_sections|split_size, dim=0)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    if handle.dimensions() == 0 {
        return Err(Raise::runtime_error("split expects at least a 1-dimensional tensor"));
    }
    let dim = dimension(arguments.int_or("dim", 0)?, handle.dimensions())?;
    let length = handle.shape()[dim];
    let sizes = arguments.ints("split_size_or_sections")?;
    if arguments.get("split_size_or_sections").and_then(Value::as_sequence).is_some() {
        if sizes.iter().any(|&n| n < 0) || sizes.iter().sum::<i64>() != length as i64 {
            return Err(Raise::runtime_error(format!(
                "split_with_sizes expects split_sizes to sum exactly to {length} (input tensor's size at dimension {dim}), but got split_sizes={sizes:?}"
            )));
        }
        let sizes: Vec<usize> = sizes.iter().map(|&n| n as usize).collect();
        return Ok(pieces(context, &input, dim, &sizes, "SplitWithSizesBackward0"));
    }
    let size = sizes[0];
    if size < 0 {
        return Err(Raise::runtime_error(format!("split expects split_size be non-negative, but got split_size={size}")));
    }
    if size == 0 && length > 0 {
        return Err(Raise::runtime_error(format!(
            "split_size can only be 0 if dimension size is 0, but got dimension size of {length}"
        )));
    }
    Ok(pieces(context, &input, dim, &even(length, size as usize), "SplitBackward0"))
}

fn chunk(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "chunk(input, chunks, dim=0)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let chunks = arguments.int("chunks")?;
    if handle.dimensions() == 0 {
        return Err(Raise::runtime_error("chunk expects at least a 1-dimensional tensor"));
    }
    if chunks <= 0 {
        return Err(Raise::runtime_error(format!("chunk expects `chunks` to be greater than 0, got: {chunks}")));
    }
    let dim = dimension(arguments.int_or("dim", 0)?, handle.dimensions())?;
    let length = handle.shape()[dim];
    Ok(pieces(context, &input, dim, &even(length, length.div_ceil(chunks as usize)), "SplitBackward0"))
}

/// Lengths of pieces of `size`, the last of which may be shorter.
fn even(length: usize, size: usize) -> Vec<usize> {
    if length == 0 {
        return vec![0];
    }
    (0..length.div_ceil(size)).map(|i| size.min(length - i * size)).collect()
}

fn unbind(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "unbind(input, dim=0)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    if handle.dimensions() == 0 {
        return Err(Raise::index_error("Dimension specified as 0 but tensor has no dimensions"));
    }
    let dim = dimension(arguments.int_or("dim", 0)?, handle.dimensions())?;
    let rows = (0..handle.shape()[dim])
        .map(|i| autograd::value(context, handle.view(handle.layout().select(dim, i)), "UnbindBackward0", &[&input]))
        .collect();
    Ok(Value::tuple(rows))
}

fn meshgrid(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "meshgrid(*tensors, *, indexing='ij')", args)?;
    let objects = match arguments.get("tensors") {
        Some(Value::Tensor(only)) => vec![only.clone()],
        _ => arguments.objects("tensors")?,
    };
    let swap = match &*arguments.text_or("indexing", "ij")? {
        "ij" => false,
        "xy" => objects.len() > 1,
        other => {
            return Err(Raise::runtime_error(format!(
                "torch.meshgrid: indexing must be one of \"xy\" or \"ij\", but received: {other}"
            )));
        }
    };
    let mut shape: Vec<i64> = Vec::with_capacity(objects.len());
    for object in &objects {
        if object.handle().dimensions() > 1 {
            return Err(Raise::runtime_error("torch.meshgrid: Expected 0D or 1D tensor in the tensor list"));
        }
        shape.push(object.handle().numel() as i64);
    }
    let mut grids = Vec::with_capacity(objects.len());
    for (position, object) in objects.iter().enumerate() {
        let mut own = vec![1; objects.len()];
        own[position] = object.handle().numel();
        let line = compute::reshape(context, &object.handle(), &own)?;
        let mut grid = views::expand_to(&line, &shape)?;
        if swap {
            grid = grid.view(grid.layout().transpose(0, 1));
        }
        grids.push(autograd::value(context, grid, "ExpandBackward0", &[object]));
    }
    Ok(Value::tuple(grids))
}
