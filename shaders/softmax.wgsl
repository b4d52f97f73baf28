// softmax: see crate/tensor/src/ops/softmax.rs
