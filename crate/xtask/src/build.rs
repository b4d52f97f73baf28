//! `cargo xtask build`: the static site in `dist/`, from nothing.
//!
//! Rust to wasm (cargo), wasm to a module with its JavaScript (wasm-bindgen), smaller (wasm-opt), and the page
//! around it (`www/build.js`). Each step is skipped where its input did not change.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::Outcome;
use crate::machine::{WASM, npm_packages, wasm_cargo};
use crate::shell::{cargo, command, root, run, target};
use crate::sizes;

pub fn command_line() -> Outcome {
    site()?;
    sizes::check(&root().join("dist"))?;
    Ok(ExitCode::SUCCESS)
}

/// A crate that becomes a wasm module of the site.
struct Module {
    package: &'static str,
    /// The stem of its files.
    name: &'static str,
    /// Where its worker imports it from, in `dist/`.
    folder: &'static str,
    /// How it is compiled.
    flags: &'static [&'static str],
    /// What is made of it besides, if it is split in two.
    parts: Option<Parts>,
}

struct Parts {
    /// What a page begins with where the browser has relaxed SIMD, in `folder`.
    relaxed: &'static str,
    /// What a page loads later: functions, where the browser has relaxed SIMD and where it has not, and the text of what few
    /// programs need of Python's and PyTorch's library.
    relaxed_rest: &'static str,
    rest: &'static str,
    text: &'static str,
}

const MODULES: [Module; 2] = [
    Module { package: "web", name: "attention_playground", folder: "engine", flags: &[NO_PLACES, INLINE, HOT, NOTES], parts: Some(Parts { relaxed: "attention_playground_relaxed.wasm", relaxed_rest: "later/engine_relaxed.wasm", rest: "later/engine.wasm", text: "later/texts.txt" }) },
    Module { package: "tokenizer", name: "attention_playground_tokenizer", folder: "tokenizer", flags: &[NO_PLACES], parts: None },
];

/// Leaves out of panics where in the source they are: a panic says what was wrong, and a native build says where.
const NO_PLACES: &str = "-Zlocation-detail=none";

/// How much code LLVM copies into a caller, instead of 5 for a module that is small first and 225 for one that is fast: a
/// program runs a sixth faster, in 1 KB more (`bench/README.md`). Kernels that need more say so by `#[inline]`.
const INLINE: &str = "-Cllvm-args=-inline-threshold=30";

/// Functions that most instructions of a program pass through are small second, by an attribute that is unstable as well: a
/// program runs 1.04 times as fast, in 1 KB more before the first tensor and 1 behind it.
const HOT: &str = "--cfg=hot";

/// The linker says where it put what, so that data can be split as functions are (`crate/bindgen/src/data.rs`).
const NOTES: &str = "-Clink-arg=--emit-relocs";

/// What a module is divided by: the tool, and what it watches.
const MAKERS: [&str; 4] = ["crate/bindgen/src", WATCHER, "www/unreal-gpu.js", WATCHED];
const WATCHER: &str = "www/profile.js";
const WATCHED: &str = "www/programs/attention";

/// Builds everything that the page needs into `dist/`.
pub fn site() -> Result<(), String> {
    npm_packages("www")?;
    MODULES.iter().try_for_each(wasm)?;
    run(command("node", &["www/build.js", "--out", "dist", "--whole"]).arg(undivided()))
}

/// The engine in one part, without relaxed SIMD, for a page that has all its files in itself.
fn undivided() -> PathBuf {
    target().join(WASM).join("web/bindgen/undivided.wasm")
}

