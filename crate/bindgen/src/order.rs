//! Puts the functions of a module into an order in which gzip finds more that repeats.
//!
//! gzip looks back 32 KB, and a module is fifty times as long: functions that are alike take less where they stand close
//! together. Each function is followed by the one that shares the most with those that gzip still sees, for its length.
//! What is shared is counted in pieces of a few bytes that few functions have; a call counts as well, since the bytes of
//! a function's number are the same wherever it is called.
//!
//! Function layout for the compressed size: Hoag, Lee, Mestre and Pupyrev, "Optimizing Function Layout for Mobile
//! Applications" (LCTES 2023, arXiv:2211.09285). Theirs divides the functions in two again and again; this takes one after
//! the other, which is a page of code.

use std::collections::{BTreeMap, VecDeque};

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{CodeSectionReader, FunctionSectionReader, Parser, Payload, TypeRef, Validator};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The bytes of a piece.
const PIECE: usize = 7;
/// A piece that more functions have says nothing about which of them are alike.
const HOLDERS: usize = 80;
/// The bytes of functions that gzip still sees, beside what else stands there.
const WINDOW: usize = 30_000;

pub fn order(wasm: &[u8]) -> Outcome<Vec<u8>> {
    let (mut imported, mut bodies) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    let order = alike(&bodies);
    let mut places = vec![0; order.len()];
    for (place, &function) in (0..).zip(&order) {
        places[function] = place;
    }
    let mut made = Module::new();
    Ordered { imported, places, order }.parse_core_module(&mut made, Parser::new(0), wasm)?;
    let made = made.finish();
    Validator::new().validate_all(&made)?;
    Ok(made)
}

/// The numbers of the functions, each near those that it is like.
fn alike(bodies: &[&[u8]]) -> Vec<usize> {
    let mut holders: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for (function, body) in bodies.iter().enumerate() {
        for piece in body.windows(PIECE) {
            let holders = holders.entry(piece).or_default();
            if holders.last() != Some(&function) {
                holders.push(function);
            }
        }
    }
    let shared: Vec<Vec<usize>> = holders.into_values().filter(|holders| (2..=HOLDERS).contains(&holders.len())).collect();
    let mut pieces = vec![Vec::new(); bodies.len()];
    for (piece, holders) in shared.iter().enumerate() {
        for &function in holders {
            pieces[function].push(piece);
        }
    }
    // How often the window has each piece, and what each function shares with it.
    let (mut seen, mut common) = (vec![0_u32; shared.len()], vec![0.0_f64; bodies.len()]);
    let mut change = |common: &mut [f64], function: usize, enters: bool| {
        for &piece in &pieces[function] {
            let before = seen[piece];
            seen[piece] = if enters { before + 1 } else { before - 1 };
            if before.min(seen[piece]) == 0 {
                let weight = 1.0 / (shared[piece].len() as f64 + 1.0).log2();
                shared[piece].iter().for_each(|&holder| common[holder] += if enters { weight } else { -weight });
            }
        }
    };
    let mut left: Vec<usize> = (0..bodies.len()).collect();
    let (mut order, mut window, mut size) = (Vec::with_capacity(bodies.len()), VecDeque::new(), 0);
    while !left.is_empty() {
        // A long function shares more with any other.
        let worth = |&function: &usize| common[function] / (bodies[function].len() as f64 + 40.0).powf(0.6);
        let best = (0..left.len()).reduce(|best, next| if worth(&left[next]) > worth(&left[best]) + 1e-9 { next } else { best });
        let function = left.remove(best.unwrap_or_default());
        order.push(function);
        window.push_back(function);
        size += bodies[function].len();
        change(&mut common, function, true);
        while size > WINDOW && window.len() > 1 {
            let Some(gone) = window.pop_front() else { break };
            size -= bodies[gone].len();
            change(&mut common, gone, false);
        }
    }
    order
}

/// A module whose functions stand in another order.
struct Ordered {
    /// How many functions come from elsewhere, and keep their numbers.
    imported: u32,
    /// Where each function comes to stand.
    places: Vec<u32>,
    /// Which function stands at each place.
    order: Vec<usize>,
}

impl Reencode for Ordered {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Self::Error>> {
        let own = function.checked_sub(self.imported);
        Ok(own.and_then(|own| self.places.get(own as usize)).map_or(function, |place| self.imported + place))
    }

    fn parse_function_section(&mut self, made: &mut FunctionSection, section: FunctionSectionReader<'_>) -> Result<(), Error<Self::Error>> {
        let types = section.into_iter().collect::<Result<Vec<u32>, _>>()?;
        self.order.iter().for_each(|&function| {
            made.function(types[function]);
        });
        Ok(())
    }

    fn parse_code_section(&mut self, made: &mut CodeSection, section: CodeSectionReader<'_>) -> Result<(), Error<Self::Error>> {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        self.order.clone().into_iter().try_for_each(|function| self.parse_function_body(made, bodies[function].clone()))
    }
}
