//! `x[key]` and `x[key] = value`, with PyTorch's rules.
//!
//! Integers, slices, `None` and `...` make a view. Tensors of numbers and masks then pick cells of that view:
//! the dimensions they index move to the front, are picked together, and go back where they stood
//! if they stood side by side.

use std::rc::Rc;

use tensor::ops::index_put::IndexPut;
use tensor::{DType, Device, Layout, Tensor, Values};

use super::arguments::Number;
use super::{autograd, compute, in_place, selection};
use crate::value::{Slice, TensorObject, Value};
use crate::{Context, Raise};

/// `x[key]`
pub fn get(context: &Context, object: &Rc<TensorObject>, key: &Value) -> Result<Value, Raise> {
    let handle = object.handle();
    let selection = Selection::of(context, &handle, key)?;
    let view = handle.view(selection.layout.clone());
    if selection.picks.is_empty() {
        return Ok(autograd::value(context, view, selection.grad_fn, &[object]));
    }
    selection.check(true)?;
    let picks = Picks::of(context, &view, selection.picks)?;
    let cells = selection::picked(context, &view.view(view.layout().permute(&picks.order)), &picks.rows)?;
    let cells = compute::contiguous(context, &cells.view(picks.restore(cells.layout())))?;
    Ok(autograd::value(context, cells, "IndexBackward0", &[object]))
}

/// `x[key] = value`
pub fn set(context: &Context, object: &Rc<TensorObject>, key: &Value, value: &Value) -> Result<(), Raise> {
    let handle = object.handle();
    let source = match value {
        Value::Tensor(source) => source.handle(),
        Value::Bool(b) => compute::number(context, Number::Bool(*b), handle.dtype())?,
        Value::Int(n) => compute::number(context, Number::Int(*n), handle.dtype())?,
        Value::Float(x) => compute::number(context, Number::Float(*x), handle.dtype())?,
        other => {
            return Err(Raise::type_error(format!(
                "can't assign a {} to a torch.{}Tensor",
                other.type_name(),
                super::promotion::scalar_type_name(handle.dtype())
            )));
        }
    };
    let inputs: Vec<&Rc<TensorObject>> = match value {
        Value::Tensor(source) => vec![object, source],
        _ => vec![object],
    };
    // One mask and one number need no list of cells.
    if let (Value::Tensor(mask), true) = (key, source.numel() == 1 && source.dimensions() == 0) {
        let mask = mask.handle();
        if mask.dtype() == DType::Bool && mask.dimensions() > 0 && handle.shape().starts_with(mask.shape()) {
            autograd::check_in_place(context, object, false)?;
            let mut shape = mask.shape().to_vec();
            shape.resize(handle.dimensions(), 1);
            let mask = compute::reshape(context, &mask, &shape)?;
            let cells = compute::select(context, &mask, &compute::cast(context, &source, handle.dtype())?, &handle)?;
            context.engine.write(&handle, &cells)?;
            autograd::written(context, object, "MaskedFillBackward0", &inputs);
            return Ok(());
        }
    }
    let selection = Selection::of(context, &handle, key)?;
    let view = handle.view(selection.layout.clone());
    let is_whole = view.layout() == handle.layout();
    in_place::check_written(&view)?;
    if selection.picks.is_empty() {
        autograd::check_in_place(context, object, true)?;
        let source = fitted(&source, view.shape())?;
        context.engine.write(&view, &compute::cast(context, &source, handle.dtype())?)?;
        let grad_fn = match (is_whole, value) {
            (true, Value::Tensor(_)) => "CopyBackwards",
            (true, _) => "FillBackward2",
            (false, _) => "CopySlices",
        };
        autograd::written(context, object, grad_fn, &inputs);
        return Ok(());
    }
    autograd::check_in_place(context, object, false)?;
    selection.check(selection.picks.len() > 1)?;
    let picks = Picks::of(context, &view, selection.picks)?;
    let target = view.view(view.layout().permute(&picks.order));
    let shape: Vec<usize> =
        picks.shape.iter().chain(&target.shape()[picks.rows.len()..]).copied().collect();
    // The value broadcasts to the shape that reading would give.
    let readable = picks.restore(&Layout::contiguous(&shape));
    let source = trimmed(&source, readable.shape.len());
    let source = compute::expand(&source, &readable.shape).ok_or_else(|| {
        Raise::runtime_error(format!(
            "shape mismatch: value tensor of shape {:?} cannot be broadcast to indexing result of shape {:?}",
            source.shape(),
            readable.shape
        ))
    })?;
    let source = source.view(picks.unrestore(source.layout()));
    let source = compute::cast(context, &source, handle.dtype())?;
    let mut operands = vec![&target, &source];
    operands.extend(&picks.rows);
    let cells = context.engine.run(IndexPut { count: picks.rows.len(), accumulate: false }, &operands)?;
    context.engine.write(&target, &cells)?;
    autograd::written(context, object, if is_whole { "IndexPutBackward0" } else { "CopySlices" }, &inputs);
    Ok(())
}

