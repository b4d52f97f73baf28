//! What threads share comes out as it does alone, to the last bit.
//!
//! A file of its own, since a team is there for the whole process: everything is computed before it comes, and after.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};

use tensor::cpu::team::{Team, Work, bring};
use tensor::ops::binary::{Binary, Operator};
use tensor::ops::copy::Copy;
use tensor::ops::matmul::MatMul;
use tensor::ops::scaled_dot_product_attention::Attention;
use tensor::{DType, Engine, Layout, Tensor, Values};

const THREADS: usize = 3;

/// The operating system's threads, and how often they were asked.
struct Threads(AtomicUsize);

impl Team for Threads {
    fn size(&self) -> usize {
        THREADS
    }

    fn run(&self, parts: usize, work: &Work<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        let next = AtomicUsize::new(0);
        let take = || Some(next.fetch_add(1, Ordering::Relaxed)).filter(|&part| part < parts);
        std::thread::scope(|scope| {
            (1..THREADS).for_each(|_| drop(scope.spawn(|| work(&mut || take()))));
            work(&mut || take());
        });
    }
}

static TEAM: Threads = Threads(AtomicUsize::new(0));

fn numbers(engine: &Engine, shape: &[usize]) -> Tensor {
    let count = shape.iter().product();
    let cells = (0..count).map(|i: usize| ((i * 7919 % 10007) as f32 - 5003.0) / 1024.0).collect();
    engine.tensor(Values::Float32(cells), shape).unwrap()
}

/// A weight (M, K) as `nn.Linear` has it, turned; of int8 with a scale for each 32 where `dtype` is that.
fn weight(engine: &Engine, dtype: DType, [k, m]: [usize; 2]) -> Tensor {
    let cells: Vec<f64> = (0..k * m).map(|i| (i * 31 % 251) as f64 - 125.0).collect();
    let narrow = engine.tensor(Values::from_f64(dtype, &cells), &[m, k]).unwrap();
    let wide = engine.run(Copy { dtype: DType::Float32 }, &[&narrow]).unwrap();
    let scaled = if dtype == DType::Int8 {
        let grouped = wide.view(Layout::contiguous(&[m, k / 32, 32]));
        let scaled = engine.run(Binary { operator: Operator::Mul }, &[&grouped, &numbers(engine, &[m, k / 32, 1])]).unwrap();
        scaled.view(Layout::contiguous(&[m, k]))
    } else {
        wide
    };
    let turned = scaled.layout().transpose(0, 1);
    scaled.view(turned)
}

/// Bits of what is large enough to be shared, and its name.
fn results(engine: &Engine) -> Vec<(String, Vec<u32>)> {
    let mut results = Vec::new();
    let mut add = |name: String, operation: &dyn Fn() -> Tensor| {
        let values = engine.values(&operation()).unwrap().to_f32();
        results.push((name, values.iter().map(|x| x.to_bits()).collect()));
    };
    for [n, k, m] in [[300, 70, 130], [130, 70, 300], [7, 1031, 517], [1000, 300, 9], [4, 4096, 160]] {
        let (a, b) = (numbers(engine, &[n, k]), numbers(engine, &[k, m]));
        add(format!("{n}x{k} by {k}x{m}"), &|| engine.run(MatMul, &[&a, &b]).unwrap());
    }
    for dtype in [DType::Float32, DType::BFloat16, DType::Int8, DType::UInt8] {
        for [n, k, m] in [[1, 1024, 1100], [3, 8192, 130], [60, 512, 700]] {
            let (a, b) = (numbers(engine, &[n, k]), weight(engine, dtype, [k, m]));
            add(format!("{n}x{k} by {} {k}x{m}", dtype.name()), &|| engine.run(MatMul, &[&a, &b]).unwrap());
        }
    }
    for (h, g, t, s) in [(4, 4, 200, 200), (6, 2, 131, 131), (4, 1, 30, 700), (16, 16, 1, 900), (8, 8, 3, 900)] {
        let (q, k, v) = (numbers(engine, &[2, h, t, 40]), numbers(engine, &[2, g, s, 40]), numbers(engine, &[2, g, s, 24]));
        let mask: Vec<bool> = (0..t * s).map(|i| i % 7 != 3).collect();
        let mask = engine.tensor(Values::Bool(mask), &[t, s]).unwrap();
        for causal in [true, false] {
            let attention = || Attention { scale: 0.01, causal, window: None };
            add(format!("attention {h}, {g}, {t}, {s}, {causal}"), &|| engine.run(attention(), &[&q, &k, &v]).unwrap());
            add(format!("masked attention {h}, {g}, {t}, {s}, {causal}"), &|| engine.run(attention(), &[&q, &k, &v, &mask]).unwrap());
        }
    }
    results
}

#[test]
fn what_is_shared_is_what_one_thread_computes() {
    let engine = Engine::cpu();
    let alone = results(&engine);
    bring(&TEAM);
    let before = TEAM.0.load(Ordering::Relaxed);
    let shared = results(&engine);
    for ((name, alone), (_, shared)) in alone.iter().zip(&shared) {
        assert!(alone.iter().all(|&bits| f32::from_bits(bits).is_finite()), "{name}");
        assert_eq!(alone, shared, "{name}");
    }
    assert_eq!((before, TEAM.0.load(Ordering::Relaxed)), (0, shared.len()), "each was to be shared, once");
}
