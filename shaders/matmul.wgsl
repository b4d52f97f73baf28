// matmul: see crate/tensor/src/ops/matmul.rs
