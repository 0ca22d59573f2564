//! Where the nodes of a tree under edit lie, what it costs to look at them, and how they become one list again.

use super::PatchCause;
use super::edit::{Child, Key, Open, Part, Run};
use crate::json::parse::{self, MAX_DEPTH};
use crate::pointer::{index, unescape};
use crate::tape::scalar_bytes;
use crate::tree::{ARRAY, EXTRA, LENGTH, MAX_LENGTH, OBJECT, Raw, STRING, TAG};
use crate::{Node, Span, Tree};

/// Most children looked at and nodes copied by one patch.
const MAX_COST: usize = 1 << 27;
/// Most nodes that one patch writes.
const MAX_NODES: usize = 2_000_000;
/// Most text that one patch copies. Copies share their text, so that it costs nothing until the tree is written.
const MAX_COPIED: u64 = 64 << 20;

/// Whether a value that is put into the tree takes on the span of the place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spans {
    /// It does: it was written.
    Anew,
    /// It does not: it was moved or copied, and still stands in the source.
    Kept,
}

/// The nodes of the tree that is patched, and those that the patch writes.
pub(super) struct Source<'t> {
    base: &'t Tree,
    /// Its `extra` begins with all of the base's, so that the text of a scalar of either is found in it.
    pub(super) made: Tree,
    cost: usize,
    copied: u64,
}

impl<'t> Source<'t> {
    pub(super) fn new(base: &'t Tree, room: usize) -> Self {
        let mut extra = String::with_capacity(base.extra.len() + room);
        extra.push_str(&base.extra);
        let made = Tree { text: base.text.clone(), nodes: Vec::new(), extra, written: Vec::new() };
        Self { base, made, cost: 0, copied: 0 }
    }

    pub(super) fn charge(&mut self, cost: usize) -> Result<(), PatchCause> {
        self.cost = self.cost.saturating_add(cost + 1);
        if self.cost > MAX_COST { Err(PatchCause::TooCostly) } else { Ok(()) }
    }

    pub(super) fn parse(&mut self, json: &str) -> Result<u32, PatchCause> {
        let index = parse::append(&mut self.made, Span::default(), json)?;
        if self.made.nodes.len() > MAX_NODES {
            return Err(PatchCause::TooCostly);
        }
        self.charge(self.made.nodes.len() - index as usize)?;
        Ok(index)
    }

    /// A key that the patch writes.
    pub(super) fn key(&mut self, name: &str, span: Span) -> Result<Raw, PatchCause> {
        let aux = u32::try_from(self.made.extra.len()).map_err(|_| PatchCause::TooCostly)?;
        if name.len() > MAX_LENGTH {
            return Err(PatchCause::TooCostly);
        }
        self.made.extra.push_str(name);
        let head = STRING | EXTRA | (name.len() as u32) << LENGTH;
        Ok(Raw { head, start: span.start, end: span.end, aux })
    }

