//! The same cells in another order, more than once, or among zeros: `flip`, `roll`, `repeat`, `tril`, `pad`, …

use std::rc::Rc;

use tensor::layout::numel;
use tensor::ops::triangle::Triangle;
use tensor::{Tensor, Values};

use super::arguments::{Arguments, Number};
use super::dimensions::dimension;
use super::entry::{BOTH, Entry, FUNCTIONAL, TENSOR};
use super::joining::concatenate;
use super::{autograd, compute, in_place, views};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("flip", BOTH, flip),
    Entry("roll", BOTH, roll),
    Entry("repeat", TENSOR, repeat),
    Entry("tile", BOTH, tile),
    Entry("repeat_interleave", BOTH, repeat_interleave),
    Entry("tril", BOTH, tril),
    Entry("triu", BOTH, triu),
    Entry("tril_", TENSOR, tril_),
    Entry("triu_", TENSOR, triu_),
    Entry("diag", BOTH, diag),
    Entry("diag_embed", BOTH, diag_embed),
    Entry("pad", FUNCTIONAL, pad),
];

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
    let result = compute::alike(context, &handle.view(layout), handle.dtype())?;
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

fn diag(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "diag(input, diagonal=0)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let offset = arguments.int_or("diagonal", 0)?;
    match handle.dimensions() {
        1 => Ok(autograd::value(context, on_diagonal(context, &handle, offset)?, "DiagEmbedBackward0", &[&input])),
        2 => {
            let view = views::diagonal_of(&handle, offset, 0, 1)?;
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

fn triangle(context: &Context, arguments: &Arguments, upper: bool) -> Result<Tensor, Raise> {
    let handle = arguments.object("input")?.handle();
    if handle.dimensions() < 2 {
        let name = if upper { "triu" } else { "tril" };
        return Err(Raise::runtime_error(format!("{name}: input tensor must have at least 2 dimensions")));
    }
    Ok(context.engine.run(Triangle { upper, diagonal: arguments.int_or("diagonal", 0)? }, &[&handle])?)
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
    context.engine.write(&views::diagonal_of(&matrix, offset, -2, -1)?, tensor)?;
    Ok(matrix)
}
