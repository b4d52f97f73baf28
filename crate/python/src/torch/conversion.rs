//! Other dtypes and devices, and values for Python: `to`, `float`, `item`, `tolist`, …

use std::rc::Rc;

use tensor::{DType, Layout, Values};

use super::arguments::{Arguments, Number, item};
use super::creation::device_name;
use super::entry::{Entry, TENSOR, TORCH};
use super::{autograd, compute};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, ErrorKind, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("to", TENSOR, to),
    Entry("_parse_to", TORCH, parse_to),
    Entry("type", TENSOR, type_),
    Entry("type_as", TENSOR, type_as),
    Entry("float", TENSOR, float),
    Entry("double", TENSOR, double),
    Entry("half", TENSOR, half),
    Entry("bfloat16", TENSOR, bfloat16),
    Entry("long", TENSOR, long),
    Entry("int", TENSOR, int),
    Entry("bool", TENSOR, bool_),
    Entry("byte", TENSOR, byte),
    Entry("cpu", TENSOR, cpu),
    Entry("cuda", TENSOR, cuda),
    Entry("numpy", TENSOR, numpy),
    Entry("_decimals", TORCH, decimals),
    Entry("item", TENSOR, item_),
    Entry("tolist", TENSOR, tolist),
];

/// The tensor itself if it has this dtype, else a converted copy.
pub fn to_dtype(context: &Context, object: &Rc<TensorObject>, dtype: DType) -> Result<Value, Raise> {
    let handle = object.handle();
    if handle.dtype() == dtype {
        return Ok(Value::Tensor(object.clone()));
    }
    let converted = compute::alike(context, &handle, dtype)?;
    Ok(autograd::value(context, converted, "ToCopyBackward0", &[object]))
}

fn to(context: &mut Context, mut args: Args) -> Result<Value, Raise> {
    if let Some(raise) = super::protocol::overridden("to", &args) {
        return Err(raise);
    }
    let copy = matches!(args.take_keyword("copy"), Some(Value::Bool(true)));
    args.take_keyword("non_blocking");
    let mut given = args.positional.drain(..);
    let Some(Value::Tensor(object)) = given.next() else {
        return Err(Raise::type_error("to() is a method of tensors"));
    };
    let rest: Vec<Value> = given.collect();
    let (device, dtype) = target_of(rest, args.keyword)?;
    let handle = object.handle();
    let dtype = dtype.unwrap_or(handle.dtype());
    if device == Some("meta") && handle.device() != tensor::Device::Meta {
        let meta = context.engine.meta(handle.shape(), dtype)?;
        return Ok(autograd::value(context, meta, "ToCopyBackward0", &[&object]));
    }
    if device == Some("cpu") && handle.device() == tensor::Device::Meta {
        return Err(Raise::error(ErrorKind::NotImplementedError, "Cannot copy out of meta tensor; no data!"));
    }
    if copy && handle.dtype() == dtype {
        let cells = compute::alike(context, &handle, dtype)?;
        return Ok(autograd::value(context, cells, "ToCopyBackward0", &[&object]));
    }
    to_dtype(context, &object, dtype)
}

/// `(device, dtype)` of the arguments of `to`, for `nn.Module.to`.
fn parse_to(_: &mut Context, args: Args) -> Result<Value, Raise> {
    let (device, dtype) = target_of(args.positional, args.keyword)?;
    Ok(Value::tuple(vec![
        device.map_or(Value::None, |name| Value::Device(Rc::from(name))),
        dtype.map_or(Value::None, Value::DType),
    ]))
}

fn target_of(
    positional: Vec<Value>,
    keyword: Vec<(Rc<str>, Value)>,
) -> Result<(Option<&'static str>, Option<DType>), Raise> {
    let mut device = None;
    let mut dtype = None;
    for value in positional.into_iter().chain(keyword.into_iter().map(|(_, value)| value)) {
        match value {
            Value::None | Value::Bool(_) => {}
            Value::DType(d) => dtype = Some(d),
            Value::Device(name) | Value::Str(name) => device = Some(device_name(&name)?),
            Value::Tensor(other) => dtype = Some(other.handle().dtype()),
            Value::Int(_) => device = Some(device_name("cuda")?),
            Value::Class(class) if &*class.name == "float" => dtype = Some(DType::Float64),
            Value::Class(class) if &*class.name == "int" => dtype = Some(DType::Int64),
            Value::Class(class) if &*class.name == "bool" => dtype = Some(DType::Bool),
            other => {
                return Err(Raise::type_error(format!(
                    "to() received an invalid combination of arguments - got ({})",
                    other.type_name()
                )));
            }
        }
    }
    Ok((device, dtype))
}

