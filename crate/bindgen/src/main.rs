//! `bindgen INPUT.wasm DIRECTORY NAME` writes the JavaScript side of a wasm module.
//!
//! It is `wasm-bindgen`'s command line as a library, so that nothing has to be installed and its version
//! is the one that `Cargo.lock` gives to `wasm-bindgen` itself; the two refuse to work together otherwise.
//! It is a crate of its own because it takes a minute to build, and `cargo xtask --help` should not.

use std::env::args;
use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let [input, directory, name] = &args().skip(1).collect::<Vec<_>>()[..] else {
        eprintln!("usage: bindgen INPUT.wasm DIRECTORY NAME");
        return ExitCode::from(2);
    };
    let written = Bindgen::new()
        .input_path(input)
        .out_name(name)
        .web(true)
        .and_then(|bindgen| bindgen.typescript(false).omit_default_module_path(false).generate(directory));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("wasm-bindgen: {error:#}");
            ExitCode::FAILURE
        }
    }
}
