//! `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`, read, and applied to digits.

/// Widths and precisions beyond this are refused: a program could fill the memory with spaces, and Rust's own
/// formatting, which writes the digits, panics above 65535 of them.
pub(super) const LARGEST: usize = 1 << 15;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
    Center,
    /// Padding between the sign and the digits.
    AfterSign,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Plus,
    Minus,
    Space,
}

pub(super) struct Specification {
    fill: char,
    pub(super) align: Option<Align>,
    pub(super) sign: Option<Sign>,
    /// `#`: prefixes for integers, the point and trailing zeros for floats.
    pub(super) alternate: bool,
    /// `z`: a negative number that rounds to zero loses its sign.
    pub(super) no_negative_zero: bool,
    width: usize,
    pub(super) grouping: Option<char>,
    pub(super) precision: Option<usize>,
    pub(super) kind: Option<char>,
}

impl Specification {
    /// Reads `spec` for a value of the Python type `object`, which error sentences name.
    pub(super) fn parse(spec: &str, object: &str) -> Result<Self, String> {
        let chars: Vec<char> = spec.chars().collect();
        let mut rest = chars.as_slice();
        let mut parsed = Specification {
            fill: ' ',
            align: None,
            sign: None,
            alternate: false,
            no_negative_zero: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        };
        let mut fill_given = false;
        if let [fill, align, after @ ..] = rest
            && let Some(align) = align_of(*align)
        {
            (parsed.fill, parsed.align, rest, fill_given) = (*fill, Some(align), after, true);
        } else if let [align, after @ ..] = rest
            && let Some(align) = align_of(*align)
        {
            (parsed.align, rest) = (Some(align), after);
        }
        if let [sign @ ('+' | '-' | ' '), after @ ..] = rest {
            parsed.sign = Some(match sign {
                '+' => Sign::Plus,
                '-' => Sign::Minus,
                _ => Sign::Space,
            });
            rest = after;
        }
        parsed.no_negative_zero = take(&mut rest, 'z');
        parsed.alternate = take(&mut rest, '#');
        if !fill_given && take(&mut rest, '0') {
            parsed.fill = '0';
            if parsed.align.is_none() && object != "str" {
                parsed.align = Some(Align::AfterSign);
            }
        }
        parsed.width = take_number(&mut rest)?.unwrap_or(0);
        if let [separator @ (',' | '_'), after @ ..] = rest {
            parsed.grouping = Some(*separator);
            rest = after;
            if let [',' | '_', ..] = rest {
                return Err("Cannot specify both ',' and '_'.".to_owned());
            }
        }
        if take(&mut rest, '.') {
            let precision = take_number(&mut rest)?;
            parsed.precision = Some(precision.ok_or("Format specifier missing precision")?);
        }
        match rest {
            [] => {}
            [kind] => parsed.kind = Some(*kind),
            _ => {
                return Err(format!(
                    "Invalid format specifier '{spec}' for object of type '{object}'"
                ));
            }
        }
        parsed.check_grouping()?;
        Ok(parsed)
    }

    /// A number's text: sign, prefix, whole digits (grouped) and what follows them, padded to the width.
    pub(super) fn number(
        &self,
        negative: bool,
        prefix: &str,
        digits: &str,
        rest: &str,
        group: usize,
    ) -> String {
        let zero =
            digits.chars().all(|c| c == '0') && !rest.contains(|c: char| ('1'..='9').contains(&c));
        let negative = negative && !(self.no_negative_zero && zero && !rest.contains('n'));
        let sign = match (negative, self.sign) {
            (true, _) => "-",
            (false, Some(Sign::Plus)) => "+",
            (false, Some(Sign::Space)) => " ",
            (false, _) => "",
        };
        let head = format!("{sign}{prefix}");
        let Some(separator) = self.grouping else {
            return self.pad(&head, &format!("{digits}{rest}"), Align::Right);
        };
        // Zeros that pad a grouped number are grouped with it.
        let zero_padded = self.fill == '0' && self.align == Some(Align::AfterSign);
        let taken = head.chars().count() + rest.chars().count();
        let least = if zero_padded {
            self.width.saturating_sub(taken)
        } else {
            0
        };
        let grouped = grouped(digits, separator, group, least);
        self.pad(&head, &format!("{grouped}{rest}"), Align::Right)
    }

    /// `head` and `body` filled up to the width; `usual` is where a value of this type stands by default.
    pub(super) fn pad(&self, head: &str, body: &str, usual: Align) -> String {
        let missing = self
            .width
            .saturating_sub(head.chars().count() + body.chars().count());
        let fill = |count: usize| self.fill.to_string().repeat(count);
        match self.align.unwrap_or(usual) {
            Align::Left => format!("{head}{body}{}", fill(missing)),
            Align::Right => format!("{}{head}{body}", fill(missing)),
            Align::Center => format!(
                "{}{head}{body}{}",
                fill(missing / 2),
                fill(missing - missing / 2)
            ),
            Align::AfterSign => format!("{head}{}{body}", fill(missing)),
        }
    }

    fn check_grouping(&self) -> Result<(), String> {
        let (Some(separator), Some(kind)) = (self.grouping, self.kind) else {
            return Ok(());
        };
        let allowed = match kind {
            'd' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F' => true,
            'b' | 'o' | 'x' | 'X' => separator == '_',
            _ => false,
        };
        if allowed {
            Ok(())
        } else {
            Err(format!("Cannot specify '{separator}' with '{kind}'."))
        }
    }
}

/// `digits` with a separator every `group` from the right, filled with zeros to at least `least` characters.
/// A separator never comes first, so the result may be one longer.
fn grouped(digits: &str, separator: char, group: usize, least: usize) -> String {
    let mut reversed = String::new();
    let mut length = 0;
    let mut from_right = digits.chars().rev();
    let mut count = 0;
    loop {
        let digit = match from_right.next() {
            Some(digit) => digit,
            None if length < least => '0',
            None => break,
        };
        if count > 0 && count % group == 0 {
            reversed.push(separator);
            length += 1;
        }
        reversed.push(digit);
        length += 1;
        count += 1;
    }
    reversed.chars().rev().collect()
}

fn align_of(character: char) -> Option<Align> {
    match character {
        '<' => Some(Align::Left),
        '>' => Some(Align::Right),
        '^' => Some(Align::Center),
        '=' => Some(Align::AfterSign),
        _ => None,
    }
}

fn take(rest: &mut &[char], expected: char) -> bool {
    match rest {
        [first, after @ ..] if *first == expected => {
            *rest = after;
            true
        }
        _ => false,
    }
}

fn take_number(rest: &mut &[char]) -> Result<Option<usize>, String> {
    let digits = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits == 0 {
        return Ok(None);
    }
    let text: String = rest[..digits].iter().collect();
    *rest = &rest[digits..];
    match text.parse::<usize>() {
        Ok(number) if number <= LARGEST => Ok(Some(number)),
        _ => Err(format!(
            "a width or precision of {text} is more than the {LARGEST} allowed here"
        )),
    }
}
