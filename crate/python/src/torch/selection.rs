//! Cells picked, written or ordered by tensors of numbers: `gather`, `scatter`, `topk`, `sort`, `where`, …

use std::rc::Rc;

use tensor::ops::gather::Gather;
use tensor::ops::index::Index;
use tensor::ops::scatter::Scatter;
use tensor::ops::sort::Sort;
use tensor::{DType, Tensor, Values};

use super::arguments::{Arguments, Number};
use super::dimensions::dimension;
use super::entry::{BOTH, Entry, TENSOR};
use super::promotion::{Operand, result_type, scalar_type_name};
use super::{arithmetic, autograd, compute, in_place, indexing, reduction};
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
    Entry("scatter", BOTH, scatter),
    Entry("scatter_", TENSOR, scatter_),
    Entry("scatter_add", BOTH, scatter_add),
    Entry("scatter_add_", TENSOR, scatter_add_),
    Entry("index_add", BOTH, index_add),
    Entry("index_add_", TENSOR, index_add_),
    Entry("index_copy", BOTH, index_copy),
    Entry("index_copy_", TENSOR, index_copy_),
    Entry("index_fill", BOTH, index_fill),
    Entry("index_fill_", TENSOR, index_fill_),
    Entry("sort", BOTH, sort),
    Entry("argsort", BOTH, argsort),
    Entry("topk", BOTH, topk),
    Entry("median", BOTH, median),
    Entry("kthvalue", BOTH, kthvalue),
    Entry("nonzero", BOTH, nonzero),
    Entry("bincount", BOTH, bincount),
    Entry("unique", BOTH, unique),
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
        let name = format!("{:?}", scalar_type_name(mask.dtype())).to_lowercase().replace('"', "");
        return Err(Raise::runtime_error(format!(
            "masked_fill_ only supports boolean masks, but got mask with dtype {name}"
        )));
    }
    let value = compute::number(context, arguments.number("value")?, input.dtype())?;
    if broadcasts {
        // PyTorch expands the mask first, so a mismatch names the mask's size first.
        tensor::layout::broadcast(mask.shape(), input.shape())?;
    } else if compute::expand(&mask, input.shape()).is_none() {
        tensor::layout::broadcast(mask.shape(), input.shape())?;
    }
    compute::select(context, &mask, &value, &input)
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

/// The argument `index` as int64.
fn checked_index(arguments: &Arguments) -> Result<Tensor, Raise> {
    let index = arguments.object("index")?.handle();
    if !matches!(index.dtype(), DType::Int64 | DType::Int32) {
        return Err(Raise::runtime_error(format!("{}(): Expected dtype int32/int64 for index", arguments.function())));
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
    check_rows(context, &index, tensor.shape().get(dim).copied().unwrap_or(1))?;
    let cells = index_along(context, &tensor, dim, &index)?;
    Ok(autograd::value(context, cells, "IndexSelectBackward0", &[&input]))
}

/// The argument `index` as a vector of int64.
fn row_index(context: &Context, arguments: &Arguments) -> Result<Tensor, Raise> {
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
    if index.device() == tensor::Device::Meta {
        return Ok(());
    }
    let in_range = 0..size as i64;
    if context.engine.values(index)?.to_i64().iter().all(|row| in_range.contains(row)) {
        return Ok(());
    }
    Err(Raise::index_error("index out of range in self"))
}

fn take(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "take(input, index)", args)?;
    let input = arguments.object("input")?;
    let flat = compute::reshape(context, &input.handle(), &[input.handle().numel()])?;
    let cells = picked(context, &flat, &[arguments.object("index")?.handle()])?;
    Ok(autograd::value(context, cells, "TakeBackward0", &[&input]))
}

fn scatter(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "scatter(input, dim, index, src=None, *, value=None, reduce=None)", args)?;
    let (cells, grad_fn) = scattered(context, &arguments)?;
    Ok(autograd::value(context, cells, grad_fn, &inputs_of(&arguments)?.iter().collect::<Vec<_>>()))
}

