// gather: see crate/tensor/src/ops/gather.rs
