//! Objects that were rendered: findings lead back to what someone wrote.

use std::sync::Arc;

use insta::assert_snapshot;
use sluice_manifest::{Origin, Origins, Relation, Span, Text};

use crate::gate::stub::{finds, gate, pod, policy, show};
use crate::{Finding, Input, Rendered, RunOptions};

/// Leads each line of the rendered text to a word of a source.
#[derive(Debug)]
struct Map {
    source: Arc<Text>,
    lines: Vec<(u32, &'static str, Relation)>,
}

impl Origins for Map {
    fn origin(&self, rendered: &Text, span: Span) -> Option<Origin> {
        let place = rendered.place(span);
        let (_, word, relation) = self.lines.iter().find(|(line, _, _)| *line == place.line)?;
        let start = self.source.as_str().find(word)?;
        let span = Span { start: start as u32, end: (start + word.len()) as u32 };
        Some(Origin { text: Arc::clone(&self.source), span, relation: *relation, beside: Vec::new() })
    }
}

const TEMPLATE: &str = "password: hunter2\nimage: {{ .Values.image }} # x:latest\nother: hunter3\n";

fn rendered(content: &str, lines: Vec<(u32, &'static str, Relation)>) -> Input {
    let source = Arc::new(Text::new("chart/templates/pod.yaml", TEMPLATE));
    Input::text(Arc::new(Text::rendered("helm chart", content, Arc::new(Map { source, lines }))))
}

fn judged(inputs: Vec<Input>, pointer: &'static str) -> (String, Vec<Finding>) {
    let gate = gate(policy(&["a"], ""), &[finds(pointer, "wrong")]);
    let outcome = gate.run(inputs, &RunOptions { jobs: 1, ..RunOptions::default() });
    (show(&outcome), outcome.verdict.findings)
}

#[test]
fn a_finding_leads_to_the_line_that_someone_wrote() {
    let lines = vec![(6, "image: {{ .Values.image }}", Relation::Made)];
    let (shown, findings) = judged(vec![rendered(&pod("web"), lines)], "/spec/image");
    assert_snapshot!(shown, @r"
    deny
    chart/templates/pod.yaml:2:1 error a/rule: wrong
    ");
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert!(finding.location.as_ref().unwrap().exact && !finding.is_verbatim());
    let place = Rendered { name: "helm chart".into(), line: 6, column: 10, verbatim: false, related: Vec::new() };
    assert_eq!(finding.rendered, Some(place));
    let snippet = finding.snippet.as_ref().unwrap();
    assert_eq!((snippet.first_line, snippet.text.as_str()), (2, "image: {{ .Values.image }} # x:latest"));
}

#[test]
fn what_was_not_proved_says_so() {
    let (_, near) = judged(vec![rendered(&pod("web"), vec![(6, "image", Relation::Near)])], "/spec/image");
    assert!(!near[0].location.as_ref().unwrap().exact);
    let (shown, unknown) = judged(vec![rendered(&pod("web"), vec![])], "/spec/image");
    assert!(shown.contains("helm chart:6:10"), "{shown}");
    assert!(!unknown[0].location.as_ref().unwrap().exact && unknown[0].snippet.is_none());

    let (_, value) = judged(vec![rendered(&pod("web"), vec![(6, "x:latest", Relation::Value)])], "/spec/image");
    assert!(value[0].is_verbatim() && value[0].location.as_ref().unwrap().exact);
}

#[test]
fn the_sources_of_a_secret_are_not_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  password: hunter2\n";
    let (_, findings) = judged(vec![rendered(secret, vec![(5, "hunter2", Relation::Value)])], "/stringData/password");
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(finding.snippet.as_ref().unwrap().text, "password: ***");
    assert!(!format!("{findings:?}").contains("hunter"), "{findings:?}");
}

#[test]
fn an_object_that_is_rendered_twice_leads_to_both_sources() {
    let text = format!("{}---\n{}", pod("web"), pod("web"));
    let lines = vec![(4, "password", Relation::Value), (11, "other", Relation::Value)];
    let (shown, _) = judged(vec![rendered(&text, lines)], "/none");
    assert!(
        shown.contains(
            "chart/templates/pod.yaml:3:1 error sluice/duplicate-object: this object is there twice: the first is at \
             chart/templates/pod.yaml:1"
        ),
        "{shown}"
    );
}
