//! The function that what is taken out of another becomes: a copy of its instructions, in which a way out is an answer.

use std::collections::{BTreeMap, BTreeSet};

use walrus::ir::{Block, Br, BrTable, Const, IfElse, Instr, InstrLocId, InstrSeqId, LocalGet, LocalId, LocalSet, Value};
use walrus::{FunctionBuilder, LocalFunction, ModuleLocals, ValType};

/// A way out of what is taken out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Behind the sequence.
    End,
    /// Where a branch to this sequence goes. One to all of a function returns.
    To(InstrSeqId),
}

/// What a function answers that was taken out, in this order.
pub struct Answers {
    /// What a way out takes along on the stack.
    pub value: Option<ValType>,
    /// Whether the number of the way out, since there are several.
    pub exits: bool,
    pub locals: Vec<LocalId>,
}

/// Copies instructions into a function of their own.
pub struct Copy<'a> {
    from: &'a LocalFunction,
    builder: FunctionBuilder,
    entry: InstrSeqId,
    locals: &'a mut ModuleLocals,
    /// What is taken out is the end of this one.
    sequence: InstrSeqId,
    /// Those in it.
    within: &'a BTreeSet<InstrSeqId>,
    exits: &'a [Exit],
    /// The ways out that take a value along.
    carrying: Vec<Exit>,
    answers: &'a Answers,
    /// What stands here for the other's locals and sequences.
    own: BTreeMap<LocalId, LocalId>,
    sequences: BTreeMap<InstrSeqId, InstrSeqId>,
}

impl<'a> Copy<'a> {
    pub fn new(
        from: &'a LocalFunction,
        builder: FunctionBuilder,
        locals: &'a mut ModuleLocals,
        (sequence, within): (InstrSeqId, &'a BTreeSet<InstrSeqId>),
        (exits, carrying, answers): (&'a [Exit], Vec<Exit>, &'a Answers),
    ) -> Copy<'a> {
        let entry = builder.func_body_id();
        Copy { from, builder, entry, locals, sequence, within, exits, carrying, answers, own: BTreeMap::new(), sequences: BTreeMap::new() }
    }

    /// The function's instructions, made of those of the sequence behind the first `from`.
    pub fn end_of(mut self, from: usize) -> FunctionBuilder {
        let function = self.from;
        let mut instructions: Vec<Instr> = function.block(self.sequence).instrs[from..].iter().flat_map(|(instruction, _)| self.instruction(instruction)).collect();
        if self.exits.contains(&Exit::End) {
            instructions.extend(self.answer(Exit::End));
        }
        self.fill(self.entry, instructions);
        self.builder
    }

    fn fill(&mut self, sequence: InstrSeqId, instructions: Vec<Instr>) {
        *self.builder.instr_seq(sequence).instrs_mut() = instructions.into_iter().map(|instruction| (instruction, InstrLocId::default())).collect();
    }

    /// What stands here for a local of the other function.
    pub fn local(&mut self, local: LocalId) -> LocalId {
        *self.own.entry(local).or_insert_with(|| self.locals.add(self.locals.get(local).ty()))
    }

    /// The way out that a branch to a sequence takes, if it does.
    fn exit(&self, target: InstrSeqId) -> Option<Exit> {
        let exit = if self.exits.contains(&Exit::To(target)) || target != self.sequence { Exit::To(target) } else { Exit::End };
        (!self.within.contains(&target)).then_some(exit)
    }

    /// What is put on the stack on a way out.
    fn answer(&mut self, exit: Exit) -> Vec<Instr> {
        let nothing = |ty: ValType| match ty {
            ValType::I64 => Value::I64(0),
            ValType::F32 => Value::F32(0.0),
            ValType::F64 => Value::F64(0.0),
            ValType::V128 => Value::V128(0),
            ValType::I32 | ValType::Ref(_) => Value::I32(0),
        };
        let value = self.answers.value.filter(|_| !self.carrying.contains(&exit)).map(nothing);
        let number = self.exits.iter().position(|&other| other == exit).filter(|_| self.answers.exits);
        let constants = value.into_iter().chain(number.map(|number| Value::I32(number as i32)));
        let mut made: Vec<Instr> = constants.map(|value| Const { value }.into()).collect();
        made.extend(self.answers.locals.iter().map(|&local| LocalGet { local: self.local(local) }.into()));
        made
    }

