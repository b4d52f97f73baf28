// copy: see crate/tensor/src/ops/copy.rs
