//! The WebGPU device, through wgpu: in the page the browser's, natively Vulkan's.

use std::rc::Rc;

use crate::ops::{Description, Dispatch};
use crate::storage::Buffer;
use crate::{Error, Result};

/// A GPU device with its pipelines and its queue of recorded dispatches.
#[derive(Debug)]
pub struct Gpu;

/// Elements in the GPU's memory.
#[derive(Clone, Debug)]
pub struct GpuBuffer;

impl Gpu {
    /// Opens the default adapter, or says in one sentence why there is none.
    pub async fn open() -> std::result::Result<Rc<Gpu>, String> {
        Err("the GPU device is not written yet".into())
    }

    /// The adapter's name as the driver gives it.
    pub fn adapter(&self) -> &str {
        ""
    }

    /// Why the device was lost, once it was.
    pub fn lost(&self) -> Option<String> {
        None
    }

    /// Zeroed memory of at least `bytes` (padded to words).
    pub fn allocate(&self, _bytes: u64) -> Result<GpuBuffer> {
        Err(Error::DeviceLost(String::new()))
    }

    /// The buffer's elements on the GPU, uploaded if they were only on the host.
    pub fn resident(&self, _buffer: &Buffer) -> Result<GpuBuffer> {
        Err(Error::DeviceLost(String::new()))
    }

    /// Records the dispatches of one operation; they run in order, before any later read.
    pub fn run(&self, _: &'static Description, _: &[Dispatch], _inputs: &[GpuBuffer], _output: &GpuBuffer) -> Result<()> {
        Err(Error::DeviceLost(String::new()))
    }

    /// Submits what is recorded and copies `bytes` of the buffer to the host.
    pub async fn read(&self, _buffer: &GpuBuffer, _bytes: u64) -> Result<Vec<u8>> {
        Err(Error::DeviceLost(String::new()))
    }
}
