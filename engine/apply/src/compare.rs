//! Whether a cluster has what is wanted, as far as that can be seen without asking it.

use sluice_manifest::{Node, Value};

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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sluice_manifest::{Span, Text, Tree};

    use super::{alike, holds};

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
}
