//! What else goes with a namespace or a definition that is deleted: objects that the application does not have.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt};
use http::Method;
use serde::Deserialize;

use crate::cluster::{Call, Cluster};
use crate::error::ClusterError;
use crate::inventory::{Inventory, Known};
use crate::kinds::{Kind, Kinds, escaped};
use crate::options::Options;
use crate::plan::Prune;
use crate::reference::Reference;
use crate::stage::Stage;
use crate::store::is_own_inventory;

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
    let own = Own::of(inventory, fates);
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
        let looks: Vec<_> = within
            .into_iter()
            .map(|(group, name, kind)| list(cluster, options, (group, name, kind), namespace))
            .collect();
        let listed: Vec<Listed> =
            futures::stream::iter(looks).buffered(options.concurrency.max(1)).try_collect().await?;
        let mut unseen = silent(kinds, with);
        let mut found = Vec::new();
        for listed in listed {
            match listed {
                Listed::Objects(objects) => found.extend(objects),
                Listed::Unseen(kind) => unseen.push(kind),
            }
        }
        let objects = own.others(&found);
        let more = objects.len().saturating_sub(NAMED);
        let objects: Vec<Reference> = objects.into_iter().take(NAMED).collect();
        if !objects.is_empty() || !unseen.is_empty() {
            all.push(Company { with: with.clone(), objects, more, unseen });
        }
    }
    Ok(all)
}

/// The groups of which nothing can be said, and that may have objects which go along.
fn silent(kinds: &Kinds, with: &Reference) -> Vec<String> {
    // A definition is called `PLURAL.GROUP`.
    let group = with.name.split_once('.').map(|(_, group)| group).filter(|_| Stage::of(with) == Stage::Definitions);
    let may_have = |silent: &&str| group.is_none_or(|group| group == *silent);
    kinds.silent_groups().filter(may_have).map(|group| format!("`{group}`")).collect()
}

/// What an application has, and which of it goes.
struct Own<'a> {
    known: Known<'a>,
    /// By UID.
    goes: BTreeSet<&'a str>,
}

impl<'a> Own<'a> {
    fn of(inventory: &'a Inventory, fates: &'a [(Reference, Prune)]) -> Self {
        let goes = fates.iter().filter_map(|(_, prune)| match prune {
            Prune::Delete { uid } => Some(uid.as_str()),
            Prune::Gone | Prune::Released { .. } | Prune::Kept { .. } | Prune::Unknown { .. } => None,
        });
        Self { known: Known::of(inventory), goes: goes.collect() }
    }

    /// Which of all that goes along others have. What goes with its owners anyway is left out: they are named, or the
    /// application's. That it has owners says nothing, as they may stay.
    fn others(&self, found: &[Found]) -> BTreeSet<Reference> {
        let made: Vec<&Found> = found.iter().filter(|found| !is_made_by_itself(&found.reference)).collect();
        let along: BTreeSet<&str> = made.iter().map(|found| found.uid.as_str()).collect();
        let goes = |owner: &String| along.contains(owner.as_str()) || self.goes.contains(owner.as_str());
        // One object may be listed under several groups, those of the application as well.
        let (mut seen, mut others) = (BTreeSet::new(), BTreeSet::new());
        for found in made {
            let goes_with_owners = !found.owners.is_empty() && found.owners.iter().all(goes);
            let is_own = self.known.get(&found.reference).is_some() || self.known.has(&found.uid);
            if !is_own && !goes_with_owners && seen.insert(found.uid.as_str()) {
                others.insert(found.reference.clone());
            }
        }
        others
    }
}

/// What there is of a kind.
enum Listed {
    Objects(Vec<Found>),
    /// It cannot be said.
    Unseen(String),
}

