//! SARIF, against the official schema.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use sluice_manifest::Operation;
use sluice_policy::{Applied, Finding, Location, Verdict};
use sluice_report::Format;

use crate::json::everything;
use crate::sample::{CART, finding_at, mutable_tag, options, verdict, written};

/// The schema of OASIS, as the package `serde-sarif` carries it. That package is never built: it is named for a target
/// that does not exist, so that the lock file pins it and Cargo fetches it.
fn official_schema() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let manifest = format!("{}/Cargo.toml", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let arguments = ["metadata", "--format-version=1", "--manifest-path", &manifest];
    let output = Command::new(cargo).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let mut packages = metadata["packages"].as_array().unwrap().iter();
    let package = packages.find(|package| package["name"] == "serde-sarif").unwrap();
    let folder = PathBuf::from(package["manifest_path"].as_str().unwrap());
    let text = std::fs::read_to_string(folder.with_file_name("src").join("schema.json")).unwrap();
    // A bracket that the validator's dialect of regular expressions wants escaped; it says the same.
    let text = text.replace("{2}]?$", r"{2}\\]?$");
    serde_json::from_str(&text).unwrap()
}

fn valid(texts: &[String]) {
    let schema = official_schema();
    assert!(schema["title"].as_str().unwrap().contains("2.1.0"));
    let validator = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for text in texts {
        let log: Value = serde_json::from_str(text).unwrap();
        let errors = validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path()));
        assert_eq!(errors.collect::<Vec<_>>(), Vec::<String>::new());
    }
    let mut broken: Value = serde_json::from_str(&texts[0]).unwrap();
    broken["runs"][0]["columnKind"] = Value::from("bytes");
    assert!(!validator.is_valid(&broken), "the validator takes anything");
}

fn sarif(verdict: &Verdict) -> String {
    written(verdict, &options(Format::Sarif))
}

fn results(verdict: &Verdict) -> Vec<Value> {
    let log: Value = serde_json::from_str(&sarif(verdict)).unwrap();
    log["runs"][0]["results"].as_array().unwrap().clone()
}

fn prints(findings: Vec<Finding>) -> Vec<String> {
    let print = |result: &Value| result["partialFingerprints"]["sluiceFinding/v1"].as_str().unwrap().to_owned();
    results(&verdict(findings)).iter().map(print).collect()
}

fn fixed() -> Finding {
    let pointer = "/spec/template/spec/containers/0/image".to_owned();
    Finding { fix: vec![Operation::Replace { pointer, value: "\"ghcr.io/acme/cart:1.4.2\"".into() }], ..mutable_tag() }
}

#[test]
fn valid_against_the_official_schema() {
    let mut config = Vec::new();
    sluice_report::write_config_errors(&crate::config::errors(), &options(Format::Sarif), &mut config).unwrap();
    let odd = ["-", "/srv/ü x.yaml", "../a:b%.yaml", "C:/x.yaml"].map(|file| finding_at(file, CART));
    let unplaced = Finding { location: None, snippet: None, resource: None, path: None, ..mutable_tag() };
    let mut strange = mutable_tag();
    strange.location = Some(Location { line: 0, column: 0, end_line: 0, end_column: 0, ..strange.location.unwrap() });
    strange.url = Some("javascript:alert(1)".into());
    strange.rule = "other/rule".into();
    let texts = [
        sarif(&everything()),
        sarif(&verdict(vec![])),
        sarif(&verdict(vec![fixed(), unplaced, strange])),
        sarif(&verdict(odd.into())),
        String::from_utf8(config).unwrap(),
    ];
    valid(&texts);
}

#[test]
fn a_run() {
    let exception = Applied { reason: "vendor image, ticket OPS-112".into(), expires: Some("2027-01-31".into()) };
    let excepted = Finding { exception: Some(exception), ..mutable_tag() };
    insta::assert_snapshot!(sarif(&verdict(vec![fixed(), excepted, crate::sample::fault()])));
}

