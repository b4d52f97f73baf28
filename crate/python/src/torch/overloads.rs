//! What functions say of arguments of the wrong type, and those with several signatures of arguments that fit none.

use super::arguments::Arguments;
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

impl Arguments {
    /// The TypeError for an argument of the wrong type.
    pub fn wrong(&self, name: &str, expected: &str) -> Raise {
        let position = self.position(name).unwrap_or(0);
        let gathers = self.signature.parameters.get(position).is_some_and(|parameter| parameter.gathers);
        if !gathers && let Some(raise) = refused(self.signature.function, self.is_method, &self.given()) {
            return raise;
        }
        let got = match self.values.get(position) {
            Some(Some(value)) => value.type_name(),
            _ => "NoneType".to_string(),
        };
        Raise::type_error(format!(
            "{}(): argument '{name}' (position {}) must be {expected}, not {got}",
            self.signature.function,
            position + usize::from(!self.is_method)
        ))
    }

    /// The types of the arguments as PyTorch lists them: `int, tuple, dim=float, `.
    fn given(&self) -> String {
        let mut positional: Vec<String> = Vec::new();
        let mut keyword: Vec<String> = Vec::new();
        for (position, (parameter, value)) in self.signature.parameters.iter().zip(&self.values).enumerate() {
            let Some(value) = value else { continue };
            if position == 0 && self.is_method {
                continue;
            }
            let gathered = parameter.gathers && self.positional > position + 1;
            match value.as_sequence().filter(|_| gathered) {
                Some(items) => positional.extend(items.iter().map(type_name)),
                None if position < self.positional => positional.push(type_name(value)),
                None => keyword.push(format!("{}={}", parameter.name, type_name(value))),
            }
        }
        listed(positional, keyword)
    }

    /// The TypeError for an element of the wrong type among integers.
    pub fn not_an_int(&self, name: &str, before: usize, item: &Value) -> Raise {
        let (function, kind) = (self.signature.function, item.type_name());
        if before > 0 {
            return Raise::type_error(format!(
                "{function}(): argument '{name}' failed to unpack the object at pos {} with error \"type must be tuple of ints,but got {kind}\"",
                before + 1
            ));
        }
        let position = self.position(name).unwrap_or(0);
        let gathers = self.signature.parameters.get(position).is_some_and(|parameter| parameter.gathers);
        if gathers && self.positional > position + 1
            && let Some(raise) = refused(function, self.is_method, &self.given())
        {
            return raise;
        }
        let place = position + usize::from(!self.is_method);
        let found = if gathers { format!("not {kind}") } else { format!("but found element of type {kind} at pos 0") };
        Raise::type_error(format!("{function}(): argument '{name}' (position {place}) must be tuple of ints, {found}"))
    }
}
