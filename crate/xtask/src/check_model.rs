//! `cargo xtask check-model DIR [--device cpu|webgpu]`: a checkpoint against what transformers computed of it.
//!
//! `tests/checkpoints/check.py` is the check, for PyTorch and for this engine alike; this runs it by the engine.

use std::ffi::OsString;
use std::path::Path;

use crate::run::playground;
use crate::shell::root;
use crate::{Outcome, misuse};

pub fn command_line(options: &[&str]) -> Outcome {
    let (folder, device) = match options {
        [folder] => (folder, "cpu"),
        [folder, "--device", device @ ("cpu" | "webgpu")] | ["--device", device @ ("cpu" | "webgpu"), folder] => (folder, *device),
        _ => return Ok(misuse("`check-model` takes a folder, and `--device cpu` or `--device webgpu`.")),
    };
    let Ok(folder) = Path::new(folder).canonicalize() else {
        return Ok(misuse(&format!("there is no folder {folder}.")));
    };
    let memory = memory_for(&folder).to_string();
    let mut words: Vec<OsString> = ["--device", device, "--memory", &memory, "--files"].map(OsString::from).into();
    words.push(folder.into());
    words.extend(["--modules", "www/programs/models", "tests/checkpoints/check.py", "--", "."].map(OsString::from));
    playground(&words, &root())
}

/// Bytes enough to compute with the weights of this folder: the program makes one at a time float32, in which the widest,
/// a vocabulary's, takes at most twice what all of them take as they are stored. Those of a GGUF file may all become
/// float32, and then take at most 7.2 times what they take in it.
fn memory_for(folder: &Path) -> u64 {
    let bytes_of = |extension: &str| -> u64 {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let weights = files.filter(|entry| entry.path().extension().is_some_and(|found| found == extension));
        weights.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum()
    };
    (1 << 30) + bytes_of("safetensors").saturating_mul(3) + bytes_of("gguf").saturating_mul(15)
}
