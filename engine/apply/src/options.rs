//! How an application is applied.

use std::collections::BTreeSet;
use std::time::Duration;

use sluice_policy::Ignore;

use crate::inventory::Release;

/// How an application is applied.
#[derive(Clone, Debug)]
pub struct Options {
    /// The application's name, which its inventory carries.
    pub application: String,
    /// The namespace of objects that name none.
    pub namespace: String,
    /// The namespace of the inventories. Applications with one namespace see each other's objects.
    pub inventory_namespace: String,
    /// The field manager of every write: one for each installation.
    pub manager: String,
    /// Whether what is no longer in the set is deleted.
    pub prune: bool,
    /// What to do about fields that others own.
    pub conflicts: Conflicts,
    /// What of objects is left to others, once they are there.
    pub ignore: Vec<Ignore>,
    /// Whether objects that are there and that no inventory owns are taken over.
    pub adopt: bool,
    /// What has been acknowledged of the blast radius.
    pub acknowledged: BTreeSet<String>,
    /// The release that is given up by this run, and must not be tried again until another commit comes.
    pub quarantine: Option<Release>,
    /// How long to wait for what was applied to become healthy; none to not wait.
    pub wait: Option<Duration>,
    /// Requests that are under way at once.
    pub concurrency: usize,
}

/// What to do about fields that other field managers own with other values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conflicts {
    /// The object is an error, and nothing is applied.
    #[default]
    Refuse,
    /// They are taken over, but for those of controllers that scale.
    Take,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            application: String::new(),
            namespace: String::from("default"),
            inventory_namespace: String::from("sluice-system"),
            manager: String::from("sluice"),
            prune: false,
            conflicts: Conflicts::Refuse,
            ignore: Vec::new(),
            adopt: false,
            acknowledged: BTreeSet::new(),
            quarantine: None,
            wait: None,
            concurrency: 8,
        }
    }
}
