//! Exceptions: what they cover, until when, and that they are told when they cover nothing.

use insta::assert_snapshot;

use crate::gate::stub::{Stub, assemble, finds, gate, pod, policy, run, show, trap};
use crate::{Decision, Outcome};

const EXCEPTIONS: &str = "exceptions:
- rule: a/rule
  match: { kind: Pod, name: web }
  reason: ticket 1
  expires: 2027-01-31
- rule: b/*
  match: { kinds: [Pod], name: web }
  reason: ticket 2
";

fn at(now: &str) -> Outcome {
    let stubs = [finds("/spec/image", "wrong"), finds("/spec/image", "worse")];
    let gate = assemble(policy(&["a", "b"], EXCEPTIONS), &stubs, now).unwrap();
    run(&gate, &[("pod.yaml", &pod("web"))])
}

#[test]
fn an_exception_holds_to_the_end_of_its_last_day() {
    let holds = at("2027-01-31T23:59:59.999Z");
    assert_eq!(holds.verdict.decision, Decision::Allow);
    assert_eq!(holds.verdict.summary.excepted, 2);
    assert_eq!(holds.verdict.findings[0].exception.as_ref().unwrap().expires.as_deref(), Some("2027-01-31"));
    assert_snapshot!(show(&holds), @r"
    allow
    pod.yaml:6:10 error a/rule: wrong [excepted: ticket 1]
    pod.yaml:6:10 error b/rule: worse [excepted: ticket 2]
    ");
}

#[test]
fn an_exception_that_has_expired_covers_nothing_and_is_told() {
    assert_snapshot!(show(&at("2027-02-01T00:00:00Z")), @r"
    deny
    pod.yaml:6:10 error a/rule: wrong
    pod.yaml:6:10 error b/rule: worse [excepted: ticket 2]
    sluice.yaml:12:12 warning sluice/exception-expired: this exception from `a/rule` ended on 2027-01-31; the finding that it covered counts
    ");
}

#[test]
fn an_exception_that_covers_nothing_is_told() {
    let gate = gate(policy(&["a", "b"], EXCEPTIONS), &[finds("/none", ""), finds("/none", "")]);
    assert_snapshot!(show(&run(&gate, &[("pod.yaml", &pod("web"))])), @r"
    allow
    sluice.yaml:9:9 info sluice/exception-unused: this exception from `a/rule` covers nothing
    sluice.yaml:13:9 info sluice/exception-unused: this exception from `b/*` covers nothing
    ");
}

#[test]
fn an_exception_is_for_its_objects_only() {
    let gate = gate(policy(&["a", "b"], EXCEPTIONS), &[finds("/spec/image", "wrong"), finds("/none", "")]);
    let outcome = run(&gate, &[("pod.yaml", &pod("other"))]);
    assert_eq!(outcome.verdict.decision, Decision::Deny);
    assert!(outcome.verdict.findings[0].exception.is_none());
}

#[test]
fn an_exception_that_demands_a_label_covers_no_duplicate() {
    for demand in ["{ key: tier, operator: DoesNotExist }", "{ key: tier, operator: NotIn, values: [front] }"] {
        let more = format!(
            "exceptions: [{{ rule: sluice/duplicate-object, match: {{ labels: {{ matchExpressions: [{demand}] }} }}, \
             reason: x }}]\n"
        );
        let gate = gate(policy(&["a"], &more), &[finds("/none", "")]);
        let web = pod("web").replace("  name: web\n", "  name: web\n  labels: {tier: front}\n");
        assert!(web.contains("tier"));
        let outcome = run(&gate, &[("a.yaml", &web), ("b.yaml", &web)]);
        assert_eq!(outcome.verdict.decision, Decision::Deny, "{demand}: {}", show(&outcome));
    }
}

#[test]
fn an_exception_for_one_of_many_equal_keys_lets_through_no_other() {
    let item = |name: &str, count: usize| {
        let keys = "  a: x\n".repeat(count);
        format!("- apiVersion: v1\n  kind: Pod\n  metadata: {{name: {name}}}\n{keys}")
    };
    let more = "exceptions: [{ rule: sluice/duplicate-key, match: { name: known }, reason: x }]\n";
    let gate = gate(policy(&["a"], more), &[finds("/none", "")]);
    let known = format!("kind: List\nitems:\n{}", item("known", 1_000));
    let outcome = run(&gate, &[("known.yaml", &known)]);
    assert_eq!((outcome.verdict.decision, outcome.verdict.summary.excepted), (Decision::Allow, 101));
    let outcome = run(&gate, &[("both.yaml", &format!("{known}{}", item("other", 2)))]);
    let findings = &outcome.verdict.findings;
    let open: Vec<_> = findings.iter().filter(|finding| finding.exception.is_none()).collect();
    assert_eq!((findings.len(), open.len()), (102, 1));
    assert_eq!(open[0].resource.as_ref().unwrap().name, "other");
}

#[test]
fn an_exception_never_covers_a_failure() {
    let more = "exceptions: [{ rule: '*/*', match: { kinds: ['*'] }, reason: all }]\n";
    let gate = gate(policy(&["a"], more), &[Stub::check(|_| Err(trap()))]);
    let outcome = run(&gate, &[("pod.yaml", &pod("web"))]);
    assert_eq!(outcome.verdict.decision, Decision::Undecided);
    assert!(outcome.verdict.findings.iter().all(|finding| finding.exception.is_none()));
}

#[test]
fn an_exception_from_a_rule_that_no_plugin_has_is_told() {
    let more = "exceptions: [{ rule: a/rul, match: { kinds: ['*'] }, reason: all }]\n";
    let errors = assemble(policy(&["a"], more), &[finds("/x", "")], "2026-01-01T00:00:00Z").err().unwrap();
    assert_eq!(errors[0].message, "no plugin has a rule `a/rul`");
    assert_eq!(errors[0].help, "did you mean `a/rule`?");
}
