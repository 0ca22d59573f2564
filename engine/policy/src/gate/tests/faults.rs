//! Plugins that fail: the blame falls on the object that brings it about, its neighbours are judged, and the verdict is
//! the same for any batches.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use insta::assert_snapshot;
use sluice_manifest::Operation;
use sluice_plugin::Call;

use crate::gate::stub::{Stub, finds, gate, pod, policy, run, run_with, show, trap};
use crate::{Decision, RunOptions, Verdict};

fn files(count: usize) -> Vec<(String, String)> {
    (0..count).map(|index| (format!("f{index:03}.yaml"), pod(&format!("p{index:03}")))).collect()
}

fn borrowed(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

/// The verdict, which has to be the same for any jobs, order and split into files.
fn settled(gate: &crate::Gate, files: &[(String, String)]) -> Verdict {
    let mut files = borrowed(files);
    let first = run(gate, &files).verdict;
    for jobs in [1, 2, 8] {
        let by = 101 % files.len();
        files.rotate_left(by);
        files.reverse();
        let again = run_with(gate, &files, &RunOptions { jobs, ..RunOptions::default() }).verdict;
        assert!(again == first, "{jobs}: {again:#?}\n{first:#?}");
    }
    first
}

fn fails_on(names: &'static [&'static str]) -> Stub {
    Stub::check(move |resource| {
        if names.contains(&resource.identity().name.as_str()) {
            return Err(trap());
        }
        Ok(vec![("/spec/image", "judged".into())])
    })
}

#[test]
fn the_blame_falls_on_one_object() {
    let gate = gate(policy(&["a", "b"], ""), &[fails_on(&["p150"]), finds("/spec/image", "by b")]);
    let verdict = settled(&gate, &files(300));
    assert_eq!(verdict.decision, Decision::Undecided);
    let of = |rule: &str| verdict.findings.iter().filter(|finding| finding.rule == rule).count();
    assert_eq!((of("a/rule"), of("b/rule"), of("sluice/plugin-trapped")), (299, 300, 1));
    let fault = verdict.findings.iter().find(|finding| finding.rule == "sluice/plugin-trapped").unwrap();
    assert_eq!(fault.message, "the plugin `a` trapped: unreachable");
    assert_eq!(fault.plugin, "a");
    assert_eq!(fault.resource.as_ref().unwrap().name, "p150");
    assert_eq!(fault.location.as_ref().unwrap().file, "f150.yaml");
    assert_eq!(fault.detail.as_deref(), Some("0: guest"));
    assert!(!fault.help.is_empty());
}

#[test]
fn a_plugin_that_fails_again_and_again_is_stopped() {
    let stub = fails_on(&["p020", "p130", "p260", "p270", "p290"]);
    let gate = gate(policy(&["a", "b"], ""), &[stub, finds("/spec/image", "by b")]);
    let verdict = settled(&gate, &files(300));
    let of = |rule: &str| verdict.findings.iter().filter(|finding| finding.rule == rule).count();
    assert_eq!((of("a/rule"), of("b/rule"), of("sluice/plugin-trapped")), (258, 300, 3));
    let stopped = verdict.findings.iter().find(|finding| finding.rule == "sluice/plugin-stopped").unwrap();
    assert_eq!(stopped.message, "the plugin `a` failed again and again; it judged nothing after Pod p260");
    assert_eq!(stopped.location.as_ref().unwrap().line, 4);
}

#[test]
fn a_plugin_that_always_fails_costs_a_few_calls() {
    let stub = Stub::check(|_| Err(trap()));
    let calls = Arc::clone(&stub.calls);
    let gate = gate(policy(&["a"], ""), &[stub]);
    let texts = files(2_000);
    let outcome = run(&gate, &borrowed(&texts));
    assert_eq!(outcome.verdict.findings.len(), 4);
    assert!(calls.load(Ordering::Relaxed) <= 6, "{calls:?}");
}

