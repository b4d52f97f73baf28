//! Cells picked, written or ordered by tensors of numbers: `gather`, `scatter`, `topk`, `sort`, `where`, …

use std::rc::Rc;

use tensor::ops::gather::Gather;
use tensor::ops::index::Index;
use tensor::ops::r#where::Where;
use tensor::{DType, Tensor};

use super::arguments::Arguments;
use super::dimensions::dimension;
use super::entry::{BOTH, Entry, TENSOR};
use super::promotion::{Operand, c_name, result_type, scalar_type_name};
use super::{arithmetic, autograd, compute, in_place, indexing};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("where", BOTH, where_),
    Entry("masked_fill", BOTH, masked_fill),
    Entry("masked_fill_", TENSOR, masked_fill_),
    Entry("masked_select", BOTH, masked_select),
    Entry("gather", BOTH, gather),
    Entry("take_along_dim", BOTH, take_along_dim),
    Entry("index_select", BOTH, index_select),
    Entry("take", BOTH, take),
];

fn where_(context: &mut Context, mut args: Args) -> Result<Value, Raise> {
    if args.positional.len() + args.keyword.len() == 1 {
        let arguments = Arguments::bind(context, "where(condition)", args)?;
        let rows = indexing::true_cells(context, &arguments.object("condition")?.handle())?;
        return Ok(Value::tuple(rows.into_iter().map(Value::tensor).collect()));
    }
    // As a method, `x.where(condition, other)` names the first value before the condition.
    let is_method = matches!((args.positional.first(), args.positional.get(1)), (Some(Value::Tensor(x)), Some(Value::Tensor(c)))
        if x.handle().dtype() != DType::Bool && c.handle().dtype() == DType::Bool);
    if is_method {
        args.positional.swap(0, 1);
    }
    let arguments = Arguments::bind(context, "where(condition, input, other)", args)?;
    let condition = arguments.object("condition")?;
    let mask = condition.handle();
    if mask.dtype() != DType::Bool {
        return Err(Raise::runtime_error(format!(
            "where expected condition to be a boolean tensor, but got a tensor with dtype {}",
            scalar_type_name(mask.dtype())
        )));
    }
    let operand = |name| arguments.get(name).and_then(arithmetic::operand).ok_or_else(|| arguments.wrong(name, "Tensor"));
    let (a, b) = (operand("input")?, operand("other")?);
    let dtype = result_type(context, &[a.clone(), b.clone()]);
    let cells =
        compute::select(context, &mask, &compute::operand(context, &a, dtype)?, &compute::operand(context, &b, dtype)?)?;
    let inputs: Vec<&Rc<TensorObject>> =
        [&a, &b].into_iter().filter_map(|o| if let Operand::Tensor(t) = o { Some(t) } else { None }).collect();
    Ok(autograd::value(context, cells, "WhereBackward0", &inputs))
}

fn masked_fill(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "masked_fill(input, mask, value)", args)?;
    let input = arguments.object("input")?;
    Ok(autograd::value(context, filled(context, &arguments, true)?, "MaskedFillBackward0", &[&input]))
}

fn masked_fill_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "masked_fill_(input, mask, value)", args)?;
    let input = arguments.object("input")?;
    in_place::write(context, &input, &filled(context, &arguments, false)?, "MaskedFillBackward0", &[&input])
}

/// The input with `value` where the mask is true. Out of place, input and mask broadcast to one shape.
fn filled(context: &Context, arguments: &Arguments, broadcasts: bool) -> Result<Tensor, Raise> {
    let input = arguments.object("input")?.handle();
    let mask = arguments.object("mask")?.handle();
    if mask.dtype() != DType::Bool {
        return Err(Raise::runtime_error(format!(
            "masked_fill_ only supports boolean masks, but got mask with dtype {}",
            c_name(mask.dtype())
        )));
    }
    if let Some(Value::Tensor(value)) = arguments.get("value")
        && value.handle().dimensions() > 0
    {
        let rank = value.handle().dimensions();
        return Err(Raise::runtime_error(format!(
            "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with {rank} dimension(s)."
        )));
    }
    let value = compute::number(context, arguments.number("value")?, input.dtype())?;
    if broadcasts {
        // PyTorch expands the mask first, so a mismatch names the mask's size first.
        tensor::layout::broadcast(mask.shape(), input.shape())?;
    } else if compute::expand(&mask, input.shape()).is_none() {
        tensor::layout::broadcast(input.shape(), mask.shape())?;
    }
    // PyTorch clones into rows first.
    Ok(context.engine.run(Where, &[&mask, &value, &input])?)
}

fn masked_select(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "masked_select(input, mask)", args)?;
    let input = arguments.object("input")?;
    let (tensor, mask) = (input.handle(), arguments.object("mask")?.handle());
    let shape = tensor::layout::broadcast(tensor.shape(), mask.shape())?;
    let (Some(tensor), Some(mask)) = (compute::expand(&tensor, &shape), compute::expand(&mask, &shape)) else {
        return Err(Raise::runtime_error("the mask does not broadcast to the tensor"));
    };
    let rows = indexing::true_cells(context, &mask)?;
    let picked = picked(context, &tensor, &rows)?;
    Ok(autograd::value(context, picked, "MaskedSelectBackward0", &[&input]))
}

/// `tensor[rows[0], rows[1], …]`
pub fn picked(context: &Context, tensor: &Tensor, rows: &[Tensor]) -> Result<Tensor, Raise> {
    let inputs: Vec<&Tensor> = std::iter::once(tensor).chain(rows).collect();
    Ok(context.engine.run(Index { count: rows.len() }, &inputs)?)
}

