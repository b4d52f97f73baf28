//! `x.shape`, `x.T`, `x.grad` and the small methods about a tensor itself.

use std::rc::Rc;

use tensor::{DType, Device, Tensor};

use super::arguments::Arguments;
use super::dimensions::dimension;
use super::entry::{BOTH, Entry, TENSOR, TORCH};
use super::{autograd, compute, in_place};
use crate::value::{Args, Dict, Instance, Key, Method, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("size", TENSOR, size),
    Entry("dim", TENSOR, dim),
    Entry("ndimension", TENSOR, dim),
    Entry("numel", BOTH, numel),
    Entry("nelement", TENSOR, numel),
    Entry("element_size", TENSOR, element_size),
    Entry("stride", TENSOR, stride),
    Entry("storage_offset", TENSOR, storage_offset),
    Entry("is_contiguous", TENSOR, is_contiguous),
    Entry("data_ptr", TENSOR, data_ptr),
    Entry("untyped_storage", TENSOR, untyped_storage),
    Entry("is_floating_point", BOTH, is_floating_point),
    Entry("get_device", TENSOR, get_device),
    Entry("detach", BOTH, detach),
    Entry("detach_", TENSOR, detach_),
    Entry("requires_grad_", TENSOR, requires_grad_),
    Entry("retain_grad", TENSOR, retain_grad),
    Entry("backward", TENSOR, backward),
    Entry("register_hook", TENSOR, register_hook),
    Entry("copy_", TENSOR, copy_),
    Entry("fill_", TENSOR, fill_),
    Entry("zero_", TENSOR, zero_),
    Entry("share_memory_", TENSOR, itself),
    Entry("is_nonzero", BOTH, is_nonzero),
    Entry("typename", TORCH, typename),
    Entry("__getitem__", TENSOR, get_item),
    Entry("__setitem__", TENSOR, set_item),
    Entry("__len__", TENSOR, length),
];

/// The value of an attribute that is not a method.
pub fn get(context: &Context, object: &Rc<TensorObject>, name: &str) -> Result<Option<Value>, Raise> {
    let handle = object.handle();
    Ok(Some(match name {
        "shape" => Value::size(handle.shape()),
        "dtype" => Value::DType(handle.dtype()),
        "device" => Value::Device(Rc::from(device_of(&handle))),
        "ndim" => Value::Int(handle.dimensions() as i64),
        "requires_grad" => Value::Bool(object.requires_grad.get()),
        "is_leaf" => Value::Bool(object.grad_fn.get().is_empty()),
        "grad" => object.grad.borrow().clone().unwrap_or(Value::None),
        "grad_fn" => match object.grad_fn.get() {
            "" => Value::None,
            name => Value::str(format!("<{name} object at 0x{:012x}>", Rc::as_ptr(object) as usize)),
        },
        "data" => Value::tensor(handle),
        "real" => Value::Tensor(object.clone()),
        "T" => {
            let order: Vec<usize> = (0..handle.dimensions()).rev().collect();
            autograd::value(context, handle.view(handle.layout().permute(&order)), "PermuteBackward0", &[object])
        }
        "mT" | "mH" => {
            if handle.dimensions() == 0 {
                return Ok(Some(Value::Tensor(object.clone())));
            }
            if handle.dimensions() < 2 {
                return Err(Raise::runtime_error(format!(
                    "tensor.{name} is only supported on matrices or batches of matrices. Got {}-D tensor.",
                    handle.dimensions()
                )));
            }
            transposed(context, object, &handle, handle.dimensions() - 2)
        }
        "H" => match handle.dimensions() {
            0 => Value::Tensor(object.clone()),
            2 => transposed(context, object, &handle, 0),
            rank => {
                return Err(Raise::runtime_error(format!(
                    "tensor.H is only supported on matrices (2-D tensors). Got {rank}-D tensor."
                )));
            }
        },
        "nbytes" => Value::Int((handle.numel() * handle.dtype().size()) as i64),
        "itemsize" => Value::Int(handle.dtype().size() as i64),
        "is_cuda" | "is_mps" | "is_sparse" | "is_quantized" | "is_nested" => Value::Bool(false),
        "is_cpu" => Value::Bool(handle.device() != Device::Meta),
        "is_meta" => Value::Bool(handle.device() == Device::Meta),
        "layout" => Value::str("torch.strided"),
        _ => return Ok(object.attributes.borrow().as_ref().and_then(|own| own.get_text(name))),
    }))
}

