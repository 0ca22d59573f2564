//! How a folder is rendered: said by the caller, or found by what lies in it.

use std::time::Duration;

use serde::Serialize;

use crate::files::{Files, Stat, join};

/// How to render.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// The YAML and JSON files of a folder, as they are.
    Plain,
    /// As `kubectl kustomize` does.
    Kustomize,
    /// As `helm template` does.
    Helm(Helm),
    /// By a program, outside of the sandbox.
    Command(Command),
}

/// How to render a chart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helm {
    /// The release's name; `release-name` when empty.
    pub release: String,
    /// The release's namespace; `default` when empty.
    pub namespace: String,
    /// The Kubernetes version that the chart sees; Helm's own when empty.
    pub kube_version: String,
    /// Versions of APIs that the chart sees, beside Helm's own.
    pub api_versions: Vec<String>,
    /// Files with values, from the root of the checkout; later ones win.
    pub values: Vec<String>,
    /// Values as `--set` takes them.
    pub set: Vec<String>,
    /// Values as `--set-string` takes them.
    pub set_string: Vec<String>,
    /// Whether the chart's folders `crds` are printed.
    pub include_crds: bool,
    /// Whether hooks that are tests are left out.
    pub skip_tests: bool,
    /// Whether all hooks are left out.
    pub no_hooks: bool,
}

impl Default for Helm {
    /// What an installation would bring to a cluster: CRDs too.
    fn default() -> Self {
        Self {
            release: String::new(),
            namespace: String::new(),
            kube_version: String::new(),
            api_versions: Vec::new(),
            values: Vec::new(),
            set: Vec::new(),
            set_string: Vec::new(),
            include_crds: true,
            skip_tests: false,
            no_hooks: false,
        }
    }
}

/// How much is told of where the text came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origins {
    /// Nothing, which costs nothing.
    #[default]
    None,
    /// What little more than one render tells.
    Positions,
    /// What is left open is proved by rendering again with changed sources, which takes several times as long.
    All,
}

/// A program that renders: it runs in a private copy of the folder, with no environment but the `PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The program, looked up in the `PATH`.
    pub program: String,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// How long it may take, by the clock on the wall.
    pub timeout: Duration,
    /// Bytes of address space that each of its processes may have.
    pub memory: u64,
}

impl Command {
    /// A program with a minute and 1 GiB.
    #[must_use]
    pub fn new(program: impl Into<String>, arguments: Vec<String>) -> Self {
        Self { program: program.into(), arguments, timeout: Duration::from_secs(60), memory: 1 << 30 }
    }
}

/// The names under which kustomize looks for its file, in its order.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// What a folder says of how it is rendered: none where it holds neither a kustomization nor a chart.
#[must_use]
pub fn find(files: &dyn Files, path: &str) -> Option<Method> {
    let holds = |name: &str| matches!(files.stat(&join(path, name)), Ok(Stat::File { .. }));
    if KUSTOMIZATIONS.into_iter().any(holds) {
        return Some(Method::Kustomize);
    }
    holds("Chart.yaml").then(|| Method::Helm(Helm::default()))
}

/// What the guest of kustomize is asked for.
#[derive(Serialize)]
struct KustomizeRequest<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Origins::is_none")]
    origins: Origins,
}

/// What the guest of helm is asked for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HelmRequest<'a> {
    chart: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    namespace: &'a str,
    kube_version: &'a str,
    api_versions: &'a [String],
    values: &'a [String],
    set: &'a [String],
    set_string: &'a [String],
    #[serde(rename = "includeCRDs")]
    include_crds: bool,
    skip_tests: bool,
    no_hooks: bool,
    #[serde(skip_serializing_if = "Origins::is_none")]
    origins: Origins,
}

impl Origins {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

/// The root has a name of its own for the guests.
fn shown(path: &str) -> &str {
    if path.is_empty() { "." } else { path }
}

/// The request for kustomize's guest.
pub(crate) fn kustomize_request(path: &str, origins: Origins) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&KustomizeRequest { path: shown(path), origins })
}

/// The request for helm's guest.
pub(crate) fn helm_request(path: &str, helm: &Helm, origins: Origins) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&HelmRequest {
        chart: shown(path),
        name: &helm.release,
        namespace: &helm.namespace,
        kube_version: &helm.kube_version,
        api_versions: &helm.api_versions,
        values: &helm.values,
        set: &helm.set,
        set_string: &helm.set_string,
        include_crds: helm.include_crds,
        skip_tests: helm.skip_tests,
        no_hooks: helm.no_hooks,
        origins,
    })
}

#[cfg(test)]
mod tests {
    use super::{Helm, Method, find};
    use crate::files::MemoryFiles;

    #[test]
    fn a_folder_says_how_it_is_rendered() {
        let names =
            ["a/kustomization.yml", "b/Chart.yaml", "c/Kustomization", "c/Chart.yaml", "d/x.yaml", "e/Chart.yaml/x"];
        let files: MemoryFiles = names.iter().map(|name| (name, &b""[..])).collect();
        assert_eq!(find(&files, "a"), Some(Method::Kustomize));
        assert_eq!(find(&files, "b"), Some(Method::Helm(Helm::default())));
        assert_eq!(find(&files, "c"), Some(Method::Kustomize));
        for folder in ["d", "e", "missing", ""] {
            assert_eq!(find(&files, folder), None, "{folder}");
        }
    }
}
