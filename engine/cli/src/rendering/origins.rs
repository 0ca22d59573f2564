//! From a place in a rendered text to the file, the line and, where it stands there as it was rendered, the value.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sluice_manifest::{Origins, Place, Relation, Span, Text};
use sluice_render::Origin;

use crate::root::Root;

/// What a renderer told of where its text came from.
pub(crate) struct Sources {
    root: Root,
    files: Vec<String>,
    /// Sorted by place in the text.
    origins: Vec<Origin>,
    /// The files that were asked for.
    texts: Mutex<HashMap<u32, Option<Arc<Text>>>>,
}

impl Sources {
    pub(crate) fn new(root: Root, files: Vec<String>, origins: Vec<Origin>) -> Self {
        Self { root, files, origins, texts: Mutex::default() }
    }

    /// The entry of a place, or the nearest before it in its document, and whether it is the place's own.
    fn entry(&self, rendered: &Text, place: Place) -> Option<(Origin, bool)> {
        let at = (place.line, place.column);
        let after = self.origins.partition_point(|origin| (origin.out_line, origin.out_column) <= at);
        let origin = *self.origins.get(after.checked_sub(1)?)?;
        if origin.out_line == place.line {
            return Some((origin, origin.out_column == place.column || origin.out_column == 0));
        }
        let starts = |line: u32| rendered.line(line).is_some_and(|line| line.starts_with("---"));
        let same_document = !(origin.out_line + 1..=place.line).any(starts);
        same_document.then_some((origin, false))
    }

    fn text(&self, file: u32) -> Option<Arc<Text>> {
        let mut texts = self.texts.lock().unwrap_or_else(PoisonError::into_inner);
        let text = texts.entry(file).or_insert_with(|| {
            let path = self.files.get(file as usize)?;
            let bytes = self.root.checkout().read(path).ok()?;
            Some(Arc::new(Text::new(self.root.shown(path), String::from_utf8(bytes).ok()?)))
        });
        text.clone()
    }
}

impl Origins for Sources {
    fn origin(&self, rendered: &Text, span: Span) -> Option<sluice_manifest::Origin> {
        let (origin, own) = self.entry(rendered, rendered.place(span))?;
        let text = self.text(origin.file)?;
        let line = text.line(origin.line)?;
        let start = line.as_ptr() as usize - text.as_str().as_ptr() as usize;
        let (bytes, verbatim) = within(line, origin.column, rendered.slice(span));
        let relation = match (origin.exact && own, verbatim) {
            (false, _) => Relation::Near,
            (true, true) => Relation::Value,
            (true, false) => Relation::Made,
        };
        let span = Span { start: (start + bytes.start) as u32, end: (start + bytes.end) as u32 };
        Some(sluice_manifest::Origin { text, span, relation })
    }
}

/// The bytes of a source line that belong to a rendered value, and whether they are the value as it was rendered.
fn within(line: &str, column: u32, value: &str) -> (std::ops::Range<usize>, bool) {
    let indent = line.len() - line.trim_start().len();
    let whole = indent..line.trim_end().len().max(indent);
    let start = match column {
        0 => None,
        column => line.char_indices().nth(column as usize - 1).map(|(at, _)| at),
    };
    let bare = value.trim();
    let plain = bare.trim_matches(['"', '\'']);
    if plain.is_empty() || bare.contains('\n') {
        return (start.map_or(whole.clone(), |start| start..whole.end.max(start)), false);
    }
    let rest = line.get(start.unwrap_or(indent)..).unwrap_or_default();
    let offset = line.len() - rest.len();
    // With its quotes, if it has any there.
    for form in [bare.to_owned(), format!("\"{plain}\""), format!("'{plain}'"), plain.to_owned()] {
        let mut places = rest.match_indices(form.as_str());
        match (places.next(), places.next()) {
            (Some((0, _)), _) if start.is_some() => return (offset..offset + form.len(), true),
            (Some((at, _)), None) if start.is_none() && stands_alone(rest, at, form.len()) => {
                return (offset + at..offset + at + form.len(), true);
            }
            (_, _) => {}
        }
    }
    (start.map_or(whole.clone(), |start| start..whole.end.max(start)), false)
}

/// Whether a piece of a template's line is a value: after a key or a dash, and nothing but a comment behind it.
fn stands_alone(line: &str, at: usize, length: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let after = line.get(at + length..).unwrap_or_default();
    (before.ends_with(": ") || before.ends_with("- ")) && (after.trim().is_empty() || after.starts_with(" #"))
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources").field("files", &self.files).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_value_is_found_where_it_stands() {
        for (line, column, value, expected, verbatim) in [
            ("  image: nginx:1.29 # web", 10, "nginx:1.29", "nginx:1.29", true),
            ("  tag: \"1.29\"", 8, "1.29", "\"1.29\"", true),
            ("  image: nginx:1.29", 0, "nginx:1.29", "nginx:1.29", true),
            ("  image: {{ .Values.image }}", 0, "nginx:1.29", "image: {{ .Values.image }}", false),
            ("  a: {{ if eq x \"b\" }}b{{ end }}", 0, "b", "a: {{ if eq x \"b\" }}b{{ end }}", false),
            ("namePrefix: prod-", 13, "prod-web", "prod-", false),
            ("  name: x", 0, "a: 1\nb: 2", "name: x", false),
        ] {
            let (bytes, found) = within(line, column, value);
            assert_eq!((&line[bytes], found), (expected, verbatim), "{line}");
        }
    }
}
