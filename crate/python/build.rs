//! Packs the prelude for the module that a page loads: without the comments that stand alone, blank lines, and three of
//! every four spaces of indentation. Nobody sees its text: tracebacks name lines of programs alone.
//!
//! What lies in `late/` becomes one text and a table of what each of its files defines: see `src/prelude.rs`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const PRELUDE: &str = "src/prelude";
const LATE: &str = "late";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={PRELUDE}");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or(io::ErrorKind::NotFound)?;
    pack(Path::new(PRELUDE), &out.join("prelude"))?;
    let (text, table) = late(&Path::new(PRELUDE).join(LATE))?;
    fs::write(out.join("late.txt"), text)?;
    fs::write(out.join("late.rs"), table)
}

fn pack(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_file() {
        return fs::write(to, packed(&fs::read_to_string(from)?));
    }
    fs::create_dir_all(to)?;
    for entry in entries(from)?.into_iter().filter(|entry| !entry.ends_with(LATE)) {
        pack(&entry, &to.join(entry.file_name().unwrap_or_default()))?;
    }
    Ok(())
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    Ok(entries)
}

/// Right for the prelude, where no string goes over several lines and blocks are indented by four.
fn packed(text: &str) -> String {
    let lines = text.lines().map(|line| (line.len() - line.trim_start().len(), line.trim()));
    let kept = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    kept.fold(String::new(), |packed, (indent, line)| packed + &" ".repeat(indent / 4) + line + "\n")
}

/// The text of the late files between two marks, by which the tool that splits the module finds it, and the table, whose
/// places count from the first mark.
fn late(folder: &Path) -> io::Result<(String, String)> {
    let (mut text, mut table) = ("\u{2}late text\n".to_owned(), "&[\n".to_owned());
    for entry in entries(folder)? {
        let of_namespace = entry.is_dir();
        for file in if of_namespace { entries(&entry)? } else { vec![entry.clone()] } {
            let stem = |path: &Path| path.with_extension("").file_name().unwrap_or_default().to_string_lossy().into_owned();
            let namespace = if of_namespace { entry.file_name().unwrap_or_default().to_string_lossy().into_owned() } else { String::new() };
            let name = if of_namespace { format!("{namespace}/{}", stem(&file)) } else { stem(&file) };
            let source = packed(&fs::read_to_string(&file)?);
            let names = if of_namespace { names(&source, &namespace) } else { BTreeMap::new() };
            let (start, end) = (text.len(), text.len() + source.len());
            let _ = writeln!(table, "Late {{ name: {name:?}, namespace: {namespace:?}, start: {start}, end: {end}, defines: &{:?} }},", names.into_iter().collect::<Vec<_>>());
            text += &source;
        }
    }
    // A pointer to the end of other data, with which a loop over that ends, is no pointer to this.
    Ok((" ".repeat(64) + &text + "\u{3}", table + "]"))
}

/// By namespace, the names that a file defines at its top level: functions, classes, and what it assigns to, in its own
/// namespace or as `torch.name`. What `_method` or `_function` decorates is torch's as well (`src/prelude/torch.functional.py`).
fn names(source: &str, namespace: &str) -> BTreeMap<String, String> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut add = |target: &str| {
        let (module, name) = target.rsplit_once('.').unwrap_or((namespace, target));
        let is_name = |text: &str| !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
        if is_name(name) && name != "__name__" {
            let known = names.entry(module.to_owned()).or_default();
            *known += if known.is_empty() { "" } else { " " };
            *known += name;
        }
    };
    let mut is_of_torch = false;
    for line in source.lines().filter(|line| !line.starts_with(' ')) {
        if let Some(rest) = line.strip_prefix("def ").or(line.strip_prefix("class ")) {
            let name = rest.split(['(', ':']).next().unwrap_or_default();
            add(name);
            if is_of_torch {
                add(&format!("torch.{name}"));
            }
        } else if let Some((targets, _)) = line.rsplit_once(" = ") {
            targets.split(" = ").flat_map(|part| part.split(", ")).for_each(&mut add);
        }
        is_of_torch = ["@_method", "@_function"].contains(&line);
    }
    names
}
