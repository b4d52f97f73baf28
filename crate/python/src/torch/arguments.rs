//! The arguments of a torch function: bound to its signature, and read as tensors, numbers, shapes and dtypes.

use std::rc::Rc;

use tensor::{DType, Engine, Tensor};

use super::signature::Signature;
use crate::value::{Args, TensorObject, Value};
use crate::{Context, ErrorKind, Raise};

/// The arguments of one call, by the names of the signature.
///
/// A signature reads as PyTorch's documentation gives it: `softmax(input, dim, *, dtype=None)`.
/// `*size` gathers positional integers, which may also come as one list or tuple.
/// `dims|dim` is one parameter under two names, where the function and the method call it differently.
pub struct Arguments {
    pub(super) signature: Rc<Signature>,
    pub(super) values: Vec<Option<Value>>,
    /// How many of the values were given without their names.
    pub(super) positional: usize,
    pub(super) is_method: bool,
    engine: Rc<Engine>,
    /// The device of the innermost `with torch.device(…)`.
    pub(super) default_device: Option<Rc<str>>,
}

/// A Python number as a torch function takes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    Bool(bool),
    Int(i64),
    Float(f64),
}

impl Arguments {
    /// Raises PyTorch's TypeError for missing, surplus, repeated and unknown arguments.
    #[cfg_attr(hot, optimize(speed))]
    pub fn bind(context: &Context, signature: &'static str, args: Args) -> Result<Arguments, Raise> {
        if let Some(raise) = super::protocol::overridden(signature, &args) {
            return Err(raise);
        }
        let signature = Signature::of(context, signature);
        let Signature { function, ref parameters, positional: positional_count, gathers } = *signature;
        let given = args.positional.len();
        let mut values: Vec<Option<Value>> = Vec::new();
        values.resize_with(parameters.len(), || None);
        let mut positional = args.positional;
        if let Some(position) = gathers
            && given > position
        {
            let mut rest = positional.split_off(position);
            values[position] = match rest.len() {
                // One list or tuple is the whole; so is a range or a generator turned into a list.
                1 if !is_number(&rest[0]) => rest.pop(),
                _ => Some(Value::tuple(rest)),
            };
        } else if given > positional_count {
            return Err(Raise::type_error(format!(
                "{function}() takes {positional_count} positional argument{} but {given} {} given",
                if positional_count == 1 { "" } else { "s" },
                if given == 1 { "was" } else { "were" },
            )));
        }
        for (place, value) in values.iter_mut().zip(positional) {
            *place = Some(value);
        }
        for (name, value) in args.keyword {
            let name = alias(&name);
            let Some(position) = parameters.iter().position(|p| p.name == name || p.alias == name) else {
                if IGNORED.contains(&name) {
                    continue;
                }
                return Err(Raise::type_error(format!("{function}() got an unexpected keyword argument '{name}'")));
            };
            if values[position].is_some() {
                return Err(Raise::type_error(format!("{function}() got multiple values for argument '{name}'")));
            }
            values[position] = Some(value);
        }
        let mut missing: Vec<String> = Vec::new();
        for (parameter, value) in parameters.iter().zip(&values) {
            if parameter.required && value.is_none() {
                missing.push(format!("\"{}\"", parameter.name));
            }
        }
        if !missing.is_empty() {
            let types = values.iter().zip(parameters).enumerate().filter_map(|(i, (v, p))| v.as_ref().map(|v| (i, p, v)));
            let (positional, keyword): (Vec<_>, Vec<_>) = types.partition(|(i, ..)| *i < given);
            let skip = usize::from(context.torch.is_method);
            let positional = positional.iter().skip(skip).map(|(.., v)| super::overloads::type_name(v)).collect();
            let keyword = keyword.iter().map(|(_, p, v)| format!("{}={}", p.name, super::overloads::type_name(v))).collect();
            if let Some(raise) = super::overloads::refused(function, context.torch.is_method, &super::overloads::listed(positional, keyword)) {
                return Err(raise);
            }
            return Err(Raise::type_error(format!(
                "{function}() missing {} required positional arguments: {}",
                missing.len(),
                missing.join(", ")
            )));
        }
        super::settings::lower_arguments(context, function, &mut values)?;
        Ok(Arguments {
            signature,
            values,
            positional: given,
            is_method: context.torch.is_method,
            engine: context.engine.clone(),
            default_device: context.torch.devices.last().cloned(),
        })
    }

