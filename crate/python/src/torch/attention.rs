//! `scaled_dot_product_attention`, fused and, where dropout reaches the weights, step by step.

use std::rc::Rc;

use tensor::layout::memory_order;
use tensor::ops::binary::Operator;
use tensor::ops::scaled_dot_product_attention::Attention;
use tensor::ops::softmax::Softmax;
use tensor::{DType, Tensor, Values};

use super::arguments::Arguments;
use super::entry::{Entry, FUNCTIONAL};
use super::functional::dropped;
use super::promotion::c_name;
use super::{autograd, compute, linear_algebra};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("scaled_dot_product_attention", FUNCTIONAL, scaled_dot_product_attention),
];

/// softmax(Q Kᵀ · scale + mask) V (Vaswani et al. 2017), over (.., H, T, D), (.., G, S, D) and (.., G, S, Dv).
fn scaled_dot_product_attention(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, *, scale=None, enable_gqa=False)";
    let arguments = Arguments::bind(context, signature, args)?;
    let objects = [arguments.object("query")?, arguments.object("key")?, arguments.object("value")?];
    let mask = arguments.optional_object("attn_mask")?;
    let causal = arguments.bool_or("is_causal", false)?;
    if causal && mask.is_some() {
        return Err(Raise::runtime_error(
            "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True",
        ));
    }
    let [mut q, mut k, mut v] = [objects[0].handle(), objects[1].handle(), objects[2].handle()];
    check_attention(&q, &k, &v, arguments.bool_or("enable_gqa", false)?)?;
    let rank = q.dimensions();
    // A matrix is one head; a batch of matrices is a batch of heads.
    for tensor in [&mut q, &mut k, &mut v] {
        if tensor.dimensions() == 2 {
            *tensor = tensor.view(tensor.layout().unsqueeze(0));
        }
    }
    let width = q.shape()[q.dimensions() - 1];
    let scale = arguments.float_or("scale", 1.0 / (width as f64).sqrt())?;
    let dropout_p = arguments.float_or("dropout_p", 0.0)?;
    if !(0.0..=1.0).contains(&dropout_p) {
        let p = crate::format::float_repr(dropout_p);
        return Err(Raise::runtime_error(format!("dropout probability has to be between 0 and 1, but got {p}")));
    }
    let inputs: Vec<&Rc<TensorObject>> = objects.iter().chain(&mask).collect();
    let mask = mask.as_ref().map(|m| m.handle());
    if let Some(mask) = &mask {
        let scores = [&q.shape()[..q.dimensions() - 1], &[k.shape()[k.dimensions() - 2]]].concat();
        tensor::layout::broadcast(&scores, mask.shape())?;
    }
    let mut result = if dropout_p > 0.0 {
        attention_with_dropout(context, [&q, &k, &v], mask.as_ref(), causal, scale, dropout_p)?
    } else {
        let mut operands = vec![&q, &k, &v];
        operands.extend(&mask);
        context.torch.flops.count_attention(&q, &k, &v);
        let attention = Attention { scale, causal, window: None };
        // PyTorch's fused kernel lays its result as the queries lie.
        let keeps_rows = |order: &Vec<usize>| order.last() == Some(&(order.len() - 1)) && q.shape().last() == v.shape().last();
        match memory_order(&[q.layout()]).filter(keeps_rows) {
            Some(order) => context.engine.run_in_order(attention, &operands, &order)?,
            None => context.engine.run(attention, &operands)?,
        }
    };
    if rank == 2 {
        result = result.view(result.layout().squeeze(0));
    }
    let grad_fn = match (rank, dropout_p > 0.0) {
        (2, _) => "MmBackward0",
        (_, true) => "UnsafeViewBackward0",
        (3, _) => "SqueezeBackward1",
        _ => "ScaledDotProductFlashAttentionForCpuBackward0",
    };
    Ok(autograd::value(context, result, grad_fn, &inputs))
}

