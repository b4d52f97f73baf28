// layer_norm: see crate/tensor/src/ops/layer_norm.rs
