//! Elementwise work that waits, and becomes one dispatch where it occurs often.

use tensor::gpu::Gpu;
use tensor::ops::binary::{Binary, Operator};
use tensor::ops::copy::Copy;
use tensor::ops::unary::{Function, Unary};
use tensor::{DType, Engine, Error, Layout, Tensor, Values};

use super::engines;

/// More often than operation by operation.
const TIMES: usize = 12;

/// Each step may differ by a few units in the last place, as in a kernel of its own (unary's tolerance is the larger one).
const TOLERANCE: f64 = 1e-5;

fn row(engine: &Engine, shape: &[usize], seed: f64) -> Tensor {
    let count = shape.iter().product();
    engine.tensor(Values::Float32((0..count).map(|i| ((i as f64 * 0.37 + seed).sin() * 2.0) as f32).collect()), shape).unwrap()
}

fn binary(engine: &Engine, operator: Operator, a: &Tensor, b: &Tensor) -> Tensor {
    engine.run(Binary { operator }, &[a, b]).unwrap()
}

fn unary(engine: &Engine, function: Function, a: &Tensor) -> Tensor {
    engine.run(Unary { function }, &[a]).unwrap()
}

fn values(engine: &Engine, tensor: &Tensor) -> Vec<f64> {
    pollster::block_on(engine.read(tensor)).unwrap();
    engine.values(tensor).unwrap().to_f64()
}

/// By how much of its size, or of one, a number differs at most; infinitely where one is not a number and the other is.
fn off(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let apart = |(&x, &y): (&f64, &f64)| match (x - y).abs() / y.abs().max(1.0) {
        _ if x == y || (x.is_nan() && y.is_nan()) => 0.0,
        apart if apart.is_nan() => f64::INFINITY,
        apart => apart,
    };
    found.iter().zip(expected).map(apart).fold(0.0, f64::max)
}

/// What the program gives on both devices, time after time.
fn agree(program: impl Fn(&Engine) -> Vec<Tensor>) {
    let (cpu, gpu) = engines();
    let expected: Vec<Vec<f64>> = program(&cpu).iter().map(|tensor| values(&cpu, tensor)).collect();
    for time in 0..TIMES {
        for (number, (tensor, expected)) in program(&gpu).iter().zip(&expected).enumerate() {
            let off = off(&values(&gpu, tensor), expected);
            assert!(off <= TOLERANCE, "time {time}, tensor {number}: off by {off:e}");
        }
    }
}

/// As models turn queries and keys: `pairs * cos + pairs.flip(-2) * sin`.
fn rotation(engine: &Engine) -> Tensor {
    let pairs = row(engine, &[2, 3, 2, 8], 0.1);
    let (cos, sin) = (row(engine, &[3, 1, 8], 0.2), row(engine, &[3, 2, 8], 0.3));
    let flipped = engine.run(Copy { dtype: DType::Float32 }, &[&pairs.view(pairs.layout().reverse(2))]).unwrap();
    let turned = binary(engine, Operator::Mul, &flipped, &sin);
    let kept = binary(engine, Operator::Mul, &pairs, &cos);
    binary(engine, Operator::Add, &kept, &turned)
}

#[test]
fn a_rotation_is_what_its_operations_give() {
    agree(|engine| vec![rotation(engine)]);
}

#[test]
fn what_occurs_often_is_one_dispatch_and_what_nobody_reads_is_none() {
    let gpu = pollster::block_on(Gpu::open()).unwrap();
    let engine = Engine::webgpu(gpu.clone());
    let dispatches = || {
        let before = gpu.recorded();
        engine.settle(&rotation(&engine)).unwrap();
        gpu.recorded() - before
    };
    let each: Vec<usize> = (0..TIMES).map(|_| dispatches()).collect();
    assert_eq!((each[0], each[TIMES - 1]), (4, 1), "{each:?}");
    let before = gpu.recorded();
    for _ in 0..3 {
        rotation(&engine);
    }
    assert_eq!(gpu.recorded(), before);
}

#[test]
fn every_step_does_what_its_operation_does() {
    use Function::*;
    for function in [Neg, Square, Exp, Tanh, Sigmoid, Relu, Silu, Gelu, GeluTanh] {
        for operator in [Operator::Add, Operator::Sub, Operator::Mul, Operator::Div] {
            agree(|engine| {
                let (a, b) = (row(engine, &[5, 7], 0.4), row(engine, &[7], 1.0));
                let b = binary(engine, Operator::Add, &b, &engine.tensor(Values::Float32(vec![3.0]), &[]).unwrap());
                vec![binary(engine, operator, &unary(engine, function, &a), &b)]
            });
        }
    }
}

#[test]
fn what_is_used_twice_or_read_in_between_stays_what_it_was() {
    agree(|engine| {
        let (a, b) = (row(engine, &[4, 33], 0.5), row(engine, &[4, 33], 0.6));
        let product = binary(engine, Operator::Mul, &a, &b);
        let square = binary(engine, Operator::Mul, &product, &product);
        let sum = binary(engine, Operator::Add, &square, &product);
        values(engine, &square);
        let gate = binary(engine, Operator::Mul, &unary(engine, Function::Silu, &sum), &square);
        vec![gate, product, sum, square]
    });
}

