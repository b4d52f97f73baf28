//! Writing results into tensors that programs already hold: `x.add_(y)`, `x += y`, `x[…] = y`.

use std::rc::Rc;

use tensor::{Layout, Tensor};

use super::promotion::{can_cast, scalar_type_name};
use super::{autograd, compute};
use crate::value::{TensorObject, Value};
use crate::{Context, Raise};

/// Writes `result`, computed by a function of `inputs`, into `target`, which keeps its dtype. Gives `target`.
pub fn write(
    context: &Context,
    target: &Rc<TensorObject>,
    result: &Tensor,
    grad_fn: &'static str,
    inputs: &[&Rc<TensorObject>],
) -> Result<Value, Raise> {
    let handle = target.handle();
    autograd::check_in_place(context, target, false)?;
    check_written(&handle)?;
    if !can_cast(result.dtype(), handle.dtype()) {
        return Err(Raise::runtime_error(format!(
            "result type {} can't be cast to the desired output type {}",
            scalar_type_name(result.dtype()),
            scalar_type_name(handle.dtype())
        )));
    }
    if result.shape() != handle.shape() {
        return Err(Raise::runtime_error(format!(
            "output with shape {:?} doesn't match the broadcast shape {:?}",
            handle.shape(),
            result.shape()
        )));
    }
    context.engine.write(&handle, &compute::cast(context, result, handle.dtype())?)?;
    autograd::written(context, target, grad_fn, inputs);
    Ok(Value::Tensor(target.clone()))
}

/// A tensor of which several cells are one (after `expand`) cannot be written.
pub fn check_written(target: &Tensor) -> Result<(), Raise> {
    if repeats(target.layout()) {
        return Err(Raise::runtime_error(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please clone() the tensor before performing the operation.",
        ));
    }
    Ok(())
}

fn repeats(layout: &Layout) -> bool {
    layout.shape.iter().zip(&layout.strides).any(|(&size, &stride)| size > 1 && stride == 0)
}
