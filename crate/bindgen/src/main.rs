//! `bindgen INPUT.wasm DIRECTORY NAME` writes the JavaScript side of a wasm module.
//!
//! It is `wasm-bindgen`'s command line as a library, so that nothing has to be installed and its version
//! is the one that `Cargo.lock` gives to `wasm-bindgen` itself; the two refuse to work together otherwise.
//! It is a crate of its own because it takes a minute to build, and `cargo xtask --help` should not.
//!
//! `bindgen count` and `bindgen split` make two modules of one: see `places.rs` and `split.rs`. `bindgen plain` makes one without relaxed
//! SIMD: see `plain.rs`. `bindgen order` makes one that gzip makes smaller: see `order.rs`.

mod copy;
mod data;
mod live;
mod order;
mod outline;
mod places;
mod plain;
mod split;

use std::env::args;
use std::error::Error;
use std::fs;
use std::process::ExitCode;

use walrus::{Module, ModuleConfig};
use wasm_bindgen_cli_support::Bindgen;

const USAGE: &str = "\
usage: bindgen INPUT.wasm DIRECTORY NAME
       bindgen count INPUT.wasm COUNTED.wasm
       bindgen split INPUT.wasm LINKED.wasm RAN SCRIPT.js FIRST.wasm REST.wasm TEXT
       bindgen order INPUT.wasm ORDERED.wasm
       bindgen plain INPUT.wasm PLAIN.wasm";

fn main() -> ExitCode {
    let words: Vec<String> = args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let written = match words[..] {
        ["count", input, counted] => count(input, counted),
        ["split", input, linked, ran, script, first, rest, text] => split([input, linked], ran, script, [first, rest, text]),
        ["order", input, made] => order(input, made),
        ["plain", input, made] => plain(input, made),
        [input, directory, name] => bind(input, directory, name),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bindgen: {error}");
            ExitCode::FAILURE
        }
    }
}

type Outcome<T> = Result<T, Box<dyn Error>>;

fn parsed(wasm: &[u8]) -> Outcome<Module> {
    let mut config = ModuleConfig::new();
    config.generate_name_section(true).generate_producers_section(false);
    Ok(config.parse(wasm)?)
}

fn bind(input: &str, directory: &str, name: &str) -> Outcome<()> {
    // The linker's notes (`data.rs`) are of this module, not of what is made of it.
    let mut module = ModuleConfig::new().strict_validate(false).parse(&fs::read(input)?)?;
    for notes in ["linking", "reloc.CODE", "reloc.DATA"] {
        module.customs.remove_raw(notes);
    }
    let mut bindgen = Bindgen::new();
    // Names as the linker has them say of each function which it is.
    bindgen.input_module(name, module).web(true)?.typescript(false).demangle(false);
    Ok(bindgen.omit_default_module_path(false).generate(directory)?)
}

fn count(input: &str, counted: &str) -> Outcome<()> {
    // Node 20, which runs it, knows another relaxed SIMD than the one that became the standard.
    Ok(fs::write(counted, plain::plain(&places::count(&fs::read(input)?)?)?)?)
}

fn order(input: &str, made: &str) -> Outcome<()> {
    Ok(fs::write(made, order::order(&fs::read(input)?)?)?)
}

fn plain(input: &str, made: &str) -> Outcome<()> {
    Ok(fs::write(made, plain::plain(&fs::read(input)?)?)?)
}

/// Also makes the script that wasm-bindgen wrote hand on what the first part calls for the rest, and work on memory that
/// several threads share (`www/src/engine/team.js`): that grows without a sign at the arrays before, and neither decoder nor
/// encoder takes it.
fn split([input, linked]: [&str; 2], ran: &str, script: &str, made: [&str; 3]) -> Outcome<()> {
    let ran: Vec<bool> = fs::read_to_string(ran)?.lines().next().unwrap_or_default().chars().map(|mark| mark == '1').collect();
    for (path, part) in made.iter().zip(split::split(&fs::read(input)?, &fs::read(linked)?, &ran)?) {
        fs::write(path, part)?;
    }
    let load = split::LOAD;
    let edits = [
        ("const import0 = {", &*format!("const import0 = {{ {load}: () => globalThis.{load}(),")),
        (".byteLength === 0", ".buffer !== wasm.memory.buffer"),
        ("cachedTextDecoder.decode(bytes)", "cachedTextDecoder.decode(bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice())"),
        ("if (!('encodeInto' in cachedTextEncoder))", "if (!('encodeInto' in cachedTextEncoder) || globalThis.crossOriginIsolated)"),
    ];
    let mut written = fs::read_to_string(script)?;
    for (before, after) in edits {
        if !written.contains(before) {
            return Err(format!("{script} has no `{before}`, which becomes `{after}`").into());
        }
        written = written.replace(before, after);
    }
    Ok(fs::write(script, written)?)
}
