//! How the cells of a tensor lie in its storage: shape, strides, offset. Views are layouts over a shared storage.

use crate::{Error, Result};

/// The most dimensions a tensor may have: what a shader's parameter block has room for.
pub const MAX_DIMENSIONS: usize = 8;

/// Shape, strides and offset, all in elements.
///
/// A stride is 0 where a dimension was expanded; it is negative only inside the engine (for `flip`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub shape: Vec<usize>,
    pub strides: Vec<isize>,
    pub offset: usize,
}

impl Layout {
    /// The row-major layout of `shape`, from offset 0.
    pub fn contiguous(shape: &[usize]) -> Layout {
        Layout { shape: shape.to_vec(), strides: contiguous_strides(shape), offset: 0 }
    }

    pub fn dimensions(&self) -> usize {
        self.shape.len()
    }

    /// The number of cells. Shapes were checked by [`numel`] when they were made.
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the cells lie one after another in row-major order (dimensions of one cell do not matter).
    pub fn is_contiguous(&self) -> bool {
        if self.numel() == 0 {
            return true;
        }
        let mut expected = 1isize;
        for (&size, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if size != 1 {
                if stride != expected {
                    return false;
                }
                expected *= size as isize;
            }
        }
        true
    }

    /// The storage position of `cell`.
    pub fn position(&self, cell: &[usize]) -> usize {
        let shift: isize = cell.iter().zip(&self.strides).map(|(&i, &s)| i as isize * s).sum();
        (self.offset as isize + shift) as usize
    }

    /// The cell that lies at storage `position`, if this layout shows it; the first one where cells repeat.
    pub fn cell_at(&self, position: usize) -> Option<Vec<usize>> {
        let mut order: Vec<usize> = (0..self.shape.len()).filter(|&d| self.shape[d] > 1 && self.strides[d] != 0).collect();
        sort_indices(&mut order, &|a, b| self.strides[b].unsigned_abs().cmp(&self.strides[a].unsigned_abs()));
        // Negative strides start from the far end: move the origin to the lowest position.
        let lowest: isize = self.offset as isize
            + order.iter().map(|&d| (self.strides[d] * (self.shape[d] as isize - 1)).min(0)).sum::<isize>();
        let mut rest = position as isize - lowest;
        if rest < 0 || self.numel() == 0 {
            return None;
        }
        let mut cell = vec![0; self.shape.len()];
        for &d in &order {
            let step = self.strides[d].abs();
            let index = (rest / step).min(self.shape[d] as isize - 1);
            rest -= index * step;
            cell[d] = if self.strides[d] < 0 { self.shape[d] - 1 - index as usize } else { index as usize };
        }
        (rest == 0).then_some(cell)
    }

    /// Swaps two dimensions.
    pub fn transpose(&self, a: usize, b: usize) -> Layout {
        let mut layout = self.clone();
        layout.shape.swap(a, b);
        layout.strides.swap(a, b);
        layout
    }

    /// Dimension `d` of the result is dimension `order[d]` of this one.
    pub fn permute(&self, order: &[usize]) -> Layout {
        Layout {
            shape: order.iter().map(|&d| self.shape[d]).collect(),
            strides: order.iter().map(|&d| self.strides[d]).collect(),
            offset: self.offset,
        }
    }

