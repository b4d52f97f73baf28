//! The operations a second time: cell by cell from their definitions, in float64 and 128-bit integers.
//! Nothing here is shared with the kernels but the layouts of the inputs.

pub mod arithmetic;

use std::any::Any;

use tensor::layout::{ravel, unravel};
use tensor::ops::arg_reduce::ArgReduce;
use tensor::ops::binary::Binary;
use tensor::ops::cat::Cat;
use tensor::ops::conv1d::Conv1d;
use tensor::ops::gather::Gather;
use tensor::ops::index::Index;
use tensor::ops::index_put::IndexPut;
use tensor::ops::layer_norm::LayerNorm;
use tensor::ops::matmul::MatMul;
use tensor::ops::reduce::{Reduce, Reduction};
use tensor::ops::rms_norm::RmsNorm;
use tensor::ops::scaled_dot_product_attention::Attention;
use tensor::ops::scan::{Scan, Scanning};
use tensor::ops::scatter::Scatter;
use tensor::ops::softmax::Softmax;
use tensor::ops::sort::Sort;
use tensor::ops::triangle::Triangle;
use tensor::ops::unary::Unary;
use tensor::ops::r#where::Where;
use tensor::ops::write::Write;
use tensor::ops::{Operation, Spec, Witness};

use arithmetic::{float, integer, unary, wrapped};

/// What a cell should be.
#[derive(Clone, Copy, Debug)]
pub enum Cell {
    Whole(i128),
    /// `scale` is the size of the numbers that were added up: errors grow with it.
    Real { value: f64, scale: f64 },
}

use Cell::Whole;

fn real(value: f64) -> Cell {
    Cell::Real { value, scale: value.abs() }
}

fn sum(terms: &[f64]) -> Cell {
    Cell::Real { value: terms.iter().sum(), scale: terms.iter().map(|x| x.abs()).sum() }
}

/// An input, read by cells; cells of broadcast operands may have more dimensions or larger indices.
pub struct In<'a>(&'a Witness);

impl In<'_> {
    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn place(&self, cell: &[usize]) -> usize {
        let own = &cell[cell.len() - self.0.shape.len()..];
        let own: Vec<usize> = own.iter().zip(&self.0.shape).map(|(&i, &n)| if n == 1 { 0 } else { i }).collect();
        ravel(&own, &self.0.shape)
    }

    fn at(&self, cell: &[usize]) -> f64 {
        self.0.values.get_f64(self.place(cell)).unwrap()
    }

    fn whole(&self, cell: &[usize]) -> i128 {
        i128::from(self.0.values.to_i64()[self.place(cell)])
    }

    fn is_float(&self) -> bool {
        self.0.values.dtype().is_float()
    }

    fn size(&self, dim: usize) -> usize {
        self.0.shape.get(dim).copied().unwrap_or(1)
    }
}

fn with(cell: &[usize], dim: usize, index: usize) -> Vec<usize> {
    let mut cell = cell.to_vec();
    if let Some(place) = cell.get_mut(dim) {
        *place = index;
    }
    cell
}

