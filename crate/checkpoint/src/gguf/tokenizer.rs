//! A vocabulary as the `tokenizer.json` that Hugging Face's `tokenizers` reads.
//!
//! A GGUF file has the tokens, what kinds they are, and either the merges of a byte-level BPE (`gpt2`) or a score for
//! each token of a SentencePiece model (`llama`), which is a BPE too: it merges the pair whose whole scores highest.
//! The rule that cuts a text into words stands in llama.cpp's code (`src/llama-vocab.cpp`) under the name that the file
//! gives; here are those of Llama 3, of Qwen and of GPT-2.

use std::collections::HashMap;
use std::fmt::Write;

use tensor::layout::sorted_by;

use super::header::{Noted, Notes};
use super::quote;
use crate::Result;

/// Kinds of tokens.
const UNKNOWN: f32 = 2.0;
const CONTROL: f32 = 3.0;
const ADDED: f32 = 4.0;

/// Words of at most three digits; endings like 's stay together.
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// The same, but each digit is a word.
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// The longest token that is looked at for merges, in characters: longer ones are runs of spaces, which are added whole.
const LONGEST: usize = 64;

/// The text of the file, `None` where there is no vocabulary.
///
/// # Errors
/// A sentence about a vocabulary of another kind, or one whose parts do not fit together.
pub fn json(notes: &Notes) -> Result<Option<String>> {
    let get = |field: &str| notes.get(&format!("tokenizer.ggml.{field}"));
    let (Some(Noted::Texts(tokens)), Some(Noted::Text(model))) = (get("tokens"), get("model")) else { return Ok(None) };
    let kinds = match get("token_type") {
        Some(Noted::Numbers(kinds)) if kinds.len() == tokens.len() => kinds.clone(),
        None => vec![1.0; tokens.len()],
        Some(_) => return Err("tokenizer.ggml.token_type does not have a number for each token".into()),
    };
    let vocabulary = Vocabulary { notes, tokens, kinds };
    match model.as_str() {
        "gpt2" => vocabulary.byte_level().map(Some),
        "llama" => vocabulary.sentence_piece().map(Some),
        _ => Err(format!("its vocabulary is of the kind {model}; gpt2 and llama are read from GGUF files")),
    }
}

struct Vocabulary<'n> {
    notes: &'n Notes,
    tokens: &'n [String],
    kinds: Vec<f32>,
}

