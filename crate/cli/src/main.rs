//! `attention-playground run FILE.py`: a program of the playground in a terminal. `request` has the rest of the line.
//!
//! Prints what the program prints. Exit status 1 where the program ends in an error, which goes to stderr
//! as Python writes it, and 2 where the command line was wrong.

mod folder;
mod request;

use std::env::args;
use std::fs::read_to_string;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use pollster::block_on;
use python::{Failure, Limits, Progress, Session};
use tensor::gpu::Gpu;
use tensor::{Device, Engine};

use folder::Folder;
use request::{Request, USAGE};

/// Instructions between two looks at what was printed.
const SLICE: u32 = 100_000;

fn main() -> ExitCode {
    let words: Vec<String> = args().skip(1).collect();
    let request = match request::read(&words) {
        Ok(request) => request,
        Err(sentence) => return misuse(&sentence),
    };
    let (source, files) = match program(&request) {
        Ok(program) => program,
        Err(sentence) => return misuse(&sentence),
    };
    let engine = match engine(request.device) {
        Ok(engine) => engine,
        Err(sentence) => {
            eprintln!("error: {sentence}");
            return ExitCode::FAILURE;
        }
    };
    if let Some(bytes) = request.memory {
        engine.memory().set_limit(bytes);
    }
    match run(&source, engine, files) {
        Ok(()) => ExitCode::SUCCESS,
        Err(End::Failure(failure)) if failure.type_name == "SystemExit" => exit_status(&failure.message),
        Err(End::Failure(failure)) => {
            eprint!("{}", as_python_writes(&failure));
            ExitCode::FAILURE
        }
        Err(End::Device(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The status that `sys.exit` was given; a text goes to stderr, as Python has it.
fn exit_status(message: &str) -> ExitCode {
    message.parse::<i64>().map_or_else(
        |_| {
            eprintln!("{message}");
            ExitCode::FAILURE
        },
        |status| ExitCode::from(status as u8),
    )
}

fn misuse(sentence: &str) -> ExitCode {
    eprintln!("error: {sentence}\n{USAGE}");
    ExitCode::from(2)
}

/// The program's source, and what it may read.
fn program(request: &Request) -> Result<(String, Folder), String> {
    let path = request.path.as_str();
    let (source, name) = match path {
        "-" => (std::io::read_to_string(std::io::stdin()), "<stdin>"),
        _ => (read_to_string(path), path),
    };
    let source = source.map_err(|error| format!("{path}: {error}"))?;
    // As Python does, modules are looked for where the program lies; where the user is, if it comes on stdin.
    let beside = Path::new(path).parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let modules: Vec<&Path> = [beside].into_iter().chain(request.modules.iter().map(PathBuf::as_path)).collect();
    let files = Folder::new(request, &modules, name)?;
    Ok((source, files))
}

fn engine(device: Device) -> Result<Rc<Engine>, String> {
    Ok(Rc::new(match device {
        Device::WebGpu => Engine::webgpu(block_on(Gpu::open())?),
        Device::Cpu | Device::Meta => Engine::cpu(),
    }))
}

/// Why a run ended early.
enum End {
    /// The program raised.
    Failure(Failure),
    /// The device could not give back what was computed.
    Device(tensor::Error),
}

/// Runs the program to its end and prints on the way.
fn run(source: &str, engine: Rc<Engine>, files: Folder) -> Result<(), End> {
    let start = Instant::now();
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let clock = Rc::new(move || (since_1970 + start.elapsed()).as_secs_f64() * 1000.0);
    let mut session = Session::new(engine.clone(), clock);
    session.give(Rc::new(files));
    // Nobody looks at the trace here.
    session.start(source, Limits { trace_steps: 0, trace_bytes: 0, ..Limits::default() });
    loop {
        let progress = session.advance(SLICE);
        if print(&session.take_output()).is_err() {
            // Nobody reads any more, as with `| head`.
            return Ok(());
        }
        match progress {
            Progress::Running => {}
            Progress::Pending(tensors) => {
                for tensor in &tensors {
                    block_on(engine.read(tensor)).map_err(End::Device)?;
                }
            }
            Progress::Finished => return session.failure().cloned().map_or(Ok(()), |failure| Err(End::Failure(failure))),
        }
    }
}

fn print(text: &str) -> std::io::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn as_python_writes(failure: &Failure) -> String {
    let mut text = String::from("Traceback (most recent call last):\n");
    for entry in &failure.traceback {
        text += &format!("  File \"{}\", line {}, in {}\n", entry.file, entry.line, entry.function);
    }
    text + &match failure.message.as_str() {
        "" => format!("{}\n", failure.type_name),
        message => format!("{}: {message}\n", failure.type_name),
    }
}
