//! Which functions stand in which module, and what of the surface is written in Python.

use std::rc::Rc;

use tensor::DType;

use super::entry::{Entry, FUNCTIONAL, LINALG, TENSOR, TORCH};
use crate::value::{ClassKind, Module, Native, Value};
use crate::{Context, Raise};

/// Every function of the surface that is written in Rust.
const TABLES: &[&[Entry]] = &[
    super::data::ENTRIES,
    super::creation::ENTRIES,
    super::random::ENTRIES,
    super::generators::ENTRIES,
    super::conversion::ENTRIES,
    super::attributes::ENTRIES,
    super::pointwise::UNARY,
    super::pointwise::ENTRIES,
    super::arithmetic::FUNCTIONS,
    super::arithmetic::ENTRIES,
    super::comparison::ENTRIES,
    super::reduction::ENTRIES,
    super::statistics::ENTRIES,
    super::selection::ENTRIES,
    super::scattering::ENTRIES,
    super::ordering::ENTRIES,
    super::shape::ENTRIES,
    super::views::ENTRIES,
    super::joining::ENTRIES,
    super::rearranging::ENTRIES,
    super::linear::ENTRIES,
    super::linear_algebra::ENTRIES,
    super::einsum::ENTRIES,
    super::functional::ENTRIES,
    super::attention::ENTRIES,
    super::settings::ENTRIES,
];

/// Python files of the surface, run in this order when a program first imports torch:
/// the module whose names they define (its dotted name), and the source.
pub const PRELUDE: &[(&str, &str)] = &[
    ("torch", prelude!("torch.py")),
    ("torch.functional", prelude!("torch.functional.py")),
    ("torch.nn.functional", prelude!("functional.py")),
    ("torch.nn.init", prelude!("nn/init.py")),
    ("torch.nn", prelude!("nn/module_parts.py")),
    ("torch.nn", prelude!("nn/module.py")),
    ("torch.nn", prelude!("nn/containers.py")),
    ("torch.nn", prelude!("nn/layers.py")),
    ("torch.nn", prelude!("nn/activations.py")),
    ("torch.utils.flop_counter", prelude!("flop_counter.py")),
];

/// Other names of a dtype.
const DTYPE_ALIASES: &[(&str, DType)] = &[
    ("float", DType::Float32),
    ("double", DType::Float64),
    ("half", DType::Float16),
    ("long", DType::Int64),
    ("int", DType::Int32),
];

/// The modules by their dotted names, filled with native functions: `torch`, `torch.nn`, `torch.nn.functional` ….
/// Submodules are attributes of their parents as well.
pub fn modules(context: &mut Context) -> Vec<Rc<Module>> {
    let torch = filled("torch", TORCH);
    for dtype in DType::ALL {
        torch.attributes.set_text(dtype.name(), Value::DType(dtype));
    }
    for (name, dtype) in DTYPE_ALIASES {
        torch.attributes.set_text(name, Value::DType(*dtype));
    }
    for (name, number) in [("inf", f64::INFINITY), ("nan", f64::NAN), ("pi", std::f64::consts::PI), ("e", std::f64::consts::E)] {
        torch.attributes.set_text(name, Value::Float(number));
    }
    make_callable(&context.types.parameter, super::parameter);
    make_callable(&context.types.size, size);
    make_callable(&context.types.device, device);
    for (name, call) in super::settings::DEVICE_METHODS {
        context.types.device.attributes.set_text(name, Value::native(name, *call));
    }
    torch.add("LongTensor", long_tensor);
    make_callable(&context.types.tensor, float_tensor);
    for (name, class) in [
        ("Tensor", &context.types.tensor),
        ("FloatTensor", &context.types.tensor),
        ("Size", &context.types.size),
        ("dtype", &context.types.dtype),
        ("device", &context.types.device),
    ] {
        torch.attributes.set_text(name, Value::Class(class.clone()));
    }
    let nn = Module::new("torch.nn");
    let parameter = Module::new("torch.nn.parameter");
    for module in [&nn, &parameter] {
        module.attributes.set_text("Parameter", Value::Class(context.types.parameter.clone()));
    }
    let functional = filled("torch.nn.functional", FUNCTIONAL);
    let init = Module::new("torch.nn.init");
    let linalg = filled("torch.linalg", LINALG);
    let optim = Module::new("torch.optim");
    let utils = Module::new("torch.utils");
    let data = Module::new("torch.utils.data");
    let flop_counter = Module::new("torch.utils.flop_counter");
    flop_counter.add("_flops", super::flops::flops);
    for (parent, name, child) in [
        (&torch, "nn", &nn),
        (&torch, "linalg", &linalg),
        (&torch, "optim", &optim),
        (&torch, "utils", &utils),
        (&utils, "data", &data),
        (&utils, "flop_counter", &flop_counter),
        (&nn, "functional", &functional),
        (&nn, "init", &init),
        (&nn, "parameter", &parameter),
    ] {
        parent.attributes.set_text(name, Value::Module(child.clone()));
    }
    vec![torch, nn, functional, init, parameter, linalg, optim, utils, data, flop_counter]
}

