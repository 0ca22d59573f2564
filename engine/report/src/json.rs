//! The JSON report: `schema/report-v1.json` says what each field means. Its version changes when a field does; fields
//! come in the order of the structs below, every one of them always. Written as it is read, never held as a whole.

mod blocks;

use std::io::{self, Write as _};

use serde::{Serialize, Serializer};
use sluice_manifest::Identity;
use sluice_plugin::Severity;
use sluice_policy::{Action, Applied, ConfigError, Decision, Finding, Location, Related, Rendered, Verdict};

use crate::Options;
use crate::json_text::PatchOperation;
use crate::outcome::Tally;

/// The member of a report that has no findings.
const NO_FINDINGS: &str = "\n  \"findings\": []";
/// The version of the form, which the schema's file name carries too.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    tool: Tool,
    verdict: &'static str,
    summary: Counts,
    /// Written in blocks: see [`write`].
    findings: [(); 0],
    #[serde(serialize_with = "skipped")]
    skipped: &'a [(String, String)],
}

/// The report of a run that did not begin, because the policy file is wrong.
#[derive(Serialize)]
struct Unusable<'a> {
    version: u32,
    tool: Tool,
    #[serde(serialize_with = "config_errors")]
    errors: &'a [ConfigError],
}

#[derive(Serialize)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Counts {
    resources: u64,
    documents: u64,
    files: u64,
    skipped: usize,
    plugins: u64,
    mutated: u64,
    findings: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    audited: usize,
    excepted: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OneFinding<'a> {
    rule: &'a str,
    plugin: &'a str,
    severity: &'static str,
    action: &'static str,
    message: &'a str,
    help: &'a str,
    url: Option<&'a str>,
    resource: Option<Object<'a>>,
    path: Option<&'a str>,
    location: Option<Place<'a>>,
    rendered: Option<RenderedPlace<'a>>,
    related: Vec<RelatedPlace<'a>>,
    written_by: Option<&'a str>,
    fix: Vec<PatchOperation<'a>>,
    exception: Option<Exception<'a>>,
    detail: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Object<'a> {
    api_version: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    file: &'a str,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    exact: bool,
}

#[derive(Serialize)]
struct RenderedPlace<'a> {
    name: &'a str,
    line: u32,
    column: u32,
    verbatim: bool,
}

#[derive(Serialize)]
struct RelatedPlace<'a> {
    what: &'a str,
    location: Option<Place<'a>>,
}

#[derive(Serialize)]
struct Exception<'a> {
    reason: &'a str,
    expires: Option<&'a str>,
}

#[derive(Serialize)]
struct Skipped<'a> {
    name: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct OneConfigError<'a> {
    message: &'a str,
    help: Option<&'a str>,
    location: Option<Place<'a>>,
}

pub(crate) fn write(verdict: &Verdict, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let report = Report {
        version: VERSION,
        tool: Tool::of(options),
        verdict: decision(verdict.decision),
        summary: Counts::of(verdict),
        findings: [],
        skipped: &verdict.summary.skipped,
    };
    if verdict.findings.is_empty() {
        return pretty(&report, out);
    }
    let text = serde_json::to_string_pretty(&report)?;
    let (head, tail) = text.split_once(NO_FINDINGS).ok_or_else(|| io::Error::other("the report has no findings"))?;
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    write!(out, "{head}\n  \"findings\": [")?;
    blocks::write(&verdict.findings, OneFinding::of, options.jobs, &mut out)?;
    writeln!(out, "\n  ]{tail}")?;
    out.flush()
}

pub(crate) fn write_config_errors(
    errors: &[ConfigError],
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    pretty(&Unusable { version: VERSION, tool: Tool::of(options), errors }, out)
}

/// Writes a value as it is serialized, indented, with a line break at its end.
pub(crate) fn pretty(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(1 << 16, out);
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")?;
    out.flush()
}

impl Tool {
    fn of(options: &Options) -> Self {
        Self::version(options.tool_version)
    }

    pub(crate) fn version(version: &'static str) -> Self {
        Self { name: "sluice", version }
    }
}

impl Counts {
    fn of(verdict: &Verdict) -> Self {
        let tally = Tally::of(&verdict.findings);
        let summary = &verdict.summary;
        Self {
            resources: summary.resources,
            documents: summary.documents,
            files: summary.files,
            skipped: summary.skipped.len(),
            plugins: summary.plugins,
            mutated: summary.mutated,
            findings: verdict.findings.len(),
            errors: tally.errors,
            warnings: tally.warnings,
            notes: tally.notes,
            audited: tally.audited,
            excepted: tally.excepted,
        }
    }
}

impl<'a> OneFinding<'a> {
    pub(crate) fn of(finding: &'a Finding) -> Self {
        Self {
            rule: &finding.rule,
            plugin: &finding.plugin,
            severity: severity(finding.severity),
            action: action(finding.action),
            message: &finding.message,
            help: &finding.help,
            url: finding.url.as_deref(),
            resource: finding.resource.as_ref().map(Object::of),
            path: finding.path.as_deref(),
            location: finding.location.as_ref().map(Place::of),
            rendered: finding.rendered.as_ref().map(RenderedPlace::of),
            related: finding.related().iter().map(RelatedPlace::of).collect(),
            written_by: finding.written_by.as_deref(),
            fix: finding.fix.iter().map(PatchOperation::of).collect(),
            exception: finding.exception.as_ref().map(Exception::of),
            detail: finding.detail.as_deref(),
        }
    }
}

impl<'a> Object<'a> {
    pub(crate) fn of(identity: &'a Identity) -> Self {
        Self {
            api_version: &identity.api_version,
            kind: &identity.kind,
            namespace: identity.namespace.as_deref(),
            name: &identity.name,
        }
    }
}

impl<'a> Place<'a> {
    fn of(location: &'a Location) -> Self {
        Self {
            file: &location.file,
            line: location.line,
            column: location.column,
            end_line: location.end_line,
            end_column: location.end_column,
            exact: location.exact,
        }
    }
}

impl<'a> RenderedPlace<'a> {
    fn of(rendered: &'a Rendered) -> Self {
        Self { name: &rendered.name, line: rendered.line, column: rendered.column, verbatim: rendered.verbatim }
    }
}

impl<'a> RelatedPlace<'a> {
    fn of(related: &'a Related) -> Self {
        Self { what: &related.what, location: related.location.as_ref().map(Place::of) }
    }
}

impl<'a> Exception<'a> {
    fn of(applied: &'a Applied) -> Self {
        Self { reason: &applied.reason, expires: applied.expires.as_deref() }
    }
}

/// The word of a decision in every form for programs.
#[must_use]
pub fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Deny => "deny",
        Decision::Undecided => "undecided",
    }
}

/// A finding, as reports for programs have it.
pub fn finding(finding: &Finding) -> impl Serialize {
    OneFinding::of(finding)
}

/// The word of a severity in every form for programs.
pub(crate) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

/// The word of an action, as the policy file writes it.
pub(crate) fn action(action: Action) -> &'static str {
    match action {
        Action::Deny => "deny",
        Action::Warn => "warn",
        Action::Audit => "audit",
    }
}

fn skipped<S: Serializer>(skipped: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(skipped.iter().map(|(name, reason)| Skipped { name, reason }))
}

fn config_errors<S: Serializer>(errors: &[ConfigError], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(errors.iter().map(|error| OneConfigError {
        message: &error.message,
        help: Some(error.help.as_str()).filter(|help| !help.is_empty()),
        location: error.location.as_ref().map(Place::of),
    }))
}
