//! Every trained model of `www/models` has the held-out loss or the recall that its card says, on the CPU and on the GPU.
//!
//! `tests/trained/check.py` is the check; here it runs under this engine. And each writes what it writes under PyTorch,
//! which `tests/trained/NAME.txt` is, without the line that says how long it took:
//! `cd www/models/NAME && PYTHONPATH=../../programs/models python ../../programs/models/generate.py`.

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

/// From the same seed, the same draws: a token's probability is off by less than 1e-6, so that a draw falls elsewhere
/// once in a hundred thousand.
#[test]
fn trained_models_write_what_they_write_under_pytorch() {
    let folders = trained();
    let recorded = |folder: &String| root().join("tests/trained").join(format!("{folder}.txt"));
    let with_text: Vec<&String> = folders.iter().filter(|folder| recorded(folder).exists()).collect();
    assert!(with_text.len() >= 5, "texts are missing: {with_text:?}");
    for folder in with_text {
        let output = Command::new(env!("CARGO_BIN_EXE_attention-playground"))
            .args(["run", "--modules", "www/programs/models", "--files"])
            .arg(root().join("www/models").join(folder))
            .arg("www/programs/models/generate.py")
            .current_dir(root())
            .output()
            .unwrap();
        let printed = String::from_utf8_lossy(&output.stdout);
        let lines: Vec<&str> = printed.lines().filter(|line| !line.contains("tokens; the first after")).collect();
        let expected = fs::read_to_string(recorded(folder)).unwrap();
        assert_eq!(lines.join("\n").trim_end(), expected.trim_end(), "{folder}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// The folders of the trained models.
fn trained() -> Vec<String> {
    let mut folders: Vec<String> = fs::read_dir(root().join("www/models")).unwrap().map(|entry| name(&entry.unwrap().path())).collect();
    folders.retain(|folder| root().join("www/models").join(folder).join("card.json").exists());
    folders.sort();
    assert!(!folders.is_empty(), "there are no trained models");
    folders
}

/// Measures the loss of the first windows of the held-out text, prints it, and fails with those that are off.
fn check_all(device: &str, windows: usize) {
    let models = root().join("www/models");
    let output = Command::new(env!("CARGO_BIN_EXE_attention-playground"))
        .args(["run", "--device", device, "--modules", "www/programs/models", "--files"])
        .arg(models)
        .args(["tests/trained/check.py", "--", &windows.to_string()])
        .args(trained())
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
