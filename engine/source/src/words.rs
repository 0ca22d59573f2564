//! How untrusted text is shown: in one line, without control characters, and not longer than a reader reads.

/// The longest foreign text that a message carries, in characters.
const LONGEST: usize = 400;

/// `text` as it may be shown: control characters and line ends escaped, cut where it is too long.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (count, character) in text.chars().enumerate() {
        if count == LONGEST {
            shown.push('…');
            break;
        }
        if character.is_control() || is_invisible(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

/// Bytes that need not be text, shown so that each byte can be told.
pub(crate) fn shown_bytes(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => shown(text),
        Err(_) => shown(&bytes.escape_ascii().to_string()),
    }
}

/// An error and its causes in one line, each said once.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut current = Some(error);
    while let Some(error) = current {
        let said = error.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        if !said.is_empty() && !words.iter().any(|word| word.contains(&said)) {
            words.push(said);
        }
        current = error.source();
    }
    let text = words.join(": ");
    shown(text.trim_end_matches('.'))
}

/// Characters that change how their neighbours look: direction overrides and zero-width ones.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_stays_in_its_line() {
        assert_eq!(shown("a\nb\u{1b}[31m\u{202e}"), "a\\nb\\u{1b}[31m\\u{202e}");
        assert_eq!(shown_bytes(b"a\xffb"), "a\\xffb");
        assert_eq!(shown(&"x".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
