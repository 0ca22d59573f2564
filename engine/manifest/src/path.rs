//! Paths: the part of JSONPath (RFC 9535) that `manifest.select` speaks. Names, wildcards, indexes, several selectors in
//! a bracket, descendants.
//!
//! It refuses filters, slices and functions with an error that says where they stand; nothing is ever matched as empty
//! because it was not understood.
//!
//! What a path selects comes in document order, each value once. RFC 9535 would have `$['b','a']` give `b` before `a`,
//! and `$['a','a']` give `a` twice; for rules that judge values, order and number of mentions in a path mean nothing.

mod parse;

use crate::Node;
use crate::pointer::push_token;
use crate::tree::{ARRAY, LENGTH, OBJECT, TAG};

/// Most segments of a path: a set of positions in it is one word of 64 bits.
const MAX_SEGMENTS: usize = 63;

/// Most selectors of a path, in all its segments: each child is held against all that may be about it.
const MAX_SELECTORS: usize = 256;
/// Longest path, in bytes.
const MAX_BYTES: usize = 4096;
/// Values that a walk looks at between two questions whether to go on.
const STEPS_A_LOOK: u32 = 256;

/// A path that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    segments: Vec<Segment>,
    /// The segments that descend, as a set of positions.
    descending: u64,
}

/// Why a path was refused: what, where, and in which path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}, at character {character} of the path `{path}`")]
pub struct PathError {
    message: String,
    character: usize,
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Segment {
    /// `..`: children at any depth.
    descends: bool,
    selectors: Vec<Selector>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Selector {
    Name(String),
    Wildcard,
    Index(i64),
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// Where the text is no path, or uses what is not understood here: filters, slices, functions, more than 63
    /// segments, 256 selectors or 4 KiB.
    pub fn parse(path: &str) -> Result<Self, PathError> {
        let segments = parse::segments(path)?;
        let descends = segments.iter().enumerate().filter(|(_, segment)| segment.descends);
        let descending = descends.fold(0, |set, (at, _)| set | 1 << at);
        Ok(Self { segments, descending })
    }

    /// Calls `found` with each value that the path selects, and its RFC 6901 pointer from `root`.
    ///
    /// One walk over the tree follows all ways through the path at once, so the cost is at most nodes × selectors,
    /// however many `..` a path has, and subtrees that cannot match are stepped over. Nothing is allocated but one
    /// buffer for the pointer and one for the nesting.
    pub fn select<'t>(&self, root: Node<'t>, found: &mut dyn FnMut(&str, Node<'t>)) {
        self.select_while(root, &mut || true, &mut |pointer, node| {
            found(pointer, node);
            true
        });
    }

    /// As [`Self::select`], for a path of a stranger: the walk ends where `go_on`, which is asked again and again whether
    /// anything matches or not, or `found` says no. Gives whether it came to its end.
    pub fn select_while<'t>(
        &self,
        root: Node<'t>,
        go_on: &mut dyn FnMut() -> bool,
        found: &mut dyn FnMut(&str, Node<'t>) -> bool,
    ) -> bool {
        if self.segments.is_empty() {
            return found("", root);
        }
        let mut steps = 0_u32;
        let mut pointer = String::new();
        let mut walk = Walk::default();
        walk.enter(root, 1, 0);
        while let Some((child, name)) = walk.next() {
            steps = (steps + 1) % STEPS_A_LOOK;
            if steps == 0 && !go_on() {
                return false;
            }
            let above = walk.top.pointer;
            let states = self.step(walk.top.states, name);
            if states == 0 {
                continue;
            }
            if self.only_name(walk.top.states) {
                walk.finish();
            }
            let last = 1 << self.segments.len();
            let inner = states & !last != 0 && child.holds_children();
            if states & last == 0 && !inner {
                continue;
            }
            pointer.truncate(above);
            match name {
                Name::Key(key) => push_token(&mut pointer, key.as_str().unwrap_or_default()),
                Name::Index { index, .. } => push_index(&mut pointer, index),
            }
            if states & last != 0 && !found(&pointer, child) {
                return false;
            }
            if inner {
                walk.enter(child, states & !last, pointer.len());
            }
        }
        true
    }

    /// Whether a collection that is at these positions can hold one match at most: by one name, and no deeper.
    fn only_name(&self, states: u64) -> bool {
        let segment = self.segments.get(states.trailing_zeros() as usize);
        let single = states.is_power_of_two() && states & self.descending == 0;
        single && segment.is_some_and(|segment| matches!(segment.selectors.as_slice(), [Selector::Name(_)]))
    }

    /// From the positions in the path that a parent is at to those of a child.
    fn step(&self, states: u64, name: Name<'_>) -> u64 {
        let mut next = states & self.descending;
        let mut left = states;
        while left != 0 {
            let at = left.trailing_zeros();
            left &= left - 1;
            if let Some(segment) = self.segments.get(at as usize)
                && segment.selectors.iter().any(|selector| selector.matches(name))
            {
                next |= 2 << at;
            }
        }
        next
    }
}

impl Selector {
    fn matches(&self, name: Name<'_>) -> bool {
        match (self, name) {
            (Self::Wildcard, _) => true,
            (Self::Name(wanted), Name::Key(key)) => {
                let raw = key.tree.raw(key.index);
                (raw.head >> LENGTH) as usize == wanted.len() && key.tree.text_of(raw) == wanted
            }
            (Self::Index(wanted), Name::Index { index, length }) => {
                let index = i64::from(index);
                *wanted == index || *wanted == index - i64::from(length)
            }
            (Self::Name(_), Name::Index { .. }) | (Self::Index(_), Name::Key(_)) => false,
        }
    }
}

/// What a child is called in its parent.
#[derive(Clone, Copy)]
enum Name<'t> {
    Key(Node<'t>),
    Index { index: u32, length: u32 },
}

/// A collection whose children are being looked at.
#[derive(Clone, Copy)]
struct Frame<'t> {
    parent: Option<Node<'t>>,
    /// The next child, or the key of the next child.
    next: u32,
    seen: u32,
    length: u32,
    object: bool,
    /// Positions in the path that the collection is at.
    states: u64,
    /// Length of the pointer to the collection.
    pointer: usize,
}

/// A walk in document order that goes down only where it is told to.
struct Walk<'t> {
    top: Frame<'t>,
    outer: Vec<Frame<'t>>,
}

