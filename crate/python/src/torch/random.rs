//! Random tensors: from `torch.manual_seed` on, PyTorch's numbers.

use std::rc::Rc;

use tensor::{DType, Device, Layout, Tensor, Values};

use super::arguments::Arguments;
use super::creation::Placement;
use super::entry::{BOTH, Entry, TENSOR, TORCH};
use super::generators::generator;
use super::{autograd, compute, in_place};
use crate::rng::Generator;
use crate::value::{Args, TensorObject, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("rand", TORCH, rand),
    Entry("randn", TORCH, randn),
    Entry("randint", TORCH, randint),
    Entry("randperm", TORCH, randperm),
    Entry("rand_like", TORCH, rand_like),
    Entry("randn_like", TORCH, randn_like),
    Entry("randint_like", TORCH, randint_like),
    Entry("normal", TORCH, normal),
    Entry("bernoulli", BOTH, bernoulli),
    Entry("multinomial", BOTH, multinomial),
    Entry("normal_", TENSOR, normal_),
    Entry("uniform_", TENSOR, uniform_),
    Entry("bernoulli_", TENSOR, bernoulli_),
    Entry("exponential_", TENSOR, exponential_),
    Entry("random_", TENSOR, random_),
];

/// A sample of a distribution for each cell of a layout, in the order of memory and in the element type that PyTorch
/// draws them in.
fn uniform(generator: &mut Generator, dtype: DType, layout: &Layout, from: f64, to: f64) -> Values {
    let n = layout.numel();
    match dtype {
        DType::Float64 => Values::Float64(generator.uniform_f64(n, from, to)),
        DType::Float32 => Values::Float32(generator.uniform_f32(n, from, to)),
        dtype => {
            let rounded = |x: f64| Values::from_f64(dtype, &[x]).get_f64(0).unwrap_or(x);
            let (draws, end) = (generator.uniform_f32(n, from, to).into_iter().map(f64::from), rounded(to));
            // Here, too, rounding may reach the open end of the interval.
            Values::from_f64(dtype, &draws.map(|x| if rounded(x) == end { from } else { x }).collect::<Vec<_>>())
        }
    }
}

fn normals(generator: &mut Generator, dtype: DType, layout: &Layout, mean: f64, std: f64) -> Values {
    let n = layout.numel();
    if !layout.is_contiguous() {
        return Values::from_f64(dtype, &generator.normal_one_by_one(n, mean, std));
    }
    match dtype {
        DType::Float64 => Values::Float64(generator.normal_f64(n, mean, std)),
        DType::Float32 => Values::Float32(generator.normal_f32(n, mean, std)),
        dtype => Values::Float32(generator.normal_half(n, mean, std)).cast(dtype),
    }
}

fn rand(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "rand(*size, *, generator=None, dtype=None, device=None, requires_grad=False)";
    drawn(context, args, signature, |generator, dtype, layout| uniform(generator, dtype, layout, 0.0, 1.0))
}

fn randn(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "randn(*size, *, generator=None, dtype=None, device=None, requires_grad=False)";
    drawn(context, args, signature, |generator, dtype, layout| normals(generator, dtype, layout, 0.0, 1.0))
}

fn drawn(
    context: &mut Context,
    args: Args,
    signature: &'static str,
    draw: impl Fn(&mut Generator, DType, &Layout) -> Values,
) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let placement = Placement::of(&arguments)?;
    let dtype = placement.dtype.unwrap_or(context.default_dtype);
    check_float(&arguments, dtype)?;
    let shape = arguments.shape("size")?;
    sample(context, &arguments, &placement, &Layout::contiguous(&shape), dtype, draw)
}

/// A tensor of samples that lies in memory as an operation on the layout would lay its result; on the meta device nothing is drawn.
fn sample(
    context: &mut Context,
    arguments: &Arguments,
    placement: &Placement,
    layout: &Layout,
    dtype: DType,
    draw: impl Fn(&mut Generator, DType, &Layout) -> Values,
) -> Result<Value, Raise> {
    context.engine.reserve(&layout.shape, dtype)?;
    if placement.is_meta() {
        return placement.full_alike(context, layout, dtype, super::arguments::Number::Int(0));
    }
    let values = draw(generator(context, arguments)?, dtype, layout);
    placement.finish(compute::values_alike(context, values, layout)?)
}

