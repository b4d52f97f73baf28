//! `cargo xtask build`: the static site in `dist/`, from nothing.
//!
//! Rust to wasm (cargo), wasm to a module with its JavaScript (wasm-bindgen), smaller (wasm-opt), and the page
//! around it (`www/build.js`). Each step is skipped where its input did not change.

use std::fs;
use std::path::Path;
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

/// Builds everything that the page needs into `dist/`.
pub fn site() -> Result<(), String> {
    npm_packages("www")?;
    engine()?;
    run(&mut command("node", &["www/build.js", "--out", "dist"]))
}

/// Builds the engine into `dist/engine/`, where the worker imports it from.
fn engine() -> Result<(), String> {
    run(&mut wasm_cargo(&["build", "--package", "web", "--profile", "web", "--target", WASM])?)?;
    let compiled = target().join(WASM).join("web/web.wasm");
    let engine = root().join("dist/engine");
    let optimized = engine.join("attention_playground_bg.wasm");
    if is_newer(&optimized, &compiled) {
        return Ok(());
    }
    let bound = target().join(WASM).join("web/bindgen");
    let paths = [&compiled, &bound].map(|path| path.to_string_lossy().into_owned());
    let words = ["run", "--quiet", "--package", "bindgen", "--", &paths[0], &paths[1], "attention_playground"];
    run(&mut cargo(&words))?;
    fs::create_dir_all(&engine).map_err(|error| error.to_string())?;
    fs::copy(bound.join("attention_playground.js"), engine.join("attention_playground.js"))
        .map_err(|error| error.to_string())?;
    // Functions of one module stand together, where gzip sees what they share: 3 % less. wasm-opt strips the names last,
    // since wasm-bindgen reads them and the list of wasm features too.
    let passes = ["-Oz", "--reorder-functions-by-name", "--strip-debug", "--strip-producers"];
    run(command("node", &[&["www/node_modules/binaryen/bin/wasm-opt"], &passes[..]].concat())
        .arg(bound.join("attention_playground_bg.wasm"))
        .arg("-o")
        .arg(&optimized))
}

fn is_newer(made: &Path, source: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    modified(made).zip(modified(source)).is_some_and(|(made, source)| made >= source)
}
