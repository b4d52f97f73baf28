//! The torch surface: `torch`, `torch.nn`, `torch.nn.functional` and the methods of tensors.
//!
//! | module | what it holds |
//! |---|---|
//! | `entry` | how a function is listed; one entry serves `torch.f`, `x.f` and `F.f` |
//! | `arguments`, `signature`, `overloads`, `protocol`, `dimensions`, `promotion` | what calls mean: signatures, classes that override them, dimensions, dtypes |
//! | `autograd`, `in_place`, `compute` | what results are made of |
//! | `data`, `creation`, `random`, `generators`, `conversion`, `attributes` | tensors from values, and values from tensors |
//! | `pointwise`, `arithmetic`, `comparison` | cell by cell |
//! | `reduction`, `statistics`, `ordering` | many cells to one, and cells in order |
//! | `shape`, `views`, `joining`, `rearranging` | the same cells elsewhere |
//! | `indexing`, `selection`, `scattering` | cells picked and written by numbers and masks |
//! | `linear_algebra`, `linear`, `einsum`, `functional`, `attention` | products, and operations of networks |
//! | `settings`, `namespaces` | what a program sets, and where it finds all this |
//! | `prelude/` | what is written in Python: modules, layers, losses |
//!
//! Invariant: no dtype, error message or gradient name here is our own where PyTorch has one.

mod arguments;
mod arithmetic;
mod attention;
mod attributes;
mod autograd;
mod comparison;
mod compute;
mod conversion;
mod creation;
mod data;
mod dimensions;
mod einsum;
mod entry;
mod flops;
mod functional;
mod generators;
mod in_place;
mod indexing;
mod joining;
mod linear;
mod linear_algebra;
mod namespaces;
mod ordering;
mod pointwise;
mod overloads;
mod promotion;
mod protocol;
mod random;
mod rearranging;
mod reduction;
mod scattering;
mod selection;
mod settings;
mod shape;
mod signature;
mod statistics;
mod views;

use std::rc::Rc;

use tensor::ops::unary::Function;
use tensor::{DType, Device};

pub use namespaces::{PRELUDE, modules};
pub use settings::{State, parameter};

use crate::machine::{BinaryOperator, CompareOperator, UnaryOperator};
use crate::prelude::Late;
use crate::printing::Printed;
use crate::value::{Class, Method, TensorObject, Value};
use crate::{Context, Raise};

/// The attribute `name` of a dtype, if it has one.
pub fn dtype_attribute(dtype: DType, name: &str) -> Option<Value> {
    attributes::of_dtype(dtype, name)
}

/// `x.name`: methods come back bound (`Value::Method`).
pub fn get_attribute(context: &mut Context, tensor: &Rc<TensorObject>, name: &str) -> Result<Value, Raise> {
    let method = namespaces::method(name);
    // Only an attribute of the program's own may have a method's name.
    if (method.is_none() || tensor.attributes.borrow().is_some())
        && let Some(value) = attributes::get(context, tensor, name)?
    {
        return Ok(value);
    }
    match method.or_else(|| context.torch.methods.get(name).cloned()) {
        Some(function) => Ok(Value::Method(Rc::new(Method { receiver: Value::Tensor(tensor.clone()), function }))),
        None => {
            // Those that few programs call are read when one does.
            if let Some(late) = Late::defining("torch.functional", name).filter(|late| !context.late.contains(&late.name)) {
                return Err(Raise::prelude("_late", vec![Value::Tensor(tensor.clone()), Value::str(late.name), Value::str(name)]));
            }
            let class = if tensor.is_parameter.get() { "Parameter" } else { "Tensor" };
            Err(Raise::attribute_error(format!("'{class}' object has no attribute '{name}'")))
        }
    }
}

/// `torch.Tensor.name`
pub fn unbound_method(context: &Context, class: &Rc<Class>, name: &str) -> Option<Value> {
    let is_tensor = Rc::ptr_eq(class, &context.types.tensor);
    is_tensor.then(|| namespaces::method(name).or_else(|| context.torch.methods.get(name).cloned())).flatten()
}

/// `x.name = value`
pub fn set_attribute(_: &mut Context, tensor: &Rc<TensorObject>, name: &str, value: Value) -> Result<(), Raise> {
    attributes::set(tensor, name, value)
}

