//! Integers beyond 64 bits.
//!
//! A [`Big`] never fits into an `i64`: what does is a `Value::Int`. Numbers are bounded, so that no program can wait
//! for one product; the algorithms are those of school.

mod words;

use std::cmp::Ordering;
use std::rc::Rc;

use super::Value;
use words::{added, divide_by_word, multiplied, order, shift_in, subtracted};
use crate::machine::BinaryOperator as B;
use crate::{ErrorKind, Raise};

/// The longest integer, in bits.
pub const MAX_BITS: u64 = 1 << 16;
/// The most decimal digits that CPython writes out.
const MAX_DIGITS: usize = 4300;

/// A sign and a magnitude in words, the lowest first, without zeros at the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Big {
    negative: bool,
    words: Vec<u32>,
}

fn too_long() -> Raise {
    Raise::error(ErrorKind::OverflowError, format!("integers beyond {MAX_BITS} bits are outside the subset: use a float"))
}

fn by_zero() -> Raise {
    Raise::error(ErrorKind::ZeroDivisionError, "integer division or modulo by zero")
}

impl Big {
    fn new(negative: bool, mut words: Vec<u32>) -> Big {
        while words.last() == Some(&0) {
            words.pop();
        }
        Big { negative: negative && !words.is_empty(), words }
    }

    /// The integer that `value` is, if it is one.
    pub fn of(value: &Value) -> Option<Big> {
        match value {
            Value::Big(big) => Some((**big).clone()),
            _ => value.as_int().map(Big::from),
        }
    }

    /// The value, as `Value::Int` where it fits.
    pub fn value(self) -> Result<Value, Raise> {
        if self.bits() > MAX_BITS {
            return Err(too_long());
        }
        if self.words.len() <= 2 {
            let magnitude = self.words.iter().rev().fold(0i128, |all, word| all << 32 | i128::from(*word));
            if let Ok(small) = i64::try_from(if self.negative { -magnitude } else { magnitude }) {
                return Ok(Value::Int(small));
            }
        }
        Ok(Value::Big(Rc::new(self)))
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    pub fn negated(&self) -> Big {
        Big::new(!self.negative, self.words.clone())
    }

    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// `int.bit_length`
    pub fn bits(&self) -> u64 {
        self.words.last().map_or(0, |top| self.words.len() as u64 * 32 - u64::from(top.leading_zeros()))
    }

    /// The nearest float; infinite where there is none.
    pub fn to_f64(&self) -> f64 {
        // The top 64 bits, the lowest of which remembers whether anything was cut off.
        let bits = self.bits();
        let shift = bits.saturating_sub(64);
        let top = self.shifted_right(shift);
        let mut mantissa = top.words.iter().rev().fold(0u64, |all, word| all << 32 | u64::from(*word));
        if shift > 0 && self.words.iter().take((shift / 32) as usize).any(|word| *word != 0) {
            mantissa |= 1;
        }
        let size = mantissa as f64 * 2f64.powi(i32::try_from(shift).unwrap_or(i32::MAX));
        if self.negative { -size } else { size }
    }

    /// The whole part of a finite float.
    pub fn from_f64(x: f64) -> Big {
        let bits = x.abs().to_bits();
        let exponent = (bits >> 52) as i64 - 1075;
        let mantissa = (bits & ((1 << 52) - 1)) | 1 << 52;
        let whole = Big::new(x < 0.0, vec![mantissa as u32, (mantissa >> 32) as u32]);
        if exponent < 0 { whole.shifted_right(exponent.unsigned_abs()) } else { whole.shifted_left(exponent as u64) }
    }

    /// Digits without a sign in this base.
    pub fn digits(&self, base: u32) -> String {
        let mut words = self.words.clone();
        let mut digits = Vec::new();
        // As many digits at once as a word holds.
        let (mut chunk, mut length) = (base, 1);
        while u64::from(chunk) * u64::from(base) <= u64::from(u32::MAX) {
            chunk *= base;
            length += 1;
        }
        while !words.is_empty() {
            let mut rest = divide_by_word(&mut words, chunk);
            for _ in 0..length {
                digits.push(char::from_digit(rest % base, base).unwrap_or('0'));
                rest /= base;
            }
        }
        while digits.len() > 1 && digits.last() == Some(&'0') {
            digits.pop();
        }
        if digits.is_empty() { "0".into() } else { digits.into_iter().rev().collect() }
    }

    /// `str(n)`. Raises ValueError beyond the digits that CPython writes.
    pub fn text(&self) -> Result<String, Raise> {
        let digits = self.digits(10);
        if digits.len() > MAX_DIGITS {
            return Err(Raise::value_error(format!(
                "Exceeds the limit ({MAX_DIGITS} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
            )));
        }
        Ok(if self.negative { format!("-{digits}") } else { digits })
    }

    /// Digits with or without a sign; `None` where a character is no digit of the base.
    pub fn parse(text: &str, base: u32) -> Option<Result<Big, Raise>> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if digits.is_empty() {
            return None;
        }
        if digits.len() as u64 > MAX_BITS {
            return Some(Err(too_long()));
        }
        let mut words: Vec<u32> = Vec::new();
        for c in digits.chars() {
            let mut carry = u64::from(c.to_digit(base)?);
            for word in &mut words {
                carry += u64::from(*word) * u64::from(base);
                *word = carry as u32;
                carry >>= 32;
            }
            if carry > 0 {
                words.push(carry as u32);
            }
        }
        Some(Ok(Big::new(negative, words)))
    }