fn scatter_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "scatter_(input, dim, index, src=None, *, value=None, reduce=None)", args)?;
    let (cells, grad_fn) = scattered(context, &arguments)?;
    let inputs = inputs_of(&arguments)?;
    in_place::write(context, &inputs[0], &cells, grad_fn, &inputs.iter().collect::<Vec<_>>())
}

fn scatter_add(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "scatter_add(input, dim, index, src)", args)?;
    let cells = scatter_tensor(context, &arguments, true)?;
    Ok(autograd::value(context, cells, "ScatterAddBackward0", &inputs_of(&arguments)?.iter().collect::<Vec<_>>()))
}

fn scatter_add_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "scatter_add_(input, dim, index, src)", args)?;
    let cells = scatter_tensor(context, &arguments, true)?;
    let inputs = inputs_of(&arguments)?;
    in_place::write(context, &inputs[0], &cells, "ScatterAddBackward0", &inputs.iter().collect::<Vec<_>>())
}

fn inputs_of(arguments: &Arguments) -> Result<Vec<Rc<TensorObject>>, Raise> {
    let mut inputs = vec![arguments.object("input")?];
    if let Some(Value::Tensor(source)) = arguments.get("src").or_else(|| arguments.get("source")) {
        inputs.push(source.clone());
    }
    Ok(inputs)
}

fn scattered(context: &Context, arguments: &Arguments) -> Result<(Tensor, &'static str), Raise> {
    let accumulate = match arguments.get("reduce").and_then(Value::as_str) {
        None => false,
        Some("add") => true,
        Some(other) => {
            return Err(Raise::not_implemented(format!("scatter: reduce='{other}' is not supported; 'add' is")));
        }
    };
    let is_tensor = matches!(arguments.get("src"), Some(Value::Tensor(_)));
    if is_tensor {
        return Ok((scatter_tensor(context, arguments, accumulate)?, "ScatterBackward0"));
    }
    let name = if arguments.get("src").is_some() { "src" } else { "value" };
    let (input, index) = (arguments.object("input")?.handle(), checked_index(arguments)?);
    let dim = dimension(arguments.int("dim")?, input.dimensions())?;
    let source = context.engine.full(index.shape(), input.dtype(), arguments.number(name)?.as_f64())?;
    Ok((context.engine.run(Scatter { dim, accumulate }, &[&input, &index, &source])?, "ScatterBackward1"))
}

fn scatter_tensor(context: &Context, arguments: &Arguments, accumulate: bool) -> Result<Tensor, Raise> {
    let (input, index, source) =
        (arguments.object("input")?.handle(), checked_index(arguments)?, arguments.object("src")?.handle());
    if input.dtype() != source.dtype() {
        return Err(Raise::runtime_error(format!(
            "{}(): Expected self.dtype to be equal to src.dtype",
            arguments.function().trim_end_matches('_')
        )));
    }
    let dim = dimension(arguments.int("dim")?, input.dimensions())?;
    Ok(context.engine.run(Scatter { dim, accumulate }, &[&input, &index, &source])?)
}

fn index_add(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_add(input, dim, index, source, *, alpha=1)", args)?;
    let cells = written_rows(context, &arguments, true)?;
    Ok(autograd::value(context, cells, "IndexAddBackward0", &inputs_of(&arguments)?.iter().collect::<Vec<_>>()))
}

fn index_add_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_add_(input, dim, index, source, *, alpha=1)", args)?;
    let (cells, inputs) = (written_rows(context, &arguments, true)?, inputs_of(&arguments)?);
    in_place::write(context, &inputs[0], &cells, "IndexAddBackward0", &inputs.iter().collect::<Vec<_>>())
}