/// A plugin that finds something in each object, and has no time for more than so many at once.
fn slow(most: usize) -> Stub {
    short_of_time(move |call| call.chosen.len() > most)
}

/// A plugin that finds something in each object, and has no time for some objects at once.
fn short_of_time(is_too_much: impl Fn(&Call) -> bool + Send + Sync + 'static) -> Stub {
    let mut stub = Stub::check_set(move |call| {
        if is_too_much(call) {
            return Err(sluice_plugin::Fault::TimedOut { limit: std::time::Duration::from_secs(1) });
        }
        let finding = |subject: usize| sluice_plugin::Finding {
            subject: subject as u32,
            rule: "rule".into(),
            pointer: "/spec/image".into(),
            message: "judged".into(),
            severity: sluice_plugin::Severity::Error,
            fix: Vec::new(),
        };
        Ok((0..call.chosen.len()).map(finding).collect())
    });
    stub.description.scope = sluice_plugin::Scope::Resource;
    stub
}

#[test]
fn a_plugin_that_is_too_slow_for_a_batch_is_asked_about_fewer_objects() {
    for (most, objects) in [(100, 300), (32, 1_000), (1, 60)] {
        let gate = gate(policy(&["a"], ""), &[slow(most)]);
        let verdict = settled(&gate, &files(objects));
        assert_eq!((verdict.decision, verdict.findings.len()), (Decision::Deny, objects), "{most}");
    }
}

/// Whether more than one of these objects is among those that a plugin is asked about.
fn holds_several(call: &Call, names: &[&str]) -> bool {
    let name = |index: &u32| call.set.resources[*index as usize].identity().name.as_str();
    call.chosen.iter().map(name).filter(|name| names.contains(name)).count() > 1
}

#[test]
fn a_few_heavy_objects_side_by_side_stop_no_plugin() {
    let heavy = ["p003", "p004", "p130", "p500", "p501", "p502"];
    for has_context in [false, true] {
        let mut stub = short_of_time(move |call| holds_several(call, &heavy));
        if has_context {
            stub.description.context = stub.description.kinds.clone();
        }
        let gate = gate(policy(&["a"], ""), &[stub]);
        let verdict = settled(&gate, &files(700));
        assert_eq!((verdict.decision, verdict.findings.len()), (Decision::Deny, 700), "{has_context}");
    }
}

#[test]
fn objects_that_a_mutator_is_not_asked_about_do_not_stop_it() {
    for scope in [None, Some(sluice_plugin::Scope::Set)] {
        let mut stub = Stub::mutate(|resource| {
            let add = || Operation::Add { pointer: "/spec/done".into(), value: "true".into() };
            Ok(if resource.root().at("/spec/done").is_some() { Vec::new() } else { vec![add()] })
        });
        stub.description.kinds[0].kind = String::from("Pod");
        let mut whole = Stub::mutate(|_| Ok(Vec::new()));
        whole.description.kinds[0].kind = String::from("Other");
        whole.description.scope = scope.unwrap_or(sluice_plugin::Scope::Resource);
        let mut gate = gate(policy(&["m", "v", "w"], ""), &[stub.clone(), finds("/spec/image", "seen"), whole]);
        gate.plugins[0].judge = Box::new(Single(Box::new(stub.clone())));
        let mut files = files(400);
        for (_, text) in files.iter_mut().filter(|(name, _)| !["f001.yaml", "f002.yaml"].contains(&name.as_str())) {
            *text = text.replace("Pod", "Else");
        }
        let verdict = settled(&gate, &files);
        assert_eq!((verdict.decision, verdict.findings.len()), (Decision::Deny, 400), "{scope:?}");
        assert_eq!(verdict.summary.mutated, 2);
    }
}

