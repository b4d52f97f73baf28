//! Compiled code: instructions, each with the place in the source that it came from.

use std::cell::Cell;
use std::cmp::Ordering;
use std::rc::Rc;

use crate::value::{Key, Value};

/// A place in the source. Lines and columns count from 1; the end is exclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

impl Span {
    /// From the start of this one to the end of `end`.
    pub fn to(self, end: Span) -> Span {
        Span { end_line: end.end_line, end_column: end.end_column, ..self }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    MatrixMultiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
    ShiftLeft,
    ShiftRight,
    And,
    Or,
    Xor,
}

impl BinaryOperator {
    const NAMES: [(&str, &str); 13] = [
        ("+", "add"),
        ("-", "sub"),
        ("*", "mul"),
        ("@", "matmul"),
        ("/", "truediv"),
        ("//", "floordiv"),
        ("%", "mod"),
        ("**", "pow"),
        ("<<", "lshift"),
        (">>", "rshift"),
        ("&", "and"),
        ("|", "or"),
        ("^", "xor"),
    ];

    pub fn symbol(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    /// The special method without its underscores: `add` of `__add__`, `__radd__` and `__iadd__`.
    pub fn method(self) -> &'static str {
        Self::NAMES[self as usize].1
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    Negative,
    Positive,
    Invert,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompareOperator {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Is,
    IsNot,
    In,
    NotIn,
}

impl CompareOperator {
    /// When it holds of two values that are in order, if that decides.
    pub fn of_order(self) -> Option<fn(Ordering) -> bool> {
        Some(match self {
            CompareOperator::Equal => Ordering::is_eq,
            CompareOperator::NotEqual => Ordering::is_ne,
            CompareOperator::Less => Ordering::is_lt,
            CompareOperator::LessEqual => Ordering::is_le,
            CompareOperator::Greater => Ordering::is_gt,
            CompareOperator::GreaterEqual => Ordering::is_ge,
            _ => return None,
        })
    }

    const NAMES: [(&str, &str); 10] = [
        ("==", "__eq__"),
        ("!=", "__ne__"),
        ("<", "__lt__"),
        ("<=", "__le__"),
        (">", "__gt__"),
        (">=", "__ge__"),
        ("is", ""),
        ("is not", ""),
        ("in", "__contains__"),
        ("not in", "__contains__"),
    ];

    pub fn symbol(self) -> &'static str {
        Self::NAMES[self as usize].0
    }

    pub fn method(self) -> &'static str {
        Self::NAMES[self as usize].1
    }

    /// The operator with its sides exchanged: `a < b` is `b > a`.
    pub fn reflected(self) -> CompareOperator {
        match self {
            CompareOperator::Less => CompareOperator::Greater,
            CompareOperator::LessEqual => CompareOperator::GreaterEqual,
            CompareOperator::Greater => CompareOperator::Less,
            CompareOperator::GreaterEqual => CompareOperator::LessEqual,
            other => other,
        }
    }
}

/// One step of the machine. Stack effects read bottom to top: `[a, b] -> [c]`.
#[derive(Clone, Copy, Debug)]
pub enum Instruction {
    Constant(u32),
    LoadLocal(u32),
    StoreLocal(u32),
    DeleteLocal(u32),
    /// Cells: the code's own first, then those of the closure.
    LoadCell(u32),
    StoreCell(u32),
    DeleteCell(u32),
    LoadGlobal(u32),
    StoreGlobal(u32),
    DeleteGlobal(u32),
    /// Names of a class body: its namespace, then the globals.
    LoadName(u32),
    StoreName(u32),
    DeleteName(u32),
    LoadAttribute(u32),
    /// `[value, object] -> []`
    StoreAttribute(u32),
    DeleteAttribute(u32),
    /// `[object, key] -> [item]`
    LoadItem,
    /// `[value, object, key] -> []`
    StoreItem,
    DeleteItem,
    Pop,
    /// Pushes the value that lies this deep (1 is the top) once more.
    Copy(u32),
    /// Exchanges the top with the value that lies this deep.
    Swap(u32),
    Unary(UnaryOperator),
    Binary(BinaryOperator),
    InPlace(BinaryOperator),
    Compare(CompareOperator),
    Jump(u32),
    /// Jumps if the top, which it takes, is false or true.
    JumpIfFalse(u32),
    JumpIfTrue(u32),
    GetIterator,
    /// `[iterator] -> [iterator, item]`, or at the end `[]` and a jump.
    ForEach(u32),
    /// `[iterator] -> [iterator, item]`, or at the end `[result of the generator]` and a jump.
    Delegate(u32),
    BuildTuple(u32),
    BuildList(u32),
    BuildSet(u32),
    BuildDict(u32),
    /// Two or three parts.
    BuildSlice(u32),
    /// `[.., list, .., item]`: adds the top to the collection this deep (1 is just below the item).
    ListAppend(u32),
    SetAdd(u32),
    /// `[.., dict, .., key, value]`
    DictInsert(u32),
    /// `[list, iterable] -> [list]`
    ListExtend,
    SetUpdate,
    /// `[dict, mapping] -> [dict]`; in a call, repeated names are an error.
    DictUpdate {
        call: bool,
    },
    ListToTuple,
    Unpack(u32),
    UnpackStar {
        before: u32,
        after: u32,
    },
    /// `[value] -> [text]`, with a format specification `[value, spec] -> [text]`. Conversion: 0, 'r', 's' or 'a'.
    Format {
        conversion: u8,
        spec: bool,
    },
    BuildString(u32),
    /// `[callee, arguments.., values of the keywords..] -> [result]`; `keywords` is a list of names in the code's
    /// `keyword_names`, counted from 1, or 0.
    Call {
        arguments: u32,
        keywords: u32,
    },
    /// `[callee, list, dict] -> [result]`
    CallSpread,
    /// `[defaults.., keyword defaults..] -> [function]`
    MakeFunction(u32),
    /// `[body function, bases list, keywords dict] -> [class]`
    BuildClass(u32),
    /// `[annotation] -> []`: notes it for a name of a class body or of the module.
    Annotate(u32),
    Return,
    /// `[value] -> [value that was sent]`
    Yield,
    SetupTry(u32),
    PopBlock,
    /// Ends the handling of an exception.
    PopException,
    /// With 0: the exception being handled; 1: `[exception]`; 2: `[exception, cause]`.
    Raise(u32),
    /// `[exception] -> !`
    Reraise,
    /// `[exception, class] -> [exception, bool]`
    MatchException,
    /// `[manager] -> [exit, enter]`
    WithMethods,
    /// `[exit, exception] -> [exit, exception, exit, class, exception, None]`
    ExitArguments,
    Import(u32),
    /// `[module] -> [module, attribute]`
    ImportFrom(u32),
    ImportStar,
    /// Raises AssertionError, with `[message]` or without.
    AssertionFailed {
        message: bool,
    },
    /// Records the step of a line that has just been executed.
    Step(u32),
    /// Enters a loop that stands on this line.
    LoopBegin(u32),
    LoopTurn,
    LoopEnd,
}

/// A loop that a line runs in: the loop's own line, and which turn it is (from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoopTurn {
    pub line: u32,
    pub iteration: u32,
}

