//! The bytes of a source line that a rendered value came from.

use std::ops::Range;

use sluice_manifest::{Span, Text};

/// The bytes of a line of a source that belong to a rendered value, and whether they are the value as it was rendered. A
/// column counts from 1; 0 is the line as a whole. None where there is no such line.
pub(super) fn in_line(text: &Text, number: u32, column: u32, value: &str) -> Option<(Span, bool)> {
    let line = text.line(number)?;
    let start = line.as_ptr() as usize - text.as_str().as_ptr() as usize;
    let (bytes, verbatim) = within(line, column, value);
    Some((Span { start: (start + bytes.start) as u32, end: (start + bytes.end) as u32 }, verbatim))
}

/// As [`in_line`], within the line.
fn within(line: &str, column: u32, value: &str) -> (Range<usize>, bool) {
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

/// Whether a piece of a line is a value: after a key or a dash, and nothing but a comment or the end of what holds it
/// behind it.
fn stands_alone(line: &str, at: usize, length: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let after = line.get(at + length..).unwrap_or_default().trim_end();
    let ends = after.is_empty() || after.starts_with(" #");
    let in_flow = before.contains(['{', '[']) && !before.contains("{{") && after.starts_with([',', '}', ']']);
    (before.ends_with(": ") || before.ends_with("- ")) && (ends || in_flow)
}

/// Whether a value is a number, a boolean or nothing, or would be one without its quotes.
pub(super) fn is_typed(value: &str) -> bool {
    let text = value.trim().trim_matches(['"', '\'']);
    const WORDS: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let number = text.replace('_', "");
    let starts = number.trim_start_matches(['-', '+', '.']).starts_with(|c: char| c.is_ascii_digit());
    let is_number = starts && (number.parse::<f64>().is_ok() || number.starts_with("0x") || number.starts_with("0o"));
    is_number || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::{is_typed, within};

    #[test]
    fn what_is_no_text_without_quotes() {
        for (value, expected) in [
            ("3", true),
            ("\"3\"", true),
            ("-1.5", true),
            ("Yes", true),
            ("'off'", true),
            ("nginx:1.29", false),
            ("1.29.3", false),
            ("0x1f", true),
            ("x", false),
        ] {
            assert_eq!(is_typed(value), expected, "{value}");
        }
    }

    #[test]
    fn a_value_is_found_where_it_stands() {
        for (line, column, value, expected, verbatim) in [
            ("  image: nginx:1.29 # web", 10, "nginx:1.29", "nginx:1.29", true),
            ("  tag: \"1.29\"", 8, "1.29", "\"1.29\"", true),
            ("  image: nginx:1.29", 0, "nginx:1.29", "nginx:1.29", true),
            ("  image: {{ .Values.image }}", 0, "nginx:1.29", "image: {{ .Values.image }}", false),
            ("  a: {{ if eq x \"b\" }}b{{ end }}", 0, "b", "a: {{ if eq x \"b\" }}b{{ end }}", false),
            ("image: {name: web, tag: latest}", 0, "latest", "latest", true),
            ("image: {name: web, tag: latest}", 0, "web", "web", true),
            ("text: web, and more", 0, "web", "text: web, and more", false),
            ("namePrefix: prod-", 13, "prod-web", "prod-", false),
            ("  name: x", 0, "a: 1\nb: 2", "name: x", false),
        ] {
            let (bytes, found) = within(line, column, value);
            assert_eq!((&line[bytes], found), (expected, verbatim), "{line}");
        }
    }
}
