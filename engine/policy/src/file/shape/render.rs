//! The shape of `render`.

#![expect(dead_code, reason = "these types are read by `schemars` only")]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::json;

use super::{OneOrMany, Size};

/// A path, and the one way in which it becomes manifests.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(extend("oneOf" = json!([
    { "required": ["plain"] }, { "required": ["kustomize"] }, { "required": ["helm"] }, { "required": ["command"] }
])))]
pub(super) struct RenderEntry {
    /// From the folder of this file: `deploy/prod`. `*` stands for any one name: `apps/*/prod`.
    #[schemars(length(min = 1))]
    path: String,
    /// The YAML and JSON files below it are read as they are, whatever lies beside them.
    plain: Option<Nothing>,
    /// Kustomize renders it, in the sandbox.
    kustomize: Option<Nothing>,
    /// Helm renders it, in the sandbox.
    helm: Option<HelmEntry>,
    /// A program and its arguments, which runs in a private copy of the folder, with no environment but the `PATH`. It is
    /// not in the sandbox: it may do what you may do.
    #[schemars(length(min = 1))]
    command: Option<Vec<String>>,
    /// What the program may use.
    limits: Option<CommandLimits>,
    /// Whether it may come to nothing, which is an error otherwise.
    allow_empty: Option<bool>,
}

/// The one way in which a path becomes manifests.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
#[schemars(extend("oneOf" = json!([
    { "required": ["plain"] }, { "required": ["kustomize"] }, { "required": ["helm"] }, { "required": ["command"] }
])))]
pub(crate) struct OnlyRender {
    /// The YAML and JSON files below it are read as they are, whatever lies beside them.
    plain: Option<Nothing>,
    /// Kustomize renders it, in the sandbox.
    kustomize: Option<Nothing>,
    /// Helm renders it, in the sandbox. Files with values are named from the path of the source.
    helm: Option<HelmEntry>,
    /// A program and its arguments, outside of the sandbox.
    #[schemars(length(min = 1))]
    command: Option<Vec<String>>,
    /// What the program may use.
    limits: Option<CommandLimits>,
    /// Whether it may come to nothing, which is an error otherwise.
    allow_empty: Option<bool>,
}

/// There is nothing more to say.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Nothing {}

/// How a chart is rendered, in the words of `helm template`. Options of the command line are added to it, and win.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, rename_all = "camelCase")]
struct HelmEntry {
    /// The name of the release. Left out: `release-name`.
    release: Option<String>,
    /// The namespace of the release. Left out: `default`.
    namespace: Option<String>,
    /// Files with values, from the folder of this file; later ones win.
    values: Option<OneOrMany>,
    /// Values: names with values (`image.tag: "1.4"`), or a list of `name=value` as for `helm --set`. What is a text here
    /// stays one.
    set: Option<Settings>,
    /// Values that are texts whatever they look like.
    set_string: Option<Settings>,
    /// The Kubernetes version that the chart sees.
    kube_version: Option<String>,
    /// Versions of APIs that the chart sees, such as `monitoring.coreos.com/v1`.
    api_versions: Option<OneOrMany>,
    /// Whether the chart's folders `crds` are a part of it. Left out: they are.
    #[schemars(rename = "includeCRDs")]
    include_crds: Option<bool>,
    /// Whether hooks that are tests are left out.
    skip_tests: Option<bool>,
    /// Whether all hooks are left out.
    no_hooks: Option<bool>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Settings {
    One(#[schemars(regex(pattern = "="))] String),
    Arguments(#[schemars(inner(regex(pattern = "=")))] Vec<String>),
    Names(BTreeMap<String, Setting>),
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Setting {
    Text(String),
    Number(i64),
    Flag(bool),
    Nothing(()),
}

/// What a program that renders may use.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct CommandLimits {
    /// Memory of each of its processes. Left out: `1Gi`.
    memory: Option<Size>,
    /// Time by the clock on the wall. Left out: `1m`.
    time: Option<String>,
}
