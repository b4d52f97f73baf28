//! Matrix products: blocked and packed, with a register tile in the middle
//! (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34, 2008).

use super::element::{Compute, Element, Float, by_float};
use crate::layout::unravel;
use crate::ops::{Spec, View};
use crate::{Error, Layout, Result, Values};

/// Rows and columns of the register tile: 4×8 float32 fill 8 of 16 SIMD registers with sums.
const TILE_ROWS: usize = 4;
const TILE_COLUMNS: usize = 8;
/// Blocks of the three dimensions: a panel of a (64×256) stays in L2, a sliver of b (256×8) in L1.
const BLOCK_ROWS: usize = 64;
const BLOCK_DEPTH: usize = 256;
const BLOCK_COLUMNS: usize = 512;

/// A matrix inside a slice of elements: element (row, column) at `offset + row·row_step + column·column_step`.
#[derive(Clone, Copy)]
pub struct Matrix<'a, T> {
    pub cells: &'a [T],
    pub offset: isize,
    pub row_step: isize,
    pub column_step: isize,
}

impl<'a, T: Copy> Matrix<'a, T> {
    /// A row-major matrix of `columns` columns that starts at `offset`.
    pub fn row_major(cells: &'a [T], offset: usize, columns: usize) -> Matrix<'a, T> {
        Matrix { cells, offset: offset as isize, row_step: columns as isize, column_step: 1 }
    }

    /// The same cells with rows and columns exchanged.
    pub fn transposed(self) -> Matrix<'a, T> {
        Matrix { row_step: self.column_step, column_step: self.row_step, ..self }
    }

    /// The part that starts at (row, column).
    pub fn from(self, row: usize, column: usize) -> Matrix<'a, T> {
        Matrix { offset: self.position(row, column), ..self }
    }

    fn position(&self, row: usize, column: usize) -> isize {
        self.offset + row as isize * self.row_step + column as isize * self.column_step
    }

    fn at(&self, row: usize, column: usize) -> T {
        self.cells[self.position(row, column) as usize]
    }

    /// `count` cells of a row as a slice, if they lie one after another.
    fn row(&self, row: usize, count: usize) -> Option<&'a [T]> {
        let start = self.position(row, 0) as usize;
        if self.column_step == 1 { self.cells.get(start..start + count) } else { None }
    }
}

/// The product of two tensors of matrices whose batch dimensions broadcast.
pub fn matmul(a: &View<'_>, b: &View<'_>, output: &Spec) -> Result<Values> {
    if output.dtype.is_float() {
        by_float!(output.dtype, F => {
            let (a, b) = (Operand::<F>::new(a)?, Operand::<F>::new(b)?);
            let mut out = vec![<F as Float>::ZERO; output.numel()];
            let mut scratch = Scratch::default();
            a.each_pair(&b, output, &mut out, |n, k, m, a, b, out| product(n, k, m, a, b, out, &mut scratch))?;
            Ok(F::store(out, output.dtype))
        })
    } else {
        let (a, b) = (Operand::<i64>::new(a)?, Operand::<i64>::new(b)?);
        let mut out = vec![0i64; output.numel()];
        a.each_pair(&b, output, &mut out, integer_product)?;
        Ok(i64::store(out, output.dtype))
    }
}

/// A tensor of matrices, its elements in the type that is computed in.
struct Operand<'a, T: Element> {
    cells: std::borrow::Cow<'a, [T]>,
    layout: Layout,
}