/// Where the cells are true or not zero: one tensor of numbers for each dimension.
pub fn true_cells(context: &Context, mask: &Tensor) -> Result<Vec<Tensor>, Raise> {
    let truth = context.engine.values(mask)?.cast(DType::Bool);
    let Values::Bool(truth) = truth else { return Ok(Vec::new()) };
    let rank = mask.dimensions().max(1);
    let shape = if mask.dimensions() == 0 { vec![1] } else { mask.shape().to_vec() };
    let mut rows: Vec<Vec<i64>> = vec![Vec::new(); rank];
    for (cell, _) in truth.iter().enumerate().filter(|(_, is)| **is) {
        for (row, index) in rows.iter_mut().zip(tensor::layout::unravel(cell, &shape)) {
            row.push(index as i64);
        }
    }
    rows.into_iter()
        .map(|row| {
            let count = row.len();
            Ok(context.engine.tensor(Values::Int64(row), &[count])?)
        })
        .collect()
}

/// A key, resolved against a shape: a view, and what picks cells of it.
struct Selection {
    layout: Layout,
    /// A dimension of the view, and the numbers that index it.
    picks: Vec<(usize, Tensor)>,
    /// Numbers that must be in range, the dimension of the view that they index, and its size.
    bounds: Vec<(Vec<i64>, usize, usize)>,
    grad_fn: &'static str,
}

enum Item {
    Int(i64),
    Slice(Rc<Slice>),
    NewAxis,
    Ellipsis,
    Truth(bool),
    Mask(Tensor),
    Numbers(Tensor),
}

impl Selection {
    fn of(context: &Context, handle: &Tensor, key: &Value) -> Result<Selection, Raise> {
        let items = items(context, key)?;
        let rank = handle.dimensions();
        let indexed: usize = items
            .iter()
            .map(|item| match item {
                Item::Int(_) | Item::Slice(_) | Item::Numbers(_) => 1,
                Item::Mask(mask) => mask.dimensions(),
                _ => 0,
            })
            .sum();
        if rank == 0 && !matches!(key, Value::Tuple(_)) {
            match items.first() {
                Some(Item::Int(_)) => {
                    return Err(Raise::index_error("invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim tensor to a number"));
                }
                Some(Item::Slice(_)) => {
                    return Err(Raise::index_error("slice() cannot be applied to a 0-dim tensor."));
                }
                _ => {}
            }
        }
        if indexed > rank {
            return Err(Raise::index_error(format!("too many indices for tensor of dimension {rank}")));
        }
        let mut selection = Selection { layout: handle.layout().clone(), picks: Vec::new(), bounds: Vec::new(), grad_fn: "AliasBackward0" };
        // `source` counts the tensor's own dimensions for messages, `dim` those of the view.
        let (mut source, mut dim) = (0, 0);
        for item in items {
            match item {
                Item::Int(index) => {
                    let size = selection.layout.shape[dim];
                    selection.layout = selection.layout.select(dim, checked(index, source, size)?);
                    selection.grad_fn = "SelectBackward0";
                    source += 1;
                }
                Item::Slice(slice) => {
                    let (start, length, step) = resolved(context, &slice, selection.layout.shape[dim])?;
                    selection.layout = selection.layout.slice(dim, start, length, step);
                    selection.grad_fn = "SliceBackward0";
                    (source, dim) = (source + 1, dim + 1);
                }
                Item::NewAxis => {
                    selection.layout = selection.layout.unsqueeze(dim);
                    selection.grad_fn = "UnsqueezeBackward0";
                    dim += 1;
                }
                Item::Ellipsis => {
                    (source, dim) = (source + rank - indexed, dim + rank - indexed);
                }
                Item::Truth(keep) => {
                    selection.layout = selection.layout.unsqueeze(dim);
                    let numbers = if keep { vec![0] } else { vec![] };
                    let count = numbers.len();
                    selection.picks.push((dim, context.engine.tensor(Values::Int64(numbers), &[count])?));
                    dim += 1;
                }
                Item::Mask(mask) => {
                    for (d, &size) in mask.shape().iter().enumerate() {
                        if selection.layout.shape[dim + d] != size {
                            return Err(Raise::index_error(format!(
                                "The shape of the mask {:?} at index {d} does not match the shape of the indexed tensor {:?} at index {}",
                                mask.shape(),
                                handle.shape(),
                                source + d
                            )));
                        }
                    }
                    let rows = true_cells(context, &mask)?;
                    let count = rows.len();
                    selection.picks.extend(rows.into_iter().enumerate().map(|(d, row)| (dim + d, row)));
                    (source, dim) = (source + count, dim + count);
                }
                Item::Numbers(numbers) => {
                    if numbers.device() != Device::Meta {
                        let values = context.engine.values(&numbers)?.to_i64();
                        selection.bounds.push((values, dim, selection.layout.shape[dim]));
                    }
                    selection.picks.push((dim, compute::cast(context, &numbers, DType::Int64)?));
                    (source, dim) = (source + 1, dim + 1);
                }
            }
        }
        tensor::layout::numel(&selection.layout.shape)?;
        Ok(selection)
    }

