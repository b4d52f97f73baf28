//! What the command line asks for.

use std::path::PathBuf;

use tensor::Device;

pub const USAGE: &str = "\
usage: attention-playground run [--device cpu|webgpu] [--memory BYTES] [--files DIR [--from FOLDER]]
                               [--modules DIR]... FILE.py [-- ARGUMENT...]

FILE.py may be - for what comes on stdin. The program reads the files in DIR and no others, by paths that
begin in DIR or in its FOLDER. It imports modules from beside it and from --modules. The arguments are in sys.argv.";

/// A program to be run.
#[derive(Debug, PartialEq)]
pub struct Request {
    pub path: String,
    pub device: Device,
    /// The most bytes of tensors, if not the engine's usual limit.
    pub memory: Option<u64>,
    /// The folder that the program may read.
    pub files: Option<PathBuf>,
    /// The folder in `files` where the program's paths begin.
    pub from: String,
    /// Where modules are looked for that do not lie beside the program.
    pub modules: Vec<PathBuf>,
    /// What `sys.argv` holds after the program.
    pub arguments: Vec<String>,
}

/// Reads the words after the command's name, or says in a sentence what is wrong with them.
pub fn read(words: &[String]) -> Result<Request, String> {
    let Some(("run", rest)) = words.split_first().map(|(first, rest)| (first.as_str(), rest)) else {
        return Err("the command is `run`".into());
    };
    let (mut path, mut device, mut files, mut modules) = (None, Device::Cpu, None, Vec::new());
    let (mut memory, mut from) = (None, String::new());
    let mut rest = rest.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        match word {
            "--device" => {
                device = match rest.next() {
                    Some("cpu") => Device::Cpu,
                    Some("webgpu") => Device::WebGpu,
                    _ => return Err("--device is `cpu` or `webgpu`".into()),
                }
            }
            "--memory" => {
                let bytes = rest.next().and_then(|bytes| bytes.parse().ok());
                memory = Some(bytes.ok_or("--memory needs a number of bytes")?);
            }
            "--files" => files = Some(PathBuf::from(rest.next().ok_or("--files needs a folder")?)),
            "--from" => from = rest.next().ok_or("--from needs a folder")?.to_owned(),
            "--modules" => modules.push(PathBuf::from(rest.next().ok_or("--modules needs a folder")?)),
            "--" => break,
            _ if word.starts_with('-') && word != "-" => return Err(format!("there is no option {word}")),
            _ if path.is_some() => return Err("one FILE.py at a time".into()),
            _ => path = Some(word.to_owned()),
        }
    }
    let path = path.ok_or("which FILE.py?")?;
    Ok(Request { path, device, memory, files, from, modules, arguments: rest.map(str::to_owned).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_command_line_is_understood_or_told_what_is_wrong() {
        let request = read(&words("run a.py --device webgpu --memory 9 --files weights --modules a --modules b -- --b c"));
        let expected = Request {
            path: "a.py".into(),
            device: Device::WebGpu,
            memory: Some(9),
            files: Some("weights".into()),
            from: String::new(),
            modules: vec!["a".into(), "b".into()],
            arguments: vec!["--b".into(), "c".into()],
        };
        assert_eq!(request, Ok(expected));
        for line in ["walk", "run", "run a.py b.py", "run --device tpu a.py", "run --file x a.py", "run a.py --files", "run --memory much a.py"] {
            assert!(read(&words(line)).is_err(), "{line}");
        }
    }
}