impl<'a, T: Compute> Operand<'a, T> {
    /// Elements of the right type stay where they are, whatever their strides; others are converted.
    fn new(view: &View<'a>) -> Result<Operand<'a, T>> {
        if let Some(cells) = T::slice(view.values) {
            return Ok(Operand { cells: cells.into(), layout: view.layout.clone() });
        }
        Ok(Operand { cells: T::read(view)?, layout: Layout::contiguous(&view.layout.shape) })
    }

    /// Runs `f(N, K, M, a, b, out)` for every matrix of the output.
    fn each_pair(
        &self,
        other: &Operand<'_, T>,
        output: &Spec,
        out: &mut [T],
        mut f: impl FnMut(usize, usize, usize, Matrix<'_, T>, Matrix<'_, T>, &mut [T]),
    ) -> Result<()> {
        let ([batch @ .., n, m], Some(&k)) = (&output.shape[..], self.layout.shape.last()) else { return Ok(()) };
        let (wide_a, wide_b) = match (self.batch(batch), other.batch(batch)) {
            (Some(a), Some(b)) => (a, b),
            _ => return Err(Error::Runtime("the batch dimensions of a matrix product do not broadcast".into())),
        };
        // One matrix on the right of a batch whose rows lie evenly: the rows of the batch are rows of one product.
        let folds = wide_b.strides.iter().zip(&wide_b.shape).all(|(&stride, &size)| stride == 0 || size == 1);
        if folds && self.layout.is_contiguous() && wide_a.numel() * n == self.layout.numel() / k.max(1) {
            let a = Matrix::row_major(&self.cells, self.layout.offset, k);
            f(wide_a.numel() * n, k, *m, a, other.matrix(other.layout.offset), out);
            return Ok(());
        }
        for (number, out) in out.chunks_exact_mut((n * m).max(1)).enumerate() {
            let place = unravel(number, batch);
            f(*n, k, *m, self.matrix(wide_a.position(&place)), other.matrix(wide_b.position(&place)), out);
        }
        Ok(())
    }

    /// Where the matrices start: the layout of the dimensions before the last two, expanded to `batch`.
    fn batch(&self, batch: &[usize]) -> Option<Layout> {
        let rank = self.layout.dimensions() - 2;
        Layout {
            shape: self.layout.shape[..rank].to_vec(),
            strides: self.layout.strides[..rank].to_vec(),
            offset: self.layout.offset,
        }
        .expand(batch)
    }

    fn matrix(&self, offset: usize) -> Matrix<'_, T> {
        let rank = self.layout.dimensions();
        Matrix {
            cells: &self.cells,
            offset: offset as isize,
            row_step: self.layout.strides[rank - 2],
            column_step: self.layout.strides[rank - 1],
        }
    }
}

fn integer_product(n: usize, k: usize, m: usize, a: Matrix<'_, i64>, b: Matrix<'_, i64>, out: &mut [i64]) {
    for i in 0..n {
        for l in 0..k {
            let x = a.at(i, l);
            for j in 0..m {
                out[i * m + j] = out[i * m + j].wrapping_add(x.wrapping_mul(b.at(l, j)));
            }
        }
    }
}

/// Packed panels, kept between products. At most 64·256 + 256·512 elements.
#[derive(Default)]
pub struct Scratch<F> {
    a: Vec<F>,
    b: Vec<F>,
}

