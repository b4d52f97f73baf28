//! The WebGPU device, through wgpu: in the page the browser's, natively Vulkan's.
//!
//! | module | what it holds |
//! |---|---|
//! | [`Gpu`] | opening, running an operation, reading |
//! | `pool` | buffers, used again once nobody holds them |
//! | `pipeline` | shader modules, binding layouts and compiled pipelines |
//! | `fusion` | elementwise work that waits, to become one dispatch with what follows |
//! | `plans` | the dispatches of operations that ran before |
//! | `keyed` | the table in which plans and bind groups are found again |
//! | `queue` | recorded dispatches and their parameters, submitted together |
//! | `fault` | what went wrong on the device, kept until somebody reads |
//!
//! Everything stays within WebGPU's default limits; only the sizes of buffers are raised where the adapter allows.

mod fault;
mod fusion;
mod keyed;
mod pipeline;
mod plans;
mod pool;
mod queue;

use std::rc::Rc;

pub use pool::GpuBuffer;

use crate::ops::{Adapter, Description, Dispatch, Operation, Spec};
use crate::storage::Buffer;
use crate::{Error, Layout, Result};
use fault::Fault;
pub use fusion::Waiting;
use fusion::Fusion;
use pipeline::Pipelines;
use plans::{Call, Plans, Start};
use pool::Pool;
use queue::Queue;

/// The largest grid in one dimension that WebGPU promises; shaders find their number by `x + y * 65535`.
const MAX_GRID: usize = 65_535;
/// The most dispatches of an operation whose plan is kept.
const FEW: usize = 8;

/// A GPU device with its pipelines, its buffers and its queue of recorded dispatches.
pub struct Gpu {
    adapter: String,
    kind: Adapter,
    device: wgpu::Device,
    fault: Fault,
    pipelines: Pipelines,
    pool: Rc<Pool>,
    queue: Queue,
    plans: Plans,
    fusion: Fusion,
}

impl Gpu {
    /// Opens the default adapter, or says in one sentence why there is none.
    ///
    /// In the page the caller has looked for `navigator.gpu` first: wgpu panics where there is neither window nor worker.
    ///
    /// Which kernels are right for the adapter is known once it is open, and kept with the device: an adapter says
    /// whether it is a processor in place of a GPU (in the page, `isFallbackAdapter`).
    pub async fn open() -> std::result::Result<Rc<Gpu>, String> {
        Gpu::open_for(None).await
    }

    /// As [`Gpu::open`], with the kernels of another kind of adapter than this one.
    pub async fn open_for(kind: Option<Adapter>) -> std::result::Result<Rc<Gpu>, String> {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
        let adapter = instance
            .request_adapter(&wgpu::RequestAdapterOptions {
                power_preference: wgpu::PowerPreference::HighPerformance,
                ..Default::default()
            })
            .await
            .map_err(|error| format!("there is no WebGPU adapter: {error}"))?;
        let allowed = adapter.limits();
        let limits = wgpu::Limits::default();
        let limits = wgpu::Limits {
            max_buffer_size: limits.max_buffer_size.max(allowed.max_buffer_size),
            max_storage_buffer_binding_size: limits
                .max_storage_buffer_binding_size
                .max(allowed.max_storage_buffer_binding_size),
            ..limits
        };
        // Cells are numbered by 32 bits in the shaders: 4 GiB of bytes at most.
        let largest = limits.max_buffer_size.min(limits.max_storage_buffer_binding_size).min(u64::from(u32::MAX));
        let (device, queue) = adapter
            .request_device(&wgpu::DeviceDescriptor {
                label: Some("attention playground"),
                required_limits: limits,
                ..Default::default()
            })
            .await
            .map_err(|error| format!("the WebGPU adapter gave no device: {error}"))?;
        let fault = Fault::watch(&device);
        let info = adapter.get_info();
        let software = info.device_type == wgpu::DeviceType::Cpu;
        Ok(Rc::new(Gpu {
            adapter: info.name,
            kind: kind.unwrap_or(if software { Adapter::Software } else { Adapter::Hardware }),
            fault,
            pipelines: Pipelines::new(&device),
            pool: Pool::new(&device, largest),
            queue: Queue::new(&device, queue),
            plans: Plans::default(),
            fusion: Fusion::default(),
            device,
        }))
    }

