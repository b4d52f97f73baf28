//! Which bytes of a module's data some of its functions can do without, as the linker's own notes say.
//!
//! With `--emit-relocs` it notes where each constant stands in memory, and which constant has another's address in it.
//! What is made of the module afterwards has its functions in other places, but their numbers are the same: a function
//! that reads a constant has a number in it that the linker put in as its address, or that of a field of it.

use std::collections::BTreeSet;
use std::ops::Range;

use walrus::LocalFunction;
use walrus::ir::{Const, Instr, InstrLocId, Value, Visitor, dfs_in_order};
use wasmparser::{DataKind, DefinedDataSymbol, KnownCustom, Linking, Operator, Parser, Payload, RelocationEntry, RelocationType, SymbolInfo};

use crate::Outcome;

/// The segment of what never changes.
const CONSTANTS: &str = ".rodata";
/// A piece of data costs as many bytes besides its own.
const PIECE: u32 = 12;
/// How far behind a constant's address a field of it may stand that is read by an address of its own. Without an end to it,
/// any number would be an address: that of no character lies in most programs' data.
const FIELDS: i64 = 256;
/// More constants than ever share bytes.
const SHARING: usize = 16;

/// A constant of a linked module.
#[derive(Default)]
struct Constant {
    place: Range<u32>,
    /// The addresses by which functions know it. The first of what it holds is one, and often all.
    addresses: BTreeSet<i64>,
    /// Whether it may be written, and so is none.
    changes: bool,
    /// Those whose addresses are in it.
    names: Vec<usize>,
}

impl Constant {
    /// Whether one of the numbers is an address of it. What reads a field may have the field's address.
    fn is_among(&self, numbers: &BTreeSet<i64>) -> bool {
        let fields = |address: i64| address..(address + FIELDS).min(self.place.end.into()).max(address + 1);
        self.addresses.iter().any(|&address| numbers.range(fields(address)).next().is_some())
    }
}

/// The pieces of memory with constants that no function reads whose numbers these are, in order.
pub fn unread(linked: &[u8], numbers: &BTreeSet<i64>) -> Outcome<Vec<Range<u32>>> {
    let constants = constants(linked)?;
    let mut todo: Vec<usize> = (0..constants.len()).filter(|&constant| constants[constant].changes || constants[constant].is_among(numbers)).collect();
    let mut read: BTreeSet<usize> = BTreeSet::new();
    while let Some(constant) = todo.pop() {
        if read.insert(constant) {
            todo.extend(&constants[constant].names);
        }
    }
    // Some share bytes.
    let (read, unread): (Vec<_>, Vec<_>) = constants.iter().enumerate().partition(|(number, _)| read.contains(number));
    let [mut read, mut unread] = [read, unread].map(|constants| constants.into_iter().map(|(_, constant)| constant.place.clone()).collect::<Vec<_>>());
    for places in [&mut read, &mut unread] {
        places.sort_by_key(|place| (place.start, place.end));
    }
    let mut pieces: Vec<Range<u32>> = Vec::new();
    let mut read = read.into_iter().peekable();
    for place in unread {
        let mut from = place.start.max(pieces.last().map_or(0, |last| last.end));
        while let Some(other) = read.next_if(|other| other.start < place.end) {
            add(&mut pieces, from..other.start.min(place.end));
            from = from.max(other.end);
        }
        add(&mut pieces, from..place.end);
    }
    pieces.retain(|piece| piece.end - piece.start > PIECE);
    Ok(pieces)
}

/// The numbers in a function that may be addresses.
pub fn numbers(function: &LocalFunction, found: &mut BTreeSet<i64>) {
    struct Numbers<'a>(&'a mut BTreeSet<i64>);
    impl Numbers<'_> {
        fn add_words(&mut self, bytes: &[u8]) {
            let words = bytes.chunks_exact(4).filter_map(|word| word.try_into().ok().map(u32::from_le_bytes));
            self.0.extend(words.map(i64::from));
        }
    }
    impl<'instr> Visitor<'instr> for Numbers<'_> {
        fn visit_instr(&mut self, instruction: &'instr Instr, _: &'instr InstrLocId) {
            match instruction {
                Instr::Const(Const { value: Value::I32(value) }) => self.add_words(&value.to_le_bytes()),
                Instr::Const(Const { value: Value::I64(value) }) => self.add_words(&value.to_le_bytes()),
                Instr::Const(Const { value: Value::V128(value) }) => self.add_words(&value.to_le_bytes()),
                Instr::Load(load) => _ = self.0.insert(load.arg.offset as i64),
                Instr::LoadSimd(load) => _ = self.0.insert(load.arg.offset as i64),
                Instr::Store(store) => _ = self.0.insert(store.arg.offset as i64),
                _ => {}
            }
        }
    }
    dfs_in_order(&mut Numbers(found), function, function.entry_block());
}

