//! Every case of every operation against the reference.

use tensor::ops::{ALL, Case, Spec, View, Witness};
use tensor::{DType, Values};

use crate::reference::arithmetic::wrapped;
use crate::reference::{Cell, expected};

/// Every operation has cases, and every cell of every case is what its definition says.
#[test]
fn kernels_compute_what_the_definitions_say() {
    let mut failures = Vec::new();
    for description in ALL {
        let cases = (description.cases)();
        assert!(!cases.is_empty(), "{} has no cases", description.name);
        failures.extend(cases.iter().filter_map(difference));
    }
    assert!(failures.is_empty(), "{} cases fail:\n{}", failures.len(), failures.join("\n"));
}

/// The first cell of a case that is not what it should be, in words.
fn difference(case: &Case) -> Option<String> {
    let (output, values, inputs) = computed(case);
    assert_eq!((values.len(), values.dtype()), (output.numel(), output.dtype), "{:?}", case.operation);
    // Integers wrap; bools were made 0 or 1 by the reference.
    let whole = values.to_i64();
    let shapes: Vec<_> = inputs.iter().map(|i| (&i.shape, i.values.dtype())).collect();
    // Of large outputs a sample: the first cells, the last, and every 97th.
    let n = output.numel();
    for place in (0..n).filter(|&i| n < 5000 || i < 100 || i + 100 > n || i % 97 == 0) {
        let cell = tensor::layout::unravel(place, &output.shape);
        let got = values.get_f64(place).unwrap();
        let (agrees, wanted) = match expected(&*case.operation, &inputs, &output, &cell) {
            Some(Cell::Whole(x)) => {
                let x = wrapped(x, output.dtype.size() as u32 * 8, output.dtype == DType::UInt8);
                (i128::from(whole[place]) == x, x as f64)
            }
            Some(Cell::Real { value, scale }) => {
                let rounded = Values::from_f64(output.dtype, &[value]).get_f64(0).unwrap();
                let same = got == rounded || (got.is_nan() && rounded.is_nan());
                (same || (got - value).abs() <= allowed(output.dtype, scale), rounded)
            }
            None => panic!("{:?} has no reference", case.operation),
        };
        if !agrees {
            return Some(format!("{:?} on {shapes:?} at {cell:?}: {got:e} instead of {wanted:e}", case.operation));
        }
    }
    None
}

/// Eight units in the last place of the numbers that were added up: functions err by one or two,
/// sums of some hundred terms in float32 by a few. Below the smallest normal number, units stay as they are.
fn allowed(dtype: DType, scale: f64) -> f64 {
    let (unit, smallest) = match dtype {
        DType::Float64 => (2f64.powi(-52), 1e-300),
        DType::Float32 => (2f64.powi(-23), 2f64.powi(-126)),
        DType::BFloat16 => (2f64.powi(-8), 2f64.powi(-126)),
        _ => (2f64.powi(-11), 2f64.powi(-14)),
    };
    8.0 * unit * scale.max(smallest)
}

/// Runs a case's kernel: what the rule says of the output, the values, and the inputs in row-major order.
pub fn computed(case: &Case) -> (Spec, Values, Vec<Witness>) {
    let specs: Vec<Spec> = case.inputs.iter().map(|(values, layout)| Spec::new(&layout.shape, values.dtype())).collect();
    let output = case.operation.rule(&specs).unwrap_or_else(|e| panic!("{:?}: {e}", case.operation));
    let views: Vec<View> = case.inputs.iter().map(|(values, layout)| View::new(values, layout)).collect();
    let values = case.operation.cpu(&views, &output).unwrap_or_else(|e| panic!("{:?}: {e}", case.operation));
    let inputs = views.iter().map(|view| Witness { shape: view.layout.shape.clone(), values: view.contiguous() }).collect();
    (output, values, inputs)
}
