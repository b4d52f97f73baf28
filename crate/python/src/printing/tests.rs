#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;

/// Recorded from PyTorch by the script beside it, which also says how a case reads.
const RECORDED: &str = include_str!("../../../../tests/data/printed.txt");

#[test]
fn every_tensor_is_printed_as_pytorch_prints_it() {
    let mut wrong = Vec::new();
    for case in RECORDED.split("\n=\n").filter(|case| !case.is_empty()) {
        let (header, expected) = case.split_once('\n').unwrap();
        let parsed = Case::parse(header);
        let text = parsed.printed(&parsed.values).text(&parsed.options);
        if text != expected {
            wrong.push(format!("{header}\n{expected}\nprinted\n{text}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} tensors differ:\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn the_shown_cells_are_enough() {
    let values = Values::Int64((0..60).collect());
    let options = PrintOptions {
        threshold: 10.0,
        edge_items: 1,
        ..PrintOptions::default()
    };
    let shape = [3, 4, 5];
    let shown = options.shown_indices(&shape);
    assert_eq!(shown, [vec![0, 2], vec![0, 3], vec![0, 4]]);
    let corners = Values::Int64(vec![0, 4, 15, 19, 40, 44, 55, 59]);
    let text = |values| {
        Printed {
            shape: &shape,
            dtype: DType::Int64,
            default_dtype: DType::Float32,
            values: Some(values),
            imaginary: None,
            device: None,
            grad_fn: None,
            requires_grad: false,
        }
        .text(&options)
    };
    assert_eq!(text(&values), text(&corners));
}

struct Case {
    dtype: DType,
    shape: Vec<usize>,
    options: PrintOptions,
    grad_fn: Option<String>,
    requires_grad: bool,
    meta: bool,
    values: Values,
}

impl Case {
    fn parse(header: &str) -> Self {
        let (words, values) = header.split_once('|').unwrap();
        let mut words = words.split_whitespace();
        let name = words.next().unwrap();
        let dtype = DType::ALL
            .into_iter()
            .find(|dtype| dtype.name() == name)
            .unwrap();
        let shape = match words.next().unwrap() {
            "()" => Vec::new(),
            sizes => sizes.split('x').map(|size| size.parse().unwrap()).collect(),
        };
        let values = if dtype.is_float() {
            let values: Vec<f64> = values
                .split_whitespace()
                .map(crate::format::tests::float_of_hex)
                .collect();
            Values::from_f64(dtype, &values)
        } else {
            let values: Vec<i64> = values
                .split_whitespace()
                .map(|value| value.parse().unwrap())
                .collect();
            Values::from_i64(dtype, &values)
        };
        let mut case = Case {
            dtype,
            shape,
            options: PrintOptions::default(),
            grad_fn: None,
            requires_grad: false,
            meta: false,
            values,
        };
        for word in words {
            match word.split_once('=').unwrap_or((word, "")) {
                ("precision", value) => case.options.precision = value.parse().unwrap(),
                ("threshold", value) => case.options.threshold = value.parse().unwrap(),
                ("edgeitems", value) => case.options.edge_items = value.parse().unwrap(),
                ("linewidth", value) => case.options.line_width = value.parse().unwrap(),
                ("sci_mode", value) => case.options.scientific = Some(value == "True"),
                ("grad_fn", value) => case.grad_fn = Some(value.to_owned()),
                ("requires_grad", _) => case.requires_grad = true,
                ("meta", _) => case.meta = true,
                (other, _) => panic!("unknown word {other}"),
            }
        }
        case
    }

    fn printed<'a>(&'a self, values: &'a Values) -> Printed<'a> {
        Printed {
            shape: &self.shape,
            dtype: self.dtype,
            default_dtype: DType::Float32,
            values: (!self.meta).then_some(values),
            imaginary: None,
            device: self.meta.then_some("meta"),
            grad_fn: self.grad_fn.as_deref(),
            requires_grad: self.requires_grad,
        }
    }
}