impl Vocabulary<'_> {
    fn get(&self, field: &str) -> Option<&Noted> {
        self.notes.get(&format!("tokenizer.ggml.{field}"))
    }

    fn is(&self, field: &str, otherwise: bool) -> bool {
        match self.get(field) {
            Some(Noted::Bool(value)) => *value,
            _ => otherwise,
        }
    }

    /// The token that is noted under this name, and its number.
    fn special(&self, field: &str) -> Option<(usize, &str)> {
        let Some(Noted::Integer(number)) = self.get(field) else { return None };
        let number = usize::try_from(*number).ok()?;
        self.tokens.get(number).map(|token| (number, token.as_str()))
    }

    fn byte_level(&self) -> Result<String> {
        let Some(Noted::Texts(merges)) = self.get("merges") else {
            return Err("its vocabulary has no tokenizer.ggml.merges".into());
        };
        let rule = match self.get("pre") {
            Some(Noted::Text(rule)) => rule.as_str(),
            _ => "default",
        };
        let (normalizer, words, ignore_merges) = match rule {
            "llama-bpe" | "llama3" | "llama-v3" => ("null", Some(LLAMA3), true),
            "qwen2" => (r#"{"type":"NFC"}"#, Some(QWEN2), false),
            "gpt-2" => ("null", None, false),
            _ => return Err(format!("its vocabulary cuts words by the rule {rule}; llama-bpe, qwen2 and gpt-2 are known here")),
        };
        let level = |own_rule: bool| format!(r#"{{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":{own_rule}}}"#);
        let cut = match words {
            None => level(true),
            Some(words) => {
                let mut cut = String::from(r#"{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"#);
                quote(&mut cut, words);
                cut + r#"},"behavior":"Isolated","invert":false},"# + &level(false) + "]}"
            }
        };
        // Only a file that says so begins texts with a token: the names of the rules do not tell.
        let begins = self.is("add_bos_token", rule.starts_with("llama"));
        let mut model = format!(r#""ignore_merges":{ignore_merges},"byte_fallback":false,"unk_token":null"#);
        self.merges(&mut model, merges.iter().map(String::as_str));
        Ok(self.file([normalizer, &cut, &self.around(begins), &level(true)], &model))
    }

    fn sentence_piece(&self) -> Result<String> {
        let scores = match self.get("scores") {
            Some(Noted::Numbers(scores)) if scores.len() == self.tokens.len() => scores,
            _ => return Err("tokenizer.ggml.scores does not have a number for each token".into()),
        };
        let space = "\u{2581}";
        let prefix = self.is("add_space_prefix", true);
        let replaced = format!(r#"{{"type":"Replace","pattern":{{"String":" "}},"content":"{space}"}}"#);
        let normalizer = match prefix {
            true => format!(r#"{{"type":"Sequence","normalizers":[{{"type":"Prepend","prepend":"{space}"}},{replaced}]}}"#),
            false => replaced,
        };
        let strip = if prefix { r#",{"type":"Strip","content":" ","start":1,"stop":0}"# } else { "" };
        let decoder = format!(
            r#"{{"type":"Sequence","decoders":[{{"type":"Replace","pattern":{{"String":"{space}"}},"content":" "}},{{"type":"ByteFallback"}},{{"type":"Fuse"}}{strip}]}}"#
        );
        let mut model = String::from(r#""ignore_merges":false,"fuse_unk":true,"byte_fallback":true,"unk_token":"#);
        match self.kinds.iter().position(|kind| *kind == UNKNOWN) {
            Some(unknown) => quote(&mut model, &self.tokens[unknown]),
            None => model.push_str("null"),
        }
        let pairs = self.pairs(scores);
        self.merges(&mut model, pairs.iter().map(String::as_str));
        let begins = self.is("add_bos_token", true);
        Ok(self.file([&normalizer, "null", &self.around(begins), &decoder], &model))
    }

    /// Every way to make a token of two others, the token that scores highest first.
    fn pairs(&self, scores: &[f32]) -> Vec<String> {
        let usual: Vec<usize> = (0..self.tokens.len()).filter(|token| self.kinds[*token] != CONTROL && self.kinds[*token] != UNKNOWN).collect();
        let numbers: HashMap<&str, usize> = usual.iter().map(|&token| (self.tokens[token].as_str(), token)).collect();
        let mut found = Vec::new();
        for &whole in &usual {
            let text = self.tokens[whole].as_str();
            for (at, _) in text.char_indices().skip(1).take(LONGEST) {
                if let (Some(&left), Some(&right)) = (numbers.get(&text[..at]), numbers.get(&text[at..])) {
                    found.push((whole, left, right));
                }
            }
        }
        let found = sorted_by(found, &|a, b| scores[b.0].total_cmp(&scores[a.0]).then((a.1, a.2).cmp(&(b.1, b.2))));
        found.iter().map(|&(_, left, right)| format!("{} {}", self.tokens[left], self.tokens[right])).collect()
    }

    /// Adds the vocabulary and the merges to what is said of the model.
    fn merges<'m>(&self, model: &mut String, merges: impl Iterator<Item = &'m str>) {
        model.push_str(",\"vocab\":{");
        for (number, token) in self.tokens.iter().enumerate() {
            model.push_str(if number == 0 { "" } else { "," });
            quote(model, token);
            let _ = write!(model, ":{number}");
        }
        model.push_str("},\"merges\":[");
        for (number, merge) in merges.enumerate() {
            model.push_str(if number == 0 { "" } else { "," });
            quote(model, merge);
        }
        model.push(']');
    }

    /// What puts the tokens around a text that the model was trained with.
    fn around(&self, begins: bool) -> String {
        let begin = self.special("bos_token_id").filter(|_| begins);
        let end = self.special("eos_token_id").filter(|_| self.is("add_eos_token", false));
        let mut listed: Vec<String> = Vec::new();
        let mut special = |(token, text): (usize, &str), number: usize| {
            let mut name = String::new();
            quote(&mut name, text);
            let entry = format!(r#"{name}:{{"id":{name},"ids":[{token}],"tokens":[{name}]}}"#);
            if !listed.contains(&entry) {
                listed.push(entry);
            }
            format!(r#"{{"SpecialToken":{{"id":{name},"type_id":{number}}}}}"#)
        };
        let mut side = |text: &str, number: usize| {
            let text = format!(r#"{{"Sequence":{{"id":"{text}","type_id":{number}}}}}"#);
            let parts = [begin.map(|token| special(token, number)), Some(text), end.map(|token| special(token, number))];
            parts.into_iter().flatten().collect::<Vec<String>>().join(",")
        };
        let (single, second) = (side("A", 0), side("B", 1));
        if listed.is_empty() {
            return "null".into();
        }
        let listed = listed.join(",");
        format!(r#"{{"type":"TemplateProcessing","single":[{single}],"pair":[{single},{second}],"special_tokens":{{{listed}}}}}"#)
    }

    fn file(&self, [normalizer, cut, around, decoder]: [&str; 4], model: &str) -> String {
        let mut added = String::new();
        for (number, token) in self.tokens.iter().enumerate() {
            let is_special = self.kinds[number] == CONTROL || self.kinds[number] == UNKNOWN;
            if is_special || self.kinds[number] == ADDED {
                let _ = write!(added, r#"{}{{"id":{number},"content":"#, if added.is_empty() { "" } else { "," });
                quote(&mut added, token);
                let _ = write!(added, r#","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":{is_special}}}"#);
            }
        }
        format!(
            r#"{{"version":"1.0","truncation":null,"padding":null,"added_tokens":[{added}],"normalizer":{normalizer},"pre_tokenizer":{cut},"post_processor":{around},"decoder":{decoder},"model":{{"type":"BPE","dropout":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,{model}}}}}"#
        )
    }
}
