//! Fault 11: definitions of kinds, and servers of kinds that do not answer.

use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use super::seen::{Seeing, Wanted, is};
use super::until;
use crate::context;
use crate::plane::{Shop, shared, spoken};

/// A definition in the group `GROUP.acme.io` with these versions, the last one stored.
pub(super) fn definition(group: &str, versions: &[&str]) -> String {
    let mut text = format!(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {{name: gadgets.{group}.acme.io}}\nspec:\n  \
         group: {group}.acme.io\n  scope: Namespaced\n  names: {{plural: gadgets, singular: gadget, kind: Gadget, listKind: GadgetList}}\n  \
         versions:\n"
    );
    for (index, version) in versions.iter().enumerate() {
        let more = if versions.len() > 1 { ", color: {type: string, default: red}, shape: {type: string}" } else { "" };
        text.push_str(&format!(
            "  - name: {version}\n    served: true\n    storage: {}\n    schema: {{openAPIV3Schema: {{type: object, properties: {{spec: {{type: object, \
             properties: {{size: {{type: integer}}{more}}}}}}}}}}}\n",
            index + 1 == versions.len()
        ));
    }
    text
}

pub(super) fn gadget(group: &str, version: &str, spec: &str) -> String {
    format!("apiVersion: {group}.acme.io/{version}\nkind: Gadget\nmetadata: {{name: one}}\nspec: {spec}\n")
}

#[test]
fn fault_11_a_definition_and_its_objects_in_one_commit() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "defined", "  prune: true\n")?;
    let path = "/apis/defined.acme.io/v1/namespaces/defined/gadgets/one";
    shop.file("deploy/definition.yaml", &definition("defined", &["v1"]))?;
    shop.file("deploy/gadget.yaml", &gadget("defined", "v1", "{size: 1}"))?;
    let said = shop.ends(&["plan"], 0)?;
    ensure!(said.contains("its CustomResourceDefinition is applied first"), "{said}");
    shop.ends(&["apply"], 0)?;
    ensure!(plane.get(path)?.is_some());
    ensure!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));

    // A field that the definition of today does not have.
    shop.file("deploy/definition.yaml", &definition("defined", &["v1", "v2"]))?;
    shop.file("deploy/gadget.yaml", &gadget("defined", "v2", "{size: 2, shape: round}"))?;
    shop.ends(&["apply"], 0)?;
    let now = plane.get("/apis/defined.acme.io/v2/namespaces/defined/gadgets/one")?.context("it is gone")?;
    ensure!(now["spec"]["shape"] == "round" && now["spec"]["color"] == "red", "{now}");
    ensure!(shop.inventory()?.is_some_and(|names| names == ["gadgets.defined.acme.io", "one"]));
    ensure!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));

    // The definition does not go without its objects, whatever is said.
    std::fs::remove_file(shop.path().join("deploy/definition.yaml"))?;
    let said = shop.ends(&["apply", "--acknowledge", "prune,prune-definition"], 1)?;
    ensure!(said.contains("the definition `gadgets.defined.acme.io` is not in the set any more"), "{said}");
    ensure!(plane.get(path)?.is_some());

    // Both go: the definition only with a word for it.
    std::fs::remove_file(shop.path().join("deploy/gadget.yaml"))?;
    shop.config("last", "1")?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("every object of its kind would go with it") && plane.get(path)?.is_some(), "{said}");
    ensure!(said.contains("all 2 objects would be deleted"), "{said}");
    shop.ends(&["apply", "--acknowledge", "prune,prune-definition"], 0)?;
    until("the definition is gone", || {
        Ok(plane.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.defined.acme.io")?.is_none())
    })?;
    until("there is nothing to do", || Ok(shop.ends(&["apply"], 0)?.starts_with("unchanged")))
}

#[test]
fn fault_11_a_new_version_takes_nothing_from_others() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "newer", "")?;
    let path = "/apis/newer.acme.io/v1/namespaces/newer/gadgets";
    shop.file("deploy/definition.yaml", &definition("newer", &["v1"]))?;
    shop.ends(&["apply"], 0)?;
    until("the kind is served", || Ok(plane.ask("GET", path, None)?.0 == 200))?;
    plane.make(
        path,
        r#"{"apiVersion":"newer.acme.io/v1","kind":"Gadget","metadata":{"name":"one"},"spec":{"size":1}}"#,
    )?;
    let one = || plane.get(&format!("{path}/one"));
    let before = one()?;
    shop.file("deploy/definition.yaml", &definition("newer", &["v1", "v2"]))?;
    shop.file("deploy/gadget.yaml", &gadget("newer", "v2", "{size: 2}"))?;
    let known = "it is there already, and no application owns it";
    until("it is known in the version that is there", || Ok(shop.sluice(&["plan"])?.1.contains(known)))?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains(known) && one()? == before, "{said}");

    let other = Shop::new(plane, "newer-other", "  adopt: true\n")?;
    let text = gadget("newer", "v1", "{size: 1}").replace("{name: one}", "{name: one, namespace: newer}");
    other.file("deploy/gadget.yaml", &text)?;
    other.ends(&["apply"], 0)?;
    let before = one()?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("it belongs to the application `newer-other`") && one()? == before, "{said}");
    Ok(())
}