impl Default for Walk<'_> {
    fn default() -> Self {
        let top = Frame { parent: None, next: 0, seen: 0, length: 0, object: false, states: 0, pointer: 0 };
        Self { top, outer: Vec::new() }
    }
}

impl<'t> Walk<'t> {
    fn enter(&mut self, node: Node<'t>, states: u64, pointer: usize) {
        let raw = node.tree.raw(node.index);
        let length = if node.holds_children() { raw.head >> LENGTH } else { 0 };
        let object = raw.head & TAG == OBJECT;
        let inner = Frame { parent: Some(node), next: node.index + 1, seen: 0, length, object, states, pointer };
        let outer = std::mem::replace(&mut self.top, inner);
        if outer.seen < outer.length {
            self.outer.push(outer);
        }
    }

    /// Leaves out the rest of the collection.
    fn finish(&mut self) {
        self.top.seen = self.top.length;
    }

    fn next(&mut self) -> Option<(Node<'t>, Name<'t>)> {
        while self.top.seen == self.top.length {
            self.top = self.outer.pop()?;
        }
        let tree = self.top.parent?.tree;
        let index = self.top.seen;
        self.top.seen += 1;
        if self.top.object {
            let key = Node { tree, index: self.top.next };
            let value = Node { tree, index: self.top.next + 1 };
            self.top.next = tree.after(value.index);
            return Some((value, Name::Key(key)));
        }
        let value = Node { tree, index: self.top.next };
        self.top.next = tree.after(value.index);
        Some((value, Name::Index { index, length: self.top.length }))
    }
}

impl Node<'_> {
    fn holds_children(self) -> bool {
        let raw = self.tree.raw(self.index);
        matches!(raw.head & TAG, ARRAY | OBJECT) && raw.head >> LENGTH > 0
    }
}

fn push_index(pointer: &mut String, index: u32) {
    pointer.push('/');
    if index < 10 {
        pointer.push(char::from(b'0' + index as u8));
    } else {
        pointer.push_str(&index.to_string());
    }
}
