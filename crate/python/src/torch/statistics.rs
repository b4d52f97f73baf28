//! How cells spread, and how large they are together: `var`, `std`, `norm`, `logsumexp`.

use std::rc::Rc;

use tensor::Tensor;
use tensor::ops::binary::Operator;
use tensor::ops::reduce::Reduction;
use tensor::ops::unary::Function;

use super::arguments::Arguments;
use super::entry::{BOTH, Entry, TORCH};
use super::promotion::scalar_type_name;
use super::reduction::dims_of;
use super::{autograd, compute};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("var", BOTH, var),
    Entry("std", BOTH, std),
    Entry("var_mean", TORCH, var_mean),
    Entry("std_mean", TORCH, std_mean),
    Entry("norm", BOTH, norm),
    Entry("logsumexp", BOTH, logsumexp),
];

fn var(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "var(input, dim=None, unbiased=True, keepdim=False, *, correction=None)", args)?;
    let input = arguments.object("input")?;
    let variance = compute::cast(context, &moments(context, &arguments)?.0, input.handle().dtype())?;
    Ok(autograd::value(context, variance, "VarBackward0", &[&input]))
}

fn std(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "std(input, dim=None, unbiased=True, keepdim=False, *, correction=None)", args)?;
    let input = arguments.object("input")?;
    let deviation = compute::unary(context, Function::Sqrt, &moments(context, &arguments)?.0)?;
    let deviation = compute::cast(context, &deviation, input.handle().dtype())?;
    Ok(autograd::value(context, deviation, "StdBackward0", &[&input]))
}

fn var_mean(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "var_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None)";
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?;
    let (variance, mean) = moments(context, &arguments)?;
    both(context, [variance, mean], "VarMeanBackward0", &input)
}

fn std_mean(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "std_mean(input, dim=None, unbiased=True, keepdim=False, *, correction=None)";
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?;
    let (variance, mean) = moments(context, &arguments)?;
    let deviation = compute::unary(context, Function::Sqrt, &variance)?;
    both(context, [deviation, mean], "StdMeanBackward0", &input)
}

fn both(context: &Context, results: [Tensor; 2], grad_fn: &'static str, input: &Rc<TensorObject>) -> Result<Value, Raise> {
    let rounded = |result| Ok(autograd::value(context, compute::cast(context, result, input.handle().dtype())?, grad_fn, &[input]));
    Ok(Value::tuple(results.iter().map(rounded).collect::<Result<_, Raise>>()?))
}

fn norm(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "norm(input, p=None, dim=None, keepdim=False, dtype=None)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let order = match arguments.get("p") {
        None => 2.0,
        Some(Value::Str(name)) if matches!(&**name, "fro" | "2") => 2.0,
        Some(_) => arguments.float_or("p", 2.0)?,
    };
    let dims = dims_of(&arguments, &handle)?;
    let result = vector_norm(context, &handle, order, &dims, arguments.bool_or("keepdim", false)?)?;
    Ok(autograd::value(context, result, "LinalgVectorNormBackward0", &[&input]))
}

/// log Σ exp(x), shifted by the largest x so that nothing overflows.
fn logsumexp(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "logsumexp(input, dim, keepdim=False)", args)?;
    let input = arguments.object("input")?;
    let mut x = input.handle();
    if !x.dtype().is_float() {
        x = compute::cast(context, &x, context.default_dtype)?;
    }
    let dims = dims_of(&arguments, &x)?;
    let keep = arguments.bool_or("keepdim", false)?;
    let largest = compute::reduce(context, Reduction::Max, &x, &dims, true)?;
    // A row of -inf alone would give inf - inf: shift it by nothing.
    let is_finite = compute::unary(context, Function::IsFinite, &largest)?;
    let zero = compute::number(context, super::arguments::Number::Int(0), x.dtype())?;
    let shift = compute::select(context, &is_finite, &largest, &zero)?;
    let powers = compute::unary(context, Function::Exp, &compute::binary(context, Operator::Sub, &x, &shift)?)?;
    let total = compute::reduce(context, Reduction::Sum, &powers, &dims, keep)?;
    let logarithm = compute::unary(context, Function::Log, &total)?;
    let shift = compute::reshape(context, &shift, logarithm.shape())?;
    let result = compute::binary(context, Operator::Add, &logarithm, &shift)?;
    Ok(autograd::value(context, result, "LogsumexpBackward0", &[&input]))
}

