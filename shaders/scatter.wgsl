// scatter: see crate/tensor/src/ops/scatter.rs
