//! What native functions work with: the engine, the random numbers, the settings, the output.

use std::rc::Rc;

use tensor::{DType, Engine};

use crate::Raise;
use crate::builtins::PythonRandom;
use crate::files::{Files, Tokenizer};
use crate::rng::Generator;
use crate::types::Types;
use crate::value::{Dict, Iterator, Next, Value, heap};

/// The state that one run shares with its native functions.
pub struct Context {
    pub engine: Rc<Engine>,
    /// `torch.manual_seed` and everything random in torch.
    pub generator: Generator,
    /// The `random` module.
    pub python_random: PythonRandom,
    pub grad_enabled: bool,
    pub default_dtype: DType,
    /// What else a program sets for all of torch.
    pub torch: crate::torch::State,
    /// What the program may read and import.
    pub files: Rc<dyn Files>,
    /// The files of tensors that the program has opened, by path.
    pub tensor_files: Vec<(String, Rc<checkpoint::File>)>,
    /// The tokenizers that it has opened.
    pub tokenizers: Vec<Rc<dyn Tokenizer>>,
    /// What the program has printed and nobody has taken yet.
    pub stdout: String,
    /// The names of the module `sys`, once it is imported: a program may set another `sys.stdout`.
    pub sys: Option<Rc<Dict>>,
    pub types: Types,
    pub builtins: Rc<Dict>,
    /// Functions of the prelude that native functions hand work to: see [`Cause::Call`].
    pub prelude: Rc<Dict>,
    /// The files of the prelude that ran late.
    pub late: Vec<&'static str>,
    pub registry: heap::Registry,
    /// Regular expressions that were compiled.
    pub patterns: crate::builtins::PatternCache,
    /// Milliseconds since some moment.
    pub clock: Rc<dyn Fn() -> f64>,
    /// The most bytes that the program's own values may take.
    pub memory_limit: usize,
}

impl Context {
    /// The state at the start of a run, without any names yet.
    pub fn new(engine: Rc<Engine>, clock: Rc<dyn Fn() -> f64>, files: Rc<dyn Files>, memory_limit: usize) -> Context {
        Context {
            engine,
            generator: Generator::new(crate::rng::DEFAULT_SEED),
            python_random: PythonRandom::default(),
            grad_enabled: true,
            default_dtype: DType::Float32,
            torch: crate::torch::State::default(),
            files,
            tensor_files: Vec::new(),
            tokenizers: Vec::new(),
            stdout: String::new(),
            sys: None,
            types: Types::new(),
            builtins: Dict::new(),
            prelude: Dict::new(),
            late: Vec::new(),
            registry: heap::Registry::default(),
            patterns: Vec::new(),
            clock,
            memory_limit,
        }
    }

    /// Raises MemoryError if `bytes` more would not fit: ask before allocating anything whose size a program chooses.
    pub fn reserve(&self, bytes: usize) -> Result<(), Raise> {
        if bytes > self.room() {
            return Err(Raise::error(
                crate::ErrorKind::MemoryError,
                format!("this needs {bytes} bytes; the program may use {}", self.memory_limit),
            ));
        }
        Ok(())
    }

    /// How many bytes more the program's own values may take.
    pub fn room(&self) -> usize {
        self.memory_limit.saturating_sub(heap::bytes())
    }

    /// The items of an iterable argument. Where that needs Python code, the machine iterates and calls again.
    pub fn items(&mut self, value: &Value) -> Result<Vec<Value>, Raise> {
        match value {
            Value::Class(class) if class.members().is_some() => {
                Ok(class.members().and_then(|members| members.as_sequence()).unwrap_or_default())
            }
            Value::List(_) | Value::Tuple(_) => Ok(value.as_sequence().unwrap_or_default()),
            Value::Generator(_) | Value::Instance(_) => Err(crate::Cause::Iterate(value.clone()).into()),
            _ => {
                let Some(Value::Iterator(iterator)) = Iterator::over(value) else {
                    return Err(Raise::type_error(format!("'{}' object is not iterable", value.type_name())));
                };
                if let Value::Range(range) = value {
                    self.reserve((range.length() as usize).saturating_mul(heap::VALUE_BYTES))?;
                }
                let mut items = Vec::new();
                while let Next::Item(item) = iterator.next(self)? {
                    items.push(item);
                    if items.len() % 4096 == 0 {
                        self.reserve(items.len() * heap::VALUE_BYTES)?;
                    }
                }
                Ok(items)
            }
        }
    }
}
