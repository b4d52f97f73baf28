//! Storages, shared by views, and buffers, which never change while somebody else holds them.
//!
//! A [`Storage`] is what PyTorch calls by that name: the cells that several views show.
//! It points to a [`Buffer`]; a snapshot of a tensor holds the buffer itself.
//! Writing into a storage whose buffer is held elsewhere moves the storage to a copy first,
//! so that a recorded value stays what it was.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use crate::{DType, Device, Error, Result, Values};

/// The cells that several views share.
#[derive(Debug)]
pub struct Storage {
    buffer: RefCell<Rc<Buffer>>,
}

impl Storage {
    pub fn new(buffer: Rc<Buffer>) -> Rc<Storage> {
        Rc::new(Storage { buffer: RefCell::new(buffer) })
    }

    /// The buffer of this moment.
    pub fn buffer(&self) -> Rc<Buffer> {
        self.buffer.borrow().clone()
    }

    pub fn dtype(&self) -> DType {
        self.buffer.borrow().dtype
    }

    /// The device that made the elements.
    pub fn device(&self) -> Device {
        self.buffer.borrow().device
    }

    /// Changes the buffer where it is, if nobody but this storage holds it and its elements are on the host alone;
    /// then it has a new id, since it is a new value. `None` without a change otherwise.
    pub fn change<R>(&self, write: impl FnOnce(&mut Values) -> R) -> Option<R> {
        let mut buffer = self.buffer.borrow_mut();
        let buffer = Rc::get_mut(&mut buffer)?;
        #[cfg(feature = "webgpu")]
        if buffer.gpu.get().is_some() {
            return None;
        }
        let result = write(buffer.host.get_mut()?);
        buffer.id = buffer.memory.next_id();
        Some(result)
    }

    /// The same of elements on the GPU, which change when `write` has told it so; what the host has of them goes.
    #[cfg(feature = "webgpu")]
    pub fn change_on_gpu<R>(&self, write: impl FnOnce(&crate::gpu::GpuBuffer) -> R) -> Option<R> {
        let mut buffer = self.buffer.borrow_mut();
        let buffer = Rc::get_mut(&mut buffer)?;
        let result = write(buffer.gpu.get()?);
        buffer.host.take();
        buffer.waiting.take();
        buffer.id = buffer.memory.next_id();
        Some(result)
    }

    /// Moves the storage, and so all its views, to another buffer.
    pub fn replace(&self, buffer: Rc<Buffer>) {
        *self.buffer.borrow_mut() = buffer;
    }
}

/// Elements on the host, on the GPU, or on both; on neither for the meta device.
///
/// Each side is filled at most once: on the host when made there or read back,
/// on the GPU when a kernel made it there or first needs it.
/// float32 elements that were narrower are not there either until somebody asks for them: [`Buffer::widen`].
#[derive(Debug)]
pub struct Buffer {
    /// Unique over the life of the memory account, never used again.
    pub id: u64,
    /// The device that made the elements.
    pub device: Device,
    pub dtype: DType,
    /// The number of elements.
    pub length: usize,
    pub(crate) host: OnceCell<Values>,
    #[cfg(feature = "webgpu")]
    pub(crate) gpu: OnceCell<crate::gpu::GpuBuffer>,
    /// The work that gives them on the GPU, done once somebody asks for them there.
    #[cfg(feature = "webgpu")]
    waiting: OnceCell<Rc<crate::gpu::Waiting>>,
    /// What these are still to be made of.
    narrow: RefCell<Option<Rc<Narrow>>>,
    /// The bytes that the account holds for this buffer.
    taken: Cell<u64>,
    memory: Rc<Memory>,
}

impl Buffer {
    /// A buffer whose elements are still to be filled in. Fails if the account has no room.
    pub fn reserve(memory: &Rc<Memory>, device: Device, dtype: DType, length: usize) -> Result<Buffer> {
        let bytes = if device == Device::Meta { 0 } else { length as u64 * dtype.size() as u64 };
        memory.take(bytes)?;
        Ok(Buffer {
            id: memory.next_id(),
            device,
            dtype,
            length,
            host: OnceCell::new(),
            #[cfg(feature = "webgpu")]
            gpu: OnceCell::new(),
            #[cfg(feature = "webgpu")]
            waiting: OnceCell::new(),
            narrow: RefCell::new(None),
            taken: Cell::new(bytes),
            memory: memory.clone(),
        })
    }

    /// A buffer of float32 on the GPU that this work will give.
    #[cfg(feature = "webgpu")]
    pub fn of_waiting(memory: &Rc<Memory>, waiting: Rc<crate::gpu::Waiting>, length: usize) -> Result<Buffer> {
        let buffer = Buffer::reserve(memory, Device::WebGpu, DType::Float32, length)?;
        let _ = buffer.waiting.set(waiting);
        Ok(buffer)
    }

