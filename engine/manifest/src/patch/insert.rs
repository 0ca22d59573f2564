//! The patch that nearly every mutator writes: a few members, added to objects that are there. They are put among the nodes
//! where they belong, which costs little more than a copy of the tree. All else is left to [`super::edit`], which also knows
//! what to say where something is wrong.

use super::Operation;
use super::source::bound_depth;
use crate::json::parse;
use crate::tree::{ARRAY, EXTRA, LENGTH, MAX_LENGTH, OBJECT, Raw, STRING, TAG};
use crate::{Node, Span, Tree};

/// Most operations: each of them moves the nodes behind its place.
const MOST_OPERATIONS: usize = 4;
/// Longest value, in bytes of JSON text.
const LONGEST: usize = 4096;
/// Deepest place.
const DEEPEST: usize = 16;
/// Nodes that an operation is expected to add.
const ROOM: usize = 4;

/// The tree with members added; none where an operation is about anything else, or may fail.
pub(super) fn inserted(base: &Tree, operations: &[Operation]) -> Option<Tree> {
    if operations.is_empty() || operations.len() > MOST_OPERATIONS {
        return None;
    }
    let mut nodes = Vec::with_capacity(base.nodes.len() + ROOM * operations.len());
    nodes.extend_from_slice(&base.nodes);
    let mut extra = String::with_capacity(base.extra.len() + operations.iter().map(Operation::room).sum::<usize>());
    extra.push_str(&base.extra);
    let mut tree = Tree { text: base.text.clone(), nodes, extra, written: base.written.clone() };
    for operation in operations {
        let Operation::Add { pointer, value } = operation else { return None };
        tree.insert(pointer, value)?;
    }
    Some(tree)
}

impl Tree {
    fn insert(&mut self, pointer: &str, value: &str) -> Option<()> {
        let (parent, name) = pointer.rsplit_once('/')?;
        if value.len() > LONGEST || name.len() > MAX_LENGTH || pointer.contains('~') {
            return None;
        }
        let Way { opened, depth, near } = self.way(parent)?;
        let object = *opened.get(depth.checked_sub(1)?)?;
        if self.member(object, name).is_some() {
            return None;
        }
        let (place, end) = (self.after(object), self.nodes.len() as u32);
        let aux = u32::try_from(self.extra.len()).ok()?;
        self.extra.push_str(name);
        let head = STRING | EXTRA | (name.len() as u32) << LENGTH;
        self.nodes.push(Raw { head, start: near.start, end: near.end, aux });
        let made = parse::append(self, near, value).ok()?;
        bound_depth(self, pointer, made).ok()?;

        let count = self.nodes.len() as u32 - end;
        let behind = self.nodes.get_mut(place as usize..)?;
        behind.rotate_right(count as usize);
        let (new, moved) = behind.split_at_mut(count as usize);
        new.iter_mut().for_each(|raw| *raw = raw.moved(place.wrapping_sub(end)));
        moved.iter_mut().for_each(|raw| *raw = raw.moved(count));
        for index in opened.get(..depth)? {
            let raw = self.nodes.get_mut(*index as usize)?;
            *raw = raw.moved(count);
        }
        self.nodes.get_mut(object as usize)?.head += 1 << LENGTH;
        self.mark_inserted(place, count);
        Some(())
    }

    /// The objects on the way to a place, the root first.
    fn way(&self, pointer: &str) -> Option<Way> {
        let mut way = Way { opened: [0; DEEPEST], depth: 0, near: Span::default() };
        let (mut object, mut named) = (0, None);
        let mut tokens = crate::pointer::tokens(pointer)?;
        loop {
            if self.raw(object).head & TAG != OBJECT {
                return None;
            }
            *way.opened.get_mut(way.depth)? = object;
            way.depth += 1;
            let Some(token) = tokens.next() else { break };
            let key = self.member(object, token)?;
            (object, named) = (key + 1, Some(key));
        }
        let node = Node { tree: self, index: object };
        let named = named.or_else(|| node.entries().next().map(|(key, _)| key.index));
        way.near = match named {
            Some(key) => Node { tree: self, index: key }.span(),
            None => self.first_line(node.span()),
        };
        Some(way)
    }