    /// The layout of which [`Layout::permute`] by `order` gives this one.
    pub fn unpermute(&self, order: &[usize]) -> Layout {
        let mut inverse = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &d)| inverse[d] = place);
        self.permute(&inverse)
    }

    /// The layout of a new tensor of this shape that lies in memory as the result of an operation on this one would.
    pub fn alike(&self) -> Layout {
        match memory_order(&[self]) {
            Some(order) => Layout::contiguous(&self.permute(&order).shape).unpermute(&order),
            None => Layout::contiguous(&self.shape),
        }
    }

    /// With as many dimensions, those in front of one cell.
    pub fn in_dimensions(&self, count: usize) -> Layout {
        let lead = count.saturating_sub(self.shape.len());
        Layout { shape: [&vec![1; lead], &self.shape[..]].concat(), strides: [&vec![0; lead], &self.strides[..]].concat(), offset: self.offset }
    }

    /// `length` cells of dimension `d`, every `step`-th from `start`. The caller has checked the bounds.
    pub fn slice(&self, d: usize, start: usize, length: usize, step: usize) -> Layout {
        let mut layout = self.clone();
        if length > 0 {
            layout.offset = (self.offset as isize + start as isize * self.strides[d]) as usize;
        }
        layout.shape[d] = length;
        layout.strides[d] = self.strides[d] * step as isize;
        layout
    }

    /// Drops dimension `d`, fixed at `index`.
    pub fn select(&self, d: usize, index: usize) -> Layout {
        let mut layout = self.slice(d, index, 1, 1);
        layout.shape.remove(d);
        layout.strides.remove(d);
        layout
    }

    /// Inserts a dimension of one cell before dimension `d`.
    pub fn unsqueeze(&self, d: usize) -> Layout {
        let mut layout = self.clone();
        let stride = if d < self.shape.len() { self.strides[d] * self.shape[d] as isize } else { 1 };
        layout.shape.insert(d, 1);
        layout.strides.insert(d, stride);
        layout
    }

    /// Removes dimension `d`, which has one cell.
    pub fn squeeze(&self, d: usize) -> Layout {
        let mut layout = self.clone();
        layout.shape.remove(d);
        layout.strides.remove(d);
        layout
    }

    /// Repeats cells to `shape` by NumPy's broadcasting; `None` where that is impossible.
    pub fn expand(&self, shape: &[usize]) -> Option<Layout> {
        let lead = shape.len().checked_sub(self.shape.len())?;
        let mut strides = vec![0; shape.len()];
        for d in 0..self.shape.len() {
            if self.shape[d] == shape[lead + d] {
                strides[lead + d] = self.strides[d];
            } else if self.shape[d] != 1 {
                return None;
            }
        }
        Some(Layout { shape: shape.to_vec(), strides, offset: self.offset })
    }

    /// Reverses dimension `d` by a negative stride (an operation copies such a view at once).
    pub fn reverse(&self, d: usize) -> Layout {
        let mut layout = self.clone();
        if self.shape[d] > 0 {
            layout.offset = (self.offset as isize + (self.shape[d] as isize - 1) * self.strides[d]) as usize;
        }
        layout.strides[d] = -self.strides[d];
        layout
    }

    /// The same cells under another shape without moving them, or `None` where that needs a copy.
    /// PyTorch's rule (`computeStride`, ATen/TensorUtils.cpp): chunks of dimensions that lie one within another.
    pub fn view(&self, shape: &[usize]) -> Option<Layout> {
        if self.numel() == 0 || self.shape.is_empty() {
            return Some(Layout { shape: shape.to_vec(), strides: contiguous_strides(shape), offset: self.offset });
        }
        let mut strides = vec![0isize; shape.len()];
        let mut view = shape.len();
        let mut chunk_base = self.strides[self.shape.len() - 1];
        let (mut tensor_numel, mut view_numel) = (1usize, 1usize);
        for d in (0..self.shape.len()).rev() {
            tensor_numel *= self.shape[d];
            let chunk_ends =
                d == 0 || (self.shape[d - 1] != 1 && self.strides[d - 1] != tensor_numel as isize * chunk_base);
            if !chunk_ends {
                continue;
            }
            while view > 0 && (view_numel < tensor_numel || shape[view - 1] == 1) {
                view -= 1;
                strides[view] = view_numel as isize * chunk_base;
                view_numel *= shape[view];
            }
            if view_numel != tensor_numel {
                return None;
            }
            if d > 0 {
                chunk_base = self.strides[d - 1];
                (tensor_numel, view_numel) = (1, 1);
            }
        }
        (view == 0).then_some(Layout { shape: shape.to_vec(), strides, offset: self.offset })
    }

    /// The storage positions of all cells in row-major order.
    pub fn positions(&self) -> Positions<'_> {
        Positions { layout: self, cell: vec![0; self.shape.len()], position: self.offset as isize, left: self.numel() }
    }
}

/// Iterates over the storage positions of a layout's cells in row-major order.
pub struct Positions<'a> {
    layout: &'a Layout,
    cell: Vec<usize>,
    position: isize,
    left: usize,
}

impl Iterator for Positions<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            return None;
        }
        let current = self.position as usize;
        self.left -= 1;
        for d in (0..self.cell.len()).rev() {
            self.cell[d] += 1;
            self.position += self.layout.strides[d];
            if self.cell[d] < self.layout.shape[d] {
                break;
            }
            self.position -= self.layout.strides[d] * self.layout.shape[d] as isize;
            self.cell[d] = 0;
        }
        Some(current)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// Row-major strides of `shape`.
pub fn contiguous_strides(shape: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; shape.len()];
    for d in (1..shape.len()).rev() {
        strides[d - 1] = strides[d] * shape[d].max(1) as isize;
    }
    strides
}

