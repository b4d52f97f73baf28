//! What models cost, counted, against what is published: `tests/configs/check.py` is the comparison and says where it differs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Command;

#[test]
fn counts_are_those_that_are_published() {
    let modules = ["www/programs", "www/programs/models", "tests/checkpoints"];
    let output = Command::new(env!("CARGO_BIN_EXE_attention-playground"))
        .args(["run", "--files", "tests"])
        .args(modules.iter().flat_map(|folder| ["--modules", folder]))
        .arg("tests/configs/check.py")
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap())
        .output()
        .unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
