//! A fix, as an edit of the lines that are shown where the text is known, and in words where it is not.

mod yaml;

use std::ops::Range;

use serde_json::Value;
use sluice_manifest::Operation;
use sluice_policy::{Finding, Location};

use crate::json_text::parse;
use crate::place::Marked;
use yaml::{Quotes, inline, member};

/// Operations that are told in words before the rest is counted.
const TOLD: usize = 4;

/// The longest value that is told in words, in characters.
const VALUE: usize = 80;

const INSTEAD: &str = "write this instead";

/// What stands in the lines where a value is secret.
const MASK: &str = "***";

/// What to type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Suggestion {
    /// Bytes of the lines, and what to put there.
    Edit { title: &'static str, range: Range<usize>, replacement: String },
    /// One line for each operation.
    Words(String),
}

/// What would satisfy the rule; none where the plugin does not know.
pub(crate) fn suggest(finding: &Finding, marked: Option<&Marked>) -> Option<Suggestion> {
    let edit = match (finding.fix.as_slice(), marked, &finding.location) {
        ([operation], Some(marked), Some(location))
            if location.exact && marked.whole && finding.written_by.is_none() && finding.is_verbatim() =>
        {
            edit(finding, operation, marked, location)
        }
        _ => None,
    };
    edit.or_else(|| words(&finding.fix))
}

fn edit(finding: &Finding, operation: &Operation, marked: &Marked, location: &Location) -> Option<Suggestion> {
    let path = finding.path.as_deref()?;
    let text = marked.text.get(marked.range.clone()).filter(|text| !text.is_empty() && !text.contains(MASK))?;
    match operation {
        Operation::Replace { pointer, value } if pointer == path => replacement(text, &parse(value), marked),
        Operation::Add { pointer, value } => {
            let key = pointer.strip_prefix(path)?.strip_prefix('/')?;
            let key = name(Some(key).filter(|key| !key.contains('/'))?);
            addition(text, &key, &parse(value), marked, location)
        }
        Operation::Move { from, pointer } if from == path => {
            let (old, new) = renamed(from, pointer)?;
            let quotes = Quotes::of(text);
            // The place is that of the key, where it is written as it reads.
            (inline(&Value::String(old), quotes) == text).then(|| Suggestion::Edit {
                title: INSTEAD,
                range: marked.range.clone(),
                replacement: inline(&Value::String(new), quotes),
            })
        }
        Operation::Replace { .. } | Operation::Remove { .. } => None,
        Operation::Move { .. } | Operation::Copy { .. } | Operation::Test { .. } => None,
    }
}

/// The old and the new name, where a move only gives a member another one.
fn renamed(from: &str, to: &str) -> Option<(String, String)> {
    let ((parent, old), (other, new)) = (from.rsplit_once('/')?, to.rsplit_once('/')?);
    (parent == other).then(|| (name(old), name(new)))
}

/// The name that a token of a pointer stands for.
fn name(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

fn replacement(text: &str, value: &Value, marked: &Marked) -> Option<Suggestion> {
    let collection =
        value.is_array() || value.is_object() || text.starts_with(['{', '[', '-', '|', '>', '&', '!', '*']);
    if text.contains('\n') || collection {
        return None;
    }
    let replacement = inline(value, Quotes::of(text));
    Some(Suggestion::Edit { title: INSTEAD, range: marked.range.clone(), replacement })
}

/// A member at the end of a mapping. Of JSON and flow style only mappings on one line are edited.
fn addition(text: &str, key: &str, value: &Value, marked: &Marked, location: &Location) -> Option<Suggestion> {
    let title = "add this";
    let end = marked.range.end;
    if let Some(inner) = text.strip_prefix('{') {
        let inner = inner.strip_suffix('}').filter(|inner| !inner.contains('\n'))?;
        let quotes = if inner.trim_start().starts_with('"') { Quotes::Double } else { Quotes::Plain };
        let key = inline(&Value::String(key.to_owned()), quotes);
        let member = format!("{key}: {}", inline(value, quotes));
        let at = end - 1 - (inner.len() - inner.trim_end().len());
        let separator = if inner.trim().is_empty() { "" } else { ", " };
        return Some(Suggestion::Edit { title, range: at..at, replacement: format!("{separator}{member}") });
    }
    if !text.contains(':') || text.starts_with(['-', '[', '&', '!', '*', '?']) {
        return None;
    }
    let indent = location.column.saturating_sub(1) as usize;
    let member = member(key, value, indent);
    Some(Suggestion::Edit { title, range: end..end, replacement: format!("\n{:1$}{member}", "", indent) })
}

fn words(fix: &[Operation]) -> Option<Suggestion> {
    let mut lines = fix.iter().take(TOLD).map(told).collect::<Vec<_>>();
    if fix.len() > TOLD {
        lines.push(format!("and {} more changes", fix.len() - TOLD));
    }
    (!lines.is_empty()).then(|| Suggestion::Words(lines.join("\n")))
}

fn told(operation: &Operation) -> String {
    match operation {
        Operation::Add { pointer, value } => format!("add `{}` at {pointer}", short(value)),
        Operation::Replace { pointer, value } => format!("set {pointer} to `{}`", short(value)),
        Operation::Remove { pointer } => format!("remove {pointer}"),
        Operation::Move { from, pointer } => match renamed(from, pointer) {
            Some((old, new)) => format!("rename `{old}` to `{new}`"),
            None => format!("move {from} to {pointer}"),
        },
        Operation::Copy { from, pointer } => format!("copy {from} to {pointer}"),
        Operation::Test { pointer, value } => format!("where {pointer} is `{}`", short(value)),
    }
}

fn short(value: &str) -> String {
    let text = inline(&parse(value), Quotes::Plain);
    match text.char_indices().nth(VALUE) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}
