// unary: see crate/tensor/src/ops/unary.rs