    /// Notes that so many nodes stand at a place which a patch wrote.
    fn mark_inserted(&mut self, place: u32, count: u32) {
        let before = self.written.partition_point(|(_, until)| *until < place);
        let behind = self.written.split_off(before);
        let (mut from, mut until) = (place, place + count);
        let mut rest = behind.into_iter().peekable();
        while let Some((first, last)) = rest.next_if(|(first, _)| *first <= place) {
            (from, until) = (from.min(first), until.max(last + count));
        }
        self.written.push((from, until));
        self.written.extend(rest.map(|(first, last)| (first + count, last + count)));
    }
}

struct Way {
    opened: [u32; DEEPEST],
    /// How many of them there are.
    depth: usize,
    /// The span for what is added to the last one.
    near: Span,
}

impl Raw {
    /// The node in a list where it stands `shift` places further on.
    pub(super) fn moved(mut self, shift: u32) -> Self {
        if self.head & TAG >= ARRAY {
            self.aux = self.aux.wrapping_add(shift);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::edit::Edit;
    use super::inserted;
    use crate::{Limits, Operation, Text, Tree, read_value};

    const DOCUMENTS: [&str; 5] = [
        "metadata:\n  name: x # named\n  labels: {a: b}\n  annotations: {}\nspec:\n  template:\n    metadata:\n      labels:\n        a: {}\n",
        "metadata:\n  labels:\n    a: 1\nspec: {template: {metadata: {labels: {}}}}\nlist: [1, {a: b}]\n",
        "{}",
        "metadata: null\nspec: []\n",
        "[1]",
    ];

    fn by_edit(tree: &Tree, operations: &[Operation]) -> Option<Tree> {
        let mut edit = Edit::new(tree, 0);
        operations.iter().try_for_each(|operation| edit.apply(operation)).ok()?;
        Some(edit.finish())
    }

    /// Each node with its place, and whether a patch wrote it.
    fn shown(tree: &Tree) -> Vec<String> {
        let nodes = (0..tree.nodes.len() as u32).filter_map(|number| tree.node(number));
        nodes.map(|node| format!("{node:?} {:?} {}", node.span(), node.is_written())).collect()
    }

    fn added() -> impl Strategy<Value = Operation> {
        let parts =
            ["/metadata", "/labels", "/annotations", "/spec", "/template", "/a", "/b", "/team", "/list", "/1", "/~1"];
        let pointer =
            prop::collection::vec(prop::sample::select(parts.to_vec()), 0..6).prop_map(|parts| parts.concat());
        let values = ["\"x\"", "{}", "{\"a\":{\"b\":[1,{}]},\"c\":null}", "[[],{\"a\":\"é\"}]", "7", "{", ""];
        (pointer, prop::sample::select(values.to_vec()))
            .prop_map(|(pointer, value)| Operation::Add { pointer, value: value.to_owned() })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn it_is_what_an_edit_leads_to(
            document in prop::sample::select(DOCUMENTS.to_vec()),
            first in prop::collection::vec(added(), 0..4),
            second in prop::collection::vec(added(), 0..4),
        ) {
            let read = read_value(Arc::new(Text::new("t.yaml", document)), Limits::default()).unwrap();
            let base = by_edit(&read, &first).unwrap_or(read);
            if let Some(quick) = inserted(&base, &second) {
                let slow = by_edit(&base, &second);
                prop_assert_eq!(Some(shown(&quick)), slow.as_ref().map(shown), "{} {:?} {:?}", document, first, second);
                prop_assert_eq!(Some(&quick.written), slow.as_ref().map(|slow| &slow.written));
            }
        }
    }

    #[test]
    fn labels_take_this_way() {
        let tree = read_value(Arc::new(Text::new("t.yaml", DOCUMENTS[0])), Limits::default()).unwrap();
        let add = |pointer: &str, value: &str| Operation::Add { pointer: pointer.to_owned(), value: value.to_owned() };
        let operations =
            [add("/metadata/labels/team", "\"shop\""), add("/spec/template/metadata/annotations", "{\"a\":\"b\"}")];
        let quick = inserted(&tree, &operations).unwrap();
        let json = r#"{"metadata":{"name":"x","labels":{"a":"b","team":"shop"},"annotations":{}},"spec":{"template":{"metadata":{"labels":{"a":{}},"annotations":{"a":"b"}}}}}"#;
        assert_eq!(quick.root().to_json(), json);
        for other in [add("/metadata/labels/a", "1"), Operation::Remove { pointer: "/spec".to_owned() }] {
            assert!(inserted(&tree, &[other]).is_none(), "what is there is not added");
        }
    }
}
