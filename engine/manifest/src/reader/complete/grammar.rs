//! Tokens into nodes: which token may follow which. The depth of recursion is bounded by the limits.

#![expect(clippy::wildcard_enum_match_arm, reason = "any token but the expected ones is handled alike")]

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::scanner::{Fault, Lexeme, Scanner, Style, Token};
use super::syntax::{Content, Kind, Parsed, Properties, Syntax};
use crate::reader::words::{self, Wrong};
use crate::reader::{Limits, Problem};
use crate::{Span, Text};

const DEFAULT_PREFIX: &str = "tag:yaml.org,2002:";

struct Grammar<'t> {
    scanner: Scanner<'t>,
    syntax: Syntax<'t>,
    limits: &'t Limits,
    /// Handles that the document declares, with their prefixes.
    handles: HashMap<String, String>,
    /// Bytes of the tags that declared handles stand for, which they can repeat without end.
    tagged: usize,
    depth: u32,
}

/// Parses the document in `span`.
pub(crate) fn parse(text: &Text, span: Span, limits: &Limits) -> Result<Parsed, Problem> {
    let mut content = text.slice(span);
    let mut base = span.start;
    if let Some(rest) = content.strip_prefix('\u{feff}') {
        base += '\u{feff}'.len_utf8() as u32;
        content = rest;
    }
    if let Some((at, found)) = refused_character(content) {
        let start = base + at as u32;
        return Err(words::control_character(found, Span { start, end: start + found.len_utf8() as u32 }));
    }
    let mut grammar = Grammar {
        scanner: Scanner::new(content, base),
        syntax: Syntax::new(text, limits),
        limits,
        handles: HashMap::new(),
        tagged: 0,
        depth: 0,
    };
    let rest = grammar.document()?;
    let mut parsed = grammar.syntax.finish(grammar.scanner.made);
    parsed.rest = rest.and_then(|end| unread(text, Span { start: end, end: span.end }));
    Ok(parsed)
}

/// The first character that YAML does not allow.
fn refused_character(content: &str) -> Option<(usize, char)> {
    let plain = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7E);
    if content.as_bytes().iter().all(plain) {
        return None;
    }
    content.char_indices().find(|(_, c)| match c {
        '\t' | '\n' | '\r' | '\u{85}' => false,
        '\u{fffe}' | '\u{ffff}' => true,
        _ => c.is_control(),
    })
}

/// Where text begins that is not read, if what follows the end of the document is more than comments.
fn unread(text: &Text, span: Span) -> Option<u32> {
    let mut at = span.start;
    for line in text.slice(span).split_inclusive('\n') {
        let content = line.trim();
        if !(content.is_empty() || content.starts_with('#') || content == "...") {
            return Some(at + (line.len() - line.trim_start().len()) as u32);
        }
        at += line.len() as u32;
    }
    None
}

