//! Text into tokens, with the rules of YAML 1.1 as go-yaml 2 applies them.
//!
//! What makes YAML hard to cut is that `key` is a key only once a `:` follows on the same line. Each place where such a
//! key could begin is noted (`Candidate`); when the `:` comes, the tokens that open the mapping are put in before it.
//! Nothing is copied but scalars that do not stand in the source as they read.
//!
//! Long because it is one machine: every part of it moves the same candidates and indents.

mod scalars;
mod tags;

use std::collections::VecDeque;

use super::syntax::Content;
use crate::Span;
use crate::reader::words::Wrong;

/// What the text at a place is to the grammar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Lexeme {
    End,
    /// `%YAML`, with whether the version is 1.1.
    Version(bool),
    /// `%TAG`; index into [`Scanner::tags`].
    TagDirective(u32),
    DocumentStart,
    DocumentEnd,
    BlockSequence,
    BlockMapping,
    BlockEnd,
    FlowSequence,
    FlowSequenceEnd,
    FlowMapping,
    FlowMappingEnd,
    Dash,
    Comma,
    Key,
    Value,
    Alias,
    Anchor,
    /// Index into [`Scanner::tags`].
    Tag(u32),
    Scalar(Style, Content),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Quoted,
    Block,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) lexeme: Lexeme,
    pub(crate) span: Span,
}

/// Something wrong, where, and where that began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    pub(crate) wrong: Wrong,
    pub(crate) at: u32,
}

/// A place where a key could begin.
#[derive(Clone, Copy, Debug, Default)]
struct Candidate {
    possible: bool,
    /// Nothing but a key can stand here.
    required: bool,
    token: usize,
    at: usize,
    line: u32,
    column: i64,
}

pub(crate) struct Scanner<'t> {
    bytes: &'t [u8],
    /// Whether the last line has a break; Kubernetes adds one where not.
    ended: bool,
    ascii: bool,
    base: u32,
    at: usize,
    line: u32,
    line_start: usize,
    /// How far the characters of this line are counted, and how many there are.
    counted: (usize, i64),
    indent: i64,
    indents: Vec<i64>,
    flow: usize,
    key_allowed: bool,
    candidates: Vec<Candidate>,
    tokens: VecDeque<Token>,
    taken: usize,
    finished: bool,
    /// Handle and suffix of tags.
    pub(crate) tags: Vec<(String, String)>,
    /// Texts of scalars that had to be made.
    pub(crate) made: String,
}

impl<'t> Scanner<'t> {
    /// A scanner of a document whose first byte is at `base` in the whole text.
    pub(crate) fn new(content: &'t str, base: u32) -> Self {
        Self {
            bytes: content.as_bytes(),
            ended: content.ends_with('\n'),
            ascii: content.is_ascii(),
            base,
            at: 0,
            line: 0,
            line_start: 0,
            counted: (0, 0),
            indent: -1,
            indents: Vec::new(),
            flow: 0,
            key_allowed: true,
            candidates: vec![Candidate::default()],
            tokens: VecDeque::new(),
            taken: 0,
            finished: false,
            tags: Vec::new(),
            made: String::new(),
        }
    }

    /// The next token, left where it is.
    pub(crate) fn peek(&mut self) -> Result<Token, Fault> {
        loop {
            if let Some(token) = self.tokens.front().copied() {
                if !self.may_become_key()? {
                    return Ok(token);
                }
            } else if self.finished {
                return Ok(Token { lexeme: Lexeme::End, span: self.span(self.at, self.at) });
            }
            self.fetch()?;
        }
    }

    /// Takes the token that `peek` gave.
    pub(crate) fn skip(&mut self) {
        self.tokens.pop_front();
        self.taken += 1;
    }

