//! Trees as JSON text and JSON text as trees.
//!
//! Members keep the order of the document, numbers their digits. Nothing here recurses: nesting costs heap, not stack
//! (but for [`Node::to_value`], whose result is nested by itself).

use std::sync::Arc;

pub(crate) mod parse;

use crate::tree::{ARRAY, FALSE, LENGTH, NUMBER, OBJECT, STRING, TAG, TRUE};
use crate::{Node, Span, Text, Tree, Value};

/// Why a text is not a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the JSON text {message}, at byte {offset}")]
pub struct JsonError {
    pub(crate) message: &'static str,
    pub(crate) offset: usize,
}

impl JsonError {
    /// The byte of the text where reading ended.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl Tree {
    /// Reads JSON text into a tree whose nodes all carry `span`, a place in `text`: a value that does not stand in the
    /// source, such as one that a patch writes.
    ///
    /// # Errors
    /// Where the text is no JSON value (RFC 8259), repeats a key within an object, or is nested deeper than 1,000 levels.
    pub fn from_json(text: Arc<Text>, span: Span, json: &str) -> Result<Self, JsonError> {
        let mut tree = Self { text, nodes: Vec::new(), extra: String::new(), written: Vec::new() };
        parse::append(&mut tree, span, json)?;
        Ok(tree)
    }
}

impl Node<'_> {
    /// Appends the value as compact JSON, members in document order.
    pub fn write_json(self, out: &mut String) {
        write(self, out, Layout::Compact);
    }

    /// The value as compact JSON, members in document order.
    #[must_use]
    pub fn to_json(self) -> String {
        let mut out = String::new();
        self.write_json(&mut out);
        out
    }

    /// Appends the value as JSON over several lines, indented by two spaces, without a line break at the end.
    pub fn write_json_pretty(self, out: &mut String) {
        write(self, out, Layout::Pretty);
    }

    /// The value as `serde_json` has it. Integers of 64 bits are exact; other numbers are the nearest 64-bit float,
    /// and those too large for one the largest.
    #[must_use]
    pub fn to_value(self) -> serde_json::Value {
        match self.value() {
            Value::Null => serde_json::Value::Null,
            Value::Bool(bool) => bool.into(),
            Value::Number(text) => number(text),
            Value::String(text) => text.into(),
            Value::Array(items) => items.map(Node::to_value).collect(),
            Value::Object(entries) => {
                let members = entries.map(|(key, value)| (key.as_str().unwrap_or_default().into(), value.to_value()));
                serde_json::Value::Object(members.collect())
            }
        }
    }
}

fn number(text: &str) -> serde_json::Value {
    if let Ok(integer) = text.parse::<i64>() {
        return integer.into();
    }
    if let Ok(integer) = text.parse::<u64>() {
        return integer.into();
    }
    text.parse::<f64>().unwrap_or_default().clamp(f64::MIN, f64::MAX).into()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Compact,
    Pretty,
}

/// A collection that is being written.
#[derive(Clone, Copy)]
struct Open {
    /// Nodes still to come: elements, or keys and values.
    left: u32,
    object: bool,
    first: bool,
}

fn write(node: Node<'_>, out: &mut String, layout: Layout) {
    let tree = node.tree;
    let range = node.index as usize..tree.after(node.index) as usize;
    let nodes = tree.nodes.get(range).unwrap_or_default();
    out.reserve(nodes.len() * 16);
    let mut open: Vec<Open> = Vec::new();
    let mut top = Open { left: 1, object: false, first: true };
    for raw in nodes {
        let is_value = top.object && top.left % 2 == 1;
        match layout {
            Layout::Compact if is_value => out.push(':'),
            Layout::Pretty if is_value => out.push_str(": "),
            Layout::Compact | Layout::Pretty => {
                if !top.first {
                    out.push(',');
                }
                if layout == Layout::Pretty && !open.is_empty() {
                    indent(out, open.len());
                }
            }
        }
        top.first = false;
        top.left = top.left.saturating_sub(1);
        let length = raw.head >> LENGTH;
        match raw.head & TAG {
            FALSE => out.push_str("false"),
            TRUE => out.push_str("true"),
            NUMBER => out.push_str(tree.text_of(*raw)),
            STRING => write_string(out, tree.text_of(*raw)),
            ARRAY if length == 0 => out.push_str("[]"),
            OBJECT if length == 0 => out.push_str("{}"),
            ARRAY => {
                out.push('[');
                open.push(top);
                top = Open { left: length, object: false, first: true };
            }
            OBJECT => {
                out.push('{');
                open.push(top);
                top = Open { left: length * 2, object: true, first: true };
            }
            _ => out.push_str("null"),
        }
        while top.left == 0 {
            let Some(outer) = open.pop() else { break };
            if layout == Layout::Pretty {
                indent(out, open.len());
            }
            out.push(if top.object { '}' } else { ']' });
            top = outer;
        }
    }
}

fn indent(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}

/// Appends a string in double quotes, with the escapes that JSON demands and no others.
pub(crate) fn write_string(out: &mut String, text: &str) {
    out.reserve(text.len() + 2);
    out.push('"');
    let mut rest = text;
    while let Some(at) = first_escape(rest.as_bytes()) {
        let (plain, escaped) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = escaped.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\u{8}') => out.push_str("\\b"),
            Some('\u{c}') => out.push_str("\\f"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(other) => {
                let hex = |digit: u32| char::from_digit(digit & 15, 16).unwrap_or('0');
                out.push_str("\\u00");
                out.push(hex(other as u32 >> 4));
                out.push(hex(other as u32));
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

/// Where the first byte stands that a JSON string must escape. Eight bytes at a time: nearly no string has one.
fn first_escape(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    if let Some(end) = bytes.len().checked_sub(8) {
        // The last eight bytes are looked at whole, and some of them twice.
        while at < end && !word(bytes, at).is_some_and(needs_escape) {
            at += 8;
        }
        if at >= end && !word(bytes, end).is_some_and(needs_escape) {
            return None;
        }
        at = at.min(end);
    }
    let rest = bytes.get(at..).unwrap_or_default();
    rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).map(|found| at + found)
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().copied().map(u64::from_le_bytes)
}

/// Whether one of eight bytes has to be escaped.
fn needs_escape(word: u64) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let quote = word ^ (ONES * 0x22);
    let slash = word ^ (ONES * 0x5c);
    let control = word.wrapping_sub(ONES * 0x20) & !word;
    let hits = (quote.wrapping_sub(ONES) & !quote) | (slash.wrapping_sub(ONES) & !slash) | control;
    hits & HIGHS != 0
}
