//! The rules of the tree itself: what is absent, what mirrors what, and that README tells the truth.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// A file of more lines than this is two ideas, or is in this list with the reason why it is one.
const LONGEST_FILE: usize = 400;
const LONGER_FILES: [(&str, &str); 4] = [
    ("shaders/matmul.wgsl", "kernels of one operation for large products and for vectors, on two kinds of adapters, which share how cells are loaded"),
    ("shaders/scaled_dot_product_attention.wgsl", "kernels of one operation for two kinds of adapters, which share the masks and the places of cells"),
    ("www/src/texts-later.js", "a list of texts, none of which knows another"),
    ("www/src/texts.de.js", "a list of texts, none of which knows another"),
];

/// What knows the browser, and may be named in the boundaries to JavaScript alone.
const BROWSER: [&str; 5] = ["wasm_bindgen", "js_sys", "web_sys", "serde_wasm_bindgen", "console_error_panic_hook"];

#[test]
fn floors_know_only_what_is_below_them() {
    let allowed: [(&str, &[&str]); 8] = [
        ("json", &[]),
        ("tensor", &[]),
        ("tokenizer", &[]),
        ("python", &["checkpoint", "json", "tensor"]),
        ("checkpoint", &["json", "tensor"]),
        ("web", &["checkpoint", "json", "python", "tensor"]),
        ("cli", &["checkpoint", "json", "python", "tensor", "tokenizer"]),
        ("xtask", &[]),
    ];
    let floors: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
    for (name, below) in allowed {
        let manifest = read(&format!("crate/{name}/Cargo.toml"));
        for other in floors.iter().filter(|other| **other != name && !below.contains(other)) {
            let names_it = manifest.lines().any(|line| line.starts_with(&format!("{other}.")) || line.starts_with(&format!("{other} =")));
            assert!(!names_it, "crate/{name} may not depend on {other}");
        }
    }
}

#[test]
fn only_boundaries_name_the_browser() {
    for (path, code) in code_of("crate") {
        if ["crate/web/", "crate/tokenizer/", "crate/bindgen/"].iter().any(|boundary| path.starts_with(boundary)) {
            continue;
        }
        for name in BROWSER {
            assert!(!names(&code, name), "{path} names {name}");
        }
    }
}

#[test]
fn only_the_gpu_device_names_wgpu() {
    for (path, code) in code_of("crate") {
        let is_gpu = path.starts_with("crate/tensor/src/gpu");
        assert!(is_gpu || !names(&code, "wgpu"), "{path} names wgpu");
    }
}

#[test]
fn the_engine_does_not_know_the_language() {
    for (path, code) in code_of("crate/tensor/src") {
        assert!(!names(&code, "python"), "{path} names python");
    }
}

#[test]
fn every_shader_is_the_twin_of_an_operation() {
    let mut operations = stems("crate/tensor/src/ops", "rs");
    // Of several operations at a time: `gpu/fusion.rs`.
    operations.insert("fused".into());
    let alone: Vec<String> = stems("shaders", "wgsl").difference(&operations).cloned().collect();
    assert!(!operations.is_empty() && alone.is_empty(), "shaders without an operation of that stem: {alone:?}");
}

#[test]
fn shared_parts_are_the_same_wherever_shaders_repeat_them() {
    // WGSL has no import: a shader is complete, and repeats what it needs of shaders/shared word for word.
    let shaders: Vec<String> = here("shaders", "wgsl").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for part in here("shaders/shared", "wgsl") {
        let text = fs::read_to_string(&part).unwrap();
        let definition = text.lines().find(|line| line.starts_with("fn ") || line.starts_with("const ")).unwrap();
        for shader in shaders.iter().filter(|shader| shader.contains(definition)) {
            let first = shader.lines().next().unwrap_or_default();
            assert!(shader.contains(text.trim()), "{} is not word for word in the shader `{first}`", shown(&part));
        }
    }
}

#[test]
fn files_are_short_or_say_why_not() {
    let mut shared: Vec<String> = here("shaders/shared", "wgsl").iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    shared.sort_by_key(|part| std::cmp::Reverse(part.len()));
    let mut long = Vec::new();
    for (directory, extension) in [("crate", "rs"), ("crate", "py"), ("shaders", "wgsl"), ("tests", "rs"), ("tests/browser", "js"), ("tests/page", "js"), ("www", "js"), ("bench", "js"), ("bench", "rs")] {
        for path in files(directory, extension) {
            let mut text = fs::read_to_string(&path).unwrap();
            if extension == "wgsl" && !path.parent().unwrap().ends_with("shared") {
                shared.iter().for_each(|part| text = text.replacen(part.trim(), "", 1));
            }
            let lines = text.lines().count();
            let path = shown(&path);
            let is_listed = LONGER_FILES.iter().any(|(listed, _)| *listed == path);
            if (lines > LONGEST_FILE) != is_listed {
                long.push(format!("{path}: {lines} lines{}", if is_listed { ", listed without need" } else { "" }));
            }
        }
    }
    assert!(long.is_empty(), "over {LONGEST_FILE} lines without a reason in LONGER_FILES:\n{}", long.join("\n"));
}

#[test]
fn what_readme_names_is_there() {
    let readme = read("README.md");
    let mut seen = 0;
    let spans = readme.split('`').skip(1).step_by(2);
    let map = readme.lines().filter_map(|line| line.split_whitespace().next());
    let tops = ["crate/", "shaders/", "www/", "tests/", "bench/", ".ci/", ".cargo/"];
    for path in spans.chain(map).filter(|word| tops.iter().any(|top| word.starts_with(top))) {
        // NAME stands for any name in what README says about adding one.
        if path.contains("NAME") {
            continue;
        }
        assert!(root().join(path).exists(), "README.md names {path}, which is not there");
        seen += 1;
    }
    assert!(seen > 10, "README.md has no map");
    for (_, target) in readme.match_indices("](").map(|(at, _)| readme[at + 2..].split_at(0)) {
        let target = target.split(')').next().unwrap();
        assert!(target.contains("://") || target.starts_with('#') || root().join(target).exists(), "README.md links to {target}");
    }
}

/// Whether code names a crate: as a word of its own.
fn names(code: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        !code[..at].ends_with(is_part) && !code[at + name.len()..].starts_with(is_part)
    })
}

/// The names without extension of the files that lie in `directory` itself.
fn stems(directory: &str, extension: &str) -> BTreeSet<String> {
    here(directory, extension).iter().map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

/// The files with this extension in `directory` itself.
fn here(directory: &str, extension: &str) -> Vec<PathBuf> {
    let directory = root().join(directory);
    files(&shown(&directory), extension).into_iter().filter(|path| path.parent() == Some(&directory)).collect()
}

/// Every Rust file under `directory`, without what its comments say.
fn code_of(directory: &str) -> Vec<(String, String)> {
    let code = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
    };
    files(directory, "rs").iter().map(|path| (shown(path), code(path))).collect()
}

/// The files with this extension under `directory`, without what npm installs.
fn files(directory: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut directories = vec![root().join(directory)];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") && !path.ends_with("output") {
                directories.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