/// `a op b` where at least one of them is a tensor. `NotImplemented` leaves the operator to the other side.
pub fn binary(context: &mut Context, operator: BinaryOperator, a: &Value, b: &Value) -> Result<Value, Raise> {
    if operator == BinaryOperator::MatrixMultiply {
        return match (a, b) {
            (Value::Tensor(a), Value::Tensor(b)) => {
                let (a, b) = (settings::lowered(context, a)?, settings::lowered(context, b)?);
                linear_algebra::matmul(context, &a, &b)
            }
            _ => Ok(Value::NotImplemented),
        };
    }
    match (arithmetic::operand(a), arithmetic::operand(b)) {
        (Some(a), Some(b)) => arithmetic::apply(context, arithmetic_of(operator), &a, &b),
        // A sequence is repeated by an integer.
        _ if operator == BinaryOperator::Multiply => match (a, b) {
            (Value::List(_) | Value::Tuple(_) | Value::Str(_), Value::Tensor(count))
            | (Value::Tensor(count), Value::List(_) | Value::Tuple(_) | Value::Str(_)) => {
                let sequence = if matches!(a, Value::Tensor(_)) { b } else { a };
                let count = arguments::int(&context.engine, &Value::Tensor(count.clone()))?.ok_or_else(|| {
                    Raise::type_error("only integer tensors of a single element can be converted to an index")
                })?;
                crate::machine::operate::binary(context, operator, sequence, &Value::Int(count))
            }
            _ => Ok(Value::NotImplemented),
        },
        _ => Ok(Value::NotImplemented),
    }
}

/// `a op= b`: the value to bind, which is `a` itself where the operation is in place.
pub fn in_place(context: &mut Context, operator: BinaryOperator, a: &Rc<TensorObject>, b: &Value) -> Result<Value, Raise> {
    match arithmetic::operand(b) {
        Some(b) if operator != BinaryOperator::MatrixMultiply => {
            arithmetic::apply_in_place(context, arithmetic_of(operator), a, &b)
        }
        _ => binary(context, operator, &Value::Tensor(a.clone()), b),
    }
}

fn arithmetic_of(operator: BinaryOperator) -> &'static arithmetic::Arithmetic {
    match operator {
        BinaryOperator::Add => &arithmetic::ADD,
        BinaryOperator::Subtract => &arithmetic::SUBTRACT,
        // The matrix product is no arithmetic of cells: its callers have taken it out before.
        BinaryOperator::Multiply | BinaryOperator::MatrixMultiply => &arithmetic::MULTIPLY,
        BinaryOperator::Divide => &arithmetic::DIVIDE,
        BinaryOperator::FloorDivide => &arithmetic::FLOOR_DIVIDE,
        BinaryOperator::Modulo => &arithmetic::REMAINDER,
        BinaryOperator::Power => &arithmetic::POWER,
        BinaryOperator::ShiftLeft => &arithmetic::SHIFT_LEFT,
        BinaryOperator::ShiftRight => &arithmetic::SHIFT_RIGHT,
        BinaryOperator::And => &arithmetic::AND,
        BinaryOperator::Or => &arithmetic::OR,
        BinaryOperator::Xor => &arithmetic::XOR,
    }
}

/// `-x`, `+x`, `~x`
pub fn unary(context: &mut Context, operator: UnaryOperator, tensor: &Rc<TensorObject>) -> Result<Value, Raise> {
    let handle = tensor.handle();
    let (function, grad_fn) = match operator {
        UnaryOperator::Negative => (Function::Neg, "NegBackward0"),
        UnaryOperator::Invert => (Function::BitwiseNot, ""),
        UnaryOperator::Positive => return Ok(Value::Tensor(tensor.clone())),
        UnaryOperator::Not => return Ok(Value::Bool(!truth(context, tensor)?)),
    };
    pointwise::check_type(function, handle.dtype())?;
    let result = compute::unary(context, function, &handle)?;
    Ok(autograd::value(context, result, grad_fn, &[tensor]))
}

/// The six comparisons where at least one side is a tensor; `NotImplemented` leaves it to the other side.
pub fn compare(context: &mut Context, operator: CompareOperator, a: &Value, b: &Value) -> Result<Value, Raise> {
    let function = match operator {
        CompareOperator::Equal => &arithmetic::EQUAL,
        CompareOperator::NotEqual => &arithmetic::NOT_EQUAL,
        CompareOperator::Less => &arithmetic::LESS,
        CompareOperator::LessEqual => &arithmetic::LESS_EQUAL,
        CompareOperator::Greater => &arithmetic::GREATER,
        CompareOperator::GreaterEqual => &arithmetic::GREATER_EQUAL,
        _ => return Ok(Value::NotImplemented),
    };
    match (arithmetic::operand(a), arithmetic::operand(b)) {
        (Some(a), Some(b)) => arithmetic::apply(context, function, &a, &b),
        _ => Ok(Value::NotImplemented),
    }
}

