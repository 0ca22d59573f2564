//! JSON with comments, as some programs have it for their settings. No reader of manifests takes it; where it would be none
//! without the comments either, it is passed over like other files of programs.

use std::sync::Arc;

use super::{Document, Limits, NotManifest, Problem, complete, manifest};
use crate::{Span, Text};

/// Whether what cannot be read as JSON is JSON with comments and no manifest.
pub(crate) fn is_no_manifest(text: &Arc<Text>, span: Span, problem: &Problem, limits: &Limits) -> bool {
    if problem.rule != "invalid-json" || complete::read(text, span, limits).is_ok() {
        return false;
    }
    let Some(plain) = without_comments(text.slice(span)) else { return false };
    let whole = Span { start: 0, end: plain.len() as u32 };
    // As YAML, which takes the commas at ends that such files have too.
    let Ok(reading) = complete::read(&Arc::new(Text::new("", plain)), whole, limits) else { return false };
    if !reading.duplicates.is_empty() || reading.rest.is_some() {
        return false;
    }
    let mut document = Document { index: 0, span: whole, resources: vec![], problems: vec![], skipped: None };
    manifest::sort_out(reading.tree, &mut document);
    document.skipped == Some(NotManifest::NoKind)
}

/// The text with its comments blanked; none where it has none.
fn without_comments(content: &str) -> Option<String> {
    let mut plain = String::with_capacity(content.len());
    let (mut rest, mut found) = (content, false);
    while let Some(at) = rest.find(['"', '/']) {
        let (before, from) = rest.split_at_checked(at)?;
        plain.push_str(before);
        let length = if from.starts_with('"') {
            let length = string_length(from);
            plain.push_str(from.get(..length)?);
            length
        } else {
            let length = match from.as_bytes().get(1) {
                Some(b'/') => from.find('\n').unwrap_or(from.len()),
                Some(b'*') => from.find("*/")? + 2,
                Some(_) | None => return None,
            };
            found = true;
            plain.push(' ');
            length
        };
        rest = from.get(length..)?;
    }
    plain.push_str(rest);
    found.then_some(plain)
}

/// The bytes of a string that begins here, with its quotes.
fn string_length(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::without_comments;

    #[test]
    fn comments_are_blanked_and_strings_stay() {
        for (content, plain) in [
            ("{} // a", Some("{}  ")),
            ("{ /* \" */ \"a\": 1 }", Some("{   \"a\": 1 }")),
            ("{\"a\": \"// \\\" /* b\" //\n}", Some("{\"a\": \"// \\\" /* b\"  \n}")),
            ("{\"a\": \"//\"}", None),
            ("{/* a", None),
            ("{/}", None),
            ("{\"a\\", None),
        ] {
            assert_eq!(without_comments(content).as_deref(), plain, "{content}");
        }
    }
}
