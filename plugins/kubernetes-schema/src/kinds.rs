//! From `apiVersion` and `kind` to a schema, and what to say where there is none.

use sluice_sdk::{Finding, Resource};

use crate::data::{Kind, Version, Versions};
use crate::rules::{DEPRECATED_API, NO_SCHEMA, REMOVED_API, UNKNOWN_KIND};
use crate::settings::Settings;
use crate::view::{STRING, View};
use crate::{removed, suggest};

/// What an object says it is: `apiVersion` and `kind`.
#[inline]
pub(crate) fn said(view: View<'_>) -> (&[u8], &[u8]) {
    let text = |name: &[u8]| {
        let raw = view.get(0, name).map(|node| view.raw(node)).filter(|raw| raw.tag() == STRING);
        raw.map_or(&[][..], |raw| view.text(raw))
    };
    (text(b"apiVersion"), text(b"kind"))
}

/// The kind, if the version serves it.
#[inline]
pub(crate) fn find(api_version: &[u8], kind: &[u8], version: Version) -> Option<Kind> {
    Kind::find(api_version, kind).filter(|kind| kind.versions() & version.bit() != 0)
}

/// Tells of a kind that the version does not serve.
pub(crate) fn tell(resource: &Resource, view: View<'_>, settings: &Settings, findings: &mut Vec<Finding>) {
    let (api_version, kind) = said(view);
    let (api_version, kind) = (crate::text(api_version), crate::text(kind));
    let checked = settings.version;
    if let Some(known) = Kind::find(api_version.as_bytes(), kind.as_bytes()) {
        return findings.push(of_other_versions(resource, known, checked));
    }
    if let Some(removed) = removed::find(api_version, kind) {
        let instead = match removed.instead {
            "" => "nothing takes its place".to_owned(),
            instead => format!("use `{instead}`"),
        };
        let message = format!("`{kind}` of `{api_version}` was removed in Kubernetes 1.{}: {instead}", removed.minor);
        return findings.push(resource.finding("/apiVersion", message).rule(&REMOVED_API));
    }
    // The groups of Kubernetes are closed; in any other group a custom resource may be anything.
    let served = || Kind::all().filter(|known| known.versions() & checked.bit() != 0);
    if !is_of_kubernetes(api_version, checked) {
        if let Some(severity) = settings.missing_schemas.severity() {
            let message = format!("not checked: there is no schema of `{kind}` in `{api_version}`");
            findings.push(resource.finding("/kind", message).rule(&NO_SCHEMA).severity(severity));
        }
        return;
    }
    let same_kind: Vec<&str> = served().filter(|known| known.kind() == kind).map(Kind::api_version).collect();
    let (pointer, advice) = if same_kind.is_empty() {
        let kinds = served().filter(|known| known.api_version() == api_version).map(Kind::kind);
        let near = kinds.clone().find(|known| suggest::simplified(known) == suggest::simplified(kind));
        let near = near.or_else(|| suggest::nearest(kind, kinds).map(|(near, _, _)| near));
        ("/kind", near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default())
    } else {
        ("/apiVersion", format!(": it is in `{}`", same_kind.join("` and `")))
    };
    let minor = checked.minor();
    let message = format!("Kubernetes 1.{minor} has no `{kind}` in `{api_version}`{advice}");
    findings.push(resource.finding(pointer, message).rule(&UNKNOWN_KIND));
}

/// Whether an API group is one of Kubernetes itself.
pub(crate) fn is_of_kubernetes(api_version: &str, checked: Version) -> bool {
    let group = group_of(api_version);
    let mut served = Kind::all().filter(|known| known.versions() & checked.bit() != 0);
    served.any(|known| known.is_in_group(group.as_bytes()))
}

/// A kind that other versions serve.
fn of_other_versions(resource: &Resource, known: Kind, checked: Version) -> Finding {
    let (kind, api_version) = (known.kind(), known.api_version());
    let earlier = known.versions() & (checked.bit() - 1);
    let minor = checked.minor();
    if let Some((_, last)) = Version::ends(earlier) {
        let instead = better(known, checked).map(|better| format!(": use `{}`", better.api_version()));
        let gone = last.minor() + 1;
        let message =
            format!("`{kind}` of `{api_version}` was removed in Kubernetes 1.{gone}{}", instead.unwrap_or_default());
        return resource.finding("/apiVersion", message).rule(&REMOVED_API);
    }
    let first = Version::ends(known.versions()).map_or(0, |(first, _)| first.minor());
    let message = format!(
        "`{kind}` of `{api_version}` exists from Kubernetes 1.{first} on, and 1.{minor} is what it is checked for"
    );
    resource.finding("/apiVersion", message).rule(&UNKNOWN_KIND)
}

/// Tells of a kind that a later version no longer serves, or that has become stable under another version.
#[inline]
pub(crate) fn deprecated(resource: &Resource, view: View<'_>, kind: Kind, checked: Version, into: &mut Vec<Finding>) {
    let all: Versions = Version::all().fold(0, |all, version| all | version.bit());
    let later = all & !(checked.bit() | (checked.bit() - 1));
    let goes = later & !kind.versions() != 0;
    let (api_version, _) = said(view);
    if !goes && !api_version.windows(5).any(|window| window == b"alpha" || window.starts_with(b"beta")) {
        return;
    }
    tell_deprecated(resource, kind, checked, later, into);
}

#[cold]
fn tell_deprecated(resource: &Resource, kind: Kind, checked: Version, later: Versions, into: &mut Vec<Finding>) {
    let gone = Version::all().find(|version| version.bit() & later & !kind.versions() != 0);
    let better = better(kind, checked);
    let when = match gone {
        Some(gone) => format!("is removed in Kubernetes 1.{}", gone.minor()),
        None if better.is_some() => "is deprecated".to_owned(),
        None => return,
    };
    let instead = better.map(|better| format!(": use `{}`", better.api_version())).unwrap_or_default();
    let message = format!("`{}` of `{}` {when}{instead}", kind.kind(), kind.api_version());
    into.push(resource.finding("/apiVersion", message).rule(&DEPRECATED_API));
}

/// The same kind in a more stable version of its group.
fn better(kind: Kind, checked: Version) -> Option<Kind> {
    let stability = |kind: &Kind| {
        let api_version = kind.api_version();
        if api_version.contains("alpha") { 0 } else { 1 + u8::from(!api_version.contains("beta")) }
    };
    let same = Kind::all().filter(|other| {
        let is_served = other.versions() & checked.bit() != 0;
        is_served && other.kind() == kind.kind() && group_of(other.api_version()) == group_of(kind.api_version())
    });
    same.max_by_key(stability).filter(|other| stability(other) > stability(&kind))
}

fn group_of(api_version: &str) -> &str {
    api_version.split_once('/').map_or("", |(group, _)| group)
}
