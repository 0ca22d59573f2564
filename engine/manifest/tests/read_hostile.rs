//! Hostile and broken input: it ends in a problem with a place, within bounded time and memory, and hides nothing. Long because
//! each kind of input is a test of its own.

#![expect(clippy::indexing_slicing, reason = "tests")]

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sluice_manifest::{Document, Documents, Limits, NotManifest, Span, Text, read_value};

const GOOD: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: good\n";

fn read(content: impl Into<Vec<u8>>) -> (Vec<Document>, Arc<Text>) {
    let start = Instant::now();
    let documents = Documents::from_bytes("hostile.yaml", content.into(), Limits::default());
    let text = Arc::clone(documents.text());
    let documents = documents.collect();
    // Far above what any of this needs, even on a busy machine; endless loops and squares are above this.
    assert!(start.elapsed() < Duration::from_secs(20), "too slow: {:?}", start.elapsed());
    (documents, text)
}

/// Puts a good document before and after the bad one, and gives what is said of the bad one.
fn between(bad: impl AsRef<[u8]>) -> (Document, Arc<Text>) {
    let content = [GOOD.as_bytes(), b"---\n", bad.as_ref(), b"\n---\n", GOOD.as_bytes()].concat();
    let (mut documents, text) = read(content);
    assert_eq!(documents.len(), 3);
    assert_eq!(documents[0].resources.len(), 1);
    assert_eq!(documents[2].resources.len(), 1);
    (documents.remove(1), text)
}

#[track_caller]
fn refused(bad: impl AsRef<[u8]>, rule: &str, message: &str, place: (u32, u32)) {
    let (document, text) = between(bad);
    assert!(document.resources.is_empty());
    let problem = &document.problems[0];
    assert!(problem.fatal);
    assert_eq!(problem.rule, rule, "{problem:?}");
    assert!(problem.message.contains(message), "{}", problem.message);
    assert!(!problem.help.is_empty() && !problem.message.contains('\n'));
    let found = text.place(problem.span);
    // Lines are counted from the start of the bad document.
    assert_eq!((found.line - 5, found.column), place, "{problem:?}");
}

#[test]
fn nesting_of_a_hundred_thousand() {
    refused("[".repeat(100_000), "nesting-limit", "nested deeper than 1000 levels", (1, 1001));
    refused("{a: ".repeat(100_000), "nesting-limit", "nested deeper", (1, 4001));
    refused("- ".repeat(100_000), "nesting-limit", "nested deeper", (1, 2001));
    refused("{\"a\":".repeat(100_000), "nesting-limit", "nested deeper", (1, 5001));
    let mut stairs = String::new();
    for depth in 0..5_000 {
        writeln!(stairs, "{}a:", " ".repeat(depth)).unwrap();
    }
    refused(&stairs, "nesting-limit", "nested deeper", (1001, 1001));
    refused("? ".repeat(100_000), "nesting-limit", "nested deeper", (1, 2001));
}

#[test]
fn json_nesting() {
    let (documents, _) = read("{\"a\":".repeat(100_000));
    assert_eq!(documents[0].problems[0].rule, "nesting-limit");
}

#[test]
fn alias_bombs() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..20 {
        let alias = format!("*a{}, ", level - 1).repeat(10);
        writeln!(bomb, "a{level}: &a{level} [{}]", alias.trim_end_matches(", ")).unwrap();
    }
    let (document, _) = between(&bomb);
    assert_eq!(document.problems[0].rule, "node-limit");

    let mut merges = "a0: &a0 {x0: 1}\n".to_owned();
    for level in 1..40 {
        let before = level - 1;
        writeln!(merges, "a{level}: &a{level} {{<<: [*a{before}, *a{before}], x{level}: 1}}").unwrap();
    }
    let (document, _) = between(&merges);
    assert_eq!(document.problems[0].rule, "node-limit");

    let text = format!("a: &a \"{}\\n\"\nb: [{}*a]\n", "x".repeat(100_000), "*a, ".repeat(10_000));
    let (document, _) = between(&text);
    assert_eq!(document.problems[0].rule, "size-limit");
}

#[test]
fn a_scalar_of_a_hundred_megabytes() {
    let (document, _) = between(format!("a: {}", "x".repeat(100 << 20)));
    assert_eq!(document.problems[0].rule, "size-limit");
    let (document, _) = between(format!("a: \"{}\"", "\\n".repeat(20 << 20)));
    assert_eq!(document.skipped, Some(NotManifest::NoKind));
    let (documents, _) = read(format!("{{\"a\": \"{}\"}}", "x".repeat(100 << 20)));
    assert_eq!(documents[0].problems[0].rule, "size-limit");
}

