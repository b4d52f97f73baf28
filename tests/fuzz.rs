//! Foreign bytes: every reader is given inputs that are nearly right, and answers with a value or a sentence, in time
//! and within its memory.
//!
//! Each test reads for a minute at most, always the same inputs. For longer, or from another one on:
//! `FUZZ_SECONDS=900 FUZZ_SEED=100000 cargo test -p cli --test fuzz`; for so many inputs, however long they take:
//! `FUZZ_INPUTS=10000`. What a page reads in JavaScript is in `tests/page/fuzz.test.js`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "fuzz/mutation.rs"]
mod mutation;
#[path = "fuzz/watch.rs"]
mod watch;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{Duration, Instant};

use checkpoint::{File, Source, gguf::Gguf};
use mutation::Random;
use python::files::{FileError, Files, parts};
use python::{Limits, Progress, Session};
use tensor::Engine;
use tokenizer::Pipeline;
use watch::{Budget, files, watch};

#[global_allocator]
static MEMORY: watch::Counting = watch::Counting;

const MB: usize = 1 << 20;

/// A run may hold as many bytes of values, and as many of tensors.
const RUN_BYTES: usize = 64 * MB;
const RUN_SECONDS: f64 = 2.0;

/// The run's own limits, three times: growing a list holds the old one beside the new, and what the trace keeps and the
/// program's text are not the program's. And time for a machine that does something else as well.
const RUN: Budget = Budget { inputs: 2000, time: Duration::from_secs(20), bytes: 3 * 2 * RUN_BYTES, may_panic: false };

/// A file may be at most as large in memory as it says, which is never more than it has bytes; a few copies of that.
const FILE: Budget = Budget { inputs: 8000, time: Duration::from_secs(10), bytes: 16 * MB, may_panic: false };

/// Hugging Face's library may panic: in a page `www/src/tokenizer` then starts another.
const LIBRARY: Budget = Budget { inputs: 8000, time: Duration::from_secs(10), bytes: 64 * MB, may_panic: true };

#[test]
fn programs() {
    let seeds = texts(&[("tests/programs", ".py"), ("www/programs/attention", ".py"), ("www/programs/identities", ".py")]);
    let check = fs::read_to_string(watch::root().join("tests/programs/conformance/attn-multihead-split.py")).unwrap();
    let mut session = session();
    let expected = run(&mut session, &check, BTreeMap::new(), 600.0);
    let mut runs = 0;
    watch(
        "program.py",
        &RUN,
        |number| mutation::text(&mut Random::new(number), &seeds).into_bytes(),
        |input| {
            run(&mut session, &String::from_utf8_lossy(input), BTreeMap::new(), RUN_SECONDS);
            // Whatever the programs were, one after them runs as if they had not been.
            runs += 1;
            if runs % 20 == 0 {
                assert_eq!(run(&mut session, &check, BTreeMap::new(), 600.0), expected);
            }
        },
    );
}

/// What such programs have broken: each is now an error in its second line.
#[test]
fn what_once_broke() {
    let programs = [
        ("import torch\nx = torch.nn.functional.dropout(torch.ones(1).expand(3 * 10**9))\n", "not enough memory"),
    ];
    let mut session = session();
    for (program, message) in programs {
        run(&mut session, program, BTreeMap::new(), 600.0);
        let failure = session.failure().unwrap_or_else(|| panic!("it ended in a result: {program}"));
        assert_eq!(failure.line, 2, "{failure:?}");
        assert!(failure.message.contains(message), "{failure:?}");
    }
}

/// Programs of the conformance suite in which something was changed: each ends in a result or in an error with a place,
/// and after each a check program prints what it printed before.
#[test]
fn conformance() {
    let seeds = texts(&[("tests/programs/conformance", ".py")]);
    let check = fs::read_to_string(watch::root().join("tests/programs/conformance/attn-multihead-split.py")).unwrap();
    let mut session = session();
    let expected = run(&mut session, &check, BTreeMap::new(), 600.0);
    assert_eq!(expected.1, None);
    let mut ends: BTreeMap<String, usize> = BTreeMap::new();
    watch(
        "conformance.py",
        &Budget { inputs: 500, ..RUN },
        |number| mutation::text(&mut Random::new(number), &seeds).into_bytes(),
        |input| {
            run(&mut session, &String::from_utf8_lossy(input), BTreeMap::new(), RUN_SECONDS);
            let end = session.failure().map_or("a result", |failure| {
                assert!(failure.line >= 1 && failure.column >= 1, "an error without a place: {failure:?}");
                assert!(!failure.type_name.is_empty(), "an error without a type: {failure:?}");
                &failure.type_name
            });
            *ends.entry(end.into()).or_default() += 1;
            assert_eq!(run(&mut session, &check, BTreeMap::new(), 600.0), expected);
        },
    );
    println!("they ended in {ends:?}");
}

#[test]
fn safetensors() {
    let seeds = contents(&[("tests/checkpoints", ".safetensors")], 1 << 20);
    watch(
        "model.safetensors",
        &FILE,
        |number| mutation::bytes(&mut Random::new(number), &seeds),
        |input| {
            let engine = engine(8 * MB);
            let Ok(file) = File::open(Rc::new(input.to_vec())) else { return };
            for entry in file.entries() {
                let _ = file.load(&engine, entry).map(|tensor| engine.values(&tensor));
            }
        },
    );
}

