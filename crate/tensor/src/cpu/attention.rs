//! Attention streamed over blocks of keys, with a running maximum and sum per query (arXiv:2205.14135, algorithm 1).

mod tiled;

use super::element::{Compute, Element, by_float};
use super::float::Float;
use super::matmul::{Matrix, Scratch, product};
use super::special::{is_half, rounded};
use super::sum::sum;
use super::team::{multiply_adds, share};
use crate::layout::unravel;
use crate::ops::scaled_dot_product_attention::{Attention, Sizes};
use crate::ops::{Spec, View};
use crate::{DType, Error, Layout, Result, Values};

/// Queries and keys of one block: 32 × 64 scores are all that is ever in memory.
const BLOCK_QUERIES: usize = 32;
const BLOCK_KEYS: usize = 64;

/// Runs `attention` on q, k, v and, if there is a fourth input, its mask.
pub fn attention(attention: &Attention, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
    let shapes: Vec<&[usize]> = inputs.iter().map(|i| &i.layout.shape[..]).collect();
    let sizes = Sizes::of(&shapes)?;
    if output.dtype != DType::Float64 && sizes.t * sizes.h / sizes.g.max(1) >= tiled::FEWEST_ROWS {
        let mut out = vec![0.0; output.numel()];
        let lead_kv = [&sizes.batch[..], &[sizes.g]].concat();
        let lead = [&sizes.batch[..], &[sizes.h]].concat();
        let [q, k, v] = [Heads::new(&inputs[0], &lead)?, Heads::new(&inputs[1], &lead_kv)?, Heads::new(&inputs[2], &lead_kv)?];
        let mask = inputs.get(3).map(|mask| Mask::new(mask, &lead, &sizes)).transpose()?;
        tiled::attention(attention, &sizes, [&q, &k, &v], mask.as_ref(), output.dtype, &mut out);
        return Ok(f32::store(out, output.dtype));
    }
    by_float!(output.dtype, F => {
        let mut out = vec![<F as Float>::ZERO; output.numel()];
        stream::<F>(attention, &sizes, inputs, output.dtype, &mut out)?;
        Ok(F::store(out, output.dtype))
    })
}

fn stream<F: Float>(attention: &Attention, sizes: &Sizes, inputs: &[View<'_>], dtype: DType, out: &mut [F]) -> Result<()> {
    let lead = [&sizes.batch[..], &[sizes.h]].concat();
    let lead_kv = [&sizes.batch[..], &[sizes.g]].concat();
    let q = Heads::<F>::new(&inputs[0], &lead)?;
    let k = Heads::<F>::new(&inputs[1], &lead_kv)?;
    let v = Heads::<F>::new(&inputs[2], &lead_kv)?;
    let mask = inputs.get(3).map(|mask| Mask::<F>::new(mask, &lead, sizes)).transpose()?;
    if sizes.t == 0 || sizes.dv == 0 {
        return Ok(());
    }
    let heads = out.chunks_exact_mut(sizes.t * sizes.dv).enumerate().map(|(number, out)| {
        let place = unravel(number, &lead);
        let mut place_kv = place.clone();
        if let Some(head) = place_kv.last_mut() {
            *head /= (sizes.h / sizes.g.max(1)).max(1);
        }
        let mask = mask.as_ref().map(|mask| mask.at(&place));
        (q.matrix(&place), k.matrix(&place_kv), v.matrix(&place_kv), mask, out)
    });
    let mut heads: Vec<_> = heads.collect();
    let work = multiply_adds(&[heads.len(), sizes.t, sizes.s, sizes.d + sizes.dv]);
    share(work, &mut heads, || Block::new(attention, sizes, dtype), |(q, k, v, mask, out), block| {
        for (n, out) in out.chunks_mut(BLOCK_QUERIES * sizes.dv).enumerate() {
            block.run(n * BLOCK_QUERIES, *q, *k, *v, mask.as_ref(), out);
        }
    });
    Ok(())
}

/// One block of queries on its way over the keys.
struct Block<'a, F> {
    attention: &'a Attention,
    sizes: &'a Sizes,
    dtype: DType,
    /// The scores of the block with one block of keys, then their exponentials.
    scores: Vec<F>,
    /// Per query: the largest score so far, and the sum of exponentials relative to it.
    most: [F; BLOCK_QUERIES],
    total: [f64; BLOCK_QUERIES],
    scratch: Scratch<F>,
}

