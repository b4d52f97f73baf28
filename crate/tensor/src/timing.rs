//! How long an operation takes. It is measured by running it again on the inputs that the tape kept: a program's own run
//! is one sample of a cold machine, on the GPU it only records the work, and browsers round their clocks.

use crate::tape::Entry;
use crate::{Device, Engine, Result};

/// Long enough for a clock of 0.1 ms to tell.
const ENOUGH_MS: f64 = 4.0;
/// So short that something else may have taken much of it.
const BRIEF_MS: f64 = 40.0;
/// The most repetitions of an operation that takes no time at all.
const MOST: u32 = 1024;

/// The time of one run of this operation in microseconds, on the engine's device, without the way of the result to the host.
///
/// `clock` gives milliseconds. Nothing must record meanwhile: take the tape first.
///
/// # Errors
/// What running the operation or reading from the device says.
pub async fn of_operation(engine: &Engine, entry: &Entry, clock: &dyn Fn() -> f64) -> Result<f64> {
    if engine.device() == Device::WebGpu {
        // What its inputs wait for is not the operation's, and its kernels may be compiled only now.
        entry.inputs.iter().try_for_each(|input| engine.settle(input))?;
        repeat(engine, entry, 1, clock).await?;
    }
    let mut count = 1;
    let mut elapsed = repeat(engine, entry, count, clock).await?;
    loop {
        // What waiting for the device takes is not the operation's.
        let waiting = repeat(engine, entry, 0, clock).await?;
        if elapsed - waiting < BRIEF_MS {
            // Nor is what else the machine did meanwhile.
            elapsed = elapsed.min(repeat(engine, entry, count, clock).await?);
        }
        if elapsed - waiting >= ENOUGH_MS || count >= MOST {
            return Ok((elapsed - waiting).max(0.0) * 1000.0 / f64::from(count));
        }
        count *= if elapsed - waiting < ENOUGH_MS / 8.0 { 8 } else { 2 };
        elapsed = repeat(engine, entry, count, clock).await?;
    }
}

/// Milliseconds for this many runs and for waiting until they are done.
async fn repeat(engine: &Engine, entry: &Entry, count: u32, clock: &dyn Fn() -> f64) -> Result<f64> {
    let inputs: Vec<_> = entry.inputs.iter().collect();
    let started = clock();
    let mut output = entry.output.clone();
    for _ in 0..count {
        output = engine.apply(entry.operation.clone(), &inputs)?;
        engine.settle(&output)?;
    }
    engine.finish(&output).await?;
    Ok(clock() - started)
}
