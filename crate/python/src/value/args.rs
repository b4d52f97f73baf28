//! The arguments of a call to a native function.

use std::rc::Rc;

use super::Value;
use crate::Raise;

/// Positional and keyword arguments, in the order of the call.
#[derive(Clone, Default)]
pub struct Args {
    pub positional: Vec<Value>,
    pub keyword: Vec<(Rc<str>, Value)>,
}

impl Args {
    pub fn positional(values: Vec<Value>) -> Args {
        Args { positional: values, keyword: Vec::new() }
    }

    /// The arguments in the order of `parameters`; the first `required` of them must be there.
    /// `let [input, dim] = args.bind("softmax", ["input", "dim"], 1)?;`
    ///
    /// Raises TypeError for surplus, repeated, unknown and missing arguments.
    pub fn bind<const N: usize>(
        self,
        function: &str,
        parameters: [&str; N],
        required: usize,
    ) -> Result<[Option<Value>; N], Raise> {
        if self.positional.len() > N {
            return Err(Raise::type_error(format!(
                "{function}() takes {N} positional argument{} but {} {} given",
                if N == 1 { "" } else { "s" },
                self.positional.len(),
                if self.positional.len() == 1 { "was" } else { "were" },
            )));
        }
        let mut bound: [Option<Value>; N] = [const { None }; N];
        for (slot, value) in bound.iter_mut().zip(self.positional) {
            *slot = Some(value);
        }
        for (name, value) in self.keyword {
            let Some(position) = parameters.iter().position(|p| **p == *name) else {
                return Err(Raise::type_error(format!("{function}() got an unexpected keyword argument '{name}'")));
            };
            if bound[position].is_some() {
                return Err(Raise::type_error(format!("{function}() got multiple values for argument '{name}'")));
            }
            bound[position] = Some(value);
        }
        for position in 0..required.min(N) {
            if bound[position].is_none() {
                return Err(Raise::type_error(format!(
                    "{function}() missing required argument '{}' (pos {})",
                    parameters[position],
                    position + 1
                )));
            }
        }
        Ok(bound)
    }

    /// Takes the keyword argument `name` out, if it was given.
    pub fn take_keyword(&mut self, name: &str) -> Option<Value> {
        let position = self.keyword.iter().position(|(n, _)| **n == *name)?;
        Some(self.keyword.remove(position).1)
    }

    /// Raises TypeError if any keyword argument is left.
    pub fn no_keywords(&self, function: &str) -> Result<(), Raise> {
        match self.keyword.first() {
            None => Ok(()),
            Some(_) => Err(Raise::type_error(format!("{function}() takes no keyword arguments"))),
        }
    }

    /// Exactly `N` positional arguments and nothing else.
    pub fn exactly<const N: usize>(self, function: &str) -> Result<[Value; N], Raise> {
        self.no_keywords(function)?;
        let given = self.positional.len();
        self.positional.try_into().map_err(|_| {
            Raise::type_error(match N {
                // A method's own object is not counted.
                2 if function.contains('.') => format!("{function}() takes exactly one argument ({} given)", given.saturating_sub(1)),
                0 => format!("{function}() takes no arguments ({given} given)"),
                1 => format!("{function}() takes exactly one argument ({given} given)"),
                _ => format!("{function} expected {N} argument{}, got {given}", if N == 1 { "" } else { "s" }),
            })
        })
    }
}
