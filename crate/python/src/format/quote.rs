//! `repr` of strings and bytes: which quotes, and what is escaped.

/// `repr(text)`: single quotes, unless the text holds one and no double quote; what cannot be seen is escaped.
pub fn str_repr(text: &str) -> String {
    let quote = quote_for(text.contains('\''), text.contains('"'));
    let mut shown = String::from(quote);
    for character in text.chars() {
        match character {
            c if c == quote || c == '\\' => shown.extend(['\\', c]),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            c if is_printable(c) => shown.push(c),
            c => {
                let code = u32::from(c);
                shown.push_str(&match code {
                    ..=0xff => format!("\\x{code:02x}"),
                    0x100..=0xffff => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                });
            }
        }
    }
    shown.push(quote);
    shown
}

/// `repr(bytes)`: `b'…'`, every byte outside printable ASCII escaped.
pub fn bytes_repr(bytes: &[u8]) -> String {
    let quote = quote_for(bytes.contains(&b'\''), bytes.contains(&b'"'));
    let mut shown = format!("b{quote}");
    for &byte in bytes {
        match byte {
            b if char::from(b) == quote || b == b'\\' => shown.extend(['\\', char::from(b)]),
            b'\n' => shown.push_str("\\n"),
            b'\r' => shown.push_str("\\r"),
            b'\t' => shown.push_str("\\t"),
            b' '..=b'~' => shown.push(char::from(byte)),
            _ => shown.push_str(&format!("\\x{byte:02x}")),
        }
    }
    shown.push(quote);
    shown
}

fn quote_for(single_inside: bool, double_inside: bool) -> char {
    if single_inside && !double_inside {
        '"'
    } else {
        '\''
    }
}

/// What `str.isprintable` accepts, but for unassigned code points: controls, separators other than the space,
/// surrogates, private use and invisible format characters are not.
pub fn is_printable(character: char) -> bool {
    let code = u32::from(character);
    let invisible = matches!(code,
        0x00ad | 0x0600..=0x0605 | 0x061c | 0x06dd | 0x070f | 0x180e
        | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb
        | 0xe000..=0xf8ff | 0xe0000..=0xe0fff | 0xf0000..=0x10ffff);
    !character.is_control() && !invisible && (character == ' ' || !character.is_whitespace())
}
