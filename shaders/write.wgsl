// write: see crate/tensor/src/ops/write.rs
