//! The part of a run that writes one object.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use sluice_manifest::{Span, Tree};

use super::defined::{TAKEN_UP, is_too_early};
use super::{Event, Run};
use crate::adopt;
use crate::desired::Desired;
use crate::error::{ClusterError, FieldConflict};
use crate::guard::Guard;
use crate::ignore::{Sent, rules};
use crate::inventory::Known;
use crate::kinds::{Kind, Kinds, Lookup};
use crate::live::Live;
use crate::options::{Conflicts, Options};
use crate::plan::{Action, Plan, Step, has_manager, is_nobodys, is_ours};
use crate::store::{INVENTORY, Store, StoreError, is_inventory};
use crate::write::{Write, find};

/// How often an object is written anew because somebody else has written it meanwhile.
const ANEW: usize = 5;

/// A version that no object has, as etcd numbers its first write by 2. Server-side apply makes an object that is not there
/// whatever version it names, and refuses to change one in another version: so with this one it makes, and never merges.
const NONE: &str = "1";

/// What is known of all that is written.
pub(super) struct Writing<'a> {
    pub(super) plan: &'a Plan,
    /// What the inventory had that the plan was made of.
    pub(super) known: Known<'a>,
}

impl Run<'_> {
    /// Writes an object; none where that failed, which is told.
    pub(super) async fn one(
        &self,
        step: &Step,
        writing: &Writing<'_>,
        kinds: &Kinds,
        guard: &Guard<'_>,
    ) -> Result<Option<Live>, StoreError> {
        let (action, desired) = (&step.action, &step.desired);
        let mut force = match action {
            Action::Unchanged { live } => return Ok(Some(live.clone())),
            Action::Change { force, .. } => *force,
            Action::Create | Action::Deferred { .. } | Action::Refused { .. } => false,
        };
        let Lookup::Served(kind) = kinds.get(&desired.reference) else {
            return Ok(self.failed(desired, String::from("the cluster does not serve its kind")));
        };
        let is_deferred = matches!(action, Action::Deferred { .. });
        guard.check().await?;
        // Which object it is meant for, or that it is meant for none: whoever makes another with its name keeps it.
        let mut meant = match action {
            Action::Change { before, .. } => Some(before.uid().to_owned()),
            Action::Create | Action::Deferred { .. } => match self.free(desired, kind, writing).await? {
                Some(there) => there,
                None => return Ok(None),
            },
            Action::Unchanged { .. } | Action::Refused { .. } => None,
        };
        guard.check().await?;
        if let Action::Change { before, .. } = action
            && step.adopts
            && let Err(error) = self.migrate(desired, kind, before).await
        {
            return match error.refusal() {
                Some(_) => Ok(self.refused(desired, &error)),
                None => Err(error.into()),
            };
        }
        let (started, mut tries) = (Instant::now(), 0);
        loop {
            tries += 1;
            let (is_versioned, error) = match self.sent(desired, kind).await {
                Ok(Err(message)) => return Ok(self.failed(desired, message)),
                // What is sent is what was approved, but for what is ignored and for the form of a Secret.
                Ok(Ok(sent)) if !is_approved(desired, &sent) => {
                    return Ok(self.failed(desired, String::from("its bytes are not those that were approved")));
                }
                Ok(Ok(sent)) => {
                    let sent = match &meant {
                        Some(uid) => Sent { uid: Some(uid.clone()), ..sent },
                        None => Sent { version: Some(String::from(NONE)), ..sent },
                    };
                    match self.as_written(desired, kind, &sent).send(false, force).await {
                        Ok(live) => {
                            (self.told)(Event::Written(desired.reference.clone()));
                            return Ok(Some(live));
                        }
                        Err(error) => (sent.version.is_some(), error),
                    }
                }
                Err(error) => (false, error),
            };
            if may_be_of_another(&error, meant.is_some()) && tries < ANEW {
                if meant.is_none()
                    && error.may_be_done()
                    && let Some(live) = self.made(desired, kind).await?
                {
                    (self.told)(Event::Written(desired.reference.clone()));
                    return Ok(Some(live));
                }
                let Some(there) = self.free(desired, kind, writing).await? else { return Ok(None) };
                if there != meant {
                    meant = there;
                    guard.check().await?;
                    continue;
                }
            }
            if is_deferred && is_too_early(&error, writing.plan, desired) && started.elapsed() < TAKEN_UP {
                tokio::time::sleep(Duration::from_millis(300)).await;
                guard.check().await?;
            } else if is_versioned && has_moved(&error, tries) {
                // Somebody has written it since it was read.
                guard.check().await?;
            } else if !force && self.may_take(&error) {
                force = true;
            } else if error.refusal().is_some() {
                return Ok(self.refused(desired, &error));
            } else {
                return Err(error.into());
            }
        }
    }

    /// Makes the fields of the hands that made an object ours. Where somebody writes it meanwhile, it is looked at again.
    async fn migrate(&self, desired: &Desired, kind: &Kind, before: &Live) -> Result<(), ClusterError> {
        let (mut live, mut tries) = (before.clone(), 0);
        while let Some(patch) = adopt::migration(&live, &self.options.manager) {
            tries += 1;
            match self.as_written(desired, kind, &Sent::whole(desired)).patch(&patch).await {
                Err(error) if has_moved(&error, tries) => match find(self.cluster, kind, &desired.reference).await? {
                    Some(now) => live = now,
                    None => break,
                },
                done => return done,
            }
        }
        Ok(())
    }

    fn as_written<'w>(&'w self, desired: &'w Desired, kind: &'w Kind, sent: &'w Sent) -> Write<'w> {
        let (cluster, manager) = (self.cluster, &self.options.manager);
        Write { cluster, manager, kind, reference: &desired.reference, sent }
    }

    /// The object as it is sent, by what is there at this moment. The inner error is why it cannot be.
    async fn sent(&self, desired: &Desired, kind: &Kind) -> Result<Result<Sent, String>, ClusterError> {
        if rules(desired, self.options).is_empty() {
            return Ok(Ok(Sent::whole(desired)));
        }
        Ok(match find(self.cluster, kind, &desired.reference).await? {
            Some(live) if !live.is_terminating() => Sent::of(desired, &live, self.options),
            Some(_) | None => Ok(Sent::whole(desired)),
        })
    }

    /// Whether a conflict that came up since the plan is to be overruled.
    fn may_take(&self, error: &ClusterError) -> bool {
        let conflicts = error.refusal().map(crate::error::Refusal::conflicts).unwrap_or_default();
        self.options.conflicts == Conflicts::Take
            && !conflicts.is_empty()
            && !conflicts.iter().any(FieldConflict::is_kept)
    }

    /// The object, where it is what a write has made whose answer was lost. One name of a field manager is that of all
    /// applications of an installation, so nobody else may want it too.
    async fn made(&self, desired: &Desired, kind: &Kind) -> Result<Option<Live>, StoreError> {
        let Options { application, inventory_namespace, manager, .. } = self.options;
        let live = find(self.cluster, kind, &desired.reference).await?;
        let Some(live) = live.filter(|live| has_manager(live, manager) && !live.is_terminating()) else {
            return Ok(None);
        };
        let store = Store::new(self.cluster, inventory_namespace, manager);
        let others = store.others(application, &BTreeSet::from([desired.reference.key()])).await?;
        Ok(others.is_empty().then_some(live))
    }

    /// Looks at what is there by now, and gives its UID, if anything is; none where it must not be written, which is told.
    async fn free(
        &self,
        desired: &Desired,
        kind: &Kind,
        writing: &Writing<'_>,
    ) -> Result<Option<Option<String>>, StoreError> {
        match self.there(desired, kind, writing).await {
            Ok(Ok(live)) => return Ok(Some(live.map(|live| live.uid().to_owned()))),
            Ok(Err(message)) => drop(self.failed(desired, message.to_owned())),
            Err(error) if error.refusal().is_some() => drop(self.refused(desired, &error)),
            Err(error) => return Err(error.into()),
        }
        Ok(None)
    }

    /// Waits until what is being deleted is gone, and gives what is there then. The inner error is what keeps the object from
    /// being written: nobody has looked yet whose it is that is there in the end.
    async fn there(
        &self,
        desired: &Desired,
        kind: &Kind,
        writing: &Writing<'_>,
    ) -> Result<Result<Option<Live>, &'static str>, ClusterError> {
        let limit = self.options.wait.unwrap_or(Duration::from_secs(30));
        let started = Instant::now();
        loop {
            match find(self.cluster, kind, &desired.reference).await {
                // Of a kind that was defined just now.
                Err(error) if error.is_not_found() && started.elapsed() < TAKEN_UP => {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
                Err(error) => return Err(error),
                Ok(Some(live)) if live.is_terminating() && started.elapsed() < limit => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Ok(Some(live)) if live.is_terminating() => {
                    return Ok(Err("it is still being deleted; a finalizer may hold it"));
                }
                Ok(Some(live)) if is_inventory(live.resource(), &desired.reference, self.options) => {
                    return Ok(Err(INVENTORY));
                }
                Ok(Some(live)) if !self.options.adopt && !self.owns(desired, writing, &live) => {
                    return Ok(Err("somebody else has made it since it was planned"));
                }
                Ok(live) => return Ok(Ok(live)),
            }
        }
    }

    /// Whether an object is the application's by the inventory that the plan was made of, or has a name and nothing else, as
    /// the account `default` that Kubernetes makes in a new namespace.
    fn owns(&self, desired: &Desired, writing: &Writing<'_>, live: &Live) -> bool {
        is_nobodys(live) || is_ours(&desired.reference, &writing.known, live, &self.options.manager)
    }
}

