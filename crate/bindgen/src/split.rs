//! Splits a wasm module in two: what a page needs for its first tensors, and the rest, which it loads later.
//!
//! What the first part keeps was watched: [`crate::places::count`] makes a module that marks where it runs, and a script runs
//! the page's programs in it. What did not run of a function that did becomes a function of the rest ([`crate::outline`]).
//! A function of the rest that the first part calls is called through the table:
//!
//! - in its place the first part has a stub, which asks JavaScript for the rest unless it is there, and then calls what
//!   stands in the function's place of the table;
//! - the rest imports the first part's memory, tables, globals and functions, and puts its own functions into the table
//!   as it is instantiated.
//!
//! So a program that needs the rest early waits for it, and any other never notices.
//!
//! Data goes with the functions that read it, as the linker's notes say ([`crate::data`]), but for texts that stand between two
//! marks: of the library, and of the shaders. They become a file of their own. The functions that read them are of the rest,
//! whether they ran or not, and ask JavaScript first to have them at their addresses.

use std::collections::BTreeSet;
use std::ops::Range;

use walrus::ir::{Call, Const, Value, Visitor, dfs_in_order};
use walrus::{
    ConstExpr, Data, DataKind, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalKind, ImportKind,
    ImportedFunction, LocalFunction, MemoryId, Module, ModuleExports, Table, TableId, ValType,
};

use crate::outline::{LATE, outline};
use crate::{Outcome, data, parsed};

/// What the first part calls for the rest; JavaScript must have it.
pub const LOAD: &str = "loadRest";
/// Where the stack of an instance ends, which each thread sets for its own.
const STACK: &str = "stackPointer";
/// Where the rest imports the first part's exports from.
const FIRST: &str = "first";
/// Where the rest imports from what it asks the page for: the texts.
const PAGE: (&str, &str) = ("page", "loadTexts");
/// What a text begins and ends with that is loaded later: `crate/python/build.rs` and `crate/tensor/build.rs` put them there.
const TEXT_MARKS: (&[u8], &[u8]) = (b"\x02late text\n", b"\x03");

/// The functions that a module defines, in an order that is the same for the same module.
fn defined(module: &Module) -> Vec<FunctionId> {
    module.funcs.iter_local().map(|(id, _)| id).collect()
}

/// The first part, the rest and the file of the texts; `ran` says of each of its places whether control came there.
pub fn split(wasm: &[u8], linked: &[u8], ran: &[bool]) -> Outcome<[Vec<u8>; 3]> {
    let mut whole = parsed(wasm)?;
    outline(&mut whole, ran)?;
    let wasm = whole.emit_wasm();
    let (mut first, mut rest) = (parsed(&wasm)?, parsed(&wasm)?);
    let exported: Vec<FunctionId> = first.exports.iter().filter_map(|export| function_of(&export.item)).collect();
    let is_early = |id: FunctionId| {
        let function = first.funcs.get(id);
        // A stub would be no smaller: it hands on each argument with an instruction, and has three more.
        let stub = first.types.params(function.ty()).len() as u64 + 3;
        exported.contains(&id) || function.kind.unwrap_local().size() <= stub
    };
    let texts = texts(&first)?;
    let reads = |id: FunctionId| texts.iter().any(|text| text.is_named_by(first.funcs.get(id).kind.unwrap_local()));
    let ran = |id: FunctionId| !first.funcs.get(id).name.as_ref().is_some_and(|name| name.starts_with(LATE));
    let late = defined(&first).into_iter().filter(|&function| (!ran(function) || reads(function)) && !is_early(function));
    let late: BTreeSet<usize> = late.map(|function| function.index()).collect();
    if let Some(text) = texts.iter().find(|text| !first.funcs.iter_local().any(|(_, function)| text.is_named_by(function))) {
        return Err(format!("nobody reads the text at {}, which is loaded later", text.address).into());
    }
    if let Some((reader, _)) = first.funcs.iter_local().find(|(id, _)| !late.contains(&id.index()) && reads(*id)) {
        let name = first.funcs.get(reader).name.clone().unwrap_or_default();
        return Err(format!("{name} is of the first part, and reads a text that is loaded later").into());
    }
    let called = named_outside(&first, &late);
    let places = Places { start: main_table(&first)?.1, called };
    for text in &texts {
        take(text, &mut first)?;
    }
    put_stubs(&mut first, &places)?;
    for (name, item) in import_all_but(&mut rest, &late, &places, &texts)? {
        let item = twin(&first, item).ok_or("an import without an export")?;
        first.exports.add(&name, item);
    }
    let stack = first.globals.iter().find(|global| global.name.as_deref() == Some("__stack_pointer"));
    let stack = stack.ok_or("the module has no stack")?.id();
    first.exports.add(STACK, stack);
    walrus::passes::gc::run(&mut first);
    let mut numbers = BTreeSet::new();
    first.funcs.iter_local().for_each(|(_, function)| data::numbers(function, &mut numbers));
    for piece in data::unread(linked, &numbers)? {
        hand_over(piece, &mut first, &mut rest)?;
    }
    Ok([first.emit_wasm(), rest.emit_wasm(), texts.iter().flat_map(Text::with_place).collect()])
}

