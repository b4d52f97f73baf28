//! `cargo xtask run FILE.py [--device cpu|webgpu]`: one program, natively.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use crate::Outcome;
use crate::shell::{cargo, command, run, shown, target};

pub fn command_line(options: &[&str]) -> Outcome {
    // Started where the user is, since FILE.py is named from there.
    let here = std::env::current_dir().map_err(|error| error.to_string())?;
    playground(options, &here)
}

/// Builds the native runner and has it run a program from this folder.
pub fn playground<S: AsRef<OsStr>>(options: &[S], folder: &Path) -> Outcome {
    run(cargo(&["build", "--quiet", "--package", "cli"]).stdout(Stdio::null()))?;
    let mut program = command(target().join("debug/attention-playground"), &["run"]);
    program.args(options).current_dir(folder);
    let status = program.status().map_err(|error| format!("{} could not be started: {error}.", shown(&program)))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