#[test]
fn what_is_about_the_run_is_no_result() {
    for rule in ["sluice/too-many-findings", "sluice/render-failed"] {
        let (location, snippet, resource, path) = (None, None, None, None);
        let about = Finding { rule: rule.into(), location, snippet, resource, path, ..mutable_tag() };
        let log: Value = serde_json::from_str(&sarif(&verdict(vec![about]))).unwrap();
        let run = &log["runs"][0];
        assert_eq!(run["results"], serde_json::json!([]), "{rule}");
        let notifications = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!((notifications.len(), &notifications[0]["associatedRule"]["id"]), (1, &Value::from(rule)));
    }
}

#[test]
fn a_fix_gives_the_region_and_the_text() {
    let results = results(&verdict(vec![fixed()]));
    let replacement = &results[0]["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["deletedRegion"], results[0]["locations"][0]["physicalLocation"]["region"]);
    assert_eq!(replacement["insertedContent"]["text"], "ghcr.io/acme/cart:1.4.2");
}

#[test]
fn a_rule_of_few_words_has_words_in_each_place() {
    let mut judged = verdict(vec![mutable_tag()]);
    judged.rules.push(sluice_policy::RuleInfo {
        id: "a/short".into(),
        severity: sluice_plugin::Severity::Error,
        summary: "images are pinned".into(),
        help: "".into(),
        url: None,
    });
    let log: Value = serde_json::from_str(&sarif(&judged)).unwrap();
    let mut rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap().iter();
    let rule = rules.find(|rule| rule["id"] == "a/short").unwrap();
    let words = [&rule["shortDescription"]["text"], &rule["fullDescription"]["text"], &rule["help"]["text"]];
    assert_eq!(words, [&Value::from("images are pinned"); 3]);
}

#[test]
fn fingerprints_stay_when_lines_move_and_words_change() {
    let print = prints(vec![mutable_tag()]);
    let mut moved = finding_at("deploy/cart.yaml", &format!("# a comment\n\n{CART}"));
    moved.message = "other words".into();
    moved.help = "other help".into();
    assert_ne!(moved.location, mutable_tag().location);
    assert_eq!(prints(vec![moved]), print);

    let after = Finding { path: Some("/spec/template/spec/containers/7/image".into()), ..mutable_tag() };
    assert_eq!(prints(vec![after]), print, "a container was put before");

    let other_file = finding_at("elsewhere.yaml", CART);
    assert_eq!(prints(vec![other_file]), print);
    let mut newer = mutable_tag();
    newer.resource.as_mut().unwrap().api_version = "apps/v2".into();
    assert_eq!(prints(vec![newer]), print);
}

#[test]
fn fingerprints_differ_where_findings_do() {
    let rule = Finding { rule: "image-tags/other".into(), ..mutable_tag() };
    let path = Finding { steady: Some("/spec/template/spec/containers/~=other/image".into()), ..mutable_tag() };
    let value = finding_at("deploy/cart.yaml", &CART.replace(":latest", ":main"));
    let mut object = mutable_tag();
    object.resource.as_mut().unwrap().name = "basket".into();
    let nowhere = |file: &str| Finding { resource: None, path: None, ..finding_at(file, CART) };
    let findings = vec![mutable_tag(), mutable_tag(), rule, path, value, object, nowhere("a"), nowhere("b")];
    let mut prints = prints(findings);
    assert!(prints[0].ends_with(":1") && prints[1].ends_with(":2"));
    assert_eq!(prints[0].trim_end_matches(":1"), prints[1].trim_end_matches(":2"));
    prints.sort();
    prints.dedup();
    assert_eq!(prints.len(), 8);
}

#[test]
fn past_the_limit_of_code_scanning_what_denies_comes_first() {
    let note = Finding { severity: sluice_plugin::Severity::Info, ..mutable_tag() };
    let mut findings = vec![note; 25_000];
    findings.push(mutable_tag());
    let text = sarif(&verdict(findings));
    let log: Value = serde_json::from_str(&text).unwrap();
    let run = &log["runs"][0];
    assert_eq!(run["results"].as_array().unwrap().len(), 25_000);
    assert_eq!(run["results"][24_999]["level"], "error");
    let told = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str().unwrap();
    assert!(told.starts_with("1 findings are left out"), "{told}");
}
