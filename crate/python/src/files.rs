//! What a run may read: files that its host offers, and modules beside the program.
//!
//! A program reaches them as in real Python, by `open`, `json.load`, `safetensors`, `tokenizers` and `import`.
//! Nothing else of the host's is there, and nothing can be written.

use std::cell::RefCell;
use std::rc::Rc;

use checkpoint::Source;
use checkpoint::gguf::Gguf;

use crate::{ErrorKind, Raise};

/// A host's files: a folder natively, in a page what the reader dropped or the site serves.
pub trait Files {
    /// What tracebacks and `__file__` call the program.
    fn program_name(&self) -> &str {
        "program.py"
    }

    /// What `sys.argv` holds after the program's name.
    fn arguments(&self) -> &[String] {
        &[]
    }

    /// A file, of which nothing has been read yet.
    fn source(&self, path: &str) -> Result<Rc<dyn Source>, FileError>;

    /// The file of the module that a program means by `import name`.
    fn module(&self, name: &str) -> Result<Rc<dyn Source>, FileError>;

    /// Whether the lines of a module are part of the trace and of tracebacks, as the program's own are.
    fn is_traced(&self, _module: &str) -> bool {
        true
    }

    /// The tokenizer that the content of a `tokenizer.json` describes, or a sentence. A host may have none.
    fn tokenizer(&self, _json: &[u8]) -> Result<Rc<dyn Tokenizer>, String> {
        Err("there is nothing here that reads tokenizers".into())
    }
}

/// Text to the numbers of tokens, and back. Every failure is a sentence.
pub trait Tokenizer {
    /// With `special`, the tokens around a text that the model was trained with are among them.
    fn encode(&self, text: &str, special: bool) -> Result<Vec<u32>, String>;

    /// With `skip_special`, without what special tokens are written as.
    fn decode(&self, ids: &[u32], skip_special: bool) -> Result<String, String>;

    /// A token as the vocabulary writes it.
    fn token(&self, id: u32) -> Option<String>;

    fn id(&self, token: &str) -> Option<u32>;

    fn vocabulary_size(&self) -> usize;
}

/// All bytes of a file, if they are no more than `most`.
pub fn read(source: &dyn Source, most: usize) -> Result<Vec<u8>, FileError> {
    let length = source.length();
    let Some(length) = usize::try_from(length).ok().filter(|length| *length <= most) else {
        return Err(FileError::TooLarge(length));
    };
    let mut bytes = vec![0; length];
    source.read(0, &mut bytes).map_err(FileError::Broken)?;
    Ok(bytes)
}

/// GGUF files, each of which is a folder for a program: `model.gguf/config.json`.
#[derive(Default)]
pub struct Ggufs {
    /// Those that were opened, by path.
    opened: RefCell<Vec<(String, Rc<Gguf>)>>,
}

impl Ggufs {
    /// The file at a path that leads into a GGUF file, which `open` gives.
    ///
    /// # Errors
    /// `NotFound` for a path that leads into none; what `open` says; `Broken` for a file that is none.
    pub fn source(&self, path: &str, open: impl FnOnce(&str) -> Result<Rc<dyn Source>, FileError>) -> Result<Rc<dyn Source>, FileError> {
        let (stem, name) = path.split_once(".gguf/").ok_or(FileError::NotFound)?;
        let file = format!("{stem}.gguf");
        let mut opened = self.opened.borrow_mut();
        let known = opened.iter().find(|(open, _)| *open == file).map(|(_, gguf)| gguf.clone());
        let gguf = match known {
            Some(gguf) => gguf,
            None => {
                let gguf = Rc::new(Gguf::open(open(&file)?).map_err(FileError::Broken)?);
                opened.push((file, gguf.clone()));
                gguf
            }
        };
        gguf.source(name).map_err(FileError::Broken)?.ok_or(FileError::NotFound)
    }
}

/// Why a file cannot be had.
#[derive(Clone, Debug, PartialEq)]
pub enum FileError {
    NotFound,
    IsDirectory,
    /// The path leads out of what the host offers.
    Outside,
    /// It has more bytes than were allowed.
    TooLarge(u64),
    /// It is not what it should be, or cannot be read: a sentence.
    Broken(String),
}

impl FileError {
    /// The exception that Python raises for it.
    pub fn raise(self, path: &str) -> Raise {
        match self {
            FileError::NotFound => Raise::error(ErrorKind::FileNotFoundError, format!("[Errno 2] No such file or directory: '{path}'")),
            FileError::IsDirectory => Raise::error(ErrorKind::IsADirectoryError, format!("[Errno 21] Is a directory: '{path}'")),
            FileError::Outside => Raise::error(
                ErrorKind::PermissionError,
                format!("[Errno 13] Permission denied: '{path}': a program reads only the files that it was given"),
            ),
            FileError::TooLarge(bytes) => {
                Raise::error(ErrorKind::MemoryError, format!("'{path}' has {bytes} bytes, more than the program may use"))
            }
            FileError::Broken(sentence) => Raise::error(ErrorKind::OSError, format!("{path}: {sentence}")),
        }
    }
}

/// No files.
pub struct NoFiles;

impl Files for NoFiles {
    fn source(&self, _: &str) -> Result<Rc<dyn Source>, FileError> {
        Err(FileError::NotFound)
    }

    fn module(&self, _: &str) -> Result<Rc<dyn Source>, FileError> {
        Err(FileError::NotFound)
    }
}

/// The parts, from the host's top, of a path that a program in the folder `from` gives: every host checks paths by this.
///
/// # Errors
/// `Outside` for an absolute path, one that leads above the top, and one with `\` or a drive's colon in it.
pub fn parts<'p>(from: &'p str, path: &'p str) -> Result<Vec<&'p str>, FileError> {
    if path.starts_with('/') || path.contains(['\\', ':', '\0']) {
        return Err(FileError::Outside);
    }
    let mut parts = Vec::new();
    for part in from.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(FileError::Outside)?;
            }
            _ => parts.push(part),
        }
    }
    Ok(parts)
}
