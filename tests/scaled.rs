//! Scaling parts of a model changes what it predicts as it does in transformers: `tests/scaled/check.py`, on both devices.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn scaled_models_predict_what_transformers_predicted_on_the_cpu() {
    check("cpu", &[]);
}

/// A layout of heads each: plain, stored the other way round, in groups, of a recurrent layer, under a norm, with another scale.
#[test]
fn scaled_models_predict_what_transformers_predicted_on_webgpu() {
    check("webgpu", &["qwen3", "gpt2", "deepseek_v4", "nemotron_h", "gemma3", "zaya"].map(|name| format!("tests/checkpoints/{name}")));
}

/// Checks the models in these folders, or all that were recorded, and prints how far each is off.
fn check(device: &str, folders: &[String]) {
    let output = Command::new(env!("CARGO_BIN_EXE_attention-playground"))
        .args(["run", "--device", device, "--modules", "www/programs/models", "--files"])
        .arg(root())
        .args(["tests/scaled/check.py", "--"])
        .args(folders)
        .current_dir(root())
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{device}\n{text}");
    let models = text.lines().filter(|line| line.contains(" cases within ")).count();
    assert!(models >= if folders.is_empty() { 28 } else { folders.len() }, "{models} models were checked:\n{text}");
    assert!(output.status.success(), "{device}:\n{text}");
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
