//! What a run may read: files that its host offers, and modules beside the program.
//!
//! A program reaches them as in real Python, by `open`, `json.load`, `safetensors` and `import`.
//! Nothing else of the host's is there, and nothing can be written.

use std::rc::Rc;

use tensor::{Engine, Tensor};

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

    /// The bytes of a file, of which there may be `most`.
    fn read(&self, path: &str, most: usize) -> Result<Vec<u8>, FileError>;

    /// A file of tensors, opened but not read.
    fn tensors(&self, path: &str) -> Result<Rc<dyn TensorFile>, FileError>;

    /// The source of the module that a program means by `import name`, of at most `most` bytes.
    fn module(&self, name: &str, most: usize) -> Result<String, FileError>;
}

/// A file of tensors whose header was read and found true.
pub trait TensorFile {
    /// The names of the tensors, in order.
    fn names(&self) -> Vec<&str>;

    /// What was noted beside them.
    fn metadata(&self) -> &[(String, String)];

    /// The type, as the file names it, and the shape of a tensor, without reading it.
    fn describe(&self, name: &str) -> Option<(&str, &[usize])>;

    /// The tensor of this name on the engine's device, in the type that the file has it in.
    fn load(&self, engine: &Engine, name: &str) -> Option<tensor::Result<Tensor>>;
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
    fn read(&self, _: &str, _: usize) -> Result<Vec<u8>, FileError> {
        Err(FileError::NotFound)
    }

    fn tensors(&self, _: &str) -> Result<Rc<dyn TensorFile>, FileError> {
        Err(FileError::NotFound)
    }

    fn module(&self, _: &str, _: usize) -> Result<String, FileError> {
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
