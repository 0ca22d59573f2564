//! Who owns which field of a live object, as its `managedFields` say (`FieldsV1` of server-side apply: `f:NAME` is a member,
//! `k:{…}` an element of a list that is told apart by keys, `v:VALUE` an element of a set). Nothing within is the whole of a
//! value that is replaced as one; where others own members, it is the map or list itself, once empty, and none of its members.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use sluice_manifest::Node;

use crate::live::Live;

/// A field manager that owns a field, or something in it.
#[derive(Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) manager: &'a str,
    /// Whether it is this installation by what it has applied.
    pub(crate) is_ours: bool,
    /// What it owns within; nothing where it owns the whole, or the map or list itself alone.
    fields: &'a Map<String, Json>,
}

/// What managed fields call an element of a list.
pub(crate) struct Element {
    pub(crate) text: String,
    named: Named,
}

enum Named {
    Keys(BTreeMap<String, Json>),
    Value(Json),
}

/// Everybody who owns something of an object.
pub(crate) fn all<'a>(managed: &'a Json, ours: &str) -> Vec<Owner<'a>> {
    let entries = managed.as_array().into_iter().flatten();
    let owner = |entry: &'a Json| {
        let text = |name: &str| entry.get(name).and_then(Json::as_str).unwrap_or_default();
        let is_ours = text("manager") == ours && text("operation") == "Apply" && text("subresource").is_empty();
        let fields = entry.get("fieldsV1")?.as_object().filter(|fields| !fields.is_empty())?;
        Some(Owner { manager: text("manager"), is_ours, fields })
    };
    entries.filter_map(owner).collect()
}

/// The managed fields of what a manager has applied to an object.
pub(crate) fn applied<'l>(live: &'l Live, manager: &str) -> Option<Node<'l>> {
    let entries = live.at("/metadata/managedFields").map(Node::items).into_iter().flatten();
    entries.into_iter().find(|entry| {
        let text = |name: &str| entry.get(name).and_then(Node::as_str).unwrap_or_default();
        text("manager") == manager && text("operation") == "Apply" && text("subresource").is_empty()
    })
}

/// Whether nobody who owns something of a place owns a member by itself: it is one value, or was empty.
pub(crate) fn is_whole(owners: &[Owner<'_>]) -> bool {
    owners.iter().all(|owner| owner.fields.keys().all(|name| name == "."))
}

/// Who of the owners of a place owns a member of it, or something in that.
pub(crate) fn within<'a>(owners: &[Owner<'a>], name: &str) -> Vec<Owner<'a>> {
    if is_whole(owners) {
        return owners.to_vec();
    }
    let within = |owner: &Owner<'a>| Some(Owner { fields: owner.fields.get(name)?.as_object()?, ..*owner });
    owners.iter().filter_map(within).collect()
}

/// What the owners of a list call its elements; nothing where it is owned as a whole.
pub(crate) fn elements(owners: &[Owner<'_>]) -> Vec<Element> {
    let mut found = BTreeMap::new();
    for text in owners.iter().flat_map(|owner| owner.fields.keys()) {
        let named = if let Some(keys) = text.strip_prefix("k:") {
            serde_json::from_str(keys).ok().map(Named::Keys)
        } else {
            text.strip_prefix("v:").and_then(|value| serde_json::from_str(value).ok()).map(Named::Value)
        };
        if let Some(named) = named {
            found.insert(text.clone(), named);
        }
    }
    found.into_iter().map(|(text, named)| Element { text, named }).collect()
}

impl Element {
    /// Whether it is this element. A port without a protocol is one of TCP, as Kubernetes fills it in.
    pub(crate) fn names(&self, element: Node<'_>) -> bool {
        match &self.named {
            Named::Value(value) => element.to_value() == *value,
            Named::Keys(keys) => keys.iter().all(|(key, value)| match element.get(key) {
                Some(found) => found.to_value() == *value,
                None => key == "protocol" && value == "TCP",
            }),
        }
    }

    /// The members that tell it apart.
    pub(crate) fn keys(&self) -> Vec<String> {
        match &self.named {
            Named::Value(_) => Vec::new(),
            Named::Keys(keys) => keys.keys().cloned().collect(),
        }
    }
}
