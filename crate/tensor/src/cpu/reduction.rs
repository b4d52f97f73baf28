//! Reductions, scans, and where the largest cell is.

use super::element::{Compute, by_float};
use super::float::Float;
use super::sum::larger;
use crate::ops::cells::Lanes;
use crate::ops::reduce::Reduction;
use crate::ops::scan::Scanning;
use crate::ops::{Spec, View};
use crate::{DType, Layout, Result, Values};

/// Reduces `dims` of the input to one cell each.
pub fn reduce(reduction: Reduction, input: &View<'_>, dims: &[usize], output: &Spec) -> Result<Values> {
    let (layout, lanes) = arranged(input.layout, dims);
    let input = View::new(input.values, &layout);
    if input.values.dtype().is_float() {
        by_float!(input.values.dtype(), F => {
            let x = F::read(&input)?;
            Ok(match reduction {
                Reduction::Any => Values::Bool(lane_bools(&x, lanes, |lane| lane.iter().any(|&x| x != 0.0))),
                Reduction::All => Values::Bool(lane_bools(&x, lanes, |lane| lane.iter().all(|&x| x != 0.0))),
                _ => F::store(floats(reduction, &x, lanes), output.dtype),
            })
        })
    } else {
        let x = i64::read(&input)?;
        Ok(match reduction {
            Reduction::Any => Values::Bool(lane_bools(&x, lanes, |lane| lane.iter().any(|&x| x != 0))),
            Reduction::All => Values::Bool(lane_bools(&x, lanes, |lane| lane.iter().all(|&x| x != 0))),
            _ => i64::store(integers(reduction, &x, lanes), output.dtype),
        })
    }
}

/// The input so arranged that the reduced cells of each output cell form a lane, and those lanes.
///
/// Dimensions that lie side by side are reduced where they are, cell columns at a time;
/// others are moved to the end.
fn arranged(layout: &Layout, dims: &[usize]) -> (Layout, Lanes) {
    let rank = layout.dimensions();
    let product = |dims: &[usize]| dims.iter().map(|&d| layout.shape[d]).product::<usize>();
    let mut reduced: Vec<usize> = (0..rank).filter(|d| dims.contains(d)).collect();
    let kept: Vec<usize> = (0..rank).filter(|d| !dims.contains(d)).collect();
    let side_by_side = reduced.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    if let (Some(&first), Some(&last), true) = (reduced.first(), reduced.last(), side_by_side && layout.is_contiguous()) {
        let lanes = Lanes {
            outer: layout.shape[..first].iter().product(),
            length: product(&reduced),
            inner: layout.shape[last + 1..].iter().product(),
        };
        return (layout.clone(), lanes);
    }
    let lanes = Lanes { outer: product(&kept), length: product(&reduced), inner: 1 };
    let mut order = kept;
    order.append(&mut reduced);
    (layout.permute(&order), lanes)
}

fn floats<F: Float>(reduction: Reduction, x: &[F], lanes: Lanes) -> Vec<F> {
    if matches!(reduction, Reduction::Sum | Reduction::Mean) {
        let mut sums = F::sums(x, lanes);
        if reduction == Reduction::Mean {
            let count = F::of(lanes.length as f64);
            sums.iter_mut().for_each(|sum| *sum = *sum / count);
        }
        return sums;
    }
    if lanes.inner == 1 {
        return lane_map(x, lanes, |lane| match reduction {
            Reduction::Prod => F::of(lane.iter().map(|&x| x.into()).product()),
            Reduction::Max => F::largest(lane),
            _ => -lane.iter().fold(F::NEG_INFINITY, |most, &x| larger(most, -x)),
        });
    }
    match reduction {
        Reduction::Prod => columns(x, lanes, 1.0, |product: f64, x: F| product * x.into(), F::of),
        Reduction::Max => columns(x, lanes, F::NEG_INFINITY, larger, |x| x),
        _ => columns(x, lanes, F::NEG_INFINITY, |least, x| larger(least, -x), |x| -x),
    }
}

fn integers(reduction: Reduction, x: &[i64], lanes: Lanes) -> Vec<i64> {
    match reduction {
        Reduction::Prod => columns(x, lanes, 1, i64::wrapping_mul, |x| x),
        Reduction::Max => columns(x, lanes, i64::MIN, |a, b| a.max(b), |x| x),
        Reduction::Min => columns(x, lanes, i64::MAX, |a, b| a.min(b), |x| x),
        _ => columns(x, lanes, 0, i64::wrapping_add, |x| x),
    }
}

/// One result per lane of cells that lie one after another.
fn lane_map<T, R>(x: &[T], lanes: Lanes, f: impl Fn(&[T]) -> R) -> Vec<R> {
    (0..lanes.outer).map(|n| f(&x[n * lanes.length..(n + 1) * lanes.length])).collect()
}

