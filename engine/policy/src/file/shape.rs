//! The shape of the policy file, from which the JSON Schema for editors is made. What is read is in `entries`; a test
//! holds the two together.

#![expect(dead_code, reason = "these types are read by `schemars` only")]

mod render;

pub(crate) use render::OnlyRender;

use std::collections::BTreeMap;

use schemars::{JsonSchema, schema_for};

/// The JSON Schema of the policy file, for editors.
#[must_use]
pub fn schema() -> String {
    let schema = schema_for!(PolicyFile);
    serde_json::to_string_pretty(schema.as_value()).unwrap_or_default()
}

/// The policy of Sluice: how paths are rendered, which plugins judge which objects, what follows, and what is excepted.
#[derive(JsonSchema)]
#[schemars(rename = "Policy", deny_unknown_fields, rename_all = "camelCase")]
struct PolicyFile {
    /// The version of this format.
    api_version: ApiVersion,
    /// What this file is.
    kind: PolicyKind,
    /// How paths become manifests. What is not named here is found by what its folder holds.
    #[schemars(default)]
    render: Option<Vec<render::RenderEntry>>,
    /// The plugins, in the order in which they run. Those that change objects run before those that judge them.
    #[schemars(length(min = 1))]
    plugins: Vec<Plugin>,
    /// What is let through although a rule is against it.
    #[schemars(default)]
    exceptions: Option<Vec<ExceptionEntry>>,
}

#[derive(JsonSchema)]
enum ApiVersion {
    #[schemars(rename = "sluice.dev/v1alpha1")]
    V1Alpha1,
}

#[derive(JsonSchema)]
enum PolicyKind {
    Policy,
}

/// A plugin, and how it runs.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
struct Plugin {
    /// Kebab-case and unique; stands before the ids of its rules: `image-tags/mutable-tag`.
    #[schemars(regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    name: String,
    /// Where it comes from: `builtin:NAME`, or `file:PATH` relative to this file.
    #[schemars(regex(pattern = r"^(builtin:|file:|oci://).+"))]
    source: String,
    /// The settings, as the plugin describes them.
    settings: Option<BTreeMap<String, serde_json::Value>>,
    /// The objects that it is given, among those of the kinds that it asks for. Left out: all of them.
    #[schemars(rename = "match")]
    matches: Option<MatchEntry>,
    /// What follows from its findings of severity `error`. Left out: `deny`.
    action: Option<ActionWord>,
    /// What is different for single rules, by their id without the plugin's name.
    rules: Option<BTreeMap<String, RuleOverride>>,
    /// What it may see beyond the objects that it judges.
    grants: Option<GrantsEntry>,
    /// What one call of it may cost.
    limits: Option<LimitsEntry>,
}

/// What follows from a finding.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum ActionWord {
    /// Keeps the set from going on.
    Deny,
    /// Is shown.
    Warn,
    /// Is recorded in reports for programs.
    Audit,
}

/// How bad a finding is.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum SeverityWord {
    /// Worth knowing; never denies.
    Info,
    /// Shown; never denies.
    Warning,
    /// Denies, where the action is `deny`.
    Error,
}

/// What is different for one rule.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct RuleOverride {
    /// What follows from its findings.
    action: Option<ActionWord>,
    /// The severity of its findings.
    severity: Option<SeverityWord>,
}

/// What a plugin may see beyond the objects that it judges.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct GrantsEntry {
    /// Kinds of other objects that it may ask for.
    context: Option<Vec<GrantedKind>>,
    /// How it sees the data of a `Secret`. Left out: `redacted`.
    secrets: Option<SecretsWord>,
}

/// A kind of object.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
struct GrantedKind {
    /// Group and version, as in manifests: `v1`, `apps/v1`; `*` for any.
    api_version: String,
    /// The kind, as in manifests: `Namespace`; `*` for any.
    kind: String,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum SecretsWord {
    /// Keys stay, each value is replaced by a fixed text.
    Redacted,
    /// As written.
    Full,
}

/// What one call of a plugin may cost.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct LimitsEntry {
    /// Memory: `64Mi`, which is also what it has when this is left out; at most `1Gi`.
    memory: Option<Size>,
    /// Time for one batch: `1s`, which is also what it has when this is left out; at most `1m`.
    time: Option<String>,
    /// Size of everything that a call returns: `16Mi`, which is also what it has when this is left out; at most `256Mi`.
    output: Option<Size>,
}

/// Bytes: a number, or a number with `k`, `M`, `G`, `Ki`, `Mi` or `Gi`.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Size {
    Bytes(u64),
    Text(#[schemars(regex(pattern = r"^[0-9]+(k|M|G|Ki|Mi|Gi)?$"))] String),
}

/// Something that is let through although a rule is against it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ExceptionEntry {
    /// The rule, as findings name it: `image-tags/mutable-tag`. `*` stands for any characters.
    #[schemars(regex(pattern = r"^[^/]+/[^/]+$"))]
    rule: String,
    /// The objects that it is for.
    #[schemars(rename = "match", extend("minProperties" = 1))]
    matches: MatchEntry,
    /// Why, for whoever reads this later.
    #[schemars(length(min = 1))]
    reason: String,
    /// The last day on which it holds, to its end in UTC.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    expires: Option<String>,
}

/// Which objects are meant: those that fit every part that is given.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct MatchEntry {
    /// The kind: `Deployment`, `apps/v1/Deployment`, `Deployment.apps`; `*` and `?` are wildcards.
    kind: Option<OneOrMany>,
    /// Any of these kinds.
    kinds: Option<OneOrMany>,
    /// The name; `*` and `?` are wildcards.
    name: Option<Names>,
    /// Any of these names.
    names: Option<Names>,
    /// The namespace that the manifest names; `*` and `?` are wildcards. One without a namespace
    /// fits `*` only; where a set goes to a cluster, a plugin is given it if the namespace of the destination fits, too, and an
    /// exception covers it only if that fits as well.
    namespace: Option<Names>,
    /// Any of these namespaces.
    namespaces: Option<Names>,
    /// Labels, as in a selector of Kubernetes.
    labels: Option<Labels>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(#[schemars(length(min = 1))] Vec<String>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Names {
    One(String),
    Many(#[schemars(length(min = 1))] Vec<String>),
    Parts(NamesParts),
}

/// Names to include and names to exclude.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
struct NamesParts {
    /// Any of these.
    include: Option<OneOrMany>,
    /// None of these.
    exclude: Option<OneOrMany>,
}

/// A selector, as in Kubernetes.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase", extend("minProperties" = 1))]
struct Labels {
    /// Labels with these values.
    match_labels: Option<BTreeMap<String, String>>,
    /// Demands on labels, all of which have to hold.
    match_expressions: Option<Vec<Expression>>,
}

/// A demand on one label.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Expression {
    /// The label.
    key: String,
    /// What is demanded.
    operator: Operator,
    /// For `In` and `NotIn`.
    values: Option<Vec<String>>,
}

#[derive(JsonSchema)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}
