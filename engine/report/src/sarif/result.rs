//! Findings as SARIF results, and faults as notifications of the run.

use std::borrow::Cow;

use serde::Serialize;
use sluice_manifest::Identity;
use sluice_policy::{Finding, Location};

use super::Text;
use super::place::{ArtifactLocation, PhysicalLocation, Region};
use super::rules::{self, Rules};
use crate::human::summary::Untold;
use crate::json;
use crate::outcome::{Outcome, object_name};
use crate::place::{self, Marked};
use crate::suggestion::{Suggestion, suggest};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reported<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Place<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<RelatedLocation<'a>>,
    partial_fingerprints: Fingerprints<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<Vec<Suppression<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fixes: Vec<Fix>,
    properties: Properties<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RelatedLocation<'a> {
    id: usize,
    physical_location: PhysicalLocation,
    message: Text<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'a> {
    name: &'a str,
    fully_qualified_name: String,
    kind: &'static str,
}

#[derive(Serialize)]
struct Fingerprints<'a> {
    #[serde(rename = "sluiceFinding/v1")]
    finding: &'a str,
}

#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    justification: Cow<'a, str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Fix {
    description: Text<'static>,
    artifact_changes: [Change; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Change {
    artifact_location: ArtifactLocation,
    replacements: [Replacement; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Replacement {
    deleted_region: Region,
    inserted_content: Text<'static>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    plugin: &'a str,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    written_by: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FaultNotification<'a> {
    level: &'static str,
    message: Text<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    associated_rule: Option<RuleReference<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exception: Option<Detail<'a>>,
}

#[derive(Serialize)]
struct RuleReference<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

#[derive(Serialize)]
struct Detail<'a> {
    kind: &'a str,
    message: &'a str,
}

impl<'a> Reported<'a> {
    /// `suppressed`: whether any result of the run is; then all of them say so or not (section 3.27.23).
    pub(super) fn of(finding: &'a Finding, print: &'a str, rules: &Rules, suppressed: bool) -> Self {
        Self {
            rule_id: &finding.rule,
            rule_index: rules.index(&finding.rule),
            level: level(finding),
            message: message(finding),
            locations: locations(finding),
            related_locations: related_locations(finding),
            partial_fingerprints: Fingerprints { finding: print },
            suppressions: suppressed.then(|| suppressions(finding)),
            fixes: fixes(finding),
            properties: Properties {
                plugin: &finding.plugin,
                action: json::action(finding.action),
                exact: finding.location.as_ref().map(|location| location.exact),
                written_by: finding.written_by.as_deref(),
            },
        }
    }
}

impl<'a> FaultNotification<'a> {
    pub(super) fn of(finding: &'a Finding, rules: &Rules) -> Self {
        let detail = finding.detail.as_deref();
        Self {
            level: level(finding),
            message: message(finding),
            locations: locations(finding),
            associated_rule: Some(RuleReference { id: &finding.rule, index: rules.index(&finding.rule) }),
            exception: detail.map(|message| Detail { kind: &finding.rule, message }),
        }
    }

    pub(super) fn untold(untold: Untold) -> Self {
        let text = format!("{}: {}", untold.text, untold.help);
        let message = Text { text: Cow::Owned(text) };
        Self { level: "note", message, locations: vec![], associated_rule: None, exception: None }
    }

    pub(super) fn left_out(number: usize, most: usize) -> Self {
        let text =
            format!("{number} findings are left out: code scanning takes {most} of a run; the JSON report has all");
        let message = Text { text: Cow::Owned(text) };
        Self { level: "warning", message, locations: vec![], associated_rule: None, exception: None }
    }
}

fn level(finding: &Finding) -> &'static str {
    match Outcome::of(finding) {
        Outcome::Error => "error",
        Outcome::Warning => "warning",
        Outcome::Note | Outcome::Audited => "note",
        Outcome::Excepted => rules::level(finding.severity),
    }
}

/// The message with the object it is about: code scanning does not show logical locations.
fn message(finding: &Finding) -> Text<'_> {
    let text = match &finding.resource {
        Some(resource) => Cow::Owned(format!("{} ({})", finding.message, object_name(resource))),
        None => Cow::Borrowed(finding.message.as_str()),
    };
    Text { text }
}

