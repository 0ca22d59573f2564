//! The kinds that a cluster serves, by aggregated discovery: two requests, whatever the number of kinds.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use kube::core::discovery::v2::{ACCEPT_AGGREGATED_DISCOVERY_V2, APIGroupDiscovery, APIGroupDiscoveryList};
use serde::Deserialize;
use sluice_manifest::{Node, Resource, Value};
use sluice_policy::KindSelector;

use crate::cluster::{Call, Cluster};
use crate::error::ClusterError;
use crate::reference::Reference;

/// How a kind is addressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) version: String,
    pub(crate) plural: String,
    pub(crate) is_namespaced: bool,
    pub(crate) can_list: bool,
}

/// What is known of a kind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Lookup<'k> {
    /// The cluster serves it.
    Served(&'k Kind),
    /// A definition of the set makes it.
    Defined(&'k Kind),
    /// The cluster does not serve it.
    Absent,
    /// The server that serves the group did not answer: nothing follows from the kind not being there.
    Unknown,
}

/// The kinds of a cluster.
#[derive(Debug, Default)]
pub(crate) struct Kinds {
    /// By group and kind; the preferred version first.
    served: BTreeMap<(String, String), Vec<Kind>>,
    /// From the definitions of the set.
    defined: BTreeMap<(String, String), Vec<Kind>>,
    /// Groups whose servers did not answer.
    stale: BTreeSet<String>,
}

impl Kinds {
    /// Asks a cluster.
    ///
    /// # Errors
    /// Where it does not answer.
    pub(crate) async fn of(cluster: &Cluster) -> Result<Self, ClusterError> {
        let mut kinds = Self::default();
        for path in ["/api", "/apis"] {
            let what = String::from("ask which kinds there are");
            let call = Call { accept: ACCEPT_AGGREGATED_DISCOVERY_V2, ..Call::new(Method::GET, path.to_owned(), what) };
            let body = cluster.call(&call).await?;
            let list = read(&body).map_err(|cause| ClusterError::Garbled {
                server: cluster.server(),
                what: call.what.clone(),
                cause: format!("{cause}; Kubernetes 1.30 or newer is needed"),
            })?;
            kinds.take(list);
        }
        Ok(kinds)
    }

    /// Those of a cluster in which the server of a group does not answer.
    #[cfg(test)]
    pub(crate) fn silent(group: &str) -> Self {
        Self { stale: BTreeSet::from([group.to_owned()]), ..Self::default() }
    }

    fn take(&mut self, list: APIGroupDiscoveryList) {
        for group in list.items {
            let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
            for version in group.versions {
                if version.freshness.as_deref() == Some("Stale") {
                    self.stale.insert(name.clone());
                }
                let served = version.version.unwrap_or_default();
                for resource in version.resources {
                    let kind = resource.response_kind.and_then(|kind| kind.kind);
                    let (Some(kind), Some(plural)) = (kind, resource.resource) else { continue };
                    let is_namespaced = resource.scope.as_deref() == Some("Namespaced");
                    let can_list = resource.verbs.iter().any(|verb| verb == "list");
                    let known = Kind { version: served.clone(), plural, is_namespaced, can_list };
                    self.served.entry((name.clone(), kind)).or_default().push(known);
                }
            }
        }
    }

    /// Adds the kinds that the definitions of a set make.
    pub(crate) fn define<'r>(&mut self, set: impl IntoIterator<Item = &'r Resource>) {
        for resource in set {
            let identity = resource.identity();
            if identity.group() != "apiextensions.k8s.io" || identity.kind != "CustomResourceDefinition" {
                continue;
            }
            let at = |pointer: &str| resource.root().at(pointer).and_then(Node::as_str).unwrap_or_default().to_owned();
            let versions = resource.root().at("/spec/versions").map(Node::items).into_iter().flatten();
            let is_served = |version: &Node<'_>| {
                version.get("served").is_none_or(|served| !matches!(served.value(), Value::Bool(false)))
            };
            for version in versions.filter(is_served).filter_map(|version| version.get("name")?.as_str()) {
                let kind = Kind {
                    version: version.to_owned(),
                    plural: at("/spec/names/plural"),
                    is_namespaced: at("/spec/scope") == "Namespaced",
                    can_list: true,
                };
                self.defined.entry((at("/spec/group"), at("/spec/names/kind"))).or_default().push(kind);
            }
        }
    }

    /// Whether a definition of the set makes an object's kind, be it served already or not.
    pub(crate) fn is_defined(&self, reference: &Reference) -> bool {
        self.defined.contains_key(&(reference.group.clone(), reference.kind.clone()))
    }

    /// Whether a kind is served in other versions than its definition in a set has and serves. One that is going and one that
    /// is coming are taken up each at its own time.
    pub(crate) fn serves_other_than(&self, set: &Self) -> bool {
        set.defined.iter().any(|(kind, defined)| {
            let served = self.served.get(kind).map(Vec::as_slice).unwrap_or_default();
            let lacks = |some: &[Kind], others: &[Kind]| {
                some.iter().any(|one| others.iter().all(|other| other.version != one.version))
            };
            lacks(served, defined) || lacks(defined, served)
        })
    }

    /// What is known of an object's kind, in exactly its version.
    pub(crate) fn get(&self, reference: &Reference) -> Lookup<'_> {
        self.find(reference, |kind| kind.version == reference.version)
    }

    /// Every kind that a selector takes and that can be listed, in one version of it: the one that the selector names, or
    /// the preferred.
    ///
    /// # Errors
    /// Where the answer would not be whole: a group does not answer, or a kind that the selector takes by its name or by that of
    /// its group is there in other versions only.
    pub(crate) fn selected(&self, selector: &KindSelector) -> Result<Vec<(&str, &str, &Kind)>, ClusterError> {
        let KindSelector { group, version, kind } = selector;
        let says = |pattern: &str, value: &str| pattern == "*" || pattern == value;
        let what = listing(kind);
        if let Some(group) = self.stale.iter().find(|stale| says(group, stale)) {
            return Err(ClusterError::Silent { what, group: group.clone() });
        }
        // One that says neither which group nor which kind asks for what there is in its version.
        let is_named = group != "*" || kind != "*";
        let meant = self.served.iter().filter(|((one, other), _)| is_named && says(group, one) && says(kind, other));
        for ((_, kind), known) in meant {
            if known.iter().all(|known| !says(version, &known.version)) {
                let served = known.iter().map(|known| known.version.clone()).collect();
                return Err(ClusterError::OtherVersion { what: listing(kind), version: version.clone(), served });
            }
        }
        let versions = self.served.iter().filter_map(|((group, kind), versions)| {
            let fits = |known: &&Kind| selector.matches(group, &known.version, kind) && known.can_list;
            Some((group.as_str(), kind.as_str(), versions.iter().find(fits)?))
        });
        Ok(versions.collect())
    }

    /// Every kind that can be listed, in its preferred version.
    pub(crate) fn listed(&self) -> impl Iterator<Item = (&str, &str, &Kind)> {
        self.served.iter().filter_map(|((group, kind), versions)| {
            Some((group.as_str(), kind.as_str(), versions.iter().find(|known| known.can_list)?))
        })
    }

    /// The groups whose servers did not answer.
    pub(crate) fn silent_groups(&self) -> impl Iterator<Item = &str> {
        self.stale.iter().map(String::as_str)
    }

    /// What is known of an object's kind, in its version or another that is served.
    pub(crate) fn any_version(&self, reference: &Reference) -> Lookup<'_> {
        match self.get(reference) {
            Lookup::Served(kind) => Lookup::Served(kind),
            Lookup::Defined(_) | Lookup::Absent | Lookup::Unknown => self.find(reference, |_| true),
        }
    }

    /// The same for an object that may be there: that the set defines its kind says nothing of it where the server of its group
    /// does not answer.
    pub(crate) fn of_existing(&self, reference: &Reference) -> Lookup<'_> {
        match self.any_version(reference) {
            Lookup::Defined(_) if self.stale.contains(&reference.group) => Lookup::Unknown,
            known @ (Lookup::Served(_) | Lookup::Defined(_) | Lookup::Absent | Lookup::Unknown) => known,
        }
    }

    fn find(&self, reference: &Reference, fits: impl Fn(&&Kind) -> bool) -> Lookup<'_> {
        let key = (reference.group.clone(), reference.kind.clone());
        if let Some(kind) = self.served.get(&key).into_iter().flatten().find(&fits) {
            return Lookup::Served(kind);
        }
        if let Some(kind) = self.defined.get(&key).into_iter().flatten().find(&fits) {
            return Lookup::Defined(kind);
        }
        if self.stale.contains(&reference.group) { Lookup::Unknown } else { Lookup::Absent }
    }
}

