//! The name of an object in a cluster.

use std::fmt;

use serde::{Deserialize, Serialize};
use sluice_manifest::Identity;

/// What names an object in a cluster. Two references to one object may differ in the version of its group.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reference {
    /// The API group; empty for the core group.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub group: String,
    /// The version within the group.
    pub version: String,
    /// The kind.
    pub kind: String,
    /// The namespace; none for what is of the whole cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// The name.
    pub name: String,
}

/// A reference without the version: what makes an object one and the same.
pub(crate) type Key = (String, String, Option<String>, String);

impl Reference {
    /// The reference that an object's own words make, without regard to the scope of its kind.
    pub(crate) fn of(identity: &Identity) -> Self {
        Self {
            group: identity.group().to_owned(),
            version: identity.version().to_owned(),
            kind: identity.kind.clone(),
            namespace: identity.namespace.clone(),
            name: identity.name.clone(),
        }
    }

    /// Gives it the namespace that it has in a cluster: none where its kind has none, and else a default.
    pub(crate) fn settle(&mut self, is_namespaced: bool, default: &str) {
        if !is_namespaced {
            self.namespace = None;
        } else if self.namespace.is_none() {
            self.namespace = Some(default.to_owned());
        }
    }

    /// Whether an object can have its name and namespace, which the API server takes for one part of a path each.
    pub(crate) fn is_nameable(&self) -> bool {
        let is_part = |name: &str| !matches!(name, "" | "." | "..") && !name.contains(['/', '%']);
        is_part(&self.name) && self.namespace.as_deref().is_none_or(is_part)
    }

    pub(crate) fn key(&self) -> Key {
        (self.group.clone(), self.kind.clone(), self.namespace.clone(), self.name.clone())
    }

    /// Whether it is of this kind of this group, in whatever version.
    pub(crate) fn is(&self, group: &str, kind: &str) -> bool {
        self.group == group && self.kind == kind
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if !self.group.is_empty() {
            write!(f, ".{}", self.group)?;
        }
        write!(f, " ")?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        write!(f, "{}", self.name)
    }
}