impl<'a, F: Float + Default> Block<'a, F> {
    fn new(attention: &'a Attention, sizes: &'a Sizes, dtype: DType) -> Block<'a, F> {
        Block {
            attention,
            sizes,
            dtype,
            scores: vec![F::ZERO; BLOCK_QUERIES * BLOCK_KEYS],
            most: [F::NEG_INFINITY; BLOCK_QUERIES],
            total: [0.0; BLOCK_QUERIES],
            scratch: Scratch::default(),
        }
    }

    /// Computes `out` (queries, Dv), which is zero, for the queries from `first` on.
    fn run(&mut self, first: usize, q: Matrix<'_, F>, k: Matrix<'_, F>, v: Matrix<'_, F>, mask: Option<&MaskAt<'_, F>>, out: &mut [F]) {
        let Sizes { s, d, dv, .. } = *self.sizes;
        let queries = out.len() / dv;
        self.most.fill(F::NEG_INFINITY);
        self.total.fill(0.0);
        let start = self.attention.keys(first, s).start;
        let end = self.attention.keys(first + queries - 1, s).end;
        let q = q.from(first, 0);
        // As many keys at once as there is room for.
        let most_keys = self.scores.len() / queries;
        for key in (start..end).step_by(most_keys) {
            let keys = most_keys.min(end - key);
            let scores = &mut self.scores[..queries * keys];
            scores.fill(F::ZERO);
            product(queries, d, keys, q, k.from(key, 0).transposed(), scores, &mut self.scratch);
            for (i, row) in scores.chunks_exact_mut(keys).enumerate() {
                self.attention.score(first + i, key, s, row, mask);
                let most = super::sum::larger(self.most[i], F::largest(row));
                if most == F::NEG_INFINITY {
                    // Nothing seen yet: exp(-inf - -inf) would be NaN.
                    row.fill(F::ZERO);
                    continue;
                }
                F::exp_all(row, most);
                let shrink = (self.most[i] - most).fast_exp();
                self.total[i] = self.total[i] * shrink.into() + sum(row, |x| x);
                // As it meets the values, though not in the sum, PyTorch rounds a weight as they are rounded.
                if is_half(self.dtype) {
                    row.iter_mut().for_each(|weight| *weight = F::of(rounded(weight.wide(), self.dtype)));
                }
                self.most[i] = most;
                if shrink != F::ONE {
                    out[i * dv..(i + 1) * dv].iter_mut().for_each(|cell| *cell *= shrink);
                }
            }
            product(queries, keys, dv, Matrix::row_major(scores, 0, keys), v.from(key, 0), out, &mut self.scratch);
        }
        for (row, &total) in out.chunks_exact_mut(dv).zip(&self.total) {
            if total != 0.0 {
                let total = F::of(total);
                row.iter_mut().for_each(|cell| *cell = *cell / total);
            }
        }
    }
}

impl Attention {
    /// Turns products into scores: scaled, masked, -inf where causality or the window forbids the key.
    fn score<F: Float>(&self, query: usize, key: usize, s: usize, row: &mut [F], mask: Option<&MaskAt<'_, F>>) {
        let scale = F::of(self.scale);
        F::scale_all(row, scale);
        if let Some(mask) = mask {
            mask.apply(query, key, row);
        }
        let allowed = self.keys(query, s);
        let before = allowed.start.saturating_sub(key).min(row.len());
        let upto = allowed.end.saturating_sub(key).min(row.len()).max(before);
        row[..before].fill(F::NEG_INFINITY);
        row[upto..].fill(F::NEG_INFINITY);
    }
}

/// The matrices of all heads, expanded over the batch.
struct Heads<'a, F: Element> {
    cells: std::borrow::Cow<'a, [F]>,
    lead: Layout,
    row_step: isize,
    column_step: isize,
}

impl<'a, F: Float> Heads<'a, F> {
    fn new(view: &View<'a>, lead: &[usize]) -> Result<Heads<'a, F>> {
        let contiguous = Layout::contiguous(&view.layout.shape);
        let (cells, layout) = match F::slice(view.values) {
            Some(cells) => (cells.into(), view.layout),
            None => (F::read(view)?, &contiguous),
        };
        let rank = layout.dimensions() - 2;
        let heads = Layout { shape: layout.shape[..rank].to_vec(), strides: layout.strides[..rank].to_vec(), offset: layout.offset };
        Ok(Heads {
            cells,
            lead: heads.expand(lead).ok_or_else(mismatch)?,
            row_step: layout.strides[rank],
            column_step: layout.strides[rank + 1],
        })
    }

    fn matrix(&self, place: &[usize]) -> Matrix<'_, F> {
        Matrix {
            cells: &self.cells,
            offset: self.lead.position(place) as isize,
            row_step: self.row_step,
            column_step: self.column_step,
        }
    }
}

/// A mask, expanded to all scores.
struct Mask<'a, F: Element> {
    cells: MaskCells<'a, F>,
    layout: Layout,
}

enum MaskCells<'a, F: Element> {
    Allowed(&'a [bool]),
    Added(std::borrow::Cow<'a, [F]>),
}

/// The mask of one head.
struct MaskAt<'a, F: Element> {
    cells: &'a MaskCells<'a, F>,
    offset: isize,
    row_step: isize,
    column_step: isize,
}

impl<'a, F: Float> Mask<'a, F> {
    fn new(view: &View<'a>, lead: &[usize], sizes: &Sizes) -> Result<Mask<'a, F>> {
        let contiguous = Layout::contiguous(&view.layout.shape);
        let (cells, layout) = match (view.values, F::slice(view.values)) {
            (Values::Bool(cells), _) => (MaskCells::Allowed(&cells[..]), view.layout),
            (_, Some(cells)) => (MaskCells::Added(cells.into()), view.layout),
            _ => (MaskCells::Added(F::read(view)?), &contiguous),
        };
        let scores = [lead, &[sizes.t, sizes.s]].concat();
        Ok(Mask { cells, layout: layout.expand(&scores).ok_or_else(mismatch)? })
    }

    fn at(&'a self, place: &[usize]) -> MaskAt<'a, F> {
        let rank = self.layout.dimensions();
        MaskAt {
            cells: &self.cells,
            offset: self.layout.position(place) as isize,
            row_step: self.layout.strides[rank - 2],
            column_step: self.layout.strides[rank - 1],
        }
    }
}

impl<F: Float> MaskAt<'_, F> {
    fn apply(&self, query: usize, key: usize, row: &mut [F]) {
        let start = self.offset + query as isize * self.row_step + key as isize * self.column_step;
        let position = |i: usize| (start + i as isize * self.column_step) as usize;
        for (i, score) in row.iter_mut().enumerate() {
            match self.cells {
                MaskCells::Allowed(cells) if !cells[position(i)] => *score = F::NEG_INFINITY,
                MaskCells::Allowed(_) => {}
                MaskCells::Added(cells) => *score += cells[position(i)],
            }
        }
    }
}

fn mismatch() -> Error {
    Error::Runtime("query, key, value and mask of attention do not broadcast".into())
}
