//! A line of a file as it may be shown: without what is hidden, and cut where it is long. It keeps in sight the part that
//! a finding is about, which moves where something longer or shorter stands before it.

use std::borrow::Cow;
use std::ops::Range;

use sluice_manifest::{Span, Text};

use super::MAX_COLUMNS;

/// What stands in place of a value that must not be shown.
pub(super) const MASK: &str = "***";
/// Longest line of a `Secret` that values are looked for in, in bytes; a longer one is not shown.
const MAX_SEARCHED: usize = 8 * MAX_COLUMNS;
/// Longest text that is made of a line with something hidden in it, in bytes: enough for the columns that are shown.
const MAX_MASKED: usize = 4 * MAX_COLUMNS;

/// What must not be shown of lines.
#[derive(Debug)]
pub(super) enum Hide<'t> {
    Nothing,
    /// What stands at `spans`, and `values` wherever they stand.
    Values {
        spans: Vec<Span>,
        values: Vec<&'t str>,
    },
    /// Whatever may be a value: nobody knows which are.
    AllValues,
}

/// A line of a text.
#[derive(Debug)]
pub(super) struct Line<'l> {
    pub(super) text: Cow<'l, str>,
    /// The bytes of it that a finding is about; past its end where they are cut off.
    part: Range<usize>,
    /// Where it starts in its text.
    start: usize,
}

impl<'l> Line<'l> {
    /// A line as it stands in its text, with the part that lies in a span.
    pub(super) fn of(text: &Text, line: &'l str, span: Span) -> Self {
        let start = (line.as_ptr() as usize).saturating_sub(text.as_str().as_ptr() as usize);
        let part = within_line(&(start..start + line.len()), span);
        Self { text: Cow::Borrowed(line), part, start }
    }

    /// The column of the part, from 1; none where it is cut off.
    pub(super) fn column(&self) -> Option<u32> {
        column(&self.text, self.part.start)
    }

    /// The column after the part; past the end of the line where that is cut off.
    pub(super) fn end_column(&self) -> u32 {
        column(&self.text, self.part.end).unwrap_or_else(|| self.text.chars().count() as u32 + 2)
    }

    /// The line without what is hidden, blank where it is not within a span, and no longer than is shown.
    pub(super) fn without(self, hide: &Hide<'_>, within: Span) -> Self {
        match hide {
            Hide::Nothing => self.masked(&[], within).cut(),
            Hide::AllValues => self.masked(&[], within).cut().key_only(),
            Hide::Values { spans, values } => {
                let line = self.masked(spans, within);
                if !values.is_empty() && line.text.len() > MAX_SEARCHED {
                    return Self { text: Cow::Borrowed(MASK), part: 0..MASK.len(), start: line.start };
                }
                values.iter().fold(line, |line, value| line.replaced(value)).cut()
            }
        }
    }

    /// The line as far as it is shown.
    fn cut(self) -> Self {
        let cut = self.text.char_indices().nth(MAX_COLUMNS).map(|(cut, _)| cut);
        let Some(cut) = cut else { return self };
        Self { text: Cow::Owned(self.text.get(..cut).unwrap_or_default().to_owned()), ..self }
    }

    /// The line without what lies in spans, and blank where it is not within one.
    fn masked(self, hidden: &[Span], within: Span) -> Self {
        let whole_line = self.start..self.start + self.text.len();
        let inside = within_line(&whole_line, within);
        let foreign = |part: Option<&str>| part.is_some_and(|part| !part.bytes().all(|byte| b" -\t".contains(&byte)));
        let outside = foreign(self.text.get(..inside.start)) || foreign(self.text.get(inside.end..));
        let masks = hidden.iter().map(|span| within_line(&whole_line, *span));
        let mut masks: Vec<Range<usize>> = masks.filter(|range| !range.is_empty()).collect();
        if masks.is_empty() && !outside {
            return self;
        }
        masks.sort_unstable_by_key(|mask| mask.start);
        let mut masks = masks.into_iter().peekable();
        let mut out = String::with_capacity(self.text.len().min(MAX_MASKED));
        let mut part = usize::MAX..usize::MAX;
        let mut at = 0;
        while let Some(c) = self.text.get(at..).and_then(|rest| rest.chars().next()) {
            if out.len() > MAX_MASKED {
                break;
            }
            let before = out.len();
            let mut next = at;
            while let Some(mask) = masks.next_if(|mask| mask.start <= at) {
                next = next.max(mask.end);
            }
            if next > at {
                out.push_str(MASK);
            } else {
                out.push(if inside.contains(&at) || c.is_whitespace() { c } else { ' ' });
                next = at + c.len_utf8();
            }
            if (at..next).contains(&self.part.start) {
                part.start = before;
            }
            if (at..next).contains(&self.part.end.saturating_sub(1)) {
                part.end = out.len();
            }
            at = next;
        }
        // A part of nothing, and one at the end of the line.
        if self.part.start == at {
            part.start = out.len();
        }
        if self.part.is_empty() {
            part.end = part.start;
        }
        out.truncate(out.trim_end().len());
        Self { text: Cow::Owned(out), part, start: self.start }
    }

    /// The line with a mask for each place where a value stands.
    fn replaced(self, value: &str) -> Self {
        if value.is_empty() || !self.text.contains(value) {
            return self;
        }
        let moved = |at: usize, inside: usize| {
            let found = self.text.match_indices(value).map(|(start, _)| start);
            let before = found.take_while(|start| *start < at);
            before.fold(at, |moved, start| {
                // What ends in the value ends with the mask, what starts in it starts with it.
                let passed = (at - start).min(value.len());
                let mask = if passed == value.len() { MASK.len() } else { inside };
                moved.saturating_sub(passed) + mask
            })
        };
        let part = moved(self.part.start, 0)..moved(self.part.end, MASK.len());
        Self { part, text: Cow::Owned(self.text.replace(value, MASK)), start: self.start }
    }

    /// The line without its value, unless the value is of no interest to anyone.
    fn key_only(self) -> Self {
        let line = &*self.text;
        let bare = line.trim_start_matches([' ', '-']);
        if bare.is_empty() || bare.starts_with("apiVersion:") || bare.starts_with("kind:") || bare.starts_with('#') {
            return self;
        }
        let kept = match line.find(": ") {
            Some(colon) if !line.contains(['{', '"']) => colon + 2,
            None if line.trim_end().ends_with(':') && !line.contains(['{', '"']) => return self,
            Some(_) | None => line.len() - line.trim_start().len(),
        };
        let text = format!("{}{MASK}", line.get(..kept).unwrap_or_default());
        let end = if self.part.end > kept { text.len() } else { self.part.end };
        Self { part: self.part.start.min(kept)..end, text: Cow::Owned(text), start: self.start }
    }
}

/// The part of a line that lies in a span, from the start of the line; empty, at its start or its end, where none does.
fn within_line(line: &Range<usize>, span: Span) -> Range<usize> {
    let start = (span.start as usize).clamp(line.start, line.end);
    let end = (span.end as usize).clamp(start, line.end);
    start - line.start..end - line.start
}

/// The column of a byte, from 1, in code points; none past the end.
fn column(line: &str, at: usize) -> Option<u32> {
    line.get(..at).map(|before| before.chars().count() as u32 + 1)
}
