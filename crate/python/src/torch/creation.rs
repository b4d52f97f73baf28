//! Tensors from Python values and from rules: `tensor`, `arange`, `zeros`, `eye`, …

use tensor::layout::numel;
use tensor::{DType, Layout, Tensor, Values};

use super::arguments::{Arguments, Number};
use super::autograd;
use super::entry::{Entry, TENSOR, TORCH};
use super::promotion::number_type;
use crate::rng::fused;
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("arange", TORCH, arange),
    Entry("linspace", TORCH, linspace),
    Entry("logspace", TORCH, logspace),
    Entry("zeros", TORCH, zeros),
    Entry("ones", TORCH, ones),
    Entry("empty", TORCH, empty),
    Entry("full", TORCH, full),
    Entry("eye", TORCH, eye),
    Entry("zeros_like", TORCH, zeros_like),
    Entry("ones_like", TORCH, ones_like),
    Entry("empty_like", TORCH, empty_like),
    Entry("full_like", TORCH, full_like),
    Entry("new_zeros", TENSOR, new_zeros),
    Entry("new_ones", TENSOR, new_ones),
    Entry("new_empty", TENSOR, new_empty),
    Entry("new_full", TENSOR, new_full),
    Entry("tril_indices", TORCH, tril_indices),
    Entry("triu_indices", TORCH, triu_indices),
];

/// Where and how a factory function makes its result.
pub struct Placement {
    pub dtype: Option<DType>,
    is_meta: bool,
    requires_grad: bool,
}

impl Placement {
    /// Reads `dtype`, `device` and `requires_grad`.
    pub fn of(arguments: &Arguments) -> Result<Placement, Raise> {
        let device = match arguments.get("device") {
            None => arguments.default_device.as_deref().map(device_name).transpose()?,
            Some(Value::Str(name)) => Some(device_name(name)?),
            Some(Value::Device(name)) => Some(device_name(name)?),
            Some(_) => return Err(arguments.wrong("device", "torch.device")),
        };
        Ok(Placement {
            dtype: arguments.dtype("dtype")?,
            is_meta: device == Some("meta"),
            requires_grad: arguments.bool_or("requires_grad", false)?,
        })
    }

    /// Where and how the input of a `…_like` function is, unless the call says otherwise.
    pub fn like(arguments: &Arguments, input: &Tensor) -> Result<Placement, Raise> {
        let mut placement = Placement::of(arguments)?;
        if arguments.get("device").is_none() {
            placement.is_meta = input.device() == tensor::Device::Meta;
        }
        Ok(placement)
    }

    pub fn is_meta(&self) -> bool {
        self.is_meta
    }

    /// A tensor of `shape` filled with one number.
    pub fn full(&self, context: &Context, shape: &[usize], dtype: DType, number: Number) -> Result<Value, Raise> {
        self.finish(self.filled(context, shape, dtype, number)?)
    }

    /// The same of the layout's shape, which lies in memory as this layout does.
    pub fn full_alike(&self, context: &Context, like: &Layout, dtype: DType, number: Number) -> Result<Value, Raise> {
        self.finish(self.filled(context, &like.shape, dtype, number)?.view(like.alike()))
    }

    /// A tensor of these values.
    pub fn values(&self, context: &Context, values: Values, shape: &[usize]) -> Result<Value, Raise> {
        let tensor = if self.is_meta {
            context.engine.meta(shape, values.dtype())?
        } else {
            context.engine.tensor(values, shape)?
        };
        self.finish(tensor)
    }

    fn filled(&self, context: &Context, shape: &[usize], dtype: DType, number: Number) -> Result<Tensor, Raise> {
        Ok(if self.is_meta { context.engine.meta(shape, dtype)? } else { context.engine.full(shape, dtype, number.as_f64())? })
    }

    /// The Python object of a fresh tensor.
    pub fn finish(&self, tensor: Tensor) -> Result<Value, Raise> {
        if self.requires_grad && !tensor.dtype().is_float() {
            return Err(Raise::runtime_error("Only Tensors of floating point and complex dtype can require gradients"));
        }
        let object = TensorObject::new(tensor);
        object.requires_grad.set(self.requires_grad);
        Ok(Value::Tensor(object))
    }
}

