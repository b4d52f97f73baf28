//! The tensors of a GGUF file as a safetensors file, whose bytes are computed when they are read.

use std::fmt::Write;
use std::rc::Rc;

use half::{bf16, f16};

use super::header::Held;
use super::quote;
use crate::{Result, Source};

/// What the converter did to a tensor's numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    None,
    /// It added one to each.
    PlusOne,
    /// Of each of so many heads, the rows of the first half and those of the second half take turns.
    Interleaved(u64),
}

/// A tensor under transformers' name.
#[derive(Debug)]
pub struct Renamed {
    pub name: String,
    pub held: Held,
    pub change: Change,
}

impl Renamed {
    /// The type that it has for the program.
    fn stored(&self) -> (&'static str, u64) {
        match self.held.blocks.name {
            _ if self.change == Change::PlusOne => ("F32", 4),
            name @ ("F16" | "BF16") => (name, 2),
            _ => ("F32", 4),
        }
    }

    fn numbers(&self) -> u64 {
        self.held.bytes / self.held.blocks.bytes * self.held.blocks.numbers
    }

    /// How many numbers are computed together: a block, or a head where its rows were moved.
    fn unit(&self) -> u64 {
        match self.change {
            Change::Interleaved(heads) => self.numbers() / heads,
            Change::None | Change::PlusOne => self.held.blocks.numbers,
        }
    }
}

/// A file of these tensors.
pub struct Weights {
    source: Rc<dyn Source>,
    header: Vec<u8>,
    /// Each with the place of its bytes among the data.
    tensors: Vec<(u64, Renamed)>,
    length: u64,
}

/// How many bytes of numbers are computed at a time where single blocks would do.
const AT_ONCE: u64 = 1 << 20;

/// A head whose rows are moved is in memory as a whole: no model has one as large as this.
const LARGEST_HEAD: u64 = 64 << 20;

