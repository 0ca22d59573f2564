//! What a plugin may ask about other objects: by grant only, and in an order that does not depend on how the set came.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use sluice_manifest::Identity;

use crate::call::Set;
use crate::state::{CONTEXT, State};
use crate::types::KindSelector;

impl State {
    /// The handle of the object with this identity; the words of an `err` where it may not be asked for.
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
        let at = order.partition_point(|index| key(&set, *index) < Some(sort_key(wanted)));
        let found = order.get(at).copied().filter(|index| key(&set, *index) == Some(sort_key(wanted)));
        Ok(Ok(found.map(|index| index | CONTEXT)))
    }

    /// The handles of all objects of a kind, ordered by namespace and name.
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
        let wanted = |index: &&u32| {
            set.resources.get(**index as usize).is_some_and(|object| {
                let identity = object.identity();
                kinds.matches(identity.group(), identity.version(), &identity.kind)
                    && namespace.is_none_or(|namespace| identity.namespace.as_deref() == Some(namespace))
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
