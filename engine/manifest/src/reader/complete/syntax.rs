//! A document as it is written: nodes in order, aliases and merge keys not yet expanded.

use std::collections::HashMap;

use super::scanner::{Fault, Style};
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

/// Where the text of a scalar is: in the source, or among the texts that had to be made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Content {
    Source(Span),
    Made(Span),
}

/// What stands before a node.
#[derive(Debug, Default)]
pub(crate) struct Properties {
    pub(crate) anchor: Option<Span>,
    pub(crate) tag: Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) nodes: Vec<Written>,
    /// Texts that do not stand in the source as they read.
    pub(crate) made: String,
    pub(crate) rest: Option<u32>,
}

/// Collects the nodes of a document.
pub(crate) struct Syntax<'t> {
    text: &'t Text,
    limits: &'t Limits,
    nodes: Vec<Written>,
    /// Texts that tags made; what the scanner made comes before them.
    decoded: Vec<(u32, String)>,
    open: Vec<u32>,
    anchors: HashMap<&'t str, u32>,
    end: u32,
}

impl<'t> Syntax<'t> {
    pub(crate) fn new(text: &'t Text, limits: &'t Limits) -> Self {
        let (nodes, decoded, open) = (Vec::new(), Vec::new(), Vec::new());
        Self { text, limits, nodes, decoded, open, anchors: HashMap::new(), end: 0 }
    }

    pub(crate) fn finish(mut self, made: String) -> Parsed {
        let mut made = made;
        for (index, text) in self.decoded {
            let start = made.len() as u32;
            made.push_str(&text);
            if let Some(Written { kind: Kind::Scalar(_, content), .. }) = self.nodes.get_mut(index as usize) {
                *content = Content::Made(Span { start, end: made.len() as u32 });
            }
        }
        Parsed { nodes: self.nodes, made, rest: None }
    }

    pub(crate) fn problem(&self, fault: Fault) -> Problem {
        let (message, help) = fault.wrong.words();
        let rest = self.text.as_str().get(fault.at as usize..);
        let width = rest.and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        words::invalid(message, help, Span { start: fault.at, end: fault.at + width as u32 })
    }

    /// Opens a collection; the result goes to [`Self::close`].
    pub(crate) fn open(&mut self, kind: Kind, properties: Properties, span: Span) -> Result<u32, Problem> {
        let index = self.nodes.len() as u32;
        self.anchor(properties.anchor);
        self.open.push(index);
        self.push(kind, span)?;
        Ok(index)
    }

    /// A collection in brackets ends at its bracket, any other where its last child does.
    pub(crate) fn close(&mut self, index: u32, end: Option<u32>) {
        self.open.pop();
        self.end = end.unwrap_or(self.end);
        let after = self.nodes.len() as u32;
        if let Some(node) = self.nodes.get_mut(index as usize) {
            node.span.end = self.end;
            node.after = after;
        }
    }

    pub(crate) fn alias(&mut self, span: Span) -> Result<(), Problem> {
        let text = self.text;
        let name = text.slice(Span { start: span.start + 1, end: span.end });
        let Some(target) = self.anchors.get(name).copied() else {
            let help = "name an anchor that is set above, or quote text that begins with `*`";
            let message = "an alias stands for nothing: there is no anchor of its name before it";
            return Err(words::invalid(message, help, span));
        };
        if self.open.binary_search(&target).is_ok() {
            let message = "an alias stands inside the value that it stands for";
            return Err(words::invalid(message, "a value cannot contain itself; write it out", span));
        }
        self.push(Kind::Alias(target), span)
    }

    pub(crate) fn scalar(
        &mut self,
        made: &str,
        content: Content,
        style: Style,
        properties: Properties,
        span: Span,
    ) -> Result<(), Problem> {
        let text = self.text;
        let value = match content {
            Content::Source(at) => text.slice(at),
            Content::Made(at) => made.get(at.start as usize..at.end as usize).unwrap_or_default(),
        };
        self.anchor(properties.anchor);
        let tag = properties.tag.as_deref();
        let implicit = tag == Some("!") || tag.is_none() && style == Style::Plain;
        if value == "<<" && (implicit || tag == Some(tags::MERGE)) {
            return self.push(Kind::Merge(content), span);
        }
        let scalar = match tag {
            None if implicit => resolve::plain(value),
            None => Scalar::Text,
            Some(tag) => {
                let (scalar, decoded) = tags::tagged(tag, value).map_err(|message| {
                    words::invalid(message, "make the value fit its tag, or remove the tag", span)
                })?;
                if decoded != value {
                    self.decoded.push((self.nodes.len() as u32, decoded.into_owned()));
                }
                scalar
            }
        };
        self.push(Kind::Scalar(scalar, content), span)
    }

    fn push(&mut self, kind: Kind, span: Span) -> Result<(), Problem> {
        let after = self.nodes.len() as u32 + 1;
        if after > self.limits.nodes {
            return Err(words::too_many_nodes(self.limits.nodes, span));
        }
        self.end = span.end;
        self.nodes.push(Written { kind, span, after });
        Ok(())
    }

    fn anchor(&mut self, anchor: Option<Span>) {
        let text = self.text;
        if let Some(span) = anchor {
            let name = text.slice(Span { start: span.start + 1, end: span.end });
            self.anchors.insert(name, self.nodes.len() as u32);
        }
    }
}
