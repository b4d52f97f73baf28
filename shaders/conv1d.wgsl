// conv1d: see crate/tensor/src/ops/conv1d.rs
