//! The parameters of functions and lambdas.

use std::rc::Rc;

use super::parser::Parser;
use super::tree::{Annotation, Parameter, Parameters};
use super::{Result, SyntaxError};

impl Parser<'_> {
    /// Parameters up to `end`, which stays. Annotations may stand in those of functions.
    pub fn parameters(&mut self, end: &str, annotated: bool) -> Result<Parameters> {
        let mut parameters = Parameters::default();
        let mut names: Vec<Rc<str>> = Vec::new();
        let mut after_star = false;
        while !self.at_operator(end) {
            let start = self.token().span;
            if self.take_operator("/") {
                if after_star || parameters.positional.is_empty() {
                    return Err(SyntaxError::new("at least one argument must precede /", start));
                }
                parameters.positional_only = parameters.positional.len();
            } else if self.take_operator("**") {
                let name = self.parameter_name(&mut names, &mut parameters, annotated)?;
                parameters.keywords = Some(name);
                self.take_operator(",");
                if !self.at_operator(end) {
                    return Err(SyntaxError::new("arguments cannot follow var-keyword argument", self.token().span));
                }
                break;
            } else if self.take_operator("*") {
                if after_star {
                    return Err(SyntaxError::new("* argument may appear only once", start));
                }
                after_star = true;
                if self.at_operator(",") {
                    if self.peek(1).text == end || self.peek(1).text == "**" {
                        return Err(SyntaxError::new("named arguments must follow bare *", start));
                    }
                } else if self.at_operator(end) {
                    return Err(SyntaxError::new("named arguments must follow bare *", start));
                } else {
                    parameters.rest = Some(self.parameter_name(&mut names, &mut parameters, annotated)?);
                }
            } else {
                let name = self.parameter_name(&mut names, &mut parameters, annotated)?;
                let default = if self.take_operator("=") { Some(self.expression()?) } else { None };
                let needs_default = !after_star && parameters.positional.last().is_some_and(|p| p.default.is_some());
                if needs_default && default.is_none() {
                    return Err(SyntaxError::new("non-default argument follows default argument", start));
                }
                let list = if after_star { &mut parameters.keyword_only } else { &mut parameters.positional };
                list.push(Parameter { name, default });
            }
            if !self.take_operator(",") {
                break;
            }
        }
        if self.at_operator(end) { Ok(parameters) } else { Err(self.unexpected()) }
    }

    fn parameter_name(&mut self, names: &mut Vec<Rc<str>>, parameters: &mut Parameters, annotated: bool) -> Result<Rc<str>> {
        let token = self.name()?;
        let name: Rc<str> = Rc::from(token.text);
        if names.contains(&name) {
            let message = format!("duplicate argument '{name}' in function definition");
            return Err(SyntaxError::new(message, token.span));
        }
        names.push(name.clone());
        if annotated && self.take_operator(":") {
            self.take_operator("*");
            parameters.annotations.push((name.clone(), self.annotation()?));
        }
        Ok(name)
    }

    pub fn annotation(&mut self) -> Result<Annotation> {
        let from = self.token().start;
        let expression = self.expression()?;
        let text = self.text.get(from..self.token().start).unwrap_or_default();
        Ok(Annotation { expression, text: Rc::from(text.trim_end()) })
    }
}
