//! Makes what did not run of a function that did a function of its own, so that the first part of a module can do without
//! it: most of what a program never needs are sentences about mistakes, and other arms of a `match`.
//!
//! What is taken out is the end of a sequence ([`crate::places`]). It becomes a function ([`crate::copy`]) of the locals that
//! it reads, which answers those that are read afterwards, and which way out it took. What would be no shorter as a call
//! stays, and so does what calls nothing inside a loop: it may be what a kernel does with other numbers.

use std::collections::{BTreeMap, BTreeSet};

use walrus::ir::{BinaryOp, Binop, Br, BrIf, Call, Const, IfElse, Instr, InstrLocId, InstrSeqId, LocalGet, LocalId, LocalSet, Unreachable, Value};
use walrus::{FunctionBuilder, FunctionId, LocalFunction, Module, ValType};

use crate::Outcome;
use crate::copy::{Answers, Copy, Exit};
use crate::live::{Live, Locals};
use crate::places::{inside, places, results};

/// What the name of a function begins with that did not run.
pub const LATE: &str = "late ";

/// What names of functions have in them that stay whole. What these do depends on how the processor rounds, and the one that
/// watches is another than the reader's (`crate/tensor/src/cpu/simd/exp.rs`).
const KERNELS: &str = "6tensor3cpu4simd";

/// How many instructions a region must have besides those that hand something over. With 8 the first part would be 9 KB
/// gzipped smaller, and both together 13 larger.
const CALL: usize = 24;

/// Takes out what did not run, and gives the functions that did not their names.
pub fn outline(module: &mut Module, ran: &[bool]) -> Outcome<()> {
    let places = places(module);
    if places.len() != ran.len() {
        return Err("what was watched is another module".into());
    }
    let mut unreached: BTreeMap<FunctionId, BTreeMap<InstrSeqId, usize>> = BTreeMap::new();
    let mut late = Vec::new();
    for (place, _) in places.iter().zip(ran).filter(|(_, ran)| !**ran) {
        let entry = module.funcs.get(place.function).kind.unwrap_local().entry_block();
        if place.sequence == entry && place.at == 0 {
            late.push(place.function);
        }
        let first = unreached.entry(place.function).or_default().entry(place.sequence).or_insert(place.at);
        *first = place.at.min(*first);
    }
    let is_kernel = |module: &Module, function| module.funcs.get(function).name.as_ref().is_some_and(|name| name.contains(KERNELS));
    for (function, unreached) in unreached {
        if late.contains(&function) || is_kernel(module, function) {
            continue;
        }
        let live = Live::of(module.funcs.get(function).kind.unwrap_local());
        let entry = module.funcs.get(function).kind.unwrap_local().entry_block();
        Function { module: &mut *module, function, live, unreached }.outline(entry, false, false);
    }
    for function in late {
        let name = &mut module.funcs.get_mut(function).name;
        *name = Some(format!("{LATE}{}", name.clone().unwrap_or_default()));
    }
    Ok(())
}

struct Function<'a> {
    module: &'a mut Module,
    function: FunctionId,
    live: Live,
    /// Of each sequence, behind how many instructions control never came.
    unreached: BTreeMap<InstrSeqId, usize>,
}

/// What is known of the end of a sequence before it is taken out.
#[derive(Default)]
struct Region {
    sequences: BTreeSet<InstrSeqId>,
    instructions: usize,
    calls: bool,
    written: Locals,
    exits: BTreeSet<Exit>,
    /// Whether a branch that may be taken is a way out.
    leaves_if: bool,
}

