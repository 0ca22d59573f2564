//! The fast way to read one document: a single pass over the bytes, straight into nodes.
//!
//! It does what manifests are made of: block mappings and lists, scalars in every style, comments, brackets and JSON.
//! Whatever else comes along (anchors, tags, tabs to indent, complex keys, equal keys, anything that is wrong) makes it
//! give up with `None`, and the complete reader does the document. So it has to be sure, never complete: every tree it
//! gives is the one that the complete reader gives, spans included.
//!
//! Long because it is one pass: its parts call each other over the same cursor.

mod bytes;
mod flow;
mod scalars;

use std::sync::Arc;

use super::Limits;
use super::resolve::{self, Scalar};
use crate::tree::{ARRAY, EXTRA, FALSE, LENGTH, MAX_LENGTH, NULL, NUMBER, OBJECT, Raw, STRING, TRUE, Tree};
use crate::{Span, Text};

/// Deeper documents, and mappings with more keys, are left to the complete reader.
const DEPTH: u32 = 100;
const KEYS: usize = 1024;
/// The start of a key and its `:` are at most 1024 characters apart.
const KEY_LENGTH: usize = 1000;

/// Buffers that serve one document after the other.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    nodes: Vec<Raw>,
    extra: String,
    hashes: Vec<u64>,
}

struct Fast<'s, 't> {
    scratch: &'s mut Scratch,
    content: &'t str,
    bytes: &'t [u8],
    depth: u32,
    most_depth: u32,
    most_nodes: usize,
    /// Where the next content begins, and how far it is indented; -1 at the end.
    at: usize,
    column: i64,
    /// End of the last value.
    end: usize,
    /// Whether a comment stood before the content.
    comment: bool,
    /// Line breaks before the content.
    breaks: usize,
}

/// A key with its `:` behind it.
#[derive(Clone, Copy)]
struct Key {
    start: usize,
    end: usize,
    quoted: bool,
    after: usize,
}

/// Where a plain scalar stops on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    Line,
    Colon(usize),
    Comment,
}

/// Reads the document in `span`, or gives up.
pub(crate) fn read(text: &Arc<Text>, span: Span, limits: &Limits, scratch: &mut Scratch) -> Option<Tree> {
    let end = span.end as usize;
    let content = text.as_str().get(..end)?;
    let start = span.start as usize;
    if end - start > MAX_LENGTH || !bytes::are_plain(content.as_bytes().get(start..)?) {
        return None;
    }
    scratch.nodes.clear();
    scratch.extra.clear();
    scratch.hashes.clear();
    let mut fast = Fast {
        scratch,
        content,
        bytes: content.as_bytes(),
        depth: 0,
        most_depth: limits.depth.min(DEPTH),
        most_nodes: limits.nodes as usize,
        at: start,
        column: 0,
        end: start,
        comment: false,
        breaks: 0,
    };
    fast.document(start)?;
    let Scratch { nodes, extra, .. } = &*scratch;
    Some(Tree { text: Arc::clone(text), nodes: nodes.clone(), extra: extra.clone(), written: Vec::new() })
}

impl Fast<'_, '_> {
    fn document(&mut self, start: usize) -> Option<()> {
        if self.bytes.get(start..)?.starts_with(b"---") {
            self.finish_line(start + 3)?;
        } else {
            self.find_content(start)?;
        }
        let first = self.byte(self.at);
        if self.column < 0 || matches!(first, b'|' | b'>') {
            return None;
        }
        self.block(-1, self.column)?;
        // A scalar alone is no manifest, and its rules at the root are odd.
        let root = self.scratch.nodes.first()?.head & crate::tree::TAG;
        (self.column < 0 && root >= ARRAY).then_some(())
    }

    /// A value that begins where it may be anything: after `- `, or on a line of its own.
    fn block(&mut self, parent: i64, column: i64) -> Option<()> {
        let start = self.at;
        match self.byte(start) {
            b'-' if self.is_dash(start)? => self.sequence(column, false),
            b'"' | b'\'' => {
                let quote = self.quoted(start)?;
                match self.colon_after(start, quote)? {
                    Some(key) => {
                        self.scratch.nodes.pop();
                        self.mapping(column, key)
                    }
                    None => self.finish_line(quote.after),
                }
            }
            b'[' | b'{' => self.flow_value(),
            b'|' | b'>' => self.block_scalar(parent),
            _ => {
                let (end, stop) = self.plain_line(start)?;
                match stop {
                    Stop::Colon(colon) => self.mapping(column, Key { start, end, quoted: false, after: colon + 1 }),
                    Stop::Line | Stop::Comment => self.plain_scalar(start, end, stop, parent),
                }
            }
        }
    }

