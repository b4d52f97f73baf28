//! Writing into a tensor's cells, where they are if nobody needs the old ones.

use std::rc::Rc;

use super::{Engine, without_values};
use crate::ops::View;
use crate::ops::write::Write;
use crate::{Device, Error, Result, Tensor};
#[cfg(feature = "webgpu")]
use crate::ops::{Operation, Spec};

impl Engine {
    /// Copies `source`, broadcast and converted, into the cells that `target` shows. All views of its storage see it.
    ///
    /// In place where nobody needs the old values, else into a new buffer that the storage moves to.
    pub fn write(&self, target: &Tensor, source: &Tensor) -> Result<()> {
        let expanded = source.layout().expand(target.shape()).ok_or_else(|| {
            Error::Runtime(format!(
                "The expanded size of the tensor ({:?}) must match the existing size ({:?})",
                target.shape(),
                source.shape()
            ))
        })?;
        if source.device() == Device::Meta && target.device() != Device::Meta {
            return Err(without_values());
        }
        let source = source.view(expanded);
        if self.write_in_place(target, &source)? {
            return Ok(());
        }
        let old = target.flat_storage().snapshot();
        let new = self.run(Write { region: target.layout().clone() }, &[&old, &source])?;
        target.storage().replace(new.buffer());
        Ok(())
    }

    /// Whether the write could be done without a new buffer: with no tape that may ask how the values came to be, no snapshot of
    /// the old ones, and a source that lies elsewhere.
    fn write_in_place(&self, target: &Tensor, source: &Tensor) -> Result<bool> {
        if Rc::ptr_eq(target.storage(), source.storage()) || self.is_recording() {
            return Ok(false);
        }
        let done = match self.device_for(&[target, source], None) {
            Device::Cpu => {
                let held = source.buffer();
                let Some(values) = held.host() else { return Ok(false) };
                let view = View::new(values, source.layout());
                target.storage().change(|cells| crate::cpu::movement::write(cells, target.layout(), &view))
            }
            Device::WebGpu => self.put(target, source)?,
            // There is nothing that would change.
            Device::Meta => Some(Ok(())),
        };
        done.transpose().map(|done| done.is_some())
    }

    /// Overwrites cells of a buffer on the GPU, if nobody else holds it.
    #[cfg(feature = "webgpu")]
    fn put(&self, target: &Tensor, source: &Tensor) -> Result<Option<Result<()>>> {
        let gpu = self.gpu()?;
        let write: Rc<dyn Operation> = Rc::new(Write { region: target.layout().clone() });
        let new = Spec::new(source.shape(), source.dtype());
        let all = Spec::new(&[target.buffer().length], target.dtype());
        let cells = gpu.resident(&source.buffer())?;
        gpu.wait_no_longer()?;
        self.settle(target)?;
        Ok(target.storage().change_on_gpu(|storage| gpu.run(&write, &[(&new, source.layout())], &all, &[cells], storage)))
    }

    #[cfg(not(feature = "webgpu"))]
    fn put(&self, _: &Tensor, _: &Tensor) -> Result<Option<Result<()>>> {
        Ok(None)
    }
}
