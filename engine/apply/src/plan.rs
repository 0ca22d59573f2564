//! What applying a set would do, object by object, with everything that is wrong at once. Nothing is written.

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt};
use http::Method;
use sluice_manifest::Node;
use sluice_policy::Approved;

use crate::adopt;
use crate::cluster::{Call, Cluster};
use crate::compare;
use crate::desired::{Desired, hex};
use crate::error::ClusterError;
use crate::inventory::{Entry, Inventory};
use crate::kinds::{Kind, Kinds, Lookup, escaped};
use crate::live::Live;
use crate::options::{Conflicts, Options};
use crate::prune;
use crate::reference::{Key, Reference};
use crate::stage::Stage;
use crate::store::{Kept, Store, StoreError};

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
    /// Whether the inventory holds it already.
    pub is_known: bool,
    pub(crate) desired: Desired,
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
/// Where the cluster does not answer, or the inventory cannot be read. What is wrong with single objects is in the plan.
pub async fn plan(cluster: &Cluster, approved: &Approved, options: &Options) -> Result<Plan, StoreError> {
    let store = Store::new(cluster, &options.inventory_namespace, &options.manager);
    let (kinds, own) = futures::future::join(Kinds::of(cluster), store.own(&options.application)).await;
    let (mut kinds, own) = (kinds?, own?);
    kinds.define(approved.manifests().iter().map(AsRef::as_ref));
    let desired = Desired::all(approved, &kinds, options);
    let known = own.inventory.entries.iter().map(|entry| &entry.reference);
    let keys = desired.iter().map(|desired| &desired.reference).chain(known).map(Reference::key).collect();
    let others = store.others(&options.application, &keys).await?;
    let look =
        Look { cluster, options, kinds: &kinds, others: &others, entries: own.inventory.by_key(), desired: &desired };
    let looks: Vec<_> = desired.iter().map(|desired| look.step(desired)).collect();
    let steps = futures::stream::iter(looks).buffered(options.concurrency.max(1)).try_collect().await?;
    let mut prunes = prune::look(cluster, &kinds, options, &stale(&own.inventory, &desired), &others).await?;
    prunes.sort_by(|(one, _), (other, _)| (Stage::of(other), other).cmp(&(Stage::of(one), one)));
    Ok(Plan { digest: hex(approved.set_digest()), steps, prunes, kept: own, kinds })
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

    /// The application's inventory as it stands.
    #[must_use]
    pub fn inventory(&self) -> &Inventory {
        &self.kept.inventory
    }
}

/// What is looked at for each object.
struct Look<'a> {
    cluster: &'a Cluster,
    options: &'a Options,
    kinds: &'a Kinds,
    others: &'a BTreeMap<Key, std::collections::BTreeSet<String>>,
    entries: BTreeMap<Key, &'a Entry>,
    desired: &'a [Desired],
}

