// scaled_dot_product_attention: see crate/tensor/src/ops/scaled_dot_product_attention.rs
