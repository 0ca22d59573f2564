//! Where in which file an object was written, and the field of it that somebody's words are about. Words are only looked
//! through for fields that the object has; where they name none, it is the object's name that is shown.

use serde::Serialize;
use sluice_manifest::{Node, Resource, Value, push_token};

/// Words of a message that are looked through.
const MOST_WORDS: usize = 1_000;

/// A place in a file that somebody wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// The file, as messages call it.
    pub file: String,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1 in characters.
    pub column: u32,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Place {
    /// Where the field was written that a message is about; where it names none, the name of the object.
    pub(crate) fn of(resource: &Resource, message: &str) -> Self {
        let root = resource.root();
        let named =
            field(resource, message).or_else(|| root.at("/metadata/name").map(|_| String::from("/metadata/name")));
        let located = named.and_then(|pointer| resource.tree().locate(&pointer));
        let span = located.map_or(root.span(), |located| located.span);
        let text = resource.text();
        let (file, place) = match text.origin(span) {
            Some(origin) => (origin.text.name().to_owned(), origin.text.place(origin.span)),
            None => (text.name().to_owned(), text.place(span)),
        };
        Self { file, line: place.line, column: place.column }
    }
}

/// The pointer to the field that a message leads to deepest, as the API server and its libraries write fields:
/// `.data.x`, `spec.containers[0].image`, `.spec.containers[name="web"].image`, `data[key]`.
fn field(resource: &Resource, message: &str) -> Option<String> {
    let (root, is_secret) = (resource.root(), resource.identity().is_secret());
    let mut deepest = (0, String::new());
    for word in message.split_whitespace().take(MOST_WORDS) {
        let path = word.trim_matches(|c| "\"'`:,;()".contains(c));
        // A single word is a field where it stands as one: `data: Forbidden`, `unknown field "dato"`.
        let is_path = path.contains(['.', '[']) || word.ends_with(':') || word.starts_with(['"', '`']);
        if !is_path {
            continue;
        }
        // The `stringData` of a Secret is sent as the `data` that the message speaks of.
        let written = path.trim_start_matches('.').strip_prefix("data").filter(|_| is_secret);
        let written = written.map(|rest| follow(root, &format!("stringData{rest}")));
        for found in written.into_iter().chain([follow(root, path)]) {
            if found.0 > deepest.0 {
                deepest = found;
            }
        }
    }
    (deepest.0 > 0).then_some(deepest.1)
}

/// How many steps of a path the object has, and the pointer to where they lead.
fn follow(root: Node<'_>, path: &str) -> (usize, String) {
    let (mut node, mut rest) = (root, path.trim_start_matches('.'));
    let (mut depth, mut pointer) = (0, String::new());
    while let Some((token, next, after)) = step(node, rest) {
        push_token(&mut pointer, &token);
        (node, rest, depth) = (next, after, depth + 1);
    }
    (depth, pointer)
}

/// The child that a path begins with, by its token, and the rest of the path.
fn step<'t, 'p>(node: Node<'t>, path: &'p str) -> Option<(String, Node<'t>, &'p str)> {
    let bracketed = path.strip_prefix('[').and_then(|inner| inner.split_once(']'));
    match (node.value(), bracketed) {
        (Value::Object(_), Some((key, after))) => {
            let key = key.trim_matches('"');
            Some((key.to_owned(), node.get(key)?, after))
        }
        // A name may have dots in it: the longest that is there counts.
        (Value::Object(entries), None) => {
            let path = path.strip_prefix('.').unwrap_or(path);
            let ends = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
            let begins = entries.filter_map(|(key, value)| {
                let name = key.as_str().filter(|name| !name.is_empty())?;
                let after = path.strip_prefix(name).filter(|rest| ends(rest))?;
                Some((name.to_owned(), value, after))
            });
            begins.max_by_key(|(name, _, _)| name.len())
        }
        (Value::Array(items), Some((key, after))) => {
            let is_it = |index: usize, item: Node<'t>| match key.parse::<usize>() {
                Ok(wanted) => wanted == index,
                Err(_) => has_keys(item, key),
            };
            let mut items = items.enumerate();
            let (index, item) = items.find(|(index, item)| is_it(*index, *item))?;
            Some((index.to_string(), item, after))
        }
        (Value::Array(_), None) => None,
        (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), _) => None,
    }
}

