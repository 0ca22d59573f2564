//! What a plugin says about itself: rules and kinds.

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; never denies.
    Info,
    /// Shown; never denies.
    Warning,
    /// Denies, where the policy file says `action: deny` (the default).
    Error,
}

/// One rule of a plugin. Its id is permanent: people write it into exceptions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Kebab-case and unique within the plugin.
    pub id: &'static str,
    /// The severity of its findings, unless a finding says otherwise.
    pub severity: Severity,
    /// One line: what the rule demands.
    pub summary: &'static str,
    /// Why it matters, and what to type.
    pub help: &'static str,
    /// A page with more.
    pub url: Option<&'static str>,
}

impl Rule {
    /// A rule whose findings deny.
    #[must_use]
    pub const fn new(id: &'static str, summary: &'static str) -> Self {
        Self { id, severity: Severity::Error, summary, help: "", url: None }
    }

    /// With this severity.
    #[must_use]
    pub const fn severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }

    /// With this help: why it matters, and what to type.
    #[must_use]
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// With a page that says more.
    #[must_use]
    pub const fn url(self, url: &'static str) -> Self {
        Self { url: Some(url), ..self }
    }
}

/// Every kind of Kubernetes that runs containers.
pub const WORKLOADS: &[&str] = &[
    "Pod",
    "PodTemplate",
    "ReplicationController",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
];

/// A set of kinds; `*` stands for any value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindSelector<'k> {
    /// API group, empty for the core group.
    pub group: &'k str,
    /// Version inside the group.
    pub version: &'k str,
    /// Kind.
    pub kind: &'k str,
}

impl<'k> KindSelector<'k> {
    /// Reads `Deployment` (the workload kinds in their own group, any other kind in any group), `apps/Deployment`,
    /// `apps/v1/Deployment` or `*`. The core group is left out, `v1/Service`, or empty: `/v1/Service`.
    #[must_use]
    pub fn parse(text: &'k str) -> Self {
        match text.split_once('/') {
            None => Self { group: group_of(text), version: "*", kind: text },
            Some((group, rest)) => match rest.split_once('/') {
                None if is_version(group) => Self { group: "", version: group, kind: rest },
                None => Self { group, version: "*", kind: rest },
                Some((version, kind)) => Self { group, version, kind },
            },
        }
    }

    /// Whether an object of this API version (`apps/v1`) and kind is in the set.
    #[must_use]
    pub fn matches(&self, api_version: &str, kind: &str) -> bool {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let says = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        says(self.kind, kind) && says(self.group, group) && says(self.version, version)
    }
}

/// Whether a text reads as a version of Kubernetes, `v1` or `v1beta1`, which no group does.
fn is_version(text: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('v').is_some_and(|rest| match rest.split_once("alpha").or_else(|| rest.split_once("beta")) {
        None => is_number(rest),
        Some((major, minor)) => is_number(major) && is_number(minor),
    })
}

fn group_of(kind: &str) -> &'static str {
    match kind {
        "Pod" | "PodTemplate" | "ReplicationController" => "",
        "Deployment" | "ReplicaSet" | "StatefulSet" | "DaemonSet" => "apps",
        "Job" | "CronJob" => "batch",
        _ => "*",
    }
}

/// Where the pod of a kind lies; none for kinds that run no containers.
pub(crate) fn pod_spec_of(api_version: &str, kind: &str) -> Option<&'static str> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "Pod") => Some("/spec"),
        ("", "PodTemplate") => Some("/template/spec"),
        ("", "ReplicationController")
        | ("apps" | "extensions", "Deployment" | "ReplicaSet" | "DaemonSet")
        | ("apps", "StatefulSet")
        | ("batch", "Job") => Some("/spec/template/spec"),
        ("batch", "CronJob") => Some("/spec/jobTemplate/spec/template/spec"),
        _ => None,
    }
}
