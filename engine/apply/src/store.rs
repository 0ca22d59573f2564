//! Where inventories are kept: ConfigMaps in one namespace. The head of an inventory names the parts that belong to it and
//! is replaced in one write that names the version that it replaces, so an inventory is whole at every moment, and of two
//! runs that begin at once one is told so.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde::{Deserialize, Serialize};

use crate::cluster::{Call, Cluster};
use crate::error::ClusterError;
use crate::inventory::{Entry, Inventory};
use crate::kinds::escaped;
use crate::reference::Key;

/// Bytes of entries in one ConfigMap, of which the API server takes 1 MiB.
const PART: usize = 700 << 10;
/// The label of everything that belongs to an inventory; its value is the application's name.
const LABEL: &str = "sluice.dev/inventory";
/// The label that tells heads from parts.
const ROLE: &str = "sluice.dev/inventory-role";

/// The inventories of a cluster.
#[derive(Clone)]
pub struct Store {
    cluster: Cluster,
    namespace: String,
    manager: String,
}

/// An inventory, and the version of it that was read.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) inventory: Inventory,
    /// Empty where there is none yet.
    version: String,
    /// The names of its parts.
    parts: Vec<String>,
}

/// Why an inventory could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The cluster.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// Another run has written it since it was read.
    #[error("another run is at work on `{application}`: its inventory has changed since it was read")]
    Busy {
        /// The application.
        application: String,
    },
    /// What is kept cannot be read.
    #[error("the inventory of `{application}` cannot be read: {cause}")]
    Broken {
        /// The application.
        application: String,
        /// Why.
        cause: String,
    },
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ConfigMap {
    api_version: String,
    kind: String,
    metadata: Metadata,
    data: BTreeMap<String, String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    name: String,
    namespace: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    resource_version: String,
}

/// The annotation that says which write made a version, so that a write whose answer was lost is known again.
const WRITE: &str = "sluice.dev/write";

impl Store {
    /// The inventories in a namespace.
    #[must_use]
    pub fn new(cluster: &Cluster, namespace: &str, manager: &str) -> Self {
        Self { cluster: cluster.clone(), namespace: namespace.to_owned(), manager: manager.to_owned() }
    }

    /// All inventories, by application.
    ///
    /// # Errors
    /// Where the cluster does not answer, or one of them cannot be read.
    pub async fn all(&self) -> Result<BTreeMap<String, Inventory>, StoreError> {
        Ok(self.kept().await?.into_iter().map(|(name, kept)| (name, kept.inventory)).collect())
    }

    /// All inventories with their versions.
    pub(crate) async fn kept(&self) -> Result<BTreeMap<String, Kept>, StoreError> {
        #[derive(Deserialize)]
        struct List {
            items: Vec<ConfigMap>,
        }
        let path = format!("{}?labelSelector={LABEL}", self.folder());
        let call = Call::new(Method::GET, path, String::from("read the inventories"));
        let body = match self.cluster.call(&call).await {
            Ok(body) => body,
            Err(error) if error.is_not_found() => return Ok(BTreeMap::new()),
            Err(error) => return Err(error.into()),
        };
        let list: List = serde_json::from_slice(&body)
            .map_err(|error| self.garbled("read the inventories", &error))?;
        let (heads, parts): (Vec<ConfigMap>, Vec<ConfigMap>) = list
            .items
            .into_iter()
            .filter(|map| map.metadata.labels.contains_key(LABEL))
            .partition(|map| map.metadata.labels.get(ROLE).is_none_or(|role| role != "part"));
        let parts: BTreeMap<String, ConfigMap> =
            parts.into_iter().map(|part| (part.metadata.name.clone(), part)).collect();
        let mut all = BTreeMap::new();
        for head in heads {
            let application = head.metadata.labels.get(LABEL).cloned().unwrap_or_default();
            let broken = |cause: String| StoreError::Broken { application: application.clone(), cause };
            let kept = assemble(head, &parts).map_err(broken)?;
            all.insert(application, kept);
        }
        Ok(all)
    }

