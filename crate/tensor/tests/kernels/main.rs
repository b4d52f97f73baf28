//! The tiled shaders against the CPU around the sizes at which they change their ways:
//! a tile and its neighbours, a block and its neighbours, rows of many lengths, every view that they read in place.
#![cfg(feature = "vulkan")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod devices;

use devices::{Devices, Input};
use tensor::ops::Adapter;
use tensor::ops::arg_reduce::ArgReduce;
use tensor::ops::conv1d::Conv1d;
use tensor::ops::layer_norm::LayerNorm;
use tensor::ops::matmul::MatMul;
use tensor::ops::reduce::{Reduce, Reduction};
use tensor::ops::rms_norm::RmsNorm;
use tensor::ops::scaled_dot_product_attention::Attention;
use tensor::ops::scan::{Scan, Scanning};
use tensor::ops::softmax::Softmax;
use tensor::ops::sort::{Equal, Sort};
use tensor::{DType, Layout, Values};

/// float32 rounds at 6e-8; sums of a few hundred terms in another order differ by tens of that.
const SUMS: f64 = 1e-5;
/// A thousand products of numbers up to 2 add up to 40 or so, which rounds by up to 2e-6 at each of 256 fours: 2e-5 is usual,
/// and among a thousand cells one is off by three or four times that. It is what the operation states.
const LONG_SUMS: f64 = 1e-4;
/// One unit in the last place of the narrow types, where the float32 behind it lies near the middle of two.
const HALF: f64 = 1.0 / 512.0;
const BRAIN: f64 = 1.0 / 64.0;
const FLOATS: [(DType, f64); 3] = [(DType::Float32, SUMS), (DType::Float16, HALF), (DType::BFloat16, BRAIN)];

#[test]
fn matmul_in_software() {
    matmul(Adapter::Software);
}

#[test]
fn matmul_on_hardware() {
    matmul(Adapter::Hardware);
}

fn matmul(kind: Adapter) {
    let mut d = Devices::open(Some(kind));
    for (n, k, m) in [(1, 1, 1), (1, 7, 1), (3, 5, 7), (8, 16, 8), (63, 15, 65), (64, 16, 64), (65, 17, 63), (130, 33, 9), (1, 300, 200), (200, 1100, 2), (9, 0, 9)] {
        for a in [d.input(DType::Float32, &[n, k]), d.transposed(DType::Float32, &[n, k])] {
            for b in [d.input(DType::Float32, &[k, m]), d.transposed(DType::Float32, &[k, m])] {
                d.compare(MatMul, &[a.clone(), b], LONG_SUMS);
            }
        }
        for dtype in [DType::Int64, DType::Int32, DType::UInt8, DType::Int8] {
            let (a, b) = (d.input(dtype, &[n, k]), d.transposed(dtype, &[k, m]));
            d.compare(MatMul, &[a, b], 0.0);
        }
    }
    for (a, b) in [(vec![3, 1, 9, 4], vec![5, 4, 10]), (vec![2, 3, 2, 4], vec![2, 3, 4, 5]), (vec![70, 3], vec![4, 3, 70])] {
        for (dtype, tolerance) in FLOATS {
            let inputs = [d.input(dtype, &a), d.input(dtype, &b)];
            d.compare(MatMul, &inputs, tolerance);
        }
    }
    // Enough for the largest tiles: whole ones and not, rows that begin at a multiple of four and not.
    let sides = if kind == Adapter::Hardware { [(1448, 17, 1449), (1449, 20, 1448)] } else { [(65, 257, 66), (68, 256, 64)] };
    for (n, k, m) in sides.into_iter().chain([(8, 1024, 136)]) {
        let (a, b) = (d.input(DType::Float32, &[n, k]), d.input(DType::Float32, &[k, m]));
        for (a, b) in [(a.clone(), d.swapped(&b)), (d.swapped(&a), b.clone()), (a, b)] {
            d.compare(MatMul, &[a, b], LONG_SUMS);
        }
    }
    // Vectors and a few rows, with weights as they are stored and transposed: lines in whole fours of words and not.
    for (n, k, m) in [(1, 1024, 256), (3, 520, 72), (7, 40, 33), (1, 33, 40), (40, 1024, 3)] {
        for (dtype, tolerance) in FLOATS {
            let (a, b) = (d.input(dtype, &[n, k]), d.input(dtype, &[k, m]));
            for b in [d.swapped(&b), b] {
                d.compare(MatMul, &[a.clone(), b], tolerance.max(LONG_SUMS));
            }
        }
    }
    // Heads taken out of a projection: (B, T, H, D) read as (B, H, T, D).
    let [q, k] = [(); 2].map(|()| (d.values(DType::Float32, 2 * 9 * 3 * 8), Layout::contiguous(&[2, 9, 3, 8]).transpose(1, 2)));
    d.compare(MatMul, &[q, (k.0, k.1.transpose(2, 3))], LONG_SUMS);
    d.end();
}

