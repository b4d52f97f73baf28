//! Functions and operators against what real PyTorch gives at their edges (`pytorch.txt`, made by `pytorch.py`).

use tensor::ops::binary::{Binary, Operator};
use tensor::ops::unary::{Function, Unary};
use tensor::{DType, Engine, Tensor, Values};

#[test]
fn edges_are_pytorch_s() {
    let engine = Engine::cpu();
    let mut failures = Vec::new();
    let mut calls = 0;
    for line in include_str!("pytorch.txt").lines() {
        let mut fields = line.split(" : ");
        let (name, dtype) = fields.next().unwrap().split_once(' ').unwrap();
        let dtype = DType::ALL.into_iter().find(|d| d.name() == dtype).unwrap();
        let lists: Vec<Values> = fields.map(|field| parsed(field, dtype)).collect();
        let (expected, inputs) = lists.split_last().unwrap();
        let inputs: Vec<Tensor> = inputs.iter().map(|v| engine.tensor(v.clone(), &[v.len()]).unwrap()).collect();
        let result = match &inputs[..] {
            [x] => engine.run(Unary { function: function(name) }, &[x]),
            [a, b] => engine.run(Binary { operator: Operator::ALL.into_iter().find(|o| o.name() == name).unwrap() }, &[a, b]),
            _ => panic!("{line}"),
        };
        let got = engine.values(&result.unwrap()).unwrap();
        for i in 0..expected.len() {
            let (x, y) = (got.get_f64(i).unwrap(), expected.get_f64(i).unwrap());
            let arguments: Vec<f64> = inputs.iter().map(|t| engine.values(t).unwrap().get_f64(i).unwrap()).collect();
            if !agree(x, y, dtype, least_scale(name, &arguments)) {
                failures.push(format!("{name} {} of {arguments:?}: {x:e}, PyTorch {y:e}", dtype.name()));
            }
        }
        calls += 1;
    }
    assert!(calls > 100);
    assert!(failures.is_empty(), "{} differ:\n{}", failures.len(), failures.join("\n"));
}

fn function(name: &str) -> Function {
    // The two GELUs share PyTorch's name.
    match name {
        "gelu_tanh" => Function::GeluTanh,
        _ => Function::ALL.into_iter().find(|f| f.name() == name).unwrap(),
    }
}

fn parsed(field: &str, dtype: DType) -> Values {
    if dtype.is_float() {
        Values::from_f64(dtype, &field.split(' ').map(|x| x.parse().unwrap()).collect::<Vec<f64>>())
    } else {
        Values::from_i64(dtype, &field.split(' ').map(|x| x.parse().unwrap()).collect::<Vec<i64>>())
    }
}

/// PyTorch's GELU loses digits where 1 + erf(x) cancels, so that only x bounds its error,
/// and its erf of bfloat16 is right to some 1e-7 only.
fn least_scale(name: &str, arguments: &[f64]) -> f64 {
    match name {
        // Of GELU(-0.0) PyTorch's float32 says 0.0 and its float64 -0.0: the sign does not count.
        "gelu" | "gelu_tanh" if arguments[0].is_finite() => arguments[0].abs().max(f64::MIN_POSITIVE),
        "erf" => 2f64.powi(-18),
        _ => 0.0,
    }
}

/// PyTorch's vectorised functions err by up to four units in the last place; the sign of a zero counts.
fn agree(x: f64, y: f64, dtype: DType, least_scale: f64) -> bool {
    let (unit, smallest) = match dtype {
        DType::Float64 => (2f64.powi(-52), 1e-300),
        DType::Float32 => (2f64.powi(-23), 2f64.powi(-126)),
        DType::BFloat16 => (2f64.powi(-7), 2f64.powi(-126)),
        DType::Float16 => (2f64.powi(-10), 2f64.powi(-14)),
        _ => (0.0, 0.0),
    };
    if x.is_nan() || y.is_nan() {
        return x.is_nan() && y.is_nan();
    }
    let same = x == y && (x != 0.0 || x.is_sign_negative() == y.is_sign_negative());
    let scale = if y == 0.0 { least_scale } else { y.abs().max(smallest).max(least_scale) };
    same || (scale > 0.0 && (x - y).abs() <= 4.0 * unit * scale)
}
