//! Packs the prelude for the module that a page loads: without the comments that stand alone, blank lines, and three of
//! every four spaces of indentation. Nobody sees its text: tracebacks name lines of programs alone.

use std::path::Path;
use std::{env, fs, io};

const PRELUDE: &str = "src/prelude";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={PRELUDE}");
    let out = env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?;
    pack(Path::new(PRELUDE), &Path::new(&out).join("prelude"))
}

fn pack(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_file() {
        return fs::write(to, packed(&fs::read_to_string(from)?));
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        pack(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Right for the prelude, where no string goes over several lines and blocks are indented by four.
fn packed(text: &str) -> String {
    let lines = text.lines().map(|line| (line.len() - line.trim_start().len(), line.trim()));
    let kept = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    kept.fold(String::new(), |packed, (indent, line)| packed + &" ".repeat(indent / 4) + line + "\n")
}
