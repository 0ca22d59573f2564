//! One question to a plugin: a fresh instance is made, configured and asked, and nothing of it is left afterwards.

use std::sync::Arc;

use sluice_manifest::Resource;

/// Objects that stand side by side: those of a file, or all of them.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// The objects.
    pub resources: Vec<Arc<Resource>>,
    /// Each as it was before, in the same order; empty where no base is known.
    pub previous: Vec<Option<Arc<Resource>>>,
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
