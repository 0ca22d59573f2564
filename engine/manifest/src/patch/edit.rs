//! A tree under edit: collections that an operation goes through are opened into lists of children, all else stays the
//! run of nodes that it was. In the end everything is copied into one flat list, in one pass.
//!
//! So a few changes of a small object cost little more than a copy of it, and many changes of a large one do not copy it
//! each time.

use super::source::{Source, Spans, bound_depth};
use super::{Operation, PatchCause};
use crate::pointer::{index, tokens, unescape};
use crate::quote::quote;
use crate::tree::{ARRAY, LENGTH, OBJECT, Raw, TAG};
use crate::{Node, Span, Tree};

/// A failed operation: the pointer that it fails at, and why.
pub(super) type Failure<'o> = (&'o str, PatchCause);

pub(super) struct Edit<'t> {
    pub(super) source: Source<'t>,
    pub(super) root: Part,
}

/// A value in a tree under edit.
pub(super) enum Part {
    /// A value as it was read or written.
    Run(Run),
    /// A collection, opened.
    Open(Box<Open>),
}

/// A run of nodes: one value with all that is in it.
#[derive(Clone, Copy)]
pub(super) enum Run {
    /// Of the tree that is patched.
    Base(u32),
    /// Of what the patch wrote.
    Made(u32),
}

/// A collection as a list of children.
pub(super) struct Open {
    pub(super) tag: u32,
    pub(super) span: Span,
    pub(super) written: bool,
    pub(super) children: Vec<Child>,
}

/// An element, or a member with its key.
pub(super) struct Child {
    pub(super) key: Option<Key>,
    pub(super) part: Part,
}

#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) raw: Raw,
    pub(super) written: bool,
}

impl Key {
    pub(super) fn span(self) -> Span {
        Span { start: self.raw.start, end: self.raw.end }
    }
}

impl<'t> Edit<'t> {
    /// `room` is how much text the edit is expected to add.
    pub(super) fn new(base: &'t Tree, room: usize) -> Self {
        Self { source: Source::new(base, room), root: Part::Run(Run::Base(0)) }
    }

