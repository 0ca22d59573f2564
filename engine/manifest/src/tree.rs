//! The tree of one document: a flat list of nodes in document order, 16 bytes each, that point into the source text.
//!
//! A string that stands in the source as it reads needs no copy; one that had to be decoded (escapes, folded lines,
//! block scalars, normalised numbers) lies in `extra`. See `wit/0.1.0/tape.md` for how it crosses to plugins.

use std::sync::Arc;

use crate::text::{Span, Text};

pub(crate) const TAG: u32 = 0b0111;
pub(crate) const EXTRA: u32 = 0b1000;
pub(crate) const LENGTH: u32 = 4;

/// Longest string, and largest number of children, that a node can say.
pub(crate) const MAX_LENGTH: usize = (1 << 28) - 1;

pub(crate) const NULL: u32 = 0;
pub(crate) const FALSE: u32 = 1;
pub(crate) const TRUE: u32 = 2;
pub(crate) const NUMBER: u32 = 3;
pub(crate) const STRING: u32 = 4;
pub(crate) const ARRAY: u32 = 5;
pub(crate) const OBJECT: u32 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Raw {
    /// Tag (3 bits), whether the text lies in `extra` (1 bit), length (28 bits): bytes of a scalar, children of a
    /// collection (an object counts its members, not its nodes).
    pub(crate) head: u32,
    /// First byte of the value in the source, quotes and indicators included.
    pub(crate) start: u32,
    /// One past its last byte.
    pub(crate) end: u32,
    /// Scalars: offset of the text, in the source or in `extra`. Collections: index of the node after them.
    pub(crate) aux: u32,
}

/// One JSON value read from a document, with the span of every node in it. Node 0 is the root.
#[derive(Clone, Debug)]
pub struct Tree {
    pub(crate) text: Arc<Text>,
    pub(crate) nodes: Vec<Raw>,
    pub(crate) extra: String,
    /// Half-open ranges of nodes that a patch wrote, in order; empty in a tree that was read.
    pub(crate) written: Vec<(u32, u32)>,
}

/// A node of a [`Tree`]. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    pub(crate) tree: &'t Tree,
    pub(crate) index: u32,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Value<'t> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as JSON text; integers keep all their digits.
    Number(&'t str),
    /// A string, decoded.
    String(&'t str),
    /// An array.
    Array(Items<'t>),
    /// An object.
    Object(Entries<'t>),
}

impl Tree {
    /// The root of the document.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node { tree: self, index: 0 }
    }

    /// The node with this number; none past the end.
    #[must_use]
    pub fn node(&self, number: u32) -> Option<Node<'_>> {
        (number < self.nodes.len() as u32).then_some(Node { tree: self, index: number })
    }

    /// The text that the spans point into.
    #[must_use]
    pub fn text(&self) -> &Arc<Text> {
        &self.text
    }

    /// Bytes of memory that the tree itself holds, without the text.
    #[must_use]
    pub fn size(&self) -> usize {
        self.nodes.capacity() * size_of::<Raw>() + self.extra.capacity()
    }

    pub(crate) fn raw(&self, index: u32) -> Raw {
        self.nodes.get(index as usize).copied().unwrap_or(Raw { head: NULL, start: 0, end: 0, aux: 0 })
    }

    pub(crate) fn text_of(&self, raw: Raw) -> &str {
        let start = raw.aux as usize;
        let range = start..start + (raw.head >> LENGTH) as usize;
        let from = if raw.head & EXTRA == 0 { self.text.as_str() } else { &self.extra };
        from.get(range).unwrap_or_default()
    }

    pub(crate) fn after(&self, index: u32) -> u32 {
        let raw = self.raw(index);
        if raw.head & TAG >= ARRAY { raw.aux } else { index + 1 }
    }
}

impl<'t> Node<'t> {
    /// What the node holds.
    #[must_use]
    pub fn value(self) -> Value<'t> {
        let raw = self.tree.raw(self.index);
        let left = raw.head >> LENGTH;
        match raw.head & TAG {
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            NUMBER => Value::Number(self.tree.text_of(raw)),
            STRING => Value::String(self.tree.text_of(raw)),
            ARRAY => Value::Array(Items { tree: self.tree, next: self.index + 1, left }),
            OBJECT => Value::Object(Entries { tree: self.tree, next: self.index + 1, left }),
            _ => Value::Null,
        }
    }

    /// The bytes that the value was read from; for a value that a patch wrote, the nearest bytes it stands for.
    #[must_use]
    pub fn span(self) -> Span {
        let raw = self.tree.raw(self.index);
        Span { start: raw.start, end: raw.end }
    }

    /// Its number in document order, from 0. In a tree that was redacted, each node has the number it had before.
    #[must_use]
    pub fn number(self) -> u32 {
        self.index
    }

    /// Whether the node is `null`.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.tree.raw(self.index).head & TAG == NULL
    }

    /// The string, if it is one.
    #[must_use]
    pub fn as_str(self) -> Option<&'t str> {
        let raw = self.tree.raw(self.index);
        (raw.head & TAG == STRING).then(|| self.tree.text_of(raw))
    }

    /// The members, in document order; none where the node is no object.
    #[must_use]
    pub fn entries(self) -> Entries<'t> {
        let raw = self.tree.raw(self.index);
        let left = if raw.head & TAG == OBJECT { raw.head >> LENGTH } else { 0 };
        Entries { tree: self.tree, next: self.index + 1, left }
    }

    /// The elements; none where the node is no array.
    #[must_use]
    pub fn items(self) -> Items<'t> {
        let raw = self.tree.raw(self.index);
        let left = if raw.head & TAG == ARRAY { raw.head >> LENGTH } else { 0 };
        Items { tree: self.tree, next: self.index + 1, left }
    }

    /// The member with this name.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Node<'t>> {
        let key = self.tree.member(self.index, name)?;
        Some(Node { tree: self.tree, index: key + 1 })
    }
}

