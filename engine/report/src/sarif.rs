//! SARIF 2.1.0 (OASIS, with errata 01): one run, with every rule, a result for each finding that is about a manifest,
//! and a notification for each that is about the run itself. Refuses to carry what changes from run to run: no time, no
//! machine, no absolute folder.

mod fingerprint;
mod place;
mod result;
mod rules;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use serde::{Serialize, Serializer};
use sluice_policy::{ConfigError, Decision, Finding, Summary, Verdict};

use crate::Options;
use crate::human::summary::untold;
use crate::json::pretty;
use crate::outcome::{Outcome, is_about_run};
use place::PhysicalLocation;
use result::{FaultNotification, Reported};
use rules::Rules;

/// The most results of a run that GitHub takes.
const MOST_RESULTS: usize = 25_000;

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a> {
    tool: Tool<'a>,
    invocations: [Invocation<'a>; 1],
    original_uri_base_ids: BTreeMap<&'static str, Described>,
    column_kind: &'static str,
    #[serde(serialize_with = "results")]
    results: Results<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<Counts>,
}

/// How much was looked at: a run without results may have had nothing before it.
#[derive(Serialize)]
struct Counts {
    files: u64,
    documents: u64,
    objects: u64,
    skipped: usize,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: &'a Rules<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a> {
    execution_successful: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<FaultNotification<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_configuration_notifications: Vec<ConfigNotification<'a>>,
}

#[derive(Serialize)]
struct ConfigNotification<'a> {
    level: &'static str,
    message: Text<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<ConfigLocation>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ConfigLocation {
    physical_location: PhysicalLocation,
}

#[derive(Serialize)]
struct Described {
    description: Text<'static>,
}

/// A message, in plain text.
#[derive(Serialize)]
struct Text<'a> {
    text: Cow<'a, str>,
}

/// What becomes a result, and what it needs of the whole run.
struct Results<'a> {
    findings: Vec<&'a Finding>,
    fingerprints: Vec<String>,
    rules: &'a Rules<'a>,
    /// Whether any finding is excepted: then every result says whether it is.
    suppressed: bool,
}

pub(crate) fn write(verdict: &Verdict, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    let rules = Rules::of(verdict);
    let (faults, findings) = verdict.findings.iter().partition::<Vec<_>, _>(|finding| is_about_run(finding));
    let findings = at_most(findings, MOST_RESULTS);
    let left_out = verdict.findings.len() - faults.len() - findings.len();
    let mut notifications = faults.iter().map(|fault| FaultNotification::of(fault, &rules)).collect::<Vec<_>>();
    notifications.extend(untold(verdict).into_iter().map(FaultNotification::untold));
    if left_out > 0 {
        notifications.push(FaultNotification::left_out(left_out, MOST_RESULTS));
    }
    let invocation = Invocation {
        execution_successful: verdict.decision != Decision::Undecided,
        tool_execution_notifications: notifications,
        tool_configuration_notifications: vec![],
    };
    let results = Results {
        fingerprints: fingerprint::all(&findings),
        suppressed: findings.iter().any(|finding| finding.exception.is_some()),
        findings,
        rules: &rules,
    };
    let Summary { files, documents, resources, skipped, .. } = &verdict.summary;
    let counts = Counts { files: *files, documents: *documents, objects: *resources, skipped: skipped.len() };
    pretty(&Log::of(options, &rules, invocation, results, Some(counts)), out)
}

pub(crate) fn write_config_errors(
    errors: &[ConfigError],
    options: &Options,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let rules = Rules::default();
    let invocation = Invocation {
        execution_successful: false,
        tool_execution_notifications: vec![],
        tool_configuration_notifications: errors.iter().map(ConfigNotification::of).collect(),
    };
    let results = Results { findings: vec![], fingerprints: vec![], rules: &rules, suppressed: false };
    pretty(&Log::of(options, &rules, invocation, results, None), out)
}

/// The findings in their order, those that weigh least left out where there are too many.
fn at_most(findings: Vec<&Finding>, most: usize) -> Vec<&Finding> {
    const ORDER: [Outcome; 5] = [Outcome::Error, Outcome::Warning, Outcome::Note, Outcome::Excepted, Outcome::Audited];
    if findings.len() <= most {
        return findings;
    }
    let mut kept = Vec::with_capacity(findings.len());
    for outcome in ORDER {
        let same = findings.iter().enumerate().filter(|(_, finding)| Outcome::of(finding) == outcome);
        kept.extend(same.map(|(index, _)| index));
    }
    kept.truncate(most);
    kept.sort_unstable();
    kept.iter().filter_map(|index| findings.get(*index).copied()).collect()
}

impl<'a> Log<'a> {
    fn of(
        options: &Options,
        rules: &'a Rules<'a>,
        invocation: Invocation<'a>,
        results: Results<'a>,
        properties: Option<Counts>,
    ) -> Self {
        let base =
            "the root of the repository that a file lies in; the folder that sluice was run in, where it lies in none";
        let base = Text { text: Cow::Borrowed(base) };
        let version = options.tool_version;
        Self {
            schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
            version: "2.1.0",
            runs: [Run {
                tool: Tool { driver: Driver { name: "Sluice", version, semantic_version: version, rules } },
                invocations: [invocation],
                original_uri_base_ids: BTreeMap::from([(place::BASE, Described { description: base })]),
                column_kind: "unicodeCodePoints",
                results,
                properties,
            }],
        }
    }
}

impl<'a> ConfigNotification<'a> {
    fn of(error: &'a ConfigError) -> Self {
        let text = match error.help.as_str() {
            "" => Cow::Borrowed(error.message.as_str()),
            help => Cow::Owned(format!("{}\n{help}", error.message)),
        };
        let physical = error.location.as_ref().map(PhysicalLocation::of);
        let locations = physical.map(|physical_location| ConfigLocation { physical_location }).into_iter().collect();
        Self { level: "error", message: Text { text }, locations }
    }
}

fn results<S: Serializer>(results: &Results, serializer: S) -> Result<S::Ok, S::Error> {
    let pairs = results.findings.iter().zip(&results.fingerprints);
    serializer
        .collect_seq(pairs.map(|(finding, print)| Reported::of(finding, print, results.rules, results.suppressed)))
}
