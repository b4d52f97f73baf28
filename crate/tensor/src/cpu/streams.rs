//! In what order the lines of a matrix are read where each is read once, and memory is what takes the time.

use std::ops::AddAssign;

/// The numbers of `count` lines, N at a time. The next N are one further each, so that each reads on where its last line
/// ended: N streams through memory, along which the processor reads ahead. Numbers of `count` and more are of no line:
/// in their place the last is read, and what was computed of it is left.
pub fn streams<const N: usize>(count: usize) -> impl Iterator<Item = [usize; N]> {
    let length = count.div_ceil(N);
    (0..length).map(move |line| std::array::from_fn(|stream| line + stream * length))
}

/// Adds what was computed of [`streams`]' lines to their cells.
pub fn add_to_lines<F: Copy + AddAssign, const N: usize>(cells: &mut [F], lines: [usize; N], sums: [F; N]) {
    for (line, sum) in lines.into_iter().zip(sums) {
        if let Some(cell) = cells.get_mut(line) {
            *cell += sum;
        }
    }
}
