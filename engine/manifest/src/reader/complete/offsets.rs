//! Bytes for libyaml's marks, which count characters.

use libyaml_safer::Mark;

/// Turns marks into offsets. Marks come nearly in order, so it walks from the last one.
pub(crate) struct Offsets<'t> {
    content: &'t str,
    base: usize,
    ascii: bool,
    characters: u64,
    bytes: usize,
}

impl<'t> Offsets<'t> {
    pub(crate) fn new(content: &'t str, base: usize) -> Self {
        Self { content, base, ascii: content.is_ascii(), characters: 0, bytes: 0 }
    }

    /// The offset in the whole text.
    pub(crate) fn at(&mut self, mark: Mark) -> u32 {
        if self.ascii {
            return (self.base + (mark.index as usize).min(self.content.len())) as u32;
        }
        let bytes = self.content.as_bytes();
        while self.characters < mark.index && self.bytes < bytes.len() {
            self.bytes += 1;
            while !self.content.is_char_boundary(self.bytes) {
                self.bytes += 1;
            }
            self.characters += 1;
        }
        while self.characters > mark.index {
            self.bytes -= 1;
            while !self.content.is_char_boundary(self.bytes) {
                self.bytes -= 1;
            }
            self.characters -= 1;
        }
        (self.base + self.bytes) as u32
    }
}
