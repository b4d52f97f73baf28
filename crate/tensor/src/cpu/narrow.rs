//! Weights of a product as they are stored, narrower than what is computed in.

use std::ops::Range;

use crate::Values;
use crate::storage::Scales;

#[derive(Clone, Copy)]
pub struct Narrow<'a> {
    pub values: &'a Values,
    /// Only float32 is computed from weights that have some.
    pub scales: Option<Scales<'a>>,
}

impl Narrow<'_> {
    /// Appends the weights of a range.
    pub fn widen(&self, range: Range<usize>, wide: &mut Vec<f32>) {
        let (before, start) = (wide.len(), range.start);
        self.values.widen(range, wide);
        if let Some(scales) = self.scales {
            scale(&scales, start, &mut wide[before..]);
        }
    }

    /// The weights of a range.
    pub fn wide(&self, range: Range<usize>) -> Vec<f32> {
        let mut wide = Vec::with_capacity(range.len());
        self.widen(range, &mut wide);
        wide
    }
}

/// Multiplies cells, the first of which is number `start` of all that have these scales.
pub fn scale(scales: &Scales<'_>, start: usize, mut cells: &mut [f32]) {
    let mut place = start - scales.first;
    while !cells.is_empty() {
        let (now, later) = cells.split_at_mut(cells.len().min(scales.group - place % scales.group));
        let number = scales.numbers[place / scales.group];
        now.iter_mut().for_each(|cell| *cell *= number);
        (place, cells) = (place + now.len(), later);
    }
}
