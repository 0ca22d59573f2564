//! The objects as they were before a change, which `previous()` of the contract answers with.

use std::collections::HashMap;
use std::sync::Arc;

use sluice_manifest::{Identity, Resource};

/// The set of a base revision, or what stands in the cluster. An object has the same name in another version of its
/// group.
#[derive(Clone, Debug, Default)]
pub struct Base(HashMap<Key, Arc<Resource>>);

type Key = (String, String, Option<String>, String);

impl Base {
    /// The objects of a set; of two with one name, the first.
    pub fn new<'r>(set: impl IntoIterator<Item = &'r Arc<Resource>>) -> Self {
        let mut objects = HashMap::new();
        for resource in set {
            objects.entry(key(resource.identity())).or_insert_with(|| Arc::clone(resource));
        }
        Self(objects)
    }

    pub(crate) fn get(&self, identity: &Identity) -> Option<Arc<Resource>> {
        self.0.get(&key(identity)).cloned()
    }
}

fn key(identity: &Identity) -> Key {
    (identity.group().to_owned(), identity.kind.clone(), identity.namespace.clone(), identity.name.clone())
}
