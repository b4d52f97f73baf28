//! Joining, splitting, repeating and rearranging: `cat`, `split`, `roll`, `repeat`, `tril`, …

use std::rc::Rc;

use tensor::layout::numel;
use tensor::ops::cat::Cat;
use tensor::ops::triangle::Triangle;
use tensor::{Tensor, Values};

use super::arguments::{Arguments, Number};
use super::dimensions::dimension;
use super::entry::{BOTH, Entry, FUNCTIONAL, TENSOR, TORCH};
use super::promotion::promote;
use super::{autograd, compute, in_place, shape};
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
    Entry("flip", BOTH, flip),
    Entry("roll", BOTH, roll),
    Entry("repeat", TENSOR, repeat),
    Entry("tile", BOTH, tile),
    Entry("repeat_interleave", BOTH, repeat_interleave),
    Entry("meshgrid", TORCH, meshgrid),
    Entry("tril", BOTH, tril),
    Entry("triu", BOTH, triu),
    Entry("tril_", TENSOR, tril_),
    Entry("triu_", TENSOR, triu_),
    Entry("diag", BOTH, diag),
    Entry("diag_embed", BOTH, diag_embed),
    Entry("pad", FUNCTIONAL, pad),
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
    let arguments = Arguments::bind(context, "split(input, split_size_or_sections, dim=0)", args)?;
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

fn flip(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "flip(input, *dims)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let mut layout = handle.layout().clone();
    let dims = arguments.ints("dims")?;
    if !dims.is_empty() {
        for dim in super::dimensions::dimensions(&dims, handle.dimensions())? {
            layout = layout.reverse(dim);
        }
    }
    let result = compute::copy(context, &handle.view(layout), handle.dtype())?;
    Ok(autograd::value(context, result, "FlipBackward0", &[&input]))
}

fn roll(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "roll(input, shifts, dims=None)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let shifts = arguments.ints("shifts")?;
    let result = match arguments.optional_ints("dims")? {
        None => {
            let flat = compute::reshape(context, &handle, &[handle.numel()])?;
            let shift = shifts.first().copied().unwrap_or(0);
            compute::reshape(context, &rolled(context, &flat, 0, shift)?, handle.shape())?
        }
        Some(dims) if dims.len() != shifts.len() => {
            return Err(Raise::runtime_error(format!(
                "shifts and dimensions must align. shifts: {}, dims:{}",
                shifts.len(),
                dims.len()
            )));
        }
        Some(dims) => {
            let mut result = handle.clone();
            for (dim, shift) in dims.into_iter().zip(shifts) {
                result = rolled(context, &result, dimension(dim, handle.dimensions())?, shift)?;
            }
            result
        }
    };
    Ok(autograd::value(context, result, "RollBackward0", &[&input]))
}

/// The last `shift` slices along `dim` come first.
fn rolled(context: &Context, tensor: &Tensor, dim: usize, shift: i64) -> Result<Tensor, Raise> {
    let length = tensor.shape().get(dim).copied().unwrap_or(0);
    if length == 0 {
        return Ok(tensor.clone());
    }
    let shift = shift.rem_euclid(length as i64) as usize;
    let tail = tensor.view(tensor.layout().slice(dim, length - shift, shift, 1));
    let head = tensor.view(tensor.layout().slice(dim, 0, length - shift, 1));
    concatenate(context, &[tail, head], dim)
}

fn repeat(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "repeat(input, *repeats)", args)?;
    let input = arguments.object("input")?;
    let repeats = arguments.ints("repeats")?;
    if repeats.len() < input.handle().dimensions() {
        return Err(Raise::runtime_error(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor",
        ));
    }
    repeated(context, &input, &repeats)
}

fn tile(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "tile(input, *dims)", args)?;
    let input = arguments.object("input")?;
    let mut repeats = arguments.ints("dims")?;
    while repeats.len() < input.handle().dimensions() {
        repeats.insert(0, 1);
    }
    repeated(context, &input, &repeats)
}

