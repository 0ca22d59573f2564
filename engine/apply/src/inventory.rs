//! What an application has in a cluster. Only what stands here may be deleted, and it is written before the cluster is.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::reference::{Key, Reference};

/// Releases that were healthy and are remembered, for rollbacks.
const REMEMBERED: usize = 10;
/// Objects that were given up and are remembered, the last ones: with the longest names there are, they fit into a ConfigMap
/// beside as many entries as it has at most.
const SPARED: usize = 400;

/// What an application has in a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inventory {
    /// The application's name.
    pub application: String,
    /// Where the last run stands.
    pub phase: Phase,
    /// What was last applied, or is being applied.
    pub release: Option<Release>,
    /// What was healthy, the last one first.
    #[serde(default)]
    pub healthy: Vec<Release>,
    /// Whether the release was seen unhealthy when it was looked at last, be it remembered as healthy or not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unhealthy: bool,
    /// The release that must not be tried again until another comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantined: Option<Release>,
    /// Whether a way back leads to the release that was not seen healthy since it was begun.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub returning: bool,
    /// What was given up because somebody has said that it stays: nothing that is deleted later may take it along.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spared: Vec<Entry>,
    /// The objects.
    pub entries: Vec<Entry>,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Writes may be under way, or a run came to a sudden end.
    #[default]
    Applying,
    /// Everything was applied and pruned.
    Applied,
    /// The run ended with errors.
    Failed,
    /// The application is being deleted.
    Deleting,
}

/// What was applied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    /// The commit; empty for a folder.
    pub revision: String,
    /// Digest of the approved set, in hexadecimal.
    pub digest: String,
    /// When it was begun, RFC 3339.
    pub time: String,
}

/// An object of an application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name.
    #[serde(flatten)]
    pub reference: Reference,
    /// Its UID; none before it was applied for the first time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// Digest of the object as it was last applied; none while that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Whether the set that was applied last, or is being applied, does not have it: it is on its way out, or was left alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left: bool,
}

/// An inventory in the forms in which each object is looked for in it.
pub(crate) struct Known<'a> {
    entries: BTreeMap<Key, &'a Entry>,
    uids: BTreeSet<&'a str>,
}

impl<'a> Known<'a> {
    pub(crate) fn of(inventory: &'a Inventory) -> Self {
        let uids = inventory.entries.iter().filter_map(|entry| entry.uid.as_deref()).collect();
        Self { entries: inventory.by_key(), uids }
    }

    /// What it has under an object's name.
    pub(crate) fn get(&self, reference: &Reference) -> Option<&'a Entry> {
        self.entries.get(&reference.key()).copied()
    }

    /// Whether it has the object with this UID, under whatever name.
    pub(crate) fn has(&self, uid: &str) -> bool {
        self.uids.contains(uid)
    }
}

impl Release {
    /// Whether it is the same commit with the same set.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.revision == other.revision && self.digest == other.digest
    }

    /// Whether it is the same commit, whatever policies and the cluster have made of it; of folders, which have none, whether it
    /// is the same set.
    #[must_use]
    pub fn is_same_commit(&self, other: &Self) -> bool {
        self.revision == other.revision && (!self.revision.is_empty() || self.digest == other.digest)
    }
}

impl Inventory {
    /// An inventory with nothing in it.
    #[must_use]
    pub fn new(application: &str) -> Self {
        Self { application: application.to_owned(), ..Self::default() }
    }

    /// The entries by the objects that they name.
    pub(crate) fn by_key(&self) -> BTreeMap<Key, &Entry> {
        self.entries.iter().map(|entry| (entry.reference.key(), entry)).collect()
    }

    /// Remembers the release as healthy: a way back that leads to it is at its end.
    pub(crate) fn remember(&mut self) {
        self.returning = false;
        let Some(release) = self.release.clone() else { return };
        self.healthy.retain(|known| !known.is_same_commit(&release));
        self.healthy.insert(0, release);
        self.healthy.truncate(REMEMBERED);
    }

    /// Lets objects go, and remembers those of them that were given up because somebody has said that they stay.
    pub(crate) fn let_go(&mut self, gone: &BTreeSet<Reference>, stay: &BTreeSet<Reference>) {
        let stays = |entry: &&Entry| gone.contains(&entry.reference) && stay.contains(&entry.reference);
        self.spared.retain(|entry| !stay.contains(&entry.reference));
        self.spared.extend(self.entries.iter().filter(stays).cloned());
        self.spared.drain(..self.spared.len().saturating_sub(SPARED));
        self.entries.retain(|entry| !gone.contains(&entry.reference));
    }

    /// Notes what is given up by a run that leads to its release from another: what it leaves is no place to go back to.
    pub(crate) fn give_up(&mut self, given_up: Option<&Release>, left: Option<&Release>) {
        self.quarantined = given_up.cloned();
        let is_left = |known: &Release| left.is_some_and(|left| left.is_same_commit(known));
        let goes_back = self.quarantined.is_some();
        let has_left = !self.release.as_ref().is_some_and(is_left);
        if goes_back && has_left {
            self.healthy.retain(|known| !is_left(known));
        }
        // What has led there before is looked after, and is on its way no more, however it is by now.
        self.returning = goes_back && (self.returning || has_left);
    }

