//! Text from outside made safe to show: manifests and plugins may hold characters that move a terminal's cursor, turn
//! the reading direction, or start a command of a CI system. Owns their replacement; refuses to change anything else.

use std::borrow::Cow;

/// A text on one line: breaks and tabs become spaces, characters that act become visible.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| acts(c) || matches!(c, '\n' | '\t')) {
        return Cow::Borrowed(text.trim_end());
    }
    let text = text.trim_end().replace("\r\n", "\n");
    Cow::Owned(text.chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { visible(c) }).collect())
}

/// A text of several lines. A line that a CI system would read as a command of its own is marked as quoted.
#[must_use]
pub fn block(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for (index, line) in text.trim_end().lines().enumerate() {
        if index > 0 {
            clean.push('\n');
        }
        if starts_command(line) {
            clean.push_str("> ");
        }
        clean.extend(line.chars().map(|c| if c == '\t' { ' ' } else { visible(c) }));
    }
    clean
}

/// Source lines: as [`block`], but character for character, so that columns hold; tabs stay.
pub(crate) fn source(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n");
    Cow::Owned(text.chars().map(visible).collect())
}

/// Whether GitHub Actions or Azure Pipelines would take the line as a command.
pub(crate) fn starts_command(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("::") || line.starts_with("##")
}

/// Whether a character does something to a terminal other than to appear.
fn acts(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

/// Something that can be seen in place of a character that acts: U+241B for ESC, U+FFFD where no picture exists.
fn visible(c: char) -> char {
    match c {
        '\u{7f}' => '\u{2421}',
        c if !acts(c) => c,
        c => char::from_u32(0x2400 + c as u32).filter(|_| (c as u32) < 0x20).unwrap_or(char::REPLACEMENT_CHARACTER),
    }
}

#[cfg(test)]
mod tests {
    use super::{block, line, source};

    #[test]
    fn characters_that_act_become_visible() {
        assert_eq!(line("a\u{1b}[31mred\u{7} b\u{202e}c\u{9b}d\0"), "a␛[31mred␇ b\u{fffd}c\u{fffd}d␀");
        assert_eq!(line("one\r\ntwo\tthree\n"), "one two three");
        assert_eq!(line("naïve 日本 👩\u{200d}💻"), "naïve 日本 👩\u{200d}💻");
        assert_eq!(line("tag\u{e0041}"), "tag\u{fffd}");
    }

    #[test]
    fn source_keeps_its_columns() {
        assert_eq!(source("a: \u{1b}x\r\nb:\ty"), "a: ␛x\nb:\ty");
        assert_eq!(source("a\rb"), "a␍b");
    }

    #[test]
    fn no_line_starts_a_command() {
        assert_eq!(block("why\n  ::error::x\n##[group]y\na ::b"), "why\n>   ::error::x\n> ##[group]y\na ::b");
    }
}