/// One result per lane, folding row after row into a row of accumulators.
fn columns<T: Copy, A: Copy, R>(x: &[T], lanes: Lanes, start: A, step: impl Fn(A, T) -> A, end: impl Fn(A) -> R) -> Vec<R> {
    let mut results = Vec::with_capacity(lanes.outer * lanes.inner);
    let mut row = vec![start; lanes.inner];
    for n in 0..lanes.outer {
        row.fill(start);
        for i in 0..lanes.length {
            let from = (n * lanes.length + i) * lanes.inner;
            for (accumulated, &x) in row.iter_mut().zip(&x[from..from + lanes.inner]) {
                *accumulated = step(*accumulated, x);
            }
        }
        results.extend(row.iter().map(|&accumulated| end(accumulated)));
    }
    results
}

fn lane_bools<T: Copy>(x: &[T], lanes: Lanes, f: impl Fn(&[T]) -> bool) -> Vec<bool> {
    if lanes.inner == 1 {
        return lane_map(x, lanes, f);
    }
    let mut lane = Vec::with_capacity(lanes.length);
    each_lane(lanes)
        .map(|start| {
            lane.clear();
            lane.extend((0..lanes.length).map(|i| x[start + i * lanes.inner]));
            f(&lane)
        })
        .collect()
}

/// The position of the first cell of each lane, in the order of the output.
pub fn each_lane(lanes: Lanes) -> impl Iterator<Item = usize> {
    (0..lanes.outer).flat_map(move |n| (0..lanes.inner).map(move |m| n * lanes.length * lanes.inner + m))
}

/// Cells that are compared with the largest so far all at once.
const BLOCK: usize = 32;

/// The index of the largest (or smallest) cell of each lane, the first of equals; NaN wins.
pub fn arg_reduce(largest: bool, dim: usize, input: &View<'_>, output: &Spec) -> Result<Values> {
    let lanes = Lanes::new(&input.layout.shape, dim);
    let mut places = Vec::with_capacity(output.numel());
    crate::cpu::element::by_compute!(input.values.dtype(), C => {
        let x = C::read(input)?;
        // A NaN is neither less nor more.
        let stays = |x: C, most: C| if largest { x <= most } else { x >= most };
        let further = |found: (usize, C), (i, x): (usize, C)| if stays(x, found.1) || Compute::is_nan(found.1) { found } else { (i, x) };
        for start in each_lane(lanes) {
            let mut found = (0, x[start]);
            if lanes.inner == 1 {
                for (block, cells) in x[start..start + lanes.length].chunks(BLOCK).enumerate() {
                    // In most blocks nothing comes before what was found, which is seen without asking cell by cell.
                    if !cells.iter().fold(true, |all, &x| all & stays(x, found.1)) {
                        found = (block * BLOCK..).zip(cells.iter().copied()).fold(found, further);
                    }
                }
            } else {
                found = x[start..].iter().step_by(lanes.inner).take(lanes.length).copied().enumerate().fold(found, further);
            }
            places.push(found.0 as i64);
        }
        Ok(Values::Int64(places))
    })
}

/// The running sum or product of each lane.
pub fn scan(scan: Scanning, dim: usize, input: &View<'_>, output: &Spec) -> Result<Values> {
    let lanes = Lanes::new(&input.layout.shape, dim);
    if output.dtype == DType::Int64 {
        let x = i64::read(input)?;
        let results = match scan {
            Scanning::Sum => running(&x, lanes, 0, i64::wrapping_add, |x| x),
            Scanning::Prod => running(&x, lanes, 1, i64::wrapping_mul, |x| x),
        };
        return Ok(Values::Int64(results));
    }
    by_float!(output.dtype, F => {
        let x = F::read(input)?;
        let results = match scan {
            Scanning::Sum => running(&x, lanes, 0.0, |sum: f64, x: F| sum + x.wide(), <F as Float>::of),
            Scanning::Prod => running(&x, lanes, 1.0, |product: f64, x: F| product * x.wide(), <F as Float>::of),
        };
        Ok(F::store(results, output.dtype))
    })
}

fn running<T: Copy, A: Copy, R>(x: &[T], lanes: Lanes, start: A, step: impl Fn(A, T) -> A, end: impl Fn(A) -> R) -> Vec<R> {
    let mut results = Vec::with_capacity(x.len());
    let mut row = vec![start; lanes.inner];
    for lane in x.chunks_exact((lanes.length * lanes.inner).max(1)) {
        row.fill(start);
        if let [accumulated] = &mut row[..] {
            results.extend(lane.iter().map(|&x| {
                *accumulated = step(*accumulated, x);
                end(*accumulated)
            }));
            continue;
        }
        for cells in lane.chunks_exact(lanes.inner) {
            for (accumulated, &x) in row.iter_mut().zip(cells) {
                *accumulated = step(*accumulated, x);
            }
            results.extend(row.iter().map(|&accumulated| end(accumulated)));
        }
    }
    results
}
