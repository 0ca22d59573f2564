//! An object of the set: a tree that says `apiVersion`, `kind` and a name.

use std::sync::Arc;

use crate::tree::{Collection, Textual, TreeBuilder};
use crate::{Node, Text, Tree, Value};

/// What names an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// `apps/v1`, `v1`.
    pub api_version: String,
    /// `Deployment`.
    pub kind: String,
    /// `metadata.namespace`, where the manifest has one.
    pub namespace: Option<String>,
    /// `metadata.name`; empty where there is none.
    pub name: String,
}

impl Identity {
    /// The API group; empty for the core group.
    #[must_use]
    pub fn group(&self) -> &str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// Whether it is a `Secret`, whose data is not for everyone.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.kind == "Secret" && self.group().is_empty()
    }

    /// The version within the group.
    #[must_use]
    pub fn version(&self) -> &str {
        self.api_version.split_once('/').map_or(&self.api_version, |(_, version)| version)
    }
}

/// One object, with the text that it was read from.
#[derive(Clone, Debug)]
pub struct Resource {
    tree: Tree,
    /// Shared by all that became of one object.
    identity: Arc<Identity>,
}

impl Resource {
    /// The object in a tree; none where it has no `apiVersion` or no `kind`.
    #[must_use]
    pub fn new(tree: Tree) -> Option<Self> {
        let identity = Arc::new(Named::by(&tree)?.to_identity());
        Some(Self { tree, identity })
    }

    /// An item of a list as an object of its own. One without kind and version takes them from its list, as in a `PodList` and
    /// in the lists that an API server gives; none where it has none after that, or is no object.
    #[must_use]
    pub fn of_item(list: Node<'_>, item: Node<'_>) -> Option<Self> {
        matches!(item.value(), Value::Object(_)).then(|| item_tree(list, item)).and_then(Self::new)
    }

    /// The same object with another tree, which has to name it alike.
    pub(crate) fn with_tree(&self, tree: Tree) -> Self {
        Self { tree, identity: Arc::clone(&self.identity) }
    }

    /// What becomes of the object with a tree that may name it otherwise; none as in [`Self::new`].
    pub(crate) fn with_new_tree(&self, tree: Tree) -> Option<Self> {
        if Named::by(&tree)? == Named::of(&self.identity) { Some(self.with_tree(tree)) } else { Self::new(tree) }
    }

    /// What names it.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Its tree.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The root of its tree.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        self.tree.root()
    }

    /// The file it was read from.
    #[must_use]
    pub fn text(&self) -> &Arc<Text> {
        self.tree.text()
    }
}

/// The parts of an [`Identity`], where they stand.
#[derive(PartialEq, Eq)]
struct Named<'t> {
    api_version: &'t str,
    kind: &'t str,
    namespace: Option<&'t str>,
    name: &'t str,
}

impl<'t> Named<'t> {
    /// What a tree says; none where it has no `apiVersion` or no `kind`.
    fn by(tree: &'t Tree) -> Option<Self> {
        let root = tree.root();
        let text = |name: &str| root.get(name).and_then(Node::as_str).filter(|text| !text.is_empty());
        let metadata = root.get("metadata");
        let member = |name: &str| metadata.and_then(|metadata| metadata.get(name)).and_then(Node::as_str);
        Some(Self {
            api_version: text("apiVersion")?,
            kind: text("kind")?,
            namespace: member("namespace").filter(|namespace| !namespace.is_empty()),
            name: member("name").unwrap_or_default(),
        })
    }

    fn of(identity: &'t Identity) -> Self {
        let Identity { api_version, kind, namespace, name } = identity;
        Self { api_version, kind, namespace: namespace.as_deref(), name }
    }

    fn to_identity(&self) -> Identity {
        Identity {
            api_version: self.api_version.to_owned(),
            kind: self.kind.to_owned(),
            namespace: self.namespace.map(String::from),
            name: self.name.to_owned(),
        }
    }
}

/// The item as a tree of its own. One without kind and version takes them from its list, as in a `PodList`.
pub(crate) fn item_tree(list: Node<'_>, item: Node<'_>) -> Tree {
    let mut tree = TreeBuilder::new(Arc::clone(&list.tree.text));
    let named = |name: &str| item.get(name).and_then(Node::as_str).is_some_and(|text| !text.is_empty());
    if named("kind") || named("apiVersion") {
        tree.part(item);
        return tree.finish();
    }
    let open = tree.open(Collection::Object, item.span().start);
    let mut count = 0;
    for (key, value) in list.entries() {
        let name = key.as_str().unwrap_or_default();
        if let ("apiVersion" | "kind", Some(text)) = (name, value.as_str()) {
            let text = if name == "kind" { text.strip_suffix("List").unwrap_or(text) } else { text };
            tree.part(key);
            tree.made(Textual::String, value.span(), text);
            count += 1;
        }
    }
    for (key, value) in item.entries() {
        if !matches!(key.as_str(), Some("apiVersion" | "kind")) {
            tree.part(key);
            tree.part(value);
            count += 1;
        }
    }
    tree.close(open, count, item.span().end);
    tree.finish()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::Resource;
    use crate::{Span, Text, Tree};

    #[test]
    fn items_take_from_their_list_what_they_are() {
        let of = |json: &str| {
            let list = Tree::from_json(Arc::new(Text::new("list", String::new())), Span::default(), json).unwrap();
            let items = list.root().at("/items").unwrap().items();
            items.map(|item| Resource::of_item(list.root(), item).map(|it| it.root().to_json())).collect::<Vec<_>>()
        };
        let taken = r#"{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}"#;
        let own = r#"{"apiVersion":"acme.io/v1","kind":"Thing","metadata":{"name":"b"}}"#;
        let list = |kind: &str| {
            let items = format!(r#"[{{"metadata":{{"name":"a"}}}},{own},7]"#);
            of(&format!(r#"{{"kind":"{kind}","apiVersion":"v1","metadata":{{}},"items":{items}}}"#))
        };
        assert_eq!(list("PodList"), [Some(taken.to_owned()), Some(own.to_owned()), None]);
        assert_eq!(list("List"), [None, Some(own.to_owned()), None], "what it is, no one says");
    }
}
