//! What autograd adds to a result: whether it requires a gradient, and the name of the function that would compute it.
//!
//! Gradients themselves come in a later issue; the names are those PyTorch prints (`grad_fn=<MmBackward0>`).

use std::rc::Rc;

use tensor::Tensor;

use crate::value::{TensorObject, Value};
use crate::{Context, Raise};

/// The Python object of a result computed from `inputs`.
pub fn result(context: &Context, tensor: Tensor, grad_fn: &'static str, inputs: &[&Rc<TensorObject>]) -> Rc<TensorObject> {
    let requires_grad =
        context.grad_enabled && tensor.dtype().is_float() && inputs.iter().any(|input| input.requires_grad.get());
    let object = TensorObject::new(tensor);
    if requires_grad {
        object.requires_grad.set(true);
        object.grad_fn.set(grad_fn);
    }
    object
}

/// [`result`] as a value.
pub fn value(context: &Context, tensor: Tensor, grad_fn: &'static str, inputs: &[&Rc<TensorObject>]) -> Value {
    Value::Tensor(result(context, tensor, grad_fn, inputs))
}

/// Checks that autograd allows writing into `target`; `is_view` where only a part of it is written.
pub fn check_in_place(context: &Context, target: &TensorObject, is_view: bool) -> Result<(), Raise> {
    if context.grad_enabled && target.requires_grad.get() && target.grad_fn.get().is_empty() {
        let what = if is_view { "a view of a leaf Variable" } else { "a leaf Variable" };
        return Err(Raise::runtime_error(format!("{what} that requires grad is being used in an in-place operation.")));
    }
    Ok(())
}

/// Marks `target` as written in place by a function of `inputs`.
pub fn written(context: &Context, target: &TensorObject, grad_fn: &'static str, inputs: &[&Rc<TensorObject>]) {
    let is_tracked = target.requires_grad.get() || inputs.iter().any(|input| input.requires_grad.get());
    if context.grad_enabled && is_tracked && target.tensor.borrow().dtype().is_float() {
        target.requires_grad.set(true);
        target.grad_fn.set(grad_fn);
    }
}
