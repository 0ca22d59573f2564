//! What is read, what is not, and where findings lie.

use insta::assert_snapshot;

use crate::gate::stub::{Stub, finds, gate, parse, pod, policy, run, run_with, show};
use crate::{Decision, Input, InputOutcome, Keep, RunOptions};

fn one() -> crate::Gate {
    gate(policy(&["a"], ""), &[finds("/spec/image", "wrong image")])
}

#[test]
fn a_finding_has_its_place_and_its_lines() {
    let outcome = run(&one(), &[("pod.yaml", &pod("web"))]);
    assert_snapshot!(show(&outcome), @r"
    deny
    pod.yaml:6:10 error a/rule: wrong image
    ");
    let finding = &outcome.verdict.findings[0];
    let snippet = finding.snippet.as_ref().unwrap();
    assert_eq!((snippet.first_line, snippet.text.as_str()), (5, "spec:\n  image: x:latest"));
    assert_eq!(&*finding.help, "make it right");
    assert_eq!(outcome.verdict.summary.resources, 1);
    assert_eq!(outcome.inputs, [InputOutcome { resources: 1, ..InputOutcome::default() }]);
}

#[test]
fn a_broken_document_does_not_hide_its_neighbours() {
    let text = format!("{}---\na: [\n---\n{}", pod("one"), pod("two"));
    let outcome = run(&one(), &[("all.yaml", &text)]);
    let lines = show(&outcome);
    assert_eq!(outcome.verdict.decision, Decision::Deny);
    assert!(lines.contains("all.yaml:6:10 error a/rule") && lines.contains("all.yaml:15:10 error a/rule"), "{lines}");
    assert!(lines.contains("error sluice/"), "{lines}");
    assert!(outcome.inputs[0].failed);
    assert_eq!(outcome.verdict.summary.documents, 3);
}

#[test]
fn what_cannot_be_read_is_undecided() {
    let gate = one();
    let inputs = vec![
        Input::new("gone.yaml", || Err(std::io::Error::other("gone"))),
        Input::bytes("latin1.yaml", b"kind: Pod # caf\xe9\n".to_vec()),
    ];
    let outcome = gate.run(inputs, &RunOptions { jobs: 1, ..RunOptions::default() });
    assert_snapshot!(show(&outcome), @r"
    undecided
    gone.yaml:1:1 error sluice/unreadable-file: cannot read `gone.yaml`: gone
    latin1.yaml:1:16 error sluice/invalid-utf8: byte 0xe9 at line 1, column 16 is not UTF-8
    ");
    assert!(outcome.inputs.iter().all(|input| input.failed));
}

#[test]
fn what_is_no_manifest_is_named() {
    let values = "replicas: 1\n";
    let mixed = format!("{}---\nreplicas: 2\n---\n# nothing\n", pod("web"));
    let chart = "apiVersion: v1\nkind: Pod\nmetadata: {name: {{ .Values.name }}}\n";
    let files = [("values.yaml", values), ("mixed.yaml", mixed.as_str()), ("empty.yaml", ""), ("chart.yaml", chart)];
    let outcome = run(&one(), &files);
    let skipped: Vec<String> =
        outcome.verdict.summary.skipped.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    assert_snapshot!(skipped.join("\n"), @r"
    chart.yaml: a template, which has to be rendered first
    empty.yaml: empty
    mixed.yaml:8: no manifest: it has no `apiVersion` and `kind`
    values.yaml: no manifest: it has no `apiVersion` and `kind`
    ");
}

#[test]
fn an_object_that_is_there_twice_is_told() {
    let policy =
        policy(&["a"], "exceptions: [{ rule: sluice/duplicate-object, match: { name: known }, reason: on purpose }]\n");
    let gate = gate(policy, &[finds("/none", "")]);
    let other = pod("web").replace("apiVersion: v1", "apiVersion: v1 ");
    let outcome = run(&gate, &[("b.yaml", &pod("web")), ("a.yaml", &other), ("c.yaml", &pod("only"))]);
    assert_snapshot!(show(&outcome), @r"
    deny
    b.yaml:4:9 error sluice/duplicate-object: this object is there twice: the first is at a.yaml:4
    sluice.yaml:6:22 info sluice/exception-unused: this exception from `sluice/duplicate-object` covers nothing
    ");
    assert_eq!(outcome.verdict.findings[0].snippet.as_ref().unwrap().text, "  name: web");
    let outcome = run(&gate, &[("b.yaml", &pod("known")), ("a.yaml", &pod("known"))]);
    assert_eq!(outcome.verdict.decision, Decision::Allow);
    assert_eq!(outcome.verdict.summary.excepted, 1);
}

#[test]
fn the_same_name_elsewhere_is_no_duplicate() {
    let object = |version: &str, kind: &str, namespace: &str| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{name: web, namespace: {namespace}}}\n")
    };
    let files = [
        object("v1", "Pod", "a"),
        object("v1", "Pod", "b"),
        object("v1", "Service", "a"),
        object("x.dev/v1", "Pod", "a"),
        pod("web"),
    ];
    let names = ["1", "2", "3", "4", "5"];
    let files: Vec<(&str, &str)> = names.into_iter().zip(files.iter().map(String::as_str)).collect();
    assert_eq!(run(&gate(policy(&["a"], ""), &[finds("/none", "")]), &files).verdict.findings, []);
    let versions = [object("apps/v1", "Deployment", "a"), object("apps/v1beta1", "Deployment", "a")];
    let files = [("1", versions[0].as_str()), ("2", versions[1].as_str())];
    assert_eq!(run(&one(), &files).verdict.decision, Decision::Deny);
}

#[test]
fn secrets_are_not_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  key: hunter2-plain\n  more: |\n    \
                  hunter2-block\n  list: x\ndata: {a: aHVudGVyMg==, b: YWdhaW4xMjM=}\n";
    let gate = gate(
        policy(&["a", "b", "c"], ""),
        &[finds("/stringData/key", "x"), finds("/data/b", "x"), finds("/stringData/list", "x")],
    );
    let outcome = run(&gate, &[("s.yaml", secret)]);
    let shown: Vec<&str> =
        outcome.verdict.findings.iter().map(|finding| finding.snippet.as_ref().unwrap().text.as_str()).collect();
    assert_snapshot!(shown.join("\n--\n"), @r"
    stringData:
      key: ***
      more: ***
    --
    ***
      list: ***
    data: {a: ***, b: ***}
    --
      list: ***
    data: {a: ***, b: ***}
    ");
}

/// The part of the first line shown that a finding marks.
fn marked(finding: &crate::Finding) -> String {
    let (location, snippet) = (finding.location.as_ref().unwrap(), finding.snippet.as_ref().unwrap());
    let (start, end) = snippet.moved.unwrap_or((location.column, location.end_column));
    let line = snippet.text.lines().nth((location.line - snippet.first_line) as usize).unwrap();
    line.chars().skip(start as usize - 1).take((end - start) as usize).collect()
}

#[test]
fn a_place_is_marked_where_it_stands_once_values_before_it_are_hidden() {
    let long = "aHVudGVyMg==".repeat(100);
    let all = [finds("/data/k", "x"), finds("/metadata/name", "x"), finds("/type", "x")];
    let gate = gate(policy(&["a", "b", "c"], ""), &all);
    for text in [
        format!(
            r#"{{"apiVersion":"v1","kind":"Secret","data":{{"k":"{long}"}},"metadata":{{"name":"ß"}},"type":"T"}}"#
        ),
        format!(
            "# Flow\n{{apiVersion: v1, kind: Secret, data: {{k: {long}, l: ab}}, metadata: {{name: ß}}, type: T}}\n"
        ),
        format!(
            "# Flow\n{{apiVersion: v1, kind: Secret, data: {{j: a, k: {long}}}, metadata: {{name: ß}}, type: T}} # {long}\n"
        ),
    ] {
        let outcome = run(&gate, &[("s", &text)]);
        let marks: Vec<String> = outcome.verdict.findings.iter().map(marked).collect();
        let marks: Vec<&str> = marks.iter().map(|mark| mark.trim_matches('"')).collect();
        assert_eq!(marks, ["***", "ß", "T"], "{text}");
        assert!(!format!("{:?}", outcome.verdict).contains("aHVudGVyMg"));
    }
}

#[test]
fn the_name_of_a_secret_that_is_there_twice_is_marked_where_it_stands() {
    let line =
        format!("# Flow\n{{apiVersion: v1, kind: Secret, data: {{k: {}}}, metadata: {{name: s}}}}", "a".repeat(300));
    let outcome = run(&one(), &[("s", &format!("{line}\n---\n{line}\n"))]);
    let marks: Vec<String> = outcome.verdict.findings.iter().map(marked).collect();
    assert_eq!(marks, ["s"]);
}

#[test]
fn what_was_replaced_in_a_secret_is_not_shown() {
    let gate = gate(policy(&["a", "b"], ""), &[finds("/stringData/key", "x"), finds("/stringData/zone", "x")]);
    for text in [
        "stringData:\n  key: hunter2-one\n  key: other\n  zone: x # hunter2-two\n  # hunter2-three\n",
        "data: {a: hunter2}\ndata: {a: eA==}\nstringData: {key: hunter2-one, key: other, zone: x}\n",
        "stringData:\n  key: x\n  zone: hunter2\nstringData:\n  key: y\n  zone: z\n",
    ] {
        let text = format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n{text}");
        let outcome = run(&gate, &[("s.yaml", &text)]);
        assert!(outcome.verdict.findings.iter().any(|finding| finding.rule == "sluice/duplicate-key"), "{text}");
        let told = format!("{:?}", outcome.verdict);
        assert!(told.contains("a/rule") && told.contains("key: ***") && !told.contains("hunter2"), "{told}");
    }
}

#[test]
fn symbols_that_were_replaced_in_a_secret_are_not_shown() {
    let gate = gate(policy(&["a"], ""), &[finds("/stringData/key", "x")]);
    for text in [
        "stringData: {key: \"hunter2!?$\", key: other}",
        "stringData: {key: '!@$%^&*', key: other} # ?!",
        "stringData:\n  key: ---\n  key: other # ?!",
        "stringData:\n  key: |\n    }!{\n  # ?!\n  key: other",
        "\"stringData\": {\"key\":\"}!{\",\"key\":\"other\"}",
    ] {
        let text = format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\n{text}\n");
        let outcome = run(&gate, &[("s.yaml", &text)]);
        let shown: Vec<&str> =
            outcome.verdict.findings.iter().map(|finding| finding.snippet.as_ref().unwrap().text.as_str()).collect();
        assert!(shown.len() == 2 && shown.iter().all(|shown| shown.contains("***")), "{shown:?}");
        let symbols = ["!", "?", "$", "#", "|", "--"];
        assert!(!shown.iter().any(|shown| symbols.iter().any(|symbol| shown.contains(symbol))), "{shown:?}");
    }
}

#[test]
fn secrets_are_not_shown_where_they_cannot_be_read_nor_beside_others() {
    let broken = "apiVersion: v1\nkind: Secret\nstringData:\n  key: hunter2-plain\n  other: hunter2-other\n bad: [\n";
    let line = r#"{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"data":{"k":"aHVudGVyMg=="}},{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"image":"x"}}]}"#;
    let outcome = run(&one(), &[("broken.yaml", broken), ("line.json", line)]);
    assert!(outcome.verdict.findings.len() >= 2);
    let text = format!("{:?}", outcome.verdict);
    assert!(!text.contains("hunter2") && !text.contains("aHVudGVyMg"), "{text}");
    assert!(text.contains(r#"\"image\":\"x\""#), "{text}");
}

#[test]
fn what_cannot_be_read_of_a_secret_is_not_repeated_in_words() {
    let yaml = |value: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData:\n{value}\n");
    let json = |value: &str| {
        format!(r#"{{"apiVersion":"v1","kind":"Secret","metadata":{{"name":"s"}},"stringData":{{"pin":{value}}}}}"#)
    };
    for (rule, text) in [
        ("invalid-yaml", yaml("  key: *hunter2")),
        ("invalid-yaml", yaml("  key: &hunter2 [*hunter2]")),
        ("invalid-yaml", yaml("  key: !!int hunter2")),
        ("invalid-yaml", yaml("  key: !!binary hunter2")),
        ("invalid-separator", yaml("  key: |\n--- hunter2")),
        ("invalid-separator", yaml("  key: |\n-----BEGIN KEY-----\nhunter2\nhunter2\n-----END KEY-----")),
        ("invalid-separator", yaml(&format!("  key: |\n    {}\n--- hunter2\n--- hunter2", "x".repeat(70_000)))),
        ("invalid-json", json("012345")),
        ("invalid-json", json("12345e99999")),
        ("invalid-json", json("hunter2")),
        ("invalid-json", json(r#""a"hunter2"#)),
    ] {
        let outcome = run(&one(), &[("s", &text)]);
        let rules: Vec<&str> = outcome.verdict.findings.iter().map(|finding| finding.rule.as_str()).collect();
        assert!(rules.contains(&format!("sluice/{rule}").as_str()), "{text}: {rules:?}");
        let told = format!("{:?}", outcome.verdict);
        assert!(!told.contains("hunter2") && !told.contains("12345"), "{told}");
        assert!(!told.contains("found `h`"), "{told}");
    }
}

#[test]
fn a_secret_in_utf16_is_not_shown() {
    let secret = "kind: Secret # hunter2\nstringData: {key: hunter2}\n".encode_utf16();
    for bytes in [
        [0xFF, 0xFE].into_iter().chain(secret.clone().flat_map(u16::to_le_bytes)).collect::<Vec<u8>>(),
        [0xFE, 0xFF].into_iter().chain(secret.clone().flat_map(u16::to_be_bytes)).collect(),
    ] {
        let outcome = one().run(vec![Input::bytes("s", bytes)], &RunOptions { jobs: 1, ..RunOptions::default() });
        let told = format!("{:?}", outcome.verdict.findings);
        assert!(told.contains("UTF-16") && !told.contains("u\\0n\\0t"), "{told}");
    }
}

#[test]
fn a_secret_of_many_values_shows_no_lines() {
    let secret = |count: usize| {
        let values: Vec<String> = (0..count).map(|index| format!("  key{index}: hunter2-{index}\n")).collect();
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s # hunter2-7\nstringData:\n{}  hunter2-8: x\n",
            values.join("")
        )
    };
    let many = crate::gate::stub::Stub::check(|resource| {
        let mut found = vec![("/metadata/name", "x".into()), ("/stringData/hunter2-8", "x".into())];
        let pointer = |index: usize| -> &'static str { format!("/stringData/key{index}").leak() };
        found.extend((0..1_000).map(pointer).filter(|at| resource.root().at(at).is_some()).map(|at| (at, "x".into())));
        Ok(found)
    });
    let gate = gate(policy(&["a"], ""), &[many]);
    let shown = |count: usize| {
        let text = secret(count);
        let findings = run(&gate, &[("s.yaml", &text), ("t.yaml", &text)]).verdict.findings;
        let lines: Vec<String> = findings.into_iter().filter_map(|finding| finding.snippet).map(|it| it.text).collect();
        let values = lines.iter().filter(|text| text.contains("hunter2"));
        assert_eq!(values.count(), 0, "{count}");
        (lines.len(), lines.contains(&"  name: s ***".to_owned()))
    };
    // The duplicate has the line of its name.
    assert_eq!(shown(900), (2 * 902 + 1, true));
    assert_eq!(shown(20_000), (1, false));
}

#[test]
fn only_what_is_allowed_is_approved() {
    let keep = RunOptions { jobs: 1, keep: Keep::Set, ..RunOptions::default() };
    let gate = gate(policy(&["a"], ""), &[finds("/bad", "bad")]);
    let (one, two) = (pod("one"), pod("two"));
    let outcome = run_with(&gate, &[("a", &one), ("b", &two)], &keep);
    let approved = outcome.approved.unwrap();
    assert_eq!(approved.manifests().len(), 2);
    assert_eq!(approved.plugins()[0].name, "a");
    let swapped = run_with(&gate, &[("a", &two), ("b", &one)], &keep).approved.unwrap();
    assert_eq!(approved.set_digest(), swapped.set_digest());
    let other = run_with(&gate, &[("a", &one), ("b", &pod("three"))], &keep).approved.unwrap();
    assert_ne!(approved.set_digest(), other.set_digest());
    let denied = run_with(&gate, &[("a", &format!("{one}bad: 1\n"))], &keep);
    assert!(denied.approved.is_none() && denied.set.len() == 1);
    let undecided = run_with(&gate, &[("a", &one), ("b", "\u{0}")], &keep);
    assert!(undecided.approved.is_none());
    assert!(run(&gate, &[("a", &one)]).approved.is_none());
}

#[test]
fn the_same_verdict_for_any_jobs_and_order() {
    let stubs = [
        finds("/spec/image", "wrong image"),
        crate::gate::stub::Stub::check(|resource| {
            let odd = resource.identity().name.ends_with('7');
            Ok(if odd { vec![("/metadata/name", "ends with 7".into())] } else { Vec::new() })
        }),
    ];
    let gate = gate(policy(&["a", "b"], ""), &stubs);
    let texts: Vec<(String, String)> = (0..40)
        .map(|file| {
            let count = if file == 3 { 700 } else { file };
            let documents: Vec<String> = (0..count).map(|object| pod(&format!("p{file}-{object}"))).collect();
            (format!("f{file}.yaml"), documents.join("---\n"))
        })
        .collect();
    let mut files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let first = run(&gate, &files).verdict;
    assert!(first.findings.len() > 1_400);
    for jobs in [1, 2, 8] {
        files.rotate_left(7);
        files.swap(0, 20);
        let again = run_with(&gate, &files, &RunOptions { jobs, ..RunOptions::default() }).verdict;
        assert!(again == first, "{jobs}");
    }
}

#[test]
fn progress_counts_files() {
    let counted = std::sync::atomic::AtomicU64::new(0);
    let progress = |done: u64| {
        counted.fetch_max(done, std::sync::atomic::Ordering::Relaxed);
    };
    let options = RunOptions { jobs: 2, progress: Some(&progress), ..RunOptions::default() };
    let _ = run_with(&one(), &[("a", "x: 1"), ("b", "x: 1"), ("c", "x: 1")], &options);
    assert_eq!(counted.into_inner(), 3);
}

#[test]
fn the_recommended_policy_names_the_built_in_plugins() {
    assert_eq!(crate::Policy::recommended().plugin_names().collect::<Vec<_>>(), ["image-tags", "kubernetes-schema"]);
    let named = parse("apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins: [{name: x, source: builtin:x}]\n");
    assert_eq!(named.plugin_names().collect::<Vec<_>>(), ["x"]);
}

#[test]
fn a_document_with_a_template_is_told_to_who_goes_on_with_the_set() {
    let text = format!(
        "{}---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata: {{a: {{{{ x }}}} y}}\n",
        pod("web")
    );
    let outcome = run(&one(), &[("all.yaml", &text)]);
    assert!(outcome.inputs[0].templates && !outcome.inputs[0].failed);
    // What a renderer made holds no template, whatever it looks like.
    let rendered = Input::text(std::sync::Arc::new(sluice_manifest::Text::new("helm x", text)));
    let outcome = one().run(vec![rendered], &RunOptions { jobs: 1, ..RunOptions::default() });
    assert!(outcome.inputs[0].failed && !outcome.inputs[0].templates);
    assert!(show(&outcome).contains("error sluice/invalid-yaml"));
}

#[test]
fn a_thread_that_comes_to_a_sudden_end_is_told_and_waited_for() {
    let dies = Stub::check(|resource| {
        assert!(resource.identity().name != "pod-150", "on purpose");
        Ok(Vec::new())
    });
    let gate = gate(policy(&["a"], ""), &[dies]);
    let many: String = (0..300).map(|number| format!("{}---\n", pod(&format!("pod-{number}")))).collect();
    for jobs in [1, 2, 3] {
        let inputs = ["a.yaml", "b.yaml"].map(|name| Input::bytes(name, many.clone().into_bytes())).into();
        let outcome = gate.run(inputs, &RunOptions { jobs, ..RunOptions::default() });
        assert_eq!(outcome.verdict.decision, Decision::Undecided, "{jobs}");
        assert!(show(&outcome).contains("sluice/internal-error: a thread of the gate came to a sudden end"));
    }
}
