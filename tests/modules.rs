//! Every mechanism of the story against what is independent of it, on both devices: the table that `cargo xtask test` prints.
//!
//! - What it prints against what PyTorch printed, `tests/programs/attention/NAME.out`.
//! - What it computes against what the modules of real architectures compute, or against golden values:
//!   `tests/modules/NAME.py` is appended to `www/programs/attention/NAME.py` and runs from `tests/checkpoints`. It calls the
//!   program's own functions with a module's weights and prints a line for each thing that it compares:
//!   `module CHECKPOINT PATH ERROR` or `golden KEY ERROR`, the error relative to the largest number expected.
//!   What they share is a module that they import from `tests/modules/common`.
//! - Two mechanisms against each other: an identity, `www/programs/identities/NAME.py`, names the two
//!   (`**Identity** a = b`) and calls what it measured `largest_difference`.
//!
//! The table goes to `tests/output/modules.txt`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

/// Both sides are float32 in different orders of sums over some hundred terms: rounding stays below 1e-5 of the largest
/// number, and a wrong mask, scale or order is a thousand times more.
const BOUND: f64 = 1e-4;

const DEVICES: [&str; 2] = ["cpu", "webgpu"];

/// The line between what a program prints and what its comparisons print.
const MARK: &str = "what follows is compared";

/// What a mechanism was compared with, in the order of the table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Recorded,
    /// A checkpoint, by its name.
    Modules(String),
    Goldens,
    /// An identity, by its name.
    Identity(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Recorded => f.pad("recorded output"),
            Source::Modules(name) | Source::Identity(name) => f.pad(name),
            Source::Goldens => f.pad("golden values"),
        }
    }
}

/// Runs a program on a device and adds what comes of it.
type Comparison = fn(&str, usize, &Mutex<Compared>);

/// All comparisons: by mechanism and source, the largest error on each device.
#[derive(Default)]
struct Compared {
    errors: BTreeMap<(String, Source), [Option<f64>; 2]>,
    /// Modules of checkpoints.
    modules: BTreeSet<(String, String)>,
    failures: Vec<String>,
}

/// A machine without a GPU runs the half of this on Mesa's lavapipe.
#[test]
fn every_mechanism_is_held_against_what_is_independent_of_it() {
    let (mechanisms, identities) = (story(), stems("www/programs/identities"));
    for name in stems("tests/modules") {
        assert!(mechanisms.contains(&name), "tests/modules/{name}.py compares a program that is not in the story");
    }
    let compared: Mutex<Compared> = Mutex::default();
    let jobs = mechanisms.iter().map(|name| (compare_mechanism as Comparison, name));
    let jobs = jobs.chain(identities.iter().map(|name| (compare_identity as Comparison, name)));
    let queue = Mutex::new(jobs.flat_map(|job| [(job, 0), (job, 1)]));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(((compare, name), device)) = queue.lock().unwrap().next() else { break };
                    compare(name, device, &compared);
                }
            });
        }
    });
    let compared = compared.into_inner().unwrap();
    let table = compared.table(&mechanisms);
    println!("{table}");
    let place = root().join("tests/output");
    fs::create_dir_all(&place).unwrap();
    fs::write(place.join("modules.txt"), table).unwrap();

    let mut failures = compared.failures;
    for name in &mechanisms {
        let sources: Vec<&Source> = compared.errors.keys().filter(|(of, _)| of == name).map(|(_, source)| source).collect();
        if !sources.contains(&&Source::Recorded) || sources.len() < 2 {
            failures.push(format!("{name} is compared with too little: {sources:?}"));
        }
    }
    let modules = modules();
    assert!(!mechanisms.is_empty() && !modules.is_empty(), "there is nothing to compare");
    failures.extend(modules.difference(&compared.modules).map(|(checkpoint, path)| format!("no program computes {checkpoint} {path}")));
    assert!(failures.is_empty(), "{} comparisons failed:\n{}", failures.len(), failures.join("\n"));
}

impl Compared {
    fn fail(&mut self, name: &str, device: usize, sentence: &str) {
        self.failures.push(format!("{name} on {}: {sentence}", DEVICES[device]));
    }

    /// Keeps the error if it is the largest of its kind; an error that is no number is a failure.
    fn add(&mut self, name: &str, source: Source, device: usize, error: &str) {
        let Some(error) = error.parse().ok().filter(|error: &f64| error.is_finite()) else {
            return self.fail(name, device, &format!("{source} is off by {error}"));
        };
        let largest = &mut self.errors.entry((name.to_owned(), source)).or_default()[device];
        *largest = Some(largest.map_or(error, |known| known.max(error)));
    }