    /// A value that begins on the line of its key.
    fn inline(&mut self, parent: i64) -> Option<()> {
        let start = self.at;
        match self.byte(start) {
            b'-' if self.is_dash(start)? => None,
            b'"' | b'\'' => {
                let quote = self.quoted(start)?;
                self.finish_line(quote.after)
            }
            b'[' | b'{' => self.flow_value(),
            b'|' | b'>' => self.block_scalar(parent),
            _ => {
                let (end, stop) = self.plain_line(start)?;
                if matches!(stop, Stop::Colon(_)) {
                    return None;
                }
                self.plain_scalar(start, end, stop, parent)
            }
        }
    }

    fn mapping(&mut self, column: i64, first: Key) -> Option<()> {
        let open = self.open(OBJECT, first.start)?;
        let hashes = self.scratch.hashes.len();
        let mut key = first;
        let mut count = 0;
        loop {
            self.key(key, hashes)?;
            count += 1;
            let after = self.skip_spaces(key.after);
            match self.byte(after) {
                b'\n' | 0 | b'#' => {
                    self.end = key.after;
                    self.finish_line(key.after)?;
                    if self.column > column {
                        self.block(column, self.column)?;
                    } else if self.column == column && self.byte(self.at) == b'-' && self.is_dash(self.at)? {
                        self.sequence(column, true)?;
                    } else {
                        self.push(NULL, key.after, key.after, 0)?;
                    }
                }
                _ => {
                    self.at = after;
                    self.inline(column)?;
                }
            }
            if self.column != column {
                break;
            }
            key = self.next_key()?;
        }
        self.scratch.hashes.truncate(hashes);
        self.close(open, count);
        (self.column < column).then_some(())
    }

    fn next_key(&mut self) -> Option<Key> {
        let start = self.at;
        match self.byte(start) {
            b'-' if self.is_dash(start)? => None,
            b'"' | b'\'' => {
                let quote = self.quoted(start)?;
                let key = self.colon_after(start, quote)?;
                self.scratch.nodes.pop();
                key
            }
            b'[' | b'{' | b'|' | b'>' => None,
            _ => {
                let (end, stop) = self.plain_line(start)?;
                let Stop::Colon(colon) = stop else { return None };
                Some(Key { start, end, quoted: false, after: colon + 1 })
            }
        }
    }

    fn key(&mut self, key: Key, hashes: usize) -> Option<()> {
        let (start, end) = if key.quoted { (key.start + 1, key.end - 1) } else { (key.start, key.end) };
        let name = self.content.get(start..end)?;
        if key.after - key.start > KEY_LENGTH || !key.quoted && (name == "<<" || !self.is_text(name)) {
            return None;
        }
        let hash = bytes::hash(name.as_bytes());
        let known = self.scratch.hashes.get(hashes..)?;
        if known.len() > KEYS || known.contains(&hash) {
            return None;
        }
        self.scratch.hashes.push(hash);
        let head = STRING | ((end - start) as u32) << LENGTH;
        self.push(head, key.start, key.end, start)
    }

    /// `bare`: as deep as the key that it belongs to.
    fn sequence(&mut self, column: i64, bare: bool) -> Option<()> {
        let open = self.open(ARRAY, self.at)?;
        let mut count = 0;
        loop {
            let dash = self.at;
            let after = self.skip_spaces(dash + 1);
            count += 1;
            match self.byte(after) {
                b'\n' | 0 | b'#' => {
                    self.end = dash + 1;
                    self.finish_line(dash + 1)?;
                    if self.column > column {
                        self.block(column, self.column)?;
                    } else {
                        self.push(NULL, dash + 1, dash + 1, 0)?;
                    }
                }
                _ => {
                    self.at = after;
                    self.block(column, column + (after - dash) as i64)?;
                }
            }
            if self.column != column {
                break;
            }
            if !(self.byte(self.at) == b'-' && self.is_dash(self.at)?) {
                if bare {
                    self.close(open, count);
                    return Some(());
                }
                return None;
            }
        }
        self.close(open, count);
        (self.column < column).then_some(())
    }

    /// From the end of a value to the next content; only blanks and a comment may follow the value.
    fn finish_line(&mut self, from: usize) -> Option<()> {
        let at = self.skip_spaces(from);
        match self.byte(at) {
            b'\n' => self.find_content(at + 1),
            0 if at >= self.bytes.len() => self.find_content(at),
            b'#' if at > from => self.find_content(self.line_end(at) + 1),
            _ => None,
        }
        .map(|()| self.breaks += 1)
    }

