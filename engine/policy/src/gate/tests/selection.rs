//! Which objects a plugin is given, and what follows from its findings.

use sluice_plugin::KindSelector;

use crate::gate::stub::{Stub, assemble, finds, gate, parse, pod, run, show, trap};
use crate::{Action, Alike, Decision, Input, Keep, RunOptions};
use sluice_plugin::Severity;

const HEAD: &str = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: a\n  source: builtin:a\n  ";

const OBJECTS: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: shop, namespace: shop, labels: {tier: front, empty: ''}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: dns, namespace: kube-system}
---
apiVersion: v1
kind: Pod
metadata: {name: bare}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
";

/// The names of the objects that a plugin with this `match` is given.
fn chosen(matches: &str) -> String {
    let gate = gate(parse(&format!("{HEAD}match: {matches}\n")), &[finds("/metadata/name", "met")]);
    let outcome = run(&gate, &[("all.yaml", OBJECTS)]);
    let of_plugin = outcome.verdict.findings.iter().filter(|finding| finding.plugin == "a");
    let names = of_plugin.map(|finding| {
        let identity = finding.resource.as_ref().unwrap();
        format!("{}/{}", identity.kind, identity.name)
    });
    names.collect::<Vec<_>>().join(" ")
}

#[test]
fn kinds() {
    assert_eq!(chosen("{kinds: [Deployment]}"), "Deployment/shop Deployment/dns");
    assert_eq!(chosen("{kind: apps/v1/Deployment}"), "Deployment/shop Deployment/dns");
    assert_eq!(chosen("{kind: apps/v2/Deployment}"), "");
    assert_eq!(chosen("{kind: Deployment.apps}"), "Deployment/shop Deployment/dns");
    assert_eq!(chosen("{kind: Deployment.v1.apps}"), "Deployment/shop Deployment/dns");
    assert_eq!(chosen("{kind: apps/Deployment}"), "Deployment/shop Deployment/dns");
    assert_eq!(chosen("{kind: v1/Deployment}"), "");
    assert_eq!(chosen("{kind: v1/Pod}"), "Pod/bare");
    assert_eq!(chosen("{kinds: ['*']}"), "Deployment/shop Deployment/dns Pod/bare Namespace/shop");
    assert_eq!(chosen("{kinds: ['*/Po?', Name*]}"), "Pod/bare Namespace/shop");
}

#[test]
fn namespaces() {
    assert_eq!(chosen("{namespaces: [shop]}"), "Deployment/shop Namespace/shop");
    assert_eq!(chosen("{namespace: shop}"), "Deployment/shop Namespace/shop");
    assert_eq!(chosen("{namespaces: {exclude: [kube-*]}}"), "Deployment/shop Pod/bare Namespace/shop");
    assert_eq!(chosen("{namespaces: {include: ['*'], exclude: shop}}"), "Deployment/dns Pod/bare");
}

#[test]
fn the_namespace_of_the_destination_counts() {
    let run_in = |matches: &str, exceptions: &str| {
        let policy = parse(&format!("{HEAD}match: {matches}\n{exceptions}"));
        let gate = gate(policy, &[finds("/metadata/name", "met")]).for_namespace("prod");
        let findings = run(&gate, &[("all.yaml", OBJECTS)]).verdict.findings;
        let open = findings.into_iter().filter(|finding| finding.exception.is_none() && finding.plugin == "a");
        open.map(|finding| finding.resource.unwrap().name).collect::<Vec<_>>()
    };
    assert_eq!(run_in("{namespaces: [prod]}", ""), ["bare"]);
    assert_eq!(run_in("{namespaces: [shop]}", ""), ["shop", "shop"]);
    assert_eq!(run_in("{namespaces: {exclude: [prod, shop]}}", ""), ["dns", "bare"]);
    let but = |matches: &str| {
        let exceptions = format!("exceptions: [{{ rule: a/rule, match: {{ namespaces: {matches} }}, reason: x }}]\n");
        run_in("{kind: Pod}", &exceptions)
    };
    assert_eq!(but("{ exclude: [prod] }"), ["bare"]);
    assert_eq!(but("[prod]"), ["bare"]);
    assert_eq!(but("{ exclude: [shop] }"), Vec::<String>::new());
    assert_eq!(but("'*'"), Vec::<String>::new());
}

#[test]
fn names_and_labels() {
    assert_eq!(chosen("{name: 's*'}"), "Deployment/shop Namespace/shop");
    assert_eq!(chosen("{names: {exclude: ['*o*']}}"), "Deployment/dns Pod/bare");
    assert_eq!(chosen("{labels: {matchLabels: {tier: front, empty: ''}}}"), "Deployment/shop");
    let expression = |text: &str| chosen(&format!("{{labels: {{matchExpressions: [{text}]}}}}"));
    assert_eq!(expression("{key: tier, operator: In, values: [back, front]}"), "Deployment/shop");
    assert_eq!(expression("{key: tier, operator: NotIn, values: [front]}"), "Deployment/dns Pod/bare Namespace/shop");
    assert_eq!(expression("{key: tier, operator: Exists}"), "Deployment/shop");
    assert_eq!(expression("{key: tier, operator: DoesNotExist}"), "Deployment/dns Pod/bare Namespace/shop");
}

