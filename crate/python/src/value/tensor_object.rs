//! A tensor as Python sees it: the handle and what PyTorch keeps beside it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use tensor::Tensor;

use super::{Dict, Value};

/// One Python tensor object. In-place operations replace the handle, so that every name of the object sees them.
pub struct TensorObject {
    pub tensor: RefCell<Tensor>,
    pub requires_grad: Cell<bool>,
    /// The name that PyTorch prints: `MmBackward0`. Empty for leaves.
    pub grad_fn: Cell<&'static str>,
    pub is_parameter: Cell<bool>,
    /// The accumulated gradient (`x.grad`), once there is one.
    pub grad: RefCell<Option<Value>>,
    /// Attributes that a program set on the tensor itself (`weight.label = …`).
    pub attributes: RefCell<Option<Rc<Dict>>>,
}

impl TensorObject {
    /// A leaf that needs no gradient.
    pub fn new(tensor: Tensor) -> Rc<TensorObject> {
        Rc::new(TensorObject {
            tensor: RefCell::new(tensor),
            requires_grad: Cell::new(false),
            grad_fn: Cell::new(""),
            is_parameter: Cell::new(false),
            grad: RefCell::new(None),
            attributes: RefCell::new(None),
        })
    }

    /// The handle, cheap to clone.
    pub fn handle(&self) -> Tensor {
        self.tensor.borrow().clone()
    }
}

impl Value {
    pub fn tensor(tensor: Tensor) -> Value {
        Value::Tensor(TensorObject::new(tensor))
    }
}
