//! One version's documents as Rust values: what the joining needs of them, and nothing else.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::fetch::Fetched;

/// The definitions of one version, with enums.
pub struct Document {
    /// Major, minor and patch: `1.36.3`.
    pub version: String,
    /// By name: `io.k8s.api.core.v1.Pod`.
    pub definitions: BTreeMap<String, Schema>,
}

/// The part of an OpenAPI 2 schema that Kubernetes' documents use.
#[derive(Deserialize, Clone, Default)]
pub struct Schema {
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    pub format: String,
    #[serde(rename = "$ref", default)]
    pub reference: String,
    #[serde(default)]
    pub properties: BTreeMap<String, Schema>,
    pub items: Option<Box<Schema>>,
    #[serde(rename = "additionalProperties")]
    pub additional: Option<Box<Schema>>,
    #[serde(default)]
    pub required: Vec<String>,
    #[serde(rename = "enum", default)]
    pub values: Vec<Value>,
    #[serde(rename = "default")]
    pub preset: Option<Value>,
    #[serde(rename = "x-kubernetes-list-type", default)]
    pub list_type: String,
    #[serde(rename = "x-kubernetes-list-map-keys", default)]
    pub list_map_keys: Vec<String>,
    #[serde(rename = "x-kubernetes-preserve-unknown-fields", default)]
    pub preserve_unknown: bool,
    #[serde(rename = "x-kubernetes-group-version-kind", default)]
    pub kinds: Vec<GroupVersionKind>,
}

#[derive(Deserialize, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GroupVersionKind {
    pub group: String,
    pub version: String,
    pub kind: String,
}

#[derive(Deserialize)]
struct Definitions {
    definitions: BTreeMap<String, Schema>,
}

impl Document {
    /// Reads both documents and puts the enums and presets of the second into the definitions of the first.
    pub fn read(version: &str, fetched: &Fetched) -> Result<Self> {
        let read = |path: &std::path::Path| -> Result<Definitions> {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
            serde_json::from_str(&text).with_context(|| format!("cannot understand {}", path.display()))
        };
        let mut definitions = read(&fetched.swagger)?.definitions;
        let models = read(&fetched.models)?.definitions;
        for (name, definition) in &mut definitions {
            let model = models.get(name).with_context(|| format!("models-schema of {version} has no {name}"))?;
            take_enums(definition, model);
        }
        Ok(Self { version: version.to_owned(), definitions })
    }
}

fn take_enums(schema: &mut Schema, model: &Schema) {
    schema.values.clone_from(&model.values);
    schema.preset.clone_from(&model.preset);
    for (name, property) in &mut schema.properties {
        if let Some(model) = model.properties.get(name) {
            take_enums(property, model);
        }
    }
    if let (Some(items), Some(model)) = (&mut schema.items, &model.items) {
        take_enums(items, model);
    }
    if let (Some(additional), Some(model)) = (&mut schema.additional, &model.additional) {
        take_enums(additional, model);
    }
}
