//! Checkpoints: files of weights as they are published, read tensor by tensor.
//!
//! | module | what it holds |
//! |---|---|
//! | `header` | the header of a safetensors file, checked before anything in it is believed |
//! | `file` | one file: its tensors by name |
//! | [`gguf`] | a GGUF file as the folder that it was made from |
//! | `source` | where bytes come from |
//!
//! A tensor's bytes go from the [`Source`] to the device in slices, so a checkpoint of any size needs little memory
//! on the host. Every failure is a sentence that names the tensor or the file.
//!
//! Format: <https://github.com/huggingface/safetensors>, README, "Format".

mod file;
pub mod gguf;
mod header;
mod source;

pub use file::File;
pub use header::{Entry, Stored};
pub use source::Source;

/// What went wrong, in a sentence.
pub type Result<T> = std::result::Result<T, String>;
