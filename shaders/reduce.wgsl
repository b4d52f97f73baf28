// reduce: see crate/tensor/src/ops/reduce.rs
