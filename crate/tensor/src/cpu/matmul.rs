//! Matrix products: blocked and packed, with a register tile in the middle
//! (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34, 2008).

use std::borrow::Cow;

use super::element::{Compute, Element, by_float};
use super::float::Float;
use super::narrow::Narrow;
use super::team::{multiply_adds, parts, share};
use crate::ops::{Spec, View};
use crate::{Error, Layout, Result, Values};

/// Rows and columns of the register tile: 4×8 float32 fill 8 of 16 SIMD registers with sums.
const TILE_ROWS: usize = 4;
const TILE_COLUMNS: usize = 8;
/// Blocks of the three dimensions: a panel of a (64×256) stays in L2, a sliver of b (256×8) in L1.
const BLOCK_ROWS: usize = 64;
const BLOCK_DEPTH: usize = 256;
const BLOCK_COLUMNS: usize = 512;
/// So many lines of a matrix are added to a row at once, while sums stay in registers, if they are longer than short ones:
/// those are read column by column of what a register holds, all of them.
const LINES: usize = 8;
const SHORT_LINE: usize = 256;
/// So many rows or columns a part has at least that is shared, since it packs the other matrix for itself; fewer columns may
/// be computed in another way (`simd/fixed.rs`).
const FEWEST_LINES: usize = 64;

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
    #[inline]
    pub fn transposed(self) -> Matrix<'a, T> {
        Matrix { row_step: self.column_step, column_step: self.row_step, ..self }
    }

    /// The part that starts at (row, column).
    #[inline]
    pub fn from(self, row: usize, column: usize) -> Matrix<'a, T> {
        Matrix { offset: self.position(row, column), ..self }
    }

    #[inline]
    fn position(&self, row: usize, column: usize) -> isize {
        self.offset + row as isize * self.row_step + column as isize * self.column_step
    }

    #[inline]
    pub fn at(&self, row: usize, column: usize) -> T {
        self.cells[self.position(row, column) as usize]
    }

    /// The first N rows of K cells, one after the other: where they lie so, or copied.
    fn rows<'b>(&'b self, n: usize, k: usize, copied: &'b mut Vec<T>) -> &'b [T] {
        let start = self.offset as usize;
        if self.column_step == 1 && (n == 1 || self.row_step == k as isize) {
            return &self.cells[start..start + n * k];
        }
        copied.clear();
        for row in 0..n {
            copied.extend((0..k).map(|column| self.at(row, column)));
        }
        copied
    }
}

/// The product of two tensors of matrices whose batch dimensions broadcast.
pub fn matmul(a: &View<'_>, b: &View<'_>, output: &Spec) -> Result<Values> {
    if right(output) == 0 {
        // One column: as one row, it reads each cell of a once.
        let turned = |view: &View<'_>| view.layout.transpose(view.layout.dimensions() - 2, view.layout.dimensions() - 1);
        let (left, right) = (turned(b), turned(a));
        let mut output = output.clone();
        let rank = output.shape.len();
        output.shape.swap(rank - 2, rank - 1);
        return matmul(&View { layout: &left, ..*b }, &View { layout: &right, ..*a }, &output);
    }
    if output.dtype.is_float() {
        by_float!(output.dtype, F => {
            let (a, b) = (Operand::<F>::new(a)?, Operand::<F>::stored(b)?);
            let mut out = vec![<F as Float>::ZERO; output.numel()];
            let mut scratch = Scratch::default();
            each_pair(&a, &b, output, &mut out, |n, k, m, a, start, out| {
                product(n, k, m, a, b.stored_matrix(start), out, &mut scratch);
            })?;
            Ok(F::store(out, output.dtype))
        })
    } else {
        let (a, b) = (Operand::<i64>::new(a)?, Operand::<i64>::new(b)?);
        let mut out = vec![0i64; output.numel()];
        each_pair(&a, &b, output, &mut out, |n, k, m, a, start, out| {
            integer_product(n, k, m, a, b.matrix(start), out);
        })?;
        Ok(i64::store(out, output.dtype))
    }
}

