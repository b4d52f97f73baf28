//! Buffers by size class. One that nobody holds any more goes back to the pool and is used again.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};

use crate::{Error, Result};

/// The most bytes kept for later use.
const KEPT: u64 = 256 << 20;

/// Elements in the GPU's memory; clones share them.
#[derive(Clone, Debug)]
pub struct GpuBuffer {
    memory: Rc<Memory>,
    /// The bytes that shaders may see: what was asked for, in whole fours of words.
    bytes: u64,
}

impl GpuBuffer {
    pub fn buffer(&self) -> &wgpu::Buffer {
        &self.memory.buffer
    }

    /// The part that is bound: a shader must not see what lies behind it.
    pub fn binding(&self) -> wgpu::BindingResource<'_> {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: &self.memory.buffer,
            offset: 0,
            size: std::num::NonZeroU64::new(self.bytes),
        })
    }
}

#[derive(Debug)]
struct Memory {
    buffer: wgpu::Buffer,
    pool: Weak<Pool>,
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.upgrade() {
            pool.give(self.buffer.clone());
        }
    }
}

/// The buffers that wait to be used again.
///
/// A buffer given back may still be named by dispatches that are recorded but not submitted.
/// A later dispatch may write it, since those run in order. An upload may not: it overtakes them.
/// So there are two shelves, and [`Pool::settle`] empties one onto the other.
pub struct Pool {
    device: wgpu::Device,
    /// The most bytes that one buffer may have.
    largest: u64,
    idle: RefCell<Shelf>,
    recent: RefCell<Shelf>,
    kept: Cell<u64>,
    /// What is not kept, and may still be named by dispatches that are recorded.
    leaving: RefCell<Vec<wgpu::Buffer>>,
    /// The bytes of all buffers that there are, those in use among them.
    bytes: Cell<u64>,
}

/// Size class to buffers of that size.
type Shelf = BTreeMap<u64, Vec<wgpu::Buffer>>;

impl Pool {
    pub fn new(device: &wgpu::Device, largest: u64) -> Rc<Pool> {
        Rc::new(Pool {
            device: device.clone(),
            largest,
            idle: RefCell::default(),
            recent: RefCell::default(),
            kept: Cell::new(0),
            leaving: RefCell::default(),
            bytes: Cell::new(0),
        })
    }

    /// How many bytes of the GPU's memory the buffers have that are in use or kept.
    pub fn bytes(&self) -> u64 {
        self.bytes.get()
    }

    /// A buffer that dispatches fill.
    pub fn take(self: &Rc<Pool>, bytes: u64) -> Result<GpuBuffer> {
        self.take_from(bytes, &[&self.recent, &self.idle])
    }

    /// A buffer that no recorded dispatch names, for uploads.
    pub fn take_idle(self: &Rc<Pool>, bytes: u64) -> Result<GpuBuffer> {
        self.take_from(bytes, &[&self.idle])
    }

    /// Everything recorded so far was submitted.
    pub fn settle(&self) {
        let mut idle = self.idle.borrow_mut();
        for (size, buffers) in std::mem::take(&mut *self.recent.borrow_mut()) {
            idle.entry(size).or_default().extend(buffers);
        }
        // A browser would free them only when it collects garbage, and knows nothing of how much they hold.
        for buffer in self.leaving.take() {
            buffer.destroy();
        }
    }

    /// Gives back all that is kept; no dispatch that names it is recorded.
    pub fn clear(&self) {
        for shelf in [&self.idle, &self.recent] {
            let kept = shelf.take();
            self.leaving.borrow_mut().extend(kept.into_values().flatten());
        }
        self.bytes.set(self.bytes.get().saturating_sub(self.kept.take()));
        self.settle();
    }

    fn take_from(self: &Rc<Pool>, bytes: u64, shelves: &[&RefCell<Shelf>]) -> Result<GpuBuffer> {
        if bytes > self.largest {
            return Err(Error::OutOfMemory(format!(
                "not enough memory: a tensor of {bytes} bytes was asked for, and this GPU's largest buffer has {}",
                self.largest
            )));
        }
        let bytes = bytes.max(1).next_multiple_of(16);
        let size = size_class(bytes).min(self.largest & !15).max(bytes);
        let used = shelves.iter().find_map(|shelf| shelf.borrow_mut().get_mut(&size).and_then(Vec::pop));
        let buffer = match used {
            Some(buffer) => {
                self.kept.set(self.kept.get().saturating_sub(size));
                buffer
            }
            None => {
                self.bytes.set(self.bytes.get() + size);
                self.device.create_buffer(&wgpu::BufferDescriptor {
                    label: None,
                    size,
                    usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                })
            }
        };
        Ok(GpuBuffer { memory: Rc::new(Memory { buffer, pool: Rc::downgrade(self) }), bytes })
    }

    fn give(&self, buffer: wgpu::Buffer) {
        let kept = self.kept.get() + buffer.size();
        if kept <= KEPT {
            self.kept.set(kept);
            self.recent.borrow_mut().entry(buffer.size()).or_default().push(buffer);
        } else {
            self.bytes.set(self.bytes.get().saturating_sub(buffer.size()));
            self.leaving.borrow_mut().push(buffer);
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("kept", &self.kept.get()).finish_non_exhaustive()
    }
}

/// The least size of the form 256, 320, 384, 448, 512, 640, … that holds `bytes`: a quarter is wasted at most.
fn size_class(bytes: u64) -> u64 {
    let floor = bytes.max(256);
    let power = 1u64 << (63 - floor.leading_zeros());
    floor.next_multiple_of(power / 4)
}
