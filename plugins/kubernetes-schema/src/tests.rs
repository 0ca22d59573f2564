//! Objects with one fault each, and what is said of them; and the data, looked at from end to end.
//!
//! Long because it is a table of cases.

use sluice_sdk::{Finding, Operation, Resource, Severity, testing};

use crate::data::{Definition, Kind, Type, Version, keys, values};
use crate::view::View;
use crate::walk::{Fault, Problem, Walk};

/// The findings on an object as lines of rule, pointer and message.
fn judge(yaml: &str, settings: &str) -> Vec<String> {
    let line = |finding: &Finding| format!("{} {} {}", finding.rule.unwrap(), finding.pointer, finding.message);
    findings(yaml, settings).iter().map(line).collect()
}

fn findings(yaml: &str, settings: &str) -> Vec<Finding> {
    testing::check::<crate::Plugin>(&Resource::from_yaml(yaml).unwrap(), settings).unwrap()
}

/// A Deployment without fault, with one text in it replaced.
fn deployment(old: &str, new: &str) -> String {
    assert!(DEPLOYMENT.contains(old), "`{old}` is not in the deployment");
    DEPLOYMENT.replacen(old, new, 1)
}

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  labels: { app: cart }
  annotations: { example.com/owner: 'team a' }
  creationTimestamp: null
spec:
  replicas: 2
  selector: { matchLabels: { app: cart } }
  strategy: { rollingUpdate: { maxSurge: 25%, maxUnavailable: 1 } }
  template:
    metadata:
      labels: { app: cart }
    spec:
      restartPolicy: Always
      containers:
      - name: cart
        image: ghcr.io/acme/cart:1.2
        imagePullPolicy: IfNotPresent
        env:
        - name: PORT
          value: '8080'
        - name: HOST
          value: cart
        ports:
        - containerPort: 8080
        - containerPort: 8080
          protocol: UDP
        resources:
          limits: { cpu: 500m, memory: 1Gi }
          requests: { cpu: 0.5, memory: 1e3 }
        livenessProbe: { httpGet: { path: /, port: http } }
status: {}
";

/// Replaces a text in the deployment and expects exactly this of it.
#[track_caller]
fn damaged(old: &str, new: &str, expected: &[&str]) {
    assert_eq!(judge(&deployment(old, new), "{}"), expected);
}

#[test]
fn a_good_object_is_good_in_every_version() {
    for version in Version::all() {
        let settings = format!("{{\"version\":\"1.{}\"}}", version.minor());
        assert_eq!(judge(DEPLOYMENT, &settings), [""; 0]);
    }
}

#[test]
fn a_misspelt_field_is_told_with_the_right_name() {
    damaged(
        "imagePullPolicy:",
        "imagePullpolicy:",
        &["unknown-field /spec/template/spec/containers/0/imagePullpolicy unknown field `imagePullpolicy` in \
           `spec.template.spec.containers[0]`, did you mean `imagePullPolicy`?"],
    );
    damaged(
        "replicas:",
        "replica:",
        &["unknown-field /spec/replica unknown field `replica` in `spec`, did you mean `replicas`?"],
    );
    damaged(
        "imagePullPolicy:",
        "image_pull_policy:",
        &["unknown-field /spec/template/spec/containers/0/image_pull_policy unknown field `image_pull_policy` in \
         `spec.template.spec.containers[0]`, did you mean `imagePullPolicy`?"],
    );
}