#[test]
fn a_plugin_that_answers_about_few_objects_only_costs_a_few_calls() {
    let stub = slow(1);
    let calls = Arc::clone(&stub.calls);
    let gate = gate(policy(&["a", "b"], ""), &[stub, finds("/spec/image", "by b")]);
    let texts = files(1_000);
    let outcome = run(&gate, &borrowed(&texts));
    assert!(calls.load(Ordering::Relaxed) < 180, "{calls:?}");
    let of = |rule: &str| outcome.verdict.findings.iter().filter(|finding| finding.rule == rule).count();
    assert_eq!((outcome.verdict.decision, of("a/rule"), of("b/rule")), (Decision::Undecided, 0, 1_000));
    let stopped = outcome.verdict.findings.iter().find(|finding| finding.rule == "sluice/plugin-stopped").unwrap();
    assert_eq!(
        stopped.message,
        "the plugin `a` answers about a few objects at once, and about more it did not answer within 1s; what it found \
         does not count"
    );
    assert!(stopped.help.contains("time: 5s"), "{}", stopped.help);
    assert_eq!(settled(&gate, &texts), outcome.verdict);
}

#[test]
fn a_mutator_that_answers_about_few_objects_only_costs_a_few_calls() {
    for scope in [None, Some(sluice_plugin::Scope::Set)] {
        let stub = Stub::mutate(|resource| {
            let add = || Operation::Add { pointer: "/spec/done".into(), value: "true".into() };
            Ok(if resource.root().at("/spec/done").is_some() { Vec::new() } else { vec![add()] })
        });
        let calls = Arc::clone(&stub.calls);
        let mut stubs = vec![stub, finds("/spec/done", "seen")];
        let names = if scope.is_some() { vec!["m", "v", "w"] } else { vec!["m", "v"] };
        if let Some(scope) = scope {
            let mut whole = Stub::mutate(|_| Ok(Vec::new()));
            whole.description.scope = scope;
            stubs.push(whole);
        }
        let mut gate = gate(policy(&names, ""), &stubs);
        let judge = std::mem::replace(&mut gate.plugins[0].judge, Box::new(finds("", "")));
        gate.plugins[0].judge = Box::new(Single(judge));
        let verdict = settled(&gate, &files(1_000));
        assert!(calls.load(Ordering::Relaxed) < 4 * 300, "{calls:?}");
        assert_eq!((verdict.decision, verdict.findings.len()), (Decision::Undecided, 1), "{scope:?}");
        assert!(verdict.findings[0].message.ends_with("; nothing was judged"), "{}", verdict.findings[0].message);
    }
}

/// A mutator that answers about single objects only.
struct Single(Box<dyn crate::gate::Judge>);

impl crate::gate::Judge for Single {
    fn check(&self, call: &Call) -> Result<sluice_plugin::Checked, sluice_plugin::Fault> {
        self.0.check(call)
    }

    fn mutate(&self, call: &Call) -> Result<sluice_plugin::Mutated, sluice_plugin::Fault> {
        if call.chosen.len() > 1 { Err(trap()) } else { self.0.mutate(call) }
    }
}

#[test]
fn a_mutator_that_fails_leaves_the_others_their_objects() {
    let labels = |names: &'static [&'static str]| {
        Stub::mutate(move |resource| match resource.root().at("/spec/done") {
            _ if names.contains(&resource.identity().name.as_str()) => Err(trap()),
            Some(_) => Ok(Vec::new()),
            None => Ok(vec![Operation::Add { pointer: "/spec/done".into(), value: "true".into() }]),
        })
    };
    let gate_one = gate(policy(&["m", "v"], ""), &[labels(&["p150"]), finds("/spec/done", "seen")]);
    let verdict = settled(&gate_one, &files(300));
    assert_eq!(verdict.decision, Decision::Undecided);
    assert_eq!(verdict.summary.mutated, 299);
    assert_eq!(verdict.findings.iter().filter(|finding| finding.rule == "v/rule").count(), 299);

    let gate_three =
        gate(policy(&["m", "v"], ""), &[labels(&["p010", "p150", "p200", "p220"]), finds("/spec/done", "seen")]);
    let verdict = settled(&gate_three, &files(300));
    assert_eq!(verdict.summary.mutated, 198);
    assert_eq!(verdict.findings.iter().filter(|finding| finding.rule == "v/rule").count(), 198);
    let stopped = verdict.findings.iter().find(|finding| finding.rule == "sluice/plugin-stopped").unwrap();
    assert_eq!(stopped.message, "the plugin `m` failed again and again; nothing was judged after Pod p200");
}

