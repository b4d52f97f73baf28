//! Provenance is true: changing an input cell changes only output cells that name it, and it does change them.

use std::collections::BTreeMap;

use tensor::layout::{ravel, unravel};
use tensor::ops::{ALL, Case, Spec, View, Witness};
use tensor::{DType, Layout, Values};

use crate::operations::computed;

/// Cases with at most so many cells are perturbed cell by cell.
const SMALL_OUTPUT: usize = 100;
const SMALL_INPUTS: usize = 200;

#[test]
fn a_changed_input_cell_changes_only_the_cells_that_name_it() {
    // Per operation and input: cells that some output names, and those of them whose change was seen in the output.
    let mut tally: BTreeMap<(&str, usize), [usize; 2]> = BTreeMap::new();
    for description in ALL {
        for case in (description.cases)() {
            let cells: usize = case.inputs.iter().map(|(_, layout)| layout.numel()).sum();
            let (output, values, witnesses) = computed(&case);
            if output.numel() <= SMALL_OUTPUT && cells <= SMALL_INPUTS {
                perturb(description.name, &case, &output, &values, &witnesses, &mut tally);
            }
        }
    }
    for description in ALL {
        assert!(tally.keys().any(|(name, _)| *name == description.name), "{} has no small case", description.name);
    }
    for ((name, input), [named, seen]) in tally {
        // Steps (floor, sign, comparisons, argmax), NaN rows and products with 0 hide changes: most must show all the same.
        assert!(seen * 10 >= named * 3, "{name}: of {named} named cells of input {input} only {seen} matter");
    }
}

/// Arithmetic is written for every cell, and says no more terms than a line holds.
#[test]
fn arithmetic_is_written_out_for_every_cell() {
    for description in ALL {
        for case in (description.cases)() {
            let (output, _, witnesses) = computed(&case);
            for place in (0..output.numel()).take(40) {
                let cell = unravel(place, &output.shape);
                let values: Vec<Vec<f64>> = case
                    .operation
                    .provenance(&witnesses, &output, &cell)
                    .iter()
                    .zip(&witnesses)
                    .map(|(cells, input)| cells.iter().map(|c| input.values.get_f64(ravel(c, &input.shape)).unwrap()).collect())
                    .collect();
                let text = case.operation.arithmetic(&values);
                assert!(!text.is_empty() && text.chars().count() < 200, "{:?} at {cell:?}: {text:?}", case.operation);
            }
        }
    }
}

fn perturb(name: &'static str, case: &Case, output: &Spec, before: &Values, witnesses: &[Witness], tally: &mut BTreeMap<(&'static str, usize), [usize; 2]>) {
    let provenance: Vec<Vec<Vec<Vec<usize>>>> =
        (0..output.numel()).map(|n| case.operation.provenance(witnesses, output, &unravel(n, &output.shape))).collect();
    for (n, inputs) in provenance.iter().enumerate() {
        assert_eq!(inputs.len(), witnesses.len(), "{:?}: one list of cells for each input", case.operation);
        for (cells, witness) in inputs.iter().zip(witnesses) {
            for cell in cells {
                assert!(
                    cell.len() == witness.shape.len() && cell.iter().zip(&witness.shape).all(|(i, size)| i < size),
                    "{:?} cell {n} names {cell:?} of an input of shape {:?}",
                    case.operation,
                    witness.shape
                );
            }
        }
    }
    for input in 0..witnesses.len() {
        for place in 0..witnesses[input].values.len() {
            let cell = unravel(place, &witnesses[input].shape);
            let named = |n: usize| provenance[n][input].contains(&cell);
            let mut seen = false;
            for step in 0..3 {
                let Some(after) = recomputed(case, output, witnesses, input, place, step) else { continue };
                for n in 0..output.numel() {
                    let (x, y) = (before.get_f64(n).unwrap(), after.get_f64(n).unwrap());
                    if x != y && !(x.is_nan() && y.is_nan()) {
                        let at = unravel(n, &output.shape);
                        assert!(named(n), "{:?}: input {input} at {cell:?} changes {at:?}, which does not name it", case.operation);
                        seen = true;
                    }
                }
            }
            if (0..output.numel()).any(named) {
                let [names, sees] = tally.entry((name, input)).or_default();
                *names += 1;
                *sees += usize::from(seen);
            }
        }
    }
}

/// The output with one input cell changed, or `None` where that would be an invalid index.
fn recomputed(case: &Case, output: &Spec, witnesses: &[Witness], input: usize, place: usize, step: usize) -> Option<Values> {
    let mut inputs: Vec<Values> = witnesses.iter().map(|w| w.values.clone()).collect();
    let dtype = inputs[input].dtype();
    inputs[input] = if dtype == DType::Int64 {
        let mut whole = inputs[input].to_i64();
        whole[place] = whole[place].wrapping_add([1, -1, 5][step]);
        Values::Int64(whole)
    } else {
        let mut cells = inputs[input].to_f64();
        cells[place] = match (dtype, step) {
            (DType::Bool, _) => 1.0 - cells[place],
            (_, 0) => cells[place] + 1.0,
            (_, 1) => -cells[place],
            _ => 11.0,
        };
        Values::from_f64(dtype, &cells)
    };
    let specs: Vec<Spec> = witnesses.iter().map(|w| Spec::new(&w.shape, w.values.dtype())).collect();
    let checked: Vec<Values> = case.operation.checked_inputs(&specs).iter().map(|&i| inputs[i].clone()).collect();
    case.operation.check(&specs, &checked).ok()?;
    let layouts: Vec<Layout> = witnesses.iter().map(|w| Layout::contiguous(&w.shape)).collect();
    let views: Vec<View> = inputs.iter().zip(&layouts).map(|(values, layout)| View::new(values, layout)).collect();
    // An integer divided by zero is no output to compare.
    case.operation.cpu(&views, output).ok()
}