    /// Raises IndexError for a number that is out of range. PyTorch counts its dimension among those that are picked from,
    /// but where one alone is written to.
    fn check(&self, counts_picks: bool) -> Result<(), Raise> {
        for (numbers, dim, size) in &self.bounds {
            let place = self.picks.iter().position(|(picked, _)| picked == dim).filter(|_| counts_picks).unwrap_or(*dim);
            numbers.iter().try_for_each(|&index| checked(index, place, *size).map(drop))?;
        }
        Ok(())
    }
}

/// Numbers that pick cells of a view together.
struct Picks {
    /// The view's dimensions, the indexed ones first.
    order: Vec<usize>,
    /// Numbers of one shape, one for each indexed dimension.
    rows: Vec<Tensor>,
    shape: Vec<usize>,
    /// Where the picked dimensions go in the result.
    position: usize,
}

impl Picks {
    fn of(
        context: &Context,
        view: &Tensor,
        picks: Vec<(usize, Tensor)>,
    ) -> Result<Picks, Raise> {
        let dims: Vec<usize> = picks.iter().map(|(dim, _)| *dim).collect();
        let mut shape = Vec::new();
        for (_, numbers) in &picks {
            shape = tensor::layout::broadcast(&shape, numbers.shape()).map_err(|_| {
                let shapes: Vec<String> = picks.iter().map(|(_, n)| format!("{:?}", n.shape())).collect();
                Raise::index_error(format!(
                    "shape mismatch: indexing tensors could not be broadcast together with shapes {}",
                    shapes.join(", ")
                ))
            })?;
        }
        let rows = picks
            .iter()
            .map(|(_, numbers)| {
                let row = compute::expand(numbers, &shape)
                    .ok_or_else(|| Raise::index_error("indexing tensors could not be broadcast together"))?;
                compute::contiguous(context, &row)
            })
            .collect::<Result<_, Raise>>()?;
        let side_by_side = dims.windows(2).all(|pair| pair[1] == pair[0] + 1);
        let position = if side_by_side { dims.first().copied().unwrap_or(0) } else { 0 };
        let order = dims.iter().copied().chain((0..view.dimensions()).filter(|d| !dims.contains(d))).collect();
        Ok(Picks { order, rows, shape, position })
    }

    /// From the picked dimensions first to where they belong.
    fn restore(&self, layout: &Layout) -> Layout {
        let (count, rank) = (self.shape.len(), layout.shape.len());
        let order: Vec<usize> =
            (count..count + self.position).chain(0..count).chain(count + self.position..rank).collect();
        layout.permute(&order)
    }