#[test]
fn a_misspelt_required_field_is_told_once_and_can_be_put_right() {
    let found = findings(&deployment("containers:", "contianers:"), "{}");
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(finding.rule, Some("unknown-field"));
    let [Operation::Add { pointer, value }, Operation::Remove { pointer: wrong }] = finding.fix.as_slice() else {
        panic!("{:?}", finding.fix)
    };
    assert_eq!(pointer, "/spec/template/spec/containers");
    assert!(value.starts_with(r#"[{"name":"cart","image":"ghcr.io/acme/cart:1.2","#), "{value}");
    assert_eq!(wrong, "/spec/template/spec/contianers");
}

#[test]
fn a_field_at_the_wrong_level_is_told_with_the_right_one() {
    damaged(
        "restartPolicy: Always",
        "replicas: 3",
        &[
            "unknown-field /spec/template/spec/replicas unknown field `replicas` in `spec.template.spec`: it belongs in `spec`",
        ],
    );
    damaged(
        "replicas: 2",
        "restartPolicy: Always",
        &[
            "unknown-field /spec/restartPolicy unknown field `restartPolicy` in `spec`: it belongs in `spec.template.spec`",
        ],
    );
    damaged(
        "status: {}",
        "labels: {}",
        &["unknown-field /labels unknown field `labels` of a `Deployment`: it belongs in `metadata`"],
    );
}

#[test]
fn a_field_of_another_version_says_which() {
    let pod = "
apiVersion: v1
kind: Pod
metadata: { name: a }
spec:
  hostnameOverride: b
  containers: [{ name: a }]
";
    let said = judge(pod, r#"{"version":"1.33"}"#);
    assert_eq!(
        said,
        ["unknown-field /spec/hostnameOverride unknown field `hostnameOverride` in `spec`: it exists from \
        Kubernetes 1.34 on, and this is checked for 1.33"]
    );
    assert_eq!(judge(pod, r#"{"version":"1.34"}"#), [""; 0]);
}

#[test]
fn names_are_held_to_the_rules_of_their_kind_and_no_others() {
    let named = |kind: &str, name: &str, version: &str| {
        let object = format!("{kind}\nmetadata: {{ name: '{name}' }}\nspec: {{}}\n");
        judge(&object, &format!(r#"{{"version":"{version}"}}"#)).iter().any(|said| said.contains("cannot be the name"))
    };
    let [service, driver, address] = [
        "apiVersion: v1\nkind: Service",
        "apiVersion: storage.k8s.io/v1\nkind: CSIDriver",
        "apiVersion: networking.k8s.io/v1\nkind: IPAddress",
    ];
    assert!(named(service, "1web", "1.33") && !named(service, "1web", "1.36") && !named(service, "web1", "1.33"));
    assert!(!named(driver, "Foo.csi.example.com", "1.36") && named(driver, "foo_csi", "1.36"));
    assert!(named(driver, &"a".repeat(64), "1.36"));
    assert!(!named(address, "2001:db8::1", "1.36") && named(address, "a/b", "1.36"));
}

#[test]
fn the_case_of_the_key_matters_for_labels_only() {
    let with = |list: &str| {
        let object =
            format!("{{apiVersion: v1, kind: ConfigMap, metadata: {{name: a, {list}: {{Example.com/Foo: x}}}}}}");
        judge(&object, "{}")
    };
    assert_eq!(with("annotations"), [""; 0]);
    assert!(with("labels").first().is_some_and(|said| said.contains("prefix that is no DNS name")));
}

#[test]
fn wrong_types_say_what_to_type() {
    damaged(
        "replicas: 2",
        "replicas: '2'",
        &["wrong-type /spec/replicas `spec.replicas` must be a whole number, not the string `2`: remove the quotes"],
    );
    damaged(
        "'8080'",
        "8080",
        &["wrong-type /spec/template/spec/containers/0/env/0/value \
        `spec.template.spec.containers[0].env[0].value` must be a string, not the number `8080`: put it in quotes"],
    );
    damaged(
        "value: cart",
        "value: true",
        &["wrong-type /spec/template/spec/containers/0/env/1/value \
        `spec.template.spec.containers[0].env[1].value` must be a string, not the boolean `true`: put it in quotes"],
    );
    damaged(
        "replicas: 2",
        "replicas: 1.5",
        &["wrong-type /spec/replicas `spec.replicas` must be a whole number, not `1.5`"],
    );
    damaged(
        "replicas: 2",
        "replicas: [2]",
        &["wrong-type /spec/replicas `spec.replicas` must be a whole number, not a list"],
    );
    damaged(
        "maxSurge: 25%",
        "maxSurge: true",
        &[
            "wrong-type /spec/strategy/rollingUpdate/maxSurge `spec.strategy.rollingUpdate.maxSurge` must be a whole number \
         or a string, not the boolean `true`",
        ],
    );
    damaged(
        "{ httpGet: { path: /, port: http } }",
        "/healthz",
        &[
            "wrong-type /spec/template/spec/containers/0/livenessProbe `spec.template.spec.containers[0].livenessProbe` must \
         be an object, not the string `/healthz`",
        ],
    );
    let service = "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {ports: {port: 80}}}";
    assert_eq!(
        judge(service, "{}"),
        ["wrong-type /spec/ports `spec.ports` must be a list, not an object: put `- ` before it"]
    );
}

#[test]
fn a_number_in_quotes_can_be_put_right() {
    let found = findings(&deployment("replicas: 2", "replicas: '2'"), "{}");
    let fix = Operation::Replace { pointer: "/spec/replicas".into(), value: "2".into() };
    assert_eq!(found.first().unwrap().fix, [fix]);
}

#[test]
fn null_is_a_field_left_out() {
    damaged("replicas: 2", "replicas: null", &[]);
    damaged("restartPolicy: Always", "volumes: null", &[]);
    damaged(
        "- name: cart\n        image",
        "- name: null\n        image",
        &[
            "missing-required /spec/template/spec/containers/0 `spec.template.spec.containers[0]` lacks the required field \
         `name`, which is null here",
        ],
    );
    damaged(
        "restartPolicy: Always",
        "initContainers: [null]",
        &[
            "wrong-type /spec/template/spec/initContainers/0 `spec.template.spec.initContainers[0]` must be an object, and \
         nothing stands here",
        ],
    );
}

#[test]
fn required_fields_are_required_outside_of_status() {
    damaged(
        "  selector: { matchLabels: { app: cart } }\n",
        "",
        &["missing-required /spec `spec` lacks the required field `selector`"],
    );
    damaged("status: {}", "status: { conditions: [{ message: waiting }] }", &[]);
    damaged(
        "status: {}",
        "status: { condition: [] }",
        &["unknown-field /status/condition unknown field `condition` in `status`, did you mean `conditions`?"],
    );
}

#[test]
fn enums_know_their_values_and_near_misses() {
    let found = findings(&deployment("IfNotPresent", "ifnotpresent"), "{}");
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        finding.message,
        "`spec.template.spec.containers[0].imagePullPolicy` must be `Always`, `IfNotPresent` or `Never`, not \
         `ifnotpresent`, did you mean `IfNotPresent`?"
    );
    let pointer = "/spec/template/spec/containers/0/imagePullPolicy".to_owned();
    assert_eq!(finding.fix, [Operation::Replace { pointer, value: "\"IfNotPresent\"".into() }]);
    damaged("IfNotPresent", "''", &[]);
    damaged(
        "IfNotPresent",
        "true",
        &["wrong-type /spec/template/spec/containers/0/imagePullPolicy \
        `spec.template.spec.containers[0].imagePullPolicy` must be a string, not the boolean `true`: put it in quotes"],
    );
    let volume = "{apiVersion: v1, kind: PersistentVolume, metadata: {name: a}, spec: {accessModes: ['']}}";
    assert_eq!(judge(volume, "{}").len(), 1);
}

#[test]
fn numbers_and_quantities_must_fit() {
    damaged(
        "replicas: 2",
        "replicas: 3000000000",
        &["bad-format /spec/replicas `spec.replicas` must be a whole number of 32 bits, not `3000000000`"],
    );
    damaged(
        "1Gi",
        "512MB",
        &["bad-format /spec/template/spec/containers/0/resources/limits/memory \
        `spec.template.spec.containers[0].resources.limits.memory` must be a quantity such as `500m`, `2` or `1Gi`, not \
        `512MB`, did you mean `512M`?"],
    );
    damaged(
        "1Gi",
        "1 Gi",
        &["bad-format /spec/template/spec/containers/0/resources/limits/memory \
        `spec.template.spec.containers[0].resources.limits.memory` must be a quantity such as `500m`, `2` or `1Gi`, not \
        `1 Gi`: write it without a space"],
    );
    let secret = "{apiVersion: v1, kind: Secret, metadata: {name: a}, data: {key: hunter2}}";
    assert_eq!(
        judge(secret, "{}"),
        ["bad-format /data/key `data.key` must be base64: plain text goes \
        into `stringData`"]
    );
}

/// What stands under a misspelt name is hidden too, so there is nothing to write elsewhere.
#[test]
fn the_values_of_a_secret_are_not_written_elsewhere() {
    let misspelt =
        |kind: &str, name: &str| format!("{{apiVersion: v1, kind: {kind}, metadata: {{name: a}}, {name}: {{key: a}}}}");
    let fixes = |manifest: &str| {
        let findings = findings(manifest, "{}");
        findings.iter().map(|finding| finding.fix.len()).collect::<Vec<_>>()
    };
    assert_eq!(fixes(&misspelt("ConfigMap", "binarydata")), [2]);
    assert_eq!(fixes(&misspelt("Secret", "stringdata")), [0]);
}

#[test]
fn elements_that_repeat_each_other_are_told() {
    damaged(
        "name: HOST",
        "name: PORT",
        &["duplicate-element /spec/template/spec/containers/0/env/1 \
        `spec.template.spec.containers[0].env[1]` repeats `name: PORT` of `spec.template.spec.containers[0].env[0]`"],
    );
    damaged(
        "          protocol: UDP\n",
        "",
        &["duplicate-element /spec/template/spec/containers/0/ports/1 \
        `spec.template.spec.containers[0].ports[1]` repeats `containerPort: 8080` and `protocol` of \
        `spec.template.spec.containers[0].ports[0]`"],
    );
    damaged(
        "protocol: UDP",
        "protocol: TCP",
        &["duplicate-element /spec/template/spec/containers/0/ports/1 \
        `spec.template.spec.containers[0].ports[1]` repeats `containerPort: 8080` and `protocol: TCP` of \
        `spec.template.spec.containers[0].ports[0]`"],
    );
    // A long list takes another way.
    let many: String = (0..40).map(|n| format!("{{name: A{}}}, ", n % 39)).collect();
    let said = judge(
        &format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: a}}, spec: {{containers: [{{name: a, env: [{many}]}}]}}}}"
        ),
        "{}",
    );
    assert_eq!(
        said,
        ["duplicate-element /spec/containers/0/env/39 `spec.containers[0].env[39]` repeats `name: A0` of \
        `spec.containers[0].env[0]`"]
    );
}

#[test]
fn names_and_labels_have_their_syntax() {
    damaged(
        "name: cart\n  labels",
        "name: Cart_1\n  labels",
        &[
            "invalid-metadata /metadata/name `Cart_1` cannot be the name of a `Deployment`: it may hold lowercase letters, \
         digits, `-` and `.`, and each part begins and ends with a letter or digit",
        ],
    );
    damaged(
        "  name: cart\n  labels",
        "  labels",
        &["invalid-metadata /metadata the object has no name: set `metadata.name`"],
    );
    damaged("  name: cart\n  labels", "  generateName: cart-\n  labels", &[]);
    damaged(
        "labels: { app: cart }",
        "labels: { app: 'a cart' }",
        &[
            "invalid-metadata /metadata/labels/app `metadata.labels.app` may hold letters, digits, `-`, `_` and `.`, and \
         begins and ends with a letter or digit, not `a cart`",
        ],
    );
    damaged(
        "matchLabels: { app: cart }",
        "matchLabels: { App/x/y: cart }",
        &[
            "invalid-metadata /spec/selector/matchLabels/App~1x~1y the key `App/x/y` in `spec.selector.matchLabels` has more \
         than one slash",
        ],
    );
    damaged(
        "'team a'",
        "17",
        &["wrong-type /metadata/annotations/example.com~1owner \
        `metadata.annotations[\"example.com/owner\"]` must be a string, not the number `17`: put it in quotes"],
    );
    let role =
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: 'system:a'}, rules: null}";
    assert_eq!(judge(role, "{}"), [""; 0]);
}

