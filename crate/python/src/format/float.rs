//! A float's digits in Python's four shapes. Rust's own formatting rounds correctly at any precision, as Python's does;
//! what differs is where the point stands and how the exponent is written.

use super::specification::LARGEST;

/// `repr(value)`: the shortest digits that read back as the same float64; an exponent below 1e-4 and from 1e16 on.
pub fn float_repr(value: f64) -> String {
    if !value.is_finite() {
        return not_finite(value);
    }
    let shortest = format!("{value:e}");
    let (mantissa, exponent) = split(&shortest);
    if (-4..16).contains(&exponent) {
        let text = value.to_string();
        match text.split_once('.') {
            None => text + ".0",
            // Of two shortest forms as near to the value Python takes the even one. There are two only from 16 digits on.
            Some((_, decimals)) if text.len() > 16 => {
                let even = format!("{value:.*}", decimals.len());
                if even == text || even.parse() == Ok(value) { even } else { text }
            }
            Some(_) => text,
        }
    } else {
        with_exponent(mantissa, exponent)
    }
}

/// `format(value, ".{precision}f")`.
pub fn float_with_point(value: f64, precision: usize) -> String {
    if value.is_finite() {
        format!("{value:.*}", precision.min(LARGEST))
    } else {
        not_finite(value)
    }
}

/// `format(value, ".{precision}e")`.
pub fn float_with_exponent(value: f64, precision: usize) -> String {
    if !value.is_finite() {
        return not_finite(value);
    }
    let text = format!("{value:.*e}", precision.min(LARGEST));
    let (mantissa, exponent) = split(&text);
    with_exponent(mantissa, exponent)
}

/// Type `f` of a magnitude; `alternate` keeps the point of a whole number.
pub(super) fn fixed(magnitude: f64, precision: usize, alternate: bool) -> String {
    let text = float_with_point(magnitude, precision);
    if alternate && precision == 0 && magnitude.is_finite() {
        text + "."
    } else {
        text
    }
}

/// Type `e` of a magnitude.
pub(super) fn scientific(magnitude: f64, precision: usize, alternate: bool) -> String {
    let text = float_with_exponent(magnitude, precision);
    if alternate && precision == 0 {
        text.replacen('e', ".e", 1)
    } else {
        text
    }
}

/// Type `g` of a magnitude: `precision` significant digits, without trailing zeros unless `alternate`.
/// `as_float` is the nameless type, which always looks like a float: `12.0`, and an exponent one digit earlier.
pub(super) fn general(magnitude: f64, precision: usize, alternate: bool, as_float: bool) -> String {
    if !magnitude.is_finite() {
        return not_finite(magnitude);
    }
    let precision = precision.max(1);
    let rounded = format!("{magnitude:.*e}", precision - 1);
    let (mantissa, exponent) = split(&rounded);
    let trimmed = |text: &str| {
        if alternate || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    let most = precision as i32 - i32::from(as_float);
    if exponent < -4 || exponent >= most {
        let mantissa = trimmed(mantissa);
        let mantissa = if alternate && precision == 1 {
            mantissa + "."
        } else {
            mantissa
        };
        return with_exponent(&mantissa, exponent);
    }
    let decimals = (precision as i32 - 1 - exponent).max(0) as usize;
    let text = trimmed(&format!("{magnitude:.decimals$}"));
    match (text.contains('.'), alternate, as_float) {
        (false, true, _) => text + ".",
        (false, false, true) => text + ".0",
        _ => text,
    }
}

fn not_finite(value: f64) -> String {
    match (value.is_nan(), value > 0.0) {
        (true, _) => "nan",
        (false, true) => "inf",
        (false, false) => "-inf",
    }
    .to_owned()
}

/// Rust's `1.5e-7` as its mantissa and exponent.
fn split(text: &str) -> (&str, i32) {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (mantissa, exponent.parse().unwrap_or(0))
}

/// Python's exponent has a sign and at least two digits.
fn with_exponent(mantissa: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}
