//! PyTorch's random numbers on the CPU, bit for bit: after `torch.manual_seed(s)` a program draws what PyTorch draws.
//!
//! One 32-bit Mersenne Twister feeds every distribution; what differs is how many words a sample takes and in which
//! precision it is computed.
//! PyTorch has a second path for dropout masks and exponentials on Intel processors (MKL's own generator);
//! this is the path of all others.
//!
//! Sources: M. Matsumoto and T. Nishimura, "Mersenne Twister" (ACM TOMACS 8, 1998); G. Box and M. Muller,
//! "A Note on the Generation of Random Normal Deviates" (1958); PyTorch's `MT19937RNGEngine.h`,
//! `DistributionsHelper.h` and `cpu/DistributionTemplates.h` for the order of draws.

mod mersenne_twister;
mod normal;
mod state;

use mersenne_twister::MersenneTwister;
pub use state::STATE_BYTES;

/// The seed of a program that never calls `torch.manual_seed`.
/// PyTorch takes a different one on every start; here a program prints the same twice, which a reader can follow.
pub const DEFAULT_SEED: u64 = 67_280_421_310_721;

/// The state of PyTorch's default generator. Cloning it is a snapshot.
#[derive(Clone, Debug)]
pub struct Generator {
    seed: u64,
    engine: MersenneTwister,
    /// Box-Muller makes normals in pairs; a draw of fewer than 16 leaves the second for the next one.
    spare_normal: Option<f64>,
}