/// Whether an element has the keys that name it: `name="web"`, `containerPort=80,protocol="TCP"`. What the server has filled
/// in is not in the manifest.
fn has_keys(item: Node<'_>, keys: &str) -> bool {
    let mut pairs = keys.split(',').filter_map(|pair| pair.split_once('='));
    keys.contains('=') && pairs.all(|(name, value)| item.get(name).is_none_or(|node| node.to_json() == value))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sluice_manifest::{Documents, Limits, Resource, Text};

    use super::Place;

    const SOURCE: &str = "apiVersion: v1
kind: Pod
metadata:
  name: web
  labels:
    app.io/name: 1
spec:
  containers:
  - name: side
    image: b
  - name: web
    image: a
    ports: [{containerPort: 80}]
data:
  a.b: y
";

    fn resource() -> Arc<Resource> {
        let text = Arc::new(Text::new("deploy/web.yaml", SOURCE));
        Documents::new(text, Limits::default()).flat_map(|document| document.resources).next().unwrap().into()
    }

    fn line(message: &str) -> u32 {
        Place::of(&resource(), message).line
    }

    #[test]
    fn a_message_leads_to_the_field_that_it_names() {
        let typed = "failed to create typed patch object (two/web; /v1, Kind=Pod): ";
        assert_eq!(line(&format!("{typed}.data.a.b: expected string, got true")), 15);
        assert_eq!(line(&format!("{typed}.spec.containers[name=\"web\"].image: expected string")), 12);
        assert_eq!(line(&format!("{typed}.spec.containers[name=\"side\"].nonsense: field not declared")), 9);
        assert_eq!(line("Pod \"web\" is invalid: spec.containers[1].image: Required value"), 12);
        assert_eq!(line("Pod \"web\" is invalid: data[a.b]: Invalid value"), 15);
        assert_eq!(line("metadata.labels[app.io/name]: no"), 6);
        assert_eq!(line("strict decoding error: unknown field \"data\""), 14);
        assert_eq!(line("`.spec.containers` is owned by `kubectl-edit`"), 8);
    }

    #[test]
    fn a_message_about_data_leads_to_the_string_data_that_it_is_made_of() {
        let line = |kind: &str, message: &str| {
            let text = format!(
                "apiVersion: v1\nkind: {kind}\nmetadata:\n  name: s\ndata:\n  a: eA==\nstringData:\n  b: x\n  c d: y\n"
            );
            let text = Arc::new(Text::new("s.yaml", text));
            let resource = Documents::new(text, Limits::default()).flat_map(|document| document.resources).next();
            Place::of(&resource.unwrap(), message).line
        };
        assert_eq!(line("Secret", "Secret \"s\" is invalid: data[b]: Invalid value"), 8);
        assert_eq!(line("Secret", "`.data.a` is owned by `kubectl-edit`"), 6);
        assert_eq!(line("Secret", "`.data.b` is owned by `kubectl-edit`"), 8);
        assert_eq!(line("ConfigMap", "data[b]: Invalid value"), 5);
    }

    #[test]
    fn a_message_that_names_no_field_leads_to_the_name_of_the_object() {
        for message in ["", "it is in the set more than once", "the spec is wrong", "..[.]: [", "spec.[: x"] {
            let place = Place::of(&resource(), message);
            assert!(place.line == 4 || message.starts_with("spec."), "{message}: {place}");
        }
        assert_eq!(Place::of(&resource(), "no").to_string(), "deploy/web.yaml:4:9");
    }
}
