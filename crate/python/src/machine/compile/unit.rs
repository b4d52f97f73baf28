//! One piece of code while it is being compiled.

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use super::Compiler;
use crate::machine::code::{Code, Instruction, NameSource, Parameters, Span, StepPlan, Template};
use crate::machine::scope::Scope;
use crate::syntax::tree::Statement;
use crate::value::{Key, Value};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum UnitKind {
    Module,
    Function,
    Class,
    Comprehension,
}

pub struct Unit<'t> {
    pub kind: UnitKind,
    pub name: Rc<str>,
    pub qualified_name: Rc<str>,
    pub scope: Scope,
    pub instructions: Vec<Instruction>,
    pub spans: Vec<Span>,
    pub span: Span,
    pub constants: Vec<Value>,
    pub names: Vec<Rc<str>>,
    name_positions: HashMap<Rc<str>, u32>,
    pub keyword_names: Vec<Vec<Rc<str>>>,
    pub templates: Vec<Template>,
    pub steps: Vec<StepPlan>,
    pub locals: Vec<Rc<str>>,
    local_positions: HashMap<Rc<str>, u32>,
    pub cells: Vec<Rc<str>>,
    pub own_cells: usize,
    pub controls: Vec<Control<'t>>,
    pub entry_step: Option<u32>,
    pub doc: Option<Rc<str>>,
    pub is_generator: bool,
}

/// What surrounds a statement, and must be undone by `break`, `continue` and `return`.
pub enum Control<'t> {
    Loop { breaks: Vec<usize>, start: usize, has_iterator: bool },
    /// The body of a `try` with handlers.
    Try,
    /// The body of a `try` with this `finally`.
    Finally(&'t [Statement]),
    With,
    /// A handler; its exception may still be on the stack.
    Handler { on_stack: bool },
}

/// Where a name lives.
pub enum Place {
    Local(u32),
    Cell(u32),
    Global(u32),
    Namespace(u32),
}

impl<'t> Unit<'t> {
    /// `around` are the names of the cells that the code around this has.
    pub fn new(kind: UnitKind, name: &str, qualified_name: &str, scope: Scope, around: &[Rc<str>]) -> Unit<'t> {
        let mut cells = if kind == UnitKind::Module { Vec::new() } else { scope.captured() };
        let own_cells = cells.len();
        if kind != UnitKind::Module {
            let free = scope.free();
            cells.extend(around.iter().filter(|name| free.contains(*name)).cloned());
        }
        let mut unit = Unit {
            kind,
            name: Rc::from(name),
            qualified_name: Rc::from(qualified_name),
            instructions: Vec::new(),
            spans: Vec::new(),
            span: Span::default(),
            constants: Vec::new(),
            names: Vec::new(),
            name_positions: HashMap::new(),
            keyword_names: Vec::new(),
            templates: Vec::new(),
            steps: Vec::new(),
            locals: Vec::new(),
            local_positions: HashMap::new(),
            cells,
            own_cells,
            controls: Vec::new(),
            entry_step: None,
            doc: None,
            is_generator: scope.yields,
            scope,
        };
        if matches!(kind, UnitKind::Function | UnitKind::Comprehension) {
            let own: Vec<_> = unit.scope.bound.iter().filter(|name| unit.scope.owns(name)).cloned().collect();
            for (position, name) in own.into_iter().enumerate() {
                unit.local_positions.insert(name.clone(), position as u32);
                unit.locals.push(name);
            }
        }
        unit
    }

    pub fn name_position(&mut self, name: &Rc<str>) -> u32 {
        if let Some(position) = self.name_positions.get(name) {
            return *position;
        }
        let position = self.names.len() as u32;
        self.names.push(name.clone());
        self.name_positions.insert(name.clone(), position);
        position
    }

    pub fn place(&mut self, name: &Rc<str>) -> Place {
        if self.scope.globals.contains(name) || self.kind == UnitKind::Module {
            return Place::Global(self.name_position(name));
        }
        if self.kind == UnitKind::Class && self.scope.owns(name) {
            return Place::Namespace(self.name_position(name));
        }
        if let Some(position) = self.cells.iter().position(|cell| cell == name) {
            return Place::Cell(position as u32);
        }
        match self.local_positions.get(name) {
            Some(position) => Place::Local(*position),
            None => Place::Global(self.name_position(name)),
        }
    }

    /// Where the trace finds the name's value.
    pub fn source(&mut self, name: &Rc<str>) -> NameSource {
        match self.place(name) {
            Place::Local(position) => NameSource::Local(position),
            Place::Cell(position) => NameSource::Cell(position),
            Place::Global(_) => NameSource::Global(name.clone()),
            Place::Namespace(_) => NameSource::Namespace(name.clone()),
        }
    }
}

