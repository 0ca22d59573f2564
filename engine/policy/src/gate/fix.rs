//! What a fix comes to, as a person would say it. Plugins can add and remove; that both together give a member another
//! name is seen here, so that reports tell a name and not a value.

use std::sync::Arc;

use sluice_manifest::{Node, Operation, Resource, Span, Text, Tree, Value};

/// A fix, with a move in place of the addition and the removal that make one.
pub(super) fn as_meant(resource: &Resource, fix: Vec<Operation>) -> Vec<Operation> {
    match fix.as_slice() {
        [Operation::Add { pointer, value }, Operation::Remove { pointer: from }]
        | [Operation::Remove { pointer: from }, Operation::Add { pointer, value }]
            if renames(resource, from, pointer) && resource.root().at(from).is_some_and(|node| is(node, value)) =>
        {
            vec![Operation::Move { from: from.clone(), pointer: pointer.clone() }]
        }
        _ => fix,
    }
}

/// The name of a member that should have another one: that is what is wrong, and not its value. None where nothing of it
/// stands in the source.
pub(super) fn key_at_fault(resource: &Resource, pointer: &str, fix: &[Operation]) -> Option<Span> {
    let [Operation::Move { from, .. }] = fix else { return None };
    let stands = resource.root().at(pointer).is_some_and(|node| !node.is_written());
    let span = resource.tree().key_span(pointer).filter(|_| stands && from == pointer)?;
    (span.start < span.end).then_some(span)
}

/// Whether a move gives a member of an object another name, which none has yet: in an array the others would move as well.
fn renames(resource: &Resource, from: &str, to: &str) -> bool {
    let (Some((holder, _)), Some((other, _))) = (from.rsplit_once('/'), to.rsplit_once('/')) else { return false };
    let root = resource.root();
    let is_object = root.at(holder).is_some_and(|node| matches!(node.value(), Value::Object(_)));
    holder == other && is_object && root.at(to).is_none()
}

/// Whether a value is this JSON.
fn is(node: Node<'_>, json: &str) -> bool {
    let text = Arc::new(Text::new("fix", ""));
    Tree::from_json(text, Span::default(), json).is_ok_and(|tree| tree.root() == node)
}
