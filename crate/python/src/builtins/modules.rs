//! The modules that a program may import beside torch.

use std::rc::Rc;

use super::math;
use crate::prelude::Late;
use crate::{Cause, Context, ErrorKind};
use crate::value::{Instance, Iterator, Module, NamedTupleType, Native, Value};

/// Their names, as an error message lists them.
pub const MODULES: &[&str] = &[
    "einops", "tqdm", "safetensors", "tokenizers", "math", "cmath", "random", "time", "datetime", "copy", "functools", "itertools", "collections",
    "dataclasses", "typing", "types", "contextlib", "abc", "enum", "operator", "string", "sys", "warnings", "re", "regex", "unicodedata", "json", "ast",
    "textwrap", "statistics", "fractions", "numbers", "heapq", "bisect", "queue", "argparse", "inspect", "traceback", "logging", "io", "os", "gc",
    "timeit", "platform", "pprint", "pathlib", "importlib", "packaging", "jaxtyping", "__future__",
];

/// Modules of Python's library and of PyTorch that are not here. Scripts import more than they use, so a program may
/// import them: it ends where it uses one.
const ABSENT: &[&str] = &[
    "array", "asyncio", "atexit", "base64", "calendar", "codecs", "concurrent", "concurrent.futures", "contextvars", "copyreg", "cProfile",
    "csv", "ctypes", "decimal", "difflib", "getpass", "glob", "gzip", "hashlib", "html", "http", "http.client", "locale", "multiprocessing", "pdb",
    "pickle", "resource", "secrets", "shelve", "shlex", "shutil", "signal", "socket", "sqlite3", "struct", "subprocess", "tarfile", "tempfile",
    "threading", "tracemalloc", "unittest", "unittest.mock", "urllib", "urllib.error", "urllib.parse", "urllib.request", "uuid", "weakref", "xml",
    "xml.etree", "xml.etree.ElementTree", "zipfile", "zlib", "torch._C", "torch.ao", "torch.ao.quantization", "torch.distributed.fsdp",
    "torch.distributed.optim", "torch.export", "torch.fx", "torch.hub", "torch.library", "torch.nn.common_types", "torch.nn.utils.prune",
    "torch.onnx", "torch.quantization", "torch.utils.hooks", "torch.utils.tensorboard",
];

/// A new module, and the Python source that fills the rest of it. Only the prelude may import `_prelude`.
pub fn module(context: &mut Context, name: &str, for_program: bool) -> Option<(Rc<Module>, Option<&'static str>)> {
    if name == "_prelude" && !for_program {
        let module = Module { name: Rc::from(name), attributes: context.prelude.clone() };
        return Some((Rc::new(module), None));
    }
    let module = Module::new(name);
    module.attributes.set_text("__name__", Value::str(name));
    let source = match name {
        "math" => {
            math::fill(&module);
            None
        }
        "time" => {
            for name in ["time", "perf_counter", "monotonic"] {
                module.add(name, |context, _| Ok(Value::Float((context.clock)() / 1000.0)));
            }
            module.add("sleep", |_, _| Ok(Value::None));
            None
        }
        "sys" => {
            let program = context.files.program_name();
            let arguments = context.files.arguments().iter().map(String::as_str);
            module.attributes.set_text("argv", Value::list([program].into_iter().chain(arguments).map(Value::str).collect()));
            let version = [3, 11, 7].map(Value::Int).into_iter().chain([Value::str("final"), Value::Int(0)]);
            let fields = ["major", "minor", "micro", "releaselevel", "serial"].map(Rc::from).to_vec();
            let kind = NamedTupleType::program(&Rc::from("sys.version_info"), fields, Vec::new());
            module.attributes.set_text("version_info", Value::named_tuple(&kind, version.collect()));
            module.add("exit", |context, args| {
                let class = context.types.error(ErrorKind::SystemExit).clone();
                let exit = Instance::new(&class);
                exit.attributes().set_text("args", Value::tuple(args.positional));
                context.registry.instance(&exit);
                Err(Cause::Instance(exit).into())
            });
            context.sys = Some(module.attributes.clone());
            late(name)
        }
        "string" => {
            for (name, text) in [
                ("ascii_lowercase", "abcdefghijklmnopqrstuvwxyz"),
                ("ascii_uppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                ("ascii_letters", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                ("digits", "0123456789"),
                ("punctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
            ] {
                module.attributes.set_text(name, Value::str(text));
            }
            None
        }
        "collections" => {
            let types = &context.types;
            for class in [&types.ordered_dict, &types.counter, &types.default_dict] {
                module.attributes.set(&class.name, Value::Class(class.clone()));
            }
            None
        }
        "itertools" => {
            module.attributes.set_text("count", Value::Native(Native::new("count", |_, args| {
                let [start, step] = args.bind("count", ["start", "step"], 0)?;
                Ok(Iterator::count(start.unwrap_or(Value::Int(0)), step.unwrap_or(Value::Int(1))))
            })));
            module.add("cycle", |context, args| {
                let [values] = args.exactly("cycle")?;
                Ok(Iterator::cycle(context.items(&values)?))
            });
            late(name)
        }
        "random" => {
            super::random::fill(&module);
            late(name)
        }
        "re" | "regex" => {
            super::regex::fill(&module);
            late("re")
        }
        "__future__" => None,
        "collections.abc" | "typing_extensions" | "beartype.typing" => late("typing"),
        _ if ABSENT.contains(&name) => late("_absent"),
        _ => Some(late(name)?),
    };
    Some((module, source))
}

fn late(name: &str) -> Option<&'static str> {
    Late::find(name).map(Late::source)
}
