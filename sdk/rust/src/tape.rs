//! Reads the tape encoding of an object where it lies (`tape.md` beside the WIT): nothing is parsed, nothing is copied.
//!
//! Refuses to panic on bytes that are no tape: [`Tape::new`] looks at every node before it gives a tape out, and no
//! accessor reads past the end.
//!
//! Long because what looks at the bytes once and what trusts them afterwards belong together.

use core::fmt;

const MAGIC: &[u8; 4] = b"SLT1";
const HEADER: usize = 12;
const NODE: usize = 8;

const NULL: u32 = 0;
const FALSE: u32 = 1;
const TRUE: u32 = 2;
const NUMBER: u32 = 3;
const STRING: u32 = 4;
const ARRAY: u32 = 5;
const OBJECT: u32 = 6;

/// One object in the tape encoding.
#[derive(Clone)]
pub struct Tape {
    bytes: Vec<u8>,
    nodes: u32,
    text: usize,
}

/// Why bytes are not a tape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TapeError {
    /// They do not begin with `SLT1`: another version of the format, or no tape.
    Magic,
    /// The sizes in the header do not add up to the number of bytes.
    Size,
    /// The node with this index points outside of the tape, or its tag is unknown.
    Node(u32),
    /// The text is not UTF-8.
    Text,
}

impl fmt::Display for TapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic => f.write_str("the tape does not begin with `SLT1`"),
            Self::Size => f.write_str("the tape is cut short or too long"),
            Self::Node(index) => write!(f, "node {index} of the tape is malformed"),
            Self::Text => f.write_str("the text of the tape is not UTF-8"),
        }
    }
}

impl core::error::Error for TapeError {}

/// What a node holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool,
    /// A number.
    Number,
    /// A string.
    String,
    /// An array.
    Array,
    /// An object.
    Object,
}

impl Kind {
    /// The kind with its article, for messages: `a string`.
    #[must_use]
    pub fn with_article(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "a list",
            Self::Object => "an object",
        }
    }
}

impl Tape {
    /// Takes the bytes over after looking at every node of them.
    ///
    /// # Errors
    /// When the bytes are not a well-formed tape.
    pub fn new(bytes: Vec<u8>) -> Result<Self, TapeError> {
        let tape = Self::unverified(bytes)?;
        tape.verify()?;
        Ok(tape)
    }

    /// Takes the bytes over after looking at the header only: for bytes that come from the host, which wrote them. Every
    /// access stays within bounds all the same; a broken node reads as null, a broken string as no string.
    ///
    /// # Errors
    /// When the header is wrong.
    pub fn unverified(bytes: Vec<u8>) -> Result<Self, TapeError> {
        let header = bytes.get(..HEADER).ok_or(TapeError::Size)?;
        if header.get(..4) != Some(MAGIC.as_slice()) {
            return Err(TapeError::Magic);
        }
        let nodes = word(header, 4).ok_or(TapeError::Size)?;
        let length = word(header, 8).ok_or(TapeError::Size)?;
        let text = HEADER as u64 + NODE as u64 * u64::from(nodes);
        if nodes == 0 || text + u64::from(length) != bytes.len() as u64 {
            return Err(TapeError::Size);
        }
        Ok(Self { text: text as usize, nodes, bytes })
    }

    /// The tape of `null`.
    pub(crate) fn null() -> Self {
        Self { bytes: vec![0; HEADER + NODE], nodes: 1, text: HEADER + NODE }
    }

