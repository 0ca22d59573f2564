//! What a plugin gets to see: other objects by grant, the object as it was before, secrets without their data.

use std::sync::Arc;

use sluice_plugin::{Call, Grants, KindSelector, SecretAccess, Set};

use crate::stage::{call, deployment, hostile, hostile_with, limits, resource};

fn namespace(name: &str) -> Arc<sluice_manifest::Resource> {
    resource(&format!(r#"{{"apiVersion":"v1","kind":"Namespace","metadata":{{"name":"{name}"}}}}"#))
}

fn secret(value: &str) -> Arc<sluice_manifest::Resource> {
    resource(&format!(
        r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"shop"}},"data":{{"password":"{value}"}}}}"#
    ))
}

fn messages(mode: &str, grants: Grants, call: &Call) -> Vec<String> {
    let checked = hostile_with(mode, limits(), grants).check(call).unwrap();
    checked.findings.into_iter().map(|finding| finding.message).collect()
}

fn granted(kind: &str) -> Grants {
    let selector = KindSelector { group: String::new(), version: "v1".to_owned(), kind: kind.to_owned() };
    Grants { context: vec![selector], secrets: SecretAccess::Redacted }
}

#[test]
fn other_objects_come_by_grant_and_in_order() {
    let mut call = call(vec![deployment("d")]);
    call.context = Some(Arc::new(Set {
        resources: vec![namespace("shop"), deployment("d"), secret("c2VjcmV0"), namespace("a")],
        ..Set::default()
    }));
    let refused = "`v1` `Secret` is not granted to this plugin: see `grants.context` in the policy file";
    let all = "`v1` `*` is not granted to this plugin: see `grants.context` in the policy file";
    let found = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}}"#;
    assert_eq!(messages("context", granted("Namespace"), &call), [found, "none", refused, "a,shop", "", all]);

    let answers = messages("context", granted("*"), &call);
    assert!(answers[2].contains(r#""name":"shop""#) && !answers[2].contains("c2VjcmV0"), "{}", answers[2]);
    assert_eq!(answers[5], "a,shop,shop");

    call.context = None;
    assert_eq!(messages("context", granted("Namespace"), &call)[0], "no other objects are at hand in this run");
}

#[test]
fn the_object_as_it_was_before() {
    let resources = vec![deployment("d"), namespace("new")];
    let previous = vec![Some(namespace("old")), None];
    let call = Call { set: Arc::new(Set { resources, previous, ..Set::default() }), chosen: vec![1, 0], context: None };
    let old = r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"old"}} false"#;
    assert_eq!(messages("previous", Grants::default(), &call), ["none false", old]);
}

#[test]
fn secrets_keep_their_keys_only() {
    let mut call = call(vec![secret("c2VjcmV0")]);
    for mode in ["read-secret", "read-tape"] {
        let message = &messages(mode, Grants::default(), &call)[0];
        assert!(message.contains("password") && !message.contains("c2VjcmV0"), "{mode}: {message}");
        let full = Grants { secrets: SecretAccess::Full, ..Grants::default() };
        assert!(messages(mode, full, &call)[0].contains("c2VjcmV0"), "{mode}");
    }
    Arc::make_mut(&mut call.set).previous = vec![Some(secret("b2xk"))];
    assert!(!messages("previous", Grants::default(), &call)[0].contains("b2xk"));
}

#[test]
fn subjects_outside_the_set_are_refused() {
    let mut call = call(vec![deployment("d")]);
    call.chosen = vec![0, 7];
    assert!(hostile("good").check(&call).is_err());
    call.chosen = vec![u32::MAX];
    assert!(hostile("good").check(&call).is_err());
}