#[test]
fn the_one_object_that_a_mutator_fails_on_is_blamed_whatever_lies_behind_it() {
    for scope in [sluice_plugin::Scope::Resource, sluice_plugin::Scope::Set] {
        let mut stub = Stub::mutate(|_| Err(trap()));
        stub.description.kinds[0].kind = String::from("Pod");
        // With a mutator of the whole set every mutator is asked at the end.
        let mut whole = Stub::mutate(|_| Ok(Vec::new()));
        whole.description.kinds[0].kind = String::from("Other");
        whole.description.scope = scope;
        let gate = gate(policy(&["m", "v", "w"], ""), &[stub, finds("/spec/image", "seen"), whole]);
        let mut files = files(300);
        for (_, text) in files.iter_mut().filter(|(name, _)| name != "f003.yaml") {
            *text = text.replace("Pod", "Else");
        }
        let verdict = settled(&gate, &files);
        let faults: Vec<_> = verdict.findings.iter().filter(|finding| finding.rule != "v/rule").collect();
        let [fault] = faults.as_slice() else { panic!("{faults:#?}") };
        let place = fault.location.as_ref().map(|location| location.file.as_str());
        assert_eq!((fault.rule.as_str(), place), ("sluice/plugin-trapped", Some("f003.yaml")));
        assert_eq!(verdict.findings.len(), 300, "the fault, and what the others say of the other 299");
    }
}

#[test]
fn a_failure_is_undecided_whatever_the_action() {
    let text =
        "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins: [{name: a, source: builtin:a, action: audit}]\n";
    let gate = gate(crate::gate::stub::parse(text), &[fails_on(&["web"])]);
    assert_snapshot!(show(&run(&gate, &[("pod.yaml", &pod("web"))])), @r"
    undecided
    pod.yaml:1:1 error sluice/plugin-trapped: the plugin `a` trapped: unreachable
    ");
}

#[test]
fn more_findings_than_can_be_held_are_counted_and_told_once() {
    let many = |most: usize| {
        Stub::check(move |resource| {
            let found = |index| ("/spec/image", format!("{index}"));
            let findings = if resource.identity().name == "p007" { 0 } else { most };
            Ok((0..findings).map(found).collect())
        })
    };
    let gate = gate(policy(&["a", "b"], ""), &[many(50), finds("/spec/image", "by b")]);
    // 5,000 can be told.
    let some = settled(&gate, &files(97));
    assert_eq!((some.decision, some.findings.len()), (Decision::Deny, 96 * 50 + 97));
    let verdict = settled(&gate, &files(300));
    assert_eq!((verdict.decision, verdict.findings.len()), (Decision::Undecided, 1));
    assert_eq!(
        (verdict.findings[0].rule.as_str(), verdict.findings[0].message.as_str()),
        (
            "sluice/too-many-findings",
            "there are more than 5000 findings, and none of them is told: 14950 of `a/rule`, 300 of `b/rule`"
        )
    );
    // Those of all sets that are decided together count.
    let options = RunOptions::default();
    let inputs = || files(60).into_iter().map(|(name, text)| crate::Input::bytes(name, text.into_bytes())).collect();
    let sets: Vec<_> = (0..2).map(|_| gate.judge(inputs(), &options)).collect();
    let outcome = gate.conclude(sets, crate::Keep::Set, crate::Alike::Once);
    assert_eq!(outcome.verdict.findings[0].rule, "sluice/too-many-findings");
    assert!(outcome.approved.is_none());
    assert_eq!(run(&gate, &borrowed(&files(60))).verdict.findings.len(), 59 * 50 + 60);
}