/// The name of a device that a program may ask for: `cpu` or `meta`.
pub fn device_name(name: &str) -> Result<&'static str, Raise> {
    match name.split(':').next() {
        Some("cpu") => Ok("cpu"),
        Some("meta") => Ok("meta"),
        Some("cuda") => Err(Raise::error(crate::ErrorKind::AssertionError, "Torch not compiled with CUDA enabled")),
        Some("mps" | "xpu" | "xla" | "hpu" | "mtia") => Err(Raise::runtime_error(format!(
            "the device '{name}' is not available; here the page chooses between WebGPU and CPU, and a program says 'cpu' or 'meta'"
        ))),
        _ => Err(Raise::runtime_error(format!(
            "Expected one of cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia, privateuseone device type at start of device string: {name}"
        ))),
    }
}

fn arange(context: &mut Context, args: Args) -> Result<Value, Raise> {
    // One positional number is the end; with two or three the first is the start.
    let signature = if args.positional.len() > 1 || args.keyword.iter().any(|(name, _)| **name == *"start") {
        "arange(start, end, step=1, *, dtype=None, device=None, requires_grad=False)"
    } else {
        "arange(end, start=0, step=1, *, dtype=None, device=None, requires_grad=False)"
    };
    let arguments = Arguments::bind(context, signature, args)?;
    let placement = Placement::of(&arguments)?;
    let start = arguments.optional_number("start")?.unwrap_or(Number::Int(0));
    let end = arguments.number("end")?;
    let step = arguments.optional_number("step")?.unwrap_or(Number::Int(1));
    let is_float = [start, end, step].iter().any(|n| n.is_float());
    let dtype = placement.dtype.unwrap_or(if is_float { context.default_dtype } else { DType::Int64 });
    let (from, to, by) = (start.as_f64(), end.as_f64(), step.as_f64());
    if by == 0.0 {
        return Err(Raise::runtime_error("step must be nonzero"));
    }
    if !from.is_finite() || !to.is_finite() {
        return Err(Raise::runtime_error(format!("unsupported range: {from} -> {to}")));
    }
    if (by > 0.0 && from > to) || (by < 0.0 && from < to) {
        return Err(Raise::runtime_error("upper bound and lower bound inconsistent with step sign"));
    }
    let length = ((to - from) / by).ceil().max(0.0) as usize;
    context.engine.reserve(&[length], dtype)?;
    let values = if is_float {
        Values::from_f64(dtype, &(0..length).map(|i| from + by * i as f64).collect::<Vec<_>>())
    } else {
        let (from, by) = (start.as_i64(), step.as_i64());
        Values::from_i64(dtype, &(0..length as i64).map(|i| from.wrapping_add(by.wrapping_mul(i))).collect::<Vec<_>>())
    };
    placement.values(context, values, &[length])
}

fn linspace(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments =
        Arguments::bind(context, "linspace(start, end, steps, *, dtype=None, device=None, requires_grad=False)", args)?;
    let placement = Placement::of(&arguments)?;
    let dtype = placement.dtype.unwrap_or(context.default_dtype);
    let points = spaced(context, &arguments, dtype)?;
    let length = points.len();
    placement.values(context, Values::from_f64(dtype, &points), &[length])
}

fn logspace(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "logspace(start, end, steps, base=10.0, *, dtype=None, device=None, requires_grad=False)";
    let arguments = Arguments::bind(context, signature, args)?;
    let placement = Placement::of(&arguments)?;
    let dtype = placement.dtype.unwrap_or(context.default_dtype);
    let base = arguments.float_or("base", 10.0)?;
    let points: Vec<f64> = spaced(context, &arguments, dtype)?.into_iter().map(|x| base.powf(x)).collect();
    let length = points.len();
    placement.values(context, Values::from_f64(dtype, &points), &[length])
}