/// The tensor laid out `repeats[d]` times along each dimension.
fn repeated(context: &Context, input: &Rc<TensorObject>, repeats: &[i64]) -> Result<Value, Raise> {
    if let Some(n) = repeats.iter().find(|&&n| n < 0) {
        return Err(Raise::runtime_error(format!("Trying to create tensor with negative dimension {n}: {repeats:?}")));
    }
    let mut tensor = input.handle();
    while tensor.dimensions() < repeats.len() {
        let layout = tensor.layout().unsqueeze(0);
        numel(&layout.shape)?;
        tensor = tensor.view(layout);
    }
    for (dim, &count) in repeats.iter().enumerate() {
        if count != 1 {
            tensor = multiplied(context, &tensor, dim, count as usize, dim)?;
        }
    }
    let result = if repeats.iter().all(|&n| n == 1) { compute::copy(context, &tensor, tensor.dtype())? } else { tensor };
    Ok(autograd::value(context, result, "RepeatBackward0", &[input]))
}

/// `count` copies along `dim`: of the whole where `beside` is `dim`, of each slice where it is `dim + 1`.
fn multiplied(context: &Context, tensor: &Tensor, dim: usize, count: usize, beside: usize) -> Result<Tensor, Raise> {
    let mut layout = tensor.layout().unsqueeze(beside);
    layout.shape[beside] = count;
    layout.strides[beside] = 0;
    numel(&layout.shape)?;
    let mut shape = tensor.shape().to_vec();
    shape[dim] *= count;
    compute::reshape(context, &compute::copy(context, &tensor.view(layout), tensor.dtype())?, &shape)
}

fn repeat_interleave(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "repeat_interleave(input, repeats, dim=None, *, output_size=None)", args)?;
    let input = arguments.object("input")?;
    let (tensor, dim) = match arguments.optional_int("dim")? {
        Some(dim) => (input.handle(), dimension(dim, input.handle().dimensions())?),
        None => (compute::reshape(context, &input.handle(), &[input.handle().numel()])?, 0),
    };
    let length = tensor.shape().get(dim).copied().unwrap_or(1);
    let counts = match arguments.get("repeats") {
        Some(Value::Tensor(repeats)) if repeats.handle().numel() != 1 => {
            context.engine.values(&repeats.handle())?.to_i64()
        }
        _ => vec![arguments.int("repeats")?],
    };
    if counts.iter().any(|&n| n < 0) {
        return Err(Raise::runtime_error("repeats can not be negative"));
    }
    if counts.len() == 1 {
        let result = multiplied(context, &tensor, dim, counts[0] as usize, dim + 1)?;
        return Ok(autograd::value(context, result, "ViewBackward0", &[&input]));
    }
    if counts.len() != length {
        return Err(Raise::runtime_error(format!(
            "repeats must have the same size as input along dim, but got repeats.size(0) = {} and input.size({dim}) = {length}",
            counts.len()
        )));
    }
    context.engine.reserve(&[counts.iter().sum::<i64>() as usize], tensor::DType::Int64)?;
    let rows: Vec<i64> =
        counts.iter().enumerate().flat_map(|(i, &n)| std::iter::repeat_n(i as i64, n as usize)).collect();
    let count = rows.len();
    let index = context.engine.tensor(Values::Int64(rows), &[count])?;
    let result = super::selection::index_along(context, &tensor, dim, &index)?;
    Ok(autograd::value(context, result, "IndexSelectBackward0", &[&input]))
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
        let mut grid = shape::expand_to(&line, &shape)?;
        if swap {
            grid = grid.view(grid.layout().transpose(0, 1));
        }
        grids.push(autograd::value(context, grid, "ExpandBackward0", &[object]));
    }
    Ok(Value::tuple(grids))
}

fn tril(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "tril(input, diagonal=0)", args)?;
    let result = triangle(context, &arguments, false)?;
    Ok(autograd::value(context, result, "TrilBackward0", &[&arguments.object("input")?]))
}

fn triu(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "triu(input, diagonal=0)", args)?;
    let result = triangle(context, &arguments, true)?;
    Ok(autograd::value(context, result, "TriuBackward0", &[&arguments.object("input")?]))
}

fn tril_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "tril_(input, diagonal=0)", args)?;
    let (input, result) = (arguments.object("input")?, triangle(context, &arguments, false)?);
    in_place::write(context, &input, &result, "TrilBackward0", &[&input])
}

fn triu_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "triu_(input, diagonal=0)", args)?;
    let (input, result) = (arguments.object("input")?, triangle(context, &arguments, true)?);
    in_place::write(context, &input, &result, "TriuBackward0", &[&input])
}

