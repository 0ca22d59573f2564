//! Faults 6, 12 and 13: other managers, other people and other applications change the same objects.

use anyhow::{Context, Result, ensure};

use super::killed::Halted;
use super::{Foreign, is_settled, settles, until};
use crate::plane::{Shop, shared};

#[test]
fn fault_06_an_autoscaler_is_not_fought() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "scaled", "")?;
    let web = |replicas: &str| {
        let text = format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n{replicas}  selector: {{matchLabels: {{app: web}}}}\n  \
             template:\n    metadata: {{labels: {{app: web}}}}\n    spec: {{containers: [{{name: web, image: registry.example.com/web:1.4.2}}]}}\n"
        );
        shop.file("deploy/web.yaml", &text)
    };
    web("  replicas: 2\n")?;
    shop.ends(&["apply"], 0)?;
    // As the autoscaler of Kubernetes does: through `scale`, under the name of the program that it runs in.
    let path = "/apis/apps/v1/namespaces/scaled/deployments/web";
    let scale = |replicas: i64| -> Result<()> {
        let patch = ("application/merge-patch+json", format!(r#"{{"spec":{{"replicas":{replicas}}}}}"#));
        let at = format!("{path}/scale?fieldManager=kube-controller-manager");
        let (code, said) = plane.ask("PATCH", &at, Some((patch.0, &patch.1)))?;
        ensure!(code == 200, "{code} {said}");
        Ok(())
    };
    scale(5)?;
    let replicas =
        || -> Result<i64> { plane.get(path)?.and_then(|web| web["spec"]["replicas"].as_i64()).context("no replicas") };
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("`.spec.replicas` is owned by `kube-controller-manager`"), "{said}");
    // Not even where fields are taken over.
    shop.application("  conflicts: take\n")?;
    for scaled in [5, 7] {
        scale(scaled)?;
        let said = shop.ends(&["apply"], 1)?;
        ensure!(said.contains("which would fight back") && said.contains("take the field out"), "{said}");
        ensure!(replicas()? == scaled);
    }
    web("")?;
    shop.ends(&["apply"], 0)?;
    ensure!(replicas()? == 7, "the autoscaler's number is gone");
    ensure!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));
    scale(3)?;
    ensure!(shop.ends(&["apply"], 0)?.starts_with("unchanged") && replicas()? == 3);
    Ok(())
}

#[test]
fn fault_06_a_field_that_another_owns_too_is_let_go() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "let-go", "")?;
    let text = |data: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one}}\ndata: {data}\n");
    let theirs = |value: &str| {
        let path = format!("{}?fieldManager=other", shop.path_of("one"));
        plane.ask("PATCH", &path, Some(("application/apply-patch+yaml", &text(&format!("{{b: \"{value}\"}}")))))
    };
    shop.file("deploy/one.yaml", &text("{a: \"1\", b: \"1\"}"))?;
    shop.ends(&["apply"], 0)?;
    ensure!(theirs("1")?.0 == 200 && theirs("2")?.0 == 409, "both own it");
    shop.file("deploy/one.yaml", &text("{a: \"1\"}"))?;
    shop.ends(&["apply"], 0)?;
    let (code, said) = theirs("2")?;
    ensure!(code == 200, "{code} {said}");
    ensure!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));
    Ok(())
}

