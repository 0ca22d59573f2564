//! What stands in a cluster beside the set, for plugins that ask about other objects.

use std::collections::HashSet;
use std::sync::Arc;

use sluice_manifest::{Identity, Resource};

use crate::base::{Key, key};

/// The objects of a cluster that a policy may ask about.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    objects: Vec<Arc<Resource>>,
    /// The namespace of objects that name none.
    namespace: String,
}

impl Surroundings {
    /// The objects as the cluster has them, and the namespace that the set goes to where it names none.
    #[must_use]
    pub fn new(objects: Vec<Arc<Resource>>, namespace: &str) -> Self {
        Self { objects, namespace: namespace.to_owned() }
    }

    /// The objects that will still be as they are once the set has been applied.
    pub(crate) fn beside<'s>(
        &'s self,
        set: impl Iterator<Item = &'s Identity>,
    ) -> impl Iterator<Item = &'s Arc<Resource>> {
        let set: HashSet<Key> = set.map(key).collect();
        self.objects.iter().filter(move |object| {
            let (group, kind, namespace, name) = key(object.identity());
            // Nobody knows here whether a kind has namespaces; the cluster does.
            let is_default = namespace.as_ref().is_none_or(|namespace| *namespace == self.namespace);
            let unnamed = is_default.then(|| (group.clone(), kind.clone(), None, name.clone()));
            !set.contains(&(group, kind, namespace, name)) && unnamed.is_none_or(|unnamed| !set.contains(&unnamed))
        })
    }
}
