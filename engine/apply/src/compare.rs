//! Whether a cluster has what is wanted, as far as that can be seen without asking it.

use sluice_manifest::{Node, Value};

use crate::live::Live;
use crate::owned;

/// Whether every value that is wanted is there. Where lists differ in length, or a value is written otherwise (`1000m` and
/// `1`), the answer is no: then the API server has to be asked.
pub(crate) fn holds(live: Node<'_>, wanted: Node<'_>) -> bool {
    match (wanted.value(), live.value()) {
        (Value::Object(members), Value::Object(_)) => {
            let there = |(key, value): (Node<'_>, Node<'_>)| {
                let found = live.get(key.as_str().unwrap_or_default());
                found.map_or_else(|| value.is_null(), |found| holds(found, value))
            };
            members.into_iter().all(there)
        }
        (Value::Array(wanted), Value::Array(live)) => {
            wanted.len() == live.len() && live.zip(wanted).all(|(live, wanted)| holds(live, wanted))
        }
        (_, _) => live.digest() == wanted.digest(),
    }
}

/// The members of an object's metadata that a server writes.
const SERVER_METADATA: [&str; 6] =
    ["managedFields", "resourceVersion", "generation", "creationTimestamp", "uid", "selfLink"];

/// Whether two answers of a server are alike in what people write.
pub(crate) fn alike(one: Node<'_>, other: Node<'_>) -> bool {
    let matters = |path: &[&str], key: &str| match path {
        [] => key != "status",
        ["metadata"] => !SERVER_METADATA.contains(&key),
        _ => true,
    };
    let members = |node: Node<'_>, path: &[&str]| -> Vec<(String, [u8; 32])> {
        let mut members: Vec<_> = node
            .entries()
            .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), value))
            .filter(|(key, _)| matters(path, key) && !(path.is_empty() && key == "metadata"))
            .map(|(key, value)| (key, value.digest()))
            .collect();
        members.sort();
        members
    };
    let metadata = |node: Node<'_>| node.get("metadata").map(|metadata| members(metadata, &["metadata"]));
    members(one, &[]) == members(other, &[]) && metadata(one) == metadata(other)
}

/// Whether what a manager has applied is the same in two answers of a server: the same fields, said in the same version. A value
/// that two managers own stays as it is when one of them lets go of it, and yet that has to be said, or it stays an owner.
pub(crate) fn owned_alike(one: &Live, other: &Live, manager: &str) -> bool {
    let applied = |live: &Live| {
        let entry = owned::applied(live, manager)?;
        let digest = |name: &str| entry.get(name).map(Node::digest);
        Some((digest("apiVersion"), digest("fieldsV1")))
    };
    applied(one) == applied(other)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sluice_manifest::{Span, Text, Tree};

    use super::{alike, holds, owned_alike};
    use crate::live::Live;

    fn tree(json: &str) -> Tree {
        Tree::from_json(Arc::new(Text::new("x", String::new())), Span::default(), json).unwrap()
    }

    #[test]
    fn more_than_wanted_may_be_there() {
        let live = tree(r#"{"a":{"b":1,"c":"x"},"l":[{"n":"a","d":1}],"status":{}}"#);
        for (wanted, expected) in [
            (r#"{"a":{"b":1}}"#, true),
            (r#"{"a":{"b":1.0}}"#, true),
            (r#"{"a":{"b":2}}"#, false),
            (r#"{"a":{"b":"1"}}"#, false),
            (r#"{"l":[{"n":"a"}]}"#, true),
            (r#"{"l":[{"n":"a"},{"n":"b"}]}"#, false),
            (r#"{"l":[]}"#, false),
            (r#"{"gone":null}"#, true),
            (r#"{"a":{"b":null}}"#, false),
            (r#"{"gone":{}}"#, false),
        ] {
            assert_eq!(holds(live.root(), tree(wanted).root()), expected, "{wanted}");
        }
    }

    #[test]
    fn what_a_server_writes_makes_no_difference() {
        let one = tree(r#"{"metadata":{"name":"a","generation":1,"uid":"1"},"spec":{"a":1},"status":{"x":1}}"#);
        let other = tree(r#"{"spec":{"a":1},"metadata":{"generation":2,"name":"a"}}"#);
        assert!(alike(one.root(), other.root()));
        assert!(!alike(one.root(), tree(r#"{"metadata":{"name":"a"},"spec":{"a":2}}"#).root()));
        assert!(!alike(one.root(), tree(r#"{"metadata":{"name":"b"},"spec":{"a":1}}"#).root()));
    }

    #[test]
    fn who_owns_a_field_is_compared_for_one_manager_and_without_the_time() {
        let live = |entries: &str| {
            let json = format!(r#"{{"apiVersion":"v1","kind":"A","metadata":{{"managedFields":[{entries}]}}}}"#);
            Live::read(json.as_bytes()).unwrap()
        };
        let entry = |manager: &str, version: &str, field: &str, rest: &str| {
            format!(
                r#"{{"manager":"{manager}","operation":"Apply","apiVersion":"{version}","fieldsV1":{{"f:{field}":{{}}}}{rest}}}"#
            )
        };
        let before = live(&entry("ours", "v1", "a", r#","time":"1""#));
        let others = entry("theirs", "v1", "b", "");
        let status = entry("ours", "v1", "status", r#","subresource":"status""#);
        let is_alike = |entries: &str| owned_alike(&before, &live(entries), "ours");
        assert!(is_alike(&format!("{others},{status},{}", entry("ours", "v1", "a", r#","time":"2""#))));
        assert!(!is_alike(&entry("ours", "v1", "b", "")));
        assert!(!is_alike(&entry("ours", "v2", "a", "")));
        assert!(!is_alike(&others), "nobody has applied it");
    }
}
