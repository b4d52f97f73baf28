// rms_norm: see crate/tensor/src/ops/rms_norm.rs
