//! Operations of neural networks: `softmax`, `layer_norm`, `embedding`, `dropout`, `conv1d`, attention.

use std::rc::Rc;

use tensor::ops::binary::Operator;
use tensor::ops::conv1d::Conv1d;
use tensor::ops::layer_norm::LayerNorm;
use tensor::ops::rms_norm::RmsNorm;
use tensor::ops::softmax::Softmax;
use tensor::{DType, Device, Tensor, Values};

use super::arguments::Arguments;
use super::dimensions::dimension;
use super::entry::{BOTH, Entry, FUNCTIONAL, TORCH};
use super::promotion::scalar_type_name;
use super::{autograd, compute, in_place, selection};
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("softmax", BOTH, softmax),
    Entry("log_softmax", BOTH, log_softmax),
    Entry("softmax", FUNCTIONAL, implicit_softmax),
    Entry("log_softmax", FUNCTIONAL, implicit_log_softmax),
    Entry("layer_norm", TORCH | FUNCTIONAL, layer_norm),
    Entry("rms_norm", TORCH | FUNCTIONAL, rms_norm),
    Entry("embedding", FUNCTIONAL, embedding),
    Entry("one_hot", FUNCTIONAL, one_hot),
    Entry("dropout", TORCH | FUNCTIONAL, dropout),
    Entry("conv1d", TORCH | FUNCTIONAL, conv1d),
];

fn softmax(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "softmax(input, dim, dtype=None)", args)?;
    normalised(context, &arguments, false, "SoftmaxBackward0")
}

/// `F.softmax`, where the dimension may be missing.
fn implicit_softmax(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "softmax(input, dim=None, _stacklevel=3, dtype=None)", args)?;
    normalised(context, &arguments, false, "SoftmaxBackward0")
}

fn log_softmax(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "log_softmax(input, dim, dtype=None)", args)?;
    normalised(context, &arguments, true, "LogSoftmaxBackward0")
}

fn implicit_log_softmax(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "log_softmax(input, dim=None, _stacklevel=3, dtype=None)", args)?;
    normalised(context, &arguments, true, "LogSoftmaxBackward0")
}

fn normalised(
    context: &Context,
    arguments: &Arguments,
    logarithm: bool,
    grad_fn: &'static str,
) -> Result<Value, Raise> {
    let input = arguments.object("input")?;
    let mut handle = input.handle();
    if let Some(dtype) = arguments.dtype("dtype")? {
        handle = compute::cast(context, &handle, dtype)?;
    }
    let rank = handle.dimensions();
    // `F.softmax(x)` without a dimension: PyTorch's old rule.
    let default = if matches!(rank, 0 | 1 | 3) { 0 } else { 1 };
    let dim = dimension(arguments.int_or("dim", default)?, rank)?;
    if !handle.dtype().is_float() {
        let kernel = if logarithm { "log_softmax_lastdim_kernel_impl" } else { "softmax_lastdim_kernel_impl" };
        return Err(Raise::not_implemented(format!(
            "\"{kernel}\" not implemented for '{}'",
            scalar_type_name(handle.dtype())
        )));
    }
    let result = context.engine.run(Softmax { dim, logarithm }, &[&handle])?;
    Ok(autograd::value(context, result, grad_fn, &[&input]))
}

/// Checks that the input ends in `normalized_shape`; `star` is how PyTorch writes the rest of the shape.
fn check_normalized(arguments: &Arguments, input: &Tensor, star: &str) -> Result<Vec<usize>, Raise> {
    let normalized = arguments.shape("normalized_shape")?;
    if !input.shape().ends_with(&normalized) || normalized.is_empty() {
        let sizes: Vec<String> = normalized.iter().map(usize::to_string).collect();
        return Err(Raise::runtime_error(format!(
            "Given normalized_shape={normalized:?}, expected input with shape [{star}{}], but got input of size{:?}",
            sizes.join(", "),
            input.shape()
        )));
    }
    for name in ["weight", "bias"] {
        if let Some(Value::Tensor(tensor)) = arguments.get(name)
            && tensor.handle().shape() != normalized
        {
            return Err(Raise::runtime_error(format!(
                "Expected {name} to be of same shape as normalized_shape, but got {name} of shape {:?} and normalized_shape = {normalized:?}",
                tensor.handle().shape()
            )));
        }
    }
    Ok(normalized)
}

