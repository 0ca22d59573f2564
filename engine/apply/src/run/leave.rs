//! The part of a run that deletes what is no longer wanted.

use std::collections::{BTreeMap, BTreeSet};

use futures::{StreamExt, TryStreamExt};

use super::{Event, Run};
use crate::guard::Guard;
use crate::inventory::Inventory;
use crate::kinds::{Kinds, Lookup};
use crate::options::Options;
use crate::plan::{Plan, Prune, Staying, along_with, spare};
use crate::prune::{self, Removal};
use crate::reference::{Key, Reference};
use crate::stage::Stage;
use crate::store::{Store, StoreError};

/// What became of an object that is no longer wanted.
enum Left {
    Away,
    Stays,
    Failed,
}

/// What is known of all that leaves.
struct Leaving<'a> {
    kinds: &'a Kinds,
    /// What could not be deleted until now.
    staying: Staying,
    /// The UIDs of what was applied.
    applied: &'a BTreeSet<String>,
    guard: &'a Guard<'a>,
}

impl Run<'_> {
    /// Deletes what the plan says, in its order, stage by stage. Whether all of it came through. The kinds are those that there
    /// are by now: a version of which the plan knows may have gone with what was written.
    pub(super) async fn prune(
        &self,
        plan: &Plan,
        kinds: &Kinds,
        inventory: &mut Inventory,
        guard: &Guard<'_>,
    ) -> Result<bool, StoreError> {
        let prunes = self.looked_at_again(plan, kinds).await?;
        if prunes.iter().any(|(_, prune)| matches!(prune, Prune::Unknown { .. })) {
            for (reference, prune) in &prunes {
                if let Prune::Unknown { reason } = prune {
                    self.not_deleted(reference, reason);
                }
            }
            return Ok(false);
        }
        let wanted: BTreeSet<Key> = plan.steps.iter().map(|step| step.reference.key()).collect();
        let applied = inventory.entries.iter().filter(|entry| wanted.contains(&entry.reference.key()));
        let applied: BTreeSet<String> = applied.filter_map(|entry| entry.uid.clone()).collect();
        let mut failed: Vec<&Reference> = Vec::new();
        let mut away: BTreeSet<Reference> = BTreeSet::new();
        for stage in Stage::ALL.into_iter().rev() {
            let of_stage: Vec<_> = prunes.iter().filter(|(reference, _)| Stage::of(reference) == stage).collect();
            let staying = Staying::of(failed.iter().copied(), kinds);
            let objects = Leaving { kinds, staying, applied: &applied, guard };
            let leaving: Vec<_> =
                of_stage.iter().map(|(reference, prune)| self.leave(reference, prune, &objects)).collect();
            let done: Vec<_> =
                futures::stream::iter(leaving).buffered(self.options.concurrency.max(1)).try_collect().await?;
            for ((reference, _), outcome) in of_stage.iter().zip(done) {
                match outcome {
                    Left::Away => drop(away.insert(reference.clone())),
                    Left::Stays => {}
                    Left::Failed => failed.push(reference),
                }
            }
        }
        let stays = |prune: &Prune| matches!(prune, Prune::Released { is_wanted: true, .. });
        let stay = prunes.iter().filter(|(_, prune)| stays(prune)).map(|(reference, _)| reference.clone()).collect();
        inventory.let_go(&away, &stay);
        Ok(failed.is_empty())
    }

    /// What becomes of each object now: of what is to be deleted somebody may have said since that it stays, or have taken it
    /// over.
    async fn looked_at_again(&self, plan: &Plan, kinds: &Kinds) -> Result<Vec<(Reference, Prune)>, StoreError> {
        let is_deleted = |prune: &Prune| matches!(prune, Prune::Delete { .. });
        let wanted = plan.prunes.iter().filter(|(_, prune)| is_deleted(prune)).map(|(reference, _)| reference.key());
        let wanted: BTreeSet<Key> = wanted.collect();
        if wanted.is_empty() {
            return Ok(plan.prunes.clone());
        }
        let Options { application, inventory_namespace, manager, .. } = self.options;
        let Inventory { entries, spared, .. } = &plan.kept.inventory;
        let spared = along_with(spared, &plan.prunes, kinds);
        let keys = wanted.iter().cloned().chain(spared.iter().map(|entry| entry.reference.key())).collect();
        let others = Store::new(self.cluster, inventory_namespace, manager).others(application, &keys).await?;
        let entries = entries.iter().filter(|entry| wanted.contains(&entry.reference.key()));
        let now = prune::look(self.cluster, kinds, self.options, entries, &others).await?;
        let before = prune::look(self.cluster, kinds, self.options, spared, &others).await?;
        let mut now: BTreeMap<Reference, Prune> = now.into_iter().collect();
        let prunes = plan.prunes.iter().map(|(reference, before)| {
            let prune = match now.remove(reference) {
                // Served a moment ago, and no more in any version, though the set goes on defining it.
                Some(Prune::Gone)
                    if plan.kinds.is_defined(reference) && matches!(kinds.any_version(reference), Lookup::Absent) =>
                {
                    Prune::Unknown { reason: String::from("its kind is defined, and not served in any version") }
                }
                Some(prune) => prune,
                None => before.clone(),
            };
            (reference.clone(), prune)
        });
        let mut prunes: Vec<_> = prunes.collect();
        spare(&mut prunes, &before, kinds);
        Ok(prunes)
    }

    async fn leave(
        &self,
        reference: &Reference,
        prune: &Prune,
        Leaving { kinds, staying, applied, guard }: &Leaving<'_>,
    ) -> Result<Left, StoreError> {
        let uid = match prune {
            Prune::Gone => return Ok(Left::Away),
            Prune::Released { reason, .. } => {
                (self.told)(Event::Released(reference.clone(), reason.clone()));
                return Ok(Left::Away);
            }
            Prune::Kept { .. } | Prune::Unknown { .. } => return Ok(Left::Stays),
            // The same object under another API group.
            Prune::Delete { uid } if applied.contains(uid) => return Ok(Left::Away),
            Prune::Delete { uid } => uid,
        };
        if let Some(object) = staying.goes_with(reference) {
            self.not_deleted(reference, &takes_along(object));
            return Ok(Left::Failed);
        }
        let Lookup::Served(kind) = kinds.any_version(reference) else { return Ok(Left::Stays) };
        guard.check().await?;
        match prune::remove(self.cluster, kind, reference, uid).await {
            Ok(Removal::Done) => {
                (self.told)(Event::Deleted(reference.clone()));
                Ok(Left::Away)
            }
            Ok(Removal::NotOurs) => Ok(Left::Away),
            // It stays in the inventory until it is gone.
            Ok(Removal::Going(reason)) => {
                (self.told)(Event::Going(reference.clone(), reason));
                Ok(Left::Stays)
            }
            Err(error) if error.refusal().is_some() => {
                self.not_deleted(reference, &error.to_string());
                Ok(Left::Failed)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Why a namespace or a definition is not deleted once an object of it was not.
pub(crate) fn takes_along(object: &Reference) -> String {
    format!("it would take {object} along, which could not be deleted")
}
