//! The `random` module's generator: CPython's Mersenne Twister, seeded as `random.seed(n)` does.

use crate::value::{Module, Value};
use crate::{Context, Raise};

const WORDS: usize = 624;

/// The generator's state.
pub struct PythonRandom {
    words: [u32; WORDS],
    next: usize,
}

impl Default for PythonRandom {
    fn default() -> PythonRandom {
        PythonRandom::new(0)
    }
}

impl PythonRandom {
    /// `init_by_array` with the seed's 32-bit words.
    pub fn new(seed: u64) -> PythonRandom {
        let mut words = [0u32; WORDS];
        words[0] = 19_650_218;
        for i in 1..WORDS {
            words[i] = 1_812_433_253u32.wrapping_mul(words[i - 1] ^ (words[i - 1] >> 30)).wrapping_add(i as u32);
        }
        let key: Vec<u32> = if seed >> 32 == 0 { vec![seed as u32] } else { vec![seed as u32, (seed >> 32) as u32] };
        let (mut i, mut j) = (1, 0);
        for _ in 0..WORDS.max(key.len()) {
            let mixed = (words[i - 1] ^ (words[i - 1] >> 30)).wrapping_mul(1_664_525);
            words[i] = (words[i] ^ mixed).wrapping_add(key[j]).wrapping_add(j as u32);
            i += 1;
            j = (j + 1) % key.len();
            if i >= WORDS {
                words[0] = words[WORDS - 1];
                i = 1;
            }
        }
        for _ in 0..WORDS - 1 {
            let mixed = (words[i - 1] ^ (words[i - 1] >> 30)).wrapping_mul(1_566_083_941);
            words[i] = (words[i] ^ mixed).wrapping_sub(i as u32);
            i += 1;
            if i >= WORDS {
                words[0] = words[WORDS - 1];
                i = 1;
            }
        }
        words[0] = 0x8000_0000;
        PythonRandom { words, next: WORDS }
    }

    fn word(&mut self) -> u32 {
        if self.next >= WORDS {
            for i in 0..WORDS {
                let y = (self.words[i] & 0x8000_0000) | (self.words[(i + 1) % WORDS] & 0x7fff_ffff);
                let twist = if y & 1 == 1 { 0x9908_b0df } else { 0 };
                self.words[i] = self.words[(i + 397) % WORDS] ^ (y >> 1) ^ twist;
            }
            self.next = 0;
        }
        let mut y = self.words[self.next];
        self.next += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }
}

/// The natives that `prelude/random.py` builds on.
pub fn fill(module: &Module) {
    module.add("seed", |context: &mut Context, args| {
        let [seed] = args.bind("seed", ["a"], 0)?;
        let seed = match seed {
            None | Some(Value::None) => (context.clock)().to_bits(),
            Some(value) => value.as_int().map(i64::unsigned_abs).ok_or_else(|| {
                Raise::type_error("random.seed() takes an integer in this subset")
            })?,
        };
        context.python_random = PythonRandom::new(seed);
        Ok(Value::None)
    });
    module.add("random", |context, args| {
        let [] = args.exactly("random")?;
        let (a, b) = (context.python_random.word() >> 5, context.python_random.word() >> 6);
        Ok(Value::Float((f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0))
    });
    module.add("getrandbits", |context, args| {
        let [bits] = args.exactly("getrandbits")?;
        match bits.as_int() {
            Some(0) => Ok(Value::Int(0)),
            Some(bits @ 1..=32) => Ok(Value::Int((context.python_random.word() >> (32 - bits)).into())),
            Some(bits @ 33..=63) => {
                let low = u64::from(context.python_random.word());
                let high = u64::from(context.python_random.word() >> (64 - bits));
                Ok(Value::Int((high << 32 | low) as i64))
            }
            _ => Err(Raise::value_error("getrandbits() takes 0 to 63 bits in this subset")),
        }
    });
    // The words and the place of the next one, as `getstate` has them.
    module.add("_state", |context, _| {
        let PythonRandom { words, next } = &context.python_random;
        let numbers = words.iter().map(|word| i64::from(*word)).chain([*next as i64]);
        Ok(Value::tuple(numbers.map(Value::Int).collect()))
    });
    module.add("_set_state", |context, args| {
        let [state] = args.exactly("setstate")?;
        let numbers: Vec<u32> = context.items(&state)?.iter().filter_map(|number| u32::try_from(number.as_int()?).ok()).collect();
        let parts = numbers.split_last().and_then(|(next, words)| Some((<[u32; WORDS]>::try_from(words).ok()?, *next as usize)));
        let (words, next) = parts.ok_or_else(|| Raise::value_error("state vector is the wrong size"))?;
        context.python_random = PythonRandom { words, next };
        Ok(Value::None)
    });
}
