//! What a kustomization names, so that its bases and files are not judged a second time by themselves.

use std::collections::BTreeSet;
use std::sync::Arc;

use sluice_manifest::{Limits, Node, Text, Value, read_value};
use sluice_source::Checkout;

use super::entries::joined;

/// The names under which kustomize looks for its file.
pub(crate) const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Longest text that is taken for a path.
const MAX_PATH: usize = 1024;

/// A kustomization.
pub(crate) struct Kustomization {
    /// Its file.
    pub(crate) file: String,
    /// Every path that any text in it stands for, from the root of the checkout. Not all of them exist.
    pub(crate) names: BTreeSet<String>,
    /// Whether it is rendered only as a part of others.
    pub(crate) is_component: bool,
}

impl Kustomization {
    /// Reads a kustomization's file. One that cannot be read names nothing, and is rendered, so that kustomize says what is
    /// wrong with it.
    pub(crate) fn read(checkout: &Checkout, folder: &str, file: &str) -> Self {
        let mut found = Self { file: file.to_owned(), names: BTreeSet::new(), is_component: false };
        let content = checkout.read(file).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let tree = content.and_then(|content| read_value(Arc::new(Text::new(file, content)), Limits::default()).ok());
        if let Some(tree) = tree {
            found.is_component = tree.root().get("kind").and_then(Node::as_str) == Some("Component");
            names(tree.root(), folder, &mut found.names);
        }
        found
    }
}

fn names(root: Node<'_>, folder: &str, found: &mut BTreeSet<String>) {
    let mut waiting = vec![root];
    while let Some(node) = waiting.pop() {
        match node.value() {
            Value::String(text) if text.len() <= MAX_PATH && !text.contains('\n') => {
                found.extend(joined(folder, text));
                // Generators write `key=path`.
                found.extend(text.split_once('=').and_then(|(_, path)| joined(folder, path)));
            }
            Value::Array(items) => waiting.extend(items),
            Value::Object(entries) => waiting.extend(entries.map(|(_, value)| value)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
