//! Scalars in their four ways of writing: plain, in quotes, literal and folded.

use super::{Fault, Lexeme, Scanner, Style};
use crate::Span;
use crate::reader::complete::syntax::Content;
use crate::reader::words::Wrong;

/// What is done with the empty lines at the end of a block scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chomping {
    Clip,
    Strip,
    Keep,
}

impl Scanner<'_> {
    pub(super) fn fetch_plain(&mut self) -> Result<(), Fault> {
        self.note_candidate()?;
        self.key_allowed = false;
        let start = self.at;
        let made = self.made.len();
        let least = self.indent + 1;
        let mut end = start;
        // Where the text of this line began, and the breaks before it: none, or the first and the number of others.
        let mut copied = start;
        let mut folded = false;
        let mut lines = 0;
        loop {
            if self.column_is_zero() && self.document_indicator().is_some() || self.byte(0) == b'#' {
                break;
            }
            let line = self.at;
            while !self.is_blankz(0) && !self.ends_plain() {
                self.at += 1;
            }
            if self.at > line {
                if lines > 0 {
                    folded = true;
                    self.copy(copied, end);
                    self.fold(end, line);
                    copied = line;
                    lines = 0;
                }
                end = self.at;
            }
            if !(matches!(self.byte(0), b' ' | b'\t') || self.is_break(0)) {
                break;
            }
            lines = self.skip_plain_space(least, lines)?;
            if self.flow == 0 && self.column() < least {
                break;
            }
        }
        let content = if folded {
            self.copy(copied, end);
            self.made_since(made)
        } else {
            Content::Source(self.span(start, end))
        };
        let token = super::Token { lexeme: Lexeme::Scalar(Style::Plain, content), span: self.span(start, end) };
        self.tokens.push_back(token);
        if lines > 0 {
            self.key_allowed = true;
        }
        Ok(())
    }

    fn ends_plain(&self) -> bool {
        match self.byte(0) {
            b':' => self.is_blankz(1),
            b',' | b'?' | b'[' | b']' | b'{' | b'}' => self.flow > 0,
            _ => false,
        }
    }

    /// Skips blanks and breaks after a part of a plain scalar; gives the number of breaks so far.
    fn skip_plain_space(&mut self, least: i64, mut lines: usize) -> Result<usize, Fault> {
        loop {
            match self.byte(0) {
                b'\t' if lines > 0 && self.column() < least => return self.fault(Wrong::Tab, self.at),
                b' ' | b'\t' => self.at += 1,
                _ if self.is_break(0) => {
                    self.skip_break();
                    lines += 1;
                }
                _ => break,
            }
        }
        Ok(lines)
    }

    /// Writes what the breaks between two parts of a folded scalar stand for.
    fn fold(&mut self, start: usize, end: usize) {
        let (after, at, line, line_start) = (end, self.at, self.line, self.line_start);
        self.at = start;
        let mut first = None;
        let from = self.made.len();
        while self.at < after {
            if self.is_break(0) {
                let text = self.take_break();
                if first.is_none() { first = Some(text) } else { self.made.push_str(text) }
            } else {
                self.at += 1;
            }
        }
        match first {
            Some("\n") if self.made.len() == from => self.made.push(' '),
            Some("\n") | None => {}
            Some(first) => self.made.insert_str(from, first),
        }
        (self.at, self.line, self.line_start) = (at, line, line_start);
    }

    /// Skips a line break; gives it as it is read.
    fn take_break(&mut self) -> &'static str {
        let text = match (self.byte(0), self.byte(2)) {
            (0xE2, 0xA8) => "\u{2028}",
            (0xE2, _) => "\u{2029}",
            _ => "\n",
        };
        self.skip_break();
        text
    }

    pub(super) fn fetch_quoted(&mut self, quote: u8) -> Result<(), Fault> {
        self.note_candidate()?;
        self.key_allowed = false;
        let start = self.at;
        let made = self.made.len();
        self.at += 1;
        let mut copied = self.at;
        // Whether nothing had to be changed so far.
        let mut verbatim = true;
        loop {
            if self.column_is_zero() && self.document_indicator().is_some() {
                return self.fault(Wrong::QuoteAtDocumentEnd, start);
            }
            match self.byte(0) {
                0 => return self.fault(Wrong::Quote, start),
                b'\'' if quote == b'\'' && self.byte(1) == b'\'' => {
                    self.copy(copied, self.at + 1);
                    verbatim = false;
                    self.at += 2;
                    copied = self.at;
                }
                byte if byte == quote => break,
                b'\\' if quote == b'"' => {
                    self.copy(copied, self.at);
                    verbatim = false;
                    if self.is_break(1) {
                        self.at += 1;
                        self.skip_break();
                        self.skip_quoted_lines();
                    } else {
                        self.escape()?;
                    }
                    copied = self.at;
                }
                b' ' | b'\t' => {
                    let blank = self.at;
                    self.skip_blanks();
                    if self.is_break(0) {
                        self.copy(copied, blank);
                        verbatim = false;
                        self.fold_quoted();
                        copied = self.at;
                    }
                }
                _ if self.is_break(0) => {
                    self.copy(copied, self.at);
                    verbatim = false;
                    self.fold_quoted();
                    copied = self.at;
                }
                _ => self.at += 1,
            }
        }
        let content = if verbatim {
            Content::Source(self.span(copied, self.at))
        } else {
            self.copy(copied, self.at);
            self.made_since(made)
        };
        self.at += 1;
        self.push_from(Lexeme::Scalar(Style::Quoted, content), start);
        Ok(())
    }

    /// A line break in quotes: a space, or the empty lines after it.
    fn fold_quoted(&mut self) {
        let from = self.made.len();
        let first = self.take_break();
        let mut more = false;
        loop {
            self.skip_blanks();
            if !self.is_break(0) {
                break;
            }
            let text = self.take_break();
            self.made.push_str(text);
            more = true;
        }
        match (first, more) {
            ("\n", false) => self.made.push(' '),
            ("\n", true) => {}
            (first, _) => self.made.insert_str(from, first),
        }
    }

    /// After an escaped line break: blanks are dropped, empty lines kept.
    fn skip_quoted_lines(&mut self) {
        loop {
            self.skip_blanks();
            if !self.is_break(0) {
                return;
            }
            let text = self.take_break();
            self.made.push_str(text);
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let decoded = match self.byte(1) {
            b'0' => '\0',
            b'a' => '\u{7}',
            b'b' => '\u{8}',
            b't' | b'\t' => '\t',
            b'n' => '\n',
            b'v' => '\u{b}',
            b'f' => '\u{c}',
            b'r' => '\r',
            b'e' => '\u{1b}',
            b' ' => ' ',
            b'"' => '"',
            b'\'' => '\'',
            b'\\' => '\\',
            b'N' => '\u{85}',
            b'_' => '\u{a0}',
            b'L' => '\u{2028}',
            b'P' => '\u{2029}',
            b'x' => return self.escaped_code(2),
            b'u' => return self.escaped_code(4),
            b'U' => return self.escaped_code(8),
            _ => return self.fault(Wrong::Escape, self.at),
        };
        self.at += 2;
        self.made.push(decoded);
        Ok(())
    }

    fn escaped_code(&mut self, digits: usize) -> Result<(), Fault> {
        let mut code = 0_u32;
        for digit in 0..digits {
            let Some(value) = char::from(self.byte(2 + digit)).to_digit(16) else {
                return self.fault(Wrong::Escape, self.at);
            };
            code = code.wrapping_shl(4) | value;
        }
        let Some(decoded) = char::from_u32(code) else { return self.fault(Wrong::Escape, self.at) };
        self.at += 2 + digits;
        self.made.push(decoded);
        Ok(())
    }

    pub(super) fn fetch_block_scalar(&mut self, literal: bool) -> Result<(), Fault> {
        self.drop_candidate()?;
        self.key_allowed = true;
        let start = self.at;
        self.at += 1;
        let (chomping, increment) = self.block_header(start)?;
        let made = self.made.len();
        let mut indent = if increment > 0 { self.indent.max(0) + increment } else { 0 };
        let mut end = self.at;
        let mut trailing = String::new();
        self.block_breaks(&mut indent, &mut trailing, &mut end)?;
        let mut leading_break = "";
        let mut leading_blank = false;
        while self.column() == indent && self.byte(0) != 0 {
            let blank = matches!(self.byte(0), b' ' | b'\t');
            if !literal && leading_break == "\n" && !leading_blank && !blank {
                if trailing.is_empty() {
                    self.made.push(' ');
                }
            } else {
                self.made.push_str(leading_break);
            }
            self.made.push_str(&trailing);
            trailing.clear();
            leading_blank = blank;
            let line = self.at;
            self.skip_comment();
            self.copy(line, self.at);
            leading_break = if self.byte(0) == 0 { "" } else { self.take_break() };
            self.block_breaks(&mut indent, &mut trailing, &mut end)?;
        }
        if chomping != Chomping::Strip {
            self.made.push_str(leading_break);
        }
        if chomping == Chomping::Keep {
            self.made.push_str(&trailing);
        }
        let content = self.made_since(made);
        let written = self.bytes.get(start..end.min(self.bytes.len())).unwrap_or_default();
        let kept = written.trim_ascii_end().len();
        let token =
            super::Token { lexeme: Lexeme::Scalar(Style::Block, content), span: self.span(start, start + kept) };
        self.tokens.push_back(token);
        Ok(())
    }

    fn block_header(&mut self, start: usize) -> Result<(Chomping, i64), Fault> {
        let mut chomping = None;
        let mut increment = None;
        loop {
            match self.byte(0) {
                b'+' if chomping.is_none() => chomping = Some(Chomping::Keep),
                b'-' if chomping.is_none() => chomping = Some(Chomping::Strip),
                digit @ b'1'..=b'9' if increment.is_none() => increment = Some(i64::from(digit - b'0')),
                _ => break,
            }
            self.at += 1;
        }
        self.skip_blanks();
        if self.byte(0) == b'#' {
            self.skip_comment();
        }
        if !self.is_breakz(0) {
            return self.fault(Wrong::BlockHeader, start);
        }
        if self.is_break(0) {
            self.skip_break();
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment.unwrap_or(0)))
    }

    /// Skips the empty lines and the indentation before a line of a block scalar; finds its depth on the first one.
    fn block_breaks(&mut self, indent: &mut i64, breaks: &mut String, end: &mut usize) -> Result<(), Fault> {
        *end = self.at;
        let mut widest = 0;
        loop {
            while self.byte(0) == b' ' && (*indent == 0 || self.column() < *indent) {
                self.at += 1;
            }
            widest = widest.max(self.column());
            if self.byte(0) == b'\t' && (*indent == 0 || self.column() < *indent) {
                return self.fault(Wrong::Tab, self.at);
            }
            if !self.is_break(0) {
                break;
            }
            let text = self.take_break();
            breaks.push_str(text);
            *end = self.at;
        }
        if *indent == 0 {
            *indent = widest.max(self.indent + 1).max(1);
        }
        Ok(())
    }

    fn column_is_zero(&self) -> bool {
        self.at == self.line_start
    }

    fn copy(&mut self, start: usize, end: usize) {
        let bytes = self.bytes.get(start..end.min(self.bytes.len())).unwrap_or_default();
        self.made.push_str(std::str::from_utf8(bytes).unwrap_or_default());
    }

    fn made_since(&self, start: usize) -> Content {
        Content::Made(Span { start: start as u32, end: self.made.len() as u32 })
    }
}
