//! Plan, apply, prune, status and delete, each with the exit code and what stands in the cluster afterwards.

use anyhow::Result;

use crate::plane::{Shop, shared};

#[test]
fn what_is_planned_is_applied_and_a_second_run_writes_nothing() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "twice", "  prune: true\n")?;
    shop.config("one", "1")?;
    shop.config("two", "2")?;
    let said = shop.ends(&["plan", "--detailed-exitcode"], 4)?;
    assert!(said.contains("create     ConfigMap twice/one"), "{said}");
    assert!(shop.live("one")?.is_none() && shop.inventory()?.is_none(), "a plan writes nothing");
    let said = shop.ends(&["apply", "--dry-run"], 0)?;
    assert!(said.contains("2 to create") && shop.live("one")?.is_none(), "{said}");

    shop.ends(&["apply"], 0)?;
    let first = shop.live("one")?.unwrap();
    assert_eq!(first["data"]["value"], "1");
    assert_eq!(shop.inventory()?.unwrap(), ["one", "two"]);
    let inventory = |shop: &Shop<'_>| {
        shop.plane
            .get("/api/v1/namespaces/sluice-system/configmaps/sluice-twice")
            .map(|map| map.unwrap()["metadata"]["resourceVersion"].clone())
    };
    let before = inventory(&shop)?;
    let said = shop.ends(&["apply"], 0)?;
    assert!(said.starts_with("unchanged: 2 objects"), "{said}");
    assert_eq!(shop.live("one")?.unwrap()["metadata"], first["metadata"]);
    assert_eq!(inventory(&shop)?, before);
    let said = shop.ends(&["plan", "--detailed-exitcode"], 0)?;
    let sum = "plan: 0 to create, 0 to change, 2 unchanged, 0 to prune, 0 deferred, 0 errors\n";
    let words = "unchanged  ConfigMap twice/one\nunchanged  ConfigMap twice/two\n";
    assert_eq!(said, format!("{words}{sum}"));
    assert_eq!(shop.ends(&["plan", "-q"], 0)?, sum);
    assert_eq!(shop.ends(&["apply", "--dry-run", "-q"], 0)?, sum);
    shop.ends(&["status"], 0)?;

    // A change and a removal.
    shop.config("one", "1a")?;
    std::fs::remove_file(shop.path().join("deploy/two.yaml"))?;
    let said = shop.ends(&["plan", "--detailed-exitcode"], 4)?;
    assert!(said.contains("data.value: \"1\" → \"1a\"") && said.contains("prune      ConfigMap twice/two"), "{said}");
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "1a");
    assert!(shop.live("two")?.is_none());
    assert_eq!(shop.inventory()?.unwrap(), ["one"]);

    // Deleting leaves what is not ours.
    plane.make("/api/v1/namespaces/twice/configmaps", r#"{"metadata":{"name":"foreign"}}"#)?;
    let said = shop.ends(&["delete"], 0)?;
    assert!(said.contains("would delete ConfigMap twice/one") && shop.live("one")?.is_some(), "{said}");
    shop.ends(&["delete", "--yes"], 0)?;
    assert!(shop.live("one")?.is_none() && shop.live("foreign")?.is_some() && shop.inventory()?.is_none());
    shop.ends(&["delete", "--yes"], 2)?;
    Ok(())
}

#[test]
fn what_looks_like_a_template_is_not_taken_for_gone() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "braces", "  prune: true\n")?;
    for name in ["one", "two", "three"] {
        shop.config(name, "1")?;
    }
    shop.ends(&["apply"], 0)?;
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two}\ndata:\n  value: {{ $labels.pod }} is down\n";
    shop.file("deploy/two.yaml", text)?;
    for command in ["plan", "apply"] {
        let said = shop.ends(&[command], 3)?;
        assert!(said.contains("deploy/two.yaml` is no YAML because of `{{ … }}`"), "{said}");
    }
    assert!(shop.live("two")?.is_some());
    assert_eq!(shop.inventory()?.unwrap(), ["one", "three", "two"]);
    Ok(())
}

