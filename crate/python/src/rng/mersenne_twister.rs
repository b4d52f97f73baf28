//! The 32-bit Mersenne Twister MT19937 of Matsumoto and Nishimura (1998), seeded by one word.

pub(super) const WORDS: usize = 624;
const MIDDLE: usize = 397;

#[derive(Clone, Debug)]
pub(super) struct MersenneTwister {
    pub(super) state: Box<[u32; WORDS]>,
    /// The next word to give, if any is left.
    pub(super) next: usize,
    /// How many words are left to give before the state has to be twisted.
    pub(super) left: usize,
}

impl MersenneTwister {
    /// PyTorch seeds with 64 bits and uses the low 32 of them.
    pub(super) fn new(seed: u64) -> Self {
        let mut state = Box::new([seed as u32; WORDS]);
        for i in 1..WORDS {
            let before = state[i - 1];
            state[i] = (before ^ before >> 30)
                .wrapping_mul(1_812_433_253)
                .wrapping_add(i as u32);
        }
        Self { state, next: 0, left: 0 }
    }

    pub(super) fn next_word(&mut self) -> u32 {
        if self.left == 0 {
            self.twist();
        }
        let mut word = self.state[self.next];
        self.next += 1;
        self.left -= 1;
        word ^= word >> 11;
        word ^= word << 7 & 0x9d2c_5680;
        word ^= word << 15 & 0xefc6_0000;
        word ^ word >> 18
    }

    fn twist(&mut self) {
        for i in 0..WORDS {
            let mixed = self.state[i] & 0x8000_0000 | self.state[(i + 1) % WORDS] & 0x7fff_ffff;
            let odd = if mixed & 1 == 1 { 0x9908_b0df } else { 0 };
            self.state[i] = self.state[(i + MIDDLE) % WORDS] ^ mixed >> 1 ^ odd;
        }
        self.next = 0;
        self.left = WORDS;
    }
}
