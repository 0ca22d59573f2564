//! Rule by rule, natively. What the host sees is held by `fixtures`.

use sluice_sdk::prelude::*;
use sluice_sdk::testing;

use crate::Plugin;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// Rules and pointers that a pod with one container and this image gives.
fn rules(image: &str, settings: &str) -> Vec<&'static str> {
    let pod = serde_json::json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
        "spec": {"containers": [{"name": "main", "image": image}]},
    });
    let findings = testing::check::<Plugin>(&Resource::from_json(&pod.to_string()).unwrap(), settings).unwrap();
    assert!(findings.iter().all(|finding| finding.pointer == "/spec/containers/0/image"));
    findings.iter().map(|finding| finding.rule.unwrap()).collect()
}

fn check(yaml: &str, settings: &str) -> Vec<String> {
    let findings = testing::check::<Plugin>(&Resource::from_yaml(yaml).unwrap(), settings).unwrap();
    findings.into_iter().map(|it| format!("{} {} {}", it.rule.unwrap(), it.pointer, it.message)).collect()
}

#[test]
fn without_settings_tags_have_to_stay() {
    assert_eq!(rules("nginx", "{}"), ["missing-tag"]);
    assert_eq!(rules("localhost:5000/nginx", "{}"), ["missing-tag"]);
    assert_eq!(rules("nginx:latest", "{}"), ["mutable-tag"]);
    assert_eq!(rules("Nginx:1", "{}"), ["invalid-image"]);
    assert!(rules("nginx:1.29", "{}").is_empty());
    assert!(rules(&format!("nginx@{DIGEST}"), "{}").is_empty());
    assert!(rules(&format!("nginx:latest@{DIGEST}"), "{}").is_empty());
}

