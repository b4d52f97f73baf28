//! What functions with several signatures say of arguments that fit none of them.

use crate::Raise;
use crate::value::{TupleKind, Value};

/// The options that every function which makes a tensor takes.
const OPTIONS: &str = "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None, bool pin_memory = False, bool requires_grad = False";

/// The signatures of a function, in PyTorch's order. `…` stands for [`OPTIONS`].
fn signatures(function: &str, is_method: bool) -> &'static [&'static str] {
    match function {
        "sum" if !is_method => &[
            "Tensor input, *, torch.dtype dtype = None",
            "Tensor input, tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None, Tensor out = None",
        ],
        "sum" => &["*, torch.dtype dtype = None", "tuple of ints dim, bool keepdim = False, *, torch.dtype dtype = None"],
        "view" => &["torch.dtype dtype", "tuple of ints size"],
        "rand" | "randn" => &[
            "tuple of ints size, *, torch.Generator generator, Tensor out = None, …",
            "tuple of ints size, *, Tensor out = None, …",
        ],
        "randint" => &[
            "int high, tuple of ints size, *, torch.Generator generator, Tensor out = None, …",
            "int high, tuple of ints size, *, Tensor out = None, …",
            "int low, int high, tuple of ints size, *, torch.Generator generator, Tensor out = None, …",
            "int low, int high, tuple of ints size, *, Tensor out = None, …",
        ],
        "arange" => &[
            "Number end, *, Tensor out = None, …",
            "Number start, Number end, *, …",
            "Number start, Number end, Number step = 1, *, Tensor out = None, …",
        ],
        "linspace" => &[
            "Tensor start, Tensor end, int steps, *, Tensor out = None, …",
            "Number start, Tensor end, int steps, *, Tensor out = None, …",
            "Tensor start, Number end, int steps, *, Tensor out = None, …",
            "Number start, Number end, int steps, *, Tensor out = None, …",
        ],
        _ => &[],
    }
}

/// The TypeError of a function with several signatures, given the types of the arguments.
pub fn refused(function: &str, is_method: bool, given: &str) -> Option<Raise> {
    let signatures = signatures(function, is_method);
    if signatures.is_empty() {
        return None;
    }
    let mut message = format!("{function}() received an invalid combination of arguments - got ({given}), but expected one of:\n");
    for signature in signatures {
        message.push_str(&format!(" * ({})\n", signature.replace('…', OPTIONS)));
    }
    Some(Raise::type_error(message))
}

/// The types of arguments, those that were named last.
pub fn listed(positional: Vec<String>, keyword: Vec<String>) -> String {
    // A comma is left over where there are keywords alone.
    let alone = positional.is_empty() && !keyword.is_empty();
    let all: Vec<String> = positional.into_iter().chain(keyword).collect();
    all.join(", ") + if alone { ", " } else { "" }
}

pub fn type_name(value: &Value) -> String {
    match value {
        Value::Tuple(tuple) if matches!(tuple.kind, TupleKind::Size) => "torch.Size".into(),
        value => value.type_name(),
    }
}
