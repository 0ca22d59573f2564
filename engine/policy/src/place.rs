//! From bytes to what a person is shown: file, line, column, and the lines around. It never shows the data of a
//! `Secret`, nor what belongs to another object on the same line.

mod line;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use sluice_manifest::{Beside, Node, Relation, Resource, Span, Text, Value};

use self::line::{Hide, Line, MASK};
use crate::{Location, Related, Rendered, Snippet};

/// Longest line that is shown, in characters.
pub(crate) const MAX_COLUMNS: usize = 240;
/// Most lines of the value itself that are shown.
const MAX_LINES: u32 = 6;
/// Bytes before a document that are looked at for what it may be the rest of; where there are more, it may be anything.
const MAX_BEFORE: usize = 64 << 10;
/// Most values of a `Secret` that are looked for in its lines. One with more shows no lines: every finding would look for
/// all of them again.
const MAX_SECRETS: usize = 1_000;
/// Most names and values of a `Secret` between which something is looked for that was not read, as with [`MAX_SECRETS`].
const MAX_READ: usize = 4 * MAX_SECRETS;
/// Secret values shorter than this are not looked for elsewhere in the text: they are everywhere.
const MIN_SECRET: usize = 4;

/// Where something stands, as a person is shown it.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub(crate) location: Location,
    pub(crate) snippet: Option<Snippet>,
    pub(crate) rendered: Option<Rendered>,
}

/// A span of an object that was rendered, for which nobody has asked yet what it was rendered from: that may take long.
#[derive(Clone, Debug)]
pub(crate) struct Unasked {
    text: Arc<Text>,
    span: Span,
    is_secret: bool,
}

impl Unasked {
    /// A span of an object; none for one that someone wrote.
    pub(crate) fn of(resource: &Resource, span: Span) -> Option<Self> {
        let text = resource.text();
        text.is_rendered().then(|| Self { text: Arc::clone(text), span, is_secret: resource.identity().is_secret() })
    }

    /// Asks.
    pub(crate) fn at(&self) -> Option<At> {
        source_of(&self.text, self.span, true, self.is_secret)
    }
}

/// A document of which not all could be read.
pub(crate) struct Unread<'t> {
    text: &'t Text,
    span: Span,
    /// Whether it may be a `Secret`, which takes a look at all of it.
    is_secret: OnceCell<bool>,
}

impl<'t> Unread<'t> {
    pub(crate) fn new(text: &'t Text, span: Span) -> Self {
        Self { text, span, is_secret: OnceCell::new() }
    }

    /// Where a span of it stands. Where it may be a `Secret`, no values are shown.
    pub(crate) fn at(&self, span: Span) -> At {
        let is_secret = *self.is_secret.get_or_init(|| may_be_secret(self.text, self.span));
        source_of(self.text, span, true, is_secret).unwrap_or_else(|| {
            let hide = if is_secret { Hide::AllValues } else { Hide::Nothing };
            let snippet = shown(self.text, span, self.span, &hide);
            At { location: location(self.text, span, true), snippet, rendered: None }
        })
    }
}

/// Where a span of an object stands: in the file it was read from, or in what it was rendered from.
pub(crate) fn of_object(resource: &Resource, span: Span, exact: bool) -> At {
    source_of(resource.text(), span, exact, resource.identity().is_secret()).unwrap_or_else(|| At {
        location: location(resource.text(), span, exact),
        snippet: snippet_of(resource, span),
        rendered: None,
    })
}

/// Where a span of a file stands from which a set should have been rendered.
pub(crate) fn of_source(text: &Text, span: Span) -> At {
    At { location: location(text, span, true), snippet: snippet(text, span, lines_of(text, span)), rendered: None }
}

/// What a span of a rendered text was rendered from; none for texts that someone wrote. Only the lines themselves are
/// shown: those around them may be about anything.
fn source_of(text: &Text, span: Span, exact: bool, is_secret: bool) -> Option<At> {
    if !text.is_rendered() {
        return None;
    }
    let place = text.place(span);
    let origin = text.origin(span);
    let relation = origin.as_ref().map_or(Relation::Near, |origin| origin.relation);
    let verbatim = exact && relation == Relation::Value;
    let related = origin.iter().flat_map(|origin| &origin.beside).map(related).collect();
    let rendered = Rendered { name: text.name().to_owned(), line: place.line, column: place.column, verbatim, related };
    let Some(origin) = origin else {
        return Some(At { location: location(text, span, false), snippet: None, rendered: Some(rendered) });
    };
    let lines = lines_of(&origin.text, origin.span);
    let hide = if is_secret { Hide::AllValues } else { Hide::Nothing };
    // A file without lines to show, such as an archive, has none.
    let snippet = shown(&origin.text, origin.span, lines, &hide).filter(|snippet| !snippet.text.is_empty());
    let location = location(&origin.text, origin.span, exact && relation != Relation::Near);
    Some(At { location, snippet, rendered: Some(rendered) })
}