/// Whether an object is another than the one that values were read from, and may be read again. A conflict about fields comes
/// up once for that reason; the next time it is one.
fn has_moved(error: &ClusterError, tries: usize) -> bool {
    let about_fields = error.refusal().is_some_and(|refusal| !refusal.conflicts().is_empty());
    error.has_code(409) && tries < ANEW && (!about_fields || tries == 1)
}

/// Whether a write may have been refused because the object is not the one that it was meant for, or is gone; where it was
/// meant for none, because there is one.
fn may_be_of_another(error: &ClusterError, is_meant: bool) -> bool {
    if !is_meant {
        return error.has_code(409);
    }
    let about_fields = error.refusal().is_some_and(|refusal| !refusal.conflicts().is_empty());
    error.has_code(422) || error.has_code(409) && !about_fields
}

/// Whether the bytes that are sent are those of the object that was approved, but for what is ignored and for the form of a
/// Secret.
fn is_approved(desired: &Desired, sent: &Sent) -> bool {
    let digest = |body: &[u8]| {
        let nowhere = std::sync::Arc::clone(desired.resource.text());
        let tree = Tree::from_json(nowhere, Span::default(), std::str::from_utf8(body).ok()?).ok()?;
        Some(tree.root().digest())
    };
    let approved = digest(desired.resource.root().to_json().as_bytes());
    let expected = desired.resource.patched(&sent.operations).ok().map(|object| object.root().digest());
    approved.is_some_and(|approved| HEXLOWER.encode(&approved) == desired.digest) && digest(&sent.body()) == expected
}

#[cfg(test)]
mod tests {
    use super::{ANEW, has_moved};
    use crate::error::{ClusterError, Refusal};

    fn refused(code: u16, causes: &[&str]) -> ClusterError {
        let cause =
            |kind: &&str| ((*kind).to_owned(), String::from(".data.a"), String::from("conflict with \"somebody\""));
        let refusal = Refusal { code, causes: causes.iter().map(cause).collect(), ..Refusal::default() };
        ClusterError::Refused { what: String::from("apply ConfigMap a"), refusal }
    }

    #[test]
    fn an_object_that_has_moved_is_read_again_for_some_time() {
        let (moved, taken) = (refused(409, &[]), refused(409, &["FieldManagerConflict"]));
        assert!(has_moved(&moved, 1) && has_moved(&moved, ANEW - 1) && !has_moved(&moved, ANEW));
        // A field that somebody took since it was read is theirs the next time; what is in conflict then stays so.
        assert!(has_moved(&taken, 1) && !has_moved(&taken, 2));
        assert!(!has_moved(&refused(422, &[]), 1));
    }
}