/// The function that `x.name` is bound to, if tensors have that method.
pub fn method(name: &str) -> Option<Value> {
    thread_local! {
        static METHODS: Rc<Module> = filled("", TENSOR);
    }
    METHODS.with(|methods| methods.attributes.get_text(name))
}

fn entries(home: u8) -> impl Iterator<Item = &'static Entry> {
    TABLES.iter().copied().flatten().filter(move |Entry(_, homes, _)| homes & home != 0)
}

fn filled(name: &str, home: u8) -> Rc<Module> {
    let module = Module::new(name);
    for Entry(name, _, call) in entries(home) {
        module.add(name, *call);
    }
    module
}

fn make_callable(class: &crate::value::Class, maker: crate::value::NativeFunction) {
    if let ClassKind::Builtin(slot) = &class.kind {
        *slot.borrow_mut() = Some(Native::new("", maker));
    }
}

/// `torch.Tensor(2, 3)`, cells of zero, or `torch.Tensor([1, 2])`: float32 either way.
fn float_tensor(context: &mut Context, args: crate::value::Args) -> Result<Value, Raise> {
    typed_tensor(context, args, DType::Float32)
}

/// `torch.LongTensor([1, 2])`
fn long_tensor(context: &mut Context, args: crate::value::Args) -> Result<Value, Raise> {
    typed_tensor(context, args, DType::Int64)
}

fn typed_tensor(context: &mut Context, args: crate::value::Args, dtype: DType) -> Result<Value, Raise> {
    let name = if args.positional.iter().all(|argument| argument.as_int().is_some()) { "zeros" } else { "tensor" };
    let keyword = vec![(Rc::from("dtype"), Value::DType(dtype))];
    let mut args = args;
    if args.positional.is_empty() {
        args.positional.push(Value::Int(0));
    }
    match entries(TORCH).find(|Entry(entry, ..)| *entry == name) {
        Some(Entry(_, _, call)) => call(context, crate::value::Args { positional: args.positional, keyword }),
        None => Err(Raise::type_error("cannot create 'Tensor' instances")),
    }
}

/// `torch.Size((2, 3))`
fn size(_: &mut Context, args: crate::value::Args) -> Result<Value, Raise> {
    let items = args.positional.first().and_then(Value::as_sequence).unwrap_or_default();
    let sizes: Option<Vec<usize>> =
        items.iter().map(|item| item.as_int().and_then(|n| usize::try_from(n).ok())).collect();
    sizes.map(|sizes| Value::size(&sizes)).ok_or_else(|| Raise::type_error("torch.Size() takes an iterable of 'int'"))
}

/// `torch.device("cpu")`, `torch.device("cuda", 1)`
fn device(_: &mut Context, args: crate::value::Args) -> Result<Value, Raise> {
    let named = |name: &str| args.keyword.iter().find(|(key, _)| **key == *name).map(|(_, value)| value);
    let index = args.positional.get(1).or(named("index")).and_then(Value::as_int);
    match args.positional.first().or(named("type")).or(named("device")) {
        Some(Value::Str(name)) => {
            // A program may name a device that it never uses: only using it is an error.
            let known = ["cuda", "mps", "xpu"].iter().any(|kind| name.split(':').next() == Some(*kind));
            if !known {
                super::creation::device_name(name)?;
            }
            Ok(Value::Device(index.map_or_else(|| name.clone(), |index| Rc::from(format!("{name}:{index}")))))
        }
        Some(device @ Value::Device(_)) => Ok(device.clone()),
        Some(Value::Int(n)) => Ok(Value::Device(Rc::from(format!("cuda:{n}")))),
        _ => Err(Raise::type_error("device(): argument 'type' (position 1) must be str")),
    }
}
