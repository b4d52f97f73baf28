//! Every program prints what it prints under PyTorch: natively, on the CPU and on the GPU.
//!
//! `tests/programs/FOLDER/NAME.out` is what PyTorch printed. Its program lies beside it as `NAME.py`,
//! or, if it is one of the playground's own, at the same place under `www/programs/`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Far more than any of them takes, on a machine that is busy with the build.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn programs_print_the_same_on_the_cpu() {
    check_all("cpu");
}

/// A machine without a GPU runs this on Mesa's lavapipe; a missing adapter is a failure of the first program.
#[test]
fn programs_print_the_same_on_webgpu() {
    check_all("webgpu");
}

/// Runs all programs, two at a time, and fails with the list of those that differ.
fn check_all(device: &str) {
    let programs = programs();
    assert!(!programs.is_empty(), "there are no programs");
    let queue = Mutex::new(programs.iter());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((program, expected)) = queue.lock().unwrap().next() else { break };
                    if let Err(reason) = check(program, expected, device) {
                        failures.lock().unwrap().push(format!("{}: {reason}", shown(program)));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    assert!(failures.is_empty(), "{} of {} programs on {device}:\n{}", failures.len(), programs.len(), failures.join("\n"));
}

fn check(program: &Path, expected: &Path, device: &str) -> Result<(), String> {
    let actual = output_file(program, device);
    let mut child = Command::new(env!("CARGO_BIN_EXE_attention-playground"))
        .args(["run", "--device", device])
        .arg(program)
        .stdin(Stdio::null())
        .stdout(fs::File::create(&actual).unwrap())
        .stderr(fs::File::create(actual.with_extension("err")).unwrap())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return Err(format!("ran longer than {} seconds", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        let complaint = fs::read_to_string(actual.with_extension("err")).unwrap_or_default();
        return Err(format!("{status}: {}", complaint.trim().lines().last().unwrap_or("without a word")));
    }
    let compared = Command::new(env!("CARGO_BIN_EXE_compare")).args([expected, &actual]).output().unwrap();
    if compared.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&compared.stdout).trim().to_owned()) }
}

/// Where what the program printed is kept to be looked at: `tests/output/native-DEVICE/FOLDER-NAME.out`.
fn output_file(program: &Path, device: &str) -> PathBuf {
    let folder = root().join("tests/output").join(format!("native-{device}"));
    fs::create_dir_all(&folder).unwrap();
    let group = program.parent().and_then(Path::file_name).unwrap().to_string_lossy();
    let stem = program.file_stem().unwrap().to_string_lossy();
    folder.join(format!("{group}-{stem}.out"))
}

/// Every program with the file that holds what it should print.
fn programs() -> Vec<(PathBuf, PathBuf)> {
    let data = root().join("tests/programs");
    let mut found = Vec::new();
    for folder in fs::read_dir(&data).expect("tests/programs") {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            let expected = file.unwrap().path();
            if expected.extension().is_none_or(|extension| extension != "out") {
                continue;
            }
            let beside = expected.with_extension("py");
            let ours = root().join("www/programs").join(beside.strip_prefix(&data).unwrap());
            let program = if beside.exists() { beside } else { ours };
            assert!(program.exists(), "{} has no program", shown(&expected));
            found.push((program, expected));
        }
    }
    found.sort();
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
