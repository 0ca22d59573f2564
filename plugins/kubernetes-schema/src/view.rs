//! The tape of an object, with as little as possible between the walk and its bytes: node numbers instead of handles, and
//! text as bytes. `tape.md` beside the WIT describes the encoding.

pub(crate) const NULL: u32 = 0;
pub(crate) const FALSE: u32 = 1;
pub(crate) const TRUE: u32 = 2;
pub(crate) const NUMBER: u32 = 3;
pub(crate) const STRING: u32 = 4;
pub(crate) const ARRAY: u32 = 5;
pub(crate) const OBJECT: u32 = 6;

const HEADER: usize = 12;

/// The nodes and the text of a tape.
#[derive(Clone, Copy)]
pub(crate) struct View<'t> {
    nodes: &'t [[u8; 8]],
    text: &'t [u8],
}

/// A node: what it is, and how long.
#[derive(Clone, Copy)]
pub(crate) struct Raw {
    head: u32,
    aux: u32,
}

impl Raw {
    /// One of the tags above.
    #[inline(always)]
    pub(crate) fn tag(self) -> u32 {
        self.head & 0xF
    }

    /// Bytes of text, elements, or members.
    #[inline(always)]
    pub(crate) fn length(self) -> u32 {
        self.head >> 4
    }
}

impl<'t> View<'t> {
    /// The tape in these bytes. What is no tape reads as null.
    pub(crate) fn new(bytes: &'t [u8]) -> Self {
        let count = bytes.get(4..8).and_then(|bytes| bytes.first_chunk()).map_or(0, |count| u32::from_le_bytes(*count));
        let end = HEADER.saturating_add((count as usize).saturating_mul(8));
        let nodes = bytes.get(HEADER..end).unwrap_or_default().as_chunks::<8>().0;
        Self { nodes, text: bytes.get(end..).unwrap_or_default() }
    }

    /// How many nodes there are.
    #[inline(always)]
    pub(crate) fn count(&self) -> u32 {
        self.nodes.len() as u32
    }

    /// A node; null past the end.
    #[inline(always)]
    pub(crate) fn raw(&self, at: u32) -> Raw {
        match self.nodes.get(at as usize) {
            Some(&[a, b, c, d, e, f, g, h]) => {
                Raw { head: u32::from_le_bytes([a, b, c, d]), aux: u32::from_le_bytes([e, f, g, h]) }
            }
            None => Raw { head: NULL, aux: 0 },
        }
    }

    /// The number of the node after this one and all that it holds. Always larger, so that walks end.
    #[inline(always)]
    pub(crate) fn after(&self, at: u32, raw: Raw) -> u32 {
        if raw.tag() >= ARRAY { raw.aux.max(at + 1) } else { at + 1 }
    }

    /// The text of a string or a number.
    #[inline(always)]
    pub(crate) fn text(&self, raw: Raw) -> &'t [u8] {
        let start = raw.aux as usize;
        self.text.get(start..start.wrapping_add(raw.length() as usize)).unwrap_or_default()
    }

    /// The text of a node as a string, for messages.
    pub(crate) fn str(&self, at: u32) -> &'t str {
        core::str::from_utf8(self.text(self.raw(at))).unwrap_or_default()
    }

    /// The members of an object, as the numbers of key and value; none where it is no object.
    #[inline]
    pub(crate) fn members(&self, at: u32) -> impl Iterator<Item = (u32, u32)> + use<'t> {
        let (view, raw) = (*self, self.raw(at));
        let mut left = if raw.tag() == OBJECT { raw.length() } else { 0 };
        let mut next = at + 1;
        core::iter::from_fn(move || {
            left = if next < view.count() { left.checked_sub(1)? } else { return None };
            let member = (next, next + 1);
            next = view.after(next + 1, view.raw(next + 1));
            Some(member)
        })
    }

    /// The elements of an array; none where it is no array.
    #[inline]
    pub(crate) fn elements(&self, at: u32) -> impl Iterator<Item = u32> + use<'t> {
        let (view, raw) = (*self, self.raw(at));
        let mut left = if raw.tag() == ARRAY { raw.length() } else { 0 };
        let mut next = at + 1;
        core::iter::from_fn(move || {
            left = if next < view.count() { left.checked_sub(1)? } else { return None };
            let element = next;
            next = view.after(next, view.raw(next));
            Some(element)
        })
    }

    /// The member with this name.
    #[inline]
    pub(crate) fn get(&self, at: u32, name: &[u8]) -> Option<u32> {
        self.members(at).find(|(key, _)| crate::data::same(self.text(self.raw(*key)), name)).map(|(_, value)| value)
    }

    /// A value as JSON text.
    pub(crate) fn json(&self, at: u32) -> String {
        let mut json = String::new();
        self.write_json(at, &mut json);
        json
    }

    fn write_json(&self, at: u32, json: &mut String) {
        match self.raw(at).tag() {
            FALSE => json.push_str("false"),
            TRUE => json.push_str("true"),
            NUMBER => json.push_str(self.str(at)),
            STRING => quote(self.str(at), json),
            ARRAY => {
                json.push('[');
                for (count, element) in self.elements(at).enumerate() {
                    json.push_str(if count == 0 { "" } else { "," });
                    self.write_json(element, json);
                }
                json.push(']');
            }
            OBJECT => {
                json.push('{');
                for (count, (key, value)) in self.members(at).enumerate() {
                    json.push_str(if count == 0 { "" } else { "," });
                    quote(self.str(key), json);
                    json.push(':');
                    self.write_json(value, json);
                }
                json.push('}');
            }
            _ => json.push_str("null"),
        }
    }
}

/// A string as JSON text.
pub(crate) fn quote(text: &str, json: &mut String) {
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            control if u32::from(control) < 0x20 => json.push_str(&format!("\\u{:04x}", u32::from(control))),
            other => json.push(other),
        }
    }
    json.push('"');
}
