//! Views against plain index arithmetic on their cells.

use tensor::Layout;
use tensor::layout::{broadcast, numel, ravel, unravel};

/// A numbered tensor: the values under a layout are the storage positions of its cells.
fn shown(layout: &Layout) -> Vec<usize> {
    layout.positions().collect()
}

fn cells(shape: &[usize]) -> Vec<Vec<usize>> {
    (0..shape.iter().product()).map(|n| unravel(n, shape)).collect()
}

fn sample() -> Vec<Layout> {
    let dense = Layout::contiguous(&[3, 4, 5]);
    vec![
        Layout::contiguous(&[]),
        Layout::contiguous(&[7]),
        Layout::contiguous(&[1, 7, 1]),
        dense.permute(&[2, 0, 1]),
        dense.transpose(0, 1).slice(2, 1, 2, 2),
        dense.slice(0, 1, 2, 1).slice(1, 0, 2, 3),
        dense.select(1, 2),
        dense.reverse(1),
        dense.unsqueeze(1).unsqueeze(4),
        dense,
    ]
}

#[test]
fn positions_are_those_of_the_cells_in_row_major_order() {
    for layout in sample() {
        let expected: Vec<usize> = cells(&layout.shape).iter().map(|cell| layout.position(cell)).collect();
        assert_eq!(shown(&layout), expected, "{layout:?}");
    }
}

#[test]
fn cell_at_inverts_position_and_knows_what_is_not_shown() {
    for layout in sample() {
        let all = shown(&layout);
        for position in 0..80 {
            match layout.cell_at(position) {
                Some(cell) => assert_eq!(layout.position(&cell), position, "{layout:?}"),
                None => assert!(!all.contains(&position), "{layout:?} shows {position}"),
            }
        }
    }
}

#[test]
fn permute_and_slice_pick_the_cells_that_they_name() {
    let dense = Layout::contiguous(&[3, 4, 5]);
    let order = [2, 0, 1];
    let permuted = dense.permute(&order);
    for cell in cells(&permuted.shape) {
        let mut source = vec![0; 3];
        for (d, &from) in order.iter().enumerate() {
            source[from] = cell[d];
        }
        assert_eq!(permuted.position(&cell), dense.position(&source));
    }
    let sliced = dense.slice(1, 1, 2, 2);
    for cell in cells(&sliced.shape) {
        assert_eq!(sliced.position(&cell), dense.position(&[cell[0], 1 + 2 * cell[1], cell[2]]));
    }
    let reversed = dense.reverse(2);
    for cell in cells(&reversed.shape) {
        assert_eq!(reversed.position(&cell), dense.position(&[cell[0], cell[1], 4 - cell[2]]));
    }
}

/// A view under another shape shows the same cells in the same order; where it is refused, no strides could do it.
#[test]
fn view_keeps_the_order_of_cells() {
    let shapes: [&[usize]; 7] = [&[60], &[12, 5], &[3, 20], &[5, 12], &[2, 2, 3, 5], &[1, 60, 1], &[4, 3, 5]];
    for layout in sample() {
        for shape in shapes.into_iter().filter(|shape| shape.iter().product::<usize>() == layout.numel()) {
            match layout.view(shape) {
                Some(view) => assert_eq!(shown(&view), shown(&layout), "{layout:?} as {shape:?}"),
                None => assert!(!evenly(&shown(&layout), shape), "{layout:?} could be viewed as {shape:?}"),
            }
        }
    }
}

/// Whether these positions have one stride along every dimension of `shape`.
fn evenly(positions: &[usize], shape: &[usize]) -> bool {
    (0..shape.len()).all(|d| {
        let mut strides = cells(shape)
            .into_iter()
            .filter(|cell| cell[d] + 1 < shape[d])
            .map(|mut cell| {
                let here = positions[ravel(&cell, shape)] as i64;
                cell[d] += 1;
                positions[ravel(&cell, shape)] as i64 - here
            });
        let first = strides.next();
        strides.all(|stride| Some(stride) == first)
    })
}

#[test]
fn expanding_repeats_cells_and_refuses_what_does_not_broadcast() {
    let row = Layout::contiguous(&[3, 1]);
    let wide = row.expand(&[2, 3, 4]).unwrap();
    for cell in cells(&wide.shape) {
        assert_eq!(wide.position(&cell), row.position(&[cell[1], 0]));
    }
    assert_eq!(row.expand(&[4, 4]), None);
    assert_eq!(row.expand(&[3]), None);
    assert_eq!(broadcast(&[3, 1], &[4]).unwrap(), [3, 4]);
    let error = broadcast(&[3, 2], &[4, 2]).unwrap_err().to_string();
    assert_eq!(error, "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 0");
}

#[test]
fn shapes_that_no_memory_holds_are_refused() {
    assert_eq!(numel(&[1 << 20, 0, 1 << 50]).unwrap(), 0);
    assert!(numel(&[1 << 30, 1 << 30]).is_err());
    assert!(numel(&[usize::MAX, 2]).is_err());
    assert!(numel(&[1; 9]).is_err());
}
