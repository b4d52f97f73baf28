// binary: see crate/tensor/src/ops/binary.rs
