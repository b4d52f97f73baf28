//! Files and texts that nobody would publish or write: each ends in a sentence or a result.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tokenizer::{LONGEST_TEXT, MOST_BYTES, MOST_TOKENS, Pipeline};

fn file(kind: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../tests/tokenizers/{kind}.json"))).unwrap()
}

fn changed(kind: &str, change: impl Fn(&mut Value)) -> Result<Pipeline, String> {
    let mut value: Value = serde_json::from_str(&file(kind)).unwrap();
    change(&mut value);
    Pipeline::from_json(value.to_string().as_bytes())
}

fn sentence<T>(outcome: Result<T, String>) -> String {
    outcome.err().unwrap_or_else(|| panic!("no error"))
}

#[test]
fn a_file_may_end_anywhere() {
    for kind in ["byte-level", "byte-level-pattern", "byte-fallback", "wordpiece", "unigram"] {
        let whole = file(kind);
        for end in (0..whole.len()).step_by(61) {
            let part = &whole.as_bytes()[..end];
            assert!(sentence(Pipeline::from_json(part)).starts_with("This tokenizer.json cannot be used: "), "{kind} up to {end}");
        }
    }
}

#[test]
fn sizes_are_limited() {
    assert!(sentence(Pipeline::from_json(&vec![b' '; MOST_BYTES + 1])).contains("more than 64 MB"));
    let pipeline = Pipeline::from_json(file("byte-level").as_bytes()).unwrap();
    assert!(sentence(pipeline.encode(&"é".repeat(LONGEST_TEXT + 1), false)).contains("too many to encode"));
    assert!(sentence(pipeline.decode(&vec![0; MOST_TOKENS + 1], false)).contains("too many to decode"));
}

#[test]
fn a_pattern_that_goes_back_for_ever_is_an_error_and_not_another_result() {
    let pattern = json!({"type": "Split", "pattern": {"Regex": "(a|aa)+$(?!c)"}, "behavior": "Isolated", "invert": false});
    for pre_tokenizer in [pattern.clone(), json!({"type": "Sequence", "pretokenizers": [pattern]})] {
        let pipeline = changed("byte-level", |value| value["pre_tokenizer"] = pre_tokenizer.clone()).unwrap();
        let text = format!("{}b", "a".repeat(40));
        assert!(sentence(pipeline.encode(&text, false)).contains("backtracking"));
        assert!(pipeline.encode("b", false).is_ok());
    }
}

#[test]
fn the_longest_run_of_spaces_is_split_as_the_pattern_says() {
    // `\s+(?!\S)` leaves the last space to the word after it.
    for kind in ["byte-level", "byte-level-pattern"] {
        let pipeline = Pipeline::from_json(file(kind).as_bytes()).unwrap();
        let tokens = |text: &str| pipeline.encode(text, false).unwrap();
        let spaces = " ".repeat(LONGEST_TEXT - 2);
        assert_eq!(tokens(&format!("{spaces} x")), [tokens(&spaces), tokens(" x")].concat(), "{kind}");
    }
}

#[test]
fn parts_of_no_known_kind_are_named_as_such() {
    for part in ["model", "pre_tokenizer", "decoder", "normalizer"] {
        let error = sentence(changed("byte-level", |value| value[part] = json!({"type": "Unheard"})));
        assert!(error.starts_with("This tokenizer.json cannot be used: "), "{part}: {error}");
    }
}