impl Function<'_> {
    fn body(&self) -> &LocalFunction {
        self.module.funcs.get(self.function).kind.unwrap_local()
    }

    /// `is_unreached`: all of the sequence is.
    fn outline(&mut self, sequence: InstrSeqId, is_unreached: bool, in_loop: bool) {
        let from = if is_unreached { Some(0) } else { self.unreached.get(&sequence).copied() };
        if from.is_some_and(|from| self.take(sequence, from, in_loop).is_some()) {
            let left: Vec<Instr> = self.body().block(sequence).instrs.iter().take(from.unwrap_or_default()).map(|(instruction, _)| instruction.clone()).collect();
            left.iter().for_each(|instruction| self.within(instruction, false, in_loop));
            return;
        }
        let all: Vec<Instr> = self.body().block(sequence).instrs.iter().map(|(instruction, _)| instruction.clone()).collect();
        for (at, instruction) in all.iter().enumerate() {
            self.within(instruction, from.is_some_and(|from| at >= from), in_loop);
        }
    }

    fn within(&mut self, instruction: &Instr, is_unreached: bool, in_loop: bool) {
        for inner in inside(instruction) {
            self.outline(inner, is_unreached, in_loop || matches!(instruction, Instr::Loop(_)));
        }
    }

    /// Takes the end of a sequence out, if that is possible and makes the function shorter.
    fn take(&mut self, sequence: InstrSeqId, from: usize, in_loop: bool) -> Option<()> {
        let is_turn = self.live.is_loop(sequence);
        let body = self.body();
        let mut region = Region::default();
        let mut falls = true;
        for (instruction, _) in &body.block(sequence).instrs[from..] {
            region.look(body, instruction)?;
            falls &= !matches!(instruction, Instr::Br(_) | Instr::BrTable(_) | Instr::Return(_) | Instr::Unreachable(_));
        }
        if falls {
            region.exits.insert(Exit::End);
        }
        // A branch to a block goes behind it.
        if !is_turn && region.exits.remove(&Exit::To(sequence)) {
            region.exits.insert(Exit::End);
        }
        let exits: Vec<Exit> = region.exits.iter().copied().collect();
        let read_after: Locals = exits.iter().flat_map(|&exit| self.live_at(exit, sequence)).collect();
        let answered: Vec<LocalId> = region.written.intersection(&read_after).copied().collect();
        let mut arguments = Locals::new();
        self.live.read_first(body, &body.block(sequence).instrs[from..], &mut arguments);
        arguments.extend(&answered);
        // By their types, so that more functions are of one type.
        let mut arguments: Vec<LocalId> = arguments.into_iter().collect();
        arguments.sort_by_key(|&local| (format!("{:?}", self.module.locals.get(local).ty()), local));
        let value = self.value(&exits, sequence)?;
        let answers = Answers { value, exits: exits.len() > 1, locals: answered };
        let handed = arguments.len() + 2 * answers.locals.len() + 2 * exits.len();
        let is_worth = region.instructions > CALL + handed && (region.calls || !in_loop);
        // What a branch takes along if it is taken is under the condition, where nothing can be put beside it.
        let is_simple = !answers.exits && answers.locals.is_empty();
        if !is_worth || (value.is_some() && region.leaves_if && !is_simple) {
            return None;
        }
        let called = self.made_function(sequence, from, &region, (&exits, &arguments, &answers));
        let mut instructions: Vec<Instr> = arguments.iter().map(|&local| LocalGet { local }.into()).collect();
        instructions.push(Call { func: called }.into());
        instructions.extend(answers.locals.iter().rev().map(|&local| LocalSet { local }.into()));
        instructions.extend(self.ways_out(sequence, &exits, value));
        let function = self.module.funcs.get_mut(self.function).kind.unwrap_local_mut();
        let left = &mut function.block_mut(sequence).instrs;
        left.truncate(from);
        left.extend(instructions.into_iter().map(|instruction| (instruction, InstrLocId::default())));
        Some(())
    }

    /// What follows a call: the way out that it answered, which with several is on the stack, above the value.
    fn ways_out(&mut self, sequence: InstrSeqId, exits: &[Exit], value: Option<ValType>) -> Vec<Instr> {
        // The end of the sequence comes last, where it is at hand.
        let Some((&last, others)) = exits.split_first() else { return vec![Unreachable {}.into()] };
        let mut made = Vec::new();
        if let (&[Exit::To(block)], None) = (others, value) {
            made.push(BrIf { block }.into());
        } else if !others.is_empty() {
            let number = self.module.locals.add(ValType::I32);
            let held = value.map(|ty| self.module.locals.add(ty));
            made.extend([Some(number), held].into_iter().flatten().map(|local| LocalSet { local }.into()));
            for (place, &other) in (1..).zip(others) {
                let leave = self.leave(other, sequence, held);
                made.extend([LocalGet { local: number }.into(), Const { value: Value::I32(place) }.into(), Binop { op: BinaryOp::I32Eq }.into()]);
                let builder = self.module.funcs.get_mut(self.function).kind.unwrap_local_mut().builder_mut();
                let alternative = builder.dangling_instr_seq(None).id();
                let mut consequent = builder.dangling_instr_seq(None);
                leave.into_iter().for_each(|instruction| _ = consequent.instr(instruction));
                made.push(IfElse { consequent: consequent.id(), alternative }.into());
            }
            made.extend(self.leave(last, sequence, held));
            return made;
        }
        made.extend(self.leave(last, sequence, None));
        made
    }

    /// Goes a way out, with the value that is held in a local if it takes one along.
    fn leave(&self, exit: Exit, sequence: InstrSeqId, held: Option<LocalId>) -> Vec<Instr> {
        let value = held.filter(|_| !self.carried(exit, sequence).is_empty()).map(|local| LocalGet { local }.into());
        let branch = if let Exit::To(block) = exit { Some(Br { block }.into()) } else { None };
        value.into_iter().chain(branch).collect()
    }

    /// The value on the stack that ways out take along, which is of one type; nothing if they cannot be handed on together.
    fn value(&self, exits: &[Exit], sequence: InstrSeqId) -> Option<Option<ValType>> {
        let mut value = None;
        for &exit in exits {
            match self.carried(exit, sequence)[..] {
                [] => {}
                [ty] if value.is_none_or(|value| value == ty) && !matches!(ty, ValType::Ref(_)) => value = Some(ty),
                _ => return None,
            }
        }
        Some(value)
    }

    /// Locals that are read where a way out leads to.
    fn live_at(&self, exit: Exit, sequence: InstrSeqId) -> Locals {
        match exit {
            Exit::End => self.live.behind(sequence),
            Exit::To(other) => self.live.at(other),
        }
    }

    /// Values on the stack that a way out takes along.
    fn carried(&self, exit: Exit, sequence: InstrSeqId) -> Vec<ValType> {
        let body = self.body();
        match exit {
            Exit::End => results(self.module, body.block(sequence).ty),
            Exit::To(other) if self.live.is_loop(other) => Vec::new(),
            Exit::To(other) => results(self.module, body.block(other).ty),
        }
    }

    fn made_function(&mut self, sequence: InstrSeqId, from: usize, region: &Region, (exits, arguments, answers): (&[Exit], &[LocalId], &Answers)) -> FunctionId {
        let type_of = |local: &LocalId| self.module.locals.get(*local).ty();
        let parameters: Vec<ValType> = arguments.iter().map(type_of).collect();
        let number = answers.exits.then_some(ValType::I32);
        let results: Vec<ValType> = answers.value.into_iter().chain(number).chain(answers.locals.iter().map(type_of)).collect();
        let carrying: Vec<Exit> = exits.iter().copied().filter(|&exit| !self.carried(exit, sequence).is_empty()).collect();
        let builder = FunctionBuilder::new(&mut self.module.types, &parameters, &results);
        let name = format!("{LATE}part of {}", self.module.funcs.get(self.function).name.clone().unwrap_or_default());
        let function = self.module.funcs.get(self.function).kind.unwrap_local();
        let mut copy = Copy::new(function, builder, &mut self.module.locals, (sequence, &region.sequences), (exits, carrying, answers));
        let arguments: Vec<LocalId> = arguments.iter().map(|&local| copy.local(local)).collect();
        let builder = copy.end_of(from);
        let made = builder.finish(arguments, &mut self.module.funcs);
        self.module.funcs.get_mut(made).name = Some(name);
        made
    }
}

