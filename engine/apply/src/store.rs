//! Where inventories are kept: ConfigMaps in one namespace. The head of an inventory names the parts that belong to it and
//! is replaced in one write that names the version that it replaces, so an inventory is whole at every moment, and of two
//! runs that begin at once one is told so.

mod map;
mod others;
mod parts;
mod reserved;

use std::collections::BTreeMap;

use http::Method;

use crate::cluster::{Call, Cluster};
use crate::error::ClusterError;
use crate::inventory::{Entry, Inventory, Phase};
use crate::kinds::escaped;
use crate::write::is_success;
use map::{ConfigMap, LABEL, List, Metadata, ROLE, field, head_name};
use parts::{chunks, nonce};
pub(crate) use reserved::{INVENTORY, inventory_fault, is_inventory, is_own_inventory};

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
    /// The names of parts that no head names: what a run left that came to a sudden end.
    strays: Vec<String>,
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

/// The annotation that says which write made a version, so that a write whose answer was lost is known again.
const WRITE: &str = "sluice.dev/write";

impl Store {
    /// The inventories in a namespace.
    #[must_use]
    pub fn new(cluster: &Cluster, namespace: &str, manager: &str) -> Self {
        Self { cluster: cluster.clone(), namespace: namespace.to_owned(), manager: manager.to_owned() }
    }

    /// The inventory of an application; none where it has none.
    ///
    /// # Errors
    /// Where the cluster does not answer, or it cannot be read.
    pub async fn inventory(&self, application: &str) -> Result<Option<Inventory>, StoreError> {
        let kept = self.own(application).await?;
        Ok(kept.is_there().then_some(kept.inventory))
    }

    /// The inventory of an application with its version.
    pub(crate) async fn own(&self, application: &str) -> Result<Kept, StoreError> {
        let mut all = self.select(&format!("{LABEL}={application}")).await?;
        Ok(all.remove(application).unwrap_or_else(|| Kept::none(application)))
    }

    /// The inventories that a selector of labels selects.
    async fn select(&self, selector: &str) -> Result<BTreeMap<String, Kept>, StoreError> {
        let path = format!("{}?labelSelector={}", self.folder(), escaped(selector));
        let call = Call::new(Method::GET, path, String::from("read the inventories"));
        // Where there is no such namespace the list is empty: one that is not found says nothing of what there is.
        let body = self.cluster.call(&call).await?;
        let list: List = serde_json::from_slice(&body).map_err(|error| self.garbled("read the inventories", &error))?;
        let (heads, parts): (Vec<ConfigMap>, Vec<ConfigMap>) = list
            .items
            .into_iter()
            .filter(|map| map.metadata.labels.contains_key(LABEL) && (map.is_part() || map.is_head()))
            .partition(ConfigMap::is_head);
        let parts: BTreeMap<String, ConfigMap> =
            parts.into_iter().map(|part| (part.metadata.name.clone(), part)).collect();
        let mut all = BTreeMap::new();
        for head in heads {
            let application = head.application().to_owned();
            let broken = |cause: String| StoreError::Broken { application: application.clone(), cause };
            let kept = assemble(head, &parts).map_err(broken)?;
            all.insert(application, kept);
        }
        for (name, part) in parts {
            let application = part.application().to_owned();
            let kept = all.entry(application).or_insert_with_key(|application| Kept::none(application));
            if !kept.parts.contains(&name) {
                kept.strays.push(name);
            }
        }
        Ok(all)
    }