/// The value of one output cell, or `None` for an operation that has no reference.
pub fn expected(operation: &dyn Operation, inputs: &[Witness], output: &Spec, cell: &[usize]) -> Option<Cell> {
    let any: &dyn Any = operation;
    let ins: Vec<In> = inputs.iter().map(In).collect();
    let x = &ins[0];
    if let Some(op) = any.downcast_ref::<Unary>() {
        return Some(unary(op.function, x, cell));
    }
    if let Some(op) = any.downcast_ref::<Binary>() {
        let (a, b) = (&ins[0], &ins[1]);
        return Some(if a.is_float() {
            float(op.operator, a.at(cell), b.at(cell))
        } else {
            integer(op.operator, a.whole(cell), b.whole(cell), output.dtype.size() as u32 * 8, output.dtype == tensor::DType::Bool)
        });
    }
    if any.is::<Where>() {
        return Some(same(if ins[0].at(cell) == 1.0 { &ins[1] } else { &ins[2] }, cell));
    }
    if any.is::<tensor::ops::copy::Copy>() {
        let value = x.at(cell);
        return Some(if output.dtype.is_float() {
            real(value)
        } else if output.dtype == tensor::DType::Bool {
            Whole((value != 0.0).into())
        } else {
            Whole(if x.is_float() { value as i128 } else { x.whole(cell) })
        });
    }
    if let Some(op) = any.downcast_ref::<Write>() {
        let source = (0..op.region.numel()).map(|n| unravel(n, &op.region.shape)).rfind(|c| op.region.position(c) == cell[0]);
        return Some(source.map_or(same(x, cell), |c| if output.dtype.is_float() { real(ins[1].at(&c)) } else { Whole(ins[1].at(&c) as i128) }));
    }
    if let Some(op) = any.downcast_ref::<Cat>() {
        let mut start = 0;
        for input in ins.iter().filter(|i| i.shape() != [0]) {
            if cell[op.dim] < start + input.size(op.dim) {
                return Some(same(input, &with(cell, op.dim, cell[op.dim] - start)));
            }
            start += input.size(op.dim);
        }
        return None;
    }
    if let Some(op) = any.downcast_ref::<Triangle>() {
        let distance = cell[cell.len() - 1] as i64 - cell[cell.len() - 2] as i64;
        let kept = if op.upper { distance >= op.diagonal } else { distance <= op.diagonal };
        return Some(if kept { same(x, cell) } else if x.is_float() { real(0.0) } else { Whole(0) });
    }
    if let Some(op) = any.downcast_ref::<Reduce>() {
        return Some(reduce(op, x, cell));
    }
    if let Some(op) = any.downcast_ref::<ArgReduce>() {
        let mut full = cell.to_vec();
        if !op.keep && !x.shape().is_empty() {
            full.insert(op.dim, 0);
        }
        let lane: Vec<f64> = (0..x.size(op.dim)).map(|i| x.at(&with(&full, op.dim, i))).collect();
        let beats = |i: usize, j: usize| match (lane[i].is_nan(), lane[j].is_nan()) {
            (true, nan) => !nan,
            (false, true) => false,
            _ => if op.largest { lane[i] > lane[j] } else { lane[i] < lane[j] },
        };
        return (0..lane.len()).find(|&i| (0..lane.len()).all(|j| !beats(j, i))).map(|i| Whole(i as i128));
    }
    if let Some(op) = any.downcast_ref::<Sort>() {
        let lane: Vec<f64> = (0..x.size(op.dim)).map(|i| x.at(&with(cell, op.dim, i))).collect();
        let less = |a: f64, b: f64| if a.is_nan() { false } else { b.is_nan() || a < b };
        let rank = |i: usize| {
            (0..lane.len())
                .filter(|&j| {
                    let (a, b) = if op.descending { (lane[i], lane[j]) } else { (lane[j], lane[i]) };
                    less(a, b) || (!less(b, a) && j < i)
                })
                .count()
        };
        let place = cell.get(op.dim).copied().unwrap_or(0);
        return (0..lane.len()).find(|&i| rank(i) == place).map(|i| Whole(i as i128));
    }
    if let Some(op) = any.downcast_ref::<Scan>() {
        let upto = cell.get(op.dim).copied().unwrap_or(0);
        let lane: Vec<Vec<usize>> = (0..=upto).map(|i| with(cell, op.dim, i)).collect();
        return Some(match (op.scan, x.is_float()) {
            (Scanning::Sum, true) => sum(&lane.iter().map(|c| x.at(c)).collect::<Vec<_>>()),
            (Scanning::Prod, true) => real(lane.iter().map(|c| x.at(c)).product()),
            (Scanning::Sum, false) => Whole(lane.iter().map(|c| x.whole(c)).sum::<i128>() as i64 as i128),
            (Scanning::Prod, false) => Whole(lane.iter().fold(1i64, |p, c| p.wrapping_mul(x.whole(c) as i64)).into()),
        });
    }
    if let Some(op) = any.downcast_ref::<Softmax>() {
        let lane: Vec<f64> = (0..x.size(op.dim)).map(|i| x.at(&with(cell, op.dim, i))).collect();
        let most = lane.iter().fold(f64::NEG_INFINITY, |m, &x| if x.is_nan() || m.is_nan() { f64::NAN } else { m.max(x) });
        let total: f64 = lane.iter().map(|x| (x - most).exp()).sum();
        let own = x.at(cell) - most;
        return Some(if op.logarithm {
            Cell::Real { value: own - total.ln(), scale: own.abs() + total.ln().abs() }
        } else {
            real(own.exp() / total)
        });
    }
    if let Some(op) = any.downcast_ref::<LayerNorm>() {
        return Some(norm(op.dims, op.epsilon, true, &ins, cell));
    }
    if let Some(op) = any.downcast_ref::<RmsNorm>() {
        return Some(norm(op.dims, op.epsilon, false, &ins, cell));
    }
    if any.is::<MatMul>() {
        let [batch @ .., n, m] = cell else { return None };
        let at = |i: &In, r: usize, c: usize| [batch, &[r, c]].concat()[batch.len() + 2 - i.shape().len()..].to_vec();
        let k = x.shape()[x.shape().len() - 1];
        let pairs = (0..k).map(|k| (at(&ins[0], *n, k), at(&ins[1], k, *m)));
        return Some(if x.is_float() {
            sum(&pairs.map(|(a, b)| ins[0].at(&a) * ins[1].at(&b)).collect::<Vec<_>>())
        } else {
            let total: i128 = pairs.map(|(a, b)| ins[0].whole(&a) * ins[1].whole(&b)).sum();
            Whole(wrapped(total, output.dtype.size() as u32 * 8, output.dtype == tensor::DType::UInt8))
        });
    }
    if let Some(op) = any.downcast_ref::<Attention>() {
        return Some(attention(op, &ins, cell));
    }
    if let Some(op) = any.downcast_ref::<Conv1d>() {
        let [b, o, l] = *cell else { return None };
        let (w, per_group) = (&ins[1], ins[1].size(1));
        let group = o / (w.size(0) / op.groups);
        let mut terms = Vec::new();
        for c in 0..per_group {
            for k in 0..w.size(2) {
                let at = (l * op.stride + k * op.dilation) as i64 - op.padding as i64;
                if (0..x.size(2) as i64).contains(&at) {
                    terms.push(w.at(&[o, c, k]) * x.at(&[b, group * per_group + c, at as usize]));
                }
            }
        }
        terms.extend(ins.get(2).map(|bias| bias.at(&[o])));
        return Some(sum(&terms));
    }
    if let Some(op) = any.downcast_ref::<Gather>() {
        return Some(same(x, &with(cell, op.dim, ins[1].at(cell) as usize)));
    }
    if let Some(op) = any.downcast_ref::<Scatter>() {
        let index = &ins[1];
        let places = (0..index.shape().iter().product()).map(|n| unravel(n, index.shape()));
        let sources: Vec<Vec<usize>> = places.filter(|p| with(p, op.dim, index.at(p) as usize) == cell).collect();
        return Some(put(op.accumulate, x, cell, &ins[2], &sources));
    }
    if any.is::<Index>() {
        let (place, rest) = cell.split_at(ins[1].shape().len());
        let mut source: Vec<usize> = ins[1..].iter().enumerate().map(|(d, i)| i.at(place).rem_euclid(x.size(d) as f64) as usize).collect();
        source.extend(rest);
        return Some(same(x, &source));
    }
    if let Some(op) = any.downcast_ref::<IndexPut>() {
        let (head, rest) = cell.split_at(op.count);
        let shape = ins[2].shape();
        let sources: Vec<Vec<usize>> = (0..shape.iter().product())
            .map(|n| unravel(n, shape))
            .filter(|p| (0..op.count).all(|d| ins[2 + d].at(p).rem_euclid(x.size(d) as f64) as usize == head[d]))
            .map(|p| [&p[..], rest].concat())
            .collect();
        return Some(put(op.accumulate, x, cell, &ins[1], &sources));
    }
    None
}

