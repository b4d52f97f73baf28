//! Signatures: what a torch function's parameters are called, and which it needs.

use std::cell::RefCell;
use std::rc::Rc;

use crate::Context;

/// A signature, read once in a run.
pub struct Signature {
    pub function: &'static str,
    pub parameters: Vec<Parameter>,
    /// How many of them come before a `*`.
    pub positional: usize,
    /// Which of those gathers the arguments that are left.
    pub gathers: Option<usize>,
}

/// The signatures that were read, in the order of where their texts lie and how long they are.
pub type Signatures = RefCell<Vec<(usize, usize, Rc<Signature>)>>;

pub struct Parameter {
    pub name: &'static str,
    /// Another name for it, or the same.
    pub alias: &'static str,
    pub required: bool,
    pub gathers: bool,
}

impl Signature {
    /// The signature that this text is.
    pub fn of(context: &Context, text: &'static str) -> Rc<Signature> {
        let mut read = context.torch.signatures.borrow_mut();
        let place = (text.as_ptr() as usize, text.len());
        match read.binary_search_by_key(&place, |(start, length, _)| (*start, *length)) {
            Ok(position) => read[position].2.clone(),
            Err(position) => {
                let signature = Rc::new(parse(text));
                read.insert(position, (place.0, place.1, signature.clone()));
                signature
            }
        }
    }
}

/// The function's name and its parameters. A lone `*` is a parameter without a name.
fn parse(signature: &'static str) -> Signature {
    let (function, rest) = signature.split_once('(').unwrap_or((signature, ""));
    let mut parameters: Vec<Parameter> = rest
        .trim_end_matches(')')
        .split(", ")
        .filter(|text| !text.is_empty())
        .map(|text| {
            let (name, default) = text.split_once('=').map_or((text, None), |(name, default)| (name, Some(default)));
            let gathers = name.len() > 1 && name.starts_with('*');
            let required = default.is_none() && name != "*";
            let name = name.trim_start_matches('*');
            let (name, alias) = name.split_once('|').unwrap_or((name, name));
            Parameter { name, alias, required, gathers }
        })
        .collect();
    let positional = parameters.iter().position(|p| p.name.is_empty()).unwrap_or(parameters.len());
    parameters.retain(|p| !p.name.is_empty());
    let gathers = parameters[..positional].iter().position(|p| p.gathers);
    Signature { function, parameters, positional, gathers }
}
