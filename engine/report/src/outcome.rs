//! What follows from a finding, in one word, and how many of each there are. Every form of report uses the same words.

use sluice_manifest::Identity;
use sluice_plugin::Severity;
use sluice_policy::{Action, Finding};

/// What follows from a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It denies.
    Error,
    /// It is shown: a warning, or an error whose action is to warn.
    Warning,
    /// Worth knowing.
    Note,
    /// Recorded only.
    Audited,
    /// An exception covers it.
    Excepted,
}

impl Outcome {
    pub(crate) fn of(finding: &Finding) -> Self {
        match (&finding.exception, finding.action, finding.severity) {
            (Some(_), _, _) => Self::Excepted,
            (None, Action::Audit, _) => Self::Audited,
            (None, Action::Deny, Severity::Error) => Self::Error,
            (None, Action::Deny | Action::Warn, Severity::Info) => Self::Note,
            (None, Action::Warn, Severity::Error) | (None, _, Severity::Warning) => Self::Warning,
        }
    }
}

/// How many findings have which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
    pub(crate) audited: usize,
    pub(crate) excepted: usize,
}

impl Tally {
    pub(crate) fn of(findings: &[Finding]) -> Self {
        let mut tally = Self::default();
        for finding in findings {
            match Outcome::of(finding) {
                Outcome::Error => tally.errors += 1,
                Outcome::Warning => tally.warnings += 1,
                Outcome::Note => tally.notes += 1,
                Outcome::Audited => tally.audited += 1,
                Outcome::Excepted => tally.excepted += 1,
            }
        }
        tally
    }
}

/// Whether a finding says that something could not be decided, rather than that a manifest is wrong.
#[must_use]
pub fn is_fault(finding: &Finding) -> bool {
    finding.rule.strip_prefix("sluice/").is_some_and(|rule| {
        rule.starts_with("plugin-")
            || rule.starts_with("context-")
            || ["internal-error", "unreadable-file", "too-many-findings"].contains(&rule)
    })
}

/// Whether a finding is about the run rather than about a manifest: also what the gate says and has no place for.
pub(crate) fn is_about_run(finding: &Finding) -> bool {
    is_fault(finding) || finding.location.is_none() && finding.rule.starts_with("sluice/")
}

/// `Deployment shop/cart`, as people say it.
#[must_use]
pub fn object_name(identity: &Identity) -> String {
    let Identity { kind, namespace, name, .. } = identity;
    match (namespace, name.as_str()) {
        (Some(namespace), "") => format!("{kind} in {namespace}, without a name"),
        (None, "") => format!("{kind} without a name"),
        (Some(namespace), name) => format!("{kind} {namespace}/{name}"),
        (None, name) => format!("{kind} {name}"),
    }
}

/// `1 error`, `3 errors`.
pub(crate) fn count(number: u64, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    }
}
