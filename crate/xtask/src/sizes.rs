//! The table of bytes, and the limits that fail the build.
//!
//! A reader of an article pays for every byte before the first tensor is drawn; this is where that is kept small.
//! Where a goal is not reached yet, the limit keeps what was reached from growing. Lower it with every gain.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

const KB: usize = 1024;

/// What a part of the site may weigh, gzipped.
struct Budget {
    goal: usize,
    limit: usize,
}

/// The engine alone, in both its parts.
const ENGINE: Budget = Budget { goal: 350 * KB, limit: 776 * KB };
/// The part of the engine that the page begins with.
const FIRST_PART: Budget = Budget { goal: 350 * KB, limit: 350 * KB };
/// The shaders, and what few programs need of Python's and PyTorch's library: `crate/python/src/prelude/late`.
const TEXTS: Budget = Budget { goal: 100 * KB, limit: 149 * KB };
/// The tokenizer, which is loaded when a checkpoint brings one.
const TOKENIZER: Budget = Budget { goal: 600 * KB, limit: 625 * KB };
/// Everything loaded before the first tensor is drawn: all of the site but what is loaded on demand, and one program,
/// the largest.
const FIRST_TENSOR: Budget = Budget { goal: 600 * KB, limit: 436 * KB };

/// The engine's parts again, for browsers without relaxed SIMD. A page loads the ones or the others, and they are as long.
const UNLESS_RELAXED: [&str; 2] = ["engine/attention_playground_bg.wasm", "later/engine.wasm"];

/// The forms of the playground beside the page: for pages of others, for frames, for a disk, for npm.
const FOR_OTHERS: [&str; 10] = [
    "attention-playground.js",
    "attention-playground.d.ts",
    "attention-playground.html",
    "embed.html",
    "embed.js",
    "frame-height.js",
    "package.json",
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
];

/// What the page loads later or never: what lies in `later/` once the first tensors are drawn (`tests/browser/page.test.js`
/// watches when), weights and a tokenizer when a model is opened, configurations when costs are asked for, source maps by a
/// developer's tools, the service worker once all is drawn, what is for other browsers, and what is `FOR_OTHERS`.
fn is_on_demand(path: &str) -> bool {
    let is_later = ["later/", "models/", "configs/", "examples/"].iter().any(|folder| path.starts_with(folder));
    let is_worker = path == "service-worker.js";
    is_later || is_worker || is_tokenizer(path) || path.ends_with(".map") || is_program(path) || UNLESS_RELAXED.contains(&path) || FOR_OTHERS.contains(&path)
}

fn is_tokenizer(path: &str) -> bool {
    path.starts_with("tokenizer/")
}

/// A reader opens one program at a time.
fn is_program(path: &str) -> bool {
    path.starts_with("programs/") && path.ends_with(".py")
}

struct File {
    path: String,
    raw: usize,
    gzipped: usize,
}

/// Prints the size of every file of the site; an error when a part is over its limit.
pub fn check(site: &Path) -> Result<(), String> {
    let mut files = Vec::new();
    collect(site, site, &mut files).map_err(|error| format!("{}: {error}.", site.display()))?;
    files.sort_by(|a, b| b.gzipped.cmp(&a.gzipped).then(a.path.cmp(&b.path)));

    println!("{:<44}{:>12}{:>12}", "file", "bytes", "gzipped");
    for file in &files {
        println!("{:<44}{:>12}{:>12}", file.path, file.raw, file.gzipped);
    }
    let total = |chosen: &dyn Fn(&File) -> bool| -> usize {
        files.iter().filter(|file| chosen(file)).map(|file| file.gzipped).sum()
    };
    let is_engine = |file: &File| file.path.ends_with(".wasm") && !is_tokenizer(&file.path) && !UNLESS_RELAXED.contains(&file.path.as_str());
    let program = files.iter().filter(|file| is_program(&file.path)).map(|file| file.gzipped).max().unwrap_or(0);
    let totals = [
        ("engine (wasm)", total(&is_engine), ENGINE),
        ("engine before the first tensor", total(&|file| is_engine(file) && !is_on_demand(&file.path)), FIRST_PART),
        ("texts, later", total(&|file| file.path == "later/texts.txt"), TEXTS),
        ("before the first tensor", program + total(&|file| !is_on_demand(&file.path)), FIRST_TENSOR),
        ("tokenizer, on demand", total(&|file| is_tokenizer(&file.path) && !file.path.ends_with(".map")), TOKENIZER),
    ];
    let mut over = Vec::new();
    for (what, bytes, budget) in totals {
        let Budget { goal, limit } = budget;
        let line = format!("{what}: {:.1} KB gzipped; goal {} KB, limit {} KB", bytes as f64 / KB as f64, goal / KB, limit / KB);
        println!("{line}");
        if bytes > limit {
            over.push(line);
        }
    }
    if over.is_empty() { Ok(()) } else { Err(format!("over the limit: {}.", over.join("; "))) }
}

fn collect(site: &Path, directory: &Path, files: &mut Vec<File>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(site, &path, files)?;
            continue;
        }
        let content = fs::read(&path)?;
        let path = path.strip_prefix(site).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        files.push(File { path, raw: content.len(), gzipped: gzipped(&content)? });
    }
    Ok(())
}

fn gzipped(content: &[u8]) -> std::io::Result<usize> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?.len())
}
