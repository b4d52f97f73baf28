//! Conversions that wait until somebody reads what they give: a matrix product does not, and reads a weight as its
//! checkpoint stores it.

use crate::ops::{Operation, Spec};
use crate::storage::{Buffer, Narrow};
use crate::{DType, Result, Tensor};

/// The output of a conversion that loses nothing, or of such a one times scales, if it can wait.
pub fn widened(operation: &dyn Operation, inputs: &[&Tensor], spec: &Spec) -> Result<Option<Buffer>> {
    let narrow = match *inputs {
        [input] if operation.converts() && spec.dtype == DType::Float32 => stored(input),
        [cells, scales] if operation.multiplies() => scaled(cells, scales),
        _ => None,
    };
    narrow.map(|narrow| Buffer::of_narrow(narrow, spec.numel())).transpose()
}

/// Cells of a type that float32 holds.
fn stored(input: &Tensor) -> Option<Narrow> {
    let is_narrow = matches!(input.dtype(), DType::BFloat16 | DType::Float16 | DType::Int8 | DType::UInt8);
    (is_narrow && input.is_contiguous()).then(|| Narrow { cells: input.buffer(), first: input.layout().offset, scales: None })
}

/// int8 cells (.., C) that are still to be made float32, multiplied by a scale (.., 1) for each C.
#[inline(never)]
fn scaled(cells: &Tensor, scales: &Tensor) -> Option<Narrow> {
    let narrow = cells.buffer().narrow().filter(|narrow| narrow.scales.is_none() && narrow.cells.dtype == DType::Int8)?;
    let (&group, lead) = cells.shape().split_last()?;
    let fits = group > 0 && scales.dtype() == DType::Float32 && scales.shape().split_last() == Some((&1, lead));
    let is_even = cells.is_contiguous() && scales.is_contiguous() && scales.buffer().host().is_some();
    let first = narrow.first + cells.layout().offset;
    (fits && is_even).then(|| Narrow { cells: narrow.cells.clone(), first, scales: Some((scales.buffer(), scales.layout().offset, group)) })
}
