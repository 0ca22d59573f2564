//! The JSON report, against its schema.

use serde_json::Value;
use sluice_manifest::{Identity, Operation};
use sluice_plugin::Severity;
use sluice_policy::{Action, Applied, Finding, Verdict};
use sluice_report::Format;

use crate::sample::{cart, fault, mutable_tag, options, rendered, verdict, written};

fn valid(text: &str) -> Value {
    let schema = serde_json::from_str(sluice_report::json_schema()).unwrap();
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let report = serde_json::from_str(text).unwrap();
    let errors = validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path()));
    assert_eq!(errors.collect::<Vec<_>>(), Vec::<String>::new());
    report
}

/// One verdict with everything that a report can say.
pub(crate) fn everything() -> Verdict {
    let value = |text: &str| text.to_owned();
    let pointer = || value("/spec/a");
    let fix = vec![
        Operation::Test { pointer: pointer(), value: value(r#" {"b": [1, 2.5, null, true, "x"]} "#) },
        Operation::Add { pointer: pointer(), value: value("9007199254740993") },
        Operation::Replace { pointer: pointer(), value: value("\"ü\\n\"") },
        Operation::Remove { pointer: pointer() },
        Operation::Move { from: value("/x"), pointer: pointer() },
        Operation::Copy { from: value("/x"), pointer: pointer() },
    ];
    let exception = Applied { reason: value("vendor image"), expires: Some(value("2027-01-31")) };
    let cluster = Identity { namespace: None, ..cart() };
    let findings = vec![
        Finding { fix, ..mutable_tag() },
        Finding { exception: Some(exception), ..mutable_tag() },
        Finding { action: Action::Audit, resource: Some(cluster), ..mutable_tag() },
        Finding { severity: Severity::Warning, written_by: Some(value("standard-labels")), ..mutable_tag() },
        Finding { severity: Severity::Info, action: Action::Warn, ..mutable_tag() },
        Finding { rendered: rendered(false), ..mutable_tag() },
        fault(),
    ];
    let mut verdict = verdict(findings);
    verdict.summary.skipped = vec![(value("values.yaml"), value("no `kind`"))];
    verdict.summary.mutated = 2;
    verdict
}

#[test]
fn the_report_says_everything() {
    let text = written(&everything(), &options(Format::Json));
    let report = valid(&text);
    assert!(text.ends_with("}\n"));
    insta::assert_snapshot!(text);
    let summary = report["summary"].as_object().unwrap();
    let sum = ["errors", "warnings", "notes", "audited", "excepted"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!(sum.iter().sum::<u64>(), summary["findings"].as_u64().unwrap());
}

#[test]
fn an_empty_report_is_valid() {
    valid(&written(&verdict(vec![]), &options(Format::Json)));
}

/// A member that the schema does not know, or knows and does not get, must not pass.
#[test]
fn the_schema_is_strict() {
    let schema = serde_json::from_str(sluice_report::json_schema()).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let report = valid(&written(&everything(), &options(Format::Json)));
    assert!(validator.is_valid(&report));
    for pointer in ["", "/summary", "/findings/0", "/findings/0/location", "/findings/0/resource", "/findings/0/fix/0"]
    {
        let mut more = report.clone();
        more.pointer_mut(pointer).unwrap()["unheardOf"] = Value::Null;
        assert!(!validator.is_valid(&more), "{pointer} takes any member");
        for name in report.pointer(pointer).unwrap().as_object().unwrap().keys() {
            let mut less = report.clone();
            less.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
            assert!(!validator.is_valid(&less), "{pointer} may lack {name}");
        }
    }
}

#[test]
fn the_schema_describes_every_member_of_a_finding() {
    let schema: Value = serde_json::from_str(sluice_report::json_schema()).unwrap();
    for definition in ["report", "finding", "summary", "resource"] {
        for (name, member) in schema["$defs"][definition]["properties"].as_object().unwrap() {
            let described = member.get("description").or_else(|| member.get("$ref"));
            assert!(described.is_some(), "{definition}.{name}");
        }
    }
}

#[test]
fn a_wrong_policy_file_is_valid() {
    let mut out = Vec::new();
    sluice_report::write_config_errors(&crate::config::errors(), &options(Format::Json), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    valid(&text);
    insta::assert_snapshot!(text);
}
