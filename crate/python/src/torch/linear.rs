//! `F.linear`.

use tensor::ops::binary::Operator;

use super::arguments::Arguments;
use super::entry::{Entry, FUNCTIONAL};
use super::linear_algebra::{check_dtypes, check_matrices, product};
use super::promotion::scalar_type_name;
use super::{autograd, compute};
use crate::value::{Args, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[Entry("linear", FUNCTIONAL, linear)];

/// x Wᵀ + b
fn linear(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "linear(input, weight, bias=None)", args)?;
    let (input, weight) = (arguments.object("input")?, arguments.object("weight")?);
    let bias = arguments.optional_object("bias")?;
    let (x, w) = (input.handle(), weight.handle());
    if w.dimensions() != 2 || x.dimensions() == 0 {
        return Err(Raise::runtime_error("linear: expected an input of at least 1 dimension and a weight of 2"));
    }
    let transposed = w.view(w.layout().transpose(0, 1));
    let rows = if x.dimensions() == 1 { x.view(x.layout().unsqueeze(0)) } else { x.clone() };
    let shape = rows.shape();
    check_matrices(
        if bias.is_some() && rows.is_contiguous() { "addmm" } else { "mm" },
        &[shape[..shape.len() - 1].iter().product(), shape[shape.len() - 1]],
        transposed.shape(),
    )?;
    if bias.is_some() && rows.dtype() != transposed.dtype() {
        return Err(Raise::runtime_error(format!(
            "mat1 and mat2 must have the same dtype, but got {} and {}",
            scalar_type_name(rows.dtype()),
            scalar_type_name(transposed.dtype())
        )));
    }
    // With a bias PyTorch rounds once, but where the rows must be copied first.
    let rounds_once = bias.is_some() && (rows.dimensions() == 2 || rows.is_contiguous());
    let [left, right] = [&rows, &transposed].map(|factor| if rounds_once { compute::widened(context, factor) } else { Ok(factor.clone()) });
    let mut result = product(context, &left?, &right?)?;
    if let Some(bias) = &bias {
        let bias = bias.handle();
        check_dtypes(&rows, &bias)?;
        if compute::expand(&bias, result.shape()).is_none() {
            let flat = [shape[..shape.len() - 1].iter().product::<usize>(), w.shape()[0]];
            return Err(Raise::runtime_error(format!(
                "The expanded size of the tensor ({}) must match the existing size ({}) at non-singleton dimension 1.  Target sizes: {flat:?}.  Tensor sizes: {:?}",
                flat[1],
                bias.numel(),
                bias.shape()
            )));
        }
        result = compute::binary(context, Operator::Add, &result, &compute::cast(context, &bias, result.dtype())?)?;
        result = compute::cast(context, &result, x.dtype())?;
    }
    if x.dimensions() == 1 {
        result = result.view(result.layout().squeeze(0));
    }
    let grad_fn = match (x.dimensions(), bias.is_some()) {
        (1, false) => "SqueezeBackward4",
        (2, false) => "MmBackward0",
        (2, true) => "AddmmBackward0",
        (3.., true) if !x.is_contiguous() => "AddBackward0",
        _ => "UnsafeViewBackward0",
    };
    Ok(match &bias {
        Some(bias) => autograd::value(context, result, grad_fn, &[&input, &weight, bias]),
        None => autograd::value(context, result, grad_fn, &[&input, &weight]),
    })
}
