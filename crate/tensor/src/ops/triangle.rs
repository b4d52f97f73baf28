//! The triangle above or below a diagonal: `tril`, `triu`, and so the causal mask.

use super::cases::{case, dense, special, strided};
use super::cells::check_inputs;
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, cellwise, number, traffic};
use crate::cpu::movement;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "triangle",
    summary: "The cells on one side of a diagonal, zero on the other.",
    shader: crate::shaders::TRIANGLE,
    tolerance: Tolerance { absolute: 0.0, relative: 0.0, reason: "keeping or zeroing is exact on every device" },
    cases: super::native_only(cases),
};

/// Input and output: (.., N, M). Keeps the cells with `column - row <= diagonal` (lower)
/// or `column - row >= diagonal` (upper); the rest are zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Triangle {
    pub upper: bool,
    pub diagonal: i64,
}

impl Operation for Triangle {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("triangle", inputs.len(), 1, 1)?;
        if inputs[0].shape.len() < 2 {
            let name = if self.upper { "triu" } else { "tril" };
            return Err(Error::Runtime(format!("{name}: input tensor must have at least 2 dimensions")));
        }
        Ok(inputs[0].clone())
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        movement::triangle(&inputs[0], |row, column| self.keeps(row, column), output)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        let [.., rows, columns] = output.shape[..] else { return Vec::new() };
        // Beyond the corners every diagonal is the same.
        let diagonal = self.diagonal.clamp(-(rows as i64) - 1, columns as i64 + 1) as i32;
        vec![Dispatch {
            entry: "main",
            constants: vec![("UPPER", f64::from(u8::from(self.upper))), cellwise::dtype_out(output.dtype)],
            inputs: (0..inputs.len()).collect(),
            parameters: vec![output.numel() as u32, rows as u32, columns as u32, diagonal as u32],
            workgroups: cellwise::workgroups(cellwise::words(output)),
        }]
    }

    fn provenance(&self, _: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        match cell {
            [.., row, column] if self.keeps(*row, *column) => vec![vec![cell.to_vec()]],
            _ => vec![vec![]],
        }
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        match values[0].first() {
            Some(&x) => number(x),
            None => format!("0 ({} the diagonal)", if self.upper { "below" } else { "above" }),
        }
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        Cost { flops: 0, bytes: traffic(inputs, output) }
    }
}

impl Triangle {
    fn keeps(&self, row: usize, column: usize) -> bool {
        let distance = column as i64 - row as i64;
        if self.upper { distance >= self.diagonal } else { distance <= self.diagonal }
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for upper in [false, true] {
        for diagonal in [-70, -2, 0, 1, 70] {
            cases.push(case(Triangle { upper, diagonal }, [dense(DType::Float32, &[2, 5, 7])]));
        }
        for dtype in DType::ALL {
            cases.push(case(Triangle { upper, diagonal: 0 }, [strided(dtype, &[17, 15])]));
        }
    }
    cases.push(case(Triangle { upper: true, diagonal: 1 }, [special(DType::Float32, &[9, 9])]));
    cases.push(case(Triangle { upper: false, diagonal: 0 }, [dense(DType::Float32, &[3, 0])]));
    cases.push(case(Triangle { upper: false, diagonal: 0 }, [dense(DType::Float32, &[1, 65_537, 1])]));
    cases
}
