//! What was found out about an operation's starts is used for the same operation alone, and found out again where there is
//! no room for more.

use std::rc::Rc;

use tensor::ops::cat::Cat;
use tensor::ops::copy::Copy;
use tensor::ops::softmax::Softmax;
use tensor::ops::{self, Alike};
use tensor::{DType, Layout, Values};

use super::{engines, run};

#[test]
fn every_case_gives_the_same_the_second_time() {
    let (_, gpu) = engines();
    for description in ops::ALL {
        let mut first = Vec::new();
        for time in 0..2 {
            for (number, case) in (description.cases)().into_iter().enumerate() {
                let found = run(&gpu, Rc::from(case.operation), &case.inputs).ok().map(|(shape, values)| (shape, values.bytes().to_vec()));
                match time {
                    0 => first.push(found),
                    _ => assert!(found == first[number], "case {number} of {}", description.name),
                }
            }
        }
    }
}

#[test]
fn operations_are_alike_if_all_of_them_is() {
    let of_rows = Softmax { dim: 1, logarithm: false };
    assert!(of_rows.is_alike(&Softmax { dim: 1, logarithm: false }));
    for other in [Softmax { dim: 0, logarithm: false }, Softmax { dim: 1, logarithm: true }] {
        assert!(!of_rows.is_alike(&other));
    }
    assert!(!of_rows.is_alike(&Cat { dim: 1 }));
}

#[test]
fn more_different_parameters_than_there_is_room_for_are_each_their_own() {
    const COUNT: usize = 1500;
    let (_, gpu) = engines();
    let cells: Vec<i32> = (0..COUNT as i32 + 8).collect();
    let all = gpu.tensor(Values::Int32(cells.clone()), &[cells.len()]).unwrap();
    let eight = |first: usize| all.view(Layout { shape: vec![8], strides: vec![1], offset: first });
    let copies: Vec<_> = (0..COUNT).map(|first| gpu.run(Copy { dtype: DType::Int32 }, &[&eight(first)]).unwrap()).collect();
    // Of so many inputs more starts are made than are kept.
    let joined = gpu.run(Cat { dim: 0 }, &copies.iter().collect::<Vec<_>>()).unwrap();
    pollster::block_on(gpu.read(&joined)).unwrap();
    let expected: Vec<i32> = (0..COUNT).flat_map(|first| cells[first..first + 8].to_vec()).collect();
    assert_eq!(gpu.values(&joined).unwrap(), Values::Int32(expected));
}
