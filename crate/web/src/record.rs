//! The records that cross to JavaScript. `www/src/engine/engine.d.ts` says what their fields mean.

use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Options {
    pub device: Device,
    #[serde(default)]
    pub limits: Limits,
    /// Blobs by path, or undefined.
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    pub files: JsValue,
    /// Sources by module, or undefined.
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    pub modules: JsValue,
    /// A function that opens tokenizers, or a sentence.
    #[serde(default, with = "serde_wasm_bindgen::preserve")]
    pub tokenizers: JsValue,
    #[serde(default)]
    pub untraced: Vec<String>,
    #[serde(default)]
    pub arguments: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Device {
    Cpu,
    WebGpu,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Limits {
    pub steps: Option<f64>,
    pub seconds: Option<f64>,
    pub bytes: Option<f64>,
    pub trace: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub ok: bool,
    pub stdout: String,
    pub error: Option<Error>,
    pub device: Device,
    /// An array of `Step`.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub steps: JsValue,
    pub dropped: usize,
    pub milliseconds: f64,
    /// Why the GPU was lost during the run, if it was: then the rest means nothing.
    pub device_lost: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Error {
    #[serde(rename = "type")]
    pub type_name: String,
    pub message: String,
    pub file: String,
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
    pub traceback: Vec<TracebackEntry>,
}

#[derive(Serialize)]
pub struct TracebackEntry {
    pub file: String,
    pub function: String,
    pub line: u32,
}

#[derive(Serialize)]
pub struct Step<'a> {
    pub file: &'a str,
    pub line: u32,
    pub function: &'a str,
    pub call: u32,
    pub depth: u32,
    pub loops: Vec<Loop>,
    pub names: Vec<Name>,
    pub output: usize,
    pub flops: f64,
    pub bytes: f64,
}

#[derive(Serialize)]
pub struct Loop {
    pub line: u32,
    pub iteration: u32,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Name {
    pub name: String,
    pub kind: Kind,
    pub id: Option<u32>,
    /// Of a value that is no tensor: its Python type.
    pub dtype: String,
    pub shape: Vec<usize>,
    pub device: &'static str,
    pub grad_fn: &'static str,
    pub text: String,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Tensor,
    #[default]
    Value,
    Dropped,
}

#[derive(Serialize)]
pub struct Provenance {
    pub id: u32,
    pub index: Vec<usize>,
    pub value: Option<f64>,
    pub steps: Vec<ProvenanceStep>,
}

#[derive(Serialize)]
pub struct ProvenanceStep {
    pub operation: &'static str,
    pub output: ProvenanceCell,
    pub inputs: Vec<ProvenanceCells>,
    pub text: String,
}

#[derive(Serialize)]
pub struct ProvenanceCell {
    pub id: u32,
    pub index: Vec<usize>,
    pub name: Option<String>,
    pub value: Option<f64>,
}

#[derive(Serialize)]
pub struct ProvenanceCells {
    pub id: u32,
    pub name: Option<String>,
    pub shape: Vec<usize>,
    pub cells: Vec<Vec<usize>>,
    pub values: Vec<f64>,
    /// How many further cells there are.
    pub more: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    pub name: &'static str,
    pub summary: &'static str,
    pub tolerance: Tolerance,
}

#[derive(Serialize)]
pub struct Tolerance {
    pub absolute: f64,
    pub relative: f64,
    pub reason: &'static str,
}

impl Operation {
    pub fn of(description: &tensor::ops::Description) -> Operation {
        let tensor::ops::Tolerance { absolute, relative, reason } = description.tolerance;
        Operation {
            name: description.name,
            summary: description.summary,
            tolerance: Tolerance { absolute, relative, reason },
        }
    }
}

impl From<&python::Failure> for Error {
    fn from(failure: &python::Failure) -> Error {
        let entry = |entry: &python::TracebackEntry| TracebackEntry {
            file: entry.file.to_string(),
            function: entry.function.clone(),
            line: entry.line,
        };
        Error {
            type_name: failure.type_name.clone(),
            message: failure.message.clone(),
            file: failure.file.to_string(),
            line: failure.line,
            column: failure.column,
            end_line: failure.end_line,
            end_column: failure.end_column,
            traceback: failure.traceback.iter().map(entry).collect(),
        }
    }
}