#[test]
fn kinds_that_are_gone_say_what_to_use() {
    let ingress = "{apiVersion: extensions/v1beta1, kind: Ingress, metadata: {name: a}}";
    assert_eq!(
        judge(ingress, "{}"),
        ["removed-api /apiVersion `Ingress` of `extensions/v1beta1` was removed in \
        Kubernetes 1.22: use `networking.k8s.io/v1`"]
    );
    let schema = "{apiVersion: flowcontrol.apiserver.k8s.io/v1beta3, kind: FlowSchema, metadata: {name: a}}";
    assert_eq!(
        judge(schema, "{}"),
        ["removed-api /apiVersion `FlowSchema` of `flowcontrol.apiserver.k8s.io/v1beta3` was \
        removed in Kubernetes 1.32: use `flowcontrol.apiserver.k8s.io/v1`"]
    );
    assert_eq!(
        judge(schema, r#"{"version":"1.31"}"#),
        ["deprecated-api /apiVersion `FlowSchema` of \
        `flowcontrol.apiserver.k8s.io/v1beta3` is removed in Kubernetes 1.32: use `flowcontrol.apiserver.k8s.io/v1`"]
    );
}

#[test]
fn unknown_kinds_of_kubernetes_are_errors_and_those_of_others_are_told() {
    let said = judge("{apiVersion: apps/v1, kind: Deploymnet, metadata: {name: a}}", r#"{"version":"1.36"}"#);
    assert_eq!(
        said,
        ["unknown-kind /kind Kubernetes 1.36 has no `Deploymnet` in `apps/v1`, did you mean `Deployment`?"]
    );
    let said = judge("{apiVersion: v1, kind: Deployment, metadata: {name: a}}", r#"{"version":"1.36"}"#);
    assert_eq!(said, ["unknown-kind /apiVersion Kubernetes 1.36 has no `Deployment` in `v1`: it is in `apps/v1`"]);

    let custom = "{apiVersion: example.com/v1, kind: Shop, metadata: {name: a}, spec: {any: thing}}";
    let severity = |settings: &str| findings(custom, settings).first().map(|finding| finding.severity.unwrap());
    use sluice_sdk::Severity::{Error, Info, Warning};
    assert_eq!(severity("{}"), Some(Info));
    assert_eq!(severity(r#"{"missingSchemas":"warn"}"#), Some(Warning));
    assert_eq!(severity(r#"{"missingSchemas":"deny"}"#), Some(Error));
    assert_eq!(severity(r#"{"missingSchemas":"ignore"}"#), None);
    assert_eq!(judge(custom, "{}"), ["no-schema /kind not checked: there is no schema of `Shop` in `example.com/v1`"]);
}

#[test]
fn kinds_can_be_skipped() {
    let broken = deployment("replicas", "replicaz");
    assert_eq!(judge(&broken, "{}").len(), 1);
    for skip in ["Deployment", "apps/Deployment", "apps/v1/Deployment"] {
        assert_eq!(judge(&broken, &format!(r#"{{"skip":["{skip}"]}}"#)), [""; 0]);
    }
    assert_eq!(judge(&broken, r#"{"skip":["DaemonSet"]}"#).len(), 1);
}

#[test]
fn settings_that_mean_nothing_are_refused() {
    let refused = |settings: &str| testing::configure::<crate::Plugin>(settings).map(|_| ()).unwrap_err();
    let said = refused(r#"{"version":"1.12"}"#);
    assert!(said.first().unwrap().message.contains("no schemas of Kubernetes `1.12`"), "{said:?}");
    refused(r#"{"versoin":"1.36"}"#);
    refused(r#"{"missingSchemas":"maybe"}"#);
}

#[test]
fn the_schema_of_the_settings_names_the_versions_of_the_data() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../settings.schema.json")).unwrap();
    let known: Vec<String> = Version::all().map(|version| format!("1.{}", version.minor())).collect();
    assert_eq!(schema["properties"]["version"]["enum"], serde_json::json!(known));
}

#[test]
fn no_problem_hides_behind_many_of_another_kind() {
    // 1,500 times null is tolerated, and what comes behind it is not.
    let nulls = "null, ".repeat(1_500);
    let yaml =
        deployment("image:", &format!("args: [{nulls}a]\n        termination: 5\n        stdin: []\n        image:"));
    let found = findings(&yaml, "{}");
    let of = |rule: &str| found.iter().filter(|it| it.rule == Some(rule)).count();
    assert_eq!((of("wrong-type"), of("unknown-field")), (999, 1), "{found:?}");
    let is_told = |words: &str| found.iter().filter(|it| it.message.ends_with(words)).count();
    assert_eq!(is_told(" (and 502 more like this in the object)"), 1);
    assert_eq!(found.iter().filter(|it| it.severity == Some(Severity::Warning)).count(), 998);
}

#[test]
fn all_problems_are_told_that_the_host_takes() {
    let labels = |count: usize| -> String { (0..count).map(|n| format!("-x{n}: a, ")).collect() };
    let of = |count: usize| {
        let metadata = format!("{{ name: Bad_name, labels: {{ {} }} }}", labels(count));
        findings(&format!("{{ apiVersion: v1, kind: ConfigMap, metadata: {metadata} }}"), "{}")
    };
    let sums = |found: &[Finding]| found.iter().filter(|it| it.message.contains("more like this")).count();
    let found = of(150);
    assert_eq!((found.len(), sums(&found)), (151, 0), "{found:#?}");
    // The name does not hide behind the labels, and the sum is told once.
    let found = of(1_200);
    assert_eq!((found.len(), sums(&found)), (1_000, 1));
    assert!(found.iter().any(|it| it.message.starts_with("`Bad_name` cannot be")));
    assert!(found[999].message.ends_with(" (and 201 more like this in the object)"), "{}", found[999].message);
}

#[test]
fn deep_nesting_ends_the_walk_and_not_the_plugin() {
    // Collections within collections, each with one member or element, and an empty object at the bottom.
    let mut way = vec!["spec", "versions", "", "schema", "openAPIV3Schema"];
    way.extend(["properties", "a"].repeat(100_000));
    let nodes = way.iter().map(|name| if name.is_empty() { 1 } else { 2 }).sum::<u32>() + 1;
    let (mut tape, mut text) = (Vec::new(), String::new());
    for name in &way {
        tape.extend([if name.is_empty() { 5_u32 } else { 6 } | 1 << 4, nodes]);
        if !name.is_empty() {
            tape.extend([4 | (name.len() as u32) << 4, text.len() as u32]);
            text.push_str(name);
        }
    }
    tape.extend([6, nodes]);
    let mut bytes = Vec::from(*b"SLT1");
    [nodes, text.len() as u32].iter().chain(&tape).for_each(|word| bytes.extend(word.to_le_bytes()));
    bytes.extend(text.as_bytes());

    let kind = Kind::find(b"apiextensions.k8s.io/v1", b"CustomResourceDefinition").unwrap();
    let problems = Walk::of(View::new(&bytes), kind, Version::newest().bit()).problems;
    let deep = |problem: &&Problem| matches!(problem.fault, Fault::TooDeep);
    assert_eq!(problems.iter().filter(deep).count(), 1);
}

#[test]
fn bytes_that_are_no_tape_are_no_object() {
    let kind = Kind::find(b"v1", b"Pod").unwrap();
    for bytes in [&b""[..], b"SLT1", b"SLT1\xff\xff\xff\xff\0\0\0\0", b"SLT1\x01\0\0\0\0\0\0\0\xf6\xff\xff\xff\0\0\0\0"]
    {
        assert!(Walk::of(View::new(bytes), kind, 1).problems.len() < 3);
    }
}

#[test]
fn the_data_is_what_its_digest_says() {
    use sha2::{Digest, Sha256};
    let digest: String =
        Sha256::digest(include_bytes!("../data/schemas.bin")).iter().map(|byte| format!("{byte:02x}")).collect();
    let said = include_str!("../data/DIGESTS").lines().next().unwrap();
    assert_eq!(said, format!("sha256:{digest}  schemas.bin"));
}

#[test]
fn every_kind_and_field_of_the_data_is_found_by_its_name() {
    let mut seen = std::collections::HashSet::new();
    let mut open: Vec<Type> = Vec::new();
    for kind in Kind::all() {
        let found = Kind::find(kind.api_version().as_bytes(), kind.kind().as_bytes()).unwrap();
        assert_eq!((found.kind(), found.versions()), (kind.kind(), kind.versions()));
        assert!(kind.definition().fields(kind.versions()).any(|field| field.name() == "metadata"), "{}", kind.kind());
        open.push(kind.object());
    }
    let mut fields = 0;
    while let Some(kind) = open.pop() {
        match kind {
            Type::Object(index) if seen.insert(index) => {
                let definition = Definition::at(index);
                for (index, field) in (0..=u8::MAX).map_while(|index| Some((index, definition.field(index)?))) {
                    let (found, _) = definition.find(field.name().as_bytes(), field.versions()).unwrap();
                    assert_eq!(found, index, "{}", field.name());
                    assert!(field.required() == 0 || index < definition.required());
                    open.push(field.kind());
                    fields += 1;
                }
            }
            Type::Map(inner) | Type::List(inner, _) => open.push(Type::at(inner)),
            Type::Enum(index) => assert!(values(index).all(|(value, versions)| !value.is_empty() || versions != 0)),
            _ => {}
        }
        if let Type::List(inner, crate::data::Elements::Keyed(set)) = kind
            && let Type::Object(element) = Type::at(inner)
        {
            let knows = |key| Definition::at(element).find(key, u16::MAX).is_some();
            assert!(keys(set).count() > 0 && keys(set).all(knows));
        }
    }
    assert!(fields > 3000, "{fields}");
}
