//! Convolution (cross-correlation, as everywhere in deep learning) along one dimension.

use super::cases::{case, dense, strided};
use super::cells::{check_inputs, not_implemented};
use super::written::{dot, factor};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, row_shader, traffic};
use crate::cpu::convolution;
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "conv1d",
    summary: "Every output channel is a sum of input channels, each weighted by a kernel that slides along the length.",
    shader: crate::shaders::CONV1D,
    tolerance: Tolerance {
        absolute: 1e-4,
        relative: 1e-5,
        reason: "float32 sums of C/groups · K products in another order",
    },
    cases: super::native_only(cases),
};

/// `out[b, o, l] = bias[o] + Σ_c Σ_k weight[o, c, k] · x[b, g·C/groups + c, l·stride + k·dilation - padding]`,
/// where g is o's group and cells outside x count as 0.
///
/// Inputs: x (B, C, L), weight (O, C/groups, K), optionally bias (O).
/// Output: (B, O, (L + 2·padding - dilation·(K - 1) - 1) / stride + 1). Floats only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conv1d {
    pub stride: usize,
    pub padding: usize,
    pub dilation: usize,
    pub groups: usize,
}

impl Operation for Conv1d {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("conv1d", inputs.len(), 2, 3)?;
        let (x, weight) = (&inputs[0], &inputs[1]);
        let (&[b, c, l], &[o, per_group, k]) = (&x.shape[..], &weight.shape[..]) else {
            return Err(Error::Runtime(format!(
                "Expected 2D (unbatched) or 3D (batched) input to conv1d, but got input of size: {:?}",
                x.shape
            )));
        };
        let groups = self.groups;
        if groups == 0 {
            return Err(Error::Runtime("non-positive groups is not supported".into()));
        }
        if self.stride == 0 {
            return Err(Error::Runtime("non-positive stride is not supported".into()));
        }
        if self.dilation == 0 {
            return Err(Error::Runtime("dilation should be greater than zero, but got [1, 0]".into()));
        }
        if o < groups || o % groups != 0 {
            return Err(Error::Runtime(format!(
                "Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight of size [{:?}] instead",
                weight.shape
            )));
        }
        if per_group.checked_mul(groups) != Some(c) {
            return Err(Error::Runtime(format!(
                "Given groups={groups}, weight of size {:?}, expected input{:?} to have {} channels, but got {c} channels instead",
                weight.shape,
                x.shape,
                per_group.saturating_mul(groups)
            )));
        }
        if let Some(bias) = inputs.get(2).filter(|bias| bias.shape != [o]) {
            return Err(Error::Runtime(format!(
                "Given weight of size {:?}, expected bias to be 1-dimensional with {o} elements, but got bias of size {:?} instead",
                weight.shape, bias.shape
            )));
        }
        let padded = self.padding.checked_mul(2).and_then(|p| p.checked_add(l)).unwrap_or(usize::MAX);
        let reach = k.saturating_sub(1).saturating_mul(self.dilation).saturating_add(1);
        if k == 0 || padded < reach {
            return Err(Error::Runtime(format!(
                "Calculated padded input size per channel: ({padded}). Kernel size: ({reach}). Kernel size can't be greater than actual input size"
            )));
        }
        if !x.dtype.is_float() {
            return not_implemented("slow_conv2d_cpu", x.dtype);
        }
        Ok(Spec { shape: vec![b, o, (padded - reach) / self.stride + 1], dtype: x.dtype })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        convolution::conv1d(self, inputs, output)
    }

    fn shader_output(&self, output: &Spec) -> DType {
        row_shader::computed(output.dtype)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], output: &Spec, _: Adapter) -> Vec<Dispatch> {
        let (&[b, _, l], &[o, per_group, k]) = (&inputs[0].0.shape[..], &inputs[1].0.shape[..]) else { return Vec::new() };
        let outputs = o / self.groups;
        let output_length = output.shape[2];
        let parameters = [
            b,
            self.groups,
            per_group,
            outputs,
            l,
            output_length,
            k,
            self.stride,
            self.padding,
            self.dilation,
        ];
        // A tile has 64 channels: with fewer than 8 in a group most of it would be empty.
        let (entry, workgroups) = if outputs < 8 {
            ("direct", output.numel().div_ceil(256))
        } else {
            ("tiled", b * self.groups * outputs.div_ceil(64) * output_length.div_ceil(64))
        };
        let constants = vec![("DTYPE", inputs[0].0.dtype.code().into()), ("HAS_BIAS", (inputs.len() > 2).into())];
        // Without a bias x stands in for it.
        let bound = vec![0, 1, if inputs.len() > 2 { 2 } else { 0 }];
        let parameters = parameters.map(|x| x as u32).to_vec();
        vec![Dispatch { entry, constants, inputs: bound, parameters, workgroups }]
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let (&[_, _, l], &[o, per_group, k]) = (&inputs[0].shape[..], &inputs[1].shape[..]) else { return vec![] };
        let [b, channel, at] = *cell else { return vec![] };
        let first = channel / (o / self.groups) * per_group;
        let (mut x, mut weight) = (Vec::new(), Vec::new());
        for c in 0..per_group {
            for i in 0..k {
                if let Some(place) = (at * self.stride + i * self.dilation).checked_sub(self.padding).filter(|&place| place < l) {
                    x.push(vec![b, first + c, place]);
                    weight.push(vec![channel, c, i]);
                }
            }
        }
        let mut cells = vec![x, weight];
        if inputs.len() > 2 {
            cells.push(vec![vec![channel]]);
        }
        cells
    }

    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let sum = dot(&values[0], &values[1]);
        match values.get(2).and_then(|bias| bias.first()) {
            Some(&bias) => format!("{sum} + {}", factor(bias)),
            None => sum,
        }
    }

    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        let terms = inputs[1].shape[1..].iter().product::<usize>() as u64;
        Cost { flops: (2 * terms + u64::from(inputs.len() > 2)) * output.numel() as u64, bytes: traffic(inputs, output) }
    }
}

