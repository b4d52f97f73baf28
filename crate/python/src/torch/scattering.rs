//! Cells written where tensors of numbers say: `scatter`, `index_add`, `index_copy`, …

use std::rc::Rc;

use tensor::Tensor;
use tensor::ops::scatter::Scatter;

use super::arguments::Arguments;
use super::dimensions::dimension;
use super::entry::{BOTH, Entry, TENSOR};
use super::promotion::scalar_type_name;
use super::selection::{check_rows, checked_index, row_index};
use super::{autograd, compute, in_place};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("scatter", BOTH, scatter),
    Entry("scatter_", TENSOR, scatter_),
    Entry("scatter_add", BOTH, scatter_add),
    Entry("scatter_add_", TENSOR, scatter_add_),
    Entry("index_add", BOTH, index_add),
    Entry("index_add_", TENSOR, index_add_),
    Entry("index_copy", BOTH, index_copy),
    Entry("index_copy_", TENSOR, index_copy_),
    Entry("index_fill", BOTH, index_fill),
    Entry("index_fill_", TENSOR, index_fill_),
];

fn scatter(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "scatter(input, dim, index, src=None, *, value=None, reduce=None)", args)?;
    let (cells, grad_fn) = scattered(context, &arguments)?;
    Ok(autograd::value(context, cells, grad_fn, &inputs_of(&arguments)?.iter().collect::<Vec<_>>()))
}

fn scatter_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "scatter_(input, dim, index, src=None, *, value=None, reduce=None)", args)?;
    let (cells, grad_fn) = scattered(context, &arguments)?;
    let inputs = inputs_of(&arguments)?;
    in_place::write(context, &inputs[0], &cells, grad_fn, &inputs.iter().collect::<Vec<_>>())
}

fn scatter_add(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "scatter_add(input, dim, index, src)", args)?;
    let cells = scatter_tensor(context, &arguments, true)?;
    Ok(autograd::value(context, cells, "ScatterAddBackward0", &inputs_of(&arguments)?.iter().collect::<Vec<_>>()))
}

fn scatter_add_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "scatter_add_(input, dim, index, src)", args)?;
    let cells = scatter_tensor(context, &arguments, true)?;
    let inputs = inputs_of(&arguments)?;
    in_place::write(context, &inputs[0], &cells, "ScatterAddBackward0", &inputs.iter().collect::<Vec<_>>())
}

fn index_add(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_add(input, dim, index, source, *, alpha=1)", args)?;
    let cells = written_rows(context, &arguments, true)?;
    Ok(autograd::value(context, cells, "IndexAddBackward0", &inputs_of(&arguments)?.iter().collect::<Vec<_>>()))
}

fn index_add_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_add_(input, dim, index, source, *, alpha=1)", args)?;
    let (cells, inputs) = (written_rows(context, &arguments, true)?, inputs_of(&arguments)?);
    in_place::write(context, &inputs[0], &cells, "IndexAddBackward0", &inputs.iter().collect::<Vec<_>>())
}

fn index_copy(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_copy(input, dim, index, source)", args)?;
    let cells = written_rows(context, &arguments, false)?;
    Ok(autograd::value(context, cells, "IndexCopyBackward0", &inputs_of(&arguments)?.iter().collect::<Vec<_>>()))
}

fn index_copy_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_copy_(input, dim, index, source)", args)?;
    let (cells, inputs) = (written_rows(context, &arguments, false)?, inputs_of(&arguments)?);
    in_place::write(context, &inputs[0], &cells, "IndexCopyBackward0", &inputs.iter().collect::<Vec<_>>())
}

fn index_fill(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_fill(input, dim, index, value)", args)?;
    let cells = written_rows(context, &arguments, false)?;
    Ok(autograd::value(context, cells, "IndexFillBackward0", &[&arguments.object("input")?]))
}

fn index_fill_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "index_fill_(input, dim, index, value)", args)?;
    let (cells, input) = (written_rows(context, &arguments, false)?, arguments.object("input")?);
    in_place::write(context, &input, &cells, "IndexFillBackward0", &[&input])
}

