//! Cells in order, and how often each value is there: `sort`, `topk`, `median`, `unique`, …

use tensor::ops::gather::Gather;
use tensor::ops::sort::{Equal, LONGEST_TOP, Sort};
use tensor::{DType, Tensor, Values};

use super::arguments::Arguments;
use super::dimensions::dimension;
use super::entry::{BOTH, Entry};
use super::{autograd, compute, creation, indexing, reduction};
use crate::value::{Args, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("sort", BOTH, sort),
    Entry("argsort", BOTH, argsort),
    Entry("topk", BOTH, topk),
    Entry("median", BOTH, median),
    Entry("kthvalue", BOTH, kthvalue),
    Entry("nonzero", BOTH, nonzero),
    Entry("bincount", BOTH, bincount),
    Entry("unique", BOTH, unique),
];

fn sort(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "sort(input, dim=-1, descending=False, *, stable=False)", args)?;
    let input = arguments.object("input")?;
    let tensor = input.handle();
    let dim = dimension(arguments.int_or("dim", -1)?, tensor.dimensions())?;
    let (values, order) = sorted(context, &tensor, dim, arguments.bool_or("descending", false)?)?;
    Ok(reduction::values_and_indices(context, "sort", values, order, "SortBackward0", &input))
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
    let top = Equal::Top { k: k as usize, sorted: arguments.bool_or("sorted", true)? };
    let equal = if length <= LONGEST_TOP { top } else { Equal::Stable };
    let order = context.engine.run(Sort { dim, descending: arguments.bool_or("largest", true)?, equal }, &[&tensor])?;
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
    creation::plain(context, Values::Int64(cells), &[count, handle.dimensions()])
}

fn bincount(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "bincount(input, weights=None, minlength=0)", args)?;
    let input = arguments.object("input")?.handle();
    let weights = arguments.optional_object("weights")?.map(|w| context.engine.values(&w.handle())).transpose()?;
    let numbers = context.engine.values(&input)?;
    if input.dimensions() != 1 || numbers.dtype().is_float() || numbers.to_i64().iter().any(|&n| n < 0) {
        if input.dtype().is_float() {
            let name = super::promotion::scalar_type_name(input.dtype());
            return Err(Raise::not_implemented(format!("\"bincount_cpu\" not implemented for '{name}'")));
        }
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
        return creation::plain(context, Values::from_f64(dtype, &totals), &[length]);
    }
    let mut counts = vec![0i64; length];
    for &n in &numbers {
        counts[n as usize] += 1;
    }
    creation::plain(context, Values::Int64(counts), &[length])
}

/// The different values in ascending order, and on demand where each cell went and how often each is there.
fn unique(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "unique(input, sorted=True, return_inverse=False, return_counts=False, dim=None)";
    let whole = args.clone();
    let arguments = Arguments::bind(context, signature, args)?;
    if arguments.get("dim").is_some() {
        // Slices are compared in the prelude.
        let along = context.torch.methods.get("_unique_along").cloned().unwrap_or(Value::None);
        return Err(Raise::call(along, whole));
    }
    let handle = arguments.object("input")?.handle();
    let values = context.engine.values(&handle)?;
    let numbers = values.to_f64();
    let mut order: Vec<usize> = (0..numbers.len()).collect();
    tensor::layout::sort_indices(&mut order, &|a, b| numbers[a].total_cmp(&numbers[b]));
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
    let mut results = vec![creation::plain(context, values.take(first.into_iter()), &[count])?];
    if arguments.bool_or("return_inverse", false)? {
        results.push(creation::plain(context, Values::Int64(inverse), handle.shape())?);
    }
    if arguments.bool_or("return_counts", false)? {
        results.push(creation::plain(context, Values::Int64(counts), &[count])?);
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

/// The cells in order along `dim`, and where each was.
pub fn sorted(context: &Context, tensor: &Tensor, dim: usize, descending: bool) -> Result<(Tensor, Tensor), Raise> {
    if tensor.dimensions() == 0 {
        return Ok((tensor.clone(), context.engine.scalar(0.0, DType::Int64)?));
    }
    let order = context.engine.run(Sort { dim, descending, equal: Equal::Stable }, &[tensor])?;
    let values = context.engine.run(Gather { dim }, &[tensor, &order])?;
    Ok((values, order))
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
