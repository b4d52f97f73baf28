//! How native functions fail, or ask for something before they can answer.

use std::rc::Rc;

use tensor::Tensor;

use crate::machine::Generator;
use crate::value::{Args, Instance, Value};

/// What a native function answers instead of a value.
///
/// It is a box since nearly every function returns either a value or this, and each `?` moves it:
/// a pointer is one word to move, the cause itself would be twelve.
#[derive(Clone)]
pub struct Raise(Box<Cause>);

/// Why there is no value.
#[derive(Clone)]
pub enum Cause {
    /// A Python exception that has no instance yet: the machine makes one if a handler wants it.
    Error(ErrorKind, String),
    /// A Python exception instance, as `raise` makes it.
    Instance(Rc<Instance>),
    /// Host values of these tensors are needed. Nothing has been changed yet:
    /// the driver reads them, and the same instruction runs again.
    Pending(Vec<Tensor>),
    /// Call this in my place: its result (or exception) is mine.
    /// So a native function hands work that needs Python code to the prelude.
    Call(Value, Args),
    /// Iterate this argument of mine, which needs Python code, and call me again with a list in its place.
    Iterate(Value),
    /// Resume this generator in my place, sending it a value: what it yields is my result.
    /// At its end the result is the last field, or StopIteration if there is none.
    Resume(Rc<Generator>, Value, Option<Value>),
    /// Raise this exception inside this generator, where it waits: what it yields then is my result.
    Throw(Rc<Generator>, Rc<Instance>),
    /// Ask this instance's `__hash__` first, and run the same instruction again.
    Hash(Rc<Instance>),
    /// [`Cause::Call`] of a function of the prelude.
    Prelude(&'static str, Vec<Value>),
    /// A KeyError of this key.
    KeyError(Value),
    /// An exception that goes on its way: where it was first raised stays known.
    Again(Rc<Instance>),
    /// Answer this in my place.
    Ask(Question),
    /// Import the module of this name: it is my result.
    Import(Rc<str>),
    /// Nothing failed: the machine has already arranged what comes next.
    Nothing,
    /// A limit of the run was reached: no handler catches it.
    Limit(ErrorKind, String),
}

/// What only the machine knows.
#[derive(Clone, Copy)]
pub enum Question {
    /// `globals()` of the caller.
    Globals,
    /// `locals()` of the caller.
    Locals,
    /// The exception that is being handled, or None.
    Handled,
    /// The innermost frame of the program below this many.
    Frame { below: usize },
}

/// The built-in exception classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    BaseException,
    Exception,
    KeyboardInterrupt,
    SystemExit,
    GeneratorExit,
    ArithmeticError,
    ZeroDivisionError,
    OverflowError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    ImportError,
    ModuleNotFoundError,
    LookupError,
    IndexError,
    KeyError,
    MemoryError,
    NameError,
    UnboundLocalError,
    OSError,
    FileNotFoundError,
    IsADirectoryError,
    PermissionError,
    RuntimeError,
    NotImplementedError,
    RecursionError,
    StopIteration,
    SyntaxError,
    IndentationError,
    TabError,
    TypeError,
    ValueError,
    UnicodeError,
    UnicodeEncodeError,
    UnicodeDecodeError,
    Warning,
    UserWarning,
    DeprecationWarning,
    FutureWarning,
    RuntimeWarning,
    TimeoutError,
}

impl ErrorKind {
    /// Every built-in exception with the class it derives from, bases before the classes that derive from them.
    pub const ALL: [(ErrorKind, Option<ErrorKind>); 42] = {
        use ErrorKind as E;
        [
            (E::BaseException, None),
            (E::Exception, Some(E::BaseException)),
            (E::KeyboardInterrupt, Some(E::BaseException)),
            (E::SystemExit, Some(E::BaseException)),
            (E::GeneratorExit, Some(E::BaseException)),
            (E::ArithmeticError, Some(E::Exception)),
            (E::ZeroDivisionError, Some(E::ArithmeticError)),
            (E::OverflowError, Some(E::ArithmeticError)),
            (E::AssertionError, Some(E::Exception)),
            (E::AttributeError, Some(E::Exception)),
            (E::BufferError, Some(E::Exception)),
            (E::EOFError, Some(E::Exception)),
            (E::ImportError, Some(E::Exception)),
            (E::ModuleNotFoundError, Some(E::ImportError)),
            (E::LookupError, Some(E::Exception)),
            (E::IndexError, Some(E::LookupError)),
            (E::KeyError, Some(E::LookupError)),
            (E::MemoryError, Some(E::Exception)),
            (E::NameError, Some(E::Exception)),
            (E::UnboundLocalError, Some(E::NameError)),
            (E::OSError, Some(E::Exception)),
            (E::FileNotFoundError, Some(E::OSError)),
            (E::IsADirectoryError, Some(E::OSError)),
            (E::PermissionError, Some(E::OSError)),
            (E::RuntimeError, Some(E::Exception)),
            (E::NotImplementedError, Some(E::RuntimeError)),
            (E::RecursionError, Some(E::RuntimeError)),
            (E::StopIteration, Some(E::Exception)),
            (E::SyntaxError, Some(E::Exception)),
            (E::IndentationError, Some(E::SyntaxError)),
            (E::TabError, Some(E::IndentationError)),
            (E::TypeError, Some(E::Exception)),
            (E::ValueError, Some(E::Exception)),
            (E::UnicodeError, Some(E::ValueError)),
            (E::UnicodeEncodeError, Some(E::UnicodeError)),
            (E::UnicodeDecodeError, Some(E::UnicodeError)),
            (E::Warning, Some(E::Exception)),
            (E::UserWarning, Some(E::Warning)),
            (E::DeprecationWarning, Some(E::Warning)),
            (E::FutureWarning, Some(E::Warning)),
            (E::RuntimeWarning, Some(E::Warning)),
            (E::TimeoutError, Some(E::OSError)),
        ]
    };