    fn magnitude_order(&self, other: &Big) -> Ordering {
        order(&self.words, &other.words)
    }

    fn sum(&self, other: &Big) -> Big {
        if self.negative != other.negative {
            return match self.magnitude_order(other) {
                Ordering::Less => Big::new(other.negative, subtracted(&other.words, &self.words)),
                _ => Big::new(self.negative, subtracted(&self.words, &other.words)),
            };
        }
        Big::new(self.negative, added(&self.words, &other.words))
    }

    fn product(&self, other: &Big) -> Result<Big, Raise> {
        if self.bits() + other.bits() > MAX_BITS + 64 {
            return Err(too_long());
        }
        Ok(Big::new(self.negative != other.negative, multiplied(&self.words, &other.words)))
    }

    /// The quotient rounded down, and the remainder, which has the sign of the divisor.
    fn divided(&self, by: &Big) -> Result<(Big, Big), Raise> {
        if by.words.is_empty() {
            return Err(by_zero());
        }
        let (mut quotient, mut remainder) = (vec![0; self.words.len()], Vec::new());
        if let [word] = by.words[..] {
            quotient = self.words.clone();
            remainder.push(divide_by_word(&mut quotient, word));
        } else {
            // Bit by bit from the top.
            for bit in (0..self.bits()).rev() {
                shift_in(&mut remainder, self.words[(bit / 32) as usize] >> (bit % 32) & 1);
                if order(&remainder, &by.words) != Ordering::Less {
                    remainder = subtracted(&remainder, &by.words);
                    quotient[(bit / 32) as usize] |= 1 << (bit % 32);
                }
            }
        }
        let quotient = Big::new(self.negative != by.negative, quotient);
        let remainder = Big::new(self.negative, remainder);
        if !remainder.words.is_empty() && remainder.negative != by.negative {
            return Ok((quotient.sum(&Big::from(-1i64)), remainder.sum(by)));
        }
        Ok((quotient, remainder))
    }

    fn power(&self, mut exponent: u64) -> Result<Big, Raise> {
        if self.bits() > 1 && (self.bits() - 1).saturating_mul(exponent) > MAX_BITS {
            return Err(too_long());
        }
        let (mut result, mut square) = (Big::from(1i64), self.clone());
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result.product(&square)?;
            }
            exponent >>= 1;
            if exponent > 0 {
                square = square.product(&square)?;
            }
        }
        Ok(result)
    }

    fn shifted_left(&self, by: u64) -> Big {
        let mut words = vec![0; (by / 32) as usize];
        let mut carry = 0u64;
        for word in &self.words {
            carry |= u64::from(*word) << (by % 32);
            words.push(carry as u32);
            carry >>= 32;
        }
        words.push(carry as u32);
        Big::new(self.negative, words)
    }

    /// The magnitude without its lowest bits.
    fn shifted_right(&self, by: u64) -> Big {
        let skip = usize::try_from(by / 32).unwrap_or(usize::MAX);
        let word = |position: usize| u64::from(self.words.get(position).copied().unwrap_or(0));
        let words = (skip.min(self.words.len())..self.words.len())
            .map(|position| ((word(position) | word(position + 1) << 32) >> (by % 32)) as u32)
            .collect();
        Big::new(self.negative, words)
    }

    /// Two's complement in this many words, for the operators of bits.
    fn complement(&self, length: usize) -> Vec<u32> {
        let mut words: Vec<u32> = (0..length).map(|i| self.words.get(i).copied().unwrap_or(0)).collect();
        if self.negative {
            let mut carry = 1u64;
            for word in &mut words {
                carry += u64::from(!*word);
                *word = carry as u32;
                carry >>= 32;
            }
        }
        words
    }

    fn from_complement(mut words: Vec<u32>) -> Big {
        let negative = words.last().is_some_and(|top| top >> 31 == 1);
        if negative {
            words = Big { negative, words: words.clone() }.complement(words.len());
        }
        Big::new(negative, words)
    }

    fn bitwise(&self, other: &Big, combine: fn(u32, u32) -> u32) -> Big {
        let length = self.words.len().max(other.words.len()) + 1;
        let (a, b) = (self.complement(length), other.complement(length));
        Big::from_complement(a.into_iter().zip(b).map(|(a, b)| combine(a, b)).collect())
    }
}

