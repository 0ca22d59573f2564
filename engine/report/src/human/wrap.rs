//! Prose broken into lines, so that it can be read beside source text. What stands in backticks is never broken: it may
//! be a command to copy.

use crate::clean;

/// Breaks each line of `text` at spaces, to at most `width` characters where that is possible.
pub(crate) fn wrap(text: &str, width: usize) -> String {
    let mut wrapped = String::with_capacity(text.len() + 16);
    for line in text.lines() {
        if !wrapped.is_empty() {
            wrapped.push('\n');
        }
        wrap_line(line, width, &mut wrapped);
    }
    wrapped
}

fn wrap_line(line: &str, width: usize, wrapped: &mut String) {
    let mut used = 0;
    for word in words(line) {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width && !clean::starts_command(word) {
            wrapped.push('\n');
            used = 0;
        } else if used > 0 {
            wrapped.push(' ');
            used += 1;
        }
        wrapped.push_str(word);
        used += length;
    }
}

/// The parts of a line between spaces outside of backticks. Indentation stays with the first part.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    let mut begun = false;
    line.split(move |c: char| {
        quoted ^= c == '`';
        begun |= c != ' ';
        c == ' ' && !quoted && begun
    })
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn breaks_at_spaces_only_outside_of_backticks() {
        assert_eq!(wrap("one two three", 8), "one two\nthree");
        assert_eq!(wrap("run `sluice check .` now", 8), "run\n`sluice check .`\nnow");
        assert_eq!(wrap("an unfinished `quote stays", 8), "an\nunfinished\n`quote stays");
        assert_eq!(wrap("a\n  indented line", 80), "a\n  indented line");
        assert_eq!(wrap("averyveryverylongword x", 5), "averyveryverylongword\nx");
    }

    #[test]
    fn no_line_starts_with_a_command() {
        assert_eq!(wrap("some words ::error::x", 10), "some words ::error::x");
    }
}
