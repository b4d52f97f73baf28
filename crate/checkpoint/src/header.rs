//! The header of a safetensors file.
//!
//! Eight bytes say how long the header is; it is a JSON object from tensors' names to their type, shape and place among
//! the bytes that follow it. Nothing is believed before it has been compared with everything else that the file says.
//!
//! The format's own crate, `safetensors` 0.7.0 with its `serde_json`, adds 31.9 KB gzipped to an empty wasm module
//! that is optimized as the page's is; this reader adds 17.3 KB, and shares the `json` that the language has anyway.

use json::{Event, Reader};
use tensor::DType;
use tensor::layout::sorted_by;

use crate::{Result, Source, gguf};

/// A header is no longer than this in any file that is one; the format's own reader has the same limit.
const LONGEST_HEADER: u64 = 100_000_000;

/// The bytes before the header.
const PREFIX: u64 = 8;

/// An element type as the file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// `BF16`.
    pub name: &'static str,
    /// Bytes of one element.
    pub size: u64,
    /// What it is in the engine. There is no int16 there: `I16` becomes `Int32`, which holds all of it.
    pub dtype: DType,
}

const STORED: [Stored; 10] = [
    Stored { name: "F64", size: 8, dtype: DType::Float64 },
    Stored { name: "F32", size: 4, dtype: DType::Float32 },
    Stored { name: "F16", size: 2, dtype: DType::Float16 },
    Stored { name: "BF16", size: 2, dtype: DType::BFloat16 },
    Stored { name: "I64", size: 8, dtype: DType::Int64 },
    Stored { name: "I32", size: 4, dtype: DType::Int32 },
    Stored { name: "I16", size: 2, dtype: DType::Int32 },
    Stored { name: "I8", size: 1, dtype: DType::Int8 },
    Stored { name: "U8", size: 1, dtype: DType::UInt8 },
    Stored { name: "BOOL", size: 1, dtype: DType::Bool },
];

/// A tensor of the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub name: String,
    pub stored: Stored,
    pub shape: Vec<usize>,
    /// Where its bytes begin in the file.
    pub offset: u64,
    /// How many they are.
    pub bytes: u64,
}

/// What a header says: the tensors in the order of their names, and what was noted beside them.
#[derive(Debug, Default)]
pub struct Header {
    pub entries: Vec<Entry>,
    pub metadata: Vec<(String, String)>,
}

/// Reads the header and checks it against the file's length.
pub fn read(source: &dyn Source) -> Result<Header> {
    let length = source.length();
    if length < PREFIX {
        return Err(format!("it has {length} bytes, and a safetensors file begins with the 8 bytes of its header's length"));
    }
    let mut prefix = [0; PREFIX as usize];
    source.read(0, &mut prefix)?;
    if prefix.starts_with(&gguf::MAGIC) {
        return Err(format!("it is a GGUF file, which is opened as a folder: its tensors are {} in it", gguf::WEIGHTS));
    }
    let header_length = u64::from_le_bytes(prefix);
    if header_length > LONGEST_HEADER {
        return Err(format!("its header is said to have {header_length} bytes, more than a safetensors file may have: it is none"));
    }
    if header_length > length - PREFIX {
        return Err(format!("its header is said to have {header_length} bytes, and only {} follow: it is cut off", length - PREFIX));
    }
    let mut bytes = vec![0; header_length as usize];
    source.read(PREFIX, &mut bytes)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| "its header is no UTF-8 text")?;
    if !text.starts_with('{') {
        return Err("its header does not begin with {: it is no safetensors file".into());
    }
    let mut header = Members { reader: Reader::new(text) }.header()?;
    let entries = place(header.entries, PREFIX + header_length, length)?;
    header.entries = sorted_by(entries, &|a, b| a.name.cmp(&b.name));
    if let Some(pair) = header.entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
        return Err(format!("its header has the tensor {:?} twice", pair[0].name));
    }
    Ok(header)
}

/// Turns offsets among the data into offsets in the file, once they cover the data without overlap and gap.
fn place(entries: Vec<Entry>, data_begin: u64, file_length: u64) -> Result<Vec<Entry>> {
    let data_length = file_length - data_begin;
    let mut entries = sorted_by(entries, &|a, b| (a.offset, a.bytes).cmp(&(b.offset, b.bytes)));
    let mut end = 0;
    let mut before: Option<String> = None;
    for entry in &mut entries {
        let name = &entry.name;
        if entry.offset < end {
            let other = before.unwrap_or_default();
            return Err(format!("the tensors {other:?} and {name:?} overlap: one ends at byte {end}, the other begins at {}", entry.offset));
        }
        if entry.offset > end {
            return Err(format!("there is a gap of {} bytes before the tensor {name:?}", entry.offset - end));
        }
        // An entry's end was found to be a number, so the sum does not overflow.
        end = entry.offset + entry.bytes;
        if end > data_length {
            return Err(format!("the tensor {name:?} ends at byte {end} of the data, and the file holds only {data_length}: it is cut off"));
        }
        entry.offset += data_begin;
        before = Some(name.clone());
    }
    if end < data_length {
        return Err(format!("{} bytes follow the last tensor and belong to none", data_length - end));
    }
    Ok(entries)
}

