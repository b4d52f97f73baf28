//! The CPU device: the loops behind the `cpu` functions of the operations.
//!
//! Loops are written so that the compiler puts them into SIMD lanes (simd128 in wasm): slices, fixed widths,
//! no calls inside. Scratch memory is bounded by constants, whatever the sizes of the inputs.

pub mod arithmetic;
pub mod attention;
mod cascade;
pub mod convolution;
pub mod element;
pub mod elementwise;
pub mod float;
pub mod indexing;
pub mod matmul;
pub mod movement;
pub mod narrow;
pub mod reduction;
pub mod rows;
pub mod simd;
pub mod sort;
pub mod special;
pub mod streams;
pub mod strided;
pub mod sum;
pub mod team;
pub mod top;
