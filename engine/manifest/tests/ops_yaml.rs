//! YAML that is written is read back as the same values: by the reader here, and by `kubectl` where it is installed.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Value as Json, json};
use sluice_manifest::{Limits, Span, Text, Tree, read_value};

fn write(value: &Json) -> String {
    let tree = Tree::from_json(Arc::new(Text::new("t", "")), Span::default(), &value.to_string()).unwrap();
    let mut out = String::new();
    tree.root().write_yaml(&mut out);
    out
}

fn read(yaml: &str) -> Result<Json, String> {
    let tree = read_value(Arc::new(Text::new("t.yaml", yaml)), Limits::default()).map_err(|problem| problem.message)?;
    Ok(tree.root().to_value())
}

/// Strings that YAML reads as something else, that need quotes, or that look as if they did.
const AWKWARD: &[&str] = &[
    "",
    " ",
    "  a",
    "a ",
    "\ta",
    "a\t",
    "yes",
    "No",
    "ON",
    "off",
    "y",
    "N",
    "true",
    "False",
    "null",
    "Null",
    "~",
    "<<",
    "=",
    "0",
    "-1",
    "+1",
    "1.5",
    "1.",
    ".5",
    "1e3",
    "1E-3",
    "0755",
    "0o755",
    "0x1F",
    "0_x1F",
    "-0__X1f",
    "0b101",
    "1_000",
    "1:20",
    "12:30:45",
    "190:20:30.15",
    ".inf",
    "-.INF",
    "+.Inf",
    ".NaN",
    "2001-01-01",
    "2001-01-01T00:00:00Z",
    "2001-1-1 1:1:1",
    "100m",
    "64Mi",
    "1.25-alpine",
    "v1",
    "8.0.1",
    "10.0.0.0/8",
    "nginx:1.25",
    "a:b",
    "a: b",
    "a:",
    ":a",
    "- a",
    "-",
    "--",
    "---",
    "--- a",
    "...",
    "--flag=x",
    "-n",
    "?",
    "? a",
    "a?b",
    "#",
    "a #b",
    "a#b",
    "&a",
    "*a",
    "*",
    "!a",
    "|",
    ">",
    "|-",
    "%a",
    "@a",
    "`a`",
    "'a'",
    "\"a\"",
    "a'b\"c",
    "[a]",
    "{a}",
    "{{ .Values.x }}",
    "a,b",
    ",",
    "]",
    "}",
    "\\",
    "a\\nb",
    "a\nb",
    "a\nb\n",
    "a\n\nb\n\n",
    "\na",
    "\n",
    "\n\n",
    " a\nb",
    "a\n b\n  c\n",
    "a \nb ",
    "a\n \n",
    "a\n  ",
    "\n\na\n",
    "a\r\nb",
    "a\rb",
    "#!/bin/sh\necho \"x: y\"\n",
    "key: value\n- x\n",
    "---\na\n",
    "a\n---\nb\n",
    "a\n...\n",
    "\t\na",
    "a\n\tb\n",
    "a\u{85}b",
    "a\u{2028}b\n",
    "\u{feff}a",
    "a\u{feff}\nb",
    "\u{0}",
    "\u{1b}[31m",
    "\u{7f}",
    "\u{a0}",
    "é",
    "日本語",
    "😀",
    "😀: 😀",
    "\u{10ffff}",
    "\u{fffe}",
    "\u{ffff}a",
    "a\u{200b}b",
    "-é",
    ".é",
    "_",
    "/",
    "$x",
    "^a$",
    "(a)",
    "a=b",
    "=a",
    "<a>",
    "+a",
    "+",
    "1a",
    "0xg",
    "e",
    "e3",
    "1e",
    "0.0.0.0",
    "dead:beef",
    "::1",
    "fe80::1",
    "0x",
    "1__0",
    "-0",
    "00",
    "09",
    "1,000",
    "1 2",
    "nan",
    "+_0",
    "-__1_0",
    "-_0x1f",
    "_1",
    "+_",
    "inf",
    "NULL",
    "nULL",
    "Yes",
    "tRUE",
];

#[test]
fn awkward_strings_come_back() {
    for text in AWKWARD {
        for value in
            [json!(text), json!({"k": text, "z": 1}), json!([text, [text], {"a": text}]), json!({*text: {*text: 1}})]
        {
            let yaml = write(&value);
            assert_eq!(read(&yaml).as_ref(), Ok(&value), "{text:?} written as\n{yaml}");
        }
    }
}

