//! How GGUF files store numbers: as floats, or in blocks of small integers with a scale.
//!
//! What a block stands for is computed in float32 in the order of ggml's own `dequantize_row_*`, so that the numbers
//! are the same: <https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-quants.c>. No narrower type holds
//! them all: a product of a float16 and an 8-bit integer has 18 significant bits, float16 has 11. So a quantized tensor
//! takes 4 bytes per number on the device: 3.8 times its size in a file of Q8_0, 7.1 times of Q4_0 or Q4_K, 4.9 times
//! of Q6_K.

use half::f16;

use crate::Result;

/// Computes the numbers of one block from its bytes.
type Read = fn(&[u8], &mut [f32]);

#[derive(Debug)]
pub struct Blocks {
    pub name: &'static str,
    /// The number of the type in the file.
    kind: u32,
    /// Numbers in a block, and bytes.
    pub numbers: u64,
    pub bytes: u64,
    /// `None` for floats, which stay as they are.
    pub read: Option<Read>,
}

static BLOCKS: [Blocks; 7] = [
    Blocks { name: "F32", kind: 0, numbers: 1, bytes: 4, read: None },
    Blocks { name: "F16", kind: 1, numbers: 1, bytes: 2, read: None },
    Blocks { name: "BF16", kind: 30, numbers: 1, bytes: 2, read: None },
    Blocks { name: "Q8_0", kind: 8, numbers: 32, bytes: 34, read: Some(q8_0) },
    Blocks { name: "Q4_0", kind: 2, numbers: 32, bytes: 18, read: Some(q4_0) },
    Blocks { name: "Q4_K", kind: 12, numbers: 256, bytes: 144, read: Some(q4_k) },
    Blocks { name: "Q6_K", kind: 14, numbers: 256, bytes: 210, read: Some(q6_k) },
];

/// Types that are not read, for the sentence that says so.
const OTHERS: [(u32, &str); 9] =
    [(3, "Q4_1"), (6, "Q5_0"), (7, "Q5_1"), (10, "Q2_K"), (11, "Q3_K"), (13, "Q5_K"), (15, "Q8_K"), (20, "IQ4_NL"), (39, "MXFP4")];

impl Blocks {
    /// The type of this number, or the rest of a sentence about a tensor of another.
    pub fn of(kind: u32) -> Result<&'static Blocks> {
        BLOCKS.iter().find(|blocks| blocks.kind == kind).ok_or_else(|| {
            let other = OTHERS.iter().find(|(other, _)| *other == kind).map_or_else(|| format!("type {kind}"), |(_, name)| (*name).into());
            let known: Vec<&str> = BLOCKS.iter().map(|blocks| blocks.name).collect();
            format!("is stored as {other}, which is not read here; {} are", known.join(", "))
        })
    }
}

fn half(bytes: &[u8]) -> f32 {
    f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}

/// A scale, and 32 integers of 8 bits.
fn q8_0(block: &[u8], out: &mut [f32]) {
    let scale = half(block);
    for (number, &byte) in out.iter_mut().zip(&block[2..]) {
        *number = f32::from(byte as i8) * scale;
    }
}

/// A scale, and 32 integers of 4 bits around 8: a byte holds one of the first half and one of the second.
fn q4_0(block: &[u8], out: &mut [f32]) {
    let scale = half(block);
    for (position, &byte) in block[2..].iter().enumerate() {
        out[position] = f32::from((byte & 15) as i8 - 8) * scale;
        out[position + 16] = f32::from((byte >> 4) as i8 - 8) * scale;
    }
}

/// A scale of scales and one of minima, 8 scales and 8 minima of 6 bits, and 256 integers of 4 bits in 8 groups.
fn q4_k(block: &[u8], out: &mut [f32]) {
    let (scale, minimum) = (half(block), half(&block[2..]));
    let (packed, integers) = block[4..].split_at(12);
    // The last four of eight have their upper two bits where those of the first four would be.
    let pair = |group: usize| match group {
        0..4 => (packed[group] & 63, packed[group + 4] & 63),
        _ => (
            (packed[group + 4] & 15) | (packed[group - 4] >> 6 << 4),
            (packed[group + 4] >> 4) | (packed[group] >> 6 << 4),
        ),
    };
    for (group, numbers) in out.chunks_exact_mut(32).enumerate() {
        let (times, less) = pair(group);
        let (scale, minimum) = (scale * f32::from(times), minimum * f32::from(less));
        let bytes = &integers[group / 2 * 32..];
        for (number, &byte) in numbers.iter_mut().zip(bytes) {
            let integer = if group % 2 == 0 { byte & 15 } else { byte >> 4 };
            *number = scale * f32::from(integer) - minimum;
        }
    }
}

/// 256 integers of 6 bits around 32, their lower four and upper two apart, 16 scales of 8 bits, and a scale of scales.
fn q6_k(block: &[u8], out: &mut [f32]) {
    let (lower, rest) = block.split_at(128);
    let (upper, rest) = rest.split_at(64);
    let (scales, scale) = rest.split_at(16);
    let scale = half(scale);
    for (group, numbers) in out.chunks_exact_mut(16).enumerate() {
        // Each half of the block is four runs of 32: the first two are the lower bits of 64 bytes, the others their upper.
        let (side, run, within) = (group / 8, group / 2 % 4, group % 2 * 16);
        let scale = scale * f32::from(scales[group] as i8);
        let bytes = lower[side * 64 + run % 2 * 32 + within..].iter().zip(&upper[side * 32 + within..]);
        for (number, (&byte, &high)) in numbers.iter_mut().zip(bytes) {
            let low = if run < 2 { byte & 15 } else { byte >> 4 };
            *number = scale * f32::from((low | (high >> (2 * run) & 3) << 4) as i8 - 32);
        }
    }
}
