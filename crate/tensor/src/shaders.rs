//! The text of `shaders/`, as `build.rs` packs it.
//!
//! In a page it is not even loaded before a GPU is asked to compute: it is in a file of its own, which [`Shader::text`],
//! which alone reads it, asks for (`crate/bindgen/src/split.rs`).

/// A shader: the places of its parts in the text of all.
#[derive(Clone, Copy, Debug)]
pub struct Shader(&'static [(usize, usize)]);

include!(concat!(env!("OUT_DIR"), "/shaders.rs"));

static TEXT: &str = include_str!(concat!(env!("OUT_DIR"), "/shaders.txt")).split_at(64).1;

impl Shader {
    /// Its WGSL: the one place that reads what a page has in another file, and no part of its callers.
    #[inline(never)]
    pub fn text(&self) -> String {
        self.0.iter().map(|&(start, end)| TEXT.get(start..end).unwrap_or_default()).collect()
    }
}