/// `x.name = value`
pub fn set(object: &Rc<TensorObject>, name: &str, value: Value) -> Result<(), Raise> {
    match (name, value) {
        ("data", Value::Tensor(other)) => *object.tensor.borrow_mut() = other.handle(),
        ("data", other) => {
            return Err(Raise::type_error(format!(
                "Variable data has to be a tensor, but got {}",
                other.type_name()
            )));
        }
        ("grad", Value::None) => *object.grad.borrow_mut() = None,
        ("grad", value @ Value::Tensor(_)) => *object.grad.borrow_mut() = Some(value),
        ("requires_grad", Value::Bool(requires)) => set_requires_grad(object, requires)?,
        ("shape" | "dtype" | "device" | "ndim" | "is_leaf" | "grad_fn" | "T" | "mT" | "H", _) => {
            return Err(Raise::attribute_error(format!(
                "attribute '{name}' of 'torch._C.TensorBase' objects is not writable"
            )));
        }
        (_, value) => {
            let mut own = object.attributes.borrow_mut();
            own.get_or_insert_with(Dict::new).insert(Key::name(&Rc::from(name)), value);
        }
    }
    Ok(())
}

/// What a program sees as the device: the page shows which one it truly is.
fn device_of(handle: &Tensor) -> &'static str {
    if handle.device() == Device::Meta { "meta" } else { "cpu" }
}

fn transposed(context: &Context, object: &Rc<TensorObject>, handle: &Tensor, dim: usize) -> Value {
    autograd::value(context, handle.view(handle.layout().transpose(dim, dim + 1)), "TransposeBackward0", &[object])
}

fn set_requires_grad(object: &TensorObject, requires: bool) -> Result<(), Raise> {
    if requires && !object.tensor.borrow().dtype().is_float() {
        return Err(Raise::runtime_error("only Tensors of floating point dtype can require gradients"));
    }
    if !requires && !object.grad_fn.get().is_empty() {
        return Err(Raise::runtime_error("you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a subgraph that doesn't require differentiation use var_no_grad = var.detach()."));
    }
    object.requires_grad.set(requires);
    Ok(())
}

fn size(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "size(input, dim=None)", args)?;
    let handle = arguments.object("input")?.handle();
    match arguments.optional_int("dim")? {
        None => Ok(Value::size(handle.shape())),
        Some(dim) => {
            let position = dimension(dim, handle.dimensions())?;
            handle.shape().get(position).map(|&n| Value::Int(n as i64)).ok_or_else(|| {
                Raise::index_error(format!("Dimension specified as {dim} but tensor has no dimensions"))
            })
        }
    }
}

fn dim(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "dim(input)", args)?;
    Ok(Value::Int(arguments.object("input")?.handle().dimensions() as i64))
}

fn numel(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "numel(input)", args)?;
    Ok(Value::Int(arguments.object("input")?.handle().numel() as i64))
}

fn element_size(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "element_size(input)", args)?;
    Ok(Value::Int(arguments.object("input")?.handle().dtype().size() as i64))
}

fn stride(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "stride(input, dim=None)", args)?;
    let handle = arguments.object("input")?.handle();
    let strides: Vec<Value> = handle.strides().iter().map(|&n| Value::Int(n as i64)).collect();
    match arguments.optional_int("dim")? {
        None => Ok(Value::tuple(strides)),
        Some(dim) => {
            let position = dimension(dim, handle.dimensions())?;
            strides.get(position).cloned().ok_or_else(|| {
                Raise::index_error(format!("Dimension specified as {dim} but tensor has no dimensions"))
            })
        }
    }
}

fn storage_offset(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "storage_offset(input)", args)?;
    Ok(Value::Int(arguments.object("input")?.handle().layout().offset as i64))
}

fn is_contiguous(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "is_contiguous(input, *, memory_format=None)", args)?;
    Ok(Value::Bool(arguments.object("input")?.handle().is_contiguous()))
}

/// A number that two tensors share where they share their first cell.
fn data_ptr(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "data_ptr(input)", args)?;
    let handle = arguments.object("input")?.handle();
    let start = Rc::as_ptr(handle.storage()) as usize;
    Ok(Value::Int((start + handle.layout().offset * handle.dtype().size()) as i64))
}

/// An object with the methods that say which storage it is and how much it holds.
fn untyped_storage(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "untyped_storage(input)", args)?;
    let handle = arguments.object("input")?.handle();
    let buffer = handle.buffer();
    let bytes = buffer.length * buffer.dtype.size();
    let storage = Instance::new(&context.types.object);
    let start = Rc::as_ptr(handle.storage()) as usize;
    for (name, number) in [("data_ptr", start), ("nbytes", bytes), ("size", bytes)] {
        let function = Value::native(name, |_, args| args.exactly("storage").map(|[number]| number));
        let method = Method { receiver: Value::Int(number as i64), function };
        storage.attributes().set_text(name, Value::Method(Rc::new(method)));
    }
    context.registry.instance(&storage);
    Ok(Value::Instance(storage))
}

fn is_floating_point(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "is_floating_point(input)", args)?;
    Ok(Value::Bool(arguments.object("input")?.handle().dtype().is_float()))
}

fn get_device(_: &mut Context, _: Args) -> Result<Value, Raise> {
    Ok(Value::Int(-1))
}

fn detach(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "detach(input)", args)?;
    Ok(Value::tensor(arguments.object("input")?.handle()))
}

fn detach_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "detach_(input)", args)?;
    let input = arguments.object("input")?;
    input.grad_fn.set("");
    input.requires_grad.set(false);
    Ok(Value::Tensor(input))
}