/// The functions of the rest that the first part calls, by number, and where they stand in the table, one after another.
struct Places {
    start: u64,
    called: Vec<usize>,
}

impl Places {
    /// Makes room for them.
    fn grow(&self, table: &mut Table) {
        table.initial = self.start + self.called.len() as u64;
        table.maximum = table.maximum.map(|maximum| maximum.max(table.initial));
    }
}

/// Bytes, and where in memory they stand.
struct Text {
    address: i32,
    bytes: Vec<u8>,
}

impl Text {
    /// Whether a function has its address among its constants. One that lies in it is none: it may be any number.
    fn is_named_by(&self, function: &LocalFunction) -> bool {
        struct Constants(i32, bool);
        impl Visitor<'_> for Constants {
            fn visit_const(&mut self, constant: &Const) {
                self.1 |= matches!(constant.value, Value::I32(value) if value == self.0);
            }
        }
        let mut constants = Constants(self.address, false);
        dfs_in_order(&mut constants, function, function.entry_block());
        constants.1
    }

    /// As JavaScript reads it: a line that says where in memory it stands and how long it is, and then the text.
    fn with_place(&self) -> Vec<u8> {
        [format!("{} {}\n", self.address, self.bytes.len()).as_bytes(), &self.bytes].concat()
    }
}

/// What stands between the marks in the module's data, and these.
fn texts(module: &Module) -> Outcome<Vec<Text>> {
    let find = |bytes: &[u8], mark: &[u8]| bytes.windows(mark.len()).position(|window| window == mark);
    let mut texts = Vec::new();
    for data in module.data.iter() {
        let DataKind::Active { offset: ConstExpr::Value(Value::I32(offset)), .. } = data.kind else { continue };
        let mut from = 0;
        while let Some(start) = find(&data.value[from..], TEXT_MARKS.0) {
            let text = &data.value[from + start..];
            let length = find(text, TEXT_MARKS.1).ok_or("a text that is loaded later does not end")? + TEXT_MARKS.1.len();
            texts.push(Text { address: offset + i32::try_from(from + start)?, bytes: text[..length].to_vec() });
            from += start + length;
        }
    }
    if texts.is_empty() { Err("no data has the marks of a text that is loaded later".into()) } else { Ok(texts) }
}

/// Takes a text out of the module's data.
fn take(text: &Text, module: &mut Module) -> Outcome<()> {
    let memory = module.get_memory_id()?;
    let start = |data: &Data| match data.kind {
        DataKind::Active { offset: ConstExpr::Value(Value::I32(offset)), .. } => usize::try_from(text.address - offset).ok(),
        _ => None,
    };
    let found = module.data.iter().find_map(|data| start(data).filter(|&from| from < data.value.len()).map(|from| (data.id(), from)));
    let (id, from) = found.ok_or("a text that is loaded later has gone")?;
    let data = module.data.get_mut(id);
    let after = data.value.split_off(from).split_off(text.bytes.len());
    add_data(module, memory, text.address + i32::try_from(text.bytes.len())?, after);
    Ok(())
}

