//! How Python writes numbers and strings: `repr`, `str` and the format mini language of f-strings and `format`.
//!
//! Pure functions from a value and a specification to text; an error is the sentence of Python's `ValueError`.
//! Source: the Python Language Reference, "Format Specification Mini-Language", and what CPython 3.11 does.

mod float;
mod quote;
mod specification;

pub use float::{float_repr, float_with_exponent, float_with_point};
pub use quote::{bytes_repr, is_printable, str_repr};

use specification::{Align, Sign, Specification};

/// `format(value, spec)` of an `int`.
pub fn format_int(value: i128, spec: &str) -> Result<String, String> {
    let magnitude = value.unsigned_abs();
    let digits = |base: u32| match base {
        2 => format!("{magnitude:b}"),
        8 => format!("{magnitude:o}"),
        16 => format!("{magnitude:x}"),
        _ => magnitude.to_string(),
    };
    format_integer(value < 0, digits, value as f64, u32::try_from(value).ok(), spec)
}

/// `format(value, spec)` of an integer of any length, given by its digits, the nearest float, and its code point if it
/// is one.
pub fn format_integer(
    negative: bool,
    digits: impl Fn(u32) -> String,
    float: f64,
    code_point: Option<u32>,
    spec: &str,
) -> Result<String, String> {
    let spec = Specification::parse(spec, "int")?;
    let kind = spec.kind.unwrap_or('d');
    if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') {
        return format_parsed_float(float, &spec);
    }
    if !matches!(kind, 'd' | 'n' | 'b' | 'o' | 'x' | 'X' | 'c') {
        return Err(unknown_code(kind, "int"));
    }
    if spec.precision.is_some() {
        return Err("Precision not allowed in integer format specifier".to_owned());
    }
    if spec.no_negative_zero {
        return Err(
            "Negative zero coercion (z) not allowed in integer format specifier".to_owned(),
        );
    }
    if kind == 'c' {
        return format_character(code_point, &spec);
    }
    let (digits, prefix) = match kind {
        'b' => (digits(2), "0b"),
        'o' => (digits(8), "0o"),
        'x' => (digits(16), "0x"),
        'X' => (digits(16).to_uppercase(), "0X"),
        _ => (digits(10), ""),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    let group = if matches!(kind, 'd' | 'n') { 3 } else { 4 };
    Ok(spec.number(negative, prefix, &digits, "", group))
}

/// `format(value, spec)` of a `float`.
pub fn format_float(value: f64, spec: &str) -> Result<String, String> {
    format_parsed_float(value, &Specification::parse(spec, "float")?)
}

/// `format(value, spec)` of a `str`.
pub fn format_str(value: &str, spec: &str) -> Result<String, String> {
    let spec = Specification::parse(spec, "str")?;
    match spec.kind {
        None | Some('s') => {}
        Some(other) => return Err(unknown_code(other, "str")),
    }
    if let Some(separator) = spec.grouping {
        return Err(format!("Cannot specify '{separator}' with 's'."));
    }
    match spec.sign {
        Some(Sign::Space) => return Err("Space not allowed in string format specifier".to_owned()),
        Some(_) => return Err("Sign not allowed in string format specifier".to_owned()),
        None => {}
    }
    if spec.alternate {
        return Err("Alternate form (#) not allowed in string format specifier".to_owned());
    }
    if spec.align == Some(Align::AfterSign) {
        return Err("'=' alignment not allowed in string format specifier".to_owned());
    }
    let shown: String = match spec.precision {
        Some(precision) => value.chars().take(precision).collect(),
        None => value.to_owned(),
    };
    Ok(spec.pad("", &shown, Align::Left))
}

/// `format(value, spec)` of a `bool`: a word without a specification, else the integer it is.
pub fn format_bool(value: bool, spec: &str) -> Result<String, String> {
    if spec.is_empty() {
        return Ok(if value { "True" } else { "False" }.to_owned());
    }
    format_int(i128::from(value), spec)
}

fn format_parsed_float(value: f64, spec: &Specification) -> Result<String, String> {
    let negative = value.is_sign_negative() && !value.is_nan();
    let magnitude = value.abs();
    let kind = spec.kind;
    let text = match kind {
        Some('f' | 'F') => float::fixed(magnitude, spec.precision.unwrap_or(6), spec.alternate),
        Some('e' | 'E') => {
            float::scientific(magnitude, spec.precision.unwrap_or(6), spec.alternate)
        }
        Some('g' | 'G' | 'n') => float::general(
            magnitude,
            spec.precision.unwrap_or(6),
            spec.alternate,
            false,
        ),
        Some('%') => {
            float::fixed(
                magnitude * 100.0,
                spec.precision.unwrap_or(6),
                spec.alternate,
            ) + "%"
        }
        None => match spec.precision {
            Some(precision) => float::general(magnitude, precision, spec.alternate, true),
            None => float_repr(magnitude),
        },
        Some(other) => return Err(unknown_code(other, "float")),
    };
    let text = if matches!(kind, Some('E' | 'F' | 'G')) {
        text.to_uppercase()
    } else {
        text
    };
    let whole = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(whole);
    Ok(spec.number(negative, "", digits, rest, 3))
}

fn format_character(code_point: Option<u32>, spec: &Specification) -> Result<String, String> {
    if spec.sign.is_some() {
        return Err("Sign not allowed with integer format specifier 'c'".to_owned());
    }
    if spec.alternate {
        return Err("Alternate form (#) not allowed with integer format specifier 'c'".to_owned());
    }
    let character = code_point.and_then(char::from_u32);
    let character = character.ok_or("%c arg not in range(0x110000)")?;
    Ok(spec.pad("", &character.to_string(), Align::Right))
}

fn unknown_code(code: char, object: &str) -> String {
    format!("Unknown format code '{code}' for object of type '{object}'")
}

#[cfg(test)]
pub(crate) mod tests;
