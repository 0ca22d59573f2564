//! JSON as Go reads it, straight into a tree: strict, except that equal keys are told and not refused.

use std::sync::Arc;

use super::{Limits, Problem, resolve, words};
use crate::tree::{Collection, MAX_LENGTH, Textual, TreeBuilder};
use crate::{Span, Text, Tree};

/// Reads the value at `start`; gives its tree and where it ends. Equal keys are left in.
pub(crate) fn read(text: &Arc<Text>, start: u32, limits: &Limits) -> Result<(Tree, u32), Problem> {
    let whole = text.as_str().as_bytes();
    let most = (start as usize).saturating_add((limits.bytes as usize).min(MAX_LENGTH)).min(whole.len());
    let mut json = Json {
        text,
        bytes: whole.get(..most).unwrap_or_default(),
        at: start as usize,
        limits,
        tree: TreeBuilder::new(Arc::clone(text)),
        open: Vec::new(),
        scratch: String::new(),
    };
    if let Err(problem) = json.document() {
        let cut = most < whole.len() && problem.span.end as usize >= most;
        let begin = Span { start, end: start + 1 };
        return Err(if cut { words::too_large(whole.len() - start as usize, limits.bytes, begin) } else { problem });
    }
    let end = json.at as u32;
    Ok((json.tree.finish(), end))
}

struct Json<'t> {
    text: &'t Text,
    bytes: &'t [u8],
    at: usize,
    limits: &'t Limits,
    tree: TreeBuilder,
    open: Vec<Open>,
    scratch: String,
}

#[derive(Clone, Copy)]
struct Open {
    index: u32,
    count: u32,
    close: u8,
}

