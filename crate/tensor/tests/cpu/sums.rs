//! Sums, means and softmaxes to the last bit of what real PyTorch gives on a CPU (`sums.txt`, made by `sums.py`).
//! A program that prints what a row of weights adds up to shows that bit: `1.0000` where it is off, and `1.` where not.

use tensor::ops::reduce::{Reduce, Reduction};
use tensor::ops::softmax::Softmax;
use tensor::{Engine, Values};

#[test]
fn sums_are_added_in_pytorch_s_order() {
    let engine = Engine::cpu();
    for line in include_str!("sums.txt").lines() {
        let (call, expected) = line.split_once(" : ").unwrap();
        let (name, shape) = call.split_once(' ').unwrap();
        let shape: Vec<usize> = shape.split(' ').map(|size| size.parse().unwrap()).collect();
        let cells = (0..shape.iter().product::<usize>()).map(|i| (i * 7919 % 1000) as f32 / 250.0 - 1.3);
        let input = engine.tensor(Values::Float32(cells.collect()), &shape).unwrap();
        let reduce = |reduction| engine.run(Reduce { reduction, dims: vec![1], keep: false }, &[&input]);
        let result = match name {
            "sum" => reduce(Reduction::Sum),
            "mean" => reduce(Reduction::Mean),
            _ => engine.run(Softmax { dim: 1, logarithm: false }, &[&input]),
        };
        let got = engine.values(&result.unwrap()).unwrap().to_f32();
        let expected: Vec<f32> = expected.split(' ').map(|x| x.parse::<f64>().unwrap() as f32).collect();
        assert_eq!(got, expected, "{call}");
    }
}