fn same(x: &In, cell: &[usize]) -> Cell {
    if x.is_float() { real(x.at(cell)) } else { Whole(x.whole(cell)) }
}

fn put(accumulate: bool, x: &In, cell: &[usize], source: &In, sources: &[Vec<usize>]) -> Cell {
    if !accumulate {
        return sources.last().map_or_else(|| same(x, cell), |c| same(source, c));
    }
    if x.is_float() {
        let mut terms = vec![x.at(cell)];
        terms.extend(sources.iter().map(|c| source.at(c)));
        return sum(&terms);
    }
    let total = x.whole(cell) + sources.iter().map(|c| source.whole(c)).sum::<i128>();
    let dtype = x.0.values.dtype();
    if dtype == tensor::DType::Bool { Whole((total != 0).into()) } else { Whole(wrapped(total, dtype.size() as u32 * 8, dtype == tensor::DType::UInt8)) }
}

fn reduce(op: &Reduce, x: &In, cell: &[usize]) -> Cell {
    let mut rest = cell.iter();
    let fixed: Vec<usize> = (0..x.shape().len())
        .map(|d| if op.dims.contains(&d) { if op.keep { rest.next(); } 0 } else { *rest.next().unwrap() })
        .collect();
    let sizes: Vec<usize> = op.dims.iter().map(|&d| x.size(d)).collect();
    let cells: Vec<Vec<usize>> = (0..sizes.iter().product())
        .map(|n| op.dims.iter().zip(unravel(n, &sizes)).fold(fixed.clone(), |c, (&d, i)| with(&c, d, i)))
        .collect();
    let values: Vec<f64> = cells.iter().map(|c| x.at(c)).collect();
    let extreme = |pick: fn(f64, f64) -> f64| values.iter().copied().reduce(|a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { pick(a, b) }).unwrap();
    let any = values.iter().any(|&v| v != 0.0);
    let all = values.iter().all(|&v| v != 0.0);
    match (op.reduction, x.is_float()) {
        (Reduction::Any, _) => Whole(any.into()),
        (Reduction::All, _) => Whole(all.into()),
        (Reduction::Sum, true) => sum(&values),
        (Reduction::Mean, _) => match sum(&values) {
            Cell::Real { value, scale } => Cell::Real { value: value / values.len() as f64, scale },
            whole => whole,
        },
        (Reduction::Prod, true) => real(values.iter().product()),
        (Reduction::Max, true) => real(extreme(f64::max)),
        (Reduction::Min, true) => real(extreme(f64::min)),
        (Reduction::Sum, false) => Whole(cells.iter().map(|c| x.whole(c)).sum()),
        (Reduction::Prod, false) => Whole(cells.iter().fold(1i64, |p, c| p.wrapping_mul(x.whole(c) as i64)).into()),
        (Reduction::Max, false) => Whole(cells.iter().map(|c| x.whole(c)).max().unwrap()),
        (Reduction::Min, false) => Whole(cells.iter().map(|c| x.whole(c)).min().unwrap()),
    }
}