fn check_attention(q: &Tensor, k: &Tensor, v: &Tensor, enable_gqa: bool) -> Result<(), Raise> {
    if [q, k, v].iter().any(|tensor| tensor.dimensions() < 2) {
        return Err(Raise::runtime_error(format!(
            "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: {} key.dim: {} and value.dim: {} instead.",
            q.dimensions(),
            k.dimensions(),
            v.dimensions()
        )));
    }
    if q.dtype() != k.dtype() || q.dtype() != v.dtype() {
        return Err(Raise::runtime_error(format!(
            "Expected query, key, and value to have the same dtype, but got query.dtype: {} key.dtype: {} and value.dtype: {} instead.",
            c_name(q.dtype()),
            c_name(k.dtype()),
            c_name(v.dtype())
        )));
    }
    let heads = |t: &Tensor| if t.dimensions() > 2 { t.shape()[t.dimensions() - 3] } else { 1 };
    let (h, g) = (heads(q), heads(k));
    if enable_gqa && (g == 0 || h % g != 0) {
        return Err(Raise::runtime_error("Number of heads in key and value must divide the number of heads in query"));
    }
    if !enable_gqa && h != g && g != 1 {
        let dim = q.dimensions().saturating_sub(3);
        return Err(Raise::runtime_error(format!(
            "The size of tensor a ({h}) must match the size of tensor b ({g}) at non-singleton dimension {dim}"
        )));
    }
    let (t, d) = (q.shape()[q.dimensions() - 2], q.shape()[q.dimensions() - 1]);
    let (s, width) = (k.shape()[k.dimensions() - 2], k.shape()[k.dimensions() - 1]);
    if d != width && q.dimensions() > 2 {
        let count: usize = q.shape()[..q.dimensions() - 2].iter().product();
        return Err(Raise::runtime_error(format!(
            "Expected size for first two dimensions of batch2 tensor to be: [{count}, {d}] but got: [{count}, {width}]."
        )));
    }
    if d != width {
        return Err(Raise::runtime_error(format!(
            "mm: mat1 and mat2 shapes cannot be multiplied ({t}x{d} and {width}x{s})"
        )));
    }
    Ok(())
}

/// The unfused form, whose weights dropout can reach.
fn attention_with_dropout(
    context: &mut Context,
    [q, k, v]: [&Tensor; 3],
    mask: Option<&Tensor>,
    causal: bool,
    scale: f64,
    dropout_p: f64,
) -> Result<Tensor, Raise> {
    let last = k.dimensions() - 1;
    let (h, g) = (q.shape()[q.dimensions() - 3], k.shape()[k.dimensions() - 3]);
    let (k, v) = if h == g { (k.clone(), v.clone()) } else { (grouped(context, k, h / g)?, grouped(context, v, h / g)?) };
    let scores = linear_algebra::product(context, q, &k.view(k.layout().transpose(last - 1, last)))?;
    let mut scores = compute::with_number(context, Operator::Mul, &scores, scale)?;
    let (t, s) = (scores.shape()[scores.dimensions() - 2], scores.shape()[scores.dimensions() - 1]);
    let causal_mask = if causal {
        let allowed: Vec<bool> = (0..t).flat_map(|i| (0..s).map(move |j| j <= i)).collect();
        Some(context.engine.tensor(Values::Bool(allowed), &[t, s])?)
    } else {
        None
    };
    if let Some(mask) = causal_mask.as_ref().or(mask) {
        scores = if mask.dtype() == DType::Bool {
            let minus_infinity =
                compute::number(context, super::arguments::Number::Float(f64::NEG_INFINITY), scores.dtype())?;
            compute::select(context, mask, &scores, &minus_infinity)?
        } else {
            compute::binary(context, Operator::Add, &scores, &compute::cast(context, mask, scores.dtype())?)?
        };
    }
    let dim = scores.dimensions() - 1;
    let weights = context.engine.run(Softmax { dim, logarithm: false }, &[&scores])?;
    let weights = dropped(context, &weights, dropout_p)?;
    linear_algebra::product(context, &weights, &v)
}

/// Each key/value head repeated for its group of query heads.
fn grouped(context: &Context, tensor: &Tensor, count: usize) -> Result<Tensor, Raise> {
    let dim = tensor.dimensions() - 3;
    let mut layout = tensor.layout().unsqueeze(dim + 1);
    layout.shape[dim + 1] = count;
    layout.strides[dim + 1] = 0;
    let mut shape = tensor.shape().to_vec();
    shape[dim] *= count;
    compute::reshape(context, &tensor.view(layout), &shape)
}