#[test]
fn fault_12_deleted_and_made_anew_between_plan_and_deletion() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "anew", "  prune: true\n")?;
    let foreign = Foreign::new(&shop)?;
    for name in ["stays", "taken", "vanishes"] {
        shop.config(name, "1")?;
    }
    settles(&shop, &["stays", "taken", "vanishes"])?;
    shop.config("stays", "2")?;
    for name in ["taken", "vanishes"] {
        std::fs::remove_file(shop.path().join(format!("deploy/{name}.yaml")))?;
    }
    let run = Halted::start(&shop, &["apply"], 0)?;
    plane.remove(&shop.path_of("taken"))?;
    plane.remove(&shop.path_of("vanishes"))?;
    plane.make("/api/v1/namespaces/anew/configmaps", r#"{"metadata":{"name":"taken"},"data":{"value":"theirs"}}"#)?;
    let theirs = shop.live("taken")?;
    let (code, told) = run.go_on()?;
    ensure!(code == 0, "{code}: {told}");
    ensure!(!told.contains("deleted ConfigMap"), "nothing was deleted by this run: {told}");
    ensure!(shop.live("taken")? == theirs, "what somebody else made was touched");
    ensure!(shop.inventory()?.is_some_and(|names| names == ["stays"]));
    shop.ends(&["status"], 0)?;

    // And back in the set: it is theirs, and that is told.
    shop.config("taken", "ours")?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(
        said.contains("it is there already, and no application owns it") && shop.live("taken")? == theirs,
        "{said}"
    );
    std::fs::remove_file(shop.path().join("deploy/taken.yaml"))?;
    shop.ends(&["apply"], 0)?;

    // One of ours that is deleted and made anew by somebody, while it is wanted.
    plane.remove(&shop.path_of("stays"))?;
    plane.make("/api/v1/namespaces/anew/configmaps", r#"{"metadata":{"name":"stays"},"data":{"value":"theirs"}}"#)?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("somebody deleted it and made another with its name"), "{said}");
    ensure!(shop.live("stays")?.is_some_and(|live| live["data"]["value"] == "theirs"));
    shop.ends(&["delete", "--yes"], 0)?;
    ensure!(shop.live("stays")?.is_some(), "a deletion leaves what is not ours");
    foreign.is_untouched(&shop)
}

#[test]
fn fault_12_made_by_somebody_after_a_run_was_killed() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "anew-killed", "  prune: true\n")?;
    // Killed after the inventory was written, and before anything else could be: the dry runs have passed.
    shop.file("deploy/0.yaml", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: first}\n")?;
    shop.config("one", "ours")?;
    let run = Halted::start(&shop, &["apply"], "inventory written\n".len())?;
    run.kill()?;
    ensure!(shop.inventory()?.is_some_and(|names| names.contains(&"one".to_owned())) && shop.live("one")?.is_none());
    plane
        .make("/api/v1/namespaces/anew-killed/configmaps", r#"{"metadata":{"name":"one"},"data":{"value":"ours"}}"#)?;
    let theirs = shop.live("one")?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("no application owns it") && shop.live("one")? == theirs, "{said}");
    std::fs::remove_file(shop.path().join("deploy/one.yaml"))?;
    shop.ends(&["apply"], 0)?;
    ensure!(shop.live("one")? == theirs);
    // One that was made anew by a run that was killed is ours, and goes.
    shop.config("two", "ours")?;
    shop.ends(&["apply"], 0)?;
    plane.remove(&shop.path_of("two"))?;
    let line = "inventory written\n".len();
    Halted::start(&shop, &["apply"], line)?.kill()?;
    ensure!(shop.live("two")?.is_some());
    std::fs::remove_file(shop.path().join("deploy/two.yaml"))?;
    shop.ends(&["apply"], 0)?;
    ensure!(shop.live("two")?.is_none(), "what was made by a run that was killed is left");
    Ok(())
}

#[test]
fn fault_12_made_by_somebody_while_its_end_is_waited_for() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "anew-held", "")?;
    shop.config("one", "1")?;
    settles(&shop, &["one"])?;
    plane.merge(&shop.path_of("one"), r#"{"metadata":{"finalizers":["acme.io/hold"]}}"#)?;
    plane.remove(&shop.path_of("one"))?;
    shop.config("one", "2")?;
    let run = Halted::start(&shop, &["apply"], 0)?;
    plane.merge(&shop.path_of("one"), r#"{"metadata":{"finalizers":null}}"#)?;
    plane.make("/api/v1/namespaces/anew-held/configmaps", r#"{"metadata":{"name":"one"},"data":{"theirs":"x"}}"#)?;
    let theirs = shop.live("one")?;
    let (code, told) = run.go_on()?;
    ensure!(code == 1, "{code}: {told}");
    ensure!(told.contains("failed ConfigMap anew-held/one: somebody else has made it since it was planned"), "{told}");
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("no application owns it") && shop.live("one")? == theirs, "{said}");
    Ok(())
}

#[test]
fn fault_12_made_by_somebody_between_plan_and_write() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "anew-before", "  prune: true\n  conflicts: take\n")?;
    let theirs = || -> Result<_> {
        plane.make(
            "/api/v1/namespaces/anew-before/configmaps",
            r#"{"metadata":{"name":"one"},"data":{"theirs":"x"}}"#,
        )?;
        shop.live("one")
    };
    let keeps = |run: Halted, live: &Option<serde_json::Value>| -> Result<()> {
        let (code, told) = run.go_on()?;
        ensure!(code == 1 && shop.live("one")? == *live, "{code}: {told}");
        let words = "failed ConfigMap anew-before/one: somebody else has made it since it was planned";
        ensure!(told.contains(words), "{told}");
        Ok(())
    };
    // It was not there.
    shop.config("one", "1")?;
    shop.config("two", "1")?;
    let run = Halted::start(&shop, &["apply"], 0)?;
    keeps(run, &theirs()?)?;
    // It was, and was to be changed.
    plane.remove(&shop.path_of("one"))?;
    settles(&shop, &["one", "two"])?;
    shop.config("one", "2")?;
    let run = Halted::start(&shop, &["apply"], 0)?;
    plane.remove(&shop.path_of("one"))?;
    let live = theirs()?;
    keeps(run, &live)?;
    std::fs::remove_file(shop.path().join("deploy/one.yaml"))?;
    shop.ends(&["apply"], 0)?;
    ensure!(shop.live("one")? == live, "what somebody else made is gone");
    // One that was only deleted is made anew.
    shop.config("two", "2")?;
    let run = Halted::start(&shop, &["apply"], 0)?;
    plane.remove(&shop.path_of("two"))?;
    let (code, told) = run.go_on()?;
    ensure!(code == 0 && shop.live("two")?.is_some_and(|live| live["data"]["value"] == "2"), "{code}: {told}");
    Ok(())
}

