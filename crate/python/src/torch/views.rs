//! Views that show a part of the cells, or show cells more than once: `expand`, `diagonal`, `unfold`, `narrow`, …

use std::rc::Rc;

use tensor::{Layout, Tensor};
use tensor::layout::numel;

use super::arguments::Arguments;
use super::dimensions::dimension;
use super::entry::{BOTH, Entry, TENSOR, TORCH};
use super::shape::view_of;
use super::compute;
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("expand", TENSOR, expand),
    Entry("broadcast_to", BOTH, broadcast_to),
    Entry("expand_as", TENSOR, expand_as),
    Entry("broadcast_tensors", TORCH, broadcast_tensors),
    Entry("broadcast_shapes", TORCH, broadcast_shapes),
    Entry("diagonal", BOTH, diagonal),
    Entry("unfold", TENSOR, unfold),
    Entry("as_strided", BOTH, as_strided),
    Entry("_storage_size", TORCH, storage_size),
    Entry("narrow", BOTH, narrow),
    Entry("select", BOTH, select),
];

fn expand(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "expand(input, *size)", args)?;
    expanded(context, &arguments.object("input")?, &arguments.ints("size")?)
}

fn broadcast_to(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "broadcast_to(input, *size)", args)?;
    expanded(context, &arguments.object("input")?, &arguments.ints("size")?)
}

fn expand_as(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "expand_as(input, other)", args)?;
    let sizes: Vec<i64> = arguments.object("other")?.handle().shape().iter().map(|&n| n as i64).collect();
    expanded(context, &arguments.object("input")?, &sizes)
}

fn broadcast_tensors(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "broadcast_tensors(*tensors)", args)?;
    let objects = arguments.objects("tensors")?;
    let mut shape = Vec::new();
    for object in &objects {
        shape = tensor::layout::broadcast(&shape, object.handle().shape())?;
    }
    let sizes: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
    Ok(Value::tuple(objects.iter().map(|object| expanded(context, object, &sizes)).collect::<Result<_, _>>()?))
}

fn broadcast_shapes(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let _ = &context;
    let mut shape = Vec::new();
    for value in &args.positional {
        let sizes: Option<Vec<usize>> = match value {
            Value::Int(n) => usize::try_from(*n).ok().map(|n| vec![n]),
            value => value
                .as_sequence()
                .and_then(|items| items.iter().map(|n| n.as_int().and_then(|n| usize::try_from(n).ok())).collect()),
        };
        let sizes = sizes.ok_or_else(|| {
            Raise::runtime_error("Input shapes should be of type ints, a tuple of ints, or a list of ints")
        })?;
        shape = tensor::layout::broadcast(&shape, &sizes)
            .map_err(|_| Raise::runtime_error("Shape mismatch: objects cannot be broadcast to a single shape"))?;
    }
    Ok(Value::size(&shape))
}

fn diagonal(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "diagonal(input, offset=0, dim1=0, dim2=1)", args)?;
    let input = arguments.object("input")?;
    let view = diagonal_of(&input.handle(), arguments.int_or("offset", 0)?, arguments.int_or("dim1", 0)?, arguments.int_or("dim2", 1)?)?;
    view_of(context, &input, view, "DiagonalBackward0")
}

/// Windows of `size` cells, `step` apart, as a new last dimension.
fn unfold(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "unfold(input, dimension, size, step)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let dim = dimension(arguments.int("dimension")?, handle.dimensions())?;
    let (size, step) = (arguments.int("size")?, arguments.int("step")?);
    let length = handle.shape().get(dim).copied().unwrap_or(1) as i64;
    if size < 0 || size > length {
        return Err(Raise::runtime_error(format!(
            "maximum size for tensor at dimension {dim} is {length} but size is {size}"
        )));
    }
    if step <= 0 {
        return Err(Raise::runtime_error(format!("step is {step} but must be > 0")));
    }
    let mut layout = handle.layout().clone();
    if layout.shape.is_empty() {
        layout = layout.unsqueeze(0);
        layout.shape[0] = size as usize;
        return view_of(context, &input, handle.view(layout), "UnfoldBackward0");
    }
    let stride = layout.strides[dim];
    layout.shape[dim] = ((length - size) / step + 1) as usize;
    layout.strides[dim] = stride * step as isize;
    layout.shape.push(size as usize);
    layout.strides.push(stride);
    numel(&layout.shape)?;
    view_of(context, &input, handle.view(layout), "UnfoldBackward0")
}

/// The cells of the storage at any strides.
fn as_strided(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "as_strided(input, size, stride, storage_offset=None)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let shape = arguments.shape("size")?;
    let strides = arguments.ints("stride")?;
    let offset = arguments.optional_int("storage_offset")?;
    if shape.len() != strides.len() {
        return Err(Raise::runtime_error("mismatch in length of strides and shape"));
    }
    if strides.iter().any(|stride| *stride < 0) {
        return Err(Raise::runtime_error(format!(
            "as_strided: Negative strides are not supported at the moment, got strides: {strides:?}"
        )));
    }
    let offset = offset.unwrap_or(handle.layout().offset as i64);
    let reach: i128 = shape.iter().zip(&strides).map(|(&n, &stride)| (n as i128 - 1) * i128::from(stride)).sum();
    let bytes = handle.dtype().size();
    let cells = handle.storage().buffer().length;
    if numel(&shape)? > 0 && (offset < 0 || i128::from(offset) + reach >= cells as i128) {
        let needed = (i128::from(offset) + reach + 1) * bytes as i128;
        return Err(Raise::runtime_error(format!(
            "setStorage: sizes {shape:?}, strides {strides:?}, storage offset {offset}, and itemsize {bytes} requiring a storage size of {needed} are out of bounds for storage of size {}",
            cells * bytes
        )));
    }
    let layout = Layout { shape, strides: strides.iter().map(|&stride| stride as isize).collect(), offset: offset.max(0) as usize };
    view_of(context, &input, handle.view(layout), "AsStridedBackward0")
}

