//! From bytes to what a person is shown: file, line, column, and the lines around. It never shows the data of a
//! `Secret`, nor what belongs to another object on the same line.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use sluice_manifest::{Beside, Node, Relation, Resource, Span, Text, Value};

use crate::{Location, Related, Rendered, Snippet};

/// Longest line that is shown, in characters.
pub(crate) const MAX_COLUMNS: usize = 240;
/// Most lines of the value itself that are shown.
const MAX_LINES: u32 = 6;
/// Bytes before a document that are looked at for what it may be the rest of; where there are more, it may be anything.
const MAX_BEFORE: usize = 64 << 10;
/// What stands in place of a value that must not be shown.
const MASK: &str = "***";
/// Most values of a `Secret` that are looked for in its lines. One with more shows no lines: every finding would look for
/// all of them again.
const MAX_SECRETS: usize = 1_000;
/// Longest line of a `Secret` that values are looked for in, in bytes; a longer one is not shown.
const MAX_SEARCHED: usize = 8 * MAX_COLUMNS;
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
            let mut snippet = snippet(self.text, span, self.span);
            if let Some(snippet) = snippet.as_mut().filter(|_| is_secret) {
                hide_values(snippet);
            }
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
    // A file without lines to show, such as an archive, has none.
    let mut snippet = snippet(&origin.text, origin.span, lines).filter(|snippet| !snippet.text.is_empty());
    if let Some(snippet) = snippet.as_mut().filter(|_| is_secret) {
        hide_values(snippet);
    }
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
    shown(text, span, within, &[], &[])
}

/// A line of an object, as it may be shown.
pub(crate) fn line_of(resource: &Resource, number: u32) -> Cow<'_, str> {
    let text = resource.text();
    let line = text.line(number).unwrap_or_default();
    let Some((spans, values)) = secrets(resource) else { return Cow::Borrowed(MASK) };
    one_line(line, offset_of(text, line), resource.root().span(), &spans, &values)
}

/// As [`snippet`], for a value of an object.
fn snippet_of(resource: &Resource, span: Span) -> Option<Snippet> {
    let within = resource.root().span();
    let (spans, values) = secrets(resource)?;
    shown(resource.text(), span, within, &spans, &values)
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

fn hide_values(snippet: &mut Snippet) {
    let lines: Vec<Cow<'_, str>> = snippet.text.split('\n').map(key_only).collect();
    snippet.text = lines.join("\n");
}

/// A line without its value, unless the value is of no interest to anyone.
fn key_only(line: &str) -> Cow<'_, str> {
    let bare = line.trim_start_matches([' ', '-']);
    if bare.is_empty() || bare.starts_with("apiVersion:") || bare.starts_with("kind:") || bare.starts_with('#') {
        return Cow::Borrowed(line);
    }
    match line.find(": ") {
        Some(colon) if !line.contains(['{', '"']) => Cow::Owned(format!("{}: {MASK}", line.get(..colon).unwrap_or(""))),
        None if line.trim_end().ends_with(':') && !line.contains(['{', '"']) => Cow::Borrowed(line),
        Some(_) | None => {
            let indent = line.len() - line.trim_start().len();
            Cow::Owned(format!("{}{MASK}", line.get(..indent).unwrap_or("")))
        }
    }
}

fn shown(text: &Text, span: Span, within: Span, hidden: &[Span], values: &[&str]) -> Option<Snippet> {
    let place = text.place(span);
    if place.column as usize > MAX_COLUMNS {
        return None;
    }
    let bounds = text.place(within);
    // A span that ends at the start of a line has nothing in it.
    let end_line = if place.end_column == 1 { place.end_line.saturating_sub(1) } else { place.end_line };
    let last_line = end_line.clamp(place.line, place.line + MAX_LINES - 1);
    let first = place.line.saturating_sub(1).max(bounds.line).max(1);
    let last = (last_line + 1).min(bounds.end_line.max(place.line));
    let mut lines = Vec::with_capacity(4);
    for number in first..=last {
        let Some(line) = text.line(number) else { break };
        let start = offset_of(text, line);
        lines.push(one_line(line, start, within, hidden, values));
    }
    while lines.len() > (last_line - first + 1) as usize && lines.last().is_some_and(|line| line.trim().is_empty()) {
        lines.pop();
    }
    Some(Snippet { first_line: first, text: lines.join("\n") })
}

