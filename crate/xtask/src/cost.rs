//! `cargo xtask cost CONFIG.json --context N [--dtype bf16]`: what a model of this configuration costs, as JSON.
//!
//! `www/programs/costs.py` counts, by running the architecture's program on shapes alone.

use std::ffi::OsString;
use std::path::Path;

use crate::run::playground;
use crate::shell::root;
use crate::{Outcome, misuse};

const DTYPES: [&str; 4] = ["f32", "f16", "bf16", "int8"];

pub fn command_line(options: &[&str]) -> Outcome {
    let (mut path, mut context, mut dtype) = (None, None, "bf16");
    let mut rest = options.iter();
    while let Some(&word) = rest.next() {
        match word {
            "--context" => match rest.next().and_then(|tokens| tokens.parse::<u32>().ok()).filter(|&tokens| tokens > 0) {
                Some(tokens) => context = Some(tokens),
                None => return Ok(misuse("`--context` needs a number of tokens from 1 on.")),
            },
            "--dtype" => match rest.next().filter(|dtype| DTYPES.contains(dtype)) {
                Some(known) => dtype = known,
                None => return Ok(misuse(&format!("`--dtype` is one of {}.", DTYPES.join(", ")))),
            },
            _ if path.is_none() && !word.starts_with('-') => path = Some(word),
            _ => return Ok(misuse(&format!("`cost` does not take {word}."))),
        }
    }
    let (Some(path), Some(context)) = (path, context) else {
        return Ok(misuse("`cost` takes CONFIG.json and `--context N`."));
    };
    let Ok(path) = Path::new(path).canonicalize() else { return Ok(misuse(&format!("there is no file {path}."))) };
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(misuse(&format!("{} is no file.", path.display())));
    };
    let mut words: Vec<OsString> = vec!["--files".into(), folder.into()];
    words.extend(["--modules", "www/programs/models", "www/programs/costs.py", "--"].map(OsString::from));
    words.extend([name.into(), context.to_string().into(), dtype.into()]);
    playground(&words, &root())
}
