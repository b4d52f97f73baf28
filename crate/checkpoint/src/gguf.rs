//! GGUF files, as the folders that they were made from.
//!
//! llama.cpp's converter puts a published folder into one file, under names of its own and with some weights changed.
//! [`Gguf`] undoes that: it holds a `config.json`, a `model.safetensors` and a `tokenizer.json`, as transformers has
//! them, so that a program which opens the folder opens the file too. None of the three is in memory as a whole but
//! the configuration; a tensor's bytes are computed from the file's when they are read.
//!
//! | module | what it holds |
//! |---|---|
//! | `header` | what a file says, checked before it is believed; `bytes`, how it is read |
//! | `blocks` | the ways in which numbers are stored |
//! | `architecture` | transformers' names of tensors and fields, and what the converter changed |
//! | `weights` | the tensors as a safetensors file |
//! | `tokenizer` | the vocabulary as a `tokenizer.json` |
//!
//! What the converter does: <https://github.com/ggml-org/llama.cpp/tree/master/conversion>.

mod architecture;
mod blocks;
mod bytes;
mod header;
mod tokenizer;
mod weights;

use std::fmt::Write;
use std::rc::Rc;

use crate::{Result, Source};
pub use header::MAGIC;

use header::Header;
use weights::Weights;

pub const CONFIG: &str = "config.json";
pub const WEIGHTS: &str = "model.safetensors";
pub const TOKENIZER: &str = "tokenizer.json";

/// A GGUF file whose header has been read and found true.
pub struct Gguf {
    header: Header,
    config: Rc<Vec<u8>>,
    weights: Rc<Weights>,
}

impl Gguf {
    /// Reads the header, and no tensor but the few numbers of `rope_freqs.weight`.
    ///
    /// # Errors
    /// A sentence about what the header says that cannot be, or an architecture that is not known here.
    pub fn open(source: Rc<dyn Source>) -> Result<Gguf> {
        let header = header::read(&*source)?;
        let config = architecture::config(&header, &*source)?;
        let weights = Weights::new(source, architecture::tensors(&header)?)?;
        Ok(Gguf { header, config: Rc::new(config.into_bytes()), weights: Rc::new(weights) })
    }

    /// A file of the folder, `None` if the folder has none of this name.
    ///
    /// # Errors
    /// A sentence about a vocabulary that is not read here.
    pub fn source(&self, name: &str) -> Result<Option<Rc<dyn Source>>> {
        Ok(match name {
            CONFIG => Some(self.config.clone()),
            WEIGHTS => Some(self.weights.clone()),
            TOKENIZER => tokenizer::json(&self.header.notes)?.map(|text| Rc::new(text.into_bytes()) as Rc<dyn Source>),
            _ => None,
        })
    }
}

/// Writes `text` as JSON has it.
fn quote(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
