//! The engine on the CPU: operations against independent values, provenance, layouts, memory, the tape.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod engine;
mod layouts;
mod narrow;
mod operations;
mod provenance;
mod pytorch;
mod reference;
mod special;
mod sums;