#[test]
fn a_plan_names_every_object_and_ends_with_what_is_done() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "named", "  prune: true\n")?;
    for name in ["gone", "kept", "old", "same", "zero"] {
        shop.config(name, "1")?;
    }
    shop.ends(&["apply"], 0)?;
    plane.merge(&shop.path_of("kept"), r#"{"metadata":{"annotations":{"sluice.dev/prune":"disabled"}}}"#)?;
    plane.remove(&shop.path_of("gone"))?;
    for name in ["gone", "kept", "old"] {
        std::fs::remove_file(shop.path().join(format!("deploy/{name}.yaml")))?;
    }
    shop.config("new", "1")?;
    shop.config("same", &"2".repeat(200))?;
    let there = "apiVersion: v1\nkind: Namespace\nmetadata: {name: named-later}\n---\n";
    let later = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: in-it, namespace: named-later}\n";
    shop.file("deploy/later.yaml", &format!("{there}{later}"))?;
    let said = shop.ends(&["plan"], 0)?;
    let cut = "2".repeat(119);
    let expected = format!(
        "unchanged  ConfigMap named/zero
create     Namespace named-later
create     ConfigMap named/new
change     ConfigMap named/same
             data.value: \"1\" → \"{cut}…
deferred   ConfigMap named-later/in-it: the namespace `named-later` is applied first
prune      ConfigMap named/old
release    ConfigMap named/kept: its annotation `sluice.dev/prune: disabled` says so
gone       ConfigMap named/gone
plan: 2 to create, 1 to change, 1 unchanged, 1 to prune, 1 deferred, 0 errors
"
    );
    assert_eq!(said, expected);
    let said = shop.ends(&["plan", "-v"], 0)?;
    assert!(said.contains(&"2".repeat(200)), "{said}");
    Ok(())
}

#[test]
fn what_is_denied_is_not_applied() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "denied", "")?;
    shop.config("fine", "1")?;
    shop.file(
        "deploy/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: nginx:latest}]}\n",
    )?;
    let said = shop.ends(&["apply"], 1)?;
    assert!(said.contains("image-tags/mutable-tag") && said.contains("pod.yaml:4"), "{said}");
    assert!(shop.live("fine")?.is_none() && shop.inventory()?.is_none());
    Ok(())
}

#[test]
fn all_errors_of_a_plan_are_told_at_once_and_nothing_is_applied() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "errors", "")?;
    shop.config("fine", "1")?;
    shop.file("deploy/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndato: {x: y}\n")?;
    shop.file("deploy/b.yaml", "apiVersion: acme.io/v1\nkind: Gadget\nmetadata: {name: b}\n")?;
    shop.file("deploy/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: c-}\n")?;
    let said = shop.ends(&["apply"], 1)?;
    for words in [".dato: field not declared in schema", "has no kind Gadget in `acme.io/v1`", "`generateName`"] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    assert!(shop.live("fine")?.is_none() && shop.inventory()?.is_none());
    Ok(())
}

#[test]
fn what_others_own_is_not_touched() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "foreign", "")?;
    plane.make("/api/v1/namespaces/foreign/configmaps", r#"{"metadata":{"name":"one"},"data":{"value":"theirs"}}"#)?;
    shop.config("one", "ours")?;
    let said = shop.ends(&["apply"], 1)?;
    assert!(said.contains("no application owns it"), "{said}");
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "theirs");

    // Taken over on demand, and then a field that somebody else changes is a conflict that names both.
    shop.application("  adopt: true\n  conflicts: take\n")?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "ours");
    plane.merge(&shop.path_of("one"), r#"{"data":{"value":"theirs again"}}"#)?;
    shop.application("")?;
    let said = shop.ends(&["apply"], 1)?;
    assert!(said.contains("`.data.value` is owned by `somebody`"), "{said}");
    shop.application("  conflicts: take\n")?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "ours");

    // Another application does not get it either.
    let other = Shop::new(plane, "foreign-other", "")?;
    other.file(
        "deploy/one.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one, namespace: foreign}\ndata: {value: other}\n",
    )?;
    let said = other.ends(&["apply"], 1)?;
    assert!(said.contains("it belongs to the application `foreign`"), "{said}");
    Ok(())
}

#[test]
fn what_no_inventory_has_belongs_to_nobody() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "given-up", "  prune: true\n")?;
    shop.config("kept", "1")?;
    shop.config("other", "1")?;
    shop.ends(&["apply"], 0)?;
    plane.merge(&shop.path_of("kept"), r#"{"metadata":{"annotations":{"sluice.dev/prune":"disabled"}}}"#)?;
    std::fs::remove_file(shop.path().join("deploy/kept.yaml"))?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.inventory()?.unwrap(), ["other"]);

    // The same field manager has applied it; that does not make it another application's.
    let before = shop.live("kept")?.unwrap();
    let next = Shop::new(plane, "given-up-next", "  prune: true\n")?;
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, namespace: given-up}\ndata: {next: x}\n";
    next.file("deploy/kept.yaml", text)?;
    let said = next.ends(&["apply"], 1)?;
    assert!(said.contains("it is there already, and no application owns it"), "{said}");
    assert_eq!(shop.live("kept")?.unwrap(), before);
    next.application("  prune: true\n  adopt: true\n")?;
    next.ends(&["apply"], 0)?;
    assert_eq!(next.inventory()?.unwrap(), ["kept"]);

    // Nor does it once the inventory is lost.
    plane.remove("/api/v1/namespaces/sluice-system/configmaps/sluice-given-up")?;
    let said = shop.ends(&["apply"], 1)?;
    assert!(said.contains("it is there already") && shop.inventory()?.is_none(), "{said}");
    shop.application("  adopt: true\n")?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.inventory()?.unwrap(), ["other"]);
    Ok(())
}

