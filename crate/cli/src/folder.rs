//! The files of a run, natively: a folder that the program may read, and the modules beside the program.

use std::cell::RefCell;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use checkpoint::Source;
use python::files::{FileError, Files, Ggufs, Tokenizer, parts};
use tokenizer::Pipeline;

use crate::request::Request;

/// What a run may read.
pub struct Folder {
    /// What the program opens; nothing if there is no folder.
    files: Option<Root>,
    /// Where in it the program's paths begin.
    from: String,
    /// Where what the program imports is looked for, in this order.
    modules: Vec<Root>,
    program_name: String,
    arguments: Vec<String>,
    ggufs: Ggufs,
}

impl Folder {
    /// # Errors
    /// A sentence about a folder that is none.
    pub fn new(request: &Request, modules: &[&Path], program_name: &str) -> Result<Folder, String> {
        Ok(Folder {
            files: request.files.as_deref().map(Root::new).transpose()?,
            from: request.from.clone(),
            modules: modules.iter().map(|path| Root::new(path)).collect::<Result<_, _>>()?,
            program_name: program_name.to_owned(),
            arguments: request.arguments.clone(),
            ggufs: Ggufs::default(),
        })
    }

    fn file(&self, path: &str) -> Result<PathBuf, FileError> {
        self.files.as_ref().ok_or(FileError::NotFound)?.file(&self.from, path)
    }
}

impl Files for Folder {
    fn program_name(&self) -> &str {
        &self.program_name
    }

    fn arguments(&self) -> &[String] {
        &self.arguments
    }

    fn source(&self, path: &str) -> Result<Rc<dyn Source>, FileError> {
        match self.file(path) {
            Err(FileError::NotFound) => self.ggufs.source(path, |file| DiskFile::open(&self.file(file)?)),
            file => DiskFile::open(&file?),
        }
    }

    fn module(&self, name: &str) -> Result<Rc<dyn Source>, FileError> {
        let file = format!("{name}.py");
        let found = self.modules.iter().find_map(|root| root.file("", &file).ok()).ok_or(FileError::NotFound)?;
        DiskFile::open(&found)
    }

    fn tokenizer(&self, json: &[u8]) -> Result<Rc<dyn Tokenizer>, String> {
        Ok(Rc::new(Described(Pipeline::from_json(json)?)))
    }
}

/// What a `tokenizer.json` describes.
struct Described(Pipeline);

impl Tokenizer for Described {
    fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, String> {
        self.0.encode(text, special)
    }

    fn decode(&self, ids: &[u32], skip_special: bool) -> Result<String, String> {
        self.0.decode(ids, skip_special)
    }

    fn token(&self, id: u32) -> Option<String> {
        self.0.token(id)
    }

    fn id(&self, token: &str) -> Option<u32> {
        self.0.id(token)
    }

    fn vocabulary_size(&self) -> usize {
        self.0.vocabulary_size()
    }
}

/// A folder out of which no path leads, not by links either.
struct Root(PathBuf);

impl Root {
    fn new(path: &Path) -> Result<Root, String> {
        let root = path.canonicalize().map_err(|error| format!("{}: {error}", path.display()))?;
        if root.is_dir() { Ok(Root(root)) } else { Err(format!("{} is no folder", path.display())) }
    }

    fn file(&self, from: &str, path: &str) -> Result<PathBuf, FileError> {
        let mut file = self.0.clone();
        file.extend(parts(from, path)?);
        let file = file.canonicalize().map_err(broken)?;
        if !file.starts_with(&self.0) {
            return Err(FileError::Outside);
        }
        if file.is_dir() {
            return Err(FileError::IsDirectory);
        }
        // A pipe or a device could keep the program waiting for ever.
        if file.is_file() { Ok(file) } else { Err(FileError::Outside) }
    }
}

fn broken(error: std::io::Error) -> FileError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => FileError::NotFound,
        _ => FileError::Broken(error.to_string()),
    }
}

/// A file of which parts are read as they are asked for.
struct DiskFile {
    file: RefCell<File>,
    length: u64,
}

impl DiskFile {
    fn open(path: &Path) -> Result<Rc<dyn Source>, FileError> {
        let file = File::open(path).map_err(broken)?;
        let length = file.metadata().map_err(broken)?.len();
        Ok(Rc::new(DiskFile { file: RefCell::new(file), length }))
    }
}

impl Source for DiskFile {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<(), String> {
        let mut file = self.file.borrow_mut();
        file.seek(SeekFrom::Start(offset)).and_then(|_| file.read_exact(into)).map_err(|error| error.to_string())
    }
}