#[test]
fn a_plugin_is_given_the_kinds_that_it_asks_for() {
    let mut stub = finds("/metadata/name", "met");
    stub.description.kinds = vec![KindSelector { group: "apps".into(), version: "*".into(), kind: "*".into() }];
    let gate = gate(parse(&format!("{HEAD}match: {{kinds: [Deployment, Pod]}}\n")), &[stub]);
    assert_eq!(run(&gate, &[("all.yaml", OBJECTS)]).verdict.findings.len(), 2);
}

#[test]
fn a_plugin_that_is_given_nothing_because_of_its_match_is_told() {
    let told = |matches: &str, stub: Stub| {
        let gate = gate(parse(&format!("{HEAD}match: {matches}\n")), &[stub]);
        let shown = show(&run(&gate, &[("all.yaml", OBJECTS)]));
        shown.lines().filter(|line| line.contains("sluice/match-unused")).map(String::from).collect::<Vec<_>>()
    };
    let line =
        "sluice.yaml:6:11 info sluice/match-unused: the `match` of `a` fits no object, so the plugin did nothing";
    assert_eq!(told("{kind: Pods}", finds("/x", "")), [line]);
    assert_eq!(told("{name: web}", finds("/x", "")), [line]);
    assert_eq!(told("{kind: Pod}", finds("/x", "")), Vec::<String>::new());
    // It has nothing to do here, whatever the policy file says; and who failed may not have come to it.
    let mut other = finds("/x", "");
    other.description.kinds =
        vec![KindSelector { group: "apps".into(), version: "*".into(), kind: "StatefulSet".into() }];
    assert_eq!(told("{name: web}", other), Vec::<String>::new());
    assert_eq!(told("{kind: Pod}", Stub::check(|_| Err(trap()))), Vec::<String>::new());
}

#[test]
fn a_match_that_fits_in_one_of_several_sets_or_where_there_are_no_objects_is_not_told() {
    let gate = gate(parse(&format!("{HEAD}match: {{name: web}}\n")), &[finds("/x", "")]);
    let options = RunOptions::default();
    let told = |names: &[&str]| {
        let sets = names.iter().map(|name| {
            let text = if name.is_empty() { String::from("# nothing\n") } else { pod(name) };
            gate.judge(vec![Input::bytes("pod.yaml", text.into_bytes())], &options)
        });
        gate.conclude(sets, Keep::Nothing, Alike::Once).verdict.findings.len()
    };
    assert_eq!([told(&["other", "another"]), told(&["other", "web"]), told(&[""])], [1, 0, 0]);
}

#[test]
fn actions_and_severities() {
    let decide = |more: &str| {
        let gate = gate(parse(&format!("{HEAD}{more}\n")), &[finds("/metadata/name", "met")]);
        let verdict = run(&gate, &[("all.yaml", OBJECTS)]).verdict;
        (verdict.decision, verdict.findings[0].action, verdict.findings[0].severity)
    };
    assert_eq!(decide("action: deny"), (Decision::Deny, Action::Deny, Severity::Error));
    assert_eq!(decide("action: warn"), (Decision::Allow, Action::Warn, Severity::Error));
    assert_eq!(decide("action: audit"), (Decision::Allow, Action::Audit, Severity::Error));
    assert_eq!(decide("rules: {rule: {action: warn}}"), (Decision::Allow, Action::Warn, Severity::Error));
    assert_eq!(decide("rules: {rule: {severity: warning}}"), (Decision::Allow, Action::Deny, Severity::Warning));
    assert_eq!(
        decide("action: warn\n  rules: {rule: {action: deny, severity: error}}"),
        (Decision::Deny, Action::Deny, Severity::Error)
    );
}

#[test]
fn a_rule_that_the_plugin_does_not_have_is_told() {
    let policy = parse(&format!("{HEAD}rules: {{rul: {{action: warn}}}}\n"));
    let errors = assemble(policy, &[finds("/x", "")], "2026-01-01T00:00:00Z").err().unwrap();
    assert_eq!(errors[0].message, "`a` has no rule `rul`");
    assert_eq!(errors[0].help, "did you mean `rule`?");
    assert_eq!(errors[0].location.as_ref().unwrap().line, 6);
}

#[test]
fn the_verdict_lists_the_rules() {
    let gate = gate(parse(&format!("{HEAD}action: deny\n")), &[finds("/metadata/name", "met")]);
    let outcome = run(&gate, &[("all.yaml", OBJECTS)]);
    let ids: Vec<&str> = outcome.verdict.rules.iter().map(|rule| rule.id.as_str()).collect();
    assert!(ids.is_sorted() && ids.contains(&"a/rule") && ids.contains(&"sluice/duplicate-object"), "{ids:?}");
    assert!(show(&outcome).starts_with("deny"));
}
