//! What went wrong on the device. WebGPU reports errors later and elsewhere; they wait here for the next read, and stay:
//! what was computed from a tensor that there was no memory for is no result either.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::{Error, Result};

/// The device's first error since the last run began, and why the device was lost, once it was.
pub struct Fault {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The first one: those that follow are its consequences.
    error: Option<Kind>,
    lost: Option<String>,
}

/// An [`Error`] that may cross threads.
#[derive(Clone)]
enum Kind {
    OutOfMemory,
    Refused(String),
}

impl Fault {
    /// Listens to the device from here on. Without this, wgpu panics on an error.
    pub fn watch(device: &wgpu::Device) -> Fault {
        let state: Arc<Mutex<State>> = Arc::default();
        let listener = state.clone();
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| {
            let kind = match error {
                wgpu::Error::OutOfMemory { .. } => Kind::OutOfMemory,
                other => Kind::Refused(other.to_string()),
            };
            lock(&listener).error.get_or_insert(kind);
        }));
        let listener = state.clone();
        device.set_device_lost_callback(move |reason, message| {
            let why = if message.is_empty() { format!("{reason:?}") } else { message };
            lock(&listener).lost.get_or_insert(format!("the GPU device was lost: {why}"));
        });
        Fault { state }
    }

    pub fn lost(&self) -> Option<String> {
        lock(&self.state).lost.clone()
    }

    /// The run that begins starts without an error; whether there was one.
    pub fn forgive(&self) -> bool {
        lock(&self.state).error.take().is_some()
    }

    pub fn look(&self) -> Result<()> {
        match lock(&self.state).error.clone() {
            None => Ok(()),
            Some(Kind::OutOfMemory) => Err(Error::OutOfMemory("the GPU has no memory left for this tensor".into())),
            Some(Kind::Refused(why)) => Err(Error::Runtime(format!("the GPU refused a command: {why}"))),
        }
    }
}

/// A poisoned lock still holds a whole state: every write above is a single assignment.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
