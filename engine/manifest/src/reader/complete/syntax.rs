//! A document as it is written: nodes in order, aliases and merge keys not yet expanded.

use std::collections::HashMap;

use libyaml_safer::{Event, EventData, Mark, Parser, ScalarStyle};

use super::offsets::Offsets;
use crate::reader::resolve::{self, Scalar};
use crate::reader::{Limits, Problem, tags, words};
use crate::{Span, Text};

/// One node as written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    /// Index of the node after this one and all that it holds.
    pub(crate) after: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// A scalar, with its text.
    Scalar(Scalar, Content),
    /// `<<` as a key, and the text `<<` anywhere else.
    Merge(Content),
    Sequence,
    /// Keys and values in turn.
    Mapping,
    /// The node that the alias stands for.
    Alias(u32),
}

/// Where the text of a scalar is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    Source(Span),
    Made(Span),
}

#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) nodes: Vec<Written>,
    /// Texts that do not stand in the source as they read.
    pub(crate) made: String,
    pub(crate) rest: Option<u32>,
}

struct Parse<'t> {
    text: &'t Text,
    offsets: Offsets<'t>,
    limits: &'t Limits,
    parsed: Parsed,
    open: Vec<u32>,
    anchors: HashMap<String, u32>,
    end: u32,
}

/// Parses the document in `span`. What follows it there is not looked at but for `rest`.
pub(crate) fn parse(text: &Text, span: Span, limits: &Limits) -> Result<Parsed, Problem> {
    let mut content = text.slice(span);
    let mut base = span.start as usize;
    if let Some(rest) = content.strip_prefix('\u{feff}') {
        content = rest;
        base += '\u{feff}'.len_utf8();
    }
    // Kubernetes reads line by line, and ends the last line where the file does not.
    let ended;
    let whole = if content.ends_with('\n') || content.is_empty() {
        content
    } else {
        ended = format!("{content}\n");
        &ended
    };
    let mut bytes = whole.as_bytes();
    let mut parser = Parser::new();
    parser.set_input_string(&mut bytes);
    let mut parse = Parse {
        text,
        offsets: Offsets::new(content, base),
        limits,
        parsed: Parsed::default(),
        open: Vec::new(),
        anchors: HashMap::new(),
        end: span.start,
    };
    loop {
        let event = parser.parse().map_err(|error| parse.failed(&error, span))?;
        match event.data {
            EventData::StreamEnd => break,
            EventData::DocumentEnd { .. } => {
                let end = parse.offsets.at(event.end_mark);
                parse.parsed.rest = parse.rest(end, span.end);
                break;
            }
            EventData::StreamStart { .. } | EventData::DocumentStart { .. } => {}
            EventData::Alias { .. }
            | EventData::Scalar { .. }
            | EventData::SequenceStart { .. }
            | EventData::SequenceEnd
            | EventData::MappingStart { .. }
            | EventData::MappingEnd => parse.event(event)?,
        }
    }
    Ok(parse.parsed)
}

