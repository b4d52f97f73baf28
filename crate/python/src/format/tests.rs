#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use super::*;

/// Recorded from Python by the script beside it, which also says how a line reads.
const RECORDED: &str = include_str!("../../../../tests/data/formatted.txt");

#[test]
fn every_value_is_formatted_as_python_formats_it() {
    let mut wrong = Vec::new();
    for line in RECORDED.lines() {
        let fields: Vec<String> = line.split('\t').map(unescaped).collect();
        let [kind, value, spec, expected] = fields.as_slice() else {
            panic!("{line}")
        };
        let result = match kind.as_str() {
            "repr" => Ok(float_repr(float_of_hex(value))),
            "float" => format_float(float_of_hex(value), spec),
            "int" => format_int(value.parse().unwrap(), spec),
            "str" => format_str(value, spec),
            "strrepr" => Ok(str_repr(value)),
            "bytesrepr" => Ok(bytes_repr(value.as_bytes())),
            other => panic!("unknown kind {other}"),
        };
        let result = result.unwrap_or_else(|message| format!("!{message}"));
        if result != *expected {
            wrong.push(format!("{line}\n  wrote {result:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} values differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_bool_is_a_word_until_it_is_given_a_specification() {
    assert_eq!(format_bool(true, "").unwrap(), "True");
    assert_eq!(format_bool(true, "3d").unwrap(), "  1");
}

#[test]
fn an_absurd_width_is_refused_before_it_takes_memory() {
    assert!(format_int(1, "99999999999").is_err());
    assert!(format_float(1.0, ".99999999999f").is_err());
    for spec in [".32768f", ".32768e", "#.32768g", "#.32768", "32768"] {
        assert!(format_float(1.5e-4, spec).unwrap().len() > 30_000, "{spec}");
    }
    assert!(float_with_point(0.5, usize::MAX).len() < 40_000);
}

fn unescaped(text: &str) -> String {
    let mut parts = text.split("\\u{");
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').unwrap();
        plain.extend(char::from_u32(u32::from_str_radix(code, 16).unwrap()));
        plain.push_str(rest);
    }
    plain
}

/// Reads Python's `float.hex`.
pub(crate) fn float_of_hex(text: &str) -> f64 {
    let (sign, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    sign * match magnitude {
        "inf" => f64::INFINITY,
        "nan" => f64::NAN,
        hex => {
            let (digits, exponent) = hex.strip_prefix("0x").unwrap().split_once('p').unwrap();
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            let mantissa = u64::from_str_radix(&format!("{whole}{fraction}"), 16).unwrap() as f64;
            let exponent = exponent.parse::<i32>().unwrap() - 4 * fraction.len() as i32;
            // In two steps, since the power alone may be below the smallest float64.
            mantissa * 2_f64.powi(exponent / 2) * 2_f64.powi(exponent - exponent / 2)
        }
    }
}
