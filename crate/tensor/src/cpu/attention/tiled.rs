//! Attention in float32 for eight rows of queries at a time, one a lane: maxima and sums need nothing across lanes.
//!
//! The rows of a group of heads, query after query, share each block of keys and values, which is packed once for them.
//! Of a block a row of eight computes what one of the eight may see: what causality, the window and the mask rule out
//! at either end costs nothing, and a block that nobody sees is not packed.

use super::super::matmul::{Matrix, pack_slivers};
use super::super::simd::{Eight, product_sum, row, softmax_step, tile};
use super::super::special::{is_half, rounded};
use super::super::team::{multiply_adds, share};
use super::{BLOCK_KEYS, Heads, Mask, MaskCells};
use crate::DType;
use crate::layout::unravel;
use crate::ops::scaled_dot_product_attention::{Attention, Sizes};

/// Rows of eight that share a packed block.
const OCTETS: usize = 16;

/// From how many rows a group on it is worth to pack keys and values for them.
pub const FEWEST_ROWS: usize = 8;

/// The keys of a block that each of eight rows sees, and all that one of them does, rounded to slivers of four.
struct Seen {
    lanes: [Range; 8],
    all: (usize, usize),
}

/// What one row sees of a block: these keys, but for those that the mask has something to say about.
#[derive(Clone, Copy)]
struct Range {
    from: usize,
    to: usize,
    is_masked: bool,
}

/// The mask of one row.
struct MaskRow<'a> {
    cells: &'a MaskCells<'a, f32>,
    start: isize,
    step: isize,
}

impl MaskRow<'_> {
    #[inline]
    fn is_open(&self, key: usize) -> bool {
        let position = (self.start + key as isize * self.step) as usize;
        match self.cells {
            MaskCells::Allowed(cells) => cells[position],
            MaskCells::Added(cells) => cells[position] != f32::NEG_INFINITY,
        }
    }

    /// A bit for each of a block's keys, from the lowest on: 1 where it is open.
    #[inline]
    fn open(&self, keys: usize) -> u64 {
        let one_by_one = |keys: std::ops::Range<usize>| keys.fold(0, |open, key| open | u64::from(self.is_open(key)) << key);
        let (MaskCells::Allowed(cells), 1) = (self.cells, self.step) else { return one_by_one(0..keys) };
        let (eights, _) = bytemuck::cast_slice::<bool, u8>(&cells[self.start as usize..][..keys]).as_chunks();
        // The product has in its highest byte the lowest bit of each of eight bytes.
        let bits = |eight: &[u8; 8]| u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        let open = eights.iter().enumerate().fold(0, |open, (i, eight)| open | bits(eight) << (8 * i));
        open | one_by_one(keys / 8 * 8..keys)
    }

    #[inline]
    fn apply(&self, key: usize, score: &mut f32) {
        match self.cells {
            MaskCells::Added(cells) => *score += cells[(self.start + key as isize * self.step) as usize],
            MaskCells::Allowed(_) if self.is_open(key) => {}
            MaskCells::Allowed(_) => *score = f32::NEG_INFINITY,
        }
    }
}

struct Octet {
    /// (D, 8)
    q: Vec<f32>,
    /// (Dv, 8), not yet divided by the sums
    out: Vec<Eight>,
    most: Eight,
    total: Eight,
}

/// The rows of one group: all its heads at all their queries, query after query.
struct Group<'a> {
    attention: &'a Attention,
    sizes: &'a Sizes,
    dtype: DType,
    /// The queries of each head.
    q: Vec<Matrix<'a, f32>>,
    k: Matrix<'a, f32>,
    v: Matrix<'a, f32>,
    /// Where the mask of each head begins.
    mask: Option<(&'a Mask<'a, f32>, Vec<usize>)>,
}

/// A block of keys and one of values.
#[derive(Default)]
struct Packed {
    k: Vec<f32>,
    v: Vec<f32>,
}

