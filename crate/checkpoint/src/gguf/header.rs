//! The header of a GGUF file: what is noted, and the tensors with their types, shapes and places.
//!
//! Nothing is believed before it has been compared with the file's length.
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>.

use tensor::layout::sorted_by;

use super::blocks::Blocks;
use super::bytes::Bytes;
use crate::{Result, Source};

pub const MAGIC: [u8; 4] = *b"GGUF";

/// What is noted under a name.
#[derive(Clone, Debug, PartialEq)]
pub enum Noted {
    Integer(i128),
    Float(f64),
    /// As it is stored, so that it is written with no more digits than it has.
    Float32(f32),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    Bools(Vec<bool>),
    /// Integers and, since nothing here needs more of them, floats.
    Numbers(Vec<f32>),
}

/// What is noted, in the order of the names.
#[derive(Debug)]
pub struct Notes(Vec<(String, Noted)>);

impl Notes {
    pub fn get(&self, name: &str) -> Option<&Noted> {
        self.0.binary_search_by(|(noted, _)| noted.as_str().cmp(name)).ok().map(|position| &self.0[position].1)
    }
}

/// A tensor of the file.
#[derive(Clone, Debug)]
pub struct Held {
    pub name: String,
    pub blocks: &'static Blocks,
    /// As PyTorch has it: the last size is that of a row. ggml has them the other way round.
    pub shape: Vec<u64>,
    /// Where its bytes begin in the file.
    pub offset: u64,
    pub bytes: u64,
}

impl Held {
    /// How many numbers a row has.
    pub fn width(&self) -> u64 {
        self.shape.last().copied().unwrap_or(1)
    }
}

#[derive(Debug)]
pub struct Header {
    pub notes: Notes,
    /// In the order of their places.
    pub tensors: Vec<Held>,
}

pub fn read(source: &dyn Source) -> Result<Header> {
    let mut bytes = Bytes::new(source);
    if bytes.bytes(4, "its beginning")? != MAGIC {
        return Err("it does not begin with GGUF: it is no GGUF file".into());
    }
    match bytes.u32("its version")? {
        2 | 3 => {}
        version if version.swap_bytes() < 1 << 16 => return Err("its numbers are big-endian, and are not read here".into()),
        version => return Err(format!("its version is {version}; 2 and 3 are read here")),
    }
    let tensors = bytes.u64("its number of tensors")?;
    let notes = bytes.u64("its number of notes")?;
    // A note has at least a name's length, a type and a byte; a tensor lengths, a type and a place.
    bytes.expect(notes.checked_mul(13), "the list of its notes")?;
    bytes.expect(tensors.checked_mul(24), "the list of its tensors")?;
    let mut noted = Vec::new();
    for _ in 0..notes {
        let name = bytes.text("the name of a note")?;
        let what = format!("what is noted as {name:?}");
        let kind = bytes.u32(&what)?;
        noted.push((name, value(&mut bytes, kind, &what)?));
    }
    let notes = Notes(sorted_by(noted, &|a, b| a.0.cmp(&b.0)));
    if let Some(pair) = notes.0.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(format!("{:?} is noted twice", pair[0].0));
    }
    let mut held = Vec::new();
    for _ in 0..tensors {
        held.push(tensor(&mut bytes)?);
    }
    let alignment = match notes.get("general.alignment") {
        None => 32,
        Some(Noted::Integer(alignment)) if (1..=1 << 16).contains(alignment) && alignment.count_ones() == 1 => *alignment as u64,
        Some(_) => return Err("its alignment is no power of two up to 65536".into()),
    };
    let data = bytes.at().next_multiple_of(alignment);
    let tensors = place(held, data, alignment, source.length())?;
    Ok(Header { notes, tensors })
}

/// The bytes of a number of this type; `None` for what is no number.
fn size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

fn value(bytes: &mut Bytes<'_>, kind: u32, what: &str) -> Result<Noted> {
    match kind {
        8 => bytes.text(what).map(Noted::Text),
        9 => array(bytes, what),
        _ => {
            let size = size(kind).ok_or_else(|| format!("{what} has the type {kind}, which no GGUF file has"))?;
            Ok(number(kind, &bytes.bytes(size, what)?))
        }
    }
}