fn related(beside: &Beside) -> Related {
    let location = beside.place.as_ref().map(|(text, span)| location(text, *span, beside.exact));
    Related { what: beside.what.clone(), location }
}

/// The whole lines that a span lies on.
fn lines_of(text: &Text, span: Span) -> Span {
    let content = text.as_str();
    let before = content.get(..span.start as usize).unwrap_or_default();
    let start = memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |at| at + 1);
    let rest = content.get(span.end as usize..).unwrap_or_default();
    let end = span.end as usize + memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
    Span { start: start as u32, end: end as u32 }
}

/// All of a text.
pub(crate) fn whole(text: &Text) -> Span {
    Span { start: 0, end: text.as_str().len() as u32 }
}

/// Where a span lies.
pub(crate) fn location(text: &Text, span: Span, exact: bool) -> Location {
    let place = text.place(span);
    Location {
        file: text.name().to_owned(),
        line: place.line,
        column: place.column,
        end_line: place.end_line,
        end_column: place.end_column,
        exact,
    }
}

/// One line before, the lines of the span, one line after; nothing from outside of `within`. None where the span begins
/// past what is shown of a line.
pub(crate) fn snippet(text: &Text, span: Span, within: Span) -> Option<Snippet> {
    shown(text, span, within, &Hide::Nothing)
}

/// The line of an object that a span begins on, as it may be shown, and the columns of the span in it.
pub(crate) fn line_of(resource: &Resource, span: Span, number: u32) -> (Cow<'_, str>, Option<(u32, u32)>) {
    let text = resource.text();
    let line = Line::of(text, text.line(number).unwrap_or_default(), span);
    let Some(hide) = secrets(resource) else { return (Cow::Borrowed(MASK), None) };
    let line = line.without(&hide, resource.root().span());
    let columns = line.column().map(|column| (column, line.end_column()));
    (line.text, columns)
}

/// As [`snippet`], for a value of an object.
fn snippet_of(resource: &Resource, span: Span) -> Option<Snippet> {
    let within = resource.root().span();
    shown(resource.text(), span, within, &secrets(resource)?)
}

/// Whether a document that could not be read may be a `Secret`. One that begins with a line that should separate documents
/// and does not, such as the `-----BEGIN` of a key that is not indented, may be the rest of what stands before it.
fn may_be_secret(text: &Text, within: Span) -> bool {
    let document = text.slice(within);
    // The second is how UTF-16 reads, whose other bytes are zero.
    if document.contains("Secret") || document.contains("S\0e\0c\0r\0e\0t") {
        return true;
    }
    if !document.starts_with("---") {
        return false;
    }
    let end = within.start as usize;
    let start = end.saturating_sub(MAX_BEFORE);
    let before = text.as_str().as_bytes().get(start..end).unwrap_or_default();
    start > 0 || memchr::memmem::find(before, b"Secret").is_some()
}

fn shown(text: &Text, span: Span, within: Span, hide: &Hide<'_>) -> Option<Snippet> {
    let place = text.place(span);
    // What is hidden may be longer than its mask; nothing else moves a place to the left.
    if place.column as usize > MAX_COLUMNS && matches!(hide, Hide::Nothing) {
        return None;
    }
    let bounds = text.place(within);
    // A span that ends at the start of a line has nothing in it.
    let end_line = if place.end_column == 1 { place.end_line.saturating_sub(1) } else { place.end_line };
    let last_line = end_line.clamp(place.line, place.line + MAX_LINES - 1);
    let first = place.line.saturating_sub(1).max(bounds.line).max(1);
    let last = (last_line + 1).min(bounds.end_line.max(place.line));
    let mut lines = Vec::with_capacity(4);
    let mut columns = (place.column, place.end_column);
    for number in first..=last {
        let Some(line) = text.line(number) else { break };
        let line = Line::of(text, line, span).without(hide, within);
        if number == place.line {
            columns.0 = line.column().filter(|column| *column as usize <= MAX_COLUMNS)?;
        }
        if number == place.end_line {
            columns.1 = line.end_column();
        }
        lines.push(line.text);
    }
    while lines.len() > (last_line - first + 1) as usize && lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    let moved = Some(columns).filter(|columns| *columns != (place.column, place.end_column));
    Some(Snippet { first_line: first, text: lines.join("\n"), moved })
}