fn layer_norm(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-05)";
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?;
    let x = input.handle();
    let dims = check_normalized(&arguments, &x, "*, ")?.len();
    let (weight, bias) = (arguments.optional_object("weight")?, arguments.optional_object("bias")?);
    let operation = LayerNorm { dims, epsilon: arguments.float_or("eps", 1e-5)? };
    let mut operands = vec![x.clone()];
    if let Some(weight) = &weight {
        operands.push(weight.handle());
    }
    if let Some(bias) = &bias {
        if weight.is_none() {
            operands.push(context.engine.full(bias.handle().shape(), x.dtype(), 1.0)?);
        }
        operands.push(bias.handle());
    }
    let result = context.engine.run(operation, &operands.iter().collect::<Vec<_>>())?;
    let inputs: Vec<&Rc<TensorObject>> = std::iter::once(&input).chain(&weight).chain(&bias).collect();
    Ok(autograd::value(context, result, "NativeLayerNormBackward0", &inputs))
}

fn rms_norm(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "rms_norm(input, normalized_shape, weight=None, eps=None)", args)?;
    let input = arguments.object("input")?;
    let x = input.handle();
    let dims = check_normalized(&arguments, &x, "*")?.len();
    let weight = arguments.optional_object("weight")?;
    let epsilon = arguments.float_or("eps", machine_epsilon(x.dtype()))?;
    let mut operands = vec![x];
    operands.extend(weight.iter().map(|w| w.handle()));
    let result = context.engine.run(RmsNorm { dims, epsilon }, &operands.iter().collect::<Vec<_>>())?;
    let inputs: Vec<&Rc<TensorObject>> = std::iter::once(&input).chain(&weight).collect();
    Ok(autograd::value(context, result, "MulBackward0", &inputs))
}

/// The distance from 1 to the next number. Half precision is computed in float32, whose epsilon PyTorch takes.
fn machine_epsilon(dtype: DType) -> f64 {
    if dtype == DType::Float64 { f64::EPSILON } else { f32::EPSILON.into() }
}

fn embedding(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False)";
    let arguments = Arguments::bind(context, signature, args)?;
    let (input, weight) = (arguments.object("input")?, arguments.object("weight")?);
    let rows = input.handle();
    if !matches!(rows.dtype(), DType::Int64 | DType::Int32) {
        return Err(Raise::runtime_error(format!(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got torch.{}Tensor instead (while checking arguments for embedding)",
            scalar_type_name(rows.dtype())
        )));
    }
    let table = weight.handle();
    if table.dimensions() != 2 {
        return Err(Raise::runtime_error("'weight' must be 2-D"));
    }
    let rows = compute::contiguous(context, &compute::cast(context, &rows, DType::Int64)?)?;
    selection::check_rows(context, &rows, table.shape()[0])?;
    let result = selection::picked(context, &table, &[rows])?;
    Ok(autograd::value(context, result, "EmbeddingBackward0", &[&weight]))
}

fn one_hot(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "one_hot(input, num_classes=-1)", args)?;
    let classes = arguments.object("input")?.handle();
    if classes.dtype() != DType::Int64 {
        return Err(Raise::runtime_error("one_hot is only applicable to index tensor of type LongTensor."));
    }
    let numbers = context.engine.values(&classes)?.to_i64();
    let count = arguments.int_or("num_classes", -1)?;
    if numbers.iter().any(|&n| n < 0) {
        return Err(Raise::runtime_error("Class values must be non-negative."));
    }
    let count = match count {
        -1 if numbers.is_empty() => {
            return Err(Raise::runtime_error("Can not infer total number of classes from empty tensor."));
        }
        -1 => numbers.iter().max().map_or(0, |&n| n + 1),
        count => count,
    };
    if numbers.iter().any(|&n| n >= count) {
        return Err(Raise::runtime_error("Class values must be smaller than num_classes."));
    }
    context.engine.reserve(&[numbers.len(), count as usize], DType::Int64)?;
    let all = context.engine.tensor(Values::Int64((0..count).collect()), &[count as usize])?;
    let rows = compute::contiguous(context, &classes)?;
    let column = rows.view(rows.layout().unsqueeze(rows.dimensions()));
    let is_class = compute::binary(context, Operator::Eq, &column, &all)?;
    Ok(Value::tensor(compute::cast(context, &is_class, DType::Int64)?))
}

/// Zeroes cells with probability p, and scales the others by 1 / (1 - p).
fn dropout(context: &mut Context, args: Args) -> Result<Value, Raise> {
    // `torch.dropout(x, p, train)` and `F.dropout(x, p, training, inplace)` are one function.
    let arguments = Arguments::bind(context, "dropout(input, p=0.5, training|train=True, inplace=False)", args)?;
    let input = arguments.object("input")?;
    let p = arguments.float_or("p", 0.5)?;
    if !(0.0..=1.0).contains(&p) {
        return Err(Raise::value_error(format!("dropout probability has to be between 0 and 1, but got {}", crate::format::float_repr(p))));
    }
    if !arguments.bool_or("training", true)? || p == 0.0 || input.handle().numel() == 0 {
        return Ok(Value::Tensor(input));
    }
    let result = dropped(context, &input.handle(), p)?;
    if arguments.bool_or("inplace", false)? {
        return in_place::write(context, &input, &result, "MulBackward0", &[&input]);
    }
    Ok(autograd::value(context, result, "MulBackward0", &[&input]))
}

