//! The reference for `kubernetes-schema`: kubeconform, with the same schemas from the same documents, on the disk.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::openapi::document::{Document, Schema};
use crate::openapi::fetch;
use crate::process::{capture, say};
use crate::{setup, workspace};

const VERSION: &str = "v0.8.0";
/// The Kubernetes version whose schemas both use.
pub const KUBERNETES: &str = "1.36";
const PATCH: &str = "1.36.3";

/// The program and its schemas.
pub struct Kubeconform {
    /// The program.
    pub program: PathBuf,
    /// The folder of schemas, one file a kind.
    pub schemas: PathBuf,
}

/// Installs the program and writes its schemas, both once.
pub fn ready() -> Result<Kubeconform> {
    let cache = workspace::cache()?;
    let folder = cache.join("kubeconform");
    setup::once(&folder, VERSION, &format!("installing kubeconform {VERSION} with go"), || {
        let mut go = Command::new("go");
        go.arg("install").arg(format!("github.com/yannh/kubeconform/cmd/kubeconform@{VERSION}"));
        capture(go.env("GOBIN", &folder).env("GOFLAGS", "-mod=mod").current_dir(&folder)).map(drop)
    })?;
    let schemas = cache.join("kubeconform-schemas");
    setup::once(&schemas, &format!("2 {PATCH}"), "writing schemas for kubeconform", || {
        let fetched = fetch::fetch(PATCH, &cache.join("openapi"))?;
        write_schemas(&Document::read(PATCH, &fetched)?, &schemas)
    })?;
    Ok(Kubeconform { program: folder.join("kubeconform"), schemas })
}

impl Kubeconform {
    /// A run over a folder.
    pub fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        let location = self.schemas.join("{{.ResourceKind}}{{.KindSuffix}}.json");
        command.args(["-strict", "-ignore-missing-schemas", "-output", "json", "-n", "2", "-schema-location"]);
        command.arg(location).arg(folder);
        command
    }
}

fn write_schemas(document: &Document, folder: &Path) -> Result<()> {
    let mut count = 0;
    for (name, definition) in &document.definitions {
        for kind in &definition.kinds {
            let mut needed = BTreeSet::new();
            close(document, name, &mut needed);
            let definitions: Map<String, Value> = needed
                .iter()
                .filter_map(|name| Some((name.clone(), schema(name, document.definitions.get(name)?))))
                .collect();
            let file = json!({ "$ref": format!("#/definitions/{name}"), "definitions": definitions });
            let group = kind.group.split('.').next().unwrap_or_default();
            let suffix = if group.is_empty() { String::new() } else { format!("{group}-") };
            let path = folder.join(format!("{}-{suffix}{}.json", kind.kind.to_lowercase(), kind.version));
            fs::write(path, serde_json::to_vec(&file)?).context("cannot write a schema")?;
            count += 1;
        }
    }
    say(format!("{count} schemas"));
    Ok(())
}

/// All definitions that a definition needs.
fn close(document: &Document, name: &str, needed: &mut BTreeSet<String>) {
    if !needed.insert(name.to_owned()) {
        return;
    }
    let Some(definition) = document.definitions.get(name) else { return };
    let mut waiting = vec![definition];
    while let Some(schema) = waiting.pop() {
        if let Some(name) = target(schema) {
            close(document, name, needed);
        }
        waiting.extend(schema.properties.values());
        waiting.extend(schema.items.as_deref().into_iter().chain(schema.additional.as_deref()));
    }
}

fn target(schema: &Schema) -> Option<&str> {
    schema.reference.strip_prefix("#/definitions/")
}

/// An OpenAPI 2 schema as strict JSON Schema: fields that are not known are refused, quantities may be numbers.
fn schema(name: &str, from: &Schema) -> Value {
    if name.ends_with(".Quantity") || name.ends_with(".IntOrString") || from.format == "int-or-string" {
        return json!({ "oneOf": [{ "type": "string" }, { "type": "number" }] });
    }
    if !from.reference.is_empty() {
        return json!({ "$ref": from.reference });
    }
    let mut out = Map::new();
    if !from.kind.is_empty() {
        out.insert("type".to_owned(), json!([from.kind, "null"]));
    }
    if !from.values.is_empty() {
        out.insert("enum".to_owned(), json!(from.values));
    }
    if !from.required.is_empty() {
        out.insert("required".to_owned(), json!(from.required));
    }
    if let Some(items) = &from.items {
        out.insert("items".to_owned(), schema("", items));
    }
    if let Some(additional) = &from.additional {
        out.insert("additionalProperties".to_owned(), schema("", additional));
    } else if !from.properties.is_empty() && !from.preserve_unknown {
        out.insert("additionalProperties".to_owned(), json!(false));
    }
    if !from.properties.is_empty() {
        let properties: Map<String, Value> =
            from.properties.iter().map(|(name, property)| (name.clone(), schema("", property))).collect();
        out.insert("properties".to_owned(), Value::Object(properties));
    }
    Value::Object(out)
}
