//! Applying a set: the inventory first, then the objects stage by stage, then what is no longer wanted, then health.

mod defined;
mod failure;
mod leave;
mod one;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use futures::StreamExt;
use sluice_policy::Approved;

use crate::blast::Blast;
use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::error::ClusterError;
use crate::guard::Guard;
use crate::health::{Health, wait_for};
use crate::inventory::{Entry, Inventory, Known, Phase, Release};
use crate::kinds::Kinds;
use crate::live::Live;
use crate::options::Options;
use crate::plan::{Action, Plan, Step, plan};
use crate::reference::{Key, Reference};
use crate::stage::Stage;
use crate::store::{Store, StoreError};
use defined::served;
pub use failure::Failure;
pub(crate) use leave::takes_along;
use one::Writing;

/// What happens while a set is applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The inventory was written: now the cluster may be.
    Begun,
    /// An object was written.
    Written(Reference),
    /// An object could not be written.
    Failed(Failure),
    /// An object was deleted.
    Deleted(Reference),
    /// An object is being deleted, and is still there for this reason.
    Going(Reference, String),
    /// An object stays, and is the application's no more, for this reason.
    Released(Reference, String),
    /// An object could not be deleted.
    NotDeleted(Reference, String),
    /// Everything was written, and now it is waited until the objects are healthy.
    Waiting,
    /// The health of an object has changed.
    Health(Reference, Health),
    /// The inventory was written for the last time.
    Ended,
}

/// What came of applying.
#[derive(Debug)]
pub struct Applied {
    /// How many objects the set has.
    pub objects: usize,
    /// Whether anything was written to the application's objects.
    pub has_written: bool,
    /// What could not be written or deleted, by name.
    pub failures: Vec<Failure>,
    /// How the objects are, where that was waited for.
    pub health: Vec<(Reference, Health)>,
}

/// Why nothing was applied.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The cluster or the inventory.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Objects of the set cannot be applied; nothing was written.
    #[error("some objects cannot be applied, so nothing was")]
    Refused(Box<Plan>),
    /// The plan would destroy what has to be acknowledged first.
    #[error("the plan would destroy more than may be destroyed without a word")]
    Blast(Box<Plan>, Blast),
}

impl From<ClusterError> for ApplyError {
    fn from(error: ClusterError) -> Self {
        Self::Store(error.into())
    }
}

impl Applied {
    /// Whether everything was written and, where that was waited for, is healthy.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failures.is_empty() && self.health.iter().all(|(_, health)| *health == Health::Current)
    }
}

/// Applies a set.
///
/// # Errors
/// Where nothing was written, or where the cluster stopped answering: then the inventory still holds everything, and the
/// next run goes on from there.
pub async fn apply(
    cluster: &Cluster,
    approved: &Approved,
    release: Release,
    options: &Options,
    told: &(dyn Fn(Event) + Sync),
) -> Result<Applied, ApplyError> {
    carry_out(cluster, plan(cluster, approved, options).await?, release, options, told).await
}

/// Carries out a plan that was made with the same options, or with others that make no difference to it.
///
/// # Errors
/// As [`apply`].
pub async fn carry_out(
    cluster: &Cluster,
    plan: Plan,
    release: Release,
    options: &Options,
    told: &(dyn Fn(Event) + Sync),
) -> Result<Applied, ApplyError> {
    if plan.is_refused() {
        return Err(ApplyError::Refused(Box::new(plan)));
    }
    let blast = Blast::of(&plan, &options.acknowledged);
    if !blast.gates.is_empty() {
        return Err(ApplyError::Blast(Box::new(plan), blast));
    }
    let release = Release { digest: plan.digest.clone(), ..release };
    let store = Store::new(cluster, &options.inventory_namespace, &options.manager);
    let run = Run { cluster, options, told, failures: Mutex::default() };
    run.carry_out(plan, release, &store).await
}

/// Looks once how the objects are of a plan that is not carried out because others have changed them, and notes for those that
/// come after the application whether they are healthy. Of the release it says nothing, as that is not what is there.
///
/// # Errors
/// Where the cluster does not answer, or another run is at work.
pub async fn observe(
    cluster: &Cluster,
    plan: Plan,
    options: &Options,
    told: &(dyn Fn(Event) + Sync),
) -> Result<(), StoreError> {
    let known = plan.inventory();
    if options.wait.is_none() || known.phase != Phase::Applied {
        return Ok(());
    }
    let once = Options { wait: Some(Duration::ZERO), ..options.clone() };
    let run = Run { cluster, options: &once, told, failures: Mutex::default() };
    let (kept, objects) = (plan.kept, references(plan.steps));
    let unhealthy = !is_healthy(&run.health(&objects, &plan.kinds).await?);
    if unhealthy == kept.inventory.unhealthy {
        return Ok(());
    }
    let store = Store::new(cluster, &options.inventory_namespace, &options.manager);
    let inventory = Inventory { unhealthy, ..kept.inventory.clone() };
    store.replace(kept, inventory).await.map(drop)
}

