//! Packs the shaders for the engine: without comments and indents, and what they share (`shaders/shared`) once.
//!
//! A shader is a whole file that any WGSL tool opens, so it repeats what it shares between two marks. The text that a
//! page loads should not: packed they are 24 KB gzipped where the files are 51. And it is loaded later, as the library
//! is, since the first tensors come from the CPU.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shaders");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut text = Text::default();
    for shared in shaders(&folder.join("shared"))? {
        let place = text.add(&packed(&fs::read_to_string(&shared)?));
        text.shared.insert(stem(&shared), place);
    }
    let mut code = String::new();
    for shader in shaders(&folder)? {
        let places = text.places(&fs::read_to_string(&shader)?);
        code += &format!("pub const {}: Shader = Shader(&{places:?});\n", stem(&shader).to_uppercase());
    }
    let out = PathBuf::from(env::var("OUT_DIR").unwrap_or_default());
    // The mark by which the tool that splits the module finds the text, and the one at which it ends, are not part of it.
    // A pointer to the end of other data, with which a loop over that ends, is no pointer to this.
    fs::write(out.join("shaders.txt"), " ".repeat(64) + MARK + &text.packed + "\u{3}")?;
    fs::write(out.join("shaders.rs"), code)
}

const MARK: &str = "\u{2}late text\n";

/// All shaders in one text.
#[derive(Default)]
struct Text {
    packed: String,
    /// Where in it lies what several repeat, by name.
    shared: BTreeMap<String, (usize, usize)>,
}

impl Text {
    /// Where a part begins and ends, counted from the mark.
    fn add(&mut self, part: &str) -> (usize, usize) {
        let start = MARK.len() + self.packed.len();
        self.packed += part;
        (start, start + part.len())
    }

    /// The parts of a shader, its own and those that it shares, in turn.
    fn places(&mut self, shader: &str) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        let mut rest = shader;
        while let Some((own, shared)) = rest.split_once("// begin shared ") {
            let name = shared.lines().next().unwrap_or_default();
            places.push(self.add(&packed(own)));
            places.extend(self.shared.get(name));
            rest = shared.split_once(&format!("// end shared {name}")).map_or("", |(_, after)| after);
        }
        places.push(self.add(&packed(rest)));
        places
    }
}

/// The WGSL files that lie in a folder itself.
fn shaders(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let files = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    files.filter(|file| file.as_ref().map_or(true, |file| file.extension().is_some_and(|found| found == "wgsl"))).collect()
}

/// The name of a file without its folder and ending.
fn stem(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

/// WGSL has no strings: whatever follows two slashes is a comment.
fn packed(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).fold(String::new(), |packed, line| packed + line + "\n")
}
