//! A checkpoint's `tokenizer.json`, read by Hugging Face's `tokenizers`: text to token ids, token ids to text.
//!
//! It is a wasm module of its own, which the page loads when a checkpoint brings a tokenizer, and it knows nothing of
//! the engine. Gzipped it has 646 KB: two thirds are code, for regular expressions and for reading the file above all, one
//! third is tables, of Unicode above all. The library has no smaller set of features: what it has by default needs a C
//! compiler, and `unstable_wasm` puts fancy-regex in the place of that.
//!
//! | module | what it holds |
//! |---|---|
//! | `pipeline` | the tokenizer itself |
//! | `stream` | the text of a sequence of tokens that is still growing |
//!
//! This file is the boundary to JavaScript: every failure crosses as a JavaScript error with a sentence. A text or a
//! file that makes the library panic traps; `www/src/tokenizer` starts another module then.

mod pipeline;
mod stream;

pub use crate::pipeline::{LONGEST_TEXT, MOST_BYTES, MOST_TOKENS, Pipeline};
pub use crate::stream::Stream;

use std::rc::Rc;

use wasm_bindgen::prelude::*;

/// The tokenizer of one checkpoint.
#[wasm_bindgen]
pub struct Tokenizer(Rc<Pipeline>);

#[wasm_bindgen]
impl Tokenizer {
    /// As many bytes may a `tokenizer.json` have: what is longer need not be read.
    #[wasm_bindgen(js_name = mostBytes)]
    pub fn most_bytes() -> usize {
        MOST_BYTES
    }

    /// Reads the content of a `tokenizer.json`.
    ///
    /// # Errors
    /// Bytes that are no JSON, JSON that describes no tokenizer, a part that this version of the library does not know.
    #[wasm_bindgen(js_name = fromJson)]
    pub fn from_json(bytes: &[u8]) -> Result<Tokenizer, JsError> {
        Ok(Tokenizer(Rc::new(Pipeline::from_json(bytes).map_err(error)?)))
    }

    /// The ids of a text's tokens; with `add_special_tokens`, those around it that the model was trained with.
    ///
    /// # Errors
    /// A text that the model has no token for, a pattern that cannot be searched for in this text.
    pub fn encode(&self, text: &str, add_special_tokens: bool) -> Result<Vec<u32>, JsError> {
        self.0.encode(text, add_special_tokens).map_err(error)
    }

    /// The text of tokens. An id without a token has none.
    pub fn decode(&self, ids: &[u32], skip_special_tokens: bool) -> Result<String, JsError> {
        self.0.decode(ids, skip_special_tokens).map_err(error)
    }

    /// A decoder of tokens that come one after the other.
    pub fn stream(&self, skip_special_tokens: bool) -> TextStream {
        TextStream { pipeline: self.0.clone(), stream: Stream::new(skip_special_tokens) }
    }

    /// A token as the vocabulary writes it, `Ġthe` or `▁the`.
    pub fn token(&self, id: u32) -> Option<String> {
        self.0.token(id)
    }

    /// The id of a token as the vocabulary writes it, `<|endoftext|>`.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.0.id(token)
    }

    /// How many tokens there are, added ones among them.
    #[wasm_bindgen(js_name = vocabularySize)]
    pub fn vocabulary_size(&self) -> usize {
        self.0.vocabulary_size()
    }
}

/// The text of a sequence of tokens that is still growing.
#[wasm_bindgen]
pub struct TextStream {
    pipeline: Rc<Pipeline>,
    stream: Stream,
}

#[wasm_bindgen]
impl TextStream {
    /// What one more token adds to the text: nothing, where it is the beginning of a character.
    pub fn push(&mut self, id: u32) -> Result<String, JsError> {
        self.stream.push(&self.pipeline, id).map_err(error)
    }

    /// What was held back: the beginning of a character that never came to its end, as U+FFFD.
    pub fn finish(&mut self) -> Result<String, JsError> {
        self.stream.finish(&self.pipeline).map_err(error)
    }
}

fn error(sentence: String) -> JsError {
    JsError::new(&sentence)
}
