//! The forms of single values as Kubernetes' decoder reads them: integers, quantities, times, base64, labels and names.
//!
//! Sources: `apimachinery/pkg/api/resource` (quantities), `apimachinery/pkg/util/validation` (labels and names), RFC 3339,
//! RFC 4648, and Go's `encoding/json`, which decides what fits into an integer.

/// What is wrong with a number where an integer is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Integer {
    /// It fits.
    Good,
    /// It has a fraction.
    Fraction,
    /// It is too large or too small.
    Range,
}

/// Whether the text of a JSON number is an integer of 32 bits.
#[inline]
pub(crate) fn int32(text: &[u8]) -> Integer {
    if text.len() <= 9 && text.iter().all(u8::is_ascii_digit) {
        return Integer::Good;
    }
    integer(text, i64::from(i32::MIN), i64::from(i32::MAX))
}

/// Whether the text of a JSON number is an integer of 64 bits.
#[inline]
pub(crate) fn int64(text: &[u8]) -> Integer {
    if text.len() <= 18 && text.iter().all(u8::is_ascii_digit) {
        return Integer::Good;
    }
    integer(text, i64::MIN, i64::MAX)
}

fn integer(text: &[u8], least: i64, most: i64) -> Integer {
    let text = core::str::from_utf8(text).unwrap_or_default();
    if let Ok(number) = text.parse::<i64>() {
        return if (least..=most).contains(&number) { Integer::Good } else { Integer::Range };
    }
    if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Integer::Range;
    }
    // `1.0` and `1e3` reach the server as 1 and 1000: kubectl reads and writes them as a float on the way.
    match text.parse::<f64>() {
        Ok(number) if number % 1.0 != 0.0 => Integer::Fraction,
        Ok(number) if number.abs() < 1e15 && number >= least as f64 && number <= most as f64 => Integer::Good,
        Ok(_) | Err(_) => Integer::Range,
    }
}

/// Whether the text is a quantity: a decimal number with a suffix (`500m`, `1Gi`, `2e3`).
pub(crate) fn is_quantity(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"+").or_else(|| text.strip_prefix(b"-")).unwrap_or(text);
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (whole, rest) = text.split_at(digits);
    let (fraction, suffix) = match rest.strip_prefix(b".") {
        Some(rest) => rest.split_at(rest.iter().take_while(|byte| byte.is_ascii_digit()).count()),
        None => (&[][..], rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return false;
    }
    match suffix {
        b"" | b"n" | b"u" | b"m" | b"k" | b"M" | b"G" | b"T" | b"P" | b"E" => true,
        b"Ki" | b"Mi" | b"Gi" | b"Ti" | b"Pi" | b"Ei" => true,
        [b'e' | b'E', exponent @ ..] => {
            let digits = exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
            // Go reads the exponent into 64 bits.
            !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) && digits.len() <= 18
        }
        _ => false,
    }
}

/// Whether the text is base64 with padding; line ends within it are ignored.
pub(crate) fn is_base64(text: &[u8]) -> bool {
    let (mut symbols, mut padding) = (0_usize, 0_usize);
    for byte in text {
        match byte {
            b'\r' | b'\n' => {}
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => symbols += 1,
            _ => return false,
        }
    }
    (symbols + padding).is_multiple_of(4) && padding <= 2
}