    /// The class's Python name, which is the variant's.
    pub fn name(self) -> String {
        format!("{self:?}")
    }
}

impl Raise {
    /// Why there is no value, to match on; [`Raise::from`] puts it back.
    pub fn cause(self) -> Cause {
        *self.0
    }

    pub fn as_cause(&self) -> &Cause {
        &self.0
    }

    /// Whether it is an error of just this class.
    pub fn is(&self, kind: ErrorKind) -> bool {
        matches!(&*self.0, Cause::Error(own, _) if *own == kind)
    }

    /// Whether it is [`Cause::Iterate`].
    pub fn wants_items(&self) -> bool {
        matches!(&*self.0, Cause::Iterate(_))
    }

    /// Whether it is [`Cause::Call`].
    pub fn wants_call(&self) -> bool {
        matches!(&*self.0, Cause::Call(..))
    }

    /// Whether it is [`Cause::Prelude`].
    pub fn wants_prelude(&self) -> bool {
        matches!(&*self.0, Cause::Prelude(..))
    }

    /// Another sentence if it is an error of this class.
    pub fn reworded(self, kind: ErrorKind, message: &str) -> Raise {
        if self.is(kind) { Raise::error(kind, message) } else { self }
    }

    pub fn error(kind: ErrorKind, message: impl Into<String>) -> Raise {
        Cause::Error(kind, message.into()).into()
    }

    pub fn type_error(message: impl Into<String>) -> Raise {
        Raise::error(ErrorKind::TypeError, message)
    }

    pub fn value_error(message: impl Into<String>) -> Raise {
        Raise::error(ErrorKind::ValueError, message)
    }

    pub fn runtime_error(message: impl Into<String>) -> Raise {
        Raise::error(ErrorKind::RuntimeError, message)
    }

    pub fn index_error(message: impl Into<String>) -> Raise {
        Raise::error(ErrorKind::IndexError, message)
    }

    pub fn attribute_error(message: impl Into<String>) -> Raise {
        Raise::error(ErrorKind::AttributeError, message)
    }

    pub fn not_implemented(message: impl Into<String>) -> Raise {
        Raise::error(ErrorKind::NotImplementedError, message)
    }

    pub fn key_error(key: Value) -> Raise {
        Cause::KeyError(key).into()
    }

    /// [`Cause::Call`]
    pub fn call(callee: Value, args: Args) -> Raise {
        Cause::Call(callee, args).into()
    }

    /// [`Cause::Prelude`]
    pub fn prelude(function: &'static str, arguments: Vec<Value>) -> Raise {
        Cause::Prelude(function, arguments).into()
    }
}

impl From<Cause> for Raise {
    fn from(cause: Cause) -> Raise {
        Raise(Box::new(cause))
    }
}

/// The engine's failures are the exceptions PyTorch raises.
impl From<tensor::Error> for Raise {
    fn from(error: tensor::Error) -> Raise {
        let message = error.to_string();
        match error {
            tensor::Error::Pending(tensors) => Cause::Pending(tensors).into(),
            tensor::Error::Runtime(_) | tensor::Error::DeviceLost(_) | tensor::Error::OutOfMemory(_) => {
                Raise::error(ErrorKind::RuntimeError, message)
            }
            tensor::Error::Index(_) => Raise::error(ErrorKind::IndexError, message),
            tensor::Error::Value(_) => Raise::error(ErrorKind::ValueError, message),
            tensor::Error::Type(_) => Raise::error(ErrorKind::TypeError, message),
            tensor::Error::NotImplemented(_) => Raise::error(ErrorKind::NotImplementedError, message),
        }
    }
}
