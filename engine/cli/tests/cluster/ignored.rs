//! Fields that are left to others: they stay as others have them, and what is beside them is corrected.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::plane::{Plane, Shop, shared, spoken};

/// Applies as another field manager, which takes what it names.
fn applied_by(plane: &Plane, manager: &str, path: &str, body: &Value) -> Result<()> {
    let path = format!("{path}?fieldManager={manager}&force=true");
    let (code, answer) = plane.ask("PATCH", &path, Some(("application/apply-patch+yaml", &body.to_string())))?;
    ensure!(code == 200, "{code} {answer}");
    Ok(())
}

/// A round of the agent over the application's folder.
fn round(shop: &Shop<'_>, code: i32) -> Result<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluice"));
    command.args(["reconcile", "--once", "--listen", "off", "--config", ".", "--kubeconfig"]).arg(&shop.kubeconfig);
    let output = command.current_dir(shop.path()).stdin(Stdio::null()).output()?;
    let said = spoken(&output);
    ensure!(output.status.code() == Some(code), "{:?}\n{said}", output.status.code());
    Ok(said)
}

/// Who owns a field of `data`.
fn owners(object: &Value, field: &str) -> Vec<String> {
    let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
    let owns = entries.filter(|entry| !entry["fieldsV1"]["f:data"][format!("f:{field}")].is_null());
    owns.map(|entry| entry["manager"].as_str().unwrap_or_default().to_owned()).collect()
}

fn config(shop: &Shop<'_>, value: &str, other: &str) -> Result<()> {
    let data = format!("{{value: \"{value}\", other: \"{other}\"}}");
    shop.file("deploy/one.yaml", &format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: one}}\ndata: {data}\n"))
}

const IGNORE: &str = "  ignore: [{match: {kind: ConfigMap}, pointers: /data/value}]\n";

#[test]
fn a_field_of_somebody_else_stays_and_its_neighbour_is_corrected() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "ignored", &format!("{IGNORE}  drift: correct\n"))?;
    config(&shop, "approved", "1")?;
    // What is not there yet is made as it was approved.
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.live("one")?.context("made")?["data"], json!({ "value": "approved", "other": "1" }));
    let digest = |shop: &Shop<'_>| {
        let said = shop.ends(&["plan", "--format", "json"], 0)?;
        Ok::<_, anyhow::Error>(serde_json::from_str::<Value>(&said)?["digest"].clone())
    };
    let approved = digest(&shop)?;

    // Their change is no drift.
    plane.merge(&shop.path_of("one"), r#"{"data":{"value":"theirs"}}"#)?;
    let said = shop.ends(&["plan", "--detailed-exitcode"], 0)?;
    assert!(said.starts_with("unchanged  ConfigMap ignored/one\nplan:"), "{said}");
    let said = shop.ends(&["plan", "-v"], 0)?;
    assert!(said.contains("ignored /data/value, which differs, owned by `somebody`\n"), "{said}");
    let before = shop.live("one")?;
    let said = round(&shop, 0)?;
    assert!(said.contains("writes=0") && !said.contains("\"drift\""), "{said}");
    let said = shop.ends(&["apply"], 0)?;
    assert!(said.starts_with("unchanged"), "{said}");
    assert_eq!(shop.live("one")?, before);

    // Its neighbour is corrected by the agent, and theirs stays.
    plane.merge(&shop.path_of("one"), r#"{"data":{"other":"theirs"}}"#)?;
    let said = shop.ends(&["plan"], 1)?;
    assert!(said.contains("`.data.other` is owned by `somebody`") && !said.contains(".data.value"), "{said}");
    let said = round(&shop, 0)?;
    assert!(said.contains("applied ConfigMap ignored/one"), "{said}");
    let live = shop.live("one")?.context("there")?;
    assert_eq!(live["data"], json!({ "value": "theirs", "other": "1" }));
    assert_eq!((owners(&live, "value"), owners(&live, "other")), (vec!["somebody".into()], vec!["sluice".into()]));
    assert!(round(&shop, 0)?.contains("writes=0"));

    // A change in the manifest goes on without it; the digest is that of what was approved.
    config(&shop, "approved", "2")?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.live("one")?.context("there")?["data"], json!({ "value": "theirs", "other": "2" }));
    assert!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));
    config(&shop, "approved", "1")?;
    assert_eq!(digest(&shop)?, approved);

    // What is no longer ignored is a difference again.
    config(&shop, "approved", "2")?;
    shop.application("  conflicts: take\n")?;
    let said = shop.ends(&["plan"], 0)?;
    assert!(said.contains("data.value: \"theirs\" → \"approved\""), "{said}");
    Ok(())
}