fn type_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "type(input, dtype=None)", args)?;
    let object = arguments.object("input")?;
    let names = |dtype: DType| match dtype {
        DType::Float64 => "torch.DoubleTensor",
        DType::Float32 => "torch.FloatTensor",
        DType::Float16 => "torch.HalfTensor",
        DType::BFloat16 => "torch.BFloat16Tensor",
        DType::Int64 => "torch.LongTensor",
        DType::Int32 => "torch.IntTensor",
        DType::Int8 => "torch.CharTensor",
        DType::UInt8 => "torch.ByteTensor",
        DType::Bool => "torch.BoolTensor",
    };
    match arguments.get("dtype") {
        None => Ok(Value::str(names(object.handle().dtype()))),
        Some(Value::Str(name)) => match DType::ALL.into_iter().find(|&dtype| *names(dtype) == **name) {
            Some(dtype) => to_dtype(context, &object, dtype),
            None => Err(Raise::value_error(format!("invalid type: '{name}'"))),
        },
        Some(Value::Class(class)) if &*class.name == "Tensor" => to_dtype(context, &object, DType::Float32),
        Some(_) => {
            let dtype = arguments.dtype("dtype")?.unwrap_or(object.handle().dtype());
            to_dtype(context, &object, dtype)
        }
    }
}

fn type_as(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "type_as(input, other)", args)?;
    let dtype = arguments.object("other")?.handle().dtype();
    to_dtype(context, &arguments.object("input")?, dtype)
}

macro_rules! to_one_dtype {
    ($($function:ident $name:literal $dtype:ident),* $(,)?) => {
        $(fn $function(context: &mut Context, args: Args) -> Result<Value, Raise> {
            let arguments = Arguments::bind(context, concat!($name, "(input, *, memory_format=None)"), args)?;
            to_dtype(context, &arguments.object("input")?, DType::$dtype)
        })*
    };
}

to_one_dtype! {
    float "float" Float32,
    double "double" Float64,
    half "half" Float16,
    bfloat16 "bfloat16" BFloat16,
    long "long" Int64,
    int "int" Int32,
    bool_ "bool" Bool,
    byte "byte" UInt8,
}

fn cpu(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "cpu(input)", args)?;
    Ok(Value::Tensor(arguments.object("input")?))
}

fn cuda(_: &mut Context, _: Args) -> Result<Value, Raise> {
    device_name("cuda").map(Value::str)
}

fn numpy(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "numpy(input, *, force=False)", args)?;
    let force = Value::Bool(arguments.bool_or("force", false)?);
    let input = Value::Tensor(arguments.object("input")?);
    Err(Raise::prelude("_of", vec![Value::str("numpy"), Value::str("_of_tensor"), input, force]))
}

/// The numbers of a list, each as the float whose shortest decimal is that of the number in float32.
fn decimals(_: &mut Context, args: Args) -> Result<Value, Raise> {
    let [numbers] = args.exactly("_decimals")?;
    let decimal = |number: &Value| {
        let number = number.as_float().unwrap_or(f64::NAN) as f32;
        Value::Float(number.to_string().parse().unwrap_or(f64::NAN))
    };
    Ok(Value::list(numbers.as_sequence().unwrap_or_default().iter().map(decimal).collect()))
}

fn item_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "item(input)", args)?;
    let number: Number = item(&context.engine, &arguments.object("input")?.handle())?;
    Ok(number.into())
}

fn tolist(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "tolist(input)", args)?;
    let handle = arguments.object("input")?.handle();
    context.reserve(handle.numel().saturating_mul(crate::value::heap::VALUE_BYTES))?;
    let values = context.engine.values(&handle)?;
    let layout = Layout::contiguous(handle.shape());
    Ok(nested(&values, &layout, 0, 0))
}

/// The cells below `depth` as nested lists. As deep as a tensor has dimensions, which is at most eight.
fn nested(values: &Values, layout: &Layout, depth: usize, position: usize) -> Value {
    match layout.shape.get(depth) {
        None => python_number(values, position),
        Some(&size) => {
            let step = layout.strides[depth] as usize;
            Value::list((0..size).map(|i| nested(values, layout, depth + 1, position + i * step)).collect())
        }
    }
}

fn python_number(values: &Values, position: usize) -> Value {
    match values {
        Values::Bool(cells) => Value::Bool(cells.get(position).copied().unwrap_or(false)),
        Values::Int64(cells) => Value::Int(cells.get(position).copied().unwrap_or(0)),
        values if values.dtype().is_integer() => Value::Int(values.get_f64(position).unwrap_or(0.0) as i64),
        values => Value::Float(values.get_f64(position).unwrap_or(0.0)),
    }
}