#[test]
fn rows() {
    let mut d = Devices::open(None);
    let shapes: [&[usize]; 12] = [&[1], &[5], &[3, 1], &[7, 4], &[5, 63], &[4, 64], &[3, 65], &[2, 257], &[2, 1023], &[1, 70_001], &[300, 3], &[3, 17, 5]];
    for shape in shapes {
        for dim in 0..shape.len() {
            for (dtype, tolerance) in FLOATS {
                let x = d.input(dtype, shape);
                d.compare(Softmax { dim, logarithm: false }, &[x.clone()], tolerance);
                d.compare(Softmax { dim, logarithm: true }, &[x.clone()], tolerance);
                d.compare(Scan { scan: Scanning::Sum, dim }, &[x.clone()], tolerance * 8.0);
                d.compare(ArgReduce { largest: true, dim, keep: false }, &[x.clone()], 0.0);
                d.compare(ArgReduce { largest: false, dim, keep: true }, &[x], 0.0);
            }
            for dtype in [DType::Int64, DType::Int32, DType::Int8, DType::UInt8, DType::Bool] {
                let x = d.input(dtype, shape);
                d.compare(Scan { scan: Scanning::Sum, dim }, &[x.clone()], 0.0);
                d.compare(Scan { scan: Scanning::Prod, dim }, &[x.clone()], 0.0);
                d.compare(ArgReduce { largest: true, dim, keep: false }, &[x.clone()], 0.0);
                d.compare(ArgReduce { largest: false, dim, keep: false }, &[x], 0.0);
            }
        }
        for (dtype, tolerance) in FLOATS {
            for dims in 1..=shape.len() {
                let x = d.input(dtype, shape);
                let weight = d.input(dtype, &shape[shape.len() - dims..]);
                let bias = d.input(dtype, &shape[shape.len() - dims..]);
                // A row of one cell has no variance: epsilon alone divides.
                let epsilon = 1e-5;
                d.compare(LayerNorm { dims, epsilon }, &[x.clone()], tolerance);
                d.compare(LayerNorm { dims, epsilon }, &[x.clone(), weight.clone()], tolerance);
                d.compare(LayerNorm { dims, epsilon }, &[x.clone(), weight.clone(), bias], tolerance);
                d.compare(RmsNorm { dims, epsilon }, &[x.clone()], tolerance);
                d.compare(RmsNorm { dims, epsilon }, &[x, weight], tolerance);
            }
        }
    }
    d.end();
}

#[test]
fn reduce() {
    let mut d = Devices::open(None);
    let all = [Reduction::Sum, Reduction::Prod, Reduction::Mean, Reduction::Max, Reduction::Min, Reduction::Any, Reduction::All];
    let calls: [(&[usize], &[&[usize]]); 6] = [
        (&[], &[&[]]),
        (&[5], &[&[0]]),
        (&[3, 70], &[&[0], &[1], &[0, 1], &[]]),
        (&[2, 3, 4, 5], &[&[0], &[1], &[2], &[3], &[0, 2], &[1, 3], &[0, 1, 2, 3], &[3, 0]]),
        (&[1, 5000], &[&[1], &[0, 1]]),
        (&[0, 3], &[&[1]]),
    ];
    for (shape, dims) in calls {
        for dims in dims {
            for reduction in all {
                let operation = || Reduce { reduction, dims: dims.to_vec(), keep: false };
                for (dtype, tolerance) in FLOATS {
                    let x = d.input(dtype, shape);
                    d.compare(operation(), &[x], tolerance);
                    if shape.len() > 1 {
                        let x = d.transposed(dtype, shape);
                        d.compare(operation(), &[x], tolerance);
                    }
                }
                if reduction == Reduction::Mean {
                    continue;
                }
                for dtype in [DType::Int64, DType::Int32, DType::Int8, DType::UInt8, DType::Bool] {
                    let x = d.input(dtype, shape);
                    d.compare(operation(), &[x], 0.0);
                }
            }
        }
    }
    // Nothing to reduce: the identities, and no value for a mean.
    for reduction in [Reduction::Sum, Reduction::Prod, Reduction::Mean, Reduction::Any, Reduction::All] {
        let x = d.input(DType::Float32, &[3, 0]);
        d.compare(Reduce { reduction, dims: vec![1], keep: true }, &[x], 0.0);
    }
    d.end();
}

