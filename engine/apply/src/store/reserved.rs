//! What is kept for inventories: no set writes one, whatever it may take over. Who could would say what an application has, and
//! so what is deleted.

use std::collections::BTreeMap;

use sluice_manifest::Resource;

use super::{ConfigMap, LABEL, Metadata, ROLE, head_name};
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

/// Whether an object of a cluster that has these labels is the head or a part of the application's own inventory.
pub(crate) fn is_own_inventory(reference: &Reference, labels: BTreeMap<String, String>, options: &Options) -> bool {
    let metadata = Metadata { name: reference.name.clone(), labels, ..Metadata::default() };
    let map = ConfigMap { metadata, ..ConfigMap::default() };
    is_among_inventories(reference, options)
        && map.application() == options.application
        && (map.is_part() || map.is_head())
}

fn is_among_inventories(reference: &Reference, options: &Options) -> bool {
    reference.is("", "ConfigMap") && reference.namespace.as_ref() == Some(&options.inventory_namespace)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{LABEL, Options, ROLE, Reference, is_own_inventory};

    #[test]
    fn only_what_the_inventory_consists_of_is_its_own() {
        let options = Options { application: String::from("shop"), ..Options::default() };
        let is_own = |namespace: &str, name: &str, application: &str, role: &str| {
            let (group, version, kind) = (String::new(), String::from("v1"), String::from("ConfigMap"));
            let (namespace, name) = (Some(namespace.to_owned()), name.to_owned());
            let labels =
                BTreeMap::from([(LABEL, application), (ROLE, role)].map(|(key, value)| (key.into(), value.into())));
            is_own_inventory(&Reference { group, version, kind, namespace, name }, labels, &options)
        };
        assert!(is_own("sluice-system", "sluice-shop", "shop", "head"));
        assert!(is_own("sluice-system", "sluice-shop-1", "shop", "part"));
        assert!(!is_own("sluice-system", "copy", "shop", "head"), "somebody has kept it");
        assert!(!is_own("sluice-system", "sluice-other", "other", "head"));
        assert!(!is_own("elsewhere", "sluice-shop", "shop", "head"));
    }
}
