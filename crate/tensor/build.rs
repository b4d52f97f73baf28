//! Packs the shaders for the engine: without comments and indents, and what they share (`shaders/shared`) once.
//!
//! A shader is a whole file that any WGSL tool opens, so it repeats what it shares between two marks. The module that a
//! page loads should not: packed they are 18 KB gzipped where the files are 37.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shaders");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut code = String::new();
    for shared in shaders(&folder.join("shared"))? {
        code += &format!("static SHARED_{}: &str = {:?};\n", constant(&shared), packed(&fs::read_to_string(&shared)?));
    }
    for shader in shaders(&folder)? {
        let text = fs::read_to_string(&shader)?;
        code += &format!("pub static {}: &[&str] = &[{}];\n", constant(&shader), parts(&text).join(", "));
    }
    fs::write(Path::new(&env::var("OUT_DIR").unwrap_or_default()).join("shaders.rs"), code)
}

/// The WGSL files that lie in a folder itself.
fn shaders(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let files = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    files.filter(|file| file.as_ref().map_or(true, |file| file.extension().is_some_and(|found| found == "wgsl"))).collect()
}

/// `softmax.wgsl` as `SOFTMAX`.
fn constant(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().to_uppercase()).unwrap_or_default()
}

/// A shader's own text and the names of what it shares, in turn.
fn parts(text: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((own, shared)) = rest.split_once("// begin shared ") {
        let name = shared.lines().next().unwrap_or_default();
        parts.push(format!("{:?}", packed(own)));
        parts.push(format!("SHARED_{}", name.to_uppercase()));
        rest = shared.split_once(&format!("// end shared {name}")).map_or("", |(_, after)| after);
    }
    parts.push(format!("{:?}", packed(rest)));
    parts
}

/// WGSL has no strings: whatever follows two slashes is a comment.
fn packed(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).fold(String::new(), |packed, line| packed + line + "\n")
}
