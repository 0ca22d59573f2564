//! Deleting what is no longer wanted. An object is deleted only where the inventory has it, it still is the object with the
//! UID that was applied, and nobody else has it.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt};
use http::Method;
use sluice_manifest::{Node, Resource};

use crate::cluster::{Call, Cluster};
use crate::error::ClusterError;
use crate::inventory::{Entry, Inventory};
use crate::kinds::{Kind, Kinds, Lookup};
use crate::live::Live;
use crate::options::Options;
use crate::plan::{Prune, along_with, spare};
use crate::reference::{Key, Reference};
use crate::stage::Stage;
use crate::write::{find, is_success, live};

/// The annotation by which an object asks to stay.
const OPT_OUT: &str = "sluice.dev/prune";

/// Whether an object says that it must not be deleted.
pub(crate) fn asks_to_stay(object: &Resource) -> bool {
    let annotations = object.root().at("/metadata/annotations");
    annotations.and_then(|annotations| annotations.get(OPT_OUT)?.as_str()) == Some("disabled")
}

/// Says what becomes of each object.
pub(crate) async fn look(
    cluster: &Cluster,
    kinds: &Kinds,
    options: &Options,
    stale: impl IntoIterator<Item = &Entry>,
    others: &BTreeMap<Key, BTreeSet<String>>,
) -> Result<Vec<(Reference, Prune)>, ClusterError> {
    let stale: Vec<&Entry> = stale.into_iter().collect();
    let looks: Vec<_> = stale.iter().map(|entry| fate(cluster, kinds, options, entry, others)).collect();
    let fates: Vec<Prune> = futures::stream::iter(looks).buffered(options.concurrency.max(1)).try_collect().await?;
    Ok(stale.iter().map(|entry| entry.reference.clone()).zip(fates).collect())
}

/// Says what becomes of each object, in the order in which they are deleted. What `inventory` says was given up before keeps what
/// would take it along.
pub(crate) async fn fates(
    cluster: &Cluster,
    kinds: &Kinds,
    options: &Options,
    stale: &[Entry],
    inventory: &Inventory,
    others: &BTreeMap<Key, BTreeSet<String>>,
) -> Result<Vec<(Reference, Prune)>, ClusterError> {
    let mut fates = look(cluster, kinds, options, stale, others).await?;
    fates.sort_by(|(one, _), (other, _)| (Stage::of(other), other).cmp(&(Stage::of(one), one)));
    let before = look(cluster, kinds, options, along_with(&inventory.spared, &fates, kinds), others).await?;
    spare(&mut fates, &before, kinds);
    Ok(fates)
}

async fn fate(
    cluster: &Cluster,
    kinds: &Kinds,
    options: &Options,
    entry: &Entry,
    others: &BTreeMap<Key, BTreeSet<String>>,
) -> Result<Prune, ClusterError> {
    let reference = &entry.reference;
    if let Some(owners) = others.get(&reference.key()) {
        let names: Vec<&str> = owners.iter().map(String::as_str).collect();
        return Ok(released(format!("it belongs to `{}` now", names.join("`, `")), true));
    }
    let kind = match kinds.of_existing(reference) {
        Lookup::Served(kind) => kind,
        Lookup::Defined(_) | Lookup::Absent => return Ok(Prune::Gone),
        Lookup::Unknown => {
            let reason = format!("the server behind the API group `{}` does not answer", reference.group);
            return Ok(unknown(options, reason));
        }
    };
    let live = match find(cluster, kind, reference).await {
        Ok(Some(live)) => live,
        Ok(None) => return Ok(Prune::Gone),
        // Nothing follows from what may not be seen.
        Err(error) if error.refusal().is_some() => return Ok(unknown(options, error.to_string())),
        Err(error) => return Err(error),
    };
    if asks_to_stay(live.resource()) {
        return Ok(released(format!("its annotation `{OPT_OUT}: disabled` says so"), true));
    }
    match &entry.uid {
        Some(uid) if uid != live.uid() => {
            Ok(released(String::from("somebody deleted it and made another with its name"), false))
        }
        // A run ended before it was told whether this was made: then it may be somebody else's.
        None if !crate::plan::has_manager(&live, &options.manager) => {
            Ok(released(String::from("it was never applied from here"), false))
        }
        Some(_) | None if live.is_terminating() => Ok(Prune::Kept { reason: going(&live) }),
        Some(_) | None if !options.prune => {
            Ok(Prune::Kept { reason: String::from("`prune: true` in the application deletes it") })
        }
        Some(_) | None => Ok(Prune::Delete { uid: live.uid().to_owned() }),
    }
}

fn released(reason: String, is_wanted: bool) -> Prune {
    Prune::Released { reason, is_wanted }
}

/// What becomes of an object of which nothing can be said: where nothing is deleted, it holds up nothing.
fn unknown(options: &Options, reason: String) -> Prune {
    if options.prune { Prune::Unknown { reason } } else { Prune::Kept { reason } }
}

/// Why an object that is being deleted is still there.
fn going(live: &Live) -> String {
    let finalizers = live.at("/metadata/finalizers").map(Node::items).into_iter().flatten();
    let names: Vec<&str> = finalizers.filter_map(Node::as_str).collect();
    if names.is_empty() {
        return String::from("it is being deleted");
    }
    format!("it is being deleted, and held by the finalizers `{}`", names.join("`, `"))
}

/// What a deletion came to.
pub(crate) enum Removal {
    /// It is gone.
    Done,
    /// It is on its way, and still there for this reason.
    Going(String),
    /// It was gone before, or is another object by now, which is not ours to delete.
    NotOurs,
}

/// Deletes an object, if it still is the one with this UID. It may take its time to go.
pub(crate) async fn remove(
    cluster: &Cluster,
    kind: &Kind,
    reference: &Reference,
    uid: &str,
) -> Result<Removal, ClusterError> {
    let body = format!(
        r#"{{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{{"uid":"{uid}"}},"propagationPolicy":"Background"}}"#
    );
    let what = format!("delete {reference}");
    let call = Call::new(Method::DELETE, kind.path(reference, &what)?, what).about(reference);
    let call = call.body("application/json", body.as_bytes());
    match cluster.call(&call).await {
        // The answer is the object where it is still there, and a `Status` or the last of the object where it is not.
        Ok(answer) if is_success(&answer) => Ok(Removal::Done),
        Ok(answer) => {
            let live = live(cluster, &call.what, reference, &answer)?;
            Ok(if live.is_terminating() { Removal::Going(going(&live)) } else { Removal::Done })
        }
        Err(error) if error.is_absence_of(&reference.name) => Ok(Removal::NotOurs),
        // Another object, or one that is going already: a namespace says so in this way.
        Err(error) if error.has_code(409) => match find(cluster, kind, reference).await? {
            Some(live) if live.uid() == uid && live.is_terminating() => Ok(Removal::Going(going(&live))),
            Some(live) if live.uid() == uid => Err(error),
            Some(_) | None => Ok(Removal::NotOurs),
        },
        Err(error) => Err(error),
    }
}
