// index_put: see crate/tensor/src/ops/index_put.rs
