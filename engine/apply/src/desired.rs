//! The objects of an approved set, each as the bytes that are written.

use std::collections::BTreeMap;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use sluice_manifest::Resource;
use sluice_policy::Approved;

use crate::error::NAMES;
use crate::kinds::{Kinds, Lookup};
use crate::options::Options;
use crate::reference::{Key, Reference};
use crate::stage::Stage;
use crate::store::inventory_fault;

/// An object that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Desired {
    pub(crate) reference: Reference,
    pub(crate) stage: Stage,
    pub(crate) resource: Arc<Resource>,
    /// Digest of the object, in hexadecimal.
    pub(crate) digest: String,
    /// Why it cannot be applied, whatever the cluster says.
    pub(crate) fault: Option<String>,
}

impl Desired {
    /// The objects of a set, by stage and name.
    pub(crate) fn all(approved: &Approved, kinds: &Kinds, options: &Options) -> Vec<Self> {
        let mut all: Vec<Self> =
            approved.manifests().iter().map(|resource| Self::new(resource, kinds, options)).collect();
        let mut count: BTreeMap<Key, usize> = BTreeMap::new();
        for desired in &all {
            *count.entry(desired.reference.key()).or_default() += 1;
        }
        for desired in &mut all {
            if count.get(&desired.reference.key()).is_some_and(|count| *count > 1) && desired.fault.is_none() {
                desired.fault = Some(String::from("it is in the set more than once"));
            }
        }
        all.sort_by(|one, other| (one.stage, &one.reference).cmp(&(other.stage, &other.reference)));
        all
    }

    fn new(resource: &Arc<Resource>, kinds: &Kinds, options: &Options) -> Self {
        let mut reference = Reference::of(resource.identity());
        match kinds.get(&reference) {
            Lookup::Served(kind) | Lookup::Defined(kind) => reference.settle(kind.is_namespaced, &options.namespace),
            Lookup::Absent | Lookup::Unknown => {}
        }
        let fault = if reference.is_nameable() {
            None
        } else if !reference.name.is_empty() {
            Some(format!("no object can have its name or namespace: {NAMES}"))
        } else if resource.root().at("/metadata/generateName").is_some() {
            Some(String::from("it has a `generateName`: each run would make another object; give it a `name`"))
        } else {
            Some(String::from("it has no name"))
        };
        let fault = fault.or_else(|| inventory_fault(resource, &reference, options));
        let (stage, resource) = (Stage::of(&reference), Arc::clone(resource));
        Self { reference, stage, digest: HEXLOWER.encode(&resource.root().digest()), resource, fault }
    }
}
