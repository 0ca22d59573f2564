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
    let shop = Shop::new(plane, "left-behind", "  prune: true\n")?;
    let other = Shop::new(plane, "left-behind-other", "  adopt: true\n")?;
    let config = |name: &str, space: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: left-behind-{space}}}\n")
    };
    shop.config("beside", "1")?;
    for space in ["asks", "moves", "goes"] {
        let text = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: left-behind-{space}}}\n");
        shop.file(&format!("deploy/space-{space}.yaml"), &text)?;
        shop.file(&format!("deploy/{space}.yaml"), &config("one", space))?;
    }
    shop.ends(&["apply"], 0)?;
    let path = |space: &str| format!("/api/v1/namespaces/left-behind-{space}");
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
        let why =
            format!("released Namespace left-behind-{space}: it would take ConfigMap left-behind-{space}/one along");
        assert!(said.contains(&why), "{said}");
        let there = plane.get(&path(space))?.with_context(|| format!("{space} is gone"))?;
        assert!(there["metadata"]["deletionTimestamp"].is_null(), "{there}");
    }
    let gone = plane.get(&path("goes"))?;
    assert!(gone.is_none_or(|there| !there["metadata"]["deletionTimestamp"].is_null()), "{said}");
    Ok(())
}

#[test]
fn what_others_have_goes_along_only_where_it_is_named() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "company", "  wait: 2s\n")?;
    let definition = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: guests.company.acme.io}\n\
        spec:\n  group: company.acme.io\n  scope: Namespaced\n  names: {plural: guests, singular: guest, kind: Guest, listKind: GuestList}\n  \
        versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]\n";
    shop.file("deploy/definition.yaml", definition)?;
    shop.file("deploy/space.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: company-in}\n")?;
    shop.file("deploy/in.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ours, namespace: company-in}\n")?;
    shop.config("beside", "1")?;
    shop.ends(&["apply"], 0)?;
    let within = "/api/v1/namespaces/company-in";
    for name in ["kube-root-ca.crt", "theirs"] {
        plane.make(&format!("{within}/configmaps"), &format!(r#"{{"metadata":{{"name":"{name}"}}}}"#))?;
    }
    let guest = r#"{"apiVersion":"company.acme.io/v1","kind":"Guest","metadata":{"name":"theirs"}}"#;
    plane.make("/apis/company.acme.io/v1/namespaces/company/guests", guest)?;

    let names = ["--with-all-in", "company-in", "--with-all-in", "guests.company.acme.io"];
    let along = ["ConfigMap company-in/theirs", "Guest.company.acme.io company/theirs"];
    let said = shop.ends(&["delete"], 0)?;
    for object in along {
        assert!(said.contains(&format!("and with it {object}\n")), "{said}");
    }
    assert_eq!(said.matches("and with it").count(), 2, "what is ours, or made by itself, is no company: {said}");
    for words in [&[] as &[&str], &names[..2], &names[2..]] {
        let said = shop.ends(&[&["delete", "--yes"], words].concat(), 1)?;
        for (object, name) in along.iter().zip(["company-in", "guests.company.acme.io"]) {
            assert_eq!(said.contains(object), !words.contains(&name), "{said}");
        }
        assert!(said.contains("more would go than `company` has, so nothing was deleted"), "{said}");
        assert!(shop.live("beside")?.is_some(), "{said}");
    }
    // Nobody here takes a namespace away that is being deleted.
    let (_, said) = shop.sluice(&[&["delete", "--yes"], &names as &[&str]].concat())?;
    assert!(said.contains("leaving Namespace company-in") && shop.live("beside")?.is_none(), "{said}");
    let defined = plane.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/guests.company.acme.io")?;
    assert!(defined.is_none_or(|there| !there["metadata"]["deletionTimestamp"].is_null()), "{said}");
    Ok(())
}
