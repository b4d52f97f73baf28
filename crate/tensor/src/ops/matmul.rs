//! Matrix multiplication.

use super::cases::{case, dense, expanded, special, strided};
use super::cellwise::joined;
use super::cells::{broadcast_source, c_name, check_inputs, expected_found, not_implemented};
use super::written::dot;
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, row_shader, traffic};
use crate::cpu::matmul;
use crate::layout::broadcast;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "matmul",
    summary: "The product of matrices: every row with every column; batch dimensions broadcast.",
    shader: crate::shaders::MATMUL,
    tolerance: Tolerance {
        absolute: 1e-4,
        relative: 1e-5,
        reason: "float32 sums of K products in another order, with or without fused multiply-add; of int8 weights integer sums, \
                 for which the other side is rounded to 2⁻³⁰ of its largest number",
    },
    cases: super::native_only(cases),
};

/// `outₙₘ = Σₖ aₙₖ · bₖₘ`.
///
/// Inputs: a (.., N, K), b (.., K, M) of one element type; the dimensions before broadcast.
/// Output: (.., N, M). float16 and bfloat16 are summed in float32.
///
/// # Errors
/// `Runtime` where K differs or the batch dimensions do not broadcast; `NotImplemented` for bools.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MatMul;

impl Operation for MatMul {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("matmul", inputs.len(), 2, 2)?;
        let ([batch_a @ .., n, k], [batch_b @ .., l, m]) = (&inputs[0].shape[..], &inputs[1].shape[..]) else {
            return Err(Error::Runtime(format!(
                "both arguments to matmul need to be at least 2D here, but they are {}D and {}D",
                inputs[0].shape.len(),
                inputs[1].shape.len()
            )));
        };
        if k != l {
            // PyTorch folds the batch of a into its rows where b is one matrix.
            let rows = batch_a.iter().product::<usize>() * n;
            return Err(Error::Runtime(if batch_b.is_empty() {
                format!("mm: mat1 and mat2 shapes cannot be multiplied ({rows}x{k} and {l}x{m})")
            } else {
                let batch = broadcast(batch_a, batch_b)?.iter().product::<usize>();
                format!("Expected size for first two dimensions of batch2 tensor to be: [{batch}, {k}] but got: [{batch}, {l}].")
            }));
        }
        if inputs[0].dtype != inputs[1].dtype {
            if !batch_a.is_empty() && !batch_b.is_empty() {
                return Err(Error::Runtime(expected_found(inputs[0].dtype, inputs[1].dtype)));
            }
            return Err(Error::Runtime(format!(
                "expected m1 and m2 to have the same dtype, but got: {} != {}",
                c_name(inputs[0].dtype),
                c_name(inputs[1].dtype)
            )));
        }
        if inputs[0].dtype == DType::Bool {
            return not_implemented(if batch_a.is_empty() && batch_b.is_empty() { "addmm_impl_cpu_" } else { "bmm" }, DType::Bool);
        }
        let mut shape = broadcast(batch_a, batch_b)?;
        shape.extend([*n, *m]);
        Ok(Spec { shape, dtype: inputs[0].dtype })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        matmul::matmul(&inputs[0], &inputs[1], output)
    }

    fn accepts_strides(&self) -> bool {
        true
    }

    fn widens(&self, number: usize, layout: &Layout, output: &Spec) -> bool {
        number == matmul::right(output) && matmul::has_lines(layout)
    }

    fn shader_output(&self, output: &Spec) -> DType {
        row_shader::computed(output.dtype)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, adapter: Adapter) -> Vec<Dispatch> {
        let [batch @ .., n, m] = &output.shape[..] else { return Vec::new() };
        let (n, m, k) = (*n, *m, inputs[0].1.shape.last().copied().unwrap_or(0));
        // The layout of an input with every batch dimension there, repeated where it is broadcast.
        let expanded = |i: usize, rows: usize, columns: usize| inputs[i].1.expand(&[batch, &[rows, columns]].concat());
        let (Some(a), Some(b)) = (expanded(0, n, k), expanded(1, k, m)) else { return Vec::new() };
        let batches: usize = batch.iter().product();
        let dtype = inputs[0].0.dtype;
        // A processor in place of a GPU computes cells side by side in a row: where columns are fewer, the product is turned.
        let is_turned = adapter == Adapter::Software && dtype.is_float() && m < n.min(4);
        let (n, m, a, b) = if is_turned { (m, n, turned(&b), turned(&a)) } else { (n, m, a, b) };

        let mut parameters: Vec<u32> = [n, m, k, batches].map(|x| x as u32).to_vec();
        for layout in [&a, &b] {
            let [.., row, column] = layout.strides[..] else { return Vec::new() };
            parameters.extend([layout.offset as u32, row_shader::stride(row), row_shader::stride(column)]);
        }
        let (batch_shape, batch_strides) = joined(batch, &[leading(&a), leading(&b)]);
        parameters.extend([batch_shape.len() as u32, is_turned.into()]);
        parameters.extend(row_shader::eight(batch_shape.iter().map(|&size| size as u32)));
        for strides in batch_strides {
            parameters.extend(row_shader::eight(strides.into_iter().map(row_shader::stride)));
        }

        let mut constants = vec![("DTYPE", dtype.code().into())];
        let (entry, workgroups) = if !dtype.is_float() {
            ("integers", n.div_ceil(16) * m.div_ceil(16))
        } else if n.min(m) < 8 && adapter == Adapter::Hardware {
            if row_shader::is_in_fours(&a, dtype) && row_shader::is_in_fours(&turned(&b), dtype) {
                ("thin_along", (n * m).div_ceil(8))
            } else if row_shader::is_in_fours(&b, dtype) {
                ("thin_across", (n * m * dtype.size() / 16).div_ceil(4))
            } else {
                ("thin", (n * m).div_ceil(16))
            }
        } else {
            // On a page sizes have 32 bits: what multiplies beyond them is only large.
            let work = n.saturating_mul(m).saturating_mul(k);
            // Each way of loading is a pipeline more to compile, which small products do not repay in software. Where rows
            // are few, the next token repeats them.
            let repays = adapter == Adapter::Hardware || work >= if n < 4 { LARGE / 8 } else { LARGE };
            if dtype == DType::Float32 && k % 4 == 0 && repays {
                constants.extend([("A_FOURS", fours(&a)), ("B_FOURS", fours(&b))].map(|(name, code)| (name, f64::from(code))));
            }
            let (entry, [rows, columns]) = tile(n, m, work, adapter);
            (entry, n.div_ceil(rows) * m.div_ceil(columns))
        };
        let inputs = if is_turned { vec![1, 0] } else { vec![0, 1] };
        vec![Dispatch { entry, constants, inputs, parameters, workgroups: workgroups * batches }]
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let [batch @ .., n, m] = cell else { return vec![vec![], vec![]] };
        let batch_of = |i: usize| broadcast_source(batch, &inputs[i].shape[..inputs[i].shape.len() - 2]);
        let (batch_a, batch_b) = (batch_of(0), batch_of(1));
        let k = inputs[0].shape[inputs[0].shape.len() - 1];
        let at = |batch: &[usize], row: usize, column: usize| [batch, &[row, column]].concat();
        vec![(0..k).map(|k| at(&batch_a, *n, k)).collect(), (0..k).map(|k| at(&batch_b, k, *m)).collect()]
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        dot(&values[0], &values[1])
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        let k = inputs[0].shape.last().copied().unwrap_or(0) as u64;
        Cost { flops: 2 * k * output.numel() as u64, bytes: traffic(inputs, output) }
    }
}

