//! Taking an application out of a cluster, with everything that its inventory has.

use crate::cluster::Cluster;
use crate::inventory::{Inventory, Phase};
use crate::kinds::{Kinds, Lookup};
use crate::options::Options;
use crate::plan::Prune;
use crate::prune;
use crate::reference::Reference;
use crate::run::Event;
use crate::stage::Stage;
use crate::store::{Store, StoreError, owners};

/// Deletes what an application has in a cluster, and then its inventory. What cannot be deleted stays in it, and is given
/// back with the reason.
///
/// # Errors
/// Where the cluster does not answer, or the application has no inventory: that is `None`.
pub async fn delete(
    cluster: &Cluster,
    options: &Options,
    told: &(dyn Fn(Event) + Sync),
) -> Result<Option<Vec<(Reference, String)>>, StoreError> {
    let store = Store::new(cluster, &options.inventory_namespace, &options.manager);
    let mut all = store.kept().await?;
    let Some(kept) = all.remove(&options.application) else { return Ok(None) };
    let kinds = Kinds::of(cluster).await?;
    let others = owners(all.values().map(|kept| &kept.inventory));
    let options = &Options { prune: true, ..options.clone() };
    let mut fates = prune::look(cluster, &kinds, options, &kept.inventory.entries, &others).await?;
    fates.sort_by(|(one, _), (other, _)| (Stage::of(other), other).cmp(&(Stage::of(one), one)));

    let deleting = Inventory { phase: Phase::Deleting, ..kept.inventory.clone() };
    let mut kept = store.replace(kept, deleting).await?;
    told(Event::Begun);
    let mut stay = Vec::new();
    for (reference, fate) in fates {
        let outcome = match fate {
            Prune::Gone | Prune::Released { .. } => Ok(()),
            Prune::Kept { reason } | Prune::Unknown { reason } => Err(reason),
            Prune::Delete { uid } => match kinds.any_version(&reference) {
                Lookup::Served(kind) => match prune::remove(cluster, kind, &reference, &uid).await {
                    Ok(()) => Ok(told(Event::Deleted(reference.clone()))),
                    Err(error) if error.refusal().is_some() => Err(error.to_string()),
                    Err(error) => return Err(error.into()),
                },
                Lookup::Defined(_) | Lookup::Absent | Lookup::Unknown => Ok(()),
            },
        };
        if let Err(reason) = outcome {
            told(Event::NotDeleted(reference.clone(), reason.clone()));
            stay.push((reference, reason));
        }
    }
    if stay.is_empty() {
        store.forget(&kept).await?;
    } else {
        let mut inventory = kept.inventory.clone();
        inventory.entries.retain(|entry| stay.iter().any(|(reference, _)| *reference == entry.reference));
        kept = store.replace(kept, inventory).await?;
        drop(kept);
    }
    told(Event::Ended);
    Ok(Some(stay))
}
