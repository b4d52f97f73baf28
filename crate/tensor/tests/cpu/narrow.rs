//! Conversions that wait: a product reads the narrow cells, everything else sees what a conversion gives.

use half::f16;
use tensor::ops::binary::{Binary, Operator};
use tensor::ops::copy::Copy;
use tensor::ops::matmul::MatMul;
use tensor::{DType, Engine, Layout, Tensor, Values};

const FLOAT: Copy = Copy { dtype: DType::Float32 };

/// Cells of every size, infinities, NaN and the smallest numbers of float16 among them.
fn cells(dtype: DType, count: usize) -> Values {
    let specials = [f64::INFINITY, f64::NAN, -0.0, 6e-8, -3e-5, 65504.0];
    let of = |i: usize| match (dtype, i % 29) {
        (DType::Int8, _) => (i * 37 % 256) as f64 - 128.0,
        (_, 7) if i / 29 < specials.len() => specials[i / 29],
        _ => ((i * 7919 % 1009) as f64 - 504.0) / 64.0,
    };
    Values::from_f64(dtype, &(0..count).map(of).collect::<Vec<_>>())
}

fn bits(engine: &Engine, tensor: &Tensor) -> Vec<u32> {
    // Which NaN it is is nobody's business.
    engine.values(tensor).unwrap().to_f32().iter().map(|x| if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }).collect()
}

#[test]
fn a_product_with_a_narrow_weight_is_that_with_the_converted_one() {
    let engine = Engine::cpu();
    for dtype in [DType::BFloat16, DType::Float16, DType::Int8, DType::UInt8] {
        for [n, k, m] in [[1, 37, 21], [3, 16, 5], [5, 300, 19], [1, 1, 1], [2, 64, 1], [9, 33, 1]] {
            for is_transposed in [false, true] {
                let shape = if is_transposed { [m, k] } else { [k, m] };
                let narrow = engine.tensor(cells(dtype, k * m), &shape).unwrap();
                let x = engine.tensor(cells(DType::Int8, n * k).cast(DType::Float32), &[n, k]).unwrap();
                let waiting = engine.run(FLOAT, &[&narrow]).unwrap();
                let wide = engine.tensor(Values::Float32(cells(dtype, k * m).to_f64().iter().map(|&x| x as f32).collect()), &shape).unwrap();
                let product = |weight: &Tensor| {
                    let layout = if is_transposed { weight.layout().transpose(0, 1) } else { weight.layout().clone() };
                    bits(&engine, &engine.run(MatMul, &[&x, &weight.view(layout)]).unwrap())
                };
                let case = format!("{n}x{k} by {k}x{m} of {}, transposed: {is_transposed}", dtype.name());
                assert_eq!(product(&waiting), product(&wide), "{case}");
                assert_eq!(bits(&engine, &waiting), bits(&engine, &wide), "{case}");
                assert_eq!(product(&waiting), product(&wide), "{case}, after its values were read");
            }
        }
    }
}

