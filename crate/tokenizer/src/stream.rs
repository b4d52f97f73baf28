//! The text of tokens that come one after the other, piece by piece.
//!
//! A token alone has no text: decoders strip the space before the first one, join pieces of words, and a character may
//! be spread over several tokens. So a window of the newest tokens is decoded as a whole, and what it says beyond what
//! was said already is the new piece. The library's own stream (`step_decode_stream`) fails for good once decoding
//! changes what it had said; this one goes on.

use crate::pipeline::Pipeline;

/// What a decoder writes for bytes that are no character, or none yet.
const REPLACEMENT: char = '\u{FFFD}';
/// As many tokens may wait for a character to be complete: UTF-8 has at most four bytes, a token at least one.
const LONGEST_WAIT: usize = 4;
/// As many tokens may have no text before decoding starts anew with the next.
const LONGEST_SILENCE: usize = 64;

/// The state of one sequence.
pub struct Stream {
    skip_special_tokens: bool,
    /// Tokens whose text was said, as the context of those after them.
    said: Vec<u32>,
    /// Tokens whose text was not said yet, or not all of it.
    waiting: Vec<u32>,
    /// What was said of both.
    text: String,
    /// How many tokens came since something was said.
    silent: usize,
}

impl Stream {
    pub fn new(skip_special_tokens: bool) -> Stream {
        Stream { skip_special_tokens, said: Vec::new(), waiting: Vec::new(), text: String::new(), silent: 0 }
    }

    /// What one more token adds to the text.
    ///
    /// # Errors
    /// A sentence where the tokens cannot be decoded.
    pub fn push(&mut self, pipeline: &Pipeline, id: u32) -> Result<String, String> {
        // What has no text would only push the context out of the window.
        let Some(token) = pipeline.token(id) else { return Ok(String::new()) };
        if self.skip_special_tokens && pipeline.is_special(&token) {
            return Ok(String::new());
        }
        self.waiting.push(id);
        self.silent += 1;
        let whole = self.decoded(pipeline, &[&self.said[..], &self.waiting].concat())?;
        let complete = whole.trim_end_matches(REPLACEMENT);
        let is_complete = complete.len() == whole.len();
        match complete.strip_prefix(&self.text) {
            Some(piece) if is_complete => {
                let piece = piece.to_owned();
                self.said_all(pipeline, whole)?;
                Ok(piece)
            }
            Some(piece) if !piece.is_empty() => {
                let piece = piece.to_owned();
                self.text.push_str(&piece);
                self.silent = 0;
                Ok(piece)
            }
            _ if is_complete || self.silent >= LONGEST_WAIT => self.finish(pipeline),
            _ => Ok(String::new()),
        }
    }

    /// What was held back.
    ///
    /// # Errors
    /// As [`Stream::push`].
    pub fn finish(&mut self, pipeline: &Pipeline) -> Result<String, String> {
        if self.waiting.is_empty() {
            return Ok(String::new());
        }
        let whole = self.decoded(pipeline, &[&self.said[..], &self.waiting].concat())?;
        let piece = match whole.strip_prefix(&self.text) {
            Some(piece) => piece.to_owned(),
            // The new tokens changed the text of those before them, which cannot be taken back: they stand alone.
            None => self.decoded(pipeline, &self.waiting)?,
        };
        self.said_all(pipeline, whole)?;
        Ok(piece)
    }

    /// Makes the tokens that waited the context of the next, unless they alone have no text: then what comes after them
    /// would be decoded as the beginning of a text.
    fn said_all(&mut self, pipeline: &Pipeline, whole: String) -> Result<(), String> {
        self.silent = 0;
        let alone = self.decoded(pipeline, &self.waiting)?;
        if alone.is_empty() && self.said.len() < LONGEST_SILENCE {
            self.said.append(&mut self.waiting);
            self.text = whole;
        } else {
            self.said = std::mem::take(&mut self.waiting);
            self.text = alone;
        }
        Ok(())
    }

    fn decoded(&self, pipeline: &Pipeline, ids: &[u32]) -> Result<String, String> {
        pipeline.decode(ids, self.skip_special_tokens)
    }
}
