//! Every operation on the GPU against the CPU. A machine without an adapter fails here: Mesa's lavapipe is one.
#![cfg(feature = "vulkan")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod fusion;
mod memory;
mod plans;

use std::f64::consts::PI;
use std::rc::Rc;

use tensor::gpu::Gpu;
use tensor::ops::binary::{self, Binary, Operator};
use tensor::ops::cat::Cat;
use tensor::ops::copy::Copy;
use tensor::ops::gather::Gather;
use tensor::ops::index::Index;
use tensor::ops::index_put::IndexPut;
use tensor::ops::scatter::Scatter;
use tensor::ops::triangle::Triangle;
use tensor::ops::unary::{self, Function, Unary};
use tensor::ops::write::Write;
use tensor::ops::{self, Adapter, Case, Description, Operation, Tolerance};
use tensor::{DType, Engine, Error, Layout, Tensor, Values};

fn engines() -> (Engine, Engine) {
    let gpu = pollster::block_on(Gpu::open()).expect("these tests need a WebGPU adapter (Debian: mesa-vulkan-drivers)");
    (Engine::cpu(), Engine::webgpu(gpu))
}

/// Runs an operation and brings its values to the host.
fn run(engine: &Engine, operation: Rc<dyn Operation>, inputs: &[(Values, Layout)]) -> Result<(Vec<usize>, Values), Error> {
    let inputs = inputs
        .iter()
        .map(|(values, layout)| Ok(engine.tensor(values.clone(), &[values.len()])?.view(layout.clone())))
        .collect::<Result<Vec<Tensor>, Error>>()?;
    let output = engine.apply(operation, &inputs.iter().collect::<Vec<_>>())?;
    pollster::block_on(engine.read(&output))?;
    Ok((output.shape().to_vec(), engine.values(&output)?))
}

/// The first cell on which the devices disagree, in words.
fn difference(cpu: &Values, gpu: &Values, tolerance: Tolerance) -> Option<String> {
    if cpu.dtype() != gpu.dtype() || cpu.len() != gpu.len() {
        return Some(format!("{:?} × {} on the CPU, {:?} × {} on the GPU", cpu.dtype(), cpu.len(), gpu.dtype(), gpu.len()));
    }
    if let (Values::Int64(cpu), Values::Int64(gpu)) = (cpu, gpu) {
        let at = cpu.iter().zip(gpu).position(|(x, y)| x != y)?;
        return Some(format!("cell {at}: {} on the CPU, {} on the GPU", cpu[at], gpu[at]));
    }
    // A narrow float may be rounded the other way where its exact value lies halfway: one unit in the last place.
    let unit = match cpu.dtype() {
        DType::Float16 => 1.0 / 1024.0,
        DType::BFloat16 => 1.0 / 128.0,
        _ => 0.0,
    };
    let relative = if tolerance.relative + tolerance.absolute > 0.0 { tolerance.relative + unit } else { 0.0 };
    let agree = |x: f64, y: f64| {
        x == y || (x.is_nan() && y.is_nan()) || (x - y).abs() <= tolerance.absolute + relative * y.abs()
    };
    let (cpu, gpu) = (cpu.to_f64(), gpu.to_f64());
    let at = cpu.iter().zip(&gpu).position(|(&x, &y)| !agree(y, x))?;
    Some(format!("cell {at}: {:e} on the CPU, {:e} on the GPU", cpu[at], gpu[at]))
}

