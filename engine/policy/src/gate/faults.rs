//! After a plugin failed on a batch: its objects are taken one by one, in order, so that the blame falls on the one that
//! deserves it and its neighbours are judged, whatever the batches were. A plugin that fails again and again is stopped.

use std::collections::BTreeMap;
use std::slice;

use sluice_plugin::Call;

use super::batch::{Failures, MAX_FAILURES, Shown, judge, validate};
use super::collect::{Collected, Item, Order, Reach, Stop};
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
        judge_each(gate, plugin, &items, &mut collected);
    }
    collected
}

/// Counts the failures of a plugin, and stops it after too many.
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
        collected.stopped.push(Stop { plugin: self.plugin, order: item.order, object, reach: self.reach });
        true
    }
}

fn change_deferred(gate: &Gate, collected: &mut Collected) {
    let mut items = std::mem::take(&mut collected.deferred);
    items.sort_by_key(|item| item.order);
    let mut patience: BTreeMap<usize, Patience> = BTreeMap::new();
    let failures = Failures::new(gate);
    for mut item in items {
        match mutate::mutate(gate, slice::from_mut(&mut item), collected) {
            Ok(_) => validate(gate, vec![item], &failures, collected),
            Err(mutate::Failed { plugin, fault }) => {
                let Some(loaded) = gate.plugin(plugin) else { continue };
                let item = item.restored();
                collected.drafts.push(finding::of_fault(loaded, plugin, &item, &fault));
                let patience = patience.entry(plugin).or_insert_with(|| Patience::new(plugin, Reach::All));
                if patience.ends(&item, collected) {
                    return;
                }
            }
        }
    }
}

/// Has objects judged one by one by a plugin that looks at one object at a time.
fn judge_each(gate: &Gate, plugin: usize, items: &[Item], collected: &mut Collected) {
    let Some(loaded) = gate.plugin(plugin) else { return };
    let end = collected.end();
    let mut patience = Patience::new(plugin, Reach::Plugin);
    for item in items.iter().filter(|item| end.is_none_or(|end| item.order <= end)) {
        let call = Call { set: Shown::default().of(slice::from_ref(item)), chosen: vec![0], context: None };
        let Err(fault) = judge(gate, plugin, loaded, slice::from_ref(item), &call, collected) else { continue };
        collected.drafts.push(finding::of_fault(loaded, plugin, item, &fault));
        if patience.ends(item, collected) {
            return;
        }
    }
}

impl Collected {
    /// The last object of which anything can be said, where a mutator was stopped.
    pub(crate) fn end(&self) -> Option<Order> {
        self.stopped.iter().filter(|stop| stop.reach == Reach::All).map(|stop| stop.order).min()
    }
}
