//! Where in a file the tool's words point to, as far as they say.

use std::ops::Range;

use super::{helm, kustomize};
use crate::error::RenderError;
use crate::files::{join, normal};

/// The bytes of the file that an error is about.
pub(crate) fn of(error: &RenderError, text: &str) -> Option<Range<usize>> {
    match error {
        RenderError::Failed { renderer, message, file } | RenderError::Endless { renderer, message, file }
            if renderer == helm::NAME =>
        {
            let file = file.as_deref()?;
            // Lines of what a template makes are not those of the template.
            let is_plain = || !file.contains("templates/");
            of_template(message, file, text).or_else(|| if is_plain() { of_line(message, text) } else { None })
        }
        RenderError::Failed { renderer, message, .. } if renderer == kustomize::NAME => {
            unknown_field(message, text).or_else(|| of_line(message, text))
        }
        RenderError::Missing { path, file, .. } => {
            let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
            // What is not there may be a folder on the way.
            let leads = |named: String| {
                named.strip_prefix(path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let is_it = |word: &str| normal(&join(folder, word)).is_some_and(leads);
            words(text).find(|(_, word)| is_it(word)).map(range)
        }
        RenderError::Outside { path, file, .. } => {
            let above = |word: &str| {
                let folders = file.split('/').count() - 1;
                let climbs = word.split('/').take_while(|name| *name == "..").count();
                let below = word.trim_start_matches("../").strip_prefix(path.trim_start_matches("../"));
                climbs > folders && below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            words(text).find(|(_, word)| above(word)).map(range)
        }
        RenderError::Remote { what, .. } => words(text).find(|(_, word)| word == what).map(range),
        RenderError::Load(_)
        | RenderError::Files(_)
        | RenderError::Failed { .. }
        | RenderError::Program { .. }
        | RenderError::Endless { .. }
        | RenderError::Empty { .. }
        | RenderError::TimedOut { .. }
        | RenderError::Held { .. }
        | RenderError::TooMuch { .. }
        | RenderError::Crashed { .. }
        | RenderError::Output { .. }
        | RenderError::Start { .. } => None,
    }
}

/// The field that kustomize does not know.
fn unknown_field(message: &str, text: &str) -> Option<Range<usize>> {
    let (_, rest) = message.split_once("unknown field \"")?;
    let (name, _) = rest.split_once('"')?;
    let mut words = words(text);
    words.find(|&(_, word)| word.strip_suffix(':') == Some(name)).map(|(start, _)| start..start + name.len())
}

/// The line that a parser of YAML names, from 1; the last one named counts.
fn of_line(message: &str, text: &str) -> Option<Range<usize>> {
    let (_, rest) = message.rsplit_once("yaml: line ")?;
    let number: usize = rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    let start: usize = text.split_inclusive('\n').take(number.checked_sub(1)?).map(str::len).sum();
    let line = text.get(start..)?.lines().next()?;
    let begin = start + line.len() - line.trim_start().len();
    Some(begin..start + line.trim_end().len()).filter(|range| !range.is_empty())
}

/// `shop/templates/a.yaml:1:6` in helm's words: the line from 1, the column in bytes from 0; the last such counts.
fn of_template(message: &str, file: &str, text: &str) -> Option<Range<usize>> {
    let name = file.rsplit('/').next()?;
    let told = message.rsplit(|c: char| c.is_whitespace() || "()\"'<>,".contains(c)).find_map(|word| {
        let (_, numbers) = word.rsplit_once(name)?;
        let mut numbers = numbers.strip_prefix(':')?.split(':').map(str::parse::<usize>);
        Some((numbers.next()?.ok()?, numbers.next().and_then(Result::ok)))
    });
    let (line, column) = told?;
    let start: usize = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum();
    let whole = text.get(start..)?.lines().next()?;
    let begin = column.unwrap_or_else(|| whole.len() - whole.trim_start().len());
    let rest = whole.get(begin..).filter(|rest| !rest.is_empty())?;
    let action = rest.find("}}").and_then(|end| rest.get(..end)).unwrap_or(rest).trim_end_matches([' ', '-']);
    Some(start + begin..start + begin + action.len().max(1))
}

/// The words of a YAML text, with where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let between = |c: char| c.is_whitespace() || "\"'[]{},".contains(c);
    let mut next = 0;
    text.split_inclusive(between).map(move |piece| {
        let start = next;
        next += piece.len();
        (start, piece.trim_end_matches(between))
    })
}

fn range((start, word): (usize, &str)) -> Range<usize> {
    start..start + word.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn helm(message: &str, text: &str) -> Option<String> {
        let file = Some(String::from("charts/shop/templates/z.yaml"));
        let error = RenderError::Failed { renderer: "helm".into(), message: message.into(), file };
        of(&error, text).and_then(|range| text.get(range)).map(str::to_owned)
    }

    #[test]
    fn helm_tells_line_and_column() {
        let text = "kind: Pod\n\nspec:\n  a: {{ fail \"no way\" }}\n  b: {{- .Values.nope.x -}} # ü\n";
        for (message, marked) in [
            ("execution error at (shop/templates/z.yaml:4:8): no way", Some("fail \"no way\"")),
            ("template: shop/templates/z.yaml:5:16: executing \"z\" at <.Values.nope.x>: nil", Some(".nope.x")),
            ("parse error at (shop/templates/z.yaml:5): unexpected", Some("b: {{- .Values.nope.x")),
            ("template: shop/templates/a.yaml:1:2: in: shop/templates/z.yaml:1:6: executing", Some("Pod")),
            ("YAML parse error on shop/templates/z.yaml: error converting YAML to JSON: yaml: line 9", None),
            ("execution error at (shop/templates/z.yaml:40:8): no way", None),
            ("execution error at (shop/templates/z.yaml:2:0): no way", None),
            ("execution error at (shop/templates/z.yaml:0:0): no way", None),
        ] {
            assert_eq!(helm(message, text).as_deref(), marked, "{message}");
        }
    }

    #[test]
    fn what_a_kustomization_names_is_found_in_it() {
        let text = "# ü nope.yaml.bak\nresources:\n- ok.yaml\n- \"../b/nope.yaml\"\n- {x: [https://github.com/a/b]}\nlabel: []\n";
        let renderer = || String::from("kustomize");
        let missing = |path: &str| RenderError::Missing {
            renderer: renderer(),
            path: path.into(),
            file: "a/kustomization.yaml".into(),
        };
        let remote = RenderError::Remote { renderer: renderer(), what: "https://github.com/a/b".into(), file: None };
        let message = String::from("invalid Kustomization: json: unknown field \"label\"");
        let unknown = RenderError::Failed { renderer: renderer(), message, file: None };
        let line = |number: usize| {
            let message = format!("MalformedYAMLError: yaml: line {number}: did not find expected key in File: a.yaml");
            RenderError::Failed { renderer: renderer(), message, file: None }
        };
        for (error, marked) in [
            (missing("b/nope.yaml"), Some("../b/nope.yaml")),
            (missing("b"), Some("../b/nope.yaml")),
            (missing("a/other.yaml"), None),
            (remote, Some("https://github.com/a/b")),
            (unknown, Some("label")),
            (line(4), Some("- \"../b/nope.yaml\"")),
            (line(40), None),
        ] {
            assert_eq!(of(&error, text).and_then(|range| text.get(range)), marked, "{error}");
        }
    }
}
