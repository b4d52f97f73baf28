// sort: see crate/tensor/src/ops/sort.rs
