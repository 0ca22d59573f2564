//! What becomes of an object of the set: it is read, and where that does not tell, the API server is asked.

use std::collections::{BTreeMap, BTreeSet};

use sluice_manifest::Node;

use super::{Action, Step, has_manager};
use crate::adopt;
use crate::cluster::Cluster;
use crate::compare;
use crate::desired::Desired;
use crate::error::ClusterError;
use crate::ignore::{Ignored, Sent};
use crate::inventory::{Entry, Known};
use crate::kinds::{Kind, Kinds, Lookup};
use crate::live::Live;
use crate::options::{Conflicts, Options};
use crate::reference::{Key, Reference};
use crate::stage::Stage;
use crate::store::{INVENTORY, is_inventory};
use crate::write::{Write, find};

/// What is looked at for each object.
pub(super) struct Look<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) options: &'a Options,
    pub(super) kinds: &'a Kinds,
    pub(super) others: &'a BTreeMap<Key, BTreeSet<String>>,
    pub(super) known: Known<'a>,
    pub(super) desired: &'a [Desired],
}

/// Whether a dry run takes over the fields of others.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Forced {
    No,
    Yes,
}

/// What was found of an object.
enum Found<'a> {
    /// What becomes of it is known.
    Decided(Action),
    /// Its kind, and the object as it is, if it is there.
    ToWeigh(&'a Kind, Option<Live>),
}