    pub(super) fn apply<'o>(&mut self, operation: &'o Operation) -> Result<(), Failure<'o>> {
        let at = operation.pointer();
        let fail = |cause| (at, cause);
        match operation {
            Operation::Add { value, .. } => {
                let value = self.source.parse(value).map_err(fail)?;
                self.add(at, value, Spans::Anew).map_err(fail)
            }
            Operation::Replace { value, .. } => {
                let value = self.source.parse(value).map_err(fail)?;
                self.replace(at, value, Spans::Anew).map_err(fail)
            }
            Operation::Remove { .. } => self.remove(at).map(|_| ()).map_err(fail),
            Operation::Move { from, .. } => self.shift(from, at),
            Operation::Copy { from, .. } => {
                let run = self.resolve(from).map_err(|cause| (from.as_str(), cause))?;
                let value = self.source.copy(&Part::Run(run)).map_err(fail)?;
                self.add(at, value, Spans::Kept).map_err(fail)
            }
            Operation::Test { value, .. } => self.test(at, value).map_err(fail),
        }
    }

    /// How many elements the array at a pointer has by now.
    pub(super) fn length(&mut self, pointer: &str) -> Option<usize> {
        let (open, _) = open_at(&mut self.source, &mut self.root, pointer).ok()?;
        (open.tag == ARRAY).then_some(open.children.len())
    }

    /// The tree that the edit leads to.
    pub(super) fn finish(self) -> Tree {
        self.source.finish(&self.root)
    }

    fn add(&mut self, pointer: &str, value: u32, spans: Spans) -> Result<(), PatchCause> {
        let Some((parent, token)) = pointer.rsplit_once('/') else {
            return self.replace(pointer, value, spans);
        };
        bound_depth(&self.source.made, pointer, value)?;
        let (open, near) = open_at(&mut self.source, &mut self.root, parent)?;
        let length = open.children.len();
        if open.tag == OBJECT {
            let name = unescape(token).ok_or(PatchCause::NoPointer)?;
            if let Some(slot) = self.source.find(open, &name)? {
                return self.source.put(open, slot, value, spans);
            }
            let key = Some(Key { raw: self.source.key(&name, near)?, written: true });
            open.children.push(Child { key, part: Part::Run(Run::Made(value)) });
        } else {
            let slot = if token == "-" { Some(length) } else { index(token).filter(|slot| *slot <= length) };
            let slot = slot.ok_or_else(|| PatchCause::Index { index: token.to_owned(), length })?;
            self.source.charge(length - slot)?;
            open.children.insert(slot, Child { key: None, part: Part::Run(Run::Made(value)) });
        }
        self.source.stamp(value, near, spans);
        Ok(())
    }

    fn replace(&mut self, pointer: &str, value: u32, spans: Spans) -> Result<(), PatchCause> {
        let Some((parent, token)) = pointer.rsplit_once('/') else {
            if !pointer.is_empty() {
                return Err(PatchCause::NoPointer);
            }
            let span = self.source.span(&self.root);
            self.source.stamp(value, span, spans);
            self.root = Part::Run(Run::Made(value));
            return Ok(());
        };
        bound_depth(&self.source.made, pointer, value)?;
        let (open, _) = open_at(&mut self.source, &mut self.root, parent)?;
        let slot = self.source.slot(open, token)?;
        self.source.put(open, slot, value, spans)
    }

    fn remove(&mut self, pointer: &str) -> Result<Part, PatchCause> {
        let Some((parent, token)) = pointer.rsplit_once('/') else {
            return Err(if pointer.is_empty() { PatchCause::Root } else { PatchCause::NoPointer });
        };
        let (open, _) = open_at(&mut self.source, &mut self.root, parent)?;
        let slot = self.source.slot(open, token)?;
        self.source.charge(open.children.len() - slot)?;
        Ok(open.children.remove(slot).part)
    }

    fn shift<'o>(&mut self, from: &'o str, to: &'o str) -> Result<(), Failure<'o>> {
        let rest = to.strip_prefix(from);
        if rest.is_some_and(|rest| rest.starts_with('/')) {
            return Err((from, PatchCause::IntoItself));
        }
        if rest == Some("") {
            return self.resolve(from).map(|_| ()).map_err(|cause| (from, cause));
        }
        let part = self.remove(from).map_err(|cause| (from, cause))?;
        let value = self.source.copy(&part).map_err(|cause| (from, cause))?;
        self.add(to, value, Spans::Kept).map_err(|cause| (to, cause))
    }

    fn test(&mut self, pointer: &str, value: &str) -> Result<(), PatchCause> {
        let wanted = self.source.parse(value)?;
        let found = self.resolve(pointer)?;
        let found = self.source.node(found);
        let wanted = self.source.node(Run::Made(wanted));
        if found == wanted {
            return Ok(());
        }
        Err(PatchCause::Unlike { found: beginning(found), wanted: beginning(wanted) })
    }

    /// The value at a pointer, as a run of nodes: an opened collection is copied into one.
    fn resolve(&mut self, pointer: &str) -> Result<Run, PatchCause> {
        let mut part = &self.root;
        let mut rest = tokens(pointer).ok_or(PatchCause::NoPointer)?;
        loop {
            match part {
                Part::Run(run) => {
                    let mut run = *run;
                    for token in rest {
                        run = self.source.child(run, token)?;
                    }
                    return Ok(run);
                }
                Part::Open(open) => {
                    let Some(token) = rest.next() else {
                        return self.source.copy(part).map(Run::Made);
                    };
                    let slot = self.source.slot(open, token)?;
                    part = &open.children.get(slot).ok_or(PatchCause::Missing)?.part;
                }
            }
        }
    }
}

/// Opens every collection on the way to a pointer. With it comes the span for what is added there: the key that names
/// the collection, or its own first key, or its first line.
fn open_at<'p>(source: &mut Source<'_>, root: &'p mut Part, pointer: &str) -> Result<(&'p mut Open, Span), PatchCause> {
    let mut open = source.open(root)?;
    let mut key = None;
    for token in tokens(pointer).ok_or(PatchCause::NoPointer)? {
        let slot = source.slot(open, token)?;
        let child = open.children.get_mut(slot).ok_or(PatchCause::Missing)?;
        key = child.key;
        open = source.open(&mut child.part)?;
    }
    let named = key.or_else(|| open.children.first().and_then(|child| child.key));
    let near = match named {
        Some(key) => key.span(),
        None => source.first_line(open.span),
    };
    Ok((open, near))
}

/// As much of a value as an error shows.
fn beginning(node: Node<'_>) -> String {
    let raw = node.tree.raw(node.index);
    if matches!(raw.head & TAG, ARRAY | OBJECT) && raw.head >> LENGTH > 16 {
        return if raw.head & TAG == ARRAY { "[…]" } else { "{…}" }.to_owned();
    }
    quote(&node.to_json())
}
