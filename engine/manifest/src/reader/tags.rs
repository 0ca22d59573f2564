//! Tags on scalars: what `!!int "12"` and its like mean to Kubernetes, and when text does not fit its tag.

use std::borrow::Cow;

use super::resolve::{self, Scalar};

const PREFIX: &str = "tag:yaml.org,2002:";
pub(crate) const MERGE: &str = "tag:yaml.org,2002:merge";

/// The value of a scalar with a tag, or why the text does not fit. Tags that YAML does not define mean text.
pub(crate) fn tagged<'t>(tag: &str, text: &'t str) -> Result<(Scalar, Cow<'t, str>), String> {
    let Some(name) = tag.strip_prefix(PREFIX) else { return Ok((Scalar::Text, text.into())) };
    let resolved = resolve::plain(text);
    let scalar = match (name, resolved) {
        ("binary", _) => return decoded(text).map(|text| (Scalar::Text, text.into())),
        ("timestamp", Scalar::Text) if resolve::is_timestamp(text) => Scalar::Text,
        ("bool", Scalar::Bool(_)) | ("null", Scalar::Null) | ("float", Scalar::Float(_)) => resolved,
        ("int", Scalar::Int(_) | Scalar::Uint(_)) => resolved,
        #[expect(clippy::cast_precision_loss, reason = "the tag asks for a float")]
        ("float", Scalar::Int(value)) => Scalar::Float(value as f64),
        ("bool" | "null" | "float" | "int" | "timestamp", _) => {
            return Err(format!("`!!{name}` with text that is none"));
        }
        (_, _) => Scalar::Text,
    };
    Ok((scalar, text.into()))
}

/// Base64 in the standard alphabet, padded, line breaks ignored; bytes that are not UTF-8 become U+FFFD, as in JSON.
fn decoded(text: &str) -> Result<String, String> {
    let refused = || "`!!binary` with text that is not base64".to_owned();
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let padding = digits.iter().rev().take_while(|byte| **byte == b'=').count();
    if !digits.len().is_multiple_of(4) || padding > 2 {
        return Err(refused());
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in digits.get(..digits.len() - padding).unwrap_or_default() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return Err(refused()),
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
        }
    }
    Ok(replaced(&bytes))
}

/// Go's JSON replaces each broken byte by itself, not each broken sequence.
fn replaced(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