impl Compiler<'_> {
    pub fn finish(&mut self, parameters: Parameters) -> Code {
        let file = self.file.clone();
        let Some(unit) = self.units.pop() else { unreachable!("every finish has its unit") };
        let captured = unit.locals.iter().enumerate().filter_map(|(local, name)| {
            let cell = unit.cells[..unit.own_cells].iter().position(|cell| cell == name)?;
            Some((local as u32, cell as u32))
        });
        let parameter_count = parameters.positional.len()
            + parameters.keyword_only.len()
            + usize::from(parameters.rest)
            + usize::from(parameters.keywords);
        let is_comprehension = unit.kind == UnitKind::Comprehension;
        let captured = captured.filter(|(local, _)| (*local as usize) < parameter_count || is_comprehension && *local == 0).collect();
        let class_cell = unit.cells[..unit.own_cells].iter().position(|cell| &**cell == "__class__").map(|c| c as u32);
        Code {
            name: unit.name,
            qualified_name: unit.qualified_name,
            instructions: unit.instructions,
            spans: unit.spans,
            constants: unit.constants,
            names: unit.names.iter().map(Key::name).collect(),
            keyword_names: unit.keyword_names,
            templates: unit.templates,
            steps: unit.steps,
            parameters,
            locals: unit.locals,
            cells: unit.cells,
            own_cells: unit.own_cells,
            captured,
            is_generator: unit.is_generator,
            file,
            entry_step: unit.entry_step,
            class_cell,
            doc: unit.doc,
            calls: Cell::new(0),
        }
    }
}

impl<'t> Compiler<'t> {
    pub fn unit(&mut self) -> &mut Unit<'t> {
        // There is always a unit: the module's is pushed first and popped last.
        let last = self.units.len() - 1;
        &mut self.units[last]
    }

    pub fn emit(&mut self, instruction: Instruction) -> usize {
        let unit = self.unit();
        unit.instructions.push(instruction);
        unit.spans.push(unit.span);
        unit.instructions.len() - 1
    }

    /// Emits an instruction that stands for this place in the source.
    pub fn emit_at(&mut self, instruction: Instruction, span: Span) -> usize {
        self.unit().span = span;
        self.emit(instruction)
    }

    pub fn here(&mut self) -> usize {
        self.unit().instructions.len()
    }

    /// Makes the jump at `position` lead here.
    pub fn land(&mut self, position: usize) {
        let target = self.here() as u32;
        let instruction = &mut self.unit().instructions[position];
        match instruction {
            Instruction::Jump(to)
            | Instruction::JumpIfFalse(to)
            | Instruction::JumpIfTrue(to)
            | Instruction::ForEach(to)
            | Instruction::Delegate(to)
            | Instruction::SetupTry(to) => *to = target,
            _ => {}
        }
    }

    pub fn constant(&mut self, value: Value) -> u32 {
        let unit = self.unit();
        unit.constants.push(value);
        unit.constants.len() as u32 - 1
    }

    pub fn load_constant(&mut self, value: Value) {
        let position = self.constant(value);
        self.emit(Instruction::Constant(position));
    }

    /// The constants that the instructions from `start` on load, which are gone then; `None` where one does anything else.
    pub fn take_constants(&mut self, start: usize) -> Option<Vec<Value>> {
        let unit = self.unit();
        let loading = &unit.instructions[start..];
        if !loading.iter().all(|instruction| matches!(instruction, Instruction::Constant(_))) {
            return None;
        }
        // Each has a constant of its own, the last ones that there are.
        let values = unit.constants.split_off(unit.constants.len() - loading.len());
        unit.instructions.truncate(start);
        unit.spans.truncate(start);
        Some(values)
    }

    pub fn return_none(&mut self) {
        self.load_constant(Value::None);
        self.emit(Instruction::Return);
    }

    pub fn load(&mut self, name: &Rc<str>) {
        let unit = self.unit();
        let is_class = unit.kind == UnitKind::Class;
        let instruction = match unit.place(name) {
            Place::Local(position) => Instruction::LoadLocal(position),
            Place::Cell(position) => Instruction::LoadCell(position),
            Place::Global(position) if is_class => Instruction::LoadName(position),
            Place::Global(position) => Instruction::LoadGlobal(position),
            Place::Namespace(position) => Instruction::LoadName(position),
        };
        self.emit(instruction);
    }

    pub fn store(&mut self, name: &Rc<str>) {
        let instruction = match self.unit().place(name) {
            Place::Local(position) => Instruction::StoreLocal(position),
            Place::Cell(position) => Instruction::StoreCell(position),
            Place::Global(position) => Instruction::StoreGlobal(position),
            Place::Namespace(position) => Instruction::StoreName(position),
        };
        self.emit(instruction);
    }

    pub fn delete(&mut self, name: &Rc<str>) {
        let instruction = match self.unit().place(name) {
            Place::Local(position) => Instruction::DeleteLocal(position),
            Place::Cell(position) => Instruction::DeleteCell(position),
            Place::Global(position) => Instruction::DeleteGlobal(position),
            Place::Namespace(position) => Instruction::DeleteName(position),
        };
        self.emit(instruction);
    }

    /// Records a step of this line that binds these names, in code of the program.
    pub fn step(&mut self, span: Span, names: Vec<(Rc<str>, NameSource)>) {
        if self.file.is_none() {
            return;
        }
        let unit = self.unit();
        unit.steps.push(StepPlan { line: span.line, names });
        let position = unit.steps.len() as u32 - 1;
        self.emit_at(Instruction::Step(position), span);
    }
}