/// The slices of `dim` named by a 1-D `index`, whose numbers are in range.
pub fn index_along(context: &Context, tensor: &Tensor, dim: usize, index: &Tensor) -> Result<Tensor, Raise> {
    let mut order: Vec<usize> = (0..tensor.dimensions()).collect();
    order.remove(dim);
    order.insert(0, dim);
    let front = tensor.view(tensor.layout().permute(&order));
    let rows = picked(context, &front, std::slice::from_ref(index))?;
    let mut back: Vec<usize> = (1..tensor.dimensions()).collect();
    back.insert(dim, 0);
    compute::contiguous(context, &rows.view(rows.layout().permute(&back)))
}

fn gather(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "gather(input, dim, index, *, sparse_grad=False)", args)?;
    let input = arguments.object("input")?;
    let index = checked_index(&arguments)?;
    let dim = dimension(arguments.int("dim")?, input.handle().dimensions())?;
    let cells = context.engine.run(Gather { dim }, &[&input.handle(), &index])?;
    Ok(autograd::value(context, cells, "GatherBackward0", &[&input]))
}

/// The argument `index` as int64. PyTorch names all that scatters `scatter`.
pub fn checked_index(arguments: &Arguments) -> Result<Tensor, Raise> {
    let index = arguments.object("index")?.handle();
    if !matches!(index.dtype(), DType::Int64 | DType::Int32) {
        let function = arguments.function();
        let function = if function.starts_with("scatter") { "scatter" } else { function };
        return Err(Raise::runtime_error(format!("{function}(): Expected dtype int32/int64 for index")));
    }
    Ok(index)
}

fn take_along_dim(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "take_along_dim(input, indices, dim=None)", args)?;
    let input = arguments.object("input")?;
    let (mut tensor, mut index) = (input.handle(), arguments.object("indices")?.handle());
    let dim = match arguments.optional_int("dim")? {
        Some(dim) => dimension(dim, tensor.dimensions())?,
        None => {
            tensor = compute::reshape(context, &tensor, &[tensor.numel()])?;
            index = compute::reshape(context, &index, &[index.numel()])?;
            0
        }
    };
    if tensor.dimensions() != index.dimensions() {
        return Err(Raise::runtime_error(format!(
            "torch.take_along_dim(): input and indices should have the same number of dimensions, but got {} dimensions for input, and {} dimensions for indices",
            tensor.dimensions(),
            index.dimensions()
        )));
    }
    // All dimensions but `dim` broadcast.
    let with = |shape: &[usize], size: usize| {
        let mut shape = shape.to_vec();
        if let Some(slot) = shape.get_mut(dim) {
            *slot = size;
        }
        shape
    };
    let common = tensor::layout::broadcast(&with(tensor.shape(), 1), &with(index.shape(), 1))?;
    let length = |t: &Tensor| t.shape().get(dim).copied().unwrap_or(1);
    let (Some(tensor), Some(index)) = (
        compute::expand(&tensor, &with(&common, length(&tensor))),
        compute::expand(&index, &with(&common, length(&index))),
    ) else {
        return Err(Raise::runtime_error("torch.take_along_dim(): input and indices do not broadcast"));
    };
    let cells = context.engine.run(Gather { dim }, &[&tensor, &index])?;
    Ok(autograd::value(context, cells, "GatherBackward0", &[&input]))
}

fn index_select(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_select(input, dim, index)", args)?;
    let input = arguments.object("input")?;
    let tensor = input.handle();
    let dim = dimension(arguments.int("dim")?, tensor.dimensions())?;
    let index = row_index(context, &arguments)?;
    let size = tensor.shape().get(dim).copied().unwrap_or(1);
    check_rows(context, &index, size).or_else(|raise| match first_outside(context, &index, size)? {
        // Along inner dimensions PyTorch's kernel has words of its own.
        Some(row) if dim > 0 => Err(Raise::runtime_error(format!("INDICES element is out of DATA bounds, id={row} axis_dim={size}"))),
        _ => Err(raise),
    })?;
    let cells = index_along(context, &tensor, dim, &index)?;
    Ok(autograd::value(context, cells, "IndexSelectBackward0", &[&input]))
}

/// The argument `index` as a vector of int64.
pub fn row_index(context: &Context, arguments: &Arguments) -> Result<Tensor, Raise> {
    let index = arguments.object("index")?.handle();
    let name = arguments.function();
    if index.dimensions() > 1 {
        return Err(Raise::index_error(format!("{name}(): Index is supposed to be a vector")));
    }
    if index.dtype().is_float() || index.dtype() == DType::Bool {
        return Err(Raise::runtime_error(format!("{name}(): Expected dtype int32 or int64 for index")));
    }
    let index = compute::cast(context, &index, DType::Int64)?;
    compute::reshape(context, &index, &[index.numel()])
}

/// Every number of `index` is from 0 to below `size`.
pub fn check_rows(context: &Context, index: &Tensor, size: usize) -> Result<(), Raise> {
    match first_outside(context, index, size)? {
        None => Ok(()),
        Some(_) => Err(Raise::index_error("index out of range in self")),
    }
}

fn first_outside(context: &Context, index: &Tensor, size: usize) -> Result<Option<i64>, Raise> {
    if index.device() == tensor::Device::Meta {
        return Ok(None);
    }
    let in_range = 0..size as i64;
    Ok(context.engine.values(index)?.to_i64().into_iter().find(|row| !in_range.contains(row)))
}

fn take(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "take(input, index)", args)?;
    let input = arguments.object("input")?;
    let flat = compute::reshape(context, &input.handle(), &[input.handle().numel()])?;
    let cells = picked(context, &flat, &[arguments.object("index")?.handle()])?;
    Ok(autograd::value(context, cells, "TakeBackward0", &[&input]))
}
