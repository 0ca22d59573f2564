//! Fault 10: rights are taken away, before a run and in the middle of one.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, ensure};

use super::killed::Halted;
use super::kinds::{definition, gadget};
use super::{Foreign, is_owned, settles, until};
use crate::plane::{Plane, Shop, shared};

/// Makes a user, and gives the kubeconfig with which Sluice is that user.
pub(super) fn user(plane: &Plane, folder: &Path, name: &str) -> Result<PathBuf> {
    let pki = plane.state.join("pki");
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-days", "3650"]);
    openssl.arg("-subj").arg(format!("/CN={name}")).args(["-addext", "extendedKeyUsage=clientAuth"]);
    openssl.arg("-CA").arg(pki.join("ca.crt")).arg("-CAkey").arg(pki.join("ca.key"));
    openssl.arg("-keyout").arg(folder.join("user.key")).arg("-out").arg(folder.join("user.crt"));
    let output = openssl.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let config = std::fs::read_to_string(&plane.kubeconfig)?;
    let config = config.replace("pki/admin", "user").replace("pki/", &format!("{}/", pki.display()));
    let file = folder.join("kubeconfig");
    std::fs::write(&file, config)?;
    Ok(file)
}

/// Lets a user do everything.
pub(super) fn may_all(plane: &Plane, user: &str) -> Result<()> {
    let body = format!(
        r#"{{"metadata":{{"name":"{user}"}},"roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"cluster-admin"}},
        "subjects":[{{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"{user}"}}]}}"#
    );
    plane.make("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", &body)
}

/// Lets a user do everything with ConfigMaps in a namespace.
fn may(plane: &Plane, user: &str, namespace: &str) -> Result<()> {
    let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}");
    let role = format!(
        r#"{{"metadata":{{"name":"{user}"}},"rules":[{{"apiGroups":[""],"resources":["configmaps"],"verbs":["*"]}}]}}"#
    );
    plane.make(&format!("{path}/roles"), &role)?;
    let binding = format!(
        r#"{{"metadata":{{"name":"{user}"}},"roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"{user}"}},
        "subjects":[{{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"{user}"}}]}}"#
    );
    plane.make(&format!("{path}/rolebindings"), &binding)
}

fn may_not(plane: &Plane, user: &str, namespace: &str) -> Result<()> {
    let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/{user}");
    plane.remove(&path)?;
    // The API server takes it up a moment later.
    std::thread::sleep(Duration::from_secs(1));
    Ok(())
}

#[test]
fn fault_10_rights_are_revoked() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "revoked", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    plane.namespace("sluice-system")?;
    shop.kubeconfig = user(plane, shop.path(), "deployer")?;
    may(plane, "deployer", "sluice-system")?;
    may(plane, "deployer", "revoked")?;
    for name in ["one", "two"] {
        shop.config(name, "1")?;
    }
    until("the rights are known", || Ok(shop.sluice(&["plan"])?.0 == 0))?;
    settles(&shop, &["one", "two"])?;

    // Between the plan and the first write.
    shop.config("one", "2")?;
    shop.config("three", "2")?;
    std::fs::remove_file(shop.path().join("deploy/two.yaml"))?;
    let run = Halted::start(&shop, &["apply"], 0)?;
    may_not(plane, "deployer", "revoked")?;
    let (code, told) = run.go_on()?;
    ensure!(code == 1, "{code}: {told}");
    for name in ["one", "three"] {
        ensure!(told.contains(&format!("failed ConfigMap revoked/{name}: ")) && told.contains("forbidden"), "{told}");
    }
    ensure!(!told.contains("deleted") && shop.live("two")?.is_some(), "nothing is deleted after a failure: {told}");
    ensure!(shop.inventory()?.is_some_and(|names| names == ["one", "three", "two"]));
    is_owned(&shop)?;

    // Before a run: every object that is out of reach is told, and nothing is written.
    let said = shop.ends(&["apply"], 1)?;
    for name in ["one", "three"] {
        ensure!(said.contains(&format!("ConfigMap revoked/{name}: cannot read")), "{said}");
    }
    ensure!(said.contains("grant the account this verb"), "{said}");
    foreign.is_untouched(&shop)?;

    may(plane, "deployer", "revoked")?;
    until("the rights are known", || Ok(shop.sluice(&["plan"])?.0 == 0))?;
    let said = shop.ends(&["status"], 1)?;
    ensure!(said.starts_with("application revoked: failed"), "{said}");
    settles(&shop, &["one", "three"])?;

    // The inventory itself is out of reach: nothing is written anywhere.
    may_not(plane, "deployer", "sluice-system")?;
    shop.config("one", "3")?;
    let said = shop.ends(&["apply"], 3)?;
    ensure!(said.contains("cannot read the inventories") && said.contains("forbidden"), "{said}");
    ensure!(shop.live("one")?.is_some_and(|live| live["data"]["value"] == "2"));
    may(plane, "deployer", "sluice-system")?;
    until("the rights are known", || Ok(shop.sluice(&["plan"])?.0 == 0))?;
    settles(&shop, &["one", "three"])?;
    foreign.is_untouched(&shop)
}

#[test]
fn fault_10_a_right_to_a_definition_and_none_to_its_objects() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "rightless", "")?;
    plane.namespace("sluice-system")?;
    shop.kubeconfig = user(plane, shop.path(), "definer")?;
    may(plane, "definer", "sluice-system")?;
    let path = "/apis/rbac.authorization.k8s.io/v1";
    plane.make(
        &format!("{path}/clusterroles"),
        r#"{"metadata":{"name":"definer"},"rules":[{"apiGroups":["apiextensions.k8s.io"],"resources":["*"],"verbs":["*"]}]}"#,
    )?;
    plane.make(
        &format!("{path}/clusterrolebindings"),
        r#"{"metadata":{"name":"definer"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"definer"},
        "subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"definer"}]}"#,
    )?;
    shop.file("deploy/definition.yaml", &definition("rightless", &["v1"]))?;
    shop.file("deploy/gadget.yaml", &gadget("rightless", "v1", "{size: 1}"))?;
    until("the rights are known", || Ok(shop.sluice(&["plan"])?.0 == 0))?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("failed Gadget.rightless.acme.io rightless/one: cannot read"), "{said}");
    ensure!(said.contains("forbidden"), "{said}");
    // Who may see the object is told that the run is over.
    shop.kubeconfig.clone_from(&plane.kubeconfig);
    let said = shop.ends(&["status"], 1)?;
    ensure!(said.starts_with("application rightless: failed"), "{said}");
    Ok(())
}