#[test]
fn sort() {
    let mut d = Devices::open(None);
    let shapes: [&[usize]; 11] = [&[1], &[2], &[17], &[3, 5], &[4, 33], &[2, 1023], &[2, 1024], &[3, 1025], &[5000], &[7, 3, 2], &[1500, 2]];
    for shape in shapes {
        for dim in 0..shape.len() {
            for descending in [false, true] {
                for dtype in [DType::Float32, DType::BFloat16, DType::Int64, DType::Int8, DType::Bool] {
                    let x = d.input(dtype, shape);
                    d.compare(Sort { dim, descending, equal: Equal::Stable }, &[x], 0.0);
                }
            }
        }
    }
    d.end();
}

/// Rows of few different numbers, in which every step of the selection meets equal ones; long ones that a heap takes, and
/// some that fall again and again on the worst median.
#[test]
fn the_first_of_equal_cells() {
    let mut d = Devices::open(None);
    for (length, k) in [(1, 1), (4, 2), (7, 7), (33, 20), (64, 1), (65, 1), (300, 4), (300, 200), (1024, 16), (1024, 17), (1024, 1024)] {
        for different in [2, 5, 1 << 20] {
            for (descending, sorted) in [(false, true), (true, true), (true, false)] {
                let worst = |i: usize| if i % 2 == 0 { i / 2 } else { length - i };
                let rows = (0..3).flat_map(|row| (0..length).map(move |i| if row == 0 { worst(i) } else { (i * 7919 + row * 31) % 10007 }));
                let cells: Vec<f64> = rows.map(|cell| (cell % different) as f64).collect();
                for dtype in [DType::Float32, DType::Int64] {
                    let x = (Values::from_f64(dtype, &cells), Layout::contiguous(&[3, length]));
                    d.compare(Sort { dim: 1, descending, equal: Equal::Top { k, sorted } }, &[x], 0.0);
                }
            }
        }
    }
    d.end();
}

#[test]
fn values_that_are_no_numbers() {
    let mut d = Devices::open(None);
    let (inf, nan) = (f64::INFINITY, f64::NAN);
    let rows: [[f64; 5]; 8] = [
        [1.0, nan, 2.0, 3.0, -1.0],
        [1.0, inf, 2.0, 3.0, -1.0],
        [1.0, -inf, 2.0, 3.0, -inf],
        [-inf; 5],
        [inf, -inf, 1.0, -0.0, 0.0],
        [-0.0, 0.0, -0.0, 0.0, -1e-30],
        [3e38, -3e38, 1e37, 1.0, 2.0],
        [nan, nan, inf, -inf, 1.0],
    ];
    for row in rows {
        for dtype in [DType::Float32, DType::BFloat16] {
            let x = || (Values::from_f64(dtype, &row), Layout::contiguous(&[5]));
            let tolerance = if dtype == DType::Float32 { SUMS } else { BRAIN };
            for logarithm in [false, true] {
                d.compare(Softmax { dim: 0, logarithm }, &[x()], tolerance);
            }
            for reduction in [Reduction::Sum, Reduction::Prod, Reduction::Mean, Reduction::Max, Reduction::Min, Reduction::Any, Reduction::All] {
                d.compare(Reduce { reduction, dims: vec![0], keep: false }, &[x()], tolerance);
            }
            for flag in [false, true] {
                d.compare(ArgReduce { largest: flag, dim: 0, keep: false }, &[x()], 0.0);
                d.compare(Sort { dim: 0, descending: flag, equal: Equal::Stable }, &[x()], 0.0);
            }
        }
    }
    d.end();
}

#[test]
fn attention_in_software() {
    attention(Adapter::Software);
}

#[test]
fn attention_on_hardware() {
    attention(Adapter::Hardware);
}

