//! Inputs for the calls that tests make: deterministic values in the layouts that hurt.

use super::{Case, Operation};
use crate::layout::contiguous_strides;
use crate::{DType, Layout, Values};

/// An input of a case: the elements of a storage and the layout over them.
pub type Input = (Values, Layout);

/// A case of `operation`.
pub fn case(operation: impl Operation + 'static, inputs: impl Into<Vec<Input>>) -> Case {
    Case { operation: Box::new(operation), inputs: inputs.into() }
}

/// Cells in row-major order. Floats lie in (-2, 2), integers in -7..8 (0..8 without a sign).
pub fn dense(dtype: DType, shape: &[usize]) -> Input {
    let layout = Layout::contiguous(shape);
    (elements(dtype, layout.numel(), shape.len() as u64), layout)
}

/// The same kind of cells with the dimensions laid out in reverse order, every second one of a larger storage,
/// and not from its start: transposed and sliced at once.
pub fn strided(dtype: DType, shape: &[usize]) -> Input {
    let reversed: Vec<usize> = shape.iter().rev().map(|size| size * 2 + 1).collect();
    let strides: Vec<isize> = contiguous_strides(&reversed).into_iter().rev().map(|stride| stride * 2).collect();
    let offset = if shape.contains(&0) { 0 } else { strides.iter().sum::<isize>() as usize / 2 };
    let length = reversed.iter().product();
    (elements(dtype, length, 17), Layout { shape: shape.to_vec(), strides, offset })
}

/// Cells of one row, repeated along every dimension but the last.
pub fn expanded(dtype: DType, shape: &[usize]) -> Input {
    let row = shape.last().copied().unwrap_or(1);
    let mut strides = vec![0; shape.len()];
    if let Some(last) = strides.last_mut() {
        *last = 1;
    }
    (elements(dtype, row, 23), Layout { shape: shape.to_vec(), strides, offset: 0 })
}

/// Floats with NaN, both infinities, both zeros, and numbers far from 1 among them.
pub fn special(dtype: DType, shape: &[usize]) -> Input {
    const SPECIAL: [f64; 8] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 60000.0, -30.0, 1e-4];
    let (values, layout) = dense(dtype, shape);
    let mixed: Vec<f64> = values.to_f64().into_iter().enumerate().map(|(i, x)| if i % 3 == 1 { SPECIAL[i / 3 % 8] } else { x }).collect();
    (Values::from_f64(dtype, &mixed), layout)
}

/// Exactly these values.
pub fn exact(dtype: DType, shape: &[usize], values: &[f64]) -> Input {
    (Values::from_f64(dtype, values), Layout::contiguous(shape))
}

/// Indices from `least` to `below`.
pub fn indices(shape: &[usize], least: i64, below: i64) -> Input {
    let layout = Layout::contiguous(shape);
    let span = (below - least).max(1) as u64;
    let values = (0..layout.numel()).map(|i| least + (mixed(i as u64, 5) % span) as i64).collect();
    (Values::Int64(values), layout)
}

/// The floating-point types.
pub fn floats() -> impl Iterator<Item = DType> {
    DType::ALL.into_iter().filter(|dtype| dtype.is_float())
}

fn elements(dtype: DType, length: usize, seed: u64) -> Values {
    match dtype {
        DType::Bool => Values::Bool((0..length).map(|i| !mixed(i as u64, seed).is_multiple_of(3)).collect()),
        DType::UInt8 => Values::UInt8((0..length).map(|i| (mixed(i as u64, seed) % 8) as u8).collect()),
        _ if dtype.is_integer() => {
            let whole: Vec<i64> = (0..length).map(|i| (mixed(i as u64, seed) % 15) as i64 - 7).collect();
            Values::from_i64(dtype, &whole)
        }
        _ => {
            // Multiples of 1/256 within (-2, 2) are exact in every float type.
            let parts: Vec<f64> = (0..length).map(|i| ((mixed(i as u64, seed) % 1023) as f64 - 511.0) / 256.0).collect();
            Values::from_f64(dtype, &parts)
        }
    }
}

/// A well-mixed number for (i, seed) (the finaliser of SplitMix64; Steele, Lea and Flood, OOPSLA 2014).
fn mixed(i: u64, seed: u64) -> u64 {
    let mut x = (i + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ seed.wrapping_mul(0xD1B5_4A32_D192_ED03);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}
