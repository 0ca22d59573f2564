//! The rules of a run, as SARIF describes them, and the index by which results refer to them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use sluice_plugin::Severity;
use sluice_policy::{RuleInfo, Verdict};

use super::Text;

/// The longest description that GitHub shows, in characters.
const LONGEST: usize = 1024;

/// Every rule that took part, ordered by id, with its index.
#[derive(Default)]
pub(super) struct Rules<'a> {
    rules: Vec<Rule<'a>>,
    index: BTreeMap<&'a str, usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'a str,
    short_description: Text<'a>,
    full_description: Text<'a>,
    help: Help<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    default_configuration: Configuration,
    properties: Properties<'a>,
}

#[derive(Serialize)]
struct Help<'a> {
    text: &'a str,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties<'a> {
    tags: [&'a str; 2],
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    precision: &'static str,
}

impl<'a> Rules<'a> {
    /// The rules of a verdict; a finding whose rule is not among them brings its own words.
    pub(super) fn of(verdict: &'a Verdict) -> Self {
        let mut by_id = BTreeMap::new();
        for finding in &verdict.findings {
            let words = Words { id: &finding.rule, summary: &finding.rule, help: &finding.help, url: None };
            by_id.entry(finding.rule.as_str()).or_insert_with(|| Rule::of(&words, finding.severity));
        }
        for rule in &verdict.rules {
            by_id.insert(rule.id.as_str(), Rule::of(&Words::of(rule), rule.severity));
        }
        let index = by_id.keys().enumerate().map(|(index, id)| (*id, index)).collect();
        Self { rules: by_id.into_values().collect(), index }
    }

    pub(super) fn index(&self, id: &str) -> Option<usize> {
        self.index.get(id).copied()
    }
}

impl Serialize for Rules<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&self.rules)
    }
}

/// The texts of a rule.
struct Words<'a> {
    id: &'a str,
    summary: &'a str,
    help: &'a str,
    url: Option<&'a str>,
}

impl<'a> Words<'a> {
    fn of(rule: &'a RuleInfo) -> Self {
        Self { id: &rule.id, summary: &rule.summary, help: &rule.help, url: rule.url.as_deref() }
    }
}

impl<'a> Rule<'a> {
    fn of(words: &Words<'a>, severity: Severity) -> Self {
        let uri = words.url.filter(|url| is_uri(url));
        let more = uri.map(|uri| format!("\n\n[More about this rule]({uri})")).unwrap_or_default();
        let plugin = words.id.split_once('/').map_or(words.id, |(plugin, _)| plugin);
        let summary = if words.summary.is_empty() { words.id } else { words.summary };
        // GitHub demands words in each place; a plugin may have said little.
        let text = if words.help.is_empty() { summary } else { words.help };
        Self {
            id: words.id,
            short_description: Text { text: Cow::Borrowed(cut(summary)) },
            full_description: Text { text: Cow::Borrowed(cut(text)) },
            help: Help { text, markdown: format!("{text}{more}") },
            help_uri: uri,
            default_configuration: Configuration { level: level(severity) },
            properties: Properties {
                tags: ["kubernetes", plugin],
                problem_severity: match severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Info => "recommendation",
                },
                precision: "very-high",
            },
        }
    }
}

/// What SARIF calls a severity.
pub(super) fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Whether a consumer may follow it: plugins write these, and a script is no page.
fn is_uri(url: &str) -> bool {
    let known = url.starts_with("https://") || url.starts_with("http://");
    known && url.chars().all(|c| c.is_ascii_graphic() && !"<>\"\\^`{|}()".contains(c))
}

fn cut(text: &str) -> &str {
    text.char_indices().nth(LONGEST).and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}
