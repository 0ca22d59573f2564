//! Answers that come back in time and in shape, and are wrong all the same.

use std::collections::BTreeSet;
use std::time::Duration;

use sluice_manifest::Operation;
use sluice_plugin::{Fault, Severity};

use crate::stage::{broken, check, mutate};

#[test]
fn a_finding_must_be_about_what_was_given() {
    assert_eq!(
        broken(check("pointer-nowhere")),
        "rule `rule` points at `/spec/nothing/here`, where Deployment `d0` has nothing"
    );
    assert_eq!(
        broken(check("pointer-garbage")),
        "rule `rule` points at `no pointer\\u{1b}[2J`, where Deployment `d0` has nothing"
    );
    assert_eq!(broken(check("unknown-rule")), "names the rule `made-up`, which it does not declare");
    assert_eq!(broken(check("bad-subject")), "names subject 4294967295, but was given 2, counted from 0");
    assert_eq!(broken(check("subject-past-end")), "names subject 2, but was given 2, counted from 0");
}

#[test]
fn a_fix_must_be_one_that_can_be_read() {
    assert_eq!(
        broken(check("fix-pointer")),
        "an operation of rule `rule` has `metadata/labels` for a pointer, which RFC 6901 does not know"
    );
    assert_eq!(
        broken(check("fix-json")),
        "an operation of rule `rule` at `/metadata/labels` has a value that is no JSON: `{\"a\":`"
    );
}

#[test]
fn a_patch_may_not_turn_an_object_into_another() {
    for (mode, pointer) in [
        ("rename", "/metadata/name"),
        ("rename-below", "/metadata/name/x"),
        ("rekind", "/kind"),
        ("reversion", "/apiVersion"),
        ("move-namespace", "/metadata/namespace"),
        ("replace-metadata", "/metadata"),
        ("replace-root", ""),
    ] {
        let words = format!("rule `rule` wants to change `{pointer}`: a patch may not change what names an object");
        assert_eq!(broken(mutate(mode)), words, "{mode}");
    }
    let patches = mutate("generate-name").unwrap().patches;
    assert_eq!(patches[0].operations, [Operation::Replace { pointer: "/metadata/namesake".into(), value: "1".into() }]);
}

#[test]
fn a_patch_must_be_one_that_can_be_read() {
    assert!(broken(mutate("patch-json")).contains("has a value that is no JSON: `{`"));
    assert!(broken(mutate("patch-pointer")).contains("has `/spec~2` for a pointer"));
    assert!(broken(mutate("patch-rule")).contains("names the rule `made-up`"));
    assert!(broken(mutate("patch-subject")).contains("names subject 9"));
}

#[test]
fn a_good_answer_comes_through() {
    let checked = check("good").unwrap();
    let first = &checked.findings[0];
    assert_eq!((first.subject, first.pointer.as_str(), first.severity), (0, "/metadata", Severity::Error));
    assert!(first.message.starts_with(r#"apps/v1 Deployment Some("shop") d0 "Deployment" 2 "#), "{}", first.message);
    assert_eq!(first.fix, [Operation::Add { pointer: "/metadata/labels".into(), value: "{}".into() }]);
    assert_eq!(checked.findings[1].subject, 1);
    assert_eq!(mutate("good").unwrap().patches[0].reason, "because");
    assert_eq!(check("message-lines").unwrap().findings[0].message, "one two\\u{1b}[31m");
}

/// One of each fault.
fn faults() -> [Fault; 11] {
    let (message, backtrace) = (String::new(), String::new());
    let limit = 1;
    [
        Fault::Trapped { message: message.clone(), backtrace: backtrace.clone() },
        Fault::StackLimit { limit, backtrace },
        Fault::TimedOut { limit: Duration::from_secs(1) },
        Fault::OutOfMemory { limit },
        Fault::TableLimit { limit, unit: "tables" },
        Fault::InstanceLimit { limit, unit: "instances" },
        Fault::HandleLimit { limit },
        Fault::NoThread,
        Fault::OutputLimit { limit, unit: "bytes" },
        Fault::Contract { message: message.clone() },
        Fault::Undecided { message },
    ]
}

#[test]
fn each_fault_has_a_rule_and_a_remedy_of_its_own() {
    let faults = faults();
    let rules: BTreeSet<&str> = faults.iter().map(Fault::rule).collect();
    assert_eq!(rules.len(), faults.len(), "two faults share a rule: {rules:?}");
    assert!(rules.iter().all(|rule| rule.starts_with("plugin-")), "{rules:?}");
    let remedies: BTreeSet<&str> = faults.iter().map(Fault::help).collect();
    assert_eq!(remedies.len(), faults.len(), "two faults share a remedy: {remedies:?}");
    assert!(remedies.iter().all(|remedy| remedy.len() > 40), "{remedies:?}");
}

#[test]
fn what_happens_has_the_rule_that_it_is_told_under() {
    let faults = [check("trap"), check("memory"), check("err"), check("bad-subject"), check("many-findings")];
    let rules: Vec<&str> = faults.iter().map(|answer| answer.as_ref().unwrap_err().rule()).collect();
    assert_eq!(
        rules,
        ["plugin-trapped", "plugin-out-of-memory", "plugin-undecided", "plugin-broke-contract", "plugin-output-limit"]
    );
    assert!(Fault::TimedOut { limit: Duration::from_secs(1) }.help().contains("limits: { time:"));
}
