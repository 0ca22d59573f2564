//! Plan and status for programs: `schema/plan-v1.json` and `schema/status-v1.json` say what each field means. The version of
//! a form changes when a field does; fields may come on top.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;
use sluice_apply::{Action, Blast, Health, Ignored, Inventory, Phase, Place, Plan, Prune, Reference, Release, Stage};
use sluice_policy::Verdict;

use super::order::Before;
use super::show::{self, Counts};
use super::status::Object;

/// The version of both forms, which the file names of the schemas carry too.
const VERSION: u32 = 1;

/// The JSON Schema of a plan.
pub(crate) const PLAN_SCHEMA: &str = include_str!("../../schema/plan-v1.json");
/// The JSON Schema of a status.
pub(crate) const STATUS_SCHEMA: &str = include_str!("../../schema/status-v1.json");

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

const TOOL: Tool = Tool { name: "sluice", version: env!("CARGO_PKG_VERSION") };

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    api_version: String,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

impl<'a> Resource<'a> {
    fn of(reference: &'a Reference) -> Self {
        let Reference { group, version, kind, namespace, name } = reference;
        let api_version = if group.is_empty() { version.clone() } else { format!("{group}/{version}") };
        Self { api_version, kind, namespace: namespace.as_deref(), name }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlanReport<'a, F, G> {
    version: u32,
    tool: Tool,
    application: &'a str,
    revision: Option<&'a str>,
    digest: Option<&'a str>,
    verdict: &'static str,
    findings: Vec<G>,
    applicable: bool,
    changes: bool,
    summary: Counts,
    objects: Vec<Planned<'a, F>>,
    unacknowledged: Vec<Unacknowledged<'a>>,
    waits_for: &'a [Before],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Planned<'a, F> {
    resource: Resource<'a>,
    stage: &'static str,
    action: &'static str,
    reason: Option<&'a str>,
    help: Option<&'a str>,
    place: Option<Place>,
    takes_fields: bool,
    fields: Vec<F>,
    left_out: usize,
    ignored: Vec<OneIgnored<'a>>,
}

#[derive(Serialize)]
struct OneIgnored<'a> {
    path: &'a str,
    managers: &'a BTreeSet<String>,
    differs: bool,
}

#[derive(Serialize)]
struct Unacknowledged<'a> {
    word: &'a str,
    message: &'a str,
}

/// Writes a plan of an application at a revision, and what keeps it from being applied; the revision of a folder is empty.
pub(super) fn plan(
    application: &str,
    revision: &str,
    (plan, blast, waits): (&Plan, &Blast, &[Before]),
    out: &mut dyn Write,
) -> io::Result<()> {
    let compared: Vec<_> = plan.steps.iter().map(|step| show::compared(&step.action)).collect();
    let of_set = plan.steps.iter().zip(&compared).map(|(step, compared)| {
        let (action, reason, help) = match &step.action {
            Action::Create => ("create", None, None),
            Action::Change { .. } => ("change", None, None),
            Action::Unchanged { .. } => ("unchanged", None, None),
            Action::Deferred { reason } => ("deferred", Some(reason.as_str()), None),
            Action::Refused { message, help } => ("error", Some(message.as_str()), some(help)),
        };
        let (fields, left_out) = compared.as_ref().map_or((Vec::new(), 0), |fields| {
            (show::that_matter(fields).map(sluice_report::diff_field).collect(), fields.left_out)
        });
        let takes_fields = matches!(step.action, Action::Change { force: true, .. });
        let ignored = step.ignored.iter().map(OneIgnored::of).collect();
        let place = step.refused_at();
        Planned { help, place, takes_fields, fields, left_out, ignored, ..Planned::of(&step.reference, action, reason) }
    });
    let pruned = plan.prunes.iter().map(|(reference, prune)| {
        let (action, reason) = match prune {
            Prune::Delete { .. } => ("prune", None),
            Prune::Gone => ("gone", None),
            Prune::Released { reason, .. } => ("release", Some(reason.as_str())),
            Prune::Kept { reason } => ("keep", Some(reason.as_str())),
            Prune::Unknown { reason } => ("unknown", Some(reason.as_str())),
        };
        Planned::of(reference, action, reason)
    });
    let gates = blast.gates.iter();
    let report = PlanReport {
        version: VERSION,
        tool: TOOL,
        application,
        revision: some(revision),
        digest: Some(plan.digest()),
        verdict: "allow",
        findings: Vec::<()>::new(),
        applicable: !plan.is_refused() && blast.gates.is_empty() && waits.is_empty(),
        changes: plan.changes(),
        summary: Counts::of(plan),
        objects: of_set.chain(pruned).collect(),
        unacknowledged: gates.map(|gate| Unacknowledged { word: gate.word, message: &gate.message }).collect(),
        waits_for: waits,
    };
    pretty(&report, out)
}