#[test]
fn long_lines_take_no_squares() {
    for line in ["é: [é, é], ", "a, ", "\"é\", ", "{a: b}, ", "'x' ", "- ", "*x ", "&x ", "!x ", "? ", ": ", "é\t"]
    {
        let wide = line.repeat((4 << 20) / line.len());
        between(format!("a: [{wide}]"));
        between(&wide);
        between(format!("é: {wide}"));
    }
    between("\n".repeat(8 << 20));
    between(" ".repeat(8 << 20));
    between(format!("é: |\n{}", "      \n".repeat(1 << 20)));
    between(format!("a: é\n{}b", "\t".repeat(4 << 20)));
    between((0..200_000).map(|key| format!("k{key}: 1\n")).collect::<String>());
    between("{{ x }}\n".repeat(1 << 18));
}

#[test]
fn control_characters() {
    refused("a: b\0c", "invalid-yaml", "control character U+0000", (1, 5));
    refused("a: \"\u{1b}[31m\"", "invalid-yaml", "control character U+001B", (1, 5));
    refused("a: é\u{7f}", "invalid-yaml", "control character U+007F", (1, 5));
}

#[test]
fn broken_utf8() {
    refused(b"a: b\nc: \xff\xfe\n".as_slice(), "invalid-utf8", "byte 0xff at line 7, column 4", (2, 4));
    refused(b"\xc3\x28".as_slice(), "invalid-utf8", "byte 0xc3", (1, 1));
    let utf16: Vec<u8> = std::iter::once(0xFEFF).chain(GOOD.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let (documents, _) = read(utf16);
    assert_eq!(documents[0].problems[0].rule, "invalid-utf8");
    assert!(documents[0].problems[0].message.contains("UTF-16"));
}

/// Between JSON values nothing need stand: each of them that holds a wrong byte is told.
#[test]
fn broken_utf8_in_json() {
    let object = |name: &str, text: &[u8]| {
        let head = format!(r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"{name}"}},"data":{{"x":""#);
        [head.as_bytes(), text, b"\"}}"].concat()
    };
    for between in [&b"\n"[..], b"", b"\n---\n"] {
        let values = [object("a", b"\xff"), object("b", b"p\xffq\xc3"), object("c", b"\xc3\xa9"), object("d", b"\xc3")];
        let (documents, text) = read(values.join(between));
        let rules: Vec<_> = documents.iter().map(|document| document.problems.first().map(|it| it.rule)).collect();
        assert_eq!(rules, [Some("invalid-utf8"), Some("invalid-utf8"), None, Some("invalid-utf8")]);
        assert_eq!(documents[2].resources[0].root().at("/data/x").unwrap().as_str(), Some("é"));
        assert!(documents[3].resources.is_empty() && documents[3].problems[0].message.contains("byte 0xc3"));
        let at = documents[1].problems[0].span;
        assert_eq!(text.slice(Span { start: at.start - 1, end: at.end + 1 }), "p?q");
    }
    let (documents, _) = read([&b"{\"a\": tru}\n"[..], &object("b", b"p\xffq")].concat());
    assert!(documents.iter().all(|document| document.resources.is_empty()));
    assert_eq!(documents[0].problems[0].rule, "invalid-utf8");
}

#[test]
fn broken_yaml_in_words() {
    refused("a:\n\tb: c", "invalid-yaml", "a tab is used to indent", (2, 1));
    refused("a:\n  - b\n \t- c", "invalid-yaml", "a tab is used to indent", (3, 2));
    refused("a: \"b\nc: d", "invalid-yaml", "a quote is opened and never closed", (1, 4));
    refused("a: 'b", "invalid-yaml", "a quote is opened and never closed", (1, 4));
    refused("a: [1, 2\nb: c", "invalid-yaml", "list is not closed", (1, 4));
    refused("a: {b: c\nd: e", "invalid-yaml", "mapping is not closed", (1, 4));
    refused("a: b: c", "invalid-yaml", "a `:` stands where no key can be", (1, 5));
    refused("a: b\n  c: d", "invalid-yaml", "a `:` stands where no key can be", (2, 4));
    refused("a: - b", "invalid-yaml", "a `-` stands where no list item can begin", (1, 4));
    refused("a: b\ntext\nc: d", "invalid-yaml", "expected a key with `:`", (2, 1));
    refused("a:\n    b: c\n  d: e", "invalid-yaml", "expected a key at this depth", (3, 3));
    refused("a: @b", "invalid-yaml", "cannot begin a value", (1, 4));
    refused("a: \"\\q\"", "invalid-yaml", "an escape that YAML does not know", (1, 5));
    refused("a: *b", "invalid-yaml", "an alias stands for nothing", (1, 4));
    refused("--- text", "invalid-separator", "separates documents", (1, 5));
}

#[test]
fn incomplete_manifests() {
    refused("apiVersion: v1\nkind: Pod\nspec: {}", "missing-name", "no `metadata.name`", (2, 1));
    refused("apiVersion: v1\nkind: Pod\nmetadata: {}", "missing-name", "no `metadata.name`", (3, 1));
    refused("apiVersion: v1\nmetadata: {name: a}", "missing-kind", "no `kind`", (1, 1));
    refused("kind: Pod\nmetadata: {name: a}", "missing-api-version", "no `apiVersion`", (1, 1));
    refused("apiVersion: v1\nkind: Pod\nmetadata: {name: 1}", "wrong-type", "`metadata.name` is a number", (3, 18));
    refused("apiVersion: v1\nkind: yes\nmetadata: {name: a}", "wrong-type", "`kind` is a boolean", (2, 7));
    refused("apiVersion: v1\nkind: List\nitems: {}", "wrong-type", "`items` is a mapping", (3, 8));
    let (document, _) = between("apiVersion: v1\nkind: Pod\nmetadata: {generateName: a-}");
    assert_eq!(document.resources.len(), 1);
}

#[test]
fn what_is_no_manifest() {
    let skipped = |content: &str| {
        let (document, _) = between(content);
        assert!(document.problems.is_empty() && document.resources.is_empty(), "{document:?}");
        document.skipped.unwrap()
    };
    assert_eq!(skipped("# nothing\n"), NotManifest::Empty);
    assert_eq!(skipped("on: push\njobs: {}"), NotManifest::NoKind);
    assert_eq!(skipped("- a\n- b"), NotManifest::NoKind);
    assert_eq!(skipped("apiVersion: v2\nname: chart\nversion: 1.0.0"), NotManifest::NoKind);
    assert_eq!(skipped("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization"), NotManifest::ClientSide);
    assert_eq!(skipped("apiVersion: v1\nkind: Config\nclusters: []"), NotManifest::ClientSide);
    assert_eq!(skipped("{{- if .Values.a }}\na: b\n{{- end }}"), NotManifest::Template);
    assert_eq!(skipped("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}"), NotManifest::Template);
    assert_eq!(skipped("a:\n  {{- toYaml .Values.b | nindent 2 }}\nc: d"), NotManifest::Template);
}

#[test]
fn templates_in_strings_are_judged() {
    let (document, _) = between(format!("{GOOD}data:\n  a: \"{{{{ .x }}}}\"\n  b: |\n    {{{{ if .y }}}}\n"));
    assert_eq!(document.resources.len(), 1);
    // Some versions of kubectl read as YAML what begins like JSON and is none.
    let flow = r#"{apiVersion: v1, kind: Pod, metadata: {name: x, annotations: {a: "{{ b }}"}}}"#;
    for content in [flow.to_owned(), format!("{{\"a\": 1}}\n{flow}")] {
        let (documents, _) = read(content);
        let last = documents.last().unwrap();
        assert_eq!((last.skipped, last.problems[0].rule), (None, "invalid-json"));
    }
    for content in ["{ {{ x }} }", "{{ template \"x\" . }}\n", "{\"a\": {{ x }} }"] {
        let (documents, _) = read(content);
        assert_eq!(documents[0].skipped, Some(NotManifest::Template), "{content}");
    }
    // Broken for another reason than the template in it.
    refused("a: \"{{ .x }}\"\nb: c\nd\n: e\n- f", "invalid-yaml", "", (3, 1));
}

#[test]
fn duplicate_keys_are_told_and_the_last_one_wins() {
    let (document, text) = between(format!("{GOOD}data:\n  a: one\n  b: x\n  a: two\n"));
    let problem = &document.problems[0];
    assert_eq!((problem.rule, problem.fatal), ("duplicate-key", false));
    assert_eq!(problem.message, "`a` is given twice, first on line 11");
    assert_eq!((text.place(problem.span).line, text.place(problem.span).column), (13, 3));
    let data = document.resources[0].root().get("data").unwrap();
    assert_eq!(data.to_json(), r#"{"b":"x","a":"two"}"#);
}

#[test]
fn a_key_that_reads_otherwise_is_told_as_it_stands() {
    let told = |keys: &str| {
        let text = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n{keys}");
        let document = Documents::new(Arc::new(Text::new("a", text)), Limits::default()).next().unwrap();
        document.problems[0].message.clone()
    };
    assert_eq!(
        told("  y: a\n  on: b\n"),
        "`on`, which Kubernetes reads as the key `true`, is given twice, first on line 5"
    );
    assert_eq!(
        told("  16: a\n  0x10: b\n"),
        "`0x10`, which Kubernetes reads as the key `16`, is given twice, first on line 5"
    );
    assert_eq!(told("  true: a\n  'true': b\n"), "`true` is given twice, first on line 5");
}

#[test]
fn of_many_equal_keys_the_first_are_told() {
    let equal = "a: x\n".repeat(300_000);
    let nested = format!("{GOOD}data:\n{}", equal.replace("a:", "  a:"));
    let json = format!(
        r#"{{"apiVersion":"v1","kind":"ConfigMap","metadata":{{"name":"a"}},{}"data":{{}}}}"#,
        r#""a":"x","#.repeat(300_000)
    );
    for text in [equal, nested, json] {
        let (documents, _) = read(text);
        let problems = &documents[0].problems;
        assert_eq!(problems.len(), 101);
        assert!(problems.iter().all(|problem| problem.rule == "duplicate-key" && !problem.fatal));
        let more = &problems[100];
        assert_eq!(more.message, "299899 more keys are given twice, of which this is the first");
        assert!(problems[99].span.end < more.span.start);
    }
    // An alias repeats none.
    let (document, _) = between(format!("{GOOD}data: {{a: &a {{k: 1, k: 2}}, b: [{}]}}", "*a, ".repeat(1_000)));
    assert_eq!(document.problems.len(), 1);
}

#[test]
fn what_is_wrong_with_one_object_is_told_of_it_however_much_is_wrong_with_another() {
    let item = |name: &str, count: usize| {
        format!("- apiVersion: v1\n  kind: ConfigMap\n  metadata: {{name: {name}}}\n{}", "  a: x\n".repeat(count))
    };
    let list = format!("kind: List\nitems:\n{}{}{}", item("one", 300), item("two", 1), item("three", 2));
    let (document, text) = between(list);
    let lines: Vec<u32> = document.problems.iter().skip(100).map(|problem| text.place(problem.span).line).collect();
    let three = "kind: List\nitems:\n".lines().count() as u32 + 5 + 3 + 300 + 3 + 1 + 3 + 2;
    assert_eq!((document.resources.len(), lines), (3, vec![5 + 2 + 3 + 102, three]));
    assert_eq!(document.problems[101].message, "one more key is given twice");
}

#[test]
fn of_many_wrong_items_the_first_are_told() {
    let (document, _) = between(format!("apiVersion: v1\nkind: List\nitems: [{}]", "1, ".repeat(200_000)));
    let problems = &document.problems;
    assert_eq!((problems.len(), problems.iter().all(|problem| problem.fatal)), (101, true));
    let words = "`items` is a number, not an object; 199900 items of the list from here on are wrong";
    assert_eq!(problems[100].message, words);
}

#[test]
fn what_kubectl_takes_for_a_list_is_one() {
    let names = |content: &str| -> Vec<String> {
        let (document, _) = between(content);
        assert!(document.problems.is_empty(), "{document:?}");
        let kinds = document.resources.iter().map(sluice_manifest::Resource::identity);
        kinds.map(|identity| format!("{} {}", identity.kind, identity.name)).collect()
    };
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}}";
    assert_eq!(names(&format!("kind: List\nitems: [{pod}]")), ["Pod a"]);
    assert_eq!(names(&format!("apiVersion: v1\nkind: Config\nitems: [{pod}]")), ["Pod a"]);
    assert_eq!(names("apiVersion: v1\nkind: PodList\nitems: [{items: [{metadata: {name: b}}]}]"), ["Pod b"]);
    assert_eq!(
        names("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: X, metadata: {name: c}, items: }]"),
        ["X c"]
    );
    // Files of other programs.
    assert_eq!(between("kind: menu\nitems: [soup, bread]").0.skipped, Some(NotManifest::NoKind));
    assert_eq!(between("apiVersion: v1\nkind: List\nitems:").0.skipped, Some(NotManifest::Empty));
    refused("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nitems: null", "wrong-type", "`items` is null", (4, 8));
}

#[test]
fn text_that_nobody_reads_is_told() {
    let (document, text) = between(format!("{GOOD}...\napiVersion: v1\nkind: Secret\n"));
    assert_eq!(document.resources.len(), 1);
    assert_eq!(document.problems[0].rule, "unread-text");
    assert_eq!(text.place(document.problems[0].span).line, 11);
}

#[test]
fn json_documents() {
    let object = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}"#;
    let (documents, _) = read(format!("{object}\n{object} {object}"));
    assert_eq!(documents.iter().map(|document| document.resources.len()).sum::<usize>(), 3);
    let (documents, text) = read(format!("{object}\n{{\"a\": tru}}\n---\n{GOOD}"));
    assert_eq!(documents.len(), 3);
    assert_eq!(documents[1].problems[0].rule, "invalid-json");
    assert_eq!(text.place(documents[1].problems[0].span).line, 2);
    assert_eq!(documents[2].resources.len(), 1);
    for bad in [
        "{\"a\":01}",
        "{\"a\":1,}",
        "{'a':1}",
        "{\"a\":\"\t\"}",
        "{\"a\" 1}",
        "{\"a\":1",
        "{\"a\":\"b",
        "{\"a\":1e999}",
    ] {
        let (documents, _) = read(bad);
        assert_eq!(documents[0].problems[0].rule, "invalid-json", "{bad}");
    }
}