    /// The bytes of the encoding.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The root of the object.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { tape: self, index: 0 }
    }

    fn verify(&self) -> Result<(), TapeError> {
        core::str::from_utf8(self.bytes.get(self.text..).unwrap_or_default()).map_err(|_| TapeError::Text)?;
        // Ends of the collections that are open, with the number of nodes that each still has to hold.
        let mut open: Vec<(u32, u32)> = Vec::new();
        let mut keys: Vec<bool> = Vec::new();
        for index in 0..self.nodes {
            let malformed = TapeError::Node(index);
            let (head, aux) = self.raw(index);
            if index > 0 {
                let (_, left) = open.last_mut().ok_or(malformed)?;
                *left = left.checked_sub(1).ok_or(malformed)?;
                let is_key = keys.last().is_some_and(|object| *object) && *left % 2 == 1;
                if is_key && head & 0xF != STRING {
                    return Err(malformed);
                }
            }
            let length = head >> 4;
            match head & 0xF {
                NULL | FALSE | TRUE => {}
                NUMBER | STRING => {
                    self.text_of(head, aux).ok_or(malformed)?;
                }
                tag @ (ARRAY | OBJECT) => {
                    let children = if tag == OBJECT { length.checked_mul(2).ok_or(malformed)? } else { length };
                    let limit = open.last().map_or(self.nodes, |(end, _)| *end);
                    if aux <= index || aux > limit {
                        return Err(malformed);
                    }
                    open.push((aux, children));
                    keys.push(tag == OBJECT);
                }
                _ => return Err(malformed),
            }
            while open.last().is_some_and(|(end, _)| *end == index + 1) {
                if open.pop().is_some_and(|(_, left)| left != 0) {
                    return Err(malformed);
                }
                keys.pop();
            }
        }
        if self.after(0) == self.nodes { Ok(()) } else { Err(TapeError::Node(0)) }
    }

    #[inline]
    fn raw(&self, index: u32) -> (u32, u32) {
        let (nodes, _) = self.bytes.get(HEADER..self.text).unwrap_or_default().as_chunks::<NODE>();
        match nodes.get(index as usize) {
            Some(&[a, b, c, d, e, f, g, h]) => (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])),
            None => (NULL, 0),
        }
    }

    /// Index of the node after this one and all that it holds. Always larger than `index`, so that walks end.
    #[inline]
    fn after(&self, index: u32) -> u32 {
        let (head, aux) = self.raw(index);
        let next = index.saturating_add(1);
        if head & 0xF >= ARRAY { aux.max(next) } else { next }
    }

    #[inline]
    fn bytes_of(&self, head: u32, aux: u32) -> Option<&[u8]> {
        let start = self.text.checked_add(aux as usize)?;
        self.bytes.get(start..start.checked_add((head >> 4) as usize)?)
    }

    #[inline]
    fn text_of(&self, head: u32, aux: u32) -> Option<&str> {
        core::str::from_utf8(self.bytes_of(head, aux)?).ok()
    }
}

impl fmt::Debug for Tape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root().fmt(f)
    }
}

#[inline]
fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|bytes| u32::from_le_bytes(*bytes))
}

/// A node of a [`Tape`]. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    tape: &'t Tape,
    index: u32,
}

impl<'t> Node<'t> {
    /// What the node holds.
    #[must_use]
    #[inline]
    pub fn kind(self) -> Kind {
        match self.head() & 0xF {
            FALSE | TRUE => Kind::Bool,
            NUMBER => Kind::Number,
            STRING => Kind::String,
            ARRAY => Kind::Array,
            OBJECT => Kind::Object,
            _ => Kind::Null,
        }
    }

