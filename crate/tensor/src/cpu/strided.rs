//! Reading cells through strides.

use std::borrow::Cow;

use crate::{Error, Layout, Result};

/// The cells of `layout` over `elements` in row-major order: borrowed where they lie so already, else copied.
pub fn row_major<'a, T: Copy>(elements: &'a [T], layout: &Layout) -> Result<Cow<'a, [T]>> {
    let n = layout.numel();
    if n == 0 {
        return Ok(Cow::Borrowed(&[]));
    }
    if layout.is_contiguous() {
        return elements.get(layout.offset..layout.offset + n).map(Cow::Borrowed).ok_or_else(outside);
    }
    let mut cells = Vec::with_capacity(n);
    let (inner, stride) = match (layout.shape.last(), layout.strides.last()) {
        (Some(&inner), Some(&stride)) => (inner, stride),
        _ => (1, 1),
    };
    for start in row_starts(layout) {
        if stride == 1 {
            cells.extend_from_slice(elements.get(start..start + inner).ok_or_else(outside)?);
        } else if stride == 0 {
            let cell = *elements.get(start).ok_or_else(outside)?;
            cells.extend(std::iter::repeat_n(cell, inner));
        } else {
            let last = start as isize + (inner as isize - 1) * stride;
            if start >= elements.len() || last < 0 || last as usize >= elements.len() {
                return Err(outside());
            }
            cells.extend((0..inner).map(|i| elements[(start as isize + i as isize * stride) as usize]));
        }
    }
    Ok(Cow::Owned(cells))
}

/// The storage positions of the first cells of the innermost rows, in row-major order.
pub fn row_starts(layout: &Layout) -> impl Iterator<Item = usize> {
    let mut outer = layout.clone();
    if outer.shape.pop().is_some() {
        outer.strides.pop();
    }
    let positions: Vec<usize> = outer.positions().collect();
    positions.into_iter()
}

/// A layout that reaches outside its storage, which no view does.
fn outside() -> Error {
    Error::Runtime("a view reaches outside its storage".into())
}
