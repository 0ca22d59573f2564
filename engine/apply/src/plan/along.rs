//! What would go along with a deletion though it is to stay: an object in a namespace that is deleted, or of a kind whose
//! definition is. No word acknowledges that: the same commit says that the object is wanted, or it was asked to stay.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Prune, Step, look::refused};
use crate::inventory::Entry;
use crate::kinds::{Kinds, Lookup};
use crate::reference::Reference;
use crate::stage::Stage;

/// Refuses the objects of the set that the deletions of the same plan would take with them.
pub(super) fn refuse(steps: &mut [Step], prunes: &[(Reference, Prune)], kinds: &Kinds) {
    let deleted = prunes.iter().filter(|(_, prune)| matches!(prune, Prune::Delete { .. }));
    let deleted: Vec<&Reference> = deleted.map(|(reference, _)| reference).collect();
    let names = |stage: Stage| -> BTreeSet<&str> {
        let of_stage = deleted.iter().filter(|reference| Stage::of(reference) == stage);
        of_stage.map(|reference| reference.name.as_str()).collect()
    };
    let (namespaces, definitions) = (names(Stage::Namespaces), names(Stage::Definitions));
    if namespaces.is_empty() && definitions.is_empty() {
        return;
    }
    for step in steps.iter_mut().filter(|step| !matches!(step.action, Action::Refused { .. })) {
        let reference = &step.reference;
        let namespace = reference.namespace.as_deref().filter(|namespace| namespaces.contains(namespace));
        let definition = definition(reference, kinds).filter(|name| definitions.contains(name.as_str()));
        let (what, name) = match (namespace, &definition) {
            (Some(name), _) => ("namespace", name),
            (None, Some(name)) => ("definition", name.as_str()),
            (None, None) => continue,
        };
        let message =
            format!("the {what} `{name}` is not in the set any more: deleted, it would take this object along");
        let help = format!("take the object out as well, or keep the {what}");
        step.action = refused(message, &help);
    }
}

/// Leaves what would take along an object that stays: released where somebody has said that it does, as both leave the
/// inventory together, or the next run would know nothing of the object any more, and delete what was only kept; and kept in it
/// where nothing can be said of the object. `before` is what was given up by earlier runs, as it is now.
pub(crate) fn spare(prunes: &mut [(Reference, Prune)], before: &[(Reference, Prune)], kinds: &Kinds) {
    let those = |is: fn(&Prune) -> bool| {
        let those = prunes.iter().chain(before).filter(|(_, prune)| is(prune));
        Staying::of(those.map(|(reference, _)| reference), kinds)
    };
    let wanted = those(|prune| matches!(prune, Prune::Released { is_wanted: true, .. }));
    let unknown = those(|prune| matches!(prune, Prune::Unknown { .. }));
    for (reference, prune) in prunes.iter_mut().filter(|(_, prune)| matches!(prune, Prune::Delete { .. })) {
        if let Some(object) = wanted.goes_with(reference) {
            let reason = format!("it would take {object} along, which stays");
            *prune = Prune::Released { reason, is_wanted: true };
        } else if let Some(object) = unknown.goes_with(reference) {
            *prune = Prune::Unknown { reason: format!("it would take {object} along, of which nothing can be said") };
        }
    }
}

/// Those of some objects that a deletion would take along.
pub(crate) fn along_with<'e>(entries: &'e [Entry], prunes: &[(Reference, Prune)], kinds: &Kinds) -> Vec<&'e Entry> {
    let deleted = prunes.iter().filter(|(_, prune)| matches!(prune, Prune::Delete { .. }));
    let deleted: Vec<&Reference> = deleted.map(|(reference, _)| reference).collect();
    let goes = |entry: &&Entry| {
        let it = Staying::of([&entry.reference], kinds);
        deleted.iter().any(|reference| it.goes_with(reference).is_some())
    };
    entries.iter().filter(goes).collect()
}

/// Objects that stay, by what would take them along.
#[derive(Default)]
pub(crate) struct Staying {
    namespaces: BTreeMap<String, Reference>,
    definitions: BTreeMap<String, Reference>,
    /// Of groups whose servers do not answer, so that the names of the definitions are not known.
    groups: BTreeMap<String, Reference>,
}

