//! The places of a function at which it shows whether control comes there: its beginning, the beginning of each arm, and
//! what follows a branch or a block.
//!
//! At each of them nothing of its sequence is on the stack, so what follows can be taken out. And what does not run at one
//! of them does not run until the sequence ends: a sequence is entered at its beginning alone.

use walrus::ir::{Const, GlobalSet, Instr, InstrSeqId, InstrSeqType, LoadSimdKind, Value};
use walrus::{ConstExpr, FunctionId, LocalFunction, Module, TypeId, ValType};

use crate::{Outcome, parsed};

/// Behind how many instructions of a sequence.
pub struct Place {
    pub function: FunctionId,
    pub sequence: InstrSeqId,
    pub at: usize,
}

/// The places of all functions of a module, in an order that is the same for the same module.
pub fn places(module: &Module) -> Vec<Place> {
    let mut found = Vec::new();
    for (id, function) in module.funcs.iter_local() {
        found.push(Place { function: id, sequence: function.entry_block(), at: 0 });
        within(module, (id, function), function.entry_block(), &mut found);
    }
    found
}

/// The module with an exported global `ran0`, `ran1`, … for each place, which is 1 once control came there.
pub fn count(wasm: &[u8]) -> Outcome<Vec<u8>> {
    let mut module = parsed(wasm)?;
    let places = places(&module);
    let globals: Vec<_> = places.iter().map(|_| module.globals.add_local(ValType::I32, true, false, ConstExpr::Value(Value::I32(0)))).collect();
    for (number, &global) in globals.iter().enumerate() {
        module.exports.add(&format!("ran{number}"), global);
    }
    // The last of a sequence first, so that the others stay where they are.
    for (Place { function, sequence, at }, &global) in places.iter().zip(&globals).rev() {
        let function = module.funcs.get_mut(*function).kind.unwrap_local_mut();
        function.builder_mut().instr_seq(*sequence).instr_at(*at, GlobalSet { global }).instr_at(*at, Const { value: Value::I32(1) });
    }
    Ok(module.emit_wasm())
}

/// The sequences inside an instruction.
pub fn inside(instruction: &Instr) -> Vec<InstrSeqId> {
    match instruction {
        Instr::Block(block) => vec![block.seq],
        Instr::Loop(turns) => vec![turns.seq],
        Instr::IfElse(arms) => vec![arms.consequent, arms.alternative],
        _ => Vec::new(),
    }
}

/// What a sequence leaves on the stack.
pub fn results(module: &Module, ty: InstrSeqType) -> Vec<ValType> {
    match ty {
        InstrSeqType::Simple(result) => result.into_iter().collect(),
        InstrSeqType::MultiValue(ty) => module.types.results(ty).to_vec(),
    }
}

fn within(module: &Module, (id, function): (FunctionId, &LocalFunction), sequence: InstrSeqId, found: &mut Vec<Place>) {
    let instructions = &function.block(sequence).instrs;
    let mut height = Some(0);
    for (at, (instruction, _)) in instructions.iter().enumerate() {
        for inner in inside(instruction) {
            if matches!(instruction, Instr::IfElse(_)) && !function.block(inner).instrs.is_empty() {
                found.push(Place { function: id, sequence: inner, at: 0 });
            }
            within(module, (id, function), inner, found);
        }
        height = height.zip(growth(module, function, instruction)).map(|(height, growth)| height + growth);
        let follows = matches!(instruction, Instr::BrIf(_) | Instr::Block(_) | Instr::Loop(_) | Instr::IfElse(_));
        if follows && height == Some(0) && at + 1 < instructions.len() {
            found.push(Place { function: id, sequence, at: at + 1 });
        }
    }
}

/// By how many values the stack is higher behind an instruction; none where nothing follows it, or where it is not known
/// here.
fn growth(module: &Module, function: &LocalFunction, instruction: &Instr) -> Option<i64> {
    let of_type = |ty: TypeId| module.types.results(ty).len() as i64 - module.types.params(ty).len() as i64;
    let of_sequence = |sequence: InstrSeqId| match function.block(sequence).ty {
        InstrSeqType::Simple(result) => i64::from(result.is_some()),
        InstrSeqType::MultiValue(ty) => of_type(ty),
    };
    Some(match instruction {
        Instr::Block(block) => of_sequence(block.seq),
        Instr::Loop(turns) => of_sequence(turns.seq),
        Instr::IfElse(arms) => of_sequence(arms.consequent) - 1,
        Instr::Call(call) => of_type(module.funcs.get(call.func).ty()),
        Instr::CallIndirect(call) => of_type(call.ty) - 1,
        Instr::LocalGet(_) | Instr::GlobalGet(_) | Instr::Const(_) | Instr::MemorySize(_) | Instr::RefNull(_) => 1,
        Instr::LocalTee(_) | Instr::Unop(_) | Instr::Load(_) | Instr::MemoryGrow(_) | Instr::RefIsNull(_) | Instr::TableGet(_) => 0,
        Instr::LoadSimd(load) => match load.kind {
            LoadSimdKind::V128Load8Lane(_) | LoadSimdKind::V128Load16Lane(_) | LoadSimdKind::V128Load32Lane(_) | LoadSimdKind::V128Load64Lane(_) => -1,
            LoadSimdKind::V128Store8Lane(_) | LoadSimdKind::V128Store16Lane(_) | LoadSimdKind::V128Store32Lane(_) | LoadSimdKind::V128Store64Lane(_) => -2,
            _ => 0,
        },
        Instr::LocalSet(_) | Instr::GlobalSet(_) | Instr::Drop(_) | Instr::BrIf(_) | Instr::Binop(_) => -1,
        Instr::I8x16Swizzle(_) | Instr::I8x16Shuffle(_) | Instr::TableGrow(_) => -1,
        Instr::Select(_) | Instr::TernOp(_) | Instr::V128Bitselect(_) | Instr::Store(_) | Instr::TableSet(_) => -2,
        Instr::MemoryCopy(_) | Instr::MemoryFill(_) => -3,
        _ => return None,
    })
}