#[test]
fn fault_11_a_definition_that_is_taken_up_late() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = Shop::new(plane, "late", "  prune: true\n")?;
    let seeing = Seeing::new(plane)?;
    shop.kubeconfig = seeing.kubeconfig(&shop)?;
    let wanted: Wanted = |method, path| method == "PATCH" && path.contains("/gadgets/one?");
    for (number, status) in [404, 422, 400].into_iter().enumerate() {
        let group = format!("late-{number}");
        shop.file("deploy/definition.yaml", &definition(&group, &["v1"]))?;
        shop.file("deploy/gadget.yaml", &gadget(&group, "v1", "{size: 1}"))?;
        // Established, and served to those who ask which kinds there are: and yet refused the first time.
        seeing.refuse(wanted, status);
        shop.ends(&["apply"], 0).with_context(|| format!("{status} comes first"))?;
        let sent = seeing.told().1.iter().filter(|(line, _)| is(line, wanted)).count();
        ensure!(sent == 2, "the object is sent {sent} times");
        let path = format!("/apis/{group}.acme.io/v1/namespaces/late/gadgets/one");
        ensure!(plane.get(&path)?.is_some(), "it is not there");
        until("all of it is gone", || Ok(shop.sluice(&["delete", "--yes"])?.0 == 0 && shop.inventory()?.is_none()))?;
    }
    Ok(())
}

#[test]
fn fault_11_the_server_of_an_api_group_does_not_answer() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "unserved", "  prune: true\n")?;
    let path = "/apis/unserved.acme.io/v1/namespaces/unserved/gadgets/one";
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let (code, said) = plane.ask("POST", definitions, Some(("application/yaml", &definition("unserved", &["v1"]))))?;
    ensure!(code == 201, "{code} {said}");
    shop.config("stays", "1")?;
    shop.config("goes", "1")?;
    shop.file("deploy/gadget.yaml", &gadget("unserved", "v1", "{size: 1}"))?;
    until("the kind is served", || Ok(shop.sluice(&["plan"])?.0 == 0))?;
    shop.ends(&["apply"], 0)?;

    let other = Shop::new(plane, "unserved-other", "  prune: true\n")?;
    other.config("goes", "1")?;
    other.ends(&["apply"], 0)?;
    let keeping = Shop::new(plane, "unserved-keeping", "")?;
    keeping.config("stays", "1")?;
    keeping.file("deploy/gadget.yaml", &gadget("unserved", "v1", "{size: 1}"))?;
    keeping.ends(&["apply"], 0)?;

    // From now on a server that is not there is asked for the group.
    let service = "/apis/apiregistration.k8s.io/v1/apiservices/v1.unserved.acme.io";
    plane.merge(
        service,
        r#"{"metadata":{"labels":{"kube-aggregator.kubernetes.io/automanaged":null}},"spec":{"insecureSkipTLSVerify":true,
        "service":{"namespace":"unserved","name":"nobody","port":443}}}"#,
    )?;
    for name in ["deploy/gadget.yaml", "deploy/goes.yaml"] {
        std::fs::remove_file(shop.path().join(name))?;
    }
    shop.config("stays", "2")?;
    until("the group is known to be out of reach", || Ok(shop.sluice(&["plan"])?.1.contains("does not answer")))?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("the server behind the API group `unserved.acme.io` does not answer"), "{said}");
    ensure!(
        !said.contains("deleted ConfigMap unserved/goes: ") && shop.live("goes")?.is_some(),
        "nothing is deleted: {said}"
    );
    ensure!(shop.inventory()?.is_some_and(|names| names == ["goes", "stays", "one"]), "{:?}", shop.inventory()?);
    // It hides its own objects only: who would delete none of them is not held up.
    other.config("stays", "1")?;
    std::fs::remove_file(other.path().join("deploy/goes.yaml"))?;
    other.ends(&["apply"], 0)?;
    ensure!(other.live("goes")?.is_none(), "it is still there");
    // Nor is who deletes nothing at all.
    keeping.config("stays", "2")?;
    std::fs::remove_file(keeping.path().join("deploy/gadget.yaml"))?;
    let said = keeping.ends(&["plan"], 0)?;
    ensure!(said.contains("keep       Gadget.unserved.acme.io unserved-keeping/one: the server behind"), "{said}");
    keeping.ends(&["apply"], 0)?;
    ensure!(keeping.inventory()?.is_some_and(|names| names == ["stays", "one"]), "{:?}", keeping.inventory()?);
    ensure!(keeping.sluice(&["status"])?.1.starts_with("application unserved-keeping: applied"));
    let said = shop.ends(&["status"], 1)?;
    ensure!(said.starts_with("application unserved: failed"), "{said}");
    // What is wanted of the group is an error, and no guess is made.
    shop.file("deploy/gadget.yaml", &gadget("unserved", "v1", "{size: 2}"))?;
    let said = shop.ends(&["apply"], 1)?;
    ensure!(said.contains("nothing can be said of the kind until it does"), "{said}");
    std::fs::remove_file(shop.path().join("deploy/gadget.yaml"))?;

    plane.remove(service)?;
    until("the group is served again", || Ok(plane.ask("GET", path, None)?.0 == 200))?;
    until("the prune comes through", || Ok(shop.sluice(&["apply"])?.0 == 0))?;
    ensure!(plane.get(path)?.is_none() && shop.live("goes")?.is_none());
    shop.ends(&["status"], 0)?;
    Ok(())
}

