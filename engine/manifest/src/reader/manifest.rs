//! What a document that could be read is: an object, a list of objects, or no manifest at all.

use crate::reader::{Document, MOST_TOLD, NotManifest, Problem, words};
use crate::resource::item_tree;
use crate::tree::{Node, Tree, Value};
use crate::{Resource, Span};

/// Groups whose kinds are files for a program, not objects for an API server.
const CLIENT_SIDE: [&str; 12] = [
    "apiserver.config.k8s.io",
    "client.authentication.k8s.io",
    "ctlptl.dev",
    "k3d.io",
    "kind.x-k8s.io",
    "kubeadm.k8s.io",
    "kubelet.config.k8s.io",
    "kubeproxy.config.k8s.io",
    "kubescheduler.config.k8s.io",
    "kustomize.config.k8s.io",
    "pluginconfig.admission.k8s.io",
    "skaffold",
];

/// Puts into `document` what the tree holds.
pub(crate) fn sort_out(tree: Option<Tree>, document: &mut Document) {
    let Some(tree) = tree else {
        document.skipped = Some(NotManifest::Empty);
        return;
    };
    let root = tree.root();
    if root.is_null() {
        document.skipped = Some(NotManifest::Empty);
    } else if let Some(items) = listed(root) {
        List::open(root, items, document);
    } else if let Some(reason) = not_manifest(root) {
        document.skipped = Some(reason);
    } else if let Some(items) = root.get("items") {
        List::open(root, items, document);
    } else if let Some(problem) = incomplete(root) {
        document.problems.push(problem);
    } else {
        document.resources.extend(Resource::new(tree));
    }
}