fn locations(finding: &Finding) -> Vec<Place<'_>> {
    let physical_location = finding.location.as_ref().map(PhysicalLocation::of);
    let logical_locations = finding.resource.as_ref().map(|resource| logical(resource, finding.path.as_deref()));
    if physical_location.is_none() && logical_locations.is_none() {
        return vec![];
    }
    vec![Place { physical_location, logical_locations: logical_locations.into_iter().collect() }]
}

/// What has a part in the value and stands in a file.
fn related_locations(finding: &Finding) -> Vec<RelatedLocation<'_>> {
    let placed = finding.related().iter().filter_map(|related| Some((related, related.location.as_ref()?)));
    let located = placed.enumerate().map(|(index, (related, location))| RelatedLocation {
        id: index + 1,
        physical_location: PhysicalLocation::of(location),
        message: Text { text: Cow::Borrowed(related.what.as_str()) },
    });
    located.collect()
}

/// `apps/v1/Deployment/shop/cart/spec/replicas`; an object without a namespace has an empty one.
fn logical<'a>(resource: &'a Identity, path: Option<&str>) -> LogicalLocation<'a> {
    let Identity { api_version, kind, namespace, name } = resource;
    let namespace = namespace.as_deref().unwrap_or_default();
    let path = path.unwrap_or_default();
    let kind_of_place = if path.is_empty() { "object" } else { "member" };
    let fully_qualified_name = format!("{api_version}/{kind}/{namespace}/{name}{path}");
    LogicalLocation { name, fully_qualified_name, kind: kind_of_place }
}

fn suppressions(finding: &Finding) -> Vec<Suppression<'_>> {
    let suppression = finding.exception.as_ref().map(|exception| Suppression {
        kind: "external",
        status: "accepted",
        justification: match &exception.expires {
            Some(day) => Cow::Owned(format!("{} (until {day})", exception.reason)),
            None => Cow::Borrowed(exception.reason.as_str()),
        },
    });
    suppression.into_iter().collect()
}

fn fixes(finding: &Finding) -> Vec<Fix> {
    let marked = finding.location.as_ref().zip(finding.snippet.as_ref());
    let marked = marked.and_then(|(location, snippet)| place::mark(location, snippet));
    // A program would type it into the file, whose columns these are not.
    let Some(marked) = marked.filter(|marked| !marked.moved) else { return vec![] };
    match (suggest(finding, Some(&marked)), &finding.location) {
        (Some(Suggestion::Edit { title, range, replacement }), Some(location)) => {
            let start = position(&marked, range.start);
            let end = position(&marked, range.end);
            vec![fix(title, location, region(start, end), replacement)]
        }
        (Some(Suggestion::Words(_)) | None, _) | (_, None) => vec![],
    }
}

fn fix(title: &'static str, location: &Location, deleted_region: Region, replacement: String) -> Fix {
    let inserted_content = Text { text: Cow::Owned(replacement) };
    Fix {
        description: Text { text: Cow::Borrowed(title) },
        artifact_changes: [Change {
            artifact_location: ArtifactLocation::of(&location.file),
            replacements: [Replacement { deleted_region, inserted_content }],
        }],
    }
}

/// Line and column of a byte of the lines.
fn position(marked: &Marked, at: usize) -> (u32, u32) {
    let before = marked.text.get(..at).unwrap_or_default();
    let line = before.matches('\n').count() as u32 + marked.first_line;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() as u32 + 1;
    (line, column)
}

fn region((start_line, start_column): (u32, u32), (end_line, end_column): (u32, u32)) -> Region {
    Region { start_line, start_column, end_line, end_column }
}
