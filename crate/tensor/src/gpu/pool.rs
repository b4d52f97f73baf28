//! Buffers by size class. One that nobody holds any more goes back to the pool and is used again.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};

use crate::{Error, Result};

/// The most bytes kept for later use.
const KEPT: u64 = 256 << 20;

/// Elements in the GPU's memory; clones share them.
#[derive(Clone, Debug)]
pub struct GpuBuffer(Rc<Memory>);

impl GpuBuffer {
    pub fn buffer(&self) -> &wgpu::Buffer {
        &self.0.buffer
    }

    /// The buffer's number, which no other ever has and is not 0.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// All of it, though the elements may end before: what binds it can then be used again when they have become more.
    pub fn binding(&self) -> wgpu::BindingResource<'_> {
        self.0.buffer.as_entire_binding()
    }
}

#[derive(Debug)]
struct Memory {
    id: u64,
    buffer: wgpu::Buffer,
    pool: Weak<Pool>,
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.upgrade() {
            pool.give(self.id, self.buffer.clone());
        }
    }
}

/// The buffers that wait to be used again.
///
/// A buffer given back may still be named by dispatches that are recorded but not submitted.
/// A later dispatch may write it, since those run in order. An upload may not: it overtakes them.
/// So there are two shelves, and [`Pool::settle`] empties one onto the other.
///
/// The oldest buffer is taken first, whatever the order in which they came back: a step that repeats what the step
/// before did then gets the same buffers for the same operations, and their bind groups are there already.
pub struct Pool {
    device: wgpu::Device,
    /// The most bytes that one buffer may have.
    largest: u64,
    idle: RefCell<Shelf>,
    recent: RefCell<Shelf>,
    kept: Cell<u64>,
    made: Cell<u64>,
    /// How many were given back to be kept.
    given: Cell<u64>,
    /// What is not kept, and may still be named by dispatches that are recorded.
    leaving: RefCell<Vec<(u64, wgpu::Buffer)>>,
    /// The bytes of all buffers that there are, those in use among them.
    bytes: Cell<u64>,
}

/// Size classes, and the buffers of each, the lowest number last.
#[derive(Default)]
struct Shelf(Vec<(u64, Vec<Kept>)>);

struct Kept {
    id: u64,
    buffer: wgpu::Buffer,
    /// How many had been given back before.
    given: u64,
}

impl Shelf {
    fn take(&mut self, size: u64) -> Option<Kept> {
        self.0.iter_mut().find(|(class, _)| *class == size)?.1.pop()
    }

    /// The one that has waited longest.
    fn take_stalest(&mut self) -> Option<Kept> {
        let buffers = |(class, (_, buffers)): (usize, &(u64, Vec<Kept>))| {
            let stalest = buffers.iter().enumerate().min_by_key(|(_, kept)| kept.given);
            stalest.map(|(at, kept)| (kept.given, class, at))
        };
        let (_, class, at) = self.0.iter().enumerate().filter_map(buffers).min()?;
        Some(self.0[class].1.remove(at))
    }

    fn put(&mut self, size: u64, kept: Kept) {
        let class = self.0.iter().position(|(class, _)| *class == size).unwrap_or_else(|| {
            self.0.push((size, Vec::new()));
            self.0.len() - 1
        });
        let buffers = &mut self.0[class].1;
        buffers.insert(buffers.partition_point(|other| other.id > kept.id), kept);
    }
}

impl Pool {
    pub fn new(device: &wgpu::Device, largest: u64) -> Rc<Pool> {
        Rc::new(Pool {
            device: device.clone(),
            largest,
            idle: RefCell::default(),
            recent: RefCell::default(),
            kept: Cell::new(0),
            made: Cell::new(0),
            given: Cell::new(0),
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

    /// Everything recorded so far was submitted. The numbers of buffers that went out of use for good.
    pub fn settle(&self) -> Vec<u64> {
        let mut idle = self.idle.borrow_mut();
        for (size, buffers) in &mut self.recent.borrow_mut().0 {
            for kept in buffers.drain(..) {
                idle.put(*size, kept);
            }
        }
        // A browser would free them only when it collects garbage, and knows nothing of how much they hold.
        let leave = |(id, buffer): (u64, wgpu::Buffer)| {
            buffer.destroy();
            id
        };
        self.leaving.take().into_iter().map(leave).collect()
    }

    /// Gives back all that is kept; no dispatch that names it is recorded. The numbers of what went out of use for good.
    pub fn clear(&self) -> Vec<u64> {
        for shelf in [&self.idle, &self.recent] {
            let kept = shelf.take().0.into_iter().flat_map(|(_, buffers)| buffers);
            self.leaving.borrow_mut().extend(kept.map(|kept| (kept.id, kept.buffer)));
        }
        self.bytes.set(self.bytes.get().saturating_sub(self.kept.take()));
        self.settle()
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
        let used = shelves.iter().find_map(|shelf| shelf.borrow_mut().take(size));
        let (id, buffer) = match used {
            Some(kept) => {
                self.kept.set(self.kept.get().saturating_sub(size));
                (kept.id, kept.buffer)
            }
            None => {
                self.bytes.set(self.bytes.get() + size);
                (self.next_id(), self.device.create_buffer(&wgpu::BufferDescriptor {
                    label: None,
                    size,
                    usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST,
                    mapped_at_creation: false,
                }))
            }
        };
        Ok(GpuBuffer(Rc::new(Memory { id, buffer, pool: Rc::downgrade(self) })))
    }

    /// Keeps a buffer, in place of those that have waited longest: what a program made once must not keep out what it
    /// makes at every step.
    fn give(&self, id: u64, buffer: wgpu::Buffer) {
        let size = buffer.size();
        while size <= KEPT && self.kept.get() + size > KEPT {
            let Some(stalest) = self.idle.borrow_mut().take_stalest() else { break };
            self.kept.set(self.kept.get().saturating_sub(stalest.buffer.size()));
            self.let_go(stalest.id, stalest.buffer);
        }
        if self.kept.get() + size > KEPT {
            self.let_go(id, buffer);
            return;
        }
        self.kept.set(self.kept.get() + size);
        self.given.set(self.given.get() + 1);
        self.recent.borrow_mut().put(size, Kept { id, buffer, given: self.given.get() });
    }

    fn let_go(&self, id: u64, buffer: wgpu::Buffer) {
        self.bytes.set(self.bytes.get().saturating_sub(buffer.size()));
        self.leaving.borrow_mut().push((id, buffer));
    }

    fn next_id(&self) -> u64 {
        self.made.set(self.made.get() + 1);
        self.made.get()
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
