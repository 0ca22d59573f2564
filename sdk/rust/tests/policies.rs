//! Policies as their authors write them, run natively.
#![expect(clippy::unwrap_used, reason = "tests")]

use sluice_sdk::prelude::*;
use sluice_sdk::{KindSelector, testing};

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: { name: web, namespace: shop, labels: { app: web, a.io/b: '1' }, annotations: { note: 7 } }
spec:
  initContainers: [{ name: init, image: 'busybox:1.37' }]
  containers:
    - { name: web, image: nginx, resources: { limits: { cpu: 1500m, memory: 1Gi } } }
";

fn pod() -> Resource {
    Resource::from_yaml(POD).unwrap()
}

mod several {
    use super::*;

    #[derive(Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub(super) struct Settings {
        team: Option<String>,
    }

    /// pods belong to a team
    ///
    /// Somebody has to
    /// be woken.
    ///
    /// Add the label.
    #[rule(rule = "team", kinds = ["Pod"], severity = "warning", url = "https://example.com/team")]
    fn team(resource: &Resource, settings: &Settings) -> Option<Finding> {
        let team = settings.team.as_deref()?;
        (resource.labels().get("team") != Some(team)).then(|| resource.finding("/metadata/labels/team", "wrong team"))
    }

    #[rule(rule = "never", kinds = ["apps/Deployment"], summary = "s", help = "h")]
    fn never(resource: &Resource) -> Result<Vec<Finding>> {
        Ok(vec![resource.finding("", "seen")])
    }

    #[rule(rule = "failing", kinds = ["/v1/Secret"])]
    fn failing(_: &Resource) -> Result<Vec<Finding>> {
        let _quantity: Quantity = "x".parse()?;
        Ok(Vec::new())
    }

    const ONE: Rule = Rule::new("one", "one");
    const TWO: Rule = Rule::new("two", "two");

    #[rule(rules = [ONE, TWO], kinds = ["ConfigMap"])]
    fn unnamed(resource: &Resource) -> Vec<Finding> {
        vec![resource.finding("", "x").rule(&TWO), resource.finding("", "y")]
    }

    #[mutation(rule = "mark", kinds = ["Pod"])]
    fn mark(resource: &Resource) -> Option<Patch> {
        let marked = resource.annotations().contains("mark");
        (!marked).then(|| resource.patch("marks").add("/metadata/annotations/mark", &true))
    }

    plugin! {
        name: "several",
        version: "1.2.3",
        settings: Settings,
        rules: [team, never, failing, unnamed],
        mutations: [mark],
    }
}

