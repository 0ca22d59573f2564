//! A cluster as it stands, for plugins that ask: about the object that they judge, and about others. Only what they ask for
//! is read.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use futures::StreamExt;
use http::Method;
use sluice_manifest::{Identity, Node, Resource, Span, Text, Tree};
use sluice_policy::{KindSelector, Surroundings};

use crate::cluster::{Call, Cluster};
use crate::error::ClusterError;
use crate::kinds::{Kind, Kinds, Lookup, escaped, listing};
use crate::options::Options;
use crate::prune::asks_to_stay;
use crate::reference::{Key, Reference};
use crate::store::{Store, StoreError};
use crate::write::find;

/// Objects of one answer.
const PAGE: u32 = 250;
/// How often a list is begun anew because it changed while it was read.
const BEGINNINGS: u32 = 3;

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
    async fn object(&self, identity: &Identity) -> Result<Option<Arc<Resource>>, ClusterError> {
        let mut reference = Reference::of(identity);
        // What gets its name from the API server is new each time.
        if reference.name.is_empty() {
            return Ok(None);
        }
        // An object is one and the same in every version of its group.
        let kind = match self.kinds.any_version(&reference) {
            Lookup::Served(kind) => kind,
            Lookup::Defined(_) | Lookup::Absent => return Ok(None),
            Lookup::Unknown => return Err(Self::unknown(&reference.group, format!("read {reference}"))),
        };
        reference.settle(kind.is_namespaced, &self.options.namespace);
        let live = find(&self.cluster, kind, &reference).await?;
        Ok(live.map(|live| Arc::clone(live.resource())))
    }

    /// The objects that objects of the set become, several at once, each with its identity and in their order, until they are all
    /// told or `tell` breaks.
    pub async fn objects<'i>(
        &self,
        identities: &'i [Identity],
        mut tell: impl FnMut(&'i Identity, Result<Option<Arc<Resource>>, ClusterError>) -> ControlFlow<()>,
    ) {
        let reads: Vec<_> =
            identities.iter().map(|identity| async move { (identity, self.object(identity).await) }).collect();
        let mut objects = futures::stream::iter(reads).buffered(self.options.concurrency.max(1));
        while let Some((identity, object)) = objects.next().await {
            if tell(identity, object).is_break() {
                return;
            }
        }
    }

    /// All objects of some kinds that stand beside the set. Where the set is `whole`, what it no longer has is left out if it
    /// will be deleted; a part of an application sees the other parts as they stand.
    ///
    /// # Errors
    /// Where any of them cannot be listed: a part would look as if the rest were not there.
    pub async fn beside(&self, selectors: &[KindSelector], whole: bool) -> Result<Surroundings, StoreError> {
        let mut listed = BTreeSet::new();
        let mut objects = Vec::new();
        for selector in selectors {
            for (group, name, kind) in self.kinds.selected(selector)? {
                if listed.insert((group, name, &kind.version)) {
                    objects.extend(self.list(group, name, kind).await?);
                }
            }
        }
        if whole && self.options.prune {
            let goes = self.goes().await?;
            let is_gone = |object: &Resource| {
                let uid = object.root().at("/metadata/uid").and_then(Node::as_str).unwrap_or_default();
                goes.get(&key(object)).is_some_and(|known| known == uid) && !asks_to_stay(object)
            };
            objects.retain(|object| !is_gone(object));
        }
        Ok(Surroundings::new(objects, &self.options.namespace))
    }

    /// The objects that are the application's alone, with their UIDs: the set has them, or they are deleted.
    async fn goes(&self) -> Result<BTreeMap<Key, String>, StoreError> {
        let store = Store::new(&self.cluster, &self.options.inventory_namespace, &self.options.manager);
        let own = store.own(&self.options.application).await?;
        let keys = own.inventory.entries.iter().map(|entry| entry.reference.key()).collect();
        let others = store.others(&self.options.application, &keys).await?;
        let entries = own.inventory.entries.into_iter().filter(|entry| !others.contains_key(&entry.reference.key()));
        Ok(entries.filter_map(|entry| Some((entry.reference.key(), entry.uid?))).collect())
    }

    async fn list(&self, group: &str, name: &str, kind: &Kind) -> Result<Vec<Arc<Resource>>, ClusterError> {
        let what = if group.is_empty() { listing(name) } else { listing(&format!("{name}.{group}")) };
        let _turn = self.cluster.list_turn().await;
        let (mut objects, mut next) = (Vec::new(), String::new());
        let mut beginnings = 1;
        loop {
            let path = format!("{}?limit={PAGE}&continue={}", kind.list_path(group), escaped(&next));
            match self.cluster.call(&Call::new(Method::GET, path, what.clone())).await {
                Ok(answer) => {
                    next = self.page(&what, &answer, &mut objects)?;
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
    fn page(&self, what: &str, answer: &[u8], objects: &mut Vec<Arc<Resource>>) -> Result<String, ClusterError> {
        let garbled =
            |cause: String| ClusterError::Garbled { server: self.cluster.server(), what: what.to_owned(), cause };
        let json = std::str::from_utf8(answer).map_err(|error| garbled(error.to_string()))?;
        let text = Arc::new(Text::new("cluster", String::new()));
        let tree = Tree::from_json(text, Span::default(), json).map_err(|error| garbled(error.to_string()))?;
        let root = tree.root();
        let items = root.at("/items").ok_or_else(|| garbled(String::from("it is no list")))?;
        for item in items.items() {
            let object = Resource::of_item(root, item);
            objects.push(object.map(Arc::new).ok_or_else(|| garbled(String::from("an item of it is no object")))?);
        }
        let next = root.at("/metadata/continue").and_then(Node::as_str);
        Ok(next.unwrap_or_default().to_owned())
    }

    fn unknown(group: &str, what: String) -> ClusterError {
        ClusterError::Silent { what, group: group.to_owned() }
    }
}

fn key(object: &Resource) -> Key {
    Reference::of(object.identity()).key()
}
