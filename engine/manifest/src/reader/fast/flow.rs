//! Collections in brackets, over one line or many: JSON, and lists and mappings of simple words.

use super::{Fast, Key};
use crate::tree::{ARRAY, OBJECT};

impl Fast<'_, '_> {
    /// A collection in brackets that is a value.
    pub(super) fn flow_value(&mut self) -> Option<()> {
        let after = self.flow(self.at)?;
        self.finish_line(after)
    }

    /// Reads the collection at `start`; gives the place after it.
    fn flow(&mut self, start: usize) -> Option<usize> {
        let mapping = self.byte(start) == b'{';
        let (tag, close) = if mapping { (OBJECT, b'}') } else { (ARRAY, b']') };
        let open = self.open(tag, start)?;
        let hashes = self.scratch.hashes.len();
        let mut count = 0;
        let mut at = self.flow_space(start + 1)?;
        while self.byte(at) != close {
            if mapping {
                at = self.flow_key(at, hashes)?;
            }
            at = self.flow_node(at)?;
            count += 1;
            at = self.flow_space(at)?;
            match self.byte(at) {
                b',' => at = self.flow_space(at + 1)?,
                byte if byte == close => {}
                _ => return None,
            }
        }
        self.scratch.hashes.truncate(hashes);
        self.end = at + 1;
        self.close(open, count);
        Some(at + 1)
    }

    /// Reads a key and its `:`; gives the place of the value.
    fn flow_key(&mut self, start: usize, hashes: usize) -> Option<usize> {
        let key = if matches!(self.byte(start), b'"' | b'\'') {
            let quoted = self.quoted(start)?;
            self.scratch.nodes.pop();
            let colon = self.skip_spaces(quoted.after);
            if !quoted.verbatim || self.byte(colon) != b':' || colon - start > super::KEY_LENGTH {
                return None;
            }
            Key { start, end: quoted.after, quoted: true, after: colon + 1 }
        } else {
            let end = self.flow_word(start)?;
            let spaced = matches!(self.byte(end + 1), b' ' | b'\n');
            if self.byte(end) != b':' || !spaced {
                return None;
            }
            Key { start, end, quoted: false, after: end + 1 }
        };
        self.key(key, hashes)?;
        let at = self.flow_space(key.after)?;
        // Without a value it would be null.
        (!matches!(self.byte(at), b',' | b'}' | b']')).then_some(at)
    }

    fn flow_node(&mut self, start: usize) -> Option<usize> {
        let after = match self.byte(start) {
            b'[' | b'{' => self.flow(start)?,
            b'"' | b'\'' => self.quoted(start)?.after,
            _ => {
                let end = self.flow_word(start)?;
                self.push_plain(start, end)?;
                end
            }
        };
        // No single pairs such as `[a: b]`.
        let next = self.skip_spaces(after);
        (self.byte(next) != b':').then_some(after)
    }

    /// A plain scalar of the plainest kind, without spaces; gives its end.
    fn flow_word(&self, start: usize) -> Option<usize> {
        let first = self.byte(start);
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'+' | b'=');
        if !plain(first) || first == b'-' && !plain(self.byte(start + 1)) {
            return None;
        }
        let length = self.bytes.get(start..)?.iter().take_while(|byte| plain(**byte)).count();
        let end = start + length;
        match self.byte(end) {
            b',' | b']' | b'}' | b':' | b'\n' => Some(end),
            b' ' => {
                // More words, or a comment, would follow.
                let next = self.skip_spaces(end);
                matches!(self.byte(next), b',' | b']' | b'}').then_some(end)
            }
            _ => None,
        }
    }

    /// Spaces and line breaks between tokens; gives up at comments, tabs, and what could end the document.
    fn flow_space(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            match self.byte(at) {
                b' ' => at += 1,
                b'\n' => {
                    at += 1;
                    if self.byte(at) == b'.' {
                        return None;
                    }
                }
                b'#' | b'\t' | 0 => return None,
                _ => return Some(at),
            }
        }
    }
}