    /// The name of the function, as messages give it.
    pub fn function(&self) -> &'static str {
        self.signature.function
    }

    /// The argument, unless it is absent or None.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values[self.position(name)?].as_ref().filter(|value| !value.is_none())
    }

    /// The argument as a tensor object.
    pub fn object(&self, name: &str) -> Result<Rc<TensorObject>, Raise> {
        match self.get(name) {
            Some(Value::Tensor(tensor)) => Ok(tensor.clone()),
            _ => Err(self.wrong(name, "Tensor")),
        }
    }

    pub fn optional_object(&self, name: &str) -> Result<Option<Rc<TensorObject>>, Raise> {
        self.get(name).map(|_| self.object(name)).transpose()
    }

    /// The tensors of a list or tuple.
    pub fn objects(&self, name: &str) -> Result<Vec<Rc<TensorObject>>, Raise> {
        let items = match self.get(name) {
            Some(Value::Tensor(tensor)) => (0..tensor.handle().shape().first().copied().unwrap_or(0))
                .map(|_| Err(self.wrong(name, "tuple of Tensors")))
                .collect::<Result<Vec<Value>, Raise>>()?,
            Some(value) => value.as_sequence().ok_or_else(|| self.wrong(name, "tuple of Tensors"))?,
            None => return Err(self.wrong(name, "tuple of Tensors")),
        };
        let mut tensors = Vec::with_capacity(items.len());
        for (position, item) in items.iter().enumerate() {
            let Value::Tensor(tensor) = item else {
                return Err(Raise::type_error(format!(
                    "expected Tensor as element {position} in argument 0, but got {}",
                    item.type_name()
                )));
            };
            tensors.push(tensor.clone());
        }
        Ok(tensors)
    }

    /// A number, or the value of a tensor of one element.
    pub fn number(&self, name: &str) -> Result<Number, Raise> {
        match self.get(name) {
            Some(value) => number(&self.engine, value)?.ok_or_else(|| self.wrong(name, "Number")),
            None => Err(self.wrong(name, "Number")),
        }
    }

    pub fn optional_number(&self, name: &str) -> Result<Option<Number>, Raise> {
        self.get(name).map(|_| self.number(name)).transpose()
    }

    pub fn float_or(&self, name: &str, default: f64) -> Result<f64, Raise> {
        match self.get(name) {
            None => Ok(default),
            Some(value) => {
                number(&self.engine, value)?.map(Number::as_f64).ok_or_else(|| self.wrong(name, "float"))
            }
        }
    }

    pub fn int(&self, name: &str) -> Result<i64, Raise> {
        match self.get(name) {
            Some(value) => int(&self.engine, value)?.ok_or_else(|| self.wrong(name, "int")),
            None => Err(self.wrong(name, "int")),
        }
    }

    pub fn int_or(&self, name: &str, default: i64) -> Result<i64, Raise> {
        if self.get(name).is_none() { Ok(default) } else { self.int(name) }
    }

    pub fn optional_int(&self, name: &str) -> Result<Option<i64>, Raise> {
        self.get(name).map(|_| self.int(name)).transpose()
    }

    pub fn bool_or(&self, name: &str, default: bool) -> Result<bool, Raise> {
        match self.get(name) {
            None => Ok(default),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(self.wrong(name, "bool")),
        }
    }

    pub fn text_or(&self, name: &str, default: &str) -> Result<String, Raise> {
        match self.get(name) {
            None => Ok(default.to_string()),
            Some(Value::Str(text)) => Ok(text.to_string()),
            Some(_) => Err(self.wrong(name, "str")),
        }
    }

    /// Integers given one by one, or as one list or tuple; a single integer stands for a list of it.
    pub fn ints(&self, name: &str) -> Result<Vec<i64>, Raise> {
        let Some(value) = self.get(name) else { return Err(self.wrong(name, "tuple of ints")) };
        if let Some(one) = int(&self.engine, value)? {
            return Ok(vec![one]);
        }
        let read = |items: &[Value]| {
            // `zeros((2, 3))` and `zeros(*[(2, 3)])` come as a list in a list when they were gathered.
            let mut ints = Vec::with_capacity(items.len());
            for item in items {
                ints.push(int(&self.engine, item)?.ok_or_else(|| self.not_an_int(name, ints.len(), item))?);
            }
            Ok(ints)
        };
        match value {
            Value::Tuple(tuple) => read(&tuple.items),
            Value::List(list) => read(&list.items.borrow()),
            _ => Err(self.wrong(name, "tuple of ints")),
        }
    }

    pub fn optional_ints(&self, name: &str) -> Result<Option<Vec<i64>>, Raise> {
        self.get(name).map(|_| self.ints(name)).transpose()
    }

    /// [`Arguments::shape`] of an argument that a single integer does not stand for.
    pub fn tuple_shape(&self, name: &str) -> Result<Vec<usize>, Raise> {
        if let Some(Value::Int(_) | Value::Bool(_)) = self.get(name) {
            return Err(self.wrong(name, "tuple of ints"));
        }
        self.shape(name)
    }

    /// A shape: integers that are not negative.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>, Raise> {
        let ints = match self.optional_ints(name)? {
            Some(ints) => ints,
            None => return Err(self.wrong(name, "tuple of ints")),
        };
        ints.iter()
            .map(|&n| usize::try_from(n))
            .collect::<Result<Vec<usize>, _>>()
            .map_err(|_| Raise::runtime_error(format!("{}: Dimension size must be non-negative.", self.function())))
    }

    pub fn dtype(&self, name: &str) -> Result<Option<DType>, Raise> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::DType(dtype)) => Ok(Some(*dtype)),
            // `dtype=float` and its like: Python's own types stand for torch's.
            Some(Value::Class(class)) => match &*class.name {
                "float" => Ok(Some(DType::Float64)),
                "int" => Ok(Some(DType::Int64)),
                "bool" => Ok(Some(DType::Bool)),
                _ => Err(self.wrong(name, "torch.dtype")),
            },
            Some(_) => Err(self.wrong(name, "torch.dtype")),
        }
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        self.signature.parameters.iter().position(|p| p.name == name)
    }
}

