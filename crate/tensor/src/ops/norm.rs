//! What the normalisations share: their rule, and how they are written out.

use super::cells::not_implemented;
use super::written::factor;
use super::{Spec, number};
use crate::{Error, Result};

/// x has at least `dims` dimensions; weight and bias have the shape of the last `dims` of them.
pub fn rule(inputs: &[Spec], dims: usize, kernel: &str) -> Result<Spec> {
    let x = &inputs[0];
    let Some(split) = x.shape.len().checked_sub(dims).filter(|_| dims > 0) else {
        return Err(Error::Runtime(format!(
            "Expected normalized_shape to be at least 1-dimensional and at most as long as the input's shape, but got {dims} dimensions for an input of size {:?}",
            x.shape
        )));
    };
    let normalised = &x.shape[split..];
    for (parameter, name) in inputs[1..].iter().zip(["weight", "bias"]) {
        if parameter.shape != normalised {
            return Err(Error::Runtime(format!(
                "Expected {name} to be of same shape as normalized_shape, but got {name} of shape {:?} and normalized_shape = {normalised:?}",
                parameter.shape
            )));
        }
    }
    if !x.dtype.is_float() {
        return not_implemented(kernel, x.dtype);
    }
    Ok(x.clone())
}

/// The numbers of the last `dims` dimensions.
pub fn last_dims(x: &Spec, dims: usize) -> Vec<usize> {
    (x.shape.len() - dims..x.shape.len()).collect()
}

/// The cell of weight and bias that a cell is scaled and shifted by.
pub fn parameter_cell(cell: &[usize], dims: usize) -> Vec<usize> {
    cell[cell.len() - dims..].to_vec()
}

/// `centred / √square · weight + bias`, as far as there are parameters.
pub fn normalised(centred: &str, square: f64, parameters: &[Vec<f64>]) -> String {
    let mut text = format!("{centred} / √{}", number(square));
    for (values, sign) in parameters.iter().zip([" · ", " + "]) {
        if let Some(&x) = values.first() {
            text.push_str(&format!("{sign}{}", factor(x)));
        }
    }
    text
}