/// Moves a piece of memory from the data of one module to that of another. What is left of it is zero, which costs nothing:
/// wasm-opt leaves it out.
fn hand_over(piece: Range<u32>, from: &mut Module, to: &mut Module) -> Outcome<()> {
    let memory = to.get_memory_id()?;
    for id in from.data.iter().map(Data::id).collect::<Vec<_>>() {
        let data = from.data.get_mut(id);
        // wasm-opt would give a part of it a name that another has.
        data.name = None;
        let DataKind::Active { offset: ConstExpr::Value(Value::I32(offset)), .. } = data.kind else { continue };
        let start = offset as u32;
        let end = start + u32::try_from(data.value.len())?;
        let (begin, stop) = (piece.start.max(start), piece.end.min(end));
        if begin < stop {
            let bytes = &mut data.value[(begin - start) as usize..(stop - start) as usize];
            add_data(to, memory, i32::try_from(begin)?, bytes.to_vec());
            bytes.fill(0);
        }
    }
    Ok(())
}

fn add_data(module: &mut Module, memory: MemoryId, address: i32, bytes: Vec<u8>) {
    let data = module.data.add(DataKind::Active { memory, offset: ConstExpr::Value(Value::I32(address)) }, bytes);
    module.memories.get_mut(memory).data_segments.insert(data);
}

fn main_table(module: &Module) -> Outcome<(TableId, u64)> {
    let table = module.tables.main_function_table()?.ok_or("the module has no table")?;
    Ok((table, module.tables.get(table).initial))
}

fn function_of(item: &ExportItem) -> Option<FunctionId> {
    if let ExportItem::Function(function) = item { Some(*function) } else { None }
}

/// What `item` of another module read from the same bytes is in this one.
fn twin(module: &Module, item: ExportItem) -> Option<ExportItem> {
    Some(match item {
        ExportItem::Function(other) => module.funcs.iter().find(|own| own.id().index() == other.index())?.id().into(),
        ExportItem::Global(other) => module.globals.iter().find(|own| own.id().index() == other.index())?.id().into(),
        ExportItem::Table(other) => module.tables.iter().find(|own| own.id().index() == other.index())?.id().into(),
        ExportItem::Memory(other) => module.memories.iter().find(|own| own.id().index() == other.index())?.id().into(),
        ExportItem::Tag(_) => return None,
    })
}

/// The functions that a function calls.
fn calls(function: &LocalFunction) -> BTreeSet<usize> {
    #[derive(Default)]
    struct Calls(BTreeSet<usize>);
    impl Visitor<'_> for Calls {
        fn visit_function_id(&mut self, function: &FunctionId) {
            self.0.insert(function.index());
        }
    }
    let mut found = Calls::default();
    dfs_in_order(&mut found, function, function.entry_block());
    found.0
}

/// Functions of `late` that other functions call, or the table names.
fn named_outside(module: &Module, late: &BTreeSet<usize>) -> Vec<usize> {
    let others = module.funcs.iter_local().filter(|(id, _)| !late.contains(&id.index()));
    let mut names: BTreeSet<usize> = others.flat_map(|(_, function)| calls(function)).collect();
    for element in module.elements.iter() {
        if let ElementItems::Functions(functions) = &element.items {
            names.extend(functions.iter().map(|function| function.index()));
        }
    }
    names.intersection(late).copied().collect()
}

