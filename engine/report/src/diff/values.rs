//! A field that differs, as lines that begin with what happened to them. Both forms that people read are made from these.

use sluice_diff::{Field, Shown, What};
use sluice_manifest::Value;

use super::lines::{self, Line};
use crate::clean;

/// The longest value on one line, in characters.
const INLINE: usize = 200;

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Added,
    Removed,
    /// Its value is another one.
    Changed,
    /// It says something of the lines around it.
    Plain,
}

/// A line, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Marked {
    pub(super) mark: Mark,
    pub(super) text: String,
}

/// How a value that is another one is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `field: old -> new`, on one line.
    Arrow,
    /// Two lines, as a patch has them.
    Patch,
}

/// The lines of a field; past `most` of a value, the rest is counted.
pub(super) fn of_field(field: &Field, style: Style, most: usize) -> Vec<Marked> {
    let name = clean::line(&field.field).into_owned();
    match &field.what {
        What::Added(value) => of_value(Mark::Added, &name, value, most),
        What::Removed(value) => of_value(Mark::Removed, &name, value, most),
        What::Changed(was, is) if was.is_hidden() || is.is_hidden() => {
            vec![marked(Mark::Changed, format!("{name}: another value, which is hidden"))]
        }
        What::Changed(was, is) => of_change(&name, was, is, style, most),
        What::Reordered { before, after } => of_pair(&name, &list(before), &list(after), style),
    }
}

/// A whole object, or the beginning of it.
pub(super) fn of_object(mark: Mark, object: &sluice_manifest::Resource, most: usize) -> Vec<Marked> {
    let mut yaml = String::new();
    object.root().write_yaml(&mut yaml);
    block(mark, "", &yaml, most)
}

fn of_value(mark: Mark, name: &str, value: &Shown, most: usize) -> Vec<Marked> {
    let text = yaml(value);
    let is_block = matches!(value.node().value(), Value::Array(_) | Value::Object(_)) && text.trim_end().contains('\n');
    if !is_block && text.trim_end().lines().count() <= 1 {
        let scalar = matches!(value.node().value(), Value::Array(_) | Value::Object(_));
        let hidden = if value.is_hidden() && !scalar { String::from("a value, which is hidden") } else { short(&text) };
        return vec![marked(mark, format!("{name}: {hidden}"))];
    }
    let mut lines = vec![marked(mark, format!("{name}:"))];
    lines.extend(block(mark, "  ", &text, most));
    lines
}

fn of_change(name: &str, was: &Shown, is: &Shown, style: Style, most: usize) -> Vec<Marked> {
    match (was.node().as_str(), is.node().as_str()) {
        (Some(one), Some(other)) if one.contains('\n') || other.contains('\n') => {
            let mut lines = vec![marked(Mark::Changed, format!("{name}:"))];
            lines.extend(limited(lines::compare(one, other).into_iter().map(of_line).collect(), most));
            lines
        }
        _ => {
            let (one, other) = (yaml(was), yaml(is));
            if one.trim_end().contains('\n') || other.trim_end().contains('\n') {
                let mut lines = of_value(Mark::Removed, name, was, most);
                lines.extend(of_value(Mark::Added, name, is, most));
                return lines;
            }
            of_pair(name, &short(&one), &short(&other), style)
        }
    }
}

fn of_pair(name: &str, was: &str, is: &str, style: Style) -> Vec<Marked> {
    match style {
        Style::Arrow => vec![marked(Mark::Changed, format!("{name}: {was} -> {is}"))],
        Style::Patch => {
            vec![marked(Mark::Removed, format!("{name}: {was}")), marked(Mark::Added, format!("{name}: {is}"))]
        }
    }
}

fn of_line(line: Line<'_>) -> Marked {
    let shown = |text: &str| format!("  {}", cut(&clean::source(text)));
    match line {
        Line::Skipped(1) => marked(Mark::Plain, String::from("  … 1 line")),
        Line::Skipped(count) => marked(Mark::Plain, format!("  … {count} lines")),
        // Nothing but space stands before it, so that a CI system may take it for a command.
        Line::Same(text) if clean::starts_command(text) => {
            marked(Mark::Plain, format!("  > {}", shown(text).trim_start()))
        }
        Line::Same(text) => marked(Mark::Plain, shown(text)),
        Line::Removed(text) => marked(Mark::Removed, shown(text)),
        Line::Added(text) => marked(Mark::Added, shown(text)),
    }
}

fn block(mark: Mark, indent: &str, text: &str, most: usize) -> Vec<Marked> {
    let text = clean::source(text.trim_end_matches('\n'));
    let lines = text.split('\n').map(|line| marked(mark, format!("{indent}{}", cut(line))));
    limited(lines.collect(), most)
}

fn limited(mut lines: Vec<Marked>, most: usize) -> Vec<Marked> {
    let rest = lines.len().saturating_sub(most);
    // A rest of one line takes no more room than the words for it.
    if rest > 1 {
        lines.truncate(most);
        lines.push(marked(Mark::Plain, format!("  … {rest} more lines")));
    }
    lines
}

fn list(keys: &[String]) -> String {
    let keys: Vec<_> = keys.iter().map(|key| clean::line(key).into_owned()).collect();
    cut(&format!("in the order {}", keys.join(", ")))
}

fn yaml(value: &Shown) -> String {
    let mut text = String::new();
    value.node().write_yaml(&mut text);
    text
}

/// A value of one line.
fn short(text: &str) -> String {
    cut(&clean::line(text))
}

fn cut(line: &str) -> String {
    match line.char_indices().nth(INLINE) {
        None => line.to_owned(),
        Some((at, _)) => {
            let rest = line.chars().count() - INLINE;
            format!("{}… ({rest} more characters)", line.get(..at).unwrap_or_default())
        }
    }
}

fn marked(mark: Mark, text: String) -> Marked {
    Marked { mark, text }
}