    /// Replaces what was read by another inventory, and gives it with its new version.
    pub(crate) async fn replace(&self, before: Kept, inventory: Inventory) -> Result<Kept, StoreError> {
        let application = inventory.application.clone();
        let write = nonce();
        let chunks = chunks(&inventory.entries);
        let mut parts = Vec::new();
        let head_entries = if let [only] = chunks.as_slice() {
            Some(only.clone())
        } else {
            // Written under new names, so that what the head names stays whole until the head itself is replaced.
            for (index, chunk) in chunks.iter().enumerate() {
                let name = format!("{}-{write}-{index}", head_name(&application));
                let data = BTreeMap::from([(String::from("entries"), chunk.clone())]);
                self.create(&self.map(&name, &application, "part", &write, data)).await?;
                parts.push(name);
            }
            None
        };
        let bare = Inventory { entries: Vec::new(), ..inventory.clone() };
        let mut data = BTreeMap::from([
            (String::from("inventory"), serde_json::to_string(&bare).unwrap_or_default()),
            (String::from("parts"), serde_json::to_string(&parts).unwrap_or_default()),
        ]);
        if let Some(entries) = head_entries {
            data.insert(String::from("entries"), entries);
        }
        let mut map = self.map(&head_name(&application), &application, "head", &write, data);
        map.metadata.resource_version.clone_from(&before.version);
        let version = if before.version.is_empty() { self.create(&map).await? } else { self.update(&map).await? };
        for name in before.parts.iter().filter(|name| !parts.contains(name)) {
            self.remove(name).await?;
        }
        Ok(Kept { inventory, version, parts })
    }

    /// Forgets an inventory.
    pub(crate) async fn forget(&self, kept: &Kept) -> Result<(), StoreError> {
        if !kept.version.is_empty() {
            self.remove(&head_name(&kept.inventory.application)).await?;
        }
        for part in &kept.parts {
            self.remove(part).await?;
        }
        Ok(())
    }

    fn folder(&self) -> String {
        format!("/api/v1/namespaces/{}/configmaps", escaped(&self.namespace))
    }

    fn map(&self, name: &str, application: &str, role: &str, write: &str, data: BTreeMap<String, String>) -> ConfigMap {
        let own = |pairs: [(&str, &str); 2]| pairs.map(|(key, value)| (key.to_owned(), value.to_owned()));
        ConfigMap {
            api_version: String::from("v1"),
            kind: String::from("ConfigMap"),
            metadata: Metadata {
                name: name.to_owned(),
                namespace: self.namespace.clone(),
                labels: BTreeMap::from(own([(LABEL, application), (ROLE, role)])),
                annotations: BTreeMap::from([(WRITE.to_owned(), write.to_owned())]),
                resource_version: String::new(),
            },
            data,
        }
    }

    /// Makes a ConfigMap, and the namespace first where there is none.
    async fn create(&self, map: &ConfigMap) -> Result<String, StoreError> {
        match self.send(Method::POST, self.folder(), map).await {
            Err(StoreError::Cluster(error)) if error.is_not_found() => {
                self.make_namespace().await?;
                self.send(Method::POST, self.folder(), map).await
            }
            other => other,
        }
    }

    async fn update(&self, map: &ConfigMap) -> Result<String, StoreError> {
        self.send(Method::PUT, format!("{}/{}", self.folder(), map.metadata.name), map).await
    }

    async fn send(&self, method: Method, path: String, map: &ConfigMap) -> Result<String, StoreError> {
        let what = format!("write the inventory {}/{}", self.namespace, map.metadata.name);
        let body = serde_json::to_vec(map).unwrap_or_default();
        let path = format!("{path}?fieldManager={}", escaped(&self.manager));
        let call = Call::new(method, path, what.clone()).body("application/json", &body);
        match self.cluster.call(&call).await {
            Ok(answer) => self.version_in(&what, &answer),
            Err(error) if error.has_code(409) => self.written_by_us(map, &what).await,
            Err(error) => Err(error.into()),
        }
    }

    /// After a conflict: whether it is our own write that stands there, whose answer was lost.
    async fn written_by_us(&self, map: &ConfigMap, what: &str) -> Result<String, StoreError> {
        let path = format!("{}/{}", self.folder(), map.metadata.name);
        let call = Call::new(Method::GET, path, format!("read the inventory {}/{}", self.namespace, map.metadata.name));
        let answer = self.cluster.call(&call).await?;
        let there: ConfigMap = serde_json::from_slice(&answer).map_err(|error| self.garbled(what, &error))?;
        if there.metadata.annotations.get(WRITE) == map.metadata.annotations.get(WRITE) {
            return Ok(there.metadata.resource_version);
        }
        let application = map.metadata.labels.get(LABEL).cloned().unwrap_or_default();
        Err(StoreError::Busy { application })
    }

