//! What a plugin may ask about other objects: by grant only, and in an order that does not depend on how the set came.
//!
//! An object that names no namespace and one that names the namespace of the destination are in the same place, where that
//! is known: what one asks for there is answered with both.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use sluice_manifest::Identity;

use crate::call::Set;
use crate::state::{CONTEXT, State};
use crate::types::KindSelector;

impl State {
    /// The handle of the object with this identity, or with the one that it comes to have; the words of an `err` where it
    /// may not be asked for.
    pub(crate) fn context_get(&mut self, wanted: &Identity) -> wasmtime::Result<Result<Option<u32>, String>> {
        self.in_time()?;
        let kind = KindSelector {
            group: wanted.group().to_owned(),
            version: wanted.version().to_owned(),
            kind: wanted.kind.clone(),
        };
        if let Err(refusal) = self.granted(&kind) {
            return Ok(Err(refusal));
        }
        let (Some(set), order) = (self.context.clone(), self.order()) else {
            return Ok(Err(NO_CONTEXT.to_owned()));
        };
        let find = |wanted: Key<'_>| {
            let at = order.partition_point(|index| key(&set, *index) < Some(wanted));
            order.get(at).copied().filter(|index| key(&set, *index) == Some(wanted))
        };
        let (said, name, api_version, kind) = sort_key(wanted);
        let (said, destination) = (said.filter(|namespace| !namespace.is_empty()), set.namespace.as_deref());
        let other = if said.is_none() { destination } else { said.filter(|said| destination != Some(*said)) };
        let found = find((said, name, api_version, kind)).or_else(|| find((other, name, api_version, kind)));
        Ok(Ok(found.map(|index| index | CONTEXT)))
    }

    /// The handles of all objects of a kind, ordered by namespace and name. An empty namespace is where objects come to be
    /// that name none.
    pub(crate) fn context_list(
        &mut self,
        kinds: &KindSelector,
        namespace: Option<&str>,
    ) -> wasmtime::Result<Result<Vec<u32>, String>> {
        self.in_time()?;
        if let Err(refusal) = self.granted(kinds) {
            return Ok(Err(refusal));
        }
        let (Some(set), order) = (self.context.clone(), self.order()) else {
            return Ok(Err(NO_CONTEXT.to_owned()));
        };
        let is_unnamed = |namespace: &str| namespace.is_empty() || set.namespace.as_deref() == Some(namespace);
        let wanted = |index: &&u32| {
            set.resources.get(**index as usize).is_some_and(|object| {
                let identity = object.identity();
                let there = identity.namespace.as_deref().unwrap_or_default();
                kinds.matches(identity.group(), identity.version(), &identity.kind)
                    && namespace.is_none_or(|asked| asked == there || is_unnamed(asked) && is_unnamed(there))
            })
        };
        Ok(Ok(order.iter().filter(wanted).map(|index| *index | CONTEXT).collect()))
    }

    fn granted(&self, asked: &KindSelector) -> Result<(), String> {
        if self.grants.context.iter().any(|grant| grant.matches(&asked.group, &asked.version, &asked.kind)) {
            return Ok(());
        }
        let version =
            if asked.group.is_empty() { asked.version.clone() } else { format!("{}/{}", asked.group, asked.version) };
        Err(format!(
            "`{version}` `{}` is not granted to this plugin: see `grants.context` in the policy file",
            asked.kind
        ))
    }

    fn order(&mut self) -> Arc<[u32]> {
        let Some(set) = &self.context else {
            return Arc::default();
        };
        Arc::clone(self.order.get_or_insert_with(|| self.orders.of(set)))
    }
}

/// The order of the set that a plugin was last asked about. Its calls mostly share one, and to sort it for each batch
/// would cost more than the batch.
#[derive(Default)]
pub(crate) struct Orders(Mutex<Option<Order>>);

type Order = (Weak<Set>, Arc<[u32]>);

impl Orders {
    fn of(&self, set: &Arc<Set>) -> Arc<[u32]> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, order)) = &*last
            && known.as_ptr() == Arc::as_ptr(set)
        {
            return Arc::clone(order);
        }
        let order: Arc<[u32]> = sorted(set).into();
        *last = Some((Arc::downgrade(set), Arc::clone(&order)));
        order
    }
}

const NO_CONTEXT: &str = "no other objects are at hand in this run";

type Key<'a> = (Option<&'a str>, &'a str, &'a str, &'a str);