    /// The inverse of [`Picks::restore`].
    fn unrestore(&self, layout: &Layout) -> Layout {
        let (count, rank) = (self.shape.len(), layout.shape.len());
        let order: Vec<usize> = (self.position..self.position + count)
            .chain(0..self.position)
            .chain(self.position + count..rank)
            .collect();
        layout.permute(&order)
    }
}

/// The parts of a key.
fn items(context: &Context, key: &Value) -> Result<Vec<Item>, Raise> {
    match key {
        Value::Tuple(tuple) => tuple.items.iter().map(|part| item(context, part)).collect(),
        other => Ok(vec![item(context, other)?]),
    }
}

fn item(context: &Context, part: &Value) -> Result<Item, Raise> {
    Ok(match part {
        Value::Int(index) => Item::Int(*index),
        Value::Slice(slice) => Item::Slice(slice.clone()),
        Value::None => Item::NewAxis,
        Value::Ellipsis => Item::Ellipsis,
        Value::Bool(truth) => Item::Truth(*truth),
        Value::Tensor(object) => of_tensor(context, object.handle())?,
        Value::List(_) | Value::Tuple(_) | Value::Range(_) => {
            let (values, shape) = super::data::nested_values(context, part, None)?;
            // An empty list picks nothing, whatever the default dtype.
            let values = if values.is_empty() { Values::Int64(Vec::new()) } else { values };
            of_tensor(context, context.engine.tensor(values, &shape)?)?
        }
        Value::Str(_) => return Err(Raise::type_error("new(): invalid data type 'str'")),
        other => {
            return Err(Raise::index_error(format!(
                "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got {})",
                other.type_name()
            )));
        }
    })
}

fn of_tensor(context: &Context, tensor: Tensor) -> Result<Item, Raise> {
    if tensor.dtype().is_float() {
        return Err(Raise::index_error("tensors used as indices must be long, int, byte or bool tensors"));
    }
    if tensor.dimensions() > 0 {
        return Ok(if tensor.dtype() == DType::Bool { Item::Mask(tensor) } else { Item::Numbers(tensor) });
    }
    let number = context.engine.values(&tensor)?.to_i64().first().copied().unwrap_or(0);
    Ok(if tensor.dtype() == DType::Bool { Item::Truth(number != 0) } else { Item::Int(number) })
}

/// The index counted from the front.
fn checked(index: i64, dim: usize, size: usize) -> Result<usize, Raise> {
    let length = size as i64;
    if (-length..length).contains(&index) {
        return Ok(index.rem_euclid(length) as usize);
    }
    Err(Raise::index_error(format!("index {index} is out of bounds for dimension {dim} with size {size}")))
}

/// Start, length and step of a slice over `size` cells.
fn resolved(context: &Context, slice: &Slice, size: usize) -> Result<(usize, usize, usize), Raise> {
    let part = |value: &Value| -> Result<Option<i64>, Raise> {
        if value.is_none() {
            return Ok(None);
        }
        super::arguments::int(&context.engine, value)?
            .map(Some)
            .ok_or_else(|| Raise::type_error("slice indices must be integers or None or have an __index__ method"))
    };
    let step = part(&slice.step)?.unwrap_or(1);
    if step <= 0 {
        return Err(Raise::value_error("step must be greater than zero"));
    }
    let length = size as i64;
    let clamp = |index: i64| if index < 0 { (index + length).max(0) } else { index.min(length) };
    let start = clamp(part(&slice.start)?.unwrap_or(0));
    let stop = clamp(part(&slice.stop)?.unwrap_or(length));
    let count = (stop - start).max(0) as u64;
    Ok((start as usize, count.div_ceil(step as u64) as usize, step as usize))
}

/// The tensor without leading dimensions of one cell, as far as needed to have `rank` dimensions.
fn trimmed(tensor: &Tensor, rank: usize) -> Tensor {
    let mut layout = tensor.layout().clone();
    while layout.shape.len() > rank && layout.shape.first() == Some(&1) {
        layout = layout.squeeze(0);
    }
    tensor.view(layout)
}

/// The tensor broadcast to `shape`, or PyTorch's error.
fn fitted(tensor: &Tensor, shape: &[usize]) -> Result<Tensor, Raise> {
    let sizes: Vec<i64> = shape.iter().map(|&n| n as i64).collect();
    super::views::expand_to(&trimmed(tensor, shape.len()), &sizes)
}
