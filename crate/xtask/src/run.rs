//! `cargo xtask run FILE.py [--device cpu|webgpu]`: one program, natively.

use std::process::{ExitCode, Stdio};

use crate::shell::{cargo, run, shown, target};
use crate::Outcome;

pub fn command_line(options: &[&str]) -> Outcome {
    run(cargo(&["build", "--quiet", "--package", "cli"]).stdout(Stdio::null()))?;
    // Started where the user is, since FILE.py is named from there.
    let mut program = std::process::Command::new(target().join("debug/attention-playground"));
    program.arg("run").args(options);
    let status = program.status().map_err(|error| format!("{} could not be started: {error}.", shown(&program)))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
