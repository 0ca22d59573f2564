//! What the gate says: findings with their place and what follows from each.

use std::borrow::Cow;
use std::sync::Arc;

use sluice_manifest::{Identity, Operation, by_place};
use sluice_plugin::Severity;

use crate::gate::TOO_MANY;

/// What follows from a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Keeps the set from going on, if its severity is error.
    Deny,
    /// Shown.
    Warn,
    /// Recorded in reports for programs; a person sees it with `-v`.
    Audit,
}

/// Where in the sources a finding lies.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    /// The file as messages call it, with `/`; `-` for standard input.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1, in Unicode code points.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// Column one past the end.
    pub end_column: u32,
    /// Whether the place is the value itself, and not the nearest thing to it.
    pub exact: bool,
}

/// The place in a rendered text that a finding is about, where its location is that of what the text was rendered from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rendered {
    /// What messages call the rendered text.
    pub name: String,
    /// From 1.
    pub line: u32,
    /// From 1, in Unicode code points.
    pub column: u32,
    /// Whether the value stands at the finding's location as it was rendered, so that it can be edited there.
    pub verbatim: bool,
    /// What else has a part in the value: the template that prints it, a value that goes into it.
    pub related: Vec<Related>,
}

/// Something that has a part in a value of a rendered object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Related {
    /// What it is: `the template that prints it`.
    pub what: String,
    /// Where it stands; none for what stands in no file, such as an option of the command line.
    pub location: Option<Location>,
}

/// The source lines around a location, kept when the finding is made so that files need not be read again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// Number of the first line, from 1.
    pub first_line: u32,
    /// The lines, joined by `\n`. Long lines are cut.
    pub text: String,
    /// The columns in them at which the location begins and ends, where they are not those of the file: what is hidden is
    /// longer or shorter than what stands in its place.
    pub moved: Option<(u32, u32)>,
}

/// The exception that covers a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// Why it was granted.
    pub reason: String,
    /// Its last day, `YYYY-MM-DD`.
    pub expires: Option<String>,
}

/// One finding, with all that a report says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Full id: `image-tags/mutable-tag`, `sluice/plugin-timed-out`.
    pub rule: String,
    /// The plugin's name in the policy file, also where it failed to answer; `sluice` for what the gate found itself.
    pub plugin: String,
    /// How bad.
    pub severity: Severity,
    /// What follows.
    pub action: Action,
    /// What is wrong.
    pub message: String,
    /// Why it matters and what to type.
    pub help: Arc<str>,
    /// A page with more.
    pub url: Option<Arc<str>>,
    /// The object; none where a document could not be read.
    pub resource: Option<Identity>,
    /// RFC 6901 pointer into the object.
    pub path: Option<String>,
    /// The same as [`sluice_manifest::steady_pointer`] gives it; none where that says no more, and in a `Secret`.
    pub steady: Option<String>,
    /// Where it stands.
    pub location: Option<Location>,
    /// The lines there. Never holds the values of a `Secret`.
    pub snippet: Option<Snippet>,
    /// Where it stands in the rendered text, for objects that were rendered.
    pub rendered: Option<Rendered>,
    /// What would satisfy the rule.
    pub fix: Vec<Operation>,
    /// The exception that covers it, if one does: then it does not deny.
    pub exception: Option<Applied>,
    /// The mutator that wrote the value the finding is about.
    pub written_by: Option<String>,
    /// More for `--verbose`: a plugin's stack.
    pub detail: Option<String>,
}

impl Finding {
    /// Whether it stands for all findings of the run, because there are too many to be told.
    #[must_use]
    pub fn is_of_too_many(&self) -> bool {
        self.rule == TOO_MANY.id
    }

    /// The pointer into the object that stays when elements are put before the one that it leads into.
    #[must_use]
    pub fn steady_path(&self) -> Cow<'_, str> {
        match &self.steady {
            Some(steady) => by_place(steady),
            None => Cow::Borrowed(self.path.as_deref().unwrap_or_default()),
        }
    }

    /// Whether the value stands at the location as the object has it.
    #[must_use]
    pub fn is_verbatim(&self) -> bool {
        self.rendered.as_ref().is_none_or(|rendered| rendered.verbatim)
    }

    /// Whether two sets led to the same thing, as overlays of one base do: all but the rendered place is the same.
    #[must_use]
    pub fn is_alike(&self, other: &Self) -> bool {
        self.location.is_some() && Self { rendered: other.rendered.clone(), ..self.clone() } == *other
    }

    /// What else has a part in the value, where it was rendered.
    #[must_use]
    pub fn related(&self) -> &[Related] {
        self.rendered.as_ref().map_or(&[], |rendered| &rendered.related)
    }

    /// Whether this finding alone keeps the set from going on.
    #[must_use]
    pub fn denies(&self) -> bool {
        self.action == Action::Deny && self.severity == Severity::Error && self.exception.is_none()
    }
}

/// A rule that took part, for reports that list rules (SARIF).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleInfo {
    /// Full id.
    pub id: String,
    /// Severity by default.
    pub severity: Severity,
    /// What it demands.
    pub summary: String,
    /// Why, and what to type.
    pub help: Arc<str>,
    /// A page with more.
    pub url: Option<Arc<str>>,
}

/// What the gate decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing denies.
    Allow,
    /// At least one finding denies.
    Deny,
    /// Something kept the gate from deciding, so nothing goes on.
    Undecided,
}

/// Counts for the last line of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Objects judged.
    pub resources: u64,
    /// Documents read, empty ones not counted.
    pub documents: u64,
    /// Files read.
    pub files: u64,
    /// Files and documents that are no manifests, as `(name, reason)`, in order.
    pub skipped: Vec<(String, String)>,
    /// Plugins that ran.
    pub plugins: u64,
    /// Findings in all, covered ones included.
    pub findings: u64,
    /// Findings that an exception covers.
    pub excepted: u64,
    /// Objects that a mutator changed.
    pub mutated: u64,
}

/// The result of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What was decided.
    pub decision: Decision,
    /// Sorted by file, line, column, rule, object, message.
    pub findings: Vec<Finding>,
    /// Counts.
    pub summary: Summary,
    /// Every rule that could have given a finding, sorted by id.
    pub rules: Vec<RuleInfo>,
    /// What plugins wrote, as `(plugin, line)`; shown with `--verbose`.
    pub log: Vec<(String, String)>,
}