    pub(super) fn node(&self, run: Run) -> Node<'_> {
        match run {
            Run::Base(index) => Node { tree: self.base, index },
            Run::Made(index) => Node { tree: &self.made, index },
        }
    }

    /// The child of a value that a part of a pointer names.
    pub(super) fn child(&mut self, run: Run, token: &str) -> Result<Run, PatchCause> {
        let node = self.node(run);
        let cost = node.entries().len();
        let index = crate::pointer::child(node, token).ok_or(PatchCause::Missing)?.index;
        self.charge(cost)?;
        Ok(match run {
            Run::Base(_) => Run::Base(index),
            Run::Made(_) => Run::Made(index),
        })
    }

    pub(super) fn span(&self, part: &Part) -> Span {
        match part {
            Part::Run(run) => self.node(*run).span(),
            Part::Open(open) => open.span,
        }
    }

    pub(super) fn first_line(&self, span: Span) -> Span {
        self.base.first_line(span)
    }

    /// Gives the nodes of a value the span of the place that it goes to.
    pub(super) fn stamp(&mut self, value: u32, span: Span, spans: Spans) {
        if spans == Spans::Kept {
            return;
        }
        let end = self.made.after(value) as usize;
        for raw in self.made.nodes.get_mut(value as usize..end).unwrap_or_default() {
            (raw.start, raw.end) = (span.start, span.end);
        }
    }

    /// Puts a value in the place of a child.
    pub(super) fn put(&mut self, open: &mut Open, slot: usize, value: u32, spans: Spans) -> Result<(), PatchCause> {
        let child = open.children.get_mut(slot).ok_or(PatchCause::Missing)?;
        let span = self.span(&child.part);
        self.stamp(value, span, spans);
        child.part = Part::Run(Run::Made(value));
        Ok(())
    }

    /// Where the member with a name stands.
    pub(super) fn find(&mut self, open: &Open, name: &str) -> Result<Option<usize>, PatchCause> {
        self.charge(open.children.len())?;
        Ok(self.position(open, name))
    }

    pub(super) fn position(&self, open: &Open, name: &str) -> Option<usize> {
        let length = name.len() as u32;
        let named = |key: Key| key.raw.head >> LENGTH == length && self.made.text_of(key.raw) == name;
        open.children.iter().position(|child| child.key.is_some_and(named))
    }

    /// Where the child that a part of a pointer names stands.
    pub(super) fn slot(&mut self, open: &Open, token: &str) -> Result<usize, PatchCause> {
        if open.tag == OBJECT {
            let name = unescape(token).ok_or(PatchCause::NoPointer)?;
            return self.find(open, &name)?.ok_or(PatchCause::Missing);
        }
        let length = open.children.len();
        let slot = index(token).filter(|slot| *slot < length);
        slot.ok_or_else(|| PatchCause::Index { index: token.to_owned(), length })
    }

    /// Opens a collection, unless it is.
    pub(super) fn open<'p>(&mut self, part: &'p mut Part) -> Result<&'p mut Open, PatchCause> {
        if let Part::Run(run) = *part {
            let open = self.opened(run).ok_or(PatchCause::NoCollection)?;
            self.charge(open.children.len())?;
            *part = Part::Open(Box::new(open));
        }
        match part {
            Part::Open(open) => Ok(open),
            Part::Run(_) => Err(PatchCause::NoCollection),
        }
    }

    /// Opens an object, unless it is; none where the value is no object.
    pub(super) fn opened_object<'p>(&self, part: &'p mut Part) -> Option<&'p mut Open> {
        if let Part::Run(run) = *part {
            *part = Part::Open(Box::new(self.opened(run).filter(|open| open.tag == OBJECT)?));
        }
        match part {
            Part::Open(open) if open.tag == OBJECT => Some(open),
            Part::Open(_) | Part::Run(_) => None,
        }
    }

    fn opened(&self, run: Run) -> Option<Open> {
        let node = self.node(run);
        let raw = node.tree.raw(node.index);
        let made = matches!(run, Run::Made(_));
        let child = |node: Node<'_>| Part::Run(if made { Run::Made(node.index) } else { Run::Base(node.index) });
        let written = |node: Node<'_>| made || node.is_written();
        let mut children = Vec::new();
        match raw.head & TAG {
            ARRAY => {
                children.reserve(node.items().len() + 1);
                children.extend(node.items().map(|item| Child { key: None, part: child(item) }));
            }
            OBJECT => {
                children.reserve(node.entries().len() + 4);
                children.extend(node.entries().map(|(key, value)| {
                    let key = Key { raw: key.tree.raw(key.index), written: written(key) };
                    Child { key: Some(key), part: child(value) }
                }));
            }
            _ => return None,
        }
        Some(Open { tag: raw.head & TAG, span: node.span(), written: written(node), children })
    }

    /// Copies a value to the nodes that the patch writes.
    pub(super) fn copy(&mut self, part: &Part) -> Result<u32, PatchCause> {
        let mut flat = Flat { nodes: Vec::new(), written: Vec::new() };
        flat.push(self, part);
        self.charge(flat.nodes.len())?;
        self.copied = self.copied.saturating_add(scalar_bytes(&flat.nodes));
        if self.copied > MAX_COPIED {
            return Err(PatchCause::TooCostly);
        }
        let shift = self.made.nodes.len();
        if shift + flat.nodes.len() > MAX_NODES {
            return Err(PatchCause::TooCostly);
        }
        let shift = shift as u32;
        self.made.nodes.extend(flat.nodes.into_iter().map(|raw| raw.moved(shift)));
        Ok(shift)
    }

    /// One flat list again.
    pub(super) fn finish(self, root: &Part) -> Tree {
        let nodes = Vec::with_capacity(self.base.nodes.len() + self.made.nodes.len() + 16);
        let mut flat = Flat { nodes, written: Vec::new() };
        flat.push(&self, root);
        Tree { text: self.made.text, nodes: flat.nodes, extra: self.made.extra, written: flat.written }
    }
}