fn sort_key(identity: &Identity) -> Key<'_> {
    (identity.namespace.as_deref(), &identity.name, &identity.api_version, &identity.kind)
}

fn key(set: &Set, index: u32) -> Option<Key<'_>> {
    set.resources.get(index as usize).map(|object| sort_key(object.identity()))
}

/// The objects of a set by namespace, name and kind; equal ones in the order of the set.
fn sorted(set: &Set) -> Vec<u32> {
    let mut order: Vec<u32> = (0..set.resources.len()).map(|index| index as u32).collect();
    order.sort_by(|a, b| key(set, *a).cmp(&key(set, *b)));
    order
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use sluice_manifest::{Resource, Span, Text, Tree};

    use super::*;
    use crate::state::View;
    use crate::types::{Grants, Limits, SecretAccess};

    /// A call among a ConfigMap of each of these names, `NAMESPACE/NAME` or the name alone.
    fn state(names: &[&str], destination: Option<&str>) -> State {
        let object = |place: &&str| {
            let (namespace, name) = place.split_once('/').unwrap_or(("", place));
            let metadata = format!(r#"{{"name":"{name}","namespace":"{namespace}"}}"#);
            let json = format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{metadata}}}"#);
            let tree = Tree::from_json(Arc::new(Text::new("test", "")), Span::default(), &json).unwrap();
            Arc::new(Resource::new(tree).unwrap())
        };
        let resources = names.iter().map(object).collect();
        let context = Some(Arc::new(Set { resources, namespace: destination.map(String::from), ..Set::default() }));
        let grants = Arc::new(Grants { context: vec![config_maps()], secrets: SecretAccess::Redacted });
        let (set, orders, now) = (Arc::default(), Arc::default(), SystemTime::UNIX_EPOCH);
        State::new(View { set, context, orders, grants, now }, Limits::default(), u64::MAX)
    }

    fn config_maps() -> KindSelector {
        KindSelector { group: String::new(), version: "v1".into(), kind: "ConfigMap".into() }
    }

    fn place(state: &mut State, handle: u32) -> String {
        let identity = state.identity_of(handle).unwrap();
        format!("{}/{}", identity.namespace.as_deref().unwrap_or_default(), identity.name)
    }

    fn got(state: &mut State, namespace: Option<&str>, name: &str) -> String {
        let [api_version, kind, name] = ["v1", "ConfigMap", name].map(String::from);
        let wanted = Identity { api_version, kind, namespace: namespace.map(String::from), name };
        let found = state.context_get(&wanted).unwrap().unwrap();
        found.map_or_else(|| "none".to_owned(), |handle| place(state, handle))
    }

    fn listed(state: &mut State, namespace: Option<&str>) -> String {
        let found = state.context_list(&config_maps(), namespace).unwrap().unwrap();
        found.into_iter().map(|handle| place(state, handle)).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn who_names_no_namespace_is_beside_those_of_the_destination() {
        let mut state = state(&["shop/b", "a", "other/a", "shop/c", "c"], Some("shop"));
        for namespace in [Some("shop"), Some(""), None] {
            assert_eq!(got(&mut state, namespace, "a"), "/a");
            assert_eq!(got(&mut state, namespace, "b"), "shop/b");
        }
        assert_eq!((got(&mut state, None, "c"), got(&mut state, Some("shop"), "c")), ("/c".into(), "shop/c".into()));
        assert_eq!(got(&mut state, Some("other"), "a"), "other/a");
        assert_eq!(got(&mut state, Some("other"), "b"), "none");
        for namespace in ["shop", ""] {
            assert_eq!(listed(&mut state, Some(namespace)), "/a /c shop/b shop/c");
        }
        assert_eq!(listed(&mut state, Some("other")), "other/a");
        assert_eq!(listed(&mut state, None), "/a /c other/a shop/b shop/c");
    }

    #[test]
    fn without_a_destination_no_namespace_is_a_place_of_its_own() {
        let mut state = state(&["shop/b", "a"], None);
        assert_eq!([Some("shop"), Some("")].map(|namespace| got(&mut state, namespace, "a")), ["none", "/a"]);
        assert_eq!([None, Some("")].map(|namespace| got(&mut state, namespace, "b")), ["none", "none"]);
        assert_eq!([Some("shop"), Some("")].map(|namespace| listed(&mut state, namespace)), ["shop/b", "/a"]);
    }
}
