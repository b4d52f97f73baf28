//! Where a cell came from: from the cell that a reader points at, through intermediates without a name,
//! down to the tensors that the program named, with the arithmetic written out.

use std::collections::BTreeSet;

use crate::layout::ravel;
use crate::ops::{Spec, Witness, number};
use crate::storage::Buffer;
use crate::tape::{Entry, Tape};
use crate::{Device, Engine, Error, Result, Tensor};

/// One operation on the way, with the cells that matter of what came out and what went in.
#[derive(Clone, Debug)]
pub struct Step {
    /// The operation's name.
    pub operation: &'static str,
    pub output: Cells,
    pub inputs: Vec<Cells>,
    /// The arithmetic of the first output cell with its numbers: `0.31 = 0.42·0.15 + 0.10·0.33`.
    pub text: String,
}

/// Cells of one tensor, with their values. The tensor is a named one wherever a name shows these cells.
#[derive(Clone, Debug)]
pub struct Cells {
    pub tensor: Tensor,
    pub cells: Vec<Vec<usize>>,
    pub values: Vec<f64>,
    /// How many further cells there are: a list is cut at [`MAX_CELLS`].
    pub more: usize,
}

/// A reader follows a few operations; beyond that the chain is cut.
pub const MAX_STEPS: usize = 16;
/// The most cells that are named of one tensor in one step.
pub const MAX_CELLS: usize = 1024;

/// The steps from `cell` of `tensor` down to named tensors, the cell's own operation first.
/// Empty for a tensor that no recorded operation made (an input, or one whose record was dropped).
///
/// `named` gives the tensors that the reader sees of a buffer.
///
/// # Errors
/// `Index` if `cell` is outside the shape; what reading from the device says.
pub async fn of_cell(
    engine: &Engine,
    tape: &Tape,
    named: &dyn Fn(&Buffer) -> Vec<Tensor>,
    tensor: &Tensor,
    cell: &[usize],
) -> Result<Vec<Step>> {
    if cell.len() != tensor.dimensions() || cell.iter().zip(tensor.shape()).any(|(i, size)| i >= size) {
        return Err(Error::Index(format!("there is no cell {cell:?} in a tensor of shape {:?}", tensor.shape())));
    }
    let mut steps = Vec::new();
    // What is still to be explained: storage positions, by the buffer they lie in, in order of discovery.
    let mut waiting: Vec<(Tensor, Vec<usize>)> = vec![(tensor.clone(), vec![tensor.layout().position(cell)])];
    let mut next = 0;
    while next < waiting.len() && steps.len() < MAX_STEPS {
        let (shown, positions) = waiting[next].clone();
        next += 1;
        let Some(entry) = tape.maker(shown.buffer().id) else { continue };
        let step = explain(engine, entry, &shown, &positions, named).await?;
        for (input, source) in entry.inputs.iter().zip(&step.inputs) {
            let buffer = input.buffer();
            let is_named = !named(&buffer).is_empty();
            if is_named || source.cells.is_empty() || waiting.iter().any(|(t, _)| t.buffer().id == buffer.id) {
                continue;
            }
            let positions = source.cells.iter().map(|cell| source.tensor.layout().position(cell)).collect();
            waiting.push((source.tensor.clone(), positions));
        }
        steps.push(step);
    }
    Ok(steps)
}

/// One step: all the source cells of all `positions`, and the text of the first.
async fn explain(
    engine: &Engine,
    entry: &Entry,
    shown: &Tensor,
    positions: &[usize],
    named: &dyn Fn(&Buffer) -> Vec<Tensor>,
) -> Result<Step> {
    let witnesses = witnesses(engine, entry).await?;
    let spec = Spec::new(entry.output.shape(), entry.output.dtype());
    let mut sources: Vec<BTreeSet<Vec<usize>>> = vec![BTreeSet::new(); entry.inputs.len()];
    let mut order: Vec<Vec<Vec<usize>>> = vec![Vec::new(); entry.inputs.len()];
    let mut first: Option<Vec<Vec<f64>>> = None;
    for &position in positions {
        let Some(cell) = entry.output.layout().cell_at(position) else { continue };
        let found = entry.operation.provenance(&witnesses, &spec, &cell);
        if first.is_none() {
            first = Some(found.iter().zip(&witnesses).map(|(cells, w)| values_at(w, cells)).collect());
        }
        for (input, cells) in found.into_iter().enumerate().take(sources.len()) {
            for cell in cells {
                if sources[input].insert(cell.clone()) {
                    order[input].push(cell);
                }
            }
        }
    }
    let inputs = order
        .into_iter()
        .zip(&entry.inputs)
        .zip(&witnesses)
        .map(|((cells, input), witness)| cells_of(input, witness, cells, named))
        .collect();
    engine.read(&entry.output).await?;
    let output_values = engine.values(&entry.output.flat_storage()).map(|v| v.to_f64()).unwrap_or_default();
    let output_cells: Vec<Vec<usize>> = positions.iter().filter_map(|&p| shown.layout().cell_at(p)).collect();
    let values: Vec<f64> = positions.iter().filter_map(|&p| output_values.get(p).copied()).collect();
    let arithmetic = first.map(|values| entry.operation.arithmetic(&values)).unwrap_or_default();
    let text = match values.first() {
        Some(&result) => format!("{} = {arithmetic}", number(result)),
        None => arithmetic,
    };
    Ok(Step {
        operation: entry.operation.description().name,
        output: Cells { tensor: shown.clone(), more: 0, cells: output_cells, values },
        inputs,
        text,
    })
}

async fn witnesses(engine: &Engine, entry: &Entry) -> Result<Vec<Witness>> {
    let mut witnesses = Vec::with_capacity(entry.inputs.len());
    for input in &entry.inputs {
        if input.device() == Device::Meta {
            return Err(Error::NotImplemented("a tensor on the meta device has no values".into()));
        }
        engine.read(input).await?;
        witnesses.push(Witness { shape: input.shape().to_vec(), values: engine.values(input)? });
    }
    Ok(witnesses)
}

fn values_at(witness: &Witness, cells: &[Vec<usize>]) -> Vec<f64> {
    cells.iter().filter_map(|cell| witness.values.get_f64(ravel(cell, &witness.shape))).collect()
}

/// The cells as the reader sees them: in the named tensor that shows them all, else in the input itself.
fn cells_of(input: &Tensor, witness: &Witness, mut cells: Vec<Vec<usize>>, named: &dyn Fn(&Buffer) -> Vec<Tensor>) -> Cells {
    let more = cells.len().saturating_sub(MAX_CELLS);
    cells.truncate(MAX_CELLS);
    let values = values_at(witness, &cells);
    for candidate in named(&input.buffer()) {
        let seen: Option<Vec<Vec<usize>>> =
            cells.iter().map(|cell| candidate.layout().cell_at(input.layout().position(cell))).collect();
        if let Some(seen) = seen {
            return Cells { tensor: candidate, cells: seen, values, more };
        }
    }
    Cells { tensor: input.clone(), cells, values, more }
}
