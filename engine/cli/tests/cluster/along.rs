//! What is wanted does not go along with what is deleted: no word acknowledges that.

use anyhow::{Context, Result};

use crate::plane::{Shop, shared};

#[test]
fn nothing_is_kept_in_a_namespace_that_is_deleted() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "along", "  prune: true\n")?;
    shop.file("deploy/space.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: along-in}\n")?;
    shop.file("deploy/in.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: in, namespace: along-in}\n")?;
    shop.config("beside", "1")?;
    shop.ends(&["apply"], 0)?;
    let space = "/api/v1/namespaces/along-in";

    std::fs::remove_file(shop.path().join("deploy/space.yaml"))?;
    for words in [&["plan"] as &[&str], &["apply", "--acknowledge", "prune-namespace"]] {
        let said = shop.ends(words, 1)?;
        let refused = "error      ConfigMap along-in/in: the namespace `along-in` is not in the set any more";
        assert!(said.contains(refused) && said.contains("1 error\n"), "{said}");
        let there = plane.get(space)?.context("it is gone")?;
        assert!(there["metadata"]["deletionTimestamp"].is_null(), "{there}");
    }
    // One that stays takes nothing along.
    plane.merge(space, r#"{"metadata":{"annotations":{"sluice.dev/prune":"disabled"}}}"#)?;
    let said = shop.ends(&["apply"], 0)?;
    assert!(said.contains("released Namespace along-in"), "{said}");
    assert!(plane.get("/api/v1/namespaces/along-in/configmaps/in")?.is_some());
    Ok(())
}

#[test]
fn what_asks_to_stay_keeps_its_namespace() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "stays-along", "  prune: true\n")?;
    let (space, claim) = ("/api/v1/namespaces/stays-along-in", "persistentvolumeclaims/db");
    let there = |what: &str| -> Result<_> {
        let there = plane.get(what)?.with_context(|| format!("{what} is gone"))?;
        assert!(there["metadata"]["deletionTimestamp"].is_null(), "{there}");
        Ok(())
    };
    shop.config("beside", "1")?;
    for takes_out in [&["apply", "--acknowledge", "prune,prune-namespace"] as &[&str], &["delete", "--yes"]] {
        shop.application("  prune: true\n  adopt: true\n")?;
        shop.file("deploy/space.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: stays-along-in}\n")?;
        shop.file(
            "deploy/db.yaml",
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: db, namespace: stays-along-in}\nspec:\n  \
             accessModes: [ReadWriteOnce]\n  storageClassName: none\n  resources: {requests: {storage: 1Gi}}\n",
        )?;
        shop.ends(&["apply"], 0)?;
        plane.merge(&format!("{space}/{claim}"), r#"{"metadata":{"annotations":{"sluice.dev/prune":"disabled"}}}"#)?;
        shop.application("  prune: true\n")?;
        std::fs::remove_file(shop.path().join("deploy/space.yaml"))?;
        std::fs::remove_file(shop.path().join("deploy/db.yaml"))?;
        let why = "Namespace stays-along-in: it would take PersistentVolumeClaim stays-along-in/db along, which stays";
        for (words, told) in
            [(&["plan"] as &[&str], "release   "), (&["delete"], "would release"), (takes_out, "released")]
        {
            let said = shop.ends(words, 0)?;
            assert!(said.contains(&format!("{told} {why}")), "{said}");
        }
        // Nor does the next run take it along.
        shop.ends(&["apply", "--acknowledge", "prune,prune-namespace"], 0)?;
        there(space)?;
        there(&format!("{space}/{claim}"))?;
    }
    Ok(())
}