struct Run<'a> {
    cluster: &'a Cluster,
    options: &'a Options,
    told: &'a (dyn Fn(Event) + Sync),
    failures: Mutex<Vec<Failure>>,
}

impl Run<'_> {
    async fn carry_out(self, plan: Plan, release: Release, store: &Store) -> Result<Applied, ApplyError> {
        let before = plan.kept.clone();
        let is_current = before.inventory.release.as_ref().is_some_and(|known| known.is_same(&release));
        let has_work = plan.changes();
        if !has_work && is_current && before.inventory.phase == Phase::Applied {
            // What is not needed to wait for health is let go, here and below: that may last, and others work meanwhile.
            let objects = references(plan.steps);
            let health = self.health(&objects, &plan.kinds).await?;
            let mut inventory = before.inventory.clone();
            // What was given up for this release is no more, once Git itself has come back to it.
            if !is_same(inventory.quarantined.as_ref(), self.options.quarantine.as_ref()) {
                inventory.quarantined.clone_from(&self.options.quarantine);
                inventory.returning = inventory.quarantined.is_some();
            }
            if self.options.wait.is_some() {
                // It stays a release to go back to: what is seen of it now is for those that come after it.
                inventory.unhealthy = !is_healthy(&health);
                if !inventory.unhealthy && (inventory.returning || !remembers(&inventory)) {
                    inventory.remember();
                }
            } else {
                inventory.returning = false;
            }
            if inventory != before.inventory {
                store.replace(before, inventory).await?;
            }
            return Ok(Applied { objects: objects.len(), has_written: false, failures: Vec::new(), health });
        }
        let mut union = union(&plan, &before.inventory, release);
        union.give_up(self.options.quarantine.as_ref(), before.inventory.release.as_ref());
        let mut kept = store.replace(before, union.clone()).await?;
        (self.told)(Event::Begun);

        let mut inventory = union;
        let mut refreshed: Option<Kinds> = None;
        let guard = Guard::new(store, &kept);
        let written = self.write(&plan, &mut inventory, &mut refreshed, &guard).await;
        drop(guard);
        let ended = match written {
            Ok(whole) => {
                inventory.phase = if whole { Phase::Applied } else { Phase::Failed };
                // Where nobody waits for health, a way back is at its end with the last write.
                inventory.returning &= !whole || self.options.wait.is_some();
                store.replace(kept, inventory.clone()).await.map(|kept| (whole, kept))
            }
            Err(error) => Err(error),
        };
        let whole;
        (whole, kept) = match ended {
            Ok(ended) => ended,
            Err(error @ StoreError::Busy { .. }) => {
                store.add(&self.options.application, &touched(&plan, &inventory)).await?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        };
        let Plan { steps, kinds, .. } = plan;
        let (objects, kinds) = (references(steps), refreshed.unwrap_or(kinds));
        let health = if whole { self.health(&objects, &kinds).await? } else { Vec::new() };
        if whole && self.options.wait.is_some() {
            let before = std::mem::replace(&mut inventory.unhealthy, !is_healthy(&health));
            if !inventory.unhealthy {
                inventory.remember();
            }
            if !inventory.unhealthy || !before {
                store.replace(kept, inventory).await?;
            }
        }
        (self.told)(Event::Ended);
        let failures = self.failures.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Applied { objects: objects.len(), has_written: has_work, failures, health })
    }

    /// Writes and deletes what the plan says, and notes it in the inventory. Whether all of it came through.
    async fn write(
        &self,
        plan: &Plan,
        inventory: &mut Inventory,
        refreshed: &mut Option<Kinds>,
        guard: &Guard<'_>,
    ) -> Result<bool, StoreError> {
        let places =
            inventory.entries.iter().enumerate().map(|(place, entry)| (entry.reference.key(), place)).collect();
        let writing = Writing { plan, known: Known::of(&plan.kept.inventory) };
        for stage in Stage::ALL {
            let steps: Vec<_> = plan.steps.iter().filter(|step| step.desired.stage == stage).collect();
            let kinds = refreshed.as_ref().unwrap_or(&plan.kinds);
            let writes: Vec<_> = steps.iter().map(|step| self.one(step, &writing, kinds, guard)).collect();
            let mut whole = true;
            let mut written = futures::stream::iter(writes).buffered(self.options.concurrency.max(1));
            for step in &steps {
                // The first that has no answer ends it: the others would wait as long.
                match written.next().await.transpose()?.flatten() {
                    Some(live) => note(inventory, &places, &step.desired, &live),
                    None => whole = false,
                }
            }
            drop(written);
            if !whole {
                return Ok(false);
            }
            if stage == Stage::Definitions && steps.iter().any(|step| !matches!(step.action, Action::Unchanged { .. }))
            {
                let definitions: Vec<_> = steps.iter().map(|step| &step.desired).collect();
                if !self.established(&definitions, kinds).await? {
                    return Ok(false);
                }
                *refreshed = Some(served(self.cluster, plan).await?);
            }
        }
        self.prune(plan, refreshed.as_ref().unwrap_or(&plan.kinds), inventory, guard).await
    }

    async fn health(&self, objects: &[Reference], kinds: &Kinds) -> Result<Vec<(Reference, Health)>, ClusterError> {
        let Some(limit) = self.options.wait else { return Ok(Vec::new()) };
        (self.told)(Event::Waiting);
        let told =
            |reference: &Reference, health: &Health| (self.told)(Event::Health(reference.clone(), health.clone()));
        wait_for(self.cluster, kinds, objects, limit, self.options.concurrency, &told).await
    }
}

