//! After a plugin failed on a batch: its objects are taken again, in order and fewer at once, so that the blame falls on the
//! one that deserves it and its neighbours are judged, whatever the batches were. A plugin that fails again and again is
//! stopped. What it fails on only together, such as two heavy objects, it may never see together: whether it is stopped as slow
//! is the one thing that depends on batches, and only of a plugin that is slow nearly everywhere.

use std::collections::BTreeMap;
use std::sync::Arc;

use sluice_plugin::{Call, Fault, Set};

use super::batch::{Failures, MAX_FAILURES, Shown, is_for, judge, validate};
use super::collect::{Cause, Collected, Item, Reach, Stop};
use super::pace::{Next, Pace};
use super::{Gate, finding, mutate};

/// Settles what failed while manifests streamed through.
pub(crate) fn settle(gate: &Gate, mut collected: Collected) -> Collected {
    change_deferred(gate, &mut collected);
    let mut suspects: BTreeMap<usize, Vec<Item>> = BTreeMap::new();
    for (plugin, item) in std::mem::take(&mut collected.suspects) {
        suspects.entry(plugin).or_default().push(item);
    }
    for (plugin, mut items) in suspects {
        items.sort_by_key(|item| item.order);
        let end = collected.end();
        let judged = items.partition_point(|item| end.is_none_or(|end| item.order <= end));
        let items = items.get(..judged).unwrap_or_default();
        judge_in_parts(gate, plugin, items, Pace::careful(), None, &mut collected);
    }
    collected
}

/// Counts the failures of a plugin on single objects, and stops it after too many.
pub(crate) struct Patience {
    plugin: usize,
    reach: Reach,
    failures: u32,
}

impl Patience {
    pub(crate) fn new(plugin: usize, reach: Reach) -> Self {
        Self { plugin, reach, failures: 0 }
    }

    /// Notes a failure; whether it was the last that is borne.
    pub(crate) fn ends(&mut self, item: &Item, collected: &mut Collected) -> bool {
        self.failures += 1;
        if self.failures < MAX_FAILURES {
            return false;
        }
        let identity = item.resource.identity();
        let object = match &identity.namespace {
            Some(namespace) => format!("{} {namespace}/{}", identity.kind, identity.name),
            None => format!("{} {}", identity.kind, identity.name),
        };
        self.stop(Cause::Failures { last: item.order, object }, collected);
        true
    }

    /// The plugin is not asked any more.
    pub(crate) fn stop(&self, cause: Cause, collected: &mut Collected) {
        collected.stopped.push(Stop { plugin: self.plugin, cause, reach: self.reach });
    }
}

fn change_deferred(gate: &Gate, collected: &mut Collected) {
    let mut items = std::mem::take(&mut collected.deferred);
    items.sort_by_key(|item| item.order);
    let mut patience: BTreeMap<usize, Patience> = BTreeMap::new();
    let failures = Failures::new(gate);
    let mut pace = Pace::careful();
    // Who failed on several objects, and how.
    let mut slow: Option<(usize, Fault)> = None;
    let mut rest = items.as_slice();
    while !rest.is_empty() {
        let taken = pace.part(rest, |item| gate.mutators().any(|(plugin, _)| is_for(gate, plugin, item)));
        let (part, after) = rest.split_at(taken.length);
        let mut changed = part.to_vec();
        match (mutate::mutate(gate, &mut changed, collected), taken.chosen.as_slice()) {
            (Ok(_), _) => {
                validate(gate, changed, &failures, collected);
                if let (Next::End, Some((plugin, fault))) = (pace.answered(&taken), slow.clone()) {
                    return Patience::new(plugin, Reach::All).stop(Cause::Slowness { fault }, collected);
                }
            }
            (Err(mutate::Failed { plugin, fault }), [_, _, ..]) => {
                pace.failed(taken.chosen.len());
                slow = Some((plugin, fault));
                continue;
            }
            // The only one that is for a mutator.
            (Err(mutate::Failed { plugin, fault }), chosen) => {
                pace.found();
                let at = chosen.first().map_or(0, |at| *at as usize);
                let Some(item) = part.get(at) else { return };
                let others = part.iter().enumerate().filter(|(index, _)| *index != at);
                validate(gate, others.map(|(_, other)| other.clone()).collect(), &failures, collected);
                if let Some(loaded) = gate.plugin(plugin) {
                    collected.drafts.push(finding::of_fault(loaded, plugin, item, &fault));
                    let patience = patience.entry(plugin).or_insert_with(|| Patience::new(plugin, Reach::All));
                    if patience.ends(item, collected) {
                        return;
                    }
                }
            }
        }
        rest = after;
    }
}

/// Has objects judged by a plugin that answers about each of them alone.
pub(crate) fn judge_in_parts(
    gate: &Gate,
    plugin: usize,
    items: &[Item],
    mut pace: Pace,
    context: Option<&Arc<Set>>,
    collected: &mut Collected,
) {
    let Some(loaded) = gate.plugin(plugin) else { return };
    let mut patience = Patience::new(plugin, Reach::Plugin);
    let mut slow: Option<Fault> = None;
    let mut rest = items;
    while !rest.is_empty() {
        let taken = pace.part(rest, |item| is_for(gate, plugin, item));
        let (part, after) = rest.split_at(taken.length);
        if let Some(first) = taken.chosen.first() {
            let objects = taken.chosen.len();
            let (set, chosen) = (Shown::default().of(part), taken.chosen.clone());
            let call = Call { set, chosen, context: context.cloned() };
            match judge(gate, plugin, loaded, part, &call, collected) {
                Ok(()) => {
                    if let (Next::End, Some(fault)) = (pace.answered(&taken), slow.clone()) {
                        return patience.stop(Cause::Slowness { fault }, collected);
                    }
                }
                Err(fault) if objects > 1 => {
                    pace.failed(objects);
                    slow = Some(fault);
                    continue;
                }
                Err(fault) => {
                    pace.found();
                    let Some(item) = part.get(*first as usize) else { return };
                    collected.drafts.push(finding::of_fault(loaded, plugin, item, &fault));
                    if patience.ends(item, collected) {
                        return;
                    }
                }
            }
        }
        rest = after;
    }
}
