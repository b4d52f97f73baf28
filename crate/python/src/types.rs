//! The classes of built-in values: what `type(x)` gives and `isinstance` asks for.

use std::cell::RefCell;
use std::rc::Rc;

use crate::ErrorKind;
use crate::value::{Class, ClassKind, Dict, NamedTupleType, TupleKind, Value};

macro_rules! types {
    ($($field:ident $name:literal $module:literal $(: $base:ident)?),* $(,)?) => {
        pub struct Types {
            pub object: Rc<Class>,
            $(pub $field: Rc<Class>,)*
            /// The exceptions, in the order of [`ErrorKind::ALL`].
            pub errors: Vec<Rc<Class>>,
            /// The classes of torch's return types, as they are asked for.
            returned: RefCell<Vec<Rc<Class>>>,
        }

        impl Types {
            pub fn new() -> Types {
                let object = builtin("object", Vec::new());
                $(
                    #[allow(unused_mut, unused_assignments, reason = "most types derive from object alone")]
                    let $field = {
                        let mut base = &object;
                        $(base = &$base;)?
                        let class = builtin($name, vec![base.clone()]);
                        class.module.set($module);
                        class
                    };
                )*
                let errors = error_classes(&object);
                Types { object, $($field,)* errors, returned: RefCell::default() }
            }

            /// Every type but the exceptions.
            pub fn all(&self) -> Vec<&Rc<Class>> {
                vec![&self.object, $(&self.$field),*]
            }
        }
    };
}

types! {
    type_ "type" "",
    none "NoneType" "",
    not_implemented "NotImplementedType" "",
    ellipsis "ellipsis" "",
    int "int" "",
    bool_ "bool" "": int,
    float "float" "",
    complex "complex" "",
    str "str" "",
    bytes "bytes" "",
    bytearray "bytearray" "",
    list "list" "",
    tuple "tuple" "",
    dict "dict" "",
    ordered_dict "OrderedDict" "collections.": dict,
    counter "Counter" "collections.": dict,
    default_dict "defaultdict" "collections.": dict,
    set "set" "",
    frozenset "frozenset" "",
    range "range" "",
    slice "slice" "",
    function "function" "",
    method "method" "",
    native "builtin_function_or_method" "",
    property "property" "",
    staticmethod "staticmethod" "",
    classmethod "classmethod" "",
    module "module" "",
    iterator "iterator" "",
    generator "generator" "",
    tensor "Tensor" "torch.",
    parameter "Parameter" "torch.nn.parameter.": tensor,
    size "Size" "torch.": tuple,
    dtype "dtype" "torch.",
    device "device" "torch.",
}

impl Default for Types {
    fn default() -> Types {
        Types::new()
    }
}

impl Types {
    /// The class of any value.
    pub fn of(&self, value: &Value) -> Rc<Class> {
        match value {
            Value::None => &self.none,
            Value::NotImplemented => &self.not_implemented,
            Value::Ellipsis => &self.ellipsis,
            Value::Bool(_) => &self.bool_,
            Value::Int(_) | Value::Big(_) => &self.int,
            Value::Float(_) => &self.float,
            Value::Str(_) => &self.str,
            Value::Bytes(_) => &self.bytes,
            Value::List(list) => match &list.instance {
                Some(instance) => return instance.class(),
                None => &self.list,
            },
            Value::Tuple(tuple) => match &tuple.kind {
                TupleKind::Plain => &self.tuple,
                TupleKind::Size => &self.size,
                TupleKind::Named(kind) if kind.is_torch => return self.returned(kind),
                TupleKind::Named(kind) => {
                    return kind
                        .class
                        .borrow()
                        .as_ref()
                        .and_then(std::rc::Weak::upgrade)
                        .unwrap_or_else(|| self.tuple.clone());
                }
            },
            Value::Dict(dict) if dict.instance.is_some() => {
                return dict.instance.as_ref().map_or_else(|| self.dict.clone(), |instance| instance.class());
            }
            Value::Dict(dict) => match dict.class_name() {
                "OrderedDict" => &self.ordered_dict,
                "Counter" => &self.counter,
                "dict" => &self.dict,
                _ => &self.default_dict,
            },
            Value::Set(set) if set.frozen => &self.frozenset,
            Value::Set(_) => &self.set,
            Value::Range(_) => &self.range,
            Value::Slice(_) => &self.slice,
            Value::Function(_) => &self.function,
            Value::Method(_) => &self.method,
            Value::Native(_) => &self.native,
            Value::Property(property) => match property.class_name() {
                "property" => &self.property,
                "staticmethod" => &self.staticmethod,
                _ => &self.classmethod,
            },
            Value::Class(_) => &self.type_,
            Value::Super(_) => &self.object,
            Value::Instance(instance) => return instance.class(),
            Value::Module(_) => &self.module,
            Value::Iterator(_) => &self.iterator,
            Value::Generator(_) => &self.generator,
            Value::Tensor(tensor) if tensor.is_parameter.get() => &self.parameter,
            Value::Tensor(_) => &self.tensor,
            Value::DType(_) => &self.dtype,
            Value::Device(_) => &self.device,
        }
        .clone()
    }

    /// `torch.return_types.max`, and its like.
    fn returned(&self, kind: &Rc<NamedTupleType>) -> Rc<Class> {
        let mut known = self.returned.borrow_mut();
        if let Some(class) = known.iter().find(|class| class.name == kind.name) {
            return class.clone();
        }
        let class = derived(&kind.name, vec![self.tuple.clone()], ClassKind::NamedTuple(kind.clone()));
        class.module.set("torch.return_types.");
        known.push(class.clone());
        class
    }

    pub fn error(&self, kind: ErrorKind) -> &Rc<Class> {
        ErrorKind::ALL.iter().position(|(k, _)| *k == kind).map_or(&self.object, |position| &self.errors[position])
    }
}

fn builtin(name: &str, bases: Vec<Rc<Class>>) -> Rc<Class> {
    derived(name, bases, ClassKind::Builtin(Default::default()))
}

fn derived(name: &str, bases: Vec<Rc<Class>>, kind: ClassKind) -> Rc<Class> {
    let mut ancestors = bases.clone();
    if let Some(base) = bases.first() {
        ancestors.extend(base.ancestors.iter().cloned());
    }
    Class::new(name, bases, ancestors, Dict::new(), kind)
}

fn error_classes(object: &Rc<Class>) -> Vec<Rc<Class>> {
    let mut classes: Vec<Rc<Class>> = Vec::new();
    for (kind, base) in ErrorKind::ALL {
        let base = base
            .and_then(|base| ErrorKind::ALL.iter().position(|(k, _)| *k == base))
            .and_then(|position| classes.get(position))
            .unwrap_or(object);
        classes.push(derived(&kind.name(), vec![base.clone()], ClassKind::Exception(kind)));
    }
    classes
}