/// A tensor of matrices, its elements in the type that is computed in, or still to be widened to it.
struct Operand<'a, T: Element> {
    cells: Cow<'a, [T]>,
    narrow: Option<Narrow<'a>>,
    layout: Cow<'a, Layout>,
}

impl<'a, T: Compute> Operand<'a, T> {
    /// Elements of the right type stay where they are, whatever their strides; others are converted.
    fn new(view: &View<'a>) -> Result<Operand<'a, T>> {
        let layout = Cow::Borrowed(view.layout);
        if let Some(cells) = T::slice(view.values) {
            return Ok(Operand { cells: cells.into(), narrow: None, layout });
        }
        Ok(Operand { cells: T::read(view)?, narrow: None, layout: Cow::Owned(Layout::contiguous(&view.layout.shape)) })
    }

    /// As `new`, but narrow elements stay as they are where rows or columns of them lie one after another.
    fn stored(view: &View<'a>) -> Result<Operand<'a, T>> {
        if T::slice(view.values).is_some() || !has_lines(view.layout) {
            return Operand::new(view);
        }
        Ok(Operand { cells: Cow::Borrowed(&[]), narrow: Some(Narrow { values: view.values, scales: view.scales }), layout: Cow::Borrowed(view.layout) })
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

    /// Whether all its matrices are the same one.
    fn is_one_matrix(&self) -> bool {
        let Layout { shape, strides, .. } = &*self.layout;
        shape.iter().zip(strides).take(shape.len() - 2).all(|(&size, &stride)| size == 1 || stride == 0)
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

    fn stored_matrix(&self, offset: usize) -> Stored<'_, T> {
        Stored { matrix: self.matrix(offset), narrow: self.narrow }
    }
}

/// Whether rows or columns of the matrices lie one after another.
pub fn has_lines(layout: &Layout) -> bool {
    layout.strides.iter().rev().take(2).any(|&step| step == 1)
}

/// Which input of a product is its right-hand matrix: of a column, the first, as a row.
pub fn right(output: &Spec) -> usize {
    if matches!(output.shape[..], [.., n, 1] if n > 1) { 0 } else { 1 }
}

/// Runs `f(N, K, M, a, where b starts, out)` for every matrix of the output.
fn each_pair<T: Compute>(
    a: &Operand<'_, T>,
    b: &Operand<'_, T>,
    output: &Spec,
    out: &mut [T],
    mut f: impl FnMut(usize, usize, usize, Matrix<'_, T>, usize, &mut [T]),
) -> Result<()> {
    let ([batch @ .., n, m], Some(&k)) = (&output.shape[..], a.layout.shape.last()) else { return Ok(()) };
    // One matrix on the right of a batch whose rows lie evenly: the rows of the batch are rows of one product.
    let rows = batch.iter().product::<usize>() * n;
    if b.is_one_matrix() && a.layout.is_contiguous() && rows * k == a.layout.numel() {
        f(rows, k, *m, Matrix::row_major(&a.cells, a.layout.offset, k), b.layout.offset, out);
        return Ok(());
    }
    let (Some(wide_a), Some(wide_b)) = (a.batch(batch), b.batch(batch)) else {
        return Err(Error::Runtime("the batch dimensions of a matrix product do not broadcast".into()));
    };
    for ((out, start_a), start_b) in out.chunks_exact_mut((n * m).max(1)).zip(wide_a.positions()).zip(wide_b.positions()) {
        f(*n, k, *m, a.matrix(start_a), start_b, out);
    }
    Ok(())
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

/// The right-hand matrix of a product as it is stored: in the type that is computed in, or in a narrower one
/// (then `matrix` has its place and no cells, and one of its steps is 1).
#[derive(Clone, Copy)]
pub struct Stored<'a, F> {
    matrix: Matrix<'a, F>,
    narrow: Option<Narrow<'a>>,
}

impl<'a, F> From<Matrix<'a, F>> for Stored<'a, F> {
    #[inline]
    fn from(matrix: Matrix<'a, F>) -> Stored<'a, F> {
        Stored { matrix, narrow: None }
    }
}

impl<'a, F: Float> Stored<'a, F> {
    /// The part that starts at a column.
    fn starting_at(self, column: usize) -> Stored<'a, F> {
        Stored { matrix: self.matrix.from(0, column), ..self }
    }

    /// The part that starts at (row, column), widened into `wide` if need be.
    #[inline]
    fn block<'b>(&self, [row, column]: [usize; 2], [rows, columns]: [usize; 2], wide: &'b mut Vec<F>) -> Matrix<'b, F>
    where
        'a: 'b,
    {
        let block = self.matrix.from(row, column);
        let Some(narrow) = self.narrow else { return block };
        wide.clear();
        let is_transposed = block.column_step != 1;
        let (lines, length) = if is_transposed { (columns, rows) } else { (rows, columns) };
        let step = if is_transposed { block.column_step } else { block.row_step };
        for line in 0..lines as isize {
            let start = (block.offset + line * step) as usize;
            F::widen(&narrow, start..start + length, wide);
        }
        let block = Matrix::row_major(wide, 0, length);
        if is_transposed { block.transposed() } else { block }
    }
}

/// Packed panels and a widened block, kept between products. At most 64·256 + 2·256·512 elements, or four rows of either.
#[derive(Default)]
pub struct Scratch<F> {
    a: Vec<F>,
    b: Vec<F>,
    wide: Vec<F>,
}

/// `out += a · b` with a (N, K), b (K, M), and out (N, M) row-major.
pub fn product<'a, F: Float>(
    n: usize,
    k: usize,
    m: usize,
    a: Matrix<'_, F>,
    b: impl Into<Stored<'a, F>>,
    out: &mut [F],
    scratch: &mut Scratch<F>,
) {
    let b = b.into();
    if n == 0 || k == 0 || m == 0 {
        return;
    }
    let is_few = n < TILE_ROWS && (b.matrix.row_step == 1 || b.matrix.column_step == 1);
    let compute = if is_few { few_rows } else { blocks };
    let work = multiply_adds(&[n, k, m]);
    let parts = parts(work).min(n.max(m) / FEWEST_LINES);
    if parts < 2 {
        return compute([n, k, m], a, b, out, scratch);
    }
    if n >= m {
        let rows = n.div_ceil(parts).next_multiple_of(TILE_ROWS);
        let mut pieces: Vec<(usize, &mut [F])> = out.chunks_mut(rows * m).enumerate().collect();
        return share(work, &mut pieces, Scratch::default, |(i, out), scratch| {
            compute([out.len() / m, k, m], a.from(*i * rows, 0), b, out, scratch);
        });
    }
    // Columns of `out` do not lie together.
    let mut pieces: Vec<(std::ops::Range<usize>, Vec<F>)> = (0..parts).map(|i| (i * m / parts..(i + 1) * m / parts, Vec::new())).collect();
    for (columns, piece) in &mut pieces {
        out.chunks_exact(m).for_each(|row| piece.extend(&row[columns.clone()]));
    }
    share(work, &mut pieces, Scratch::default, |(columns, out), scratch| {
        compute([n, k, columns.len()], a, b.starting_at(columns.start), out, scratch);
    });
    for (columns, piece) in pieces {
        let rows = out.chunks_exact_mut(m).zip(piece.chunks_exact(columns.len()));
        rows.for_each(|(row, piece)| row[columns.clone()].copy_from_slice(piece));
    }
}

fn blocks<F: Float>([n, k, m]: [usize; 3], a: Matrix<'_, F>, b: Stored<'_, F>, out: &mut [F], scratch: &mut Scratch<F>) {
    for column in (0..m).step_by(BLOCK_COLUMNS) {
        let columns = BLOCK_COLUMNS.min(m - column);
        for depth in (0..k).step_by(BLOCK_DEPTH) {
            let depths = BLOCK_DEPTH.min(k - depth);
            let block = b.block([depth, column], [depths, columns], &mut scratch.wide);
            pack_slivers::<F, TILE_COLUMNS>(block.transposed(), columns, depths, &mut scratch.b);
            for row in (0..n).step_by(BLOCK_ROWS) {
                let rows = BLOCK_ROWS.min(n - row);
                pack_slivers::<F, TILE_ROWS>(a.from(row, depth), rows, depths, &mut scratch.a);
                for (i, sliver_a) in scratch.a.chunks_exact(depths * TILE_ROWS).enumerate() {
                    let top = row + i * TILE_ROWS;
                    for (j, sliver_b) in scratch.b.chunks_exact(depths * TILE_COLUMNS).enumerate() {
                        let tile = F::tile(sliver_a, sliver_b);
                        let left = column + j * TILE_COLUMNS;
                        let width = TILE_COLUMNS.min(m - left);
                        for (r, sums) in tile.iter().enumerate().take(n - top) {
                            let start = (top + r) * m + left;
                            let cells = &mut out[start..start + width];
                            match cells.first_chunk_mut() {
                                Some(cells) => F::add_eight(cells, sums),
                                None => cells.iter_mut().zip(sums).for_each(|(cell, &sum)| *cell += sum),
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Packs `rows` × `depths` cells as slivers of `WIDTH` rows, depth after depth, filled up with zeros.
pub fn pack_slivers<F: Float, const WIDTH: usize>(matrix: Matrix<'_, F>, rows: usize, depths: usize, packed: &mut Vec<F>) {
    packed.clear();
    packed.resize(rows.div_ceil(WIDTH) * WIDTH * depths, F::ZERO);
    for (sliver, target) in packed.chunks_exact_mut(WIDTH * depths).enumerate() {
        let first = sliver * WIDTH;
        let width = WIDTH.min(rows - first);
        if matrix.row_step == 1 {
            for (depth, cells) in target.chunks_exact_mut(WIDTH).enumerate() {
                let start = matrix.position(first, depth) as usize;
                let from = &matrix.cells[start..start + width];
                // Of a known length, so that it is no call.
                match (cells.first_chunk_mut::<WIDTH>(), from.first_chunk()) {
                    (Some(cells), Some(from)) => *cells = *from,
                    _ => cells[..width].copy_from_slice(from),
                }
            }
        } else {
            let mut packed = 0;
            while matrix.column_step == 1 && packed + 4 <= width {
                let rows = std::array::from_fn(|r| &matrix.cells[matrix.position(first + packed + r, 0) as usize..][..depths]);
                F::interleave(rows, &mut target[packed..], WIDTH);
                packed += 4;
            }
            for r in packed..width {
                let mut position = matrix.position(first + r, 0);
                for cells in target.chunks_exact_mut(WIDTH) {
                    cells[r] = matrix.cells[position as usize];
                    position += matrix.column_step;
                }
            }
        }
    }
}

/// A product of so few rows that packing b would cost as much as the product: its cells are read once, in their order.
fn few_rows<F: Float>([n, k, m]: [usize; 3], a: Matrix<'_, F>, b: Stored<'_, F>, out: &mut [F], scratch: &mut Scratch<F>) {
    let rows = a.rows(n, k, &mut scratch.a);
    let are_rows = b.matrix.column_step == 1;
    if let (false, Some(narrow)) = (are_rows, b.narrow)
        && F::integer_products(rows, k, &narrow, [b.matrix.position(0, 0), b.matrix.column_step], out)
    {
        return;
    }
    if are_rows {
        let lines = if m <= SHORT_LINE { k } else { LINES };
        for first in (0..k).step_by(lines) {
            for (row, out) in rows.chunks_exact(k).zip(out.chunks_exact_mut(m)) {
                let x = &row[first..k.min(first + lines)];
                let start = |i: usize| b.matrix.position(first + i, 0) as usize;
                match b.narrow {
                    None => F::add_products(out, x, &b.matrix.cells[start(0)..], b.matrix.row_step as usize),
                    Some(narrow) => x.iter().enumerate().for_each(|(i, x)| F::add_narrow_product(out, *x, &narrow, start(i)..start(i) + m)),
                }
            }
        }
        return;
    }
    let places = [b.matrix.offset, b.matrix.column_step].map(|place| place as usize);
    match b.narrow {
        None => F::add_dots(rows, k, b.matrix.cells, places, out),
        Some(narrow) => F::add_dots_narrow(rows, k, &narrow, places, out),
    }
}
