//! Which bytes the fast reader takes at all, and how it tells keys apart.

/// Whether there is nothing but text, spaces, tabs and `\n`: no control characters, no other line breaks, no marks.
pub(super) fn are_plain(bytes: &[u8]) -> bool {
    let (mut control, mut high) = (false, false);
    for chunk in bytes.chunks(4096) {
        let seen = chunk.iter().fold((0_u8, 0_u8), |(low, high), byte| {
            (low | u8::from(*byte < 0x20 && *byte != b'\n' && *byte != b'\t' || *byte == 0x7F), high | *byte)
        });
        control |= seen.0 != 0;
        high |= seen.1 >= 0x80;
    }
    !control && (!high || has_no_marks(bytes))
}

/// Refuses U+0080–U+009F, the line separators U+2028 and U+2029, the byte order mark, U+FFFE and U+FFFF.
fn has_no_marks(bytes: &[u8]) -> bool {
    memchr::memchr3_iter(0xC2, 0xE2, 0xEF, bytes).all(|at| {
        let (second, third) = (bytes.get(at + 1), bytes.get(at + 2));
        !matches!(
            (bytes.get(at), second, third),
            (Some(0xC2), Some(0x80..=0x9F), _)
                | (Some(0xE2), Some(0x80), Some(0xA8 | 0xA9))
                | (Some(0xEF), Some(0xBB), Some(0xBF))
                | (Some(0xEF), Some(0xBF), Some(0xBE | 0xBF))
        )
    })
}

/// Equal names have equal hashes; of different ones that have, the complete reader takes care.
pub(super) fn hash(name: &[u8]) -> u64 {
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut hash = name.len() as u64;
    let (words, rest) = name.as_chunks::<8>();
    for word in words {
        hash = (hash ^ u64::from_le_bytes(*word)).wrapping_mul(MULTIPLIER).rotate_left(29);
    }
    let mut last = [0; 8];
    for (to, from) in last.iter_mut().zip(rest) {
        *to = *from;
    }
    (hash ^ u64::from_le_bytes(last)).wrapping_mul(MULTIPLIER)
}