#[test]
fn files_of_programs_are_passed_over_and_nothing_that_may_be_a_manifest() {
    let skipped = |content: &str| {
        let (documents, _) = read(content);
        assert!(documents.iter().all(|document| document.resources.is_empty()), "{content}");
        (documents.len() == 1 && documents[0].problems.is_empty()).then(|| documents[0].skipped).flatten()
    };
    let settings =
        "{\n  // for the editor\n  \"compilerOptions\": {\"paths\": {\"@/*\": [\"./*\"]}, /* \" */ \"a\": 1,},\n}\n";
    for (content, why) in [
        // Settings of programs.
        (settings, Some(NotManifest::NoKind)),
        (&settings.replace("\"compilerOptions\"", "\"apiVersion\": \"v1\", \"kind\""), None),
        (&settings.replace("compilerOptions", "\\u006bind"), Some(NotManifest::NoKind)),
        (&format!("{settings}{{\"apiVersion\": \"v1\", \"kind\": \"Pod\"}}"), None),
        ("{\"a\": 1 \"b\"} // c", None),
        // Values with a key twice.
        ("a: 1\nb: {c: 1, c: 2}\na: 2\n", Some(NotManifest::NoKind)),
        ("{\"a\": 1, \"a\": 2}", Some(NotManifest::NoKind)),
        ("kind: Pod\nkind: ~\na: 1\n", None),
        ("metadata: {name: a}\nmetadata: {}\n", None),
        // Templates.
        ("{% if a %}\na: 1\n{% endif %}\n", Some(NotManifest::Template)),
        ("a:\n{%- for b in c %}\n  {{ b }}: 1\n{%- endfor %}\n", Some(NotManifest::Template)),
        ("# {% raw %}\na: 1\nb: 2\nc: [1\n", None),
    ] {
        assert_eq!(skipped(content), why, "{content}");
    }
}