/// The elements of an array.
#[derive(Clone)]
pub struct Items<'t> {
    tree: &'t Tree,
    next: u32,
    left: u32,
}

impl<'t> Iterator for Items<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        self.left = self.left.checked_sub(1)?;
        let node = Node { tree: self.tree, index: self.next };
        self.next = self.tree.after(self.next);
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
    tree: &'t Tree,
    next: u32,
    left: u32,
}

impl<'t> Iterator for Entries<'t> {
    type Item = (Node<'t>, Node<'t>);

    fn next(&mut self) -> Option<(Node<'t>, Node<'t>)> {
        self.left = self.left.checked_sub(1)?;
        let key = Node { tree: self.tree, index: self.next };
        let value = Node { tree: self.tree, index: self.next + 1 };
        self.next = self.tree.after(self.next + 1);
        Some((key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left as usize, Some(self.left as usize))
    }
}

impl ExactSizeIterator for Entries<'_> {}

impl std::fmt::Debug for Items<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl std::fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.clone()).finish()
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.value().fmt(f)
    }
}

/// Builds a [`Tree`] in document order: scalars are pushed, collections opened and closed.
#[derive(Debug)]
pub struct TreeBuilder {
    tree: Tree,
    /// How many bytes of made text come before those that this builder makes.
    before: u32,
}

/// A scalar that is neither number nor string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    Null,
    Bool(bool),
}

/// What kind of text a scalar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Textual {
    Number,
    String,
}

/// What kind of collection is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Collection {
    Array,
    Object,
}

impl TreeBuilder {
    pub(crate) fn new(text: Arc<Text>) -> Self {
        Self::after(text, 0)
    }

    /// A builder whose tree has so many bytes of made text already, which come with [`Self::finish_after`].
    pub(crate) fn after(text: Arc<Text>, before: usize) -> Self {
        let tree = Tree { text, nodes: Vec::new(), extra: String::new(), written: Vec::new() };
        Self { tree, before: before as u32 }
    }

    pub(crate) fn plain(&mut self, plain: Plain, span: Span) {
        let tag = match plain {
            Plain::Null => NULL,
            Plain::Bool(false) => FALSE,
            Plain::Bool(true) => TRUE,
        };
        self.push(Raw { head: tag, start: span.start, end: span.end, aux: 0 });
    }

    /// A number or a string whose text stands in the source, at `content`.
    pub(crate) fn source(&mut self, kind: Textual, span: Span, content: Span) {
        let head = tag_of(kind) | (content.end - content.start) << LENGTH;
        self.push(Raw { head, start: span.start, end: span.end, aux: content.start });
    }

    /// A number or a string whose text had to be made.
    pub(crate) fn made(&mut self, kind: Textual, span: Span, content: &str) {
        let aux = self.before + self.tree.extra.len() as u32;
        self.tree.extra.push_str(content);
        let head = tag_of(kind) | EXTRA | (content.len() as u32) << LENGTH;
        self.push(Raw { head, start: span.start, end: span.end, aux });
    }

    /// A number or a string whose text is among those that were made before.
    pub(crate) fn made_before(&mut self, kind: Textual, span: Span, content: Span) {
        let head = tag_of(kind) | EXTRA | (content.end - content.start) << LENGTH;
        self.push(Raw { head, start: span.start, end: span.end, aux: content.start });
    }

    /// Opens a collection; the result goes to [`Self::close`].
    pub(crate) fn open(&mut self, kind: Collection, start: u32) -> u32 {
        let tag = match kind {
            Collection::Array => ARRAY,
            Collection::Object => OBJECT,
        };
        let index = self.tree.nodes.len() as u32;
        self.push(Raw { head: tag, start, end: start, aux: 0 });
        index
    }

    /// Closes what `open` gave, with its number of elements or members and its end.
    pub(crate) fn close(&mut self, index: u32, children: u32, end: u32) {
        let next = self.tree.nodes.len() as u32;
        if let Some(raw) = self.tree.nodes.get_mut(index as usize) {
            raw.head |= children << LENGTH;
            raw.end = end;
            raw.aux = next;
        }
    }

    /// Copies a node of another tree of the same text, with all that it holds.
    pub(crate) fn part(&mut self, node: Node<'_>) {
        let first = self.tree.nodes.len() as u32;
        let end = node.tree.after(node.index);
        for raw in node.tree.nodes.get(node.index as usize..end as usize).unwrap_or_default() {
            let mut raw = *raw;
            if raw.head & TAG >= ARRAY {
                raw.aux = raw.aux - node.index + first;
            } else if raw.head & EXTRA != 0 {
                let text = node.tree.text_of(raw);
                raw.aux = self.before + self.tree.extra.len() as u32;
                self.tree.extra.push_str(text);
            }
            self.push(raw);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.tree.nodes.len()
    }

    pub(crate) fn finish(self) -> Tree {
        self.finish_after(String::new())
    }

    /// The tree, with the texts that were made before.
    pub(crate) fn finish_after(self, before: String) -> Tree {
        let mut tree = self.tree;
        if !before.is_empty() {
            let made = std::mem::replace(&mut tree.extra, before);
            tree.extra.push_str(&made);
        }
        tree.nodes.shrink_to_fit();
        tree.extra.shrink_to_fit();
        tree
    }

    fn push(&mut self, raw: Raw) {
        self.tree.nodes.push(raw);
    }
}

fn tag_of(kind: Textual) -> u32 {
    match kind {
        Textual::Number => NUMBER,
        Textual::String => STRING,
    }
}
