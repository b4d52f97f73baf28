//! The values that Python programs compute with.
//!
//! Everything is reference counted. Cycles are cut when a session ends ([`heap::Registry`]), and nests of any depth
//! are dropped without recursion ([`heap`]).

mod args;
mod big;
mod bytes;
mod class;
mod collections;
mod compare;
mod function;
pub mod heap;
mod iterate;
mod key;
mod nearest;
mod represent;
mod tensor_object;

use std::rc::Rc;

pub use args::Args;
pub use big::{Big, binary as big_binary, finite as big_to_float};
pub use bytes::Bytes;
pub use class::{Class, ClassKind, Hooks, Instance, NamedTupleType};
pub use collections::{Dict, DictKind, Items, List, Set, Slice, Table, Tuple, TupleKind};
pub use compare::{Equality, equal, identical, number_order, order};
pub use function::{Cell, Function, Method, Module, Native, NativeFunction, Property, Super};
pub use iterate::{Iterator, Next, Range, View};
pub use key::{Key, hash_of_answer};
pub use nearest::nearest;
pub use represent::{needs_python, repr, str_text};
pub use tensor::layout::sorted_by;
pub use tensor_object::TensorObject;

use crate::machine::Generator;

#[derive(Clone)]
pub enum Value {
    None,
    NotImplemented,
    Ellipsis,
    Bool(bool),
    Int(i64),
    /// An integer that 64 bits do not hold.
    Big(Rc<Big>),
    Float(f64),
    Str(Rc<str>),
    Bytes(Rc<Bytes>),
    List(Rc<List>),
    /// Plain tuples, `torch.Size` and named tuples alike: see [`TupleKind`].
    Tuple(Rc<Tuple>),
    Dict(Rc<Dict>),
    Set(Rc<Set>),
    Range(Rc<Range>),
    Slice(Rc<Slice>),
    Function(Rc<Function>),
    Method(Rc<Method>),
    Native(Native),
    Property(Rc<Property>),
    Class(Rc<Class>),
    /// What `super()` gives.
    Super(Rc<Super>),
    /// Instances of classes, exceptions among them.
    Instance(Rc<Instance>),
    Module(Rc<Module>),
    Iterator(Rc<Iterator>),
    Generator(Rc<Generator>),
    Tensor(Rc<TensorObject>),
    DType(tensor::DType),
    /// `torch.device`, by the name it prints: `cpu`, `meta`.
    Device(Rc<str>),
}

impl Value {
    pub fn str(text: impl AsRef<str>) -> Value {
        Value::Str(heap::string(text.as_ref()))
    }

    pub fn bytes(bytes: Vec<u8>) -> Value {
        Value::Bytes(Bytes::new(bytes))
    }

    pub fn list(items: Vec<Value>) -> Value {
        Value::List(List::new(items))
    }

    pub fn tuple(items: Vec<Value>) -> Value {
        Value::Tuple(Tuple::new(items, TupleKind::Plain))
    }

    /// A `torch.Size`.
    pub fn size(shape: &[usize]) -> Value {
        Value::Tuple(Tuple::new(shape.iter().map(|&n| Value::Int(n as i64)).collect(), TupleKind::Size))
    }

    /// A tuple with named fields that prints itself, as `torch.max(x, dim=…)` returns.
    pub fn named_tuple(kind: &Rc<NamedTupleType>, items: Vec<Value>) -> Value {
        Value::Tuple(Tuple::new(items, TupleKind::Named(kind.clone())))
    }

    pub fn native(
        name: &'static str,
        call: fn(&mut crate::Context, Args) -> Result<Value, crate::Raise>,
    ) -> Value {
        Value::Native(Native::new(name, call))
    }

    pub fn is_none(&self) -> bool {
        matches!(self, Value::None)
    }

    /// The value as an integer, if it is an `int`, a `bool` or a member of an enumeration of integers.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(n) => Some(*n),
            Value::Bool(b) => Some((*b).into()),
            Value::Instance(instance) => instance.number(),
            _ => None,
        }
    }

    /// The value as a float, if it is a number.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Float(x) => Some(*x),
            Value::Big(big) => Some(big.to_f64()),
            Value::Instance(instance) => instance.float().or_else(|| instance.number().map(|n| n as f64)),
            _ => self.as_int().map(|n| n as f64),
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The class and the attributes of an instance, or of a list or dictionary of a derived class.
    pub fn instance(&self) -> Option<&Rc<Instance>> {
        match self {
            Value::Instance(instance) => Some(instance),
            Value::Dict(dict) => dict.instance.as_ref(),
            Value::List(list) => list.instance.as_ref(),
            _ => None,
        }
    }

    /// The special method that a class of the program defines for this value.
    /// Of a list or dictionary of a derived class, only what Python code defines: the rest is built in.
    pub fn special(&self, name: &str) -> Option<Value> {
        let found = self.instance()?.class_attribute(name)?;
        let counts = matches!(self, Value::Instance(_)) || matches!(found, Value::Function(_));
        counts.then_some(found)
    }

    /// The items of a list or a tuple (of any kind), copied.
    pub fn as_sequence(&self) -> Option<Vec<Value>> {
        match self {
            Value::List(list) => Some(list.items.borrow().to_vec()),
            Value::Tuple(tuple) => Some(tuple.items.to_vec()),
            _ => None,
        }
    }

    /// The type's name as error messages give it.
    pub fn type_name(&self) -> String {
        match self {
            Value::None => "NoneType".into(),
            Value::NotImplemented => "NotImplementedType".into(),
            Value::Ellipsis => "ellipsis".into(),
            Value::Bool(_) => "bool".into(),
            Value::Int(_) | Value::Big(_) => "int".into(),
            Value::Float(_) => "float".into(),
            Value::Str(_) => "str".into(),
            Value::Bytes(_) => "bytes".into(),
            Value::List(list) => list.instance.as_ref().map_or("list".into(), |i| i.class().name.to_string()),
            Value::Tuple(tuple) => match &tuple.kind {
                TupleKind::Plain => "tuple".into(),
                TupleKind::Size => "torch.Size".into(),
                TupleKind::Named(kind) => kind.name.to_string(),
            },
            Value::Dict(dict) => match &dict.instance {
                Some(instance) => instance.class().name.to_string(),
                None => dict.class_name().into(),
            },
            Value::Set(set) if set.frozen => "frozenset".into(),
            Value::Set(_) => "set".into(),
            Value::Range(_) => "range".into(),
            Value::Slice(_) => "slice".into(),
            Value::Function(_) => "function".into(),
            Value::Method(method) if matches!(method.function, Value::Native(_)) => "builtin_function_or_method".into(),
            Value::Method(_) => "method".into(),
            Value::Native(_) => "builtin_function_or_method".into(),
            Value::Property(property) => property.class_name().into(),
            Value::Class(_) => "type".into(),
            Value::Super(_) => "super".into(),
            Value::Instance(instance) => instance.class.borrow().name.to_string(),
            Value::Module(_) => "module".into(),
            Value::Iterator(iterator) => iterator.class_name().into(),
            Value::Generator(_) => "generator".into(),
            Value::Tensor(tensor) if tensor.is_parameter.get() => "Parameter".into(),
            Value::Tensor(_) => "Tensor".into(),
            Value::DType(_) => "torch.dtype".into(),
            Value::Device(_) => "torch.device".into(),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::str(value)
    }
}
