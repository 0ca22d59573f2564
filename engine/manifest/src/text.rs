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
    /// The line breaks before each block of [`BLOCK`] bytes: far less to make and to keep than the place of each line.
    breaks: OnceLock<Vec<u32>>,
    /// The characters before each block of [`LONG_LINE`] bytes; made for long lines only.
    sums: OnceLock<Vec<u32>>,
}

/// Bytes whose line breaks are counted each time.
const BLOCK: usize = 256;

/// Up to this many bytes of a line are counted each time.
const LONG_LINE: usize = 4096;

fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte as i8) >= -0x40).count()
}

fn breaks(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes).count()
}

/// What stands before each block of so many bytes, and in all of them, by a way to count it.
fn before_each(bytes: &[u8], block: usize, count: fn(&[u8]) -> usize) -> Vec<u32> {
    let mut sum = 0;
    let mut sums = Vec::with_capacity(bytes.len() / block + 2);
    sums.push(sum);
    sums.extend(bytes.chunks(block).map(|block| {
        sum += count(block) as u32;
        sum
    }));
    sums
}

impl Text {
    /// A text of at most 4 GiB (offsets are 32 bits; readers refuse far smaller sizes).
    #[must_use]
    pub fn new(name: impl Into<String>, content: impl Into<String>) -> Self {
        let (breaks, sums) = (OnceLock::new(), OnceLock::new());
        Self { name: name.into(), content: content.into(), origins: None, breaks, sums }
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
        let inside = self.content.as_bytes().get(span.start as usize..span.end as usize).unwrap_or_default();
        let (end_line, end_column) = match inside.len() {
            // Most values are short and on one line.
            ..=BLOCK if memchr::memchr(b'\n', inside).is_none() => (line, column + characters(inside) as u32),
            _ => self.position(span.end.max(span.start)),
        };
        Place { line, column, end_line, end_column }
    }

    /// The line with this number, counted from 1, without its line break; none past the end.
    #[must_use]
    pub fn line(&self, number: u32) -> Option<&str> {
        let before = number.checked_sub(1)?;
        let start = match before.checked_sub(1) {
            Some(last) => self.line_break(last)? + 1,
            None => 0,
        };
        let end = self.line_break(before).unwrap_or(self.content.len());
        Some(self.content.get(start..end)?.trim_end_matches('\r'))
    }

    fn position(&self, offset: u32) -> (u32, u32) {
        let bytes = self.content.as_bytes();
        let offset = (offset as usize).min(bytes.len());
        let block = offset / BLOCK;
        let rest = bytes.get(block * BLOCK..offset).unwrap_or_default();
        let line = self.breaks().get(block).copied().unwrap_or_default() + breaks(rest) as u32;
        let start = match (memchr::memrchr(b'\n', rest), line.checked_sub(1)) {
            (Some(at), _) => block * BLOCK + at + 1,
            (None, Some(last)) => self.line_break(last).map_or(0, |at| at + 1),
            (None, None) => 0,
        };
        let before = bytes.get(start..offset).unwrap_or_default();
        let column = match before.len() {
            ..=LONG_LINE => characters(before),
            _ => self.characters_before(offset) - self.characters_before(start),
        };
        (line + 1, column as u32 + 1)
    }

    /// The characters before a byte, from sums that are made once: a file may be a single line.
    fn characters_before(&self, offset: usize) -> usize {
        let bytes = self.content.as_bytes();
        let sums = self.sums.get_or_init(|| before_each(bytes, LONG_LINE, characters));
        let block = offset / LONG_LINE;
        let rest = bytes.get(block * LONG_LINE..offset).unwrap_or_default();
        sums.get(block).copied().unwrap_or_default() as usize + characters(rest)
    }

    fn breaks(&self) -> &[u32] {
        self.breaks.get_or_init(|| before_each(self.content.as_bytes(), BLOCK, breaks))
    }

    /// The byte of a line break, counted from 0.
    fn line_break(&self, number: u32) -> Option<usize> {
        let block = self.breaks().partition_point(|before| *before <= number).checked_sub(1)?;
        let nth = number - self.breaks().get(block)?;
        let start = block * BLOCK;
        let bytes = self.content.as_bytes();
        let bytes = bytes.get(start..(start + BLOCK).min(bytes.len()))?;
        memchr::memchr_iter(b'\n', bytes).nth(nth as usize).map(|at| start + at)
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, LONG_LINE, Place, Span, Text};

    #[test]
    fn lines_are_counted_alike_wherever_a_block_ends() {
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 5 * BLOCK + 7] {
            for lines in [1, 2, 63, BLOCK, 3 * BLOCK] {
                let content: String = (1..=length).map(|at| if at % lines == 0 { '\n' } else { 'x' }).collect();
                let text = Text::new("x", content.as_str());
                let (mut line, mut column) = (1, 1);
                for at in 0..=length as u32 {
                    let place = text.place(Span { start: at, end: at });
                    assert_eq!(place, Place { line, column, end_line: line, end_column: column }, "{at} of {length}");
                    (line, column) = match content.as_bytes().get(at as usize) {
                        Some(b'\n') => (line + 1, 1),
                        _ => (line, column + 1),
                    };
                }
                let split: Vec<&str> = content.split('\n').collect();
                for (number, line) in (1..).zip(&split) {
                    assert_eq!(text.line(number), Some(*line), "{number} of {length}");
                }
                assert_eq!((text.line(0), text.line(split.len() as u32 + 1)), (None, None));
            }
        }
    }

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
