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
    run(&mut command("node", &["www/build.js"]))
}

/// Builds the engine into `www/src/engine/wasm/`, where the worker imports it from.
fn engine() -> Result<(), String> {
    run(&mut wasm_cargo(&["build", "--package", "web", "--profile", "web", "--target", WASM])?)?;
    let compiled = target().join(WASM).join("web/web.wasm");
    let module = root().join("www/src/engine/wasm");
    let optimized = module.join("engine_bg.wasm");
    if is_newer(&optimized, &compiled) {
        return Ok(());
    }
    let unoptimized = target().join(WASM).join("web/bindgen");
    let paths = [&compiled, &unoptimized].map(|path| path.to_string_lossy().into_owned());
    run(&mut cargo(&["run", "--quiet", "--package", "bindgen", "--", &paths[0], &paths[1], "engine"]))?;
    fs::create_dir_all(&module).map_err(|error| error.to_string())?;
    fs::copy(unoptimized.join("engine.js"), module.join("engine.js")).map_err(|error| error.to_string())?;
    // wasm-opt strips the names last: wasm-bindgen reads them, and the list of wasm features too.
    let input = unoptimized.join("engine_bg.wasm");
    run(command("node", &["www/node_modules/binaryen/bin/wasm-opt", "-Oz", "--strip-debug", "--strip-producers"])
        .args([&input, Path::new("-o"), &optimized]))
}

fn is_newer(made: &Path, source: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|data| data.modified()).ok();
    modified(made).zip(modified(source)).is_some_and(|(made, source)| made >= source)
}
