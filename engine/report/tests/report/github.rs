//! Workflow commands.

use sluice_plugin::Severity;
use sluice_policy::{Action, Applied, Finding};
use sluice_report::{Format, Verbosity};

use crate::sample::{CART, fault, finding_at, mutable_tag, options, rendered, verdict, written};

#[test]
fn annotations() {
    let mut block = finding_at("a,b:100%.yaml", "spec:\n  «a: 1\n  b: 2»\n");
    block.message = "100% wrong:\nall, of it".into();
    block.severity = Severity::Warning;
    let mut stdin = finding_at("-", CART);
    stdin.severity = Severity::Info;
    let made = Finding { rendered: rendered(false), ..mutable_tag() };
    let findings = vec![block, mutable_tag(), made, stdin, fault()];
    insta::assert_snapshot!(written(&verdict(findings), &options(Format::Github)));
}

#[test]
fn what_asks_for_nothing_is_for_the_verbose() {
    let exception = Applied { reason: "vendor image".into(), expires: None };
    let excepted = Finding { exception: Some(exception), ..mutable_tag() };
    let verdict = verdict(vec![excepted, Finding { action: Action::Audit, ..mutable_tag() }]);
    let mut options = options(Format::Github);
    assert!(!written(&verdict, &options).contains("::"));
    options.verbosity = Verbosity::Verbose;
    assert_eq!(written(&verdict, &options).matches("::notice ").count(), 2);
}