/// `x[key]`
pub fn get_item(context: &mut Context, tensor: &Rc<TensorObject>, key: &Value) -> Result<Value, Raise> {
    indexing::get(context, tensor, key)
}

/// `x[key] = value`
pub fn set_item(context: &mut Context, tensor: &Rc<TensorObject>, key: &Value, value: &Value) -> Result<(), Raise> {
    indexing::set(context, tensor, key, value)
}

/// `bool(x)`
pub fn truth(context: &mut Context, tensor: &Rc<TensorObject>) -> Result<bool, Raise> {
    let handle = tensor.handle();
    match handle.numel() {
        1 => Ok(arguments::item(&context.engine, &handle)?.as_f64() != 0.0),
        0 => Err(Raise::runtime_error("Boolean value of Tensor with no values is ambiguous")),
        _ => Err(Raise::runtime_error("Boolean value of Tensor with more than one value is ambiguous")),
    }
}

/// `len(x)`
pub fn length(_: &mut Context, tensor: &Rc<TensorObject>) -> Result<usize, Raise> {
    tensor.handle().shape().first().copied().ok_or_else(|| Raise::type_error("len() of a 0-d tensor"))
}

/// The row at `index` along the first dimension, `None` past the end. Raises TypeError for a 0-d tensor.
pub fn iterate(context: &mut Context, tensor: &Rc<TensorObject>, index: usize) -> Result<Option<Value>, Raise> {
    let handle = tensor.handle();
    let Some(&rows) = handle.shape().first() else {
        return Err(Raise::type_error("iteration over a 0-d tensor"));
    };
    Ok((index < rows).then(|| {
        autograd::value(context, handle.view(handle.layout().select(0, index)), "UnbindBackward0", &[tensor])
    }))
}

/// `value in x`
pub fn contains(context: &mut Context, tensor: &Rc<TensorObject>, value: &Value) -> Result<bool, Raise> {
    let Some(operand) = arithmetic::operand(value) else {
        return Err(Raise::runtime_error(format!(
            "Tensor.__contains__ only supports Tensor or scalar, but you passed in a {}.",
            value.type_name()
        )));
    };
    let this = promotion::Operand::Tensor(tensor.clone());
    let is_equal = arithmetic::compute(context, tensor::ops::binary::Operator::Eq, &this, &operand)?;
    Ok(context.engine.values(&is_equal)?.to_i64().contains(&1))
}

/// What `print(x)` shows.
pub fn repr(context: &mut Context, tensor: &Rc<TensorObject>) -> Result<String, Raise> {
    let handle = tensor.handle();
    let is_meta = handle.device() == Device::Meta;
    let values = if is_meta { None } else { Some(context.engine.values(&handle)?) };
    let grad_fn = Some(tensor.grad_fn.get()).filter(|name| !name.is_empty());
    let printed = Printed {
        shape: handle.shape(),
        dtype: handle.dtype(),
        default_dtype: context.default_dtype,
        values: values.as_ref(),
        imaginary: None,
        device: is_meta.then_some("meta"),
        grad_fn,
        requires_grad: tensor.requires_grad.get(),
    };
    let text = printed.text(&context.torch.print_options);
    Ok(if tensor.is_parameter.get() { format!("Parameter containing:\n{text}") } else { text })
}

/// `f"{x:spec}"`
pub fn format(context: &mut Context, tensor: &Rc<TensorObject>, spec: &str) -> Result<String, Raise> {
    let handle = tensor.handle();
    if spec.is_empty() && handle.dimensions() > 0 {
        return repr(context, tensor);
    }
    if handle.dimensions() > 0 {
        return Err(Raise::type_error("unsupported format string passed to Tensor.__format__"));
    }
    let formatted = match arguments::item(&context.engine, &handle)? {
        arguments::Number::Bool(b) => crate::format::format_bool(b, spec),
        arguments::Number::Int(n) => crate::format::format_int(n.into(), spec),
        arguments::Number::Float(x) => crate::format::format_float(x, spec),
    };
    formatted.map_err(Raise::value_error)
}

/// `int(x)` or `float(x)`: the one value of a tensor of one cell, as a Python number.
pub fn item(context: &mut Context, tensor: &Rc<TensorObject>) -> Result<Value, Raise> {
    let handle = tensor.handle();
    if handle.numel() != 1 {
        return Err(Raise::value_error("only one element tensors can be converted to Python scalars"));
    }
    Ok(arguments::item(&context.engine, &handle)?.into())
}

#[cfg(test)]
mod tests;