impl Grammar<'_> {
    fn peek(&mut self) -> Result<Token, Problem> {
        self.scanner.peek().map_err(|fault| self.syntax.problem(fault))
    }

    fn fault<T>(&self, wrong: Wrong, at: u32) -> Result<T, Problem> {
        Err(self.syntax.problem(Fault { wrong, at }))
    }

    /// Reads one document; gives its end, unless there is none.
    fn document(&mut self) -> Result<Option<u32>, Problem> {
        let directives = self.directives()?;
        let token = self.peek()?;
        if token.lexeme == Lexeme::DocumentStart {
            self.scanner.skip();
            let next = self.peek()?;
            match next.lexeme {
                Lexeme::Version(_)
                | Lexeme::TagDirective(_)
                | Lexeme::DocumentStart
                | Lexeme::DocumentEnd
                | Lexeme::End => self.empty(next.span.start)?,
                _ => self.node(true, false)?,
            }
        } else if directives {
            return self.fault(Wrong::NoDocument, token.span.start);
        } else if token.lexeme == Lexeme::End {
            return Ok(None);
        } else {
            self.node(true, false)?;
        }
        let end = self.peek()?;
        Ok(Some(if end.lexeme == Lexeme::DocumentEnd { end.span.end } else { end.span.start }))
    }

    fn directives(&mut self) -> Result<bool, Problem> {
        let mut version = false;
        let mut any = false;
        loop {
            let token = self.peek()?;
            match token.lexeme {
                Lexeme::Version(known) => {
                    if version {
                        return self.fault(Wrong::Directive, token.span.start);
                    }
                    if !known {
                        return self.fault(Wrong::Version, token.span.start);
                    }
                    version = true;
                }
                Lexeme::TagDirective(index) => {
                    let (handle, prefix) = self.scanner.tags.get(index as usize).cloned().unwrap_or_default();
                    let Entry::Vacant(place) = self.handles.entry(handle) else {
                        return self.fault(Wrong::Directive, token.span.start);
                    };
                    place.insert(prefix);
                }
                _ => return Ok(any),
            }
            any = true;
            self.scanner.skip();
        }
    }

    /// A node with its anchor and tag; `bare_list` where a list may stand as deep as its key.
    fn node(&mut self, block: bool, bare_list: bool) -> Result<(), Problem> {
        let first = self.peek()?;
        if first.lexeme == Lexeme::Alias {
            self.scanner.skip();
            return self.syntax.alias(first.span);
        }
        let mut properties = Properties::default();
        let mut end = first.span.start;
        let mut any = false;
        loop {
            let token = self.peek()?;
            match token.lexeme {
                Lexeme::Anchor if properties.anchor.is_none() => properties.anchor = Some(token.span),
                Lexeme::Tag(index) if properties.tag.is_none() => {
                    properties.tag = Some(self.tag(index, token.span)?);
                }
                _ => break,
            }
            any = true;
            end = token.span.end;
            self.scanner.skip();
        }
        let token = self.peek()?;
        let start = if any { first.span.start } else { token.span.start };
        match token.lexeme {
            Lexeme::Dash if bare_list => self.collection(Kind::Sequence, properties, start, Self::bare_list),
            Lexeme::Scalar(style, content) => {
                self.scanner.skip();
                let span = Span { start, end: token.span.end };
                self.syntax.scalar(&self.scanner.made, content, style, properties, span)
            }
            Lexeme::FlowSequence => self.collection(Kind::Sequence, properties, start, Self::flow_sequence),
            Lexeme::FlowMapping => self.collection(Kind::Mapping, properties, start, Self::flow_mapping),
            Lexeme::BlockSequence if block => self.collection(Kind::Sequence, properties, start, Self::block_sequence),
            Lexeme::BlockMapping if block => self.collection(Kind::Mapping, properties, start, Self::block_mapping),
            _ if any => {
                let nothing = Content::Source(Span { start: end, end });
                self.syntax.scalar("", nothing, Style::Plain, properties, Span { start, end })
            }
            _ => self.fault(Wrong::NoValue, token.span.start),
        }
    }

    fn tag(&mut self, index: u32, span: Span) -> Result<String, Problem> {
        let (handle, suffix) = self.scanner.tags.get(index as usize).cloned().unwrap_or_default();
        if handle.is_empty() {
            return Ok(suffix);
        }
        match (self.handles.get(&handle), handle.as_str()) {
            (Some(prefix), _) => {
                self.tagged += prefix.len();
                if self.tagged > self.limits.bytes as usize {
                    return Err(words::too_large(self.tagged, self.limits.bytes, span));
                }
                Ok(format!("{prefix}{suffix}"))
            }
            (None, "!") => Ok(format!("!{suffix}")),
            (None, "!!") => Ok(format!("{DEFAULT_PREFIX}{suffix}")),
            (None, _) => self.fault(Wrong::TagHandle, span.start),
        }
    }

    fn collection(
        &mut self,
        kind: Kind,
        properties: Properties,
        start: u32,
        content: impl Fn(&mut Self, u32) -> Result<Option<u32>, Problem>,
    ) -> Result<(), Problem> {
        let here = Span { start, end: start + 1 };
        if self.depth >= self.limits.depth {
            return Err(words::too_deep(self.limits.depth, here));
        }
        self.depth += 1;
        let open = self.syntax.open(kind, properties, here)?;
        let end = content(self, start)?;
        self.syntax.close(open, end);
        self.depth -= 1;
        Ok(())
    }

    fn empty(&mut self, at: u32) -> Result<(), Problem> {
        let span = Span { start: at, end: at };
        self.syntax.scalar("", Content::Source(span), Style::Plain, Properties::default(), span)
    }

    fn block_sequence(&mut self, _: u32) -> Result<Option<u32>, Problem> {
        self.scanner.skip();
        loop {
            let token = self.peek()?;
            match token.lexeme {
                Lexeme::Dash => {
                    self.scanner.skip();
                    match self.peek()?.lexeme {
                        Lexeme::Dash | Lexeme::BlockEnd => self.empty(token.span.end)?,
                        _ => self.node(true, false)?,
                    }
                }
                Lexeme::BlockEnd => {
                    self.scanner.skip();
                    return Ok(None);
                }
                _ => return self.fault(Wrong::NoDash, token.span.start),
            }
        }
    }

    /// A list as deep as the key that it belongs to.
    fn bare_list(&mut self, _: u32) -> Result<Option<u32>, Problem> {
        loop {
            let token = self.peek()?;
            if token.lexeme != Lexeme::Dash {
                return Ok(None);
            }
            self.scanner.skip();
            match self.peek()?.lexeme {
                Lexeme::Dash | Lexeme::Key | Lexeme::Value | Lexeme::BlockEnd => self.empty(token.span.end)?,
                _ => self.node(true, false)?,
            }
        }
    }

    fn block_mapping(&mut self, _: u32) -> Result<Option<u32>, Problem> {
        self.scanner.skip();
        loop {
            let token = self.peek()?;
            match token.lexeme {
                Lexeme::Key => {
                    self.scanner.skip();
                    self.block_member(token.span.end)?;
                }
                Lexeme::BlockEnd => {
                    self.scanner.skip();
                    return Ok(None);
                }
                _ => return self.fault(Wrong::NoKey, token.span.start),
            }
            let token = self.peek()?;
            if token.lexeme == Lexeme::Value {
                self.scanner.skip();
                self.block_member(token.span.end)?;
            } else {
                self.empty(token.span.start)?;
            }
        }
    }

    /// A key or a value of a block mapping, which may be nothing.
    fn block_member(&mut self, at: u32) -> Result<(), Problem> {
        match self.peek()?.lexeme {
            Lexeme::Key | Lexeme::Value | Lexeme::BlockEnd => self.empty(at),
            _ => self.node(true, true),
        }
    }

    fn flow_sequence(&mut self, start: u32) -> Result<Option<u32>, Problem> {
        self.scanner.skip();
        let mut first = true;
        loop {
            let mut token = self.peek()?;
            if !first && token.lexeme != Lexeme::FlowSequenceEnd {
                if token.lexeme != Lexeme::Comma {
                    return self.fault(Wrong::OpenList, start);
                }
                self.scanner.skip();
                token = self.peek()?;
            }
            match token.lexeme {
                Lexeme::FlowSequenceEnd => {
                    self.scanner.skip();
                    return Ok(Some(token.span.end));
                }
                Lexeme::Key => {
                    self.scanner.skip();
                    self.collection(Kind::Mapping, Properties::default(), token.span.start, Self::flow_pair)?;
                }
                _ => self.node(false, false)?,
            }
            first = false;
        }
    }

    /// `[key: value]`: a mapping of one member without brackets.
    fn flow_pair(&mut self, _: u32) -> Result<Option<u32>, Problem> {
        let token = self.peek()?;
        match token.lexeme {
            Lexeme::Value | Lexeme::Comma | Lexeme::FlowSequenceEnd => {
                self.scanner.skip();
                self.empty(token.span.end)?;
            }
            _ => self.node(false, false)?,
        }
        self.flow_value(Lexeme::FlowSequenceEnd)?;
        Ok(None)
    }

    fn flow_mapping(&mut self, start: u32) -> Result<Option<u32>, Problem> {
        self.scanner.skip();
        let mut first = true;
        loop {
            let mut token = self.peek()?;
            if !first && token.lexeme != Lexeme::FlowMappingEnd {
                if token.lexeme != Lexeme::Comma {
                    return self.fault(Wrong::OpenMapping, start);
                }
                self.scanner.skip();
                token = self.peek()?;
            }
            match token.lexeme {
                Lexeme::FlowMappingEnd => {
                    self.scanner.skip();
                    return Ok(Some(token.span.end));
                }
                Lexeme::Key => {
                    self.scanner.skip();
                    let token = self.peek()?;
                    match token.lexeme {
                        Lexeme::Value | Lexeme::Comma | Lexeme::FlowMappingEnd => self.empty(token.span.start)?,
                        _ => self.node(false, false)?,
                    }
                    self.flow_value(Lexeme::FlowMappingEnd)?;
                }
                _ => {
                    self.node(false, false)?;
                    let at = self.peek()?.span.start;
                    self.empty(at)?;
                }
            }
            first = false;
        }
    }

    /// The value after a key in brackets, or nothing.
    fn flow_value(&mut self, end: Lexeme) -> Result<(), Problem> {
        let mut token = self.peek()?;
        if token.lexeme == Lexeme::Value {
            self.scanner.skip();
            token = self.peek()?;
            if token.lexeme != Lexeme::Comma && token.lexeme != end {
                return self.node(false, false);
            }
        }
        self.empty(token.span.start)
    }
}