impl Number {
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Bool(b) => u8::from(b).into(),
            Number::Int(n) => n as f64,
            Number::Float(x) => x,
        }
    }

    pub fn as_i64(self) -> i64 {
        match self {
            Number::Bool(b) => b.into(),
            Number::Int(n) => n,
            Number::Float(x) => x as i64,
        }
    }

    pub fn is_float(self) -> bool {
        matches!(self, Number::Float(_))
    }
}

/// Keyword arguments that change where or how PyTorch stores a result, which here has no meaning.
const IGNORED: [&str; 4] = ["layout", "pin_memory", "memory_format", "non_blocking"];

/// Names by which NumPy calls a parameter; PyTorch takes both.
fn alias(name: &str) -> &str {
    match name {
        "axis" => "dim",
        "keepdims" => "keepdim",
        "x" => "input",
        name => name,
    }
}

fn is_number(value: &Value) -> bool {
    matches!(value, Value::Float(_) | Value::Tensor(_)) || value.as_int().is_some()
}

/// The integer that `value` is, if it is one: an `int`, or an integer tensor of one element.
pub fn int(engine: &Engine, value: &Value) -> Result<Option<i64>, Raise> {
    match value {
        Value::Tensor(tensor) => {
            let handle = tensor.handle();
            if handle.dtype().is_float() || handle.numel() != 1 {
                return Ok(None);
            }
            Ok(engine.values(&handle)?.to_i64().first().copied())
        }
        _ => Ok(value.as_int()),
    }
}

/// The number that `value` is, if it is one: a Python number, or a tensor of one element.
pub fn number(engine: &Engine, value: &Value) -> Result<Option<Number>, Raise> {
    Ok(match value {
        Value::Bool(b) => Some(Number::Bool(*b)),
        Value::Float(x) => Some(Number::Float(*x)),
        Value::Tensor(tensor) if tensor.handle().numel() == 1 => Some(item(engine, &tensor.handle())?),
        _ => value.as_int().map(Number::Int),
    })
}

/// The value of a tensor of one element as a Python number.
pub fn item(engine: &Engine, tensor: &Tensor) -> Result<Number, Raise> {
    if tensor.numel() != 1 {
        return Err(Raise::error(
            ErrorKind::RuntimeError,
            format!("a Tensor with {} elements cannot be converted to Scalar", tensor.numel()),
        ));
    }
    let values = engine.values(tensor)?;
    Ok(match values.dtype() {
        DType::Bool => Number::Bool(values.to_i64().first() == Some(&1)),
        dtype if dtype.is_integer() => Number::Int(values.to_i64().first().copied().unwrap_or(0)),
        _ => Number::Float(values.get_f64(0).unwrap_or(0.0)),
    })
}

impl From<Number> for Value {
    fn from(number: Number) -> Value {
        match number {
            Number::Bool(b) => Value::Bool(b),
            Number::Int(n) => Value::Int(n),
            Number::Float(x) => Value::Float(x),
        }
    }
}
