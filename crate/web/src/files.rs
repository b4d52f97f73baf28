//! What a program in the page may read: the files that it was given, as blobs, and modules, as texts.
//!
//! A blob stays where the browser has it, on a disk or in its own memory: of a checkpoint of several gigabytes only the
//! slice on its way to the device is in the module's.

use std::cell::Cell;
use std::rc::Rc;

use checkpoint::Source;
use js_sys::{Function, Object, Reflect, Uint8Array};
use python::files::{FileError, Files, Ggufs, Tokenizer, parts};
use wasm_bindgen::prelude::*;
use web_sys::{Blob, FileReaderSync};

/// The files of one run; see `RunOptions` in engine.d.ts.
pub struct Given {
    /// Blobs by path.
    pub files: JsValue,
    /// Sources by module.
    pub modules: JsValue,
    /// Modules whose lines are no part of the trace.
    pub untraced: Vec<String>,
    /// A function that opens tokenizers, from the content of a `tokenizer.json`; or a sentence, why there is none.
    pub tokenizers: JsValue,
    pub arguments: Vec<String>,
    /// How many bytes of the files were read so far.
    pub read: Rc<Cell<f64>>,
    pub ggufs: Ggufs,
}

impl Given {
    fn blob(&self, path: &str) -> Result<Rc<dyn Source>, FileError> {
        let blob: Blob = own(&self.files, path).and_then(|value| value.dyn_into().ok()).ok_or(FileError::NotFound)?;
        Ok(Rc::new(BlobSource { blob, read: self.read.clone() }))
    }
}

impl Files for Given {
    fn arguments(&self) -> &[String] {
        &self.arguments
    }

    fn source(&self, path: &str) -> Result<Rc<dyn Source>, FileError> {
        let path = parts("", path)?.join("/");
        match self.blob(&path) {
            Err(FileError::NotFound) => self.ggufs.source(&path, |file| self.blob(file)),
            found => found,
        }
    }

    fn module(&self, name: &str) -> Result<Rc<dyn Source>, FileError> {
        let source = own(&self.modules, name).and_then(|value| value.as_string()).ok_or(FileError::NotFound)?;
        Ok(Rc::new(source.into_bytes()))
    }

    fn is_traced(&self, module: &str) -> bool {
        !self.untraced.iter().any(|name| name == module)
    }

    fn tokenizer(&self, json: &[u8]) -> Result<Rc<dyn Tokenizer>, String> {
        match self.tokenizers.dyn_ref::<Function>() {
            None => Err(self.tokenizers.as_string().unwrap_or_default()),
            Some(open) => {
                let opened = open.call1(&JsValue::NULL, &Uint8Array::from(json)).map_err(sentence)?;
                Ok(Rc::new(Foreign(opened.unchecked_into())))
            }
        }
    }
}

#[wasm_bindgen]
extern "C" {
    /// A tokenizer of the module `tokenizer`, which the worker loads when there is a file for it.
    type ForeignTokenizer;
    #[wasm_bindgen(method, catch)]
    fn encode(this: &ForeignTokenizer, text: &str, special: bool) -> Result<Vec<u32>, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn decode(this: &ForeignTokenizer, ids: &[u32], skip_special: bool) -> Result<String, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn token(this: &ForeignTokenizer, id: u32) -> Result<Option<String>, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn id(this: &ForeignTokenizer, token: &str) -> Result<Option<u32>, JsValue>;
    #[wasm_bindgen(method, catch, js_name = vocabularySize)]
    fn vocabulary_size(this: &ForeignTokenizer) -> Result<usize, JsValue>;
}

struct Foreign(ForeignTokenizer);

impl Tokenizer for Foreign {
    fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, String> {
        self.0.encode(text, special).map_err(sentence)
    }

    fn decode(&self, ids: &[u32], skip_special: bool) -> Result<String, String> {
        self.0.decode(ids, skip_special).map_err(sentence)
    }

    fn token(&self, id: u32) -> Option<String> {
        self.0.token(id).ok().flatten()
    }

    fn id(&self, token: &str) -> Option<u32> {
        self.0.id(token).ok().flatten()
    }

    fn vocabulary_size(&self) -> usize {
        self.0.vocabulary_size().unwrap_or(0)
    }
}

/// What an error of JavaScript says.
fn sentence(error: JsValue) -> String {
    let message = Reflect::get(&error, &"message".into()).ok().and_then(|message| message.as_string());
    message.unwrap_or_else(|| "the tokenizer failed".into())
}

/// The property that an object has itself: not one that every object has.
fn own(object: &JsValue, name: &str) -> Option<JsValue> {
    let object: &Object = object.dyn_ref()?;
    let name = JsValue::from(name);
    if Object::has_own(object, &name) { Reflect::get(object, &name).ok() } else { None }
}

struct BlobSource {
    blob: Blob,
    read: Rc<Cell<f64>>,
}

impl Source for BlobSource {
    fn length(&self) -> u64 {
        self.blob.size() as u64
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        // A worker may wait for a file; a page may not, and has no such reader.
        let unreadable = |_| "the browser can no longer read the file: it was changed or moved since it was opened".to_owned();
        let end = offset + into.len() as u64;
        let slice = self.blob.slice_with_f64_and_f64(offset as f64, end as f64).map_err(unreadable)?;
        let buffer = FileReaderSync::new().and_then(|reader| reader.read_as_array_buffer(&slice)).map_err(unreadable)?;
        let bytes = Uint8Array::new(&buffer);
        if bytes.length() as usize != into.len() {
            return Err("the file ends before these bytes".into());
        }
        bytes.copy_to(into);
        self.read.set(self.read.get() + into.len() as f64);
        Ok(())
    }
}
