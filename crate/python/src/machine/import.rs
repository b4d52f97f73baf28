//! `import`: the modules that there are.

use std::rc::Rc;

use super::Code;
use super::compile::compile;
use super::unwind::HINT;
use super::vm::Machine;
use crate::files::{FileError, read};
use crate::prelude::Late;
use crate::value::{Args, Dict, Module, Value, sorted_by};
use crate::{Cause, ErrorKind, Raise, builtins, syntax, torch};

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
        if let Some(late) = Late::find(name).filter(|late| !late.namespace.is_empty()) {
            return self.late(late);
        }
        if let Some(module) = self.modules.get(name).cloned() {
            if let Some((parent, child)) = name.rsplit_once('.')
                && let Some(parent) = self.modules.get(parent)
            {
                parent.attributes.set_text(child, Value::Module(module.clone()));
            }
            return Ok(Some(module));
        }
        if let Some(module) = self.part_of_parent(name)? {
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

    /// A module under another name: what its parent has by the last part, as `torch.nn.modules` has `linear`.
    fn part_of_parent(&mut self, name: &str) -> Result<Option<Rc<Module>>, Raise> {
        let Some((parent, child)) = name.rsplit_once('.') else { return Ok(None) };
        let Some(parent) = self.modules.get(parent).cloned() else { return Ok(None) };
        if parent.attributes.get_text(child).is_none() {
            self.run_late(Late::defining(&parent.name, child))?;
        }
        Ok(match parent.attributes.get_text(child) {
            Some(Value::Module(module)) => Some(module),
            _ => None,
        })
    }

    /// The module that a late file belongs to; `None` if the file runs first, and then the same instruction again.
    fn late(&mut self, late: &'static Late) -> Result<Option<Rc<Module>>, Raise> {
        let module = self.modules.get(late.namespace).cloned();
        if let Some(module) = &module
            && !self.has_run(late)
        {
            self.context.late.push(late.name);
            let code = prelude_code(late.name, late.source())?;
            self.frame().next -= 1;
            self.push_module(code, &module.attributes);
            return Ok(None);
        }
        Ok(module)
    }

    fn has_run(&self, late: &Late) -> bool {
        self.context.late.contains(&late.name)
    }

    /// Has the late file run that defines a name in one of these modules, and then the same instruction again; nothing
    /// where there is none, or where it has run.
    pub fn run_late(&mut self, late: Option<&'static Late>) -> Result<(), Raise> {
        match late.filter(|late| !self.has_run(late)) {
            Some(late) => self.late(late).and(Err(Cause::Nothing.into())),
            None => Ok(()),
        }
    }

    /// The module whose attributes are these, among those that late files belong to.
    pub fn namespace_of(&self, globals: &Rc<Dict>) -> Option<&'static str> {
        Late::namespaces().find(|name| self.modules.get(*name).is_some_and(|module| Rc::ptr_eq(&module.attributes, globals)))
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

    /// Which modules there are is said where nobody catches the error.
    fn no_module(&mut self, name: &str) -> Raise {
        let root = name.split('.').next().unwrap_or(name);
        let torch_names = if root == "torch" { self.torch_names() } else { String::new() };
        let available = format!("; available are torch{torch_names} and {}", builtins::MODULES.join(", "));
        let class = self.context.types.error(ErrorKind::ModuleNotFoundError).clone();
        let error = self.exception(&class, vec![Value::str(format!("No module named '{name}'"))]);
        error.attributes().set_text("name", Value::str(name));
        error.attributes().set_text(HINT, Value::str(available));
        Cause::Instance(error).into()
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
        self.run_late(Late::defining(&module.name, name))?;
        if matches!(&*module.name, "typing" | "typing_extensions" | "__future__" | "collections.abc" | "jaxtyping") {
            // Whatever is imported for annotations is never used otherwise.
            return Ok(module.attributes.get_text("_annotation").unwrap_or(Value::None));
        }
        if let Some(hook) = module.attributes.get_text("__getattr__") {
            return Err(Raise::call(hook, Args::positional(vec![Value::str(name)])));
        }
        let nearest = module.nearest(name);
        let hint = nearest.map(|near| format!(". Did you mean '{near}'?")).unwrap_or_default();
        let message = format!("cannot import name '{name}' from '{}'{hint}", module.name);
        Err(Raise::error(ErrorKind::ImportError, message))
    }

    /// Binds all names of the module on top of the stack that have no underscore before them.
    pub fn import_star(&mut self) -> Result<(), Raise> {
        let Value::Module(module) = self.peek(1) else { return Ok(()) };
        self.run_late(Late::of(&module.name).find(|late| !self.has_run(late)))?;
        for (name, value) in module.attributes.pairs() {
            if let Value::Str(name) = name
                && !name.starts_with('_')
            {
                self.frame().globals.set(&name, value);
            }
        }
        Ok(())
    }

    /// Makes torch's modules and lays the files of its prelude on top of the frames.
    fn load_torch(&mut self) -> Result<(), Raise> {
        for module in torch::modules(&mut self.context) {
            self.context.registry.namespace(&module.attributes);
            self.modules.insert(module.name.to_string(), module);
        }
        let mut codes = Vec::new();
        let files = torch::PRELUDE.iter().map(|(name, source)| (*name, Some(*source)));
        for (name, source) in files.chain(Late::namespaces().filter(|name| name.starts_with("torch")).map(|name| (name, None))) {
            let module = self.modules.entry(name.to_string()).or_insert_with(|| Module::new(name)).clone();
            if let Some((parent, child)) = name.rsplit_once('.')
                && let Some(parent) = self.modules.get(parent)
            {
                parent.attributes.set_text(child, Value::Module(module.clone()));
            }
            module.attributes.set_text("__name__", Value::str(name));
            if let Some(source) = source {
                codes.push((prelude_code(name, source)?, module.attributes.clone()));
            }
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
