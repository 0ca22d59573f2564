//! Where a finding lies inside the lines that came with it. Places are what another crate said, so every one is checked:
//! what does not fall into the lines is shown without them.

use std::borrow::Cow;
use std::ops::Range;

use sluice_policy::{Location, Related, Snippet};

use crate::clean;

/// The longest object that is underlined as a whole; of a longer one, the first line is.
const MAX_LINES: u32 = 6;

/// Source lines, safe to show, and the bytes in them that a finding is about.
pub(crate) struct Marked<'a> {
    pub(crate) first_line: u32,
    pub(crate) text: Cow<'a, str>,
    pub(crate) range: Range<usize>,
    /// Whether `range` is all that the location says, and not its first line only.
    pub(crate) whole: bool,
    /// Whether the columns of `range` are not those of the file.
    pub(crate) moved: bool,
}

/// `cart.yaml:21:18`; standard input is called by its name.
pub(crate) fn words(location: &Location) -> String {
    format!("{}:{}:{}", file_name(&location.file), location.line, location.column)
}

/// `cart.yaml:21:18, the template that prints it`.
pub(crate) fn related(related: &Related) -> String {
    let place = related.location.as_ref().map(|location| format!("{}, ", words(location))).unwrap_or_default();
    format!("{place}{}", clean::line(&related.what))
}

/// What a person calls a file.
pub(crate) fn file_name(file: &str) -> Cow<'_, str> {
    if file == "-" { Cow::Borrowed("<stdin>") } else { clean::line(file) }
}

/// The place of `location` in `snippet`; none where it lies elsewhere.
pub(crate) fn mark<'a>(location: &Location, snippet: &'a Snippet) -> Option<Marked<'a>> {
    let text = clean::source(&snippet.text);
    let line_at = |line: u32| {
        let index = line.checked_sub(snippet.first_line)? as usize;
        let start = text.split_inclusive('\n').take(index).map(str::len).sum::<usize>();
        let line = text.split('\n').nth(index)?;
        Some((start, line))
    };
    let (column, end_column) = snippet.moved.unwrap_or((location.column, location.end_column));
    let (line_start, line) = line_at(location.line)?;
    // A line that was cut before the place shows nothing of it.
    let start = line_start + offset(line, column)?;
    let last = Some(location.end_line)
        .filter(|end| (location.line..location.line.saturating_add(MAX_LINES)).contains(end))
        .and_then(line_at)
        .and_then(|(last_start, last_line)| Some(last_start + offset(last_line, end_column)?));
    let whole = last.is_some();
    let end = last.unwrap_or(line_start + line.trim_end().len()).max(start);
    let range = start..trimmed(&text, start, end);
    Some(Marked { first_line: snippet.first_line, text, range, whole, moved: snippet.moved.is_some() })
}

/// The byte of a column, counted from 1 in code points; none where the line is shorter.
fn offset(line: &str, column: u32) -> Option<usize> {
    let before = column.saturating_sub(1) as usize;
    let mut starts = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    starts.nth(before)
}

/// The end without the space before it: a block ends where its last line does, not at the start of the next.
fn trimmed(text: &str, start: usize, end: usize) -> usize {
    let inside = text.get(start..end).unwrap_or_default();
    start + inside.trim_end().len()
}
