//! Attention, fused: scores, mask, softmax and the weighted sum of values in one pass over the keys.
//!
//! The softmax is computed online (Milakov and Gimelshein, arXiv:1805.02867; FlashAttention, arXiv:2205.14135,
//! algorithm 1): a running maximum and sum per query, so that the T×S scores are never in memory.
//! It knowingly does not produce the attention weights: a program that wants to show them computes them itself.

use super::cases::{Input, case, dense, exact, expanded, strided};
use super::cells::{broadcast_source, c_name, check_inputs, expected_found};
use super::written::{factor, joined};
use super::{Adapter, Case, Cost, Description, Dispatch, Operation, Spec, Tolerance, View, Witness, number, row_shader, traffic};
use crate::cpu::attention;
use crate::layout::{broadcast, ravel};
use crate::{DType, Error, Layout, Result, Values};

pub static DESCRIPTION: Description = Description {
    name: "scaled_dot_product_attention",
    summary: "softmax(q kᵀ · scale + mask) v for every head, streamed over the keys.",
    shader: crate::shaders::SCALED_DOT_PRODUCT_ATTENTION,
    tolerance: Tolerance {
        absolute: 1e-5,
        relative: 1e-4,
        reason: "float32 sums over D and S in another order, rescaled block by block, with WGSL's exp",
    },
    cases: super::native_only(cases),
};

/// Inputs: q (.., H, T, D), k (.., G, S, D), v (.., G, S, Dv), and optionally a mask that broadcasts to (.., H, T, S):
/// bool (true: may attend) or of q's element type (added to the scores). H is a multiple of G:
/// query head h reads key/value head h / (H/G). Output: (.., H, T, Dv).
///
/// A query to which every key is masked gives zeros, as PyTorch's does since 2.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention {
    /// What scores are multiplied by: usually 1/√D.
    pub scale: f64,
    /// Key j is allowed for query i only if j <= i (aligned at the top left, as in PyTorch).
    pub causal: bool,
    /// With window W, key j is allowed for query i only if j > i - W.
    pub window: Option<usize>,
}

/// The sizes of a call, in the letters of the glossary. `batch` is the shape before the heads.
#[derive(Clone, Debug)]
pub struct Sizes {
    pub batch: Vec<usize>,
    pub h: usize,
    pub g: usize,
    pub t: usize,
    pub s: usize,
    pub d: usize,
    pub dv: usize,
}

