//! `cargo xtask serve`: builds the playground and serves it to this machine.

use std::process::ExitCode;

use crate::shell::root;
use crate::{Outcome, build, files, misuse};

/// Asked for first, so that the address stays the same from day to day.
const PORT: u16 = 8080;

pub fn command_line(options: &[&str]) -> Outcome {
    let port = match options {
        [] => PORT,
        ["--port", port] => match port.parse() {
            Ok(port) => port,
            Err(_) => return Ok(misuse(&format!("`{port}` is not a port: it is a number from 0 to 65535."))),
        },
        _ => return Ok(misuse("`serve` takes `--port N` and nothing else.")),
    };
    build::site()?;
    let listener = files::listen(port)?;
    println!("The playground is at {} (stop with Ctrl-C).", files::address(&listener)?);
    files::serve(&listener, &root().join("dist"));
    Ok(ExitCode::SUCCESS)
}
