//! `cargo xtask bench`: ours beside what a page would use instead, in one headless Chromium; `bench/README.md` says how.
//!
//! It needs packages and minutes that nobody else does, and is no part of the tests.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use crate::machine::{WASM, npm_packages, packages, wasm_cargo};
use crate::run::playground;
use crate::shell::{cargo, command, root, run, target};
use crate::{Outcome, build, files, misuse};

/// What the command line asks for.
#[derive(Default)]
struct Wanted<'a> {
    quick: bool,
    /// Rows whose names begin like this; all where there is none.
    rows: Vec<&'a str>,
    /// No browser: the shaders through Vulkan, beside what this GPU does at most.
    native: bool,
    /// Serve the page and wait, for another browser to open it.
    page: bool,
}

pub fn command_line(options: &[&str]) -> Outcome {
    let mut wanted = Wanted::default();
    let mut rest = options.iter();
    while let Some(&word) = rest.next() {
        match word {
            "--quick" => wanted.quick = true,
            "--native" => wanted.native = true,
            "--page" => wanted.page = true,
            "--row" => match rest.next() {
                Some(row) => wanted.rows.push(row),
                None => return Ok(misuse("`--row` needs the beginning of a row's name.")),
            },
            _ => return Ok(misuse(&format!("`bench` takes `--quick`, `--row NAME`, `--native` and `--page`, not `{word}`."))),
        }
    }
    if wanted.native {
        return native(wanted.quick);
    }
    build::site()?;
    npm_packages("bench")?;
    let site = target().join("bench");
    run(command("node", &["bench/build.js"]).arg(&site))?;
    candle(&site)?;
    let listener = files::listen(0)?;
    let address = files::address(&listener)?;
    if wanted.page {
        println!("The benchmark is at {address}bench.html (stop with Ctrl-C).");
        files::serve(&listener, &site);
        return Ok(ExitCode::SUCCESS);
    }
    packages(&["chromium"])?;
    npm_packages("tests")?;
    thread::spawn(move || files::serve(&listener, &site));
    let mut bench = command("node", &["bench/run.js", &address]);
    bench.arg(target().join("bench.json"));
    if wanted.quick {
        bench.arg("--quick");
    }
    for row in wanted.rows {
        bench.args(["--row", row]);
    }
    run(&mut bench).map(|()| ExitCode::SUCCESS)
}

/// Builds candle, the one rival that is a crate: a package of its own, which no other build sees.
fn candle(site: &Path) -> Result<(), String> {
    let folder = target().join("candle");
    let mut build = wasm_cargo(&["build", "--release", "--target", WASM, "--manifest-path", "bench/candle/Cargo.toml"])?;
    // These replace the flags of `.cargo/config.toml`; `bench/candle/Cargo.toml` says what the second is for.
    let flags = "-C target-feature=+simd128 --cfg getrandom_backend=\"wasm_js\"";
    run(build.arg("--target-dir").arg(&folder).env("RUSTFLAGS", flags))?;
    let built = folder.join(WASM).join("release/candle_bench.wasm");
    fs::copy(&built, site.join("rivals/candle.wasm")).map_err(|error| format!("{}: {error}.", built.display()))?;
    Ok(())
}

/// The layers, the width and the vocabulary of the decoders whose tokens are timed on a GPU: 1.1, 8.9 and 18 GB of weights.
const DECODERS: [[&str; 3]; 3] = [["16", "1024", "16384"], ["8", "4096", "16384"], ["4", "8192", "16384"]];
const QUICK_DECODER: [&str; 3] = ["4", "256", "2048"];

fn native(quick: bool) -> Outcome {
    let mut kernels = cargo(&["run", "--quiet", "--package", "tensor", "--features", "vulkan", "--example", "native", "--"]);
    if quick {
        kernels.arg("--quick");
    }
    run(&mut kernels)?;
    let program = ["--device", "webgpu", "--memory", "60000000000", "--modules", "www/programs/models", "bench/decode.py", "--"];
    let (smallest, larger) = if quick { (&QUICK_DECODER, &[][..]) } else { (&DECODERS[0], &DECODERS[1..]) };
    let ended = playground(&[&program[..], smallest].concat(), &root())?;
    for decoder in larger {
        // What a GPU has no memory for it says, and is no failure of the benchmark; those after it need more.
        if ended != ExitCode::SUCCESS || playground(&[&program[..], decoder].concat(), &root())? != ExitCode::SUCCESS {
            break;
        }
    }
    Ok(ended)
}
