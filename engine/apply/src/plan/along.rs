//! What of the set would go along with what is no longer in it: an object in a namespace that is deleted, or of a kind whose
//! definition is. No word acknowledges that: the same commit says that the object is wanted.

use std::collections::BTreeSet;

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

/// The name of the definition that makes an object's kind, if one does.
fn definition(reference: &Reference, kinds: &Kinds) -> Option<String> {
    match kinds.any_version(reference) {
        Lookup::Served(kind) | Lookup::Defined(kind) => Some(format!("{}.{}", kind.plural, reference.group)),
        Lookup::Absent | Lookup::Unknown => None,
    }
}