fn inputs_of(arguments: &Arguments) -> Result<Vec<Rc<TensorObject>>, Raise> {
    let mut inputs = vec![arguments.object("input")?];
    if let Some(Value::Tensor(source)) = arguments.get("src").or_else(|| arguments.get("source")) {
        inputs.push(source.clone());
    }
    Ok(inputs)
}

fn scattered(context: &Context, arguments: &Arguments) -> Result<(Tensor, &'static str), Raise> {
    let accumulate = match arguments.get("reduce").and_then(Value::as_str) {
        None => false,
        Some("add") => true,
        Some(other) => {
            return Err(Raise::not_implemented(format!("scatter: reduce='{other}' is not supported; 'add' is")));
        }
    };
    let is_tensor = matches!(arguments.get("src"), Some(Value::Tensor(_)));
    if is_tensor {
        return Ok((scatter_tensor(context, arguments, accumulate)?, "ScatterBackward0"));
    }
    let name = if arguments.get("src").is_some() { "src" } else { "value" };
    let (input, index) = (arguments.object("input")?.handle(), checked_index(arguments)?);
    let dim = dimension(arguments.int("dim")?, input.dimensions())?;
    // One cell, shown as often as there are places to put it.
    let source = context.engine.scalar(arguments.number(name)?.as_f64(), input.dtype())?;
    let shown = source.layout().expand(index.shape()).ok_or_else(|| Raise::runtime_error("a number fits any shape"))?;
    let source = source.view(shown);
    Ok((context.engine.run(Scatter { dim, accumulate }, &[&input, &index, &source])?, "ScatterBackward1"))
}

fn scatter_tensor(context: &Context, arguments: &Arguments, accumulate: bool) -> Result<Tensor, Raise> {
    let (input, index, source) =
        (arguments.object("input")?.handle(), checked_index(arguments)?, arguments.object("src")?.handle());
    if input.dtype() != source.dtype() {
        return Err(Raise::runtime_error(format!(
            "{}(): Expected self.dtype to be equal to src.dtype",
            arguments.function().trim_end_matches('_')
        )));
    }
    let dim = dimension(arguments.int("dim")?, input.dimensions())?;
    Ok(context.engine.run(Scatter { dim, accumulate }, &[&input, &index, &source])?)
}

/// The input with the slices of `dim` that `index` names replaced by those of `source`, or added to.
fn written_rows(context: &Context, arguments: &Arguments, accumulate: bool) -> Result<Tensor, Raise> {
    let input = arguments.object("input")?.handle();
    let dim = dimension(arguments.int("dim")?, input.dimensions())?;
    let index = row_index(context, arguments)?;
    check_rows(context, &index, input.shape().get(dim).copied().unwrap_or(1))?;
    let mut shape = input.shape().to_vec();
    if let Some(size) = shape.get_mut(dim) {
        *size = index.numel();
    }
    let mut source = match arguments.get("source") {
        Some(_) => arguments.object("source")?.handle(),
        None => compute::number(context, arguments.number("value")?, input.dtype())?,
    };
    if source.dtype() != input.dtype() {
        return Err(Raise::runtime_error(format!(
            "{}(): self and source expected to have the same dtype, but got (self) {} and (source) {}",
            arguments.function(),
            scalar_type_name(input.dtype()),
            scalar_type_name(source.dtype())
        )));
    }
    if let Some(alpha) = arguments.optional_number("alpha")? {
        source = compute::with_number(context, tensor::ops::binary::Operator::Mul, &source, alpha.as_f64())?;
    }
    let mut line = vec![1; shape.len()];
    if let Some(size) = line.get_mut(dim) {
        *size = index.numel();
    }
    let index = compute::reshape(context, &index, &line)?;
    let (Some(index), Some(source)) = (compute::expand(&index, &shape), compute::expand(&source, &shape)) else {
        return Err(Raise::runtime_error(format!(
            "{}(): source of shape {:?} does not fit {shape:?}",
            arguments.function(),
            source.shape()
        )));
    };
    Ok(context.engine.run(Scatter { dim, accumulate }, &[&input, &index, &source])?)
}