#[test]
fn an_application_says_how_it_is_rendered() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "rendered", "  render: {helm: {release: shop, values: prod.yaml}}\n")?;
    shop.file("deploy/Chart.yaml", "apiVersion: v2\nname: shop\nversion: 1.0.0\n")?;
    shop.file("deploy/values.yaml", "value: dev\n")?;
    shop.file("deploy/prod.yaml", "value: prod\n")?;
    std::fs::create_dir(shop.path().join("deploy/templates"))?;
    shop.file(
        "deploy/templates/one.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {value: {{ .Values.value }}}\n",
    )?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.live("shop")?.unwrap()["data"]["value"], "prod");

    // A command of the application runs; one of a policy file in the source does not.
    shop.application("  render: {command: [cat, made.txt]}\n")?;
    shop.file("deploy/made.txt", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: made}\n")?;
    shop.ends(&["apply"], 0)?;
    assert!(shop.live("made")?.is_some());
    let text = std::fs::read_to_string(shop.path().join("app.yaml"))?;
    let without: String = text
        .lines()
        .filter(|line| !line.contains("render:") && !line.contains("policy:"))
        .map(|line| format!("{line}\n"))
        .collect();
    shop.file("app.yaml", &without)?;
    shop.file(
        "deploy/sluice.yaml",
        "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nrender: [{path: ., command: [cat, made.txt]}]\n\
         plugins: [{name: image-tags, source: 'builtin:image-tags'}]\n",
    )?;
    let said = shop.ends(&["apply"], 2)?;
    assert!(said.contains("`cat` would run with all that you may do"), "{said}");
    Ok(())
}

