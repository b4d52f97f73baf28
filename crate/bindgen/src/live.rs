//! Which locals of a function are read later, and where.

use std::collections::{BTreeMap, BTreeSet};

use walrus::LocalFunction;
use walrus::ir::{Instr, InstrLocId, InstrSeqId, LocalId, LocalSet, LocalTee};

pub type Locals = BTreeSet<LocalId>;

/// Of each sequence, the locals that are read after a branch to it, and after its end.
#[derive(Default)]
pub struct Live {
    at: BTreeMap<InstrSeqId, Locals>,
    behind: BTreeMap<InstrSeqId, Locals>,
    loops: BTreeSet<InstrSeqId>,
}

impl Live {
    pub fn of(function: &LocalFunction) -> Live {
        let mut live = Live::default();
        live.at.insert(function.entry_block(), Locals::new());
        live.before(function, function.entry_block(), Locals::new());
        live
    }

    /// Read after a branch to a sequence: behind a block, at the beginning of a loop.
    pub fn at(&self, sequence: InstrSeqId) -> Locals {
        self.at.get(&sequence).cloned().unwrap_or_default()
    }

    /// Read after the end of a sequence.
    pub fn behind(&self, sequence: InstrSeqId) -> Locals {
        self.behind.get(&sequence).cloned().unwrap_or_default()
    }

    pub fn is_loop(&self, sequence: InstrSeqId) -> bool {
        self.loops.contains(&sequence)
    }

    /// What is read from the beginning of a sequence on, where `locals` are read behind it.
    fn before(&mut self, function: &LocalFunction, sequence: InstrSeqId, mut locals: Locals) -> Locals {
        self.behind.insert(sequence, locals.clone());
        for (instruction, _) in function.block(sequence).instrs.iter().rev() {
            match instruction {
                Instr::LocalGet(get) => _ = locals.insert(get.local),
                Instr::LocalSet(set) => _ = locals.remove(&set.local),
                Instr::LocalTee(tee) => _ = locals.remove(&tee.local),
                Instr::Br(branch) => locals = self.at(branch.block),
                Instr::BrIf(branch) => locals.extend(self.at(branch.block)),
                Instr::BrTable(table) => locals = table.blocks.iter().chain([&table.default]).flat_map(|&target| self.at(target)).collect(),
                Instr::Return(_) | Instr::Unreachable(_) => locals.clear(),
                Instr::Block(block) => {
                    self.at.insert(block.seq, locals.clone());
                    locals = self.before(function, block.seq, locals);
                }
                Instr::IfElse(arms) => {
                    self.at.insert(arms.consequent, locals.clone());
                    self.at.insert(arms.alternative, locals.clone());
                    let other = self.before(function, arms.alternative, locals.clone());
                    locals = self.before(function, arms.consequent, locals);
                    locals.extend(other);
                }
                Instr::Loop(turns) => {
                    self.loops.insert(turns.seq);
                    loop {
                        let first = self.before(function, turns.seq, locals.clone());
                        if self.at.insert(turns.seq, first.clone()).as_ref() == Some(&first) {
                            locals = first;
                            break;
                        }
                    }
                }
                _ => {}
            }
        }
        locals
    }

    /// Adds the locals that these instructions may read before they write them.
    pub fn read_first(&self, function: &LocalFunction, instructions: &[(Instr, InstrLocId)], found: &mut Locals) {
        let mut written = Written { function, is_loop: |sequence| self.is_loop(sequence), at: BTreeMap::new(), found };
        written.follow(instructions, Some(Locals::new()));
    }
}

/// Follows which locals are written on every way to an instruction; none where no way leads there.
struct Written<'a, F> {
    function: &'a LocalFunction,
    is_loop: F,
    /// On every branch to a sequence so far.
    at: BTreeMap<InstrSeqId, Locals>,
    found: &'a mut Locals,
}

impl<F: Fn(InstrSeqId) -> bool> Written<'_, F> {
    fn branch(&mut self, target: InstrSeqId, written: &Option<Locals>) {
        let Some(written) = written else { return };
        let both = self.at.get(&target).map(|other| other & written);
        self.at.insert(target, both.unwrap_or_else(|| written.clone()));
    }

    fn follow(&mut self, instructions: &[(Instr, InstrLocId)], mut written: Option<Locals>) -> Option<Locals> {
        for (instruction, _) in instructions {
            match instruction {
                Instr::LocalGet(get) if written.as_ref().is_some_and(|written| !written.contains(&get.local)) => _ = self.found.insert(get.local),
                Instr::LocalSet(LocalSet { local }) | Instr::LocalTee(LocalTee { local }) => _ = written.as_mut().map(|written| written.insert(*local)),
                Instr::BrIf(branch) => self.branch(branch.block, &written),
                Instr::Br(branch) => {
                    self.branch(branch.block, &written);
                    written = None;
                }
                Instr::BrTable(table) => {
                    table.blocks.iter().chain([&table.default]).for_each(|&target| self.branch(target, &written));
                    written = None;
                }
                Instr::Return(_) | Instr::Unreachable(_) => written = None,
                Instr::Block(block) => written = self.sequence(block.seq, written),
                Instr::Loop(turns) => written = self.sequence(turns.seq, written),
                Instr::IfElse(arms) => {
                    let other = self.sequence(arms.alternative, written.clone());
                    let one = self.sequence(arms.consequent, written);
                    written = either(one, other);
                }
                _ => {}
            }
        }
        written
    }

    /// What is written behind a sequence.
    fn sequence(&mut self, sequence: InstrSeqId, written: Option<Locals>) -> Option<Locals> {
        let function = self.function;
        let end = self.follow(&function.block(sequence).instrs, written);
        let branched = if (self.is_loop)(sequence) { None } else { self.at.remove(&sequence) };
        either(end, branched)
    }
}

fn either(one: Option<Locals>, other: Option<Locals>) -> Option<Locals> {
    match (one, other) {
        (Some(one), Some(other)) => Some(&one & &other),
        (one, other) => one.or(other),
    }
}
