//! One question to a plugin: a fresh instance is made, configured and asked, and nothing of it is left afterwards.

use std::sync::{Arc, OnceLock};

use sluice_manifest::Resource;

/// Objects that stand side by side: those of a file, or all of them.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// The objects.
    pub resources: Vec<Arc<Resource>>,
    /// Each as it was before, in the same order; empty where no base is known.
    pub previous: Vec<Option<Arc<Resource>>>,
    /// The namespace that objects come to be in that name none, where it is known. It counts where this is the context.
    pub namespace: Option<String>,
    /// Where tapes are kept from one call to the next.
    pub tapes: Tapes,
}

/// The tapes of the objects of a set, so that each is made once for all plugins that ask for it. They live as long as the
/// set, so this is for sets that do not live long; by default none is kept. What a plugin sees redacted is never here.
#[derive(Clone, Debug, Default)]
pub struct Tapes(Vec<OnceLock<Arc<[u8]>>>);

impl Tapes {
    /// Room for the tapes of so many objects.
    #[must_use]
    pub fn of(objects: usize) -> Self {
        Self((0..objects).map(|_| OnceLock::new()).collect())
    }

    pub(crate) fn place(&self, index: usize) -> Option<&OnceLock<Arc<[u8]>>> {
        self.0.get(index)
    }
}

/// What a plugin is asked to judge or to change.
#[derive(Clone, Debug)]
pub struct Call {
    /// Where the subjects are.
    pub set: Arc<Set>,
    /// The subjects, as indexes into `set.resources`, in the order that the plugin gets them.
    pub chosen: Vec<u32>,
    /// All desired objects, for what the plugin may ask about others.
    pub context: Option<Arc<Set>>,
}
