//! `cargo xtask test`: every test there is, or one suite of them.
//!
//! A suite that cannot start counts as one failure, so that nothing passes by not running.

use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, Stdio};
use std::thread;

use crate::machine::{npm_packages, test_packages};
use crate::shell::{cargo, command, root, run, shown};
use crate::{Outcome, build, files, misuse, sizes};

#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
}

/// The suites in the order in which they run.
const SUITES: [&str; 4] = ["native", "build", "page", "browsers"];

/// All suites, or the one that `options` names.
pub fn command_line(options: &[&str]) -> Outcome {
    let suites = match options {
        [] => SUITES.as_slice(),
        [suite] if SUITES.contains(suite) => &[*suite],
        _ => return Ok(misuse(&format!("`test` takes nothing, or one of {}.", SUITES.join(", ")))),
    };
    test_packages()?;
    npm_packages("tests")?;
    let mut count = Count::default();
    for suite in suites {
        match *suite {
            // `web` is wasm alone and is tested in the browsers; `bindgen` is a tool without a test.
            "native" => {
                count.suite(&mut cargo(&NATIVE), cargo_count);
                show_modules();
            }
            "build" => count.single(build::site().and_then(|()| sizes::check(&root().join("dist")))),
            "page" => count.suite(&mut node("tests/page"), node_count),
            _ => count.browsers(),
        }
    }
    println!("\n{} passed, {} failed", count.passed, count.failed);
    Ok(if count.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How far every mechanism is from the modules of real models, as the native suite has just written it down.
fn show_modules() {
    if let Ok(table) = std::fs::read_to_string(root().join("tests/output/modules.txt")) {
        println!("\n{table}");
    }
}

const NATIVE: [&str; 7] = ["test", "--workspace", "--exclude", "web", "--exclude", "bindgen", "--no-fail-fast"];

/// Node's own runner over the test files of a directory, one file after the other: a browser fills a small machine.
/// The time is a whole file's: that of all programs in both browsers takes six minutes on two cores.
fn node(directory: &str) -> Command {
    let mut command = command("node", &["--test", "--test-reporter=spec", "--test-concurrency=1", "--test-timeout=1200000"]);
    let mut files: Vec<_> = std::fs::read_dir(root().join(directory))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".test.js"))
        .map(|name| format!("{directory}/{name}"))
        .collect();
    files.sort();
    command.args(files);
    command
}

impl Count {
    /// The browsers on the site as it was built, served as any host would.
    fn browsers(&mut self) {
        let address = files::listen(0).and_then(|listener| {
            let address = files::address(&listener)?;
            thread::spawn(move || files::serve(&listener, &root().join("dist")));
            // The rule that compares outputs is a program of this package.
            run(&mut cargo(&["build", "--quiet", "--package", "cli"]))?;
            Ok(address)
        });
        match address {
            Ok(address) => self.suite(node("tests/browser").env("PLAYGROUND", address), node_count),
            Err(sentence) => self.single(Err(sentence)),
        }
    }

    /// Runs a suite, shows what it prints, and adds what `read` finds in each line of it.
    fn suite(&mut self, command: &mut Command, read: fn(&str) -> Count) {
        println!("\n{}", shown(command));
        let mut child = match command.stdout(Stdio::piped()).spawn() {
            Ok(child) => child,
            Err(error) => return self.single(Err(format!("{} could not be started: {error}.", shown(command)))),
        };
        let before = (self.passed, self.failed);
        for line in child.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines()).map_while(Result::ok) {
            println!("{line}");
            let found = read(&line);
            self.passed += found.passed;
            self.failed += found.failed;
        }
        let succeeded = child.wait().is_ok_and(|status| status.success());
        if (self.passed, self.failed) == before {
            self.single(Err("the suite ran no test.".into()));
        } else if !succeeded && self.failed == before.1 {
            self.single(Err("the suite failed without naming a test.".into()));
        }
    }

    /// Counts what is one test.
    fn single(&mut self, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.passed += 1,
            Err(sentence) => {
                println!("FAILED: {sentence}");
                self.failed += 1;
            }
        }
    }
}

/// Reads `test result: ok. 12 passed; 0 failed; …`.
fn cargo_count(line: &str) -> Count {
    let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
        return Count::default();
    };
    let number = |unit: &str| {
        counts.split("; ").find_map(|part| part.strip_suffix(unit)?.trim().parse().ok()).unwrap_or_default()
    };
    Count { passed: number("passed"), failed: number("failed") }
}

/// Reads `ℹ pass 12`, `ℹ fail 0` and `ℹ cancelled 0`.
fn node_count(line: &str) -> Count {
    let number = |word: &str| {
        line.strip_prefix("ℹ ").and_then(|rest| rest.strip_prefix(word)?.trim().parse().ok()).unwrap_or_default()
    };
    Count { passed: number("pass "), failed: number("fail ") + number("cancelled ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_both_runners() {
        let counts = |count: Count| (count.passed, count.failed);
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.1s";
        assert_eq!(counts(cargo_count(line)), (12, 3));
        assert_eq!(counts(cargo_count("test ops::softmax ... ok")), (0, 0));
        assert_eq!(counts(node_count("ℹ pass 7")), (7, 0));
        assert_eq!(counts(node_count("ℹ fail 2")), (0, 2));
        assert_eq!(counts(node_count("ℹ tests 9")), (0, 0));
    }
}
