//! The manifests that run the agent: the gate passes them, and the rights in them are enough and no more.

use std::path::PathBuf;

use anyhow::Result;

use crate::plane::{Shop, shared, spoken};

fn manifests() -> PathBuf {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    package.join("../../deploy").canonicalize().unwrap()
}

#[test]
fn the_agents_rights_are_enough_and_no_more() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    plane.namespace("shop")?;
    // The agent's own manifests are applied as everything else is.
    let agent = Shop::new(plane, "agent-itself", "")?;
    let text = std::fs::read_to_string(agent.path().join("app.yaml"))?;
    let text = text.replace("{path: deploy}", &format!("{{path: '{}'}}", manifests().join("agent").display()));
    agent.file("app.yaml", &format!("{text}  adopt: true\n"))?;
    agent.ends(&["apply"], 0)?;

    let admin = std::fs::read_to_string(&plane.kubeconfig)?;
    let as_agent = admin.replace(
        "client-key: pki/admin.key",
        "client-key: pki/admin.key, as: \"system:serviceaccount:sluice-system:sluice-agent\"",
    );
    assert_ne!(admin, as_agent);
    let kubeconfig = plane.state.join("kubeconfig-agent");
    std::fs::write(&kubeconfig, as_agent)?;

    let shop = Shop::new(plane, "rights", "  prune: true\n")?;
    let text = std::fs::read_to_string(shop.path().join("app.yaml"))?;
    shop.file("app.yaml", &text.replace("{namespace: rights}", "{namespace: shop}"))?;
    shop.config("one", "1")?;
    shop.config("two", "2")?;
    let run = |words: &[&str]| -> Result<(i32, String)> {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"));
        let (first, rest) = words.split_first().unwrap();
        command.arg(first).arg("app.yaml").args(rest).arg("--kubeconfig").arg(&kubeconfig);
        let output = command.current_dir(shop.path()).output()?;
        let said = spoken(&output);
        Ok((output.status.code().unwrap_or(-1), said))
    };
    let (code, said) = run(&["apply"])?;
    assert_eq!(code, 0, "{said}");
    std::fs::remove_file(shop.path().join("deploy/two.yaml"))?;
    let (code, said) = run(&["apply"])?;
    assert!(code == 0 && said.contains("deleted ConfigMap shop/two"), "{said}");
    assert_eq!(run(&["status"])?.0, 0);

    // Not what it was not given.
    shop.file(
        "deploy/role.yaml",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: too-much}\nrules: []\n",
    )?;
    let (code, said) = run(&["apply"])?;
    assert!(code != 0 && said.contains("forbidden"), "{said}");
    assert!(plane.get("/apis/rbac.authorization.k8s.io/v1/clusterroles/too-much")?.is_none());
    Ok(())
}

#[test]
fn the_gate_passes_the_agents_manifests() -> Result<()> {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_sluice")).arg("check").arg(manifests()).output()?;
    let said = spoken(&output);
    assert!(output.status.success() && said.contains("allowed: 8 objects passed"), "{said}");
    Ok(())
}