fn attention(kind: Adapter) {
    let mut d = Devices::open(Some(kind));
    // H, G, T, S, D, Dv
    let sizes = [
        (1, 1, 1, 1, 1, 1),
        (1, 1, 6, 6, 3, 2),
        (4, 2, 31, 33, 16, 16),
        (4, 1, 32, 32, 17, 33),
        (6, 2, 33, 65, 64, 64),
        (8, 2, 1, 100, 32, 32),
        (2, 2, 40, 40, 128, 129),
        (2, 1, 35, 34, 256, 256),
        (2, 2, 5, 0, 4, 4),
    ];
    for (h, g, t, s, depth, dv) in sizes {
        // The element type matters where cells are loaded; the small sizes show that.
        for &(dtype, tolerance) in if depth > 20 { &FLOATS[..1] } else { &FLOATS[..] } {
            let scale = 1.0 / (depth as f64).sqrt();
            let (q, k, v) = (d.input(dtype, &[2, h, t, depth]), d.transposed(dtype, &[2, g, s, depth]), d.input(dtype, &[2, g, s, dv]));
            let plain = Attention { scale, causal: false, window: None };
            let qkv = [q, k, v];
            d.compare(plain, &qkv, tolerance);
            for (causal, window) in [(true, None), (true, Some(5)), (false, Some(9)), (true, Some(33))] {
                d.compare(Attention { scale, causal, window }, &qkv, tolerance);
            }
            let with = |mask: Input| [&qkv[..], &[mask]].concat();
            let seen = d.input(DType::Bool, &[t, s]);
            d.compare(plain, &with(seen), tolerance);
            let bias = d.input(dtype, &[2, 1, t, s]);
            d.compare(plain, &with(bias), tolerance);
            let column = d.input(dtype, &[2, 1, 1, s]);
            d.compare(Attention { scale, causal: true, window: None }, &with(column), tolerance);
            // Rows that see nothing, by a bool, by -inf, and by low numbers, which is no hiding at all.
            let biases = [f64::NEG_INFINITY, -1e9, f64::from(f32::MIN)].map(|bias| Values::from_f64(dtype, &vec![bias; t * s]));
            for mask in [Values::Bool(vec![false; t * s])].into_iter().chain(biases) {
                d.compare(plain, &with((mask, Layout::contiguous(&[t, s]))), tolerance);
            }
        }
    }
    // Enough for the larger blocks: whole ones and not, more queries than keys and fewer.
    for (h, g, t, s, depth, dv) in [(4, 2, 67, 70, 64, 68), (2, 2, 128, 64, 64, 64), (8, 1, 3, 700, 64, 132)] {
        let qkv = [(h, t, depth), (g, s, depth), (g, s, dv)].map(|(heads, rows, width)| d.input(DType::Float32, &[1, heads, rows, width]));
        for (causal, window) in [(false, None), (true, None), (true, Some(5)), (false, Some(33))] {
            d.compare(Attention { scale: 0.125, causal, window }, &qkv, SUMS);
        }
    }
    let (q, k, v) = (d.input(DType::Float32, &[7, 5]), d.input(DType::Float32, &[9, 5]), d.input(DType::Float32, &[9, 4]));
    d.compare(Attention { scale: 0.5, causal: false, window: None }, &[q, k, v], SUMS);
    d.end();
}

#[test]
fn conv1d() {
    let mut d = Devices::open(None);
    // B, C, L, O, K, stride, padding, dilation, groups
    let calls = [
        (1, 1, 5, 1, 1, 1, 0, 1, 1),
        (2, 3, 17, 4, 3, 1, 2, 1, 1),
        (2, 16, 66, 65, 5, 1, 4, 1, 1),
        (1, 8, 64, 64, 2, 2, 1, 3, 1),
        (2, 12, 33, 12, 4, 1, 3, 1, 12),
        (2, 32, 40, 16, 3, 2, 2, 2, 2),
        (1, 4, 3, 8, 3, 3, 5, 1, 1),
    ];
    for (b, c, l, o, k, stride, padding, dilation, groups) in calls {
        for (dtype, tolerance) in FLOATS {
            let inputs = [d.input(dtype, &[b, c, l]), d.input(dtype, &[o, c / groups, k]), d.input(dtype, &[o])];
            d.compare(Conv1d { stride, padding, dilation, groups }, &inputs, tolerance);
            d.compare(Conv1d { stride, padding, dilation, groups }, &inputs[..2], tolerance);
        }
    }
    d.end();
}