impl Kind {
    /// The path of all objects of it, in all namespaces.
    pub(crate) fn list_path(&self, group: &str) -> String {
        self.list_path_in(group, None)
    }

    /// The path of all objects of it, in one namespace where one is given.
    pub(crate) fn list_path_in(&self, group: &str, namespace: Option<&str>) -> String {
        match namespace {
            None => format!("{}/{}", self.version_path(group), self.plural),
            Some(namespace) => {
                format!("{}/namespaces/{}/{}", self.version_path(group), escaped(namespace), self.plural)
            }
        }
    }

    fn version_path(&self, group: &str) -> String {
        match group {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        }
    }

    /// The path of an object, which is asked for to do `what`.
    ///
    /// # Errors
    /// Where no object can have that name: the path would be that of a list, of others perhaps.
    pub(crate) fn path(&self, reference: &Reference, what: &str) -> Result<String, ClusterError> {
        if !reference.is_nameable() {
            return Err(ClusterError::Nameless { what: what.to_owned(), name: reference.name.clone() });
        }
        let mut path = self.version_path(&reference.group);
        if let Some(namespace) = reference.namespace.as_ref().filter(|_| self.is_namespaced) {
            path.push_str("/namespaces/");
            path.push_str(&escaped(namespace));
        }
        Ok(format!("{path}/{}/{}", self.plural, escaped(&reference.name)))
    }
}

/// Reads what an API server serves. An answer of another form, such as that of a server or a proxy that does not know this one,
/// would read as no kinds at all, and everything as gone. The error is in words.
fn read(body: &[u8]) -> Result<APIGroupDiscoveryList, String> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Form {
        kind: String,
        items: Vec<APIGroupDiscovery>,
    }
    let Form { kind, items } = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    if kind != "APIGroupDiscoveryList" {
        return Err(String::from("it is no list of all groups with their kinds"));
    }
    // No API server is without the core group, nor without others.
    if items.is_empty() {
        return Err(String::from("it has no group"));
    }
    Ok(APIGroupDiscoveryList { metadata: None, items })
}

/// What reading all objects of a kind is called.
pub(crate) fn listing(kind: &str) -> String {
    format!("list {kind}, which a policy asks for")
}

/// A name as a part of a path: names of roles may hold colons, and a hostile name must not lead elsewhere.
pub(crate) fn escaped(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    // A path that ends in dots is another path.
    if out.chars().all(|character| character == '.') { out.replace('.', "%2E") } else { out }
}

#[cfg(test)]
mod tests;
