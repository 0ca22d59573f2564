//! The grammar of paths: RFC 9535, section 2, without filters, slices and functions.

use super::{MAX_BYTES, MAX_SEGMENTS, MAX_SELECTORS, PathError, Segment, Selector};
use crate::json::parse::unicode_escape;
use crate::quote::quote;

/// Largest index: integers of I-JSON, as the RFC demands.
const MAX_INDEX: i64 = (1 << 53) - 1;

pub(super) fn segments(path: &str) -> Result<Vec<Segment>, PathError> {
    let mut parser = Parser { path, at: 0, selectors: 0 };
    if path.len() > MAX_BYTES {
        return parser.fail(format!("a path has at most {MAX_BYTES} bytes"));
    }
    if !parser.eat('$') {
        return parser.fail("a path starts with `$`");
    }
    let mut segments = Vec::new();
    while parser.at < path.len() {
        let before = parser.at;
        parser.space();
        if parser.at == path.len() {
            parser.at = before;
            return parser.fail("a path does not end with space");
        }
        if segments.len() == MAX_SEGMENTS {
            return parser.fail(format!("a path has at most {MAX_SEGMENTS} segments"));
        }
        segments.push(parser.segment()?);
    }
    Ok(segments)
}

struct Parser<'a> {
    path: &'a str,
    at: usize,
    /// How many selectors were read.
    selectors: usize,
}

impl Parser<'_> {
    fn segment(&mut self) -> Result<Segment, PathError> {
        if self.peek() == Some('[') {
            return Ok(Segment { descends: false, selectors: self.bracket()? });
        }
        if !self.eat('.') {
            return match self.peek() {
                Some('-') => self.fail("a name with `-` is written in brackets: `['a-b']`"),
                Some('(') => self.fail("functions are not understood"),
                Some(_) | None => self.fail("expected `.`, `..` or `[`"),
            };
        }
        let descends = self.eat('.');
        if descends && self.peek() == Some('[') {
            return Ok(Segment { descends, selectors: self.bracket()? });
        }
        self.count()?;
        let selector = if self.eat('*') { Selector::Wildcard } else { Selector::Name(self.shorthand()?) };
        Ok(Segment { descends, selectors: vec![selector] })
    }

    fn shorthand(&mut self) -> Result<String, PathError> {
        let rest = self.path.get(self.at..).unwrap_or_default();
        let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
        let name = rest.get(..end).unwrap_or_default();
        match name.chars().next().or_else(|| rest.chars().next()) {
            Some(c) if c.is_ascii_digit() => {
                self.fail("a name that starts with a digit is written in brackets: `['0']`")
            }
            Some(_) if !name.is_empty() => {
                self.at += end;
                Ok(name.to_owned())
            }
            Some(c) if is_space(c) => self.fail("no space may follow a `.`"),
            Some('.') => self.fail("expected a name, `*` or `[` after `..`"),
            Some(_) | None => self.fail("expected a name or `*`"),
        }
    }

    fn bracket(&mut self) -> Result<Vec<Selector>, PathError> {
        self.at += 1;
        let mut selectors = Vec::new();
        loop {
            self.space();
            self.count()?;
            selectors.push(self.selector()?);
            self.space();
            if self.eat(']') {
                return Ok(selectors);
            }
            if self.peek() == Some(':') {
                return self.fail("slices (`[1:2]`) are not understood");
            }
            if !self.eat(',') {
                return self.fail("expected `,` or `]`");
            }
        }
    }

    fn count(&mut self) -> Result<(), PathError> {
        self.selectors += 1;
        if self.selectors <= MAX_SELECTORS {
            return Ok(());
        }
        self.fail(format!("a path has at most {MAX_SELECTORS} selectors"))
    }

    fn selector(&mut self) -> Result<Selector, PathError> {
        match self.peek() {
            Some('*') => {
                self.at += 1;
                Ok(Selector::Wildcard)
            }
            Some(quote @ ('\'' | '"')) => self.quoted(quote).map(Selector::Name),
            Some('-' | '0'..='9') => self.index().map(Selector::Index),
            Some('?') => self.fail("filters (`?`) are not understood"),
            Some(':') => self.fail("slices (`[1:2]`) are not understood"),
            Some('(') => self.fail("scripts (`(…)`) are not understood"),
            Some('@') => self.fail("`@` is not understood"),
            Some(c) if is_name(c) => self.fail("a name in brackets stands in quotes: `['name']`"),
            Some(_) | None => self.fail("expected a name in quotes, an index or `*`"),
        }
    }

    fn index(&mut self) -> Result<i64, PathError> {
        let rest = self.path.get(self.at..).unwrap_or_default();
        let end = rest.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or_default();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0') || text == "0";
        let index = text.parse().ok().filter(|index| plain && (-MAX_INDEX..=MAX_INDEX).contains(index));
        let Some(index) = index else {
            return self.fail("expected an index without leading zeros, from -(2^53-1) to 2^53-1");
        };
        self.at += end;
        Ok(index)
    }

    fn quoted(&mut self, quote: char) -> Result<String, PathError> {
        let start = self.at;
        self.at += 1;
        let mut name = String::new();
        loop {
            match self.peek() {
                Some(c) if c == quote => {
                    self.at += 1;
                    return Ok(name);
                }
                Some('\\') => name.push(self.escape(quote)?),
                Some(c) if c < ' ' => return self.fail("a control character in a name is written as an escape"),
                Some(c) => {
                    self.at += c.len_utf8();
                    name.push(c);
                }
                None => {
                    self.at = start;
                    return self.fail("the quote is not closed");
                }
            }
        }
    }

    fn escape(&mut self, quote: char) -> Result<char, PathError> {
        let rest = self.path.get(self.at..).unwrap_or_default();
        let escaped = match rest.chars().nth(1) {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some(c @ ('/' | '\\')) => c,
            Some(c) if c == quote => c,
            Some('u') => match unicode_escape(rest) {
                Some((c, length)) => {
                    self.at += length;
                    return Ok(c);
                }
                None => return self.fail("the `\\u` escape is no character"),
            },
            Some(_) | None => return self.fail("unknown escape"),
        };
        self.at += 2;
        Ok(escaped)
    }

    fn space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn peek(&self) -> Option<char> {
        self.path.get(self.at..)?.chars().next()
    }

    fn fail<T>(&self, message: impl Into<String>) -> Result<T, PathError> {
        let before = self.path.get(..self.at).unwrap_or_default();
        let character = before.chars().count() + 1;
        Err(PathError { message: message.into(), character, path: quote(self.path) })
    }
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii()
}