impl Operation for Attention {
    fn description(&self) -> &'static Description {
        &DESCRIPTION
    }

    fn rule(&self, inputs: &[Spec]) -> Result<Spec> {
        check_inputs("scaled_dot_product_attention", inputs.len(), 3, 4)?;
        let shapes: Vec<&[usize]> = inputs.iter().map(|i| &i.shape[..]).collect();
        let sizes = Sizes::of(&shapes)?;
        let dtype = inputs[0].dtype;
        if inputs[1].dtype != dtype || inputs[2].dtype != dtype {
            return Err(Error::Runtime(format!(
                "Expected query, key, and value to have the same dtype, but got query.dtype: {} key.dtype: {} and value.dtype: {} instead.",
                c_name(dtype),
                c_name(inputs[1].dtype),
                c_name(inputs[2].dtype)
            )));
        }
        if !dtype.is_float() {
            return Err(Error::Runtime(expected_found(DType::Float32, dtype)));
        }
        if let Some(mask) = inputs.get(3) {
            if mask.dtype != DType::Bool && mask.dtype != dtype {
                return Err(Error::Runtime(format!(
                    "Expected attn_mask dtype to be bool or float or to match query dtype, but got attn_mask.dtype: {} and  query.dtype: {} instead.",
                    c_name(mask.dtype),
                    c_name(dtype)
                )));
            }
            let heads: &[usize] = if shapes[..3].iter().all(|shape| shape.len() == 2) { &[] } else { &[sizes.h] };
            let scores = [&sizes.batch[..], heads, &[sizes.t, sizes.s]].concat();
            if broadcast(&scores, &mask.shape)? != scores {
                return Err(Error::Runtime(format!("a mask of shape {:?} does not broadcast to scores of shape {scores:?}", mask.shape)));
            }
        }
        let heads = if inputs.iter().take(3).all(|i| i.shape.len() == 2) { vec![] } else { vec![sizes.h] };
        Ok(Spec { shape: [&sizes.batch[..], &heads, &[sizes.t, sizes.dv]].concat(), dtype })
    }

    fn cpu(&self, inputs: &[View<'_>], output: &Spec) -> Result<Values> {
        attention::attention(self, inputs, output)
    }

    fn accepts_strides(&self) -> bool {
        true
    }

    fn shader_output(&self, output: &Spec) -> DType {
        row_shader::computed(output.dtype)
    }

    fn dispatches(&self, inputs: &[(&Spec, &Layout)], _: &Spec, adapter: Adapter) -> Vec<Dispatch> {
        /// MASK where there is none; else it is the code of the mask's element type.
        const NO_MASK: u32 = 99;
        /// Rows of queries and columns of values of a workgroup: the shader's constants of those names.
        const ROWS: usize = 64;
        const VALUES: usize = 128;
        /// Multiply-adds from which a larger block repays in software what compiling it takes.
        const LARGE: usize = 1 << 20;
        let shapes: Vec<&[usize]> = inputs.iter().map(|(spec, _)| &spec.shape[..]).collect();
        let Ok(Sizes { batch, h, g, t, s, d, dv }) = Sizes::of(&shapes) else { return Vec::new() };
        let (rest, heads_per_group) = (batch.len(), h / g.max(1));
        // Every input with all its dimensions; without a mask q stands in for it.
        let mask = inputs.get(3);
        let expanded = |layout: &Layout, last: [usize; 3]| layout.expand(&[&batch[..], &last].concat());
        let layouts = [
            expanded(inputs[0].1, [h, t, d]),
            expanded(inputs[1].1, [g, s, d]),
            expanded(inputs[2].1, [g, s, dv]),
            mask.map_or_else(|| expanded(inputs[0].1, [h, t, d]), |(_, layout)| expanded(layout, [h, t, s])),
        ];
        let [Some(q), Some(k), Some(v), Some(m)] = layouts else { return Vec::new() };
        let layouts = [q, k, v, m];
        let batches: usize = batch.iter().product();

        let mut parameters: Vec<u32> = [t, s, d, dv, g, heads_per_group, batches, rest].map(|x| x as u32).to_vec();
        parameters.push((self.scale as f32).to_bits());
        parameters.push(self.causal.into());
        // A window is at least 1 wide; 0 stands for none, and one as wide as an index can say hides nothing.
        parameters.push(self.window.map_or(0, |w| w.clamp(1, 1 << 30) as u32));
        parameters.push(0);
        parameters.extend(layouts.iter().map(|l| l.offset as u32));
        for dimension in rest..rest + 3 {
            parameters.extend(layouts.iter().map(|l| row_shader::stride(l.strides[dimension])));
        }
        parameters.extend(row_shader::eight(batch.iter().map(|&size| size as u32)));
        for dimension in 0..rest {
            parameters.extend(layouts.iter().map(|l| row_shader::stride(l.strides[dimension])));
        }

        let chunks = dv.div_ceil(VALUES);
        let dtype = inputs[0].0.dtype;
        let is_in_fours = dtype == DType::Float32 && layouts[..3].iter().all(|layout| row_shader::is_in_fours(layout, dtype));
        let constants = vec![
            ("DTYPE", dtype.code().into()),
            ("MASK", mask.map_or(NO_MASK, |(spec, _)| spec.dtype.code()).into()),
            ("FOURS", u32::from(is_in_fours).into()),
        ];
        let (entry, workgroups) = match adapter {
            Adapter::Hardware => ("main", batches * g * (heads_per_group * t).div_ceil(ROWS) * chunks),
            Adapter::Software if is_in_fours && mask.is_none() && batches * h * t * s * d >= LARGE => ("wide", (batches * h * t.div_ceil(8)).div_ceil(4)),
            Adapter::Software => ("narrow", (batches * h * t.div_ceil(4) * chunks).div_ceil(4)),
        };
        let bound = vec![0, 1, 2, if mask.is_some() { 3 } else { 0 }];
        vec![Dispatch { entry, constants, inputs: bound, parameters, workgroups }]
    }

    fn provenance(&self, inputs: &[Witness], _: &Spec, cell: &[usize]) -> Vec<Vec<Vec<usize>>> {
        let shapes: Vec<&[usize]> = inputs.iter().map(|i| &i.shape[..]).collect();
        let nothing = vec![vec![]; inputs.len()];
        let (Ok(sizes), [lead @ .., t, e]) = (Sizes::of(&shapes), cell) else { return nothing };
        let (batch, h) = match lead {
            [batch @ .., h] => (batch, *h),
            [] => (&[][..], 0),
        };
        let seen = |mask: &Witness, j: usize| {
            let at = broadcast_source(&[batch, &[h, *t, j]].concat(), &mask.shape);
            let value = mask.values.get_f64(ravel(&at, &mask.shape)).unwrap_or(f64::NAN);
            let open = if mask.values.dtype() == DType::Bool { value != 0.0 } else { value != f64::NEG_INFINITY };
            (at, open)
        };
        let allowed: Vec<usize> = self.keys(*t, sizes.s).collect();
        let open: Vec<usize> = allowed.iter().copied().filter(|&j| inputs.get(3).is_none_or(|mask| seen(mask, j).1)).collect();
        let at = |input: usize, head: usize, row: usize, column: usize| {
            let lead = &inputs[input].shape[..inputs[input].shape.len() - 2];
            [&broadcast_source(&[batch, &[head]].concat(), lead)[..], &[row, column]].concat()
        };
        let group = h / (sizes.h / sizes.g.max(1)).max(1);
        let query = if open.is_empty() { vec![] } else { (0..sizes.d).map(|i| at(0, h, *t, i)).collect() };
        let mut cells = vec![
            query,
            open.iter().flat_map(|&j| (0..sizes.d).map(move |i| (j, i))).map(|(j, i)| at(1, group, j, i)).collect(),
            open.iter().map(|&j| at(2, group, j, *e)).collect(),
        ];
        if let Some(mask) = inputs.get(3) {
            cells.push(allowed.iter().map(|&j| seen(mask, j).0).collect());
        }
        cells
    }

    /// The weights times the values, with the weights worked out from q, k and the mask.
    fn arithmetic(&self, values: &[Vec<f64>]) -> String {
        let (q, k, v) = (&values[0], &values[1], &values[2]);
        if v.is_empty() {
            return "0 (every key is masked)".into();
        }
        let mask: Vec<f64> = match values.get(3) {
            // A bool mask and a float mask tell themselves apart: only keys that are seen have values here.
            Some(mask) if mask.contains(&f64::NEG_INFINITY) => mask.iter().copied().filter(|&m| m != f64::NEG_INFINITY).collect(),
            Some(mask) if mask.len() == v.len() => mask.clone(),
            _ => Vec::new(),
        };
        let scores: Vec<f64> = (0..v.len())
            .map(|j| {
                let row = k.get(j * q.len()..(j + 1) * q.len()).unwrap_or(&[]);
                let product: f64 = q.iter().zip(row).map(|(x, y)| x * y).sum();
                product * self.scale + mask.get(j).copied().unwrap_or(0.0)
            })
            .collect();
        let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = scores.iter().map(|s| (s - most).exp()).sum();
        joined(v.len(), " + ", |j| format!("{}·{}", number((scores[j] - most).exp() / sum), factor(v[j])))
    }

    /// Two multiply-adds per allowed score and element, five steps of softmax per score.
    fn cost(&self, inputs: &[Spec], output: &Spec) -> Cost {
        let shapes: Vec<&[usize]> = inputs.iter().map(|i| &i.shape[..]).collect();
        let Ok(sizes) = Sizes::of(&shapes) else { return Cost::default() };
        let heads = sizes.batch.iter().product::<usize>() as u64 * sizes.h as u64;
        let scores = heads * self.score_count(sizes.t as u64, sizes.s as u64);
        Cost { flops: scores * (2 * sizes.d as u64 + 2 * sizes.dv as u64 + 5), bytes: traffic(inputs, output) }
    }
}

