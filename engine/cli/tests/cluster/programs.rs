//! What programs read of a plan and a status is as the schemas say.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::plane::{Shop, shared};

/// What a command writes for programs, which has to be as its schema says.
fn written(shop: &Shop<'_>, command: &str, code: i32) -> Result<Value> {
    let output = shop.command(&[command, "--format", "json"]).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.code() == Some(code), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let report = serde_json::from_str(&said).with_context(|| format!("no JSON: {said}"))?;
    let schema = Command::new(env!("CARGO_BIN_EXE_sluice")).args(["schema", command]).output()?;
    let schema = serde_json::from_slice(&schema.stdout)?;
    let validator = jsonschema::draft202012::new(&schema)?;
    let errors: Vec<String> =
        validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
    ensure!(errors.is_empty(), "{errors:#?}\n{report:#}");
    Ok(report)
}

/// The object of this name in a report.
fn object<'r>(report: &'r Value, name: &str) -> &'r Value {
    let mut objects = report["objects"].as_array().into_iter().flatten();
    objects.find(|object| object["resource"]["name"] == name).unwrap_or(&Value::Null)
}

#[test]
fn a_plan_for_programs_has_every_object_and_no_secret() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "programs", "  prune: true\n")?;
    let secret = |value: &str| {
        let text = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: db}}\nstringData: {{password: {value}}}\n");
        shop.file("deploy/db.yaml", &text)
    };
    for name in ["gone", "kept", "old", "same", "changed"] {
        shop.config(name, "1")?;
    }
    secret("hunter2hunter2")?;
    shop.ends(&["apply"], 0)?;
    plane.merge(&shop.path_of("kept"), r#"{"metadata":{"annotations":{"sluice.dev/prune":"disabled"}}}"#)?;
    plane.remove(&shop.path_of("gone"))?;
    for name in ["gone", "kept", "old"] {
        std::fs::remove_file(shop.path().join(format!("deploy/{name}.yaml")))?;
    }
    shop.config("changed", "2")?;
    shop.config("new", "1")?;
    secret("hunter3hunter3")?;
    shop.file(
        "deploy/later.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: programs-later}\n---\napiVersion: v1\nkind: ConfigMap\n\
         metadata: {name: in-it, namespace: programs-later}\n",
    )?;
    let report = written(&shop, "plan", 0)?;
    let counts = json!({
        "create": 2, "change": 2, "unchanged": 1, "deferred": 1, "error": 0,
        "prune": 1, "gone": 1, "release": 1, "keep": 0, "unknown": 0,
    });
    assert_eq!(report["summary"], counts, "{report:#}");
    assert_eq!((&report["applicable"], &report["changes"]), (&json!(true), &json!(true)));
    let changed = &object(&report, "changed")["fields"];
    assert_eq!(
        (&changed[0]["path"], &changed[0]["before"], &changed[0]["after"]),
        (&json!("/data/value"), &json!("1"), &json!("2"))
    );
    assert_eq!(changed.as_array().map(Vec::len), Some(1), "{changed:#}");
    assert_eq!(object(&report, "db")["fields"][0]["hidden"], true);
    let all = report.to_string();
    for word in ["hunter", "aHVudGVy"] {
        assert!(!all.contains(word), "{word}: {report:#}");
    }
    assert_eq!(written(&shop, "plan", 0)?, report, "the same again");

    // What is wrong, and what has to be acknowledged.
    shop.file("deploy/wrong.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: wrong}\ndato: {}\n")?;
    let report = written(&shop, "plan", 1)?;
    assert_eq!((&report["summary"]["error"], &report["applicable"]), (&json!(1), &json!(false)));
    assert!(object(&report, "wrong")["reason"].as_str().unwrap_or_default().contains("dato"), "{report:#}");
    let place = json!({ "file": "deploy/wrong.yaml", "line": 4, "column": 1 });
    assert_eq!((&object(&report, "wrong")["place"], &object(&report, "db")["place"]), (&place, &Value::Null));
    std::fs::remove_file(shop.path().join("deploy/wrong.yaml"))?;
    shop.ends(&["apply"], 0)?;
    // What the gate denies is told in the same form.
    shop.file(
        "deploy/latest.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'a:latest'}]}\n",
    )?;
    let report = written(&shop, "plan", 1)?;
    assert_eq!((&report["verdict"], &report["applicable"]), (&json!("deny"), &json!(false)));
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["rule"], &finding["location"]["line"]),
        (&json!("image-tags/mutable-tag"), &json!(4)),
        "{report:#}"
    );
    std::fs::remove_file(shop.path().join("deploy/latest.yaml"))?;
    std::fs::remove_file(shop.path().join("deploy/later.yaml"))?;
    let report = written(&shop, "plan", 1)?;
    assert_eq!(report["unacknowledged"][0]["word"], "prune-namespace", "{report:#}");
    Ok(())
}

#[test]
fn a_status_for_programs_says_how_each_object_is() -> Result<()> {
    let Some(plane) = shared()? else { return Ok(()) };
    let shop = Shop::new(plane, "stands", "  wait: 1s\n")?;
    let (code, said) = shop.sluice(&["status", "--format", "json"])?;
    assert!(code == 2 && said.contains("it was never applied, or was deleted"), "{said}");
    shop.config("one", "1")?;
    shop.config("two", "2")?;
    shop.ends(&["apply"], 0)?;
    let report = written(&shop, "status", 0)?;
    assert_eq!((&report["phase"], &report["good"]), (&json!("applied"), &json!(true)));
    assert_eq!(report["release"]["digest"], report["healthy"][0]["digest"]);
    // Nothing runs pods here, and somebody takes an object away.
    shop.file(
        "deploy/pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: 'a:1.0.0'}]}\n",
    )?;
    shop.ends(&["apply"], 1)?;
    plane.remove(&shop.path_of("two"))?;
    let report = written(&shop, "status", 1)?;
    let health = ["one", "two", "web"].map(|name| object(&report, name)["health"].as_str().unwrap_or_default());
    assert_eq!(health, ["healthy", "missing", "in-progress"], "{report:#}");
    assert_eq!(report["good"], false);

    // What has left the set counts no more, whether it stays or somebody takes it away.
    std::fs::remove_file(shop.path().join("deploy/pod.yaml"))?;
    std::fs::remove_file(shop.path().join("deploy/two.yaml"))?;
    shop.config("three", "3")?;
    shop.ends(&["apply"], 0)?;
    let report = written(&shop, "status", 0)?;
    let stands = |name: &str| (object(&report, name)["inSet"].clone(), object(&report, name)["health"].clone());
    assert_eq!(stands("one"), (json!(true), json!("healthy")), "{report:#}");
    assert_eq!(stands("web"), (json!(false), json!("in-progress")), "{report:#}");
    plane.remove("/api/v1/namespaces/stands/pods/web?gracePeriodSeconds=0")?;
    let report = written(&shop, "status", 0)?;
    assert_eq!(object(&report, "web")["health"], "missing", "{report:#}");
    plane.remove(&shop.path_of("three"))?;
    assert_eq!(written(&shop, "status", 1)?["good"], false);
    Ok(())
}