impl Default for Generator {
    fn default() -> Self {
        Self::new(DEFAULT_SEED)
    }
}

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            engine: MersenneTwister::new(seed),
            spare_normal: None,
        }
    }

    /// `torch.manual_seed`: a negative Python seed arrives here as its two's complement.
    pub fn manual_seed(&mut self, seed: u64) {
        *self = Self::new(seed);
    }

    /// The seed that the stream began with.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// 32 random bits.
    pub fn random(&mut self) -> u32 {
        self.engine.next_word()
    }

    /// 64 random bits: the first word drawn is the high half.
    pub fn random64(&mut self) -> u64 {
        let high = u64::from(self.random());
        high << 32 | u64::from(self.random())
    }

    /// `Tensor.uniform_` in float32: `n` samples of [`from`, `to`), one word each.
    /// `torch.rand` is `from = 0`, `to = 1`.
    pub fn uniform_f32(&mut self, n: usize, from: f64, to: f64) -> Vec<f32> {
        let (from, to) = (from as f32, to as f32);
        (0..n)
            .map(|_| {
                let value = fused(self.unit_f32(), to - from, from);
                // Rounding may reach the open end of the interval.
                if value == to { from } else { value }
            })
            .collect()
    }

    /// `Tensor.normal_` in float32: `n` samples; the algorithm changes at 16 of them, as PyTorch's does.
    pub fn normal_f32(&mut self, n: usize, mean: f64, std: f64) -> Vec<f32> {
        if n < normal::BLOCK {
            return self.normal_one_by_one(n, mean, std).into_iter().map(|x| x as f32).collect();
        }
        let mut values: Vec<f32> = (0..n).map(|_| self.unit_f32()).collect();
        let (blocks, rest) = values.as_chunks_mut();
        let whole = rest.is_empty();
        for block in blocks {
            normal::normals_from_uniforms(block, mean as f32, std as f32);
        }
        // The last block, overlapping the one before, starts again from new uniforms.
        if !whole && let Some(last) = values.last_chunk_mut() {
            last.fill_with(|| self.unit_f32());
            normal::normals_from_uniforms(last, mean as f32, std as f32);
        }
        values
    }

    /// `Tensor.uniform_` in float64: two words each.
    pub fn uniform_f64(&mut self, n: usize, from: f64, to: f64) -> Vec<f64> {
        (0..n)
            .map(|_| self.unit_f64().mul_add(to - from, from))
            .collect()
    }

    /// `Tensor.normal_` in float64.
    pub fn normal_f64(&mut self, n: usize, mean: f64, std: f64) -> Vec<f64> {
        if n < normal::BLOCK {
            return self.normal_one_by_one(n, mean, std);
        }
        let mut values: Vec<f64> = (0..n).map(|_| self.unit_f64()).collect();
        for block in values.as_chunks_mut().0 {
            normal::normals_from_uniforms_f64(block, mean, std);
        }
        if !n.is_multiple_of(normal::BLOCK)
            && let Some(last) = values.last_chunk_mut()
        {
            last.fill_with(|| self.unit_f64());
            normal::normals_from_uniforms_f64(last, mean, std);
        }
        values
    }

    /// `Tensor.normal_` where there are few cells, or they do not lie one after another.
    pub fn normal_one_by_one(&mut self, n: usize, mean: f64, std: f64) -> Vec<f64> {
        (0..n).map(|_| self.unit_normal_f64() * std + mean).collect()
    }

    /// `Tensor.normal_` in float16 and bfloat16, before the caller rounds the samples to that type.
    /// It differs from float32 in that a tensor's last, incomplete block draws no uniforms of its own first.
    pub fn normal_half(&mut self, n: usize, mean: f64, std: f64) -> Vec<f32> {
        let whole = n - n % normal::BLOCK;
        let mut values = self.normal_f32(if whole == 0 { n } else { whole }, mean, std);
        if whole != 0 && whole != n {
            values.resize(n, 0.0);
            if let Some(last) = values.last_chunk_mut() {
                last.fill_with(|| self.unit_f32());
                normal::normals_from_uniforms(last, mean as f32, std as f32);
            }
        }
        values
    }

    /// `torch.randint`: `n` integers of [`from`, `to`).
    /// An empty interval gives `from`; the caller reports it as PyTorch does.
    pub fn randint(&mut self, n: usize, from: i64, to: i64) -> Vec<i64> {
        let range = to.wrapping_sub(from).cast_unsigned().max(1);
        (0..n)
            .map(|_| {
                // PyTorch accepts the skew of one word's remainder up to this range.
                let word = if range >= 1 << 28 {
                    self.random64()
                } else {
                    u64::from(self.random())
                };
                from.wrapping_add((word % range).cast_signed())
            })
            .collect()
    }

    /// `torch.randperm`: a permutation of 0..n by Fisher and Yates, front to back.
    pub fn randperm(&mut self, n: usize) -> Vec<i64> {
        let mut values: Vec<i64> = (0..n as i64).collect();
        for front in 0..n.saturating_sub(1) {
            let ahead = u64::from(self.random()) % (n - front) as u64;
            values.swap(front, front + ahead as usize);
        }
        values
    }

    /// `Tensor.bernoulli_(p)`, and so the mask that dropout keeps with `p = 1 - dropout`: two words each.
    pub fn bernoulli(&mut self, n: usize, p: f64) -> Vec<bool> {
        (0..n).map(|_| self.unit_f64() < p).collect()
    }

    /// `torch.bernoulli(probabilities)`: one word each, compared in float32.
    pub fn bernoulli_each(&mut self, probabilities: &[f32]) -> Vec<bool> {
        probabilities.iter().map(|&p| self.unit_f32() < p).collect()
    }

    /// `Tensor.exponential_(rate)` in float32.
    pub fn exponential_f32(&mut self, n: usize, rate: f64) -> Vec<f32> {
        (0..n)
            .map(|_| (-1.0 / rate * (-self.unit_f64()).ln_1p()) as f32)
            .collect()
    }

    /// `torch.multinomial`: `samples` column indices for each of `rows` rows of `columns` unnormalised weights.
    ///
    /// # Errors
    /// PyTorch's sentence when a weight is negative, infinite or NaN, a row sums to zero, or more samples are asked
    /// for without replacement than there are columns.
    pub fn multinomial(
        &mut self,
        weights: &[f32],
        rows: usize,
        columns: usize,
        samples: usize,
        replacement: bool,
    ) -> Result<Vec<i64>, String> {
        if samples == 0 {
            return Err("cannot sample n_sample <= 0 samples".to_owned());
        }
        if !replacement && samples > columns {
            return Err(
                "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
                    .to_owned(),
            );
        }
        if rows == 0 || columns == 0 {
            return Ok(Vec::new());
        }
        let rows = weights.chunks_exact(columns).take(rows);
        if weights.iter().any(|w| !(0.0..f32::INFINITY).contains(w)) {
            return Err(
                "probability tensor contains either `inf`, `nan` or element < 0".to_owned(),
            );
        }
        if rows.clone().any(|row| row.iter().all(|&w| w == 0.0)) {
            return Err("invalid multinomial distribution (sum of probabilities <= 0)".to_owned());
        }
        if replacement && samples > 1 {
            return Ok(rows
                .flat_map(|row| self.sample_with_replacement(row, samples))
                .collect());
        }
        // Dividing by exponentials turns sampling into picking the largest (the Gumbel trick without logarithms);
        // PyTorch draws the exponentials of all rows first, which is the same stream row by row.
        Ok(rows
            .flat_map(|row| self.sample_without_replacement(row, samples))
            .collect())
    }

    fn sample_with_replacement(&mut self, weights: &[f32], samples: usize) -> Vec<i64> {
        let mut sum = 0.0;
        let mut cumulative: Vec<f32> = weights
            .iter()
            .map(|&weight| {
                sum += weight;
                sum
            })
            .collect();
        for probability in &mut cumulative {
            *probability /= sum;
        }
        if let Some(last) = cumulative.last_mut() {
            *last = 1.0;
        }
        (0..samples)
            .map(|_| {
                let mass = self.unit_f64();
                cumulative.partition_point(|&probability| f64::from(probability) < mass) as i64
            })
            .collect()
    }

    fn sample_without_replacement(&mut self, weights: &[f32], samples: usize) -> Vec<i64> {
        let scores: Vec<f32> = self
            .exponential_f32(weights.len(), 1.0)
            .iter()
            .zip(weights)
            .map(|(q, weight)| weight / q)
            .collect();
        // Of equal scores (several zeros) the first wins.
        if samples == 1 {
            let largest = (0..scores.len()).reduce(|best, i| if scores[i] > scores[best] { i } else { best });
            return largest.into_iter().map(|index| index as i64).collect();
        }
        let mut order: Vec<usize> = (0..scores.len()).collect();
        tensor::layout::sort_indices(&mut order, &|a, b| scores[b].total_cmp(&scores[a]));
        order
            .into_iter()
            .take(samples)
            .map(|index| index as i64)
            .collect()
    }

    /// Uniform in [0, 1) with the 24 bits that a float32 holds.
    fn unit_f32(&mut self) -> f32 {
        const BITS: u32 = f32::MANTISSA_DIGITS;
        (self.random() & ((1 << BITS) - 1)) as f32 / (1_u32 << BITS) as f32
    }

    /// Uniform in [0, 1) with the 53 bits that a float64 holds.
    fn unit_f64(&mut self) -> f64 {
        const BITS: u32 = f64::MANTISSA_DIGITS;
        (self.random64() & ((1 << BITS) - 1)) as f64 / (1_u64 << BITS) as f64
    }

    /// Box and Muller's transform of two uniforms into two normals, one of which waits for the next call.
    fn unit_normal_f64(&mut self) -> f64 {
        if let Some(spare) = self.spare_normal.take() {
            return spare;
        }
        let (u1, u2) = (self.unit_f64(), self.unit_f64());
        let radius = (-2.0 * (-u2).ln_1p()).sqrt();
        let angle = std::f64::consts::TAU * u1;
        self.spare_normal = Some(radius * angle.sin());
        radius * angle.cos()
    }
}

/// `a * b + c` rounded once, as PyTorch's compiled code rounds it.
/// A product of two float32 is exact in float64, which is far cheaper than `f32::mul_add` where the processor
/// (or WebAssembly) has no such instruction; the second rounding differs from a true one in a case out of 2^29.
pub fn fused(a: f32, b: f32, c: f32) -> f32 {
    (f64::from(a) * f64::from(b) + f64::from(c)) as f32
}

#[cfg(test)]
mod tests;
