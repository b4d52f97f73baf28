//! What is counted against what is published, and against what the engine counts of its own operations.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use pollster::block_on;
use python::trace::BoundValue;
use python::{Limits, Progress, Session};
use tensor::Engine;

/// `tests/costs/check.py` is the comparison and says where it differs.
#[test]
fn counts_are_those_that_are_published() {
    let modules = ["www/programs", "www/programs/models", "tests/checkpoints"];
    let output = Command::new(env!("CARGO_BIN_EXE_attention-playground"))
        .args(["run", "--files", "."])
        .args(modules.iter().flat_map(|folder| ["--modules", folder]))
        .arg("tests/costs/check.py")
        .current_dir(root())
        .output()
        .unwrap();
    println!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The fused operation keeps nothing but reads its inputs and writes its output: that is the least of which the programs speak.
/// Of the last token's query and the cache, whole, shared by a group of heads, and cut to a window.
#[test]
fn fused_attention_moves_the_bytes_that_programs_count() {
    for name in ["multi-head-attention", "grouped-query-attention", "sliding-window-attention"] {
        let program = read_to_string(root().join(format!("www/programs/attention/{name}.py"))).unwrap();
        let decoding = "fused = F.scaled_dot_product_attention(new_q, cache['keys'], cache['values'], enable_gqa=True)";
        let counting = "of_formula = {what: value for what, counted, formula, value in costs}['bytes moved']";
        let session = run(&format!("{program}\n{counting}\n{decoding}\n"));
        let steps = &session.trace().steps;
        let bound = |wanted: &str| steps.iter().flat_map(|step| step.names.iter().map(move |bound| (step, bound))).rfind(|(_, bound)| &*bound.name == wanted);
        let (Some((_, of_formula)), Some((step, _))) = (bound("of_formula"), bound("fused")) else { panic!("{name}: the trace is cut off") };
        let BoundValue::Text { text, .. } = &of_formula.value else { panic!("{name}: bytes moved is no number") };
        assert_eq!(step.cost.bytes.to_string(), *text, "{name}");
    }
}

/// A program on the CPU, run to its end.
fn run(program: &str) -> Session {
    let mut session = Session::new(Rc::new(Engine::cpu()), Rc::new(|| 0.0));
    session.start(program, Limits::default());
    loop {
        match session.advance(100_000) {
            Progress::Running => {}
            Progress::Pending(tensors) => {
                for tensor in &tensors {
                    block_on(session.engine().read(tensor)).unwrap();
                }
            }
            Progress::Finished => break,
        }
    }
    assert!(session.failure().is_none(), "{:?}", session.failure());
    session
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
