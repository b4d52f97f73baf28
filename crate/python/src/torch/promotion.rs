//! Which dtype an operation of several dtypes gives (PyTorch's `result_type`, c10/core/ScalarType.h).
//!
//! Operands are of three ranks: tensors with dimensions, tensors without, and Python numbers.
//! A lower rank decides only where it is of a higher kind (bool, integer, floating point) than all above it:
//! `int64 tensor + 0.5` is float32, and `float16 tensor + 0.5` stays float16.

use std::rc::Rc;

use tensor::DType;

use super::arguments::Number;
use crate::Context;
use crate::value::TensorObject;

/// One operand of an arithmetic operation.
#[derive(Clone)]
pub enum Operand {
    Tensor(Rc<TensorObject>),
    Number(Number),
}

/// The smallest type that holds both.
pub fn promote(a: DType, b: DType) -> DType {
    use DType::*;
    let rank = |dtype: DType| match dtype {
        Bool => 0,
        UInt8 | Int8 => 1,
        Int32 => 2,
        Int64 => 3,
        Float16 | BFloat16 => 4,
        Float32 => 5,
        Float64 => 6,
    };
    match (a, b) {
        _ if a == b => a,
        // PyTorch says int16, which the engine does not have.
        (UInt8, Int8) | (Int8, UInt8) => Int32,
        (Float16, BFloat16) | (BFloat16, Float16) => Float32,
        _ if rank(a) >= rank(b) => a,
        _ => b,
    }
}

/// The dtype in which `operands` meet.
pub fn result_type(context: &Context, operands: &[Operand]) -> DType {
    let (mut dimensioned, mut zero_dimensional, mut number) = (None, None, None);
    for operand in operands {
        let (slot, dtype) = match operand {
            Operand::Tensor(tensor) => {
                let tensor = tensor.tensor.borrow();
                (if tensor.dimensions() > 0 { &mut dimensioned } else { &mut zero_dimensional }, tensor.dtype())
            }
            Operand::Number(n) => (&mut number, number_type(context, *n)),
        };
        *slot = Some(slot.map_or(dtype, |other| promote(other, dtype)));
    }
    combine(dimensioned, combine(zero_dimensional, number)).unwrap_or(DType::Float32)
}

/// The dtype of a tensor made from a Python number.
pub fn number_type(context: &Context, number: Number) -> DType {
    match number {
        Number::Bool(_) => DType::Bool,
        Number::Int(_) => DType::Int64,
        Number::Float(_) => context.default_dtype,
    }
}

fn combine(higher: Option<DType>, lower: Option<DType>) -> Option<DType> {
    match (higher, lower) {
        (Some(higher), Some(lower)) if !higher.is_float() && (higher == DType::Bool || lower.is_float()) => {
            Some(promote(higher, lower))
        }
        (Some(higher), _) => Some(higher),
        (None, lower) => lower,
    }
}

/// Whether a result of type `from` may be written into a tensor of type `to`: the kind must not fall.
pub fn can_cast(from: DType, to: DType) -> bool {
    let kind = |dtype: DType| match dtype {
        DType::Bool => 0,
        dtype if dtype.is_integer() => 1,
        _ => 2,
    };
    kind(from) <= kind(to)
}

/// The type's name in PyTorch's messages: `Long`, `Float`.
pub fn scalar_type_name(dtype: DType) -> &'static str {
    match dtype {
        DType::Float64 => "Double",
        DType::Float32 => "Float",
        DType::Float16 => "Half",
        DType::BFloat16 => "BFloat16",
        DType::Int64 => "Long",
        DType::Int32 => "Int",
        DType::Int8 => "Char",
        DType::UInt8 => "Byte",
        DType::Bool => "Bool",
    }
}

/// The element type as C++ calls it.
pub fn c_name(dtype: DType) -> &'static str {
    match dtype {
        DType::Float64 => "double",
        DType::Float32 => "float",
        DType::Float16 => "c10::Half",
        DType::BFloat16 => "c10::BFloat16",
        DType::Int64 => "long int",
        DType::Int32 => "int",
        DType::Int8 => "signed char",
        DType::UInt8 => "unsigned char",
        DType::Bool => "bool",
    }
}
