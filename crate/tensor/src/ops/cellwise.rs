//! How shaders that go cell by cell are started: the parameter block of `shaders/shared/cells.wgsl`.

use super::{Dispatch, Spec};
use crate::{DType, Layout};

/// The constants by which shaders know the element types of their inputs.
const DTYPE_CONSTANTS: [&str; 4] = ["DTYPE_A", "DTYPE_B", "DTYPE_C", "DTYPE_D"];

/// Invocations of a workgroup of these shaders.
const WORKGROUP: usize = 64;

/// One start in which each invocation writes one word of the output.
///
/// Inputs (four at most) are read through their strides, broadcast to the output's shape. The constants `DTYPE_A`,
/// `DTYPE_B`, … are the inputs' element types and `DTYPE_OUT` the output's; `constants` adds to them.
pub fn elementwise_dispatch(inputs: &[(&Spec, &Layout)], output: &Spec, mut constants: Vec<(&'static str, f64)>) -> Vec<Dispatch> {
    let layouts: Vec<Layout> = inputs.iter().filter_map(|(_, layout)| layout.expand(&output.shape)).collect();
    constants.extend(DTYPE_CONSTANTS.iter().zip(inputs).map(|(&name, (spec, _))| (name, f64::from(spec.dtype.code()))));
    constants.push(dtype_out(output.dtype));
    vec![Dispatch {
        entry: "main",
        constants,
        inputs: (0..inputs.len()).collect(),
        parameters: parameters(&output.shape, &layouts, [0, 0]),
        workgroups: workgroups(words(output)),
    }]
}

/// The start of an entry point `keep`, which copies input 0 to the output before others write into it.
/// It binds the inputs that the shader's other entry points bind.
pub fn keep(output: &Spec, inputs: Vec<usize>, constants: Vec<(&'static str, f64)>) -> Dispatch {
    let words = output.numel().saturating_mul(output.dtype.size()).div_ceil(4);
    Dispatch { entry: "keep", constants, inputs, parameters: vec![words as u32], workgroups: workgroups(words) }
}

pub fn dtype_out(dtype: DType) -> (&'static str, f64) {
    ("DTYPE_OUT", f64::from(dtype.code()))
}

/// How many invocations write the output if each writes one word (an int64's two words count as one).
pub fn words(output: &Spec) -> usize {
    output.numel().div_ceil((4 / output.dtype.size()).max(1))
}

pub fn workgroups(invocations: usize) -> usize {
    invocations.div_ceil(WORKGROUP)
}

/// The parameter block for cells of `shape`, read through `layouts` of that shape.
/// Dimensions that lie alike in all of them are joined, so that the shader divides less.
pub fn parameters(shape: &[usize], layouts: &[Layout], extra: [u32; 2]) -> Vec<u32> {
    let (joined_shape, strides) = joined(shape, layouts);
    let mut block = parameters_by_dimension(shape.iter().product(), &joined_shape, &strides, extra);
    for (i, layout) in layouts.iter().enumerate() {
        block[4 + i] = layout.offset as u32;
    }
    block
}

/// The parameter block with every dimension kept, for shaders that look at single dimensions.
pub fn parameters_by_dimension(cells: usize, shape: &[usize], strides: &[Vec<isize>], extra: [u32; 2]) -> Vec<u32> {
    let mut block = vec![0; 16 + 8 * strides.len()];
    block[0] = cells as u32;
    block[1] = shape.len() as u32;
    block[2..4].copy_from_slice(&extra);
    for (d, &size) in shape.iter().enumerate() {
        block[8 + d] = size as u32;
    }
    for (i, strides) in strides.iter().enumerate() {
        for (d, &stride) in strides.iter().enumerate() {
            // Two's complement: a reversed dimension has a negative stride.
            block[16 + 8 * i + d] = stride as i32 as u32;
        }
    }
    block
}

/// A shape, and the strides of several layouts of that shape, after dimensions of one cell were dropped
/// and neighbours that lie one within the other in every layout were joined: the same cells in the same order.
pub fn joined(shape: &[usize], layouts: &[Layout]) -> (Vec<usize>, Vec<Vec<isize>>) {
    let mut sizes: Vec<usize> = Vec::new();
    let mut strides: Vec<Vec<isize>> = vec![Vec::new(); layouts.len()];
    for (d, &size) in shape.iter().enumerate().filter(|&(_, &size)| size != 1) {
        let joins = !sizes.is_empty()
            && layouts.iter().zip(&strides).all(|(layout, outer)| outer.last() == Some(&(layout.strides[d] * size as isize)));
        match sizes.last_mut() {
            Some(last) if joins => *last *= size,
            _ => sizes.push(size),
        }
        for (layout, strides) in layouts.iter().zip(&mut strides) {
            if joins {
                strides.pop();
            }
            strides.push(layout.strides[d]);
        }
    }
    (sizes, strides)
}
