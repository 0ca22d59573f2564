//! Which plugins are for a kind: asked once for each kind that a thread meets, not for each object.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sluice_manifest::{Identity, Resource};

use super::{Gate, Keep};
use crate::matching::{Destination, ForKind};

/// What is known of a kind.
#[derive(Debug)]
pub(crate) struct KindPlan {
    /// For each plugin, whether it is given objects of this kind.
    plugins: Vec<ForPlugin>,
    /// Whether objects of this kind are needed after the stream.
    pub(crate) kept: bool,
    /// Whether a plugin that is given them may ask what they were before.
    pub(crate) has_past: bool,
}

/// What is known of a kind and a plugin.
#[derive(Debug)]
struct ForPlugin {
    /// Whether the plugin judges or changes objects of this kind, whatever the policy file says.
    wanted: bool,
    /// Whether it is given them.
    decision: ForKind,
    /// Whether it was given one.
    given: AtomicBool,
}

/// The kinds that a thread has met.
#[derive(Default)]
pub(crate) struct Kinds {
    /// By `apiVersion`, then by kind.
    plans: HashMap<String, Vec<(String, Arc<KindPlan>)>>,
}

impl Kinds {
    pub(crate) fn plan(&mut self, gate: &Gate, keep: Keep, identity: &Identity) -> Arc<KindPlan> {
        let known = self.plans.get(identity.api_version.as_str());
        let found = known.and_then(|kinds| kinds.iter().find(|(kind, _)| *kind == identity.kind));
        if let Some((_, plan)) = found {
            return Arc::clone(plan);
        }
        let plan = Arc::new(KindPlan::new(gate, keep, identity));
        let kinds = self.plans.entry(identity.api_version.clone()).or_default();
        kinds.push((identity.kind.clone(), Arc::clone(&plan)));
        plan
    }

    /// What is known of each.
    pub(crate) fn into_plans(self) -> impl Iterator<Item = Arc<KindPlan>> {
        self.plans.into_values().flatten().map(|(_, plan)| plan)
    }
}

impl KindPlan {
    fn new(gate: &Gate, keep: Keep, identity: &Identity) -> Self {
        let (group, version, kind) = (identity.group(), identity.version(), identity.kind.as_str());
        let mut kept = keep == Keep::Set || gate.mutates_whole_set();
        let mut has_past = false;
        let mut plugins = Vec::with_capacity(gate.plugins.len());
        for plugin in &gate.plugins {
            let wanted = plugin.description.kinds.iter().any(|selector| selector.matches(group, version, kind));
            let decision = if wanted { plugin.entry.matches.for_kind(identity) } else { ForKind::Never };
            let granted = || plugin.granted().iter().any(|grant| grant.matches(group, version, kind));
            kept |= plugin.sees_others() && decision != ForKind::Never || plugin.sees_context() && granted();
            has_past |= plugin.asks_previous && decision != ForKind::Never;
            plugins.push(ForPlugin { wanted, decision, given: AtomicBool::new(false) });
        }
        Self { plugins, kept, has_past }
    }

    /// Whether a plugin is given an object of this kind.
    pub(crate) fn selects(&self, gate: &Gate, plugin: usize, resource: &Resource) -> bool {
        let Some(of) = self.plugins.get(plugin) else { return false };
        let selects = match of.decision {
            ForKind::Never => false,
            ForKind::Always => true,
            ForKind::Some => gate.plugin(plugin).is_some_and(|plugin| {
                let at = gate.namespace.as_deref().map_or(Destination::Unknown, Destination::Either);
                plugin.entry.matches.fits_object(resource.identity(), Some(resource.root()), at)
            }),
        };
        // All threads look at it, so it is written once.
        if selects && !of.given.load(Ordering::Relaxed) {
            of.given.store(true, Ordering::Relaxed);
        }
        selects
    }

    /// Whether a plugin is for this kind, as far as it goes itself.
    pub(crate) fn is_wanted(&self, plugin: usize) -> bool {
        self.plugins.get(plugin).is_some_and(|of| of.wanted)
    }

    /// Whether a plugin was given an object of this kind.
    pub(crate) fn was_given(&self, plugin: usize) -> bool {
        self.plugins.get(plugin).is_some_and(|of| of.given.load(Ordering::Relaxed))
    }
}
