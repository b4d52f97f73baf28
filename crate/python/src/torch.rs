//! The torch surface, as the machine asks for it.

use std::rc::Rc;

use crate::machine::{BinaryOperator, CompareOperator, UnaryOperator};
use crate::value::{Module, TensorObject, Value};
use crate::{Context, Raise};

/// Python files of the surface, run in this order when a program first imports torch:
/// the module whose names they define (its dotted name), and the source.
pub const PRELUDE: &[(&str, &str)] = &[];

/// The modules by their dotted names, filled with native functions: `torch`, `torch.nn`, `torch.nn.functional` ….
/// Submodules are attributes of their parents as well.
pub fn modules(_context: &mut Context) -> Vec<Rc<Module>> {
    Vec::new()
}

/// `x.name`: methods come back bound (`Value::Method`).
pub fn get_attribute(_context: &mut Context, _tensor: &Rc<TensorObject>, name: &str) -> Result<Value, Raise> {
    Err(Raise::attribute_error(format!("'Tensor' object has no attribute '{name}'")))
}

/// `x.name = value`
pub fn set_attribute(_context: &mut Context, _tensor: &Rc<TensorObject>, name: &str, _value: Value) -> Result<(), Raise> {
    Err(Raise::attribute_error(format!("attribute '{name}' of 'Tensor' objects is not writable")))
}

/// `a op b` where at least one of them is a tensor. `NotImplemented` leaves the operator to the other side.
pub fn binary(_context: &mut Context, _operator: BinaryOperator, _a: &Value, _b: &Value) -> Result<Value, Raise> {
    Ok(Value::NotImplemented)
}

/// `a op= b`: the value to bind, which is `a` itself where the operation is in place.
pub fn in_place(context: &mut Context, operator: BinaryOperator, a: &Rc<TensorObject>, b: &Value) -> Result<Value, Raise> {
    binary(context, operator, &Value::Tensor(a.clone()), b)
}

/// `-x`, `+x`, `~x`
pub fn unary(_context: &mut Context, _operator: UnaryOperator, _tensor: &Rc<TensorObject>) -> Result<Value, Raise> {
    Err(Raise::not_implemented("operators on tensors"))
}

/// The six comparisons where at least one side is a tensor; `NotImplemented` leaves it to the other side.
pub fn compare(_context: &mut Context, _operator: CompareOperator, _a: &Value, _b: &Value) -> Result<Value, Raise> {
    Ok(Value::NotImplemented)
}

/// `x[key]`
pub fn get_item(_context: &mut Context, _tensor: &Rc<TensorObject>, _key: &Value) -> Result<Value, Raise> {
    Err(Raise::not_implemented("indexing tensors"))
}

/// `x[key] = value`
pub fn set_item(_context: &mut Context, _tensor: &Rc<TensorObject>, _key: &Value, _value: &Value) -> Result<(), Raise> {
    Err(Raise::not_implemented("indexing tensors"))
}

/// `bool(x)`
pub fn truth(_context: &mut Context, _tensor: &Rc<TensorObject>) -> Result<bool, Raise> {
    Err(Raise::not_implemented("the truth of tensors"))
}

/// `len(x)`
pub fn length(_context: &mut Context, _tensor: &Rc<TensorObject>) -> Result<usize, Raise> {
    Err(Raise::not_implemented("the length of tensors"))
}

/// The row at `index` along the first dimension, `None` past the end. Raises TypeError for a 0-d tensor.
pub fn iterate(_context: &mut Context, _tensor: &Rc<TensorObject>, _index: usize) -> Result<Option<Value>, Raise> {
    Err(Raise::not_implemented("iterating tensors"))
}

/// `value in x`
pub fn contains(_context: &mut Context, _tensor: &Rc<TensorObject>, _value: &Value) -> Result<bool, Raise> {
    Err(Raise::not_implemented("`in` on tensors"))
}

/// What `print(x)` shows.
pub fn repr(_context: &mut Context, _tensor: &Rc<TensorObject>) -> Result<String, Raise> {
    Err(Raise::not_implemented("printing tensors"))
}

/// `f"{x:spec}"`
pub fn format(_context: &mut Context, _tensor: &Rc<TensorObject>, _spec: &str) -> Result<String, Raise> {
    Err(Raise::not_implemented("formatting tensors"))
}

/// `int(x)` or `float(x)`: the one value of a tensor of one cell, as a Python number.
pub fn item(_context: &mut Context, _tensor: &Rc<TensorObject>) -> Result<Value, Raise> {
    Err(Raise::not_implemented("the value of a tensor"))
}