/// Puts a stub in the place of each function that the table will hold.
fn put_stubs(module: &mut Module, places: &Places) -> Outcome<()> {
    let (table, _) = main_table(module)?;
    let nothing = module.types.add(&[], &[]);
    let functions: Vec<FunctionId> = module.funcs.iter().map(|function| function.id()).collect();
    let script = module.imports.iter().next().ok_or("the module imports nothing")?.module.clone();
    let (load, _) = module.add_import_func(&script, LOAD, nothing);
    let is_there = module.globals.add_local(ValType::I32, true, false, ConstExpr::Value(Value::I32(0)));
    let mut ensure = FunctionBuilder::new(&mut module.types, &[], &[]);
    ensure.func_body().global_get(is_there).if_else(
        None,
        |_| {},
        |missing| {
            missing.call(load).i32_const(1).global_set(is_there);
        },
    );
    let ensure = ensure.finish(vec![], &mut module.funcs);
    for (place, &number) in (places.start..).zip(&places.called) {
        let function = functions[number];
        let ty = module.funcs.get(function).ty();
        let (parameters, results) = module.types.params_results(ty);
        let (parameters, results) = (parameters.to_vec(), results.to_vec());
        let arguments: Vec<_> = parameters.iter().map(|&parameter| module.locals.add(parameter)).collect();
        let mut stub = FunctionBuilder::new(&mut module.types, &parameters, &results);
        let mut body = stub.func_body();
        body.call(ensure);
        for &argument in &arguments {
            body.local_get(argument);
        }
        body.i32_const(i32::try_from(place)?).call_indirect(ty, table);
        module.funcs.get_mut(function).kind = FunctionKind::Local(stub.local_func(arguments));
    }
    places.grow(module.tables.get_mut(table));
    Ok(())
}

/// Makes a module of the functions `late` alone, which imports all else; what it imports, by name.
fn import_all_but(module: &mut Module, late: &BTreeSet<usize>, places: &Places, texts: &[Text]) -> Outcome<Vec<(String, ExportItem)>> {
    let (table, _) = main_table(module)?;
    let memory = module.get_memory_id()?;
    let functions: Vec<FunctionId> = module.funcs.iter().map(|function| function.id()).collect();
    // What the first part has done is not done again.
    module.start = None;
    module.exports = ModuleExports::default();
    for data in module.data.iter().map(|data| data.id()).collect::<Vec<_>>() {
        module.data.delete(data);
    }
    module.memories.get_mut(memory).data_segments.clear();
    for element in module.elements.iter().map(|element| element.id()).collect::<Vec<_>>() {
        module.elements.delete(element);
    }
    for table in module.tables.iter_mut() {
        table.elem_segments.clear();
    }

    let mut shared: Vec<(String, ExportItem)> = Vec::new();
    let mut name = |item: ExportItem| {
        let name = format!("_{}", shared.len());
        shared.push((name.clone(), item));
        name
    };
    // What JavaScript gives to the first part comes from there too.
    for import in module.imports.iter_mut() {
        if let ImportKind::Function(function) = import.kind {
            import.module = FIRST.into();
            import.name = name(function.into());
        }
    }
    let nothing = module.types.add(&[], &[]);
    let (load_texts, _) = module.add_import_func(PAGE.0, PAGE.1, nothing);
    for function in defined(module).into_iter().filter(|function| late.contains(&function.index())) {
        let function = module.funcs.get_mut(function).kind.unwrap_local_mut();
        if texts.iter().any(|text| text.is_named_by(function)) {
            function.builder_mut().func_body().instr_at(0, Call { func: load_texts });
        }
    }
    for function in defined(module).into_iter().filter(|function| !late.contains(&function.index())) {
        let ty = module.funcs.get(function).ty();
        let import = module.imports.add(FIRST, &name(function.into()), function);
        module.funcs.get_mut(function).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    for global in module.globals.iter().map(|global| global.id()).collect::<Vec<_>>() {
        let import = module.imports.add(FIRST, &name(global.into()), global);
        module.globals.get_mut(global).kind = GlobalKind::Import(import);
    }
    module.memories.get_mut(memory).import = Some(module.imports.add(FIRST, &name(memory.into()), memory));
    for table in module.tables.iter().map(|table| table.id()).collect::<Vec<_>>() {
        module.tables.get_mut(table).import = Some(module.imports.add(FIRST, &name(table.into()), table));
    }
    places.grow(module.tables.get_mut(table));
    let offset = ConstExpr::Value(Value::I32(i32::try_from(places.start)?));
    let items = places.called.iter().map(|&number| functions[number]).collect();
    let element = module.elements.add(ElementKind::Active { table, offset }, ElementItems::Functions(items));
    module.tables.get_mut(table).elem_segments.insert(element);

    walrus::passes::gc::run(module);
    let used: BTreeSet<&str> = module.imports.iter().map(|import| import.name.as_str()).collect();
    shared.retain(|(name, _)| used.contains(name.as_str()));
    Ok(shared)
}
