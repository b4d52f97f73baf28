//! Every mechanism computes what the modules of real architectures compute.
//!
//! `tests/modules/NAME.py` is appended to `www/programs/attention/NAME.py` and runs from `tests/checkpoints`. It calls the
//! program's own functions with a module's weights and prints a line for each thing that it compares:
//! `module CHECKPOINT PATH ERROR` or `golden KEY ERROR`, the error relative to the largest number expected.
//! What they share is a module that they import from `tests/modules/common`.
//! The table of all of them goes to `tests/output/modules.txt`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Both sides are float32 in different orders of sums over some hundred terms: rounding stays below 1e-5 of the largest
/// number, and a wrong mask, scale or order is a thousand times more.
const BOUND: f64 = 1e-4;

const DEVICES: [&str; 2] = ["cpu", "webgpu"];

/// What one program was compared with, and the largest error on each device.
#[derive(Default)]
struct Compared {
    /// Checkpoints, and `golden values`.
    sources: BTreeMap<String, [Option<f64>; 2]>,
    /// Modules of checkpoints.
    modules: BTreeSet<(String, String)>,
    failures: Vec<String>,
}

/// A machine without a GPU runs the half of this on Mesa's lavapipe.
#[test]
fn mechanisms_compute_what_modules_of_real_models_compute() {
    let names = stems("tests/modules");
    assert!(!names.is_empty(), "there is nothing to compare");
    let compared: Mutex<BTreeMap<String, Compared>> = Mutex::default();
    let queue = Mutex::new(names.iter().flat_map(|name| [(name, 0), (name, 1)]));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some((name, device)) = queue.lock().unwrap().next() else { break };
                    let output = run(name, DEVICES[device]);
                    compared.lock().unwrap().entry(name.clone()).or_default().read(name, device, output);
                }
            });
        }
    });
    let compared = compared.into_inner().unwrap();
    let table = table(&compared);
    println!("{table}");
    let place = root().join("tests/output");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("modules.txt"), table).unwrap();

    let failures: Vec<&str> = compared.values().flat_map(|one| &one.failures).map(String::as_str).collect();
    assert!(failures.is_empty(), "{} comparisons failed:\n{}", failures.len(), failures.join("\n"));
    let covered: BTreeSet<&(String, String)> = compared.values().flat_map(|one| &one.modules).collect();
    let modules = modules();
    let missing: Vec<String> = modules.iter().filter(|module| !covered.contains(module)).map(|(c, p)| format!("{c} {p}")).collect();
    assert!(!modules.is_empty() && missing.is_empty(), "no program computes these modules:\n{}", missing.join("\n"));
}

impl Compared {
    /// Takes what a program printed, or why it did not.
    fn read(&mut self, name: &str, device: usize, output: Result<String, String>) {
        let output = output.unwrap_or_else(|complaint| {
            self.failures.push(format!("{name} on {}: {complaint}", DEVICES[device]));
            String::new()
        });
        let mut lines = 0;
        for line in output.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (source, error) = match words[..] {
                ["module", checkpoint, path, error] => {
                    self.modules.insert((checkpoint.to_owned(), path.to_owned()));
                    (checkpoint, error)
                }
                ["golden", _, error] => ("golden values", error),
                _ => continue,
            };
            lines += 1;
            let error: f64 = error.parse().unwrap_or(f64::NAN);
            if error.is_nan() || error > BOUND {
                self.failures.push(format!("{name} on {}: {line}", DEVICES[device]));
            }
            let largest = &mut self.sources.entry(source.to_owned()).or_default()[device];
            *largest = Some(largest.map_or(error, |known| if known >= error { known } else { error }));
        }
        if lines == 0 {
            self.failures.push(format!("{name} on {} compared nothing", DEVICES[device]));
        }
    }
}

/// What the program with its comparisons prints, or the last of what it complained of.
fn run(name: &str, device: &str) -> Result<String, String> {
    let read = |folder: &str| fs::read_to_string(root().join(folder).join(format!("{name}.py")));
    let program = read("www/programs/attention").map_err(|_| "there is no program of that name".to_owned())?;
    let text = program + "\n" + &read("tests/modules").unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_attention-playground"))
        .args(["run", "--device", device, "--files", "tests", "--from", "checkpoints", "--modules", "tests/modules/common", "-"])
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(printed);
    }
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let places: Vec<&str> = complaint.trim().lines().rev().take(2).map(str::trim).collect();
    Err(places.join(", "))
}

/// A line for each program and each source: the largest error on each device.
fn table(compared: &BTreeMap<String, Compared>) -> String {
    let mut table = format!("{:36} {:14} {:>8} {:>8}   largest error\n", "program", "source", DEVICES[0], DEVICES[1]);
    let shown = |error: Option<f64>| error.map_or("-".to_owned(), |error| format!("{error:.1e}"));
    for (name, one) in compared {
        for (source, [cpu, webgpu]) in &one.sources {
            table += &format!("{name:36} {source:14} {:>8} {:>8}\n", shown(*cpu), shown(*webgpu));
        }
    }
    table
}

/// Every attention or mixer module that the checkpoints have inputs and outputs of.
fn modules() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for folder in fs::read_dir(root().join("tests/checkpoints")).unwrap() {
        let folder = folder.unwrap();
        let Ok(bytes) = fs::read(folder.path().join("expected.safetensors")) else { continue };
        let checkpoint = folder.file_name().to_string_lossy().into_owned();
        for entry in checkpoint::File::open(std::rc::Rc::new(bytes)).unwrap().entries() {
            if let Some(path) = entry.name.strip_prefix("module.").and_then(|name| name.strip_suffix(".out")) {
                found.insert((checkpoint.clone(), path.to_owned()));
            }
        }
    }
    found
}

fn stems(folder: &str) -> BTreeSet<String> {
    let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|e| e == "py")).map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