#[test]
fn fault_12_made_by_somebody_in_a_namespace_that_is_made_just_now() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    for (kind, plural, theirs, code) in
        [("ServiceAccount", "serviceaccounts", "", 0), ("ConfigMap", "configmaps", r#","data":{"theirs":"x"}"#, 1)]
    {
        let (shop, place) = (Shop::new(plane, &format!("anew-{plural}"), "")?, format!("anew-{plural}-place"));
        let named = |kind: &str, rest: &str| format!("apiVersion: v1\nkind: {kind}\nmetadata: {{name: {rest}}}\n");
        shop.file("deploy/namespace.yaml", &named("Namespace", &place))?;
        shop.file("deploy/object.yaml", &named(kind, &format!("default, namespace: {place}, labels: {{ours: x}}")))?;
        // It has made the namespace, and nothing in it.
        let run = Halted::start(&shop, &["apply"], "inventory written\n".len())?;
        let path = format!("/api/v1/namespaces/{place}/{plural}");
        plane.make(&path, &format!(r#"{{"metadata":{{"name":"default"}}{theirs}}}"#))?;
        let (seen, told) = run.go_on()?;
        ensure!(seen == code, "{kind}: {seen}: {told}");
        let live = plane.get(&format!("{path}/default"))?.context("it is gone")?;
        ensure!((live["metadata"]["labels"]["ours"] == "x") == (code == 0), "{kind}: {told} {live}");
    }
    Ok(())
}

#[test]
fn fault_13_taken_over_between_plan_and_deletion() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let from = Shop::new(plane, "taken-from", "  prune: true\n")?;
    let to = Shop::new(plane, "taken-to", "  adopt: true\n")?;
    for name in ["asks", "moves", "stays"] {
        from.config(name, "1")?;
    }
    settles(&from, &["asks", "moves", "stays"])?;
    let before = from.live("moves")?.context("it is not there")?;
    let text = std::fs::read_to_string(from.path().join("deploy/moves.yaml"))?;
    to.file("deploy/moves.yaml", &text.replace("{name: moves}", "{name: moves, namespace: taken-from}"))?;
    for name in ["asks", "moves"] {
        std::fs::remove_file(from.path().join(format!("deploy/{name}.yaml")))?;
    }
    from.config("stays", "2")?;
    let run = Halted::start(&from, &["apply"], 0)?;
    to.ends(&["apply"], 0)?;
    plane.merge(&from.path_of("asks"), r#"{"metadata":{"annotations":{"sluice.dev/prune":"disabled"}}}"#)?;
    let (code, told) = run.go_on()?;
    ensure!(code == 0, "{code}: {told}");
    let after = from.live("moves")?.context("it was deleted under its new owner")?;
    ensure!(after["metadata"]["uid"] == before["metadata"]["uid"] && from.live("asks")?.is_some(), "{told}");
    ensure!(told.contains("released ConfigMap taken-from/moves: it belongs to `taken-to` now"), "{told}");
    ensure!(told.contains("released ConfigMap taken-from/asks: its annotation"), "{told}");
    ensure!(from.inventory()?.is_some_and(|names| names == ["stays"]));
    ensure!(to.inventory()?.is_some_and(|names| names == ["moves"]));
    Ok(())
}

#[test]
fn fault_13_moved_between_applications() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let from = Shop::new(plane, "moved-from", "  prune: true\n")?;
    let to = Shop::new(plane, "moved-to", "  prune: true\n")?;
    let text = |name: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: moved-from}}\ndata: {{value: x}}\n"
        )
    };
    from.file("deploy/stays.yaml", &text("stays"))?;
    from.file("deploy/moves.yaml", &text("moves"))?;
    to.file("deploy/other.yaml", &text("other"))?;
    from.ends(&["apply"], 0)?;
    to.ends(&["apply"], 0)?;
    let before = from.live("moves")?.context("it is not there")?;

    // The one that gets it goes first: without a word it does not take it, with one it does, and it is never gone.
    std::fs::remove_file(from.path().join("deploy/moves.yaml"))?;
    to.file("deploy/moves.yaml", &text("moves"))?;
    let said = to.ends(&["apply"], 1)?;
    ensure!(said.contains("it belongs to the application `moved-from`"), "{said}");
    to.application("  prune: true\n  adopt: true\n")?;
    to.ends(&["apply"], 0)?;
    to.application("  prune: true\n")?;
    let said = from.ends(&["plan"], 0)?;
    ensure!(said.contains("release    ConfigMap moved-from/moves: it belongs to `moved-to` now"), "{said}");
    from.ends(&["apply"], 0)?;
    let after = from.live("moves")?.context("it is gone")?;
    ensure!(after["metadata"]["uid"] == before["metadata"]["uid"]);
    ensure!(from.inventory()?.is_some_and(|names| names == ["stays"]));
    ensure!(to.inventory()?.is_some_and(|names| names == ["moves", "other"]));

    // Back again, and the one that gives it away goes first: it is deleted and made anew.
    std::fs::remove_file(to.path().join("deploy/moves.yaml"))?;
    from.file("deploy/moves.yaml", &text("moves"))?;
    to.ends(&["apply"], 0)?;
    ensure!(from.live("moves")?.is_none());
    from.ends(&["apply"], 0)?;
    ensure!(from.inventory()?.is_some_and(|names| names == ["moves", "stays"]) && from.live("moves")?.is_some());
    Ok(())
}