fn references(steps: Vec<Step>) -> Vec<Reference> {
    steps.into_iter().map(|step| step.reference).collect()
}

fn is_healthy(health: &[(Reference, Health)]) -> bool {
    health.iter().all(|(_, health)| *health == Health::Current)
}

fn remembers(inventory: &Inventory) -> bool {
    inventory.release.is_some() && is_same(inventory.release.as_ref(), inventory.healthy.first())
}

fn is_same(one: Option<&Release>, other: Option<&Release>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.is_same(other),
        (None, None) => true,
        (_, _) => false,
    }
}

/// Everything that is there and everything that is to come: from now on, whatever happens, nothing is without an owner.
fn union(plan: &Plan, before: &Inventory, release: Release) -> Inventory {
    let mut entries = before.entries.clone();
    for step in plan.steps.iter().filter(|step| !step.is_known) {
        entries.push(Entry { reference: step.reference.clone(), uid: None, digest: None, left: false });
    }
    // What is written has no known digest until it was: a run that ends in between is not taken for one that came through.
    // What is made anew has another UID.
    let writes = plan.steps.iter().filter(|step| !matches!(step.action, Action::Unchanged { .. }));
    let writes: BTreeMap<Key, &Step> = writes.map(|step| (step.reference.key(), step)).collect();
    let wanted: BTreeSet<Key> = plan.steps.iter().map(|step| step.reference.key()).collect();
    let spared = before.spared.iter().filter(|entry| !wanted.contains(&entry.reference.key())).cloned().collect();
    for entry in &mut entries {
        entry.left = !wanted.contains(&entry.reference.key());
        let Some(step) = writes.get(&entry.reference.key()) else { continue };
        entry.digest = None;
        entry.reference = step.reference.clone();
        if matches!(step.action, Action::Create | Action::Deferred { .. }) {
            entry.uid = None;
        }
    }
    entries.sort_by(|one, other| one.reference.cmp(&other.reference));
    Inventory { phase: Phase::Applying, release: Some(release), spared, entries, ..before.clone() }
}

fn note(inventory: &mut Inventory, places: &BTreeMap<Key, usize>, desired: &Desired, live: &Live) {
    let place = places.get(&desired.reference.key()).copied();
    if let Some(entry) = place.and_then(|place| inventory.entries.get_mut(place)) {
        entry.uid = Some(live.uid().to_owned());
        entry.digest = Some(desired.digest.clone());
    }
}

/// The entries of what a run may have made or changed, whether or not it knows. What it does not know of may have been deleted
/// before, and made anew.
fn touched(plan: &Plan, inventory: &Inventory) -> Vec<Entry> {
    let entries = inventory.by_key();
    let steps = plan.steps.iter().filter(|step| !matches!(step.action, Action::Unchanged { .. }));
    let touched = steps.filter_map(|step| entries.get(&step.reference.key()).map(|entry| Entry::clone(entry)));
    touched.map(|entry| Entry { uid: entry.uid.filter(|_| entry.digest.is_some()), ..entry }).collect()
}
