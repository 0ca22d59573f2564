//! JSON Patch and JSON Merge Patch: the published suites, the spans that stay, the errors, and what a bomb costs.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value as Json;
use sluice_manifest::{Limits, Node, Operation, PatchCause, PatchError, Resource, Span, Text, Tree, read_value};

fn tree(json: &str) -> Tree {
    Tree::from_json(Arc::new(Text::new("t", "")), Span::default(), json).unwrap()
}

fn yaml(yaml: &str) -> Tree {
    read_value(Arc::new(Text::new("t.yaml", yaml)), Limits::default()).unwrap()
}

fn patch(document: &str, operations: &str) -> Result<String, PatchError> {
    let patched = tree(document).patched(&Operation::parse_all(operations)?)?;
    Ok(patched.root().to_json())
}

/// The cases of a file of the corpus; none, with a word, where the corpus is not there.
fn corpus(file: &str) -> Option<Vec<Json>> {
    let folder =
        PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../../shared/corpus/json-patch");
    let Ok(text) = std::fs::read_to_string(folder.join(file)) else {
        assert!(std::env::var_os("CI").is_none(), "the corpus `json-patch/{file}` is missing");
        eprintln!("left out: the corpus `json-patch/{file}` is missing");
        return None;
    };
    Some(serde_json::from_str(&text).unwrap())
}

fn run_suite(file: &str) -> Option<usize> {
    let mut passed = 0;
    for case in corpus(file)? {
        let (Some(doc), Some(operations)) = (case.get("doc"), case.get("patch")) else { continue };
        if case.get("disabled").is_some() {
            continue;
        }
        let before = tree(&doc.to_string());
        let outcome = Operation::parse_all(&operations.to_string()).and_then(|all| before.patched(&all));
        match (outcome, case.get("expected"), case.get("error")) {
            (Ok(after), Some(expected), _) => assert!(after.root() == tree(&expected.to_string()).root(), "{case}"),
            (Ok(_), None, None) | (Err(_), _, Some(_)) => {}
            (outcome, _, _) => panic!("{case} gave {outcome:?}"),
        }
        assert_eq!(before.root().to_value(), *doc, "a patch left its tree as it was");
        passed += 1;
    }
    Some(passed)
}

#[test]
fn agrees_with_the_suite_of_rfc_6902() {
    let Some(passed) = run_suite("tests.json") else { return };
    let spec = run_suite("spec_tests.json").unwrap();
    assert_eq!((passed, spec), (92, 16));
}

#[test]
fn agrees_with_the_suite_of_rfc_7386() {
    let Some(cases) = corpus("merge_tests.json") else { return };
    assert_eq!(cases.len(), 3);
    for case in cases {
        let patch = tree(&case.get("patch").unwrap().to_string());
        let merged = tree(&case.get("doc").unwrap().to_string()).merged(patch.root());
        assert!(merged.root() == tree(&case.get("expected").unwrap().to_string()).root(), "{case}");
    }
}

#[test]
fn merges_as_the_rfc_says() {
    let cases = [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, r#"null"#, r#"null"#),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        (r#"[1,2]"#, r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        (r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        (r#"{}"#, r#"{"a":[{"b":null}]}"#, r#"{"a":[{"b":null}]}"#),
    ];
    for (document, patch, wanted) in cases {
        assert_eq!(tree(document).merged(tree(patch).root()).root().to_json(), wanted, "{document} {patch}");
    }
}