/// The `spec.versions` of a definition with two of them, of which the first may be gone.
fn versions(is_first_served: bool) -> String {
    let data = r#"{"type":"object","properties":{"key":{"type":"string"}}}"#;
    let schema = format!(r#""schema":{{"openAPIV3Schema":{{"type":"object","properties":{{"data":{data}}}}}}}"#);
    format!(
        r#"[{{"name":"v1beta1","served":{is_first_served},"storage":false,{schema}}},
            {{"name":"v1","served":true,"storage":true,{schema}}}]"#
    )
}

#[test]
fn fault_11_a_version_goes_and_no_object_with_it() -> Result<()> {
    const BEFORE: &str = "/apis/past.acme.io/v1beta1/namespaces/past/gadgets/one";
    const READ: Wanted = |method, path| method == "GET" && path == BEFORE;
    const DELETED: Wanted = |method, path| method == "DELETE" && path == BEFORE;
    let Some(plane) = shared()? else { return Ok(()) };
    let mut shop = context::shop(plane, "past", "")?;
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let names = r#"{"plural":"gadgets","singular":"gadget","kind":"Gadget","listKind":"GadgetList"}"#;
    let definition = format!(
        r#"{{"metadata":{{"name":"gadgets.past.acme.io"}},
            "spec":{{"group":"past.acme.io","scope":"Namespaced","names":{names},"versions":{}}}}}"#,
        versions(true)
    );
    plane.make(definitions, &definition)?;
    let gadget = |shop: &Shop<'_>, key: &str| {
        let text = "apiVersion: past.acme.io/v1beta1\nkind: Gadget\nmetadata: {name: one}\n";
        shop.file("deploy/gadget.yaml", &format!("{text}data: {{key: \"{key}\"}}\n"))
    };
    gadget(&shop, "1")?;
    context::config(&shop, "stays", "1")?;
    until("the kind is served", || Ok(shop.sluice(&["apply"])?.0 == 0))?;
    let seeing = Seeing::new(plane)?;
    shop.kubeconfig = seeing.kubeconfig(&shop)?;
    let serve = |is_first_served: bool| {
        let body = format!(r#"{{"spec":{{"versions":{}}}}}"#, versions(is_first_served));
        plane.merge(&format!("{definitions}/gadgets.past.acme.io"), &body)?;
        until("it is as the definition says", || Ok(plane.get(BEFORE)?.is_some() == is_first_served))
    };
    // The version goes once it is known to be there, and before the object is read or deleted in it.
    let meanwhile = |words: &[&str], held: Wanted| -> Result<(Option<i32>, String)> {
        serve(true)?;
        seeing.open();
        let is_read = || seeing.told().1.iter().any(|(line, _)| is(line, READ));
        until("the version is known", || Ok(shop.sluice(&["plan"]).is_ok() && is_read()))?;
        seeing.hold(held);
        let mut run = shop.command(words);
        let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let is_held = || seeing.told().1.iter().any(|(line, _)| is(line, held));
        until("it is about to be touched", || Ok(is_held()))?;
        serve(false)?;
        seeing.open();
        let output = run.wait_with_output()?;
        let said = spoken(&output);
        Ok((output.status.code(), said))
    };

    // To what it was before a policy compares it.
    gadget(&shop, "2")?;
    let (code, said) = meanwhile(&["plan"], READ)?;
    ensure!(code == Some(3) && said.contains("what it was before cannot be read"), "{code:?} {said}");
    let known = "it was \"1\" and must stay so";
    until("it is read in the version that stays", || Ok(shop.ends(&["plan"], 1)?.contains(known)))?;

    // Out of the set it is deleted, or else still owned.
    std::fs::remove_file(shop.path().join("deploy/gadget.yaml"))?;
    let (code, said) = meanwhile(&["apply"], READ)?;
    ensure!(shop.inventory()?.is_some_and(|names| names == ["stays", "one"]), "{code:?} {said}");
    // The same where the version goes between the look at the object and its deletion.
    let (code, said) = meanwhile(&["apply"], DELETED)?;
    ensure!(code == Some(1) && said.contains("delete Gadget.past.acme.io past/one"), "{code:?} {said}");
    ensure!(shop.inventory()?.is_some_and(|names| names == ["stays", "one"]), "{code:?} {said}");
    until("it is deleted in the version that stays", || Ok(shop.sluice(&["apply"])?.0 == 0 && there(&shop)?.is_none()))
}

