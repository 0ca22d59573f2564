//! Labels and annotations.

use crate::resource::Resource;
use crate::tape::Node;

/// A map of strings: labels or annotations.
#[derive(Clone, Copy)]
pub struct Labels<'r> {
    resource: &'r Resource,
    pointer: &'r str,
    node: Option<Node<'r>>,
}

impl<'r> Labels<'r> {
    pub(crate) fn at(resource: &'r Resource, pointer: &'r str) -> Self {
        Self { resource, pointer, node: resource.object_at(pointer) }
    }

    /// The value of a label. A value that is no string is told as a finding, and as if it were missing.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'r str> {
        self.text(name, self.node?.get(name)?)
    }

    /// Whether the label is there, whatever its value.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.node.is_some_and(|node| node.get(name).is_some())
    }

    /// Names and values in document order.
    pub fn iter(&self) -> impl Iterator<Item = (&'r str, &'r str)> + use<'r> {
        let labels = *self;
        let entries = self.node.into_iter().flat_map(Node::entries);
        entries.filter_map(move |(name, value)| {
            let name = name.as_str()?;
            Some((name, labels.text(name, value)?))
        })
    }

    /// Whether the map is there, even if it is empty.
    #[must_use]
    pub fn exist(&self) -> bool {
        self.node.is_some()
    }

    /// Pointer to a label, whether it is there or not.
    #[must_use]
    pub fn pointer(&self, name: &str) -> String {
        format!("{}/{}", self.pointer, crate::finding::escape(name))
    }

    fn text(&self, name: &str, value: Node<'r>) -> Option<&'r str> {
        if value.as_str().is_none() {
            self.resource.is_malformed(self.pointer(name), "a string", value);
        }
        value.as_str()
    }
}
