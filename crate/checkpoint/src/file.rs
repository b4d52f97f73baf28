//! One safetensors file.

use std::rc::Rc;

use tensor::{DType, Engine, Error, Tensor};

use crate::header::{self, Entry, Header};
use crate::{Result, Source};

/// A file whose header has been read and found true.
pub struct File {
    source: Rc<dyn Source>,
    header: Header,
}

impl File {
    /// Reads the header, and no tensor.
    ///
    /// # Errors
    /// A sentence about what the header says that cannot be.
    pub fn open(source: Rc<dyn Source>) -> Result<File> {
        let header = header::read(&*source)?;
        Ok(File { source, header })
    }

    /// The tensors in the order of their names.
    pub fn entries(&self) -> &[Entry] {
        &self.header.entries
    }

    /// What was noted beside them: `format` is usually among it.
    pub fn metadata(&self) -> &[(String, String)] {
        &self.header.metadata
    }

    pub fn entry(&self, name: &str) -> Option<&Entry> {
        let entries = &self.header.entries;
        entries.binary_search_by(|entry| entry.name.as_str().cmp(name)).ok().map(|position| &entries[position])
    }

    /// The tensor of an entry of this file, in the entry's shape and type, on the engine's device.
    ///
    /// # Errors
    /// `OutOfMemory`, before anything is read; bytes that the source does not give.
    pub fn load(&self, engine: &Engine, entry: &Entry) -> tensor::Result<Tensor> {
        let name = &entry.name;
        let failed = |sentence: String| Error::Runtime(format!("the tensor {name:?} cannot be read: {sentence}"));
        if entry.stored.size == 2 && entry.stored.dtype == DType::Int32 {
            // Twice as wide on the device as in the file.
            return engine.load(&entry.shape, DType::Int32, &mut |offset, into| {
                let mut narrow = vec![0; into.len() / 2];
                self.source.read(entry.offset + offset / 2, &mut narrow).map_err(failed)?;
                for (wide, narrow) in into.chunks_exact_mut(4).zip(narrow.chunks_exact(2)) {
                    wide.copy_from_slice(&i32::from(i16::from_le_bytes([narrow[0], narrow[1]])).to_le_bytes());
                }
                Ok(())
            });
        }
        engine.load(&entry.shape, entry.stored.dtype, &mut |offset, into| {
            self.source.read(entry.offset + offset, into).map_err(failed)
        })
    }
}