    /// The version of an inventory as it is now; none where there is no inventory.
    pub(crate) async fn version(&self, application: &str) -> Result<Option<String>, StoreError> {
        let path = format!("{}/{}", self.folder(), head_name(application));
        let what = format!("read the inventory {}/{}", self.namespace, head_name(application));
        let call = Call::new(Method::GET, path, what);
        match self.cluster.call(&call).await {
            Ok(answer) => {
                Ok(Some(self.map_in(&call.what, &head_name(application), &answer)?.metadata.resource_version))
            }
            Err(error) if error.is_absence_of(&head_name(application)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether an inventory has been written since it was read.
    pub(crate) async fn has_moved_on(&self, application: &str, kept: &Kept) -> Result<bool, StoreError> {
        Ok(self.version(application).await?.unwrap_or_default() != kept.version)
    }

    /// Adds entries to an inventory that another run has written or deleted in the meantime, so that nothing that was made
    /// is without an owner. What has an owner already stays as it is.
    ///
    /// # Errors
    /// Where the cluster does not answer, or others write it again and again.
    pub(crate) async fn add(&self, application: &str, entries: &[Entry]) -> Result<(), StoreError> {
        for _ in 0..10 {
            let kept = self.own(application).await?;
            let known = kept.inventory.by_key();
            let missing: Vec<Entry> =
                entries.iter().filter(|entry| !known.contains_key(&entry.reference.key())).cloned().collect();
            if missing.is_empty() {
                return Ok(());
            }
            let mut inventory = kept.inventory.clone();
            inventory.entries.extend(missing);
            inventory.entries.sort_by(|one, other| one.reference.cmp(&other.reference));
            if inventory.phase == Phase::Applied || !kept.is_there() {
                inventory.phase = Phase::Failed;
            }
            match self.replace(kept, inventory).await {
                Err(StoreError::Busy { .. }) => {}
                other => return other.map(drop),
            }
        }
        Err(StoreError::Busy { application: application.to_owned() })
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
        // Safe, now that the head is replaced: a run that was about to name one of the strays is told that it came too late.
        for name in before.parts.iter().chain(&before.strays) {
            self.remove(name, "").await?;
        }
        Ok(Kept { inventory, version, parts, strays: Vec::new() })
    }

    /// Forgets an inventory, if it still is as it was read.
    pub(crate) async fn forget(&self, kept: &Kept) -> Result<(), StoreError> {
        let application = &kept.inventory.application;
        if kept.is_there() && !self.remove(&head_name(application), &kept.version).await? {
            return Err(StoreError::Busy { application: application.clone() });
        }
        for part in kept.parts.iter().chain(&kept.strays) {
            self.remove(part, "").await?;
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
        match self.send(Method::PUT, format!("{}/{}", self.folder(), map.metadata.name), map).await {
            // Another run has deleted it.
            Err(StoreError::Cluster(error)) if error.is_absence_of(&map.metadata.name) => Err(busy(map)),
            other => other,
        }
    }

    async fn send(&self, method: Method, path: String, map: &ConfigMap) -> Result<String, StoreError> {
        let what = format!("write the inventory {}/{}", self.namespace, map.metadata.name);
        let body = serde_json::to_vec(map).unwrap_or_default();
        let path = format!("{path}?fieldManager={}", escaped(&self.manager));
        let call = Call::new(method, path, what.clone()).body("application/json", &body);
        match self.cluster.call(&call).await {
            Ok(answer) => Ok(self.map_in(&what, &map.metadata.name, &answer)?.metadata.resource_version),
            Err(error) if error.has_code(409) => self.written_by_us(map, &what).await,
            Err(error) => Err(error.into()),
        }
    }

    /// After a conflict: whether it is our own write that stands there, whose answer was lost.
    async fn written_by_us(&self, map: &ConfigMap, what: &str) -> Result<String, StoreError> {
        let path = format!("{}/{}", self.folder(), map.metadata.name);
        let call = Call::new(Method::GET, path, format!("read the inventory {}/{}", self.namespace, map.metadata.name));
        let answer = self.cluster.call(&call).await?;
        let there = self.map_in(what, &map.metadata.name, &answer)?;
        if there.metadata.annotations.get(WRITE) == map.metadata.annotations.get(WRITE) {
            return Ok(there.metadata.resource_version);
        }
        if !there.metadata.labels.contains_key(LABEL) {
            let (application, name) = (map.application().to_owned(), &map.metadata.name);
            let cause = format!("the ConfigMap {}/{name} is somebody else's and none", self.namespace);
            return Err(StoreError::Broken { application, cause });
        }
        Err(busy(map))
    }

    /// The ConfigMap of this name, which an answer has to be.
    fn map_in(&self, what: &str, name: &str, answer: &[u8]) -> Result<ConfigMap, StoreError> {
        let map: ConfigMap = serde_json::from_slice(answer).map_err(|error| self.garbled(what, &error))?;
        let is_it = map.kind == "ConfigMap" && map.metadata.name == name && !map.metadata.resource_version.is_empty();
        if is_it { Ok(map) } else { Err(self.garbled(what, &"it is about something else")) }
    }

    /// Deletes a ConfigMap, in this version where one is given; false where it has another by now.
    async fn remove(&self, name: &str, version: &str) -> Result<bool, StoreError> {
        let (path, what) =
            (format!("{}/{name}", self.folder()), format!("delete the inventory {}/{name}", self.namespace));
        let body = format!(
            r#"{{"kind":"DeleteOptions","apiVersion":"v1","preconditions":{{"resourceVersion":"{version}"}}}}"#
        );
        let call = Call::new(Method::DELETE, path, what);
        let call = if version.is_empty() { call } else { call.body("application/json", body.as_bytes()) };
        match self.cluster.call(&call).await {
            Ok(answer) if is_success(&answer) => Ok(true),
            Ok(answer) => self.map_in(&call.what, name, &answer).map(|_| true),
            Err(error) if error.is_absence_of(name) => Ok(true),
            Err(error) if error.has_code(409) => Ok(false),
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

    fn garbled(&self, what: &str, cause: &dyn std::fmt::Display) -> StoreError {
        let server = self.cluster.server();
        StoreError::Cluster(ClusterError::Garbled { server, what: what.to_owned(), cause: cause.to_string() })
    }
}

impl Kept {
    /// The inventory of an application that has none yet.
    pub(crate) fn none(application: &str) -> Self {
        let inventory = Inventory::new(application);
        Self { inventory, version: String::new(), parts: Vec::new(), strays: Vec::new() }
    }

    /// Whether the cluster has it.
    pub(crate) fn is_there(&self) -> bool {
        !self.version.is_empty()
    }

    /// The version that was read; empty where there is none yet.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }
}

fn busy(map: &ConfigMap) -> StoreError {
    StoreError::Busy { application: map.application().to_owned() }
}

fn assemble(head: ConfigMap, parts: &BTreeMap<String, ConfigMap>) -> Result<Kept, String> {
    let mut inventory: Inventory =
        serde_json::from_str(field(&head, "inventory")?).map_err(|error| error.to_string())?;
    let names: Vec<String> = serde_json::from_str(field(&head, "parts")?).map_err(|error| error.to_string())?;
    let mut chunks = Vec::new();
    if names.is_empty() {
        chunks.push(field(&head, "entries")?);
    }
    for name in &names {
        let part = parts.get(name).ok_or_else(|| format!("its part `{name}` is not there"))?;
        chunks.push(part.data.get("entries").ok_or_else(|| format!("its part `{name}` has no `entries`"))?);
    }
    for chunk in chunks {
        let entries: Vec<Entry> = serde_json::from_str(chunk).map_err(|error| error.to_string())?;
        inventory.entries.extend(entries);
    }
    Ok(Kept { inventory, version: head.metadata.resource_version, parts: names, strays: Vec::new() })
}
