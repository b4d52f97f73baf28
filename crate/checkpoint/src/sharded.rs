//! A checkpoint of one file, or of several with an index.

use std::collections::BTreeMap;

use json::{Event, Reader};
use tensor::{Engine, Tensor};

use crate::{Entry, File, Result, Source};

/// The file of a checkpoint that has one.
pub const WEIGHTS_NAME: &str = "model.safetensors";
/// The file that says which tensor is in which file.
pub const INDEX_NAME: &str = "model.safetensors.index.json";

/// The longest index that is read: the largest published ones have some ten megabytes.
const LONGEST_INDEX: u64 = 64 << 20;

/// The files of a folder, by their names.
pub trait Shards {
    type Source: Source;

    /// The file of this name, `None` if there is none.
    fn open(&self, name: &str) -> Result<Option<Self::Source>>;
}

/// The tensors of a checkpoint, wherever they are.
#[derive(Debug)]
pub struct Checkpoint<S> {
    files: Vec<File<S>>,
    /// The file of each tensor.
    places: BTreeMap<String, usize>,
}

impl<S: Source> Checkpoint<S> {
    /// Opens `model.safetensors`, or the files that `model.safetensors.index.json` names. Reads headers, and no tensor.
    ///
    /// # Errors
    /// A sentence that names the file, and what in it cannot be.
    pub fn open(folder: &impl Shards<Source = S>) -> Result<Checkpoint<S>> {
        if let Some(source) = folder.open(WEIGHTS_NAME)? {
            let file = File::open(source).map_err(|sentence| format!("{WEIGHTS_NAME}: {sentence}"))?;
            let places = file.entries().iter().map(|entry| (entry.name.clone(), 0)).collect();
            return Ok(Checkpoint { files: vec![file], places });
        }
        let Some(index) = folder.open(INDEX_NAME)? else {
            return Err(format!("there is neither {WEIGHTS_NAME} nor {INDEX_NAME}"));
        };
        let index = read_index(&index).map_err(|sentence| format!("{INDEX_NAME}: {sentence}"))?;
        let (mut files, mut numbers, mut places) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        for (tensor, name) in index {
            let number = match numbers.get(&name) {
                Some(&number) => number,
                None => {
                    let Some(source) = folder.open(&name)? else {
                        return Err(format!("{INDEX_NAME} places the tensor {tensor:?} in {name}, which is not there"));
                    };
                    files.push(File::open(source).map_err(|sentence| format!("{name}: {sentence}"))?);
                    numbers.insert(name.clone(), files.len() - 1);
                    files.len() - 1
                }
            };
            if files[number].entry(&tensor).is_none() {
                return Err(format!("{INDEX_NAME} places the tensor {tensor:?} in {name}, which does not hold it"));
            }
            places.insert(tensor, number);
        }
        Ok(Checkpoint { files, places })
    }

    /// The tensors in the order of their names.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.places.iter().filter_map(|(name, &number)| self.files[number].entry(name))
    }

    /// The tensor of this name on the engine's device, `None` if there is none.
    pub fn load(&self, engine: &Engine, name: &str) -> Option<tensor::Result<Tensor>> {
        let file = &self.files[*self.places.get(name)?];
        Some(file.load(engine, file.entry(name)?))
    }
}

/// The `weight_map` of an index: tensors and the names of their files.
fn read_index(source: &impl Source) -> Result<Vec<(String, String)>> {
    let length = source.length();
    if length > LONGEST_INDEX {
        return Err(format!("it has {length} bytes, more than any index needs"));
    }
    let mut bytes = vec![0; length as usize];
    source.read(0, &mut bytes)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "it is no UTF-8 text")?;
    let mut reader = Reader::new(text);
    let mut map = None;
    let mut next = || reader.next_event().map(|event| (event, reader.depth())).map_err(|error| format!("it is no JSON: {error}"));
    loop {
        match next()? {
            (None, _) => break,
            (Some(Event::Key(key)), 1) if key == "weight_map" => {
                let wrong = || "its weight_map must map tensors to the names of files".to_owned();
                let mut pairs = Vec::new();
                let (Some(Event::ObjectStart), _) = next()? else { return Err(wrong()) };
                while let (Some(Event::Key(tensor)), _) = next()? {
                    let (Some(Event::String(file)), _) = next()? else { return Err(wrong()) };
                    if file.contains(['/', '\\']) || file.starts_with('.') {
                        return Err(format!("it places the tensor {tensor:?} in {file:?}, which is no name of a file beside it"));
                    }
                    pairs.push((tensor.into_owned(), file.into_owned()));
                }
                map = Some(pairs);
            }
            (Some(_), _) => {}
        }
    }
    map.ok_or_else(|| "it has no weight_map".into())
}
