// triangle: see crate/tensor/src/ops/triangle.rs