impl Staying {
    pub(crate) fn of<'r>(references: impl IntoIterator<Item = &'r Reference>, kinds: &Kinds) -> Self {
        let mut staying = Self::default();
        references.into_iter().for_each(|reference| staying.add(reference, kinds));
        staying
    }

    pub(crate) fn add(&mut self, reference: &Reference, kinds: &Kinds) {
        if let Some(namespace) = &reference.namespace {
            self.namespaces.insert(namespace.clone(), reference.clone());
        }
        if let Some(name) = definition(reference, kinds) {
            self.definitions.insert(name, reference.clone());
        } else if kinds.any_version(reference) == Lookup::Unknown {
            self.groups.insert(reference.group.clone(), reference.clone());
        }
    }

    /// One that would go along with an object.
    pub(crate) fn goes_with(&self, reference: &Reference) -> Option<&Reference> {
        match Stage::of(reference) {
            Stage::Namespaces => self.namespaces.get(&reference.name),
            Stage::Definitions => {
                let of_group = || self.groups.get(reference.name.split_once('.')?.1);
                self.definitions.get(&reference.name).or_else(of_group)
            }
            Stage::Rights | Stage::Objects | Stage::Admission => None,
        }
    }
}

/// The name of the definition that makes an object's kind, if one does.
fn definition(reference: &Reference, kinds: &Kinds) -> Option<String> {
    match kinds.any_version(reference) {
        Lookup::Served(kind) | Lookup::Defined(kind) => Some(format!("{}.{}", kind.plural, reference.group)),
        Lookup::Absent | Lookup::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sluice_manifest::{Resource, Span, Text, Tree};

    use super::{Kinds, Prune, Reference, spare};

    fn reference(group: &str, kind: &str, namespace: Option<&str>, name: &str) -> Reference {
        let namespace = namespace.map(String::from);
        Reference { group: group.into(), version: "v1".into(), kind: kind.into(), namespace, name: name.into() }
    }

    #[test]
    fn what_stays_keeps_its_namespace_and_its_definition() {
        let definition = r#"{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"things.acme.io"},
            "spec":{"group":"acme.io","scope":"Namespaced","names":{"plural":"things","kind":"Thing"},"versions":[{"name":"v1"}]}}"#;
        let nowhere = Arc::new(Text::new("x", String::new()));
        let definition = Resource::new(Tree::from_json(nowhere, Span::default(), definition).unwrap()).unwrap();
        let mut kinds = Kinds::default();
        kinds.define([&definition]);
        let held = |fate: Prune, kinds: &Kinds| {
            let deleted = || Prune::Delete { uid: String::new() };
            let mut prunes = vec![
                (reference("acme.io", "Thing", Some("a"), "x"), fate),
                (reference("", "Namespace", None, "a"), deleted()),
                (reference("", "Namespace", None, "b"), deleted()),
                (reference("", "PersistentVolume", None, "a"), deleted()),
                (reference("apiextensions.k8s.io", "CustomResourceDefinition", None, "things.acme.io"), deleted()),
            ];
            spare(&mut prunes, &[], kinds);
            let reasons = prunes.into_iter().filter_map(|(reference, prune)| match prune {
                Prune::Released { reason, .. } if !reason.is_empty() => Some(format!("{}: {reason}", reference.name)),
                Prune::Unknown { reason } if !reason.is_empty() => Some(format!("{}? {reason}", reference.name)),
                Prune::Released { .. } | Prune::Unknown { .. } => None,
                Prune::Delete { .. } | Prune::Gone | Prune::Kept { .. } => None,
            });
            reasons.collect::<Vec<_>>()
        };
        let released = |is_wanted: bool| Prune::Released { reason: String::new(), is_wanted };
        let why = "it would take Thing.acme.io a/x along, which stays";
        assert_eq!(held(released(true), &kinds), [format!("a: {why}"), format!("things.acme.io: {why}")]);
        assert!(held(released(false), &kinds).is_empty(), "what is not ours asks for nothing");
        // Of what is not known to stay, the inventory keeps all of it, also where the group says not even what its kinds are.
        let unknown = || Prune::Unknown { reason: String::new() };
        let why = "it would take Thing.acme.io a/x along, of which nothing can be said";
        for kinds in [&kinds, &Kinds::silent("acme.io")] {
            assert_eq!(held(unknown(), kinds), [format!("a? {why}"), format!("things.acme.io? {why}")]);
        }
    }
}
