//! The shape of the application file, from which the JSON Schema for editors is made.

#![expect(dead_code, reason = "these types are read by `schemars` only")]

use schemars::{JsonSchema, schema_for};

use crate::file::{MatchEntry, OneOrMany, OnlyRender};

/// The JSON Schema of the application file, for editors.
#[must_use]
pub fn schema() -> String {
    let schema = schema_for!(ApplicationFile);
    serde_json::to_string_pretty(schema.as_value()).unwrap_or_default()
}

/// An application of Sluice: what goes from where to which cluster.
#[derive(JsonSchema)]
#[schemars(rename = "Application", deny_unknown_fields, rename_all = "camelCase")]
struct ApplicationFile {
    /// The version of this format.
    api_version: ApiVersion,
    /// What this file is.
    kind: ApplicationKind,
    /// What names it.
    metadata: Metadata,
    /// What it says.
    spec: Spec,
}

#[derive(JsonSchema)]
enum ApiVersion {
    #[schemars(rename = "sluice.dev/v1alpha1")]
    V1Alpha1,
}

#[derive(JsonSchema)]
enum ApplicationKind {
    Application,
}

/// What names it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Metadata {
    /// Its name: the inventory in the cluster carries it, so a changed name is another application.
    #[schemars(length(max = 50), regex(pattern = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"))]
    name: String,
}

/// What it says.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
struct Spec {
    /// Where its manifests are.
    source: Source,
    /// How the path of the source becomes manifests. Left out: what the policy file or the folder says.
    render: Option<OnlyRender>,
    /// The policy file, relative to this file. Left out: the nearest sluice.yaml in the source.
    policy: Option<String>,
    /// Which cluster, and where in it.
    destination: Destination,
    /// Whether what is no longer in the set is deleted. Left out: false.
    prune: Option<bool>,
    /// How long to wait for health: `5m`. Left out: not at all.
    wait: Option<String>,
    /// Applications that have to be healthy at this revision first.
    after: Option<Vec<String>>,
    /// What to do about changes that others make in the cluster. Left out: `report`.
    drift: Option<Drift>,
    /// What of objects is left to others: differences that are not drift.
    ignore: Option<Vec<Ignore>>,
    /// What to do when a revision cannot be applied or does not become healthy. Left out: `stay`.
    on_failure: Option<OnFailure>,
    /// Whether objects that are there and have no owner are taken over. Left out: false.
    adopt: Option<bool>,
    /// What to do about fields that other field managers own. Left out: `refuse`.
    conflicts: Option<Conflicts>,
}

/// Where manifests are.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Source {
    /// A repository: https://, ssh://, file:// or a folder. Left out: the folder beside this file.
    repo: Option<String>,
    /// A branch, a tag or a commit of it. Left out: `HEAD`.
    revision: Option<String>,
    /// The folder: in the repository, or relative to this file. Left out: `.`.
    path: Option<String>,
}

/// Which cluster, and where in it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
struct Destination {
    /// A context of the kubeconfig. Left out: the current one, or the account of the pod where there is
    /// no kubeconfig at all.
    context: Option<String>,
    /// The namespace of objects that name none. Left out: `default`.
    namespace: Option<String>,
    /// The namespace of the inventory. Left out: `sluice-system`.
    inventory_namespace: Option<String>,
}

/// What of some objects is left to others. It is sent when an object is made; once it is there, it is neither corrected nor
/// told as a change.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Ignore {
    /// The objects that it is about, by the namespaces that they have in the cluster. Left out: all.
    #[schemars(rename = "match")]
    matches: Option<MatchEntry>,
    /// The fields, as RFC 6901 pointers: `/spec/replicas`. `*` stands for every element of a list and every member of an
    /// object: `/spec/template/spec/containers/*/resources`.
    pointers: Option<Pointers>,
    /// Field managers, as `kubectl get --show-managed-fields` shows them: what they own is left to them.
    managers: Option<OneOrMany>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Pointers {
    One(Pointer),
    Many(#[schemars(length(min = 1))] Vec<Pointer>),
}

/// An RFC 6901 pointer.
#[derive(JsonSchema)]
#[schemars(transparent)]
struct Pointer(#[schemars(regex(pattern = r"^(/([^/~]|~[01])*)+$"))] String);

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Drift {
    /// Tell of them.
    Report,
    /// Undo them.
    Correct,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum OnFailure {
    /// Leave it as it is.
    Stay,
    /// Go back to the last healthy revision.
    Rollback,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
enum Conflicts {
    /// The object is an error, and nothing is applied.
    Refuse,
    /// They are taken over, but for those of controllers that scale.
    Take,
}