    /// Whether the elements are on the GPU, or will be once somebody asks for them there.
    #[cfg(feature = "webgpu")]
    pub fn is_on_gpu(&self) -> bool {
        self.gpu.get().is_some() || self.waiting().is_some()
    }

    /// The work that gives the elements on the GPU, done or not, if they came to be this way.
    #[cfg(feature = "webgpu")]
    pub fn waiting(&self) -> Option<&Rc<crate::gpu::Waiting>> {
        self.waiting.get()
    }

    /// A buffer of `length` float32 that are those of `narrow`. Until they are asked for they take no room.
    pub fn of_narrow(narrow: Narrow, length: usize) -> Result<Buffer> {
        let mut buffer = Buffer::reserve(&narrow.cells.memory, Device::Cpu, DType::Float32, 0)?;
        buffer.length = length;
        buffer.narrow = RefCell::new(Some(Rc::new(narrow)));
        Ok(buffer)
    }

    /// The narrow elements that these are still to be made of.
    pub fn narrow(&self) -> Option<Rc<Narrow>> {
        self.narrow.borrow().clone()
    }

    /// Makes the elements that are still to be made of narrower ones. Fails if the account has no room.
    pub fn widen(&self) -> Result<()> {
        let Some(narrow) = self.narrow() else { return Ok(()) };
        self.memory.take(self.bytes())?;
        self.taken.set(self.bytes());
        let mut wide = narrow.cells.host().map(|values| values.wide(narrow.first..narrow.first + self.length)).unwrap_or_default();
        if let Some(scales) = narrow.scales() {
            crate::cpu::narrow::scale(&scales, narrow.first, &mut wide);
        }
        let _ = self.host.set(Values::Float32(wide));
        *self.narrow.borrow_mut() = None;
        Ok(())
    }

    /// The elements on the host, if they are there.
    pub fn host(&self) -> Option<&Values> {
        self.host.get()
    }

    pub fn bytes(&self) -> u64 {
        if self.device == Device::Meta { 0 } else { self.length as u64 * self.dtype.size() as u64 }
    }
}

/// Elements of a narrow type that float32 elements are to be made of, each multiplied by its group's scale if there are any.
#[derive(Debug)]
pub struct Narrow {
    pub cells: Rc<Buffer>,
    /// The number of the first.
    pub first: usize,
    /// float32 on the host, the number of the first, and how many elements have one.
    pub scales: Option<(Rc<Buffer>, usize, usize)>,
}

/// Numbers that groups of elements, one after another from element `first` on, are multiplied by.
#[derive(Clone, Copy, Debug)]
pub struct Scales<'a> {
    pub numbers: &'a [f32],
    pub group: usize,
    pub first: usize,
}

impl Narrow {
    pub fn scales(&self) -> Option<Scales<'_>> {
        let (buffer, start, group) = self.scales.as_ref()?;
        let Some(Values::Float32(numbers)) = buffer.host() else { return None };
        Some(Scales { numbers: numbers.get(*start..)?, group: *group, first: self.first })
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.memory.give(self.taken.get());
    }
}

/// The account of an engine's buffers: how many bytes are held, and how many may be.
#[derive(Debug)]
pub struct Memory {
    used: Cell<u64>,
    peak: Cell<u64>,
    limit: Cell<u64>,
    ids: Cell<u64>,
}

impl Memory {
    pub fn new(limit: u64) -> Rc<Memory> {
        Rc::new(Memory { used: Cell::new(0), peak: Cell::new(0), limit: Cell::new(limit), ids: Cell::new(0) })
    }

    /// Bytes held now.
    pub fn used(&self) -> u64 {
        self.used.get()
    }

    /// The most bytes held since the last [`Memory::reset_peak`].
    pub fn peak(&self) -> u64 {
        self.peak.get()
    }

    pub fn reset_peak(&self) {
        self.peak.set(self.used.get());
    }

    /// Bytes that may still be taken.
    pub fn left(&self) -> u64 {
        self.limit.get().saturating_sub(self.used.get())
    }

    pub fn set_limit(&self, bytes: u64) {
        self.limit.set(bytes);
    }

    /// Fails if so many more bytes would go over the limit.
    pub fn check_room(&self, bytes: u64) -> Result<()> {
        if self.used.get().saturating_add(bytes) <= self.limit.get() {
            return Ok(());
        }
        Err(Error::OutOfMemory(format!(
            "not enough memory: tried to allocate {bytes} bytes with {} of {} bytes in use",
            self.used.get(),
            self.limit.get()
        )))
    }

    fn take(&self, bytes: u64) -> Result<()> {
        self.check_room(bytes)?;
        let used = self.used.get() + bytes;
        self.used.set(used);
        self.peak.set(self.peak.get().max(used));
        Ok(())
    }

    fn give(&self, bytes: u64) {
        self.used.set(self.used.get().saturating_sub(bytes));
    }

    fn next_id(&self) -> u64 {
        self.ids.set(self.ids.get() + 1);
        self.ids.get()
    }
}