    /// The adapter's name as the driver gives it.
    pub fn adapter(&self) -> &str {
        &self.adapter
    }

    /// How many bytes of its memory the tensors' buffers have, and those that wait to be used again.
    pub fn bytes(&self) -> u64 {
        self.pool.bytes()
    }

    /// How many dispatches are recorded that the GPU has not been handed yet.
    pub fn recorded(&self) -> usize {
        self.queue.recorded()
    }

    /// What computes: which of an operation's kernels run.
    pub fn adapter_kind(&self) -> Adapter {
        self.kind
    }

    /// Why the device was lost, once it was.
    pub fn lost(&self) -> Option<String> {
        self.fault.lost()
    }

    /// A program begins, whose steps are others than the last one's. If something went wrong before, that is over, and nobody
    /// reads what was computed then; buffers that are kept may be among those that there was no memory for, and go too.
    pub fn begin(&self) {
        if self.fault.forgive() {
            self.queue.forget();
            self.queue.forget_groups(&self.pool.clear());
        }
        self.plans.forget();
        self.queue.forget_steps();
        self.fusion.forget();
    }

    /// Gives the device back at once. To all who still hold it, it is lost.
    pub fn close(&self) {
        self.device.destroy();
        // Natively the news travels with the next poll; in a browser by itself.
        let _ = self.device.poll(wgpu::PollType::Poll);
    }

    /// Memory of `bytes`, padded to words. **Not zeroed**: what an earlier buffer left may still be there,
    /// so a shader writes whole words, and one that adds to its output clears it first.
    ///
    /// # Errors
    /// `OutOfMemory` for more than the device can bind; `DeviceLost`.
    pub fn allocate(&self, bytes: u64) -> Result<GpuBuffer> {
        self.alive()?;
        self.pool.take(bytes)
    }

    /// Memory of `bytes` for [`Gpu::upload`], which overtakes recorded dispatches: no dispatch names it yet.
    ///
    /// # Errors
    /// As [`Gpu::allocate`].
    pub fn allocate_idle(&self, bytes: u64) -> Result<GpuBuffer> {
        self.alive()?;
        self.pool.take_idle(bytes)
    }

    /// Writes bytes at an offset, a multiple of 4, of memory from [`Gpu::allocate_idle`].
    pub fn upload(&self, target: &GpuBuffer, offset: u64, bytes: &[u8]) {
        self.queue.upload(target, offset, bytes);
    }

    /// The buffer's elements on the GPU, computed if they wait, uploaded if they were only on the host.
    pub fn resident(&self, buffer: &Buffer) -> Result<GpuBuffer> {
        if let Some(there) = buffer.gpu.get() {
            return Ok(there.clone());
        }
        if let Some(waiting) = buffer.waiting() {
            let there = self.computed(waiting)?;
            let _ = buffer.gpu.set(there.clone());
            return Ok(there);
        }
        let Some(values) = buffer.host() else {
            return Err(Error::Runtime("the values of this tensor were never computed".into()));
        };
        let target = self.allocate_idle(values.bytes().len() as u64)?;
        self.upload(&target, 0, values.bytes());
        let _ = buffer.gpu.set(target.clone());
        Ok(target)
    }

