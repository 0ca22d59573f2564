//! An object as a cluster has it.

use std::sync::Arc;

use sluice_manifest::{Node, Resource, Span, Text, Tree};

/// An object as a cluster has it.
#[derive(Clone, Debug)]
pub struct Live(Arc<Resource>);

impl Live {
    /// Reads an answer of the API server. The error is in words.
    pub(crate) fn read(json: &[u8]) -> Result<Self, String> {
        let json = std::str::from_utf8(json).map_err(|error| error.to_string())?;
        let nowhere = Arc::new(Text::new("cluster", String::new()));
        let tree = Tree::from_json(nowhere, Span::default(), json).map_err(|error| error.to_string())?;
        let resource = Resource::new(tree).ok_or("it has no apiVersion or no kind")?;
        Ok(Self(Arc::new(resource)))
    }

    /// The object.
    #[must_use]
    pub fn resource(&self) -> &Arc<Resource> {
        &self.0
    }

    /// What has to be known of an object that stays as it is: by whom it is, and its UID. The rest of it is let go.
    pub(crate) fn known(&self) -> Self {
        let text = |pointer: &str| self.at(pointer).map_or_else(|| String::from("null"), Node::to_json);
        let json = format!(
            r#"{{"apiVersion":{},"kind":{},"metadata":{{"namespace":{},"name":{},"uid":{}}}}}"#,
            text("/apiVersion"),
            text("/kind"),
            text("/metadata/namespace"),
            text("/metadata/name"),
            text("/metadata/uid"),
        );
        Self::read(json.as_bytes()).unwrap_or_else(|_| self.clone())
    }

    /// The value at an RFC 6901 pointer.
    #[must_use]
    pub fn at(&self, pointer: &str) -> Option<Node<'_>> {
        self.0.root().at(pointer)
    }

    fn text(&self, pointer: &str) -> &str {
        self.at(pointer).and_then(Node::as_str).unwrap_or_default()
    }

    /// Its UID.
    #[must_use]
    pub fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }

    /// The version of it that this is.
    #[must_use]
    pub fn resource_version(&self) -> &str {
        self.text("/metadata/resourceVersion")
    }

    /// Whether it is being deleted.
    #[must_use]
    pub fn is_terminating(&self) -> bool {
        self.at("/metadata/deletionTimestamp").is_some_and(|node| !node.is_null())
    }

    /// An integer.
    pub(crate) fn number(&self, pointer: &str) -> Option<i64> {
        match self.at(pointer)?.value() {
            sluice_manifest::Value::Number(text) => text.parse().ok(),
            sluice_manifest::Value::Null
            | sluice_manifest::Value::Bool(_)
            | sluice_manifest::Value::String(_)
            | sluice_manifest::Value::Array(_)
            | sluice_manifest::Value::Object(_) => None,
        }
    }
}
