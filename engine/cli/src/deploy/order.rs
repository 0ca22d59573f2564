//! Whom an application comes after: others that have to be healthy at its revision first.

use std::collections::BTreeSet;

use serde::Serialize;
use sluice_apply::{Inventory, Phase, Store, StoreError};
use sluice_policy::Application;

use super::{Place, programs, tell_store, waiting};
use crate::exit::Exit;
use crate::output;

/// An application that is not where it has to be, and why.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Before {
    pub(crate) application: String,
    pub(crate) reason: String,
}

/// What an application waits for at a revision.
pub(super) fn waits(place: &Place, application: &Application, revision: &str) -> Result<Vec<Before>, Exit> {
    if application.after.is_empty() {
        return Ok(Vec::new());
    }
    let options = place.options(application, BTreeSet::new());
    waiting(async {
        let cluster = place.connect(application).await?;
        let store = Store::new(&cluster, &options.inventory_namespace, &options.manager);
        of(&store, &application.after, revision).await.map_err(|error| tell_store(&error))
    })
}

/// Which of these applications are not healthy at a revision.
pub(super) async fn of(store: &Store, names: &[String], revision: &str) -> Result<Vec<Before>, StoreError> {
    let mut before = Vec::new();
    for name in names {
        if let Some(reason) = reason(store.inventory(name).await?.as_ref(), revision) {
            before.push(Before { application: name.clone(), reason });
        }
    }
    Ok(before)
}

fn reason(inventory: Option<&Inventory>, revision: &str) -> Option<String> {
    // What is in the folder now is not what the other had when it was healthy.
    if revision.is_empty() {
        let why = "a folder has no revision that it could be healthy at; name the repository in `source.repo`";
        return Some(String::from(why));
    }
    let Some(inventory) = inventory else {
        return Some(String::from("it has no inventory here; what is in another cluster is not seen from this one"));
    };
    match inventory.healthy.first() {
        None => Some(String::from("it has never been healthy, which is known only where it has `wait`")),
        Some(healthy) if healthy.revision != revision => {
            let at = if healthy.revision.is_empty() { "as a folder" } else { &healthy.revision };
            Some(format!("it was last healthy at another revision, {at}"))
        }
        Some(_) if inventory.phase != Phase::Applied => Some(format!("it is {}", programs::phase(inventory.phase))),
        Some(healthy) if !inventory.release.as_ref().is_some_and(|release| release.is_same(healthy)) => {
            Some(String::from("what it has now was not seen healthy yet"))
        }
        Some(_) if inventory.unhealthy => {
            Some(String::from("it was healthy at this revision, and was not when last seen"))
        }
        Some(_) => None,
    }
}

/// Says what is waited for.
pub(super) fn tell(waits: &[Before]) {
    for Before { application, reason } in waits {
        let message = format!("`{application}` has to be healthy at this revision first: {reason}");
        output::complain(&message, Some("apply that one first, or take it out of `after`"));
    }
}

#[cfg(test)]
mod tests {
    use sluice_apply::{Inventory, Phase, Release};

    use super::reason;

    #[test]
    fn each_reason_is_told_apart() {
        let release = |revision: &str, digest: &str| Release {
            revision: revision.into(),
            digest: digest.into(),
            ..Release::default()
        };
        let at = |phase: Phase, healthy: &[&str]| {
            let healthy = healthy.iter().map(|revision| release(revision, "")).collect();
            let inventory = Inventory { phase, release: Some(release("b", "")), healthy, ..Inventory::new("dev") };
            reason(Some(&inventory), "b").unwrap_or_default()
        };
        assert_eq!(at(Phase::Applied, &["b", "a"]), "");
        assert_eq!(at(Phase::Applied, &["a", "b"]), "it was last healthy at another revision, a");
        assert_eq!(at(Phase::Failed, &["b"]), "it is failed");
        let well = Inventory {
            phase: Phase::Applied,
            release: Some(release("b", "")),
            healthy: vec![release("b", "")],
            ..Inventory::new("dev")
        };
        assert_eq!(reason(Some(&well), "b"), None);
        let sick = Inventory { unhealthy: true, ..well.clone() };
        assert!(reason(Some(&sick), "b").is_some_and(|reason| reason.contains("was not when last seen")));
        // The same commit with other values, or another commit by now.
        for now in [Some(release("b", "other")), Some(release("c", "")), None] {
            let awaited = Inventory { release: now, ..well.clone() };
            assert_eq!(reason(Some(&awaited), "b").as_deref(), Some("what it has now was not seen healthy yet"));
        }
        let folder = Inventory { release: Some(release("", "")), healthy: vec![release("", "")], ..well };
        assert!(reason(Some(&folder), "").is_some_and(|reason| reason.contains("a folder has no revision")));
        assert!(at(Phase::Applied, &[]).contains("never been healthy"));
        assert!(reason(None, "b").is_some_and(|reason| reason.contains("no inventory here")));
    }
}
