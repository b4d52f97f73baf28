//! `compare EXPECTED ACTUAL`: whether a program printed what PyTorch printed.
//!
//! The rule: token by token, words and signs equal, numbers equal or one unit apart in their last printed digit;
//! whole numbers and numbers of one decimal are exact values and must be equal. Spaces and line breaks must agree too,
//! unless a number that is one unit apart changed its width.
//! Of outputs that match it prints the largest difference between two numbers, as they were printed.

use std::env::args;
use std::fs::read_to_string;
use std::process::ExitCode;

fn main() -> ExitCode {
    let [expected, actual] = &args().skip(1).collect::<Vec<_>>()[..] else {
        eprintln!("usage: compare EXPECTED ACTUAL");
        return ExitCode::from(2);
    };
    let read = |path: &str| read_to_string(path).map(|text| text.replace("\r\n", "\n"));
    match (read(expected), read(actual)) {
        (Ok(expected), Ok(actual)) => match difference(&expected, &actual) {
            None => {
                println!("largest difference {:.1e}", largest_difference(&expected, &actual));
                ExitCode::SUCCESS
            }
            Some((line, sentence)) => {
                println!("line {line}: {sentence}");
                ExitCode::FAILURE
            }
        },
        (Err(error), _) | (_, Err(error)) => {
            eprintln!("{expected} or {actual}: {error}");
            ExitCode::from(2)
        }
    }
}

/// The first difference, with its line in `expected`; none if the outputs match.
fn difference(expected: &str, actual: &str) -> Option<(usize, String)> {
    let (left, right) = (tokens(expected), tokens(actual));
    let line_of = |token: &Token| 1 + expected[..token.start].matches('\n').count();
    let mut has_new_width = false;
    for (want, got) in left.iter().zip(&right) {
        let both_numbers = want.is_number && got.is_number;
        if want.text != got.text && !(both_numbers && numbers_match(want.text, got.text)) {
            return Some((line_of(want), format!("expected {:?}, got {:?}", want.text, got.text)));
        }
        has_new_width |= want.text.chars().count() != got.text.chars().count();
    }
    let common = left.len().min(right.len());
    if let Some(missing) = left.get(common) {
        return Some((line_of(missing), format!("missing {:?} after {common} tokens", missing.text)));
    }
    if let Some(extra) = right.get(common) {
        let last = left.last().map_or(1, line_of);
        return Some((last, format!("unexpected {:?} after {common} tokens", extra.text)));
    }
    if has_new_width {
        return None;
    }
    spacing_difference(expected, actual)
}

/// Between the numbers of two outputs that match; numbers that are not finite are equal there.
fn largest_difference(expected: &str, actual: &str) -> f64 {
    let (left, right) = (tokens(expected), tokens(actual));
    let distances = left.iter().zip(&right).filter(|(want, got)| want.is_number && got.is_number);
    distances.fold(0.0, |largest, (want, got)| match (want.text.parse::<f64>(), got.text.parse::<f64>()) {
        (Ok(want), Ok(got)) => (want - got).abs().max(largest),
        _ => largest,
    })
}

fn spacing_difference(expected: &str, actual: &str) -> Option<(usize, String)> {
    let lines = |text: &str| text.trim_end_matches('\n').split('\n').map(str::to_owned).collect::<Vec<_>>();
    let (left, right) = (lines(expected), lines(actual));
    for (number, (want, got)) in left.iter().zip(&right).enumerate() {
        if gaps(want) != gaps(got) {
            return Some((number + 1, format!("spacing: expected {want:?}, got {got:?}")));
        }
    }
    let common = left.len().min(right.len());
    (left.len() != right.len()).then(|| (common, format!("expected {} lines, got {}", left.len(), right.len())))
}

/// How many spaces lie before, between and after the visible characters of a line.
fn gaps(line: &str) -> Vec<usize> {
    line.split(|c: char| !c.is_whitespace()).map(|gap| gap.chars().count()).collect()
}

struct Token<'a> {
    text: &'a str,
    start: usize,
    is_number: bool,
}

/// Words, numbers with their sign, and single characters of any other kind.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        let rest = &text[start..];
        let (length, is_number) = match number_length(rest) {
            _ if first.is_ascii_alphabetic() || first == '_' => {
                (rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len()), false)
            }
            Some(length) => (length, true),
            None => (first.len_utf8(), false),
        };
        if !first.is_whitespace() {
            tokens.push(Token { text: &rest[..length], start, is_number });
        }
        start += length;
    }
    tokens
}

