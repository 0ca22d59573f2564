//! Taking over what `kubectl` has made. Server-side apply removes a field only from its own manager, so fields that `kubectl`
//! owns would stay for ever; on adoption they become ours, and what the manifest does not have goes with the next apply.

use serde_json::{Map, Value, json};

use crate::live::Live;

/// Managers whose fields are ours from now on: the hands that applied the object before.
const BEFORE: [&str; 4] = ["kubectl", "kubectl-client-side-apply", "kubectl-create", "before-first-apply"];

/// The JSON Patch that makes the fields of managers before ours; none where there are none.
pub(crate) fn migration(live: &Live, manager: &str) -> Option<String> {
    let entries = live.at("/metadata/managedFields")?.to_value();
    let entries = entries.as_array()?;
    let text = |entry: &Value, name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let was_before = |entry: &Value| is_before(&text(entry, "manager")) && text(entry, "subresource").is_empty();
    let is_ours = |entry: &Value| text(entry, "manager") == manager && text(entry, "operation") == "Apply";
    if manager.is_empty() || is_before(manager) || !entries.iter().any(was_before) {
        return None;
    }
    let (taken, mut kept): (Vec<Value>, Vec<Value>) =
        entries.iter().cloned().partition(|entry| was_before(entry) || is_ours(entry));
    let mut fields = Map::new();
    for entry in &taken {
        if let Some(more) = entry.get("fieldsV1").and_then(Value::as_object) {
            unite(&mut fields, more);
        }
    }
    let version = taken.iter().map(|entry| text(entry, "apiVersion")).find(|version| !version.is_empty())?;
    kept.push(json!({
        "manager": manager,
        "operation": "Apply",
        "apiVersion": version,
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
    }));
    let patch = json!([
        { "op": "replace", "path": "/metadata/managedFields", "value": kept },
        { "op": "replace", "path": "/metadata/resourceVersion", "value": live.resource_version() },
    ]);
    Some(patch.to_string())
}

/// Whether a manager is one of the hands that applied objects before.
pub(crate) fn is_before(manager: &str) -> bool {
    BEFORE.contains(&manager)
}

/// Adds a set of fields to another.
fn unite(fields: &mut Map<String, Value>, more: &Map<String, Value>) {
    for (name, value) in more {
        match (fields.get_mut(name), value) {
            (Some(Value::Object(fields)), Value::Object(more)) => unite(fields, more),
            (Some(_), _) => {}
            (None, value) => drop(fields.insert(name.clone(), value.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::migration;
    use crate::live::Live;

    fn live(managed: &Value) -> Live {
        let object = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": { "name": "a", "resourceVersion": "7", "managedFields": managed },
        });
        Live::read(object.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn the_fields_of_kubectl_become_ours_and_those_of_others_stay() {
        let managed = json!([
            { "manager": "kubectl-client-side-apply", "operation": "Update", "apiVersion": "v1",
              "fieldsV1": { "f:data": { ".": {}, "f:old": {} } } },
            { "manager": "sluice", "operation": "Apply", "apiVersion": "v1", "fieldsV1": { "f:data": { "f:new": {} } } },
            { "manager": "kube-controller-manager", "operation": "Update", "apiVersion": "v1", "subresource": "status",
              "fieldsV1": { "f:status": {} } },
        ]);
        let patch: Value = serde_json::from_str(&migration(&live(&managed), "sluice").unwrap()).unwrap();
        let entries = patch[0]["value"].as_array().unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0]["manager"], "kube-controller-manager");
        assert_eq!(entries[1]["fieldsV1"], json!({ "f:data": { ".": {}, "f:old": {}, "f:new": {} } }));
        assert_eq!(patch[1]["value"], "7");
    }

    #[test]
    fn without_such_fields_nothing_is_changed() {
        let managed = json!([{ "manager": "somebody", "operation": "Update", "fieldsV1": { "f:data": {} } }]);
        assert_eq!(migration(&live(&managed), "sluice"), None);
        assert_eq!(migration(&live(&json!([])), "sluice"), None);
    }
}
