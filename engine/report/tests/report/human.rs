//! The report for people.

use sluice_manifest::{Identity, Operation};
use sluice_plugin::Severity;
use sluice_policy::{Action, Applied, Decision, Finding, Snippet, Verdict};
use sluice_report::{Format, Verbosity};

use crate::sample::{CART, cart, fault, finding_at, mutable_tag, options, rendered, verdict, written};

fn human(verdict: &Verdict, verbosity: Verbosity) -> String {
    let mut options = options(Format::Human);
    options.verbosity = verbosity;
    written(verdict, &options)
}

fn normal(findings: Vec<Finding>) -> String {
    human(&verdict(findings), Verbosity::Normal)
}

fn add(pointer: &str, value: &str) -> Vec<Operation> {
    vec![Operation::Add { pointer: pointer.into(), value: value.into() }]
}

fn replace(pointer: &str, value: &str) -> Vec<Operation> {
    vec![Operation::Replace { pointer: pointer.into(), value: value.into() }]
}

#[test]
fn a_value() {
    insta::assert_snapshot!(normal(vec![mutable_tag()]));
}

#[test]
fn a_value_with_its_replacement() {
    let fix = replace("/spec/template/spec/containers/0/image", "\"ghcr.io/acme/cart:1.4.2\"");
    insta::assert_snapshot!(normal(vec![Finding { fix, ..mutable_tag() }]));
}

