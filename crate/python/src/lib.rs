//! python

pub mod rng;