impl Json<'_> {
    fn document(&mut self) -> Result<(), Problem> {
        loop {
            self.space();
            if self.value()? {
                continue;
            }
            // A value is complete: close what ends here, or go on to the next member.
            loop {
                let Some(open) = self.open.last_mut() else { return Ok(()) };
                open.count += 1;
                let close = open.close;
                self.space();
                match self.bytes.get(self.at) {
                    Some(b',') => {
                        self.at += 1;
                        if close == b'}' {
                            self.key()?;
                        }
                        break;
                    }
                    Some(byte) if *byte == close => self.close(),
                    _ => return Err(self.expected(if close == b'}' { "`,` or `}`" } else { "`,` or `]`" })),
                }
            }
        }
    }

    /// Reads a scalar, or opens a collection that is not empty, in which case a value must follow.
    fn value(&mut self) -> Result<bool, Problem> {
        if self.tree.len() >= self.limits.nodes as usize {
            return Err(words::too_many_nodes(self.limits.nodes, self.here()));
        }
        let start = self.at;
        match self.bytes.get(self.at) {
            Some(b'{') => self.open(Collection::Object, b'}'),
            Some(b'[') => self.open(Collection::Array, b']'),
            Some(b'"') => self.string().map(|()| false),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| false),
            _ => {
                let rest = self.bytes.get(start..).unwrap_or_default();
                let plain = super::PLAIN.iter().find(|(word, _)| rest.starts_with(word.as_bytes()));
                let Some((word, plain)) = plain else { return Err(self.expected("a value")) };
                self.at += word.len();
                self.tree.plain(*plain, self.since(start));
                Ok(false)
            }
        }
    }

    fn open(&mut self, kind: Collection, close: u8) -> Result<bool, Problem> {
        if self.open.len() >= self.limits.depth as usize {
            return Err(words::too_deep(self.limits.depth, self.here()));
        }
        let index = self.tree.open(kind, self.at as u32);
        self.open.push(Open { index, count: 0, close });
        self.at += 1;
        self.space();
        if self.bytes.get(self.at) == Some(&close) {
            self.close();
            return Ok(false);
        }
        if close == b'}' {
            self.key()?;
        }
        Ok(true)
    }

    fn close(&mut self) {
        self.at += 1;
        if let Some(open) = self.open.pop() {
            self.tree.close(open.index, open.count, self.at as u32);
        }
    }

    fn key(&mut self) -> Result<(), Problem> {
        self.space();
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(self.expected("a key in double quotes"));
        }
        self.string()?;
        self.space();
        if self.bytes.get(self.at) != Some(&b':') {
            return Err(self.expected("`:` after the key"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), Problem> {
        let start = self.at;
        let content = start + 1;
        self.at = content;
        self.scratch.clear();
        let mut copied = content;
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    self.scratch.push_str(self.text.slice(Span { start: copied as u32, end: self.at as u32 }));
                    self.escape()?;
                    copied = self.at;
                }
                Some(0..0x20) => {
                    let message = "a string holds a control character or a line break";
                    return Err(words::invalid_json(message, self.here()));
                }
                Some(_) => self.at += 1,
                None => return Err(words::invalid_json("a quote is opened and never closed", self.since(start))),
            }
        }
        let end = self.at;
        self.at += 1;
        let span = self.since(start);
        if copied == content {
            self.tree.source(Textual::String, span, Span { start: content as u32, end: end as u32 });
        } else {
            self.scratch.push_str(self.text.slice(Span { start: copied as u32, end: end as u32 }));
            self.tree.made(Textual::String, span, &self.scratch);
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Problem> {
        let decoded = match self.bytes.get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(words::invalid_json("an escape that JSON does not know", self.here())),
        };
        self.at += 2;
        self.scratch.push(decoded);
        Ok(())
    }

    /// `\uXXXX`; half a surrogate pair becomes U+FFFD, as in Go.
    fn unicode(&mut self) -> Result<(), Problem> {
        let Some(first) = self.hex(self.at) else {
            return Err(words::invalid_json("`\\u` asks for four hexadecimal digits", self.here()));
        };
        self.at += 6;
        if let (0xD800..0xDC00, Some(second @ 0xDC00..0xE000)) = (first, self.hex(self.at)) {
            self.at += 6;
            let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            self.scratch.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        } else {
            self.scratch.push(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        Ok(())
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digits = std::str::from_utf8(digits).ok()?;
        if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
    }

    fn number(&mut self) -> Result<(), Problem> {
        let start = self.at;
        self.skip(|byte| byte == b'-', 1);
        let whole = self.at;
        let digits = self.skip(|byte| byte.is_ascii_digit(), usize::MAX);
        let mut valid = digits == 1 || digits > 1 && self.bytes.get(whole) != Some(&b'0');
        let mut integer = true;
        if self.skip(|byte| byte == b'.', 1) == 1 {
            integer = false;
            valid &= self.skip(|byte| byte.is_ascii_digit(), usize::MAX) > 0;
        }
        if self.skip(|byte| matches!(byte, b'e' | b'E'), 1) == 1 {
            integer = false;
            self.skip(|byte| matches!(byte, b'+' | b'-'), 1);
            valid &= self.skip(|byte| byte.is_ascii_digit(), usize::MAX) > 0;
        }
        let span = self.since(start);
        let written = self.text.slice(span);
        if !valid {
            return Err(words::invalid_json("this is no number to JSON", span));
        }
        let canonical = if let (true, Ok(value)) = (integer, written.parse::<i64>()) {
            value.to_string()
        } else {
            let value = written.parse::<f64>().ok().filter(|value| value.is_finite());
            let Some(value) = value else {
                return Err(words::invalid_json("this number is too large", span));
            };
            resolve::json_float(value)
        };
        if canonical == written {
            self.tree.source(Textual::Number, span, span);
        } else {
            self.tree.made(Textual::Number, span, &canonical);
        }
        Ok(())
    }

    fn skip(&mut self, which: impl Fn(u8) -> bool, most: usize) -> usize {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.iter().take(most).take_while(|byte| which(**byte)).count();
        self.at += count;
        count
    }

    fn space(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'), usize::MAX);
    }

    fn since(&self, start: usize) -> Span {
        Span { start: start as u32, end: self.at as u32 }
    }

    fn here(&self) -> Span {
        let width = self.text.as_str().get(self.at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        Span { start: self.at as u32, end: (self.at + width) as u32 }
    }

    fn expected(&self, what: &str) -> Problem {
        let found = self.text.as_str().get(self.at..).and_then(|rest| rest.chars().next());
        let message = match found {
            Some(found @ ('{' | '}' | '[' | ']' | ',' | ':' | '"')) => format!("expected {what}, found `{found}`"),
            Some(_) => format!("expected {what}, found something else"),
            None => format!("expected {what}, but the file ends here"),
        };
        words::invalid_json(message, self.here())
    }
}
