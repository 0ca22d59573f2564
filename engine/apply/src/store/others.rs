//! Who else has what an application wants. Of the inventories of others a few are read at a time, and nothing is kept but
//! the objects that are asked for: what a run needs grows with its application, not with the number of the others.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;

use super::{ConfigMap, LABEL, List, Store, StoreError, field};
use crate::cluster::Call;
use crate::inventory::Entry;
use crate::kinds::escaped;
use crate::reference::Key;

/// ConfigMaps that are read at once. One has 1 MiB at most.
const PAGE: usize = 8;
/// How often a list is begun anew that took longer than the API server remembers.
const TRIES: usize = 3;

/// What was read so far.
#[derive(Default)]
struct Seen {
    owners: BTreeMap<Key, BTreeSet<String>>,
    /// The names of parts, with the application that they belong to.
    named: Vec<(String, String)>,
    /// What is in the parts.
    parts: BTreeMap<String, Vec<Key>>,
}

impl Store {
    /// Which of these objects other applications have.
    ///
    /// # Errors
    /// Where the cluster does not answer, or the inventory of another cannot be read.
    pub(crate) async fn others(
        &self,
        application: &str,
        keys: &BTreeSet<Key>,
    ) -> Result<BTreeMap<Key, BTreeSet<String>>, StoreError> {
        // One list at a time is enough to hold.
        let _turn = self.cluster.list_turn().await;
        let mut tries = 1;
        loop {
            match self.pages(application, keys).await {
                Err(StoreError::Cluster(error)) if error.has_code(410) && tries < TRIES => tries += 1,
                other => return other?.owners(),
            }
        }
    }

    async fn pages(&self, application: &str, keys: &BTreeSet<Key>) -> Result<Seen, StoreError> {
        let selector = escaped(&format!("{LABEL},{LABEL}!={application}"));
        let first = format!("{}?labelSelector={selector}&limit={PAGE}", self.folder());
        let mut seen = Seen::default();
        let mut path = first.clone();
        loop {
            let call = Call::new(Method::GET, path, String::from("read the inventories"));
            let body = self.cluster.call(&call).await?;
            let list: List = serde_json::from_slice(&body).map_err(|error| self.garbled(&call.what, &error))?;
            drop(body);
            list.items.into_iter().try_for_each(|map| seen.take(&map, keys))?;
            if list.metadata.r#continue.is_empty() {
                return Ok(seen);
            }
            path = format!("{first}&continue={}", escaped(&list.metadata.r#continue));
        }
    }
}

impl Seen {
    fn take(&mut self, map: &ConfigMap, keys: &BTreeSet<Key>) -> Result<(), StoreError> {
        let application = map.application().to_owned();
        let broken = |cause: String| StoreError::Broken { application: application.clone(), cause };
        let wanted = || -> Result<Vec<Key>, StoreError> {
            let entries: Vec<Entry> = serde_json::from_str(field(map, "entries").map_err(broken)?)
                .map_err(|error| broken(error.to_string()))?;
            Ok(entries.iter().map(|entry| entry.reference.key()).filter(|key| keys.contains(key)).collect())
        };
        if map.is_part() {
            self.parts.insert(map.metadata.name.clone(), wanted()?);
            return Ok(());
        }
        if !map.is_head() {
            return Ok(());
        }
        let names: Vec<String> =
            serde_json::from_str(field(map, "parts").map_err(broken)?).map_err(|error| broken(error.to_string()))?;
        if names.is_empty() {
            for key in wanted()? {
                self.owners.entry(key).or_default().insert(application.clone());
            }
        }
        self.named.extend(names.into_iter().map(|name| (name, application.clone())));
        Ok(())
    }

    /// Who has what, once everything was read.
    fn owners(mut self) -> Result<BTreeMap<Key, BTreeSet<String>>, StoreError> {
        for (name, application) in self.named {
            let Some(keys) = self.parts.get(&name) else {
                return Err(StoreError::Broken { application, cause: format!("its part `{name}` is not there") });
            };
            for key in keys {
                self.owners.entry(key.clone()).or_default().insert(application.clone());
            }
        }
        Ok(self.owners)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::{ConfigMap, Key, LABEL, Seen};
    use crate::store::{Metadata, ROLE};

    fn map(name: &str, application: &str, role: &str, data: [(&str, &str); 2]) -> ConfigMap {
        let own =
            |pairs: [(&str, &str); 2]| BTreeMap::from(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
        let labels = own([(LABEL, application), (ROLE, role)]);
        ConfigMap {
            metadata: Metadata { name: name.into(), labels, ..Metadata::default() },
            data: own(data),
            ..ConfigMap::default()
        }
    }

    fn key(name: &str) -> Key {
        (String::new(), String::from("ConfigMap"), None, name.to_owned())
    }

    #[test]
    fn parts_belong_to_the_head_that_names_them_wherever_it_comes() {
        let keys = BTreeSet::from([key("one"), key("two"), key("three")]);
        let entry = |name: &str| format!(r#"[{{"version":"v1","kind":"ConfigMap","name":"{name}"}}]"#);
        let mut seen = Seen::default();
        let part = map("a-0", "a", "part", [("entries", &entry("one")), ("", "")]);
        let stray = map("a-9", "a", "part", [("entries", &entry("three")), ("", "")]);
        let head = map("sluice-a", "a", "head", [("parts", r#"["a-0"]"#), ("", "")]);
        let whole = map("sluice-b", "b", "head", [("parts", "[]"), ("entries", &entry("two"))]);
        let unasked = map("sluice-c", "c", "head", [("parts", "[]"), ("entries", &entry("four"))]);
        // Somebody has kept a copy of an older one.
        let copy = map("sluice-b-before", "b", "head", [("parts", "[]"), ("entries", &entry("one"))]);
        for map in [&part, &stray, &whole, &unasked, &copy, &head] {
            seen.take(map, &keys).unwrap();
        }
        let owner = |name: &str| BTreeSet::from([name.to_owned()]);
        assert_eq!(seen.owners().unwrap(), BTreeMap::from([(key("one"), owner("a")), (key("two"), owner("b"))]));

        let mut seen = Seen::default();
        seen.take(&head, &keys).unwrap();
        assert_eq!(
            seen.owners().unwrap_err().to_string(),
            "the inventory of `a` cannot be read: its part `a-0` is not there"
        );
    }
}
