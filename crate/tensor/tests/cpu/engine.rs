//! The engine around the kernels: errors, memory, in-place writes, the tape.

use tensor::ops::binary::{Binary, Operator};
use tensor::ops::cat::Cat;
use tensor::ops::Cost;
use tensor::ops::gather::Gather;
use tensor::ops::index::Index;
use tensor::ops::matmul::MatMul;
use tensor::ops::reduce::{Reduce, Reduction};
use tensor::ops::unary::{Function, Unary};
use tensor::{DType, Device, Engine, Error, Tensor, Values};

const ADD: Binary = Binary { operator: Operator::Add };

fn numbers(engine: &Engine, shape: &[usize]) -> Tensor {
    let n = shape.iter().product();
    engine.tensor(Values::Float32((0..n).map(|i| i as f32).collect()), shape).unwrap()
}

fn floats(engine: &Engine, tensor: &Tensor) -> Vec<f32> {
    engine.values(tensor).unwrap().to_f32()
}

#[test]
fn errors_are_pytorch_s() {
    let engine = Engine::cpu();
    let a = numbers(&engine, &[2, 3]);
    let whole = engine.tensor(Values::Int64(vec![4, 5, 6]), &[3]).unwrap();
    let zero = engine.tensor(Values::Int64(vec![1, 0, 2]), &[3]).unwrap();
    let sentence = |result: tensor::Result<Tensor>| result.unwrap_err().to_string();
    let cases = [
        (sentence(engine.run(MatMul, &[&a, &a])), "mm: mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)"),
        (sentence(engine.run(MatMul, &[&a, &whole])), "both arguments to matmul need to be at least 2D here, but they are 2D and 1D"),
        (
            sentence(engine.run(ADD, &[&a, &numbers(&engine, &[4])])),
            "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1",
        ),
        (sentence(engine.run(Binary { operator: Operator::FloorDiv }, &[&whole, &zero])), "ZeroDivisionError"),
        (sentence(engine.run(Binary { operator: Operator::Remainder }, &[&whole, &zero])), "ZeroDivisionError"),
        (sentence(engine.run(Binary { operator: Operator::BitAnd }, &[&a, &a])), "\"bitwise_and_cpu\" not implemented for 'Float'"),
        (
            sentence(engine.run(Cat { dim: 0 }, &[&a, &numbers(&engine, &[2, 4])])),
            "Sizes of tensors must match except in dimension 0. Expected size 3 but got size 4 for tensor number 1 in the list.",
        ),
        (sentence(engine.run(Index { count: 1 }, &[&a, &whole])), "index 4 is out of bounds for dimension 0 with size 2"),
        (
            sentence(engine.run(Gather { dim: 1 }, &[&a, &whole.view(tensor::Layout::contiguous(&[1, 3]))])),
            "index 4 is out of bounds for dimension 1 with size 3",
        ),
        (
            sentence(engine.run(Reduce { reduction: Reduction::Mean, dims: vec![0], keep: false }, &[&whole])),
            "mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: Long",
        ),
    ];
    for (got, expected) in cases {
        assert_eq!(got, expected);
    }
}

/// 10¹² cells end in an error before anything is allocated: a test machine has no 4 TB.
#[test]
fn too_large_a_tensor_is_refused_before_it_is_allocated() {
    let engine = Engine::cpu();
    let full = engine.full(&[1_000_000, 1_000_000], DType::Float32, 1.0);
    assert!(matches!(full, Err(Error::OutOfMemory(_))), "{full:?}");
    // A column and a row of a million broadcast to as many.
    let column = engine.full(&[1_000_000, 1], DType::Float32, 1.0).unwrap();
    let row = engine.full(&[1, 1_000_000], DType::Float32, 1.0).unwrap();
    let used = engine.memory().used();
    assert!(matches!(engine.run(ADD, &[&column, &row]), Err(Error::OutOfMemory(_))));
    assert!(matches!(engine.run(MatMul, &[&column, &row]), Err(Error::OutOfMemory(_))));
    // So does a cell that is expanded to as many, when somebody needs the cells one after another.
    let wide = row.view(row.layout().expand(&[1_000_000, 1_000_000]).unwrap());
    let sum = Reduce { reduction: Reduction::Sum, dims: vec![0, 1], keep: false };
    assert!(matches!(engine.run(sum, &[&wide]), Err(Error::OutOfMemory(_))));
    assert!(matches!(engine.values(&wide), Err(Error::OutOfMemory(_))));
    assert_eq!(engine.memory().used(), used);
}

#[test]
fn memory_is_given_back() {
    let engine = Engine::cpu();
    engine.memory().set_limit(4000);
    let a = numbers(&engine, &[500]);
    assert_eq!(engine.memory().used(), 2000);
    for _ in 0..10 {
        engine.run(ADD, &[&a, &a]).unwrap();
    }
    assert_eq!((engine.memory().used(), engine.memory().peak()), (2000, 4000));
    assert!(matches!(numbers_or_error(&engine, 501), Err(Error::OutOfMemory(_))));
}

fn numbers_or_error(engine: &Engine, n: usize) -> tensor::Result<Tensor> {
    engine.tensor(Values::Float32(vec![0.0; n]), &[n])
}

