//! What a person reads when a policy file is wrong, and that the schema for editors says the same.

mod rendering;

use std::sync::Arc;

use insta::assert_snapshot;
use sluice_manifest::Text;

use super::{Policy, entries, matching, render, schema};

const HEAD: &str = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\n";
const PLUGIN: &str = "plugins:\n- name: a\n  source: builtin:a\n";

/// What is wrong with a file, a line for each error.
fn errors(text: &str) -> String {
    let errors = Policy::parse(&Arc::new(Text::new("sluice.yaml", text))).err().unwrap_or_default();
    let lines = errors.iter().map(|error| {
        let at = error.location.as_ref().unwrap();
        let help = if error.help.is_empty() { String::new() } else { format!(" ({})", error.help) };
        format!("{}:{}: {}{help}", at.line, at.column, error.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What is wrong with lines that follow the head.
fn below(text: &str) -> String {
    errors(&format!("{HEAD}{text}"))
}

/// What is wrong with fields of a plugin.
fn plugin(fields: &str) -> String {
    below(&format!("{PLUGIN}  {fields}\n"))
}

/// What is wrong with an exception.
fn exception(text: &str) -> String {
    below(&format!("{PLUGIN}exceptions:\n- {text}\n"))
}

#[test]
fn a_file_that_uses_everything_is_right() {
    assert_snapshot!(errors(ALL), @"");
    let policy = Policy::parse(&Arc::new(Text::new("sluice.yaml", ALL))).unwrap();
    assert_eq!(policy.plugins.len(), 3);
    assert_eq!(policy.plugins[0].settings.as_deref(), Some(r#"{"allowedRegistries":["ghcr.io/acme"]}"#));
    assert_eq!(policy.plugins[0].limits.memory, 64 << 20);
    assert_eq!(policy.plugins[0].limits.time, std::time::Duration::from_secs(1));
    assert_eq!(policy.exceptions[0].expires.unwrap().to_string(), "2027-01-31");
}

const ALL: &str = r#"
apiVersion: sluice.dev/v1alpha1
kind: Policy
render:
  - path: deploy/*/plain
    plain: {}
    allowEmpty: true
  - { path: deploy/prod, kustomize: null }
  - path: charts/shop
    helm:
      release: shop
      namespace: prod
      values: [values/base.yaml, values/prod.yaml]
      set: { image.tag: "1.4", replicas: 3, debug: false, nothing: null }
      setString: [number=0123]
      kubeVersion: "1.36"
      apiVersions: monitoring.coreos.com/v1
      includeCRDs: false
      skipTests: true
      noHooks: true
  - { path: ../lib, helm: }
  - path: deploy/generated
    command: [jsonnet, -y, "", main.jsonnet]
    limits: { memory: 256Mi, time: 5s }
plugins:
  - name: image-tags
    source: builtin:image-tags
    settings: { allowedRegistries: [ghcr.io/acme] }
    match:
      kinds: [Deployment, apps/v1/StatefulSet, Job.batch, "*"]
      namespaces: { exclude: [kube-system], include: "*" }
      names: [a, b-*]
      labels:
        matchLabels: { tier: front, empty: "" }
        matchExpressions:
          - { key: a, operator: In, values: [x] }
          - { key: b, operator: Exists }
    action: deny
    rules: { mutable-tag: { action: warn, severity: warning } }
    grants: { context: [{ apiVersion: v1, kind: Namespace }], secrets: redacted }
    limits: { memory: 64Mi, time: 1s, output: 1000000 }
  - { name: other, source: "file:./x.wasm", match: { kind: Pod, name: x, namespace: z }, action: audit }
  - { name: third, source: "oci://registry.example.com/x:1", settings: null }
exceptions:
  - rule: image-tags/mutable-tag
    match: { kind: Deployment, name: legacy-* }
    reason: vendor image, ticket OPS-112
    expires: 2027-01-31
  - { rule: "image-tags/*", match: { kinds: [Pod] }, reason: because }
"#;

#[test]
fn the_file_as_a_whole() {
    assert_snapshot!(errors(""), @r"1:1: the file is empty (write at least one value)");
    assert_snapshot!(errors("- a\n"), @r"1:3: a policy file has to be an object, not a list");
    assert_snapshot!(errors("a: [\n"), @r"2:1: expected a value (write a value, or remove what asks for one)");
    assert_snapshot!(errors("{}"), @r"
    1:1: a policy file lacks the field `apiVersion`
    1:1: a policy file lacks the field `kind`
    1:1: a policy file lacks the field `plugins`
    ");
    assert_snapshot!(errors("apiVersion: v1\nkind: ConfigMap\nplugins: []\nexeptions: []\n"), @r"
    1:13: `apiVersion` is `v1` (write `sluice.dev/v1alpha1`)
    2:7: `kind` is `ConfigMap` (write `Policy`)
    3:10: no plugin is named, so nothing would be judged
    4:1: a policy file has no field `exeptions` (did you mean `exceptions`?)
    ");
    assert_snapshot!(below("plugins: {}\n"), @r"3:10: `plugins` has to be a list, not an object");
    assert_snapshot!(below("plugins: [a, 1]\n"), @r"
    3:11: a plugin has to be an object, not a string
    3:14: a plugin has to be an object, not a number
    ");
}

#[test]
fn plugins() {
    assert_snapshot!(plugin("setings: {}"), @r"6:3: a plugin has no field `setings` (did you mean `settings`?)");
    assert_snapshot!(plugin("settings: [a]"), @r"6:14: `settings` has to be an object, not a list");
    assert_snapshot!(plugin("action: forbid"), @r"6:11: `forbid` is no action (known are `deny`, `warn`, `audit`)");
    assert_snapshot!(plugin("action: true"), @"6:11: `true` is no action (known are `deny`, `warn`, `audit`)");
    assert_snapshot!(plugin("action: wran"), @r"6:11: `wran` is no action (did you mean `warn`?)");
    assert_snapshot!(plugin("rules: {x: deny}"), @r"6:14: a rule has to be an object, not a string");
    assert_snapshot!(plugin("rules: {x: {severty: high}}"), @r"6:15: a rule has no field `severty` (did you mean `severity`?)");
    assert_snapshot!(plugin("limits: {memory: 64MB, time: soon, output: -1, cpu: 1}"), @r"
    6:20: `64MB` is no size (write `64Mi`, `512Ki` or `1Gi`)
    6:32: `soon` is no duration (write `1s`, `500ms` or `2m`)
    6:46: `-1` is no size (write `64Mi`, `512Ki` or `1Gi`)
    6:50: `limits` has no field `cpu` (known are `memory`, `time`, `output`)
    ");
    assert_snapshot!(plugin("limits: {memory: 1Gi, time: 1m, output: 256Mi}"), @"");
    assert_snapshot!(plugin("limits: {memory: 2Gi, time: 100000h, output: 268435457}"), @r"
    6:20: this is more than a plugin can be given, which is `1Gi` (a plugin that needs more asks for more than rules need)
    6:31: this is more than a plugin can be given, which is `1m` (a plugin that needs more asks for more than rules need)
    6:48: this is more than a plugin can be given, which is `256Mi` (a plugin that needs more asks for more than rules need)
    ");
    assert_snapshot!(plugin("grants: {secrets: all, context: [{kind: Namespace}]}"), @r"
    6:21: `all` is no access to secrets (known are `redacted`, `full`)
    6:37: a kind that is granted lacks the field `apiVersion`
    ");
    assert_snapshot!(below("plugins: [{name: Image_Tags, source: image-tags.wasm}, {source: builtin:x}]\n"), @r"
    3:18: `Image_Tags` is no name of a plugin (use lowercase letters, digits and hyphens: it stands before rule ids)
    3:38: `image-tags.wasm` is no source of a plugin (write `file:image-tags.wasm`)
    3:57: a plugin lacks the field `name`
    ");
    assert_snapshot!(plugin("limits: {time: 1.0}"), @r"
    6:18: `1.0` is no duration (write `1s`, `500ms` or `2m`)
    ");
    assert_snapshot!(plugin("grants: {secrets: on}"), @"6:21: `on` is no access to secrets (known are `redacted`, `full`)");
    assert_snapshot!(below("plugins: [{name: a, source: 'https://x/y.wasm'}]\n"), @"3:29: `https://x/y.wasm` is no source of a plugin (plugins come from the program itself, `builtin:NAME`, or from a file, `file:PATH`)");
    assert_snapshot!(below("plugins: [{name: a, source: builtin:a}, {name: a, source: builtin:b}]\n"), @r"3:48: there are two plugins of the name `a` (names stand before rule ids, so each has to be unique)");
    assert_snapshot!(below("plugins: [{name: sluice, source: builtin:a}]\n"), @r"3:18: the name `sluice` stands for the gate itself (choose another name)");
}

#[test]
fn matches() {
    assert_snapshot!(plugin("match: {kinds: [deployment, Pod Set, a/b/c/d]}"), @r"
    6:19: `deployment` is no kind (write it as manifests do: `Deployment`, `apps/v1/Deployment` or `Deployment.apps`; `*` stands for any)
    6:31: `Pod Set` is no kind (write it as manifests do: `Deployment`, `apps/v1/Deployment` or `Deployment.apps`; `*` stands for any)
    6:40: `a/b/c/d` is no kind (write it as manifests do: `Deployment`, `apps/v1/Deployment` or `Deployment.apps`; `*` stands for any)
    ");
    assert_snapshot!(plugin("match: {kind: Pod, kinds: [Pod]}"), @r"6:30: `kind` and `kinds` say the same thing (keep one of them)");
    assert_snapshot!(plugin("match: {kinds: []}"), @r"6:18: an empty list matches nothing (leave it out to match all)");
    assert_snapshot!(plugin("match: {namespace: {exlude: [a]}, name: 1}"), @r#"
    6:23: a list of names has no field `exlude` (did you mean `exclude`?)
    6:43: a name has to be a string, not a number (put it in quotes: "1")
    "#);
    assert_snapshot!(plugin("match: {kind: , name: {}, namespaces: {include: , exclude: []}, labels: {matchLabels: {}, matchExpressions: []}}"), @r"
    6:11: `kind` is there and says nothing (give it a value, or leave it out)
    6:19: `name` is there and says nothing (give it a value, or leave it out)
    6:42: `include` is there and says nothing (give it a value, or leave it out)
    6:62: an empty list matches nothing (leave it out to match all)
    6:76: `matchLabels` is there and says nothing (give it a value, or leave it out)
    6:111: an empty list demands nothing (leave it out)
    ");
    assert_snapshot!(plugin("match: {labels: {app: x}}"), @r"6:20: `labels` has no field `app` (known are `matchLabels`, `matchExpressions`)");
    assert_snapshot!(plugin("match: {labels: {matchLabels: {a: yes}, matchExpressions: [{key: a, operator: in}]}}"), @r#"
    6:37: the value of a label has to be a string, not a boolean (put it in quotes: "yes")
    6:81: `in` is no operator (did you mean `In`?)
    "#);
    assert_snapshot!(plugin("match: {labels: {matchExpressions: [{key: a, operator: In}, {key: b, operator: Exists, values: [x]}]}}"), @r"
    6:58: this operator needs `values`
    6:82: this operator takes no `values` (use `In` or `NotIn`, or leave them out)
    ");
}

#[test]
fn exceptions() {
    assert_snapshot!(exception("rule: a/b\n  match: {kind: Pod}"), @r"7:3: an exception lacks the field `reason`");
    assert_snapshot!(exception("{rule: a/b, match: {kind: Pod}, reason: ' ', expires: tomorrow}"), @r"
    7:43: `reason` is empty
    7:57: `tomorrow` is no date (write the last day on which it holds: `2027-01-31`)
    ");
    assert_snapshot!(exception("{rule: mutable-tag, match: {kind: Pod}, reason: x, expires: 2027-02-30}"), @r"
    7:10: `mutable-tag` is no rule (write the plugin and the rule, as findings do: `image-tags/mutable-tag`, or `image-tags/*`)
    7:63: `2027-02-30` is no date (write the last day on which it holds: `2027-01-31`)
    ");
    assert_snapshot!(exception("{rule: a/b, match: {}, reason: x}"), @r#"7:22: this exception does not say which objects it is for (name kinds, names, namespaces or labels; `match: { kinds: ["*"] }` covers everything)"#);
    for everything in ["name: ", "namespaces: {}", "labels: {}", "labels: {matchLabels: {}}", "names: {exclude: }"] {
        let text = exception(&format!("{{rule: a/b, match: {{{everything}}}, reason: x}}"));
        assert!(text.starts_with("7:") && text.contains("is there and says nothing") && !text.contains('\n'), "{text}");
    }
    assert_snapshot!(exception("{rule: a/b, match: {kind: Pod}, reason: x, expires: }"), @r"7:55: `expires` has to be a string, not nothing");
    assert_snapshot!(exception("{rule: a/b, reason: x, expires: 20270131}"), @r#"
    7:4: an exception lacks the field `match`
    7:35: `expires` has to be a string, not a number (put it in quotes: "20270131")
    "#);
    assert_snapshot!(exception("{rule: sluice/plugin-trapped, match: {kind: Pod}, reason: x}"), @r"7:10: there can be no exception from `sluice/plugin-trapped` (a plugin that fails and a file that cannot be read keep the gate from deciding; only these of its own rules can be excepted: `sluice/duplicate-key`, `sluice/duplicate-object`, `sluice/mutation-conflict`, `sluice/not-idempotent`)");
}

#[test]
fn an_error_shows_its_lines() {
    let text = format!("{HEAD}{PLUGIN}  action: forbid\n");
    let errors = Policy::parse(&Arc::new(Text::new("sluice.yaml", text))).err().unwrap();
    let snippet = errors[0].snippet.as_ref().unwrap();
    assert_eq!((snippet.first_line, snippet.text.as_str()), (5, "  source: builtin:a\n  action: forbid"));
}

/// The schema and the reader know the same fields.
#[test]
fn the_schema_has_the_fields_that_are_read() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let fields = |object: &serde_json::Value| {
        let mut names: Vec<String> = object["properties"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(object["additionalProperties"], serde_json::Value::Bool(false));
        names.sort();
        names
    };
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(fields(&schema), sorted(entries::POLICY_FIELDS));
    for (name, read) in [
        ("Plugin", entries::PLUGIN_FIELDS),
        ("RuleOverride", entries::RULE_FIELDS),
        ("GrantsEntry", entries::GRANTS_FIELDS),
        ("GrantedKind", entries::CONTEXT_FIELDS),
        ("LimitsEntry", entries::LIMITS_FIELDS),
        ("ExceptionEntry", entries::EXCEPTION_FIELDS),
        ("MatchEntry", matching::FIELDS),
        ("NamesParts", matching::NAMES_FIELDS),
        ("Labels", matching::LABELS_FIELDS),
        ("Expression", matching::EXPRESSION_FIELDS),
        ("RenderEntry", render::read::ENTRY_FIELDS),
        ("HelmEntry", render::read::HELM_FIELDS),
        ("CommandLimits", render::read::LIMITS_FIELDS),
    ] {
        assert_eq!(fields(&schema["$defs"][name]), sorted(read), "{name}");
    }
}

/// The schema takes what the reader takes, and refuses what it refuses as far as a schema can.
#[test]
fn the_schema_agrees_with_the_reader() {
    let schema: serde_json::Value = serde_json::from_str(&schema()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let valid = |text: &str| {
        let tree = sluice_manifest::read_value(Arc::new(Text::new("x", text)), sluice_manifest::Limits::default());
        validator.is_valid(&tree.unwrap().root().to_value())
    };
    assert!(valid(ALL), "{:?}", validator.iter_errors(&serde_json::Value::Null).count());
    for wrong in [
        "setings: {}",
        "settings: [a]",
        "action: forbid",
        "rules: {x: deny}",
        "limits: {memory: 64MB}",
        "grants: {secrets: all}",
        "match: {kinds: []}",
        "match: {labels: {app: x}}",
        "match: {labels: {}}",
        "match: {names: {}}",
        "rules: {}\nrender: [{path: a}]",
        "rules: {}\nrender: [{path: a, plain: {}, kustomize: {}}]",
        "rules: {}\nrender: [{plain: {}}]",
        "rules: {}\nrender: [{path: a, plain: {x: 1}}]",
        "rules: {}\nrender: [{path: a, helm: {relese: x}}]",
        "rules: {}\nrender: [{path: a, helm: {set: [x]}}]",
        "rules: {}\nrender: [{path: a, helm: {set: {a: 1.5}}}]",
        "rules: {}\nrender: [{path: a, command: []}]",
        "rules: {}\nrender: [{path: a, command: [x], limits: {cpu: 1}}]",
        "rules: {}\nrender: [{path: a, plain: {}, allowEmpty: 3}]",
    ] {
        let text = format!("{HEAD}{PLUGIN}  {wrong}\n");
        assert!(!valid(&text) && !errors(&text).is_empty(), "{wrong}");
    }
}