impl Parse<'_> {
    fn event(&mut self, event: Event) -> Result<(), Problem> {
        let span = Span { start: self.offsets.at(event.start_mark), end: self.offsets.at(event.end_mark) };
        match event.data {
            EventData::Alias { anchor } => self.alias(&anchor, span),
            EventData::Scalar { anchor, tag, value, plain_implicit, style, .. } => {
                self.anchor(anchor);
                self.scalar(&value, tag.as_deref(), plain_implicit, style, span)
            }
            EventData::SequenceStart { anchor, .. } => self.open(Kind::Sequence, anchor, span),
            EventData::MappingStart { anchor, .. } => self.open(Kind::Mapping, anchor, span),
            EventData::SequenceEnd | EventData::MappingEnd => {
                self.close(span);
                Ok(())
            }
            EventData::StreamStart { .. }
            | EventData::StreamEnd
            | EventData::DocumentStart { .. }
            | EventData::DocumentEnd { .. } => Ok(()),
        }
    }

    fn open(&mut self, kind: Kind, anchor: Option<String>, span: Span) -> Result<(), Problem> {
        self.anchor(anchor);
        if self.open.len() >= self.limits.depth as usize {
            return Err(words::too_deep(self.limits.depth, span));
        }
        self.open.push(self.parsed.nodes.len() as u32);
        self.push(kind, span)
    }

    /// Block collections end where their last child does; libyaml says where the next token begins. Only a bracket has
    /// a width.
    fn close(&mut self, span: Span) {
        let Some(index) = self.open.pop() else { return };
        let after = self.parsed.nodes.len() as u32;
        let Some(node) = self.parsed.nodes.get_mut(index as usize) else { return };
        if span.end > span.start {
            self.end = span.end;
        }
        node.span.end = self.end;
        node.after = after;
    }

    fn push(&mut self, kind: Kind, span: Span) -> Result<(), Problem> {
        let after = self.parsed.nodes.len() as u32 + 1;
        if after > self.limits.nodes {
            return Err(words::too_many_nodes(self.limits.nodes, span));
        }
        self.end = span.end;
        self.parsed.nodes.push(Written { kind, span, after });
        Ok(())
    }

    fn anchor(&mut self, anchor: Option<String>) {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, self.parsed.nodes.len() as u32);
        }
    }

    fn alias(&mut self, anchor: &str, span: Span) -> Result<(), Problem> {
        let Some(target) = self.anchors.get(anchor).copied() else {
            let message = format!("`*{}` stands for nothing: no anchor `&{0}` before it", words::shorten(anchor));
            return Err(words::invalid(message, "name an anchor that is set above, or quote text that begins with `*`", span));
        };
        if self.open.contains(&target) {
            let message = format!("`*{}` stands inside the value that it stands for", words::shorten(anchor));
            return Err(words::invalid(message, "a value cannot contain itself; write it out", span));
        }
        self.push(Kind::Alias(target), span)
    }

    fn scalar(
        &mut self,
        value: &str,
        tag: Option<&str>,
        implicit: bool,
        style: ScalarStyle,
        span: Span,
    ) -> Result<(), Problem> {
        let span = self.trimmed(span, style);
        if value == "<<" && (implicit || tag == Some(tags::MERGE)) {
            let content = self.content(value, span);
            return self.push(Kind::Merge(content), span);
        }
        let (scalar, value) = match tag {
            None | Some("") if implicit => (resolve::plain(value), value.into()),
            None | Some("") => (Scalar::Text, value.into()),
            Some(tag) => tags::tagged(tag, value).map_err(|message| {
                words::invalid(message, "make the value fit its tag, or remove the tag", span)
            })?,
        };
        let content = self.content(&value, span);
        self.push(Kind::Scalar(scalar, content), span)
    }

    /// Block scalars: without the empty lines after them.
    fn trimmed(&self, span: Span, style: ScalarStyle) -> Span {
        if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return span;
        }
        let kept = self.text.slice(span).trim_end_matches([' ', '\t', '\r', '\n']).len();
        Span { start: span.start, end: span.start + kept as u32 }
    }

    fn content(&mut self, value: &str, span: Span) -> Content {
        let source = self.text.slice(span);
        if source == value {
            return Content::Source(span);
        }
        let inner = Span { start: span.start + 1, end: span.end.saturating_sub(1).max(span.start + 1) };
        if source.starts_with(['"', '\'']) && self.text.slice(inner) == value {
            return Content::Source(inner);
        }
        let start = self.parsed.made.len() as u32;
        self.parsed.made.push_str(value);
        Content::Made(Span { start, end: self.parsed.made.len() as u32 })
    }

    /// Where text begins that is not read, if what follows the end of the document is more than comments.
    fn rest(&self, end: u32, limit: u32) -> Option<u32> {
        let mut at = end;
        for line in self.text.slice(Span { start: end, end: limit }).split_inclusive('\n') {
            let content = line.trim();
            if !(content.is_empty() || content.starts_with('#') || content.starts_with("...")) {
                return Some(at + (line.len() - line.trim_start().len()) as u32);
            }
            at += line.len() as u32;
        }
        None
    }

    fn failed(&mut self, error: &libyaml_safer::Error, span: Span) -> Problem {
        let said = error.problem();
        if error.kind() == libyaml_safer::ErrorKind::Reader {
            let at = self.text.slice(span).char_indices().find(|(_, c)| is_refused(*c));
            let (at, refused) = at.unwrap_or((0, ' '));
            let start = span.start + at as u32;
            let (_, help) = words::syntax("control characters are not allowed", "");
            let message = format!("the control character U+{:04X} is not allowed", u32::from(refused));
            return words::invalid(message, help, Span { start, end: start + refused.len_utf8() as u32 });
        }
        let mark = error.problem_mark().unwrap_or_default();
        let at = self.place(said, mark, error.context_mark());
        let tab = self.text.as_str().as_bytes().get(at.start as usize) == Some(&b'\t');
        let said = if tab && said.contains("cannot start") { "found a tab character that violates indentation" } else { said };
        let (message, help) = words::syntax(said, error.context().unwrap_or_default());
        words::invalid(message, help, at)
    }

    /// Where to point: at what was opened and never closed, else at what libyaml stumbled over.
    fn place(&mut self, said: &str, mark: Mark, context: Option<Mark>) -> Span {
        let unclosed = said.contains("end of stream") || said.contains("document indicator") || said.contains("',' or");
        let mark = context.filter(|_| unclosed || said.contains("could not find")).unwrap_or(mark);
        let content = self.text.as_str();
        let start = self.offsets.at(mark);
        let width = content.get(start as usize..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Span { start, end: start + width as u32 }
    }
}

fn is_refused(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => true,
        _ => c.is_control(),
    }
}