/// The mean squared distance from the mean, over cells minus `correction`, and the mean; in float32 at least.
fn moments(context: &Context, arguments: &Arguments) -> Result<(Tensor, Tensor), Raise> {
    let handle = compute::widened(context, &arguments.object("input")?.handle())?;
    if !handle.dtype().is_float() {
        return Err(Raise::not_implemented("std and var only support floating point and complex dtypes"));
    }
    // `var(unbiased)` came before `var(dim, *, correction)`: a bool in place of the dimension means that.
    let (dims, unbiased) = match arguments.get("dim") {
        Some(Value::Bool(unbiased)) => ((0..handle.dimensions()).collect(), *unbiased),
        _ => (dims_of(arguments, &handle)?, arguments.bool_or("unbiased", true)?),
    };
    let correction = arguments.float_or("correction", if unbiased { 1.0 } else { 0.0 })?;
    let keep = arguments.bool_or("keepdim", false)?;
    let mean = compute::reduce(context, Reduction::Mean, &handle, &dims, true)?;
    let distance = compute::binary(context, Operator::Sub, &handle, &mean)?;
    let square = compute::unary(context, Function::Square, &distance)?;
    let total = compute::reduce(context, Reduction::Sum, &square, &dims, keep)?;
    let cells: usize = dims.iter().map(|&d| handle.shape()[d]).product();
    let variance = compute::with_number(context, Operator::Div, &total, (cells as f64 - correction).max(0.0))?;
    let mean = compute::reshape(context, &mean, variance.shape())?;
    Ok((variance, mean))
}

/// (Σ |x|^p)^(1/p); the largest or smallest |x| for infinite p; the number of cells that are not 0 for p = 0.
pub fn vector_norm(context: &Context, x: &Tensor, order: f64, dims: &[usize], keep: bool) -> Result<Tensor, Raise> {
    if !x.dtype().is_float() {
        return Err(Raise::not_implemented(format!(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got {}",
            scalar_type_name(x.dtype())
        )));
    }
    let norm = wide_norm(context, &compute::widened(context, x)?, order, dims, keep)?;
    compute::cast(context, &norm, x.dtype())
}

fn wide_norm(context: &Context, x: &Tensor, order: f64, dims: &[usize], keep: bool) -> Result<Tensor, Raise> {
    if order == 2.0 {
        let square = compute::unary(context, Function::Square, x)?;
        let total = compute::reduce(context, Reduction::Sum, &square, dims, keep)?;
        return compute::unary(context, Function::Sqrt, &total);
    }
    let size = compute::unary(context, Function::Abs, x)?;
    if order == f64::INFINITY {
        return compute::reduce(context, Reduction::Max, &size, dims, keep);
    }
    if order == f64::NEG_INFINITY {
        return compute::reduce(context, Reduction::Min, &size, dims, keep);
    }
    if order == 1.0 {
        return compute::reduce(context, Reduction::Sum, &size, dims, keep);
    }
    if order == 0.0 {
        let present = compute::cast(context, &compute::with_number(context, Operator::Ne, &size, 0.0)?, x.dtype())?;
        return compute::reduce(context, Reduction::Sum, &present, dims, keep);
    }
    let powers = compute::with_number(context, Operator::Pow, &size, order)?;
    let total = compute::reduce(context, Reduction::Sum, &powers, dims, keep)?;
    compute::with_number(context, Operator::Pow, &total, 1.0 / order)
}