/// `out += a · b` with a (N, K), b (K, M), and out (N, M) row-major.
pub fn product<F: Float>(n: usize, k: usize, m: usize, a: Matrix<'_, F>, b: Matrix<'_, F>, out: &mut [F], scratch: &mut Scratch<F>) {
    if n == 0 || k == 0 || m == 0 {
        return;
    }
    if n < TILE_ROWS && few_rows(n, k, m, a, b, out) {
        return;
    }
    for column in (0..m).step_by(BLOCK_COLUMNS) {
        let columns = BLOCK_COLUMNS.min(m - column);
        for depth in (0..k).step_by(BLOCK_DEPTH) {
            let depths = BLOCK_DEPTH.min(k - depth);
            pack_slivers::<F, TILE_COLUMNS>(b.from(depth, column).transposed(), columns, depths, &mut scratch.b);
            for row in (0..n).step_by(BLOCK_ROWS) {
                let rows = BLOCK_ROWS.min(n - row);
                pack_slivers::<F, TILE_ROWS>(a.from(row, depth), rows, depths, &mut scratch.a);
                for (i, sliver_a) in scratch.a.chunks_exact(depths * TILE_ROWS).enumerate() {
                    let top = row + i * TILE_ROWS;
                    for (j, sliver_b) in scratch.b.chunks_exact(depths * TILE_COLUMNS).enumerate() {
                        let tile = register_tile(sliver_a, sliver_b);
                        let left = column + j * TILE_COLUMNS;
                        let width = TILE_COLUMNS.min(m - left);
                        for (r, sums) in tile.iter().enumerate().take(n - top) {
                            let start = (top + r) * m + left;
                            for (cell, &sum) in out[start..start + width].iter_mut().zip(sums) {
                                *cell += sum;
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The sums of one tile, held in registers over the whole depth.
#[inline(always)]
fn register_tile<F: Float>(a: &[F], b: &[F]) -> [[F; TILE_COLUMNS]; TILE_ROWS] {
    let mut tile = [[F::ZERO; TILE_COLUMNS]; TILE_ROWS];
    for (a, b) in a.chunks_exact(TILE_ROWS).zip(b.chunks_exact(TILE_COLUMNS)) {
        for (sums, &x) in tile.iter_mut().zip(a) {
            for (sum, &y) in sums.iter_mut().zip(b) {
                *sum += x * y;
            }
        }
    }
    tile
}

/// Packs `rows` × `depths` cells as slivers of `WIDTH` rows, depth after depth, filled up with zeros.
fn pack_slivers<F: Float, const WIDTH: usize>(matrix: Matrix<'_, F>, rows: usize, depths: usize, packed: &mut Vec<F>) {
    packed.clear();
    packed.resize(rows.div_ceil(WIDTH) * WIDTH * depths, F::ZERO);
    for (sliver, target) in packed.chunks_exact_mut(WIDTH * depths).enumerate() {
        let first = sliver * WIDTH;
        let width = WIDTH.min(rows - first);
        if matrix.row_step == 1 {
            for (depth, cells) in target.chunks_exact_mut(WIDTH).enumerate() {
                let start = matrix.position(first, depth) as usize;
                cells[..width].copy_from_slice(&matrix.cells[start..start + width]);
            }
        } else {
            for r in 0..width {
                let mut position = matrix.position(first + r, 0);
                for cells in target.chunks_exact_mut(WIDTH) {
                    cells[r] = matrix.cells[position as usize];
                    position += matrix.column_step;
                }
            }
        }
    }
}

/// A product of so few rows that packing b would cost as much as the product; false if b's strides forbid it.
fn few_rows<F: Float>(n: usize, k: usize, m: usize, a: Matrix<'_, F>, b: Matrix<'_, F>, out: &mut [F]) -> bool {
    if b.column_step == 1 || m == 1 {
        for i in 0..n {
            let out = &mut out[i * m..(i + 1) * m];
            for l in 0..k {
                let x = a.at(i, l);
                match b.row(l, m) {
                    Some(row) => out.iter_mut().zip(row).for_each(|(cell, &y)| *cell += x * y),
                    None => out[0] += x * b.at(l, 0),
                }
            }
        }
        return true;
    }
    if b.row_step == 1 {
        let columns = b.transposed();
        let mut row = Vec::with_capacity(k);
        for i in 0..n {
            row.clear();
            row.extend((0..k).map(|l| a.at(i, l)));
            for j in 0..m {
                if let Some(column) = columns.row(j, k) {
                    out[i * m + j] += dot(&row, column);
                }
            }
        }
        return true;
    }
    false
}

/// Σ aᵢ·bᵢ in sixteen lanes.
fn dot<F: Float>(a: &[F], b: &[F]) -> F {
    const LANES: usize = 16;
    let mut lanes = [F::ZERO; LANES];
    let (chunks_a, chunks_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = chunks_a.remainder().iter().zip(chunks_b.remainder());
    for (a, b) in chunks_a.zip(chunks_b) {
        for (lane, (&x, &y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += x * y;
        }
    }
    let tail = rest.fold(F::ZERO, |sum, (&x, &y)| sum + x * y);
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] += lanes[i + width];
        }
        width /= 2;
    }
    lanes[0] + tail
}
