//! What a program sets for all of torch: gradients on or off, the default dtype, how tensors print.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use tensor::Values;

use super::arguments::Arguments;
use super::signature::Signatures;
use super::entry::{Entry, TORCH};
use super::flops::FlopCount;
use super::promotion::promote;
use crate::printing::{PrintOptions, Printed};
use crate::rng::Generator;
use crate::value::{Args, NamedTupleType, NativeFunction, TensorObject, Value};
use crate::{Context, Raise};

/// What torch keeps beside the engine, for one run.
#[derive(Default)]
pub struct State {
    pub print_options: PrintOptions,
    /// `torch.Generator` objects, by number.
    pub generators: Vec<Generator>,
    pub flops: FlopCount,
    /// Whether the function that is called next is a method of a tensor: messages then count from the argument after it.
    pub is_method: bool,
    /// Methods of tensors that are written in Python.
    pub methods: HashMap<Rc<str>, Value>,
    pub signatures: Signatures,
    /// The devices of the `with torch.device(…)` that are open: the last is where tensors are made.
    pub devices: Vec<Rc<str>>,
}

pub const ENTRIES: &[Entry] = &[
    Entry("_set_grad_enabled", TORCH, set_grad_enabled),
    Entry("is_grad_enabled", TORCH, is_grad_enabled),
    Entry("set_default_dtype", TORCH, set_default_dtype),
    Entry("get_default_dtype", TORCH, get_default_dtype),
    Entry("get_default_device", TORCH, get_default_device),
    Entry("set_printoptions", TORCH, set_printoptions),
    Entry("promote_types", TORCH, promote_types),
    Entry("is_tensor", TORCH, is_tensor),
    Entry("_parameter", TORCH, parameter),
    Entry("_with_gradient_name", TORCH, with_gradient_name),
    Entry("_tracked", TORCH, tracked),
    Entry("_method", TORCH, method),
    Entry("_returned", TORCH, returned),
    Entry("_complex_repr", TORCH, complex_repr),
];

/// What makes a device a context manager.
pub const DEVICE_METHODS: &[(&str, NativeFunction)] = &[("__enter__", enter_device), ("__exit__", leave_device)];

fn enter_device(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [device] = args.exactly("__enter__")?;
    if let Value::Device(name) = &device {
        // A program that enters and never leaves keeps no more of them than it can nest.
        if context.torch.devices.len() > 1000 {
            return Err(Raise::runtime_error("too many devices are entered one inside another"));
        }
        context.torch.devices.push(name.clone());
    }
    Ok(device)
}

fn leave_device(context: &mut Context, _: Args) -> Result<Value, Raise> {
    context.torch.devices.pop();
    Ok(Value::None)
}

fn get_default_device(context: &mut Context, _: Args) -> Result<Value, Raise> {
    Ok(Value::Device(context.torch.devices.last().cloned().unwrap_or_else(|| "cpu".into())))
}

/// Sets whether results require gradients, and gives what it was before.
fn set_grad_enabled(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "_set_grad_enabled(mode)", args)?;
    let before = context.grad_enabled;
    context.grad_enabled = arguments.bool_or("mode", true)?;
    Ok(Value::Bool(before))
}

fn is_grad_enabled(context: &mut Context, _: Args) -> Result<Value, Raise> {
    Ok(Value::Bool(context.grad_enabled))
}

fn set_default_dtype(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "set_default_dtype(d)", args)?;
    match arguments.dtype("d")? {
        Some(dtype) if dtype.is_float() => context.default_dtype = dtype,
        _ => return Err(Raise::type_error("only floating-point types are supported as the default type")),
    }
    Ok(Value::None)
}

fn get_default_dtype(context: &mut Context, _: Args) -> Result<Value, Raise> {
    Ok(Value::DType(context.default_dtype))
}

