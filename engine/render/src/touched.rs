//! The pages of a renderer's memory that every render writes to. The memory of an instance is a mapped file: a page that is
//! read before it is written is mapped twice, and the second time all cores that run threads of this process are stopped
//! for it. So these pages are written to first, with what is there already. Which they are was found out when the renderer
//! was made, and stands in a custom section of its module.

/// The name of the custom section: five bytes for each page, its number in 32 bits, low byte first, and its first byte.
pub(crate) const SECTION: &str = "sluice.touched";
/// Bytes of a page.
pub(crate) const PAGE: usize = 4096;
/// Bytes of an entry.
const ENTRY: usize = 5;
/// What a module begins with: the magic and the version.
const PREAMBLE: usize = 8;

/// The pages, and the first byte of each.
#[derive(Clone, Debug, Default)]
pub(crate) struct Touched(Vec<u8>);

impl Touched {
    /// From the content of the section.
    pub(crate) fn new(section: &[u8]) -> Self {
        Self(section.to_vec())
    }

    /// Pages by number, each with its first byte.
    pub(crate) fn of(pages: impl IntoIterator<Item = (u32, u8)>) -> Self {
        let entry = |(page, first): (u32, u8)| page.to_le_bytes().into_iter().chain([first]);
        Self(pages.into_iter().flat_map(entry).collect())
    }

    /// The content of the section.
    pub(crate) fn section(&self) -> &[u8] {
        &self.0
    }

    /// Writes to each page what is there.
    pub(crate) fn touch(&self, memory: &mut [u8]) {
        for entry in self.0.chunks_exact(ENTRY) {
            let Some((page, [first])) = entry.split_first_chunk() else { continue };
            if let Some(byte) = memory.get_mut(u32::from_le_bytes(*page) as usize * PAGE) {
                *byte = *first;
            }
        }
    }
}

/// The content of the section in a module; empty where there is none.
pub(crate) fn find(wasm: &[u8]) -> &[u8] {
    let mut rest = wasm.get(PREAMBLE..).unwrap_or_default();
    while let Some((id, after)) = rest.split_first() {
        let Some((content, next)) = prefixed(after) else { break };
        if let Some((_, content)) = prefixed(content).filter(|(name, _)| *id == 0 && *name == SECTION.as_bytes()) {
            return content;
        }
        rest = next;
    }
    &[]
}

/// Bytes with their number before them, and what follows.
fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut length = 0_u64;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        length |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return bytes.get(index + 1..)?.split_at_checked(usize::try_from(length).ok()?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{PAGE, SECTION, Touched, find};

    #[test]
    fn the_section_is_found_among_others() {
        let module = |sections: &[(u8, &[u8])]| {
            let mut wasm = b"\0asm\x01\0\0\0".to_vec();
            for (id, content) in sections {
                wasm.extend([*id, content.len() as u8]);
                wasm.extend(*content);
            }
            wasm
        };
        let named = |name: &str, content: &[u8]| [&[name.len() as u8], name.as_bytes(), content].concat();
        let (ours, other) = (named(SECTION, b"12345"), named("name", b"67890"));
        assert_eq!(find(&module(&[(1, b"abc"), (0, &other), (0, &ours), (10, b"def")])), b"12345");
        assert_eq!(find(&module(&[(1, b"abc"), (0, &other), (3, &ours)])), b"");
        assert_eq!(find(&module(&[(0, &ours)])[..20]), b"");
        assert_eq!(find(b"\0asm"), b"");
    }

    #[test]
    fn pages_keep_what_they_hold() {
        let mut memory = vec![7; 3 * PAGE];
        memory[PAGE] = 9;
        let before = memory.clone();
        let touched = Touched::new(Touched::of([(0, 7), (1, 9), (3, 1), (u32::MAX, 1)]).section());
        touched.touch(&mut memory);
        assert_eq!(memory, before);
        Touched::of([(2, 8)]).touch(&mut memory);
        assert_eq!(memory[2 * PAGE], 8);
    }
}