/// Where a line of a text starts in it.
fn offset_of(text: &Text, line: &str) -> usize {
    (line.as_ptr() as usize).saturating_sub(text.as_str().as_ptr() as usize)
}

fn one_line<'l>(line: &'l str, start: usize, within: Span, hidden: &[Span], values: &[&str]) -> Cow<'l, str> {
    let whole_line = start..start + line.len();
    let inside = overlap(&whole_line, within);
    let foreign = |part: Option<&str>| part.is_some_and(|part| !part.bytes().all(|byte| b" -\t".contains(&byte)));
    let outside = foreign(line.get(..inside.start - start)) || foreign(line.get(inside.end - start..));
    let mut masks: Vec<Range<usize>> = hidden
        .iter()
        .map(|span| overlap(&whole_line, *span))
        .filter(|range| !range.is_empty())
        .map(|range| range.start - start..range.end - start)
        .collect();
    masks.sort_unstable_by_key(|mask| mask.start);
    let mut out = if masks.is_empty() && !outside {
        Cow::Borrowed(line)
    } else {
        Cow::Owned(masked(line, masks, inside.start - start..inside.end - start))
    };
    if !values.is_empty() && out.len() > MAX_SEARCHED {
        return Cow::Borrowed(MASK);
    }
    for value in values {
        if out.contains(value) {
            out = Cow::Owned(out.replace(value, MASK));
        }
    }
    match out.char_indices().nth(MAX_COLUMNS) {
        Some((cut, _)) => Cow::Owned(out.get(..cut).unwrap_or_default().to_owned()),
        None => out,
    }
}

/// The part of a line that lies in a span; empty, at its start or its end, where none does.
fn overlap(line: &Range<usize>, span: Span) -> Range<usize> {
    let start = (span.start as usize).clamp(line.start, line.end);
    start..(span.end as usize).clamp(start, line.end)
}

/// A line without what lies in the masks, which are in order, and blank where it is not inside.
fn masked(line: &str, masks: Vec<Range<usize>>, inside: Range<usize>) -> String {
    let mut out = String::with_capacity(line.len().min(MAX_COLUMNS * 4));
    let mut masks = masks.into_iter().peekable();
    let mut at = 0;
    while let Some(c) = line.get(at..).and_then(|rest| rest.chars().next()).filter(|_| out.len() <= MAX_COLUMNS * 4) {
        let mut end = at;
        while let Some(mask) = masks.next_if(|mask| mask.start <= at) {
            end = end.max(mask.end);
        }
        if end > at {
            out.push_str(MASK);
            at = end;
            continue;
        }
        out.push(if inside.contains(&at) || c.is_whitespace() { c } else { ' ' });
        at += c.len_utf8();
    }
    out.truncate(out.trim_end().len());
    out
}

/// The spans and the values of all that must not be shown of an object; none where they are too many to look for.
fn secrets(resource: &Resource) -> Option<(Vec<Span>, Vec<&str>)> {
    if !resource.identity().is_secret() {
        return Some((Vec::new(), Vec::new()));
    }
    let root = resource.root();
    let mut found = (Vec::new(), Vec::new());
    for field in ["data", "stringData"] {
        let Some(members) = root.get(field) else { continue };
        if members.entries().len() > MAX_SECRETS {
            return None;
        }
        match members.value() {
            Value::Object(entries) => entries.for_each(|(_, value)| hide(value, &mut found)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                hide(members, &mut found);
            }
        }
    }
    // Where `kubectl apply` keeps a copy of the whole object.
    if let Some(copy) = root.at("/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration") {
        hide(copy, &mut found);
    }
    Some(found)
}

fn hide<'t>(value: Node<'t>, (spans, values): &mut (Vec<Span>, Vec<&'t str>)) {
    spans.push(value.span());
    if let Some(text) = value.as_str().filter(|text| text.len() >= MIN_SECRET) {
        values.push(text);
    }
}