fn index_copy(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_copy(input, dim, index, source)", args)?;
    let cells = written_rows(context, &arguments, false)?;
    Ok(autograd::value(context, cells, "IndexCopyBackward0", &inputs_of(&arguments)?.iter().collect::<Vec<_>>()))
}

fn index_copy_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_copy_(input, dim, index, source)", args)?;
    let (cells, inputs) = (written_rows(context, &arguments, false)?, inputs_of(&arguments)?);
    in_place::write(context, &inputs[0], &cells, "IndexCopyBackward0", &inputs.iter().collect::<Vec<_>>())
}

fn index_fill(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_fill(input, dim, index, value)", args)?;
    let cells = written_rows(context, &arguments, false)?;
    Ok(autograd::value(context, cells, "IndexFillBackward0", &[&arguments.object("input")?]))
}

fn index_fill_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_fill_(input, dim, index, value)", args)?;
    let (cells, input) = (written_rows(context, &arguments, false)?, arguments.object("input")?);
    in_place::write(context, &input, &cells, "IndexFillBackward0", &[&input])
}

/// The input with the slices of `dim` that `index` names replaced by those of `source`, or added to.
fn written_rows(context: &Context, arguments: &Arguments, accumulate: bool) -> Result<Tensor, Raise> {
    let input = arguments.object("input")?.handle();
    let dim = dimension(arguments.int("dim")?, input.dimensions())?;
    let index = row_index(context, arguments)?;
    check_rows(context, &index, input.shape().get(dim).copied().unwrap_or(1))?;
    let mut shape = input.shape().to_vec();
    if let Some(size) = shape.get_mut(dim) {
        *size = index.numel();
    }
    let mut source = match arguments.get("source") {
        Some(_) => arguments.object("source")?.handle(),
        None => compute::number(context, arguments.number("value")?, input.dtype())?,
    };
    if source.dtype() != input.dtype() {
        return Err(Raise::runtime_error(format!(
            "{}(): self and source expected to have the same dtype, but got (self) {} and (source) {}",
            arguments.function(),
            scalar_type_name(input.dtype()),
            scalar_type_name(source.dtype())
        )));
    }
    if let Some(alpha) = arguments.optional_number("alpha")? {
        source = compute::with_number(context, tensor::ops::binary::Operator::Mul, &source, alpha.as_f64())?;
    }
    let mut line = vec![1; shape.len()];
    if let Some(size) = line.get_mut(dim) {
        *size = index.numel();
    }
    let index = compute::reshape(context, &index, &line)?;
    let (Some(index), Some(source)) = (compute::expand(&index, &shape), compute::expand(&source, &shape)) else {
        return Err(Raise::runtime_error(format!(
            "{}(): source of shape {:?} does not fit {shape:?}",
            arguments.function(),
            source.shape()
        )));
    };
    Ok(context.engine.run(Scatter { dim, accumulate }, &[&input, &index, &source])?)
}

fn sort(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "sort(input, dim=-1, descending=False, *, stable=False)", args)?;
    let input = arguments.object("input")?;
    let tensor = input.handle();
    let dim = dimension(arguments.int_or("dim", -1)?, tensor.dimensions())?;
    let (values, order) = sorted(context, &tensor, dim, arguments.bool_or("descending", false)?)?;
    Ok(reduction::values_and_indices(context, "sort", values, order, "SortBackward0", &input))
}

/// The cells in order along `dim`, and where each was.
pub fn sorted(context: &Context, tensor: &Tensor, dim: usize, descending: bool) -> Result<(Tensor, Tensor), Raise> {
    if tensor.dimensions() == 0 {
        return Ok((tensor.clone(), compute::number(context, Number::Int(0), DType::Int64)?));
    }
    let order = context.engine.run(Sort { dim, descending }, &[tensor])?;
    let values = context.engine.run(Gather { dim }, &[tensor, &order])?;
    Ok((values, order))
}

