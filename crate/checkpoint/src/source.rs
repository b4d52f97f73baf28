//! Where the bytes of a file come from.

use crate::Result;

/// The bytes of one file, of which any part can be asked for. Nothing is kept: a part asked for twice is read twice.
pub trait Source {
    /// How many bytes there are.
    fn length(&self) -> u64;

    /// Fills `into` with the bytes from `offset` on. The part lies inside the file's length.
    ///
    /// # Errors
    /// A sentence without the file's name, where the bytes cannot be had.
    fn read(&self, offset: u64, into: &mut [u8]) -> Result<()>;
}

impl Source for Vec<u8> {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let part = usize::try_from(offset).ok().and_then(|offset| self.get(offset..)?.get(..into.len()));
        into.copy_from_slice(part.ok_or("the file ends before these bytes")?);
        Ok(())
    }
}
