//! What is missing in one `metadata`, as operations. Looks at names and values that are there; copies nothing of them.

use std::collections::BTreeMap;

use serde::Serialize;
use sluice_sdk::prelude::*;
use sluice_sdk::tape::{Kind, Node};

use crate::settings::Settings;

/// Completes the `metadata` at a pointer. `selector` is the selector whose names are left alone.
///
/// `holder` is the object that has, or should have, the `metadata`.
pub(crate) fn complete(
    patch: Patch,
    holder: Node<'_>,
    pointer: &str,
    settings: &Settings,
    selector: Option<Node<'_>>,
) -> Patch {
    if holder.kind() != Kind::Object {
        return patch;
    }
    let lists = [("labels", &settings.labels, selector), ("annotations", &settings.annotations, None)];
    let metadata = match holder.get("metadata") {
        Some(metadata) if metadata.kind() == Kind::Object => metadata,
        Some(other) if !other.is_null() => return patch,
        _ => return whole(patch, pointer, lists),
    };
    lists.into_iter().fold(patch, |patch, (field, wanted, selector)| {
        if wanted.is_empty() {
            return patch;
        }
        match metadata.get(field) {
            Some(present) if present.kind() == Kind::Object => {
                let place = format_args!("{pointer}/metadata/{field}");
                merge(patch, present, place, wanted, settings.overwrite, selector)
            }
            Some(other) if !other.is_null() => patch,
            _ => match allowed(wanted, selector) {
                wanted if wanted.is_empty() => patch,
                wanted => patch.add(format!("{pointer}/metadata/{field}"), &wanted),
            },
        }
    })
}

type List<'a> = (&'static str, &'a BTreeMap<String, String>, Option<Node<'a>>);

/// There is no `metadata` at all.
fn whole(patch: Patch, pointer: &str, lists: [List<'_>; 2]) -> Patch {
    #[derive(Serialize)]
    struct Metadata<'a> {
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        labels: BTreeMap<&'a str, &'a str>,
        #[serde(skip_serializing_if = "BTreeMap::is_empty")]
        annotations: BTreeMap<&'a str, &'a str>,
    }
    let [labels, annotations] = lists.map(|(_, wanted, selector)| allowed(wanted, selector));
    if labels.is_empty() && annotations.is_empty() {
        return patch;
    }
    patch.add(format!("{pointer}/metadata"), &Metadata { labels, annotations })
}

fn merge(
    mut patch: Patch,
    present: Node<'_>,
    place: std::fmt::Arguments<'_>,
    wanted: &BTreeMap<String, String>,
    overwrite: bool,
    selector: Option<Node<'_>>,
) -> Patch {
    for (name, value) in wanted {
        let known = present.get(name);
        let is_settled = known.is_some_and(|known| !overwrite || known.is_str(value));
        if is_settled || selects(selector, name) {
            continue;
        }
        let pointer = format!("{place}/{}", sluice_sdk::escape(name));
        patch = if known.is_some() { patch.replace(pointer, value) } else { patch.add(pointer, value) };
    }
    patch
}

/// What may be added, by name.
fn allowed<'a>(wanted: &'a BTreeMap<String, String>, selector: Option<Node<'_>>) -> BTreeMap<&'a str, &'a str> {
    let pairs = wanted.iter().filter(|(name, _)| !selects(selector, name));
    pairs.map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Whether a selector speaks of a label: another value, or one where there was none, could select other pods.
fn selects(selector: Option<Node<'_>>, label: &str) -> bool {
    let Some(selector) = selector else { return false };
    let by_expression = || {
        let expressions = selector.get("matchExpressions").into_iter().flat_map(Node::items);
        expressions.filter_map(|expression| expression.get("key")).any(|key| key.is_str(label))
    };
    // The selector of a ReplicationController is the map itself.
    selector.get("matchLabels").unwrap_or(selector).get(label).is_some() || by_expression()
}
