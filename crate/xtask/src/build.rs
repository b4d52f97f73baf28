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

/// A crate that becomes a wasm module of the site.
struct Module {
    package: &'static str,
    /// The stem of its files.
    name: &'static str,
    /// Where its worker imports it from, in `dist/`.
    folder: &'static str,
}

const MODULES: [Module; 2] = [
    Module { package: "web", name: "attention_playground", folder: "engine" },
    Module { package: "tokenizer", name: "attention_playground_tokenizer", folder: "tokenizer" },
];

/// Builds everything that the page needs into `dist/`.
pub fn site() -> Result<(), String> {
    npm_packages("www")?;
    MODULES.iter().try_for_each(wasm)?;
    run(&mut command("node", &["www/build.js", "--out", "dist"]))
}

/// Builds a module. Each has a cargo of its own, since packages that are built together share the features of what
/// they depend on, and the engine would carry the tokenizer's.
fn wasm(Module { package, name, folder }: &Module) -> Result<(), String> {
    run(&mut wasm_cargo(&["build", "--package", package, "--profile", "web", "--target", WASM])?)?;
    let built = target().join(WASM).join("web");
    let compiled = built.join(format!("{package}.wasm"));
    let folder = root().join("dist").join(folder);
    let optimized = folder.join(format!("{name}_bg.wasm"));
    if is_newer(&optimized, &compiled) {
        return Ok(());
    }
    let bound = built.join("bindgen");
    let paths = [&compiled, &bound].map(|path| path.to_string_lossy().into_owned());
    run(&mut cargo(&["run", "--quiet", "--package", "bindgen", "--", &paths[0], &paths[1], name]))?;
    let script = format!("{name}.js");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    fs::copy(bound.join(&script), folder.join(&script)).map_err(|error| error.to_string())?;
    // Functions of one module stand together, where gzip sees what they share: 3 % less. wasm-opt strips the names last,
    // since wasm-bindgen reads them and the list of wasm features too.
    let passes = ["-Oz", "--reorder-functions-by-name", "--strip-debug", "--strip-producers"];
    run(command("node", &[&["www/node_modules/binaryen/bin/wasm-opt"], &passes[..]].concat())
        .arg(bound.join(format!("{name}_bg.wasm")))
        .arg("-o")
        .arg(&optimized))
}

fn is_newer(made: &Path, source: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    modified(made).zip(modified(source)).is_some_and(|(made, source)| made >= source)
}
