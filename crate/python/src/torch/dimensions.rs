//! Dimensions as programs name them: counted from either end, one or several.

use tensor::layout::numel;

use crate::Raise;

/// The dimension `dim` of a tensor with `rank` dimensions. A 0-d tensor is treated as 1-d, as PyTorch does.
pub fn dimension(dim: i64, rank: usize) -> Result<usize, Raise> {
    let range = rank.max(1) as i64;
    if !(-range..range).contains(&dim) {
        return Err(Raise::index_error(format!(
            "Dimension out of range (expected to be in range of [{}, {}], but got {dim})",
            -range,
            range - 1
        )));
    }
    Ok(dim.rem_euclid(range) as usize)
}

/// The dimensions to reduce over: all of them for an empty list.
pub fn dimensions(dims: &[i64], rank: usize) -> Result<Vec<usize>, Raise> {
    if dims.is_empty() {
        return Ok((0..rank).collect());
    }
    let mut seen = Vec::with_capacity(dims.len());
    for &dim in dims {
        let dim = dimension(dim, rank)?;
        if seen.contains(&dim) {
            return Err(Raise::runtime_error(format!("dim {dim} appears multiple times in the list of dims")));
        }
        seen.push(dim);
    }
    // A 0-d tensor has no dimension to reduce over.
    seen.retain(|&dim| dim < rank);
    Ok(seen)
}

/// The shape that `sizes` asks for, with at most one -1 to be inferred from `cells`.
pub fn inferred_shape(sizes: &[i64], cells: usize) -> Result<Vec<usize>, Raise> {
    let invalid = || Raise::runtime_error(format!("shape '{sizes:?}' is invalid for input of size {cells}"));
    let mut known = 1usize;
    let mut unknown = None;
    for (position, &size) in sizes.iter().enumerate() {
        match size {
            -1 if unknown.is_some() => return Err(Raise::runtime_error("only one dimension can be inferred")),
            -1 => unknown = Some(position),
            size if size < 0 => {
                return Err(Raise::runtime_error(format!(
                    "invalid shape dimension {size} at index {position} of shape {sizes:?}"
                )));
            }
            size => known = known.checked_mul(size as usize).ok_or_else(invalid)?,
        }
    }
    let mut shape: Vec<usize> = sizes.iter().map(|&size| size.max(0) as usize).collect();
    match unknown {
        Some(_) if known == 0 => {
            return Err(Raise::runtime_error(format!(
                "cannot reshape tensor of {cells} elements into shape {sizes:?} because the unspecified dimension size -1 can be any value and is ambiguous"
            )));
        }
        Some(position) if cells.is_multiple_of(known) => shape[position] = cells / known,
        None if known == cells => {}
        _ => return Err(invalid()),
    }
    numel(&shape)?;
    Ok(shape)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
    use super::*;
    use crate::Cause;

    fn message<T>(result: Result<T, Raise>) -> String {
        match result.map_err(Raise::cause) {
            Err(Cause::Error(_, message)) => message,
            _ => panic!("no error"),
        }
    }

    #[test]
    fn dimensions_count_from_either_end() {
        assert_eq!(dimension(-1, 3).ok(), Some(2));
        assert_eq!(dimension(0, 0).ok(), Some(0));
        assert_eq!(message(dimension(2, 2)), "Dimension out of range (expected to be in range of [-2, 1], but got 2)");
        assert_eq!(message(dimensions(&[0, -2], 2)), "dim 0 appears multiple times in the list of dims");
    }

    #[test]
    fn one_size_is_inferred() {
        assert_eq!(inferred_shape(&[2, -1], 12).ok(), Some(vec![2, 6]));
        assert_eq!(message(inferred_shape(&[7, -1], 12)), "shape '[7, -1]' is invalid for input of size 12");
        assert_eq!(message(inferred_shape(&[-1, -1], 12)), "only one dimension can be inferred");
    }
}
