//! Kernels that move cells without computing.

use super::element::{Word, by_word, cells, unexpected, words};
use super::elementwise::{Rows, broadcast};
use super::strided::row_starts;
use crate::ops::cat::skipped;
use crate::ops::{Spec, View};
use crate::{Layout, Result, Values};

/// `a` where `condition` holds, else `b`, broadcast.
pub fn choose(condition: &View<'_>, a: &View<'_>, b: &View<'_>, output: &Spec) -> Result<Values> {
    by_word!(output.dtype, T => {
        let (c, x, y) = (cells::<bool>(condition)?, words::<T>(a)?, words::<T>(b)?);
        let n = output.numel();
        if c.len() == n && x.len() == n && y.len() == n {
            return Ok(T::values(c.iter().zip(x.iter().zip(&*y)).map(|(&c, (&x, &y))| if c { x } else { y }).collect(), output.dtype));
        }
        let inner = output.shape.last().copied().unwrap_or(1);
        let rows = [&condition.layout.shape, &a.layout.shape, &b.layout.shape].map(|from| broadcast(from, &output.shape));
        let mut chosen = Vec::with_capacity(n);
        for row in 0..rows[0].starts.len() {
            let [i, j, k] = [0, 1, 2].map(|operand| rows[operand].starts[row]);
            let (c, x, y) = (run(&c, i, inner, &rows[0]), run(&x, j, inner, &rows[1]), run(&y, k, inner, &rows[2]));
            // A row of each operand: as long as the output's, or one cell for all.
            match (c, x, y) {
                ([c], x, y) if inner > 1 => extend(&mut chosen, if *c { x } else { y }, inner),
                (c, [x], [y]) => chosen.extend(c.iter().map(|&c| if c { *x } else { *y })),
                (c, [x], y) => chosen.extend(c.iter().zip(y).map(|(&c, &y)| if c { *x } else { y })),
                (c, x, [y]) => chosen.extend(c.iter().zip(x).map(|(&c, &x)| if c { x } else { *y })),
                (c, x, y) => chosen.extend(c.iter().zip(x.iter().zip(y)).map(|(&c, (&x, &y))| if c { x } else { y })),
            }
        }
        Ok(T::values(chosen, output.dtype))
    })
}

/// The cells of an operand that a row of `inner` cells reads from `start` on: all of them, or one.
#[inline]
fn run<'a, T>(cells: &'a [T], start: usize, inner: usize, rows: &Rows) -> &'a [T] {
    &cells[start..start + if rows.inner == 0 { 1.min(inner) } else { inner }]
}

/// Appends `count` cells: the row, or its one cell repeated.
#[inline]
fn extend<T: Copy>(target: &mut Vec<T>, row: &[T], count: usize) {
    match row {
        [cell] => target.extend(std::iter::repeat_n(*cell, count)),
        row => target.extend_from_slice(row),
    }
}

/// The inputs one after another along `dim`.
pub fn cat(inputs: &[View<'_>], dim: usize, output: &Spec) -> Result<Values> {
    by_word!(output.dtype, T => {
        let mut parts = Vec::with_capacity(inputs.len());
        for input in inputs.iter().filter(|input| !skipped(&input.layout.shape)) {
            let run: usize = input.layout.shape[dim..].iter().product();
            parts.push((words::<T>(input)?, run));
        }
        let outer: usize = output.shape[..dim].iter().product();
        let mut joined = Vec::with_capacity(output.numel());
        for n in 0..outer {
            for (part, run) in &parts {
                joined.extend_from_slice(&part[n * run..(n + 1) * run]);
            }
        }
        Ok(T::values(joined, output.dtype))
    })
}

/// The cells of each matrix that `keeps(row, column)` keeps, zero elsewhere.
pub fn triangle(input: &View<'_>, keeps: impl Fn(usize, usize) -> bool, output: &Spec) -> Result<Values> {
    let [.., rows, columns] = output.shape[..] else { return Ok(input.contiguous()) };
    by_word!(output.dtype, T => {
        let x = words::<T>(input)?;
        let mut kept = Vec::with_capacity(x.len());
        for (n, row) in x.chunks_exact(columns.max(1)).enumerate() {
            let n = n % rows.max(1);
            kept.extend(row.iter().enumerate().map(|(m, &x)| if keeps(n, m) { x } else { T::default() }));
        }
        Ok(T::values(kept, output.dtype))
    })
}

/// Overwrites the cells under `region` with those of the source, converted, in row-major order.
pub fn write(target: &mut Values, region: &Layout, source: &View<'_>) -> Result<()> {
    let dtype = target.dtype();
    if source.values.dtype() != dtype {
        let converted = source.contiguous().cast(dtype);
        return write(target, region, &View::new(&converted, &Layout::contiguous(&source.layout.shape)));
    }
    by_word!(dtype, T => {
        let source = words::<T>(source)?;
        let target = T::slice_mut(target).ok_or_else(|| unexpected(dtype))?;
        let inner = region.shape.last().copied().unwrap_or(1);
        let step = region.strides.last().copied().unwrap_or(1);
        for (start, cells) in row_starts(region).zip(source.chunks_exact(inner.max(1))) {
            if let (1, Some(row)) = (step, target.get_mut(start..start + inner)) {
                row.copy_from_slice(cells);
                continue;
            }
            for (i, &cell) in cells.iter().enumerate() {
                if let Some(place) = target.get_mut((start as isize + i as isize * step) as usize) {
                    *place = cell;
                }
            }
        }
        Ok(())
    })
}
