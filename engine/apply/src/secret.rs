//! The form in which a Secret is sent. Its values may be written as `stringData`, which the API server turns into `data` and
//! forgets: who owns a field it knows of `data` alone. Sent as `data` from the start, a value is owned, in conflict, ignored
//! and removed like every other.

use data_encoding::BASE64;
use serde_json::Value as Json;
use sluice_manifest::{Node, Operation, Resource, Value, push_token};
use sluice_policy::Token;

/// What turns `stringData` into `data`, as the API server does; nothing where there is none. Values that are no texts are left
/// to the API server, which refuses them by the names under which they are written.
pub(crate) fn folded(resource: &Resource) -> Vec<Operation> {
    let Some(written) = written(resource) else { return Vec::new() };
    let encoded = |(key, value): (Node<'_>, Node<'_>)| {
        let text = Json::from(BASE64.encode(value.as_str()?.as_bytes())).to_string();
        Some((key.as_str()?.to_owned(), text))
    };
    let Some(members) = written.entries().map(encoded).collect::<Option<Vec<_>>>() else { return Vec::new() };
    let add = |pointer: String, value: String| Operation::Add { pointer, value };
    let mut operations = match resource.root().get("data").map(Node::value) {
        Some(Value::Object(_)) => Vec::new(),
        None | Some(Value::Null) if members.is_empty() => Vec::new(),
        None | Some(Value::Null) => vec![add(String::from("/data"), String::from("{}"))],
        Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) => return Vec::new(),
    };
    operations.extend(members.into_iter().map(|(key, value)| {
        let mut pointer = String::from("/data");
        push_token(&mut pointer, &key);
        add(pointer, value)
    }));
    operations.push(Operation::Remove { pointer: String::from("/stringData") });
    operations
}

/// What patterns for fields of `stringData` stand for in the form that is sent.
pub(crate) fn moved(resource: &Resource, patterns: &[&[Token]]) -> Vec<Vec<Token>> {
    let keys = written(resource).into_iter().flat_map(Node::entries).filter_map(|(key, _)| key.as_str());
    let of_key = |key: &str| {
        let moved = patterns.iter().filter_map(|pattern| {
            let (first, rest) = pattern.split_first()?;
            let within = rest.split_first().map_or(Some(rest), |(name, rest)| name.fits(key).then_some(rest))?;
            let place = [Token::Name(String::from("data")), Token::Name(key.to_owned())];
            first.fits("stringData").then(|| place.into_iter().chain(within.iter().cloned()).collect())
        });
        moved.collect::<Vec<_>>()
    };
    keys.flat_map(of_key).collect()
}

/// The `stringData` of a Secret.
fn written(resource: &Resource) -> Option<Node<'_>> {
    let is_secret = resource.identity().is_secret();
    resource.root().get("stringData").filter(|node| is_secret && matches!(node.value(), Value::Object(_)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value as Json, json};
    use sluice_manifest::{Resource, Span, Text, Tree};

    use super::folded;

    fn sent(mut object: Json) -> Json {
        object["apiVersion"] = json!("v1");
        let tree = Tree::from_json(Arc::new(Text::new("x", String::new())), Span::default(), &object.to_string());
        let resource = Resource::new(tree.unwrap()).unwrap();
        let mut sent = resource.patched(&folded(&resource)).unwrap().root().to_value();
        for name in ["apiVersion", "kind"] {
            sent.as_object_mut().unwrap().remove(name);
        }
        sent
    }

    #[test]
    fn texts_of_a_secret_are_sent_as_the_data_that_they_become() {
        for (written, expected) in [
            (json!({ "stringData": { "a/b": "first" } }), json!({ "data": { "a/b": "Zmlyc3Q=" } })),
            (
                json!({ "data": { "a": "eA==", "b": "eQ==" }, "stringData": { "a": "first" } }),
                json!({ "data": { "a": "Zmlyc3Q=", "b": "eQ==" } }),
            ),
            (json!({ "data": null, "stringData": { "a": "" } }), json!({ "data": { "a": "" } })),
            (json!({ "stringData": {} }), json!({})),
            (json!({ "data": { "a": "eA==" } }), json!({ "data": { "a": "eA==" } })),
            // What is no text, or no map, is refused by the API server as it is written.
            (json!({ "stringData": { "a": "x", "b": 1 } }), json!({ "stringData": { "a": "x", "b": 1 } })),
            (json!({ "data": [], "stringData": { "a": "x" } }), json!({ "data": [], "stringData": { "a": "x" } })),
        ] {
            let mut secret = written.clone();
            secret["kind"] = json!("Secret");
            assert_eq!(sent(secret), expected, "{written}");
        }
        let other = json!({ "kind": "Sealed", "stringData": { "a": "x" } });
        assert_eq!(sent(other), json!({ "stringData": { "a": "x" } }));
    }
}