fn check_float(arguments: &Arguments, dtype: DType) -> Result<(), Raise> {
    if dtype.is_float() {
        return Ok(());
    }
    let kernel = if arguments.function().starts_with("randn") { "normal_kernel_cpu" } else { "check_uniform_bounds" };
    Err(Raise::not_implemented(format!(
        "\"{kernel}\" not implemented for '{}'",
        super::promotion::scalar_type_name(dtype)
    )))
}

fn rand_like(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "rand_like(input, *, generator=None, dtype=None, device=None, requires_grad=False)";
    like(context, args, signature, |generator, dtype, layout| uniform(generator, dtype, layout, 0.0, 1.0))
}

fn randn_like(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "randn_like(input, *, generator=None, dtype=None, device=None, requires_grad=False)";
    like(context, args, signature, |generator, dtype, layout| normals(generator, dtype, layout, 0.0, 1.0))
}

fn like(
    context: &mut Context,
    args: Args,
    signature: &'static str,
    draw: impl Fn(&mut Generator, DType, &Layout) -> Values,
) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?.handle();
    let placement = Placement::like(&arguments, &input)?;
    let dtype = placement.dtype.unwrap_or(input.dtype());
    check_float(&arguments, dtype)?;
    sample(context, &arguments, &placement, input.layout(), dtype, draw)
}

fn randint(context: &mut Context, args: Args) -> Result<Value, Raise> {
    // `randint(high, size)` or `randint(low, high, size)`.
    let has_low = args.positional.len() >= 3
        || args.keyword.iter().any(|(name, _)| **name == *"low")
        || (args.positional.len() == 2 && args.keyword.iter().any(|(name, _)| **name == *"size"));
    let signature = if has_low {
        "randint(low, high, size, *, generator=None, dtype=None, device=None, requires_grad=False)"
    } else {
        "randint(high, size, *, generator=None, dtype=None, device=None, requires_grad=False)"
    };
    let arguments = Arguments::bind(context, signature, args)?;
    let placement = Placement::of(&arguments)?;
    let shape = arguments.tuple_shape("size")?;
    integers(context, &arguments, &placement, &Layout::contiguous(&shape), has_low)
}

fn randint_like(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let has_low = args.positional.len() >= 3 || args.keyword.iter().any(|(name, _)| **name == *"low");
    let signature = if has_low {
        "randint_like(input, low, high, *, generator=None, dtype=None, device=None)"
    } else {
        "randint_like(input, high, *, generator=None, dtype=None, device=None)"
    };
    let arguments = Arguments::bind(context, signature, args)?;
    let input = arguments.object("input")?.handle();
    let mut placement = Placement::like(&arguments, &input)?;
    placement.dtype = placement.dtype.or(Some(input.dtype()));
    integers(context, &arguments, &placement, input.layout(), has_low)
}