/// An object that goes along.
struct Found {
    reference: Reference,
    uid: String,
    /// The UIDs of its owners. It is deleted with the last of them.
    owners: Vec<String>,
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
    labels: BTreeMap<String, String>,
    owner_references: Vec<Owner>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Owner {
    uid: String,
}

/// Lists the objects of a kind, which is given with its group and its name. The application's inventory is none of them: it goes
/// in any case.
async fn list(
    cluster: &Cluster,
    options: &Options,
    (group, name, kind): (&str, &str, &Kind),
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
        objects.extend(items.into_iter().flatten().filter_map(|Item { metadata }| {
            let ItemMetadata { name: object, namespace, uid, labels, owner_references } = metadata;
            let (group, version, kind) = (group.to_owned(), kind.version.clone(), name.to_owned());
            let reference = Reference { group, version, kind, namespace, name: object };
            let owners = owner_references.into_iter().map(|owner| owner.uid).collect();
            (!is_own_inventory(&reference, labels, options)).then_some(Found { reference, uid, owners })
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

#[cfg(test)]
mod tests {
    use super::{BTreeSet, Found, Inventory, Kinds, Own, Prune, Reference, silent};
    use crate::inventory::Entry;

    fn reference(group: &str, kind: &str, name: &str) -> Reference {
        let (group, version, kind) = (group.to_owned(), String::from("v1"), kind.to_owned());
        Reference { group, version, kind, namespace: Some(String::from("in")), name: name.to_owned() }
    }

    /// An object whose UID is its name.
    fn found(kind: &str, name: &str, owners: &[&str]) -> Found {
        let owners = owners.iter().map(|&owner| owner.to_owned()).collect();
        Found { reference: reference("", kind, name), uid: name.to_owned(), owners }
    }

    /// The names of what others have, where the application has `goes`, which is deleted, and `stays`, which is not.
    fn others(found: &[Found]) -> Vec<String> {
        let entry = |name: &str| {
            let reference = reference("", "Thing", name);
            Entry { reference, uid: Some(name.to_owned()), digest: None, left: false }
        };
        let inventory = Inventory { entries: ["goes", "stays"].map(entry).to_vec(), ..Inventory::new("shop") };
        let fates = [
            (reference("", "Thing", "goes"), Prune::Delete { uid: String::from("goes") }),
            (reference("", "Thing", "stays"), Prune::Released { reason: String::new(), is_wanted: false }),
        ];
        let others: BTreeSet<Reference> = Own::of(&inventory, &fates).others(found);
        others.into_iter().map(|reference| reference.name).collect()
    }

    #[test]
    fn who_has_an_owner_counts_unless_that_one_goes_too() {
        let listed = [
            found("Thing", "goes", &[]),
            found("Thing", "of-ours", &["goes"]),
            found("Thing", "of-what-stays", &["stays"]),
            found("Thing", "of-others", &["elsewhere"]),
            found("Thing", "root", &[]),
            found("Thing", "of-root", &["root"]),
            found("Thing", "of-that", &["of-root"]),
            found("Thing", "of-both", &["root", "elsewhere"]),
            found("Endpoints", "by-itself", &[]),
            found("Thing", "of-what-is-not-named", &["by-itself"]),
        ];
        let counted = ["of-both", "of-others", "of-what-is-not-named", "of-what-stays", "root"];
        assert_eq!(others(&listed), counted);
    }

    #[test]
    fn what_is_listed_under_several_groups_counts_once_and_ours_not_at_all() {
        let again =
            |group: &str, name: &str| Found { reference: reference(group, "Thing", name), ..found("", name, &[]) };
        let listed = ["goes", "theirs"].map(|name| [again("", name), again("other", name)]);
        assert_eq!(others(listed.as_flattened()), ["theirs"]);
    }

    #[test]
    fn a_definition_takes_nothing_of_other_groups_along() {
        let kinds = Kinds::silent("acme.io");
        let definition = |name: &str| reference("apiextensions.k8s.io", "CustomResourceDefinition", name);
        assert_eq!(silent(&kinds, &definition("things.acme.io")), ["`acme.io`"]);
        assert!(silent(&kinds, &definition("things.of.acme.io")).is_empty());
        assert_eq!(silent(&kinds, &reference("", "Namespace", "things.of.acme.io")), ["`acme.io`"]);
    }
}
