//! The objects as they were before a change, which `previous()` of the contract answers with.

use std::collections::HashMap;
use std::sync::Arc;

use sluice_manifest::{Identity, Resource};

/// Where the objects before a change are: a base revision, or a cluster.
pub trait Past: Sync {
    /// An object as it was, asked once for each object that a plugin may ask about, after all were read; none where it was
    /// not there. An object has the same name in another version of its group.
    ///
    /// # Errors
    /// Why it cannot be said, in one line. It is never taken for absence: the verdict is undecided.
    fn get(&self, identity: &Identity) -> Result<Option<Arc<Resource>>, String>;
}

/// The set of a base revision.
#[derive(Clone, Debug, Default)]
pub struct Base(HashMap<Key, Arc<Resource>>);

pub(crate) type Key = (String, String, Option<String>, String);

impl Base {
    /// The objects of a set; of two with one name, the first.
    pub fn new<'r>(set: impl IntoIterator<Item = &'r Arc<Resource>>) -> Self {
        let mut objects = HashMap::new();
        for resource in set {
            objects.entry(key(resource.identity())).or_insert_with(|| Arc::clone(resource));
        }
        Self(objects)
    }
}

impl Past for Base {
    fn get(&self, identity: &Identity) -> Result<Option<Arc<Resource>>, String> {
        Ok(self.0.get(&key(identity)).cloned())
    }
}

/// What makes an object one and the same, in whatever version of its group.
pub(crate) fn key(identity: &Identity) -> Key {
    (identity.group().to_owned(), identity.kind.clone(), identity.namespace.clone(), identity.name.clone())
}
