//! Text of others inside an error message: on one line, and no longer than a line.

/// Most characters that a message repeats.
const SHOWN: usize = 80;

/// The beginning of a text, with control characters as escapes.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == SHOWN {
            out.push('…');
            break;
        }
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::quote;

    #[test]
    fn keeps_a_message_on_one_short_line() {
        assert_eq!(quote("/spec/ä"), "/spec/ä");
        assert_eq!(quote("a\n\u{1b}[31m\u{202e}b"), "a\\n\\u{1b}[31m\\u{202e}b");
        assert_eq!(quote(&"x".repeat(1_000)).chars().count(), 81);
    }
}