/// The gadget in the version that stays.
fn there(shop: &Shop<'_>) -> Result<Option<serde_json::Value>> {
    shop.plane.get("/apis/past.acme.io/v1/namespaces/past/gadgets/one")
}

#[test]
fn fault_11_a_version_goes_in_the_commit_in_which_an_object_does() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "dropped", "  prune: true\n")?;
    let path = "/apis/dropped.acme.io/v2/namespaces/dropped/gadgets";
    let other = gadget("dropped", "v1", "{size: 1}").replace("{name: one}", "{name: two}");
    shop.file("deploy/definition.yaml", &definition("dropped", &["v1", "v2"]))?;
    shop.file("deploy/one.yaml", &gadget("dropped", "v1", "{size: 1}"))?;
    shop.file("deploy/two.yaml", &other)?;
    shop.ends(&["apply"], 0)?;

    // The same in another version is said anew, though no value differs: what was said in the old one goes with it.
    shop.file("deploy/one.yaml", &gadget("dropped", "v2", "{size: 1}"))?;
    let said = shop.ends(&["plan"], 0)?;
    ensure!(said.contains("no value differs, but who owns its fields"), "{said}");
    shop.ends(&["apply"], 0)?;
    let live = plane.get(&format!("{path}/one"))?.context("it is gone")?;
    let applied = live["metadata"]["managedFields"].as_array().context("nobody owns it")?.iter();
    let versions: Vec<_> = applied.filter(|it| it["manager"] == "sluice").map(|it| &it["apiVersion"]).collect();
    ensure!(versions == ["dropped.acme.io/v2"], "{versions:?}");
    ensure!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));

    // What is to be deleted was applied in a version that goes before it does.
    shop.file("deploy/definition.yaml", &definition("dropped", &["v2"]))?;
    std::fs::remove_file(shop.path().join("deploy/two.yaml"))?;
    shop.ends(&["apply"], 0)?;
    ensure!(plane.get(&format!("{path}/two"))?.is_none() && plane.get(&format!("{path}/one"))?.is_some());
    ensure!(shop.inventory()?.is_some_and(|names| names == ["gadgets.dropped.acme.io", "one"]));
    Ok(())
}

#[test]
fn fault_11_a_definition_waits_for_an_object_that_is_held() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "finalized", "")?;
    let path = "/apis/finalized.acme.io/v1/namespaces/finalized/gadgets/one";
    shop.file("deploy/definition.yaml", &definition("finalized", &["v1"]))?;
    shop.file("deploy/gadget.yaml", &gadget("finalized", "v1", "{size: 1}"))?;
    shop.ends(&["apply"], 0)?;
    plane.merge(path, r#"{"metadata":{"finalizers":["acme.io/held"]}}"#)?;

    // Both are deleted, and stay until the object is let go. Then its kind is no more, and that is no reason to wait.
    let mut run = shop.command(&["delete", "--yes"]);
    let run = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/gadgets.finalized.acme.io";
    until("the definition is being deleted", || {
        Ok(plane.get(definition)?.is_some_and(|it| it["metadata"]["deletionTimestamp"].is_string()))
    })?;
    plane.merge(path, r#"{"metadata":{"finalizers":null}}"#)?;
    let output = run.wait_with_output()?;
    let said = spoken(&output);
    ensure!(output.status.success() && shop.inventory()?.is_none(), "{} {said}", output.status);
    ensure!(plane.get(definition)?.is_none(), "the definition is still there");
    Ok(())
}
