//! What a file says of rendering: which paths become manifests, and how. An application says it in the same words.

mod chart;
pub(crate) mod read;

use std::sync::Arc;
use std::time::Duration;

use sluice_manifest::{Span, Text};

use crate::ConfigError;

pub use chart::{namespace_problem, release_problem, version_problem};
pub(crate) use read::entries;

/// A path, and how it becomes manifests.
#[derive(Clone, Debug)]
pub struct RenderEntry {
    /// From the folder of the file that says it, with `/` between the names. `*` stands for any one name, `.` and `..` are
    /// resolved as far as they can be: `..` may stand at its start.
    pub path: Written<String>,
    /// How.
    pub render: Render,
}

/// How a path becomes manifests.
#[derive(Clone, Debug)]
pub struct Render {
    /// By what.
    pub method: RenderMethod,
    /// Whether it may come to nothing.
    pub allow_empty: bool,
}

/// What makes manifests of a path.
#[derive(Clone, Debug)]
pub enum RenderMethod {
    /// The files below it are read as they are.
    Plain,
    /// Kustomize.
    Kustomize,
    /// Helm.
    Helm(Box<HelmRender>),
    /// A program, outside of the sandbox.
    Command(CommandRender),
}

/// How a chart is rendered, in the words of `helm template`.
#[derive(Clone, Debug, Default)]
pub struct HelmRender {
    /// The release's name; none for Helm's own.
    pub release: Option<String>,
    /// The release's namespace; none for `default`.
    pub namespace: Option<String>,
    /// The Kubernetes version that the chart sees; none for Helm's own.
    pub kube_version: Option<String>,
    /// Versions of APIs that the chart sees, beside Helm's own.
    pub api_versions: Vec<String>,
    /// Files with values, from the folder of the file that says it; later ones win.
    pub values: Vec<Written<String>>,
    /// Arguments of `--set`.
    pub set: Vec<Setting>,
    /// Arguments of `--set-string`.
    pub set_string: Vec<Setting>,
    /// Whether the chart's folders `crds` are left out.
    pub skip_crds: bool,
    /// Whether hooks that are tests are left out.
    pub skip_tests: bool,
    /// Whether all hooks are left out.
    pub no_hooks: bool,
}

/// A value of a chart that is set by itself.
#[derive(Clone, Debug)]
pub struct Setting {
    /// `name=value`, as Helm takes it.
    pub argument: Written<String>,
    /// Whether its place is that of the value alone, and not of the whole argument.
    pub is_value: bool,
}

/// A program that renders.
#[derive(Clone, Debug)]
pub struct CommandRender {
    /// The program, looked up in the `PATH`; its place is that of the whole command.
    pub program: Written<String>,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Bytes of memory that each of its processes may have; none for what the renderer sets.
    pub memory: Option<u64>,
    /// How long it may take; none for what the renderer sets.
    pub time: Option<Duration>,
}

/// Something that a file says, and where.
#[derive(Clone, Debug)]
pub struct Written<T> {
    /// What.
    pub value: T,
    text: Arc<Text>,
    span: Span,
}

impl<T> Written<T> {
    pub(crate) fn new(value: T, text: &Arc<Text>, span: Span) -> Self {
        Self { value, text: Arc::clone(text), span }
    }

    /// The file, and the bytes in it.
    #[must_use]
    pub fn place(&self) -> (&Arc<Text>, Span) {
        (&self.text, self.span)
    }

    /// That it is wrong: what, in one line, and what to type instead.
    #[must_use]
    pub fn error(&self, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
        ConfigError::at(&self.text, self.span, message, help)
    }
}