#[test]
fn what_kubectl_made_is_taken_over_with_its_fields() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "adopted", "  adopt: true\n")?;
    let path = "/api/v1/namespaces/adopted/configmaps?fieldManager=kubectl-create";
    plane.make(path, r#"{"metadata":{"name":"one"},"data":{"value":"before","old":"x"}}"#)?;
    shop.config("one", "ours")?;
    shop.ends(&["apply"], 0)?;
    let live = shop.live("one")?.unwrap();
    // What the manifest does not have is gone, as it would not be if it still belonged to `kubectl`.
    assert_eq!(live["data"], serde_json::json!({ "value": "ours" }));
    let said = shop.ends(&["apply"], 0)?;
    assert!(said.starts_with("unchanged"), "{said}");

    // Made anew by `kubectl`, be it with the same value or another, it is no less taken over, and goes with its file.
    shop.application("  adopt: true\n  prune: true\n")?;
    for value in ["ours", "theirs"] {
        plane.remove(&shop.path_of("one"))?;
        plane.make(path, &format!(r#"{{"metadata":{{"name":"one"}},"data":{{"value":"{value}","old":"x"}}}}"#))?;
        shop.ends(&["apply"], 0)?;
        let live = shop.live("one")?.unwrap();
        assert_eq!(live["data"], serde_json::json!({ "value": "ours" }));
        assert_eq!(live["metadata"]["managedFields"][0]["manager"], "sluice", "{live}");
        let said = shop.ends(&["apply"], 0)?;
        assert!(said.starts_with("unchanged"), "{said}");
    }
    std::fs::remove_file(shop.path().join("deploy/one.yaml"))?;
    shop.config("other", "1")?;
    shop.ends(&["apply"], 0)?;
    assert!(shop.live("one")?.is_none());
    Ok(())
}

#[test]
fn an_owner_is_found_among_many() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "among-many", "")?;
    plane.namespace("sluice-system")?;
    // More inventories than are read at once, of which the first and the last have something that is wanted here.
    for number in 0..30 {
        let name = format!("many-{number:02}");
        let entry = format!(
            r#"[{{\"version\":\"v1\",\"kind\":\"ConfigMap\",\"namespace\":\"among-many\",\"name\":\"of-{number:02}\"}}]"#
        );
        let body = format!(
            r#"{{"metadata":{{"name":"sluice-{name}","labels":{{"sluice.dev/inventory":"{name}","sluice.dev/inventory-role":"head"}}}},
            "data":{{"inventory":"{{}}","parts":"[]","entries":"{entry}"}}}}"#
        );
        plane.make("/api/v1/namespaces/sluice-system/configmaps", &body)?;
    }
    for name in ["of-00", "of-29"] {
        plane.make("/api/v1/namespaces/among-many/configmaps", &format!(r#"{{"metadata":{{"name":"{name}"}}}}"#))?;
        shop.config(name, "1")?;
    }
    let said = shop.ends(&["apply"], 1)?;
    for name in ["many-00", "many-29"] {
        assert!(said.contains(&format!("it belongs to the application `{name}`")), "{said}");
    }
    Ok(())
}

#[test]
fn what_stays_when_an_application_leaves_is_told() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "leaving", "")?;
    for name in ["anew", "asks", "goes"] {
        shop.config(name, "1")?;
    }
    shop.ends(&["apply"], 0)?;
    plane.merge(&shop.path_of("asks"), r#"{"metadata":{"annotations":{"sluice.dev/prune":"disabled"}}}"#)?;
    plane.remove(&shop.path_of("anew"))?;
    plane.make("/api/v1/namespaces/leaving/configmaps", r#"{"metadata":{"name":"anew"}}"#)?;
    let preview = shop.ends(&["delete"], 0)?;
    let said = shop.ends(&["delete", "--yes"], 0)?;
    let stays = [
        "ConfigMap leaving/anew: somebody deleted it and made another with its name",
        "ConfigMap leaving/asks: its annotation `sluice.dev/prune: disabled` says so",
    ];
    for words in stays {
        assert!(preview.contains(&format!("would release {words}")), "{preview}");
        assert!(said.contains(&format!("released {words}")), "{said}");
    }
    assert!(preview.contains("would delete ConfigMap leaving/goes"), "{preview}");
    assert!(said.contains("deleted ConfigMap leaving/goes") && shop.live("goes")?.is_none(), "{said}");
    assert!(shop.live("anew")?.is_some() && shop.live("asks")?.is_some() && shop.inventory()?.is_none());
    Ok(())
}

#[test]
fn an_inventory_is_written_by_nobody_else() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "intruded", "")?;
    shop.config("one", "1")?;
    shop.ends(&["apply"], 0)?;
    let path = "/api/v1/namespaces/sluice-system/configmaps/sluice-intruded";
    let before = plane.get(path)?;
    let other = Shop::new(plane, "intruder", "  adopt: true\n")?;
    for (metadata, reason) in [
        ("{name: sluice-intruded, namespace: sluice-system}", "an inventory of Sluice has its name"),
        ("{name: sluice-intruder, namespace: sluice-system}", "the inventory of this application has its name"),
        ("{name: x, labels: {sluice.dev/inventory: intruded}}", "it would be taken for an inventory of Sluice"),
    ] {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {metadata}\ndata: {{entries: '[]'}}\n");
        other.file("deploy/map.yaml", &text)?;
        for words in ["plan", "apply"] {
            let said = other.ends(&[words], 1)?;
            assert!(said.contains(reason), "{metadata}: {said}");
        }
    }
    assert_eq!(plane.get(path)?, before);
    Ok(())
}

#[test]
fn a_copy_of_an_inventory_is_none() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "copied", "  prune: true\n")?;
    shop.config("one", "1")?;
    shop.config("two", "1")?;
    shop.ends(&["apply"], 0)?;
    // With its labels, as it is kept before something is tried.
    let path = "/api/v1/namespaces/sluice-system/configmaps";
    let head = plane.get(&format!("{path}/sluice-copied"))?.unwrap();
    let (labels, data) = (&head["metadata"]["labels"], &head["data"]);
    let copy = serde_json::json!({ "metadata": { "name": "sluice-copied-saved", "labels": labels }, "data": data });
    plane.make(path, &copy.to_string())?;
    let copy = format!("{path}/sluice-copied-saved");
    let before = plane.get(&copy)?.unwrap();
    std::fs::remove_file(shop.path().join("deploy/two.yaml"))?;
    shop.ends(&["apply"], 0)?;
    shop.config("one", "2")?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.inventory()?.unwrap(), ["one"]);
    assert_eq!(shop.live("one")?.unwrap()["data"]["value"], "2");
    let said = shop.ends(&["status"], 0)?;
    assert!(!said.contains("two"), "{said}");
    // What only the copy has is nobody's.
    let other = Shop::new(plane, "copied-other", "")?;
    let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: two, namespace: copied}\n";
    other.file("deploy/two.yaml", text)?;
    other.ends(&["apply"], 0)?;
    shop.ends(&["delete", "--yes"], 0)?;
    assert_eq!(plane.get(&copy)?.unwrap(), before);
    Ok(())
}