#[test]
fn every_operation_agrees_with_the_cpu() {
    let (cpu, gpu) = engines();
    let failures: Vec<String> = ops::ALL.iter().filter_map(|description| disagreements(&cpu, &gpu, description)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Of what computes otherwise on a processor in place of a GPU, what this adapter did not run above.
#[test]
fn kernels_for_the_other_kind_of_adapter_agree_with_the_cpu() {
    let this = pollster::block_on(Gpu::open()).unwrap().adapter_kind();
    let other = if this == Adapter::Software { Adapter::Hardware } else { Adapter::Software };
    let (cpu, gpu) = (Engine::cpu(), Engine::webgpu(pollster::block_on(Gpu::open_for(Some(other))).unwrap()));
    let both = [&ops::matmul::DESCRIPTION, &ops::scaled_dot_product_attention::DESCRIPTION];
    let failures: Vec<String> = both.into_iter().filter_map(|description| disagreements(&cpu, &gpu, description)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The cases of one operation on which the devices disagree: how many, and the first few in words.
fn disagreements(cpu: &Engine, gpu: &Engine, description: &Description) -> Option<String> {
    let mut failures = Vec::new();
    leave_nan_in_memory(gpu);
    // An operation is not cloned but made again: once for each device.
    for (number, (case, again)) in (description.cases)().into_iter().zip((description.cases)()).enumerate() {
        let what = format!("case {number}: {:?}", case.operation);
        let Case { operation, inputs } = case;
        let failure = match (run(cpu, operation.into(), &inputs), run(gpu, again.operation.into(), &inputs)) {
            (Ok((shape, x)), Ok((other, y))) if shape == other => difference(&x, &y, description.tolerance),
            (Ok((shape, _)), Ok((other, _))) => Some(format!("shape {shape:?} on the CPU, {other:?} on the GPU")),
            (Err(x), Err(y)) if x.to_string() == y.to_string() => None,
            (x, y) => Some(format!("{:?} on the CPU, {:?} on the GPU", x.map(|r| r.0), y.map(|r| r.0))),
        };
        if let Some(failure) = failure {
            let shapes: Vec<String> = inputs.iter().map(|(v, l)| format!("{:?} {:?}", v.dtype(), l.shape)).collect();
            failures.push(format!("  {what} on {}: {failure}", shapes.join(", ")));
        }
    }
    let first = failures.iter().take(5).cloned().collect::<Vec<_>>().join("\n");
    (!failures.is_empty()).then(|| format!("{}: {} cases\n{first}", description.name, failures.len()))
}

/// Buffers are used again, and what lies in one behind a tensor's cells must not matter: here it is no number.
fn leave_nan_in_memory(gpu: &Engine) {
    let sizes = (6..14).flat_map(|power| [4, 5, 6, 7].map(|quarters| quarters << power >> 2));
    let copies = sizes.flat_map(|words: usize| {
        let nan = gpu.tensor(Values::Float32(vec![f32::NAN; words]), &[words]).unwrap();
        [(); 3].map(|()| gpu.run(Copy { dtype: DType::Float32 }, &[&nan]).unwrap())
    });
    let copies: Vec<Tensor> = copies.collect();
    pollster::block_on(gpu.finish(copies.last().unwrap())).unwrap();
}

#[test]
fn every_conversion_is_exact() {
    let (cpu, gpu) = engines();
    let hard = [
        0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 127.0, 128.0, 255.0, 256.0, -128.0, -129.0, 65_504.0, 65_519.0, 65_520.0,
        1e-8, 5.96e-8, 2.98e-8, 6.1e-5, 1e30, -1e30, 1e19, 16_777_217.0, 2_147_483_648.0, -2_147_483_649.0, 1.0 / 3.0,
        f64::INFINITY, f64::NEG_INFINITY, f64::NAN,
    ];
    let whole = [0, 1, -1, 255, 256, -129, 1 << 24, (1 << 24) + 1, (1 << 25) + 2, (1 << 25) + 6, 1 << 40, (1 << 53) + 1, i64::MAX, i64::MIN];
    for from in DType::ALL.into_iter().filter(|&d| d != DType::Float64) {
        let values = if from.is_float() { Values::from_f64(from, &hard) } else { Values::from_i64(from, &whole) };
        let inputs = [(values.clone(), Layout::contiguous(&[values.len()]))];
        for to in DType::ALL.into_iter().filter(|&d| d != DType::Float64) {
            let (_, x) = run(&cpu, Rc::new(Copy { dtype: to }), &inputs).unwrap();
            let (_, y) = run(&gpu, Rc::new(Copy { dtype: to }), &inputs).unwrap();
            let exact = Tolerance { absolute: 0.0, relative: 0.0, reason: "" };
            assert_eq!(difference(&x, &y, exact), None, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn views_of_every_kind_are_read_through_their_strides() {
    let (_, gpu) = engines();
    let values: Vec<i64> = (0..120).map(|i| i * 1_000_000_007).collect();
    let whole = Layout::contiguous(&[2, 3, 4, 5]);
    let views = [
        whole.clone(),
        whole.transpose(1, 3),
        whole.permute(&[3, 0, 2, 1]),
        whole.slice(2, 1, 2, 2),
        whole.reverse(3).reverse(0),
        whole.select(1, 2),
        whole.slice(0, 1, 1, 1).expand(&[7, 3, 4, 5]).unwrap(),
        whole.slice(3, 5, 0, 1),
        Layout { shape: vec![], strides: vec![], offset: 119 },
    ];
    for layout in views {
        for dtype in [DType::Int64, DType::Float32, DType::BFloat16, DType::UInt8] {
            let values = Values::Int64(values.clone()).cast(dtype);
            let expected = values.take(layout.positions());
            let (_, found) = run(&gpu, Rc::new(Copy { dtype }), &[(values, layout.clone())]).unwrap();
            assert_eq!(found, expected, "{dtype:?} {layout:?}");
        }
    }
}

#[test]
fn a_grid_of_more_than_65_535_workgroups_is_folded() {
    let (_, gpu) = engines();
    let length = 65_535 * 64 + 129;
    let values = Values::Int32((0..length).collect());
    let layout = Layout::contiguous(&[length as usize]);
    let (_, found) = run(&gpu, Rc::new(Copy { dtype: DType::Int32 }), &[(values.clone(), layout)]).unwrap();
    assert!(found == values);
}

#[test]
fn a_thousand_recorded_dispatches_run_in_order_and_reuse_their_buffers() {
    let (_, gpu) = engines();
    let mut t = gpu.tensor(Values::Float32((0..1000).map(|i| i as f32).collect()), &[1000]).unwrap();
    for round in 0..1000 {
        let reversed = t.view(t.layout().reverse(0));
        t = gpu.run(Copy { dtype: DType::Float32 }, &[&reversed]).unwrap();
        // Uploads between dispatches must not overtake those that still read the memory they get.
        let upload = gpu.tensor(Values::Float32(vec![round as f32; 1000]), &[1000]).unwrap();
        gpu.run(Copy { dtype: DType::Float16 }, &[&upload]).unwrap();
    }
    pollster::block_on(gpu.read(&t)).unwrap();
    assert_eq!(gpu.values(&t).unwrap(), Values::Float32((0..1000).map(|i| i as f32).collect()));
}

/// Numbers on which functions go wrong: signed zeros, the smallest and largest, halves, big angles, no numbers at all.
fn hard_numbers() -> Vec<f64> {
    let mut numbers = vec![
        0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, 2.0, 3.0, -3.0, 4.0, 6.0, 7.0, 9.0, 10.0, 100.0, 1000.0, 1e6, 0.1, 1e-3, 1e-7,
        1e-20, 1e-30, 1e20, 1e30, 3e38, -3e38, 88.7, 89.0, -87.0, -103.0, 19.9, 20.1, 127.5, -0.3, 0.4, 0.41, 1.41, 0.70,
        PI, PI / 2.0, PI / 4.0, 2999.0, 3001.0, 12345.678, 1e5, 1e7, 1e10, 1e38, 8388607.5, 8388608.0, 16777216.0,
        f64::INFINITY, f64::NEG_INFINITY, f64::NAN,
    ];
    let negatives: Vec<f64> = numbers.iter().map(|x| -x).collect();
    numbers.extend(negatives);
    numbers
}

#[test]
fn functions_of_one_number_are_right_where_they_are_hard() {
    let (cpu, gpu) = engines();
    let mut failures = Vec::new();
    for function in Function::ALL {
        for dtype in [DType::Float32, DType::Float16, DType::BFloat16, DType::Int64, DType::Int8, DType::UInt8, DType::Bool] {
            let values = if dtype.is_float() {
                let steps = (-400..400).map(|i| f64::from(i) * 0.0371);
                Values::from_f64(dtype, &hard_numbers().into_iter().chain(steps).collect::<Vec<_>>())
            } else {
                Values::from_i64(dtype, &[0, 1, 2, 3, 4, 100, 127, -1, -2, -100, -128, 1 << 40, (1 << 53) + 1, i64::MAX, i64::MIN])
            };
            let inputs = [(values.clone(), Layout::contiguous(&[values.len()]))];
            let (Ok((_, x)), Ok((_, y))) = (run(&cpu, Rc::new(Unary { function }), &inputs), run(&gpu, Rc::new(Unary { function }), &inputs))
            else {
                continue;
            };
            if let Some(failure) = difference(&x, &y, unary::DESCRIPTION.tolerance) {
                failures.push(format!("{function:?} of {dtype:?}: {failure}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn operators_of_two_numbers_are_right_where_they_are_hard() {
    let (cpu, gpu) = engines();
    let mut failures = Vec::new();
    for operator in Operator::ALL {
        for dtype in [DType::Float32, DType::Float16, DType::BFloat16, DType::Int64, DType::Int32, DType::Int8, DType::UInt8, DType::Bool] {
            let divides = matches!(operator, Operator::Div | Operator::FloorDiv | Operator::Remainder);
            let values = if dtype.is_float() {
                let steps = (-20..20).map(|i| f64::from(i) * 0.371);
                Values::from_f64(dtype, &hard_numbers().into_iter().chain(steps).collect::<Vec<_>>())
            } else {
                let all = [1, 2, 3, 7, 5, 100, 127, -1, -2, -7, -100, -128, 31, 63, 64, 1 << 40, -(1 << 33) - 5, i64::MAX, i64::MIN, 0];
                Values::from_i64(dtype, all.split_last().map_or(&all[..], |(_, rest)| if divides { rest } else { &all }))
            };
            // A divisor that wraps to zero is the host's to refuse.
            if divides && !dtype.is_float() && values.to_i64().contains(&0) {
                continue;
            }
            let n = values.len();
            let inputs = [(values.clone(), Layout::contiguous(&[n, 1])), (values.clone(), Layout::contiguous(&[n]))];
            let (Ok((_, x)), Ok((_, y))) = (run(&cpu, Rc::new(Binary { operator }), &inputs), run(&gpu, Rc::new(Binary { operator }), &inputs))
            else {
                continue;
            };
            if let Some(failure) = difference(&x, &y, binary::DESCRIPTION.tolerance) {
                let at: usize = failure.split([' ', ':']).nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
                let pair = (values.get_f64(at / n), values.get_f64(at % n));
                failures.push(format!("{operator:?} of {dtype:?} {pair:?}: {failure}"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn quotients_and_roots_are_the_nearest_floats() {
    let (cpu, gpu) = engines();
    let whole: Vec<f32> = (1..=500).map(|i| i as f32).collect();
    let n = whole.len();
    let inputs = [(Values::Float32(whole.clone()), Layout::contiguous(&[n, 1])), (Values::Float32(whole), Layout::contiguous(&[n]))];
    let div = || Rc::new(Binary { operator: Operator::Div });
    assert_eq!(run(&cpu, div(), &inputs).unwrap().1, run(&gpu, div(), &inputs).unwrap().1);
    let sqrt = || Rc::new(Unary { function: Function::Sqrt });
    assert_eq!(run(&cpu, sqrt(), &inputs[..1]).unwrap().1, run(&gpu, sqrt(), &inputs[..1]).unwrap().1);
}

/// An input: values and how they lie.
type Cells = (Values, Layout);

#[test]
fn cells_are_moved_to_the_same_places_in_every_element_type() {
    let (cpu, gpu) = engines();
    let mut failures = Vec::new();
    let plain = Layout::contiguous;
    let numbers = |n: usize| -> Vec<i64> { (0..n as i64).map(|i| (i * 37 + 11) % 100).collect() };
    let indices = |v: &[i64], shape: &[usize]| (Values::Int64(v.to_vec()), plain(shape));
    for dtype in DType::ALL.into_iter().filter(|&d| d != DType::Float64) {
        let cells = |shape: &[usize]| (Values::from_i64(dtype, &numbers(shape.iter().product())), plain(shape));
        let turned = |shape: &[usize]| (cells(shape).0, plain(shape).transpose(0, shape.len() - 1));
        let region = plain(&[5, 7]).slice(1, 1, 3, 2).slice(0, 1, 3, 1);
        let calls: Vec<(Rc<dyn Operation>, Vec<Cells>)> = vec![
            (Rc::new(Cat { dim: 1 }), vec![cells(&[3, 1]), turned(&[5, 3]), cells(&[0]), cells(&[3, 0]), cells(&[3, 7])]),
            (Rc::new(Cat { dim: 0 }), vec![cells(&[1]), cells(&[2]), cells(&[3]), cells(&[70])]),
            (Rc::new(Triangle { upper: false, diagonal: 0 }), vec![cells(&[2, 5, 7])]),
            (Rc::new(Triangle { upper: true, diagonal: 1 }), vec![turned(&[9, 3, 6])]),
            (Rc::new(Triangle { upper: true, diagonal: i64::MIN }), vec![cells(&[3, 3])]),
            (Rc::new(Write { region: region.clone() }), vec![cells(&[35]), cells(&[3, 3])]),
            (Rc::new(Write { region: region.reverse(0) }), vec![cells(&[35]), (Values::Float32(vec![2.5, 1.5, -3.0]), plain(&[3]).expand(&[3, 3]).unwrap())]),
            (Rc::new(Write { region: plain(&[]) }), vec![cells(&[1]), cells(&[])]),
            (Rc::new(Gather { dim: 1 }), vec![turned(&[5, 3, 4]), indices(&[0, 2, 1, 0, 2, 2, 1, 1], &[2, 2, 2])]),
            (Rc::new(Gather { dim: 0 }), vec![cells(&[]), indices(&[0], &[])]),
            (Rc::new(Scatter { dim: 1, accumulate: false }), vec![cells(&[3, 5]), indices(&[4, 0, 0, 3], &[2, 2]), cells(&[2, 3])]),
            (Rc::new(Scatter { dim: 0, accumulate: true }), vec![turned(&[3, 5]), indices(&[4, 4, 4, 0], &[4, 1]), cells(&[4, 2])]),
            (Rc::new(Index { count: 1 }), vec![cells(&[5, 3]), indices(&[4, 0, -1, 2, -5, 4], &[2, 3])]),
            (Rc::new(Index { count: 2 }), vec![turned(&[2, 3, 5]), indices(&[4, 0, -1], &[3]), indices(&[2, -3, 0], &[3])]),
            (Rc::new(IndexPut { count: 1, accumulate: false }), vec![cells(&[5, 3]), cells(&[3, 3]), indices(&[4, 0, 4], &[3])]),
            (Rc::new(IndexPut { count: 2, accumulate: true }), vec![cells(&[5, 3]), cells(&[4]), indices(&[4, 0, -1, 4], &[4]), indices(&[1, 0, 1, 1], &[4])]),
        ];
        for (operation, inputs) in calls {
            let (x, y) = (run(&cpu, operation.clone(), &inputs), run(&gpu, operation.clone(), &inputs));
            let failure = match (x, y) {
                (Ok((_, x)), Ok((_, y))) => difference(&x, &y, operation.description().tolerance),
                (x, y) => Some(format!("{x:?} on the CPU, {y:?} on the GPU")),
            };
            failures.extend(failure.map(|failure| format!("{operation:?} of {dtype:?}: {failure}")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn more_indices_than_can_be_kept_in_order_are_still_all_written() {
    let (cpu, gpu) = engines();
    let (rows, places) = (4096, 1 << 15);
    let numbers: Vec<i64> = (0..places as i64).map(|i| i * 7919 % rows as i64).collect();
    for dtype in [DType::Float32, DType::Int64, DType::Int32, DType::UInt8, DType::Float16] {
        let x = (Values::zeros(dtype, rows), Layout::contiguous(&[rows]));
        let ones = (Values::from_i64(dtype, &vec![1; places]), Layout::contiguous(&[places]));
        let index = (Values::Int64(numbers.clone()), Layout::contiguous(&[places]));
        for accumulate in [false, true] {
            let scatter = || Rc::new(Scatter { dim: 0, accumulate });
            let inputs = [x.clone(), index.clone(), ones.clone()];
            assert_eq!(run(&gpu, scatter(), &inputs).unwrap(), run(&cpu, scatter(), &inputs).unwrap(), "{dtype:?}");
            let put = || Rc::new(IndexPut { count: 1, accumulate });
            let inputs = [x.clone(), ones.clone(), index.clone()];
            assert_eq!(run(&gpu, put(), &inputs).unwrap(), run(&cpu, put(), &inputs).unwrap(), "{dtype:?}");
        }
    }
}

#[test]
fn a_lost_device_says_so_and_never_panics() {
    let gpu = pollster::block_on(Gpu::open()).unwrap();
    let engine = Engine::webgpu(gpu.clone());
    let x = engine.tensor(Values::Float32(vec![1.0, 2.0]), &[2]).unwrap();
    let copy = Copy { dtype: DType::Float32 };
    let before = engine.run(copy, &[&x]).unwrap();
    gpu.close();
    assert!(gpu.lost().is_some());
    assert!(matches!(pollster::block_on(engine.read(&before)), Err(Error::DeviceLost(_))));
    assert!(matches!(engine.run(copy, &[&x]), Err(Error::DeviceLost(_))));
    // What the host holds is still there.
    assert_eq!(engine.values(&x).unwrap(), Values::Float32(vec![1.0, 2.0]));
}

#[test]
fn large_tensors_are_loaded_in_slices() {
    let (cpu, gpu) = engines();
    // Two slices and a rest that is no whole word.
    let length = (16 << 20) + 3;
    for dtype in [DType::UInt8, DType::Bool] {
        let mut longest = 0;
        let mut load = |engine: &Engine| {
            longest = 0;
            let loaded = engine.load(&[length], dtype, &mut |offset, into| {
                longest = longest.max(into.len());
                into.iter_mut().zip(offset..).for_each(|(byte, position)| *byte = (position * 7 % 251) as u8);
                Ok(())
            });
            loaded.unwrap()
        };
        let (expected, loaded) = (load(&cpu), load(&gpu));
        assert!(longest <= 8 << 20, "{longest} bytes were on the host at once");
        assert!(loaded.buffer().host().is_none(), "the values stayed on the host");
        pollster::block_on(gpu.read(&loaded)).unwrap();
        assert_eq!(gpu.values(&loaded).unwrap(), cpu.values(&expected).unwrap(), "{dtype:?}");
    }
    let failed = gpu.load(&[9], DType::Float32, &mut |_, _| Err(Error::Runtime("the file is gone".into())));
    assert!(failed.is_err_and(|error| error.to_string() == "the file is gone"));
    assert_eq!(gpu.memory().used(), 0);
}
