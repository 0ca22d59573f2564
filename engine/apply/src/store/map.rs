//! The ConfigMaps that inventories are kept in, as they are sent and read, and what tells one from another.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The label of everything that belongs to an inventory; its value is the application's name.
pub(super) const LABEL: &str = "sluice.dev/inventory";
/// The label that tells heads from parts.
pub(super) const ROLE: &str = "sluice.dev/inventory-role";

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ConfigMap {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) metadata: Metadata,
    pub(super) data: BTreeMap<String, String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Metadata {
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) resource_version: String,
}

impl ConfigMap {
    pub(super) fn application(&self) -> &str {
        self.metadata.labels.get(LABEL).map(String::as_str).unwrap_or_default()
    }

    pub(super) fn is_part(&self) -> bool {
        self.metadata.labels.get(ROLE).is_some_and(|role| role == "part")
    }

    /// Whether it is the head of its application. A copy that somebody has kept has the labels of one too.
    pub(super) fn is_head(&self) -> bool {
        !self.is_part() && self.metadata.name == head_name(self.application())
    }
}

/// A list of ConfigMaps. An answer that is none, as something in between may give it, must not read as one without any.
#[derive(Deserialize)]
pub(super) struct List {
    pub(super) metadata: ListMetadata,
    pub(super) items: Vec<ConfigMap>,
}

#[derive(Deserialize)]
pub(super) struct ListMetadata {
    #[serde(default)]
    pub(super) r#continue: String,
}

pub(super) fn head_name(application: &str) -> String {
    format!("sluice-{application}")
}

pub(super) fn field<'m>(map: &'m ConfigMap, name: &str) -> Result<&'m str, String> {
    map.data.get(name).map(String::as_str).ok_or_else(|| format!("it has no `{name}`"))
}
