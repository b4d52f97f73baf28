//! The engine as JavaScript holds it: an opaque handle, plain data in, plain data out.
//!
//! | module | what it holds |
//! |---|---|
//! | `files` | what a program may read |
//! | `run` | a program's run in slices, so that the worker hears what it is told meanwhile |
//! | `results` | what the newest run left: the tensors that can be read, and where their cells came from |
//! | `record` | the records that cross to JavaScript |
//! | `memory` | what the browser refused of it |
//! | `team` | the workers that compute together |
//!
//! Every failure crosses as a JavaScript error with a sentence. No borrow is held while anything is awaited,
//! so calls may overlap.

mod files;
mod memory;
mod record;
mod results;
mod run;
mod team;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Function;
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use tensor::gpu::Gpu;
use wasm_bindgen::prelude::*;

use crate::results::Results;

/// The engine of one worker.
#[wasm_bindgen]
pub struct Engine {
    gpu: RefCell<Option<Rc<Gpu>>>,
    gpu_problem: String,
    is_running: Cell<bool>,
    is_stopping: Cell<bool>,
    results: RefCell<Option<Rc<Results>>>,
    /// The last id given to a tensor: ids are never used again.
    last_id: Cell<u32>,
}

#[wasm_bindgen]
impl Engine {
    /// Opens the GPU if `want_gpu`; the caller has seen that the browser has one. It is no error if it does not open.
    pub async fn create(want_gpu: bool) -> Engine {
        console_error_panic_hook::set_once();
        let (gpu, gpu_problem) = match want_gpu {
            true => match Gpu::open().await {
                Ok(gpu) => (Some(gpu), String::new()),
                Err(sentence) => (None, sentence),
            },
            false => (None, String::new()),
        };
        Engine {
            gpu: RefCell::new(gpu),
            gpu_problem,
            is_running: Cell::new(false),
            is_stopping: Cell::new(false),
            results: RefCell::new(None),
            last_id: Cell::new(0),
        }
    }

    #[wasm_bindgen(js_name = hasGpu)]
    pub fn has_gpu(&self) -> bool {
        self.gpu.borrow().is_some()
    }

    /// Why the GPU did not open, or an empty string.
    #[wasm_bindgen(js_name = gpuProblem)]
    pub fn gpu_problem(&self) -> String {
        self.gpu_problem.clone()
    }

    /// How many bytes of the GPU's memory its tensors have, and what is kept to be used again; 0 without a GPU.
    #[wasm_bindgen(js_name = gpuBytes)]
    pub fn gpu_bytes(&self) -> f64 {
        self.gpu.borrow().as_ref().map_or(0.0, |gpu| gpu.bytes() as f64)
    }

    /// An engine on the same GPU, with its compiled shaders: what it runs leaves the run of this one readable.
    pub fn beside(&self) -> Engine {
        Engine {
            gpu: RefCell::new(self.gpu.borrow().clone()),
            gpu_problem: self.gpu_problem.clone(),
            is_running: Cell::new(false),
            is_stopping: Cell::new(false),
            results: RefCell::new(None),
            last_id: Cell::new(0),
        }
    }

    /// Runs a program; see `Run` in engine.d.ts for what comes back. `progress(steps, output, bytesRead)` is called between slices,
    /// and the program waits for the promise that it returns.
    ///
    /// # Errors
    /// Options that are none, or another run that has not ended. A program's failure is part of its run.
    pub async fn run(&self, code: String, options: JsValue, progress: Function) -> Result<JsValue, JsError> {
        let options: record::Options = serde_wasm_bindgen::from_value(options)?;
        if self.is_running.replace(true) {
            return Err(JsError::new("a program is running"));
        }
        self.is_stopping.set(false);
        let outcome = self.run_program(&code, &options, &progress).await;
        self.is_running.set(false);
        to_javascript(&outcome?)
    }

    /// Ends the running program at its next instruction.
    pub fn stop(&self) {
        self.is_stopping.set(true);
    }

    /// The values of a tensor of the newest run, with its shape, dtype and device.
    ///
    /// # Errors
    /// An id that the newest run did not give; values that the device lost.
    pub async fn read(&self, id: u32) -> Result<JsValue, JsError> {
        self.results()?.read(id).await
    }

    /// How long the operation takes that made a tensor of the newest run, in microseconds, measured now by running it again;
    /// null where no one operation made it.
    ///
    /// # Errors
    /// As [`Engine::read`].
    pub async fn time(&self, id: u32) -> Result<JsValue, JsError> {
        to_javascript(&self.results()?.time(id).await?)
    }

    /// Where a cell of a tensor of the newest run came from; see `Provenance` in engine.d.ts.
    ///
    /// # Errors
    /// As [`Engine::read`], and an index outside the tensor.
    pub async fn provenance(&self, id: u32, index: Vec<usize>) -> Result<JsValue, JsError> {
        to_javascript(&self.results()?.provenance(id, index, &self.last_id).await?)
    }

    /// Every operation of the engine, with what it says of itself.
    pub fn operations(&self) -> Result<JsValue, JsError> {
        to_javascript(&tensor::ops::ALL.iter().map(|description| record::Operation::of(description)).collect::<Vec<_>>())
    }

    fn results(&self) -> Result<Rc<Results>, JsError> {
        self.results.borrow().clone().ok_or_else(|| JsError::new("no program has run yet"))
    }
}

/// A record as a JavaScript object: absent values are null, numbers are numbers.
fn to_javascript(record: &impl Serialize) -> Result<JsValue, JsError> {
    Ok(record.serialize(&Serializer::json_compatible())?)
}