/// Rows of int8, whole numbers of blocks and others, with and without scales, times vectors whose numbers differ much.
#[test]
fn a_product_with_int8_weights_loses_no_more_than_one_in_float32() {
    let engine = Engine::cpu();
    let (m, n) = (70, 2);
    // Of some rows only the beginning is taken; some groups are longer than what 32 bits can sum, and no multiple of it.
    for (k, stored) in [(64, 64), (96, 96), (100, 100), (4200, 4200), (6144, 6144), (104, 128)] {
        let narrow = cells(DType::Int8, m * stored);
        let x: Vec<f32> = (0..n * k).map(|i| ((i * 7919 % 1009) as f32 - 504.0) * 0.1_f32.powi((i % 7) as i32)).collect();
        for group in [None, Some(32), Some(64), Some(3072), Some(stored)].into_iter().filter(|group| group.is_none_or(|group| stored % group == 0)) {
            let scales: Vec<f32> = (0..m * stored / group.unwrap_or(stored)).map(|i| 0.01 + (i % 13) as f32 * 1e-3).collect();
            let weight = engine.run(FLOAT, &[&engine.tensor(narrow.clone(), &[m, stored]).unwrap()]).unwrap();
            let weight = match group {
                None => weight,
                Some(group) => {
                    let groups = [m * stored / group, group];
                    let scales = engine.tensor(Values::Float32(scales.clone()), &[groups[0], 1]).unwrap();
                    let cells = weight.view(Layout::contiguous(&groups));
                    engine.run(Binary { operator: Operator::Mul }, &[&cells, &scales]).unwrap().view(Layout::contiguous(&[m, stored]))
                }
            };
            let turned = weight.view(weight.layout().slice(1, 0, k, 1).transpose(0, 1));
            let product = |x: &[f32]| engine.values(&engine.run(MatMul, &[&engine.tensor(Values::Float32(x.to_vec()), &[n, k]).unwrap(), &turned]).unwrap()).unwrap();
            let before = engine.memory().used();
            let got = product(&x).to_f64();
            let mut strange = x.clone();
            (strange[3], strange[k + 4]) = (f32::NAN, f32::INFINITY);
            let strange = product(&strange).to_f64();
            assert_eq!(engine.memory().used(), before, "the weights were converted");
            let wide = engine.values(&weight).unwrap().to_f32();
            for (place, &got) in got.iter().enumerate() {
                let (row, column) = (place / m, place % m);
                let terms = x[row * k..][..k].iter().zip(&wide[column * stored..][..k]).map(|(&x, &w)| f64::from(x) * f64::from(w));
                let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + term.abs()));
                // A float32 of each weight that is a product has lost half a unit of it already.
                assert!((got - sum).abs() <= 2f64.powi(-23) * size, "{got} instead of {sum} at {row}, {column}, {k} in groups of {group:?}");
                let scale = group.map_or(1.0, |group| scales[column * stored / group]);
                assert_eq!(wide[column * stored], narrow.to_f32()[column * stored] * scale);
            }
            assert!(strange.iter().all(|x| !x.is_finite()));
        }
    }
}

#[test]
fn a_conversion_that_waits_shows_the_values_of_its_moment() {
    let engine = Engine::cpu();
    let narrow = engine.tensor(Values::from_f64(DType::BFloat16, &[1.0, 2.0, 3.0, 4.0]), &[2, 2]).unwrap();
    let row = narrow.view(narrow.layout().slice(0, 1, 1, 1));
    let waiting = engine.run(FLOAT, &[&row]).unwrap();
    engine.write(&narrow, &engine.scalar(9.0, DType::BFloat16).unwrap()).unwrap();
    assert_eq!(engine.values(&waiting).unwrap(), Values::Float32(vec![3.0, 4.0]));

    let written = engine.run(FLOAT, &[&narrow]).unwrap();
    engine.write(&written.view(written.layout().slice(0, 0, 1, 1)), &engine.scalar(0.5, DType::Float32).unwrap()).unwrap();
    assert_eq!(engine.values(&written).unwrap(), Values::Float32(vec![0.5, 0.5, 9.0, 9.0]));
}

#[test]
fn a_conversion_takes_its_memory_when_it_is_read() {
    let engine = Engine::cpu();
    let narrow = engine.tensor(Values::Float16(vec![f16::ONE; 1000]), &[1000]).unwrap();
    let waiting = engine.run(FLOAT, &[&narrow]).unwrap();
    assert_eq!(engine.memory().used(), 2000);
    engine.memory().set_limit(5000);
    assert!(engine.values(&waiting).unwrap_err().to_string().contains("not enough memory"));
    engine.memory().set_limit(20_000);
    engine.values(&waiting).unwrap();
    assert_eq!(engine.memory().used(), 6000);
    drop(narrow);
    assert_eq!(engine.memory().used(), 4000);
    drop(waiting);
    assert_eq!(engine.memory().used(), 0);
}