/// Sorts indices by what they stand for, stable. All of the engine and the language sort through here:
/// each type or comparison of its own would be another 4 KB of compiled sort.
#[inline(never)]
pub fn sort_indices(indices: &mut [usize], compare: &dyn Fn(usize, usize) -> std::cmp::Ordering) {
    indices.sort_by(|&a, &b| compare(a, b));
}

/// The items in order, equal ones as they were.
pub fn sorted_by<T>(items: Vec<T>, compare: &dyn Fn(&T, &T) -> std::cmp::Ordering) -> Vec<T> {
    let mut order: Vec<usize> = (0..items.len()).collect();
    sort_indices(&mut order, &|a, b| compare(&items[a], &items[b]));
    let mut items: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.into_iter().filter_map(|position| items[position].take()).collect()
}

/// The number of cells of `shape`, or an error for too many dimensions or more cells than any memory holds.
pub fn numel(shape: &[usize]) -> Result<usize> {
    if shape.len() > MAX_DIMENSIONS {
        return Err(Error::Value(format!(
            "a tensor of {} dimensions was asked for; here a tensor has at most {MAX_DIMENSIONS}",
            shape.len()
        )));
    }
    if shape.contains(&0) {
        return Ok(0);
    }
    shape
        .iter()
        .try_fold(1usize, |n, &size| n.checked_mul(size).filter(|&n| n as u64 <= 1 << 48))
        .ok_or_else(|| Error::OutOfMemory(format!("a tensor of shape {shape:?} has more elements than any memory holds")))
}

/// The shape that `a` and `b` broadcast to, or PyTorch's error, which names the last dimension that does not fit.
pub fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>> {
    let rank = a.len().max(b.len());
    let size = |shape: &[usize], d: usize| if d + shape.len() < rank { 1 } else { shape[d + shape.len() - rank] };
    let mut shape = vec![0; rank];
    for d in (0..rank).rev() {
        shape[d] = match (size(a, d), size(b, d)) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            (x, y) => {
                return Err(Error::Runtime(format!(
                    "The size of tensor a ({x}) must match the size of tensor b ({y}) at non-singleton dimension {d}"
                )));
            }
        };
    }
    Ok(shape)
}

/// How a result that is computed cell by cell lies in memory, where its operands do not lie row by row: its dimensions from
/// the one whose neighbours are farthest apart to the nearest. `None` where that is their own order.
///
/// PyTorch's rule (`TensorIteratorBase::reorder_dimensions`, ATen/TensorIterator.cpp): the first operand that tells two
/// dimensions apart decides. So `x.mT * 2` lies as `x.mT` does.
pub fn memory_order(operands: &[&Layout]) -> Option<Vec<usize>> {
    if operands.iter().all(|operand| operand.is_contiguous()) {
        return None;
    }
    let shape = operands.iter().try_fold(Vec::new(), |shape, operand| broadcast(&shape, &operand.shape)).ok()?;
    // How far apart neighbours along a dimension are: of what is reversed, too, the distance counts. 0 where it is broadcast.
    let distance = |operand: &Layout, d: usize| {
        let lead = shape.len() - operand.shape.len();
        let own = d.checked_sub(lead).filter(|&own| operand.shape[own] == shape[d]);
        own.map_or(0, |own| operand.strides[own].unsigned_abs())
    };
    // Whether dimension a is outside of b, or nothing where they could change places.
    let is_outside = |a: usize, b: usize| {
        for operand in operands {
            let [outer, inner] = [a, b].map(|d| distance(operand, d));
            if outer == 0 || inner == 0 {
                continue;
            }
            if outer != inner {
                return Some(outer > inner);
            }
            if shape[a] > shape[b] {
                return Some(true);
            }
        }
        None
    };
    // From the innermost on, as there; what is alike stays.
    let mut order: Vec<usize> = (0..shape.len()).rev().collect();
    for sorted in 1..order.len() {
        let mut moving = sorted;
        for place in (0..sorted).rev() {
            match is_outside(order[place], order[moving]) {
                Some(true) => order.swap(place, moving),
                Some(false) => break,
                None => continue,
            }
            moving = place;
        }
    }
    order.reverse();
    (!order.is_sorted()).then_some(order)
}

/// The cell with row-major number `index` in `shape`.
pub fn unravel(mut index: usize, shape: &[usize]) -> Vec<usize> {
    let mut cell = vec![0; shape.len()];
    for d in (0..shape.len()).rev() {
        if shape[d] > 0 {
            cell[d] = index % shape[d];
            index /= shape[d];
        }
    }
    cell
}

/// The row-major number of `cell` in `shape`.
pub fn ravel(cell: &[usize], shape: &[usize]) -> usize {
    cell.iter().zip(shape).fold(0, |index, (&i, &size)| index * size + i)
}