#[test]
fn fault_13_moved_between_api_groups() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "groups", "  prune: true\n")?;
    // An Event is one object that two API groups serve.
    let rest = "metadata: {name: moves}\neventTime: \"2026-01-01T00:00:00.000000Z\"\naction: Move\nreason: Moving\n\
                reportingInstance: one\ntype: Normal\n";
    let core = "reportingComponent: acme.io/mover\nmessage: x\ninvolvedObject: {kind: Namespace, name: groups, namespace: groups}\n";
    let new =
        "reportingController: acme.io/mover\nnote: x\nregarding: {kind: Namespace, name: groups, namespace: groups}\n";
    shop.config("one", "1")?;
    shop.file("deploy/event.yaml", &format!("apiVersion: v1\nkind: Event\n{rest}{core}"))?;
    shop.ends(&["apply"], 0)?;
    let path = "/api/v1/namespaces/groups/events/moves";
    let before = plane.get(path)?.context("it is not there")?;
    shop.file("deploy/event.yaml", &format!("apiVersion: events.k8s.io/v1\nkind: Event\n{rest}{new}"))?;
    let said = shop.ends(&["apply"], 0)?;
    ensure!(!said.contains("deleted"), "{said}");
    let after = plane.get(path)?.context("it was deleted under its old group")?;
    ensure!(after["metadata"]["uid"] == before["metadata"]["uid"]);
    ensure!(shop.inventory()?.is_some_and(|names| names.len() == 2));
    until("there is nothing to do", || Ok(shop.ends(&["apply"], 0)?.starts_with("unchanged")))?;
    std::fs::remove_file(shop.path().join("deploy/event.yaml"))?;
    shop.ends(&["apply"], 0)?;
    ensure!(plane.get(path)?.is_none());
    is_settled(&shop, &["one"])
}
