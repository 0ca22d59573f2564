//! What is let through although a rule is against it: which exceptions hold at the time of the evaluation, which of them
//! cover a finding, and which cover nothing.

use sluice_manifest::{Identity, Node};

use crate::config::suggest;
use crate::file::{Exception, GATE_RULES, Policy};
use crate::matching::Destination;
use crate::{Applied, ConfigError};

/// The exceptions of a policy at a point in time.
pub(crate) struct Exceptions {
    entries: Vec<Entry>,
    /// The namespace of objects that name none, where it is known.
    pub(crate) namespace: Option<String>,
}

struct Entry {
    exception: Exception,
    expired: bool,
}

/// The exceptions that a finding meets, by their index in the file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Covers {
    /// All of them, in the order of the file, expired ones too.
    pub(crate) met: Vec<u32>,
    /// The first that holds.
    pub(crate) applied: Option<Applied>,
}

impl Exceptions {
    /// The exceptions of a policy whose plugins have these rules. An exception holds until the end of its last day in
    /// UTC.
    pub(crate) fn new(policy: &Policy, known: &[&str], now: jiff::Timestamp) -> Result<Self, Vec<ConfigError>> {
        let today = now.to_zoned_datetime(jiff::tz::TimeZone::UTC).date();
        let mut entries = Vec::with_capacity(policy.exceptions.len());
        let mut errors = Vec::new();
        for exception in &policy.exceptions {
            let rules = known.iter().copied().chain(GATE_RULES);
            if !rules.clone().any(|rule| exception.rule.fits(rule)) {
                let rule = exception.rule.as_str();
                let help = suggest(rule, rules);
                errors.push(policy.error(exception.place, format!("no plugin has a rule `{rule}`"), help));
            }
            let expired = exception.expires.is_some_and(|last_day| last_day < today);
            entries.push(Entry { exception: exception.clone(), expired });
        }
        if errors.is_empty() { Ok(Self { entries, namespace: None }) } else { Err(errors) }
    }

    /// What covers a finding of this rule about an object. Without a root nobody knows its labels, and what demands one does not
    /// cover it.
    pub(crate) fn covers(&self, rule: &str, identity: &Identity, root: Option<Node<'_>>) -> Covers {
        let mut covers = Covers::default();
        let at = self.namespace.as_deref().map_or(Destination::Unknown, Destination::Both);
        for (index, Entry { exception, expired }) in self.entries.iter().enumerate() {
            if !exception.rule.fits(rule) || !exception.matches.fits(identity, root, at) {
                continue;
            }
            covers.met.push(index as u32);
            if !expired && covers.applied.is_none() {
                let expires = exception.expires.map(|date| date.to_string());
                covers.applied = Some(Applied { reason: exception.reason.clone(), expires });
            }
        }
        covers
    }

    /// Each with whether it has expired.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Exception, bool)> {
        self.entries.iter().map(|entry| (&entry.exception, entry.expired))
    }
}
