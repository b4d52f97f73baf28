// index: see crate/tensor/src/ops/index.rs
