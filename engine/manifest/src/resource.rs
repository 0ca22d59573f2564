//! An object of the set: a tree that says `apiVersion`, `kind` and a name.

use std::sync::Arc;

use crate::{Node, Text, Tree};

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
    identity: Identity,
}

impl Resource {
    /// The object in a tree; none where it has no `apiVersion` or no `kind`.
    #[must_use]
    pub fn new(tree: Tree) -> Option<Self> {
        let root = tree.root();
        let text = |name: &str| root.get(name).and_then(Node::as_str).filter(|text| !text.is_empty()).map(String::from);
        let metadata = root.get("metadata");
        let member = |name: &str| metadata.and_then(|m| m.get(name)).and_then(Node::as_str).map(String::from);
        let identity = Identity {
            api_version: text("apiVersion")?,
            kind: text("kind")?,
            namespace: member("namespace").filter(|namespace| !namespace.is_empty()),
            name: member("name").unwrap_or_default(),
        };
        Some(Self { tree, identity })
    }

    /// The same object with another tree, which has to name it alike.
    pub(crate) fn with_tree(&self, tree: Tree) -> Self {
        Self { tree, identity: self.identity.clone() }
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
