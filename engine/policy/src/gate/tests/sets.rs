//! Plugins that look at more than one object.

use sluice_plugin::{Finding, KindSelector, Severity};

use crate::gate::stub::{Stub, finds, gate, parse, pod, policy, run, run_with, show, trap};
use crate::{Alike, Decision, Input, Keep, Past, RunOptions, Surroundings};

fn found(subject: u32, message: String) -> Finding {
    let pointer = "/metadata/name".into();
    Finding { subject, rule: "rule".into(), pointer, message, severity: Severity::Error, fix: Vec::new() }
}

#[test]
fn a_plugin_of_scope_set_is_called_once_with_everything() {
    let stub =
        Stub::check_set(|call| Ok(vec![found(call.chosen.len() as u32 - 1, format!("last of {}", call.chosen.len()))]));
    let gate = gate(policy(&["a"], ""), &[stub]);
    let texts: Vec<String> = (0..300).map(|index| pod(&format!("p{index:03}"))).collect();
    let names: Vec<String> = (0..300).map(|index| format!("f{index:03}")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().zip(&texts).map(|(name, text)| (&**name, &**text)).collect();
    for jobs in [1, 2, 8] {
        files.rotate_left(37);
        let outcome = run_with(&gate, &files, &RunOptions { jobs, ..RunOptions::default() });
        assert_eq!(show(&outcome), "deny\nf299:4:9 error a/rule: last of 300\n");
    }
}

#[test]
fn a_set_that_cannot_be_judged_is_undecided() {
    let gate = gate(policy(&["a", "b"], ""), &[Stub::check_set(|_| Err(trap())), finds("/spec/image", "by b")]);
    let outcome = run(&gate, &[("pod.yaml", &pod("web"))]);
    assert_eq!(
        show(&outcome),
        "undecided\npod.yaml:6:10 error b/rule: by b\n\
         sluice.yaml:4:9 error sluice/plugin-trapped: the plugin `a` trapped: unreachable\n"
    );
}

#[test]
fn a_plugin_sees_the_context_that_it_was_granted() {
    let text = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: a\n  source: builtin:a\n  \
                match: {kind: Pod}\n  grants: {context: [{apiVersion: v1, kind: Namespace}]}\n";
    let mut stub = Stub::check_set(|call| {
        let context = call.context.as_ref().unwrap();
        let names: Vec<&str> = context.resources.iter().map(|object| object.identity().name.as_str()).collect();
        Ok(vec![found(0, format!("sees {}", names.join(" ")))])
    });
    stub.description.scope = sluice_plugin::Scope::Resource;
    let namespaces = KindSelector { group: String::new(), version: "v1".into(), kind: "Namespace".into() };
    stub.description.context = vec![namespaces];
    let gate = gate(parse(text), &[stub]);
    let namespace = |name: &str| format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n");
    let all = [namespace("one"), pod("web"), namespace("two")].join("---\n");
    let secret = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n";
    let outcome = run(&gate, &[("all.yaml", &all), ("other.yaml", secret)]);
    assert_eq!(show(&outcome), "deny\nall.yaml:8:9 error a/rule: sees one two\n");
}

#[test]
fn what_stands_in_the_cluster_is_seen_beside_the_set_and_never_twice() {
    let text = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: a\n  source: builtin:a\n  \
                match: {kind: Pod}\n  grants: {context: [{apiVersion: v1, kind: Pod}]}\n";
    let mut stub = Stub::check_set(|call| {
        let context = call.context.as_ref().unwrap();
        // What is asked for there is answered with the objects that name none as well.
        assert_eq!(context.namespace.as_deref(), Some("shop"));
        let name = |object: &std::sync::Arc<sluice_manifest::Resource>| {
            let identity = object.identity();
            format!("{}/{}", identity.namespace.as_deref().unwrap_or_default(), identity.name)
        };
        Ok(vec![found(0, format!("sees {}", context.resources.iter().map(name).collect::<Vec<_>>().join(" ")))])
    });
    stub.description.context = vec![KindSelector { group: String::new(), version: "v1".into(), kind: "Pod".into() }];
    let gate = gate(parse(text), &[stub]).for_namespace("shop");
    assert_eq!(gate.asks().kinds.len(), 1);
    let set = ["", "namespace: shop, ", "namespace: other, "]
        .map(|namespace| format!("apiVersion: v1\nkind: Pod\nmetadata: {{{namespace}name: web}}\n"));
    let live = |kind: &str, namespace: &str, name: &str| {
        format!("apiVersion: v1\nkind: {kind}\nmetadata: {{namespace: {namespace}, name: {name}}}\n---\n")
    };
    let cluster = [live("Pod", "shop", "web"), live("Pod", "third", "web"), live("Secret", "shop", "key")].concat();
    let documents = sluice_manifest::Documents::from_bytes("cluster", cluster.into_bytes(), Default::default());
    let mut objects = Vec::new();
    for document in documents {
        objects.extend(document.resources.into_iter().map(std::sync::Arc::new));
    }
    let surroundings = Surroundings::new(objects, "shop");
    let judge = |set: &str| {
        let options = RunOptions { surroundings: Some(&surroundings), ..RunOptions::default() };
        run_with(&gate, &[("set.yaml", set)], &options).verdict.findings.remove(0).message
    };
    // One that names no namespace is that of the application's namespace.
    assert_eq!(judge(&set[0]), "sees /web third/web");
    assert_eq!(judge(&set[1]), "sees shop/web third/web");
    assert_eq!(judge(&set[2]), "sees other/web shop/web third/web");
}

#[test]
fn a_past_that_cannot_be_read_is_not_absence() {
    struct Silent;
    impl Past for Silent {
        fn get(
            &self,
            _: &sluice_manifest::Identity,
        ) -> Result<Option<std::sync::Arc<sluice_manifest::Resource>>, String> {
            Err("no answer".into())
        }
    }
    let gate = gate(policy(&["a"], ""), &[finds("/spec/none", "never")]);
    let options = RunOptions { base: Some(&Silent), ..RunOptions::default() };
    let outcome = run_with(&gate, &[("pod.yaml", &pod("web"))], &options);
    assert_eq!(
        show(&outcome),
        "undecided\npod.yaml:4:9 error sluice/previous-unknown: what it was before cannot be read: no answer\n"
    );
}

#[test]
fn the_past_is_asked_for_once_and_after_everything_was_read() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    struct Counted(AtomicUsize);
    impl Past for Counted {
        fn get(
            &self,
            _: &sluice_manifest::Identity,
        ) -> Result<Option<std::sync::Arc<sluice_manifest::Resource>>, String> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(None)
        }
    }
    let text = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: a\n  source: builtin:a\n  \
                match: {kind: Pod}\n";
    let gate = gate(parse(text), &[finds("/spec/image", "found")]);
    // One that no plugin is given is not asked for.
    let mut texts: Vec<String> = (0..300).map(|index| pod(&format!("p{index:03}"))).collect();
    texts.push(String::from("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n"));
    let inputs = || texts.iter().enumerate().map(|(i, text)| Input::bytes(format!("f{i:03}"), text.clone().into()));
    for jobs in [1, 2] {
        let past = Counted(AtomicUsize::new(0));
        let options = RunOptions { jobs, base: Some(&past), ..RunOptions::default() };
        let begun = gate.begin(inputs().collect(), &options);
        let asks: Vec<String> = begun.asks().map(|identity| identity.name.clone()).collect();
        assert_eq!(asks, (0..300).map(|index| format!("p{index:03}")).collect::<Vec<_>>());
        assert_eq!(past.0.load(Ordering::Relaxed), 0);
        let outcome = gate.conclude([gate.finish(begun, &options)], Keep::Set, Alike::Once);
        assert_eq!(past.0.load(Ordering::Relaxed), 300);
        let summary = &outcome.verdict.summary;
        assert_eq!((summary.resources, summary.files, outcome.verdict.findings.len()), (301, 301, 300));
        // Without the one who was to be asked nothing is taken for new.
        let begun = gate.begin(inputs().collect(), &options);
        let judged = gate.finish(begun, &RunOptions { base: None, ..options });
        assert_eq!(gate.conclude([judged], Keep::Set, Alike::Once).verdict.decision, Decision::Undecided);
    }
}

#[test]
fn a_mutator_that_needs_the_set_comes_before_all_validators() {
    let mut mutator = Stub::mutate(|resource| {
        let there = resource.root().at("/spec/done").is_some();
        let add = || sluice_manifest::Operation::Add { pointer: "/spec/done".into(), value: "1".into() };
        Ok(if there { Vec::new() } else { vec![add()] })
    });
    mutator.description.scope = sluice_plugin::Scope::Set;
    let gate = gate(policy(&["v", "m"], ""), &[finds("/spec/done", "seen"), mutator]);
    let texts: Vec<String> = (0..300).map(|index| pod(&format!("p{index:03}"))).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|text| ("f", text.as_str())).collect();
    for jobs in [1, 2] {
        let outcome = run_with(&gate, &files, &RunOptions { jobs, ..RunOptions::default() });
        assert_eq!(outcome.verdict.decision, Decision::Deny);
        assert_eq!((outcome.verdict.summary.mutated, outcome.verdict.findings.len()), (300, 300));
    }
}
