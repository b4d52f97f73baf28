//! A program's run, in slices between which the worker hears what it is told.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Date, Function, Promise};
use python::files::Ggufs;
use python::trace::Trace;
use python::{Limits, Progress, Session};
use wasm_bindgen::{JsCast, JsError, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::files::Given;
use crate::record::{self, Device, Options, Run};
use crate::results::Results;
use crate::{Engine, memory};

/// How long a slice lasts, in milliseconds: short enough for a stop to feel immediate.
const SLICE_MS: f64 = 50.0;
/// Instructions between two looks at the clock.
const INSTRUCTIONS: u32 = 2_000;

impl Engine {
    pub(crate) async fn run_program(&self, code: &str, options: &Options, progress: &Function) -> Result<Run, JsError> {
        // What the run before held is freed first, so that this one has all the memory.
        self.results.replace(None);
        memory::give_back();
        let gpu = self.gpu.borrow().clone();
        gpu.iter().for_each(|gpu| gpu.begin());
        let (engine, device) = match (options.device, &gpu) {
            (Device::WebGpu, Some(gpu)) => (tensor::Engine::webgpu(gpu.clone()), Device::WebGpu),
            _ => (tensor::Engine::cpu(), Device::Cpu),
        };
        if let Some(bytes) = options.limits.bytes {
            engine.memory().set_limit(bytes as u64);
        }
        let engine = Rc::new(engine);
        let started = Date::now();
        let mut session = Session::new(engine.clone(), Rc::new(now));
        let read = Rc::new(Cell::new(0.0));
        session.give(Rc::new(Given {
            files: options.files.clone(),
            modules: options.modules.clone(),
            untraced: options.untraced.clone(),
            tokenizers: options.tokenizers.clone(),
            arguments: options.arguments.clone(),
            read: read.clone(),
            ggufs: Ggufs::default(),
        }));
        session.start(code, limits(&options.limits));

        let mut stdout = String::new();
        let mut unread = None;
        let mut slice_began = now();
        loop {
            let step = session.advance(INSTRUCTIONS);
            if let Progress::Pending(tensors) = &step {
                for tensor in tensors {
                    match engine.read(tensor).await {
                        Ok(()) => {}
                        Err(full @ tensor::Error::OutOfMemory(_)) => {
                            session.refuse(full);
                            break;
                        }
                        Err(error) => unread = Some(error.to_string()),
                    }
                }
            }
            let has_ended = unread.is_some() || matches!(step, Progress::Finished);
            if has_ended || now() - slice_began >= SLICE_MS {
                let printed = session.take_output();
                stdout += &printed;
                tell(progress, step_count(session.trace()), &printed, read.get()).await?;
                slice_began = now();
            }
            if has_ended {
                break;
            }
            if self.is_stopping.get() {
                session.stop();
            }
        }

        let lost = (device == Device::WebGpu).then(|| gpu.and_then(|gpu| gpu.lost())).flatten().or(unread);
        if lost.is_some() {
            self.gpu.replace(None);
        }
        let (results, steps) = Results::of_run(engine, session.trace(), &stdout, &self.last_id)?;
        let run = Run {
            ok: session.failure().is_none(),
            error: session.failure().map(record::Error::from),
            device,
            steps: steps.into(),
            dropped: session.trace().dropped,
            milliseconds: Date::now() - started,
            device_lost: lost,
            stdout,
        };
        self.results.replace(Some(Rc::new(results)));
        Ok(run)
    }
}

/// Reports to the worker and waits until it has answered the messages that came meanwhile.
async fn tell(progress: &Function, steps: usize, printed: &str, read: f64) -> Result<(), JsError> {
    let answer = progress
        .call3(&JsValue::NULL, &JsValue::from(steps as f64), &JsValue::from(printed), &JsValue::from(read))
        .map_err(|error| JsError::new(&format!("the progress function threw {error:?}")))?;
    // Whether the worker's promise is kept or broken, the program goes on.
    let _ = JsFuture::from(Promise::resolve(&answer)).await;
    Ok(())
}

fn step_count(trace: &Trace) -> usize {
    trace.steps.len() + trace.dropped
}

fn limits(asked: &record::Limits) -> Limits {
    let usual = Limits::default();
    Limits {
        steps: asked.steps.map_or(usual.steps, |steps| steps as u64),
        seconds: asked.seconds.unwrap_or(usual.seconds),
        bytes: asked.bytes.map_or(usual.bytes, |bytes| (bytes as usize).min(usual.bytes)),
        trace_steps: asked.trace.map_or(usual.trace_steps, |steps| steps as usize),
        ..usual
    }
}

/// Milliseconds since 1970, from the clock that never goes back; from the calendar's where there is none.
pub fn now() -> f64 {
    thread_local! {
        /// `performance`, its `now`, which a run asks for some hundred times a second, and when that was 0.
        static CLOCK: Option<(JsValue, Function, f64)> = clock();
    }
    let read = |(performance, now, origin): &(JsValue, Function, f64)| Some(origin + now.call0(performance).ok()?.as_f64()?);
    CLOCK.with(|clock| clock.as_ref().and_then(read)).unwrap_or_else(Date::now)
}

fn clock() -> Option<(JsValue, Function, f64)> {
    let performance = js_sys::Reflect::get(&js_sys::global(), &"performance".into()).ok()?;
    let now: Function = js_sys::Reflect::get(&performance, &"now".into()).ok()?.dyn_into().ok()?;
    let origin = js_sys::Reflect::get(&performance, &"timeOrigin".into()).ok()?.as_f64()?;
    Some((performance, now, origin))
}
