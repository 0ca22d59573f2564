//! A source text and its lines. Byte offsets come in; lines and columns, as people count them, go out.

use std::sync::OnceLock;

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
    lines: OnceLock<Vec<u32>>,
}

impl Text {
    /// A text of at most 4 GiB (offsets are 32 bits; readers refuse far smaller sizes).
    #[must_use]
    pub fn new(name: impl Into<String>, content: impl Into<String>) -> Self {
        Self { name: name.into(), content: content.into(), lines: OnceLock::new() }
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
        let start = lines.get(index).copied().unwrap_or(0);
        let before = self.content.as_bytes().get(start as usize..offset as usize).unwrap_or_default();
        let column = before.iter().filter(|byte| (**byte as i8) >= -0x40).count();
        (index as u32 + 1, column as u32 + 1)
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let breaks = memchr::memchr_iter(b'\n', self.content.as_bytes());
            std::iter::once(0).chain(breaks.map(|at| at as u32 + 1)).collect()
        })
    }
}