/// Multiply-adds from which a larger tile, and another way of loading, repay in software what compiling them takes.
const LARGE: usize = 1 << 20;

/// The kernel for products of larger matrices, or in software of any, and the rows and columns of cells that a workgroup of
/// it computes: 8 × 8 tiles of its invocations, one that they share, or a piece of one row.
fn tile(n: usize, m: usize, work: usize, adapter: Adapter) -> (&'static str, [usize; 2]) {
    match adapter {
        Adapter::Software if n < 4 => ("row4", [1, 64]),
        Adapter::Software if n.min(m) < 8 || work < LARGE => ("tile4", [32, 32]),
        Adapter::Software if n.min(m) >= 16 => ("tile16", [128, 128]),
        Adapter::Software => ("tile8", [64, 64]),
        Adapter::Hardware if n.min(m) >= 64 => ("shared_tile", [64, 64]),
        Adapter::Hardware => ("tile4", [32, 32]),
    }
}

/// A matrix, or a batch of them, with rows and columns exchanged.
fn turned(layout: &Layout) -> Layout {
    let row = layout.shape.len() - 2;
    layout.transpose(row, row + 1)
}

/// How the shader may load fours of float32 where K is a multiple of 4: 1 along the rows, 2 down the columns, 0 cell by cell.
fn fours(layout: &Layout) -> u32 {
    match layout.shape.len().checked_sub(2) {
        _ if row_shader::is_in_fours(layout, DType::Float32) => 1,
        Some(row) if row_shader::is_in_fours(&layout.transpose(row, row + 1), DType::Float32) => 2,
        _ => 0,
    }
}