#[test]
fn mutable_and_forbidden_tags_are_patterns() {
    assert_eq!(rules("nginx:stable", r#"{"mutableTags": ["stable", "edge*"]}"#), ["mutable-tag"]);
    assert_eq!(rules("nginx:edge-3", r#"{"mutableTags": ["stable", "edge*"]}"#), ["mutable-tag"]);
    assert!(rules("nginx:latest", r#"{"mutableTags": []}"#).is_empty());
    assert_eq!(rules("nginx:1-SNAPSHOT", r#"{"forbiddenTags": ["*-SNAPSHOT"]}"#), ["forbidden-tag"]);
    let pinned = format!("nginx:dev@{DIGEST}");
    assert_eq!(rules(&pinned, r#"{"forbiddenTags": ["dev"]}"#), ["forbidden-tag"]);
}

#[test]
fn a_required_digest_stands_for_what_a_tag_lacks() {
    for image in ["nginx", "nginx:latest", "nginx:1.29"] {
        assert_eq!(rules(image, r#"{"requireDigest": true}"#), ["digest-required"], "{image}");
    }
    assert!(rules(&format!("nginx:1.29@{DIGEST}"), r#"{"requireDigest": true}"#).is_empty());
}

#[test]
fn registries_are_allowed_and_denied() {
    let allowed = r#"{"allowedRegistries": ["ghcr.io/acme", "*.example.com"]}"#;
    assert!(rules("ghcr.io/acme/cart:1", allowed).is_empty());
    assert!(rules("eu.example.com/x:1", allowed).is_empty());
    assert_eq!(rules("ghcr.io/acme-evil/cart:1", allowed), ["registry-not-allowed"]);
    assert_eq!(rules("nginx", allowed), ["registry-not-allowed", "missing-tag"]);
    let denied = r#"{"allowedRegistries": ["docker.io"], "deniedRegistries": ["docker.io/evil"]}"#;
    assert_eq!(rules("evil/x:1", denied), ["registry-denied"]);
    assert!(rules("good/x:1", denied).is_empty());
}

#[test]
fn a_denied_registry_is_denied_however_it_is_written() {
    let denied = r#"{"deniedRegistries": ["evil.example", "*.evil.example"]}"#;
    for image in ["evil.example/x:1", "a.EVIL.example/x:1", "evil.example:443/x:1", "A.Evil.Example:443/x:1"] {
        assert_eq!(rules(image, denied), ["registry-denied"], "{image}");
    }
    assert!(rules("a.evil.example.org/x:1", denied).is_empty());
}

#[test]
fn volumes_that_are_images_are_judged() {
    let pod = "
apiVersion: apps/v1
kind: Deployment
spec:
  template:
    spec:
      containers: []
      volumes:
        - { name: cache, emptyDir: {} }
        - { name: model, image: { reference: 'evil.example/x:latest', pullPolicy: Always } }
        - { name: none, image: {} }
        - { name: left, image: null }
        - { name: good, image: { reference: 'ghcr.io/acme/model:1' } }
        - { name: odd, image: { reference: 7 } }
        - { name: text, image: nginx }
        - 7
";
    let settings = r#"{"deniedRegistries": ["evil.example"], "exempt": [{"container": "*"}]}"#;
    let at = "/spec/template/spec/volumes";
    let expected = [
        format!(
            "registry-denied {at}/1/image/reference volume `model`: `evil.example/x:latest` comes from \
             `evil.example`, which is denied"
        ),
        format!(
            "mutable-tag {at}/1/image/reference volume `model`: `evil.example/x:latest` uses the mutable tag `latest`"
        ),
        format!("invalid-image {at}/2/image volume `none`: there is no image"),
        format!("mutable-tag {at}/5/image/reference cannot be judged: a string is expected here, found a number"),
        format!("mutable-tag {at}/6/image cannot be judged: an object is expected here, found a string"),
        format!("mutable-tag {at}/7 cannot be judged: an object is expected here, found a number"),
    ];
    assert_eq!(check(pod, settings), expected);
    let exempt = r#"{"deniedRegistries": ["evil.example"], "exempt": [{"image": "evil.example/x"}]}"#;
    assert_eq!(check(pod, exempt), expected[2..]);
    let odd = "{ apiVersion: v1, kind: Pod, spec: { volumes: x } }";
    assert_eq!(
        check(odd, "{}"),
        ["mutable-tag /spec/volumes cannot be judged: a list is expected here, found a string"]
    );
    assert!(check("{ apiVersion: v1, kind: Pod, spec: { volumes: null } }", "{}").is_empty());
    assert!(check("{ apiVersion: v1, kind: Thing, spec: { volumes: x } }", "{}").is_empty());
}

#[test]
fn exemptions_match_all_that_they_give() {
    let by_container = r#"{"exempt": [{"container": "ma*"}]}"#;
    assert!(rules("nginx", by_container).is_empty());
    assert_eq!(rules("", by_container), ["invalid-image"], "what cannot be pulled is never exempt");
    let by_rule = r#"{"exempt": [{"container": "main", "rules": ["mutable-tag"]}]}"#;
    assert!(rules("nginx:latest", by_rule).is_empty());
    assert_eq!(rules("nginx", by_rule), ["missing-tag"]);
    let by_image = r#"{"exempt": [{"container": "other", "image": "docker.io/library"}]}"#;
    assert_eq!(rules("nginx", by_image), ["missing-tag"]);
}

#[test]
fn sees_every_container_of_every_workload() {
    let pod = "initContainers: [{ name: a, image: a }], containers: [{ name: b, image: b }, { name: c, image: 'c:1' }],
               ephemeralContainers: [{ name: d, image: d }]";
    for (version, kind, at) in [
        ("v1", "Pod", ""),
        ("v1", "PodTemplate", "/template"),
        ("v1", "ReplicationController", "/spec/template"),
        ("apps/v1", "Deployment", "/spec/template"),
        ("apps/v1", "ReplicaSet", "/spec/template"),
        ("apps/v1", "StatefulSet", "/spec/template"),
        ("apps/v1", "DaemonSet", "/spec/template"),
        ("batch/v1", "Job", "/spec/template"),
        ("batch/v1", "CronJob", "/spec/jobTemplate/spec/template"),
    ] {
        let mut object = format!("{{ spec: {{ {pod} }} }}");
        for part in at.rsplit('/').filter(|part| !part.is_empty()) {
            object = format!("{{ {part}: {object} }}");
        }
        let yaml = format!("{{ apiVersion: {version}, kind: {kind}, {}", object.trim_start_matches("{ "));
        let found = check(&yaml, "{}");
        let pointers: Vec<&str> = found.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
        let expected = ["initContainers/0", "containers/0", "ephemeralContainers/0"];
        assert_eq!(pointers, expected.map(|it| format!("{at}/spec/{it}/image")), "{kind}");
    }
}

#[test]
fn what_cannot_be_read_is_a_finding() {
    let pod = |spec: &str| check(&format!("{{ apiVersion: v1, kind: Pod, spec: {spec} }}"), "{}");
    assert_eq!(pod("{ containers: [{ name: a }] }"), ["invalid-image /spec/containers/0 there is no image"]);
    let told = pod("{ containers: nginx }");
    assert_eq!(told, ["mutable-tag /spec/containers cannot be judged: a list is expected here, found a string"]);
    let told = pod("{ containers: [{ name: a, image: [nginx] }, { name: b, image: nginx }] }");
    assert_eq!(told.len(), 2, "the neighbour is judged: {told:?}");
    assert!(pod("{ containers: null }").is_empty() && pod("null").is_empty());
    assert_eq!(pod("[]").len(), 1);
}

#[test]
fn white_space_can_be_mended() {
    let pod = "{ apiVersion: v1, kind: Pod, spec: { containers: [{ name: a, image: 'nginx:1.29 ' }] } }";
    let findings = testing::check::<Plugin>(&Resource::from_yaml(pod).unwrap(), "{}").unwrap();
    let fix = format!("{:?}", findings[0].fix);
    assert_eq!(fix, r#"[Replace { pointer: "/spec/containers/0/image", value: "\"nginx:1.29\"" }]"#);
}

#[test]
fn custom_resources_by_configured_paths() {
    let settings = r#"{"customResources": [
        {"kind": "acme.io/Worker", "paths": ["$.spec.image", "$.spec.sidecars[*].image", "$.spec.chart"]}]}"#;
    let yaml = "
apiVersion: acme.io/v1
kind: Worker
spec:
  image: nginx
  sidecars: [{ image: 'envoy:1.31' }, { image: 'envoy:latest' }, { image: null }]
  chart: { registry: ghcr.io, repository: acme/x, tag: latest }
";
    assert_eq!(
        check(yaml, settings),
        [
            "missing-tag /spec/image `nginx` has no tag, which means `latest`",
            "mutable-tag /spec/sidecars/1/image `envoy:latest` uses the mutable tag `latest`",
            "mutable-tag /spec/chart/tag `ghcr.io/acme/x:latest` uses the mutable tag `latest`",
        ]
    );
    assert!(check(&yaml.replace("acme.io", "other.io"), settings).is_empty());
    let odd = "{ apiVersion: acme.io/v1, kind: Worker, spec: { image: 7 } }";
    assert!(check(odd, settings)[0].starts_with("invalid-image /spec/image an image is expected"));
}

#[test]
fn a_thousand_images_are_denied_and_not_too_many_to_be_judged() {
    let settings = r#"{"customResources": [{"kind": "Catalog", "paths": ["$..image"]}]}"#;
    let of = |count: usize| {
        let images: Vec<String> = (0..count).map(|n| format!("{{ image: app-{n}:latest }}")).collect();
        let yaml =
            format!("{{ apiVersion: acme.io/v1, kind: Catalog, items: [{}, {{ image: 7 }}] }}", images.join(","));
        check(&yaml, settings)
    };
    let found = of(150);
    assert_eq!((found.len(), found.iter().filter(|told| told.contains("more like this")).count()), (151, 0));
    let found = of(1_001);
    assert_eq!(found.iter().filter(|told| told.starts_with("mutable-tag ")).count(), 999);
    assert!(found[998].ends_with(" (and 2 more like this in the object)"), "{}", found[998]);
    assert!(found[999].starts_with("invalid-image "), "{}", found[999]);
}

#[test]
fn settings_that_cannot_be_meant_are_refused() {
    for (settings, pointer) in [
        (r#"{"exempt": [{}]}"#, "/exempt/0"),
        (r#"{"exempt": [{"image": "x", "rules": ["no-rule"]}]}"#, "/exempt/0/rules/0"),
        (r#"{"allowedRegistries": ["https://ghcr.io"]}"#, "/allowedRegistries/0"),
        (r#"{"allowedRegistries": ["nginx"]}"#, "/allowedRegistries/0"),
        (r#"{"deniedRegistries": ["ghcr.io", "ghcr.io/x:1"]}"#, "/deniedRegistries/1"),
        (r#"{"customResources": [{"kind": "X", "paths": ["spec.image"]}]}"#, "/customResources/0/paths/0"),
        (r#"{"allowedRegistry": []}"#, ""),
    ] {
        let errors = testing::configure::<Plugin>(settings).err().unwrap();
        assert_eq!(errors[0].pointer, pointer, "{settings}: {errors:?}");
    }
    assert!(testing::configure::<Plugin>(r#"{"allowedRegistries": ["localhost:5000", "*.a.io/x"]}"#).is_ok());
}

#[test]
fn the_schema_knows_every_setting_and_rule() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("settings.schema.json")).unwrap();
    let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    let all: serde_json::Map<String, serde_json::Value> =
        names.iter().map(|name| ((*name).clone(), schema["properties"][name.as_str()]["default"].clone())).collect();
    assert!(testing::configure::<Plugin>(&serde_json::Value::Object(all).to_string()).is_ok());
    let exemptable = &schema["properties"]["exempt"]["items"]["properties"]["rules"]["items"]["enum"];
    for rule in testing::rules::<Plugin>() {
        let listed = exemptable.as_array().unwrap().iter().any(|it| it == rule.id);
        assert_eq!(listed, rule.id != "invalid-image", "{}", rule.id);
        assert!(!rule.help.is_empty() && !rule.summary.ends_with('.'));
    }
}