impl Region {
    fn look(&mut self, body: &LocalFunction, instruction: &Instr) -> Option<()> {
        self.instructions += 1;
        match instruction {
            Instr::Call(_) | Instr::CallIndirect(_) => self.calls = true,
            Instr::LocalSet(set) => _ = self.written.insert(set.local),
            Instr::LocalTee(tee) => _ = self.written.insert(tee.local),
            Instr::Br(branch) => self.leave(branch.block),
            Instr::BrIf(branch) => {
                self.leaves_if |= !self.sequences.contains(&branch.block);
                self.leave(branch.block);
            }
            Instr::BrTable(table) => {
                for &target in table.blocks.iter().chain([&table.default]) {
                    self.leaves_if |= !self.sequences.contains(&target);
                    self.leave(target);
                }
            }
            Instr::Return(_) => self.leave(body.entry_block()),
            Instr::TryTable(_) | Instr::Try(_) | Instr::ReturnCall(_) | Instr::ReturnCallIndirect(_) | Instr::BrOnNull(_) | Instr::BrOnNonNull(_) => return None,
            _ => {}
        }
        for inner in inside(instruction) {
            self.sequences.insert(inner);
            for (instruction, _) in &body.block(inner).instrs {
                self.look(body, instruction)?;
            }
        }
        Some(())
    }

    fn leave(&mut self, target: InstrSeqId) {
        if !self.sequences.contains(&target) {
            self.exits.insert(Exit::To(target));
        }
    }
}