    /// Whether the node is `null`.
    #[must_use]
    #[inline]
    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    /// The boolean, if it is one.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        match self.head() & 0xF {
            FALSE => Some(false),
            TRUE => Some(true),
            _ => None,
        }
    }

    /// The string, if it is one.
    #[must_use]
    #[inline]
    pub fn as_str(self) -> Option<&'t str> {
        self.textual(STRING)
    }

    /// The number as JSON text, if it is one; integers keep all their digits.
    #[must_use]
    pub fn number_text(self) -> Option<&'t str> {
        self.textual(NUMBER)
    }

    /// The number, if it is an integer of 64 bits.
    #[must_use]
    pub fn as_i64(self) -> Option<i64> {
        self.number_text()?.parse().ok()
    }

    /// Whether the node is a string of these bytes: no UTF-8 is checked for it.
    #[must_use]
    #[inline]
    pub fn is_str(self, text: &str) -> bool {
        let (head, aux) = self.tape.raw(self.index);
        // `text.len()` first: most keys differ in length, and the text need not be touched.
        head & 0xF == STRING
            && (head >> 4) as usize == text.len()
            && self.tape.bytes_of(head, aux).is_some_and(|bytes| bytes == text.as_bytes())
    }

    /// The members as key and value, in document order; none where the node is no object.
    #[must_use]
    #[inline]
    pub fn entries(self) -> Entries<'t> {
        let head = self.head();
        Entries {
            tape: self.tape,
            next: self.index.saturating_add(1),
            left: if head & 0xF == OBJECT { head >> 4 } else { 0 },
        }
    }

    /// The elements; none where the node is no array.
    #[must_use]
    #[inline]
    pub fn items(self) -> Items<'t> {
        let head = self.head();
        Items {
            tape: self.tape,
            next: self.index.saturating_add(1),
            left: if head & 0xF == ARRAY { head >> 4 } else { 0 },
        }
    }

    /// Number of members or elements; 0 where the node is neither object nor array.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a scalar is neither empty nor full")]
    pub fn len(self) -> usize {
        let head = self.head();
        if head & 0xF >= ARRAY { (head >> 4) as usize } else { 0 }
    }

    /// The member with this name.
    #[must_use]
    #[inline]
    pub fn get(self, name: &str) -> Option<Node<'t>> {
        let entries = self.entries();
        let mut next = entries.next;
        for _ in 0..entries.left {
            if next >= self.tape.nodes {
                break;
            }
            if (Node { tape: self.tape, index: next }).is_str(name) {
                return Some(Node { tape: self.tape, index: next.saturating_add(1) });
            }
            next = self.tape.after(next.saturating_add(1));
        }
        None
    }

    /// The value at an RFC 6901 pointer below this node.
    #[must_use]
    pub fn pointer(self, pointer: &str) -> Option<Node<'t>> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |node, token| match node.kind() {
            Kind::Array => node.items().nth(index_of(token)?),
            Kind::Object if token.contains('~') => node.get(&token.replace("~1", "/").replace("~0", "~")),
            Kind::Object => node.get(token),
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => None,
        })
    }

    /// Index of the node on its tape: what names it among all nodes.
    #[must_use]
    pub fn index(self) -> u32 {
        self.index
    }

    #[inline]
    fn head(self) -> u32 {
        self.tape.raw(self.index).0
    }

    #[inline]
    fn textual(self, tag: u32) -> Option<&'t str> {
        let (head, aux) = self.tape.raw(self.index);
        if head & 0xF == tag { self.tape.text_of(head, aux) } else { None }
    }
}

/// The array index that a pointer's token says: digits without a leading zero.
fn index_of(token: &str) -> Option<usize> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    if digits { token.parse().ok() } else { None }
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            Kind::Null => f.write_str("null"),
            Kind::Bool => write!(f, "{}", self.as_bool() == Some(true)),
            Kind::Number => f.write_str(self.number_text().unwrap_or_default()),
            Kind::String => self.as_str().unwrap_or_default().fmt(f),
            Kind::Array => f.debug_list().entries(self.items()).finish(),
            Kind::Object => f
                .debug_map()
                .entries(self.entries().map(|(key, value)| (key.as_str().unwrap_or_default(), value)))
                .finish(),
        }
    }
}

/// The elements of an array.
#[derive(Clone)]
pub struct Items<'t> {
    tape: &'t Tape,
    next: u32,
    left: u32,
}

impl<'t> Iterator for Items<'t> {
    type Item = Node<'t>;

    #[inline]
    fn next(&mut self) -> Option<Node<'t>> {
        self.left = if self.next < self.tape.nodes { self.left.checked_sub(1)? } else { return None };
        let node = Node { tape: self.tape, index: self.next };
        self.next = self.tape.after(self.next);
        Some(node)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Items<'_> {}

/// The members of an object, as key and value.
#[derive(Clone)]
pub struct Entries<'t> {
    tape: &'t Tape,
    next: u32,
    left: u32,
}

impl<'t> Iterator for Entries<'t> {
    type Item = (Node<'t>, Node<'t>);

    #[inline]
    fn next(&mut self) -> Option<(Node<'t>, Node<'t>)> {
        self.left = if self.next < self.tape.nodes { self.left.checked_sub(1)? } else { return None };
        let value = self.next.saturating_add(1);
        let entry = (Node { tape: self.tape, index: self.next }, Node { tape: self.tape, index: value });
        self.next = self.tape.after(value);
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Entries<'_> {}

#[cfg(test)]
#[path = "tape_tests.rs"]
mod tests;