fn norm(dims: usize, epsilon: f64, centred: bool, ins: &[In], cell: &[usize]) -> Cell {
    let x = &ins[0];
    let (head, tail) = cell.split_at(cell.len() - dims);
    let shape = &x.shape()[cell.len() - dims..];
    let row: Vec<f64> = (0..shape.iter().product()).map(|n| x.at(&[head, &unravel(n, shape)].concat())).collect();
    let count = row.len() as f64;
    let mean = if centred { row.iter().sum::<f64>() / count } else { 0.0 };
    let square = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    let scaled = (x.at(cell) - mean) / (square + epsilon).sqrt();
    let weight = ins.get(1).map_or(1.0, |w| w.at(tail));
    let bias = ins.get(2).map_or(0.0, |b| b.at(tail));
    Cell::Real { value: scaled * weight + bias, scale: (scaled * weight).abs() + bias.abs() + mean.abs() / (square + epsilon).sqrt() }
}

fn attention(op: &Attention, ins: &[In], cell: &[usize]) -> Cell {
    let [lead @ .., t, e] = cell else { return real(f64::NAN) };
    let heads = |i: &In| if i.shape().len() > 2 { i.size(i.shape().len() - 3) } else { 1 };
    let (h, g) = (heads(&ins[0]), heads(&ins[1]));
    let at = |i: &In, row: usize, column: usize, ratio: usize| {
        let mut place = [lead, &[row, column]].concat();
        if let [.., head, _, _] = &mut place[..] {
            *head /= ratio;
        }
        i.at(&place)
    };
    let s = ins[1].size(ins[1].shape().len() - 2);
    let d = ins[0].size(ins[0].shape().len() - 1);
    let scores: Vec<f64> = (0..s)
        .map(|j| {
            let product: f64 = (0..d).map(|i| at(&ins[0], *t, i, 1) * at(&ins[1], j, i, h / g)).sum();
            let masked = ins.get(3).map_or(0.0, |mask| {
                let value = mask.at(&[lead, &[*t, j]].concat());
                if mask.is_float() { value } else if value == 1.0 { 0.0 } else { f64::NEG_INFINITY }
            });
            let forbidden = (op.causal && j > *t) || op.window.is_some_and(|w| j + w <= *t);
            if forbidden { f64::NEG_INFINITY } else { product * op.scale + masked }
        })
        .collect();
    let total: f64 = scores.iter().map(|s| s.exp()).sum();
    if total == 0.0 {
        return real(0.0);
    }
    sum(&(0..s).map(|j| scores[j].exp() / total * at(&ins[2], j, *e, h / g)).collect::<Vec<_>>())
}