fn set_printoptions(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "set_printoptions(precision=None, threshold=None, edgeitems=None, linewidth=None, profile=None, sci_mode=None)";
    let arguments = Arguments::bind(context, signature, args)?;
    let mut options = context.torch.print_options.clone();
    if let Some(Value::Str(profile)) = arguments.get("profile") {
        options.set_profile(profile);
    }
    let count = |name: &str, old: usize| -> Result<usize, Raise> {
        Ok(arguments.int_or(name, old as i64)?.clamp(0, 1 << 20) as usize)
    };
    // More decimals than a float64 has digits would only cost time.
    options.precision = count("precision", options.precision)?.min(60);
    options.edge_items = count("edgeitems", options.edge_items)?;
    options.line_width = count("linewidth", options.line_width)?;
    options.threshold = arguments.float_or("threshold", options.threshold)?;
    // As in PyTorch, the mode lasts for one call only: absent means that the magnitudes decide again.
    options.scientific = match arguments.get("sci_mode") {
        Some(Value::Bool(mode)) => Some(*mode),
        _ => None,
    };
    context.torch.print_options = options;
    Ok(Value::None)
}

fn promote_types(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "promote_types(type1, type2)", args)?;
    match (arguments.dtype("type1")?, arguments.dtype("type2")?) {
        (Some(a), Some(b)) => Ok(Value::DType(promote(a, b))),
        _ => Err(arguments.wrong("type1", "torch.dtype")),
    }
}

fn is_tensor(_: &mut Context, args: Args) -> Result<Value, Raise> {
    Ok(Value::Bool(matches!(args.positional.first(), Some(Value::Tensor(_)))))
}

/// `nn.Parameter(data, requires_grad=True)`: the same cells as a tensor that modules register.
pub fn parameter(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "Parameter(data=None, requires_grad=True)", args)?;
    let tensor = match arguments.get("data") {
        None => context.engine.full(&[0], context.default_dtype, 0.0)?,
        Some(Value::Tensor(data)) => data.handle(),
        Some(_) => return Err(arguments.wrong("data", "Tensor")),
    };
    let requires_grad = arguments.bool_or("requires_grad", true)?;
    if requires_grad && !tensor.dtype().is_float() {
        return Err(Raise::runtime_error("Only Tensors of floating point and complex dtype can require gradients"));
    }
    let object = TensorObject::new(tensor);
    object.requires_grad.set(requires_grad);
    object.is_parameter.set(true);
    Ok(Value::Tensor(object))
}

/// `@_method`: the function is a method of tensors, too.
fn method(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let [function] = args.exactly("_method")?;
    if let Value::Function(definition) = &function {
        context.torch.methods.insert(definition.name.borrow().clone(), function.clone());
    }
    Ok(function)
}

/// `_returned(name, fields, values)`: one of torch's return types.
fn returned(_: &mut Context, args: Args) -> Result<Value, Raise> {
    let [name, fields, values] = args.exactly("_returned")?;
    let fields = fields.as_sequence().unwrap_or_default();
    let fields: Vec<&str> = fields.iter().filter_map(Value::as_str).collect();
    let kind = NamedTupleType::torch(name.as_str().unwrap_or_default(), &fields);
    Ok(Value::named_tuple(&kind, values.as_sequence().unwrap_or_default()))
}

/// The text of a complex tensor, given its parts along the last dimension.
fn complex_repr(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "_complex_repr(input)", args)?;
    let input = arguments.object("input")?;
    let handle = input.handle();
    let Some((2, shape)) = handle.shape().split_last().map(|(pair, shape)| (*pair, shape)) else {
        return Err(Raise::runtime_error("the parts of a complex tensor are a last dimension of size 2"));
    };
    let values = context.engine.values(&handle)?;
    let cells = values.to_f64();
    let part = |of: usize| Values::from_f64(handle.dtype(), &cells.chunks_exact(2).map(|pair| pair[of]).collect::<Vec<_>>());
    let (real, imaginary) = (part(0), part(1));
    let printed = Printed {
        shape,
        dtype: handle.dtype(),
        default_dtype: context.default_dtype,
        values: Some(&real),
        imaginary: Some(&imaginary),
        device: None,
        grad_fn: Some(input.grad_fn.get()).filter(|name| !name.is_empty()),
        requires_grad: input.requires_grad.get(),
    };
    Ok(Value::str(printed.text(&context.torch.print_options)))
}