/// `steps` points from `start` to `end`, counted from the nearer end so that both are exact.
fn spaced(context: &Context, arguments: &Arguments, dtype: DType) -> Result<Vec<f64>, Raise> {
    let start = arguments.number("start")?.as_f64();
    let end = arguments.number("end")?.as_f64();
    let steps = usize::try_from(arguments.int("steps")?)
        .map_err(|_| Raise::runtime_error("number of steps must be non-negative"))?;
    context.engine.reserve(&[steps], dtype)?;
    if steps == 1 {
        return Ok(vec![start]);
    }
    let intervals = steps.saturating_sub(1) as f64;
    if dtype == DType::Float32 {
        // PyTorch's arithmetic is in the element type.
        let (start, end) = (start as f32, end as f32);
        let step = (end - start) / intervals as f32;
        let point = |i: usize| if i < steps / 2 { fused(step, i as f32, start) } else { fused(-step, (steps - 1 - i) as f32, end) };
        return Ok((0..steps).map(|i| point(i).into()).collect());
    }
    let step = (end - start) / intervals;
    let point = |i: usize| if i < steps / 2 { step.mul_add(i as f64, start) } else { (-step).mul_add((steps - 1 - i) as f64, end) };
    Ok((0..steps).map(point).collect())
}

fn zeros(context: &mut Context, args: Args) -> Result<Value, Raise> {
    sized(context, "zeros(*size, *, dtype=None, device=None, requires_grad=False)", args, Number::Int(0))
}

fn ones(context: &mut Context, args: Args) -> Result<Value, Raise> {
    sized(context, "ones(*size, *, dtype=None, device=None, requires_grad=False)", args, Number::Int(1))
}

/// PyTorch leaves the cells as they are in memory; here they are zeros, so that a program prints the same twice.
fn empty(context: &mut Context, args: Args) -> Result<Value, Raise> {
    sized(context, "empty(*size, *, dtype=None, device=None, requires_grad=False)", args, Number::Int(0))
}

fn sized(context: &Context, signature: &'static str, args: Args, fill: Number) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let placement = Placement::of(&arguments)?;
    let dtype = placement.dtype.unwrap_or(context.default_dtype);
    placement.full(context, &arguments.shape("size")?, dtype, fill)
}

fn full(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments =
        Arguments::bind(context, "full(size, fill_value, *, dtype=None, device=None, requires_grad=False)", args)?;
    let placement = Placement::of(&arguments)?;
    let fill = arguments.number("fill_value")?;
    let dtype = placement.dtype.unwrap_or_else(|| number_type(context, fill));
    placement.full(context, &arguments.tuple_shape("size")?, dtype, fill)
}

fn eye(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "eye(n, m=None, *, dtype=None, device=None, requires_grad=False)", args)?;
    let placement = Placement::of(&arguments)?;
    let size = |name: &str, n: i64| {
        usize::try_from(n).map_err(|_| Raise::runtime_error(format!("{name} must be greater or equal to 0, got {n}")))
    };
    let rows = size("n", arguments.int("n")?)?;
    let columns = match arguments.optional_int("m")? {
        Some(m) => size("m", m)?,
        None => rows,
    };
    let dtype = placement.dtype.unwrap_or(context.default_dtype);
    context.engine.reserve(&[rows, columns], dtype)?;
    let mut cells = vec![0i64; numel(&[rows, columns])?];
    for i in 0..rows.min(columns) {
        cells[i * columns + i] = 1;
    }
    placement.values(context, Values::from_i64(dtype, &cells), &[rows, columns])
}

fn zeros_like(context: &mut Context, args: Args) -> Result<Value, Raise> {
    like(context, "zeros_like(input, *, dtype=None, device=None, requires_grad=False)", args, Some(Number::Int(0)))
}

fn ones_like(context: &mut Context, args: Args) -> Result<Value, Raise> {
    like(context, "ones_like(input, *, dtype=None, device=None, requires_grad=False)", args, Some(Number::Int(1)))
}