#[test]
fn gguf_files() {
    let seeds = contents(&[("tests/gguf", ".gguf")], 1 << 20);
    watch(
        "model.gguf",
        &FILE,
        |number| mutation::bytes(&mut Random::new(number), &seeds),
        |input| {
            let Ok(folder) = Gguf::open(Rc::new(input.to_vec())) else { return };
            for name in ["config.json", "tokenizer.json", "model.safetensors", "other"] {
                let Ok(Some(source)) = folder.source(name) else { continue };
                let _ = python::files::read(&*source, 4 * MB);
                let _ = File::open(source);
            }
        },
    );
}

/// A checkpoint whose configuration is another one than its weights are of, up to its first logits.
#[test]
fn configurations() {
    let folders = ["llama", "gemma3", "gpt_oss", "deepseek_v3", "qwen3_next", "deepseek_v4"].map(|name| {
        let folder = watch::root().join("tests/checkpoints").join(name);
        let file = |name: &str| fs::read(folder.join(name)).unwrap();
        (file("config.json"), Rc::new(file("model.safetensors")))
    });
    let mut given = BTreeMap::new();
    for path in files("www/programs/models", ".py", MB as u64) {
        given.insert(path.file_name().unwrap().to_string_lossy().into_owned(), Rc::new(fs::read(&path).unwrap()));
    }
    let program = "\
from checkpoint import open_checkpoint
import torch
program, config, weights = open_checkpoint('.')
logits, _ = program.forward(weights, config, torch.tensor([[1, 2, 3]]))
";
    let mut session = session();
    let seeds: Vec<Vec<u8>> = folders.iter().map(|(config, _)| config.clone()).collect();
    watch(
        "config.json",
        &RUN,
        |number| {
            let own = number as usize % seeds.len();
            mutation::bytes(&mut Random::new(number), &seeds[own..=own])
        },
        |input| {
            // The weights of the architecture that the configuration still speaks of.
            let text = String::from_utf8_lossy(input);
            let (_, weights) = folders.iter().find(|(config, _)| model_type(&String::from_utf8_lossy(config)) == model_type(&text)).unwrap_or(&folders[0]);
            let mut files = given.clone();
            files.insert("config.json".into(), Rc::new(input.to_vec()));
            files.insert("model.safetensors".into(), weights.clone());
            run(&mut session, program, files, RUN_SECONDS);
        },
    );
}

fn model_type(config: &str) -> Option<&str> {
    config.split_once("\"model_type\"")?.1.split('"').nth(1)
}

#[test]
fn tokenizers() {
    let is_tokenizer = |path: &PathBuf| !path.to_string_lossy().ends_with(".texts.json");
    let seeds: Vec<Vec<u8>> = files("tests/tokenizers", ".json", 64 << 10).into_iter().filter(is_tokenizer).map(|path| fs::read(path).unwrap()).collect();
    watch(
        "tokenizer.json",
        &LIBRARY,
        |number| mutation::bytes(&mut Random::new(number), &seeds),
        |input| {
            let Ok(pipeline) = Pipeline::from_json(input) else { return };
            let Ok(ids) = pipeline.encode("To be, or not to be:\n  naïve 🙂 123", true) else { return };
            let _ = pipeline.decode(&ids, false);
        },
    );
}

fn texts(folders: &[(&str, &str)]) -> Vec<String> {
    contents(folders, 1 << 20).into_iter().map(|bytes| String::from_utf8(bytes).unwrap()).collect()
}

fn contents(folders: &[(&str, &str)], largest: u64) -> Vec<Vec<u8>> {
    folders.iter().flat_map(|(folder, ending)| files(folder, ending, largest)).map(|path| fs::read(path).unwrap()).collect()
}

fn engine(bytes: usize) -> Rc<Engine> {
    let engine = Rc::new(Engine::cpu());
    engine.memory().set_limit(bytes as u64);
    engine
}

fn session() -> Session {
    let started = Instant::now();
    Session::new(engine(RUN_BYTES), Rc::new(move || started.elapsed().as_secs_f64() * 1000.0))
}

/// Runs a program to its end; what it printed, and how it failed.
fn run(session: &mut Session, program: &str, files: BTreeMap<String, Rc<Vec<u8>>>, seconds: f64) -> (String, Option<String>) {
    session.give(Rc::new(Given(files)));
    let limits = Limits { steps: 3_000_000, seconds, bytes: RUN_BYTES, output_bytes: MB, trace_steps: 5000, trace_bytes: RUN_BYTES as u64 / 2 };
    session.start(program, limits);
    let mut output = String::new();
    while !matches!(session.advance(10_000), Progress::Finished) {
        output += &session.take_output();
    }
    output += &session.take_output();
    (output, session.failure().map(|failure| failure.message.clone()))
}

/// Files in memory, as a page has them.
struct Given(BTreeMap<String, Rc<Vec<u8>>>);

impl Files for Given {
    fn source(&self, path: &str) -> Result<Rc<dyn Source>, FileError> {
        let content = self.0.get(&parts("", path)?.join("/")).ok_or(FileError::NotFound)?;
        Ok(content.clone())
    }

    fn module(&self, name: &str) -> Result<Rc<dyn Source>, FileError> {
        self.source(&format!("{name}.py"))
    }
}
