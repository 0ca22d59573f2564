//! From nodes to values, with the place of whatever does not fit. It goes on after an error, so that a person sees all of
//! them at once.

use std::sync::Arc;

use sluice_manifest::{Node, Span, Text, Value};

use super::Written;
use crate::ConfigError;
use crate::config::suggest;

/// Gathers what is wrong while a file is read.
pub(crate) struct Decoder<'t> {
    text: &'t Arc<Text>,
    errors: Vec<ConfigError>,
}

/// The members of an object whose names are known.
pub(crate) struct Fields<'t> {
    pub(crate) node: Node<'t>,
    what: &'static str,
}

impl<'t> Decoder<'t> {
    pub(crate) fn new(text: &'t Arc<Text>) -> Self {
        Self { text, errors: Vec::new() }
    }

    /// All that was wrong, in the order of the file.
    pub(crate) fn finish(mut self) -> Vec<ConfigError> {
        self.errors.sort_by(|one, other| one.location.cmp(&other.location));
        self.errors
    }

    pub(crate) fn error(&mut self, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.errors.push(ConfigError::at(self.text, span, message, help));
    }

    /// A value with its place.
    pub(crate) fn written<T>(&self, value: T, span: Span) -> Written<T> {
        Written::new(value, self.text, span)
    }

    fn mismatch(&mut self, node: Node<'_>, what: &str, wanted: &str) {
        self.error(head(node), format!("{what} has to be {wanted}, not {}", kind_of(node)), "");
    }

    /// An object with these members and no others.
    pub(crate) fn object(&mut self, node: Node<'t>, what: &'static str, known: &[&'static str]) -> Option<Fields<'t>> {
        if !matches!(node.value(), Value::Object(_)) {
            self.mismatch(node, what, "an object");
            return None;
        }
        for (key, _) in node.entries() {
            let name = key.as_str().unwrap_or_default();
            if !known.contains(&name) {
                let help = suggest(name, known.iter().copied());
                self.error(key.span(), format!("{what} has no field `{name}`"), help);
            }
        }
        Some(Fields { node, what })
    }

    /// An object whose members have any name.
    pub(crate) fn open_object(&mut self, node: Node<'t>, what: &str) -> Option<()> {
        if matches!(node.value(), Value::Object(_)) {
            return Some(());
        }
        self.mismatch(node, what, "an object");
        None
    }

    /// How many errors there are so far.
    pub(crate) fn count(&self) -> usize {
        self.errors.len()
    }

    /// Refuses members that are there and say nothing: who wrote them did not mean everything.
    pub(crate) fn refuse_empty(&mut self, fields: &Fields<'t>) {
        for (key, value) in fields.node.entries() {
            let is_empty = match value.value() {
                Value::Null => true,
                Value::Object(entries) => entries.len() == 0,
                Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => false,
            };
            if is_empty {
                let name = key.as_str().unwrap_or_default();
                self.error(
                    key.span(),
                    format!("`{name}` is there and says nothing"),
                    "give it a value, or leave it out",
                );
            }
        }
    }

    /// A member that has to be there.
    pub(crate) fn required(&mut self, fields: &Fields<'t>, name: &str) -> Option<Node<'t>> {
        let found = fields.get(name);
        if found.is_none() {
            self.error(head(fields.node), format!("{} lacks the field `{name}`", fields.what), "");
        }
        found
    }

    /// A string with something in it.
    pub(crate) fn string(&mut self, node: Node<'t>, what: &str) -> Option<&'t str> {
        match node.value() {
            Value::String(text) if text.trim().is_empty() => {
                self.error(node.span(), format!("{what} is empty"), "");
                None
            }
            Value::String(text) => Some(text),
            Value::Bool(_) | Value::Number(_) => {
                self.error(
                    node.span(),
                    format!("{what} has to be a string, not {}", kind_of(node)),
                    format!("put it in quotes: \"{}\"", self.text.slice(node.span()).trim()),
                );
                None
            }
            Value::Null | Value::Array(_) | Value::Object(_) => {
                self.mismatch(node, what, "a string");
                None
            }
        }
    }

    /// A number or a boolean as it stands in the file.
    pub(crate) fn as_written(&self, node: Node<'t>) -> Option<&'t str> {
        as_written(self.text, node)
    }

    /// Yes or no.
    pub(crate) fn flag(&mut self, node: Node<'t>, what: &str) -> Option<bool> {
        match node.value() {
            Value::Bool(flag) => Some(flag),
            Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                self.mismatch(node, what, "`true` or `false`");
                None
            }
        }
    }

    /// The elements of a list.
    pub(crate) fn list(&mut self, node: Node<'t>, what: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
        if !matches!(node.value(), Value::Array(_)) {
            self.mismatch(node, what, "a list");
        }
        node.items()
    }

    /// A list of strings, or one string alone.
    pub(crate) fn strings(&mut self, node: Node<'t>, what: &str) -> Vec<(&'t str, Node<'t>)> {
        match node.value() {
            Value::Array(items) => {
                if items.len() == 0 {
                    self.error(node.span(), String::from("an empty list matches nothing"), "leave it out to match all");
                }
                items.filter_map(|item| self.string(item, what).map(|text| (text, item))).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                self.string(node, what).map(|text| (text, node)).into_iter().collect()
            }
        }
    }

    /// One of some words.
    pub(crate) fn word<T: Copy>(&mut self, node: Node<'t>, what: &str, known: &[(&'static str, T)]) -> Option<T> {
        let text = match node.value() {
            Value::Bool(_) | Value::Number(_) => self.as_written(node).unwrap_or("this"),
            Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => self.string(node, what)?,
        };
        let found = known.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let help = suggest(text, known.iter().map(|(word, _)| *word));
            self.error(node.span(), format!("`{text}` is no {what}"), help);
        }
        found.map(|(_, value)| *value)
    }
}

impl<'t> Fields<'t> {
    /// A member that is there and is not null.
    pub(crate) fn get(&self, name: &str) -> Option<Node<'t>> {
        self.node.get(name).filter(|value| !value.is_null())
    }

    /// The first of some members that is there: spellings of the same thing.
    pub(crate) fn either(&self, decoder: &mut Decoder<'t>, one: &str, other: &str) -> Option<Node<'t>> {
        match (self.get(one), self.get(other)) {
            (Some(_), Some(second)) => {
                decoder.error(head(second), format!("`{one}` and `{other}` say the same thing"), "keep one of them");
                None
            }
            (found, None) | (None, found) => found,
        }
    }
}

/// A number or a boolean as it stands in its text, where `1.10` is not `1.1`; none where it is written otherwise than
/// plainly, such as by an alias.
pub(crate) fn as_written<'t>(text: &'t Text, node: Node<'t>) -> Option<&'t str> {
    let text = text.slice(node.span()).trim();
    let text = match text.strip_prefix('&') {
        Some(anchored) => anchored.split_once(char::is_whitespace)?.1.trim(),
        None => text,
    };
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-._:".contains(&byte));
    Some(text).filter(|text| is_plain && !text.is_empty())
}

/// What to point at for a node: a scalar itself, the first key of an object, the first element of a list.
pub(crate) fn head(node: Node<'_>) -> Span {
    match node.value() {
        Value::Object(mut entries) => entries.next().map_or(node.span(), |(key, _)| key.span()),
        Value::Array(mut items) => items.next().map_or(node.span(), head),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => node.span(),
    }
}

fn kind_of(node: Node<'_>) -> &'static str {
    match node.value() {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
