//! Templates (`{{ … }}`, `{% … %}`) of helm, Jinja and their like, which have to be rendered before they are YAML.
//!
//! A manifest that can be read is judged, whatever its strings hold. One that cannot is told as a template only where
//! the template is why: it reads once the actions are taken out, or it has lines of its own for actions, or the place
//! that is wrong lies on a line with one.

use std::sync::Arc;

use memchr::memmem;

use super::{Document, Limits, Problem, complete};
use crate::{Span, Text};

/// Whether a template explains that the document in `span` could not be read.
pub(crate) fn explains(text: &Arc<Text>, span: Span, problem: &Problem, limits: &Limits) -> bool {
    let content = text.slice(span);
    if !matches!(problem.rule, "invalid-yaml" | "invalid-json") || !has_action(content) {
        return false;
    }
    // Some versions of kubectl read as YAML what begins like JSON and is none; then it is a manifest to them.
    if problem.rule == "invalid-json" && complete::read(text, span, limits).is_ok() {
        return false;
    }
    let place = text.place(problem.span);
    let lines = [place.line.saturating_sub(1), place.line];
    if lines.iter().any(|line| text.line(*line).is_some_and(has_action)) {
        return true;
    }
    if content.lines().any(|line| OPENINGS.iter().any(|opening| line.starts_with(opening))) {
        return true;
    }
    let plain = without_actions(content);
    let whole = Span { start: 0, end: plain.len() as u32 };
    complete::read(&Arc::new(Text::new("", plain)), whole, limits).is_ok()
}

/// Whether a template explains what a document that could be read lacks.
pub(crate) fn explains_missing(text: &Text, document: &Document) -> bool {
    document.resources.is_empty()
        && document.problems.iter().any(|problem| problem.rule.starts_with("missing-"))
        && text.slice(document.span).contains("{{")
}

/// What actions begin and end with: those of all, and the statements and comments of Jinja. No YAML that can be read has the
/// second, but in a string or a comment.
const OPENINGS: [&str; 3] = ["{{", "{%", "{#"];
const ENDINGS: [&str; 3] = ["}}", "%}", "#}"];

fn has_action(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}

/// Finds actions, of which each has an end: what only begins like one is text.
struct Actions {
    /// Which kinds may still come.
    left: [bool; 3],
}

impl Actions {
    fn of(content: &str) -> Self {
        // A `{#` stands in the scripts of shells too.
        Self { left: [true, true, content.contains("{%")] }
    }

    /// Where the next one of a text begins and ends, which is the rest of what was looked at before.
    fn next(&mut self, text: &str) -> Option<(usize, usize)> {
        for at in memchr::memchr_iter(b'{', text.as_bytes()) {
            let rest = text.get(at..)?;
            let Some(which) = OPENINGS.iter().position(|opening| rest.starts_with(opening)) else { continue };
            let Some((left, ending)) = self.left.get_mut(which).zip(ENDINGS.get(which)) else { continue };
            if !*left || rest.starts_with("{#") && text.get(..at).is_some_and(|before| before.ends_with('$')) {
                continue;
            }
            match memmem::find(rest.as_bytes(), ending.as_bytes()) {
                Some(end) => return Some((at, at + end + ending.len())),
                None => *left = false,
            }
        }
        None
    }
}

/// The text with actions blanked where they stand alone on a line, and made a word where they stand in one.
fn without_actions(content: &str) -> String {
    let mut plain = String::with_capacity(content.len());
    let mut rest = content;
    // Whether there is nothing yet on the line that `plain` ends with. Each byte is looked at once, however many actions
    // share a line.
    let mut line_start = true;
    let mut actions = Actions::of(content);
    while let Some((start, end)) = actions.next(rest) {
        let before = rest.get(..start).unwrap_or_default();
        plain.push_str(before);
        line_start = match before.rsplit_once('\n') {
            Some((_, line)) => line.trim().is_empty(),
            None => line_start && before.trim().is_empty(),
        };
        rest = rest.get(end..).unwrap_or_default();
        let behind = rest.trim_start_matches(|c: char| c.is_whitespace() && c != '\n');
        let line_end = behind.is_empty() || behind.starts_with('\n');
        if !(line_start && line_end) {
            plain.push('x');
            line_start = false;
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::without_actions;

    #[test]
    fn actions_alone_on_a_line_are_blanked_and_others_are_a_word() {
        for (content, plain) in [
            ("{{ a }}", ""),
            ("a: {{ b }}\n", "a: x\n"),
            ("a:\n  {{- b }} \t\r\nc: d\n", "a:\n   \t\r\nc: d\n"),
            ("  {{ a }}: b\n", "  x: b\n"),
            ("{{ a }} {{ b }}\n{{ c }}\n", "x x\n\n"),
            ("a: {{ b }}{{ c\n}}\n{{ d }}", "a: xx\n"),
            ("a\n{{ b", "a\n{{ b"),
            ("a {{ b", "a {{ b"),
            ("a {{ b }} {{ c", "a x {{ c"),
            ("{{ a }} ${#b} #}", "x ${#b} #}"),
            ("{% a %} ${#b} {# c #}", "x ${#b} x"),
            ("{% if a %}\nb: {{ c }}{# d #}\n{%- endif %}\n", "\nb: xx\n\n"),
            ("a: {b: 1}\n", "a: {b: 1}\n"),
        ] {
            assert_eq!(without_actions(content), plain, "{content}");
        }
    }
}
