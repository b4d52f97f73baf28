// scan: see crate/tensor/src/ops/scan.rs