/// The batch dimensions of a layout: all but the last two.
fn leading(layout: &Layout) -> Layout {
    let batch = layout.shape.len() - 2;
    Layout { shape: layout.shape[..batch].to_vec(), strides: layout.strides[..batch].to_vec(), offset: 0 }
}

fn cases() -> Vec<Case> {
    let transposed = |shape: &[usize]| {
        let (values, layout) = dense(DType::Float32, shape);
        (values, layout.transpose(0, 1))
    };
    let mut cases = Vec::new();
    for dtype in DType::ALL.into_iter().filter(|&dtype| dtype != DType::Bool) {
        cases.push(case(MatMul, [dense(dtype, &[5, 7]), dense(dtype, &[7, 3])]));
    }
    // 1, a prime, and the tile's size with one less and one more.
    for size in [1, 2, 3, 13, 15, 16, 17, 31, 33, 63, 64, 65] {
        cases.push(case(MatMul, [dense(DType::Float32, &[size, 17]), dense(DType::Float32, &[17, size])]));
        cases.push(case(MatMul, [dense(DType::Float32, &[5, size]), dense(DType::Float32, &[size, 9])]));
    }
    let long = [dense(DType::Float32, &[3, 300]), strided(DType::Float32, &[300, 2])];
    cases.push(case(MatMul, long));
    cases.push(case(MatMul, [dense(DType::Float32, &[70, 260]), dense(DType::Float32, &[260, 520])]));
    for rows in [1, 3, 17] {
        // b transposed and sliced, a transposed and sliced, both.
        cases.push(case(MatMul, [dense(DType::Float32, &[rows, 19]), strided(DType::Float32, &[19, 11])]));
        cases.push(case(MatMul, [strided(DType::Float32, &[rows, 19]), dense(DType::Float32, &[19, 11])]));
        cases.push(case(MatMul, [dense(DType::Float32, &[rows, 19]), transposed(&[11, 19])]));
    }
    // Of few rows: whole registers of columns and what is beyond, short lines and long ones, one line again and again.
    for (k, m) in [(9, 71), (19, 300)] {
        cases.push(case(MatMul, [dense(DType::Float32, &[3, k]), dense(DType::Float32, &[k, m])]));
        cases.push(case(MatMul, [dense(DType::Float32, &[3, m]), transposed(&[k, m])]));
        cases.push(case(MatMul, [dense(DType::Float32, &[3, k]), expanded(DType::Float32, &[k, m])]));
    }
    cases.push(case(MatMul, [dense(DType::Float32, &[2, 1, 3, 5]), dense(DType::Float32, &[4, 5, 2])]));
    cases.push(case(MatMul, [strided(DType::Float32, &[2, 3, 4, 5]), strided(DType::Float32, &[2, 3, 5, 4])]));
    cases.push(case(MatMul, [dense(DType::Float32, &[2, 3, 4]), dense(DType::Float32, &[4, 5])]));
    cases.push(case(MatMul, [dense(DType::Float32, &[3, 4]), expanded(DType::Float32, &[2, 4, 5])]));
    cases.push(case(MatMul, [special(DType::Float32, &[5, 4]), dense(DType::Float32, &[4, 3])]));
    for [n, k, m] in [[0, 3, 2], [3, 0, 2], [3, 2, 0]] {
        cases.push(case(MatMul, [dense(DType::Float32, &[n, k]), dense(DType::Float32, &[k, m])]));
    }
    cases.push(case(MatMul, [dense(DType::Float32, &[65_537, 2]), dense(DType::Float32, &[2, 1])]));
    cases
}
