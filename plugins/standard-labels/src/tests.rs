//! What is added, and what is left alone. What the host sees is held by `fixtures`.

use sluice_sdk::prelude::*;
use sluice_sdk::{Operation, testing};

use crate::Plugin;

const SETTINGS: &str = r#"{"labels": {"team": "shop", "a.io/tier": "web"}, "annotations": {"owner": "shop team"}}"#;

fn mutate(yaml: &str, settings: &str) -> Vec<String> {
    let patches = testing::mutate::<Plugin>(&Resource::from_yaml(yaml).unwrap(), settings).unwrap();
    let operations = patches.into_iter().flat_map(|patch| patch.operations);
    let shown = operations.map(|operation| match operation {
        Operation::Add { pointer, value } => format!("add {pointer} {value}"),
        Operation::Replace { pointer, value } => format!("replace {pointer} {value}"),
        Operation::Remove { pointer } => format!("remove {pointer}"),
    });
    shown.collect()
}

fn deployment(labels: &str, selector: &str, template: &str) -> String {
    format!(
        "{{ apiVersion: apps/v1, kind: Deployment, metadata: {{ name: d, labels: {labels}, annotations: {{ owner: x }} }},
           spec: {{ selector: {selector}, template: {{ metadata: {template}, spec: {{ containers: [] }} }} }} }}"
    )
}

#[test]
fn nothing_without_settings() {
    assert!(mutate("{ apiVersion: v1, kind: ConfigMap, metadata: { name: c } }", "{}").is_empty());
}

#[test]
fn adds_what_is_missing() {
    let config =
        |metadata: &str| mutate(&format!("{{ apiVersion: v1, kind: ConfigMap, metadata: {metadata} }}"), SETTINGS);
    assert_eq!(
        config("{ name: c }"),
        [
            r#"add /metadata/labels {"a.io/tier":"web","team":"shop"}"#,
            r#"add /metadata/annotations {"owner":"shop team"}"#,
        ]
    );
    assert_eq!(
        config("{ labels: { team: other }, annotations: {} }"),
        [r#"add /metadata/labels/a.io~1tier "web""#, r#"add /metadata/annotations/owner "shop team""#,]
    );
    assert!(config("{ labels: { team: other, a.io/tier: x }, annotations: { owner: '' } }").is_empty());
    let whole = r#"add /metadata {"labels":{"a.io/tier":"web","team":"shop"},"annotations":{"owner":"shop team"}}"#;
    assert_eq!(config("null"), [whole]);
    assert_eq!(config("{ labels: null, annotations: { owner: x } }").len(), 1);
    assert!(config("text").is_empty(), "what cannot be read is left alone");
}

#[test]
fn pod_templates_get_them_too() {
    let yaml = deployment("{ team: x, a.io/tier: x }", "{ matchLabels: { app: d } }", "{ labels: { app: d } }");
    assert_eq!(
        mutate(&yaml, SETTINGS),
        [
            r#"add /spec/template/metadata/labels/a.io~1tier "web""#,
            r#"add /spec/template/metadata/labels/team "shop""#,
            r#"add /spec/template/metadata/annotations {"owner":"shop team"}"#,
        ]
    );
    assert!(mutate(&yaml, r#"{"labels": {"team": "shop"}, "podTemplates": false}"#).is_empty());
    let job = "{ apiVersion: batch/v1, kind: CronJob, metadata: { labels: { team: x } },
                 spec: { jobTemplate: { spec: { template: { spec: { containers: [] } } } } } }";
    let labels = r#"{"labels": {"team": "shop"}}"#;
    assert_eq!(mutate(job, labels), [r#"add /spec/jobTemplate/spec/template/metadata {"labels":{"team":"shop"}}"#]);
    assert!(
        mutate(
            "{ apiVersion: apps/v1, kind: Deployment, metadata: { labels: { team: x } }, spec: { template: null } }",
            labels
        )
        .is_empty()
    );
}

#[test]
fn overwrites_only_when_told() {
    let yaml = deployment("{ team: x }", "{ matchLabels: { app: d } }", "{ labels: { app: d, team: y } }");
    assert!(mutate(&yaml, r#"{"labels": {"team": "shop"}}"#).is_empty());
    assert_eq!(
        mutate(&yaml, r#"{"labels": {"team": "shop"}, "overwrite": true}"#),
        [r#"replace /metadata/labels/team "shop""#, r#"replace /spec/template/metadata/labels/team "shop""#,]
    );
    let same = deployment("{ team: shop }", "{}", "{ labels: { team: shop } }");
    assert!(mutate(&same, r#"{"labels": {"team": "shop"}, "overwrite": true}"#).is_empty());
}

#[test]
fn what_a_selector_names_is_left_alone() {
    let settings = r#"{"labels": {"team": "shop"}, "overwrite": true}"#;
    for selector in [
        "{ matchLabels: { team: y } }",
        "{ matchExpressions: [{ key: team, operator: DoesNotExist }] }",
        "{ matchLabels: { app: d }, matchExpressions: [{ key: team, operator: In, values: [y] }] }",
    ] {
        for template in ["{ labels: { team: y } }", "{ labels: { app: d } }", "{ labels: null }", "null"] {
            let operations = mutate(&deployment("{ team: shop }", selector, template), settings);
            assert!(operations.is_empty(), "{selector} {template}: {operations:?}");
        }
    }
    let controller = "{ apiVersion: v1, kind: ReplicationController, metadata: { labels: { team: shop } },
        spec: { selector: { team: y }, template: { metadata: { labels: { team: y } }, spec: {} } } }";
    assert!(mutate(controller, settings).is_empty());
}

#[test]
fn settings_that_kubernetes_would_refuse() {
    let long = "x".repeat(64);
    for (settings, pointer) in [
        (r#"{"labels": {"bad name": "x"}}"#.to_owned(), "/labels/bad name"),
        (r#"{"labels": {"A.io/x": "x"}}"#.to_owned(), "/labels/A.io~1x"),
        (r#"{"labels": {"x": "with space"}}"#.to_owned(), "/labels/x"),
        (format!(r#"{{"labels": {{"x": "{long}"}}}}"#), "/labels/x"),
        (r#"{"annotations": {"/x": "y"}}"#.to_owned(), "/annotations/~1x"),
        (r#"{"label": {}}"#.to_owned(), ""),
    ] {
        let errors = testing::configure::<Plugin>(&settings).err().unwrap();
        assert_eq!(errors[0].pointer, pointer, "{settings}: {errors:?}");
    }
    assert!(
        testing::configure::<Plugin>(r#"{"labels": {"x": ""}, "annotations": {"A.io/y": "any text, at all"}}"#).is_ok()
    );
}