pub fn dropped(context: &mut Context, x: &Tensor, p: f64) -> Result<Tensor, Raise> {
    if p == 1.0 {
        return compute::with_number(context, Operator::Mul, x, 0.0);
    }
    // An expanded tensor has more cells than memory, and here each is drawn; on shapes alone, none.
    if x.device() == Device::Meta {
        return compute::with_number(context, Operator::Mul, x, 1.0);
    }
    context.engine.reserve(x.shape(), DType::Float64)?;
    let kept = context.generator.bernoulli(x.numel(), 1.0 - p);
    let scale = 1.0 / (1.0 - p);
    let noise: Vec<f64> = kept.into_iter().map(|kept| if kept { scale } else { 0.0 }).collect();
    let noise = compute::values_alike(context, Values::from_f64(x.dtype(), &noise), x.layout())?;
    compute::binary(context, Operator::Mul, x, &noise)
}

fn conv1d(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1)";
    let arguments = Arguments::bind(context, signature, args)?;
    let (input, weight, bias) =
        (arguments.object("input")?, arguments.object("weight")?, arguments.optional_object("bias")?);
    let (x, w) = (input.handle(), weight.handle());
    let is_batched = match x.dimensions() {
        3 => true,
        2 => false,
        _ => {
            return Err(Raise::runtime_error(format!(
                "Expected 2D (unbatched) or 3D (batched) input to conv1d, but got input of size: {:?}",
                x.shape()
            )));
        }
    };
    if w.dimensions() != 3 {
        return Err(Raise::runtime_error(format!("weight should have three dimensions, got {:?}", w.shape())));
    }
    let x = if is_batched { x } else { x.view(x.layout().unsqueeze(0)) };
    let size = |name: &str, default: i64| -> Result<usize, Raise> {
        let given = match arguments.get(name) {
            None => default,
            Some(_) => arguments.ints(name)?.first().copied().unwrap_or(default),
        };
        usize::try_from(given).map_err(|_| Raise::runtime_error(format!("negative {name} is not supported")))
    };
    let (stride, dilation, groups) = (size("stride", 1)?, size("dilation", 1)?, size("groups", 1)?);
    if stride == 0 || dilation == 0 || groups == 0 {
        return Err(Raise::runtime_error("non-positive stride, dilation or groups is not supported"));
    }
    if x.shape()[1] != w.shape()[1].saturating_mul(groups) {
        return Err(Raise::runtime_error(format!(
            "Given groups={groups}, weight of size {:?}, expected input{:?} to have {} channels, but got {} channels instead",
            w.shape(),
            x.shape(),
            w.shape()[1].saturating_mul(groups),
            x.shape()[1]
        )));
    }
    let reach = dilation.saturating_mul(w.shape()[2].saturating_sub(1));
    let mut x = x;
    let padding = match arguments.get("padding") {
        Some(Value::Str(name)) if **name == *"valid" => 0,
        Some(Value::Str(name)) if **name == *"same" => {
            if stride != 1 {
                return Err(Raise::runtime_error("padding='same' is not supported for strided convolutions"));
            }
            if reach % 2 == 1 {
                // The odd cell goes to the right.
                x = widened(context, &x)?;
            }
            reach / 2
        }
        _ => size("padding", 0)?,
    };
    let length = x.shape()[2].saturating_add(2 * padding);
    if length < reach.saturating_add(1) {
        return Err(Raise::runtime_error(format!(
            "Calculated padded input size per channel: ({length}). Kernel size: ({}). Kernel size can't be greater than actual input size",
            reach + 1
        )));
    }
    let mut operands = vec![x, w];
    operands.extend(bias.iter().map(|b| b.handle()));
    let mut result = context
        .engine
        .run(Conv1d { stride, padding, dilation, groups }, &operands.iter().collect::<Vec<_>>())?;
    context.torch.flops.count_convolution(&operands[1], &result);
    if !is_batched {
        result = result.view(result.layout().squeeze(0));
    }
    let inputs: Vec<&Rc<TensorObject>> = [&input, &weight].into_iter().chain(&bias).collect();
    Ok(autograd::value(context, result, if is_batched { "ConvolutionBackward0" } else { "SqueezeBackward1" }, &inputs))
}

/// One more cell of zero at the end of the last dimension.
fn widened(context: &Context, x: &Tensor) -> Result<Tensor, Raise> {
    let mut shape = x.shape().to_vec();
    let last = shape.len() - 1;
    shape[last] = 1;
    let zeros = context.engine.full(&shape, x.dtype(), 0.0)?;
    super::joining::concatenate(context, &[x.clone(), zeros], last)
}
