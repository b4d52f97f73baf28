//! Every architecture gives what transformers gave: all of `tests/checkpoints`, on the CPU and on the GPU.
//!
//! `tests/checkpoints/check.py` is the check, and says what it measures; here it runs under this engine.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

#[test]
fn models_give_what_transformers_gave_on_the_cpu() {
    check_all("cpu");
}

/// A machine without a GPU runs this on Mesa's lavapipe, where the whole takes some minutes.
#[test]
fn models_give_what_transformers_gave_on_webgpu() {
    check_all("webgpu");
}

/// Checks all checkpoints, two at a time, prints what each measured, and fails with the list of those that are off.
fn check_all(device: &str) {
    let mut folders: Vec<PathBuf> = fs::read_dir(checkpoints()).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("config.json").exists());
    folders.sort();
    assert!(folders.len() >= 16, "there are {} checkpoints", folders.len());
    let queue = Mutex::new(folders.iter());
    let reports = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(folder) = queue.lock().unwrap().next() else { break };
                    let output = check(&checkpoints(), &name(folder), device);
                    reports.lock().unwrap().push((name(folder), output));
                }
            });
        }
    });
    let mut failed = Vec::new();
    for (name, output) in reports.into_inner().unwrap() {
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        println!("{name} on {device}\n{text}");
        if !output.status.success() {
            failed.push(format!("{name}: {text}"));
        }
    }
    assert!(failed.is_empty(), "{} of {} checkpoints on {device}:\n{}", failed.len(), folders.len(), failed.join("\n"));
}

/// A folder's name, its files, and what is said of them.
type Refused<'a> = (&'a str, &'a [(&'a str, &'a [u8])], &'a str);

/// Checkpoints whose files lie, or do not fit together: each is refused in a sentence, before it is computed with.
#[test]
fn checkpoints_that_do_not_fit_are_refused_in_a_sentence() {
    let top = std::env::temp_dir().join(format!("playground-{}-models", std::process::id()));
    let qwen3 = checkpoints().join("qwen3");
    let whole = fs::read(qwen3.join("model.safetensors")).unwrap();
    let config = fs::read_to_string(qwen3.join("config.json")).unwrap();
    let llama = fs::read(checkpoints().join("llama/model.safetensors")).unwrap();
    let wider = config.replace("\"intermediate_size\": 128", "\"intermediate_size\": 129");
    let unknown = config.replace("\"model_type\": \"qwen3\"", "\"model_type\": \"mystery\"");
    assert!(wider != config && unknown != config);
    let index = r#"{"weight_map": {"model.norm.weight": "part.safetensors"}}"#;
    let cases: [Refused<'_>; 8] = [
        ("empty", &[], "config.json: [Errno 2] No such file or directory"),
        ("no-json", &[("config.json", b"{\"model_type\": ")], "config.json: Expecting value: line 1 column 16"),
        ("unknown", &[("config.json", unknown.as_bytes()), ("model.safetensors", &whole)], "describes the architecture mystery"),
        ("no-weights", &[("config.json", config.as_bytes())], "No such file or directory: no-weights/model.safetensors"),
        ("truncated", &[("config.json", config.as_bytes()), ("model.safetensors", &whole[..whole.len() - 2])], "it is cut off"),
        ("other", &[("config.json", config.as_bytes()), ("model.safetensors", &llama)], "model.layers.0.self_attn.k_norm.weight of shape [16] is missing"),
        ("misshapen", &[("config.json", wider.as_bytes()), ("model.safetensors", &whole)], "model.layers.0.mlp.down_proj.weight has the shape [64, 128] and not [64, 129]"),
        ("no-part", &[("config.json", config.as_bytes()), ("model.safetensors.index.json", index.as_bytes())], "No such file or directory: no-part/part.safetensors"),
    ];
    for (name, files, sentence) in cases {
        let folder = top.join(name);
        fs::create_dir_all(&folder).unwrap();
        files.iter().for_each(|(name, bytes)| fs::write(folder.join(name), bytes).unwrap());
        let output = check(&top, name, "cpu");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(sentence) && !said.contains("Traceback"), "{name}: {said}");
        assert_eq!(output.status.code(), Some(1), "{name}");
    }
    fs::remove_dir_all(top).unwrap();
}

/// Runs the check on the folder of this name among `files`.
fn check(files: &Path, name: &str, device: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_attention-playground"))
        .args(["run", "--device", device, "--modules", "www/programs/models", "--files"])
        .arg(files)
        .args(["tests/checkpoints/check.py", "--", name])
        .current_dir(root())
        .output()
        .unwrap()
}

fn name(folder: &Path) -> String {
    folder.file_name().unwrap().to_string_lossy().into_owned()
}

fn checkpoints() -> PathBuf {
    root().join("tests/checkpoints")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