#[test]
fn a_field_that_is_ours_alone_is_not_removed() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "ignored-ours", "")?;
    config(&shop, "first", "1")?;
    shop.ends(&["apply"], 0)?;
    // Ignored from now on, and nobody else has it: the manifest does not change it any more, nor does it go.
    shop.application(IGNORE)?;
    config(&shop, "second", "2")?;
    let said = shop.ends(&["plan", "-v"], 0)?;
    assert!(said.contains("ignored /data/value, which differs\n"), "{said}");
    shop.ends(&["apply"], 0)?;
    let live = shop.live("one")?.context("there")?;
    assert_eq!(live["data"], json!({ "value": "first", "other": "2" }));
    assert!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));
    // Somebody who applies takes it with no more than their own word, and it is not fought for.
    let theirs = json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "value": "theirs" } });
    applied_by(plane, "operator", &shop.path_of("one"), &theirs)?;
    config(&shop, "third", "3")?;
    shop.ends(&["apply"], 0)?;
    let live = shop.live("one")?.context("there")?;
    assert_eq!(live["data"], json!({ "value": "theirs", "other": "3" }));
    assert_eq!(owners(&live, "value"), ["operator"]);
    // Gone, the object is made as it was approved.
    plane.remove(&shop.path_of("one"))?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.live("one")?.context("made")?["data"], json!({ "value": "third", "other": "3" }));
    Ok(())
}

#[test]
fn values_that_are_sent_as_they_stand_never_overrule_a_later_one() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "ignored-late", "")?;
    shop.config("one", "1")?;
    shop.ends(&["apply"], 0)?;
    let read = shop.live("one")?.context("there")?;
    plane.merge(&shop.path_of("one"), r#"{"data":{"value":"later"}}"#)?;
    // This is what a run sends that has read the object before: with force, too, it is refused for its version.
    let body = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": { "value": "1" },
        "metadata": { "name": "one", "resourceVersion": read["metadata"]["resourceVersion"] },
    });
    let path = format!("{}?fieldManager=sluice&force=true", shop.path_of("one"));
    let (code, answer) = plane.ask("PATCH", &path, Some(("application/apply-patch+yaml", &body.to_string())))?;
    assert_eq!(code, 409, "{answer}");
    assert_eq!(shop.live("one")?.context("there")?["data"]["value"], "later");
    Ok(())
}

const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: 'registry.example.com/web:1.0.0', resources: {requests: {cpu: 100m}}}
      - {name: log, image: 'registry.example.com/log:1.0.0'}
";

#[test]
fn an_autoscaler_and_an_operator_are_left_alone_by_their_names() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let spec = "  drift: correct\n  ignore:\n  - managers: [kube-controller-manager]\n  - match: {kind: Deployment}\n    \
                pointers: [/spec/template/spec/containers/*/resources, /metadata/annotations]\n";
    let shop = Shop::new(plane, "ignored-scaled", spec)?;
    shop.file("deploy/web.yaml", DEPLOYMENT)?;
    shop.ends(&["apply"], 0)?;
    let path = "/apis/apps/v1/namespaces/ignored-scaled/deployments/web";
    let scale = format!("{path}/scale?fieldManager=kube-controller-manager");
    let (code, answer) =
        plane.ask("PATCH", &scale, Some(("application/merge-patch+json", r#"{"spec":{"replicas":7}}"#)))?;
    assert_eq!(code, 200, "{answer}");
    let operator = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "spec": { "template": { "spec": { "containers": [
            { "name": "web", "resources": { "requests": { "cpu": "900m" }, "limits": { "cpu": "2" } } },
        ] } } },
    });
    applied_by(plane, "operator", path, &operator)?;
    assert!(round(&shop, 0)?.contains("writes=0"));
    // The next image goes out, with their numbers.
    shop.file("deploy/web.yaml", &DEPLOYMENT.replace("web:1.0.0", "web:1.1.0"))?;
    shop.ends(&["apply"], 0)?;
    let live = plane.get(path)?.context("there")?;
    let containers = &live["spec"]["template"]["spec"]["containers"];
    assert_eq!(live["spec"]["replicas"], 7);
    assert_eq!(containers[0]["image"], "registry.example.com/web:1.1.0");
    assert_eq!(containers[0]["resources"], json!({ "requests": { "cpu": "900m" }, "limits": { "cpu": "2" } }));
    assert!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));
    let said = shop.ends(&["plan", "-v"], 0)?;
    for words in [
        "ignored /spec/replicas, which differs, owned by `kube-controller-manager`\n",
        "ignored /spec/template/spec/containers/0/resources, which differs, owned by `operator`\n",
    ] {
        assert!(said.contains(words), "{words}{said}");
    }
    Ok(())
}