fn argsort(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "argsort(input, dim=-1, descending=False, *, stable=False)", args)?;
    let tensor = arguments.object("input")?.handle();
    let dim = dimension(arguments.int_or("dim", -1)?, tensor.dimensions())?;
    let (_, order) = sorted(context, &tensor, dim, arguments.bool_or("descending", false)?)?;
    Ok(Value::tensor(order))
}

fn topk(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "topk(input, k, dim=-1, largest=True, sorted=True)", args)?;
    let input = arguments.object("input")?;
    let tensor = input.handle();
    let dim = dimension(arguments.int_or("dim", -1)?, tensor.dimensions())?;
    let k = arguments.int("k")?;
    let length = tensor.shape().get(dim).copied().unwrap_or(1);
    if k < 0 || k as usize > length {
        return Err(Raise::runtime_error("selected index k out of range"));
    }
    if tensor.dimensions() == 0 {
        let (values, indices) = sorted(context, &tensor, dim, true)?;
        return Ok(reduction::values_and_indices(context, "topk", values, indices, "TopkBackward0", &input));
    }
    let order = context.engine.run(Sort { dim, descending: arguments.bool_or("largest", true)? }, &[&tensor])?;
    let first = order.view(order.layout().slice(dim, 0, k as usize, 1));
    let indices = compute::contiguous(context, &first)?;
    let values = context.engine.run(Gather { dim }, &[&tensor, &indices])?;
    Ok(reduction::values_and_indices(context, "topk", values, indices, "TopkBackward0", &input))
}

/// Of an even number of cells the lower of the two in the middle, as PyTorch has it.
fn median(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "median(input, dim=None, keepdim=False)", args)?;
    let input = arguments.object("input")?;
    let tensor = input.handle();
    let Some(dim) = arguments.optional_int("dim")? else {
        let flat = compute::reshape(context, &tensor, &[tensor.numel()])?;
        if flat.numel() == 0 {
            return Err(Raise::runtime_error("median() input tensor cannot be empty"));
        }
        let (value, _) = nth(context, &flat, 0, (flat.numel() - 1) / 2, false)?;
        return Ok(autograd::value(context, value, "MedianBackward0", &[&input]));
    };
    let dim = dimension(dim, tensor.dimensions())?;
    let middle = tensor.shape().get(dim).copied().unwrap_or(1).saturating_sub(1) / 2;
    let (values, indices) = nth(context, &tensor, dim, middle, arguments.bool_or("keepdim", false)?)?;
    Ok(reduction::values_and_indices(context, "median", values, indices, "MedianBackward1", &input))
}

fn kthvalue(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "kthvalue(input, k, dim=-1, keepdim=False)", args)?;
    let input = arguments.object("input")?;
    let tensor = input.handle();
    let dim = dimension(arguments.int_or("dim", -1)?, tensor.dimensions())?;
    let k = arguments.int("k")?;
    if k < 1 || k as usize > tensor.shape().get(dim).copied().unwrap_or(1) {
        return Err(Raise::runtime_error(format!(
            "kthvalue(): selected number k out of range for dimension {dim}"
        )));
    }
    let (values, indices) = nth(context, &tensor, dim, k as usize - 1, arguments.bool_or("keepdim", false)?)?;
    Ok(reduction::values_and_indices(context, "kthvalue", values, indices, "KthvalueBackward0", &input))
}

/// The cell at `position` of the ascending order along `dim`.
fn nth(context: &Context, tensor: &Tensor, dim: usize, position: usize, keep: bool) -> Result<(Tensor, Tensor), Raise> {
    let (values, order) = sorted(context, tensor, dim, false)?;
    if tensor.dimensions() == 0 {
        return Ok((values, order));
    }
    if position >= tensor.shape()[dim] {
        return Err(Raise::index_error(format!("Expected reduction dim {dim} to have non-zero size.")));
    }
    let pick = |t: Tensor| {
        let layout = t.layout().slice(dim, position, 1, 1);
        let view = t.view(if keep { layout } else { layout.squeeze(dim) });
        compute::contiguous(context, &view)
    };
    Ok((pick(values)?, pick(order)?))
}

