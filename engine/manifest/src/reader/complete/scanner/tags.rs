//! Tags and directives.

use super::{Fault, Lexeme, Scanner, is_word};
use crate::reader::words::Wrong;

impl Scanner<'_> {
    pub(super) fn fetch_directive(&mut self) -> Result<(), Fault> {
        self.unroll(-1);
        self.drop_candidate()?;
        self.key_allowed = false;
        let start = self.at;
        self.at += 1;
        let name_start = self.at;
        while is_word(self.byte(0)) {
            self.at += 1;
        }
        let name = self.bytes.get(name_start..self.at).unwrap_or_default();
        let lexeme = match name {
            b"YAML" if self.is_blankz(0) => self.version(start)?,
            b"TAG" if self.is_blankz(0) => self.tag_directive(start)?,
            _ => return self.fault(Wrong::Directive, start),
        };
        self.push_from(lexeme, start);
        self.skip_blanks();
        if self.byte(0) == b'#' {
            self.skip_comment();
        }
        if !self.is_breakz(0) {
            return self.fault(Wrong::Directive, start);
        }
        if self.is_break(0) {
            self.skip_break();
        }
        Ok(())
    }

    fn version(&mut self, start: usize) -> Result<Lexeme, Fault> {
        self.skip_blanks();
        let major = self.version_number(start)?;
        if self.byte(0) != b'.' {
            return self.fault(Wrong::Directive, start);
        }
        self.at += 1;
        let minor = self.version_number(start)?;
        Ok(Lexeme::Version((major, minor) == (1, 1)))
    }

    fn version_number(&mut self, start: usize) -> Result<u32, Fault> {
        let first = self.at;
        let mut value = 0;
        while self.byte(0).is_ascii_digit() && self.at < first + 3 {
            value = value * 10 + u32::from(self.byte(0) - b'0');
            self.at += 1;
        }
        if (1..=2).contains(&(self.at - first)) { Ok(value) } else { self.fault(Wrong::Directive, start) }
    }

    fn tag_directive(&mut self, start: usize) -> Result<Lexeme, Fault> {
        self.skip_blanks();
        let handle = self.handle(start)?;
        let whole = handle == "!" || handle.len() > 1 && handle.ends_with('!');
        if !whole || !matches!(self.byte(0), b' ' | b'\t') {
            return self.fault(Wrong::Directive, start);
        }
        self.skip_blanks();
        let prefix = self.uri(String::new(), false, start)?;
        if !self.is_blankz(0) {
            return self.fault(Wrong::Directive, start);
        }
        self.tags.push((handle, prefix));
        Ok(Lexeme::TagDirective(self.tags.len() as u32 - 1))
    }

    pub(super) fn fetch_tag(&mut self) -> Result<(), Fault> {
        self.note_candidate()?;
        self.key_allowed = false;
        let start = self.at;
        let tag = if self.byte(1) == b'<' {
            self.at += 2;
            let suffix = self.uri(String::new(), false, start)?;
            if self.byte(0) != b'>' {
                return self.fault(Wrong::Tag, start);
            }
            self.at += 1;
            (String::new(), suffix)
        } else {
            let handle = self.handle(start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.uri(String::new(), false, start)?;
                (handle, suffix)
            } else {
                let suffix = self.uri(handle.get(1..).unwrap_or_default().to_owned(), true, start)?;
                // A lone `!` is the suffix of no handle.
                if suffix.is_empty() { (suffix, "!".to_owned()) } else { ("!".to_owned(), suffix) }
            }
        };
        if !self.is_blankz(0) {
            return self.fault(Wrong::Tag, start);
        }
        self.tags.push(tag);
        self.push_from(Lexeme::Tag(self.tags.len() as u32 - 1), start);
        Ok(())
    }

    /// `!`, `!!` or `!name!`; or `!name`, which is no handle but the start of a suffix.
    fn handle(&mut self, start: usize) -> Result<String, Fault> {
        if self.byte(0) != b'!' {
            return self.fault(Wrong::Tag, start);
        }
        let first = self.at;
        self.at += 1;
        while is_word(self.byte(0)) {
            self.at += 1;
        }
        if self.byte(0) == b'!' {
            self.at += 1;
        }
        Ok(self.copied(first))
    }

    fn uri(&mut self, head: String, may_be_empty: bool, start: usize) -> Result<String, Fault> {
        let mut uri = head.into_bytes();
        let first = self.at;
        loop {
            match self.byte(0) {
                b'%' => {
                    let digit = |byte: u8| char::from(byte).to_digit(16);
                    let (Some(high), Some(low)) = (digit(self.byte(1)), digit(self.byte(2))) else {
                        return self.fault(Wrong::Tag, start);
                    };
                    uri.push((high << 4 | low) as u8);
                    self.at += 3;
                }
                byte if is_word(byte) || b";/?:@&=+$,.!~*'()[]".contains(&byte) => {
                    uri.push(byte);
                    self.at += 1;
                }
                _ => break,
            }
        }
        if self.at == first && !may_be_empty {
            return self.fault(Wrong::Tag, start);
        }
        String::from_utf8(uri).or_else(|_| self.fault(Wrong::Tag, start))
    }

    fn copied(&self, start: usize) -> String {
        String::from_utf8_lossy(self.bytes.get(start..self.at).unwrap_or_default()).into_owned()
    }

    pub(super) fn skip_blanks(&mut self) {
        while matches!(self.byte(0), b' ' | b'\t') {
            self.at += 1;
        }
    }
}
