//! From what a plugin, the reader or the gate says to a finding with its place, its texts and what follows from it.

use std::sync::Arc;

use sluice_manifest::{Identity, Problem, Resource, steady_pointer};
use sluice_plugin::{Fault, Finding as Said, Severity};

use super::collect::{Draft, Item, Order};
use super::rules::{GateRule, NO_PAST, NOT_RENDERED};
use super::{Failure, Gate, Loaded, fix};
use crate::exceptions::Covers;
use crate::place::{self, At, Unread};
use crate::{Action, Finding, Location, Snippet};

/// The plugin of findings that the gate makes itself.
const SLUICE: &str = "sluice";
/// A document for which this is found could not even be looked at.
const UNDECIDABLE: &str = "invalid-utf8";
/// Longest message that is taken from a plugin, in characters.
const MAX_MESSAGE: usize = 4_000;

/// The place that a pointer into an object stands for.
pub(crate) fn at(resource: &Resource, pointer: &str) -> At {
    let located = resource.tree().locate(pointer).or_else(|| resource.tree().locate(""));
    let (span, exact) = located.map_or((resource.root().span(), false), |located| (located.span, located.exact));
    place::of_object(resource, span, exact)
}

/// The pointer that stays when elements are put before those that it names.
fn steady(resource: &Resource, pointer: &str) -> Option<String> {
    // Reports hash it: nothing of a `Secret` may be guessed from that.
    if resource.identity().is_secret() { None } else { steady_pointer(resource.root(), pointer) }
}

/// What a validator found.
pub(crate) fn of_plugin(gate: &Gate, plugin: usize, loaded: &Loaded, item: &Item, said: Said) -> Option<Draft> {
    let rule = loaded.rules.get(&said.rule)?;
    let resource = &item.resource;
    let fix = fix::as_meant(resource, said.fix);
    let At { location, snippet, rendered } = match fix::key_at_fault(resource, &said.pointer, &fix) {
        Some(key) => place::of_object(resource, key, true),
        None => at(resource, &said.pointer),
    };
    let Covers { met, applied } = gate.exceptions.covers(&rule.info.id, resource.identity(), Some(resource.root()));
    let writer = item.writer(&said.pointer).and_then(|writer| gate.plugin(writer));
    let finding = Finding {
        rule: rule.info.id.clone(),
        plugin: loaded.name().to_owned(),
        severity: rule.severity.unwrap_or(said.severity),
        action: rule.action,
        message: tidy(said.message),
        help: rule.info.help.clone(),
        url: rule.info.url.clone(),
        resource: Some(resource.identity().clone()),
        steady: steady(resource, &said.pointer),
        path: Some(said.pointer),
        location: Some(location),
        snippet,
        rendered,
        fix,
        exception: applied,
        written_by: writer.map(|writer| writer.name().to_owned()),
        detail: None,
    };
    Some(Draft { finding, from: Some((plugin, item.order)), undecided: false, met })
}

/// A message is one line, and not a book.
fn tidy(message: String) -> String {
    let clean = !message.contains(char::is_control);
    match message.char_indices().nth(MAX_MESSAGE) {
        None if clean => message,
        cut => {
            let end = cut.map_or(message.len(), |(end, _)| end);
            let kept = message.get(..end).unwrap_or_default();
            kept.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
        }
    }
}

/// What kept a plugin from answering about an object.
pub(crate) fn of_fault(loaded: &Loaded, plugin: usize, item: &Item, fault: &Fault) -> Draft {
    let At { location, snippet, rendered } = at(&item.resource, "");
    let mut finding = bare_fault(loaded, fault);
    finding.resource = Some(item.resource.identity().clone());
    finding.path = Some(String::new());
    finding.location = Some(location);
    finding.snippet = snippet;
    finding.rendered = rendered;
    Draft { finding, from: Some((plugin, item.order)), undecided: true, met: Vec::new() }
}

/// What kept a plugin from answering about the whole set.
pub(crate) fn of_set_fault(gate: &Gate, loaded: &Loaded, fault: &Fault) -> Draft {
    let mut finding = bare_fault(loaded, fault);
    (finding.location, finding.snippet) = gate.entry_place(loaded);
    Draft { finding, from: None, undecided: true, met: Vec::new() }
}

fn bare_fault(loaded: &Loaded, fault: &Fault) -> Finding {
    let detail = match fault {
        Fault::Trapped { backtrace, .. } | Fault::StackLimit { backtrace, .. } => {
            Some(backtrace.clone()).filter(|backtrace| !backtrace.is_empty())
        }
        Fault::TimedOut { .. }
        | Fault::OutOfMemory { .. }
        | Fault::TableLimit { .. }
        | Fault::InstanceLimit { .. }
        | Fault::HandleLimit { .. }
        | Fault::NoThread
        | Fault::OutputLimit { .. }
        | Fault::Contract { .. }
        | Fault::Undecided { .. } => None,
    };
    Finding {
        rule: format!("{SLUICE}/{}", fault.rule()),
        plugin: loaded.name().to_owned(),
        help: fault.help().into(),
        detail,
        ..blank(tidy(format!("the plugin `{}` {fault}", loaded.name())), Severity::Error)
    }
}