#[test]
fn a_misspelt_field_with_its_name() {
    let fix = |from: &str, to: &str| {
        let at = |name: &str| format!("/spec/containers/0/{name}");
        vec![Operation::Move { from: at(from), pointer: at(to) }]
    };
    let misspelt = |source: &str, name: &str, right: &str| {
        let path = Some(format!("/spec/containers/0/{name}"));
        normal(vec![Finding { path, fix: fix(name, right), ..finding_at("cart.yaml", source) }])
    };
    insta::assert_snapshot!(misspelt("  - name: cart\n    «imagee»: nginx\n", "imagee", "image"));
    let json = misspelt(r#"{ «"a~b"»: "nginx" }"#, "a~0b", "a~1b");
    assert!(json.contains(r#"+ { "a/b": "nginx" }"#), "{json}");
    // Where it is not the name that is shown, in words.
    let value = misspelt("imagee: «nginx»\n", "imagee", "image");
    assert!(value.contains("fix: rename `imagee` to `image`"), "{value}");
}

#[test]
fn a_missing_field_with_its_addition() {
    let source = CART.replace(['«', '»'], "").replace("name: cart\n          image", "«name: cart\n          image");
    let source = source.replace("containerPort: 8080", "containerPort: 8080»");
    let mut finding = finding_at("deploy/cart.yaml", &source);
    finding.rule = "resources/limits-missing".into();
    finding.plugin = "resources".into();
    finding.message = "container `cart` has no memory limit".into();
    finding.help = "one leak takes the node down with everything on it; say how much it may have".into();
    finding.path = Some("/spec/template/spec/containers/0".into());
    finding.fix = add("/spec/template/spec/containers/0/resources", r#"{"limits": {"memory": "128Mi"}}"#);
    insta::assert_snapshot!(normal(vec![finding]));
}

#[test]
fn a_missing_field_in_flow_style() {
    let mut finding = finding_at("web.yaml", "spec:\n  securityContext: «{ runAsUser: 0 }»\n");
    finding.message = "the pod may gain privileges".into();
    finding.path = Some("/spec/securityContext".into());
    finding.fix = add("/spec/securityContext/runAsNonRoot", "true");
    insta::assert_snapshot!(normal(vec![finding]));
}

#[test]
fn a_fix_in_many_steps_is_told_in_words() {
    let step = |number: usize| Operation::Remove { pointer: format!("/spec/volumes/{number}") };
    let fix = (0..6).map(step).collect();
    insta::assert_snapshot!(normal(vec![Finding { fix, ..mutable_tag() }]));
}

#[test]
fn a_long_object_is_underlined_on_its_first_line() {
    let lines = (0..40).map(|number| format!("  key{number}: value")).collect::<Vec<_>>().join("\n");
    let source = format!("data:\n  «{}»\n", lines.trim_start());
    let finding = finding_at("config.yaml", &source);
    insta::assert_snapshot!(normal(vec![Finding { message: "too many keys".into(), ..finding }]));
}

#[test]
fn a_block_of_several_lines() {
    let finding = finding_at("config.yaml", "data:\n  script: «|\n    rm -rf /\n    echo done\n»other: 1\n");
    insta::assert_snapshot!(normal(vec![Finding { message: "the script removes everything".into(), ..finding }]));
}

#[test]
fn tabs_wide_characters_and_carriage_returns() {
    let tab = finding_at("tab.json", "{\n\t\"image\":\t«\"a:latest\"»,\n}");
    let wide = finding_at("wide.yaml", "名前: 日本語のコンテナ\n画像: «日本/語:latest» # 👩‍💻\n");
    let returns = finding_at("crlf.yaml", "kind: Pod\r\nimage: «a:latest»\r\nname: x\r\n");
    insta::assert_snapshot!(normal(vec![tab, wide, returns]));
}

#[test]
fn a_long_line_is_cut_around_the_value() {
    let source =
        format!("args: [{}«\"--insecure\"»{}]", "\"--flag=value\", ".repeat(20), ", \"--flag=value\"".repeat(20));
    insta::assert_snapshot!(normal(vec![finding_at("long.yaml", &source)]));
}

#[test]
fn a_line_that_was_cut_before_the_value_is_not_shown() {
    let mut finding = finding_at("long.json", &format!("{{{}«\"a:latest\"»}}", "\"key\": 1, ".repeat(100)));
    let text = finding.snippet.as_ref().unwrap().text.chars().take(240).collect();
    finding.snippet = Some(Snippet { first_line: 1, text, moved: None });
    insta::assert_snapshot!(normal(vec![finding]));
}

#[test]
fn the_value_of_a_secret_is_masked() {
    let mut finding = finding_at("secret.yaml", "stringData:\n  password: «swordfish»\n");
    finding.snippet = Some(Snippet { first_line: 1, text: "stringData:\n  password: ***".into(), moved: None });
    finding.rule = "secrets/plain-text".into();
    finding.message = "`password` stands here in plain text".into();
    finding.help = "whoever reads the repository has it; use an ExternalSecret".into();
    finding.resource = Some(Identity { api_version: "v1".into(), kind: "Secret".into(), ..cart() });
    finding.path = Some("/stringData/password".into());
    finding.fix = replace("/stringData/password", "\"other\"");
    let text = normal(vec![finding]);
    assert!(!text.contains("swordfish"));
    insta::assert_snapshot!(text);
}

#[test]
fn a_value_that_a_mutator_wrote() {
    let mut finding = finding_at("cart.yaml", "metadata:\n  «labels»:\n    app: cart\n");
    finding.location.as_mut().unwrap().exact = false;
    finding.written_by = Some("standard-labels".into());
    finding.message = "label `team` is no team of ours".into();
    finding.help = "labels decide who is called; write the name of a team".into();
    finding.path = Some("/metadata/labels/team".into());
    insta::assert_snapshot!(normal(vec![finding]));
}

/// The place is that of the source, and what was rendered from it is named. Only a value that stands there as it was
/// rendered is edited there.
#[test]
fn a_finding_on_something_rendered() {
    let fix = vec![Operation::Replace {
        pointer: "/spec/template/spec/containers/0/image".into(),
        value: "\"ghcr.io/acme/cart:1.4.2\"".into(),
    }];
    let made = Finding { rendered: rendered(false), fix: fix.clone(), ..mutable_tag() };
    let value = Finding { rendered: rendered(true), fix, ..mutable_tag() };
    insta::assert_snapshot!(normal(vec![made, value]));
}

#[test]
fn a_finding_without_a_place() {
    let place = Finding { location: None, snippet: None, url: None, ..mutable_tag() };
    let lines = Finding { snippet: None, url: None, ..mutable_tag() };
    insta::assert_snapshot!(normal(vec![place, lines]));
}

#[test]
fn a_finding_on_standard_input() {
    insta::assert_snapshot!(normal(vec![finding_at("-", CART)]));
}

#[test]
fn warnings_and_notes_do_not_deny() {
    let warning = Finding { severity: Severity::Warning, ..mutable_tag() };
    let lowered = Finding { action: Action::Warn, ..mutable_tag() };
    let note = Finding { severity: Severity::Info, ..mutable_tag() };
    let text = normal(vec![warning, lowered, note]);
    let titles = text.lines().filter(|line| !line.starts_with(' ') && line.contains(": ")).collect::<Vec<_>>();
    insta::assert_snapshot!(titles.join("\n"));
}

#[test]
fn excepted_and_audited_findings_are_for_the_verbose() {
    let exception = Applied { reason: "vendor image, ticket OPS-112".into(), expires: Some("2027-01-31".into()) };
    let excepted = Finding { exception: Some(exception), ..mutable_tag() };
    let audited = Finding { action: Action::Audit, ..mutable_tag() };
    let verdict = verdict(vec![excepted, audited]);
    insta::assert_snapshot!("excepted_normal", human(&verdict, Verbosity::Normal));
    insta::assert_snapshot!("excepted_verbose", human(&verdict, Verbosity::Verbose));
}

#[test]
fn a_plugin_that_did_not_answer() {
    let verdict = verdict(vec![mutable_tag(), fault()]);
    insta::assert_snapshot!("undecided_normal", human(&verdict, Verbosity::Normal));
    let verdict = Verdict { findings: vec![fault()], ..verdict };
    insta::assert_snapshot!("undecided_verbose", human(&verdict, Verbosity::Verbose));
    insta::assert_snapshot!("undecided_quiet", human(&verdict, Verbosity::Quiet));
}

#[test]
fn a_clean_run_is_one_line() {
    insta::assert_snapshot!(normal(vec![]));
    assert_eq!(human(&verdict(vec![]), Verbosity::Quiet), "");
}

#[test]
fn a_quiet_run_says_what_denies() {
    let warning = Finding { severity: Severity::Warning, ..mutable_tag() };
    assert_eq!(human(&verdict(vec![warning.clone()]), Verbosity::Quiet), "");
    let text = human(&verdict(vec![warning, mutable_tag()]), Verbosity::Quiet);
    assert_eq!(text.matches("error[image-tags/mutable-tag]").count(), 1);
    assert!(!text.contains("warning["));
    assert!(text.ends_with("denied: 1 error, 1 warning in 12 objects (4 files, 3 plugins)\n"));
}

#[test]
fn what_was_skipped() {
    let mut verdict = verdict(vec![]);
    verdict.summary.mutated = 5;
    verdict.summary.skipped = vec![
        ("chart/templates/a.yaml".into(), "a template: `{{` has to be rendered first".into()),
        ("chart/templates/b.yaml".into(), "a template: `{{` has to be rendered first".into()),
        ("values.yaml".into(), "no `apiVersion` and no `kind`".into()),
    ];
    verdict.log = vec![("image-tags".into(), "looked at 12 images\u{1b}[2J".into())];
    insta::assert_snapshot!("skipped_normal", human(&verdict, Verbosity::Normal));
    insta::assert_snapshot!("skipped_verbose", human(&verdict, Verbosity::Verbose));
}

#[test]
fn past_fifty_alike_each_takes_one_line() {
    let text = normal(vec![Finding { url: None, ..mutable_tag() }; 53]);
    let tail = text.lines().rev().take(18).collect::<Vec<_>>();
    insta::assert_snapshot!(tail.into_iter().rev().collect::<Vec<_>>().join("\n"));
}

#[test]
fn nothing_acts_on_the_terminal() {
    let evil = "a\u{1b}[31m\u{7}\u{202e}b\u{9b}c\r\n::error::x\u{2066}";
    let mut finding = finding_at("evil\u{1b}.yaml", "a: \u{1b}]0;title\u{7}«\u{202e}x\u{1b}[2J»\u{9b}1A\nb: \r:x\n");
    finding.rule = format!("rule/{evil}");
    finding.message = evil.into();
    finding.help = evil.into();
    finding.url = Some(evil.into());
    finding.path = Some(evil.into());
    finding.detail = Some(evil.into());
    finding.written_by = Some(evil.into());
    finding.resource = Some(Identity { kind: evil.into(), name: evil.into(), ..cart() });
    finding.fix = add(evil, &format!("{evil:?}"));
    let mut verdict = verdict(vec![finding]);
    verdict.log = vec![(evil.into(), evil.into())];
    verdict.summary.skipped = vec![(evil.into(), evil.into()), ("t".into(), format!("template {evil}"))];
    for format in [Format::Human, Format::Github] {
        let mut options = options(format);
        options.verbosity = Verbosity::Verbose;
        let text = written(&verdict, &options);
        let acting = text.chars().filter(|c| (c.is_control() && *c != '\n') || "\u{202e}\u{2066}".contains(*c));
        assert_eq!(acting.collect::<String>(), "", "{text}");
        let commands = text.lines().filter(|line| line.trim_start().starts_with("::")).count();
        // The finding, and that a template was skipped.
        assert_eq!(commands, if format == Format::Github { 2 } else { 0 }, "{text}");
    }
}

#[test]
fn colours_only_where_asked() {
    let exception = Applied { reason: "vendor image".into(), expires: None };
    let verdict = verdict(vec![mutable_tag(), Finding { exception: Some(exception), ..mutable_tag() }]);
    let mut options = options(Format::Human);
    options.verbosity = Verbosity::Verbose;
    assert!(!written(&verdict, &options).contains('\u{1b}'));
    options.color = true;
    insta::assert_snapshot!(written(&verdict, &options).replace('\u{1b}', "ESC"));
}

#[test]
fn places_that_do_not_fit_their_lines_are_survived() {
    let base = mutable_tag();
    let location = base.location.clone().unwrap();
    let texts = ["", "\n", "a", "é\té\u{1b}\n\n日", "a\r\nb\r\n", "\r"];
    let numbers = [0, 1, 2, 3, 7, u32::MAX];
    for text in texts {
        for line in numbers {
            for column in numbers {
                for end_line in numbers {
                    for end_column in numbers {
                        let mut finding = base.clone();
                        let place = sluice_policy::Location { line, column, end_line, end_column, ..location.clone() };
                        finding.location = Some(place);
                        finding.snippet = Some(Snippet { first_line: 1, text: text.into(), moved: None });
                        finding.fix = replace("/spec/template/spec/containers/0/image", "\"x\"");
                        for format in [Format::Human, Format::Json, Format::Sarif, Format::Github] {
                            let verdict = Verdict { decision: Decision::Deny, ..verdict(vec![finding.clone()]) };
                            assert!(!written(&verdict, &options(format)).is_empty());
                        }
                    }
                }
            }
        }
    }
}