    fn version_in(&self, what: &str, answer: &[u8]) -> Result<String, StoreError> {
        let map: ConfigMap = serde_json::from_slice(answer).map_err(|error| self.garbled(what, &error))?;
        Ok(map.metadata.resource_version)
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        let call = Call::new(
            Method::DELETE,
            format!("{}/{name}", self.folder()),
            format!("delete the inventory {}/{name}", self.namespace),
        );
        match self.cluster.call(&call).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn make_namespace(&self) -> Result<(), StoreError> {
        let body = format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{}"}}}}"#, self.namespace);
        let path = String::from("/api/v1/namespaces");
        let what = format!("make the namespace `{}` for the inventories", self.namespace);
        let call = Call::new(Method::POST, path, what).body("application/json", body.as_bytes());
        match self.cluster.call(&call).await {
            Ok(_) => Ok(()),
            Err(error) if error.has_code(409) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn garbled(&self, what: &str, error: &serde_json::Error) -> StoreError {
        let server = self.cluster.server().to_owned();
        StoreError::Cluster(ClusterError::Garbled { server, what: what.to_owned(), cause: error.to_string() })
    }
}

impl Kept {
    /// The inventory of an application that has none yet.
    pub(crate) fn none(application: &str) -> Self {
        Self { inventory: Inventory::new(application), version: String::new(), parts: Vec::new() }
    }
}

/// The objects that inventories own, with the names of their applications.
pub(crate) fn owners<'k>(all: impl IntoIterator<Item = &'k Inventory>) -> BTreeMap<Key, BTreeSet<String>> {
    let mut owners: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    for inventory in all {
        for entry in &inventory.entries {
            owners.entry(entry.reference.key()).or_default().insert(inventory.application.clone());
        }
    }
    owners
}

fn head_name(application: &str) -> String {
    format!("sluice-{application}")
}

fn assemble(head: ConfigMap, parts: &BTreeMap<String, ConfigMap>) -> Result<Kept, String> {
    let field = |name: &str| head.data.get(name).map(String::as_str).ok_or_else(|| format!("it has no `{name}`"));
    let mut inventory: Inventory = serde_json::from_str(field("inventory")?).map_err(|error| error.to_string())?;
    let names: Vec<String> = serde_json::from_str(field("parts")?).map_err(|error| error.to_string())?;
    let mut chunks = Vec::new();
    if names.is_empty() {
        chunks.push(field("entries")?);
    }
    for name in &names {
        let part = parts.get(name).ok_or_else(|| format!("its part `{name}` is not there"))?;
        chunks.push(part.data.get("entries").ok_or_else(|| format!("its part `{name}` has no `entries`"))?);
    }
    for chunk in chunks {
        let entries: Vec<Entry> = serde_json::from_str(chunk).map_err(|error| error.to_string())?;
        inventory.entries.extend(entries);
    }
    Ok(Kept { inventory, version: head.metadata.resource_version, parts: names })
}

/// The entries as JSON lists, each small enough for a ConfigMap; one at least.
fn chunks(entries: &[Entry]) -> Vec<String> {
    let mut chunks = vec![String::from("[")];
    for entry in entries {
        let text = serde_json::to_string(entry).unwrap_or_default();
        let is_full = chunks.last().is_some_and(|chunk| chunk.len() + text.len() > PART);
        if is_full {
            chunks.push(String::from("["));
        }
        if let Some(chunk) = chunks.last_mut() {
            if chunk.len() > 1 {
                chunk.push_str(",\n");
            }
            chunk.push_str(&text);
        }
    }
    for chunk in &mut chunks {
        chunk.push(']');
    }
    chunks
}

/// A name for a write that no other has.
fn nonce() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = jiff::Timestamp::now().as_microsecond();
    format!("{now:x}-{:x}-{:x}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::{Entry, PART, chunks};
    use crate::reference::Reference;

    #[test]
    fn many_entries_are_split_and_none_is_lost() {
        let entry = |number: usize| Entry {
            reference: Reference {
                group: String::from("apps"),
                version: String::from("v1"),
                kind: String::from("Deployment"),
                namespace: Some(String::from("shop")),
                name: format!("web-{number}"),
            },
            uid: Some(String::from("0b1e1f0a-7d0f-4b1c-9a57-1f4a3b6f2c11")),
            digest: Some("0".repeat(64)),
        };
        let entries: Vec<Entry> = (0..10_000).map(entry).collect();
        let chunks = chunks(&entries);
        assert!(chunks.len() > 1 && chunks.iter().all(|chunk| chunk.len() <= PART + 1_000));
        let read: Vec<Entry> =
            chunks.iter().flat_map(|chunk| serde_json::from_str::<Vec<Entry>>(chunk).unwrap()).collect();
        assert_eq!(read, entries);
        assert_eq!(super::chunks(&[]), ["[]"]);
    }
}
