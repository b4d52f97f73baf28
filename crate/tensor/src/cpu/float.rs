//! What kernels do with float32 or float64: by one definition for both, and faster for float32, which is what models are
//! computed in.

use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Range, Sub};

use super::element::Compute;
use super::narrow::Narrow;
use super::simd::{self, lines};
use super::sum::larger;
use crate::Values;
use crate::ops::cells::Lanes;

/// float32 or float64.
pub trait Float:
    Compute + Add<Output = Self> + Mul<Output = Self> + Sub<Output = Self> + Div<Output = Self> + Neg<Output = Self> + AddAssign + MulAssign + Into<f64> + Send + Sync
{
    const ZERO: Self;
    const ONE: Self;
    const NEG_INFINITY: Self;
    fn of(x: f64) -> Self;
    fn wide(self) -> f64 {
        self.into()
    }
    fn exp(self) -> Self;
    fn ln(self) -> Self;
    fn sqrt(self) -> Self;
    /// exp without a branch, so that a loop over a slice runs in SIMD lanes.
    fn fast_exp(self) -> Self;
    /// [`Float::fast_exp`] of what each is more than `less`.
    fn exp_all(x: &mut [Self], less: Self) {
        x.iter_mut().for_each(|x| *x = (*x - less).fast_exp());
    }
    /// Each times `by`.
    fn scale_all(x: &mut [Self], by: Self) {
        x.iter_mut().for_each(|x| *x *= by);
    }
    /// The largest, NaN if any is; -inf of nothing.
    fn largest(x: &[Self]) -> Self {
        x.iter().fold(Self::NEG_INFINITY, |most, &x| larger(most, x))
    }
    /// The sum in as many lanes as 64 bytes hold, then of their halves, and halves again.
    fn total(x: &[Self]) -> Self {
        let mut lanes = [Self::ZERO; 8];
        for vector in x.chunks(8) {
            lanes.iter_mut().zip(vector).for_each(|(lane, &x)| *lane += x);
        }
        for width in [4, 2, 1] {
            (0..width).for_each(|i| lanes[i] += lanes[i + width]);
        }
        lanes[0]
    }
    /// The sum of each lane, added in PyTorch's order.
    fn sums(x: &[Self], lanes: Lanes) -> Vec<Self>;
    /// Appends the weights of a range, which are of a type that this one holds exactly.
    fn widen(weights: &Narrow<'_>, range: Range<usize>, wide: &mut Vec<Self>) {
        wide.extend(range.filter_map(|i| weights.values.get_f64(i)).map(Self::of));
    }
    /// The products of a sliver of four rows and one of eight columns, summed over the depths in their order.
    fn tile(a: &[Self], b: &[Self]) -> [[Self; 8]; 4] {
        let mut tile = [[Self::ZERO; 8]; 4];
        for (a, b) in a.chunks_exact(4).zip(b.chunks_exact(8)) {
            for (sums, &x) in tile.iter_mut().zip(a) {
                sums.iter_mut().zip(b).for_each(|(sum, &y)| *sum += x * y);
            }
        }
        tile
    }
    fn add_eight(out: &mut [Self; 8], sums: &[Self; 8]) {
        out.iter_mut().zip(sums).for_each(|(cell, &sum)| *cell += sum);
    }
    /// Puts cell i of row r at `i · step + r`. The rows are of one length.
    fn interleave(rows: [&[Self]; 4], target: &mut [Self], step: usize) {
        for (r, row) in rows.iter().enumerate() {
            target[r..].iter_mut().step_by(step).zip(*row).for_each(|(cell, &x)| *cell = x);
        }
    }
    /// `out += rows · linesᵀ` with rows (N, K) and out (N, M): the place of the first line, and how far the next is.
    fn add_dots(rows: &[Self], k: usize, cells: &[Self], [first, step]: [usize; 2], out: &mut [Self]) {
        let m = out.len() * k / rows.len();
        for (row, out) in rows.chunks_exact(k).zip(out.chunks_exact_mut(m)) {
            for (line, cell) in out.iter_mut().enumerate() {
                let mut lanes = [Self::ZERO; 16];
                let products = row.iter().zip(&cells[first + line * step..]).map(|(&x, &y)| x * y);
                products.enumerate().for_each(|(i, product)| lanes[i % 16] += product);
                for width in [8, 4, 2, 1] {
                    (0..width).for_each(|i| lanes[i] += lanes[i + width]);
                }
                *cell += lanes[0];
            }
        }
    }
    /// `out += Σ xᵢ · rowᵢ`, one after another, of rows that are as long and begin `step` cells one after the other.
    fn add_products(out: &mut [Self], x: &[Self], rows: &[Self], step: usize) {
        for (line, &x) in x.iter().enumerate() {
            out.iter_mut().zip(&rows[line * step..]).for_each(|(cell, &y)| *cell += x * y);
        }
    }
    /// [`Float::add_dots`] with lines of weights.
    fn add_dots_narrow(rows: &[Self], k: usize, weights: &Narrow<'_>, places: [usize; 2], out: &mut [Self]) {
        add_widened_dots(rows, k, weights, places, out);
    }
    /// [`Float::add_products`] of one row of weights.
    fn add_narrow_product(out: &mut [Self], x: Self, weights: &Narrow<'_>, range: Range<usize>) {
        let mut wide = Vec::with_capacity(out.len());
        Self::widen(weights, range, &mut wide);
        Self::add_products(out, &[x], &wide, 0);
    }
    /// `out += rows · weightsᵀ` with rows (N, K), the weights' first row and how far the next is; false where there is no
    /// faster way than row by row.
    fn integer_products(_rows: &[Self], _k: usize, _weights: &Narrow<'_>, _places: [isize; 2], _out: &mut [Self]) -> bool {
        false
    }
}

