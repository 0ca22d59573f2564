//! JSON Merge Patch (RFC 7386) on a tree under edit.

use super::edit::{Child, Edit, Key, Part, Run};
use super::source::Source;
use crate::tree::{ARRAY, EXTRA, LENGTH, NUMBER, OBJECT, Raw, STRING, TAG, Tree};
use crate::{Node, Span};

impl Edit<'_> {
    pub(super) fn merge(&mut self, patch: Node<'_>) {
        let near = self.source.span(&self.root);
        merge(&mut self.source, &mut self.root, patch, near);
    }
}

/// `near` is the span of the key that names `part`. Recurses as deep as the patch is nested.
fn merge(source: &mut Source<'_>, part: &mut Part, patch: Node<'_>, near: Span) {
    let span = source.span(part);
    let open = if is_object(patch) { source.opened_object(part) } else { None };
    let Some(open) = open else {
        *part = Part::Run(Run::Made(import(&mut source.made, patch, span, Nulls::Dropped)));
        return;
    };
    for (name, value) in patch.entries() {
        let name = name.as_str().unwrap_or_default();
        match (source.position(open, name), value.is_null()) {
            (Some(slot), true) => drop(open.children.remove(slot)),
            (None, true) => {}
            (Some(slot), false) => {
                if let Some(child) = open.children.get_mut(slot) {
                    let near = child.key.map_or(near, Key::span);
                    merge(source, &mut child.part, value, near);
                }
            }
            (None, false) => {
                let key = Key { raw: text(&mut source.made, STRING, name, near), written: true };
                let value = import(&mut source.made, value, near, Nulls::Dropped);
                open.children.push(Child { key: Some(key), part: Part::Run(Run::Made(value)) });
            }
        }
    }
}

/// What becomes of members that are `null`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Nulls {
    /// They are left out: in objects of a merge patch.
    Dropped,
    /// They stay: within arrays, which a merge patch takes as they are.
    Kept,
}

/// Copies a value of another tree. Recurses as deep as it is nested.
fn import(made: &mut Tree, value: Node<'_>, span: Span, nulls: Nulls) -> u32 {
    let index = made.nodes.len() as u32;
    let raw = value.tree.raw(value.index);
    let tag = raw.head & TAG;
    let mut new = Raw { head: tag, start: span.start, end: span.end, aux: 0 };
    if matches!(tag, NUMBER | STRING) {
        new = text(made, tag, value.tree.text_of(raw), span);
    }
    made.nodes.push(new);
    let mut children = 0;
    for item in value.items() {
        import(made, item, span, Nulls::Kept);
        children += 1;
    }
    for (key, value) in value.entries().filter(|(_, value)| nulls == Nulls::Kept || !value.is_null()) {
        let key = text(made, STRING, key.as_str().unwrap_or_default(), span);
        made.nodes.push(key);
        import(made, value, span, nulls);
        children += 1;
    }
    let next = made.nodes.len() as u32;
    if let Some(raw) = made.nodes.get_mut(index as usize).filter(|raw| raw.head & TAG >= ARRAY) {
        raw.head |= children << LENGTH;
        raw.aux = next;
    }
    index
}

fn text(made: &mut Tree, tag: u32, content: &str, span: Span) -> Raw {
    let aux = u32::try_from(made.extra.len()).unwrap_or(u32::MAX);
    made.extra.push_str(content);
    Raw { head: tag | EXTRA | (content.len() as u32) << LENGTH, start: span.start, end: span.end, aux }
}

fn is_object(node: Node<'_>) -> bool {
    node.tree.raw(node.index).head & TAG == OBJECT
}