impl Look<'_> {
    async fn step(&self, desired: &Desired) -> Result<Step, ClusterError> {
        let key = desired.reference.key();
        let entry = self.entries.get(&key).copied();
        let action = self.action(desired, entry).await?;
        let reference = desired.reference.clone();
        Ok(Step { reference, action, is_known: entry.is_some(), desired: desired.clone() })
    }

    async fn action(&self, desired: &Desired, entry: Option<&Entry>) -> Result<Action, ClusterError> {
        if let Some(fault) = &desired.fault {
            return Ok(refused(fault.clone(), ""));
        }
        let reference = &desired.reference;
        let kind = match self.kinds.get(reference) {
            Lookup::Served(kind) => kind,
            Lookup::Defined(_) => {
                return Ok(Action::Deferred { reason: String::from("its CustomResourceDefinition is applied first") });
            }
            Lookup::Absent => {
                let message = format!("the cluster has no kind {} in {}", reference.kind, group_version(reference));
                let help = "add the CustomResourceDefinition to the set, or check apiVersion and kind";
                return Ok(refused(message, help));
            }
            Lookup::Unknown => {
                let message = format!("the server behind the API group `{}` does not answer", reference.group);
                return Ok(refused(
                    message,
                    "see `kubectl get apiservices`; nothing can be said of the kind until it does",
                ));
            }
        };
        let live = match read(self.cluster, kind, reference).await {
            Ok(live) => live,
            Err(error) if error.refusal().is_some() => return Ok(refused(error.to_string(), &error.help())),
            Err(error) => return Err(error),
        };
        if let Some(fault) = self.foreign(reference, entry, live.as_ref()) {
            return Ok(fault);
        }
        if let Some(live) = live.as_ref().filter(|live| !live.is_terminating()) {
            let as_before = entry.is_some_and(|entry| entry.digest.as_ref() == Some(&desired.digest));
            if as_before && compare::holds(live.resource().root(), desired.resource.root()) {
                return Ok(Action::Unchanged { live: live.known() });
            }
        }
        self.ask(desired, kind, live).await
    }

    /// What keeps the object from being touched because of who has it.
    fn foreign(&self, reference: &Reference, entry: Option<&Entry>, live: Option<&Live>) -> Option<Action> {
        let live = live?;
        if let Some(owners) = self.others.get(&reference.key()).filter(|_| !self.options.adopt) {
            let names: Vec<String> = owners.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("it belongs to the application {}", names.join(", "));
            return Some(refused(message, "take it out of one of the two; `adopt: true` takes it over"));
        }
        // Without a UID it is not known whether a run that ended suddenly has made it: then its field manager tells.
        let uid = entry.and_then(|entry| entry.uid.as_deref());
        let is_ours = uid == Some(live.uid()) || entry.is_some() && uid.is_none() && is_nobodys(live);
        if !is_ours && !self.options.adopt && !has_manager(live, &self.options.manager) {
            let message = if uid.is_some() {
                "somebody deleted it and made another with its name"
            } else {
                "it is there already, and no application owns it"
            };
            return Some(refused(message.to_owned(), "`adopt: true` in the application takes such objects over"));
        }
        None
    }

    /// Asks the API server what applying would do.
    async fn ask(&self, desired: &Desired, kind: &Kind, live: Option<Live>) -> Result<Action, ClusterError> {
        let write = Write { cluster: self.cluster, manager: &self.options.manager, kind, desired };
        let (answer, force) = match write.send(true, false).await {
            Ok(answer) => (answer, false),
            Err(error) => match self.refusal(desired, &error, false)? {
                Some(action) => return Ok(action),
                None => match write.send(true, true).await {
                    Ok(answer) => (answer, true),
                    Err(error) => {
                        let action = self.refusal(desired, &error, true)?;
                        return Ok(action.unwrap_or_else(|| refused(error.to_string(), "")));
                    }
                },
            },
        };
        Ok(match live {
            None => Action::Create,
            Some(before) if before.is_terminating() => {
                Action::Deferred { reason: String::from("it is being deleted; it is made anew once it is gone") }
            }
            Some(before)
                if !self.is_new(desired) && compare::alike(before.resource().root(), answer.resource().root()) =>
            {
                Action::Unchanged { live: before.known() }
            }
            Some(before) => Action::Change { before, after: answer, force },
        })
    }

    /// Whether the inventory does not have it: then it is written once, so that its fields have an owner.
    fn is_new(&self, desired: &Desired) -> bool {
        let entry = self.entries.get(&desired.reference.key());
        entry.is_none_or(|entry| self.options.adopt && entry.uid.is_none())
    }

    /// What a refusal of a dry run means; none where it should be asked again with force.
    fn refusal(&self, desired: &Desired, error: &ClusterError, forced: bool) -> Result<Option<Action>, ClusterError> {
        let Some(refusal) = error.refusal() else { return Err(error.clone()) };
        let conflicts = refusal.conflicts();
        // On adoption the hands that made the object give their fields up.
        let adopts = self.options.adopt && self.is_new(desired);
        let give_up = adopts && conflicts.iter().all(|conflict| adopt::is_before(&conflict.manager));
        if !conflicts.is_empty() && !forced && (give_up || self.options.conflicts == Conflicts::Take) {
            let kept = conflicts.iter().find(|conflict| conflict.is_kept());
            match kept {
                None => return Ok(None),
                Some(kept) => {
                    let message = format!("`{}` is owned by `{}`, which would fight back", kept.field, kept.manager);
                    return Ok(Some(refused(message, "take the field out of the manifest")));
                }
            }
        }
        let reference = &desired.reference;
        let namespace = reference.namespace.as_deref().unwrap_or_default();
        let comes = |group: &str, kind: &str, name: &str| {
            self.desired.iter().any(|other| other.reference.is(group, kind) && other.reference.name == name)
        };
        if refusal.code == 404 && refusal.message.contains("namespaces") && comes("", "Namespace", namespace) {
            return Ok(Some(Action::Deferred { reason: format!("the namespace `{namespace}` is applied first") }));
        }
        if matches!(refusal.code, 400 | 422) && self.defines(reference) {
            let reason =
                String::from("its CustomResourceDefinition changes first; the schema of today does not accept it");
            return Ok(Some(Action::Deferred { reason }));
        }
        Ok(Some(refused(refusal.to_string(), &error.help())))
    }

    /// Whether the set has the definition of the object's kind.
    fn defines(&self, reference: &Reference) -> bool {
        self.desired.iter().any(|other| {
            let at = |pointer: &str| other.resource.root().at(pointer).and_then(Node::as_str);
            other.stage == Stage::Definitions
                && at("/spec/group") == Some(&reference.group)
                && at("/spec/names/kind") == Some(&reference.kind)
        })
    }
}

