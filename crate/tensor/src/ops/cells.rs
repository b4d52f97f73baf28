//! Cells and shapes that several operations speak of in the same way.

use crate::layout::unravel;
use crate::{DType, Error, Result};

/// The cell of an operand of `shape` that a cell of the broadcast result shows.
pub fn broadcast_source(cell: &[usize], shape: &[usize]) -> Vec<usize> {
    let lead = cell.len().saturating_sub(shape.len());
    shape.iter().zip(&cell[lead..]).map(|(&size, &i)| if size == 1 { 0 } else { i }).collect()
}

/// A shape seen from one of its dimensions: how many cells before it, in it, and after it.
/// A tensor without dimensions is one lane of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lanes {
    pub outer: usize,
    pub length: usize,
    pub inner: usize,
}

impl Lanes {
    pub fn new(shape: &[usize], dim: usize) -> Lanes {
        if shape.is_empty() {
            return Lanes { outer: 1, length: 1, inner: 1 };
        }
        Lanes {
            outer: shape[..dim].iter().product(),
            length: shape[dim],
            inner: shape[dim + 1..].iter().product(),
        }
    }
}

/// All cells along `dim` through `cell`, in order.
pub fn lane_through(cell: &[usize], dim: usize, length: usize) -> Vec<Vec<usize>> {
    if cell.is_empty() {
        return vec![vec![]];
    }
    (0..length)
        .map(|i| {
            let mut other = cell.to_vec();
            other[dim] = i;
            other
        })
        .collect()
}

/// All cells of `shape` that agree with `fixed` outside `dims`, in row-major order.
pub fn block_through(fixed: &[usize], dims: &[usize], shape: &[usize]) -> Vec<Vec<usize>> {
    let sizes: Vec<usize> = dims.iter().map(|&d| shape[d]).collect();
    (0..sizes.iter().product())
        .map(|n| {
            let mut cell = fixed.to_vec();
            for (&d, i) in dims.iter().zip(unravel(n, &sizes)) {
                cell[d] = i;
            }
            cell
        })
        .collect()
}

/// `shape` without (or with one cell in) each of `dims`.
pub fn reduced_shape(shape: &[usize], dims: &[usize], keep: bool) -> Vec<usize> {
    shape
        .iter()
        .enumerate()
        .filter_map(|(d, &size)| match (dims.contains(&d), keep) {
            (false, _) => Some(size),
            (true, true) => Some(1),
            (true, false) => None,
        })
        .collect()
}

/// A cell of a reduced output as a cell of the input, 0 in the reduced dimensions.
pub fn reduced_source(cell: &[usize], dims: &[usize], keep: bool, dimensions: usize) -> Vec<usize> {
    let mut rest = cell.iter();
    (0..dimensions)
        .map(|d| match (dims.contains(&d), keep) {
            (true, true) => {
                rest.next();
                0
            }
            (true, false) => 0,
            (false, _) => rest.next().copied().unwrap_or(0),
        })
        .collect()
}

/// The dimension must be one of the tensor's (a tensor without dimensions has dimension 0), else PyTorch's error.
pub fn check_dim(dim: usize, shape: &[usize]) -> Result<()> {
    let bound = shape.len().max(1);
    if dim < bound {
        return Ok(());
    }
    Err(Error::Index(format!("Dimension out of range (expected to be in range of [-{bound}, {}], but got {dim})", bound - 1)))
}

/// What PyTorch's C++ calls an element type in its errors: `Float`, `Long`.
pub fn scalar_type(dtype: DType) -> &'static str {
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

/// What C++ calls an element type, and so some of PyTorch's errors: `long int`.
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

/// PyTorch's sentence for an operand of another element type than the first.
pub fn expected_found(expected: DType, found: DType) -> String {
    format!("expected scalar type {} but found {}", scalar_type(expected), scalar_type(found))
}

/// PyTorch's error for a kernel that does not exist for an element type.
pub fn not_implemented<T>(kernel: &str, dtype: DType) -> Result<T> {
    Err(Error::NotImplemented(format!("\"{kernel}\" not implemented for '{}'", scalar_type(dtype))))
}

/// An operation needs `least` to `most` inputs; the surface above always passes that many.
pub fn check_inputs(name: &str, given: usize, least: usize, most: usize) -> Result<()> {
    if (least..=most).contains(&given) {
        return Ok(());
    }
    Err(Error::Type(format!("{name} takes {least} to {most} tensors, got {given}")))
}