fn integers(
    context: &mut Context,
    arguments: &Arguments,
    placement: &Placement,
    layout: &Layout,
    has_low: bool,
) -> Result<Value, Raise> {
    let low = if has_low { arguments.int("low")? } else { 0 };
    let high = arguments.int("high")?;
    if low >= high {
        return Err(Raise::runtime_error(format!(
            "random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )));
    }
    let dtype = placement.dtype.unwrap_or(DType::Int64);
    sample(context, arguments, placement, layout, dtype, |generator, dtype, layout| {
        Values::Int64(generator.randint(layout.numel(), low, high)).cast(dtype)
    })
}

fn randperm(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "randperm(n, *, generator=None, dtype=None, device=None)", args)?;
    let placement = Placement::of(&arguments)?;
    let n = arguments.int("n")?;
    let length = usize::try_from(n)
        .map_err(|_| Raise::runtime_error(format!("Trying to create tensor with negative dimension {n}: [{n}]")))?;
    let dtype = placement.dtype.unwrap_or(DType::Int64);
    sample(context, &arguments, &placement, &Layout::contiguous(&[length]), dtype, |generator, dtype, layout| {
        Values::Int64(generator.randperm(layout.numel())).cast(dtype)
    })
}

/// `normal(mean, std, size)`, or one sample for each mean and deviation of tensors.
fn normal(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let signature = "normal(mean, std=1.0, size=None, *, generator=None, dtype=None, device=None, requires_grad=False)";
    let arguments = Arguments::bind(context, signature, args)?;
    let placement = Placement::of(&arguments)?;
    let tensors: Vec<Tensor> = ["mean", "std"]
        .into_iter()
        .filter_map(|name| match arguments.get(name) {
            Some(Value::Tensor(object)) => Some(object.handle()),
            _ => None,
        })
        .collect();
    if tensors.is_empty() {
        let (mean, std) = (arguments.float_or("mean", 0.0)?, arguments.float_or("std", 1.0)?);
        if std < 0.0 {
            return Err(Raise::runtime_error(format!("normal expects std >= 0.0, but found std {std}")));
        }
        let shape = arguments.shape("size")?;
        let dtype = placement.dtype.unwrap_or(context.default_dtype);
        return sample(context, &arguments, &placement, &Layout::contiguous(&shape), dtype, |generator, dtype, layout| {
            normals(generator, dtype, layout, mean, std)
        });
    }
    let mut shape = Vec::new();
    for tensor in &tensors {
        shape = tensor::layout::broadcast(&shape, tensor.shape())?;
    }
    let each = |name: &str, default: f64| -> Result<Vec<f64>, Raise> {
        let n = tensor::layout::numel(&shape)?;
        Ok(match arguments.get(name) {
            Some(Value::Tensor(object)) => {
                let handle = object.handle();
                let wide = compute::expand(&handle, &shape).unwrap_or(handle);
                context.engine.values(&wide)?.to_f64()
            }
            _ => vec![arguments.float_or(name, default)?; n],
        })
    };
    let (mean, std) = (each("mean", 0.0)?, each("std", 1.0)?);
    let dtype = tensors[0].dtype();
    let unit = normals(generator(context, &arguments)?, dtype, &Layout::contiguous(&shape), 0.0, 1.0).to_f64();
    let cells: Vec<f64> = unit.iter().zip(&mean).zip(&std).map(|((u, m), s)| u * s + m).collect();
    placement.values(context, Values::from_f64(dtype, &cells), &shape)
}

fn bernoulli(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "bernoulli(input, *, generator=None)", args)?;
    let input = arguments.object("input")?.handle();
    let probabilities = context.engine.values(&input)?.to_f32();
    if probabilities.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return Err(Raise::runtime_error("Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, please report an enhancement request to PyTorch.)"));
    }
    let draws = generator(context, &arguments)?.bernoulli_each(&probabilities);
    super::creation::plain(context, Values::Bool(draws).cast(input.dtype()), input.shape())
}

fn multinomial(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "multinomial(input, num_samples, replacement=False, *, generator=None)", args)?;
    let input = arguments.object("input")?.handle();
    if !input.dtype().is_float() {
        return Err(Raise::runtime_error(format!(
            "multinomial only supports floating-point dtypes for input, got: {}",
            super::promotion::scalar_type_name(input.dtype())
        )));
    }
    let (rows, columns) = match *input.shape() {
        [columns] => (1, columns),
        [rows, columns] => (rows, columns),
        _ => return Err(Raise::runtime_error("prob_dist must be 1 or 2 dim")),
    };
    let weights = context.engine.values(&input)?.to_f32();
    let samples = usize::try_from(arguments.int("num_samples")?).unwrap_or(0);
    context.engine.reserve(&[rows, samples], DType::Int64)?;
    let replacement = arguments.bool_or("replacement", false)?;
    let draws = generator(context, &arguments)?
        .multinomial(&weights, rows, columns, samples, replacement)
        .map_err(Raise::runtime_error)?;
    let shape = if input.dimensions() == 1 { vec![samples] } else { vec![rows, samples] };
    super::creation::plain(context, Values::Int64(draws), &shape)
}