/// A server-side apply of one object.
pub(crate) struct Write<'a> {
    pub(crate) cluster: &'a Cluster,
    pub(crate) manager: &'a str,
    pub(crate) kind: &'a Kind,
    pub(crate) desired: &'a Desired,
}

impl Write<'_> {
    /// Sends it, and gives the object as it is afterwards, or would be.
    pub(crate) async fn send(&self, dry_run: bool, force: bool) -> Result<Live, ClusterError> {
        let reference = &self.desired.reference;
        let mut path = self.kind.path(reference);
        path.push_str(&format!("?fieldManager={}&fieldValidation=Strict&force={force}", escaped(self.manager)));
        if dry_run {
            path.push_str("&dryRun=All");
        }
        let body = self.desired.body();
        let call = Call::new(Method::PATCH, path, format!("apply {reference}"));
        let call = Call { dry_run, ..call.body("application/apply-patch+yaml", &body) };
        let answer = self.cluster.call(&call).await?;
        live(self.cluster, &call.what, &answer)
    }
}

impl Write<'_> {
    /// Sends a JSON Patch of the object.
    pub(crate) async fn patch(&self, patch: &str) -> Result<(), ClusterError> {
        let reference = &self.desired.reference;
        let path = format!("{}?fieldManager={}", self.kind.path(reference), escaped(self.manager));
        let call = Call::new(Method::PATCH, path, format!("take over {reference}"));
        self.cluster.call(&call.body("application/json-patch+json", patch.as_bytes())).await.map(drop)
    }
}

/// Reads an object; none where it is not there.
pub(crate) async fn read(cluster: &Cluster, kind: &Kind, reference: &Reference) -> Result<Option<Live>, ClusterError> {
    let call = Call::new(Method::GET, kind.path(reference), format!("read {reference}"));
    match cluster.call(&call).await {
        Ok(answer) => live(cluster, &call.what, &answer).map(Some),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn live(cluster: &Cluster, what: &str, answer: &[u8]) -> Result<Live, ClusterError> {
    Live::read(answer).map_err(|cause| ClusterError::Garbled {
        server: cluster.server().to_owned(),
        what: what.to_owned(),
        cause,
    })
}

/// Whether a field manager has applied the object.
pub(crate) fn has_manager(live: &Live, manager: &str) -> bool {
    let entries = live.at("/metadata/managedFields").map(Node::items).into_iter().flatten();
    entries.into_iter().any(|entry| {
        let at = |name: &str| entry.get(name).and_then(Node::as_str).unwrap_or_default();
        at("manager") == manager && at("operation") == "Apply"
    })
}

/// Whether no field of the object has a manager: so it is where what was applied has a name and nothing else.
fn is_nobodys(live: &Live) -> bool {
    let entries = live.at("/metadata/managedFields").map(Node::items).into_iter().flatten();
    entries.into_iter().all(|entry| entry.get("subresource").is_some())
}

fn refused(message: String, help: &str) -> Action {
    Action::Refused { message, help: help.to_owned() }
}

fn group_version(reference: &Reference) -> String {
    match reference.group.as_str() {
        "" => format!("`{}`", reference.version),
        group => format!("`{group}/{}`", reference.version),
    }
}