#[test]
fn a_write_reaches_every_view_of_the_storage() {
    let engine = Engine::cpu();
    let a = numbers(&engine, &[2, 3]);
    let transposed = a.view(a.layout().transpose(0, 1));
    let row = a.view(a.layout().select(0, 1));
    engine.write(&row, &engine.scalar(9.0, DType::Float32).unwrap()).unwrap();
    assert_eq!(floats(&engine, &transposed), [0.0, 9.0, 1.0, 9.0, 2.0, 9.0]);
    // A source that shares the storage is read before it is overwritten.
    engine.write(&a.view(a.layout().slice(1, 0, 2, 1)), &a.view(a.layout().slice(1, 1, 2, 1))).unwrap();
    assert_eq!(floats(&engine, &a), [1.0, 2.0, 2.0, 9.0, 9.0, 9.0]);
}

#[test]
fn a_write_is_in_place_only_where_nobody_holds_the_old_values() {
    let engine = Engine::cpu();
    let a = numbers(&engine, &[1000]);
    let one = engine.scalar(1.0, DType::Float32).unwrap();
    engine.memory().reset_peak();
    let (used, id) = (engine.memory().used(), a.buffer().id);
    engine.write(&a, &one).unwrap();
    assert_eq!((engine.memory().peak(), engine.memory().used()), (used, used));
    assert_ne!(a.buffer().id, id, "new values have a new id");
    let snapshot = a.snapshot();
    engine.write(&a.view(a.layout().slice(0, 0, 1, 1)), &engine.scalar(5.0, DType::Float32).unwrap()).unwrap();
    assert_eq!((floats(&engine, &a)[0], floats(&engine, &snapshot)[0]), (5.0, 1.0));
}

/// With the tape on, values that were recorded stay what they were; the numbers are those without it.
#[test]
fn the_tape_keeps_what_was_and_changes_nothing() {
    let run = |taped: bool| {
        let engine = Engine::cpu();
        if taped {
            engine.start_tape(1 << 20);
        }
        let a = numbers(&engine, &[4]);
        let b = engine.run(ADD, &[&a, &a]).unwrap();
        engine.write(&a, &b).unwrap();
        let c = engine.run(Unary { function: Function::Exp }, &[&a]).unwrap();
        (engine.values(&c).unwrap(), engine.take_tape(), a.buffer().id, b)
    };
    let (plain, none, _, _) = run(false);
    let (values, tape, written, b) = run(true);
    assert!(none.is_none());
    assert_eq!(plain, values);
    let tape = tape.unwrap();
    assert_eq!(tape.entries().len(), 3);
    assert_eq!(tape.entries()[0].inputs[0].host_values(), Some(Values::Float32(vec![0.0, 1.0, 2.0, 3.0])));
    assert_eq!(tape.maker(written).unwrap().operation.description().name, "write");
    assert_eq!(tape.maker(b.buffer().id).unwrap().operation.description().name, "binary");
}

#[test]
fn the_tape_stays_within_its_budget() {
    let engine = Engine::cpu();
    engine.start_tape(10_000);
    let mut a = numbers(&engine, &[500]);
    for _ in 0..20 {
        a = engine.run(ADD, &[&a, &a]).unwrap();
    }
    let tape = engine.take_tape().unwrap();
    assert!(tape.bytes() <= 10_000 && tape.dropped() > 0);
    assert_eq!(tape.entries().len() + tape.dropped(), 20);
    assert_eq!(tape.entries().len(), 4, "five buffers of 2,000 bytes are four sums");
}

#[test]
fn a_write_is_in_place_again_once_the_tape_is_full() {
    let engine = Engine::cpu();
    let (a, b) = (numbers(&engine, &[500]), numbers(&engine, &[1]));
    engine.start_tape(2_010);
    let first = a.buffer().host().map(Values::bytes).map(<[u8]>::as_ptr);
    engine.write(&a, &b).unwrap();
    let moved = a.buffer().host().map(Values::bytes).map(<[u8]>::as_ptr);
    assert_ne!(moved, first, "the tape may ask for the old values");
    engine.with_tape(|tape| assert!(tape.hold(&numbers(&engine, &[500])) && tape.is_full())).unwrap();
    engine.write(&a, &b).unwrap();
    assert_eq!(a.buffer().host().map(Values::bytes).map(<[u8]>::as_ptr), moved);
}

/// The clock of this test is the engine's own count of work: a sum of 500 cells takes 500 ticks of a nanosecond.
#[test]
fn an_operation_is_timed_by_running_it_again() {
    let engine = Engine::cpu();
    engine.start_tape(1 << 20);
    let a = numbers(&engine, &[500]);
    let sum = engine.run(ADD, &[&a, &a]).unwrap();
    assert_eq!(engine.work(), Cost { flops: 500, bytes: 3 * 500 * 4 });
    let tape = engine.take_tape().unwrap();
    let clock = || engine.work().flops as f64 / 1e6;
    let time = pollster::block_on(tensor::timing::of_operation(&engine, tape.maker(sum.buffer().id).unwrap(), &clock)).unwrap();
    assert!((time - 0.5).abs() < 1e-9, "{time} µs");
}

#[test]
fn meta_tensors_have_shapes_and_no_values() {
    let engine = Engine::cpu();
    let a = engine.meta(&[1 << 20, 1 << 20], DType::Float32).unwrap();
    let product = engine.run(MatMul, &[&a, &a]).unwrap();
    assert_eq!((product.device(), product.shape()), (Device::Meta, &[1 << 20, 1 << 20][..]));
    assert_eq!(engine.memory().used(), 0);
    assert!(matches!(engine.values(&product), Err(Error::NotImplemented(_))));
}