    /// The release before the current one that was healthy and is not given up.
    fn last_healthy(&self) -> Option<&Release> {
        let is_other = |known: &Release, than: Option<&Release>| than.is_none_or(|than| !than.is_same_commit(known));
        self.healthy.iter().find(|known| {
            let is_left = is_other(known, self.release.as_ref()) && is_other(known, self.quarantined.as_ref());
            is_left && !known.revision.is_empty()
        })
    }

    /// Where a way back from the release that is given up leads that is not at its end; none where there is none.
    #[must_use]
    pub fn way_back(&self) -> Option<&Release> {
        let bad = self.quarantined.as_ref()?;
        let is_good = |release: &&Release| !release.revision.is_empty() && release.revision != bad.revision;
        match (self.phase, self.release.as_ref().filter(is_good)) {
            (Phase::Applied, Some(_)) => None,
            (_, Some(current)) => Some(current),
            (_, None) => self.healthy.iter().find(is_good),
        }
    }

    /// Where to go back to: where a way back leads until it was seen healthy there, however often it is begun, else to what was
    /// healthy before the current release.
    #[must_use]
    pub fn back(&self) -> Option<&Release> {
        let awaited = self.release.as_ref().filter(|release| self.returning && !release.revision.is_empty());
        self.way_back().or(awaited).or_else(|| self.last_healthy())
    }
}

#[cfg(test)]
mod tests {
    use super::{Inventory, Phase, Release};

    fn release(revision: &str) -> Release {
        Release { revision: revision.into(), digest: format!("of {revision}"), time: String::new() }
    }

    #[test]
    fn the_last_healthy_release_is_another_than_the_current() {
        let mut inventory = Inventory::new("shop");
        for revision in ["a", "b", "a"] {
            inventory.release = Some(release(revision));
            inventory.remember();
        }
        assert_eq!(inventory.healthy.iter().map(|it| it.revision.as_str()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(inventory.last_healthy().unwrap().revision, "b");
        inventory.release = Some(release("c"));
        assert_eq!(inventory.last_healthy().unwrap().revision, "a");
        // Whatever a policy has made of it since.
        inventory.quarantined = Some(Release { digest: "another".into(), ..release("a") });
        assert_eq!(inventory.last_healthy().unwrap().revision, "b");
        inventory.release = Some(Release { digest: "another".into(), ..release("b") });
        assert_eq!(inventory.last_healthy(), None);
    }

    #[test]
    fn what_a_way_back_leaves_is_no_place_to_go_back_to() {
        let revisions = |given_up: Option<&str>, left: &str| {
            let mut inventory = Inventory::new("shop");
            inventory.healthy = ["c", "b", "a"].map(release).to_vec();
            inventory.release = Some(release("b"));
            inventory.give_up(given_up.map(release).as_ref(), Some(&release(left)));
            inventory.healthy.iter().map(|it| it.revision.clone()).collect::<String>()
        };
        // Git may have a commit by now that nobody has applied.
        assert_eq!(revisions(Some("c"), "c"), "ba");
        assert_eq!(revisions(Some("d"), "c"), "ba");
        assert_eq!(revisions(None, "c"), "cba");
        assert_eq!(revisions(Some("c"), "b"), "cba", "a way back that goes on");
    }

    #[test]
    fn a_way_back_leads_to_the_same_place_until_it_was_healthy_there() {
        let revision = |inventory: &Inventory| inventory.back().map(|release| release.revision.clone());
        let mut inventory = Inventory::new("shop");
        inventory.healthy = ["b", "a"].map(release).to_vec();
        inventory.release = Some(release("b"));
        // What has left the bad release, is at work, and is through with it and waits for health.
        inventory.give_up(Some(&release("bad")), Some(&release("bad")));
        for phase in [Phase::Applying, Phase::Failed, Phase::Applied] {
            inventory.phase = phase;
            assert_eq!(revision(&inventory).as_deref(), Some("b"), "{phase:?}");
        }
        // Once more, from where it is.
        inventory.give_up(Some(&release("bad")), Some(&release("b")));
        assert_eq!(revision(&inventory).as_deref(), Some("b"));
        inventory.remember();
        assert_eq!(revision(&inventory).as_deref(), Some("a"), "it was seen healthy there");
        // What is looked after later begins no way back.
        inventory.give_up(Some(&release("bad")), Some(&release("b")));
        assert_eq!(revision(&inventory).as_deref(), Some("a"));
        // Another commit ends it.
        inventory.returning = true;
        inventory.release = Some(release("c"));
        inventory.give_up(None, Some(&release("b")));
        assert_eq!(revision(&inventory).as_deref(), Some("b"));
        assert!(!inventory.returning);
    }

    #[test]
    fn a_way_back_leads_to_where_it_was_begun_or_to_what_was_healthy() {
        let revision = |inventory: &Inventory| inventory.way_back().map(|release| release.revision.clone());
        let mut inventory = Inventory::new("shop");
        inventory.healthy = ["bad", "b", "a"].map(release).to_vec();
        inventory.release = Some(release("a"));
        assert_eq!(revision(&inventory), None, "nothing is given up");
        inventory.quarantined = Some(release("bad"));
        for phase in [Phase::Applying, Phase::Failed] {
            inventory.phase = phase;
            assert_eq!(revision(&inventory).as_deref(), Some("a"));
        }
        inventory.phase = Phase::Applied;
        assert_eq!(revision(&inventory), None, "it is at its end");
        inventory.release = Some(release("bad"));
        assert_eq!(revision(&inventory).as_deref(), Some("b"));
    }
}
