//! Taking an application out of a cluster, with everything that its inventory has.

mod company;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::guard::Guard;
use crate::inventory::{Inventory, Phase};
use crate::kinds::{Kinds, Lookup};
use crate::options::Options;
use crate::plan::{Prune, Staying};
use crate::prune::{self, Removal};
use crate::reference::{Key, Reference};
use crate::run::{Event, takes_along};
use crate::store::{Kept, Store, StoreError};

pub use company::Company;

/// Time for what is deleted to go, where the application does not say.
const PATIENCE: Duration = Duration::from_secs(30);

/// Deletes what an application has in a cluster, and then its inventory. What cannot be deleted stays in it, and is given
/// back with the reason.
///
/// # Errors
/// Where the cluster does not answer, or the application has no inventory: that is `None`.
pub async fn delete(
    cluster: &Cluster,
    options: &Options,
    told: &(dyn Fn(Event) + Sync),
) -> Result<Option<Vec<(Reference, String)>>, StoreError> {
    let store = Store::new(cluster, &options.inventory_namespace, &options.manager);
    let Some(kept) = Some(store.own(&options.application).await?).filter(Kept::is_there) else { return Ok(None) };
    let kinds = Kinds::of(cluster).await?;
    let options = &Options { prune: true, ..options.clone() };
    let deleting = Inventory { phase: Phase::Deleting, ..kept.inventory.clone() };
    let kept = store.replace(kept, deleting).await?;
    told(Event::Begun);

    // Planned after the inventory was written: what a run that is stopped by that has made until then is seen.
    let Farewell { others, fates } = Farewell::of(&store, cluster, &kinds, options, &kept).await?;
    let guard = Guard::new(&store, &kept);
    let mut stays = Stays { kinds: &kinds, told, list: Vec::new(), staying: Staying::default() };
    let mut going = Vec::new();
    for (reference, fate) in fates {
        let uid = match fate {
            Prune::Gone => continue,
            Prune::Released { reason, .. } => {
                told(Event::Released(reference, reason));
                continue;
            }
            // It is being deleted already.
            Prune::Kept { reason } => {
                told(Event::Going(reference.clone(), reason));
                going.push(reference);
                continue;
            }
            Prune::Unknown { reason } => {
                stays.note(reference, reason);
                continue;
            }
            Prune::Delete { uid } => uid,
        };
        if let Some(reason) = stays.staying.goes_with(&reference).map(takes_along) {
            stays.note(reference, reason);
            continue;
        }
        let Lookup::Served(kind) = kinds.any_version(&reference) else { continue };
        guard.check().await?;
        match prune::remove(cluster, kind, &reference, &uid).await {
            Ok(Removal::Done) => told(Event::Deleted(reference)),
            Ok(Removal::NotOurs) => {}
            Ok(Removal::Going(reason)) => {
                told(Event::Going(reference.clone(), reason));
                going.push(reference);
            }
            Err(error) if error.refusal().is_some() => stays.note(reference, error.to_string()),
            Err(error) => return Err(error.into()),
        }
    }
    drop(guard);
    let mut stay = stays.list;
    stay.extend(left(cluster, kinds, options, &kept, &others, &going).await?);
    stay.sort();
    if stay.is_empty() {
        store.forget(&kept).await?;
    } else {
        let mut inventory = kept.inventory.clone();
        inventory.entries.retain(|entry| stay.iter().any(|(reference, _)| *reference == entry.reference));
        store.replace(kept, inventory).await?;
    }
    told(Event::Ended);
    Ok(Some(stay))
}

/// What [`delete`] would do.
#[derive(Debug)]
pub struct Deletions {
    /// With each object, in its order.
    pub fates: Vec<(Reference, Prune)>,
    /// What would go along that the application does not have.
    pub company: Vec<Company>,
}

/// What [`delete`] would do; none where the application has no inventory.
///
/// # Errors
/// Where the cluster does not answer.
pub async fn deletions(cluster: &Cluster, options: &Options) -> Result<Option<Deletions>, StoreError> {
    let store = Store::new(cluster, &options.inventory_namespace, &options.manager);
    let Some(kept) = Some(store.own(&options.application).await?).filter(Kept::is_there) else { return Ok(None) };
    let options = &Options { prune: true, ..options.clone() };
    let kinds = Kinds::of(cluster).await?;
    let Farewell { fates, .. } = Farewell::of(&store, cluster, &kinds, options, &kept).await?;
    let company = company::of(cluster, &kinds, options, &kept.inventory, &fates).await?;
    Ok(Some(Deletions { fates, company }))
}

/// What is known of all that an application has, before it leaves.
struct Farewell {
    others: BTreeMap<Key, BTreeSet<String>>,
    /// In the order in which they are deleted.
    fates: Vec<(Reference, Prune)>,
}

impl Farewell {
    async fn of(
        store: &Store,
        cluster: &Cluster,
        kinds: &Kinds,
        options: &Options,
        kept: &Kept,
    ) -> Result<Self, StoreError> {
        let Inventory { entries, spared, .. } = &kept.inventory;
        let keys = entries.iter().chain(spared).map(|entry| entry.reference.key()).collect();
        let others = store.others(&options.application, &keys).await?;
        let fates = prune::fates(cluster, kinds, options, entries, &kept.inventory, &others).await?;
        Ok(Self { others, fates })
    }
}

/// What was not deleted, with the reasons.
struct Stays<'a> {
    kinds: &'a Kinds,
    told: &'a (dyn Fn(Event) + Sync),
    list: Vec<(Reference, String)>,
    staying: Staying,
}

impl Stays<'_> {
    fn note(&mut self, reference: Reference, reason: String) {
        (self.told)(Event::NotDeleted(reference.clone(), reason.clone()));
        self.staying.add(&reference, self.kinds);
        self.list.push((reference, reason));
    }
}

/// Waits for what is being deleted, and gives what is still there, with the reason.
async fn left(
    cluster: &Cluster,
    mut kinds: Kinds,
    options: &Options,
    kept: &Kept,
    others: &BTreeMap<Key, BTreeSet<String>>,
    going: &[Reference],
) -> Result<Vec<(Reference, String)>, StoreError> {
    let limit = options.wait.unwrap_or(PATIENCE);
    let started = Instant::now();
    let entries = kept.inventory.entries.iter().filter(|entry| going.contains(&entry.reference));
    let entries: Vec<_> = entries.cloned().collect();
    loop {
        let fates = prune::look(cluster, &kinds, options, &entries, others).await?;
        let there = fates.into_iter().filter_map(|(reference, fate)| match fate {
            Prune::Gone | Prune::Released { .. } => None,
            Prune::Kept { reason } | Prune::Unknown { reason } => Some((reference, reason)),
            Prune::Delete { .. } => Some((reference, String::from("it is there again"))),
        });
        let there: Vec<_> = there.collect();
        if there.is_empty() || started.elapsed() >= limit {
            return Ok(there);
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        // A definition that was deleted takes its kind along once the last object of it has gone.
        kinds = Kinds::of(cluster).await?;
    }
}
