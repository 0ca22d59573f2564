//! What crosses the boundary, in the host's own types. They mirror `wit/0.1.0/policy.wit`, where each is explained.

use std::time::Duration;

use sluice_manifest::Operation;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Shown, never denies.
    Warning,
    /// Denies where the action says so.
    Error,
}

/// What a plugin must see at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// One manifest at a time.
    #[default]
    Resource,
    /// The whole set.
    Set,
}

/// A set of kinds; `*` in a field stands for any value.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct KindSelector {
    /// API group, empty for the core group.
    pub group: String,
    /// API version inside the group.
    pub version: String,
    /// Kind.
    pub kind: String,
}

impl KindSelector {
    /// Whether an object of this group, version and kind is in the set.
    #[must_use]
    pub fn matches(&self, group: &str, version: &str, kind: &str) -> bool {
        let says = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        says(&self.group, group) && says(&self.version, version) && says(&self.kind, kind)
    }
}

/// One rule of a plugin.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rule {
    /// Kebab-case id, without the plugin's name.
    pub id: String,
    /// Severity of its findings unless they say otherwise.
    pub severity: Severity,
    /// What it demands.
    pub summary: String,
    /// Why, and what to type.
    pub help: String,
    /// A page with more.
    pub url: Option<String>,
}

/// What a plugin says about itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Description {
    /// Kebab-case name.
    pub name: String,
    /// Version of the plugin.
    pub version: String,
    /// What its rules see at once.
    pub scope: Scope,
    /// The kinds it is given.
    pub kinds: Vec<KindSelector>,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// JSON Schema of its settings, as JSON text.
    pub settings_schema: Option<String>,
    /// The kinds that it asks of `context`.
    pub context: Vec<KindSelector>,
}

/// What a component can do, read from its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// It exports `validation`.
    pub validates: bool,
    /// It exports `mutation`.
    pub mutates: bool,
}

/// Something wrong in settings, said by the plugin itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// RFC 6901 pointer into the settings.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

/// What a validator found. Checked against the contract: the subject is in range, the rule is declared, the pointer
/// resolves.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Index into the subjects of the call.
    pub subject: u32,
    /// Rule id, without the plugin's name.
    pub rule: String,
    /// RFC 6901 pointer into the subject.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// The finding's own severity, or the rule's.
    pub severity: Severity,
    /// What would satisfy the rule.
    pub fix: Vec<Operation>,
}

/// What a mutator wants changed. Checked as [`Finding`] is; its operations have not been applied.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch {
    /// Index into the subjects of the call.
    pub subject: u32,
    /// Rule id, without the plugin's name.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// The operations, in order, applied together or not at all.
    pub operations: Vec<Operation>,
}

/// The answer of `check`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// In the order that the plugin gave them.
    pub findings: Vec<Finding>,
    /// What it wrote to `log`, stdout and stderr.
    pub log: Vec<String>,
}

/// The answer of `mutate`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mutated {
    /// In the order that the plugin gave them.
    pub patches: Vec<Patch>,
    /// What it wrote to `log`, stdout and stderr.
    pub log: Vec<String>,
}

/// What one call may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory, over all memories of an instance.
    pub memory: u64,
    /// Wall time of one call over a batch, host calls included.
    pub time: Duration,
    /// Bytes of everything that a call returns.
    pub output: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 64 << 20, time: Duration::from_secs(1), output: 16 << 20 }
    }
}

/// What the policy file allows a plugin beyond its subjects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grants {
    /// Kinds that `context` answers for.
    pub context: Vec<KindSelector>,
    /// How it sees the data of `Secret`s.
    pub secrets: SecretAccess,
}

/// How a plugin sees the `data` and `stringData` of a `Secret`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SecretAccess {
    /// Keys stay, each value is replaced by a fixed text.
    #[default]
    Redacted,
    /// As written.
    Full,
}