    /// Whether the first token waiting could still turn out to be a key.
    fn may_become_key(&mut self) -> Result<bool, Fault> {
        let taken = self.taken;
        // The candidates of deeper flow levels come later.
        let index = self.candidates.partition_point(|candidate| candidate.token < taken);
        match self.candidates.get(index).copied() {
            Some(candidate) if candidate.token == taken && candidate.possible => self.is_live(index, candidate),
            _ => Ok(false),
        }
    }

    /// A key and its `:` stand on one line, at most 1024 characters apart.
    fn is_live(&mut self, index: usize, candidate: Candidate) -> Result<bool, Fault> {
        if !candidate.possible {
            return Ok(false);
        }
        if candidate.line == self.line && self.column() - candidate.column <= 1024 {
            return Ok(true);
        }
        if candidate.required {
            return self.fault(Wrong::NoColon, candidate.at);
        }
        if let Some(candidate) = self.candidates.get_mut(index) {
            candidate.possible = false;
        }
        Ok(false)
    }

    fn fetch(&mut self) -> Result<(), Fault> {
        self.skip_to_token();
        let column = self.column();
        self.unroll(column);
        let byte = self.byte(0);
        if byte == 0 {
            return self.fetch_end();
        }
        if column == 0 {
            if byte == b'%' {
                return self.fetch_directive();
            }
            if let Some(lexeme) = self.document_indicator() {
                return self.fetch_indicator(lexeme);
            }
        }
        let spaced = self.is_blankz(1);
        match byte {
            b'[' => self.open_flow(Lexeme::FlowSequence),
            b'{' => self.open_flow(Lexeme::FlowMapping),
            b']' => self.close_flow(Lexeme::FlowSequenceEnd),
            b'}' => self.close_flow(Lexeme::FlowMappingEnd),
            b',' => {
                self.drop_candidate()?;
                self.key_allowed = true;
                self.push_width(Lexeme::Comma, 1);
                Ok(())
            }
            b'-' if spaced => self.fetch_dash(),
            b'?' if self.flow > 0 || spaced => self.fetch_key(),
            b':' if self.flow > 0 || spaced => self.fetch_value(),
            b'*' => self.fetch_name(Lexeme::Alias),
            b'&' => self.fetch_name(Lexeme::Anchor),
            b'!' => self.fetch_tag(),
            b'|' | b'>' if self.flow == 0 => self.fetch_block_scalar(byte == b'|'),
            b'\'' | b'"' => self.fetch_quoted(byte),
            b'-' if !matches!(self.byte(1), b' ' | b'\t') => self.fetch_plain(),
            b'?' | b':' if self.flow == 0 => self.fetch_plain(),
            b'-' | b'?' | b':' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => self.fault(Wrong::Start, self.at),
            b'\t' => self.fault(Wrong::Tab, self.at),
            _ => self.fetch_plain(),
        }
    }

    fn fetch_end(&mut self) -> Result<(), Fault> {
        self.unroll(-1);
        self.drop_candidate()?;
        self.key_allowed = false;
        self.finished = true;
        self.push_width(Lexeme::End, 0);
        Ok(())
    }

    fn fetch_indicator(&mut self, lexeme: Lexeme) -> Result<(), Fault> {
        self.unroll(-1);
        self.drop_candidate()?;
        self.key_allowed = false;
        self.push_width(lexeme, 3);
        Ok(())
    }

    fn open_flow(&mut self, lexeme: Lexeme) -> Result<(), Fault> {
        self.note_candidate()?;
        let token = self.taken + self.tokens.len();
        self.candidates.push(Candidate { token, ..Candidate::default() });
        self.flow += 1;
        self.key_allowed = true;
        self.push_width(lexeme, 1);
        Ok(())
    }

    fn close_flow(&mut self, lexeme: Lexeme) -> Result<(), Fault> {
        self.drop_candidate()?;
        if self.flow > 0 {
            self.flow -= 1;
            self.candidates.pop();
        }
        self.key_allowed = false;
        self.push_width(lexeme, 1);
        Ok(())
    }

