//! The name of an object. Labels and annotations are part of the walk, because pods and selectors have them too.

use sluice_sdk::{Finding, Resource};

use crate::data::Version;
use crate::rules::INVALID_METADATA;
use crate::syntax::{self, Flaw};
use crate::view::{OBJECT, STRING, View};

/// Kinds that are questions to the server, not objects with a name.
const NAMELESS: [&str; 7] = [
    "TokenReview",
    "TokenRequest",
    "SubjectAccessReview",
    "LocalSubjectAccessReview",
    "SelfSubjectAccessReview",
    "SelfSubjectRulesReview",
    "SelfSubjectReview",
];

/// Checks the name by the rules of its kind.
#[inline]
pub(crate) fn check(
    resource: &Resource,
    view: View<'_>,
    (api_version, kind): (&str, &str),
    version: Version,
    into: &mut Vec<Finding>,
) {
    let metadata = view.get(0, b"metadata").filter(|node| view.raw(*node).tag() == OBJECT);
    let name = metadata.and_then(|metadata| view.get(metadata, b"name"));
    let name = name.map(|node| view.raw(node)).filter(|raw| raw.tag() == STRING && raw.length() > 0);
    let Some(name) = name else {
        let generated = metadata.and_then(|metadata| view.get(metadata, b"generateName"));
        if generated.is_none() && !NAMELESS.contains(&kind) {
            let message = "the object has no name: set `metadata.name`";
            into.push(resource.finding("/metadata/name", message).rule(&INVALID_METADATA));
        }
        return;
    };
    let name = view.text(name);
    if let Some(flaw) = flaw(api_version, kind, name, version) {
        let message = format!("`{}` cannot be the name of a `{kind}`: it {flaw}", crate::text(name));
        into.push(resource.finding("/metadata/name", message).rule(&INVALID_METADATA));
    }
}

/// What is wrong with a name. Where the rules of a kind are not known for certain, the widest ones hold.
fn flaw(api_version: &str, kind: &str, name: &[u8], version: Version) -> Option<Flaw> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        ("", "Service") if version.minor() < 34 && name.first().is_some_and(u8::is_ascii_digit) => {
            Some("begins with a digit, which the names of Services may not before Kubernetes 1.34")
        }
        ("", "Namespace" | "Service") => syntax::dns_label(name),
        // Its name is its address.
        ("networking.k8s.io", "IPAddress") => syntax::path_segment(name),
        ("storage.k8s.io", "CSIDriver") if name.len() > 63 => Some("has more than 63 characters"),
        ("storage.k8s.io", "CSIDriver") => syntax::subdomain(&name.to_ascii_lowercase()),
        ("batch", "CronJob") if name.len() > 52 => {
            Some("has more than 52 characters, which leaves no room for its jobs")
        }
        ("" | "apps" | "batch" | "policy" | "autoscaling" | "networking.k8s.io" | "storage.k8s.io", _) => {
            syntax::subdomain(name)
        }
        (_, _) => syntax::path_segment(name),
    }
}
