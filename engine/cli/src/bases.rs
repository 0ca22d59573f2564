//! The objects before a change, set by set: the overlays of a repository hold objects that share a name, and each has a
//! past of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sluice_diff::set_of;
use sluice_manifest::Resource;
use sluice_policy::{Base, Past};

use crate::judging::Pasts;

/// The past of every set.
pub(crate) struct Bases {
    /// By the name of the rendered set; that of plain manifests is empty.
    sets: BTreeMap<String, Base>,
    /// The objects of all sets that are no more, for a set that is new: it may be one of them under another name.
    gone: Base,
}

impl Bases {
    /// The objects before, and the names of the sets that there are after.
    pub(crate) fn new(before: &[Arc<Resource>], after: &BTreeSet<String>) -> Self {
        let mut sets = BTreeMap::<&str, Vec<&Arc<Resource>>>::new();
        for resource in before {
            sets.entry(set_of(resource)).or_default().push(resource);
        }
        let gone = Base::new(before.iter().filter(|resource| !after.contains(set_of(resource))));
        Self { sets: sets.into_iter().map(|(set, objects)| (set.to_owned(), Base::new(objects))).collect(), gone }
    }
}

impl Pasts for Bases {
    fn of(&self, set: &str) -> &dyn Past {
        self.sets.get(set).unwrap_or(&self.gone)
    }
}
