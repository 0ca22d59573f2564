//! Scalars in their four ways of writing, as far as they are ordinary.

use super::{Fast, Key, Stop};
use crate::tree::{LENGTH, STRING};

/// A quoted scalar that was read.
#[derive(Clone, Copy)]
pub(super) struct Quoted {
    /// One past its closing quote.
    pub(super) after: usize,
    /// Whether it stands in the source as it reads.
    pub(super) verbatim: bool,
}

/// Bytes that a plain scalar on one line looks at twice.
#[expect(clippy::indexing_slicing, reason = "a table of 256, indexed by bytes, when this is compiled")]
const SPECIAL: [bool; 256] = {
    let mut special = [false; 256];
    special[0] = true;
    special[b'\n' as usize] = true;
    special[b'\t' as usize] = true;
    special[b':' as usize] = true;
    special[b'#' as usize] = true;
    special
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Chomping {
    Clip,
    Strip,
    Keep,
}

impl Fast<'_, '_> {
    /// The part of a plain scalar on its first line: its end, and what stopped it.
    #[inline]
    pub(super) fn plain_line(&self, start: usize) -> Option<(usize, Stop)> {
        match self.byte(start) {
            b'&' | b'*' | b'!' | b'|' | b'>' | b'%' | b'@' | b'`' | b'?' | b':' | b',' | b'[' | b']' | b'{' | b'}'
            | b'\t' | b'\'' | b'"' | b'#' | 0 => return None,
            _ => {}
        }
        self.rest_of_line(start)
    }

    #[inline]
    fn rest_of_line(&self, start: usize) -> Option<(usize, Stop)> {
        let mut at = start;
        let stop = loop {
            let byte = self.byte(at);
            if SPECIAL.get(usize::from(byte)) == Some(&false) {
                at += 1;
                continue;
            }
            match byte {
                b':' => match self.byte(at + 1) {
                    b' ' | b'\n' | 0 => break Stop::Colon(at),
                    b'\t' => return None,
                    _ => {}
                },
                b'#' if at > start && self.byte(at - 1) == b' ' => break Stop::Comment,
                b'#' => {}
                b'\t' => return None,
                _ => break Stop::Line,
            }
            at += 1;
        };
        let mut end = at;
        while end > start && self.byte(end - 1) == b' ' {
            end -= 1;
        }
        Some((end, stop))
    }

    /// A plain scalar, with the lines that continue it.
    pub(super) fn plain_scalar(&mut self, start: usize, end: usize, stop: Stop, parent: i64) -> Option<()> {
        self.finish_line(if stop == Stop::Comment { end } else { self.skip_spaces(end) })?;
        if stop == Stop::Comment || self.comment || self.column <= parent {
            return self.push_plain(start, end);
        }
        let made = self.scratch.extra.len();
        self.scratch.extra.push_str(self.content.get(start..end)?);
        let mut last = end;
        loop {
            self.fold(self.breaks);
            let line = self.at;
            let (end, stop) = self.rest_of_line(line)?;
            if matches!(stop, Stop::Colon(_)) {
                return None;
            }
            self.scratch.extra.push_str(self.content.get(line..end)?);
            last = last.max(end);
            self.finish_line(if stop == Stop::Comment { end } else { self.skip_spaces(end) })?;
            if stop == Stop::Comment || self.comment || self.column <= parent {
                break;
            }
        }
        // Over several lines, nothing but text is left.
        self.push_made(STRING, start, last, made)
    }

    /// What this many line breaks stand for.
    fn fold(&mut self, breaks: usize) {
        if breaks == 1 {
            self.scratch.extra.push(' ');
        } else {
            self.scratch.extra.extend(std::iter::repeat_n('\n', breaks.saturating_sub(1)));
        }
    }

    /// Reads and pushes a quoted scalar.
    pub(super) fn quoted(&mut self, start: usize) -> Option<Quoted> {
        let quote = self.byte(start);
        let rest = self.bytes.get(start + 1..)?;
        let first = self.quoted_end(quote, rest)? + start + 1;
        let doubled = quote == b'\'' && self.byte(first + 1) == b'\'';
        if self.byte(first) == quote && !doubled {
            let head = STRING | ((first - start - 1) as u32) << LENGTH;
            self.push(head, start, first + 1, start + 1)?;
            return Some(Quoted { after: first + 1, verbatim: true });
        }
        let made = self.scratch.extra.len();
        let end = self.quoted_parts(start + 1, quote)?;
        self.push_made(STRING, start, end, made)?;
        Some(Quoted { after: end, verbatim: false })
    }

    /// The next byte that is not text in this quote.
    #[inline]
    fn quoted_end(&self, quote: u8, rest: &[u8]) -> Option<usize> {
        if quote == b'"' { memchr::memchr3(b'"', b'\\', b'\n', rest) } else { memchr::memchr2(quote, b'\n', rest) }
    }

    /// Writes the text in quotes; gives the place after the closing one.
    fn quoted_parts(&mut self, from: usize, quote: u8) -> Option<usize> {
        let mut at = from;
        loop {
            let rest = self.bytes.get(at..)?;
            let found = self.quoted_end(quote, rest)? + at;
            let part = self.content.get(at..found)?;
            match self.byte(found) {
                b'\n' => {
                    self.scratch.extra.push_str(part.trim_end_matches([' ', '\t']));
                    at = self.quoted_lines(found)?;
                }
                b'\\' => {
                    self.scratch.extra.push_str(part);
                    at = self.escape(found)?;
                }
                _ => {
                    self.scratch.extra.push_str(part);
                    if quote == b'"' || self.byte(found + 1) != b'\'' {
                        return Some(found + 1);
                    }
                    self.scratch.extra.push('\'');
                    at = found + 2;
                }
            }
        }
    }

    /// A line break in quotes and the blanks after it.
    fn quoted_lines(&mut self, from: usize) -> Option<usize> {
        let mut at = from;
        let mut breaks = 0;
        loop {
            match self.byte(at) {
                b'\n' => {
                    breaks += 1;
                    // `...` on a line of its own would end the document.
                    if self.byte(at + 1) == b'.' {
                        return None;
                    }
                }
                b' ' | b'\t' => {}
                0 => return None,
                _ => break,
            }
            at += 1;
        }
        self.fold(breaks);
        Some(at)
    }

    fn escape(&mut self, at: usize) -> Option<usize> {
        let decoded = match self.byte(at + 1) {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'"' => '"',
            b'\\' => '\\',
            b'u' => {
                let digits = self.content.get(at + 2..at + 6)?;
                if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return None;
                }
                self.scratch.extra.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                return Some(at + 6);
            }
            _ => return None,
        };
        self.scratch.extra.push(decoded);
        Some(at + 2)
    }

    /// Whether a `:` makes the quoted scalar at `start` a key; gives up on keys that are not as they are written.
    pub(super) fn colon_after(&self, start: usize, quoted: Quoted) -> Option<Option<Key>> {
        let colon = self.skip_spaces(quoted.after);
        if self.byte(colon) != b':' {
            return Some(None);
        }
        if !quoted.verbatim || !matches!(self.byte(colon + 1), b' ' | b'\n' | 0) || colon - start > super::KEY_LENGTH {
            return None;
        }
        Some(Some(Key { start, end: quoted.after, quoted: true, after: colon + 1 }))
    }

    /// `|` and `>`, without a depth of their own.
    pub(super) fn block_scalar(&mut self, parent: i64) -> Option<()> {
        let start = self.at;
        let literal = self.byte(start) == b'|';
        let (chomping, header) = match self.byte(start + 1) {
            b'-' => (Chomping::Strip, start + 2),
            b'+' => (Chomping::Keep, start + 2),
            _ => (Chomping::Clip, start + 1),
        };
        let blank = self.skip_spaces(header);
        let mut line = match self.byte(blank) {
            b'\n' => blank + 1,
            b'#' if blank > header => self.line_end(blank) + 1,
            _ => return None,
        };
        let (indent, mut trailing) = self.block_depth(&mut line, parent)?;
        let made = self.scratch.extra.len();
        let mut end = line.min(self.bytes.len());
        let (mut any, mut leading_blank) = (false, false);
        while let Some(at) = self.block_line(line, indent)? {
            let byte = self.byte(at);
            if byte == b'\n' {
                trailing += 1;
            } else {
                let blank = matches!(byte, b' ' | b'\t');
                if any && !literal && !leading_blank && !blank {
                    if trailing == 0 {
                        self.scratch.extra.push(' ');
                    }
                } else if any {
                    self.scratch.extra.push('\n');
                }
                self.scratch.extra.extend(std::iter::repeat_n('\n', trailing));
                trailing = 0;
                (any, leading_blank) = (true, blank);
                let line_end = self.line_end(at);
                self.scratch.extra.push_str(self.content.get(at..line_end)?);
            }
            line = self.line_end(at) + 1;
            end = line.min(self.bytes.len());
        }
        if any && chomping != Chomping::Strip {
            self.scratch.extra.push('\n');
        }
        if chomping == Chomping::Keep {
            self.scratch.extra.extend(std::iter::repeat_n('\n', trailing));
        }
        let kept = self.bytes.get(start..end)?.trim_ascii_end().len();
        self.push_made(STRING, start, start + kept, made)?;
        self.find_content(line.min(self.bytes.len()))
    }

    /// How deep the text of a block scalar is, and how many empty lines come first; `line` moves past those.
    fn block_depth(&self, line: &mut usize, parent: i64) -> Option<(usize, usize)> {
        let (mut widest, mut empty) = (0, 0);
        loop {
            let at = self.skip_spaces(*line);
            let width = at - *line;
            match self.byte(at) {
                b'\n' => {
                    widest = widest.max(width);
                    empty += 1;
                    *line = at + 1;
                }
                b'\t' => return None,
                0 => return None,
                _ if width as i64 > parent && width > 0 => return (widest <= width).then_some((width, empty)),
                // Nothing in it: what stands here belongs to something else.
                _ => {
                    let least = (parent + 1).max(1) as usize;
                    return (widest <= least).then_some((least, empty));
                }
            }
        }
    }

    /// Where the text of this line of a block scalar begins, or its line break where it is empty; none where the
    /// scalar has ended.
    fn block_line(&self, line: usize, indent: usize) -> Option<Option<usize>> {
        if line >= self.bytes.len() {
            return Some(None);
        }
        let mut at = line;
        while at < line + indent && self.byte(at) == b' ' {
            at += 1;
        }
        if at == line + indent {
            // At the end of the text, spaces without a line break are an odd case.
            return if at >= self.bytes.len() { None } else { Some(Some(at)) };
        }
        match self.byte(at) {
            b'\n' => Some(Some(at)),
            b'\t' => None,
            0 => None,
            _ => Some(None),
        }
    }
}