impl Attention {
    /// The keys that causality and the window allow query `t`, of `s` keys.
    pub fn keys(&self, t: usize, s: usize) -> std::ops::Range<usize> {
        let end = if self.causal { s.min(t + 1) } else { s };
        let start = self.window.map_or(0, |w| (t + 1).saturating_sub(w)).min(end);
        start..end
    }

    /// How many of `t` × `s` scores are allowed.
    fn score_count(&self, t: u64, s: u64) -> u64 {
        // Σ min(s, i + 1) over i < t: a triangle, then a rectangle.
        let up_to = |t: u64| {
            let slope = t.min(s);
            slope * (slope + 1) / 2 + (t - slope) * s
        };
        let ends = if self.causal { up_to(t) } else { t * s };
        // Keys before the window: Σ min(s, i + 1 - w).
        let before = self.window.map_or(0, |w| up_to(t.saturating_sub(w as u64)));
        ends.saturating_sub(before)
    }
}

impl Sizes {
    /// Reads the sizes off the shapes of q, k, v, or says which do not fit.
    pub fn of(shapes: &[&[usize]]) -> Result<Sizes> {
        let (&[ref lead_q @ .., t, d], &[ref lead_k @ .., s, dk], &[ref lead_v @ .., sv, dv]) = (shapes[0], shapes[1], shapes[2]) else {
            return Err(Error::Runtime(format!(
                "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {} key.dim: {} and value.dim: {} instead.",
                shapes[0].len(),
                shapes[1].len(),
                shapes[2].len()
            )));
        };
        let head = |lead: &[usize]| lead.last().copied().unwrap_or(1);
        let (h, g) = (head(lead_q), head(lead_k));
        let batch = |lead: &[usize]| lead[..lead.len().saturating_sub(1)].to_vec();
        let batch = broadcast(&broadcast(&batch(lead_q), &batch(lead_k))?, &batch(lead_v))?;
        let matrices = batch.iter().product::<usize>() * h;
        if d != dk {
            return Err(Error::Runtime(format!(
                "Expected size for first two dimensions of batch2 tensor to be: [{matrices}, {d}] but got: [{matrices}, {dk}]."
            )));
        }
        if s != sv {
            return Err(Error::Runtime(format!(
                "Expected size for first two dimensions of batch2 tensor to be: [{matrices}, {s}] but got: [{matrices}, {sv}]."
            )));
        }
        if head(lead_v) != g || (g == 0 && h != 0) || (g > 0 && h % g != 0) {
            return Err(Error::Runtime("Number of heads in key and value must divide the number of heads in query".into()));
        }
        Ok(Sizes { batch, h, g, t, s, d, dv })
    }
}