fn add(pieces: &mut Vec<Range<u32>>, piece: Range<u32>) {
    match pieces.last_mut() {
        _ if piece.is_empty() => {}
        Some(last) if last.end == piece.start => last.end = piece.end,
        _ => pieces.push(piece),
    }
}

/// The data of a linked module by the linker's notes.
fn constants(linked: &[u8]) -> Outcome<Vec<Constant>> {
    // Of each segment, where it stands in memory and in its section.
    let mut segments: Vec<(u32, u32)> = Vec::new();
    let mut segment_names = Vec::new();
    let mut symbols: Vec<Option<DefinedDataSymbol>> = Vec::new();
    let mut addresses: Vec<RelocationEntry> = Vec::new();
    for payload in Parser::new(0).parse_all(linked) {
        match payload? {
            Payload::DataSection(section) => {
                let start = section.range().start;
                for segment in section {
                    let segment = segment?;
                    let DataKind::Active { offset_expr, .. } = segment.kind else { return Err("a segment that does not say where it stands".into()) };
                    let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else { return Err("a segment whose place is no number".into()) };
                    segments.push((value as u32, u32::try_from(segment.range.end - segment.data.len() - start)?));
                }
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Reloc(section) => addresses.extend(section.entries().into_iter().collect::<Result<Vec<_>, _>>()?),
                KnownCustom::Linking(linking) => {
                    for part in linking.subsections() {
                        match part? {
                            Linking::SegmentInfo(all) => segment_names = all.into_iter().collect::<Result<Vec<_>, _>>()?,
                            Linking::SymbolTable(all) => {
                                for symbol in all {
                                    symbols.push(if let SymbolInfo::Data { symbol, .. } = symbol? { symbol } else { None });
                                }
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    if symbols.is_empty() || addresses.is_empty() {
        return Err("the linker left no notes".into());
    }
    // With one for each symbol, so that their numbers are the same; those of functions have no bytes.
    let made = symbols.iter().map(|symbol| {
        let Some(symbol) = symbol else { return Ok(Constant::default()) };
        let segment = segments.get(symbol.index as usize).zip(segment_names.get(symbol.index as usize));
        let ((address, _), segment) = segment.ok_or("a symbol in a segment that is not there")?;
        let place = address + symbol.offset..address + symbol.offset + symbol.size;
        Ok(Constant { addresses: BTreeSet::from([place.start.into()]), place, changes: segment.name != CONSTANTS, names: Vec::new() })
    });
    let mut made = made.collect::<Outcome<Vec<Constant>>>()?;
    let place_of = |offset: u32| {
        let (address, start) = segments.iter().rev().find(|(_, start)| *start <= offset)?;
        Some(address + (offset - start))
    };
    let mut by_place: Vec<usize> = (0..made.len()).filter(|&constant| !made[constant].place.is_empty()).collect();
    by_place.sort_by_key(|&constant| made[constant].place.start);
    for entry in addresses {
        let target = entry.index as usize;
        let Some(Some(_)) = symbols.get(target) else { continue };
        match entry.ty {
            RelocationType::MemoryAddrLeb | RelocationType::MemoryAddrSleb => {
                let number = i64::from(made[target].place.start) + entry.addend;
                made[target].addresses.insert(number);
            }
            RelocationType::MemoryAddrI32 => {
                let place = place_of(entry.offset).ok_or("an address outside of all data")?;
                let behind = by_place.partition_point(|&constant| made[constant].place.start <= place);
                // Several may share these bytes.
                for &constant in by_place[..behind].iter().rev().take(SHARING) {
                    if made[constant].place.contains(&place) {
                        made[constant].names.push(target);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(made)
}