#[test]
fn a_plugin_gathers_its_rules() {
    use several::Plugin;
    let rules = testing::rules::<Plugin>();
    assert_eq!(
        rules.iter().map(|rule| rule.id).collect::<Vec<_>>(),
        ["team", "never", "failing", "one", "two", "mark"]
    );
    assert_eq!(
        (rules[0].summary, rules[0].help),
        ("pods belong to a team", "Somebody has to be woken.\nAdd the label.")
    );
    assert_eq!((rules[0].severity, rules[0].url), (Severity::Warning, Some("https://example.com/team")));
    assert_eq!((rules[1].summary, rules[1].help, rules[1].severity), ("s", "h", Severity::Error));
    assert_eq!(rules[2].summary, "failing");
    assert_eq!(testing::kinds::<Plugin>(), ["Pod", "apps/Deployment", "/v1/Secret", "ConfigMap"]);

    assert!(testing::check::<Plugin>(&pod(), "{}").unwrap().is_empty());
    let findings = testing::check::<Plugin>(&pod(), r#"{"team": "x"}"#).unwrap();
    assert_eq!(findings.len(), 1, "only the rule that wants pods");
    assert_eq!((findings[0].rule, findings[0].pointer.as_str()), (Some("team"), "/metadata/labels"));
    let error = testing::check::<Plugin>(&pod(), r#"{"tame": "x"}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field `tame`"), "{error}");
}

#[test]
fn what_cannot_be_decided_is_an_error() {
    let of = |kind: &str| Resource::from_json(&format!(r#"{{"apiVersion": "v1", "kind": "{kind}"}}"#)).unwrap();
    let error = testing::check::<several::Plugin>(&of("Secret"), "{}").unwrap_err();
    assert!(error.to_string().starts_with("a quantity is"), "{error}");
    let error = testing::check::<several::Plugin>(&of("ConfigMap"), "{}").unwrap_err();
    assert!(error.to_string().contains("which of the policy's rules"), "{error}");
}

#[test]
fn mutations_patch() {
    let patches = testing::mutate::<several::Plugin>(&pod(), "{}").unwrap();
    let add = sluice_sdk::Operation::Add { pointer: "/metadata/annotations/mark".into(), value: "true".into() };
    assert_eq!((patches[0].rule, patches[0].operations.as_slice()), (Some("mark"), [add].as_slice()));
    // The plugin is given what its rules want too.
    let deployment = Resource::from_json(r#"{"apiVersion": "apps/v1", "kind": "Deployment"}"#).unwrap();
    assert!(testing::mutate::<several::Plugin>(&deployment, "{}").unwrap().is_empty());
}

#[test]
fn helpers_read_objects() {
    let pod = pod();
    assert_eq!((pod.api_version(), pod.kind(), pod.namespace(), pod.name()), ("v1", "Pod", "shop", "web"));
    assert_eq!(pod.labels().get("app"), Some("web"));
    assert_eq!(pod.labels().iter().collect::<Vec<_>>(), [("app", "web"), ("a.io/b", "1")]);
    assert_eq!(pod.labels().pointer("a.io/b"), "/metadata/labels/a.io~1b");
    assert!(pod.annotations().contains("note"));
    let containers: Vec<_> = pod.containers().collect();
    assert_eq!(
        containers.iter().map(|c| c.pointer()).collect::<Vec<_>>(),
        ["/spec/initContainers/0", "/spec/containers/0"]
    );
    let web = &containers[1];
    assert_eq!((web.name.as_str(), web.image.as_str()), ("web", "nginx"));
    let cpu = web.node().pointer("/resources/limits/cpu").unwrap().as_str().unwrap();
    assert!(cpu.parse::<Quantity>().unwrap() > 1);
    assert_eq!(
        web.finding("securityContext/privileged", "m").pointer,
        "/spec/containers/0",
        "the nearest that is there"
    );
    assert_eq!(web.finding("resources/limits/cpu", "m").pointer, "/spec/containers/0/resources/limits/cpu");
    assert_eq!(pod.finding("/spec/nodeName", "m").pointer, "/spec");
}

#[test]
fn the_stub_answers_as_the_host_does() {
    let pod = pod();
    assert_eq!(pod.get("/spec/containers/0/image").as_deref(), Some("\"nginx\""));
    assert_eq!(pod.get("/spec/containers/1"), None);
    let images = pod.select("$.spec['containers','initContainers'][*].image").unwrap();
    let shown: Vec<_> = images.iter().map(|it| (it.pointer.as_str(), it.json.as_str())).collect();
    let expected = [("/spec/initContainers/0/image", "\"busybox:1.37\""), ("/spec/containers/0/image", "\"nginx\"")];
    assert_eq!(shown, expected, "document order");
    assert_eq!(pod.select("$..cpu").unwrap().len(), 1);
    assert_eq!(pod.select("$.spec.containers[-1].name").unwrap()[0].json, "\"web\"");
    for path in ["spec", "$.spec[?@.a]", "$.spec[0:1]", "$.a b", "$.", "$[", "$['a"] {
        assert!(pod.select(path).is_err(), "{path}");
    }
    let again = Resource::from_json(&pod.json()).unwrap();
    assert_eq!(again.tape().as_bytes(), pod.tape().as_bytes());
    assert_eq!(pod.identity().namespace.as_deref(), Some("shop"));
    assert!(pod.previous().is_none());
    assert_eq!(again.with_previous(pod).previous().unwrap().name(), "web");
}

#[test]
fn kinds_are_read_from_words() {
    let matches = |text: &str, version: &str, kind: &str| KindSelector::parse(text).matches(version, kind);
    assert!(matches("Deployment", "apps/v1", "Deployment") && !matches("Deployment", "acme.io/v1", "Deployment"));
    assert!(matches("Service", "v1", "Service") && matches("Service", "serving.knative.dev/v1", "Service"));
    assert!(matches("/v1/Service", "v1", "Service") && !matches("/v1/Service", "serving.knative.dev/v1", "Service"));
    assert!(matches("v1/Service", "v1", "Service") && !matches("v1/Service", "serving.knative.dev/v1", "Service"));
    assert!(matches("v2beta1/Thing", "v2beta1", "Thing") && matches("vault/Thing", "vault/v1", "Thing"));
    assert!(matches("batch/Job", "batch/v1beta1", "Job") && !matches("batch/v1/Job", "batch/v1beta1", "Job"));
    assert!(matches("*", "x.io/v1", "Anything") && matches("*/Ingress", "networking.k8s.io/v1", "Ingress"));
}