/// Strings over the characters that decide how YAML reads a scalar: always the same ones.
fn combinations() -> Vec<String> {
    let alphabet: Vec<char> = "-+.:_ 0179exobTZyn#'\"\\\n\t~<=?,[]{}&*!|>%@é".chars().collect();
    let mut state: u64 = 1;
    let mut below = |limit: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit
    };
    let text = |_| (0..=below(6)).map(|_| alphabet[below(alphabet.len())]).collect();
    (0..5_000).map(text).collect()
}

#[test]
fn kubectl_reads_the_same_values() {
    let map: serde_json::Map<String, Json> =
        AWKWARD.iter().enumerate().map(|(n, text)| (format!("k{n}"), json!(text))).collect();
    let keys: serde_json::Map<String, Json> = AWKWARD.iter().map(|text| ((*text).to_owned(), json!("x"))).collect();
    // Objects, so that `kubectl` takes them: it knows no schema of a custom resource, and keeps what it reads.
    let object = json!({
        "apiVersion": "example.com/v1", "kind": "Awkward", "metadata": {"name": "a", "labels": {"x": "y"}},
        "spec": {
            "map": map, "keys": keys, "list": AWKWARD, "combinations": combinations(),
            "nested": [[AWKWARD, []], {}, [{"a": {"b": [null, true, 1, 1.5, -0.25e-7]}}]],
        },
    });
    assert_eq!(read(&write(&object)).as_ref(), Ok(&object));
    let command = ["label", "--local", "-f", "-", "x=y", "-o", "json"];
    let child = Command::new("kubectl").args(command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        eprintln!("left out: `kubectl` is not installed");
        return;
    };
    child.stdin.take().unwrap().write_all(write(&object).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(serde_json::from_slice::<Json>(&output.stdout).unwrap(), object);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_value_comes_back(value in any_yaml()) {
        let yaml = write(&value);
        prop_assert_eq!(read(&yaml), Ok(value), "{}", yaml);
    }
}

fn any_yaml() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        "[a-z]{0,4}",
        "[-+.:_ 0-9exobTZ#]{0,8}",
        "[ab \\n\\t#:-]{0,12}",
        any::<String>(),
        proptest::sample::select(AWKWARD).prop_map(String::from),
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<i32>().prop_map(|n| Json::from(f64::from(n) + 0.125)),
        text.clone().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 5, move |inner| {
        let members = proptest::collection::vec((text.clone(), inner.clone()), 0..5);
        prop_oneof![
            proptest::collection::vec(inner, 0..5).prop_map(Json::from),
            members.prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn is_written_as_people_write_it() {
    let json = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"cart","labels":{"app.kubernetes.io/name":"cart","on":"yes"},
        "annotations":{}},"spec":{"containers":[{"name":"cart","image":"ghcr.io/acme/cart:1.2","args":["--port=80","-v","80"],
        "resources":{"limits":{"cpu":"100m"}}},{"name":"b","env":[],"command":["sh","-c","set -e\necho hi\n"]}],
        "matrix":[[1,[2]],[]],"nothing":null,"on":true,"f":1.0}}"#;
    let tree = Tree::from_json(Arc::new(Text::new("t", "")), Span::default(), json).unwrap();
    let mut out = String::new();
    tree.root().write_yaml(&mut out);
    let wanted = "\
apiVersion: v1
kind: Pod
metadata:
  name: cart
  labels:
    app.kubernetes.io/name: cart
    \"on\": \"yes\"
  annotations: {}
spec:
  containers:
  - name: cart
    image: ghcr.io/acme/cart:1.2
    args:
    - --port=80
    - -v
    - \"80\"
    resources:
      limits:
        cpu: 100m
  - name: b
    env: []
    command:
    - sh
    - -c
    - |
      set -e
      echo hi
  matrix:
  - - 1
    - - 2
  - []
  nothing: null
  \"on\": true
  f: 1.0
";
    assert_eq!(out, wanted);
}

#[test]
fn long_keys_come_back() {
    for key in ["k".repeat(999), "k".repeat(1_000), "k".repeat(2_000), "é\n".repeat(600)] {
        let value = json!({"a": {key: [1, {"b": 2}]}, "c": [{"x".repeat(1_500): "y"}]});
        let yaml = write(&value);
        assert_eq!(read(&yaml).as_ref(), Ok(&value), "{yaml}");
    }
}

#[test]
fn deep_values_come_back() {
    let json = format!("{}1{}", "[{\"a\":".repeat(400), "}]".repeat(400));
    let value: Json = {
        let tree = Tree::from_json(Arc::new(Text::new("t", "")), Span::default(), &json).unwrap();
        tree.root().to_value()
    };
    let tree = Tree::from_json(Arc::new(Text::new("t", "")), Span::default(), &json).unwrap();
    let mut yaml = String::new();
    tree.root().write_yaml(&mut yaml);
    assert_eq!(read(&yaml), Ok(value));
}
