//! A source text and its lines. Byte offsets come in; lines and columns, as people count them, go out.

use std::sync::{Arc, OnceLock};

use crate::Origins;

/// A range of bytes in a [`Text`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

/// A place in a text as a person reads it: lines and columns from 1, columns in Unicode code points, the end exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column one past the last character.
    pub end_column: u32,
}

/// The text of one file, valid UTF-8, with the name that messages call it by.
#[derive(Debug)]
pub struct Text {
    name: String,
    content: String,
    pub(crate) origins: Option<Arc<dyn Origins>>,
    lines: OnceLock<Vec<u32>>,
    /// The characters before each block of [`LONG_LINE`] bytes; made for long lines only.
    sums: OnceLock<Vec<usize>>,
}

/// Up to this many bytes of a line are counted each time.
const LONG_LINE: usize = 4096;

fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte as i8) >= -0x40).count()
}

impl Text {
    /// A text of at most 4 GiB (offsets are 32 bits; readers refuse far smaller sizes).
    #[must_use]
    pub fn new(name: impl Into<String>, content: impl Into<String>) -> Self {
        let (lines, sums) = (OnceLock::new(), OnceLock::new());
        Self { name: name.into(), content: content.into(), origins: None, lines, sums }
    }

    /// What messages call this text: a path with `/`, or `-` for standard input.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole content.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.content
    }

    /// The text in a span; empty where the span does not fall on characters.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.content.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Where a span lies.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let (line, column) = self.position(span.start);
        let (end_line, end_column) = self.position(span.end.max(span.start));
        Place { line, column, end_line, end_column }
    }

    /// The line with this number, counted from 1, without its line break; none past the end.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&str> {
        let index = number.checked_sub(1)? as usize;
        let start = *self.lines().get(index)? as usize;
        let end = self.lines().get(index + 1).map_or(self.content.len(), |next| *next as usize);
        Some(self.content.get(start..end)?.trim_end_matches(['\n', '\r']))
    }

    fn position(&self, offset: u32) -> (u32, u32) {
        let lines = self.lines();
        let index = lines.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = lines.get(index).copied().unwrap_or(0) as usize;
        let before = self.content.as_bytes().get(start..offset as usize).unwrap_or_default();
        let column = match before.len() {
            ..=LONG_LINE => characters(before),
            _ => self.characters_before(start + before.len()) - self.characters_before(start),
        };
        (index as u32 + 1, column as u32 + 1)
    }

    /// The characters before a byte, from sums that are made once: a file may be a single line.
    fn characters_before(&self, offset: usize) -> usize {
        let bytes = self.content.as_bytes();
        let sums = self.sums.get_or_init(|| {
            let mut sum = 0;
            let before = |block| {
                let after = sum + characters(block);
                std::mem::replace(&mut sum, after)
            };
            bytes.chunks(LONG_LINE).map(before).collect()
        });
        let block = offset / LONG_LINE;
        let rest = bytes.get(block * LONG_LINE..offset).unwrap_or_default();
        sums.get(block).copied().unwrap_or_else(|| characters(bytes)) + characters(rest)
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.content.as_bytes());
            std::iter::once(0).chain(breaks.map(|at| at as u32 + 1)).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{LONG_LINE, Span, Text};

    #[test]
    fn a_long_line_is_counted_as_a_short_one() {
        for length in [LONG_LINE - 2, LONG_LINE, 2 * LONG_LINE, 3 * LONG_LINE + 1] {
            let line: String = "aä€😀".chars().cycle().take(length).collect();
            let text = Text::new("x", format!("first\n{line}\nlast"));
            for (column, (at, _)) in line.char_indices().enumerate().step_by(97) {
                let start = at as u32 + 6;
                let place = text.place(Span { start, end: text.as_str().len() as u32 });
                assert_eq!((place.line, place.column), (2, column as u32 + 1), "{length}");
                assert_eq!((place.end_line, place.end_column), (3, 5));
            }
        }
    }
}
