// cat: see crate/tensor/src/ops/cat.rs