/// The length of the number that `text` begins with: `-1`, `0.25`, `1.`, `.5`, `3e-05`.
fn number_length(text: &str) -> Option<usize> {
    let digits = |from: usize| text[from..].bytes().take_while(u8::is_ascii_digit).count();
    let sign = usize::from(text.starts_with(['-', '+']));
    let whole = digits(sign);
    let mut end = sign + whole;
    if text[end..].starts_with('.') {
        let decimals = digits(end + 1);
        if whole > 0 || decimals > 0 {
            end += 1 + decimals;
        }
    }
    if end == sign {
        return None;
    }
    if text[end..].starts_with(['e', 'E']) {
        let signed = end + 1 + usize::from(text[end + 1..].starts_with(['-', '+']));
        let exponent = digits(signed);
        if exponent > 0 {
            end = signed + exponent;
        }
    }
    Some(end)
}

/// How a number is written, which must be the same on both sides.
struct Form {
    decimals: i32,
    has_point: bool,
    exponent: Option<i32>,
}

impl Form {
    fn of(text: &str) -> Form {
        let text = text.to_ascii_lowercase();
        let (mantissa, exponent) = text.split_once('e').map_or((&text[..], None), |(m, e)| (m, Some(e)));
        let (has_point, decimals) = mantissa.split_once('.').map_or((false, ""), |(_, decimals)| (true, decimals));
        Form {
            decimals: i32::try_from(decimals.len()).unwrap_or(i32::MAX),
            has_point,
            exponent: exponent.map(|exponent| exponent.parse().unwrap_or_default()),
        }
    }
}

fn numbers_match(left: &str, right: &str) -> bool {
    let (a, b) = (Form::of(left), Form::of(right));
    let same_form = a.decimals == b.decimals && a.has_point == b.has_point && a.exponent.is_some() == b.exponent.is_some();
    let (Ok(x), Ok(y)) = (left.parse::<f64>(), right.parse::<f64>()) else { return false };
    let distance = (x - y).abs();
    match (same_form, a.exponent, b.exponent) {
        (false, ..) => false,
        (true, Some(p), Some(q)) => {
            let unit = 10f64.powi(p.max(q) - a.decimals);
            // The last factor is for the rounding of the subtraction itself, here and below.
            distance <= unit.max(1e-4 * x.abs().max(y.abs())) * 1.000001
        }
        _ => x == y || (a.decimals >= 2 && distance <= 10f64.powi(-a.decimals) * 1.001),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(expected: &str, actual: &str) -> bool {
        difference(expected, actual).is_none()
    }

    #[test]
    fn one_unit_in_the_last_digit_is_a_match_and_two_are_not() {
        assert!(matches("tensor([0.1234])", "tensor([0.1235])"));
        assert!(!matches("tensor([0.1234])", "tensor([0.1236])"));
        assert!(matches("1.2345e-05", "1.2346e-05"));
        assert!(!matches("1.2345e-05", "1.2445e-05"));
        assert!(matches("-0.0000", "0.0000"));
    }

    #[test]
    fn whole_numbers_and_tenths_are_exact() {
        assert!(!matches("3", "4"));
        assert!(!matches("2.5", "2.6"));
        assert!(!matches("2.", "2"));
        assert!(!matches("[1, 2]", "[1, 3]"));
    }

    #[test]
    fn what_is_measured_is_the_largest_of_the_differences() {
        let distance = largest_difference("tensor([0.1234, 7, nan])", "tensor([0.1235, 7, nan])");
        assert!((distance - 1e-4).abs() < 1e-12, "{distance}");
        assert!(largest_difference("a 1.0", "a 1.0") == 0.0);
    }

    #[test]
    fn words_signs_and_nan_are_exact() {
        assert!(!matches("tensor", "tensors"));
        assert!(!matches("nan", "0.0000"));
        assert!(!matches("x3 = 1", "x4 = 1"));
        assert!(!matches("a b", "a"));
        assert!(!matches("a", "a b"));
    }

    #[test]
    fn spaces_and_line_breaks_count_unless_a_width_changed() {
        assert!(!matches("a  b", "a b"));
        assert!(!matches("a\nb", "a b"));
        assert!(matches("a\n", "a"));
        assert!(matches("[ 9.9999, 1]", "[10.0000, 1]"));
    }

    #[test]
    fn tokens_are_words_numbers_and_characters() {
        let texts = |text| tokens(text).iter().map(|token| token.text).collect::<Vec<_>>();
        assert_eq!(texts("x=-1.5e-3, 3-4 .5 1. e5 -a"), ["x", "=", "-1.5e-3", ",", "3", "-4", ".5", "1.", "e5", "-", "a"]);
    }
}
