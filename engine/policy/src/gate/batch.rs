//! A batch of objects on its way: changed by the mutators, judged by the validators. This is the path that every object
//! takes, so nothing is made here that is not needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sluice_manifest::Resource;
use sluice_plugin::{Call, Fault, Set, Tapes};

use super::collect::{Collected, Item};
use super::many::{self, Counts};
use super::{Gate, Loaded, finding, mutate};

/// Most objects that a plugin is asked about at once.
pub const BATCH: usize = 128;
/// After this many failures a plugin is not asked any more.
pub(crate) const MAX_FAILURES: u32 = 3;

/// How often plugins have failed on a batch so far. It saves time: what is not asked now is asked later, about fewer
/// objects at a time. Where a plugin does both, one work says nothing of the other: as a mutator that is given up it would
/// hold up all plugins.
pub(crate) struct Failures {
    changing: Vec<AtomicU32>,
    judging: Vec<AtomicU32>,
}

impl Failures {
    pub(crate) fn new(gate: &Gate) -> Self {
        let none = || gate.plugins.iter().map(|_| AtomicU32::new(0)).collect();
        Self { changing: none(), judging: none() }
    }
}

fn too_many(failures: &[AtomicU32], plugin: usize) -> bool {
    failures.get(plugin).is_some_and(|count| count.load(Ordering::Relaxed) >= MAX_FAILURES)
}

fn count(failures: &[AtomicU32], plugin: usize) {
    if let Some(count) = failures.get(plugin) {
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Takes a batch through all plugins that look at one object at a time.
pub(crate) fn pass(gate: &Gate, mut items: Vec<Item>, failures: &Failures, collected: &mut Collected) {
    if gate.mutates_whole_set() {
        collected.kept.extend(items);
        return;
    }
    let broken = gate.mutators().any(|(plugin, _)| too_many(&failures.changing, plugin));
    if broken {
        collected.deferred.extend(items);
        return;
    }
    match mutate::mutate(gate, &mut items, collected) {
        Ok(shown) => validate_shown(gate, items, shown, failures, collected),
        Err(failed) => {
            count(&failures.changing, failed.plugin);
            collected.deferred.extend(items.iter().map(Item::restored));
        }
    }
}

/// Has a batch judged, once it is as the mutators leave it.
pub(crate) fn validate(gate: &Gate, items: Vec<Item>, failures: &Failures, collected: &mut Collected) {
    validate_shown(gate, items, Shown::default(), failures, collected);
}

/// As [`validate`], with what the mutators were shown last.
fn validate_shown(gate: &Gate, items: Vec<Item>, mut shown: Shown, failures: &Failures, collected: &mut Collected) {
    // What mutators have told.
    collected.mind(gate);
    collected.mutated.extend(items.iter().filter(|item| item.is_changed()).map(|item| item.order));
    let set = shown.of(&items);
    for (plugin, loaded) in gate.validators().filter(|(_, loaded)| !loaded.sees_others()) {
        let chosen = choose(gate, plugin, &items);
        if chosen.is_empty() {
            continue;
        }
        let suspects =
            |chosen: &[u32]| chosen_items(&items, chosen).map(|item| (plugin, item.clone())).collect::<Vec<_>>();
        if too_many(&failures.judging, plugin) {
            collected.suspects.extend(suspects(&chosen));
            continue;
        }
        let call = Call { set: Arc::clone(&set), chosen, context: None };
        if judge(gate, plugin, loaded, &items, &call, collected).is_err() {
            count(&failures.judging, plugin);
            collected.suspects.extend(suspects(&call.chosen));
        }
    }
    collected.kept.extend(items.into_iter().filter(|item| item.plan.kept));
}

/// Asks a validator and takes down what it found.
pub(crate) fn judge(
    gate: &Gate,
    plugin: usize,
    loaded: &Loaded,
    items: &[Item],
    call: &Call,
    collected: &mut Collected,
) -> Result<(), Fault> {
    let checked = loaded.judge.check(call)?;
    let (is_full, mut counts) = (many::is_full(gate), Counts::default());
    let mut drafts = Vec::with_capacity(if is_full { 0 } else { checked.findings.len() });
    for said in checked.findings {
        let index = call.chosen.get(said.subject as usize);
        let item = index.and_then(|index| items.get(*index as usize));
        if let (true, Some(rule)) = (is_full && item.is_some(), loaded.rules.get(&said.rule)) {
            counts.count(&rule.info.id);
            continue;
        }
        let draft = item.and_then(|item| finding::of_plugin(gate, plugin, loaded, item, said));
        let Some(draft) = draft else {
            let message = String::from("a finding names no subject of the call, or no rule of the plugin");
            return Err(Fault::Contract { message });
        };
        drafts.push(draft);
    }
    collected.drafts.extend(drafts);
    collected.counted.absorb(counts);
    collected.mind(gate);
    collected.log(plugin, checked.log);
    Ok(())
}

/// The objects as plugins are given them: made once for all that are asked one after the other, until one changes
/// something.
#[derive(Default)]
pub(crate) struct Shown(Option<Arc<Set>>);

impl Shown {
    pub(crate) fn of(&mut self, items: &[Item]) -> Arc<Set> {
        Arc::clone(self.0.get_or_insert_with(|| Arc::new(set_of(items))))
    }

    /// Something is about to change.
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }
}

fn set_of(items: &[Item]) -> Set {
    let resources: Vec<Arc<Resource>> = items.iter().map(|item| Arc::clone(&item.resource)).collect();
    let changes = items.iter().any(|item| item.previous.is_some());
    let previous = if changes { items.iter().map(|item| item.previous.clone()).collect() } else { Vec::new() };
    // Those of a batch are gone in a moment; those of a whole set would lie beside it for as long as it is judged.
    let tapes = if items.len() <= BATCH { Tapes::of(items.len()) } else { Tapes::default() };
    Set { resources, previous, tapes, namespace: None }
}

/// Which of the objects are for a plugin.
pub(crate) fn choose(gate: &Gate, plugin: usize, items: &[Item]) -> Vec<u32> {
    items.iter().enumerate().filter(|(_, item)| is_for(gate, plugin, item)).map(|(index, _)| index as u32).collect()
}

/// Whether an object is for a plugin.
pub(crate) fn is_for(gate: &Gate, plugin: usize, item: &Item) -> bool {
    item.plan.selects(gate, plugin, &item.resource) && !item.failed()
}

/// The chosen among the objects.
pub(crate) fn chosen_items<'i>(items: &'i [Item], chosen: &[u32]) -> impl Iterator<Item = &'i Item> {
    chosen.iter().filter_map(|index| items.get(*index as usize))
}