pub fn attention(attention: &Attention, sizes: &Sizes, [q, k, v]: [&Heads<'_, f32>; 3], mask: Option<&Mask<'_, f32>>, dtype: DType, out: &mut [f32]) {
    let &Sizes { ref batch, h, g, t, s, d, dv } = sizes;
    if out.is_empty() {
        return;
    }
    let heads = h / g;
    let places = [&batch[..], &[g]].concat();
    let group = |number: usize| {
        let place = unravel(number, &places);
        let head = |i: usize| {
            let mut place = place.clone();
            place.last_mut().into_iter().for_each(|last| *last = *last * heads + i);
            place
        };
        let mask = mask.map(|mask| {
            let starts = (0..heads).map(|i| mask.layout.position(&[&head(i)[..], &[0, 0]].concat())).collect();
            (mask, starts)
        });
        Group { attention, sizes, dtype, q: (0..heads).map(|i| q.matrix(&head(i))).collect(), k: k.matrix(&place), v: v.matrix(&place), mask }
    };
    let rows = heads * t;
    let groups: Vec<Group<'_>> = (0..out.len() / (rows * dv)).map(group).collect();
    let mut blocks = Vec::new();
    for (group, out) in groups.iter().zip(out.chunks_exact_mut(rows * dv)) {
        // Of each head's rows of `out`, those that no block has yet.
        let mut left: Vec<&mut [f32]> = out.chunks_exact_mut(t * dv).collect();
        for first in (0..rows).step_by(8 * OCTETS) {
            let end = rows.min(first + 8 * OCTETS);
            let before = |row: usize, head: usize| row.saturating_sub(head).div_ceil(heads);
            let taken = left.iter_mut().enumerate().map(|(head, left)| {
                let (taken, rest) = std::mem::take(left).split_at_mut((before(end, head) - before(first, head)) * dv);
                *left = rest;
                taken
            });
            blocks.push((group, first..end, taken.collect::<Vec<_>>()));
        }
    }
    // Those that causality lets see most come first, so that no thread is left with one at the end.
    blocks.reverse();
    share(multiply_adds(&[groups.len(), rows, s, d + dv]), &mut blocks, Packed::default, |(group, rows, out), packed| group.run(rows.clone(), out, packed));
}

/// As it meets the values, though not in the sum, PyTorch rounds a weight as they are rounded. A function of its own, so that
/// the step that float32 takes as well stays small.
#[inline(never)]
fn round(weights: &mut [f32], dtype: DType) {
    weights.iter_mut().for_each(|weight| *weight = rounded((*weight).into(), dtype) as f32);
}

impl Group<'_> {
    /// Computes some of the rows into `out`, which has of each head as many as are among them.
    fn run(&self, rows: std::ops::Range<usize>, out: &mut [&mut [f32]], packed: &mut Packed) {
        let &Sizes { s, d, dv, .. } = self.sizes;
        let (first, count) = (rows.start, rows.len());
        let mut octets: Vec<Octet> = (0..count.div_ceil(8)).map(|i| self.octet(first + 8 * i)).collect();
        let start = self.attention.keys(first / self.q.len(), s).start;
        let end = self.attention.keys((first + count - 1) / self.q.len(), s).end;
        for key in (start..end).step_by(BLOCK_KEYS) {
            let keys = BLOCK_KEYS.min(end - key);
            let seen: Vec<Option<Seen>> = (0..octets.len()).map(|i| self.seen(first + 8 * i, key, keys)).collect();
            if seen.iter().all(Option::is_none) {
                continue;
            }
            pack_slivers::<f32, 4>(self.k.from(key, 0), keys, d, &mut packed.k);
            pack_slivers::<f32, 4>(self.v.from(key, 0).transposed(), dv, keys, &mut packed.v);
            for (i, (octet, seen)) in octets.iter_mut().zip(seen).enumerate() {
                if let Some(seen) = seen {
                    self.step(octet, first + 8 * i, [key, keys], &seen, packed);
                }
            }
        }
        let mut heads: Vec<_> = out.iter_mut().map(|out| out.chunks_exact_mut(dv)).collect();
        for (place, row) in rows.enumerate() {
            let (octet, lane) = (&octets[place / 8], place % 8);
            let total = if octet.total[lane] == 0.0 { 1.0 } else { octet.total[lane] };
            let cells = heads[row % self.q.len()].next().into_iter().flatten();
            cells.zip(&octet.out).for_each(|(cell, sums)| *cell = sums[lane] / total);
        }
    }

    /// The rows from `first` on, before they have seen a key; those past the last are zero.
    #[inline]
    fn octet(&self, first: usize) -> Octet {
        let &Sizes { t, d, dv, .. } = self.sizes;
        let mut packed = vec![0.0; d * 8];
        for (lane, row) in (first..(self.q.len() * t).min(first + 8)).enumerate() {
            let q = self.q[row % self.q.len()].from(row / self.q.len(), 0);
            packed.iter_mut().skip(lane).step_by(8).enumerate().for_each(|(i, cell)| *cell = q.at(0, i));
        }
        Octet { q: packed, out: vec![[0.0; 8]; dv], most: [f32::NEG_INFINITY; 8], total: [0.0; 8] }
    }

    /// What the eight rows from `first` on see of a block of keys.
    #[inline]
    fn seen(&self, first: usize, key: usize, keys: usize) -> Option<Seen> {
        let mut seen = Seen { lanes: [Range { from: 0, to: 0, is_masked: false }; 8], all: (keys, 0) };
        let mut before = None;
        for (lane, row) in (first..(self.q.len() * self.sizes.t).min(first + 8)).enumerate() {
            let mask = self.mask_row(row, key);
            let place = (row / self.q.len(), mask.as_ref().map(|mask| mask.start));
            // Heads at one query mostly share a row of the mask.
            let range = match before {
                Some(known) if known == place => seen.lanes[lane - 1],
                _ => self.range(place.0, key, keys, mask),
            };
            before = Some(place);
            if range.from < range.to {
                seen.lanes[lane] = range;
                seen.all = (seen.all.0.min(range.from / 4 * 4), seen.all.1.max(range.to.next_multiple_of(4)));
            }
        }
        (seen.all.0 < seen.all.1).then_some(seen)
    }

    #[inline]
    fn range(&self, query: usize, key: usize, keys: usize, mask: Option<MaskRow<'_>>) -> Range {
        let allowed = self.attention.keys(query, self.sizes.s);
        let (from, to) = (allowed.start.saturating_sub(key).min(keys), allowed.end.saturating_sub(key).min(keys));
        let Some(mask) = mask else { return Range { from, to, is_masked: false } };
        let below = |key: usize| (1_u64 << (key % 64)).wrapping_sub(1) | if key < 64 { 0 } else { u64::MAX };
        let open = mask.open(keys) & below(to) & !below(from);
        if open == 0 {
            return Range { from, to: from, is_masked: false };
        }
        let (from, to) = (open.trailing_zeros(), u64::BITS - open.leading_zeros());
        let is_masked = matches!(mask.cells, MaskCells::Added(_)) || open.count_ones() < to - from;
        Range { from: from as usize, to: to as usize, is_masked }
    }

    /// The mask of a row from a key on.
    #[inline]
    fn mask_row(&self, row: usize, key: usize) -> Option<MaskRow<'_>> {
        let (mask, starts) = self.mask.as_ref()?;
        let [.., row_step, step] = mask.layout.strides[..] else { return None };
        let start = starts[row % self.q.len()] as isize + (row / self.q.len()) as isize * row_step + key as isize * step;
        Some(MaskRow { cells: &mask.cells, start, step })
    }

    /// Takes a block of keys into account.
    #[inline]
    fn step(&self, octet: &mut Octet, first: usize, [key, keys]: [usize; 2], seen: &Seen, packed: &Packed) {
        let (from, to) = seen.all;
        let mut block = [[0.0; 8]; BLOCK_KEYS];
        let sliver = 4 * self.sizes.d;
        for (scores, k) in block[from..to].as_chunks_mut::<4>().0.iter_mut().zip(packed.k[from / 4 * sliver..].chunks(sliver.max(1))) {
            *scores = tile(k, &octet.q);
        }
        let scores = &mut block[from..to];
        row::scale(scores.as_flattened_mut(), self.attention.scale as f32);
        for (lane, &Range { from: start, to: end, is_masked }) in seen.lanes.iter().enumerate() {
            let start = start.max(from);
            scores[..start - from].iter_mut().for_each(|scores| scores[lane] = f32::NEG_INFINITY);
            scores[end.max(start) - from..].iter_mut().for_each(|scores| scores[lane] = f32::NEG_INFINITY);
            if let (true, Some(mask)) = (is_masked, self.mask_row(first + lane, key)) {
                (start..end).for_each(|i| mask.apply(i, &mut scores[i - from][lane]));
            }
        }
        let shrink = softmax_step(scores, &mut octet.most, &mut octet.total);
        if is_half(self.dtype) {
            round(scores.as_flattened_mut(), self.dtype);
        }
        let to = to.min(keys);
        for (out, v) in octet.out.chunks_mut(4).zip(packed.v.chunks_exact(4 * keys)) {
            let sums = tile(&v[4 * from..4 * to], block[from..to].as_flattened());
            for (out, sums) in out.iter_mut().zip(sums) {
                *out = product_sum(out, &shrink, &sums);
            }
        }
    }
}