/// Writes that there is no plan of an application at a revision, because of what the gate says.
pub(super) fn denied(application: &str, revision: &str, verdict: &Verdict, out: &mut dyn Write) -> io::Result<()> {
    let report = PlanReport {
        version: VERSION,
        tool: TOOL,
        application,
        revision: some(revision),
        digest: None,
        verdict: sluice_report::decision(verdict.decision),
        findings: verdict.findings.iter().map(sluice_report::finding).collect(),
        applicable: false,
        changes: false,
        summary: Counts::default(),
        objects: Vec::<Planned<'_, ()>>::new(),
        unacknowledged: Vec::new(),
        waits_for: &[],
    };
    pretty(&report, out)
}

impl<'a, F> Planned<'a, F> {
    fn of(reference: &'a Reference, action: &'static str, reason: Option<&'a str>) -> Self {
        Self {
            resource: Resource::of(reference),
            stage: stage(Stage::of(reference)),
            action,
            reason,
            help: None,
            place: None,
            takes_fields: false,
            fields: Vec::new(),
            left_out: 0,
            ignored: Vec::new(),
        }
    }
}

impl<'a> OneIgnored<'a> {
    fn of(ignored: &'a Ignored) -> Self {
        Self { path: &ignored.pointer, managers: &ignored.managers, differs: ignored.differs }
    }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Definitions => "definitions",
        Stage::Namespaces => "namespaces",
        Stage::Rights => "rights",
        Stage::Objects => "objects",
        Stage::Admission => "admission",
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusReport<'a> {
    version: u32,
    tool: Tool,
    application: &'a str,
    phase: &'static str,
    good: bool,
    release: Option<OneRelease<'a>>,
    healthy: Vec<OneRelease<'a>>,
    quarantined: Option<OneRelease<'a>>,
    objects: Vec<Stands<'a>>,
}

#[derive(Serialize)]
struct OneRelease<'a> {
    revision: Option<&'a str>,
    digest: &'a str,
    time: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Stands<'a> {
    resource: Resource<'a>,
    in_set: bool,
    health: &'static str,
    reason: Option<&'a str>,
}

/// Writes where an application stands. `good` is whether everything was applied and is healthy.
pub(super) fn status(inventory: &Inventory, objects: &[Object], good: bool, out: &mut dyn Write) -> io::Result<()> {
    let objects = objects.iter().map(|Object { reference, health, in_set }| {
        let (health, reason) = match health {
            Health::Current => ("healthy", None),
            Health::InProgress(words) => ("in-progress", some(words)),
            Health::Failed(words) => ("failed", some(words)),
            Health::Terminating => ("deleting", None),
            Health::Missing => ("missing", None),
        };
        Stands { resource: Resource::of(reference), in_set: *in_set, health, reason }
    });
    let report = StatusReport {
        version: VERSION,
        tool: TOOL,
        application: &inventory.application,
        phase: phase(inventory.phase),
        good,
        release: inventory.release.as_ref().map(OneRelease::of),
        healthy: inventory.healthy.iter().map(OneRelease::of).collect(),
        quarantined: inventory.quarantined.as_ref().map(OneRelease::of),
        objects: objects.collect(),
    };
    pretty(&report, out)
}

/// Where the last run stands, in a word.
pub(super) fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Applying => "applying",
        Phase::Applied => "applied",
        Phase::Failed => "failed",
        Phase::Deleting => "deleting",
    }
}

impl<'a> OneRelease<'a> {
    fn of(release: &'a Release) -> Self {
        Self { revision: some(&release.revision), digest: &release.digest, time: &release.time }
    }
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn pretty(report: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    writeln!(out)
}
