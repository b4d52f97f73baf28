// arg_reduce: see crate/tensor/src/ops/arg_reduce.rs