/// The names of gradients that functions of the prelude give their results.
const GRADIENT_NAMES: &[&str] = &[
    "AcosBackward0",
    "AcoshBackward0",
    "AdaptiveAvgPool2DBackward0",
    "AdaptiveMaxPool2DBackward0",
    "AddbmmBackward0",
    "AddmvBackward0",
    "AddrBackward0",
    "AsinBackward0",
    "AsinhBackward0",
    "AtanBackward0",
    "AtanhBackward0",
    "AvgPool2DBackward0",
    "BinaryCrossEntropyBackward0",
    "BinaryCrossEntropyWithLogitsBackward0",
    "CdistBackward0",
    "CeluBackward0",
    "Col2ImBackward0",
    "ConvolutionBackward0",
    "CopysignBackward0",
    "CoshBackward0",
    "CummaxBackward0",
    "CumminBackward0",
    "Deg2RadBackward0",
    "DiagonalScatterBackward0",
    "DigammaBackward0",
    "DistBackward0",
    "DivBackward1",
    "EluBackward0",
    "EmbeddingBagBackward0",
    "ErfcBackward0",
    "ErfinvBackward0",
    "FmaxBackward0",
    "FminBackward0",
    "FmodBackward0",
    "FracBackward0",
    "GluBackward0",
    "HardshrinkBackward0",
    "HardsigmoidBackward0",
    "HardswishBackward0",
    "HardtanhBackward0",
    "HuberLossBackward0",
    "HypotBackward0",
    "Im2ColBackward0",
    "LeakyReluBackward0",
    "LgammaBackward0",
    "LinalgCrossBackward0",
    "LogSigmoidBackward0",
    "Logaddexp2Backward0",
    "LogaddexpBackward0",
    "LogcumsumexpBackward0",
    "LogitBackward0",
    "MaskedScatterBackward0",
    "MaxPool2DWithIndicesBackward0",
    "MishBackward0",
    "MkldnnRnnLayerBackward0",
    "MseLossBackward0",
    "NansumBackward0",
    "NativeBatchNormBackward0",
    "NativeGroupNormBackward0",
    "NllLoss2DBackward0",
    "NllLossBackward0",
    "PackPaddedSequenceBackward0",
    "PreluKernelBackward0",
    "Rad2DegBackward0",
    "ScatterReduceBackward0",
    "SelectScatterBackward0",
    "SincBackward0",
    "SinhBackward0",
    "SliceScatterBackward0",
    "SmoothL1LossBackward0",
    "SoftshrinkBackward0",
    "SqueezeBackward4",
    "ThresholdBackward0",
    "TransposeBackward1",
    "UpsampleBilinear1DBackward0",
    "UpsampleBilinear2DBackward0",
    "UpsampleLinear1DBackward0",
    "UpsampleLinear2DBackward0",
    "UpsampleNearest1DBackward0",
    "UpsampleNearest2DBackward0",
    "XlogyBackward0",
];

/// The tensor, under the gradient's name that PyTorch gives a function which here is composed of others.
fn with_gradient_name(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "_with_gradient_name(input, name)", args)?;
    let input = arguments.object("input")?;
    let name = arguments.text_or("name", "")?;
    if let Some(name) = GRADIENT_NAMES.iter().find(|known| **known == name)
        && !input.grad_fn.get().is_empty()
    {
        input.grad_fn.set(name);
    }
    Ok(Value::Tensor(input))
}

/// The result of a program's own `autograd.Function`, under the name of its gradient.
fn tracked(context: &mut Context, args: Args) -> Result<Value, Raise> {
    thread_local! {
        static NAMES: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
    }
    let arguments = Arguments::bind(context, "_tracked(input, name)", args)?;
    let input = arguments.object("input")?;
    let name = arguments.text_or("name", "")?;
    if !input.handle().dtype().is_float() {
        return Ok(Value::Tensor(input));
    }
    let result = TensorObject::new(input.handle());
    result.requires_grad.set(true);
    // Names of gradients live as long as the process: it keeps the first thousand that programs make up.
    result.grad_fn.set(NAMES.with_borrow_mut(|names| match names.iter().find(|known| **known == name) {
        Some(known) => known,
        None if names.len() < 1000 && name.len() < 100 => {
            let name: &'static str = Box::leak(name.to_owned().into_boxed_str());
            names.push(name);
            name
        }
        None => "CppFunction",
    }));
    Ok(Value::Tensor(result))
}
