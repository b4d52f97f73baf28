//! Tensors from Python values: `tensor`, `as_tensor`.

use tensor::layout::{MAX_DIMENSIONS, numel};
use tensor::{DType, Values};

use super::arguments::{Arguments, Number, item};
use super::creation::Placement;
use super::entry::{Entry, TENSOR, TORCH};
use super::promotion::{number_type, promote};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("tensor", TORCH, tensor),
    Entry("as_tensor", TORCH, as_tensor),
    Entry("asarray", TORCH, as_tensor),
    Entry("new_tensor", TENSOR, new_tensor),
];

fn tensor(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments =
        Arguments::bind(context, "tensor(data, *, dtype=None, device=None, requires_grad=False)", args)?;
    let placement = Placement::of(&arguments)?;
    let data = arguments.get("data").cloned().unwrap_or(Value::None);
    let (values, shape) = nested_values(context, &data, placement.dtype)?;
    placement.values(context, values, &shape)
}

fn as_tensor(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "as_tensor(data, dtype=None, device=None)", args)?;
    if let Some(value @ Value::Tensor(object)) = arguments.get("data") {
        let dtype = arguments.dtype("dtype")?.unwrap_or(object.handle().dtype());
        return if dtype == object.handle().dtype() {
            Ok(value.clone())
        } else {
            super::conversion::to_dtype(context, object, dtype)
        };
    }
    let placement = Placement::of(&arguments)?;
    let data = arguments.get("data").cloned().unwrap_or(Value::None);
    let (values, shape) = nested_values(context, &data, placement.dtype)?;
    placement.values(context, values, &shape)
}

fn new_tensor(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments =
        Arguments::bind(context, "new_tensor(input, data, *, dtype=None, device=None, requires_grad=False)", args)?;
    let input = arguments.object("input")?.handle();
    let placement = Placement::like(&arguments, &input)?;
    let data = arguments.get("data").cloned().unwrap_or(Value::None);
    let dtype = placement.dtype.unwrap_or(input.dtype());
    let (values, shape) = nested_values(context, &data, Some(dtype))?;
    placement.values(context, values, &shape)
}

/// The numbers and the shape of nested lists and tuples of numbers and tensors.
///
/// The element type is `dtype`, else the smallest that holds all elements (Python floats are of the default type).
pub fn nested_values(context: &Context, data: &Value, dtype: Option<DType>) -> Result<(Values, Vec<usize>), Raise> {
    let mut leaves = Leaves::default();
    let mut shape = Vec::new();
    measure(data, &mut shape)?;
    let tail = leaves.collect(context, data, &shape, 0)?;
    shape.extend(tail);
    numel(&shape)?;
    let dtype = dtype.or(leaves.dtype).unwrap_or(context.default_dtype);
    let exact = leaves.numbers.iter().all(|number| !number.is_float());
    let values = if exact {
        Values::from_i64(dtype, &leaves.numbers.iter().map(|n| n.as_i64()).collect::<Vec<_>>())
    } else {
        Values::from_f64(dtype, &leaves.numbers.iter().map(|n| n.as_f64()).collect::<Vec<_>>())
    };
    Ok((values, shape))
}

/// Follows the first elements down to see how the lists nest.
fn measure(data: &Value, shape: &mut Vec<usize>) -> Result<(), Raise> {
    let mut current = data.clone();
    while let Some(items) = sequence(&current) {
        shape.push(items.len());
        if shape.len() > MAX_DIMENSIONS {
            return Err(Raise::value_error(format!(
                "too many dimensions: here a tensor has at most {MAX_DIMENSIONS}"
            )));
        }
        match items.first() {
            Some(first) => current = first.clone(),
            None => break,
        }
    }
    Ok(())
}

fn sequence(value: &Value) -> Option<Vec<Value>> {
    match value {
        Value::Range(range) => Some((0..range.length()).map(|i| Value::Int(range.at(i))).collect()),
        value => value.as_sequence(),
    }
}

#[derive(Default)]
struct Leaves {
    numbers: Vec<Number>,
    dtype: Option<DType>,
}

impl Leaves {
    /// Appends the numbers of `data`; gives the shape of the tensors at the leaves (empty for numbers).
    fn collect(&mut self, context: &Context, data: &Value, shape: &[usize], depth: usize) -> Result<Vec<usize>, Raise> {
        if depth < shape.len() {
            let items = match sequence(data) {
                Some(items) => items,
                None => {
                    return Err(Raise::type_error(format!("not a sequence: '{}' at dim {depth}", data.type_name())));
                }
            };
            if items.len() != shape[depth] {
                return Err(Raise::value_error(format!(
                    "expected sequence of length {} at dim {depth} (got {})",
                    shape[depth],
                    items.len()
                )));
            }
            let mut tail: Option<Vec<usize>> = None;
            for item in &items {
                let found = self.collect(context, item, shape, depth + 1)?;
                if tail.get_or_insert_with(|| found.clone()) != &found {
                    return Err(Raise::value_error("expected tensors of one shape inside the list"));
                }
            }
            return Ok(tail.unwrap_or_default());
        }
        let number = match data {
            Value::Bool(b) => Number::Bool(*b),
            Value::Int(n) => Number::Int(*n),
            Value::Float(x) => Number::Float(*x),
            Value::Tensor(object) => return self.collect_tensor(context, object, depth),
            Value::None => return Err(Raise::runtime_error("Could not infer dtype of NoneType")),
            other if sequence(other).is_some() => {
                return Err(Raise::value_error(format!(
                    "expected a number at dim {depth}, got a {}",
                    other.type_name()
                )));
            }
            Value::Instance(member) if member.number().is_some() => Number::Int(member.number().unwrap_or(0)),
            Value::Instance(number) if number.float().is_some() => Number::Float(number.float().unwrap_or(0.0)),
            Value::Str(_) if depth > 0 => return Err(Raise::value_error("too many dimensions 'str'")),
            Value::Str(_) => return Err(Raise::type_error("new(): invalid data type 'str'")),
            other => return Err(Raise::runtime_error(format!("Could not infer dtype of {}", other.type_name()))),
        };
        self.meet(number_type(context, number));
        self.numbers.push(number);
        Ok(Vec::new())
    }

    fn collect_tensor(&mut self, context: &Context, object: &TensorObject, depth: usize) -> Result<Vec<usize>, Raise> {
        let handle = object.handle();
        self.meet(handle.dtype());
        if depth > 0 {
            if handle.numel() != 1 {
                return Err(Raise::value_error("only one element tensors can be converted to Python scalars"));
            }
            self.numbers.push(item(&context.engine, &handle)?);
            return Ok(Vec::new());
        }
        let values = context.engine.values(&handle)?;
        if values.dtype().is_float() {
            self.numbers.extend(values.to_f64().into_iter().map(Number::Float));
        } else {
            self.numbers.extend(values.to_i64().into_iter().map(Number::Int));
        }
        Ok(handle.shape().to_vec())
    }

    fn meet(&mut self, dtype: DType) {
        self.dtype = Some(self.dtype.map_or(dtype, |other| promote(other, dtype)));
    }
}
