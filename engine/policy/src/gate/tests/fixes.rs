//! What a plugin would have changed, and where that stands.

use sluice_manifest::Operation;
use sluice_plugin::Severity;

use crate::gate::stub::{Stub, gate, pod, policy, run};

/// A validator that would have `/spec/image` be changed.
fn would(fix: Vec<Operation>) -> Stub {
    let mut stub = Stub::check_set(move |call| {
        let finding = |subject: usize| sluice_plugin::Finding {
            subject: subject as u32,
            rule: "rule".into(),
            pointer: "/spec/image".into(),
            message: "x".into(),
            severity: Severity::Error,
            fix: fix.clone(),
        };
        Ok((0..call.chosen.len()).map(finding).collect())
    });
    stub.description.scope = sluice_plugin::Scope::Resource;
    stub
}

#[test]
fn a_member_that_should_have_another_name_is_marked_by_its_name() {
    let add = |pointer: &str, value: &str| Operation::Add { pointer: pointer.into(), value: value.into() };
    let remove = || Operation::Remove { pointer: "/spec/image".into() };
    let (same, other) = ("\"x:\\u006catest\"", "\"y\"");
    let renamed = vec![Operation::Move { from: "/spec/image".into(), pointer: "/spec/images".into() }];
    let (key, value) = (3, 10);
    for (fix, column, told) in [
        (vec![add("/spec/images", same), remove()], key, renamed.clone()),
        (vec![remove(), add("/spec/images", same)], key, renamed),
        (vec![add("/spec/images", other), remove()], value, vec![add("/spec/images", other), remove()]),
        (vec![add("/image", same), remove()], value, vec![add("/image", same), remove()]),
        (vec![remove()], value, vec![remove()]),
        (vec![add("/spec/images", same)], value, vec![add("/spec/images", same)]),
    ] {
        let outcome = run(&gate(policy(&["a"], ""), &[would(fix)]), &[("pod.yaml", &pod("web"))]);
        let finding = &outcome.verdict.findings[0];
        let location = finding.location.as_ref().unwrap();
        assert_eq!((location.line, location.column, location.exact), (6, column, true), "{told:?}");
        assert_eq!(finding.fix, told);
    }
}

#[test]
fn what_is_no_other_name_for_a_member_stays_as_it_was_said() {
    let add = |pointer: &str, value: &str| Operation::Add { pointer: pointer.into(), value: value.into() };
    let remove = |pointer: &str| Operation::Remove { pointer: pointer.into() };
    let text = format!("{}  args: [x, v]\n  images: x\n", pod("web"));
    for fix in [
        vec![add("/spec/args/0", "\"v\""), remove("/spec/args/1")],
        vec![remove("/spec/args/1"), add("/spec/args/-", "\"v\"")],
        vec![add("/spec/image", "\"x:latest\""), remove("/spec/image")],
        vec![add("/spec/images", "\"x:latest\""), remove("/spec/image")],
    ] {
        let outcome = run(&gate(policy(&["a"], ""), &[would(fix.clone())]), &[("pod.yaml", &text)]);
        assert_eq!(outcome.verdict.findings[0].fix, fix);
    }
}
