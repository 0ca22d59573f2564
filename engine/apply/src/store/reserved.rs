//! What is kept for inventories: no set writes one, whatever it may take over. Who could would say what an application has, and
//! so what is deleted.

use sluice_manifest::Resource;

use super::{LABEL, ROLE, head_name};
use crate::options::Options;
use crate::reference::Reference;

/// Why an object of a set is not applied where an inventory is.
pub(crate) const INVENTORY: &str = "an inventory of Sluice has its name, which nobody takes over";

/// Why an object of a set would be taken for a part of an inventory; none where it would not.
pub(crate) fn inventory_fault(resource: &Resource, reference: &Reference, options: &Options) -> Option<String> {
    if !reference.is("", "ConfigMap") {
        return None;
    }
    let labels = resource.root().at("/metadata/labels");
    if let Some(label) =
        [LABEL, ROLE].into_iter().find(|label| labels.is_some_and(|labels| labels.get(label).is_some()))
    {
        return Some(format!("it would be taken for an inventory of Sluice: `{label}` is a label of those alone"));
    }
    let is_own = is_among_inventories(reference, options) && reference.name == head_name(&options.application);
    is_own.then(|| String::from("the inventory of this application has its name"))
}

/// Whether an object of a cluster is a part of an inventory.
pub(crate) fn is_inventory(live: &Resource, reference: &Reference, options: &Options) -> bool {
    let labels = live.root().at("/metadata/labels");
    is_among_inventories(reference, options) && labels.is_some_and(|labels| labels.get(LABEL).is_some())
}

fn is_among_inventories(reference: &Reference, options: &Options) -> bool {
    reference.is("", "ConfigMap") && reference.namespace.as_ref() == Some(&options.inventory_namespace)
}