/// That a document which was rendered is no manifest, unless there is nothing in it. Who renders prints no other words, where
/// nothing went wrong.
pub(crate) fn stray(root: Node<'_>) -> Option<Problem> {
    let is_empty = match root.value() {
        Value::Object(_) => root.entries().next().is_none(),
        Value::Array(_) => root.items().next().is_none(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    (!is_empty && not_manifest(root) == Some(NotManifest::NoKind)).then(|| words::stray(root.span()))
}

/// The items of what kubectl takes for a list whatever else it may be: all that it asks for is a `kind`.
fn listed(root: Node<'_>) -> Option<Node<'_>> {
    let items = root.get("items")?;
    let has_kind = root.get("kind").and_then(Node::as_str).is_some_and(|kind| !kind.is_empty());
    let is_manifest = root.get("apiVersion").is_some() || items.items().any(|item| is_object(item));
    (has_kind && is_manifest && is_list(items)).then_some(items)
}

fn is_list(node: Node<'_>) -> bool {
    matches!(node.value(), Value::Array(_))
}

fn is_object(node: Node<'_>) -> bool {
    matches!(node.value(), Value::Object(_))
}

fn not_manifest(root: Node<'_>) -> Option<NotManifest> {
    let (version, kind) = (root.get("apiVersion"), root.get("kind"));
    let has = |name: &str| root.get(name).is_some();
    match (version, kind) {
        (None, None) => return Some(NotManifest::NoKind),
        (None, _) | (_, None) if !has("metadata") && !has("spec") => return Some(NotManifest::NoKind),
        (_, _) => {}
    }
    let version = version.and_then(Node::as_str).unwrap_or_default();
    let kind = kind.and_then(Node::as_str).unwrap_or_default();
    let group = version.split_once('/').map_or("", |(group, _)| group);
    // The file of a program, kubeconfig first of all; objects of this kind have metadata.
    let configuration = kind == "Config" && !has("metadata");
    let ours = group == "sluice.dev" && kind == "Policy";
    (configuration || ours || CLIENT_SIDE.contains(&group)).then_some(NotManifest::ClientSide)
}

/// What keeps an object from being a manifest.
fn incomplete(root: Node<'_>) -> Option<Problem> {
    let first = root.entries().next().map_or(root.span(), |(key, _)| key.span());
    let at = |name: &str| key_span(root, name).unwrap_or(first);
    if let Some(problem) = text_member(root, "apiVersion", "apiVersion") {
        return Some(problem.unwrap_or_else(|| {
            let help = "add it, for example `apiVersion: apps/v1`; without it no API server takes the object";
            words::missing("missing-api-version", "apiVersion", help, at("kind"))
        }));
    }
    if let Some(problem) = text_member(root, "kind", "kind") {
        return Some(problem.unwrap_or_else(|| {
            let help = "add it, for example `kind: Deployment`; without it no API server takes the object";
            words::missing("missing-kind", "kind", help, at("apiVersion"))
        }));
    }
    let nameless = |span| {
        let help = "add `metadata.name` (or `metadata.generateName`); without one no API server takes the object";
        Some(words::missing("missing-name", "metadata.name", help, span))
    };
    let Some(metadata) = root.get("metadata") else { return nameless(at("kind")) };
    if !matches!(metadata.value(), Value::Object(_) | Value::Null) {
        return Some(words::wrong_type("metadata", type_of(metadata), "a mapping", metadata.span()));
    }
    match text_member(metadata, "name", "metadata.name")? {
        Some(problem) => Some(problem),
        None if metadata.get("generateName").and_then(Node::as_str).is_some_and(|name| !name.is_empty()) => None,
        None => nameless(at("metadata")),
    }
}

/// Nothing where the member is text; else the problem with it, or `Some(None)` where it is missing or empty.
fn text_member(node: Node<'_>, name: &str, path: &str) -> Option<Option<Problem>> {
    let Some(member) = node.get(name) else { return Some(None) };
    match member.value() {
        Value::String(text) if !text.is_empty() => None,
        Value::String(_) | Value::Null => Some(None),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Some(Some(words::wrong_type(path, type_of(member), "text", member.span())))
        }
    }
}

fn key_span(node: Node<'_>, name: &str) -> Option<Span> {
    node.entries().find(|(key, _)| key.as_str() == Some(name)).map(|(key, _)| key.span())
}

fn type_of(node: Node<'_>) -> &'static str {
    match node.value() {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

/// A list that is opened. An object with `items` is one to Kubernetes, whatever its kind; the items are the objects. Lists in
/// lists are opened too, so that nothing hides in one.
struct List<'d> {
    document: &'d mut Document,
    /// How many items are wrong.
    wrong: usize,
    /// What is wrong with the first that is not told one by one.
    more: Option<Problem>,
}

impl<'d> List<'d> {
    fn open(root: Node<'_>, items: Node<'_>, document: &'d mut Document) {
        let mut list = List { document, wrong: 0, more: None };
        match items.value() {
            Value::Array(items) => items.for_each(|item| list.item(root, item)),
            // An object that happens to have such a member would be passed over without a word.
            Value::Null if root.get("metadata").and_then(|metadata| metadata.get("name")).is_none() => {}
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                list.refuse(words::wrong_type("items", type_of(items), "a list", items.span()));
            }
        }
        let List { document, wrong, more } = list;
        document.problems.extend(more.map(|first| words::more_items(first, wrong - MOST_TOLD)));
        if document.resources.is_empty() && wrong == 0 {
            document.skipped = Some(NotManifest::Empty);
        }
    }

    fn item(&mut self, list: Node<'_>, item: Node<'_>) {
        if !is_object(item) {
            self.refuse(words::wrong_type("items", type_of(item), "an object", item.span()));
            return;
        }
        if let Some(items) = item.get("items").filter(|items| is_list(*items)) {
            // One that says nothing of itself is of the kind of its list, and so are its items.
            let says = |name: &str| item.get(name).and_then(Node::as_str).is_some_and(|text| !text.is_empty());
            let list = if says("kind") || says("apiVersion") { item } else { list };
            items.items().for_each(|item| self.item(list, item));
            return;
        }
        let tree = item_tree(list, item);
        match incomplete(tree.root()) {
            Some(problem) => self.refuse(problem),
            None => self.document.resources.extend(Resource::new(tree)),
        }
    }

    fn refuse(&mut self, problem: Problem) {
        self.wrong += 1;
        match self.wrong {
            ..=MOST_TOLD => self.document.problems.push(problem),
            _ => drop(self.more.get_or_insert(problem)),
        }
    }
}