fn cases() -> Vec<Case> {
    let plain = Attention { scale: 0.5, causal: false, window: None };
    let causal = Attention { causal: true, ..plain };
    let mut cases = Vec::new();
    let qkv = |dtype: DType, [b, h, g]: [usize; 3], [t, s, d, dv]: [usize; 4]| -> Vec<Input> {
        vec![dense(dtype, &[b, h, t, d]), strided(dtype, &[b, g, s, d]), dense(dtype, &[b, g, s, dv])]
    };
    for dtype in super::cases::floats() {
        cases.push(case(causal, qkv(dtype, [1, 2, 1], [5, 7, 4, 3])));
    }
    // 1, a prime, and the blocks' sizes with one less and one more; more queries than keys and fewer.
    for [t, s] in [[1, 1], [1, 65], [13, 5], [31, 63], [32, 64], [33, 65], [5, 130]] {
        for window in [None, Some(1), Some(7), Some(100)] {
            for is_causal in [false, true] {
                let attention = Attention { causal: is_causal, window, ..plain };
                cases.push(case(attention, qkv(DType::Float32, [1, 1, 1], [t, s, 5, 3])));
            }
        }
    }
    for d in [1, 16, 17, 64, 65] {
        cases.push(case(plain, qkv(DType::Float32, [2, 4, 2], [9, 11, d, d])));
    }
    for mask in [
        dense(DType::Bool, &[9, 11]),
        strided(DType::Bool, &[2, 1, 9, 11]),
        expanded(DType::Bool, &[4, 9, 11]),
        exact(DType::Bool, &[9, 1], &[1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0]),
        dense(DType::Float32, &[1, 11]),
        exact(DType::Float32, &[9, 1], &[0.0, f64::NEG_INFINITY, 1.0, 0.0, 0.0, 0.0, 0.0, f64::NEG_INFINITY, 0.0]),
        exact(DType::Float32, &[11], &[0.0, f64::NEG_INFINITY, 1.0, 0.0, -2.0, 0.0, f64::NEG_INFINITY, 0.5, 0.0, 0.0, 3.0]),
    ] {
        for attention in [plain, causal] {
            let mut inputs = qkv(DType::Float32, [2, 4, 2], [9, 11, 5, 3]);
            inputs.push(mask.clone());
            cases.push(case(attention, inputs));
        }
    }
    // Without a batch, without heads, one key for a batch of queries, nothing to look at, nobody to look.
    cases.push(case(causal, [&[3, 5, 4], &[3, 6, 4], &[3, 6, 2]].map(|shape| dense(DType::Float32, shape))));
    cases.push(case(causal, [&[5, 4], &[6, 4], &[6, 2]].map(|shape| dense(DType::Float32, shape))));
    cases.push(case(plain, [&[2, 1, 5, 4], &[1, 1, 6, 4], &[1, 1, 6, 2]].map(|shape| dense(DType::Float32, shape))));
    cases.push(case(plain, qkv(DType::Float32, [1, 1, 1], [3, 0, 4, 2])));
    cases.push(case(plain, qkv(DType::Float32, [1, 1, 1], [0, 3, 4, 2])));
    cases
}