impl Weights {
    /// # Errors
    /// A sentence about a tensor whose heads cannot be told apart.
    pub fn new(source: Rc<dyn Source>, tensors: Vec<Renamed>) -> Result<Weights> {
        let mut text = String::from("{\"__metadata__\":{\"format\":\"pt\"}");
        let mut placed = Vec::new();
        let mut end = 0u64;
        for tensor in tensors {
            let (stored, size) = tensor.stored();
            let (name, begin) = (&tensor.name, end);
            if let Change::Interleaved(heads) = tensor.change {
                let (held, unit) = (&tensor.held, tensor.unit());
                let has_heads = held.shape.first().is_some_and(|rows| rows % (2 * heads) == 0) && unit % held.blocks.numbers == 0;
                if !has_heads || unit.saturating_mul(4) > LARGEST_HEAD {
                    return Err(format!("the tensor {:?} of shape {:?} does not have {heads} heads", held.name, held.shape));
                }
            }
            let bytes = tensor.numbers().checked_mul(size);
            end = bytes.and_then(|bytes| end.checked_add(bytes)).ok_or("its tensors need more bytes than there are numbers for")?;
            text.push(',');
            quote(&mut text, name);
            let _ = write!(text, ":{{\"dtype\":\"{stored}\",\"shape\":{:?},\"data_offsets\":[{begin},{end}]}}", tensor.held.shape);
            placed.push((begin, tensor));
        }
        text.push('}');
        let header = [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat();
        let length = end.checked_add(header.len() as u64).ok_or("its tensors need more bytes than there are numbers for")?;
        Ok(Weights { source, header, tensors: placed, length })
    }

    /// The bytes of a tensor from `offset` on, of which `into` is a part.
    fn tensor(&self, tensor: &Renamed, offset: u64, into: &mut [u8]) -> Result<()> {
        let (_, size) = tensor.stored();
        let held = &tensor.held;
        if tensor.change == Change::None && held.blocks.read.is_none() {
            return self.source.read(held.offset + offset, into);
        }
        let unit = tensor.unit();
        let units = match tensor.change {
            Change::Interleaved(_) => 1,
            Change::None | Change::PlusOne => (AT_ONCE / (unit * size)).max(1),
        };
        let unit_bytes = unit * size;
        let mut filled = 0;
        while filled < into.len() {
            let at = offset + filled as u64;
            let first = at / unit_bytes;
            let count = units.min(tensor.numbers() / unit - first);
            let computed = self.compute(tensor, first * unit, count * unit)?;
            let skipped = (at - first * unit_bytes) as usize;
            let taken = (computed.len() - skipped).min(into.len() - filled);
            into[filled..filled + taken].copy_from_slice(&computed[skipped..skipped + taken]);
            filled += taken;
        }
        Ok(())
    }

    /// The bytes of `count` numbers from `first` on, which are whole units.
    fn compute(&self, tensor: &Renamed, first: u64, count: u64) -> Result<Vec<u8>> {
        let blocks = tensor.held.blocks;
        let mut stored = vec![0; (count / blocks.numbers * blocks.bytes) as usize];
        self.source.read(tensor.held.offset + first / blocks.numbers * blocks.bytes, &mut stored)?;
        let bytes = match blocks.read {
            Some(read) => {
                let mut bytes = vec![0; 4 * count as usize];
                let mut numbers = vec![0.0f32; blocks.numbers as usize];
                for (block, out) in stored.chunks_exact(blocks.bytes as usize).zip(bytes.chunks_exact_mut(4 * numbers.len())) {
                    read(block, &mut numbers);
                    for (four, number) in out.chunks_exact_mut(4).zip(&numbers) {
                        four.copy_from_slice(&number.to_le_bytes());
                    }
                }
                bytes
            }
            None => stored,
        };
        Ok(match tensor.change {
            Change::None => bytes,
            Change::PlusOne => floats(blocks.name, &bytes).flat_map(|number| (number - 1.0).to_le_bytes()).collect(),
            Change::Interleaved(heads) => {
                let rows = (tensor.held.shape.first().copied().unwrap_or(1) / heads) as usize;
                apart(&bytes, rows)
            }
        })
    }
}

/// Rows of a head that took turns, the first half of them first.
fn apart(bytes: &[u8], rows: usize) -> Vec<u8> {
    let width = bytes.len() / rows;
    let order = (0..rows).step_by(2).chain((1..rows).step_by(2));
    order.flat_map(|row| &bytes[row * width..(row + 1) * width]).copied().collect()
}

/// Numbers of the type of this name; those of blocks have become float32.
fn floats<'b>(name: &str, bytes: &'b [u8]) -> Box<dyn Iterator<Item = f32> + 'b> {
    let pairs = bytes.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    match name {
        "F16" => Box::new(pairs.map(|pair| f16::from_le_bytes(pair).to_f32())),
        "BF16" => Box::new(pairs.map(|pair| bf16::from_le_bytes(pair).to_f32())),
        _ => Box::new(bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))),
    }
}

impl Source for Weights {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        let begin = self.header.len() as u64;
        let mut filled = 0;
        while filled < into.len() {
            let at = offset + filled as u64;
            let rest = &mut into[filled..];
            if at < begin {
                let header = &self.header[at as usize..];
                let taken = header.len().min(rest.len());
                rest[..taken].copy_from_slice(&header[..taken]);
                filled += taken;
                continue;
            }
            let within = at - begin;
            // The last that begins here or before; those that are empty begin where the next one does.
            let position = self.tensors.partition_point(|(place, _)| *place <= within);
            let (place, tensor) = position.checked_sub(1).and_then(|last| self.tensors.get(last)).ok_or("the file ends before these bytes")?;
            let (_, size) = tensor.stored();
            let left = (tensor.numbers() * size).checked_sub(within - place).filter(|left| *left > 0).ok_or("the file ends before these bytes")?;
            let taken = usize::try_from(left).unwrap_or(usize::MAX).min(rest.len());
            self.tensor(tensor, within - place, &mut rest[..taken])?;
            filled += taken;
        }
        Ok(())
    }
}