fn empty_like(context: &mut Context, args: Args) -> Result<Value, Raise> {
    like(context, "empty_like(input, *, dtype=None, device=None, requires_grad=False)", args, Some(Number::Int(0)))
}

fn full_like(context: &mut Context, args: Args) -> Result<Value, Raise> {
    like(context, "full_like(input, fill_value, *, dtype=None, device=None, requires_grad=False)", args, None)
}

/// A tensor of the input's shape, type and device, filled with `fill` or with the argument `fill_value`.
fn like(context: &Context, signature: &'static str, args: Args, fill: Option<Number>) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?.handle();
    let placement = Placement::like(&arguments, &input)?;
    let fill = fill.map_or_else(|| arguments.number("fill_value"), Ok)?;
    placement.full_alike(context, input.layout(), placement.dtype.unwrap_or(input.dtype()), fill)
}

fn new_zeros(context: &mut Context, args: Args) -> Result<Value, Raise> {
    new_sized(context, "new_zeros(input, *size, *, dtype=None, device=None, requires_grad=False)", args, Some(Number::Int(0)))
}

fn new_ones(context: &mut Context, args: Args) -> Result<Value, Raise> {
    new_sized(context, "new_ones(input, *size, *, dtype=None, device=None, requires_grad=False)", args, Some(Number::Int(1)))
}

fn new_empty(context: &mut Context, args: Args) -> Result<Value, Raise> {
    new_sized(context, "new_empty(input, *size, *, dtype=None, device=None, requires_grad=False)", args, Some(Number::Int(0)))
}

fn new_full(context: &mut Context, args: Args) -> Result<Value, Raise> {
    new_sized(context, "new_full(input, size, fill_value, *, dtype=None, device=None, requires_grad=False)", args, None)
}

/// A tensor of the given size, of the input's type and device.
fn new_sized(context: &Context, signature: &'static str, args: Args, fill: Option<Number>) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?.handle();
    let placement = Placement::like(&arguments, &input)?;
    let dtype = placement.dtype.unwrap_or(input.dtype());
    let fill = fill.map_or_else(|| arguments.number("fill_value"), Ok)?;
    placement.full(context, &arguments.shape("size")?, dtype, fill)
}

fn tril_indices(context: &mut Context, args: Args) -> Result<Value, Raise> {
    triangle_indices(context, "tril_indices(row, col, offset=0, *, dtype=None, device=None)", args, |i, j, offset| {
        j - i <= offset
    })
}

fn triu_indices(context: &mut Context, args: Args) -> Result<Value, Raise> {
    triangle_indices(context, "triu_indices(row, col, offset=0, *, dtype=None, device=None)", args, |i, j, offset| {
        j - i >= offset
    })
}

/// The row numbers and the column numbers of a triangle's cells, (2, cells).
fn triangle_indices(
    context: &Context,
    signature: &'static str,
    args: Args,
    inside: fn(i64, i64, i64) -> bool,
) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let placement = Placement::of(&arguments)?;
    let (rows, columns) = (arguments.int("row")?, arguments.int("col")?);
    let offset = arguments.int_or("offset", 0)?;
    if rows < 0 || columns < 0 {
        return Err(Raise::runtime_error("row and col must be non-negative"));
    }
    context.engine.reserve(&[2, rows as usize, columns as usize], DType::Int64)?;
    let cells: Vec<(i64, i64)> =
        (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))).filter(|&(i, j)| inside(i, j, offset)).collect();
    let numbers: Vec<i64> = cells.iter().map(|c| c.0).chain(cells.iter().map(|c| c.1)).collect();
    let dtype = placement.dtype.unwrap_or(DType::Int64);
    placement.values(context, Values::from_i64(dtype, &numbers), &[2, cells.len()])
}

/// A tensor object without gradient.
pub fn plain(context: &Context, values: Values, shape: &[usize]) -> Result<Value, Raise> {
    Ok(autograd::value(context, context.engine.tensor(values, shape)?, "", &[]))
}
