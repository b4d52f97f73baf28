//! What `open` and `safetensors` stand on: the host's files.

use std::rc::Rc;

use checkpoint::File;

use crate::files::{FileError, read};
use crate::value::{Args, Dict, Value};
use crate::{Cause, Context, ErrorKind, Raise};

pub fn install(context: &mut Context) {
    context.helper("_read_text", |context, args| {
        let bytes = content(context, args)?;
        let text = super::bytes::decode(context, &bytes, &None, &None)?;
        // As Python reads text: every end of a line is one character.
        let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text };
        Ok(Value::str(text))
    });
    context.helper("_read_bytes", |context, args| content(context, args).map(Value::bytes));
    context.helper("_path_kind", |context, args| {
        let path = text(args, "exists")?;
        Ok(match context.files.source(&path) {
            // What there is and cannot be read says so when it is opened.
            Ok(_) | Err(FileError::Broken(_)) => Value::str("file"),
            Err(FileError::IsDirectory) => Value::str("directory"),
            Err(_) => Value::None,
        })
    });
    context.helper("_memory_left", |context, _| Ok(Value::Int(i64::try_from(context.engine.memory().left()).unwrap_or(i64::MAX))));
    context.helper("_import_module", |_, args| Err(Cause::Import(text(args, "import_module")?).into()));
    // The number of a file of tensors; the sentence where there is a file, and it is none.
    context.helper("_open_tensors", |context, args| {
        let path = text(args, "safe_open")?;
        if let Some(number) = context.tensor_files.iter().position(|(open, _)| **open == *path) {
            return Ok(Value::Int(number as i64));
        }
        let file = match context.files.source(&path).and_then(|source| File::open(source).map_err(FileError::Broken)) {
            Ok(file) => Rc::new(file),
            Err(FileError::NotFound) => {
                let message = format!("No such file or directory: {path}");
                return Err(Raise::error(ErrorKind::FileNotFoundError, message));
            }
            Err(FileError::Broken(sentence)) => return Ok(Value::str(format!("{path}: {sentence}"))),
            Err(error) => return Err(error.raise(&path)),
        };
        context.tensor_files.push((path.to_string(), file));
        Ok(Value::Int(context.tensor_files.len() as i64 - 1))
    });
    context.helper("_tensor_names", |context, args| {
        let [number] = args.exactly("keys")?;
        Ok(Value::list(file(context, &number)?.entries().iter().map(|entry| Value::str(&entry.name)).collect()))
    });
    context.helper("_tensor_metadata", |context, args| {
        let [number] = args.exactly("metadata")?;
        let dict = Dict::new();
        for (name, value) in file(context, &number)?.metadata() {
            dict.set_text(name, Value::str(value));
        }
        Ok(Value::Dict(dict))
    });
    // The type and the shape of a tensor, None if there is none of that name.
    context.helper("_describe_tensor", |context, args| {
        let [number, name] = args.exactly("get_slice")?;
        let file = file(context, &number)?;
        Ok(file.entry(name.as_str().unwrap_or_default()).map_or(Value::None, |entry| {
            let shape = entry.shape.iter().map(|&size| Value::Int(size as i64)).collect();
            Value::tuple(vec![Value::str(entry.stored.name), Value::list(shape)])
        }))
    });
    context.helper("_load_tensor", |context, args| {
        let [number, name] = args.exactly("get_tensor")?;
        let file = file(context, &number)?;
        let entry = file.entry(name.as_str().unwrap_or_default());
        Ok(entry.map(|entry| file.load(&context.engine, entry)).transpose()?.map_or(Value::None, Value::tensor))
    });
}

/// What is in the file of this path.
fn content(context: &mut Context, args: Args) -> Result<Vec<u8>, Raise> {
    let path = text(args, "open")?;
    let room = context.room();
    context.files.source(&path).and_then(|source| read(&*source, room)).map_err(|error| error.raise(&path))
}

/// The one argument, a path.
fn text(args: Args, function: &str) -> Result<Rc<str>, Raise> {
    let [path] = args.exactly(function)?;
    let Value::Str(path) = path else {
        return Err(Raise::type_error(format!("expected str, bytes or os.PathLike object, not {}", path.type_name())));
    };
    Ok(path)
}

fn file(context: &Context, number: &Value) -> Result<Rc<File>, Raise> {
    let position = number.as_int().and_then(|number| usize::try_from(number).ok());
    let found = position.and_then(|position| context.tensor_files.get(position));
    found.map(|(_, file)| file.clone()).ok_or_else(|| Raise::value_error("I/O operation on closed file."))
}