/// A line of the program and the names that it binds.
#[derive(Debug)]
pub struct StepPlan {
    pub line: u32,
    pub names: Vec<(Rc<str>, NameSource)>,
}

/// Where the value of a name is found after its line has run.
#[derive(Clone, Debug)]
pub enum NameSource {
    Local(u32),
    Cell(u32),
    Global(Rc<str>),
    /// The namespace of a class body.
    Namespace(Rc<str>),
    /// The top of the stack: the value that a function returns.
    Top,
    /// An attribute of another name's value: `self.key`.
    Attribute(Box<NameSource>, Rc<str>),
}

/// The parameters of a function; its first locals, in this order: positional, keyword-only, rest, keywords.
#[derive(Debug, Default)]
pub struct Parameters {
    /// The first `positional_only` of them cannot be given by name.
    pub positional: Vec<Rc<str>>,
    pub positional_only: usize,
    pub keyword_only: Vec<Rc<str>>,
    /// Whether there is a `*rest`.
    pub rest: bool,
    /// Whether there is a `**keywords`.
    pub keywords: bool,
}

/// A function to be made: its code, and which defaults and cells go into it.
pub struct Template {
    pub code: Rc<Code>,
    pub defaults: u32,
    pub keyword_defaults: Vec<Rc<str>>,
    /// Cells of the enclosing frame.
    pub closure: Vec<u32>,
}

/// What Python calls the code of a module.
pub const MODULE_BODY: &str = "<module>";

pub struct Code {
    pub name: Rc<str>,
    pub qualified_name: Rc<str>,
    pub instructions: Vec<Instruction>,
    /// The place of each instruction.
    pub spans: Vec<Span>,
    pub constants: Vec<Value>,
    /// The names of globals and attributes.
    pub names: Vec<Key>,
    pub keyword_names: Vec<Vec<Rc<str>>>,
    pub templates: Vec<Template>,
    pub steps: Vec<StepPlan>,
    pub parameters: Parameters,
    /// Names of the local variables, parameters first.
    pub locals: Vec<Rc<str>>,
    /// Names of the cells: the code's own, then those of the closure.
    pub cells: Vec<Rc<str>>,
    pub own_cells: usize,
    /// Parameters that closures capture: local and cell.
    pub captured: Vec<(u32, u32)>,
    pub is_generator: bool,
    /// The program's file that the code stands in; `None` for the prelude.
    pub file: Option<Rc<str>>,
    /// The step of the `def` line, which shows the arguments of a call.
    pub entry_step: Option<u32>,
    /// Where `__class__` is among the own cells of a class body.
    pub class_cell: Option<u32>,
    pub doc: Option<Rc<str>>,
    /// How often the function was called in this run.
    pub calls: Cell<u32>,
}

impl Code {
    /// Whether the code is the program's, not the prelude's: only such lines are seen in the trace and in tracebacks.
    pub fn is_program(&self) -> bool {
        self.file.is_some()
    }

    /// The name at this position.
    pub fn text(&self, position: u32) -> &str {
        self.names[position as usize].value.as_str().unwrap_or_default()
    }
}
