//! Streams of random numbers: the default one and those of `torch.Generator`, their seeds and their states.

use tensor::{DType, Values};

use super::arguments::Arguments;
use super::entry::{Entry, TORCH};
use crate::rng::Generator;
use crate::value::{Args, Value};
use crate::{Context, Raise};

pub const ENTRIES: &[Entry] = &[
    Entry("manual_seed", TORCH, manual_seed),
    Entry("_generator", TORCH, new_generator),
    Entry("_rng_state", TORCH, rng_state),
    Entry("_set_rng_state", TORCH, set_rng_state),
    Entry("_initial_seed", TORCH, initial_seed),
    Entry("_words", TORCH, words),
];

/// The generator that the call names, or the default one.
pub fn generator<'a>(context: &'a mut Context, arguments: &Arguments) -> Result<&'a mut Generator, Raise> {
    let number = match arguments.get("generator") {
        None => return Ok(&mut context.generator),
        Some(Value::Instance(instance)) => instance.attributes().get_text("_number"),
        Some(_) => None,
    };
    if let Some(Value::None) = number {
        return Ok(&mut context.generator);
    }
    number
        .and_then(|n| n.as_int())
        .and_then(|n| usize::try_from(n).ok())
        .and_then(|n| context.torch.generators.get_mut(n))
        .ok_or_else(|| arguments.wrong("generator", "Generator"))
}

/// `torch.manual_seed(seed)`, or of the generator with a number.
fn manual_seed(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "manual_seed(seed, generator=None)", args)?;
    let seed = arguments.int("seed")?;
    generator(context, &arguments)?.manual_seed(seed.cast_unsigned());
    Ok(Value::None)
}

/// The number of a new generator.
fn new_generator(context: &mut Context, _: Args) -> Result<Value, Raise> {
    context.reserve(4096)?;
    context.torch.generators.push(Generator::default());
    Ok(Value::Int(context.torch.generators.len() as i64 - 1))
}

/// The state of a generator as a tensor of bytes.
fn rng_state(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "_rng_state(generator=None)", args)?;
    let bytes = generator(context, &arguments)?.state();
    let shape = [bytes.len()];
    super::creation::plain(context, Values::UInt8(bytes), &shape)
}

fn set_rng_state(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "_set_rng_state(new_state, generator=None)", args)?;
    let state = match arguments.get("new_state") {
        Some(Value::Tensor(object)) => object.handle(),
        other => {
            let kind = other.map_or("None".into(), Value::type_name);
            return Err(Raise::type_error(format!("expected a torch.ByteTensor, but got {kind}")));
        }
    };
    let Values::UInt8(bytes) = context.engine.values(&state)? else {
        return Err(Raise::type_error("RNG state must be a torch.ByteTensor"));
    };
    if bytes.len() != crate::rng::STATE_BYTES {
        return Err(Raise::runtime_error(format!(
            "Expected a CPUGeneratorImplState of size {} but found the input RNG state size to be {}",
            crate::rng::STATE_BYTES,
            bytes.len()
        )));
    }
    let state = Generator::from_state(&bytes).ok_or_else(|| Raise::runtime_error("Invalid mt19937 state"))?;
    *generator(context, &arguments)? = state;
    Ok(Value::None)
}

fn initial_seed(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "_initial_seed(generator=None)", args)?;
    crate::value::Big::from(generator(context, &arguments)?.seed()).value()
}

/// Words of 32 bits as they come: the stream that NumPy draws from, too.
fn words(context: &mut Context, args: Args) -> Result<Value, Raise> {
    let arguments = Arguments::bind(context, "_words(count, generator=None)", args)?;
    let count = usize::try_from(arguments.int("count")?).unwrap_or(0);
    context.engine.reserve(&[count], DType::Int64)?;
    let generator = generator(context, &arguments)?;
    let words = (0..count).map(|_| generator.random().into()).collect();
    super::creation::plain(context, Values::Int64(words), &[count])
}