    /// Records the dispatches of an operation on inputs that lie so; they run in order, before any later read.
    pub fn run(
        &self,
        operation: &Rc<dyn Operation>,
        inputs: &[(&Spec, &Layout)],
        output: &Spec,
        sources: &[GpuBuffer],
        target: &GpuBuffer,
    ) -> Result<()> {
        let kind = operation.description();
        let key = Call::key(std::ptr::from_ref(kind).addr(), &output.shape, inputs.iter().map(|&(_, layout)| layout));
        if let Some(plan) = self.plans.find(key, |call| call.is(&**operation, inputs, output)) {
            return self.record(&plan.starts, sources, target);
        }
        let dispatches: Vec<Dispatch> =
            operation.dispatches(inputs, output, self.kind).into_iter().filter(|dispatch| dispatch.workgroups > 0).collect();
        let start = |dispatch: &Dispatch| self.start(kind, dispatch);
        if dispatches.len() > FEW {
            return dispatches.iter().try_for_each(|dispatch| {
                self.make_room(1);
                self.record(&[start(dispatch)?], sources, target)
            });
        }
        self.make_room(dispatches.len());
        let starts = dispatches.iter().map(start).collect::<Result<_>>()?;
        self.record(&self.plans.keep(key, Call::of(operation, inputs, output), starts).starts, sources, target)
    }

    fn start(&self, operation: &'static Description, dispatch: &Dispatch) -> Result<Rc<Start>> {
        let inputs = dispatch.inputs.clone();
        let pipeline = self.pipelines.get(&self.device, operation, dispatch, inputs.len())?;
        Ok(Rc::new(Start { pipeline, inputs, slot: self.queue.slot(&dispatch.parameters)?, grid: grid(dispatch.workgroups) }))
    }

    /// Room for so many parameter blocks. If there is none, all are used anew, and plans name none of them any more.
    fn make_room(&self, blocks: usize) {
        if !self.queue.has_room(blocks) {
            self.submit();
            self.plans.forget();
            self.queue.forget_blocks();
        }
    }

    #[inline(never)]
    fn record(&self, starts: &[Rc<Start>], sources: &[GpuBuffer], target: &GpuBuffer) -> Result<()> {
        for start in starts {
            if self.queue.is_full() {
                self.submit();
            }
            self.queue.record(&self.device, self.pipelines.layout(start.inputs.len())?, start, sources, target);
        }
        Ok(())
    }

    /// Submits what is recorded and copies the first `bytes` of the buffer to the host.
    ///
    /// # Errors
    /// Whatever went wrong on the device since [`Gpu::begin`].
    pub async fn read(&self, buffer: &GpuBuffer, bytes: u64) -> Result<Vec<u8>> {
        self.alive()?;
        let copy = self.submit_with_copy(buffer, bytes.next_multiple_of(4).max(4));
        let values = self.mapped(&copy, bytes as usize).await;
        // As in the pool: nobody else frees it soon.
        copy.destroy();
        values
    }

    /// The first `bytes` of a buffer that was made to be mapped.
    async fn mapped(&self, copy: &wgpu::Buffer, bytes: usize) -> Result<Vec<u8>> {
        let mapped = queue::map(&self.device, copy).await;
        self.alive()?;
        self.fault.look()?;
        let refused = || Error::DeviceLost("the GPU did not hand over the values".into());
        if !mapped {
            return Err(refused());
        }
        // A device that is lost meanwhile may have said that they are there.
        let view = copy.get_mapped_range(..).map_err(|_| refused())?;
        Ok(view.iter().copied().take(bytes).collect())
    }

    fn alive(&self) -> Result<()> {
        self.fault.lost().map_or(Ok(()), |why| Err(Error::DeviceLost(why)))
    }

    fn submit(&self) {
        self.submit_then(None);
    }

    fn submit_then(&self, copy: Option<(&GpuBuffer, &wgpu::Buffer)>) {
        self.queue.submit(&self.device, copy);
        self.queue.forget_groups(&self.pool.settle());
    }

    fn submit_with_copy(&self, source: &GpuBuffer, bytes: u64) -> wgpu::Buffer {
        let target = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read"),
            size: bytes,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.submit_then(Some((source, &target)));
        target
    }
}

/// So many workgroups, in two dimensions where one does not hold them.
fn grid(workgroups: usize) -> (u32, u32) {
    (workgroups.min(MAX_GRID) as u32, workgroups.div_ceil(MAX_GRID) as u32)
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gpu").field("adapter", &self.adapter).finish_non_exhaustive()
    }
}
