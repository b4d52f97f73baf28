//! The engine of the playground: tensors, and every operation described once.
//!
//! | module | what it holds |
//! |---|---|
//! | [`dtype`], [`layout`], [`values`] | element types, how cells lie in storage, cells on the host |
//! | [`storage`], [`Tensor`] | shared storages whose buffers never change while somebody else holds them |
//! | [`ops`] | the operations: rule, CPU kernel, WGSL twin, provenance, cost, tolerance |
//! | [`Engine`] | runs operations on a device and records them on the [`tape`] |
//! | [`provenance`], [`timing`] | the cells that a cell was computed from, the time that an operation takes |
//! | `cpu`, `gpu`, `meta` | the three devices |
//!
//! Invariant: nothing here names Python or the web, and only `gpu` names wgpu.
//! Nothing here panics: every failure is an [`Error`].

pub mod cpu;
pub mod dtype;
pub mod engine;
pub mod error;
#[cfg(feature = "webgpu")]
pub mod gpu;
pub mod layout;
pub mod ops;
pub mod provenance;
mod shaders;
pub mod storage;
pub mod tape;
mod tensor;
pub mod timing;
pub mod values;

pub use dtype::DType;
pub use engine::{Device, Engine};
pub use error::{Error, Result};
pub use layout::Layout;
pub use tensor::Tensor;
pub use values::Values;
