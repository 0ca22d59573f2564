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

#[test]
fn what_was_given_up_before_keeps_its_namespace() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "given-up", "  prune: true\n")?;
    let other = Shop::new(plane, "given-up-other", "  adopt: true\n")?;
    let config = |name: &str, space: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: given-up-{space}}}\n")
    };
    shop.config("beside", "1")?;
    for space in ["asks", "moves", "goes"] {
        let text = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: given-up-{space}}}\n");
        shop.file(&format!("deploy/space-{space}.yaml"), &text)?;
        shop.file(&format!("deploy/{space}.yaml"), &config("one", space))?;
    }
    shop.ends(&["apply"], 0)?;
    let path = |space: &str| format!("/api/v1/namespaces/given-up-{space}");
    let annotated = |space: &str, value: &str| {
        let body = format!(r#"{{"metadata":{{"annotations":{{"sluice.dev/prune":{value}}}}}}}"#);
        plane.merge(&format!("{}/configmaps/one", path(space)), &body)
    };
    annotated("asks", "\"disabled\"")?;
    annotated("goes", "\"disabled\"")?;
    other.file("deploy/moves.yaml", &config("one", "moves"))?;
    other.ends(&["apply"], 0)?;
    for space in ["asks", "moves", "goes"] {
        std::fs::remove_file(shop.path().join(format!("deploy/{space}.yaml")))?;
    }
    let said = shop.ends(&["apply"], 0)?;
    assert_eq!(said.matches("released ConfigMap").count(), 3, "{said}");

    // Later their namespaces leave the set too. What asks no more keeps nothing.
    annotated("goes", "null")?;
    for space in ["asks", "moves", "goes"] {
        std::fs::remove_file(shop.path().join(format!("deploy/space-{space}.yaml")))?;
    }
    let said = shop.ends(&["apply", "--acknowledge", "prune,prune-namespace"], 0)?;
    for space in ["asks", "moves"] {
        let why = format!("released Namespace given-up-{space}: it would take ConfigMap given-up-{space}/one along");
        assert!(said.contains(&why), "{said}");
        let there = plane.get(&path(space))?.with_context(|| format!("{space} is gone"))?;
        assert!(there["metadata"]["deletionTimestamp"].is_null(), "{there}");
    }
    let gone = plane.get(&path("goes"))?;
    assert!(gone.is_none_or(|there| !there["metadata"]["deletionTimestamp"].is_null()), "{said}");
    Ok(())
}
