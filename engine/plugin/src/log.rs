//! What a plugin writes, kept up to a limit and made safe to show: one entry a line, no control characters.

/// Bytes of a call's log that are kept.
pub(crate) const MOST_BYTES: usize = 64 << 10;

/// The lines that one call wrote.
#[derive(Default)]
pub(crate) struct Log {
    lines: Vec<String>,
    bytes: usize,
    cut: bool,
}

impl Log {
    /// Keeps a message, as one entry for each of its lines. Past the limit everything is left out, and the end says so.
    pub(crate) fn write(&mut self, message: &str) {
        for line in message.lines() {
            let room = MOST_BYTES.saturating_sub(self.bytes);
            let fitting = line.get(..line.floor_char_boundary(room)).unwrap_or_default();
            let entry = one_line(fitting);
            // An empty line costs something too, or a flood of them would be free.
            self.bytes += entry.len() + 1;
            self.cut |= fitting.len() < line.len() || self.bytes > MOST_BYTES;
            if !self.cut || !entry.is_empty() && self.bytes <= MOST_BYTES + 1 {
                self.lines.push(entry);
            }
            if self.cut {
                self.bytes = MOST_BYTES;
                return;
            }
        }
    }

    pub(crate) fn into_lines(mut self) -> Vec<String> {
        if self.cut {
            self.lines.push(format!("… (the rest is left out: a call may write {} KiB)", MOST_BYTES >> 10));
        }
        self.lines
    }
}

/// As [`one_line`]; what is one already stays as it is.
pub(crate) fn in_one_line(text: String) -> String {
    let is_one = text.len() == text.trim().len() && !text.contains(char::is_control);
    if is_one { text } else { one_line(&text) }
}

/// A text on one line: runs of line breaks become a space, other control characters are written out, so that a plugin
/// cannot paint the terminal of whoever reads its words.
pub(crate) fn one_line(text: &str) -> String {
    let text = text.trim();
    if !text.chars().any(|c| c.is_control()) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_control() => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_says_so() {
        let mut log = Log::default();
        for _ in 0..1_000_000 {
            log.write("");
            log.write("x");
        }
        let lines = log.into_lines();
        assert!(lines.iter().map(|line| line.len() + 1).sum::<usize>() < MOST_BYTES + 100);
        assert_eq!(lines.last().map(String::as_str), Some("… (the rest is left out: a call may write 64 KiB)"));
    }

    #[test]
    fn a_line_too_long_keeps_its_beginning() {
        let mut log = Log::default();
        log.write("first");
        log.write(&"ä".repeat(100_000));
        log.write("last");
        let lines = log.into_lines();
        assert_eq!(lines.len(), 3);
        assert!(lines[1].len() > MOST_BYTES - 20 && lines[1].chars().all(|c| c == 'ä'));
        assert!(lines[2].starts_with("… (the rest"));
    }

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(one_line("a\r\n\tb\u{1b}[31m"), "a b\\u{1b}[31m");
    }
}
