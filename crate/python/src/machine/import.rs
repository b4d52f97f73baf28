//! `import`: the modules that there are.

use std::rc::Rc;

use super::Code;
use super::compile::compile;
use super::vm::Machine;
use crate::value::{Module, Value, sorted_by};
use crate::files::{FileError, read};
use crate::{ErrorKind, Raise, builtins, syntax, torch};

impl Machine {
    pub fn import(&mut self, position: u32) -> Result<(), Raise> {
        let name = self.name(position);
        if let Some(module) = self.module(&name)? {
            self.push(Value::Module(module));
        }
        Ok(())
    }

    /// The module of this name; `None` if its code runs first, and then the same instruction again.
    pub fn module(&mut self, name: &str) -> Result<Option<Rc<Module>>, Raise> {
        if (name == "torch" || name.starts_with("torch.")) && !self.torch_loaded {
            self.torch_loaded = true;
            self.frame().next -= 1;
            self.load_torch()?;
            return Ok(None);
        }
        if let Some(module) = self.modules.get(name).cloned() {
            if let Some((parent, child)) = name.rsplit_once('.')
                && let Some(parent) = self.modules.get(parent)
            {
                parent.attributes.set_text(child, Value::Module(module.clone()));
            }
            return Ok(Some(module));
        }
        let is_program = self.frame().code.is_program();
        let Some((module, source)) = builtins::module(&mut self.context, name, is_program) else {
            self.import_neighbour(name)?;
            return Ok(None);
        };
        self.context.registry.namespace(&module.attributes);
        self.modules.insert(name.to_string(), module.clone());
        self.frame().next -= 1;
        if let Some(source) = source {
            let code = prelude_code(name, source)?;
            self.push_module(code, &module.attributes);
        }
        Ok(None)
    }

    /// A file of that name beside the program, which the host has.
    fn import_neighbour(&mut self, name: &str) -> Result<(), Raise> {
        if name.contains('.') {
            return Err(self.no_module(name));
        }
        let file = format!("{name}.py");
        let bytes = self.context.files.module(name).and_then(|source| read(&*source, self.context.room()));
        let not_text = |_| FileError::Broken("it is no UTF-8 text".into());
        let source = match bytes.and_then(|bytes| String::from_utf8(bytes).map_err(not_text)) {
            Ok(source) => source,
            Err(FileError::NotFound | FileError::Outside) => return Err(self.no_module(name)),
            Err(error) => return Err(error.raise(&file)),
        };
        let place = self.context.files.is_traced(name).then_some(file.as_str());
        let code = syntax::parse(&source).and_then(|tree| compile(&tree, place)).map_err(|error| {
            Raise::error(error.kind, format!("{} ({file}, line {})", error.message, error.span.line))
        })?;
        let module = Module::new(name);
        module.attributes.set_text("__name__", Value::str(name));
        module.attributes.set_text("__file__", Value::str(&file));
        self.modules.insert(name.to_owned(), module.clone());
        self.frame().next -= 1;
        self.push_module(code, &module.attributes);
        Ok(())
    }

    fn no_module(&self, name: &str) -> Raise {
        let root = name.split('.').next().unwrap_or(name);
        let message = format!(
            "No module named '{name}'; available are torch{} and {}",
            if root == "torch" { self.torch_names() } else { String::new() },
            builtins::MODULES.join(", ")
        );
        Raise::error(ErrorKind::ModuleNotFoundError, message)
    }

    fn torch_names(&self) -> String {
        let names: Vec<&str> = self.modules.keys().filter_map(|name| name.strip_prefix("torch.")).filter(|name| !name.starts_with('_')).collect();
        let names = sorted_by(names, &Ord::cmp);
        if names.is_empty() { String::new() } else { format!(" (torch.{})", names.join(", torch.")) }
    }

    pub fn import_from(&mut self, module: &Value, name: &str) -> Result<Value, Raise> {
        let Value::Module(module) = module else { return Ok(Value::None) };
        if let Some(value) = module.attributes.get_text(name) {
            return Ok(value);
        }
        let full = format!("{}.{name}", module.name);
        if let Some(submodule) = self.modules.get(&full) {
            return Ok(Value::Module(submodule.clone()));
        }
        if matches!(&*module.name, "typing" | "__future__" | "collections.abc" | "jaxtyping") {
            // Whatever is imported for annotations is never used otherwise.
            return Ok(self.prelude("_annotation"));
        }
        let nearest = crate::value::nearest(name, module.attributes.keys().iter().filter_map(Value::as_str));
        let hint = nearest.map(|near| format!(". Did you mean '{near}'?")).unwrap_or_default();
        let message = format!("cannot import name '{name}' from '{}'{hint}", module.name);
        Err(Raise::error(ErrorKind::ImportError, message))
    }

    /// Makes torch's modules and lays the files of its prelude on top of the frames.
    fn load_torch(&mut self) -> Result<(), Raise> {
        for module in torch::modules(&mut self.context) {
            self.context.registry.namespace(&module.attributes);
            self.modules.insert(module.name.to_string(), module);
        }
        let mut codes = Vec::new();
        for (name, source) in torch::PRELUDE {
            let module = self.modules.entry(name.to_string()).or_insert_with(|| Module::new(name)).clone();
            if let Some((parent, child)) = name.rsplit_once('.')
                && let Some(parent) = self.modules.get(parent)
            {
                parent.attributes.set_text(child, Value::Module(module.clone()));
            }
            module.attributes.set_text("__name__", Value::str(name));
            let code = prelude_code(name, source)?;
            codes.push((code, module.attributes.clone()));
        }
        for (code, globals) in codes.into_iter().rev() {
            self.push_module(code, &globals);
        }
        Ok(())
    }
}

/// The code of a file of the prelude.
pub fn prelude_code(name: &str, source: &str) -> Result<Rc<Code>, Raise> {
    syntax::parse(source).and_then(|tree| compile(&tree, None)).map_err(|error| {
        Raise::error(error.kind, format!("{name} (prelude), line {}: {}", error.span.line, error.message))
    })
}
