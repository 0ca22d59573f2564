//! The tape: a tree as the bytes that plugins walk in place. `wit/0.1.0/tape.md` is its definition.

use crate::tree::{ARRAY, EXTRA, LENGTH, NUMBER, Raw, STRING, TAG};
use crate::{Node, Tree};

const MAGIC: &[u8; 4] = b"SLT1";
const HEADER: usize = 12;
const NODE: usize = 8;
/// Bytes that are copied at once.
const PIECE: usize = 32;

impl Node<'_> {
    /// Bytes of all scalars in the value, each counted as often as it stands there. A text that is anchored once and used a
    /// thousand times costs its length once in the source, and a thousand times in everything written from the tree:
    /// whoever writes for a plugin compares this with a limit first.
    #[must_use]
    pub fn scalar_bytes(self) -> u64 {
        let nodes = self.index as usize..self.tree.after(self.index) as usize;
        scalar_bytes(self.tree.nodes.get(nodes).unwrap_or_default())
    }
}

impl Tree {
    /// The tree in the tape encoding, written into `room`, which only ever grows: whoever writes many tapes gives the same one
    /// each time, and pays for its memory once. None where the tape would have more than `most` bytes, or its text 4 GiB or
    /// more; nothing is written then.
    #[must_use]
    pub fn write_tape<'r>(&self, room: &'r mut Vec<u8>, most: u64) -> Option<&'r [u8]> {
        let (count, text) = (u32::try_from(self.nodes.len()).ok()?, u32::try_from(scalar_bytes(&self.nodes)).ok()?);
        let head = HEADER + NODE * self.nodes.len();
        let whole = head + text as usize;
        if whole as u64 > most {
            return None;
        }
        // The last piece is copied whole however short its text is.
        if room.len() < whole + PIECE {
            room.resize(whole + PIECE, 0);
        }
        let (header, texts) = room.get_mut(..whole + PIECE)?.split_at_mut(head);
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
        room.get(..whole)
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
    } else if let Some(to) = to.get_mut(at..at + length) {
        match from.get(start..start + length) {
            Some(from) => to.copy_from_slice(from),
            // Never what another tape has left in the room.
            None => to.fill(0),
        }
    }
}

/// Bytes of the scalars among some nodes.
pub(crate) fn scalar_bytes(nodes: &[Raw]) -> u64 {
    let length = |head: u32| if matches!(head & TAG, NUMBER | STRING) { u64::from(head >> LENGTH) } else { 0 };
    nodes.iter().map(|raw| length(raw.head)).sum()
}
