//! What the indexing operations share: the range of indices, and which cells they name.

use std::borrow::Cow;

use super::Witness;
use crate::Values;
use crate::layout::ravel;

/// How many comparisons of a cell's place with an index a GPU may make to keep the order in which cells are written.
/// Beyond that all are written at once, in any order: of several in one place any may stay, and sums may differ in their last digits.
pub const ORDERED_COMPARISONS: usize = 1 << 26;

/// The message for the first index that is out of range for `size` cells of dimension `dim`.
/// Negative indices count from the end where `negative` is allowed.
pub fn check_range(indices: &Values, size: usize, dim: usize, negative: bool) -> std::result::Result<(), String> {
    let indices = match indices {
        Values::Int64(v) => Cow::Borrowed(&v[..]),
        other => Cow::Owned(other.to_i64()),
    };
    let least = if negative { -(size as i64) } else { 0 };
    match indices.iter().find(|&&i| i < least || i >= size as i64) {
        Some(i) => Err(format!("index {i} is out of bounds for dimension {dim} with size {size}")),
        None => Ok(()),
    }
}

/// The first dimension in which `inner` is larger than `outer`, leaving out dimension `but`.
pub fn check_within(inner: &[usize], outer: &[usize], but: Option<usize>) -> Option<usize> {
    (0..inner.len().min(outer.len())).find(|&d| Some(d) != but && inner[d] > outer[d])
}

/// A negative index counted from the end. Indices were checked before; what is still outside becomes the nearest cell.
#[inline]
pub fn normal(index: i64, size: usize) -> usize {
    let index = if index < 0 { index + size as i64 } else { index };
    index.clamp(0, (size as i64 - 1).max(0)) as usize
}

/// The cell of x's leading dimensions that the index tensors name at `place`.
pub fn named(indices: &[Witness], shape: &[usize], place: &[usize]) -> Vec<usize> {
    indices
        .iter()
        .zip(shape)
        .map(|(index, &size)| {
            let at = ravel(place, &index.shape);
            normal(index.values.get_f64(at).unwrap_or(0.0) as i64, size)
        })
        .collect()
}
