//! Bytes that are not UTF-8: made into a text of the same length, and found again where a document holds one.

use super::{Problem, words};
use crate::{Span, Text};

/// The bytes of a text that is not UTF-8, as they were.
#[derive(Debug)]
pub(crate) struct Broken(Vec<u8>);

impl Broken {
    /// What is wrong with a piece of the text, if it holds a wrong byte: its first one.
    pub(crate) fn problem(&self, text: &Text, piece: Span) -> Option<Problem> {
        let bytes = self.0.get(piece.start as usize..piece.end as usize)?;
        let first = std::str::from_utf8(bytes).err()?.valid_up_to();
        let start = piece.start + first as u32;
        let span = Span { start, end: start + 1 };
        let place = text.place(span);
        // Of UTF-16 no byte is more wrong than another.
        let byte = bytes.get(first).copied().filter(|_| !is_utf16(&self.0));
        Some(words::not_utf8(place.line, place.column, byte, span))
    }
}

/// The text, with `?` for each wrong byte, and the bytes where there is any.
pub(crate) fn repaired(bytes: Vec<u8>) -> (String, Option<Broken>) {
    let bytes = match String::from_utf8(bytes) {
        Ok(content) => return (content, None),
        Err(error) => error.into_bytes(),
    };
    let mut content = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        content.push_str(chunk.valid());
        content.extend(chunk.invalid().iter().map(|_| '?'));
    }
    (content, Some(Broken(bytes)))
}

fn is_utf16(bytes: &[u8]) -> bool {
    matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..])
}
