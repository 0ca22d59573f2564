//! Reads JSON text (RFC 8259) into nodes that all carry one span: values that patches write, not files.
//!
//! It refuses what would make a value ambiguous: members that repeat a key, and lone surrogates.

use std::collections::HashSet;

use crate::Span;
use crate::json::JsonError;
use crate::tree::{ARRAY, EXTRA, FALSE, LENGTH, MAX_LENGTH, NULL, NUMBER, OBJECT, Raw, STRING, TRUE, Tree};

/// Deepest nesting of a value.
pub(crate) const MAX_DEPTH: usize = 1_000;

/// Appends the nodes of a JSON text to `tree`, and says at which index they start.
pub(crate) fn append(tree: &mut Tree, span: Span, json: &str) -> Result<u32, JsonError> {
    let root = u32::try_from(tree.nodes.len()).map_err(|_| JsonError { message: "is too large", offset: 0 })?;
    let mut parser = Parser { json, at: 0, span, tree, open: Vec::new() };
    parser.document()?;
    Ok(root)
}

struct Parser<'a> {
    json: &'a str,
    at: usize,
    span: Span,
    tree: &'a mut Tree,
    open: Vec<Open>,
}

/// A collection whose end has not been seen.
struct Open {
    index: usize,
    children: u32,
    object: bool,
}

