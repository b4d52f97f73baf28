//! The record of what was computed: each operation with snapshots of what went in and what came out.

use std::collections::HashMap;
use std::rc::Rc;

use crate::Tensor;
use crate::ops::Operation;

/// One operation that ran. The tensors are snapshots: they keep the values of that moment.
#[derive(Clone, Debug)]
pub struct Entry {
    pub operation: Rc<dyn Operation>,
    pub inputs: Vec<Tensor>,
    pub output: Tensor,
}

/// What an engine recorded, within a budget of bytes.
#[derive(Debug, Default)]
pub struct Tape {
    entries: Vec<Entry>,
    /// Buffer id to the entry that made the buffer.
    makers: HashMap<u64, usize>,
    /// The buffers that are counted in `bytes`.
    held: HashMap<u64, u64>,
    bytes: u64,
    budget: u64,
    dropped: usize,
}

impl Tape {
    /// A tape that keeps buffers of at most `budget` bytes alive.
    pub fn new(budget: u64) -> Tape {
        Tape { budget, ..Tape::default() }
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many operations ran after the budget was spent, and so are not on the tape.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Bytes of the buffers that the tape keeps alive.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The operation that made the values of this buffer, if it is on the tape.
    pub fn maker(&self, buffer_id: u64) -> Option<&Entry> {
        self.makers.get(&buffer_id).and_then(|&index| self.entries.get(index))
    }

    /// Whether so little of the budget is left that nothing is recorded any more.
    pub fn is_full(&self) -> bool {
        self.budget - self.bytes < self.budget / 16
    }

    /// Records an entry, or counts it as dropped where the budget does not allow it.
    pub fn record(&mut self, entry: Entry) {
        if self.is_full() {
            self.dropped += 1;
            return;
        }
        let mut new = HashMap::new();
        for tensor in entry.inputs.iter().chain([&entry.output]) {
            let buffer = tensor.buffer();
            if !self.held.contains_key(&buffer.id) {
                new.insert(buffer.id, buffer.bytes());
            }
        }
        let bytes: u64 = new.values().sum();
        if self.bytes + bytes > self.budget {
            self.dropped += 1;
            return;
        }
        self.bytes += bytes;
        self.held.extend(new);
        self.makers.insert(entry.output.buffer().id, self.entries.len());
        self.entries.push(entry);
    }

    /// Whether a snapshot of this buffer still fits, and if so counts it.
    pub fn hold(&mut self, tensor: &Tensor) -> bool {
        let buffer = tensor.buffer();
        if self.held.contains_key(&buffer.id) {
            return true;
        }
        if self.bytes + buffer.bytes() > self.budget {
            return false;
        }
        self.bytes += buffer.bytes();
        self.held.insert(buffer.id, buffer.bytes());
        true
    }

    /// Forgets the entries from `length` on: an instruction that must be retried leaves no trace.
    pub fn truncate(&mut self, length: usize) {
        for entry in self.entries.drain(length.min(self.entries.len())..) {
            self.makers.remove(&entry.output.buffer().id);
        }
    }
}
