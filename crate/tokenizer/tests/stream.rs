//! What a stream says when, and that it goes on whatever the tokens are.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use tokenizer::{Pipeline, Stream};

fn pipeline(kind: &str) -> Pipeline {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/tokenizers/{kind}.json"));
    Pipeline::from_json(&fs::read(file).unwrap()).unwrap()
}

/// What is said after each token, and at the end.
fn said(pipeline: &Pipeline, ids: &[u32]) -> Vec<String> {
    let mut stream = Stream::new(true);
    let mut pieces: Vec<String> = ids.iter().map(|id| stream.push(pipeline, *id).unwrap()).collect();
    pieces.push(stream.finish(pipeline).unwrap());
    pieces
}

fn ids(pipeline: &Pipeline, tokens: &[&str]) -> Vec<u32> {
    tokens.iter().map(|token| pipeline.id(token).unwrap_or_else(|| panic!("no token {token}"))).collect()
}

#[test]
fn a_character_is_said_when_its_last_byte_is_there() {
    let pipeline = pipeline("byte-fallback");
    let grin = ids(&pipeline, &["<0xF0>", "<0x9F>", "<0x98>", "<0x80>"]);
    assert_eq!(said(&pipeline, &grin), ["", "", "", "😀", ""]);
}

#[test]
fn no_token_of_a_valid_text_is_said_as_a_replacement() {
    for kind in ["byte-level", "byte-level-pattern", "byte-fallback", "byte-fallback-replaced"] {
        let pipeline = pipeline(kind);
        let text = "👩‍👩‍👧‍👦 👍🏽 日本 𝔘𝔫𝔦";
        let pieces = said(&pipeline, &pipeline.encode(text, true).unwrap());
        assert!(pieces.iter().all(|piece| !piece.contains('\u{FFFD}')), "{kind}: {pieces:?}");
        assert_eq!(pieces.concat(), text, "{kind}");
    }
}

#[test]
fn what_is_no_character_does_not_wait_for_ever() {
    let pipeline = pipeline("byte-fallback");
    let pieces = said(&pipeline, &ids(&pipeline, &["<0xFF>"; 10]));
    assert_eq!(pieces.concat(), "\u{FFFD}".repeat(10));
    assert_eq!(pieces[3], "\u{FFFD}".repeat(4));
    // The beginning of a character, and nothing more.
    assert_eq!(said(&pipeline, &ids(&pipeline, &["<0xF0>", "<0x9F>"])), ["", "", "\u{FFFD}\u{FFFD}"]);
}

#[test]
fn a_stream_goes_on_where_decoding_changes_what_was_said() {
    // Bytes that are no characters make those before them none either, which were said already.
    let pipeline = pipeline("byte-fallback");
    let pieces = said(&pipeline, &ids(&pipeline, &["<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "<0xE4>", "a", "b"]));
    assert_eq!(pieces.concat(), "😀\u{FFFD}ab");
}

#[test]
fn special_and_unknown_tokens_leave_the_text_as_it_is() {
    let pipeline = pipeline("byte-fallback");
    let mut tokens = ids(&pipeline, &["<s>", "▁", "a", "</s>", "</s>", "▁", "b"]);
    tokens.insert(3, 4_000_000);
    assert_eq!(said(&pipeline, &tokens).concat(), "a b");
}