/// A number of `kind` from its bytes, little-endian.
fn number(kind: u32, bytes: &[u8]) -> Noted {
    let mut wide = [0; 8];
    wide[..bytes.len()].copy_from_slice(bytes);
    let unsigned = u64::from_le_bytes(wide);
    let unused = 64 - 8 * bytes.len() as u32;
    match kind {
        6 => Noted::Float32(f32::from_bits(unsigned as u32)),
        12 => Noted::Float(f64::from_bits(unsigned)),
        7 => Noted::Bool(unsigned != 0),
        1 | 3 | 5 | 11 => Noted::Integer(i128::from((unsigned << unused) as i64 >> unused)),
        _ => Noted::Integer(i128::from(unsigned)),
    }
}

fn array(bytes: &mut Bytes<'_>, what: &str) -> Result<Noted> {
    let kind = bytes.u32(what)?;
    let length = bytes.u64(what)?;
    if kind == 8 {
        bytes.expect(length.checked_mul(8), what)?;
        return (0..length).map(|_| bytes.text(what)).collect::<Result<_>>().map(Noted::Texts);
    }
    let size = size(kind).ok_or_else(|| format!("{what} is a list of things of the type {kind}, which is not read here"))?;
    bytes.expect(length.checked_mul(size), what)?;
    let all = bytes.bytes(length * size, what)?;
    if kind == 7 {
        return Ok(Noted::Bools(all.iter().map(|byte| *byte != 0).collect()));
    }
    let numbers = all.chunks_exact(size as usize).map(|bytes| match number(kind, bytes) {
        Noted::Integer(integer) => integer as f32,
        Noted::Float(float) => float as f32,
        Noted::Float32(float) => float,
        _ => 0.0,
    });
    Ok(Noted::Numbers(numbers.collect()))
}

/// The description of one tensor; its offset is still one among the data.
fn tensor(bytes: &mut Bytes<'_>) -> Result<Held> {
    let name = bytes.text("the name of a tensor")?;
    let what = format!("the tensor {name:?}");
    let dimensions = bytes.u32(&what)?;
    if dimensions > 4 {
        return Err(format!("{what} has {dimensions} dimensions, and no GGUF file has more than 4"));
    }
    let mut shape = (0..dimensions).map(|_| bytes.u64(&what)).collect::<Result<Vec<u64>>>()?;
    shape.reverse();
    let kind = bytes.u32(&what)?;
    let offset = bytes.u64(&what)?;
    let blocks = Blocks::of(kind).map_err(|sentence| format!("{what} {sentence}"))?;
    let mut held = Held { name, blocks, shape, offset, bytes: 0 };
    if !held.width().is_multiple_of(blocks.numbers) {
        return Err(format!("{what} has rows of {} numbers, which {} blocks of {} do not fill", held.width(), blocks.name, blocks.numbers));
    }
    let numbers = held.shape.iter().try_fold(1u64, |numbers, &size| numbers.checked_mul(size));
    let needed = numbers.and_then(|numbers| (numbers / blocks.numbers).checked_mul(blocks.bytes));
    held.bytes = needed.ok_or_else(|| format!("{what} of shape {:?} needs more bytes than there are numbers for", held.shape))?;
    Ok(held)
}

/// Turns offsets among the data into offsets in the file, once they lie in it and do not overlap.
fn place(tensors: Vec<Held>, data: u64, alignment: u64, length: u64) -> Result<Vec<Held>> {
    let held = length.saturating_sub(data);
    let mut tensors = sorted_by(tensors, &|a, b| (a.offset, a.bytes).cmp(&(b.offset, b.bytes)));
    let mut end = 0;
    for position in 0..tensors.len() {
        let Held { name, offset, bytes, .. } = &tensors[position];
        if offset % alignment != 0 {
            return Err(format!("the tensor {name:?} begins at byte {offset} of the data, which is no multiple of {alignment}"));
        }
        if *offset < end {
            let other = &tensors[position.saturating_sub(1)].name;
            return Err(format!("the tensors {other:?} and {name:?} overlap: one ends at byte {end}, the other begins at {offset}"));
        }
        end = match offset.checked_add(*bytes) {
            Some(end) if end <= held => end,
            _ => return Err(format!("the tensor {name:?} of {bytes} bytes begins at byte {offset} of the data, and the file holds only {held}: it is cut off")),
        };
        tensors[position].offset += data;
    }
    let names = sorted_by(tensors.iter().map(|tensor| tensor.name.as_str()).collect(), &|a, b| a.cmp(b));
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(format!("it has the tensor {:?} twice", pair[0])),
        None => Ok(tensors),
    }
}
