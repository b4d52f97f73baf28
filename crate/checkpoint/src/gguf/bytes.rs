//! A file's beginning, read number by number, each after it was found to be there.

use crate::{Result, Source};

/// How much is asked for at once.
const PART: usize = 1 << 16;

/// No header is longer: the largest vocabularies take some 20 MB with their merges.
const LONGEST: u64 = 64 << 20;

pub struct Bytes<'s> {
    source: &'s dyn Source,
    /// Where the next number begins in the file.
    at: u64,
    /// A part of the file, and where it begins.
    part: Vec<u8>,
    begin: u64,
}

impl<'s> Bytes<'s> {
    pub fn new(source: &'s dyn Source) -> Bytes<'s> {
        Bytes { source, at: 0, part: Vec::new(), begin: 0 }
    }

    pub fn at(&self) -> u64 {
        self.at
    }

    /// Fails unless so many bytes follow: ask before memory is taken for them.
    pub fn expect(&self, bytes: Option<u64>, what: &str) -> Result<()> {
        let follow = self.source.length() - self.at;
        match bytes {
            Some(bytes) if bytes > follow => Err(format!("{what} is said to have {bytes} bytes, and only {follow} follow: it is cut off")),
            Some(bytes) if bytes <= LONGEST.saturating_sub(self.at) => Ok(()),
            _ => Err(format!("{what} would make its header longer than the {LONGEST} bytes that one may have")),
        }
    }

    /// The next bytes, of which there are few.
    fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.expect(Some(N as u64), what)?;
        self.copy(&mut bytes)?;
        Ok(bytes)
    }

    fn copy(&mut self, into: &mut [u8]) -> Result<()> {
        let mut filled = 0;
        while filled < into.len() {
            let within = usize::try_from(self.at - self.begin).unwrap_or(usize::MAX);
            let Some(rest) = self.part.get(within..).filter(|rest| !rest.is_empty()) else {
                let length = (self.source.length() - self.at).min(PART as u64);
                self.part = vec![0; length as usize];
                self.begin = self.at;
                self.source.read(self.at, &mut self.part)?;
                continue;
            };
            let count = rest.len().min(into.len() - filled);
            into[filled..filled + count].copy_from_slice(&rest[..count]);
            filled += count;
            self.at += count as u64;
        }
        Ok(())
    }

    pub fn bytes(&mut self, length: u64, what: &str) -> Result<Vec<u8>> {
        self.expect(Some(length), what)?;
        let mut bytes = vec![0; length as usize];
        self.copy(&mut bytes)?;
        Ok(bytes)
    }

    pub fn u32(&mut self, what: &str) -> Result<u32> {
        self.array(what).map(u32::from_le_bytes)
    }

    pub fn u64(&mut self, what: &str) -> Result<u64> {
        self.array(what).map(u64::from_le_bytes)
    }

    pub fn text(&mut self, what: &str) -> Result<String> {
        let length = self.u64(what)?;
        String::from_utf8(self.bytes(length, what)?).map_err(|_| format!("{what} is no UTF-8 text"))
    }
}