    /// The first content at or after the start of a line.
    fn find_content(&mut self, line: usize) -> Option<()> {
        let mut line = line;
        self.comment = false;
        self.breaks = 0;
        loop {
            let at = self.skip_spaces(line);
            match self.byte(at) {
                b'\n' => {
                    line = at + 1;
                    self.breaks += 1;
                }
                b'#' => {
                    line = self.line_end(at) + 1;
                    self.comment = true;
                }
                b'\t' => return None,
                0 => {
                    self.column = -1;
                    self.at = self.bytes.len();
                    return Some(());
                }
                byte => {
                    self.column = (at - line) as i64;
                    self.at = at;
                    let indicator = self.column == 0 && (byte == b'.' && self.line_begins(at, b"..."));
                    return (!indicator).then_some(());
                }
            }
        }
    }

    fn line_begins(&self, at: usize, with: &[u8]) -> bool {
        self.bytes.get(at..).is_some_and(|rest| rest.starts_with(with))
    }

    /// Whether the `-` here begins an item; gives up where a tab follows.
    fn is_dash(&self, at: usize) -> Option<bool> {
        match self.byte(at + 1) {
            b' ' | b'\n' | 0 => Some(true),
            b'\t' => None,
            _ => Some(false),
        }
    }

    #[inline]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    #[inline]
    fn skip_spaces(&self, from: usize) -> usize {
        let mut at = from;
        while self.byte(at) == b' ' {
            at += 1;
        }
        at
    }

    /// The line break at or after this place, or the end.
    fn line_end(&self, from: usize) -> usize {
        let rest = self.bytes.get(from..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |at| from + at)
    }

    #[inline]
    fn push(&mut self, head: u32, start: usize, end: usize, aux: usize) -> Option<()> {
        if self.scratch.nodes.len() >= self.most_nodes {
            return None;
        }
        self.scratch.nodes.push(Raw { head, start: start as u32, end: end as u32, aux: aux as u32 });
        self.end = end;
        Some(())
    }

    fn open(&mut self, tag: u32, start: usize) -> Option<usize> {
        if self.depth >= self.most_depth {
            return None;
        }
        self.depth += 1;
        let index = self.scratch.nodes.len();
        self.push(tag, start, start, 0)?;
        Some(index)
    }

    fn close(&mut self, open: usize, count: u32) {
        self.depth -= 1;
        let (next, end) = (self.scratch.nodes.len() as u32, self.end as u32);
        if let Some(raw) = self.scratch.nodes.get_mut(open) {
            raw.head |= count << LENGTH;
            raw.end = end;
            raw.aux = next;
        }
    }

    /// Whether a plain scalar is text, as nearly all are.
    #[inline]
    fn is_text(&self, text: &str) -> bool {
        match text.as_bytes() {
            [b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~', ..] => {
                text.len() > 5 || resolve::plain(text) == Scalar::Text
            }
            [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => resolve::plain(text) == Scalar::Text,
            _ => true,
        }
    }

    /// A plain scalar that stands in the source as it reads.
    fn push_plain(&mut self, start: usize, end: usize) -> Option<()> {
        let text = self.content.get(start..end)?;
        let length = (text.len() as u32) << LENGTH;
        match text.as_bytes() {
            [b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~', ..] if text.len() <= 5 => {}
            [b'1'..=b'9', rest @ ..] if rest.len() < 18 && rest.iter().all(u8::is_ascii_digit) => {
                return self.push(NUMBER | length, start, end, start);
            }
            [b'0'..=b'9' | b'+' | b'-' | b'.', ..] => {}
            _ => return self.push(STRING | length, start, end, start),
        }
        match resolve::plain(text) {
            Scalar::Null => self.push(NULL, start, end, 0),
            Scalar::Bool(false) => self.push(FALSE, start, end, 0),
            Scalar::Bool(true) => self.push(TRUE, start, end, 0),
            Scalar::Text => self.push(STRING | length, start, end, start),
            Scalar::Int(value) => self.push_number(start, end, &value.to_string()),
            Scalar::Float(value) if value.is_finite() => self.push_number(start, end, &resolve::json_float(value)),
            Scalar::Float(_) | Scalar::Uint(_) => None,
        }
    }

    fn push_number(&mut self, start: usize, end: usize, canonical: &str) -> Option<()> {
        if self.content.get(start..end)? == canonical {
            return self.push(NUMBER | (canonical.len() as u32) << LENGTH, start, end, start);
        }
        let made = self.scratch.extra.len();
        self.scratch.extra.push_str(canonical);
        self.push_made(NUMBER, start, end, made)
    }

    /// A scalar whose text was made, from `made` on.
    fn push_made(&mut self, tag: u32, start: usize, end: usize, made: usize) -> Option<()> {
        let length = (self.scratch.extra.len() - made) as u32;
        self.push(tag | EXTRA | length << LENGTH, start, end, made)
    }
}
