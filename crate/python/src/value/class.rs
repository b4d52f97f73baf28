//! Classes and their instances.

use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;

use super::key::hash_text;
use super::{Dict, Native, Value, heap};
use crate::ErrorKind;

/// What making an instance of a class means.
pub enum ClassKind {
    /// A class of the program or of the prelude: `__init__` of an [`Instance`].
    Plain,
    /// An exception: an [`Instance`] that keeps its arguments.
    Exception(ErrorKind),
    /// A type of the language or of torch, whose values are not instances. Its maker, if Python code may call one.
    Builtin(RefCell<Option<Native>>),
    NamedTuple(Rc<NamedTupleType>),
}

/// The fields of a `collections.namedtuple`, or of one of torch's return types.
pub struct NamedTupleType {
    pub name: Rc<str>,
    pub fields: Vec<Rc<str>>,
    pub defaults: Vec<Value>,
    /// Torch's print one field a line.
    pub is_torch: bool,
    /// Where its methods are, if it was made by a program.
    pub class: RefCell<Option<std::rc::Weak<Class>>>,
}

impl NamedTupleType {
    /// One of torch's return types: `torch.return_types.max` with `values` and `indices`.
    pub fn torch(name: &str, fields: &[&str]) -> Rc<NamedTupleType> {
        Rc::new(NamedTupleType {
            name: Rc::from(name),
            fields: fields.iter().map(|f| Rc::from(*f)).collect(),
            defaults: Vec::new(),
            is_torch: true,
            class: RefCell::new(None),
        })
    }
}

pub struct Class {
    pub name: Rc<str>,
    pub bases: Vec<Rc<Class>>,
    /// The method resolution order after the class itself.
    pub ancestors: Vec<Rc<Class>>,
    pub attributes: Rc<Dict>,
    pub kind: ClassKind,
    /// Which special methods the class or an ancestor of it defines: a lookup saved at every attribute.
    pub hooks: Hooks,
    /// The module's name with a dot after it, empty for the program's own.
    pub module: Cell<&'static str>,
    module_text: RefCell<Rc<str>>,
    /// Whether it or an ancestor marks methods as abstract.
    pub has_abstract: bool,
}

/// Special methods that change what reading and writing attributes means.
#[derive(Clone, Copy, Default)]
pub struct Hooks {
    pub getattribute: bool,
    pub getattr: bool,
    pub setattr: bool,
    pub delattr: bool,
    /// Whether it and its ancestors all have `__slots__`.
    pub slots: bool,
}

impl Class {
    /// A class without ancestors but `ancestors`, which must be a method resolution order.
    pub fn new(name: &str, bases: Vec<Rc<Class>>, ancestors: Vec<Rc<Class>>, attributes: Rc<Dict>, kind: ClassKind) -> Rc<Class> {
        let defines = |hook: &str| {
            attributes.get_text(hook).is_some()
                || ancestors.iter().any(|a| !matches!(a.kind, ClassKind::Builtin(_)) && a.attributes.get_text(hook).is_some())
        };
        let is_plain = |kind: &ClassKind| matches!(kind, ClassKind::Plain);
        let slots = is_plain(&kind)
            && attributes.get_text("__slots__").is_some()
            && ancestors.iter().filter(|a| is_plain(&a.kind)).all(|a| a.hooks.slots);
        let hooks = Hooks {
            getattribute: defines("__getattribute__"),
            getattr: defines("__getattr__"),
            setattr: defines("__setattr__"),
            delattr: defines("__delattr__"),
            slots,
        };
        let has_abstract = ancestors.iter().any(|ancestor| ancestor.has_abstract || &*ancestor.name == "ABC");
        Rc::new(Class {
            name: Rc::from(name),
            bases,
            ancestors,
            attributes,
            kind,
            hooks,
            module: Cell::new(""),
            module_text: RefCell::new(Rc::from("")),
            has_abstract,
        })
    }

    /// The attribute of the class or of the nearest ancestor that has it.
    pub fn lookup(&self, name: &str) -> Option<Value> {
        let hash = hash_text(name);
        self.attributes
            .get_hashed(name, hash)
            .or_else(|| self.ancestors.iter().find_map(|ancestor| ancestor.attributes.get_hashed(name, hash)))
    }

