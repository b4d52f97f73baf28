//! How shaders that work by rows, and others that compute in wide types, are started:
//! their side of `shaders/shared/rows.wgsl` and of the strides in their parameter blocks.

use super::cells::Lanes;
use super::cellwise::joined;
use super::Dispatch;
use crate::{DType, Layout};

/// Invocations of a workgroup, all of them at work on rows.
const INVOCATIONS: usize = 256;

/// The element type in which a shader computes and writes cells of type `dtype`.
pub fn computed(dtype: DType) -> DType {
    if dtype.is_float() { DType::Float32 } else { DType::Int64 }
}

/// Whether lines of the last dimension are whole fours of words side by side, so that a shader may load four at once.
pub fn is_in_fours(layout: &Layout, dtype: DType) -> bool {
    let width = 16 / dtype.size();
    let ([.., length], [rest @ .., column]) = (&layout.shape[..], &layout.strides[..]) else { return false };
    let begins = |stride: &isize| *stride >= 0 && stride.unsigned_abs().is_multiple_of(width);
    *column == 1 && length.is_multiple_of(width) && layout.offset.is_multiple_of(width) && rest.iter().all(begins)
}

/// The start of a shader that works along one dimension of a contiguous tensor:
/// its parameter block begins with rows, n, inner, lanes and step.
pub fn along(entry: &'static str, constants: Vec<(&'static str, f64)>, lanes: Lanes) -> Vec<Dispatch> {
    let rows = Rows::new(lanes.outer * lanes.inner, lanes.length, lanes.inner == 1);
    let parameters = [rows.rows, rows.n, lanes.inner, rows.lanes, rows.step].map(|x| x as u32).to_vec();
    vec![Dispatch { entry, constants, inputs: vec![0], parameters, workgroups: rows.workgroups() }]
}

/// The division of rows among workgroups.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    pub rows: usize,
    /// Cells of a row.
    pub n: usize,
    /// Invocations that work on a row: a power of two.
    pub lanes: usize,
    /// How far apart the lanes of a row are in the workgroup.
    pub step: usize,
}

impl Rows {
    /// Lanes are neighbours if the cells of a row are neighbours in memory, else rows are.
    pub fn new(rows: usize, n: usize, cells_are_neighbours: bool) -> Rows {
        // Four cells a lane before there are more lanes: short rows share a workgroup.
        let wanted = n.div_ceil(4).next_power_of_two().min(INVOCATIONS);
        if cells_are_neighbours {
            return Rows { rows, n, lanes: wanted, step: 1 };
        }
        // Sixteen neighbouring rows fill a line of memory; fewer rows leave room for more lanes.
        let side_by_side = rows.next_power_of_two().min(16);
        let lanes = wanted.min(INVOCATIONS / side_by_side);
        Rows { rows, n, lanes, step: INVOCATIONS / lanes }
    }

    pub fn workgroups(&self) -> usize {
        self.rows.div_ceil(INVOCATIONS / self.lanes)
    }
}

/// Some dimensions of a layout, as sizes and strides from the outermost in; neighbours that lie alike are joined.
#[derive(Clone, Debug)]
pub struct Axes {
    sizes: Vec<usize>,
    strides: Vec<isize>,
}

impl Axes {
    pub fn of(layout: &Layout, dims: &[usize]) -> Axes {
        let chosen = Layout {
            shape: dims.iter().map(|&d| layout.shape[d]).collect(),
            strides: dims.iter().map(|&d| layout.strides[d]).collect(),
            offset: 0,
        };
        let (sizes, mut strides) = joined(&chosen.shape, std::slice::from_ref(&chosen));
        Axes { sizes, strides: strides.pop().unwrap_or_default() }
    }

    pub fn cells(&self) -> usize {
        self.sizes.iter().product()
    }

    /// The distance of neighbours along the innermost axis; where there is none it is as far as can be.
    pub fn last_stride(&self) -> usize {
        self.strides.last().map_or(usize::MAX, |stride| stride.unsigned_abs())
    }

    /// The number of axes for a shader, which always has one.
    pub fn rank(&self) -> u32 {
        self.sizes.len().max(1) as u32
    }

    /// Sizes and strides for a parameter block.
    pub fn words(&self) -> Vec<u32> {
        let sizes = eight(self.sizes.iter().map(|&size| size as u32));
        [sizes, eight(self.strides.iter().map(|&s| stride(s)))].concat()
    }
}

/// A stride as a word; negative ones in two's complement, as offsets are added modulo 2^32.
pub fn stride(stride: isize) -> u32 {
    stride as i32 as u32
}

/// As many words as a tensor may have dimensions, the surplus 0.
pub fn eight(words: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut words: Vec<u32> = words.collect();
    words.resize(crate::layout::MAX_DIMENSIONS, 0);
    words
}
