//! Equal keys in a tree that was read as it stands: the last one is kept, as Kubernetes does, and each is told.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Duplicates, words};
use crate::tree::{Collection, Node, Tree, TreeBuilder, Value};

/// The tree without the members that a later one replaces.
pub(crate) fn last_wins(tree: Tree) -> (Tree, Duplicates) {
    let duplicates = find(&tree);
    if duplicates.is_empty() {
        return (tree, duplicates);
    }
    let mut copy = TreeBuilder::new(Arc::clone(&tree.text));
    copy_node(tree.root(), &mut copy);
    (copy.finish(), duplicates)
}

fn find(tree: &Tree) -> Duplicates {
    let mut duplicates = Duplicates::default();
    let mut seen: HashMap<&str, Node<'_>> = HashMap::new();
    for index in 0..tree.nodes.len() as u32 {
        seen.clear();
        for (key, _) in (Node { tree, index }).entries() {
            let name = key.as_str().unwrap_or_default();
            if let Some(first) = seen.insert(name, key) {
                let line = || tree.text.place(first.span()).line;
                duplicates.add(name, key.span(), || words::duplicate(name, None, line(), key.span()));
            }
        }
    }
    duplicates.told.sort_by_key(|problem| problem.span);
    duplicates
}

fn copy_node(node: Node<'_>, copy: &mut TreeBuilder) {
    let span = node.span();
    match node.value() {
        Value::Array(items) => {
            let open = copy.open(Collection::Array, span.start);
            let count = items.len() as u32;
            items.for_each(|item| copy_node(item, copy));
            copy.close(open, count, span.end);
        }
        Value::Object(entries) => {
            let open = copy.open(Collection::Object, span.start);
            let last: HashMap<&str, u32> =
                entries.clone().map(|(key, _)| (key.as_str().unwrap_or_default(), key.index)).collect();
            for (key, value) in entries {
                if last.get(key.as_str().unwrap_or_default()) == Some(&key.index) {
                    copy.part(key);
                    copy_node(value, copy);
                }
            }
            copy.close(open, last.len() as u32, span.end);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => copy.part(node),
    }
}