    /// Whether `__slots__` of the class or of an ancestor names this attribute.
    pub fn has_slot(&self, name: &str) -> bool {
        let names = |attributes: &Dict| match attributes.get_text("__slots__") {
            Some(Value::Str(one)) => vec![Value::Str(one)],
            Some(slots) => slots.as_sequence().unwrap_or_default(),
            None => Vec::new(),
        };
        std::iter::once(&self.attributes)
            .chain(self.ancestors.iter().map(|a| &a.attributes))
            .any(|attributes| names(attributes).iter().any(|slot| matches!(slot.as_str(), Some(slot) if slot == name || slot == "__dict__")))
    }

    pub fn is_subclass_of(self: &Rc<Class>, other: &Rc<Class>) -> bool {
        Rc::ptr_eq(self, other) || self.ancestors.iter().any(|ancestor| Rc::ptr_eq(ancestor, other))
    }

    /// The module that the class comes from; empty for the program's own.
    pub fn module_name(&self) -> Rc<str> {
        match self.module.get() {
            "" => self.module_text.borrow().clone(),
            module => Rc::from(module.trim_end_matches('.')),
        }
    }

    pub fn set_module(&self, name: &str) {
        self.module_text.replace(Rc::from(name));
    }

    /// The members of an enumeration, which its class is iterated over.
    pub fn members(&self) -> Option<Value> {
        self.lookup("_is_enum")?;
        self.lookup("_members").filter(|members| matches!(members, Value::List(_)))
    }

    /// The built-in exception that the class is or derives from.
    pub fn error_kind(&self) -> Option<ErrorKind> {
        std::iter::once(&self.kind).chain(self.ancestors.iter().map(|a| &a.kind)).find_map(|kind| match kind {
            ClassKind::Exception(kind) => Some(*kind),
            _ => None,
        })
    }
}

pub struct Instance {
    pub class: RefCell<Rc<Class>>,
    /// Its `__dict__`, which may be another dictionary, even itself.
    attributes: RefCell<Rc<Dict>>,
    /// What `__hash__` gave, once it was asked.
    pub hash: Cell<Option<u64>>,
}

impl Drop for Instance {
    fn drop(&mut self) {
        // A dictionary of a derived class has attributes of its own: a chain of such would drop one inside another.
        if self.attributes.get_mut().instance.is_some() {
            heap::bury([Value::Dict(self.attributes.replace(Dict::new()))]);
        }
    }
}

impl Instance {
    pub fn new(class: &Rc<Class>) -> Rc<Instance> {
        Rc::new(Instance { class: RefCell::new(class.clone()), attributes: RefCell::new(Dict::new()), hash: Cell::new(None) })
    }

    pub fn attributes(&self) -> Ref<'_, Rc<Dict>> {
        self.attributes.borrow()
    }

    /// Gives the instance another `__dict__`, and gives back the one before.
    pub fn replace_attributes(&self, attributes: Rc<Dict>) -> Rc<Dict> {
        self.attributes.replace(attributes)
    }

    pub fn class(&self) -> Rc<Class> {
        self.class.borrow().clone()
    }

    /// Of a member of an enumeration of integers, or a NumPy integer.
    pub fn number(&self) -> Option<i64> {
        match self.posing("int")? {
            Value::Int(number) => Some(number),
            Value::Bool(truth) => Some(truth.into()),
            _ => None,
        }
    }

    /// Of a NumPy float.
    pub fn float(&self) -> Option<f64> {
        self.posing("float").and_then(|value| if let Value::Float(number) = value { Some(number) } else { None })
    }

    /// Of a member of an enumeration of strings.
    pub fn text(&self) -> Option<Rc<str>> {
        self.posing("str").and_then(|value| if let Value::Str(text) = value { Some(text) } else { None })
    }

    fn posing(&self, name: &str) -> Option<Value> {
        let value = self.attributes().get_text("_value_")?;
        let posed = self.class_attribute("_poses_as")?;
        matches!(posed, Value::Class(posed) if *posed.name == *name).then_some(value)
    }

    /// A parameter, buffer or submodule: a `torch.nn.Module` keeps them in three dictionaries.
    pub fn registered(&self, name: &str) -> Option<Value> {
        ["_parameters", "_buffers", "_modules"].iter().find_map(|table| match self.attributes().get_text(table)? {
            Value::Dict(dict) => dict.get_text(name),
            _ => None,
        })
    }

    /// The special method or attribute that the instance's class defines.
    pub fn class_attribute(&self, name: &str) -> Option<Value> {
        self.class.borrow().lookup(name)
    }
}