/// How many cells the storage of a tensor has.
fn storage_size(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "_storage_size(input)", args)?;
    Ok(Value::Int(arguments.object("input")?.handle().storage().buffer().length as i64))
}

fn narrow(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "narrow(input, dim, start, length)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    if handle.dimensions() == 0 {
        return Err(Raise::runtime_error("narrow() cannot be applied to a 0-dim tensor."));
    }
    let dim = dimension(arguments.int("dim")?, handle.dimensions())?;
    let (start, length) = (arguments.int("start")?, arguments.int("length")?);
    let size = handle.shape()[dim] as i64;
    if length < 0 {
        return Err(Raise::runtime_error("narrow(): length must be non-negative."));
    }
    if !(-size..=size).contains(&start) {
        return Err(Raise::index_error(format!(
            "Dimension out of range (expected to be in range of [{}, {size}], but got {start})",
            -size
        )));
    }
    let from = if start < 0 { start + size } else { start };
    if from.saturating_add(length) > size {
        return Err(Raise::runtime_error(format!(
            "start ({from}) + length ({length}) exceeds dimension size ({size})."
        )));
    }
    let layout = handle.layout().slice(dim, from as usize, length as usize, 1);
    view_of(context, &input, handle.view(layout), "SliceBackward0")
}

fn select(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "select(input, dim, index)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    if handle.dimensions() == 0 {
        return Err(Raise::index_error("select() cannot be applied to a 0-dim tensor."));
    }
    let dim = dimension(arguments.int("dim")?, handle.dimensions())?;
    let index = arguments.int("index")?;
    let size = handle.shape()[dim] as i64;
    if !(-size..size).contains(&index) {
        return Err(Raise::index_error(format!(
            "select(): index {index} out of range for tensor of size {:?} at dimension {dim}",
            handle.shape()
        )));
    }
    let layout = handle.layout().select(dim, index.rem_euclid(size) as usize);
    view_of(context, &input, handle.view(layout), "SelectBackward0")
}

fn expanded(context: &Context, input: &Rc<TensorObject>, sizes: &[i64]) -> Result<Value, Raise> {
    let tensor = expand_to(&input.handle(), sizes)?;
    view_of(context, input, tensor, "ExpandBackward0")
}

/// The tensor repeated to `sizes`, where -1 keeps a size.
pub fn expand_to(handle: &Tensor, sizes: &[i64]) -> Result<Tensor, Raise> {
    let own = handle.shape();
    let Some(lead) = sizes.len().checked_sub(own.len()) else {
        let name = super::promotion::scalar_type_name(handle.dtype());
        return Err(Raise::runtime_error(format!(
            "expand(torch.{name}Tensor{{{own:?}}}, size={sizes:?}): the number of sizes provided ({}) must be greater or equal to the number of dimensions in the tensor ({})",
            sizes.len(),
            own.len()
        )));
    };
    let mut shape = Vec::with_capacity(sizes.len());
    for (position, &size) in sizes.iter().enumerate() {
        let existing = position.checked_sub(lead).map(|d| own[d]);
        match (size, existing) {
            (-1, Some(existing)) => shape.push(existing),
            (-1, None) => {
                return Err(Raise::runtime_error(format!(
                    "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing dimension {position}"
                )));
            }
            (size, existing) if size >= 0 && existing.is_none_or(|n| n == 1 || n as i64 == size) => {
                shape.push(size as usize);
            }
            (size, existing) => {
                return Err(Raise::runtime_error(format!(
                    "The expanded size of the tensor ({size}) must match the existing size ({}) at non-singleton dimension {position}.  Target sizes: {sizes:?}.  Tensor sizes: {own:?}",
                    existing.unwrap_or(1)
                )));
            }
        }
    }
    numel(&shape)?;
    compute::expand(handle, &shape).ok_or_else(|| Raise::runtime_error("these sizes do not broadcast"))
}

/// The cells (i, i + offset) of two dimensions, as a last dimension.
pub fn diagonal_of(handle: &Tensor, offset: i64, dim1: i64, dim2: i64) -> Result<Tensor, Raise> {
    let rank = handle.dimensions();
    let (a, b) = (dimension(dim1, rank)?, dimension(dim2, rank)?);
    if a == b {
        return Err(Raise::runtime_error(format!("diagonal dimensions cannot be identical {dim1}, {dim2}")));
    }
    let mut layout = handle.layout().clone();
    let (rows, columns) = (layout.shape[a] as i64, layout.shape[b] as i64);
    let (skip_rows, skip_columns) = ((-offset).max(0), offset.max(0));
    let length = (rows - skip_rows).min(columns - skip_columns).max(0);
    let (row_step, column_step) = (layout.strides[a], layout.strides[b]);
    if length > 0 {
        let start = layout.offset as isize + skip_rows as isize * row_step + skip_columns as isize * column_step;
        layout.offset = start as usize;
    }
    for dim in [a.max(b), a.min(b)] {
        layout.shape.remove(dim);
        layout.strides.remove(dim);
    }
    layout.shape.push(length as usize);
    layout.strides.push(row_step + column_step);
    Ok(handle.view(layout))
}
