//! What applying a set would do, object by object, with everything that is wrong at once. Nothing is written.

mod along;
mod look;

use data_encoding::HEXLOWER;
use futures::{StreamExt, TryStreamExt};
use sluice_policy::Approved;

use crate::cluster::Cluster;
use crate::desired::Desired;
use crate::ignore::Ignored;
use crate::inventory::{Entry, Inventory, Known};
use crate::kinds::Kinds;
use crate::live::Live;
use crate::options::Options;
use crate::owned;
use crate::place::Place;
use crate::prune;
use crate::reference::{Key, Reference};
use crate::store::{Kept, Store, StoreError};
pub(crate) use along::{Staying, along_with, spare};
use look::Look;
pub(crate) use look::{is_nobodys, is_ours};

/// What applying a set would do.
#[derive(Debug)]
pub struct Plan {
    /// For each object of the set, in the order in which they are applied.
    pub steps: Vec<Step>,
    /// For each object of the inventory that is no longer in the set, in the order in which they are deleted.
    pub prunes: Vec<(Reference, Prune)>,
    /// Digest of the approved set that it was made of, in hexadecimal.
    pub(crate) digest: String,
    pub(crate) kept: Kept,
    pub(crate) kinds: Kinds,
}

/// What becomes of an object of the set.
#[derive(Debug)]
pub struct Step {
    /// Its name.
    pub reference: Reference,
    /// What would happen.
    pub action: Action,
    /// What of it is left to others: not sent, or sent as it stands in the cluster.
    pub ignored: Vec<Ignored>,
    /// Whether the inventory holds it already.
    pub is_known: bool,
    /// Whether it is taken over by this run, or by one that ended before it was through with it.
    pub(crate) adopts: bool,
    pub(crate) desired: Desired,
}

impl Step {
    /// Where somebody wrote what keeps the object from being applied: the field, where one is named, else the object's name;
    /// none where it can be applied.
    #[must_use]
    pub fn refused_at(&self) -> Option<Place> {
        match &self.action {
            Action::Refused { message, .. } => Some(Place::of(&self.desired.resource, message)),
            Action::Create | Action::Change { .. } | Action::Unchanged { .. } | Action::Deferred { .. } => None,
        }
    }
}

/// What becomes of an object.
#[derive(Debug)]
pub enum Action {
    /// It is not there yet.
    Create,
    /// It is there and differs.
    Change {
        /// As it is.
        before: Live,
        /// As it would be.
        after: Live,
        /// Whether fields of other managers are taken over.
        force: bool,
        /// Whether no value differs, but only who owns the fields or in which version they were said.
        owners_only: bool,
    },
    /// It is there as it should be: nothing is written.
    Unchanged {
        /// Its kind, name and UID; the rest is let go.
        live: Live,
    },
    /// It cannot be tried before something else is there.
    Deferred {
        /// What has to come first.
        reason: String,
    },
    /// It cannot be applied.
    Refused {
        /// Why.
        message: String,
        /// What to do about it; empty where nothing can be said.
        help: String,
    },
}

/// What becomes of an object that is no longer in the set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prune {
    /// It is deleted, if it still is the object with this UID.
    Delete {
        /// Its UID.
        uid: String,
    },
    /// It is gone already.
    Gone,
    /// It stays in the cluster, and leaves the inventory.
    Released {
        /// Why.
        reason: String,
        /// Whether somebody has said that it stays: then nothing may take it along.
        is_wanted: bool,
    },
    /// It stays in the cluster and in the inventory.
    Kept {
        /// Why.
        reason: String,
    },
    /// Nothing can be said of it, so nothing is pruned.
    Unknown {
        /// Why.
        reason: String,
    },
}

/// Plans an application.
///
/// # Errors
/// Where the cluster does not answer, the inventory cannot be read, or another run of the same application is at work. What is
/// wrong with single objects is in the plan.
pub async fn plan(cluster: &Cluster, approved: &Approved, options: &Options) -> Result<Plan, StoreError> {
    let store = Store::new(cluster, &options.inventory_namespace, &options.manager);
    let (kinds, own) = futures::future::join(Kinds::of(cluster), store.own(&options.application)).await;
    let (mut kinds, own) = (kinds?, own?);
    kinds.define(approved.manifests().iter().map(AsRef::as_ref));
    let desired = Desired::all(approved, &kinds, options);
    let known = own.inventory.entries.iter().chain(&own.inventory.spared).map(|entry| &entry.reference);
    let keys = desired.iter().map(|desired| &desired.reference).chain(known).map(Reference::key).collect();
    let others = store.others(&options.application, &keys).await?;
    let look =
        Look { cluster, options, kinds: &kinds, others: &others, known: Known::of(&own.inventory), desired: &desired };
    let looks: Vec<_> = desired.iter().map(|desired| look.step(desired)).collect();
    let mut steps: Vec<Step> = futures::stream::iter(looks).buffered(options.concurrency.max(1)).try_collect().await?;
    let stale = stale(&own.inventory, &desired);
    let prunes = prune::fates(cluster, &kinds, options, &stale, &own.inventory, &others).await?;
    along::refuse(&mut steps, &prunes, &kinds);
    let plan = Plan { digest: HEXLOWER.encode(approved.set_digest()), steps, prunes, kept: own, kinds };
    // What stands in the way may be what another run of the same application has made since its inventory was read.
    if plan.is_refused() && store.has_moved_on(&options.application, &plan.kept).await? {
        return Err(StoreError::Busy { application: options.application.clone() });
    }
    Ok(plan)
}

/// What the inventory has and the set has not.
fn stale(inventory: &Inventory, desired: &[Desired]) -> Vec<Entry> {
    let wanted: std::collections::BTreeSet<Key> = desired.iter().map(|desired| desired.reference.key()).collect();
    inventory.entries.iter().filter(|entry| !wanted.contains(&entry.reference.key())).cloned().collect()
}

impl Plan {
    /// Whether applying it would write anything to the application's objects.
    #[must_use]
    pub fn changes(&self) -> bool {
        let writes = |action: &Action| match action {
            Action::Create | Action::Change { .. } | Action::Deferred { .. } => true,
            Action::Unchanged { .. } | Action::Refused { .. } => false,
        };
        let leaves = |prune: &Prune| !matches!(prune, Prune::Kept { .. } | Prune::Unknown { .. });
        self.steps.iter().any(|step| writes(&step.action)) || self.prunes.iter().any(|(_, prune)| leaves(prune))
    }

    /// Whether an object cannot be applied.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.action, Action::Refused { .. }))
    }

    /// Digest of the approved set that it was made of, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// The application's inventory as it stands.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.kept.inventory
    }
}

/// Whether a field manager has applied the object.
pub(crate) fn has_manager(live: &Live, manager: &str) -> bool {
    owned::applied(live, manager).is_some()
}
