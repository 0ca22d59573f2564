//! What a change touches beyond the objects themselves: what goes with what is removed, who may do what, which images run.

mod access;
mod images;

use sluice_manifest::{Node, Resource};

use crate::{Change, Object};

pub use images::{Image, Use};

/// Everything that a change touches.
#[derive(Clone, Debug, Default)]
pub struct Radius {
    /// By area, then in the order of the objects.
    pub effects: Vec<Effect>,
    /// Images that containers begin or cease to run, by what they were and are.
    pub images: Vec<Image>,
}

/// An object whose change reaches beyond it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What is touched.
    pub area: Area,
    /// How much it matters.
    pub force: Force,
    /// The object, by its place in [`Diff::objects`](crate::Diff::objects).
    pub object: usize,
    /// Why it matters.
    pub reasons: Vec<Reason>,
}

/// What is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// Objects that are gone, which pruning deletes.
    Pruned,
    /// Custom resource definitions.
    Definitions,
    /// Namespaces.
    Namespaces,
    /// Volumes and claims.
    Volumes,
    /// Roles, bindings and service accounts.
    Access,
    /// Admission webhooks and policies.
    Admission,
    /// What is reached from outside of the cluster.
    Exposure,
}

/// How much it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Force {
    /// Good to know.
    Plain,
    /// Someone should look twice.
    Loud,
}

/// Why an effect matters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// With a definition, every object of its kind goes.
    KindGone,
    /// A version is served no longer.
    VersionGone(String),
    /// With a namespace, everything in it goes.
    ContentGone,
    /// With a claim or a volume, its data may go.
    DataGone,
    /// The API server refuses to change the claim templates of a stateful set.
    ClaimsFixed,
    /// The rules of a role allow what they did not allow.
    Grows,
    /// `*` among the verbs, resources or groups.
    Everything(&'static str),
    /// Secrets can be read.
    ReadsSecrets,
    /// A verb that gives its owner more rights: `escalate`, `bind`, `impersonate`.
    Escalates(&'static str),
    /// The role that is bound may do everything.
    ClusterAdmin,
    /// Another role is bound than before, which the API server refuses to change.
    OtherRole,
    /// So many more subjects are bound.
    Subjects(usize),
    /// Everyone is bound, such as `system:unauthenticated`.
    Everyone(String),
    /// The type of a service, where that is one which is reached from outside.
    Type(String),
}

impl Reason {
    fn force(&self) -> Force {
        match self {
            Self::KindGone | Self::VersionGone(_) | Self::ContentGone | Self::DataGone | Self::ClaimsFixed => {
                Force::Loud
            }
            Self::Everything(_) | Self::ReadsSecrets | Self::Escalates(_) | Self::ClusterAdmin => Force::Loud,
            Self::OtherRole | Self::Everyone(_) => Force::Loud,
            Self::Grows | Self::Subjects(_) | Self::Type(_) => Force::Plain,
        }
    }
}

impl Radius {
    pub(crate) fn of(objects: &[Object]) -> Self {
        let mut effects = Vec::new();
        for (index, object) in objects.iter().enumerate().filter(|(_, object)| object.change != Change::Moved) {
            let mut tell = |area, reasons: Vec<Reason>| {
                let force = reasons.iter().map(Reason::force).max().unwrap_or(Force::Plain);
                effects.push(Effect { area, force, object: index, reasons });
            };
            if object.change == Change::Removed {
                tell(Area::Pruned, Vec::new());
            }
            if let Some((area, reasons)) = effect(object) {
                tell(area, reasons);
            }
        }
        effects.sort_by_key(|effect| effect.area);
        Self { effects, images: images::of(objects) }
    }
}

fn effect(object: &Object) -> Option<(Area, Vec<Reason>)> {
    let identity = &object.identity;
    let gone = |reason: Reason| if object.change == Change::Removed { vec![reason] } else { Vec::new() };
    let (before, after) = (object.before.as_deref().map(Resource::root), object.after.as_deref().map(Resource::root));
    Some(match (identity.group(), identity.kind.as_str()) {
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            let mut reasons = gone(Reason::KindGone);
            if let (Some(before), Some(after)) = (before, after) {
                let (served, still) = (served(before), served(after));
                reasons.extend(served.into_iter().filter(|name| !still.contains(name)).map(Reason::VersionGone));
            }
            (Area::Definitions, reasons)
        }
        ("", "Namespace") => (Area::Namespaces, gone(Reason::ContentGone)),
        ("", "PersistentVolume" | "PersistentVolumeClaim") => (Area::Volumes, gone(Reason::DataGone)),
        ("storage.k8s.io", "StorageClass") => (Area::Volumes, Vec::new()),
        ("apps", "StatefulSet") => (Area::Volumes, claims(object, before, after)?),
        ("rbac.authorization.k8s.io", "Role" | "ClusterRole") => (Area::Access, access::of_role(before, after)),
        ("rbac.authorization.k8s.io", _) => (Area::Access, access::of_binding(before, after)),
        ("", "ServiceAccount") => (Area::Access, Vec::new()),
        ("admissionregistration.k8s.io", _) => (Area::Admission, Vec::new()),
        ("networking.k8s.io", "Ingress") | ("gateway.networking.k8s.io", _) => (Area::Exposure, Vec::new()),
        ("", "Service") => (Area::Exposure, exposed(before, after)?),
        (_, _) => return None,
    })
}

/// The versions that a definition serves.
fn served(definition: Node<'_>) -> Vec<String> {
    let versions = definition.at("/spec/versions").into_iter().flat_map(Node::items);
    let served = versions.filter(|version| version.get("served").is_none_or(|served| served.to_json() != "false"));
    served.filter_map(|version| Some(version.get("name")?.as_str()?.to_owned())).collect()
}

fn claims(object: &Object, before: Option<Node<'_>>, after: Option<Node<'_>>) -> Option<Vec<Reason>> {
    let templates = |root: Option<Node<'_>>| root.is_some_and(|root| root.at("/spec/volumeClaimTemplates").is_some());
    match object.change {
        Change::Changed => {
            let touched = object.fields.iter().any(|field| field.pointer.starts_with("/spec/volumeClaimTemplates"));
            touched.then(|| vec![Reason::ClaimsFixed])
        }
        Change::Added | Change::Removed | Change::Moved => (templates(before) || templates(after)).then(Vec::new),
    }
}

/// A service that is reached from outside, before or after.
fn exposed(before: Option<Node<'_>>, after: Option<Node<'_>>) -> Option<Vec<Reason>> {
    let outside = |root: Option<Node<'_>>| {
        let of_type = root?.at("/spec/type").and_then(Node::as_str);
        let by_address = || root?.at("/spec/externalIPs").filter(|addresses| addresses.items().len() > 0);
        match of_type {
            Some(of_type @ ("LoadBalancer" | "NodePort")) => Some(of_type.to_owned()),
            Some(_) | None => by_address().map(|_| String::from("externalIPs")),
        }
    };
    match (outside(before), outside(after)) {
        (None, None) => None,
        (was, is) if was == is => Some(Vec::new()),
        (_, is) => Some(is.map(Reason::Type).into_iter().collect()),
    }
}
