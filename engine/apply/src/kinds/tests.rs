//! What is known of kinds, and the paths that lead to their objects.

use std::collections::{BTreeMap, BTreeSet};

use sluice_policy::KindSelector;

use super::{Kind, Kinds, Lookup, escaped, read};
use crate::reference::Reference;

#[test]
fn a_kind_that_is_defined_anew_says_nothing_of_objects_of_a_silent_group() {
    let kind = Kind { version: "v1".into(), plural: "things".into(), is_namespaced: true, can_list: true };
    let reference = Reference {
        group: "acme.io".into(),
        version: "v1".into(),
        kind: "Thing".into(),
        namespace: None,
        name: "one".into(),
    };
    let defined = BTreeMap::from([(("acme.io".into(), "Thing".into()), vec![kind])]);
    let mut kinds = Kinds { defined, ..Kinds::default() };
    assert!(matches!(kinds.of_existing(&reference), Lookup::Defined(_)));
    kinds.stale = BTreeSet::from(["acme.io".into()]);
    assert_eq!(kinds.of_existing(&reference), Lookup::Unknown);
    assert!(matches!(kinds.any_version(&reference), Lookup::Defined(_)));
}

#[test]
fn a_version_that_is_not_served_is_not_taken_for_no_objects() {
    let kind =
        |version: &str| Kind { version: version.into(), plural: "things".into(), is_namespaced: true, can_list: true };
    let of = |group: &str, kind: &str| (String::from(group), String::from(kind));
    let served = BTreeMap::from([
        (of("networking.k8s.io", "Ingress"), vec![kind("v1")]),
        (of("networking.k8s.io", "IPAddress"), vec![kind("v1"), kind("v1beta1")]),
        (of("apps", "Deployment"), vec![kind("v1")]),
    ]);
    let kinds = Kinds { served, ..Kinds::default() };
    let selected = |group: &str, version: &str, kind: &str| {
        let selector = KindSelector { group: group.into(), version: version.into(), kind: kind.into() };
        kinds.selected(&selector).map(|found| found.len()).map_err(|error| error.to_string())
    };
    let other = "cannot list Ingress, which a policy asks for: the cluster has no v1beta1 of it, but v1";
    for (group, kind) in [("networking.k8s.io", "Ingress"), ("*", "Ingress"), ("networking.k8s.io", "*")] {
        assert_eq!(selected(group, "v1beta1", kind).unwrap_err(), other, "{group} {kind}");
        assert!(selected(group, "v1", kind).is_ok() && selected(group, "*", kind).is_ok(), "{group} {kind}");
    }
    assert_eq!(selected("*", "v1beta1", "*"), Ok(1));
    assert_eq!(selected("*", "v1beta1", "IPAddress"), Ok(1));
    assert_eq!(selected("*", "*", "*"), Ok(3));
    assert_eq!(selected("acme.io", "v1", "*"), Ok(0), "it is not there");
}

#[test]
fn a_definition_is_taken_up_once_just_its_versions_are_served() {
    let of = |versions: &[&str]| {
        let kind = |version: &&str| Kind {
            version: String::from(*version),
            plural: "things".into(),
            is_namespaced: true,
            can_list: true,
        };
        BTreeMap::from([((String::from("acme.io"), String::from("Thing")), versions.iter().map(kind).collect())])
    };
    let serves_other = |served: &[&str], defined: &[&str]| {
        let set = Kinds { defined: of(defined), ..Kinds::default() };
        Kinds { served: of(served), ..Kinds::default() }.serves_other_than(&set)
    };
    assert!(!serves_other(&["v1"], &["v1"]) && !serves_other(&["v2", "v1"], &["v1", "v2"]));
    assert!(serves_other(&["v1"], &["v1", "v2"]), "one is coming");
    assert!(serves_other(&["v1", "v2"], &["v2"]), "one is going");
    assert!(serves_other(&["v1"], &["v2"]) && serves_other(&[], &["v1"]));
    // What no definition of the set makes is nobody's business.
    let set = Kinds { defined: of(&["v1"]), ..Kinds::default() };
    let mut served = of(&["v1"]);
    served.insert((String::from("apps"), String::from("Deployment")), Vec::new());
    assert!(!Kinds { served, ..Kinds::default() }.serves_other_than(&set));
}

#[test]
fn an_answer_of_another_form_is_not_taken_for_no_kinds() {
    let list = |kind: &str, items: &str| format!(r#"{{"kind":"{kind}","items":{items}}}"#);
    let group = r#"[{"metadata":{"name":"apps"},"versions":[]}]"#;
    assert_eq!(read(list("APIGroupDiscoveryList", group).as_bytes()).unwrap().items.len(), 1);
    for other in [
        r#"{"kind":"APIVersions","versions":["v1"]}"#,
        r#"{"kind":"APIGroupList","groups":[]}"#,
        "{}",
        "[]",
        &list("APIGroupDiscoveryList", "[]"),
    ] {
        assert!(read(other.as_bytes()).is_err(), "{other}");
    }
}

#[test]
fn names_cannot_leave_their_part_of_the_path() {
    assert_eq!(escaped("system:node"), "system:node");
    assert_eq!(escaped("../../secrets"), "..%2F..%2Fsecrets");
    assert_eq!(escaped(".."), "%2E%2E");
    assert_eq!(escaped("a?b#c d"), "a%3Fb%23c%20d");
}

#[test]
fn paths_follow_group_and_scope() {
    let kind = |is_namespaced| Kind { version: "v1".into(), plural: "things".into(), is_namespaced, can_list: true };
    let of = |group: &str| Reference {
        group: group.into(),
        version: "v1".into(),
        kind: "Thing".into(),
        namespace: Some("shop".into()),
        name: "one".into(),
    };
    assert_eq!(kind(true).path(&of(""), "").unwrap(), "/api/v1/namespaces/shop/things/one");
    assert_eq!(kind(false).path(&of("acme.io"), "").unwrap(), "/apis/acme.io/v1/things/one");
    // The API server decodes a path before it looks where it leads: to a list, or to all that a list has.
    for name in ["", ".", "..", "kube-system/secrets", "kube-system%2Fsecrets"] {
        assert!(kind(false).path(&Reference { name: name.into(), ..of("") }, "").is_err(), "{name}");
        assert!(kind(true).path(&Reference { namespace: Some(name.into()), ..of("") }, "").is_err(), "{name}");
    }
}
