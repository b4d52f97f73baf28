//! Are two tensors the same, or close?

use tensor::Tensor;
use tensor::ops::binary::Operator;
use tensor::ops::unary::Function;

use super::arguments::Arguments;
use super::compute;
use super::entry::{BOTH, Entry};
use super::promotion::scalar_type_name;
use crate::value::{Args, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] =
    &[Entry("equal", BOTH, equal), Entry("allclose", BOTH, allclose), Entry("isclose", BOTH, isclose)];

/// Whether shapes and all values are the same.
fn equal(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "equal(input, other)", args)?;
    let (a, b) = (arguments.object("input")?.handle(), arguments.object("other")?.handle());
    if a.shape() != b.shape() {
        return Ok(Value::Bool(false));
    }
    let values = context.engine.values_of(&[&a, &b])?;
    let dtype = super::promotion::promote(a.dtype(), b.dtype());
    // Compared as numbers: NaN is equal to nothing, and -0 to 0.
    Ok(Value::Bool(match dtype.is_float() {
        true => values[0].to_f64() == values[1].to_f64(),
        false => values[0].to_i64() == values[1].to_i64(),
    }))
}

fn pair(arguments: &Arguments) -> Result<(Tensor, Tensor), Raise> {
    let (a, b) = (arguments.object("input")?.handle(), arguments.object("other")?.handle());
    if a.dtype() != b.dtype() {
        return Err(Raise::runtime_error(format!(
            "{} did not match {}",
            scalar_type_name(a.dtype()),
            scalar_type_name(b.dtype())
        )));
    }
    Ok((a, b))
}

/// |a - b| <= atol + rtol |b| everywhere.
fn allclose(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "allclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False)", args)?;
    let (a, b) = pair(&arguments)?;
    let (rtol, atol) = (arguments.float_or("rtol", 1e-5)?, arguments.float_or("atol", 1e-8)?);
    let equal_nan = arguments.bool_or("equal_nan", false)?;
    let shape = tensor::layout::broadcast(a.shape(), b.shape())?;
    let (Some(a), Some(b)) = (compute::expand(&a, &shape), compute::expand(&b, &shape)) else {
        return Err(Raise::runtime_error("the tensors do not broadcast"));
    };
    let values = context.engine.values_of(&[&a, &b])?;
    let is_close = |x: f64, y: f64| {
        x == y || (x - y).abs().is_finite() && (x - y).abs() <= atol + rtol * y.abs() || equal_nan && x.is_nan() && y.is_nan()
    };
    Ok(Value::Bool(values[0].to_f64().into_iter().zip(values[1].to_f64()).all(|(x, y)| is_close(x, y))))
}

fn isclose(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "isclose(input, other, rtol=1e-05, atol=1e-08, equal_nan=False)", args)?;
    let (a, b) = pair(&arguments)?;
    let is_equal = compute::binary(context, Operator::Eq, &a, &b)?;
    if !a.dtype().is_float() {
        return Ok(Value::tensor(is_equal));
    }
    let distance = compute::unary(context, Function::Abs, &compute::binary(context, Operator::Sub, &a, &b)?)?;
    let scaled = compute::with_number(
        context,
        Operator::Mul,
        &compute::unary(context, Function::Abs, &b)?,
        arguments.float_or("rtol", 1e-5)?,
    )?;
    let allowed = compute::with_number(context, Operator::Add, &scaled, arguments.float_or("atol", 1e-8)?)?;
    let is_near = compute::binary(context, Operator::Le, &distance, &allowed)?;
    let is_finite = compute::unary(context, Function::IsFinite, &distance)?;
    let is_near = compute::binary(context, Operator::BitAnd, &is_near, &is_finite)?;
    let mut result = compute::binary(context, Operator::BitOr, &is_equal, &is_near)?;
    if arguments.bool_or("equal_nan", false)? {
        let (x, y) = (compute::unary(context, Function::IsNan, &a)?, compute::unary(context, Function::IsNan, &b)?);
        let both = compute::binary(context, Operator::BitAnd, &x, &y)?;
        result = compute::binary(context, Operator::BitOr, &result, &both)?;
    }
    Ok(Value::tensor(result))
}
