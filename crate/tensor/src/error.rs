//! What can go wrong, by the Python exception that it becomes.

use crate::Tensor;

pub type Result<T> = std::result::Result<T, Error>;

/// A failure of the engine. Messages are PyTorch's where PyTorch has one.
#[derive(Clone, Debug)]
pub enum Error {
    /// Host values of these tensors are needed and still on the GPU:
    /// `Engine::read` them and try again. Nothing has been changed yet.
    Pending(Vec<Tensor>),
    Runtime(String),
    Index(String),
    Value(String),
    Type(String),
    NotImplemented(String),
    /// More memory than the engine's limit, or than the device can hold.
    OutOfMemory(String),
    /// The GPU is gone: the engine must go on with another device.
    DeviceLost(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Pending(tensors) => write!(f, "the values of {} tensors are still on the GPU", tensors.len()),
            Error::Runtime(m)
            | Error::Index(m)
            | Error::Value(m)
            | Error::Type(m)
            | Error::NotImplemented(m)
            | Error::OutOfMemory(m)
            | Error::DeviceLost(m) => f.write_str(m),
        }
    }
}

impl std::error::Error for Error {}