#[test]
fn tells_which_index_each_append_stood_for() {
    let indexed = |operations: &str| {
        let operations = Operation::parse_all(operations).unwrap();
        let indexed = yaml(POD).indexed(operations);
        indexed.iter().map(|operation| operation.pointer().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let append = r#"{"op":"add","path":"/spec/containers/-","value":{"name":"x"}}"#;
    assert_eq!(indexed(&format!("[{append},{append}]")), "/spec/containers/2 /spec/containers/3");
    let remove = r#"{"op":"remove","path":"/spec/containers/0"}"#;
    assert_eq!(indexed(&format!("[{remove},{append}]")), "/spec/containers/0 /spec/containers/1");
    let made = r#"{"op":"add","path":"/spec/list","value":[]},{"op":"add","path":"/spec/list/-","value":1}"#;
    assert_eq!(indexed(&format!("[{made}]")), "/spec/list /spec/list/0");
    let member = r#"{"op":"add","path":"/metadata/labels/-","value":"a key"}"#;
    assert_eq!(indexed(&format!("[{member}]")), "/metadata/labels/-");
    let nowhere = r#"{"op":"remove","path":"/none"}"#;
    assert_eq!(indexed(&format!("[{nowhere},{append}]")), "/none /spec/containers/-");
}

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata:
  name: cart
  labels: # who owns it
    app: cart
spec:
  containers:
    - name: cart
      image: \"cart:1\"
    - name: proxy
      image: envoy:1
";

fn patched_pod(operations: &str) -> Tree {
    yaml(POD).patched(&Operation::parse_all(operations).unwrap()).unwrap()
}

/// Pointer, the source text that is shown for it, and whether that is exact.
fn shown(tree: &Tree, pointer: &str) -> (String, bool) {
    let located = tree.locate(pointer).unwrap();
    (tree.text().slice(located.span).to_owned(), located.exact)
}

#[test]
fn keeps_spans_and_marks_what_it_writes() {
    let tree = patched_pod(
        r#"[{"op":"add","path":"/metadata/labels/team","value":"shop"},
            {"op":"add","path":"/metadata/annotations","value":{"a":{"b":1}}},
            {"op":"replace","path":"/spec/containers/0/image","value":"cart:2"},
            {"op":"add","path":"/spec/containers/1/args","value":["-v"]},
            {"op":"add","path":"/spec/containers/-","value":{"name":"new"}}]"#,
    );
    let wanted = [
        ("/metadata/name", "cart", true),
        ("/metadata/labels", "labels", true),
        ("/metadata/labels/app", "cart", true),
        ("/metadata/labels/team", "labels", false),
        ("/metadata/annotations", "metadata", false),
        ("/metadata/annotations/a/b", "metadata", false),
        ("/spec/containers/0/image", "\"cart:1\"", false),
        ("/spec/containers/0/name", "cart", true),
        ("/spec/containers/1", "name", true),
        ("/spec/containers/1/image", "envoy:1", true),
        ("/spec/containers/1/args/0", "name", false),
        ("/spec/containers/2/name", "containers", false),
    ];
    for (pointer, text, exact) in wanted {
        assert_eq!(shown(&tree, pointer), (text.to_owned(), exact), "{pointer}");
    }
}

#[test]
fn remembers_what_earlier_patches_wrote() {
    let tree = patched_pod(r#"[{"op":"add","path":"/metadata/labels/team","value":"shop"}]"#);
    let operations = r#"[{"op":"add","path":"/metadata/labels/a","value":{"x":[1]}},{"op":"remove","path":"/kind"},
        {"op":"add","path":"/metadata/labels/a/y","value":2}]"#;
    let again = tree.patched(&Operation::parse_all(operations).unwrap()).unwrap();
    for pointer in ["/metadata/labels/team", "/metadata/labels/a", "/metadata/labels/a/x/0", "/metadata/labels/a/y"] {
        assert!(again.root().at(pointer).unwrap().is_written(), "{pointer}");
    }
    for pointer in ["", "/metadata", "/metadata/labels", "/metadata/labels/app", "/spec", "/spec/containers/1/image"] {
        assert!(!again.root().at(pointer).unwrap().is_written(), "{pointer}");
    }
    let untouched = tree.patched(&[]).unwrap();
    assert!(untouched.root().at("/metadata/labels/team").unwrap().is_written());
}

#[test]
fn moves_keep_the_place_where_a_value_was_written() {
    let tree = patched_pod(r#"[{"op":"move","from":"/spec/containers/1/image","path":"/metadata/labels/image"}]"#);
    assert_eq!(shown(&tree, "/metadata/labels/image"), ("envoy:1".to_owned(), false));
    assert!(tree.root().at("/spec/containers/1/image").is_none());
}

#[test]
fn says_which_operation_failed_and_why() {
    let missing = r#"[{"op":"add","path":"/b","value":1},{"op":"replace","path":"/c/d","value":1}]"#;
    let error = patch(r#"{"a":1}"#, missing).unwrap_err();
    assert_eq!(error.to_string(), "operation 1 of the patch, at `/c/d`: nothing is there");
    let cases = [
        (
            r#"[{"op":"add","path":"/a/b","value":1}]"#,
            "operation 0 of the patch, at `/a/b`: its parent is neither an object nor an array",
        ),
        (
            r#"[{"op":"add","path":"/l/3","value":1}]"#,
            "operation 0 of the patch, at `/l/3`: `3` is no index of an array of 2",
        ),
        (r#"[{"op":"remove","path":"/l/-"}]"#, "operation 0 of the patch, at `/l/-`: `-` is no index of an array of 2"),
        (r#"[{"op":"add","path":"a","value":1}]"#, "operation 0 of the patch, at `a`: this is no JSON pointer"),
        (r#"[{"op":"add","path":"/~x","value":1}]"#, "operation 0 of the patch, at `/~x`: this is no JSON pointer"),
        (
            r#"[{"op":"test","path":"/a","value":"1"}]"#,
            "operation 0 of the patch, at `/a`: the value is `1`, not `\"1\"`",
        ),
        (
            r#"[{"op":"move","from":"/l","path":"/l/0"}]"#,
            "operation 0 of the patch, at `/l`: a value cannot move into itself",
        ),
        (r#"[{"op":"copy","from":"/x","path":"/y"}]"#, "operation 0 of the patch, at `/x`: nothing is there"),
        (r#"[{"op":"remove","path":""}]"#, "operation 0 of the patch, at ``: the root cannot be removed"),
        (r#"[{"op":"spam","path":""}]"#, "operation 0 of the patch has an unknown `op`: `spam`"),
        (r#"[{"op":"add","path":"/x"}]"#, "operation 0 of the patch lacks `value`"),
        (r#"[{"op":"move","path":"/x"}]"#, "operation 0 of the patch lacks `from`"),
        (r#"[{"op":"add","path":7,"value":1}]"#, "operation 0 of the patch has a `path` that is no string"),
        (r#"{"op":"remove","path":"/a"}"#, "a patch is an array of operations"),
        (r#"[{"op":"remove","path":"/a"}"#, "the JSON text ends within a collection, at byte 28"),
    ];
    for (operations, message) in cases {
        assert_eq!(patch(r#"{"a":1,"l":[1,2]}"#, operations).unwrap_err().to_string(), message);
    }
}

#[test]
fn tests_numbers_by_value_and_objects_in_any_order() {
    let document = r#"{"n":1.0,"big":9007199254740993,"o":{"a":[1,{"x":null}],"b":2}}"#;
    let good = r#"[{"op":"test","path":"/n","value":1},{"op":"test","path":"/n","value":10e-1},
        {"op":"test","path":"/o","value":{"b":2.0,"a":[1,{"x":null}]}},{"op":"add","path":"/o/c","value":3},
        {"op":"test","path":"/o","value":{"c":3,"b":2,"a":[1,{"x":null}]}}]"#;
    patch(document, good).unwrap();
    for wrong in [
        r#"[{"op":"test","path":"/big","value":9007199254740992}]"#,
        r#"[{"op":"test","path":"/o","value":{"b":2,"a":[1,{"x":null}],"c":1}}]"#,
        r#"[{"op":"test","path":"/o/a","value":[{"x":null},1]}]"#,
        r#"[{"op":"test","path":"/o/a/1","value":{"y":null}}]"#,
    ] {
        patch(document, wrong).unwrap_err();
    }
}

#[test]
fn compares_large_objects_in_any_order_at_once() {
    let member = |n: u32| format!("\"k{n}\":{n}");
    let up: Vec<String> = (0..50_000).map(member).collect();
    let down: Vec<String> = (0..50_000).rev().map(member).collect();
    let (up, down) = (tree(&format!("{{{}}}", up.join(","))), tree(&format!("{{{}}}", down.join(","))));
    assert!(up.root() == down.root());
}

#[test]
fn bombs_end_with_an_error() {
    let mut doubling = vec![Operation::Add { pointer: "/a".into(), value: "[0,0,0,0]".into() }];
    doubling.extend((0..40).map(|_| Operation::Copy { from: "/a".into(), pointer: "/a/-".into() }));
    let error = tree("{}").patched(&doubling).unwrap_err();
    assert!(matches!(error, PatchError::Failed { cause: PatchCause::TooCostly, .. }), "{error}");

    let mut deep = vec![Operation::Add { pointer: "/a".into(), value: "{}".into() }];
    deep.extend((1..1200).map(|n| Operation::Add { pointer: "/a".repeat(n + 1), value: "{}".into() }));
    let error = tree("{}").patched(&deep).unwrap_err();
    assert!(matches!(error, PatchError::Failed { cause: PatchCause::TooDeep, operation: 998.., .. }), "{error}");

    let mut large = vec![Operation::Add { pointer: "/a".into(), value: format!("\"{}\"", "x".repeat(1 << 20)) }];
    large.extend((0..65).map(|n| Operation::Copy { from: "/a".into(), pointer: format!("/{n}") }));
    let error = tree("{}").patched(&large).unwrap_err();
    assert!(matches!(error, PatchError::Failed { cause: PatchCause::TooCostly, operation: 65, .. }), "{error}");

    let array = tree(&format!("[{}0]", "0,".repeat(100_000)));
    let front: Vec<_> = (0..100_000).map(|_| Operation::Add { pointer: "/0".into(), value: "1".into() }).collect();
    let error = array.patched(&front).unwrap_err();
    assert!(matches!(error, PatchError::Failed { cause: PatchCause::TooCostly, .. }), "{error}");
}

#[test]
fn many_operations_on_a_large_object_do_not_copy_it_each_time() {
    let document = format!("{{\"a\":[{}0],\"b\":{{}}}}", "0,".repeat(1_000_000));
    let operations: Vec<_> =
        (0..5_000).map(|n| Operation::Add { pointer: format!("/b/{n}"), value: "1".into() }).collect();
    let patched = tree(&document).patched(&operations).unwrap();
    assert_eq!(patched.root().at("/b").map(|b| b.entries().len()), Some(5_000));
}

#[test]
fn patched_objects_are_named_anew() {
    let resource = Resource::new(yaml(POD)).unwrap();
    let rename = Operation::Replace { pointer: "/metadata/name".into(), value: "\"basket\"".into() };
    assert_eq!(resource.patched(&[rename]).unwrap().identity().name, "basket");
    let strip = Operation::Remove { pointer: "/kind".into() };
    assert_eq!(resource.patched(&[strip]).unwrap_err(), PatchError::Unnamed);
}

#[test]
fn merged_values_stand_where_what_they_replace_stood() {
    let merge = r#"{"metadata":{"name":"basket","labels":{"team":"shop","app":null}},"spec":{"containers":[]}}"#;
    let tree = yaml(POD).merged(tree(merge).root());
    let wanted = [
        ("/metadata/name", "cart", false),
        ("/metadata/labels", "labels", true),
        ("/metadata/labels/team", "labels", false),
        ("/kind", "Pod", true),
    ];
    for (pointer, text, exact) in wanted {
        assert_eq!(shown(&tree, pointer), (text.to_owned(), exact), "{pointer}");
    }
    assert_eq!(tree.root().at("/metadata/labels").map(Node::to_json).as_deref(), Some(r#"{"team":"shop"}"#));
}