fn nonzero(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "nonzero(input, *, as_tuple=False)", args)?;
    let handle = arguments.object("input")?.handle();
    let rows = indexing::true_cells(context, &handle)?;
    if arguments.bool_or("as_tuple", false)? {
        return Ok(Value::tuple(rows.into_iter().map(Value::tensor).collect()));
    }
    let count = rows.first().map_or(0, Tensor::numel);
    let columns: Vec<Vec<i64>> =
        rows.iter().map(|row| Ok(context.engine.values(row)?.to_i64())).collect::<Result<_, Raise>>()?;
    let cells: Vec<i64> = (0..count).flat_map(|i| columns.iter().map(move |column| column[i])).collect();
    super::creation::plain(context, Values::Int64(cells), &[count, handle.dimensions()])
}

fn bincount(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "bincount(input, weights=None, minlength=0)", args)?;
    let input = arguments.object("input")?.handle();
    let weights = arguments.optional_object("weights")?.map(|w| context.engine.values(&w.handle())).transpose()?;
    let numbers = context.engine.values(&input)?;
    if input.dimensions() != 1 || numbers.dtype().is_float() || numbers.to_i64().iter().any(|&n| n < 0) {
        return Err(Raise::runtime_error("bincount only supports 1-d non-negative integral inputs."));
    }
    let numbers = numbers.to_i64();
    let least = arguments.int_or("minlength", 0)?.max(0) as usize;
    let length = numbers.iter().max().map_or(0, |&n| n as usize + 1).max(least);
    context.engine.reserve(&[length], DType::Int64)?;
    if let Some(weights) = weights {
        let mut totals = vec![0.0; length];
        for (&n, weight) in numbers.iter().zip(weights.to_f64()) {
            totals[n as usize] += weight;
        }
        let dtype = if weights.dtype().is_float() { weights.dtype() } else { DType::Float64 };
        return super::creation::plain(context, Values::from_f64(dtype, &totals), &[length]);
    }
    let mut counts = vec![0i64; length];
    for &n in &numbers {
        counts[n as usize] += 1;
    }
    super::creation::plain(context, Values::Int64(counts), &[length])
}

/// The different values in ascending order, and on demand where each cell went and how often each is there.
fn unique(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None)";
    let arguments = Arguments::bind(context, signature, args)?;
    if arguments.get("dim").is_some() {
        return Err(Raise::not_implemented("torch.unique: dim is not supported; flatten or loop over the rows"));
    }
    let handle = arguments.object("input")?.handle();
    let values = context.engine.values(&handle)?;
    let numbers = values.to_f64();
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    let (mut first, mut counts, mut inverse) = (Vec::<usize>::new(), Vec::<i64>::new(), vec![0i64; numbers.len()]);
    for &cell in &order {
        if first.last().is_none_or(|&f| numbers[f] != numbers[cell]) {
            first.push(cell);
            counts.push(0);
        }
        if let Some(count) = counts.last_mut() {
            *count += 1;
        }
        inverse[cell] = first.len() as i64 - 1;
    }
    let count = first.len();
    let mut results = vec![super::creation::plain(context, values.take(first.into_iter()), &[count])?];
    if arguments.bool_or("return_inverse", false)? {
        results.push(super::creation::plain(context, Values::Int64(inverse), handle.shape())?);
    }
    if arguments.bool_or("return_counts", false)? {
        results.push(super::creation::plain(context, Values::Int64(counts), &[count])?);
    }
    match (results.len(), results.pop()) {
        (1, Some(only)) => Ok(only),
        (_, Some(last)) => {
            results.push(last);
            Ok(Value::tuple(results))
        }
        (_, None) => Ok(Value::None),
    }
}
