//! Where documents begin and end, as Kubernetes cuts a text, before anything is parsed.
//!
//! A text whose first character is `{` is JSON, value after value. Any other is cut at each line that begins with `---`,
//! whatever it stands in. The rest of such a line is a comment or nothing; Kubernetes refuses anything else, and so
//! does this module, for the document that the line begins.

use memchr::memmem;

use crate::Span;

/// A piece of a text that holds one document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) span: Span,
    pub(crate) kind: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// YAML, to the next separator.
    Yaml,
    /// JSON from here on; the reader finds where the value ends.
    Json,
    /// Begins with a separator line that holds more than a comment, at this span.
    Refused(Span),
}

/// A text without the byte order mark that kubectl takes from the start of a file, and where the rest begins. What reads YAML
/// takes another one from the start of each document.
pub(crate) fn unmarked(content: &str) -> (usize, &str) {
    let rest = content.strip_prefix('\u{feff}').unwrap_or(content);
    (content.len() - rest.len(), rest)
}

/// Whether the text is read as JSON: go looks at the first 4096 bytes.
pub(crate) fn is_json(content: &str) -> bool {
    let start = content.trim_start();
    start.starts_with('{') && content.len() - start.len() < 4096
}

/// The piece that begins at `start`, and where the next one begins.
pub(crate) fn yaml_piece(content: &str, start: usize) -> (Piece, usize) {
    let bytes = content.as_bytes();
    let mut form = Form::Yaml;
    let mut from = start;
    if let Some(line) = separator_at(content, start) {
        if let Some(refused) = refused(content, line) {
            form = Form::Refused(refused);
        }
        from = line.end as usize;
    }
    let piece = |end: usize| Piece { span: Span { start: start as u32, end: end as u32 }, kind: form };
    let Some(at) = next_separator(bytes, from.max(start), start) else { return (piece(content.len()), content.len()) };
    let line = line_at(content, at);
    // A separator that is refused stays with what follows it, so that the document can say so.
    let next = if refused(content, line).is_some() { at } else { line.end as usize };
    (piece(at), next)
}

/// The next line that begins with `---`, from the line at `from` on; the line at `start` itself is no end.
fn next_separator(bytes: &[u8], from: usize, start: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    if from > start && rest.starts_with(b"---") {
        return Some(from);
    }
    memmem::find(rest, b"\n---").map(|at| from + at + 1)
}

fn separator_at(content: &str, start: usize) -> Option<Span> {
    content.get(start..)?.starts_with("---").then(|| line_at(content, start))
}

/// The line at `start`, with its break.
fn line_at(content: &str, start: usize) -> Span {
    let rest = content.as_bytes().get(start..).unwrap_or_default();
    let end = memchr::memchr(b'\n', rest).map_or(content.len(), |at| start + at + 1);
    Span { start: start as u32, end: end as u32 }
}

/// What a separator line holds that it must not.
fn refused(content: &str, line: Span) -> Option<Span> {
    let text = content.get(line.start as usize + 3..line.end as usize)?;
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed.starts_with('#') {
        return None;
    }
    let start = line.start + 3 + (text.len() - text.trim_start().len()) as u32;
    Some(Span { start, end: start + trimmed.len() as u32 })
}

/// Where the next line that begins with `---` is, or the end.
pub(crate) fn after(content: &str, from: usize) -> usize {
    let rest = content.as_bytes().get(from..).unwrap_or_default();
    memmem::find(rest, b"\n---").map_or(content.len(), |at| from + at + 1)
}
