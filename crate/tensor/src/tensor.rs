//! The tensor: a handle of a layout over a shared storage.

use std::rc::Rc;

use crate::storage::{Buffer, Storage};
use crate::{DType, Device, Layout, Values};

/// A tensor: cheap to clone, its views share its storage.
#[derive(Clone, Debug)]
pub struct Tensor {
    layout: Rc<Layout>,
    storage: Rc<Storage>,
}

impl Tensor {
    pub fn new(layout: impl Into<Rc<Layout>>, storage: Rc<Storage>) -> Tensor {
        Tensor { layout: layout.into(), storage }
    }

    pub fn shape(&self) -> &[usize] {
        &self.layout.shape
    }

    /// Elements to step over in the storage for one step along each dimension.
    pub fn strides(&self) -> &[isize] {
        &self.layout.strides
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The layout as others may hold it too.
    pub fn shared_layout(&self) -> &Rc<Layout> {
        &self.layout
    }

    pub fn storage(&self) -> &Rc<Storage> {
        &self.storage
    }

    pub fn buffer(&self) -> Rc<Buffer> {
        self.storage.buffer()
    }

    pub fn dtype(&self) -> DType {
        self.storage.dtype()
    }

    /// The device that made these values.
    pub fn device(&self) -> Device {
        self.storage.device()
    }

    pub fn dimensions(&self) -> usize {
        self.layout.shape.len()
    }

    pub fn numel(&self) -> usize {
        self.layout.numel()
    }

    pub fn is_contiguous(&self) -> bool {
        self.layout.is_contiguous()
    }

    /// A view of the same storage under another layout, which must stay inside the storage.
    pub fn view(&self, layout: Layout) -> Tensor {
        Tensor { layout: Rc::new(layout), storage: self.storage.clone() }
    }

    /// This tensor as it is now: later writes into the storage do not reach the snapshot.
    pub fn snapshot(&self) -> Tensor {
        Tensor { layout: self.layout.clone(), storage: Storage::new(self.storage.buffer()) }
    }

    /// The whole storage as one row of cells.
    pub fn flat_storage(&self) -> Tensor {
        self.view(Layout::contiguous(&[self.buffer().length]))
    }

    /// The values in row-major order if they are on the host, else `None`: then `Engine::read` brings them.
    pub fn host_values(&self) -> Option<Values> {
        let buffer = self.buffer();
        let host = buffer.host()?;
        Some(host.shown(&self.layout))
    }
}