impl From<i64> for Big {
    fn from(n: i64) -> Big {
        let magnitude = n.unsigned_abs();
        Big::new(n < 0, vec![magnitude as u32, (magnitude >> 32) as u32])
    }
}

impl From<u64> for Big {
    fn from(n: u64) -> Big {
        Big::new(false, vec![n as u32, (n >> 32) as u32])
    }
}

impl Ord for Big {
    fn cmp(&self, other: &Big) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.magnitude_order(other),
            (true, true) => other.magnitude_order(self),
        }
    }
}

impl PartialOrd for Big {
    fn partial_cmp(&self, other: &Big) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// `a op b` of two integers that do not both fit, or whose result may not.
pub fn binary(operator: B, a: &Big, b: &Big) -> Result<Value, Raise> {
    let small = |n: &Big| n.clone().value().ok().and_then(|value| value.as_int());
    let result = match operator {
        B::Add => a.sum(b),
        B::Subtract => a.sum(&b.negated()),
        B::Multiply => a.product(b)?,
        B::FloorDivide => a.divided(b)?.0,
        B::Modulo => a.divided(b)?.1,
        B::Divide => {
            if b.words.is_empty() {
                return Err(Raise::error(ErrorKind::ZeroDivisionError, "division by zero"));
            }
            return true_quotient(a, b).map(Value::Float);
        }
        B::Power if b.negative => return Ok(Value::Float(finite(a)?.powf(finite(b)?))),
        B::Power => match small(b) {
            Some(exponent) => a.power(exponent.unsigned_abs())?,
            None if a.bits() <= 1 => a.power(u64::from(b.words[0] & 1))?,
            None => return Err(too_long()),
        },
        B::ShiftLeft | B::ShiftRight if b.negative => return Err(Raise::value_error("negative shift count")),
        B::ShiftLeft => match small(b) {
            Some(by) if a.bits().saturating_add(by.unsigned_abs()) <= MAX_BITS => a.shifted_left(by.unsigned_abs()),
            _ if a.words.is_empty() => a.clone(),
            _ => return Err(too_long()),
        },
        B::ShiftRight => {
            let by = small(b).map_or(u64::MAX, i64::unsigned_abs).min(MAX_BITS + 32);
            // Rounds down, as division by a power of two does.
            let cut = a.shifted_right(by);
            if a.negative && cut.shifted_left(by) != *a { cut.sum(&Big::from(-1i64)) } else { cut }
        }
        B::And => a.bitwise(b, |a, b| a & b),
        B::Or => a.bitwise(b, |a, b| a | b),
        B::Xor => a.bitwise(b, |a, b| a ^ b),
        B::MatrixMultiply => return Ok(Value::NotImplemented),
    };
    result.value()
}

/// The float, or OverflowError.
pub fn finite(n: &Big) -> Result<f64, Raise> {
    let x = n.to_f64();
    if x.is_finite() { Ok(x) } else { Err(Raise::error(ErrorKind::OverflowError, "int too large to convert to float")) }
}

/// `a / b`, rounded once: both are scaled so that the quotient has the bits that a float holds, and some more.
fn true_quotient(a: &Big, b: &Big) -> Result<f64, Raise> {
    let shift = 66 + b.bits() as i64 - a.bits() as i64;
    let scaled = if shift > 0 { a.shifted_left(shift.unsigned_abs()) } else { a.shifted_right(shift.unsigned_abs()) };
    let sign = if a.negative != b.negative { -1.0 } else { 1.0 };
    let positive = |n: &Big| Big::new(false, n.words.clone());
    let (quotient, _) = positive(&scaled).divided(&positive(b))?;
    let x = quotient.to_f64() * 2f64.powi(i32::try_from(-shift).unwrap_or(0)) * sign;
    if x.is_finite() {
        return Ok(x);
    }
    Err(Raise::error(ErrorKind::OverflowError, "integer division result too large for a float"))
}
