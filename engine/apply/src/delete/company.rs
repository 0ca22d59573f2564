//! What else goes with a namespace or a definition that is deleted: objects that the application does not have.

use std::collections::BTreeSet;

use futures::{StreamExt, TryStreamExt};
use http::Method;
use serde::Deserialize;

use crate::cluster::{Call, Cluster};
use crate::error::ClusterError;
use crate::inventory::Inventory;
use crate::kinds::{Kind, Kinds, escaped};
use crate::options::Options;
use crate::plan::Prune;
use crate::reference::{Key, Reference};
use crate::stage::Stage;

/// Objects that are named; the others are counted.
const NAMED: usize = 10;
/// Objects of one answer.
const PAGE: u32 = 500;
/// Names and UIDs are enough, whatever the objects hold.
const NAMES: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// What goes along with a namespace or a definition that is deleted, and is not the application's.
#[derive(Debug, PartialEq, Eq)]
pub struct Company {
    /// The namespace or the definition.
    pub with: Reference,
    /// The first objects, by name.
    pub objects: Vec<Reference>,
    /// How many there are besides.
    pub more: usize,
    /// The kinds of which it cannot be said: `Secret`, `PodMetrics.metrics.k8s.io`.
    pub unseen: Vec<String>,
}

/// Looks for what goes along with each of the namespaces and definitions that are deleted. Those without company are left out.
pub(super) async fn of(
    cluster: &Cluster,
    kinds: &Kinds,
    options: &Options,
    inventory: &Inventory,
    fates: &[(Reference, Prune)],
) -> Result<Vec<Company>, ClusterError> {
    let own: BTreeSet<Key> = inventory.entries.iter().map(|entry| entry.reference.key()).collect();
    let mut all = Vec::new();
    for (with, _) in fates.iter().filter(|(_, prune)| matches!(prune, Prune::Delete { .. })) {
        let within: Vec<(&str, &str, &Kind)> = match Stage::of(with) {
            Stage::Namespaces => kinds.listed().filter(|(_, _, kind)| kind.is_namespaced).collect(),
            Stage::Definitions => {
                let makes = |group: &str, kind: &Kind| with.name == format!("{}.{group}", kind.plural);
                kinds.listed().filter(|(group, _, kind)| makes(group, kind)).collect()
            }
            Stage::Rights | Stage::Objects | Stage::Admission => continue,
        };
        let namespace = (Stage::of(with) == Stage::Namespaces).then_some(with.name.as_str());
        let looks: Vec<_> =
            within.into_iter().map(|(group, name, kind)| list(cluster, group, name, kind, namespace)).collect();
        let listed: Vec<Listed> =
            futures::stream::iter(looks).buffered(options.concurrency.max(1)).try_collect().await?;
        let mut unseen: Vec<String> = kinds.silent_groups().map(|group| format!("`{group}`")).collect();
        // One object may be listed under several groups.
        let mut seen = BTreeSet::new();
        let mut objects = BTreeSet::new();
        for listed in listed {
            match listed {
                Listed::Objects(found) => {
                    let is_others = |(reference, uid): &(Reference, String)| {
                        !own.contains(&reference.key()) && !is_made_by_itself(reference) && seen.insert(uid.clone())
                    };
                    objects.extend(found.into_iter().filter(is_others).map(|(reference, _)| reference));
                }
                Listed::Unseen(kind) => unseen.push(kind),
            }
        }
        let more = objects.len().saturating_sub(NAMED);
        let objects: Vec<Reference> = objects.into_iter().take(NAMED).collect();
        if !objects.is_empty() || !unseen.is_empty() {
            all.push(Company { with: with.clone(), objects, more, unseen });
        }
    }
    Ok(all)
}

/// What there is of a kind.
enum Listed {
    /// With their UIDs.
    Objects(Vec<(Reference, String)>),
    /// It cannot be said.
    Unseen(String),
}

#[derive(Deserialize)]
struct Page {
    kind: String,
    metadata: PageMetadata,
    /// `null` where there is none.
    items: Option<Vec<Item>>,
}

#[derive(Deserialize)]
struct PageMetadata {
    #[serde(default)]
    r#continue: String,
}

#[derive(Deserialize)]
struct Item {
    metadata: ItemMetadata,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ItemMetadata {
    name: String,
    namespace: Option<String>,
    uid: String,
    /// Whoever has an owner goes with that one anyway.
    owner_references: Vec<serde::de::IgnoredAny>,
}

async fn list(
    cluster: &Cluster,
    group: &str,
    name: &str,
    kind: &Kind,
    namespace: Option<&str>,
) -> Result<Listed, ClusterError> {
    let shown = if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") };
    let (mut objects, mut next) = (Vec::new(), String::new());
    loop {
        let what = format!("list {shown}, which would go along");
        let path = format!("{}?limit={PAGE}&continue={}", kind.list_path_in(group, namespace), escaped(&next));
        let call = Call { accept: NAMES, ..Call::new(Method::GET, path, what) };
        let answer = match cluster.call(&call).await {
            Ok(answer) => answer,
            Err(error) if error.refusal().is_some() => return Ok(Listed::Unseen(shown)),
            Err(error) => return Err(error),
        };
        let page = serde_json::from_slice::<Page>(&answer).ok().filter(|page| page.kind == "PartialObjectMetadataList");
        let Some(Page { metadata, items, .. }) = page else { return Ok(Listed::Unseen(shown)) };
        let items =
            items.into_iter().flatten().map(|item| item.metadata).filter(|item| item.owner_references.is_empty());
        objects.extend(items.map(|item| {
            let (group, version, kind) = (group.to_owned(), kind.version.clone(), name.to_owned());
            (Reference { group, version, kind, namespace: item.namespace, name: item.name }, item.uid)
        }));
        next = metadata.r#continue;
        if next.is_empty() {
            return Ok(Listed::Objects(objects));
        }
    }
}

/// Whether Kubernetes makes it in every namespace, or of everything that happens in one.
fn is_made_by_itself(reference: &Reference) -> bool {
    let Reference { group, kind, name, .. } = reference;
    match (group.as_str(), kind.as_str()) {
        ("" | "events.k8s.io", "Event") | ("metrics.k8s.io", _) | ("", "Endpoints") => true,
        ("", "ServiceAccount") => name == "default",
        ("", "ConfigMap") => name == "kube-root-ca.crt",
        (_, _) => false,
    }
}