impl Look<'_> {
    pub(super) async fn step(&self, desired: &Desired) -> Result<Step, ClusterError> {
        let entry = self.known.get(&desired.reference);
        let (action, ignored) = match self.find(desired, entry).await? {
            Found::Decided(action) => (action, Vec::new()),
            Found::ToWeigh(kind, live) => self.weigh(desired, entry, kind, live).await?,
        };
        let reference = desired.reference.clone();
        let adopts = match &action {
            Action::Change { before, .. } => self.adopts(desired, Some(before)),
            Action::Create | Action::Unchanged { .. } | Action::Deferred { .. } | Action::Refused { .. } => false,
        };
        Ok(Step { reference, action, ignored, is_known: entry.is_some(), adopts, desired: desired.clone() })
    }

    /// Finds an object in the cluster, and what keeps it from being touched.
    async fn find(&self, desired: &Desired, entry: Option<&Entry>) -> Result<Found<'_>, ClusterError> {
        let decided = |action| Ok(Found::Decided(action));
        if let Some(fault) = &desired.fault {
            return decided(refused(fault.clone(), ""));
        }
        let reference = &desired.reference;
        let kind = match self.kinds.get(reference) {
            Lookup::Served(kind) => kind,
            Lookup::Defined(_) => return Ok(Found::Decided(self.defined(reference, entry).await?)),
            Lookup::Absent => {
                let message = format!("the cluster has no kind {} in {}", reference.kind, group_version(reference));
                let help = "add the CustomResourceDefinition to the set, or check apiVersion and kind";
                return decided(refused(message, help));
            }
            Lookup::Unknown => {
                let message = format!("the server behind the API group `{}` does not answer", reference.group);
                return decided(refused(
                    message,
                    "see `kubectl get apiservices`; nothing can be said of the kind until it does",
                ));
            }
        };
        let live = match find(self.cluster, kind, reference).await {
            Ok(live) => live,
            Err(error) if error.refusal().is_some() => return decided(refused(error.to_string(), &error.help())),
            Err(error) => return Err(error),
        };
        Ok(match self.foreign(reference, entry, live.as_ref()) {
            Some(fault) => Found::Decided(fault),
            None => Found::ToWeigh(kind, live),
        })
    }

    /// What becomes of an object whose version a definition of the set makes. The object may be there in another version, and
    /// be somebody else's.
    async fn defined(&self, reference: &Reference, entry: Option<&Entry>) -> Result<Action, ClusterError> {
        let live = match self.kinds.any_version(reference) {
            Lookup::Served(kind) => find(self.cluster, kind, reference).await,
            Lookup::Defined(_) | Lookup::Absent | Lookup::Unknown => Ok(None),
        };
        let deferred = || Action::Deferred { reason: String::from("its CustomResourceDefinition is applied first") };
        match live {
            Ok(live) => Ok(self.foreign(reference, entry, live.as_ref()).unwrap_or_else(deferred)),
            Err(error) if error.refusal().is_some() => Ok(refused(error.to_string(), &error.help())),
            Err(error) => Err(error),
        }
    }

    /// Compares what is there with what is wanted, and asks the API server where that does not tell.
    async fn weigh(
        &self,
        desired: &Desired,
        entry: Option<&Entry>,
        kind: &Kind,
        live: Option<Live>,
    ) -> Result<(Action, Vec<Ignored>), ClusterError> {
        let there = live.as_ref().filter(|live| !live.is_terminating());
        let sent = match there.map_or_else(|| Ok(Sent::whole(desired)), |live| Sent::of(desired, live, self.options)) {
            Ok(sent) => sent,
            Err(message) => return Ok((refused(message, "ignore it as a whole, or nothing of it"), Vec::new())),
        };
        let as_before = |live: &&Live| {
            entry.is_some_and(|entry| entry.digest.as_ref() == Some(&desired.digest) && is_it(entry, live))
        };
        let holds = |live: &&Live| compare::holds(live.resource().root(), sent.resource.root());
        if let Some(live) = there.filter(as_before).filter(holds) {
            return Ok((Action::Unchanged { live: live.known() }, sent.ignored));
        }
        let action = self.ask(desired, &sent, kind, live).await?;
        Ok((action, sent.ignored))
    }

    /// What keeps the object from being touched because of who has it.
    fn foreign(&self, reference: &Reference, entry: Option<&Entry>, live: Option<&Live>) -> Option<Action> {
        let live = live?;
        if is_inventory(live.resource(), reference, self.options) {
            return Some(refused(String::from(INVENTORY), "give the object another name"));
        }
        if let Some(owners) = self.others.get(&reference.key()).filter(|_| !self.options.adopt) {
            let names: Vec<String> = owners.iter().map(|name| format!("`{name}`")).collect();
            let message = format!("it belongs to the application {}", names.join(", "));
            return Some(refused(message, "take it out of one of the two; `adopt: true` takes it over"));
        }
        if !self.options.adopt && !is_ours(reference, &self.known, live, &self.options.manager) {
            let message = if entry.is_some_and(|entry| entry.uid.is_some()) {
                "somebody deleted it and made another with its name"
            } else {
                "it is there already, and no application owns it"
            };
            return Some(refused(message.to_owned(), "`adopt: true` in the application takes such objects over"));
        }
        None
    }

    /// Asks the API server what applying would do.
    async fn ask(
        &self,
        desired: &Desired,
        sent: &Sent,
        kind: &Kind,
        live: Option<Live>,
    ) -> Result<Action, ClusterError> {
        let reference = &desired.reference;
        let write = Write { cluster: self.cluster, manager: &self.options.manager, kind, reference, sent };
        let (answer, force) = match write.send(true, false).await {
            Ok(answer) => (answer, false),
            Err(error) => match self.refusal(desired, live.as_ref(), &error, Forced::No)? {
                Some(action) => return Ok(action),
                None => match write.send(true, true).await {
                    Ok(answer) => (answer, true),
                    Err(error) => {
                        let action = self.refusal(desired, live.as_ref(), &error, Forced::Yes)?;
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
            Some(before) => {
                let is_alike = !self.is_new(desired, Some(&before))
                    && compare::alike(before.resource().root(), answer.resource().root());
                if is_alike && compare::owned_alike(&before, &answer, &self.options.manager) {
                    Action::Unchanged { live: before.known() }
                } else {
                    Action::Change { before, after: answer, force, owners_only: is_alike }
                }
            }
        })
    }

    /// Whether the inventory does not have it, or has another in its place: then it is written once, so that its fields have an
    /// owner.
    fn is_new(&self, desired: &Desired, live: Option<&Live>) -> bool {
        let entry = self.known.get(&desired.reference);
        entry.is_none_or(|entry| self.options.adopt && live.is_some_and(|live| !is_it(entry, live)))
    }

    /// Whether it is taken over: by this run, or by one that ended before it was through with it.
    fn adopts(&self, desired: &Desired, live: Option<&Live>) -> bool {
        self.options.adopt && self.is_new(desired, live)
    }

    /// What a refusal of a dry run means; none where it should be asked again with force.
    fn refusal(
        &self,
        desired: &Desired,
        live: Option<&Live>,
        error: &ClusterError,
        forced: Forced,
    ) -> Result<Option<Action>, ClusterError> {
        let Some(refusal) = error.refusal() else { return Err(error.clone()) };
        let conflicts = refusal.conflicts();
        // On adoption the hands that made the object give their fields up.
        let give_up =
            self.adopts(desired, live) && conflicts.iter().all(|conflict| adopt::is_before(&conflict.manager));
        let may_force = give_up || self.options.conflicts == Conflicts::Take;
        if !conflicts.is_empty() && forced == Forced::No && may_force {
            let kept = conflicts.iter().find(|conflict| conflict.is_kept());
            match kept {
                None => return Ok(None),
                Some(kept) => {
                    let message = format!("`{}` is owned by `{}`, which would fight back", kept.field, kept.manager);
                    return Ok(Some(refused(message, "take the field out of the manifest, or name it in `ignore`")));
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

/// Whether an inventory says that this very object is the application's.
pub(crate) fn is_ours(reference: &Reference, known: &Known<'_>, live: &Live, manager: &str) -> bool {
    match known.get(reference) {
        Some(entry) if is_it(entry, live) => true,
        // Whether a run that ended suddenly has made it is not known: then its field manager tells. Of an object that the
        // inventory does not have it tells nothing, as one name is that of all applications of an installation.
        Some(Entry { uid: None, .. }) => is_nobodys(live) || has_manager(live, manager),
        // One object may have a name in several API groups.
        Some(_) | None => known.has(live.uid()),
    }
}

/// Whether an entry of an inventory is about this very object, and not about another that had its name.
fn is_it(entry: &Entry, live: &Live) -> bool {
    entry.uid.as_deref() == Some(live.uid())
}

/// Whether no field of the object has a manager: so it is where what was applied has a name and nothing else.
pub(crate) fn is_nobodys(live: &Live) -> bool {
    let entries = live.at("/metadata/managedFields").map(Node::items).into_iter().flatten();
    entries.into_iter().all(|entry| entry.get("subresource").is_some())
}

pub(super) fn refused(message: String, help: &str) -> Action {
    Action::Refused { message, help: help.to_owned() }
}

fn group_version(reference: &Reference) -> String {
    match reference.group.as_str() {
        "" => format!("`{}`", reference.version),
        group => format!("`{group}/{}`", reference.version),
    }
}
