//! A generator's state as bytes, laid out as `torch.get_rng_state` gives it.
//!
//! Source: PyTorch's `CPUGeneratorImplState`, and the `THGeneratorState` that it begins with for the sake of old files.

use super::Generator;
use super::mersenne_twister::{MersenneTwister, WORDS};

/// The length of a state in bytes.
pub const STATE_BYTES: usize = 5056;

// Offsets in bytes; all fields are little endian.
const SEED: usize = 0;
const LEFT: usize = 8;
const SEEDED: usize = 12;
const NEXT: usize = 16;
const STATE: usize = 24;
/// Where the double precision spare of Box and Muller's transform is. It has no single precision spare here.
const NORMAL: usize = STATE + 8 * WORDS + 8;
const HAS_NORMAL: usize = NORMAL + 16;

impl Generator {
    /// The state, from which [`Generator::from_state`] goes on with the same numbers.
    pub fn state(&self) -> Vec<u8> {
        let mut bytes = vec![0; STATE_BYTES];
        put(&mut bytes, SEED, &self.seed.to_le_bytes());
        // PyTorch counts the word that is to be drawn next.
        put(&mut bytes, LEFT, &(self.engine.left as u32 + 1).to_le_bytes());
        put(&mut bytes, SEEDED, &1_u32.to_le_bytes());
        put(&mut bytes, NEXT, &(self.engine.next as u64).to_le_bytes());
        for (i, word) in self.engine.state.iter().enumerate() {
            put(&mut bytes, STATE + 8 * i, &word.to_le_bytes());
        }
        if let Some(normal) = self.spare_normal {
            put(&mut bytes, NORMAL, &normal.to_le_bytes());
            put(&mut bytes, HAS_NORMAL, &1_u32.to_le_bytes());
        }
        bytes
    }

    /// The generator whose state these bytes are, if they are one.
    pub fn from_state(bytes: &[u8]) -> Option<Generator> {
        if bytes.len() != STATE_BYTES {
            return None;
        }
        let word = |at: usize| bytes[at..].first_chunk().map(|word| u32::from_le_bytes(*word));
        let long = |at: usize| bytes[at..].first_chunk().map(|long| u64::from_le_bytes(*long));
        let seed = long(SEED)?;
        let mut engine = MersenneTwister::new(seed);
        for (i, state) in engine.state.iter_mut().enumerate() {
            *state = word(STATE + 8 * i)?;
        }
        engine.left = usize::try_from(word(LEFT)?).ok()?.checked_sub(1)?;
        engine.next = usize::try_from(long(NEXT)?).ok()?;
        let is_whole = engine.left == 0 || engine.left + engine.next == WORDS;
        if !is_whole || engine.next > WORDS || word(SEEDED)? != 1 {
            return None;
        }
        let spare_normal = if word(HAS_NORMAL)? == 0 { None } else { Some(f64::from_bits(long(NORMAL)?)) };
        Some(Generator { seed, engine, spare_normal })
    }
}

fn put(bytes: &mut [u8], at: usize, field: &[u8]) {
    bytes[at..at + field.len()].copy_from_slice(field);
}
