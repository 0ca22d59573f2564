//! The published YAML test suite, read as Kubernetes reads YAML. Where that is not YAML 1.2 the case is listed, with its
//! reason, in `tests/yaml-suite.txt`; a line there that is no longer needed fails the test.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::{Limits, complete, split};
use crate::Text;

/// Cases that agree, of 402.
const AGREE: usize = 274;

/// The values of a text; nothing where Kubernetes refuses it or part of it.
fn values(content: &str) -> Option<Vec<Value>> {
    let text = Arc::new(Text::new("case.yaml", content));
    let mut values = Vec::new();
    let mut at = 0;
    while at < content.len() {
        let (piece, next) = split::yaml_piece(content, at);
        at = next;
        if piece.kind != split::Form::Yaml {
            return None;
        }
        let reading = complete::read(&text, piece.span, &Limits::default()).ok()?;
        if reading.rest.is_some() {
            return None;
        }
        values.extend(reading.tree.map(|tree| serde_json::from_str(&tree.root().to_json()).unwrap()));
    }
    Some(values)
}

/// Equal as JSON, where `1` and `1.0` are one number.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| right.get(key).is_some_and(|right| same(value, right)))
        }
        _ => left == right,
    }
}

fn agrees(case: &Value) -> bool {
    let read = values(case["yaml"].as_str().unwrap());
    match (case["must_fail"].as_bool().unwrap(), case["json_docs"].as_array()) {
        (true, _) => read.is_none(),
        (false, None) => read.is_some(),
        (false, Some(expected)) => read.is_some_and(|read| {
            read.len() == expected.len() && read.iter().zip(expected).all(|(left, right)| same(left, right))
        }),
    }
}

#[test]
fn the_yaml_suite_agrees_but_for_what_is_listed() {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let cases = folder.join("../../../shared/corpus/yaml/cases.jsonl");
    if !cases.is_file() {
        assert!(std::env::var_os("CI").is_none(), "the third-party data is missing: {}", cases.display());
        eprintln!("left out: there is no third-party data at {}", cases.display());
        return;
    }
    let listed = std::fs::read_to_string(folder.join("tests/yaml-suite.txt")).unwrap();
    let lines = listed.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut listed: BTreeMap<&str, &str> = lines.filter_map(|line| line.split_once(": ")).collect();
    let (mut agree, mut wrong) = (0, Vec::new());
    for line in std::fs::read_to_string(cases).unwrap().lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap();
        let reason = listed.remove(id);
        match (agrees(&case), reason) {
            (true, None) => agree += 1,
            (false, Some(reason)) => assert!(!reason.trim().is_empty(), "{id} has no reason"),
            (true, Some(_)) => wrong.push(format!("{id} is listed, but agrees")),
            (false, None) => wrong.push(format!("{id} disagrees: {:?}", values(case["yaml"].as_str().unwrap()))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(listed.is_empty(), "listed, but not in the suite: {listed:?}");
    assert_eq!(agree, AGREE);
}
