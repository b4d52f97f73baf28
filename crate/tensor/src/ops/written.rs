//! Arithmetic written out for readers.

use super::number;

/// How many terms of a long sum are written before the rest is only counted.
pub const TERMS: usize = 4;

/// The terms joined by `sign`, of long lists only the first few: `a + b + c + d + … (12 more)`.
pub fn joined(count: usize, sign: &str, term: impl Fn(usize) -> String) -> String {
    if count == 0 {
        return "nothing".into();
    }
    let shown = if count <= TERMS + 1 { count } else { TERMS };
    let mut text = (0..shown).map(term).collect::<Vec<_>>().join(sign);
    if shown < count {
        text.push_str(&format!("{sign}… ({} more)", count - shown));
    }
    text
}

/// `a₀·b₀ + a₁·b₁ + …`
pub fn dot(a: &[f64], b: &[f64]) -> String {
    joined(a.len().min(b.len()), " + ", |i| format!("{}·{}", factor(a[i]), factor(b[i])))
}

/// A number as a factor or a term: negative ones in brackets.
pub fn factor(x: f64) -> String {
    if x.is_sign_negative() && x != 0.0 { format!("({})", number(x)) } else { number(x) }
}

/// `f(a, b, c, d, … (3 more))`
pub fn call(name: &str, values: &[f64]) -> String {
    format!("{name}({})", joined(values.len(), ", ", |i| number(values[i])))
}