/// Reads the members of the header's objects.
struct Members<'t> {
    reader: Reader<'t>,
}

impl<'t> Members<'t> {
    fn header(mut self) -> Result<Header> {
        let mut header = Header::default();
        self.next()?;
        while let Event::Key(name) = self.next()? {
            if name == "__metadata__" {
                header.metadata = self.metadata()?;
            } else {
                header.entries.push(self.entry(name.into_owned())?);
            }
        }
        // The format pads the header with spaces; nothing else may follow.
        match self.reader.next_event() {
            Ok(None) => Ok(header),
            Ok(Some(_)) | Err(_) => Err("its header goes on after its end".into()),
        }
    }

    fn next(&mut self) -> Result<Event<'t>> {
        match self.reader.next_event() {
            Ok(Some(event)) => Ok(event),
            Ok(None) => Err("its header ends early".into()),
            Err(error) => Err(format!("its header is no JSON: {error}")),
        }
    }

    fn metadata(&mut self) -> Result<Vec<(String, String)>> {
        let wrong = || "its header's __metadata__ must map texts to texts".to_owned();
        let mut pairs = Vec::new();
        if self.next()? != Event::ObjectStart {
            return Err(wrong());
        }
        while let Event::Key(key) = self.next()? {
            let Event::String(value) = self.next()? else { return Err(wrong()) };
            pairs.push((key.into_owned(), value.into_owned()));
        }
        Ok(pairs)
    }

    fn entry(&mut self, name: String) -> Result<Entry> {
        let (mut stored, mut shape, mut offsets) = (None, None, None);
        if self.next()? != Event::ObjectStart {
            return Err(format!("its header says of the tensor {name:?} something that is no object"));
        }
        while let Event::Key(key) = self.next()? {
            let given_before = match &*key {
                "dtype" => stored.replace(self.dtype(&name)?).is_some(),
                "shape" => shape.replace(self.numbers(&name, "shape")?).is_some(),
                "data_offsets" => offsets.replace(self.numbers(&name, "data_offsets")?).is_some(),
                _ => return Err(format!("its header says {key:?} of the tensor {name:?}, which no safetensors file says")),
            };
            if given_before {
                return Err(format!("its header gives the {key} of the tensor {name:?} twice"));
            }
        }
        let lacks = |what: &str| format!("its header lacks the {what} of the tensor {name:?}");
        let stored = stored.ok_or_else(|| lacks("dtype"))?;
        let shape = shape.ok_or_else(|| lacks("shape"))?;
        let offsets = offsets.ok_or_else(|| lacks("data_offsets"))?;
        let [begin, end] = offsets[..] else {
            return Err(format!("the data_offsets of the tensor {name:?} are {} numbers, not two", offsets.len()));
        };
        if begin > end {
            return Err(format!("the tensor {name:?} ends at byte {end}, before it begins at {begin}"));
        }
        let needed = shape.iter().try_fold(stored.size, |bytes, &size| bytes.checked_mul(size));
        if needed != Some(end - begin) {
            let needed = needed.map_or("more bytes than there are numbers for".into(), |bytes| format!("{bytes} bytes"));
            return Err(format!("the tensor {name:?} of shape {shape:?} and type {} needs {needed}, and has {}", stored.name, end - begin));
        }
        let sizes: Option<Vec<usize>> = shape.iter().map(|&size| usize::try_from(size).ok()).collect();
        let shape = sizes.ok_or_else(|| format!("the tensor {name:?} of shape {shape:?} is larger than this machine can address"))?;
        Ok(Entry { name, stored, shape, offset: begin, bytes: end - begin })
    }

    fn dtype(&mut self, name: &str) -> Result<Stored> {
        let Event::String(dtype) = self.next()? else {
            return Err(format!("the dtype of the tensor {name:?} is no text"));
        };
        STORED.into_iter().find(|stored| stored.name == dtype).ok_or_else(|| {
            let known: Vec<&str> = STORED.iter().map(|stored| stored.name).collect();
            format!("the tensor {name:?} is stored as {dtype}, which is not read here; {} are", known.join(", "))
        })
    }

    fn numbers(&mut self, name: &str, what: &str) -> Result<Vec<u64>> {
        let wrong = || format!("the {what} of the tensor {name:?} must be a list of whole numbers from 0 on");
        if self.next()? != Event::ArrayStart {
            return Err(wrong());
        }
        let mut numbers = Vec::new();
        loop {
            match self.next()? {
                Event::Number(number) => numbers.push(number.parse().map_err(|_| wrong())?),
                Event::ArrayEnd => return Ok(numbers),
                _ => return Err(wrong()),
            }
        }
    }
}
