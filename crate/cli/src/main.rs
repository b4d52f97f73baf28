//! `attention-playground run FILE.py [--device cpu|webgpu]`: a program of the playground in a terminal.
//!
//! Prints what the program prints. Exit status 1 where the program ends in an error, which goes to stderr
//! as Python writes it, and 2 where the command line was wrong.

use std::env::args;
use std::fs::read_to_string;
use std::io::Write;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use pollster::block_on;
use python::{Failure, Limits, Progress, Session};
use tensor::gpu::Gpu;
use tensor::{Device, Engine};

const USAGE: &str = "usage: attention-playground run FILE.py [--device cpu|webgpu]";

/// Instructions between two looks at what was printed.
const SLICE: u32 = 100_000;

fn main() -> ExitCode {
    let words: Vec<String> = args().skip(1).collect();
    let (path, device) = match request(&words) {
        Ok(request) => request,
        Err(sentence) => return misuse(&sentence),
    };
    let source = match read_to_string(path) {
        Ok(source) => source,
        Err(error) => return misuse(&format!("{path}: {error}")),
    };
    let engine = match engine(device) {
        Ok(engine) => engine,
        Err(sentence) => {
            eprintln!("error: {sentence}");
            return ExitCode::FAILURE;
        }
    };
    match run(&source, engine) {
        Ok(()) => ExitCode::SUCCESS,
        Err(End::Failure(failure)) => {
            eprint!("{}", as_python_writes(&failure, path));
            ExitCode::FAILURE
        }
        Err(End::Device(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The file and the device that the command line names.
fn request(words: &[String]) -> Result<(&str, Device), String> {
    let ["run", rest @ ..] = &words.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
        return Err("the command is `run`".into());
    };
    let (mut path, mut device) = (None, Device::Cpu);
    let mut rest = rest.iter();
    while let Some(&word) = rest.next() {
        match word {
            "--device" => {
                device = match rest.next() {
                    Some(&"cpu") => Device::Cpu,
                    Some(&"webgpu") => Device::WebGpu,
                    _ => return Err("--device is `cpu` or `webgpu`".into()),
                }
            }
            _ if word.starts_with('-') => return Err(format!("there is no option {word}")),
            _ if path.is_some() => return Err("one FILE.py at a time".into()),
            _ => path = Some(word),
        }
    }
    path.map(|path| (path, device)).ok_or_else(|| "which FILE.py?".into())
}

fn misuse(sentence: &str) -> ExitCode {
    eprintln!("error: {sentence}\n{USAGE}");
    ExitCode::from(2)
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
fn run(source: &str, engine: Rc<Engine>) -> Result<(), End> {
    let start = Instant::now();
    let clock = Rc::new(move || start.elapsed().as_secs_f64() * 1000.0);
    let mut session = Session::new(engine.clone(), clock);
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

fn as_python_writes(failure: &Failure, path: &str) -> String {
    let mut text = String::from("Traceback (most recent call last):\n");
    for entry in &failure.traceback {
        text += &format!("  File \"{path}\", line {}, in {}\n", entry.line, entry.function);
    }
    text + &match failure.message.as_str() {
        "" => format!("{}\n", failure.type_name),
        message => format!("{}: {message}\n", failure.type_name),
    }
}
