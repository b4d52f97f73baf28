//! The tokenizer of one checkpoint: what the library makes of its `tokenizer.json`.

use std::collections::HashMap;

use fancy_regex::Regex;
use serde::de::IgnoredAny;
use tokenizers::pattern::Invert;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::tokenizer::Error;
use tokenizers::{Model, OffsetType, PreTokenizedString, PreTokenizer, PreTokenizerWrapper};

/// As many bytes may a `tokenizer.json` have. That of gpt-oss has 28 MB, and takes 200 MB of memory while it is read.
pub const MOST_BYTES: usize = 64 << 20;
/// As many characters may a text have that is encoded. A pattern like GPT-2's `\s+(?!\S)` remembers a way back for each
/// character, and `fancy_regex` gives up at a million.
pub const LONGEST_TEXT: usize = 500_000;
/// As many tokens may be decoded at once: those of the longest text, each a byte.
pub const MOST_TOKENS: usize = 4 * LONGEST_TEXT;

/// Normalizer, pre-tokenizer, model, post-processor and decoder, as the library calls them.
pub struct Pipeline {
    tokenizer: tokenizers::Tokenizer,
    /// The patterns of the pre-tokenizer, by their text.
    patterns: HashMap<String, Regex>,
}

impl Pipeline {
    /// Reads the content of a `tokenizer.json`. What it says of truncation and padding is how its training batches were
    /// cut; like `transformers`, we leave a text as long as it is.
    ///
    /// # Errors
    /// A sentence that says where the content is not a tokenizer.
    pub fn from_json(bytes: &[u8]) -> Result<Pipeline, String> {
        if bytes.len() > MOST_BYTES {
            return Err(format!("This tokenizer.json has more than {} MB, too many to read.", MOST_BYTES >> 20));
        }
        let unusable = |error: Error| {
            // What serde says where none of a part's kinds fits.
            let unknown = if error.to_string().contains("untagged enum") { "a part of it is of no known kind: " } else { "" };
            format!("This tokenizer.json cannot be used: {unknown}{error}.")
        };
        // The library panics on some files that end too early.
        serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| unusable(error.into()))?;
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(bytes).map_err(unusable)?;
        tokenizer.with_padding(None).with_truncation(None).map_err(unusable)?;
        let mut patterns = HashMap::new();
        if let Some(pre_tokenizer) = tokenizer.get_pre_tokenizer() {
            compile(pre_tokenizer, &mut patterns).map_err(|error| unusable(error.into()))?;
        }
        Ok(Pipeline { tokenizer, patterns })
    }

    /// The ids of the text's tokens.
    ///
    /// # Errors
    /// A sentence about a piece that the model has no token for, or a pattern that cannot be searched for in this text.
    pub fn encode(&self, text: &str, add_special_tokens: bool) -> Result<Vec<u32>, String> {
        if text.chars().nth(LONGEST_TEXT).is_some() {
            return Err(format!("This text has more than {LONGEST_TEXT} characters, too many to encode at once."));
        }
        let ids = || -> Result<Vec<u32>, Error> {
            let tokenizer = &self.tokenizer;
            let mut pieces = tokenizer.get_added_vocabulary().extract_and_normalize(tokenizer.get_normalizer(), text);
            if let Some(pre_tokenizer) = tokenizer.get_pre_tokenizer() {
                self.split(pre_tokenizer, &mut pieces)?;
            }
            tokenizer.get_model().tokenize_in_pretokenized(&mut pieces, None)?;
            let encoding = pieces.into_encoding(None, 0, OffsetType::None)?;
            Ok(tokenizer.post_process(encoding, None, add_special_tokens)?.get_ids().to_vec())
        };
        ids().map_err(|error| format!("This text cannot be encoded: {error}."))
    }

    /// The text of the tokens; an id without a token has none.
    pub fn decode(&self, ids: &[u32], skip_special_tokens: bool) -> Result<String, String> {
        if ids.len() > MOST_TOKENS {
            return Err(format!("These are more than {MOST_TOKENS} tokens, too many to decode at once."));
        }
        self.tokenizer
            .decode(ids, skip_special_tokens)
            .map_err(|error| format!("These tokens cannot be decoded: {error}."))
    }

    /// A token as the vocabulary writes it: `Ġthe`, `▁the`, `<0x0A>`.
    pub fn token(&self, id: u32) -> Option<String> {
        self.tokenizer.id_to_token(id)
    }

    /// The id of a token as the vocabulary writes it.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// Whether the tokenizer calls this token special: no text of its own.
    pub fn is_special(&self, token: &str) -> bool {
        self.tokenizer.get_added_vocabulary().is_special_token(token)
    }

    /// How many tokens there are, added ones among them. Models often have room for more.
    pub fn vocabulary_size(&self) -> usize {
        self.tokenizer.get_vocab_size(true)
    }

    /// Does what `pre_tokenizer` does, but for its patterns. Where searching for one takes more steps back than
    /// `fancy_regex` allows, the library's own search ends there without a word, and the rest of the text becomes one
    /// piece; with a `Regex` of ours, the search is an error.
    fn split(&self, pre_tokenizer: &PreTokenizerWrapper, pieces: &mut PreTokenizedString) -> Result<(), Error> {
        match pre_tokenizer {
            PreTokenizerWrapper::Sequence(sequence) => {
                sequence.as_ref().iter().try_for_each(|pre_tokenizer| self.split(pre_tokenizer, pieces))
            }
            PreTokenizerWrapper::Split(split) => match self.pattern(split) {
                Some(pattern) => pieces.split(|_, piece| match split.invert {
                    true => piece.split(Invert(pattern), split.behavior),
                    false => piece.split(pattern, split.behavior),
                }),
                None => split.pre_tokenize(pieces),
            },
            _ => pre_tokenizer.pre_tokenize(pieces),
        }
    }

    fn pattern(&self, split: &Split) -> Option<&Regex> {
        match &split.pattern {
            SplitPattern::Regex(text) => self.patterns.get(text),
            SplitPattern::String(_) => None,
        }
    }
}

/// Compiles the patterns that a pre-tokenizer splits at.
fn compile(pre_tokenizer: &PreTokenizerWrapper, patterns: &mut HashMap<String, Regex>) -> Result<(), fancy_regex::Error> {
    match pre_tokenizer {
        PreTokenizerWrapper::Sequence(sequence) => {
            sequence.as_ref().iter().try_for_each(|pre_tokenizer| compile(pre_tokenizer, patterns))?;
        }
        PreTokenizerWrapper::Split(split) => {
            if let SplitPattern::Regex(text) = &split.pattern {
                patterns.insert(text.clone(), Regex::new(text)?);
            }
        }
        _ => {}
    }
    Ok(())
}
