//! Trees as YAML that people read, and that Kubernetes reads back as the same values.
//!
//! Block style, elements of an array as deep as the key that names it, as `kubectl` writes. Comments and the layout of
//! the source are not kept: that is the business of write-back.

mod scalar;

use crate::{Entries, Items, Node, Value};

/// Longest key that stands before a `:` without `?`: libyaml looks no further than 1,024 characters.
const SIMPLE_KEY: usize = 1_000;

impl Node<'_> {
    /// Appends the value as block YAML, with a line break at the end.
    ///
    /// Strings are quoted where YAML 1.1 would read them as something else (`yes`, `0755`, `1.10`, `2001-01-01`, `~`,
    /// `a: b`, …), and written as `|` blocks where they have several lines.
    pub fn write_yaml(self, out: &mut String) {
        let mut open: Vec<Level<'_>> = Vec::new();
        start(self, Place { indent: 0, after: After::Start }, out, &mut open);
        while let Some(level) = open.last_mut() {
            let first = std::mem::replace(&mut level.first, false);
            let indent = level.indent;
            if !(first && level.inline) {
                level.margin(out);
            }
            let next = match &mut level.rest {
                Rest::Members(members) => members.next().map(|(key, value)| (Some(key), value)),
                Rest::Elements(elements) => elements.next().map(|value| (None, value)),
            };
            let Some((key, value)) = next else { break };
            let last = match &level.rest {
                Rest::Members(members) => members.len() == 0,
                Rest::Elements(elements) => elements.len() == 0,
            };
            if last {
                open.pop();
            }
            let after = match key {
                Some(key) => write_key(key.as_str().unwrap_or_default(), indent, out),
                None => {
                    out.push('-');
                    After::Dash
                }
            };
            start(value, Place { indent, after }, out, &mut open);
        }
    }
}

/// A collection that is being written.
struct Level<'t> {
    rest: Rest<'t>,
    /// Spaces before its children.
    indent: usize,
    /// Whether its first child stands on the line that is begun, after a dash.
    inline: bool,
    first: bool,
}

enum Rest<'t> {
    Members(Entries<'t>),
    Elements(Items<'t>),
}

impl Level<'_> {
    fn margin(&self, out: &mut String) {
        out.extend(std::iter::repeat_n(' ', self.indent));
    }
}

/// Where a value is to be written.
#[derive(Clone, Copy)]
struct Place {
    /// Spaces before its parent's children.
    indent: usize,
    after: After,
}

/// What stands before a value on its line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// Nothing: it is the root.
    Start,
    /// `key:`
    Key,
    /// `-`
    Dash,
}

/// Writes a scalar and ends the line, or opens a collection.
fn start<'t>(value: Node<'t>, place: Place, out: &mut String, open: &mut Vec<Level<'t>>) {
    let inner = match place.after {
        After::Start => 0,
        After::Key | After::Dash => place.indent + 2,
    };
    if place.after != After::Start {
        let block = matches!(value.value(), Value::Object(ref entries) if entries.len() > 0)
            || matches!(value.value(), Value::Array(ref items) if items.len() > 0);
        out.push(if block && place.after == After::Key { '\n' } else { ' ' });
    }
    let inline = place.after != After::Key;
    match value.value() {
        Value::Null => out.push_str("null\n"),
        Value::Bool(true) => out.push_str("true\n"),
        Value::Bool(false) => out.push_str("false\n"),
        Value::Number(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Value::String(text) => scalar::write(text, inner.max(2), out),
        Value::Array(items) if items.len() == 0 => out.push_str("[]\n"),
        Value::Object(entries) if entries.len() == 0 => out.push_str("{}\n"),
        Value::Array(items) => {
            let indent = if place.after == After::Key { place.indent } else { inner };
            open.push(Level { rest: Rest::Elements(items), indent, inline, first: true });
        }
        Value::Object(entries) => {
            open.push(Level { rest: Rest::Members(entries), indent: inner, inline, first: true });
        }
    }
}

fn write_key(key: &str, indent: usize, out: &mut String) -> After {
    let start = out.len();
    scalar::write_flow(key, out);
    if out.len() - start > SIMPLE_KEY {
        out.insert_str(start, "? ");
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
    }
    out.push(':');
    After::Key
}
