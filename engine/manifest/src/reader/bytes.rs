//! Bytes that are not UTF-8: made into a text of the same length, with the wrong places remembered.

use super::{Problem, words};
use crate::{Span, Text};

/// The first wrong byte since a line that begins with `---`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) at: u32,
    /// The byte; none where the whole file is UTF-16.
    byte: Option<u8>,
}

impl Broken {
    pub(crate) fn problem(self, text: &Text) -> Problem {
        let span = Span { start: self.at, end: self.at + 1 };
        let place = text.place(span);
        words::not_utf8(place.line, place.column, self.byte, span)
    }
}

/// The text, with `?` for each wrong byte, and one place for each document that has any.
pub(crate) fn repaired(bytes: Vec<u8>) -> (String, Vec<Broken>) {
    let wide = matches!(bytes.as_slice(), [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]);
    let bytes = match String::from_utf8(bytes) {
        Ok(content) => return (content, Vec::new()),
        Err(error) => error.into_bytes(),
    };
    let mut content = String::with_capacity(bytes.len());
    let mut broken: Vec<Broken> = Vec::new();
    let mut separated = true;
    let mut line_start = true;
    for chunk in bytes.utf8_chunks() {
        let valid = chunk.valid();
        separated |= valid.contains("\n---") || line_start && valid.starts_with("---");
        content.push_str(valid);
        line_start = valid.ends_with('\n') || valid.is_empty() && line_start;
        if let Some(first) = chunk.invalid().first() {
            line_start = false;
            if separated {
                broken.push(Broken { at: content.len() as u32, byte: (!wide).then_some(*first) });
                separated = false;
            }
            content.extend(chunk.invalid().iter().map(|_| '?'));
        }
    }
    (content, broken)
}
