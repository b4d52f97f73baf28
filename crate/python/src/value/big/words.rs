//! Magnitudes: words of 32 bits, the lowest first.

use std::cmp::Ordering;

pub fn order(a: &[u32], b: &[u32]) -> Ordering {
    a.len().cmp(&b.len()).then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// `a - b` where a is not the smaller one.
pub fn subtracted(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut borrow = 0i64;
    let mut words: Vec<u32> = a
        .iter()
        .enumerate()
        .map(|(position, word)| {
            borrow += i64::from(*word) - i64::from(b.get(position).copied().unwrap_or(0));
            let low = borrow as u32;
            borrow >>= 32;
            low
        })
        .collect();
    while words.last() == Some(&0) {
        words.pop();
    }
    words
}

/// Divides in place and gives the remainder.
pub fn divide_by_word(words: &mut Vec<u32>, by: u32) -> u32 {
    let mut rest = 0u64;
    for word in words.iter_mut().rev() {
        rest = rest << 32 | u64::from(*word);
        *word = (rest / u64::from(by)) as u32;
        rest %= u64::from(by);
    }
    while words.last() == Some(&0) {
        words.pop();
    }
    rest as u32
}

/// Doubles, and adds a bit.
pub fn shift_in(words: &mut Vec<u32>, mut bit: u32) {
    for word in words.iter_mut() {
        let top = *word >> 31;
        *word = *word << 1 | bit;
        bit = top;
    }
    if bit > 0 {
        words.push(bit);
    }
}

pub fn added(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut carry = 0;
    let mut words = Vec::new();
    for position in 0..a.len().max(b.len()) {
        let word = |of: &[u32]| u64::from(of.get(position).copied().unwrap_or(0));
        carry += word(a) + word(b);
        words.push(carry as u32);
        carry >>= 32;
    }
    words.push(carry as u32);
    words
}

pub fn multiplied(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut words = vec![0u32; a.len() + b.len() + 1];
    for (i, x) in a.iter().enumerate() {
        let mut carry = 0u64;
        for (j, y) in b.iter().enumerate() {
            carry += u64::from(words[i + j]) + u64::from(*x) * u64::from(*y);
            words[i + j] = carry as u32;
            carry >>= 32;
        }
        words[i + b.len()] = carry as u32;
    }
    words
}