fn requires_grad_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "requires_grad_(input, requires_grad=True)", args)?;
    let input = arguments.object("input")?;
    set_requires_grad(&input, arguments.bool_or("requires_grad", true)?)?;
    Ok(Value::Tensor(input))
}

fn retain_grad(_: &mut Context, _: Args) -> Result<Value, Raise> {
    Ok(Value::None)
}

fn backward(_: &mut Context, _: Args) -> Result<Value, Raise> {
    Err(Raise::not_implemented(
        "backward(): gradients are not computed here yet; everything up to the loss runs, and no_grad() changes nothing",
    ))
}

fn register_hook(_: &mut Context, _: Args) -> Result<Value, Raise> {
    Err(Raise::not_implemented("register_hook(): gradients are not computed here yet"))
}

fn itself(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "share_memory_(input)", args)?;
    Ok(Value::Tensor(arguments.object("input")?))
}

fn copy_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "copy_(input, src, non_blocking=False)", args)?;
    let (input, source) = (arguments.object("input")?, arguments.object("src")?);
    let handle = input.handle();
    autograd::check_in_place(context, &input, false)?;
    in_place::check_written(&handle)?;
    let Some(wide) = compute::expand(&source.handle(), handle.shape()) else {
        let broadcast = tensor::layout::broadcast(handle.shape(), source.handle().shape())?;
        return Err(Raise::runtime_error(format!(
            "output with shape {:?} doesn't match the broadcast shape {broadcast:?}",
            handle.shape()
        )));
    };
    context.engine.write(&handle, &compute::cast(context, &wide, handle.dtype())?)?;
    autograd::written(context, &input, "CopyBackwards", &[&input, &source]);
    Ok(Value::Tensor(input))
}

fn fill_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "fill_(input, value)", args)?;
    let input = arguments.object("input")?;
    if let Some(Value::Tensor(value)) = arguments.get("value")
        && value.handle().dimensions() > 0
    {
        let rank = value.handle().dimensions();
        return Err(Raise::runtime_error(format!("fill_ only supports 0-dimension value tensor but got tensor with {rank} dimensions.")));
    }
    filled(context, &input, arguments.number("value")?, "FillBackward2")
}

fn zero_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "zero_(input)", args)?;
    filled(context, &arguments.object("input")?, super::arguments::Number::Int(0), "ZeroBackward0")
}

fn filled(
    context: &Context,
    input: &Rc<TensorObject>,
    number: super::arguments::Number,
    grad_fn: &'static str,
) -> Result<Value, Raise> {
    let handle = input.handle();
    autograd::check_in_place(context, input, false)?;
    in_place::check_written(&handle)?;
    context.engine.write(&handle, &compute::number(context, number, handle.dtype())?)?;
    autograd::written(context, input, grad_fn, &[input]);
    Ok(Value::Tensor(input.clone()))
}

fn is_nonzero(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "is_nonzero(input)", args)?;
    let number = super::arguments::item(&context.engine, &arguments.object("input")?.handle())?;
    Ok(Value::Bool(number.as_f64() != 0.0))
}

fn get_item(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "__getitem__(input, key)", args)?;
    super::get_item(context, &arguments.object("input")?, arguments.get("key").unwrap_or(&Value::None))
}

fn set_item(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "__setitem__(input, key, value)", args)?;
    let (key, value) = (arguments.get("key").unwrap_or(&Value::None), arguments.get("value").unwrap_or(&Value::None));
    super::set_item(context, &arguments.object("input")?, key, value)?;
    Ok(Value::None)
}

fn length(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "__len__(input)", args)?;
    super::length(context, &arguments.object("input")?).map(|length| Value::Int(length as i64))
}

/// The type's full name in PyTorch's messages: `torch.FloatTensor`, `torch.nn.modules.linear.Linear`, `int`.
fn typename(_: &mut Context, args: Args) -> Result<Value, Raise> {
    Ok(Value::str(match args.positional.first() {
        Some(Value::Tensor(tensor)) => format!("torch.{}Tensor", super::promotion::scalar_type_name(tensor.handle().dtype())),
        Some(Value::Instance(instance)) => {
            let class = instance.class();
            let module = class.module_name();
            format!("{}.{}", if module.is_empty() { "__main__" } else { &*module }, class.name)
        }
        Some(Value::Function(function)) => format!("__main__.{}", function.code.qualified_name),
        Some(value) => value.type_name(),
        None => return Err(Raise::type_error("typename() missing 1 required positional arguments: \"obj\"")),
    }))
}

/// The attributes of a dtype: `torch.float32.is_floating_point`.
pub fn of_dtype(dtype: DType, name: &str) -> Option<Value> {
    Some(match name {
        "is_floating_point" => Value::Bool(dtype.is_float()),
        "is_complex" => Value::Bool(false),
        "is_signed" => Value::Bool(!matches!(dtype, DType::UInt8 | DType::Bool)),
        "itemsize" => Value::Int(dtype.size() as i64),
        _ => return None,
    })
}