    fn fetch_dash(&mut self) -> Result<(), Fault> {
        if self.flow == 0 {
            if !self.key_allowed {
                return self.fault(Wrong::DashHere, self.at);
            }
            let column = self.column();
            self.roll(column, None, Lexeme::BlockSequence, self.at);
        }
        self.drop_candidate()?;
        self.key_allowed = true;
        self.push_width(Lexeme::Dash, 1);
        Ok(())
    }

    fn fetch_key(&mut self) -> Result<(), Fault> {
        if self.flow == 0 {
            if !self.key_allowed {
                return self.fault(Wrong::KeyHere, self.at);
            }
            let column = self.column();
            self.roll(column, None, Lexeme::BlockMapping, self.at);
        }
        self.drop_candidate()?;
        self.key_allowed = self.flow == 0;
        self.push_width(Lexeme::Key, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Result<(), Fault> {
        let index = self.candidates.len().saturating_sub(1);
        let candidate = self.candidates.get(index).copied().unwrap_or_default();
        if self.is_live(index, candidate)? {
            let token = Token { lexeme: Lexeme::Key, span: self.span(candidate.at, candidate.at) };
            let place = candidate.token.saturating_sub(self.taken);
            self.tokens.insert(place.min(self.tokens.len()), token);
            self.roll(candidate.column, Some(place), Lexeme::BlockMapping, candidate.at);
            if let Some(candidate) = self.candidates.get_mut(index) {
                candidate.possible = false;
            }
            self.key_allowed = false;
        } else {
            if self.flow == 0 {
                if !self.key_allowed {
                    return self.fault(Wrong::ColonHere, self.at);
                }
                let column = self.column();
                self.roll(column, None, Lexeme::BlockMapping, self.at);
            }
            self.key_allowed = self.flow == 0;
        }
        self.push_width(Lexeme::Value, 1);
        Ok(())
    }

    fn fetch_name(&mut self, lexeme: Lexeme) -> Result<(), Fault> {
        self.note_candidate()?;
        self.key_allowed = false;
        let start = self.at;
        self.at += 1;
        while is_word(self.byte(0)) {
            self.at += 1;
        }
        let ends = self.is_blankz(0) || matches!(self.byte(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if self.at == start + 1 || !ends {
            return self.fault(Wrong::NoName, start);
        }
        self.push_from(lexeme, start);
        Ok(())
    }

    fn note_candidate(&mut self) -> Result<(), Fault> {
        if !self.key_allowed {
            return Ok(());
        }
        let column = self.column();
        let required = self.flow == 0 && self.indent == column;
        let token = self.taken + self.tokens.len();
        self.drop_candidate()?;
        if let Some(last) = self.candidates.last_mut() {
            *last = Candidate { possible: true, required, token, at: self.at, line: self.line, column };
        }
        Ok(())
    }

    fn drop_candidate(&mut self) -> Result<(), Fault> {
        let Some(last) = self.candidates.last_mut() else { return Ok(()) };
        if last.possible && last.required {
            let at = last.at;
            return self.fault(Wrong::NoColon, at);
        }
        last.possible = false;
        Ok(())
    }

    /// Opens a block collection where the text moved to the right.
    fn roll(&mut self, column: i64, place: Option<usize>, lexeme: Lexeme, at: usize) {
        if self.flow > 0 || self.indent >= column {
            return;
        }
        self.indents.push(self.indent);
        self.indent = column;
        let token = Token { lexeme, span: self.span(at, at) };
        let place = place.unwrap_or(self.tokens.len());
        self.tokens.insert(place.min(self.tokens.len()), token);
    }

    /// Closes the block collections that the text moved out of.
    fn unroll(&mut self, column: i64) {
        if self.flow > 0 {
            return;
        }
        while self.indent > column {
            self.push_width(Lexeme::BlockEnd, 0);
            self.indent = self.indents.pop().unwrap_or(-1);
        }
    }

    fn skip_to_token(&mut self) {
        loop {
            while self.byte(0) == b' ' || (self.flow > 0 || !self.key_allowed) && self.byte(0) == b'\t' {
                self.at += 1;
            }
            if self.byte(0) == b'#' {
                self.skip_comment();
            }
            if !self.is_break(0) {
                return;
            }
            self.skip_break();
            if self.flow == 0 {
                self.key_allowed = true;
            }
        }
    }

    fn skip_comment(&mut self) {
        while !self.is_breakz(0) {
            self.at += 1;
        }
    }

    fn document_indicator(&self) -> Option<Lexeme> {
        let lexeme = match (self.byte(0), self.byte(1), self.byte(2)) {
            (b'-', b'-', b'-') => Lexeme::DocumentStart,
            (b'.', b'.', b'.') => Lexeme::DocumentEnd,
            _ => return None,
        };
        self.is_blankz(3).then_some(lexeme)
    }

    fn push_width(&mut self, lexeme: Lexeme, width: usize) {
        let start = self.at;
        self.at += width;
        self.push_from(lexeme, start);
    }

    fn push_from(&mut self, lexeme: Lexeme, start: usize) {
        let token = Token { lexeme, span: self.span(start, self.at) };
        self.tokens.push_back(token);
    }

    /// Offsets in the whole text.
    fn span(&self, start: usize, end: usize) -> Span {
        let most = self.bytes.len();
        Span { start: self.base + start.min(most) as u32, end: self.base + end.min(most) as u32 }
    }

    fn fault<T>(&self, wrong: Wrong, at: usize) -> Result<T, Fault> {
        Err(Fault { wrong, at: self.base + at.min(self.bytes.len()) as u32 })
    }

    /// The byte so far ahead; 0 at the end, which no text holds.
    fn byte(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        match self.bytes.get(at) {
            Some(byte) => *byte,
            None if at == self.bytes.len() && !self.ended && !self.bytes.is_empty() => b'\n',
            None => 0,
        }
    }

    /// Length of the line break so far ahead; 0 where there is none.
    fn break_length(&self, ahead: usize) -> usize {
        match self.byte(ahead) {
            b'\n' => 1,
            // Kubernetes takes a `\r` from the end of each line before it reads YAML; that of `\r\n` is left behind then.
            b'\r' if self.bytes.get(self.at + ahead + 1..).is_some_and(|rest| rest.starts_with(b"\r\n")) => 3,
            b'\r' if self.byte(ahead + 1) == b'\n' => 2,
            b'\r' => 1,
            0xC2 if self.byte(ahead + 1) == 0x85 => 2,
            0xE2 if self.byte(ahead + 1) == 0x80 && matches!(self.byte(ahead + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    fn is_break(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b'\n' | b'\r' | 0xC2 | 0xE2) && self.break_length(ahead) > 0
    }

    fn is_breakz(&self, ahead: usize) -> bool {
        self.byte(ahead) == 0 || self.is_break(ahead)
    }

    fn is_blankz(&self, ahead: usize) -> bool {
        matches!(self.byte(ahead), b' ' | b'\t') || self.is_breakz(ahead)
    }

    fn skip_break(&mut self) {
        self.at += self.break_length(0);
        self.line += 1;
        self.line_start = self.at;
    }

    /// Characters before this place on its line.
    fn column(&mut self) -> i64 {
        if self.ascii {
            return (self.at - self.line_start) as i64;
        }
        let (mut from, mut count) = self.counted;
        if from < self.line_start || from > self.at {
            (from, count) = (self.line_start, 0);
        }
        let bytes = self.bytes.get(from..self.at.min(self.bytes.len())).unwrap_or_default();
        count += bytes.iter().filter(|byte| (**byte as i8) >= -0x40).count() as i64;
        self.counted = (self.at, count);
        count
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}