/// Whether the text is a time by RFC 3339, with exactly six digits of a second where these are wanted.
pub(crate) fn is_time(text: &[u8], digits: Option<usize>) -> bool {
    let number = |range: core::ops::Range<usize>| -> Option<u32> {
        let digits = text.get(range)?;
        digits.iter().try_fold(0_u32, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
    };
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|(at, byte)| text.get(*at) != Some(byte)) {
        return false;
    }
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else { return false };
    let (Some(hour), Some(minute), Some(second)) = (number(11..13), number(14..16), number(17..19)) else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(is_leap),
        _ => 0,
    };
    if day == 0 || day > days || hour > 23 || minute > 59 || second > 59 {
        return false;
    }
    let rest = text.get(19..).unwrap_or_default();
    let fraction =
        rest.strip_prefix(b".").map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count());
    if (rest.first() == Some(&b'.') && fraction == 0) || digits.is_some_and(|digits| digits != fraction) {
        return false;
    }
    let zone = rest.get(if fraction > 0 { fraction + 1 } else { 0 }..).unwrap_or_default();
    match zone {
        b"Z" => true,
        [b'+' | b'-', h0, h1, b':', m0, m1] => {
            let all = [h0, h1, m0, m1].iter().all(|byte| byte.is_ascii_digit());
            all && (*h0, *h1) <= (b'2', b'4') && *m0 <= b'6'
        }
        _ => false,
    }
}

/// What is wrong with a label, in the words of a message.
pub(crate) type Flaw = &'static str;

/// The key of an annotation: that of a label, but for its case.
pub(crate) fn annotation_key(key: &[u8]) -> Option<Flaw> {
    label_key(key).and_then(|_| label_key(&key.to_ascii_lowercase()))
}

/// The key of a label: a name, with a DNS subdomain and a slash before it or not.
pub(crate) fn label_key(key: &[u8]) -> Option<Flaw> {
    let mut parts = key.split(|byte| *byte == b'/');
    let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    if third.is_some() {
        return Some("has more than one slash");
    }
    let name = match second {
        None => first,
        Some(name) => {
            if let Some(flaw) = subdomain(first) {
                return Some(match flaw {
                    EMPTY => "has nothing before the slash",
                    _ => "has a prefix that is no DNS name: lowercase letters, digits, `-` and `.`",
                });
            }
            name
        }
    };
    match name {
        [] => Some("has no name"),
        name if name.len() > 63 => Some("has a name of more than 63 characters"),
        name if !is_label_text(name) => Some(LABEL),
        _ => None,
    }
}

/// The value of a label: empty, or at most 63 characters.
#[inline]
pub(crate) fn label_value(value: &[u8]) -> Option<Flaw> {
    match value {
        [] => None,
        value if value.len() > 63 => Some("has more than 63 characters"),
        value if !is_label_text(value) => Some(LABEL),
        _ => None,
    }
}

const LABEL: Flaw = "may hold letters, digits, `-`, `_` and `.`, and begins and ends with a letter or digit";
const EMPTY: Flaw = "is empty";

fn is_label_text(text: &[u8]) -> bool {
    let inside = text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    let end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    inside && end(text.first()) && end(text.last())
}

/// A DNS subdomain (RFC 1123): what most objects are named by.
pub(crate) fn subdomain(name: &[u8]) -> Option<Flaw> {
    let is_dns = |part: &[u8]| {
        let inside = part.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        inside && !part.is_empty() && part.first() != Some(&b'-') && part.last() != Some(&b'-')
    };
    match name {
        [] => Some(EMPTY),
        name if name.len() > 253 => Some("has more than 253 characters"),
        name if !name.split(|byte| *byte == b'.').all(is_dns) => Some(
            "may hold lowercase letters, digits, `-` and `.`, and each part begins and ends with a letter or digit",
        ),
        _ => None,
    }
}

/// A DNS label (RFC 1123): what namespaces and services are named by.
pub(crate) fn dns_label(name: &[u8]) -> Option<Flaw> {
    match name {
        name if name.len() > 63 => Some("has more than 63 characters"),
        name if name.contains(&b'.') => Some("may hold lowercase letters, digits and `-`, but no dot"),
        name => subdomain(name),
    }
}

/// A segment of a path: what the objects of RBAC are named by.
pub(crate) fn path_segment(name: &[u8]) -> Option<Flaw> {
    match name {
        [] => Some(EMPTY),
        b"." | b".." => Some("stands for a folder"),
        name if name.contains(&b'/') || name.contains(&b'%') => Some("may hold no `/` and no `%`"),
        _ => None,
    }
}
