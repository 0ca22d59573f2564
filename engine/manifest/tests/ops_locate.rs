//! Pointers to places: what a person is shown. And what a `Secret` shows to nobody.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use sluice_manifest::{Limits, REDACTED, REDACTED_PLAIN, Resource, Text, Tree, read_value};

fn yaml(yaml: &str) -> Tree {
    read_value(Arc::new(Text::new("t.yaml", yaml)), Limits::default()).unwrap()
}

/// `line:column text` of what is located, with `~` where it is not exact.
fn shown(tree: &Tree, pointer: &str) -> String {
    let located = tree.locate(pointer).unwrap();
    let place = tree.text().place(located.span);
    let mark = if located.exact { "" } else { "~" };
    format!("{mark}{}:{} {}", place.line, place.column, tree.text().slice(located.span))
}

const DEPLOYMENT: &str = "\
# a comment
apiVersion: apps/v1
kind: Deployment
metadata:
  name: 'cart'
  labels: {app: cart, \"a/b\": x}
spec:
  template:
    spec:
      containers:
        - image: nginx # latest
          name: web
          env:
          args: [ \"-c\", [1], {}, ]
        -
          name: side
        - {}
        - - 1
  empty: []
";

#[test]
fn shows_values_and_the_keys_of_collections() {
    let tree = yaml(DEPLOYMENT);
    let wanted = [
        ("", "2:1 apiVersion"),
        ("/kind", "3:7 Deployment"),
        ("/metadata", "4:1 metadata"),
        ("/metadata/name", "5:9 'cart'"),
        ("/metadata/labels", "6:3 labels"),
        ("/metadata/labels/a~1b", "6:30 x"),
        ("/spec/template/spec/containers", "10:7 containers"),
        ("/spec/template/spec/containers/0", "11:11 image"),
        ("/spec/template/spec/containers/0/image", "11:18 nginx"),
        ("/spec/template/spec/containers/0/env", "13:11 env"),
        ("/spec/template/spec/containers/0/args/0", "14:19 \"-c\""),
        ("/spec/template/spec/containers/0/args/1", "14:25 [1]"),
        ("/spec/template/spec/containers/0/args/2", "14:30 {}"),
        ("/spec/template/spec/containers/1", "16:11 name"),
        ("/spec/template/spec/containers/2", "17:11 {}"),
        ("/spec/template/spec/containers/3", "18:11 - 1"),
        ("/spec/empty", "19:3 empty"),
    ];
    for (pointer, text) in wanted {
        assert_eq!(shown(&tree, pointer), text, "{pointer}");
    }
}

#[test]
fn shows_the_nearest_that_exists() {
    let tree = yaml(DEPLOYMENT);
    let wanted = [
        ("/nothing", "~2:1 apiVersion"),
        ("/metadata/annotations/x/y", "~4:1 metadata"),
        ("/spec/template/spec/containers/0/resources/limits", "~11:11 image"),
        ("/spec/template/spec/containers/9/image", "~10:7 containers"),
        ("/metadata/name/x", "~5:9 'cart'"),
        ("/spec/template/spec/containers/0/env/0", "~13:11 env"),
        ("/~2", "~2:1 apiVersion"),
    ];
    for (pointer, text) in wanted {
        assert_eq!(shown(&tree, pointer), text, "{pointer}");
    }
    assert_eq!(tree.locate("metadata"), None);
}

#[test]
fn names_the_key_of_a_value() {
    let tree = yaml(DEPLOYMENT);
    let key = |pointer: &str| tree.key_span(pointer).map(|span| tree.text().slice(span));
    assert_eq!(key("/metadata/labels/a~1b"), Some("\"a/b\""));
    assert_eq!(key("/kind"), Some("kind"));
    assert_eq!(key("/spec/template/spec/containers/0"), None);
    assert_eq!(key(""), None);
    assert_eq!(key("/nothing"), None);
}

#[test]
fn shows_roots_that_are_no_objects() {
    assert_eq!(shown(&yaml("- 1\n- 2\n"), ""), "1:1 - 1");
    assert_eq!(shown(&yaml("{}"), ""), "1:1 {}");
    assert_eq!(shown(&yaml("hello"), "/x"), "~1:1 hello");
}

const SECRET: &str = r#"
apiVersion: v1
kind: Secret
metadata:
  name: db
  annotations:
    note: "sh\u006fwn"
    kubectl.kubernetes.io/last-applied-configuration: |
      {"data":{"password":"aHVudGVyMg=="}}
type: Opaque
data:
  password: aHVudGVyMg==
  "us\u0065r": "\u0068unter02"
  nested: {deep: [hunter03, 17, true, null]}
stringData:
  block: |
    hunter04
  fold: >-
    hunter05
    hunter06
"#;

#[test]
fn secrets_lose_their_values_and_nothing_else() {
    let secret = Resource::new(yaml(SECRET)).unwrap();
    let redacted = secret.redacted();
    let json = redacted.root().to_json();
    let wanted = format!(
        r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"db","annotations":{{"note":"shown","kubectl.kubernetes.io/last-applied-configuration":"{REDACTED}"}}}},"type":"Opaque","data":{{"password":"{REDACTED}","user":"{REDACTED}","nested":{{"deep":["{REDACTED}",0,false,null]}}}},"stringData":{{"block":"{REDACTED}","fold":"{REDACTED}"}}}}"#
    );
    assert_eq!(json, wanted);
    assert_eq!(redacted.identity(), secret.identity());
    assert_eq!(shown(redacted.tree(), "/data/password"), "12:13 aHVudGVyMg==", "the place stays");

    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let mut room = Vec::new();
    let tape = lossy(redacted.tree().write_tape(&mut room, u64::MAX).unwrap());
    let mut yaml = String::new();
    redacted.root().write_yaml(&mut yaml);
    let operations = sluice_manifest::Operation::parse_all(r#"[{"op":"add","path":"/data/x","value":"y"}]"#).unwrap();
    let patched = redacted.patched(&operations).unwrap();
    let patched_tape = lossy(patched.tree().write_tape(&mut room, u64::MAX).unwrap());
    let written = [tape, patched_tape, yaml, json];
    for out in written {
        assert!(!out.contains("hunter") && !out.contains("aHVudGVy"), "{out}");
    }
    assert!(!format!("{:?}", redacted.root()).contains("hunter"));
    assert!(secret.root().to_json().contains("aHVudGVyMg=="), "the object itself stays as it was");
}

