//! Steps that torch functions are made of: casts, numbers as tensors, and operations of the engine by name.

use std::rc::Rc;

use tensor::layout::memory_order;
use tensor::ops::Operation;
use tensor::ops::binary::{Binary, Operator};
use tensor::ops::copy::Copy;
use tensor::ops::r#where::Where;
use tensor::ops::reduce::{Reduce, Reduction};
use tensor::ops::unary::{Function, Unary};
use tensor::{DType, Layout, Tensor, Values};

use super::arguments::Number;
use super::promotion::Operand;
use crate::{Context, Raise};

/// The tensor itself if it has this dtype, else its cells converted.
pub fn cast(context: &Context, tensor: &Tensor, dtype: DType) -> Result<Tensor, Raise> {
    if tensor.dtype() == dtype { Ok(tensor.clone()) } else { alike(context, tensor, dtype) }
}

/// The tensor in float32 if it is of a narrower type, where PyTorch computes in float32 and rounds the result alone.
pub fn widened(context: &Context, tensor: &Tensor) -> Result<Tensor, Raise> {
    let is_narrow = matches!(tensor.dtype(), DType::Float16 | DType::BFloat16);
    cast(context, tensor, if is_narrow { DType::Float32 } else { tensor.dtype() })
}

/// A fresh tensor of these cells that lies in memory as this one does (PyTorch's `preserve_format`).
pub fn alike(context: &Context, tensor: &Tensor, dtype: DType) -> Result<Tensor, Raise> {
    cell_by_cell(context, Rc::new(Copy { dtype }), &[tensor])
}

/// The result of an operation that computes each cell by itself: it lies in memory as its operands do.
fn cell_by_cell(context: &Context, operation: Rc<dyn Operation>, operands: &[&Tensor]) -> Result<Tensor, Raise> {
    let layouts: Vec<&Layout> = operands.iter().map(|operand| operand.layout()).collect();
    let Some(order) = memory_order(&layouts) else { return Ok(context.engine.apply(operation, operands)?) };
    let arranged: Vec<Tensor> = operands.iter().map(|operand| operand.view(operand.layout().in_dimensions(order.len()).permute(&order))).collect();
    let result = context.engine.apply(operation, &arranged.iter().collect::<Vec<_>>())?;
    Ok(result.view(result.layout().unpermute(&order)))
}

/// A tensor of values in the order of memory, which lies there as this layout does.
pub fn values_alike(context: &Context, values: Values, like: &Layout) -> Result<Tensor, Raise> {
    Ok(context.engine.tensor(values, &like.shape)?.view(like.alike()))
}

/// A fresh contiguous tensor of these cells.
pub fn copy(context: &Context, tensor: &Tensor, dtype: DType) -> Result<Tensor, Raise> {
    Ok(context.engine.run(Copy { dtype }, &[tensor])?)
}

/// The tensor itself if its cells lie in row-major order, else a copy of which that is true.
pub fn contiguous(context: &Context, tensor: &Tensor) -> Result<Tensor, Raise> {
    if tensor.is_contiguous() { Ok(tensor.clone()) } else { copy(context, tensor, tensor.dtype()) }
}

/// The cells under another shape of as many cells: a view where the strides allow it, else a copy.
pub fn reshape(context: &Context, tensor: &Tensor, shape: &[usize]) -> Result<Tensor, Raise> {
    match tensor.layout().view(shape) {
        Some(layout) => Ok(tensor.view(layout)),
        None => Ok(copy(context, tensor, tensor.dtype())?.view(Layout::contiguous(shape))),
    }
}

/// A 0-d tensor of this number.
pub fn number(context: &Context, number: Number, dtype: DType) -> Result<Tensor, Raise> {
    let values = match number {
        Number::Float(x) => Values::from_f64(dtype, &[x]),
        exact => Values::from_i64(dtype, &[exact.as_i64()]),
    };
    Ok(context.engine.number(values)?)
}

/// The operand as a tensor of this dtype.
pub fn operand(context: &Context, operand: &Operand, dtype: DType) -> Result<Tensor, Raise> {
    match operand {
        Operand::Tensor(object) => cast(context, &object.handle(), dtype),
        Operand::Number(n) => number(context, *n, dtype),
    }
}

pub fn unary(context: &Context, function: Function, tensor: &Tensor) -> Result<Tensor, Raise> {
    cell_by_cell(context, Rc::new(Unary { function }), &[tensor])
}

/// `a` and `b` must have one dtype; they broadcast.
pub fn binary(context: &Context, operator: Operator, a: &Tensor, b: &Tensor) -> Result<Tensor, Raise> {
    cell_by_cell(context, Rc::new(Binary { operator }), &[a, b])
}

/// `tensor operator number`, in the tensor's dtype.
pub fn with_number(context: &Context, operator: Operator, tensor: &Tensor, value: f64) -> Result<Tensor, Raise> {
    let value = number(context, Number::Float(value), tensor.dtype())?;
    binary(context, operator, tensor, &value)
}

/// Cells of `a` where the condition holds, else of `b`. One dtype; all broadcast.
pub fn select(context: &Context, condition: &Tensor, a: &Tensor, b: &Tensor) -> Result<Tensor, Raise> {
    cell_by_cell(context, Rc::new(Where), &[condition, a, b])
}

pub fn reduce(context: &Context, reduction: Reduction, tensor: &Tensor, dims: &[usize], keep: bool) -> Result<Tensor, Raise> {
    Ok(context.engine.run(Reduce { reduction, dims: dims.to_vec(), keep }, &[tensor])?)
}

/// The tensor broadcast to `shape`, as a view.
pub fn expand(tensor: &Tensor, shape: &[usize]) -> Option<Tensor> {
    tensor.layout().expand(shape).map(|layout| tensor.view(layout))
}