/// The list of nodes that parts are copied into.
struct Flat {
    nodes: Vec<Raw>,
    written: Vec<(u32, u32)>,
}

impl Flat {
    /// Recurses over opened collections, which are no deeper than a pointer may be.
    fn push(&mut self, source: &Source<'_>, part: &Part) {
        match part {
            Part::Run(run) => self.run(source, *run),
            Part::Open(open) => {
                let index = self.nodes.len();
                let head = open.tag | (open.children.len() as u32) << LENGTH;
                self.one(Raw { head, start: open.span.start, end: open.span.end, aux: 0 }, open.written);
                for child in &open.children {
                    if let Some(key) = child.key {
                        self.one(key.raw, key.written);
                    }
                    self.push(source, &child.part);
                }
                let next = self.nodes.len() as u32;
                if let Some(raw) = self.nodes.get_mut(index) {
                    raw.aux = next;
                }
            }
        }
    }

    fn one(&mut self, raw: Raw, written: bool) {
        let index = self.nodes.len() as u32;
        self.nodes.push(raw);
        if written {
            self.mark(index, index + 1);
        }
    }

    fn run(&mut self, source: &Source<'_>, run: Run) {
        let Node { tree, index } = source.node(run);
        let end = tree.after(index);
        let to = self.nodes.len() as u32;
        let shift = to.wrapping_sub(index);
        let nodes = tree.nodes.get(index as usize..end as usize).unwrap_or_default();
        self.nodes.extend(nodes.iter().map(|raw| raw.moved(shift)));
        if matches!(run, Run::Made(_)) {
            return self.mark(to, to + (end - index));
        }
        let first = tree.written.partition_point(|(_, last)| *last <= index);
        for (from, until) in tree.written.get(first..).unwrap_or_default() {
            if *from >= end {
                break;
            }
            self.mark((*from).max(index).wrapping_add(shift), (*until).min(end).wrapping_add(shift));
        }
    }

    fn mark(&mut self, from: u32, until: u32) {
        match self.written.last_mut() {
            Some((_, last)) if *last == from => *last = until,
            Some(_) | None => self.written.push((from, until)),
        }
    }
}

/// Refuses a value that would lie deeper than a tree may be.
pub(super) fn bound_depth(made: &Tree, pointer: &str, value: u32) -> Result<(), PatchCause> {
    let mut ends: Vec<u32> = Vec::new();
    let mut deepest = 0;
    for index in value..made.after(value) {
        while ends.last().is_some_and(|end| *end <= index) {
            ends.pop();
        }
        let raw = made.raw(index);
        if raw.head & TAG >= ARRAY {
            ends.push(raw.aux);
            deepest = deepest.max(ends.len());
        }
    }
    let above = pointer.bytes().filter(|byte| *byte == b'/').count();
    if above + deepest > MAX_DEPTH { Err(PatchCause::TooDeep) } else { Ok(()) }
}
