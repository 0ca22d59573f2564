//! From all that was gathered to the verdict, in an order that no thread has a say in.

use std::cmp::Ordering;
use std::sync::Arc;

use sluice_manifest::Resource;

use super::collect::{Cause, Collected, Draft, Order, Reach};
use super::names::Duplicate;
use super::rules::{DUPLICATE, EXPIRED, NEVER_MATCHED, STOPPED, UNUSED};
use super::{Alike, Gate, InputOutcome, Keep, Loaded, Outcome, finding};
use crate::place::At;
use crate::{Approved, Decision, Finding, Summary, Verdict};

/// Ends a set: what is told of it as a whole.
pub(crate) fn close(gate: &Gate, mut collected: Collected) -> Collected {
    tell_duplicates(gate, &mut collected);
    drop_uncertain(gate, &mut collected);
    collected
}

/// Decides about closed sets, in this order.
pub(crate) fn conclude(gate: &Gate, sets: impl Iterator<Item = Collected>, keep: Keep, alike: Alike) -> Outcome {
    let mut collected = Collected::default();
    let mut count = 0;
    for set in sets {
        collected.append(set);
        count += 1;
    }
    // Without the findings nobody can say what exceptions cover.
    if !collected.sum_up(gate) {
        tell_exceptions(gate, &mut collected);
        tell_unmatched(gate, &mut collected);
    }
    collected.skipped.sort();
    collected.kept.sort_by_key(|item| item.order);

    let undecided = collected.drafts.iter().any(|draft| draft.undecided);
    let mut findings = in_order(collected.drafts.into_iter().map(|draft| draft.finding).collect());
    if count > 1 && alike == Alike::Once {
        findings.dedup_by(|next, kept| kept.is_alike(next));
    }
    let decision = if undecided {
        Decision::Undecided
    } else if findings.iter().any(Finding::denies) {
        Decision::Deny
    } else {
        Decision::Allow
    };
    let summary = Summary {
        resources: collected.resources,
        documents: collected.documents,
        files: collected.files,
        skipped: collected.skipped.into_iter().map(|(_, name, reason)| (name, reason)).collect(),
        plugins: gate.plugins.len() as u64,
        findings: findings.len() as u64,
        excepted: findings.iter().filter(|finding| finding.exception.is_some()).count() as u64,
        mutated: collected.mutated.len() as u64,
    };
    let name = |plugin: usize| gate.plugin(plugin).map_or("", Loaded::name).to_owned();
    let log = collected.log.into_iter().map(|(plugin, line)| (name(plugin), line)).collect();
    let set: Vec<Arc<Resource>> = match keep {
        Keep::Set => collected.kept.into_iter().map(|item| item.resource).collect(),
        Keep::Nothing => Vec::new(),
    };
    let goes_on = keep == Keep::Set && decision == Decision::Allow;
    let digests = || gate.plugins.iter().map(|plugin| plugin.digests.clone()).collect();
    Outcome {
        verdict: Verdict { decision, findings, summary, rules: gate.rules.clone(), log },
        approved: goes_on.then(|| Approved::new(set.clone(), digests())),
        set,
        inputs: by_input(collected.inputs),
    }
}

fn by_input(mut inputs: Vec<(usize, InputOutcome)>) -> Vec<InputOutcome> {
    inputs.sort_by_key(|(given, _)| *given);
    inputs.into_iter().map(|(_, outcome)| outcome).collect()
}

/// In order of [`by_place`]. Findings are large, so their numbers are sorted and each of them is moved once.
fn in_order(findings: Vec<Finding>) -> Vec<Finding> {
    let mut order: Vec<(usize, &Finding)> = findings.iter().enumerate().collect();
    order.sort_by(|(_, one), (_, other)| by_place(one, other));
    let order: Vec<usize> = order.into_iter().map(|(index, _)| index).collect();
    let mut findings: Vec<Option<Finding>> = findings.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| findings.get_mut(index)?.take()).collect()
}

/// By place, then rule, object and words. What has no place comes last.
fn by_place(one: &Finding, other: &Finding) -> Ordering {
    let place = |finding: &Finding| finding.location.is_none();
    place(one)
        .cmp(&place(other))
        .then_with(|| one.location.cmp(&other.location))
        .then_with(|| one.rule.cmp(&other.rule))
        .then_with(|| one.resource.cmp(&other.resource))
        .then_with(|| one.message.cmp(&other.message))
        .then_with(|| one.path.cmp(&other.path))
        .then_with(|| one.plugin.cmp(&other.plugin))
        .then_with(|| one.severity.cmp(&other.severity))
        // What a template prints twice by one line has the place of that line.
        .then_with(|| one.rendered.cmp(&other.rendered))
}

fn tell_duplicates(gate: &Gate, collected: &mut Collected) {
    let names = std::mem::take(&mut collected.names);
    for duplicate in names.duplicates(&collected.file_names) {
        let (file, line) = &duplicate.first;
        let message = format!("this object is there twice: the first is at {file}:{line}");
        let Duplicate { location, snippet, rendered, .. } = duplicate;
        let place = At { location, snippet, rendered };
        collected.drafts.push(finding::of_name(gate, &DUPLICATE, duplicate.identity, place, message));
        collected.mind(gate);
    }
}

