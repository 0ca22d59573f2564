//! What a scalar means: the types of YAML 1.1 as Kubernetes resolves them, and numbers as JSON writes them.
//!
//! Kubernetes reads YAML with go-yaml 2, turns it into JSON and reads that: `yes` is true, `0644` is 420, `1_000` is
//! 1000, `1e3` is 1000, an integer past 64 bits is a float, a timestamp stays text. Base 60 is not read, by choice of
//! go-yaml. This module holds no state and knows nothing of documents.

use std::borrow::Cow;

/// What a plain scalar without a tag is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Past `i64::MAX`: a float by the time that Kubernetes has read it, and no key.
    Uint(u64),
    Float(f64),
    Text,
}

/// Resolves a plain scalar.
pub(crate) fn plain(text: &str) -> Scalar {
    match text.as_bytes().first() {
        None => Scalar::Null,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => word(text),
        Some(b'.') => special_float(text).or_else(|| dotted_float(text)).map_or(Scalar::Text, Scalar::Float),
        Some(b'0'..=b'9' | b'+' | b'-') => special_float(text).map_or_else(|| number(text), Scalar::Float),
        Some(_) => Scalar::Text,
    }
}

fn word(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => Scalar::Text,
    }
}

fn special_float(text: &str) -> Option<f64> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}

/// A float that begins with a dot; here go-yaml takes underscores only between digits.
fn dotted_float(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let stray = |at: usize| at == 0 || !digit(at - 1) || !digit(at + 1);
    if bytes.iter().enumerate().any(|(at, byte)| *byte == b'_' && stray(at)) {
        return None;
    }
    decimal(&without_underscores(text))
}

fn number(text: &str) -> Scalar {
    let text = without_underscores(text);
    if let Some(scalar) = integer(&text) {
        return scalar;
    }
    decimal(&text).map(Scalar::Float).or_else(|| signed_binary(&text).map(Scalar::Int)).unwrap_or(Scalar::Text)
}

/// `0b-11`: go-yaml hands what follows a `0b` to a function that takes a sign, and does so for no other prefix.
fn signed_binary(text: &str) -> Option<i64> {
    let signed = text.strip_prefix("0b").filter(|rest| rest.starts_with(['-', '+']))?;
    i64::from_str_radix(signed, 2).ok()
}

fn without_underscores(text: &str) -> Cow<'_, str> {
    if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) }
}

/// Integers with the prefixes `0x`, `0o`, `0b` and `0`; only an unsigned-looking one may pass `i64`.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, signed, digits) = match text.as_bytes().first()? {
        b'-' => (true, true, text.get(1..)?),
        b'+' => (false, true, text.get(1..)?),
        _ => (false, false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Scalar::Int);
    }
    match i64::try_from(magnitude) {
        Ok(value) => Some(Scalar::Int(value)),
        Err(_) if signed => None,
        Err(_) => Some(Scalar::Uint(magnitude)),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, within the range of a double.
fn decimal(text: &str) -> Option<f64> {
    let rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = split_digits(rest);
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => split_digits(rest),
        None => ("", rest),
    };
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if let Some(exponent) = rest.strip_prefix(['e', 'E']) {
        let (digits, rest) = split_digits(exponent.strip_prefix(['-', '+']).unwrap_or(exponent));
        if digits.is_empty() || !rest.is_empty() {
            return None;
        }
    } else if !rest.is_empty() {
        return None;
    }
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// A finite double as the JSON of Kubernetes: the shortest digits that read back the same, and no `-0`.
pub(crate) fn json_float(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let magnitude = value.abs();
    if (1e-6..1e21).contains(&magnitude) {
        return format!("{value}");
    }
    let text = format!("{value:e}");
    match text.split_once('e') {
        Some((digits, exponent)) if !exponent.starts_with('-') => format!("{digits}e+{exponent}"),
        _ => text,
    }
}

/// A double as a key: in 32 bits, with an exponent from 6 up, as Kubernetes turns it into text.
pub(crate) fn key_float(value: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "keys are written with the precision of 32 bits")]
    let value = value as f32;
    if value.is_nan() {
        return ".nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0" } else { "0" }.to_owned();
    }
    let text = format!("{value:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let power: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&power) {
        return format!("{value}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

/// Whether go-yaml takes the text for a timestamp; asked only where a tag says so.
pub(crate) fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at..)),
        None => (text, None),
    };
    let mut parts = date.split('-');
    let year = parts.next().is_some_and(|year| year.len() == 4 && all_digits(year));
    let short = |part: Option<&str>, most: u8| {
        part.is_some_and(|part| all_digits(part) && part.len() <= 2 && (1..=most).contains(&part.parse().unwrap_or(0)))
    };
    if !year || !short(parts.next(), 12) || !short(parts.next(), 31) || parts.next().is_some() {
        return false;
    }
    time.is_none_or(is_time)
}

fn is_time(text: &str) -> bool {
    let (spaced, text) = (text.starts_with(' '), text.get(1..).unwrap_or_default());
    let zone = text.find(['Z', '+', '-']);
    let (clock, zone) = text.split_at_checked(zone.unwrap_or(text.len())).unwrap_or((text, ""));
    let zone_fits = match zone.as_bytes() {
        [] => spaced,
        [b'Z'] => !spaced,
        [_, a, b, b':', c, d] => !spaced && [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    };
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let mut parts = whole.split(':');
    let mut within = |most: u8| {
        parts.next().is_some_and(|part| {
            all_digits(part) && part.len() <= 2 && part.parse::<u8>().is_ok_and(|value| value <= most)
        })
    };
    let whole_fits = within(23) && within(59) && within(59);
    zone_fits && whole_fits && all_digits(fraction) && parts.next().is_none()
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