/// What must not be shown of an object; none where that is too much to look for.
fn secrets(resource: &Resource) -> Option<Hide<'_>> {
    if !resource.identity().is_secret() {
        return Some(Hide::Nothing);
    }
    let mut found = (Vec::new(), Vec::new());
    for hidden in resource.hidden() {
        if hidden.entries().len() + found.0.len() > MAX_SECRETS {
            return None;
        }
        match hidden.value() {
            Value::Object(entries) => entries.for_each(|(_, value)| hide(value, &mut found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                hide(hidden, &mut found);
            }
        }
    }
    let (mut spans, values) = found;
    spans.extend(unread(resource)?);
    Some(Hide::Values { spans, values })
}

/// What stands in an object between the names and values that were read of it: members that a later one of their name replaces,
/// and comments. None where that is too much to look for.
fn unread(resource: &Resource) -> Option<Vec<Span>> {
    let (text, root) = (resource.text(), resource.root());
    let (mut pending, mut read) = (vec![root], Vec::new());
    while let Some(node) = pending.pop() {
        match node.value() {
            Value::Object(entries) => entries.for_each(|(key, value)| {
                read.push(key.span());
                pending.push(value);
            }),
            Value::Array(items) => pending.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => read.push(node.span()),
        }
        if read.len() + pending.len() > MAX_READ {
            return None;
        }
    }
    read.sort_unstable_by_key(|span| span.start);
    let end = root.span().end;
    read.push(Span { start: end, end });
    let mut at = root.span().start;
    let mut between = Vec::new();
    for span in read {
        let gap = text.slice(Span { start: at, end: span.start.max(at) });
        let Range { start, end } = unstructured(gap);
        if start < end {
            between.push(Span { start: at + start as u32, end: at + end as u32 });
        }
        at = at.max(span.end);
    }
    Some(between)
}

/// The part of a gap that may be a value or a comment: all but the marks of YAML next to what was read. A value may end with
/// such marks, so that on the right they count only on the line of what follows, where no comment is.
fn unstructured(gap: &str) -> Range<usize> {
    const BLANK: [char; 4] = [' ', '\t', '\r', '\n'];
    const FLOW: [char; 5] = [',', '{', '}', '[', ']'];
    let mut rest = gap.trim_start_matches(BLANK);
    rest = rest.strip_prefix(':').unwrap_or(rest);
    // No value without quotes starts with these, nor with a dash that a blank follows.
    loop {
        rest = rest.trim_start_matches(|c| BLANK.contains(&c) || FLOW.contains(&c));
        match rest.strip_prefix('-') {
            Some(after) if after.is_empty() || after.starts_with(BLANK) => rest = after,
            Some(_) | None => break,
        }
    }
    let start = gap.len() - rest.len();
    let (before, line) = rest.rsplit_once('\n').unwrap_or(("", rest));
    let is_mark = |c| BLANK.contains(&c) || FLOW.contains(&c) || c == ':';
    let end = match line.trim_end_matches(is_mark) {
        _ if line.contains('#') => rest,
        marks if marks.split(BLANK).all(|mark| mark.is_empty() || mark == "-") => before,
        kept => rest.get(..rest.len() - (line.len() - kept.len())).unwrap_or(rest),
    };
    start..start + end.trim_end_matches(BLANK).len()
}

fn hide<'t>(value: Node<'t>, (spans, values): &mut (Vec<Span>, Vec<&'t str>)) {
    spans.push(value.span());
    if let Some(text) = value.as_str().filter(|text| text.len() >= MIN_SECRET) {
        values.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_was_not_read_only_marks_next_to_what_was_read_are_shown() {
        for (gap, hidden) in [
            (": ", ""),
            (":\n  - - {", ""),
            ("}],\n  ", ""),
            (" {}, [", ""),
            (": \"hunter2!?$\", ", "\"hunter2!?$\""),
            (": \"!@#$%^&*\", ", "\"!@#$%^&*\","),
            (": '{[,]}', ", "'{[,]}'"),
            (":\"}\",", "\"}\""),
            (": ::!, ", "::!"),
            (": -{},-\n  ", "-{},-"),
            (": ---\n  ", "---"),
            (": |-\n    - -\n    }}\n  ", "|-\n    - -\n    }}"),
            (": {!?: '$'}, ", "!?: '$'"),
            (" # }}\n  # --\n  - {", "# }}\n  # --"),
            (" # }}", "# }}"),
            (" &! {<<: [", "&! {<<"),
            (": a\n  --, ", "a\n  --"),
        ] {
            assert_eq!(gap.get(unstructured(gap)), Some(hidden), "{gap:?}");
        }
    }
}
