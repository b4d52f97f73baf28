//! Tensors that no operation computes: from values, from one value, from elements that come in slices.

use std::rc::Rc;

use super::Engine;
use crate::layout::numel;
use crate::ops::Cost;
use crate::storage::{Buffer, Storage};
use crate::{DType, Device, Error, Layout, Result, Tensor, Values};

/// How many bytes are asked for at once on their way to the GPU: of a large tensor no more than this is ever on the host.
#[cfg(feature = "webgpu")]
const SLICE_BYTES: usize = 8 << 20;

/// How many numbers are kept: more than a model's program has.
const MAX_NUMBERS: usize = 32;

impl Engine {
    /// A tensor of these values in row-major order. Fails if `values` does not fill `shape`, or for want of memory.
    pub fn tensor(&self, values: Values, shape: &[usize]) -> Result<Tensor> {
        let cells = numel(shape)?;
        if cells != values.len() {
            return Err(Error::Runtime(format!("shape {shape:?} needs {cells} values, got {}", values.len())));
        }
        self.on_device(values, Layout::contiguous(shape), self.device_for(&[], None))
    }

    /// A tensor of one value.
    pub fn scalar(&self, value: f64, dtype: DType) -> Result<Tensor> {
        self.tensor(Values::from_f64(dtype, &[value]), &[])
    }

    /// A tensor of one value for operations to read: the same buffer for the same value, on the device already.
    /// Who writes into it gets a buffer of its own.
    pub fn number(&self, value: Values) -> Result<Tensor> {
        let is_same = |kept: &Values| kept.dtype() == value.dtype() && kept.bytes() == value.bytes();
        let mut numbers = self.numbers.borrow_mut();
        if let Some(kept) = numbers.iter().find(|kept| kept.buffer().host().is_some_and(is_same)) {
            return Ok(kept.snapshot());
        }
        let number = self.tensor(value, &[])?;
        if numbers.len() < MAX_NUMBERS {
            numbers.push(number.snapshot());
        }
        Ok(number)
    }

    /// A tensor of `shape` with every cell `value`; fails before it allocates if there is no room.
    pub fn full(&self, shape: &[usize], dtype: DType, value: f64) -> Result<Tensor> {
        self.reserve(shape, dtype)?;
        self.tensor(Values::full(dtype, value, numel(shape)?), shape)
    }

    /// A tensor on the meta device: a shape and a type without values.
    pub fn meta(&self, shape: &[usize], dtype: DType) -> Result<Tensor> {
        let buffer = Buffer::reserve(&self.memory, Device::Meta, dtype, numel(shape)?)?;
        Ok(Tensor::new(Layout::contiguous(shape), Storage::new(Rc::new(buffer))))
    }

    /// Fails if a tensor of this shape could not be allocated, without taking the memory.
    pub fn reserve(&self, shape: &[usize], dtype: DType) -> Result<()> {
        Buffer::reserve(&self.memory, Device::Cpu, dtype, numel(shape)?).map(drop)
    }

    /// A tensor whose elements `read(offset, bytes)` writes into the slices that it is given, in order.
    /// They are little-endian, as [`Values::bytes`]; a bool is any byte, true if it is not 0.
    ///
    /// # Errors
    /// `OutOfMemory` before anything is read; what `read` says.
    pub fn load(&self, shape: &[usize], dtype: DType, read: &mut dyn FnMut(u64, &mut [u8]) -> Result<()>) -> Result<Tensor> {
        let device = self.device_for(&[], Some(dtype));
        let buffer = Buffer::reserve(&self.memory, device, dtype, numel(shape)?)?;
        self.work.set(self.work.get() + Cost { flops: 0, bytes: buffer.bytes() });
        #[cfg(feature = "webgpu")]
        if device == Device::WebGpu && buffer.length > 0 {
            self.load_to_gpu(&buffer, read)?;
            return Ok(Tensor::new(Layout::contiguous(shape), Storage::new(Rc::new(buffer))));
        }
        let mut values = Values::zeros(dtype, buffer.length);
        match &mut values {
            Values::Bool(cells) => {
                let mut bytes = vec![0; cells.len()];
                read(0, &mut bytes)?;
                cells.iter_mut().zip(bytes).for_each(|(cell, byte)| *cell = byte != 0);
            }
            Values::Float64(v) => read(0, bytemuck::cast_slice_mut(v))?,
            Values::Float32(v) => read(0, bytemuck::cast_slice_mut(v))?,
            Values::Float16(v) => read(0, bytemuck::cast_slice_mut(v))?,
            Values::BFloat16(v) => read(0, bytemuck::cast_slice_mut(v))?,
            Values::Int64(v) => read(0, bytemuck::cast_slice_mut(v))?,
            Values::Int32(v) => read(0, bytemuck::cast_slice_mut(v))?,
            Values::Int8(v) => read(0, bytemuck::cast_slice_mut(v))?,
            Values::UInt8(v) => read(0, v)?,
        }
        let _ = buffer.host.set(values);
        Ok(Tensor::new(Layout::contiguous(shape), Storage::new(Rc::new(buffer))))
    }

    #[cfg(feature = "webgpu")]
    fn load_to_gpu(&self, buffer: &Buffer, read: &mut dyn FnMut(u64, &mut [u8]) -> Result<()>) -> Result<()> {
        let gpu = self.gpu()?;
        let target = gpu.allocate_idle(buffer.bytes())?;
        let mut slice = vec![0; SLICE_BYTES.min(buffer.bytes() as usize)];
        let mut offset = 0;
        while offset < buffer.bytes() {
            let length = slice.len().min((buffer.bytes() - offset) as usize);
            let slice = &mut slice[..length];
            read(offset, slice)?;
            if buffer.dtype == DType::Bool {
                slice.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
            }
            gpu.upload(&target, offset, slice);
            offset += length as u64;
        }
        let _ = buffer.gpu.set(target);
        Ok(())
    }

    fn on_device(&self, values: Values, layout: Layout, device: Device) -> Result<Tensor> {
        let device = if values.dtype() == DType::Float64 { Device::Cpu } else { device };
        let buffer = Buffer::reserve(&self.memory, device, values.dtype(), values.len())?;
        let _ = buffer.host.set(values);
        Ok(Tensor::new(layout, Storage::new(Rc::new(buffer))))
    }
}