/// Drops what depends on batches: findings about objects after the one that a plugin was stopped at. The verdict is
/// undecided with or without them.
fn drop_uncertain(gate: &Gate, collected: &mut Collected) {
    if collected.stopped.is_empty() {
        return;
    }
    collected.stopped.sort_by_key(|stop| (stop.plugin, stop.cause.end()));
    let stopped = std::mem::take(&mut collected.stopped);
    let counts = |plugin: Option<usize>, order: Order| {
        stopped.iter().all(|stop| {
            let is_past = stop.cause.end().is_none_or(|end| order > end);
            !is_past || stop.reach == Reach::Plugin && plugin != Some(stop.plugin)
        })
    };
    collected.drafts.retain(|draft| draft.from.is_none_or(|(plugin, order)| counts(Some(plugin), order)));
    collected.minded = collected.drafts.len() as u64;
    collected.mutated.retain(|order| counts(None, *order));
    let ends = stopped.iter().any(|stop| stop.reach == Reach::All);
    collected.log.retain(|(plugin, _)| !ends && !stopped.iter().any(|stop| stop.plugin == *plugin));
    for stop in stopped {
        let Some(loaded) = gate.plugin(stop.plugin) else { continue };
        let name = loaded.name();
        let message = match (&stop.cause, stop.reach) {
            (Cause::Failures { object, .. }, Reach::Plugin) => {
                format!("the plugin `{name}` failed again and again; it judged nothing after {object}")
            }
            (Cause::Failures { object, .. }, Reach::All) => {
                format!("the plugin `{name}` failed again and again; nothing was judged after {object}")
            }
            (Cause::Slowness { fault }, reach) => {
                let lost = match reach {
                    Reach::Plugin => "what it found does not count",
                    Reach::All => "nothing was judged",
                };
                format!("the plugin `{name}` answers about a few objects at once, and about more it {fault}; {lost}")
            }
        };
        let mut finding = finding::gate_finding(&STOPPED, message);
        finding.plugin = name.to_owned();
        if let Cause::Slowness { fault } = &stop.cause {
            finding.help = fault.help().into();
        }
        (finding.location, finding.snippet) = gate.entry_place(loaded);
        collected.drafts.push(Draft { finding, from: None, undecided: true, met: Vec::new() });
    }
}

/// Tells of every exception that has expired, and of every other that covers nothing.
fn tell_exceptions(gate: &Gate, collected: &mut Collected) {
    let mut met: Vec<u64> = vec![0; gate.exceptions.iter().count()];
    for index in collected.drafts.iter().flat_map(|draft| &draft.met) {
        if let Some(count) = met.get_mut(*index as usize) {
            *count += 1;
        }
    }
    for ((exception, expired), met) in gate.exceptions.iter().zip(met) {
        let rule = exception.rule.as_str();
        let (kind, place, message) = match (expired, met) {
            (false, 0) => (&UNUSED, exception.place, format!("this exception from `{rule}` covers nothing")),
            (false, _) => continue,
            (true, met) => {
                let day = exception.expires.map(|date| date.to_string()).unwrap_or_default();
                let place = exception.expires_place.unwrap_or(exception.place);
                let counts = match met {
                    0 => String::new(),
                    1 => String::from("; the finding that it covered counts"),
                    more => format!("; the {more} findings that it covered count"),
                };
                (&EXPIRED, place, format!("this exception from `{rule}` ended on {day}{counts}"))
            }
        };
        let error = gate.policy.error(place, "", "");
        let mut finding = finding::gate_finding(kind, message);
        (finding.location, finding.snippet) = (error.location, error.snippet);
        collected.drafts.push(Draft { finding, from: None, undecided: false, met: Vec::new() });
    }
}

/// Tells of every plugin that was given no object because of what the policy file says that it is for. Where something is
/// undecided, not every plugin has been asked.
fn tell_unmatched(gate: &Gate, collected: &mut Collected) {
    if collected.drafts.iter().any(|draft| draft.undecided) {
        return;
    }
    for (index, loaded) in gate.plugins.iter().enumerate() {
        let Some(place) = loaded.entry.places.matches else { continue };
        let is_wanted = collected.kinds.iter().any(|kind| kind.is_wanted(index));
        if !is_wanted || collected.kinds.iter().any(|kind| kind.was_given(index)) {
            continue;
        }
        let message = format!("the `match` of `{}` fits no object, so the plugin did nothing", loaded.name());
        let error = gate.policy.error(place, "", "");
        let mut finding = finding::gate_finding(&NEVER_MATCHED, message);
        (finding.location, finding.snippet) = (error.location, error.snippet);
        collected.drafts.push(Draft { finding, from: None, undecided: false, met: Vec::new() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rendered;

    #[test]
    fn what_a_line_prints_twice_is_told_in_the_order_of_what_is_printed() {
        let printed = |line: u32| {
            let mut finding = finding::gate_finding(&DUPLICATE, String::from("alike"));
            let name = String::from("chart");
            finding.rendered = Some(Rendered { name, line, column: 1, verbatim: false, related: Vec::new() });
            finding
        };
        let one = [printed(1), printed(200)];
        let other = [printed(200), printed(1)];
        assert_eq!(in_order(one.to_vec()), in_order(other.to_vec()));
    }
}