#[test]
fn half_a_document_never_panics() {
    let whole = format!(
        "{GOOD}data:\n  a: \"x\\u00e9 y\"\n  b: |-\n    é\n\n  c: [1, {{d: 'e'}}]\n  f: &f g\n  h: *f\n  ? i\n"
    );
    for end in 0..=whole.len() {
        read(&whole.as_bytes()[..end]);
        read(&whole.as_bytes()[end..]);
    }
    let json = r#"{"apiVersion":"v1","kind":"List","items":[{"a":"\ud83d\ude00","b":[1.5e3,null]}]}"#;
    for end in 0..=json.len() {
        read(&json.as_bytes()[..end]);
    }
}

#[test]
fn one_value_that_is_no_manifest() {
    let value = |content: &str| read_value(Arc::new(Text::new("policy.yaml", content)), Limits::default());
    assert_eq!(value("a: [1, yes]").unwrap().root().to_json(), r#"{"a":[1,true]}"#);
    assert_eq!(value("{\"a\": 1}").unwrap().root().to_json(), r#"{"a":1}"#);
    assert_eq!(value("a: 1\na: 2").unwrap_err().rule, "duplicate-key");
    assert!(value("a: 1\n---\nb: 2").unwrap_err().message.contains("second document"));
    assert!(value("").unwrap_err().message.contains("empty"));
}