    /// A sequence that goes this way out.
    fn leaving(&mut self, exit: Exit) -> InstrSeqId {
        let answer = self.answer(exit);
        let mut made = self.builder.dangling_instr_seq(None);
        answer.into_iter().for_each(|instruction| _ = made.instr(instruction));
        made.instr(Br { block: self.entry }).id()
    }

    fn target(&self, target: InstrSeqId) -> InstrSeqId {
        self.sequences.get(&target).copied().unwrap_or(self.entry)
    }

    fn instruction(&mut self, instruction: &Instr) -> Vec<Instr> {
        let mut made = instruction.clone();
        match &mut made {
            Instr::LocalGet(get) => get.local = self.local(get.local),
            Instr::LocalSet(set) => set.local = self.local(set.local),
            Instr::LocalTee(tee) => tee.local = self.local(tee.local),
            Instr::Block(block) => block.seq = self.copied(block.seq),
            Instr::Loop(turns) => turns.seq = self.copied(turns.seq),
            Instr::IfElse(arms) => (arms.consequent, arms.alternative) = (self.copied(arms.consequent), self.copied(arms.alternative)),
            Instr::Br(branch) => {
                let answer = self.exit(branch.block).map(|exit| self.answer(exit));
                branch.block = self.target(branch.block);
                return answer.into_iter().flatten().chain([made]).collect();
            }
            Instr::BrIf(branch) => match self.exit(branch.block).filter(|&exit| !self.answer(exit).is_empty()) {
                None => branch.block = self.target(branch.block),
                Some(exit) => {
                    let consequent = self.leaving(exit);
                    let alternative = self.builder.dangling_instr_seq(None).id();
                    return vec![IfElse { consequent, alternative }.into()];
                }
            },
            Instr::BrTable(table) => return self.table(table),
            Instr::Return(_) => {
                let answer = self.exit(self.from.entry_block()).map(|exit| self.answer(exit));
                return answer.into_iter().flatten().chain([made]).collect();
            }
            _ => {}
        }
        vec![made]
    }

    /// A table of branches: what is to be answered on a way out follows the block that it goes to instead.
    fn table(&mut self, table: &BrTable) -> Vec<Instr> {
        let targets: Vec<InstrSeqId> = table.blocks.iter().chain([&table.default]).copied().collect();
        let mut ways: BTreeSet<Exit> = targets.iter().filter_map(|&target| self.exit(target)).collect();
        ways.retain(|&exit| !self.answer(exit).is_empty());
        let blocks: BTreeMap<Exit, InstrSeqId> = ways.into_iter().map(|exit| (exit, self.builder.dangling_instr_seq(None).id())).collect();
        let mut targets = targets.iter().map(|&target| self.exit(target).and_then(|exit| blocks.get(&exit).copied()).unwrap_or_else(|| self.target(target)));
        let default = targets.next_back().unwrap_or(self.entry);
        let made = BrTable { blocks: targets.collect(), default };
        if blocks.is_empty() {
            return vec![made.into()];
        }
        let which = self.locals.add(ValType::I32);
        let mut inner: Vec<Instr> = vec![LocalGet { local: which }.into(), made.into()];
        for (exit, block) in blocks {
            self.fill(block, inner);
            inner = vec![Block { seq: block }.into()];
            inner.extend(self.answer(exit));
            inner.push(Br { block: self.entry }.into());
        }
        [LocalSet { local: which }.into()].into_iter().chain(inner).collect()
    }

    fn copied(&mut self, sequence: InstrSeqId) -> InstrSeqId {
        let from = self.from.block(sequence);
        let own = self.builder.dangling_instr_seq(from.ty).id();
        self.sequences.insert(sequence, own);
        let instructions: Vec<Instr> = from.instrs.iter().flat_map(|(instruction, _)| self.instruction(instruction)).collect();
        self.fill(own, instructions);
        own
    }
}
