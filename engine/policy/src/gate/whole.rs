//! What needs the whole set: mutators and validators that look at more than one object. They are asked once everything
//! has been read, about the objects that were kept for them.

use std::collections::HashSet;
use std::sync::Arc;

use sluice_manifest::Resource;
use sluice_plugin::{Call, Fault, Scope, Set};

use super::batch::{Shown, choose, is_for, judge};
use super::collect::{Cause, Collected, Item, Reach};
use super::faults::Patience;
use super::mutate::{self, Notes, Pass};
use super::pace::{Next, Pace};
use super::{Gate, Loaded, RunOptions, faults, finding, queue};
use crate::base::key;

/// Asks all plugins that look at more than one object.
pub(crate) fn judge_set(gate: &Gate, mut collected: Collected, options: &RunOptions<'_>) -> Collected {
    collected.kept.sort_by_key(|item| item.order);
    if gate.mutates_whole_set() {
        let items = mutate_set(gate, &mut collected, options);
        collected.absorb(queue::validate_all(gate, items, options));
        collected = faults::settle(gate, collected);
        collected.kept.sort_by_key(|item| item.order);
    }
    let items = std::mem::take(&mut collected.kept);
    let end = collected.end();
    let judged: &[Item] = match end {
        Some(end) => items.get(..items.partition_point(|item| item.order <= end)).unwrap_or_default(),
        None => &items,
    };
    for (plugin, loaded) in gate.validators().filter(|(_, loaded)| loaded.sees_others()) {
        match loaded.description.scope {
            Scope::Set => judge_together(gate, (plugin, loaded), judged, &mut collected, options),
            Scope::Resource => judge_with_context(gate, (plugin, loaded), judged, &mut collected, options),
        }
    }
    collected.kept = items;
    collected
}

fn mutate_set(gate: &Gate, collected: &mut Collected, options: &RunOptions<'_>) -> Vec<Item> {
    let mut items = std::mem::take(&mut collected.kept);
    let mut notes = Notes::default();
    for pass in [Pass::First, Pass::Second] {
        for (plugin, loaded) in gate.mutators() {
            match loaded.description.scope {
                Scope::Set => {
                    let context = context_of(gate, loaded, &items, options);
                    let all = (items.as_mut_slice(), &mut Shown::default());
                    if let Err(fault) = mutate::ask(gate, (plugin, loaded), pass, all, context, &mut notes) {
                        collected.drafts.push(finding::of_set_fault(gate, loaded, &fault));
                        notes.give(collected);
                        return Vec::new();
                    }
                }
                Scope::Resource => {
                    let context = context_of(gate, loaded, &items, options);
                    mutate_in_batches(gate, (plugin, loaded), pass, &mut items, context, (collected, &mut notes));
                }
            }
        }
        if items.iter().all(|item| item.changes.is_none()) {
            break;
        }
    }
    notes.give(collected);
    items
}

fn mutate_in_batches(
    gate: &Gate,
    (plugin, loaded): (usize, &Loaded),
    pass: Pass,
    items: &mut Vec<Item>,
    context: Option<Arc<Set>>,
    (collected, notes): (&mut Collected, &mut Notes),
) {
    let mut patience = Patience::new(plugin, Reach::All);
    let mut pace = Pace::trusting();
    let mut slow: Option<Fault> = None;
    let mut failed = Vec::new();
    let mut start = 0;
    while start < items.len() {
        let rest = items.get_mut(start..).unwrap_or_default();
        let taken = pace.part(rest, |item| is_for(gate, plugin, item) && pass.takes(item));
        let (next, objects) = (start + taken.length, taken.chosen.len());
        let part = rest.get_mut(..taken.length).unwrap_or_default();
        match mutate::ask(gate, (plugin, loaded), pass, (part, &mut Shown::default()), context.clone(), notes) {
            Ok(()) => {
                if let (Next::End, Some(fault)) = (pace.answered(&taken), slow.clone()) {
                    patience.stop(Cause::Slowness { fault }, collected);
                    return items.clear();
                }
            }
            Err(fault) if objects > 1 => {
                pace.failed(objects);
                slow = Some(fault);
                continue;
            }
            Err(fault) => {
                pace.found();
                // The one that it was asked about.
                let Some(item) = taken.chosen.first().and_then(|at| part.get(*at as usize)) else { return };
                notes.drafts.push(finding::of_fault(loaded, plugin, item, &fault));
                failed.push(item.order);
                if patience.ends(item, collected) {
                    items.truncate(next);
                    break;
                }
            }
        }
        start = next;
    }
    items.retain(|item| !failed.contains(&item.order));
}

/// One call for all objects.
fn judge_together(
    gate: &Gate,
    (plugin, loaded): (usize, &Loaded),
    items: &[Item],
    collected: &mut Collected,
    options: &RunOptions<'_>,
) {
    let chosen = choose(gate, plugin, items);
    let call = Call { set: Shown::default().of(items), chosen, context: context_of(gate, loaded, items, options) };
    if let Err(fault) = judge(gate, plugin, loaded, items, &call, collected) {
        collected.drafts.push(finding::of_set_fault(gate, loaded, &fault));
    }
}

fn judge_with_context(
    gate: &Gate,
    (plugin, loaded): (usize, &Loaded),
    items: &[Item],
    collected: &mut Collected,
    options: &RunOptions<'_>,
) {
    let context = context_of(gate, loaded, items, options);
    faults::judge_in_parts(gate, plugin, items, Pace::trusting(), context.as_ref(), collected);
}

/// The objects that a plugin may ask for: those of the set, and those that stand beside it.
fn context_of(gate: &Gate, loaded: &Loaded, items: &[Item], options: &RunOptions<'_>) -> Option<Arc<Set>> {
    if !loaded.sees_context() {
        return None;
    }
    let granted = |resource: &Resource| {
        let identity = resource.identity();
        let (group, version, kind) = (identity.group(), identity.version(), identity.kind.as_str());
        loaded.granted().iter().any(|grant| grant.matches(group, version, kind))
    };
    let set = || items.iter().map(|item| &item.resource);
    let mut resources: Vec<Arc<Resource>> = set().filter(|resource| granted(resource)).cloned().collect();
    if let Some(surroundings) = options.surroundings {
        let beside = surroundings.beside(set().map(|resource| resource.identity()));
        // One that was listed in several versions, for several plugins, is one.
        let mut seen = HashSet::new();
        resources.extend(beside.filter(|it| granted(it) && seen.insert(key(it.identity()))).cloned());
    }
    Some(Arc::new(Set { resources, namespace: gate.namespace.clone(), ..Set::default() }))
}
