//! The tape: a tree as the bytes that plugins walk in place. `wit/0.1.0/tape.md` is its definition.

use crate::Tree;
use crate::tree::{ARRAY, LENGTH, NUMBER, Raw, STRING, TAG};

const MAGIC: &[u8; 4] = b"SLT1";
const HEADER: usize = 12;
const NODE: usize = 8;

impl Tree {
    /// Bytes of all scalars, each counted as often as it stands in the tree. A text that is anchored once and used a
    /// thousand times costs its length once in the source, and a thousand times in everything written from the tree:
    /// whoever writes for a plugin compares this with a limit first.
    #[must_use]
    pub fn scalar_bytes(&self) -> u64 {
        scalar_bytes(&self.nodes)
    }

    /// Appends the tree in the tape encoding. A tree whose scalars take 4 GiB or more ([`Self::scalar_bytes`]) has no
    /// tape: nothing is appended.
    pub fn write_tape(&self, out: &mut Vec<u8>) {
        let (Ok(count), Ok(text)) = (u32::try_from(self.nodes.len()), u32::try_from(self.scalar_bytes())) else {
            return;
        };
        let start = out.len();
        let head = HEADER + NODE * self.nodes.len();
        out.reserve(head + text as usize);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&text.to_le_bytes());
        out.resize(start + head, 0);
        let places = out.get_mut(start + HEADER..).unwrap_or_default();
        let mut offset = 0;
        for (place, raw) in places.chunks_exact_mut(NODE).zip(&self.nodes) {
            let tag = raw.head & TAG;
            let length = raw.head >> LENGTH;
            let aux = match tag {
                NUMBER | STRING => offset,
                ARRAY.. => raw.aux,
                _ => 0,
            };
            if matches!(tag, NUMBER | STRING) {
                offset += length;
            }
            let node = u64::from(tag | length << LENGTH) | u64::from(aux) << 32;
            place.copy_from_slice(&node.to_le_bytes());
        }
        for raw in &self.nodes {
            if matches!(raw.head & TAG, NUMBER | STRING) {
                out.extend_from_slice(self.text_of(*raw).as_bytes());
            }
        }
    }
}

/// Bytes of the scalars among some nodes.
pub(crate) fn scalar_bytes(nodes: &[Raw]) -> u64 {
    let length = |head: u32| if matches!(head & TAG, NUMBER | STRING) { u64::from(head >> LENGTH) } else { 0 };
    nodes.iter().map(|raw| length(raw.head)).sum()
}
