//! The CPU device: the kernels are the `cpu` functions of the operations; the loops that they share are here.

pub mod elementwise;
