//! Inputs that are nearly right: seeds in which something was changed, the same ones for the same number.

/// Numbers that look random, and are the same for the same seed (Marsaglia's xorshift64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Below `bound`, which is at least 1.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// Where a piece of at most `longest` begins and ends in something of `length`.
    fn piece(&mut self, length: usize, longest: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        start..(start + self.below(longest + 1)).min(length)
    }
}

/// What sizes, offsets and counts are tried with: the ends of what integers hold, and what follows them.
const NUMBERS: &[&str] = &[
    "0", "1", "-1", "2", "255", "65536", "2147483647", "-2147483648", "4294967295", "4294967296", "9007199254740993",
    "9223372036854775807", "-9223372036854775808", "18446744073709551615", "99999999999999999999999", "1e308", "1e-320", "-0.0", "0.5",
];

/// What stands for more of the same, until something overflows.
const DEEP: &[&str] = &["(", "[", "{", "-", "not ", "lambda: ", "[[", "{\"a\":", "(1,", "x[", "f(", "if 1:\n ", "\"", "'''", "#", "\\", "@", "**", "%", "\u{0}", "é", "🙂"];

/// A seed with one to eight changes to its bytes; pieces of the other seeds may stand in it.
pub fn bytes(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = random.pick(seeds).clone();
    for _ in 0..1 + random.below(8) {
        let length = bytes.len();
        // Headers stand at the beginning, so it is changed more often than its share.
        let at = if random.below(2) == 0 { random.below(length.clamp(1, 64)) } else { random.below(length + 1) };
        match random.below(9) {
            0 if at < length => bytes[at] ^= 1 << random.below(8),
            1 if at < length => bytes[at] = *random.pick(&[0, 1, 0x7f, 0x80, 0xff, b'"', b'{', b'[', b'9']),
            2 => {
                let size = random.next().to_le_bytes();
                let size = if random.below(2) == 0 { size } else { random.pick(&[0, 1, u64::MAX, 1 << 31, 1 << 32, 1 << 62, i64::MAX as u64]).to_le_bytes() };
                let end = (at + 8).min(length);
                bytes[at.min(length)..end].copy_from_slice(&size[..end - at.min(length)]);
            }
            3 => drop(bytes.drain(random.piece(length, 64))),
            4 => bytes.truncate(at),
            5 => {
                let piece = bytes[random.piece(length, 256)].to_vec();
                bytes.splice(at.min(length)..at.min(length), piece);
            }
            6 => {
                let other = random.pick(seeds);
                let piece = other[random.piece(other.len(), 256)].to_vec();
                bytes.splice(at.min(length)..at.min(length), piece);
            }
            7 => replace_number(random, &mut bytes, at),
            _ => {
                let noise: Vec<u8> = (0..random.below(16)).map(|_| random.next() as u8).collect();
                bytes.splice(at.min(length)..at.min(length), noise);
            }
        }
    }
    bytes
}

/// Exchanges the next number that is written out after a place.
fn replace_number(random: &mut Random, bytes: &mut Vec<u8>, at: usize) {
    let Some(start) = (at..bytes.len()).find(|&place| bytes[place].is_ascii_digit()) else { return };
    let end = (start..bytes.len()).find(|&place| !bytes[place].is_ascii_digit()).unwrap_or(bytes.len());
    bytes.splice(start..end, random.pick(NUMBERS).bytes());
}

/// A seed with one to six changes to its words and lines; pieces of the other seeds may stand in it.
pub fn text(random: &mut Random, seeds: &[String]) -> String {
    let mut words = words(random.pick::<String>(seeds));
    for _ in 0..1 + random.below(6) {
        let at = random.below(words.len() + 1);
        let word = words.get(at.min(words.len().saturating_sub(1))).cloned().unwrap_or_default();
        match random.below(9) {
            0 => drop(words.drain(random.piece(words.len(), 4))),
            1 => words.insert(at, word),
            2 => {
                let other = self::words(random.pick::<String>(seeds));
                words.insert(at, random.pick(&other).clone());
            }
            3 => {
                let other = self::words(random.pick::<String>(seeds));
                let piece = other[random.piece(other.len(), 30)].to_vec();
                words.splice(at..at, piece);
            }
            4 if at < words.len() => {
                let with = random.below(words.len());
                words.swap(at, with);
            }
            5 => {
                let start = (0..words.len()).map(|step| (at + step) % words.len()).find(|&place| words[place].starts_with(|letter: char| letter.is_ascii_digit()));
                if let Some(place) = start {
                    words[place] = (*random.pick(NUMBERS)).to_owned();
                }
            }
            6 => words.insert(at, random.pick(DEEP).repeat(1 + random.below(3))),
            7 if random.below(20) == 0 => words.insert(at, random.pick(DEEP).repeat(5000)),
            _ => {
                let piece = words[random.piece(words.len(), 40)].to_vec();
                words.splice(at..at, piece);
            }
        }
        if words.is_empty() {
            words.push(String::from("x"));
        }
    }
    words.concat()
}

/// Runs of letters and digits, runs of spaces, line ends, and every other character alone.
fn words(text: &str) -> Vec<String> {
    let kind = |letter: char| match letter {
        _ if letter.is_alphanumeric() || letter == '_' => 0,
        ' ' => 1,
        _ => 2,
    };
    let mut words: Vec<String> = Vec::new();
    let mut last = 2;
    for letter in text.chars() {
        match words.last_mut() {
            Some(word) if kind(letter) == last && last != 2 => word.push(letter),
            _ => words.push(letter.to_string()),
        }
        last = kind(letter);
    }
    words
}