#[test]
fn more_than_one_kernel_reads_is_done_in_several() {
    agree(|engine| {
        let rows: Vec<Tensor> = (0..9).map(|i| row(engine, &[3, 11], f64::from(i))).collect();
        let sum = rows.iter().skip(1).fold(rows[0].clone(), |sum, row| binary(engine, Operator::Add, &sum, row));
        let product = binary(engine, Operator::Mul, &sum, &binary(engine, Operator::Sub, &rows[1], &sum));
        vec![product, sum]
    });
}

#[test]
fn a_write_does_not_reach_what_was_asked_for_before_it() {
    agree(|engine| {
        let (a, b) = (row(engine, &[6, 4], 0.7), row(engine, &[4], 0.8));
        let a = engine.run(Copy { dtype: DType::Float32 }, &[&a]).unwrap();
        let before = binary(engine, Operator::Mul, &a, &b);
        engine.write(&a.view(Layout { shape: vec![4], strides: vec![1], offset: 4 }), &b).unwrap();
        engine.write(&before.view(Layout { shape: vec![4], strides: vec![1], offset: 8 }), &b).unwrap();
        vec![binary(engine, Operator::Sub, &before, &a), before, a]
    });
}

/// Numbers below `end`, always the same ones.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }
}

/// Work on six tensors in any order, with views, writes, and reads in between.
fn any_program(engine: &Engine, seed: usize) -> Vec<Tensor> {
    let mut dice = Dice(seed as u64);
    let shapes: [&[usize]; 4] = [&[3, 4], &[4], &[3, 1], &[2, 3, 4]];
    let mut tensors: Vec<Tensor> = (0..6).map(|i| row(engine, shapes[dice.roll(4)], i as f64)).collect();
    for _ in 0..40 {
        let (a, b) = (tensors[dice.roll(6)].clone(), tensors[dice.roll(6)].clone());
        let target = dice.roll(6);
        tensors[target] = match dice.roll(12) {
            0..5 => binary(engine, [Operator::Add, Operator::Sub, Operator::Mul][dice.roll(3)], &a, &b),
            // Bounded, so that products of products stay numbers.
            5..8 => unary(engine, [Function::Tanh, Function::Sigmoid][dice.roll(2)], &a),
            8 => unary(engine, [Function::Neg, Function::Relu][dice.roll(2)], &a),
            9 => engine.run(Copy { dtype: DType::Float32 }, &[&a.view(a.layout().reverse(a.dimensions() - 1))]).unwrap(),
            10 => {
                if a.layout().expand(b.shape()).is_some() {
                    engine.write(&b, &a).unwrap();
                }
                b
            }
            _ => {
                values(engine, &a);
                a
            }
        };
    }
    tensors
}

#[test]
fn any_program_gives_what_it_gives_on_the_cpu() {
    let (cpu, gpu) = engines();
    for seed in 0..200 {
        for is_recorded in [false, true] {
            if is_recorded {
                gpu.start_tape(1 << 20);
            }
            for (number, (found, expected)) in any_program(&gpu, seed).iter().zip(any_program(&cpu, seed)).enumerate() {
                let off = off(&values(&gpu, found), &values(&cpu, &expected));
                // What one step is off, up to forty others take on and add to.
                assert!(off <= 10.0 * TOLERANCE, "program {seed}, tensor {number}: off by {off:e}");
            }
            gpu.take_tape();
        }
    }
}

#[test]
fn ten_thousand_that_nobody_reads_wait_for_nothing() {
    let (_, gpu) = engines();
    let one = gpu.tensor(Values::Float32(vec![1.0; 3]), &[3]).unwrap();
    let mut sum = one.clone();
    for _ in 1..10_000 {
        sum = binary(&gpu, Operator::Add, &sum, &one);
    }
    assert_eq!(values(&gpu, &sum), [10_000.0; 3]);
    // What is left holds no more than what is alive.
    assert_eq!(gpu.memory().used(), 2 * 12);
}

#[test]
fn what_a_tape_holds_is_computed_when_somebody_looks() {
    let (_, gpu) = engines();
    gpu.start_tape(1 << 20);
    let one = gpu.tensor(Values::Float32(vec![1.0; 3]), &[3]).unwrap();
    let mut sum = one.clone();
    for _ in 1..10_000 {
        sum = binary(&gpu, Operator::Add, &sum, &one);
    }
    let tape = gpu.take_tape().unwrap();
    assert_eq!(values(&gpu, &sum), [10_000.0; 3]);
    for (number, entry) in tape.entries().iter().enumerate().step_by(997) {
        assert_eq!(values(&gpu, &entry.output), [number as f64 + 2.0; 3]);
    }
}

#[test]
fn what_cannot_be_is_said_at_once() {
    let (_, gpu) = engines();
    let (a, b) = (row(&gpu, &[3], 0.0), row(&gpu, &[4], 0.0));
    assert!(matches!(gpu.run(Binary { operator: Operator::Add }, &[&a, &b]), Err(Error::Runtime(_))));
    gpu.memory().set_limit(gpu.memory().used() + 4);
    assert!(matches!(gpu.run(Binary { operator: Operator::Add }, &[&a, &a]), Err(Error::OutOfMemory(_))));
}