fn cases() -> Vec<Case> {
    let plain = Conv1d { stride: 1, padding: 0, dilation: 1, groups: 1 };
    let mut cases = Vec::new();
    for dtype in super::cases::floats() {
        cases.push(case(plain, [dense(dtype, &[2, 3, 9]), strided(dtype, &[4, 3, 3]), dense(dtype, &[4])]));
    }
    for length in [1, 31, 32, 33, 65, 257] {
        let conv = Conv1d { padding: 1, ..plain };
        cases.push(case(conv, [dense(DType::Float32, &[1, 2, length]), dense(DType::Float32, &[3, 2, 3])]));
    }
    for conv in [
        Conv1d { stride: 2, ..plain },
        Conv1d { stride: 3, padding: 2, ..plain },
        Conv1d { dilation: 3, padding: 4, ..plain },
        Conv1d { stride: 2, padding: 5, dilation: 2, ..plain },
    ] {
        cases.push(case(conv, [strided(DType::Float32, &[2, 3, 17]), dense(DType::Float32, &[5, 3, 4])]));
    }
    for groups in [2, 4] {
        let conv = Conv1d { groups, padding: 3, ..plain };
        let inputs = [dense(DType::Float32, &[2, 4, 11]), dense(DType::Float32, &[8, 4 / groups, 4]), dense(DType::Float32, &[8])];
        cases.push(case(conv, inputs));
    }
    cases.push(case(plain, [dense(DType::Float32, &[0, 3, 9]), dense(DType::Float32, &[4, 3, 3])]));
    cases.push(case(plain, [dense(DType::Float32, &[1, 70, 9]), dense(DType::Float32, &[67, 70, 5])]));
    cases
}