/// What the gate found about what a plugin did to an object.
pub(crate) fn of_change(
    gate: &Gate,
    rule: &GateRule,
    (plugin, item): (usize, &Item),
    pointer: &str,
    message: String,
) -> Draft {
    let resource = &item.resource;
    let At { location, snippet, rendered } = at(resource, pointer);
    let Covers { met, applied } = gate.exceptions.covers(rule.id, resource.identity(), Some(resource.root()));
    let finding = Finding {
        resource: Some(resource.identity().clone()),
        path: Some(pointer.to_owned()),
        steady: steady(resource, pointer),
        location: Some(location),
        snippet,
        rendered,
        exception: applied,
        ..gate_finding(rule, message)
    };
    Draft { finding, from: Some((plugin, item.order)), undecided: false, met }
}

/// Why a set could not be made: it is never judged in part.
pub(crate) fn of_failure(failure: Failure) -> Draft {
    let Failure { message, help, place, detail } = failure;
    let mut finding = Finding { detail, ..gate_finding(&NOT_RENDERED, tidy(message)) };
    if !help.is_empty() {
        finding.help = help.into();
    }
    if let Some((text, span)) = place {
        let At { location, snippet, .. } = place::of_source(&text, span);
        (finding.location, finding.snippet) = (Some(location), snippet);
    }
    Draft { finding, from: None, undecided: true, met: Vec::new() }
}

/// That nobody can say what an object was before. No exception covers it.
pub(crate) fn of_past(resource: &Resource, cause: &str) -> Draft {
    let At { location, snippet, rendered } = at(resource, "/metadata/name");
    let finding = Finding {
        resource: Some(resource.identity().clone()),
        path: Some(String::from("/metadata/name")),
        location: Some(location),
        snippet,
        rendered,
        ..gate_finding(&NO_PAST, tidy(format!("what it was before cannot be read: {cause}")))
    };
    Draft { finding, from: None, undecided: true, met: Vec::new() }
}

/// What the gate found, without a place.
pub(crate) fn gate_finding(rule: &GateRule, message: String) -> Finding {
    Finding { rule: rule.id.to_owned(), help: rule.help.into(), ..blank(message, rule.severity) }
}

/// What the gate found about a file of which it knows no more than the name.
pub(crate) fn of_file(rule: &GateRule, file: &str, message: String) -> Finding {
    let location = Location { file: file.to_owned(), line: 1, column: 1, end_line: 1, end_column: 1, exact: true };
    Finding { location: Some(location), ..gate_finding(rule, message) }
}

/// What is wrong with a document, in one of its objects or outside of them. Where something of it could not be read, no
/// exception helps.
pub(crate) fn of_problem(gate: &Gate, document: &Unread<'_>, resource: Option<&Resource>, problem: &Problem) -> Draft {
    let rule = format!("{SLUICE}/{}", problem.rule);
    let covers = match resource {
        Some(resource) if !problem.fatal => gate.exceptions.covers(&rule, resource.identity(), Some(resource.root())),
        Some(_) | None => Covers::default(),
    };
    let At { location, snippet, rendered } = match resource {
        Some(resource) => place::of_object(resource, problem.span, true),
        None => document.at(problem.span),
    };
    let finding = Finding {
        rule,
        help: problem.help.into(),
        resource: resource.map(|resource| resource.identity().clone()),
        location: Some(location),
        snippet,
        rendered,
        exception: covers.applied,
        ..blank(problem.message.clone(), if problem.fatal { Severity::Error } else { Severity::Warning })
    };
    Draft { finding, from: None, undecided: problem.rule == UNDECIDABLE, met: covers.met }
}

/// A finding about an object that is no longer at hand.
pub(crate) fn of_name(
    gate: &Gate,
    rule: &GateRule,
    identity: Identity,
    At { location, snippet, rendered }: At,
    message: String,
) -> Draft {
    let Covers { met, applied } = gate.exceptions.covers(rule.id, &identity, None);
    let finding = Finding {
        resource: Some(identity),
        path: Some(String::from("/metadata/name")),
        location: Some(location),
        snippet,
        rendered,
        exception: applied,
        ..gate_finding(rule, message)
    };
    Draft { finding, from: None, undecided: false, met }
}

fn blank(message: String, severity: Severity) -> Finding {
    Finding {
        rule: String::new(),
        plugin: SLUICE.to_owned(),
        severity,
        action: Action::Deny,
        message,
        help: Arc::default(),
        url: None,
        resource: None,
        path: None,
        steady: None,
        location: None,
        snippet: None,
        rendered: None,
        fix: Vec::new(),
        exception: None,
        written_by: None,
        detail: None,
    }
}

impl Gate {
    /// Where the policy file speaks of a plugin.
    pub(crate) fn entry_place(&self, loaded: &Loaded) -> (Option<Location>, Option<Snippet>) {
        let error = self.policy.error(loaded.entry.places.entry, "", "");
        (error.location, error.snippet)
    }
}

impl Order {
    /// Before all objects.
    pub(crate) const FIRST: Self = Self { file: 0, document: 0, item: 0 };
}
