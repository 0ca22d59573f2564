//! The tape: a tree as the bytes that plugins walk in place. `wit/0.1.0/tape.md` is its definition.

use crate::Tree;
use crate::tree::{ARRAY, EXTRA, LENGTH, NUMBER, Raw, STRING, TAG};

const MAGIC: &[u8; 4] = b"SLT1";
const HEADER: usize = 12;
const NODE: usize = 8;
/// Bytes that are copied at once.
const PIECE: usize = 32;

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
        let (start, head) = (out.len(), HEADER + NODE * self.nodes.len());
        let whole = start + head + text as usize;
        // Room for the last piece, which is copied whole however short its text is.
        out.resize(whole + PIECE, 0);
        let (header, texts) = out.get_mut(start..).unwrap_or_default().split_at_mut(head);
        let (header, places) = header.split_at_mut(HEADER);
        for (place, bytes) in header.chunks_exact_mut(4).zip([*MAGIC, count.to_le_bytes(), text.to_le_bytes()]) {
            place.copy_from_slice(&bytes);
        }
        let (source, extra) = (self.text.as_str().as_bytes(), self.extra.as_bytes());
        let mut offset = 0;
        for (place, raw) in places.as_chunks_mut::<NODE>().0.iter_mut().zip(&self.nodes) {
            let tag = raw.head & TAG;
            let length = raw.head >> LENGTH;
            let aux = match tag {
                NUMBER | STRING => {
                    let from = if raw.head & EXTRA == 0 { source } else { extra };
                    copy(texts, offset as usize, from, raw.aux as usize, length as usize);
                    offset += length;
                    offset - length
                }
                ARRAY.. => raw.aux,
                _ => 0,
            };
            *place = (u64::from(tag | length << LENGTH) | u64::from(aux) << 32).to_le_bytes();
        }
        out.truncate(whole);
    }
}

/// Copies a text. Most are short, and for those a call costs more than the bytes after them, which the next text overwrites
/// or the end of the tape cuts off.
#[inline]
fn copy(to: &mut [u8], at: usize, from: &[u8], start: usize, length: usize) {
    if length <= PIECE
        && let Some(from) = from.get(start..).and_then(|from| from.first_chunk::<PIECE>())
        && let Some(to) = to.get_mut(at..).and_then(|to| to.first_chunk_mut())
    {
        *to = *from;
    } else if let (Some(to), Some(from)) = (to.get_mut(at..at + length), from.get(start..start + length)) {
        to.copy_from_slice(from);
    }
}

/// Bytes of the scalars among some nodes.
pub(crate) fn scalar_bytes(nodes: &[Raw]) -> u64 {
    let length = |head: u32| if matches!(head & TAG, NUMBER | STRING) { u64::from(head >> LENGTH) } else { 0 };
    nodes.iter().map(|raw| length(raw.head)).sum()
}