macro_rules! float {
    ($type:ty, $fast_exp:expr, $vector:literal, { $($faster:item)* }) => {
        impl Float for $type {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const NEG_INFINITY: Self = <$type>::NEG_INFINITY;
            fn of(x: f64) -> Self {
                x as $type
            }
            fn exp(self) -> Self {
                <$type>::exp(self)
            }
            fn ln(self) -> Self {
                <$type>::ln(self)
            }
            fn sqrt(self) -> Self {
                <$type>::sqrt(self)
            }
            fn fast_exp(self) -> Self {
                $fast_exp(self)
            }
            fn sums(x: &[Self], lanes: Lanes) -> Vec<Self> {
                super::cascade::sums::<Self, $vector, { 4 * $vector }>(x, lanes)
            }
            $($faster)*
        }
    };
}
float!(f32, super::special::exp_f32, 8, {
    fn widen(weights: &Narrow<'_>, range: Range<usize>, wide: &mut Vec<f32>) {
        weights.widen(range, wide);
    }
    fn exp_all(x: &mut [f32], less: f32) {
        simd::exp::exp_all(x, less);
    }
    fn scale_all(x: &mut [f32], by: f32) {
        simd::row::scale(x, by);
    }
    fn largest(x: &[f32]) -> f32 {
        simd::row::largest(x)
    }
    fn total(x: &[f32]) -> f32 {
        simd::row::total(x)
    }
    #[inline]
    fn tile(a: &[f32], b: &[f32]) -> [[f32; 8]; 4] {
        simd::tile(a, b)
    }
    #[inline]
    fn add_eight(out: &mut [f32; 8], sums: &[f32; 8]) {
        simd::add_eight(out, sums);
    }
    #[inline]
    fn interleave(rows: [&[f32]; 4], target: &mut [f32], step: usize) {
        simd::interleave(rows, target, step);
    }
    fn add_dots(rows: &[f32], k: usize, cells: &[f32], places: [usize; 2], out: &mut [f32]) {
        lines::add_dots(rows, k, cells, places, out);
    }
    fn add_products(out: &mut [f32], x: &[f32], rows: &[f32], step: usize) {
        lines::add_products(out, x, rows, step);
    }
    fn add_dots_narrow(rows: &[f32], k: usize, weights: &Narrow<'_>, places: [usize; 2], out: &mut [f32]) {
        match weights.values {
            Values::BFloat16(v) => lines::add_dots(rows, k, v, places, out),
            Values::Float16(v) => lines::add_dots(rows, k, v, places, out),
            _ => add_widened_dots(rows, k, weights, places, out),
        }
    }
    fn integer_products(rows: &[f32], k: usize, weights: &Narrow<'_>, [first, step]: [isize; 2], out: &mut [f32]) -> bool {
        let (Values::Int8(cells), Ok(first), Ok(step)) = (weights.values, first.try_into(), step.try_into()) else { return false };
        simd::fixed::products(rows, k, &simd::fixed::Weights { cells, first, step, scales: weights.scales }, out)
    }
    fn add_narrow_product(out: &mut [f32], x: f32, weights: &Narrow<'_>, range: Range<usize>) {
        match weights.values {
            Values::BFloat16(v) => lines::add_product(out, x, &v[range]),
            Values::Float16(v) => lines::add_product(out, x, &v[range]),
            Values::Int8(v) if weights.scales.is_none() => lines::add_product(out, x, &v[range]),
            _ => lines::add_product(out, x, &weights.wide(range)),
        }
    }
});
float!(f64, f64::exp, 4, {});

/// [`Float::add_dots`] with lines of weights that are widened before, a few at a time.
fn add_widened_dots<F: Float>(rows: &[F], k: usize, weights: &Narrow<'_>, [first, step]: [usize; 2], out: &mut [F]) {
    const LINES: usize = 8;
    let m = out.len() * k / rows.len();
    let mut wide = Vec::with_capacity(LINES * k);
    for line in (0..m).step_by(LINES) {
        let lines = line..m.min(line + LINES);
        wide.clear();
        for start in lines.clone().map(|line| first + line * step) {
            F::widen(weights, start..start + k, &mut wide);
        }
        for (row, out) in rows.chunks_exact(k).zip(out.chunks_exact_mut(m)) {
            F::add_dots(row, k, &wide, [0, k], &mut out[lines.clone()]);
        }
    }
}