    /// Takes the lines that the comparisons of a program printed.
    fn read(&mut self, name: &str, device: usize, printed: &str) {
        let mut lines = 0;
        for line in printed.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (source, error) = match words[..] {
                ["module", checkpoint, path, error] => {
                    self.modules.insert((checkpoint.to_owned(), path.to_owned()));
                    (Source::Modules(checkpoint.to_owned()), error)
                }
                ["golden", _, error] => (Source::Goldens, error),
                _ => continue,
            };
            lines += 1;
            if error.parse().is_ok_and(|error: f64| error > BOUND) {
                self.fail(name, device, line);
            }
            self.add(name, source, device, error);
        }
        if lines == 0 {
            self.fail(name, device, "compared nothing");
        }
    }

    /// A line for each program and each source, in the order of the story.
    fn table(&self, mechanisms: &[String]) -> String {
        let mut table = format!("{:36} {:34} {:>8} {:>8}   largest error\n", "program", "compared with", DEVICES[0], DEVICES[1]);
        let shown = |error: &Option<f64>| match error {
            None => "-".to_owned(),
            Some(0.0) => "0".to_owned(),
            Some(error) => format!("{error:.1e}"),
        };
        for name in mechanisms {
            for ((_, source), [cpu, webgpu]) in self.errors.iter().filter(|((of, _), _)| of == name) {
                table += &format!("{name:36} {source:34} {:>8} {:>8}\n", shown(cpu), shown(webgpu));
            }
        }
        table + "Modules and golden values: relative to the largest number expected. Others: the difference itself, of recorded outputs as printed.\n"
    }
}

/// Runs a mechanism with its comparisons, if it has some: what it prints itself comes first.
fn compare_mechanism(name: &str, device: usize, compared: &Mutex<Compared>) {
    let program = read(&format!("www/programs/attention/{name}.py"));
    let comparisons = fs::read_to_string(root().join(format!("tests/modules/{name}.py"))).ok();
    let text = format!("{program}\nprint({MARK:?})\n{}", comparisons.as_deref().unwrap_or_default());
    let output = run(&text, DEVICES[device]);
    let mut compared = compared.lock().unwrap();
    match output.as_deref().map(|output| output.split_once(&format!("{MARK}\n"))) {
        Ok(Some((printed, comparing))) => {
            match largest_difference(name, DEVICES[device], printed) {
                Ok(error) => compared.add(name, Source::Recorded, device, &error),
                Err(sentence) => compared.fail(name, device, &sentence),
            }
            if comparisons.is_some() {
                compared.read(name, device, comparing);
            }
        }
        Ok(None) => compared.fail(name, device, "it ended before its comparisons"),
        Err(sentence) => compared.fail(name, device, sentence),
    }
}

/// Runs an identity, whose largest difference counts for both mechanisms that it names.
fn compare_identity(name: &str, device: usize, compared: &Mutex<Compared>) {
    let program = read(&format!("www/programs/identities/{name}.py"));
    let named = program.lines().find_map(|line| line.strip_prefix("# **Identity** ")?.split_once(" = "));
    let (one, other) = named.unwrap_or_else(|| panic!("{name} names no two mechanisms"));
    let output = run(&format!("{program}\nprint({MARK:?})\nprint(f'{{largest_difference:.1e}}')\n"), DEVICES[device]);
    let mut compared = compared.lock().unwrap();
    match output.as_deref().map(|output| output.split_once(&format!("{MARK}\n"))) {
        Ok(Some((_, error))) => {
            for mechanism in BTreeSet::from([one, other]) {
                compared.add(mechanism, Source::Identity(name.to_owned()), device, error.trim());
            }
        }
        Ok(None) => compared.fail(name, device, "it ended early"),
        Err(sentence) => compared.fail(name, device, sentence),
    }
}

/// What a program prints in the folder of checkpoints, or the last of what it complained of.
fn run(text: &str, device: &str) -> Result<String, String> {
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

/// The largest difference to the recorded output by the rule of `tests/compare.rs`, or what differs.
fn largest_difference(name: &str, device: &str, printed: &str) -> Result<String, String> {
    let folder = root().join(format!("tests/output/modules-{device}"));
    fs::create_dir_all(&folder).unwrap();
    let actual = folder.join(format!("{name}.out"));
    fs::write(&actual, printed).unwrap();
    let expected = root().join(format!("tests/programs/attention/{name}.out"));
    let output = Command::new(env!("CARGO_BIN_EXE_compare")).args([expected, actual]).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    said.trim().strip_prefix("largest difference ").map(str::to_owned).ok_or(said.trim().to_owned())
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

/// The mechanisms in the order of the story.
fn story() -> Vec<String> {
    let story = read("www/programs/story.json");
    let programs = story.split('"').filter_map(|text| text.strip_prefix("attention/")?.strip_suffix(".py"));
    programs.map(str::to_owned).collect()
}

fn stems(folder: &str) -> BTreeSet<String> {
    let files = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|e| e == "py")).map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