#[test]
fn who_wrote_an_empty_map_does_not_own_what_is_in_it() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let spec = "  ignore: [{match: {kind: Deployment}, pointers: '/spec/template/spec/containers/*/resources'}]\n";
    let shop = Shop::new(plane, "ignored-empty", spec)?;
    shop.file("deploy/web.yaml", DEPLOYMENT)?;
    shop.ends(&["apply"], 0)?;
    let path = "/apis/apps/v1/namespaces/ignored-empty/deployments/web";
    let operator = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "spec": { "template": { "spec": { "containers": [{ "name": "web", "resources": {} }] } } },
    });
    applied_by(plane, "operator", path, &operator)?;
    let there = plane.get(path)?.context("there")?;
    let element = "/f:spec/f:template/f:spec/f:containers/k:{\"name\":\"web\"}/f:resources";
    let entries = there["metadata"]["managedFields"].as_array().context("entries")?;
    let theirs = entries.iter().find(|entry| entry["manager"] == "operator").context("theirs")?;
    assert_eq!(theirs["fieldsV1"].pointer(element), Some(&json!({})));
    shop.file("deploy/web.yaml", &DEPLOYMENT.replace("web:1.0.0", "web:1.1.0").replace("100m", "200m"))?;
    shop.ends(&["apply"], 0)?;
    let live = plane.get(path)?.context("there")?;
    let container = &live["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(container["image"], "registry.example.com/web:1.1.0");
    assert_eq!(container["resources"], json!({ "requests": { "cpu": "100m" } }));
    assert!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));
    Ok(())
}

#[test]
fn a_map_that_is_one_value_is_left_to_others_as_a_whole() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "ignored-map", "  ignore: [{pointers: /spec/selector/app}]\n")?;
    let service = |app: &str, tier: &str| {
        let spec = format!("{{selector: {{app: {app}, tier: {tier}}}, ports: [{{port: 80}}]}}");
        let text = format!("apiVersion: v1\nkind: Service\nmetadata: {{name: web}}\nspec: {spec}\n");
        shop.file("deploy/service.yaml", &text)
    };
    let path = "/api/v1/namespaces/ignored-map/services/web";
    let selector = || Ok::<_, anyhow::Error>(plane.get(path)?.context("there")?["spec"]["selector"].clone());
    service("first", "a")?;
    shop.ends(&["apply"], 0)?;
    // Ours alone, its other members go on.
    service("second", "b")?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(selector()?, json!({ "app": "first", "tier": "b" }));
    // Whoever changes a member owns all of it.
    plane.merge(path, r#"{"spec":{"selector":{"app":"theirs"}}}"#)?;
    let said = shop.ends(&["plan"], 1)?;
    assert!(said.contains("`/spec/selector` is a map that Kubernetes replaces as a whole"), "{said}");
    shop.application("  ignore: [{pointers: /spec/selector}]\n")?;
    service("third", "c")?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(selector()?, json!({ "app": "theirs", "tier": "b" }));
    Ok(())
}

#[test]
fn what_kubectl_made_keeps_what_is_ignored() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "ignored-adopted", &format!("{IGNORE}  adopt: true\n"))?;
    let path = "/api/v1/namespaces/ignored-adopted/configmaps?fieldManager=kubectl-create";
    plane.make(path, r#"{"metadata":{"name":"one"},"data":{"value":"before","old":"x"}}"#)?;
    config(&shop, "ours", "1")?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(shop.live("one")?.context("there")?["data"], json!({ "value": "before", "other": "1" }));
    assert!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));
    Ok(())
}