fn triangle(context: &Context, arguments: &Arguments, upper: bool) -> Result<Tensor, Raise> {
    let handle = arguments.object("input")?.handle();
    if handle.dimensions() < 2 {
        let name = if upper { "triu" } else { "tril" };
        return Err(Raise::runtime_error(format!("{name}: input tensor must have at least 2 dimensions")));
    }
    Ok(context.engine.run(Triangle { upper, diagonal: arguments.int_or("diagonal", 0)? }, &[&handle])?)
}

fn diag(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "diag(input, diagonal=0)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let offset = arguments.int_or("diagonal", 0)?;
    match handle.dimensions() {
        1 => Ok(autograd::value(context, on_diagonal(context, &handle, offset)?, "DiagEmbedBackward0", &[&input])),
        2 => {
            let view = shape::diagonal_of(&handle, offset, 0, 1)?;
            let result = compute::copy(context, &view, handle.dtype())?;
            Ok(autograd::value(context, result, "DiagonalBackward0_copy", &[&input]))
        }
        rank => Err(Raise::runtime_error(format!("diag(): Supports 1D or 2D tensors. Got {rank}D"))),
    }
}

fn diag_embed(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "diag_embed(input, offset=0)", args)?;
    let input = arguments.object("input")?;
    let result = on_diagonal(context, &input.handle(), arguments.int_or("offset", 0)?)?;
    Ok(autograd::value(context, result, "DiagEmbedBackward0", &[&input]))
}

/// Square matrices, zero but for the last dimension of `tensor` on the diagonal `offset`.
fn on_diagonal(context: &Context, tensor: &Tensor, offset: i64) -> Result<Tensor, Raise> {
    let length = tensor.shape().last().copied().unwrap_or(1);
    let side = length
        .checked_add(usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX))
        .ok_or_else(|| Raise::runtime_error("the diagonal is too far away"))?;
    let mut shape = tensor.shape().to_vec();
    shape.pop();
    shape.extend([side, side]);
    numel(&shape)?;
    let matrix = context.engine.full(&shape, tensor.dtype(), 0.0)?;
    context.engine.write(&shape::diagonal_of(&matrix, offset, -2, -1)?, tensor)?;
    Ok(matrix)
}

/// Pads with one value; negative widths cut off. `pad` counts from the last dimension, (before, after) each.
fn pad(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "pad(input, pad, mode='constant', value=None)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let widths = arguments.ints("pad")?;
    let mode = arguments.text_or("mode", "constant")?;
    if mode != "constant" {
        return Err(Raise::not_implemented(format!("F.pad: the mode '{mode}' is not supported; 'constant' is")));
    }
    if widths.len() % 2 != 0 {
        return Err(Raise::runtime_error("Padding length must be divisible by 2"));
    }
    if widths.len() / 2 > handle.dimensions() {
        return Err(Raise::runtime_error(format!(
            "Padding length should be less than or equal to two times the input dimension but got padding length {} and input of dimension {}",
            widths.len(),
            handle.dimensions()
        )));
    }
    let mut source = handle.layout().clone();
    let mut shape = handle.shape().to_vec();
    let mut starts = vec![0usize; shape.len()];
    for (pair, width) in widths.chunks_exact(2).enumerate() {
        let dim = shape.len() - 1 - pair;
        let (cut_before, cut_after) = (width[0].min(0).unsigned_abs() as usize, width[1].min(0).unsigned_abs() as usize);
        let Some(kept) = shape[dim].checked_sub(cut_before).and_then(|rest| rest.checked_sub(cut_after)) else {
            return Err(Raise::runtime_error("narrow(): length must be non-negative."));
        };
        source = source.slice(dim, cut_before.min(shape[dim].saturating_sub(1)), kept, 1);
        starts[dim] = width[0].max(0) as usize;
        shape[dim] = kept
            .checked_add(starts[dim])
            .and_then(|n| n.checked_add(width[1].max(0) as usize))
            .ok_or_else(|| Raise::runtime_error("the padding is too wide"))?;
    }
    numel(&shape)?;
    let fill = arguments.optional_number("value")?.unwrap_or(Number::Int(0));
    let padded = context.engine.full(&shape, handle.dtype(), fill.as_f64())?;
    let mut region = padded.layout().clone();
    for (dim, &start) in starts.iter().enumerate() {
        region = region.slice(dim, start, source.shape[dim], 1);
    }
    context.engine.write(&padded.view(region), &handle.view(source))?;
    Ok(autograd::value(context, padded, "ConstantPadNdBackward0", &[&input]))
}