/// The first text that is decoded lies at the start of `extra`, as long as the text that takes its place.
#[test]
fn secrets_lose_a_first_value_as_long_as_its_stand_in() {
    let yaml = yaml("kind: Secret\ndata: {a: \"\\u0068unter02\"}\napiVersion: v1\nmetadata: {name: x}\n");
    let secret = Resource::new(yaml).unwrap();
    assert_eq!(secret.root().at("/data/a").unwrap().as_str().map(str::len), Some(REDACTED.len()));
    assert_eq!(secret.redacted().root().at("/data/a").unwrap().as_str(), Some(REDACTED));
}

/// A plugin sees that a value cannot be what it should be, and no value.
#[test]
fn secrets_keep_their_faults() {
    let base64 = ["aHVudGVyMg==", "aHVu dGVy", "hunter2", "aHVu=GVy", "a===", "ab=", "", "aHVu\\ndGVy"];
    let data: Vec<String> = base64.iter().map(|text| format!("\"{text}\"")).collect();
    let source = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: x}}\ndata: {{a: [{}], b: 7}}\nstringData: {{c: hunter 2}}\n",
        data.join(", ")
    );
    let redacted = Resource::new(yaml(&source)).unwrap().redacted();
    let plain = REDACTED_PLAIN;
    let wanted = [REDACTED, plain, plain, plain, plain, plain, REDACTED, REDACTED].map(|text| format!("\"{text}\""));
    assert_eq!(redacted.root().at("/data").unwrap().to_json(), format!(r#"{{"a":[{}],"b":0}}"#, wanted.join(",")));
    assert_eq!(redacted.root().at("/stringData/c").unwrap().as_str(), Some(REDACTED));
}

/// A value under a misspelt name, or at a wrong depth, was meant as one that is hidden.
#[test]
fn secrets_hide_what_stands_in_the_wrong_place() {
    let source = "apiVersion: v1\nkind: Secret\nmetadata: {name: x, labels: {a: b}, data: {a: hunter2}}\ntype: Opaque\n\
                  immutable: true\nstringdata: {a: hunter2}\nData: hunter2\nspec: {a: [{b: hunter2}]}\n";
    let redacted = Resource::new(yaml(source)).unwrap().redacted();
    let json = redacted.root().to_json();
    assert!(!json.contains("hunter2"), "{json}");
    let shown =
        r#""labels":{"a":"b"},"data":{"a":"REDACTED"}},"type":"Opaque","immutable":true,"stringdata":{"a":"REDACTED"}"#;
    assert!(json.contains(shown), "{json}");
}

#[test]
fn the_places_of_what_is_hidden_are_known() {
    let object =
        |api: &str| Resource::new(yaml(&format!("apiVersion: {api}\nkind: Secret\nmetadata: {{name: x}}\n"))).unwrap();
    let applied = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";
    let hidden = ["", "/data", "/data/a", "/data/a/b", "/stringData/a", "/metadata", "/metadata/annotations", applied];
    let misspelt = ["/stringdata/a", "/Data", "/spec/a", "/metadata/data/a", "/metadata/lables"];
    let open = ["/type", "/immutable", "/metadata/labels", "/metadata/annotations/note", "/metadata/name", "data"];
    for pointer in hidden.into_iter().chain(misspelt) {
        assert!(object("v1").hides(pointer), "{pointer}");
        assert!(!object("example.com/v1").hides(pointer), "{pointer}");
    }
    for pointer in open {
        assert!(!object("v1").hides(pointer), "{pointer}");
    }
}

#[test]
fn other_objects_keep_all_values() {
    for (api, kind) in [("v1", "ConfigMap"), ("example.com/v1", "Secret")] {
        let object =
            Resource::new(yaml(&format!("apiVersion: {api}\nkind: {kind}\nmetadata: {{name: x}}\ndata: {{a: b}}\n")));
        assert_eq!(object.unwrap().redacted().root().at("/data/a").unwrap().as_str(), Some("b"));
    }
    let scalar = yaml("apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata: hunter\nstringData:\n");
    let redacted = Resource::new(scalar).unwrap().redacted();
    assert_eq!(
        redacted.root().to_json(),
        r#"{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"},"data":"[REDACTED]","stringData":null}"#
    );
}
