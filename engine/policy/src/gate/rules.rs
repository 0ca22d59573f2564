//! The rules of a plugin as the policy file wants them, and the rules of the gate itself.

use std::collections::BTreeMap;

use sluice_plugin::{Description, Severity};

use crate::config::suggest;
use crate::file::{PluginEntry, Policy};
use crate::{Action, ConfigError, RuleInfo};

/// A rule that a finding can name.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Severity and texts; its id is the full one.
    pub(crate) info: RuleInfo,
    pub(crate) action: Action,
    /// What the policy file says, over what the finding says.
    pub(crate) severity: Option<Severity>,
}

/// The rules of a plugin by their short id.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rules(BTreeMap<String, Rule>);

impl Rules {
    /// The rules that a plugin describes, with what the file says of them.
    pub(crate) fn new(
        policy: &Policy,
        entry: &PluginEntry,
        description: &Description,
    ) -> Result<Self, Vec<ConfigError>> {
        let unknown = |name: &&String| !description.rules.iter().any(|rule| rule.id == **name);
        let errors: Vec<ConfigError> = entry
            .rules
            .iter()
            .filter(|(name, _)| unknown(name))
            .map(|(name, rule)| {
                let help = suggest(name, description.rules.iter().map(|rule| rule.id.as_str()));
                policy.error(rule.place, format!("`{}` has no rule `{name}`", entry.name), help)
            })
            .collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let rules = description.rules.iter().map(|rule| {
            let wanted = entry.rules.get(&rule.id);
            let severity = wanted.and_then(|wanted| wanted.severity);
            let info = RuleInfo {
                id: format!("{}/{}", entry.name, rule.id),
                severity: severity.unwrap_or(rule.severity),
                summary: rule.summary.clone(),
                help: rule.help.as_str().into(),
                url: rule.url.as_deref().map(Into::into),
            };
            let action = wanted.and_then(|wanted| wanted.action).unwrap_or(entry.action);
            (rule.id.clone(), Rule { info, action, severity })
        });
        Ok(Self(rules.collect()))
    }

    /// The rule of a short id.
    pub(crate) fn get(&self, id: &str) -> Option<&Rule> {
        self.0.get(id)
    }

    /// Full ids.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|rule| rule.info.id.as_str())
    }

    pub(crate) fn infos(&self) -> impl Iterator<Item = RuleInfo> {
        self.0.values().map(|rule| rule.info.clone())
    }
}

/// A rule of the gate itself.
pub(crate) struct GateRule {
    pub(crate) id: &'static str,
    pub(crate) severity: Severity,
    pub(crate) summary: &'static str,
    pub(crate) help: &'static str,
}

pub(crate) const UNREADABLE: GateRule = GateRule {
    id: "sluice/unreadable-file",
    severity: Severity::Error,
    summary: "every file can be read",
    help: "what cannot be read cannot be judged: mend what is told, or leave it out of the paths",
};

pub(crate) const DUPLICATE: GateRule = GateRule {
    id: "sluice/duplicate-object",
    severity: Severity::Error,
    summary: "no object is there twice",
    help: "one would overwrite the other when they are applied; remove or rename one of them, or check the folders apart",
};

pub(crate) const NOT_RENDERED: GateRule = GateRule {
    id: "sluice/render-failed",
    severity: Severity::Error,
    summary: "what has to be rendered can be rendered",
    help: "a set that cannot be made whole cannot be judged, and no part of it goes on; repair what the renderer says",
};

pub(crate) const NO_PAST: GateRule = GateRule {
    id: "sluice/previous-unknown",
    severity: Severity::Error,
    summary: "what a plugin compares with can be read",
    help: "a plugin asks for the object as it was before; what cannot be read is not taken for absent",
};

pub(crate) const CONFLICT: GateRule = GateRule {
    id: "sluice/mutation-conflict",
    severity: Severity::Error,
    summary: "no two plugins want different values for a field",
    help: "the order of the policy file would decide; change the settings of one of the two, or its `match`",
};

pub(crate) const NOT_IDEMPOTENT: GateRule = GateRule {
    id: "sluice/not-idempotent",
    severity: Severity::Error,
    summary: "a plugin that is given its own result leaves it as it is",
    help: "a plugin that never comes to rest changes objects at every run; test for what is to be written before writing it",
};

pub(crate) const EXPIRED: GateRule = GateRule {
    id: "sluice/exception-expired",
    severity: Severity::Warning,
    summary: "exceptions that have expired are removed",
    help: "repair what it was for and remove it, or agree on a new date",
};

pub(crate) const UNUSED: GateRule = GateRule {
    id: "sluice/exception-unused",
    severity: Severity::Info,
    summary: "exceptions cover something",
    help: "remove it where what it was for has been repaired; a run over a part of the manifests may not meet it",
};

pub(crate) const NEVER_MATCHED: GateRule = GateRule {
    id: "sluice/match-unused",
    severity: Severity::Info,
    summary: "what a plugin is for is there",
    help: "look at the spelling of kinds, names, namespaces and labels; a run over a part of the manifests may not meet \
           what it is for",
};

pub(crate) const STOPPED: GateRule = GateRule {
    id: "sluice/plugin-stopped",
    severity: Severity::Error,
    summary: "a plugin does not fail again and again",
    help: "repair what the failures before this one name; nothing after them was judged by this plugin",
};

pub(crate) const TOO_MANY: GateRule = GateRule {
    id: "sluice/too-many-findings",
    severity: Severity::Error,
    summary: "there are no more findings than can be told",
    help: "nobody could read them, and to hold them would take the memory of others; check a part of the manifests, or \
           give the plugin that most of them are of a `match` and take the rest step by step",
};

pub(crate) const INTERNAL: GateRule = GateRule {
    id: "sluice/internal-error",
    severity: Severity::Error,
    summary: "the gate itself does not fail",
    help: "this is a mistake in Sluice: please report it with the manifests that bring it about",
};

/// Every rule of the gate that has a place in the list of rules.
pub(crate) fn gate_rules() -> impl Iterator<Item = RuleInfo> {
    [
        UNREADABLE,
        NOT_RENDERED,
        NO_PAST,
        DUPLICATE,
        CONFLICT,
        NOT_IDEMPOTENT,
        EXPIRED,
        UNUSED,
        NEVER_MATCHED,
        STOPPED,
        TOO_MANY,
        INTERNAL,
    ]
    .into_iter()
    .map(|rule| RuleInfo {
        id: rule.id.to_owned(),
        severity: rule.severity,
        summary: rule.summary.to_owned(),
        help: rule.help.into(),
        url: None,
    })
}