/// Builds a module. Each has a cargo of its own, since packages that are built together share the features of what
/// they depend on, and the engine would carry the tokenizer's.
fn wasm(Module { package, name, folder, flags, parts }: &Module) -> Result<(), String> {
    let flags = format!("target.{WASM}.rustflags={flags:?}");
    let words = ["build", "--package", package, "--profile", "web", "--target", WASM, "--config", &flags];
    // Stable Rust has the option of `NO_PLACES`, and the attribute of `HOT`, as unstable ones.
    run(wasm_cargo(&words)?.env("RUSTC_BOOTSTRAP", "1"))?;
    let built = target().join(WASM).join("web");
    let compiled = built.join(format!("{package}.wasm"));
    let folder = root().join("dist").join(folder);
    let optimized = folder.join(format!("{name}_bg.wasm"));
    // What is done with a module may have changed as well.
    let mut sources = vec![compiled.clone(), env::current_exe().map_err(|error| error.to_string())?];
    sources.extend(MAKERS.iter().flat_map(|path| files(&root().join(path))));
    if sources.iter().all(|source| is_newer(&optimized, source)) {
        return Ok(());
    }
    let bound = built.join("bindgen");
    bindgen(&[], &[&compiled, &bound, Path::new(name)])?;
    let script = format!("{name}.js");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    fs::copy(bound.join(&script), folder.join(&script)).map_err(|error| error.to_string())?;
    let bound_wasm = bound.join(format!("{name}_bg.wasm"));
    let Some(parts) = parts else { return packed(&bound_wasm, &optimized) };
    // A function that one other calls stays a function: the one may be needed first, the other later.
    let whole = bound.join(format!("{name}_whole.wasm"));
    wasm_opt(&["-Oz", "--one-caller-inline-max-function-size=50", "--debuginfo"], &bound_wasm, &whole)?;
    let [relaxed_rest, rest, text] = [parts.relaxed_rest, parts.rest, parts.text].map(|path| root().join("dist").join(path));
    let [first, late] = ["first", "rest"].map(|part| bound.join(format!("{name}_{part}.wasm")));
    fs::create_dir_all(rest.parent().unwrap_or(&rest)).map_err(|error| error.to_string())?;
    split([&whole, &compiled], &folder.join(&script), [&first, &late, &text])?;
    let parts = [(whole, bound.join("undivided_relaxed.wasm"), undivided()), (late, relaxed_rest, rest), (first, folder.join(parts.relaxed), optimized)];
    for (part, relaxed, plain) in parts {
        packed(&part, &relaxed)?;
        bindgen(&["plain"], &[&relaxed, &plain])?;
    }
    Ok(())
}

/// Splits a module into what the programs of the page need for their tensors, and the rest: `crate/bindgen/src/split.rs`.
/// That they do without the rest, and compute the same, is watched as well.
fn split([whole, linked]: [&Path; 2], script: &Path, [first, rest, text]: [&Path; 3]) -> Result<(), String> {
    let [counted, ran, plain, ran_alone] = ["counted.wasm", "ran", "first_plain.wasm", "ran_alone"].map(|name| whole.with_file_name(name));
    let watch = |module: &Path, out: &Path| {
        run(command("node", &[WATCHER]).args([script, module, out]).arg(WATCHED))?;
        fs::read_to_string(out).map_err(|error| error.to_string())
    };
    bindgen(&["count"], &[whole, &counted])?;
    let seen = watch(&counted, &ran)?;
    bindgen(&["split"], &[whole, linked, &ran, script, first, rest, text])?;
    // Node 20 knows no relaxed SIMD as it became the standard.
    bindgen(&["plain"], &[first, &plain])?;
    let seen_alone = watch(&plain, &ran_alone)?;
    if seen.lines().nth(1) == seen_alone.lines().nth(1) { Ok(()) } else { Err("the programs compute something else without the engine's second part.".to_owned()) }
}

/// The tool that reads and writes wasm modules.
fn bindgen(words: &[&str], paths: &[&Path]) -> Result<(), String> {
    run(cargo(&[&["run", "--quiet", "--package", "bindgen", "--"], words].concat()).args(paths))
}

/// `-Oz` is smaller only before it is gzipped. The names go now, since wasm-bindgen and what splits a module read them, and
/// the list of wasm features too; what gzip sees depends on the order of the functions (`crate/bindgen/src/order.rs`).
fn packed(from: &Path, to: &Path) -> Result<(), String> {
    let small = from.with_extension("small.wasm");
    wasm_opt(&["-Os", "--strip-debug", "--strip-producers"], from, &small)?;
    bindgen(&["order"], &[&small, to])
}

/// The first kilobyte of memory is the end of the stack, where nothing is unless it is about to overflow: so that a
/// constant that is added to an address can become a part of the instruction that reads there.
fn wasm_opt(passes: &[&str], from: &Path, to: &Path) -> Result<(), String> {
    let words = [&["www/node_modules/binaryen/bin/wasm-opt", "--low-memory-unused"], passes].concat();
    run(command("node", &words).arg(from).arg("-o").arg(to))
}

fn is_newer(made: &Path, source: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    modified(made).zip(modified(source)).is_some_and(|(made, source)| made >= source)
}

/// A file itself, or those of a folder.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return vec![path.to_owned()] };
    entries.flatten().map(|entry| entry.path()).collect()
}