/// Fills the argument `input` with samples.
fn fill(
    context: &mut Context,
    arguments: &Arguments,
    grad_fn: &'static str,
    draw: impl Fn(&mut Generator, DType, &Layout) -> Values,
) -> Result<Value, Raise> {
    let input: Rc<TensorObject> = arguments.object("input")?;
    let handle = input.handle();
    autograd::check_in_place(context, &input, false)?;
    in_place::check_written(&handle)?;
    if handle.device() == Device::Meta {
        return Ok(Value::Tensor(input));
    }
    context.engine.reserve(handle.shape(), handle.dtype())?;
    let values = draw(generator(context, arguments)?, handle.dtype(), handle.layout());
    let cells = compute::values_alike(context, values, handle.layout())?;
    in_place::write(context, &input, &cells, grad_fn, &[&input])
}

fn normal_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "normal_(input, mean=0.0, std=1.0, *, generator=None)", args)?;
    let (mean, std) = (arguments.float_or("mean", 0.0)?, arguments.float_or("std", 1.0)?);
    if std < 0.0 {
        return Err(Raise::runtime_error(format!("normal expects std >= 0.0, but found std {std}")));
    }
    fill(context, &arguments, "NormalBackward0", |generator, dtype, layout| normals(generator, dtype, layout, mean, std))
}

fn uniform_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "uniform_(input, from=0.0, to=1.0, *, generator=None)", args)?;
    let (from, to) = (arguments.float_or("from", 0.0)?, arguments.float_or("to", 1.0)?);
    if from > to {
        return Err(Raise::runtime_error(format!(
            "uniform_ expects to return a [from, to) range, but found from={from} > to={to}"
        )));
    }
    fill(context, &arguments, "UniformBackward0", |generator, dtype, layout| uniform(generator, dtype, layout, from, to))
}

fn bernoulli_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "bernoulli_(input, p=0.5, *, generator=None)", args)?;
    let p = arguments.float_or("p", 0.5)?;
    if !(0.0..=1.0).contains(&p) {
        return Err(Raise::runtime_error(format!("bernoulli_ expects p to be in [0, 1], but got p={p}")));
    }
    fill(context, &arguments, "BernoulliBackward2", |generator, dtype, layout| {
        Values::Bool(generator.bernoulli(layout.numel(), p)).cast(dtype)
    })
}

fn exponential_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "exponential_(input, lambd=1.0, *, generator=None)", args)?;
    let rate = arguments.float_or("lambd", 1.0)?;
    if rate <= 0.0 {
        return Err(Raise::runtime_error(format!("exponential_ expects lambda > 0.0, but found lambda={rate}")));
    }
    fill(context, &arguments, "ExponentialBackward0", |generator, dtype, layout| {
        Values::Float32(generator.exponential_f32(layout.numel(), rate)).cast(dtype)
    })
}

fn random_(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "random_(input, from=None, to=None, *, generator=None)", args)?;
    let (low, high) = match (arguments.optional_int("from")?, arguments.optional_int("to")?) {
        (Some(low), Some(high)) => (low, high),
        (Some(high), None) => (0, high),
        _ => return fill(context, &arguments, "RandomBackward2", any_number),
    };
    if low >= high {
        return Err(Raise::runtime_error(format!(
            "random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )));
    }
    fill(context, &arguments, "RandomBackward2", |generator, dtype, layout| {
        Values::Int64(generator.randint(layout.numel(), low, high)).cast(dtype)
    })
}

/// Whole numbers that the element type holds exactly, from 0 on: one word each, two where one is too short.
fn any_number(generator: &mut Generator, dtype: DType, layout: &Layout) -> Values {
    let bound: u64 = match dtype {
        DType::Float64 => (1 << 53) + 1,
        DType::Float32 => (1 << 24) + 1,
        DType::Float16 => (1 << 11) + 1,
        DType::BFloat16 => (1 << 8) + 1,
        DType::Int64 => 1 << 63,
        DType::Int32 => 1 << 31,
        DType::Int8 => 1 << 7,
        DType::UInt8 => 1 << 8,
        DType::Bool => 2,
    };
    let draws: Vec<i64> = (0..layout.numel())
        .map(|_| {
            let word = if bound > 1 << 32 { generator.random64() } else { u64::from(generator.random()) };
            (word % bound).cast_signed()
        })
        .collect();
    Values::Int64(draws).cast(dtype)
}
