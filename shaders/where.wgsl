// where: see crate/tensor/src/ops/where.rs
