//! `cargo xtask COMMAND`: everything one does with this repository.
//!
//! Each command is a file of its name. What they share: `shell` runs programs, `machine` installs what a fresh
//! machine lacks, `files` is the web server, `sizes` the table of bytes.

use std::env::args;
use std::process::ExitCode;

mod bench;
mod build;
mod check_model;
mod cost;
mod files;
mod machine;
mod run;
mod serve;
mod shell;
mod sizes;
mod test;

const HELP: &str = "\
Attention Playground: the commands.

  cargo xtask serve [--port N]     build the playground and serve it on localhost
  cargo xtask test [SUITE]         run every test: native CPU, native GPU, wasm, Chromium, Firefox;
                                   or one SUITE of them: native, build, page, browsers
  cargo xtask build                write the static site to dist/ and check its size
  cargo xtask run FILE.py [--device cpu|webgpu] [--files DIR]
                                   run one program natively and print what it prints; it may read the files in DIR
  cargo xtask check-model DIR [--device cpu|webgpu]
                                   run a checkpoint's architecture on DIR/config.json and DIR/model.safetensors (or the
                                   files of its index), and compare with DIR/expected.safetensors: the largest
                                   differences, decoding with the cache, the greedy tokens, the bytes of the cache
  cargo xtask cost CONFIG.json --context N [--dtype f32|f16|bf16|int8]
                                   count what a model of this configuration costs with N tokens, and print it as JSON:
                                   parameters, active_parameters, kv_cache_bytes, kv_cache_bytes_per_token, state_bytes,
                                   prefill_flops, decode_flops, prefill_bytes, decode_bytes
  cargo xtask bench [--quick] [--row NAME]... [--page | --native]
                                   measure ours beside ONNX Runtime Web, TensorFlow.js, jax-js and others in headless
                                   Chromium, print the ratios and write target/bench.json; `--quick` ends within
                                   5 minutes, `--row` measures those rows whose names begin like NAME, `--page` serves
                                   bench.html for a browser of your own, `--native` measures the shaders through Vulkan as
                                   parts of what the GPU does at most
  cargo xtask --help               this text

A fresh machine needs Rust (rustup.rs) and Node 20. What else a command needs, it installs:
the wasm target by rustup, or where rustup cannot reach its server by Debian's packages;
the npm packages that package-lock.json pins; for `test` also chromium, firefox-esr and a
software GPU (mesa-vulkan-drivers) by apt-get, for `bench` chromium alone.

Exit status: 0 when all went well, 1 when something failed, 2 when the command was not understood.
";

/// What a command comes to: the process' exit status, or a sentence about what stopped it.
type Outcome = Result<ExitCode, String>;

fn main() -> ExitCode {
    let words: Vec<String> = args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["serve", options @ ..] => serve::command_line(options),
        ["test", options @ ..] => test::command_line(options),
        ["bench", options @ ..] => bench::command_line(options),
        ["build"] => build::command_line(),
        ["check-model", options @ ..] => check_model::command_line(options),
        ["cost", options @ ..] => cost::command_line(options),
        ["run", options @ ..] => run::command_line(options),
        ["--help" | "-h" | "help"] => {
            print!("{HELP}");
            Ok(ExitCode::SUCCESS)
        }
        _ => Ok(misuse(&format!("`cargo xtask {}` is not a command.", words.join(" ")))),
    };
    outcome.unwrap_or_else(|sentence| {
        eprintln!("error: {sentence}");
        ExitCode::FAILURE
    })
}

/// Says what was wrong with the command line, and how it should look.
fn misuse(sentence: &str) -> ExitCode {
    eprintln!("error: {sentence}\n\n{HELP}");
    ExitCode::from(2)
}