#[test]
fn what_cannot_be_ignored_is_told() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "ignored-wrong", "  ignore: [{pointers: spec.replicas}]\n")?;
    shop.config("one", "1")?;
    let said = shop.ends(&["plan"], 2)?;
    for words in ["app.yaml:8:", "`spec.replicas` is no pointer", "write `/spec/replicas`"] {
        assert!(said.contains(words), "{words}\n{said}");
    }
    shop.application("  ignore: [{managers: [sluice]}]\n")?;
    let said = shop.ends(&["apply"], 2)?;
    assert!(said.contains("`sluice` owns, which is this installation"), "{said}");
    // A list without keys is one value.
    shop.application("  ignore: [{pointers: '/spec/ingress/*/from'}]\n")?;
    shop.file(
        "deploy/policy.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: in}\n\
         spec: {podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}\n",
    )?;
    shop.ends(&["apply"], 0)?;
    let said = shop.ends(&["plan"], 1)?;
    assert!(said.contains("`/spec/ingress` is a list that Kubernetes replaces as a whole"), "{said}");
    Ok(())
}

fn secret(shop: &Shop<'_>, values: &str) -> Result<()> {
    shop.file(
        "deploy/pin.yaml",
        &format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: pin}}\nstringData: {values}\n"),
    )
}

#[test]
fn texts_of_a_secret_are_fields_of_its_data() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "ignored-texts", "")?;
    let path = "/api/v1/namespaces/ignored-texts/secrets/pin";
    let data = || Ok::<_, anyhow::Error>(plane.get(path)?.context("there")?["data"].clone());
    secret(&shop, "{p: first, q: second}")?;
    shop.ends(&["apply"], 0)?;
    assert!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));
    plane.merge(path, r#"{"data":{"p":"dGhlaXJz"}}"#)?;
    let theirs = json!({ "p": "dGhlaXJz", "q": "c2Vjb25k" });
    for words in ["plan", "apply"] {
        let said = shop.ends(&[words], 1)?;
        assert!(said.contains("`.data.p` is owned by `somebody`"), "{said}");
        assert_eq!(data()?, theirs);
    }
    for ignore in [
        "pointers: /data/p",
        "pointers: /data",
        "managers: [somebody]",
        "pointers: /stringData/p",
        "pointers: /stringData",
    ] {
        shop.application(&format!("  ignore: [{{{ignore}}}]\n"))?;
        assert!(shop.ends(&["apply"], 0)?.starts_with("unchanged"), "{ignore}");
        let said = shop.ends(&["plan", "-v"], 0)?;
        assert!(said.contains("which differs, owned by `somebody`"), "{ignore}: {said}");
        assert_eq!(data()?, theirs, "{ignore}");
    }
    // What leaves the manifest goes, and what is beside it goes on.
    shop.application("  ignore: [{pointers: /data/p}]\n")?;
    secret(&shop, "{p: third, r: fourth}")?;
    shop.ends(&["apply"], 0)?;
    assert_eq!(data()?, json!({ "p": "dGhlaXJz", "r": "Zm91cnRo" }));
    Ok(())
}

#[test]
fn a_secret_that_was_applied_as_texts_is_left_to_others_too() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "ignored-before", "")?;
    let path = "/api/v1/namespaces/ignored-before/secrets/pin";
    secret(&shop, "{p: first}")?;
    shop.ends(&["apply"], 0)?;
    // So it was sent before.
    let texts = json!({ "apiVersion": "v1", "kind": "Secret", "stringData": { "p": "first" } });
    applied_by(plane, "sluice", path, &texts)?;
    let live = plane.get(path)?.context("there")?;
    assert_eq!((&live["data"], owners(&live, "p")), (&json!({ "p": "Zmlyc3Q=" }), Vec::new()), "{live}");
    assert!(shop.ends(&["apply"], 0)?.starts_with("unchanged"));
    plane.merge(path, r#"{"data":{"p":"dGhlaXJz"}}"#)?;
    let said = shop.ends(&["apply"], 1)?;
    assert!(said.contains("`.data.p` is owned by `somebody`"), "{said}");
    shop.application("  ignore: [{pointers: /data/p}]\n")?;
    secret(&shop, "{p: first, q: second}")?;
    shop.ends(&["apply"], 0)?;
    let live = plane.get(path)?.context("there")?;
    assert_eq!(live["data"], json!({ "p": "dGhlaXJz", "q": "c2Vjb25k" }));
    Ok(())
}
