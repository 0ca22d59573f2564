//! What would go along with a deletion though it is to stay: an object in a namespace that is deleted, or of a kind whose
//! definition is. No word acknowledges that: the same commit says that the object is wanted, or it was asked to stay.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Prune, Step, look::refused};
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

/// Releases what would take along an object that somebody has said stays. It leaves the inventory together with that object: the
/// next run would know nothing of it any more, and delete what was only kept.
pub(crate) fn spare(prunes: &mut [(Reference, Prune)], kinds: &Kinds) {
    let (mut namespaces, mut definitions) = (BTreeMap::new(), BTreeMap::new());
    let stays = |prune: &Prune| matches!(prune, Prune::Released { is_wanted: true, .. });
    for (reference, _) in prunes.iter().filter(|(_, prune)| stays(prune)) {
        if let Some(namespace) = &reference.namespace {
            namespaces.insert(namespace.clone(), reference.to_string());
        }
        if let Some(name) = definition(reference, kinds) {
            definitions.insert(name, reference.to_string());
        }
    }
    for (reference, prune) in prunes.iter_mut().filter(|(_, prune)| matches!(prune, Prune::Delete { .. })) {
        let held = match Stage::of(reference) {
            Stage::Namespaces => &namespaces,
            Stage::Definitions => &definitions,
            Stage::Rights | Stage::Objects | Stage::Admission => continue,
        };
        if let Some(object) = held.get(&reference.name) {
            let reason = format!("it would take {object} along, which stays");
            *prune = Prune::Released { reason, is_wanted: true };
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
        let held = |is_wanted: bool| {
            let deleted = || Prune::Delete { uid: String::new() };
            let mut prunes = vec![
                (reference("acme.io", "Thing", Some("a"), "x"), Prune::Released { reason: String::new(), is_wanted }),
                (reference("", "Namespace", None, "a"), deleted()),
                (reference("", "Namespace", None, "b"), deleted()),
                (reference("", "PersistentVolume", None, "a"), deleted()),
                (reference("apiextensions.k8s.io", "CustomResourceDefinition", None, "things.acme.io"), deleted()),
            ];
            spare(&mut prunes, &kinds);
            let reasons = prunes.into_iter().filter_map(|(reference, prune)| match prune {
                Prune::Released { reason, .. } if !reason.is_empty() => Some(format!("{}: {reason}", reference.name)),
                Prune::Released { .. } | Prune::Delete { .. } | Prune::Gone => None,
                Prune::Kept { .. } | Prune::Unknown { .. } => None,
            });
            reasons.collect::<Vec<_>>()
        };
        let why = "it would take Thing.acme.io a/x along, which stays";
        assert_eq!(held(true), [format!("a: {why}"), format!("things.acme.io: {why}")]);
        assert!(held(false).is_empty(), "what is not ours asks for nothing");
    }
}
