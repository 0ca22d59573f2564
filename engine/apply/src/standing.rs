//! A cluster as it stands, for plugins that ask: about the object that they judge, and about others. Only what they ask for
//! is read.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use http::Method;
use serde::Deserialize;
use sluice_manifest::{Documents, Identity, Limits, Resource};
use sluice_policy::{KindSelector, Surroundings};

use crate::cluster::{Call, Cluster};
use crate::error::ClusterError;
use crate::kinds::{Kind, Kinds, Lookup, escaped};
use crate::options::Options;
use crate::prune::asks_to_stay;
use crate::reference::{Key, Reference};
use crate::store::{Store, StoreError};
use crate::write::read;

/// Objects of one answer.
const PAGE: u32 = 250;
/// How often a list is begun anew because it changed while it was read.
const BEGINNINGS: u32 = 3;
/// What a page may hold.
const LIMITS: Limits = Limits { depth: 1_000, nodes: 20_000_000, bytes: 256 << 20 };

/// A cluster as it stands.
pub struct Standing {
    cluster: Cluster,
    kinds: Kinds,
    options: Options,
}

impl Standing {
    /// Learns which kinds a cluster has.
    ///
    /// # Errors
    /// Where it does not answer.
    pub async fn of(cluster: &Cluster, options: &Options) -> Result<Self, ClusterError> {
        Ok(Self { cluster: cluster.clone(), kinds: Kinds::of(cluster).await?, options: options.clone() })
    }

    /// The object that an object of the set becomes; none where it is not there yet.
    ///
    /// # Errors
    /// Where it cannot be said.
    pub async fn object(&self, identity: &Identity) -> Result<Option<Arc<Resource>>, ClusterError> {
        let mut reference = Reference::of(identity);
        let kind = match self.kinds.get(&reference) {
            Lookup::Served(kind) => kind,
            Lookup::Defined(_) | Lookup::Absent => return Ok(None),
            Lookup::Unknown => return Err(Self::unknown(&reference.group, format!("read {reference}"))),
        };
        reference.settle(kind.is_namespaced, &self.options.namespace);
        let live = read(&self.cluster, kind, &reference).await?;
        Ok(live.map(|live| Arc::clone(live.resource())))
    }

    /// All objects of some kinds that will stand beside the set: what the application has applied is of the set, or goes.
    ///
    /// # Errors
    /// Where any of them cannot be listed: a part would look as if the rest were not there.
    pub async fn beside(&self, selectors: &[KindSelector]) -> Result<Surroundings, StoreError> {
        let store = Store::new(&self.cluster, &self.options.inventory_namespace, &self.options.manager);
        let own = store.own(&self.options.application).await?;
        let goes = if self.options.prune { own.inventory.by_key() } else { BTreeMap::new() };
        let mut listed = BTreeSet::new();
        let mut objects = Vec::new();
        for selector in selectors {
            let asked = || format!("list what `{}` of a policy asks for", selector.kind);
            let kinds = self.kinds.selected(selector).map_err(|group| Self::unknown(&group, asked()))?;
            for (group, name, kind) in kinds {
                if listed.insert((group, name)) {
                    objects.extend(self.list(group, name, kind).await?);
                }
            }
        }
        objects.retain(|object| !goes.contains_key(&key(object)) || asks_to_stay(object));
        Ok(Surroundings::new(objects, &self.options.namespace))
    }

    async fn list(&self, group: &str, name: &str, kind: &Kind) -> Result<Vec<Arc<Resource>>, ClusterError> {
        let what = || match group {
            "" => format!("list {name}, which a policy asks for"),
            group => format!("list {name}.{group}, which a policy asks for"),
        };
        let (mut objects, mut next) = (Vec::new(), String::new());
        let mut beginnings = 1;
        loop {
            let path = format!("{}?limit={PAGE}&continue={}", kind.list_path(group), escaped(&next));
            match self.cluster.call(&Call::new(Method::GET, path, what())).await {
                Ok(answer) => {
                    next = self.page(&what(), answer, &mut objects)?;
                    if next.is_empty() {
                        return Ok(objects);
                    }
                }
                // The list as it was at the first page is no more.
                Err(error) if beginnings < BEGINNINGS && error.refusal().is_some_and(|refusal| refusal.code == 410) => {
                    objects.clear();
                    next.clear();
                    beginnings += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes a page of a list, and gives the word that the next one is asked for by.
    fn page(&self, what: &str, answer: Vec<u8>, objects: &mut Vec<Arc<Resource>>) -> Result<String, ClusterError> {
        let garbled = |cause: String| ClusterError::Garbled {
            server: self.cluster.server().to_owned(),
            what: what.to_owned(),
            cause,
        };
        let page: Page = serde_json::from_slice(&answer).map_err(|error| garbled(error.to_string()))?;
        for document in Documents::from_bytes("cluster", answer, LIMITS) {
            if let Some(problem) = document.problems.iter().find(|problem| problem.fatal) {
                return Err(garbled(problem.message.clone()));
            }
            objects.extend(document.resources.into_iter().map(Arc::new));
        }
        Ok(page.metadata.next)
    }

    fn unknown(group: &str, what: String) -> ClusterError {
        ClusterError::Silent { what, group: group.to_owned() }
    }
}

#[derive(Deserialize)]
struct Page {
    metadata: PageMetadata,
}

#[derive(Deserialize)]
struct PageMetadata {
    #[serde(default, rename = "continue")]
    next: String,
}

fn key(object: &Resource) -> Key {
    Reference::of(object.identity()).key()
}
