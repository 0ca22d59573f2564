//! Mutators: what they write is judged, and what they must not do is told.

use insta::assert_snapshot;
use sluice_manifest::{Operation, Resource};

use crate::gate::stub::{Stub, finds, gate, pod, policy, run, run_with, show};
use crate::{Keep, RunOptions};

/// Sets a value where it is not there yet.
fn sets(pointer: &'static str, value: &'static str) -> Stub {
    Stub::mutate(move |resource| {
        let there = resource.root().at(pointer).is_some_and(|found| found.to_json() == value);
        let add = || Operation::Add { pointer: pointer.into(), value: value.into() };
        Ok(if there { Vec::new() } else { vec![add()] })
    })
}

fn always(operations: impl Fn(&Resource) -> Vec<Operation> + Send + Sync + 'static) -> Stub {
    Stub::mutate(move |resource| Ok(operations(resource)))
}

#[test]
fn validators_see_what_mutators_wrote() {
    let gate = gate(
        policy(&["v", "m", "w"], ""),
        &[
            finds("/metadata/labels/team", "bad team"),
            sets("/metadata/labels", r#"{"team":"x"}"#),
            finds("/spec/image", "wrong image"),
        ],
    );
    let outcome = run_with(
        &gate,
        &[("pod.yaml", &pod("web"))],
        &RunOptions { jobs: 1, keep: Keep::Set, ..RunOptions::default() },
    );
    assert_snapshot!(show(&outcome), @r"
    deny
    pod.yaml:3:1~ error v/rule: bad team [written by m]
    pod.yaml:6:10 error w/rule: wrong image
    ");
    assert_eq!(outcome.verdict.summary.mutated, 1);
    assert!(outcome.set[0].root().at("/metadata/labels/team").is_some());
}

#[test]
fn an_appended_element_is_known_by_its_index() {
    let append = always(|resource| {
        let there = resource.root().at("/spec/list").is_some_and(|list| list.items().len() == 2);
        let add = |pointer: &str, value: &str| Operation::Add { pointer: pointer.into(), value: value.into() };
        if there { Vec::new() } else { vec![add("/spec/list", "[1]"), add("/spec/list/-", "2")] }
    });
    let gate = gate(policy(&["m", "n", "v"], ""), &[append, sets("/spec/other", "1"), finds("/spec/list/1", "second")]);
    let outcome = run(&gate, &[("pod.yaml", &pod("web"))]);
    assert!(show(&outcome).contains("v/rule: second [written by m]"), "{}", show(&outcome));
}

#[test]
fn a_mutator_that_never_comes_to_rest_is_told() {
    let restless = always(|resource| {
        let count = resource.root().at("/spec/count").map_or(0, |count| count.to_json().parse().unwrap_or(0));
        vec![Operation::Add { pointer: "/spec/count".into(), value: (count + 1).to_string() }]
    });
    let gate = gate(policy(&["m"], ""), &[restless]);
    assert_snapshot!(show(&run(&gate, &[("pod.yaml", &pod("web"))])), @r"
    deny
    pod.yaml:5:1~ error sluice/not-idempotent: `m` changes its own result: asked again, it wants `/spec/count` to be otherwise
    ");
}

#[test]
fn a_patch_that_changes_nothing_is_none() {
    let gate = gate(
        policy(&["m"], ""),
        &[always(|_| vec![Operation::Replace { pointer: "/spec/image".into(), value: r#""x:latest""#.into() }])],
    );
    let outcome = run(&gate, &[("pod.yaml", &pod("web"))]);
    assert_eq!((outcome.verdict.findings.len(), outcome.verdict.summary.mutated), (0, 0));
}

#[test]
fn two_mutators_that_fight_are_told() {
    let gate = gate(
        policy(&["m", "n"], ""),
        &[sets("/metadata/labels", r#"{"team":"x","tier":"y"}"#), sets("/metadata/labels/team", r#""z""#)],
    );
    assert_snapshot!(show(&run(&gate, &[("pod.yaml", &pod("web"))])), @r#"
    deny
    pod.yaml:3:1~ error sluice/mutation-conflict: `m` sets `/metadata/labels/team` to `"x"` and `n` to `"z"`
    "#);
}

#[test]
fn two_mutators_that_agree_or_add_to_each_other_do_not_fight() {
    let gate = gate(
        policy(&["m", "n", "o"], ""),
        &[
            sets("/metadata/labels", r#"{"team":"x"}"#),
            always(|resource| {
                let there = resource.root().at("/metadata/labels/tier").is_some();
                let add = || Operation::Add { pointer: "/metadata/labels/tier".into(), value: r#""y""#.into() };
                if there { Vec::new() } else { vec![add()] }
            }),
            always(|_| vec![Operation::Add { pointer: "/metadata/labels/team".into(), value: r#""x""#.into() }]),
        ],
    );
    // The first wants its labels alone, so it is not at rest; there is no conflict.
    let lines = show(&run(&gate, &[("pod.yaml", &pod("web"))]));
    assert!(!lines.contains("conflict"), "{lines}");
}

#[test]
fn a_patch_that_cannot_be_applied_is_undecided() {
    let gate = gate(
        policy(&["m", "v"], ""),
        &[always(|_| vec![Operation::Remove { pointer: "/spec/none".into() }]), finds("/spec/image", "wrong image")],
    );
    let outcome = run(&gate, &[("pod.yaml", &pod("web"))]);
    assert_snapshot!(show(&outcome), @r"
    undecided
    pod.yaml:1:1 error sluice/plugin-broke-contract: the plugin `m` broke the contract: its patch cannot be applied: operation 0 of the patch, at `/spec/none`: nothing is there
    ");
    assert_eq!(outcome.verdict.summary.mutated, 0);
}

#[test]
fn no_message_about_a_patch_tells_a_value_of_a_secret() {
    let applied = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations: \
                  {kubectl.kubernetes.io/last-applied-configuration: hunter2}\ndata: {a: hunter2}\n";
    for pointer in ["/data/a", "/data", applied] {
        let test = always(move |_| vec![Operation::Test { pointer: pointer.into(), value: "1".into() }]);
        let told = show(&run(&gate(policy(&["m"], ""), &[test]), &[("s.yaml", secret)]));
        assert!(told.contains(&format!("at `{pointer}`: the value is another")), "{told}");
    }
    let lines = run(
        &gate(policy(&["m", "n"], ""), &[sets(applied, "\"hunter2+\""), sets(applied, "\"hunter2-\"")]),
        &[("s.yaml", secret)],
    );
    let told = show(&lines);
    assert!(told.contains("mutation-conflict") && !told.contains("hunter2"), "{told}");
}

#[test]
fn an_object_keeps_its_name() {
    let gate = gate(policy(&["m"], ""), &[sets("/metadata/name", r#""other""#)]);
    assert_snapshot!(show(&run(&gate, &[("pod.yaml", &pod("web"))])), @r"
    undecided
    pod.yaml:1:1 error sluice/plugin-broke-contract: the plugin `m` broke the contract: its patch changes what the object is: `apiVersion`, `kind`, name or namespace
    ");
}

#[test]
fn a_match_on_labels_sees_what_mutators_wrote() {
    let text = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- {name: m, source: builtin:m}\n\
                - {name: v, source: builtin:v, match: {labels: {matchLabels: {team: x}}}}\n";
    let gate = gate(
        crate::gate::stub::parse(text),
        &[sets("/metadata/labels", r#"{"team":"x"}"#), finds("/spec/image", "wrong image")],
    );
    assert!(show(&run(&gate, &[("pod.yaml", &pod("web"))])).contains("v/rule"));
}
