//! What plugins see of the cluster: other objects by grant, and the object as it stands.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::plane::{Plane, Shop, shared};

/// An application that the fixture `neighbours` judges; `more` is what the policy says of its rules.
pub(crate) fn shop<'p>(plane: &'p Plane, name: &str, more: &str) -> Result<Shop<'p>> {
    let shop = Shop::new(plane, name, "  prune: true\n")?;
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("not run by cargo")?);
    let guest = package.join("../../target/guests/neighbours.wasm");
    std::fs::copy(&guest, shop.path().join("neighbours.wasm")).context("run `cargo xtask guests`")?;
    judged(&shop, more)?;
    plane.make(&format!("/api/v1/namespaces/{name}/configmaps"), r#"{"metadata":{"name":"foreign"}}"#)?;
    Ok(shop)
}

fn judged(shop: &Shop<'_>, more: &str) -> Result<()> {
    let policy = format!(
        "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: neighbours\n  source: file:neighbours.wasm\n  \
         grants: {{context: [{{apiVersion: v1, kind: Namespace}}, {{apiVersion: v1, kind: ConfigMap}}]}}\n{more}"
    );
    shop.file("sluice.yaml", &policy)
}

pub(crate) fn config(shop: &Shop<'_>, name: &str, key: &str) -> Result<()> {
    let text = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {}}}\ndata: {{key: \"{key}\"}}\n",
        shop.name
    );
    shop.file(&format!("deploy/{name}.yaml"), &text)
}

const TELLS: &str = "  rules: {neighbours: {severity: error}}\n";

#[test]
fn plugins_see_the_cluster_as_it_will_be() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = shop(plane, "context", "")?;
    config(&shop, "one", "1")?;
    config(&shop, "two", "2")?;
    // Without a cluster there is no such namespace.
    let check = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"))
        .args(["check", "deploy"])
        .current_dir(shop.path())
        .output()?;
    let said = String::from_utf8(check.stdout)?;
    assert!(check.status.code() == Some(1) && said.contains("there is no namespace `context`"), "{said}");
    shop.ends(&["apply"], 0)?;

    // What stands beside the set, without what the set no longer has.
    judged(&shop, TELLS)?;
    let said = shop.ends(&["plan"], 1)?;
    assert!(said.contains("stands beside foreign one two"), "{said}");
    std::fs::remove_file(shop.path().join("deploy/two.yaml"))?;
    let said = shop.ends(&["plan"], 1)?;
    assert!(said.contains("stands beside foreign one\n"), "{said}");
    // One that names no namespace stands beside them too, and they beside it.
    shop.file("deploy/three.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: three}\n")?;
    let said = shop.ends(&["plan"], 1)?;
    assert_eq!(said.matches("stands beside three foreign one\n").count(), 2, "{said}");
    std::fs::remove_file(shop.path().join("deploy/three.yaml"))?;
    let held = "{\"metadata\":{\"annotations\":{\"sluice.dev/prune\":\"disabled\"}}}";
    plane.merge(&shop.path_of("two"), held)?;
    let said = shop.ends(&["plan"], 1)?;
    assert!(said.contains("stands beside foreign one two"), "{said}");
    // What somebody else has made in its place is not deleted either.
    plane.remove(&shop.path_of("two"))?;
    plane.make("/api/v1/namespaces/context/configmaps", r#"{"metadata":{"name":"two"}}"#)?;
    let said = shop.ends(&["plan"], 1)?;
    assert!(said.contains("stands beside foreign one two"), "{said}");
    Ok(())
}

#[test]
fn the_parts_of_an_application_see_each_other() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = shop(plane, "parts", "")?;
    for (part, name) in [("a", "one"), ("b", "two")] {
        std::fs::create_dir(shop.path().join("deploy").join(part))?;
        config(&shop, &format!("{part}/{name}"), "1")?;
        let kustomization = format!("resources: [{name}.yaml]\n");
        shop.file(&format!("deploy/{part}/kustomization.yaml"), &kustomization)?;
        let file = format!("deploy/{part}/{name}.yaml");
        let text = std::fs::read_to_string(shop.path().join(&file))?.replace(&format!("name: {part}/"), "name: ");
        shop.file(&file, &text)?;
    }
    shop.ends(&["apply"], 0)?;
    judged(&shop, TELLS)?;
    let said = shop.ends(&["plan"], 1)?;
    assert_eq!(said.matches("stands beside foreign one two").count(), 2, "{said}");
    Ok(())
}

#[test]
fn plugins_see_the_object_as_it_stands() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = shop(plane, "previous", "")?;
    // The manifest names no namespace: it is the application's all the same.
    let one = |key: &str| {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one}}\ndata: {{key: \"{key}\"}}\n");
        shop.file("deploy/one.yaml", &text)
    };
    one("1")?;
    shop.ends(&["apply"], 0)?;
    one("2")?;
    let said = shop.ends(&["apply"], 1)?;
    assert!(said.contains("one.yaml:4:13") && said.contains("it was \"1\" and must stay so"), "{said}");
    assert_eq!(shop.live("one")?.unwrap()["data"]["key"], "1");
    // The agent's answer is the same.
    let said = crate::reconcile::round(&shop, 1)?;
    assert!(said.contains(r#"it was \"1\" and must stay so"#), "{said}");
    Ok(())
}

#[test]
fn what_may_not_be_listed_is_not_taken_for_absent() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = shop(plane, "unlisted", "")?;
    config(&shop, "one", "1")?;
    let admin = std::fs::read_to_string(&plane.kubeconfig)?;
    let nobody = admin.replace("client-key: pki/admin.key", "client-key: pki/admin.key, as: nobody");
    shop.kubeconfig = plane.state.join("kubeconfig-unlisted");
    std::fs::write(&shop.kubeconfig, nobody)?;
    // Inventories are read first; with them in reach, it is the list that fails.
    plane.namespace("sluice-system")?;
    let rights = |path: &str, body: &str| plane.make(&format!("/apis/rbac.authorization.k8s.io/v1/{path}"), body);
    rights(
        "namespaces/sluice-system/roles",
        r#"{"metadata":{"name":"reads"},"rules":[{"apiGroups":[""],"resources":["configmaps"],"verbs":["get","list"]}]}"#,
    )?;
    rights(
        "namespaces/sluice-system/rolebindings",
        r#"{"metadata":{"name":"reads"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"reads"},
            "subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"nobody"}]}"#,
    )?;
    let said = shop.ends(&["plan"], 3)?;
    assert!(said.contains("cannot list Namespace, which a policy asks for") && said.contains("forbidden"), "{said}");
    Ok(())
}

#[test]
fn a_name_leads_to_no_other_objects() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = shop(plane, "named", "")?;
    // The API server takes a decoded name for a part of a path, and an empty one for the list of all.
    config(&shop, "hostile", "1")?;
    let text = std::fs::read_to_string(shop.path().join("deploy/hostile.yaml"))?;
    shop.file("deploy/hostile.yaml", &text.replace("name: hostile", "name: foreign/status"))?;
    let said = shop.ends(&["plan"], 3)?;
    assert!(said.contains("no object can have the name `foreign/status`"), "{said}");
    shop.file("deploy/hostile.yaml", &text.replace("name: hostile", "generateName: x-"))?;
    let said = shop.ends(&["plan"], 1)?;
    assert!(said.contains("it has a `generateName`"), "{said}");
    Ok(())
}