impl Parser<'_> {
    fn document(&mut self) -> Result<(), JsonError> {
        loop {
            if self.value()? {
                continue;
            }
            if !self.next_child()? {
                break;
            }
        }
        self.space();
        if self.at < self.json.len() { self.fail("has text after its value") } else { Ok(()) }
    }

    /// Reads a scalar, or the opening of a collection and the first key; whether a value has to follow.
    fn value(&mut self) -> Result<bool, JsonError> {
        self.space();
        match self.peek() {
            Some(b'{') => self.open(OBJECT, b'}'),
            Some(b'[') => self.open(ARRAY, b']'),
            Some(b'"') => self.string().map(|()| false),
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| false),
            Some(b't') => self.word("true", TRUE),
            Some(b'f') => self.word("false", FALSE),
            Some(b'n') => self.word("null", NULL),
            Some(_) => self.fail("holds something that is no JSON value"),
            None => self.fail("ends where a value should stand"),
        }
    }

    /// After a value: the comma and the key of the next one, or the ends of collections; false at the end of the text.
    fn next_child(&mut self) -> Result<bool, JsonError> {
        while let Some(top) = self.open.last_mut() {
            top.children += 1;
            let object = top.object;
            self.space();
            match self.peek() {
                Some(b',') => {
                    self.at += 1;
                    if object {
                        self.key()?;
                    }
                    return Ok(true);
                }
                Some(b'}') if object => self.close()?,
                Some(b']') if !object => self.close()?,
                Some(_) => return self.fail("lacks a comma or an end of a collection"),
                None => return self.fail("ends within a collection"),
            }
        }
        Ok(false)
    }

    fn open(&mut self, tag: u32, end: u8) -> Result<bool, JsonError> {
        if self.open.len() >= MAX_DEPTH {
            return self.fail("is nested deeper than 1000 levels");
        }
        self.at += 1;
        self.open.push(Open { index: self.tree.nodes.len(), children: 0, object: tag == OBJECT });
        self.push(tag, 0)?;
        self.space();
        if self.peek() == Some(end) {
            self.close()?;
            return Ok(false);
        }
        if tag == OBJECT {
            self.key()?;
        }
        Ok(true)
    }

    fn close(&mut self) -> Result<(), JsonError> {
        let Some(open) = self.open.pop() else {
            return self.fail("closes what was not opened");
        };
        let next = self.tree.nodes.len() as u32;
        if open.children as usize > MAX_LENGTH {
            return self.fail("is too large");
        }
        if let Some(raw) = self.tree.nodes.get_mut(open.index) {
            raw.head |= open.children << LENGTH;
            raw.aux = next;
        }
        if open.object && self.repeats_key(open.index as u32) {
            return self.fail("holds an object that repeats a key");
        }
        self.at += 1;
        Ok(())
    }

    fn repeats_key(&self, index: u32) -> bool {
        let keys = crate::Node { tree: self.tree, index }.entries().map(|(key, _)| key.as_str());
        if keys.len() > 16 {
            let mut seen = HashSet::with_capacity(keys.len());
            return !keys.into_iter().all(|key| seen.insert(key));
        }
        keys.clone().enumerate().any(|(at, key)| keys.clone().take(at).any(|other| other == key))
    }

    fn key(&mut self) -> Result<(), JsonError> {
        self.space();
        if self.peek() != Some(b'"') {
            return self.fail("lacks a key in double quotes");
        }
        self.string()?;
        self.space();
        if self.peek() != Some(b':') {
            return self.fail("lacks a colon after a key");
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.at += 1;
        let offset = self.tree.extra.len();
        loop {
            let rest = self.json.as_bytes().get(self.at..).unwrap_or_default();
            let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)).unwrap_or(rest.len());
            let end = self.at + plain;
            self.tree.extra.push_str(self.json.get(self.at..end).unwrap_or_default());
            self.at = end;
            match self.peek() {
                Some(b'"') => break,
                Some(b'\\') => self.escape()?,
                Some(_) => return self.fail("holds a control character in a string"),
                None => return self.fail("ends within a string"),
            }
        }
        self.at += 1;
        self.push_text(STRING, offset)
    }

    fn escape(&mut self) -> Result<(), JsonError> {
        let escaped = match self.json.as_bytes().get(self.at + 1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            Some(_) | None => return self.fail("holds an unknown escape"),
        };
        self.at += 2;
        self.tree.extra.push(escaped);
        Ok(())
    }

    fn unicode(&mut self) -> Result<(), JsonError> {
        let Some((c, length)) = self.json.get(self.at..).and_then(unicode_escape) else {
            return self.fail("holds a `\\u` escape that is no character");
        };
        self.tree.extra.push(c);
        self.at += length;
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonError> {
        let rest = self.json.get(self.at..).unwrap_or_default();
        let end = rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E')).unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or_default();
        if !is_number(text) {
            return self.fail("holds something that is no JSON number");
        }
        let offset = self.tree.extra.len();
        self.tree.extra.push_str(text);
        self.at += end;
        self.push_text(NUMBER, offset)
    }

    fn word(&mut self, word: &str, tag: u32) -> Result<bool, JsonError> {
        if !self.json.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            return self.fail("holds something that is no JSON value");
        }
        self.at += word.len();
        self.push(tag, 0).map(|()| false)
    }

    fn push_text(&mut self, tag: u32, offset: usize) -> Result<(), JsonError> {
        let length = self.tree.extra.len() - offset;
        match u32::try_from(offset) {
            Ok(offset) if length <= MAX_LENGTH => self.push(tag | EXTRA | (length as u32) << LENGTH, offset),
            Ok(_) | Err(_) => self.fail("is too large"),
        }
    }

    fn push(&mut self, head: u32, aux: u32) -> Result<(), JsonError> {
        if self.tree.nodes.len() >= u32::MAX as usize {
            return self.fail("is too large");
        }
        self.tree.nodes.push(Raw { head, start: self.span.start, end: self.span.end, aux });
        Ok(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.json.as_bytes().get(self.at).copied()
    }

    fn fail<T>(&self, message: &'static str) -> Result<T, JsonError> {
        Err(JsonError { message, offset: self.at })
    }
}

/// The character that a `\uXXXX` (or a pair of them) at the start of a text stands for, and the length of the escape.
pub(crate) fn unicode_escape(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        let hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex { u32::from_str_radix(digits, 16).ok() } else { None }
    };
    match unit(0)? {
        high @ 0xd800..=0xdbff => {
            let low = unit(6).filter(|low| (0xdc00..=0xdfff).contains(low))?;
            let code = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
            char::from_u32(code).map(|c| (c, 12))
        }
        code => char::from_u32(code).map(|c| (c, 6)),
    }
}

/// Whether a text is a number by the grammar of JSON.
pub(crate) fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole.len() == 1 || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|exponent| digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)))
}
