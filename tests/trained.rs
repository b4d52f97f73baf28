//! Every trained model of `www/models` has the held-out loss that its card says, on the CPU and on the GPU.
//!
//! `tests/trained/check.py` is the check; here it runs under this engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn trained_models_have_the_losses_of_their_cards_on_the_cpu() {
    check_all("cpu", 8);
}

/// A machine without a GPU runs this on Mesa's lavapipe, where a window takes seconds.
#[test]
fn trained_models_have_the_losses_of_their_cards_on_webgpu() {
    check_all("webgpu", 2);
}

/// Measures the loss of the first windows of the held-out text, prints it, and fails with those that are off.
fn check_all(device: &str, windows: usize) {
    let models = root().join("www/models");
    let mut folders: Vec<String> = fs::read_dir(&models).unwrap().map(|entry| name(&entry.unwrap().path())).collect();
    folders.retain(|folder| folder.ends_with("-shakespeare"));
    folders.sort();
    assert!(!folders.is_empty(), "there are no trained models");
    let output = Command::new(env!("CARGO_BIN_EXE_attention-playground"))
        .args(["run", "--device", device, "--modules", "www/programs/models", "--files"])
        .arg(models)
        .args(["tests/trained/check.py", "--", &windows.to_string()])
        .args(&folders)
        .current_dir(root())
        .output()
        .unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{device}\n{text}");
    assert!(output.status.success(), "{device}:\n{text}");
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
