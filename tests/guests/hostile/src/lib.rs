//! The plugin that misbehaves: its settings choose how. Each way is a test of the host, which has to contain it while the
//! neighbours' answers stay as they are.
//!
//! `describe` is called before there are settings, so what it says is chosen by a mark in the data of the component,
//! which a test overwrites.

use std::cell::{Cell, RefCell};
use std::hint::black_box;

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit/0.1.0", world: "policy", generate_all });
}

use bindings::exports::sluice::policy::mutation::{Guest as Mutation, Patch};
use bindings::exports::sluice::policy::plugin::{Description, Guest as Plugin, SettingsError};
use bindings::exports::sluice::policy::validation::{Finding, Guest as Validation};
use bindings::sluice::policy::manifests::Manifest;
use bindings::sluice::policy::types::{Identity, KindSelector, Node, Operation, Rule, Scope, Severity};
use bindings::sluice::policy::{context, log};

struct Hostile;

bindings::export!(Hostile with_types_in bindings);

/// What `describe` says: the word after the colon.
static MARK: [u8; 32] = *b"hostile-describes:good..........";

/// The modes that are about patches. In these it finds nothing, in all others it changes nothing, so that a policy file may
/// name it as it is.
const MUTATES: [&str; 15] = [
    "good",
    "rename",
    "rename-below",
    "rekind",
    "reversion",
    "move-namespace",
    "replace-metadata",
    "replace-root",
    "generate-name",
    "patch-json",
    "patch-pointer",
    "patch-rule",
    "patch-subject",
    "patches-of-one",
    "many-patches",
];

thread_local! {
    static MODE: RefCell<String> = const { RefCell::new(String::new()) };
    static CALLS: Cell<u32> = const { Cell::new(0) };
}

fn mode() -> String {
    MODE.with_borrow(String::clone)
}

fn described() -> String {
    let mark = String::from_utf8_lossy(black_box(&MARK)).into_owned();
    mark.rsplit(':').next().unwrap_or_default().trim_end_matches('.').to_owned()
}

impl Plugin for Hostile {
    fn describe() -> Description {
        let rule = |id: &str| Rule {
            id: id.to_owned(),
            severity: Severity::Error,
            summary: "misbehaves".to_owned(),
            help: "nothing helps".to_owned(),
            url: None,
        };
        let any = || KindSelector { group: "*".to_owned(), version: "*".to_owned(), kind: "*".to_owned() };
        let mut description = Description {
            name: "hostile".to_owned(),
            version: "0.1.0".to_owned(),
            scope: Scope::Resource,
            kinds: vec![any()],
            rules: vec![rule("rule"), rule("other-rule")],
            settings_schema: Some(r#"{"type":"object"}"#.to_owned()),
            context: Vec::new(),
        };
        match described().as_str() {
            "name" => description.name = "Hostile/../x\u{1b}[2J".to_owned(),
            "gate" => description.name = "sluice".to_owned(),
            "version" => description.version = "latest".to_owned(),
            "rule" => description.rules.push(rule("Bad Rule")),
            "twice" => description.rules.push(rule("rule")),
            "schema" => description.settings_schema = Some("{".to_owned()),
            "number" => description.settings_schema = Some("7".to_owned()),
            "kind" => description.kinds.push(KindSelector { kind: String::new(), ..any() }),
            "trap" => panic!("describe"),
            "loop" => forever(),
            "flood" => description.rules = (0..1_000_000).map(|i| rule(&format!("rule-{i}"))).collect(),
            _ => {}
        }
        description
    }

    fn configure(settings: String) -> Result<(), Vec<SettingsError>> {
        let settings: serde_json::Value = serde_json::from_str(&settings)
            .map_err(|error| vec![SettingsError { pointer: String::new(), message: error.to_string() }])?;
        let mode = settings["mode"].as_str().unwrap_or("good").to_owned();
        match mode.as_str() {
            "configure-trap" => panic!("configure"),
            "configure-loop" => forever(),
            "configure-refuse" => {
                return Err(vec![SettingsError { pointer: "/mode".to_owned(), message: "not this one".to_owned() }]);
            }
            _ => {}
        }
        MODE.set(mode);
        Ok(())
    }
}

impl Validation for Hostile {
    fn check(subjects: Vec<Manifest>) -> Result<Vec<Finding>, String> {
        let calls = CALLS.get() + 1;
        CALLS.set(calls);
        match mode().as_str() {
            "good" => Ok(good(&subjects)),
            "crowd" => Ok(crowd(&subjects)),
            "state" => Ok(vec![finding(0, "", &format!("call {calls}"))]),
            "trap" => panic!("as asked"),
            "loop" => forever(),
            "loop-identity" => loop {
                black_box(first(&subjects).identity());
            },
            "loop-select" => loop {
                black_box(first(&subjects).select("$..*").is_ok());
            },
            "loop-paths" => {
                (0_u64..).try_for_each(|i| first(&subjects).select(&format!("$.a{i}..*")).map(drop)).map(|()| vec![])
            }
            "loop-log" => loop {
                log::write("again");
            },
            "memory" => {
                let mut kept = Vec::new();
                loop {
                    kept.push(vec![1_u8; 1 << 20]);
                    black_box(&kept);
                }
            }
            "memory-polite" => {
                let mut kept: Vec<u8> = Vec::new();
                loop {
                    let more = kept.len().max(1 << 20);
                    kept.try_reserve_exact(more).map_err(|_| "there is no memory left".to_owned())?;
                    kept.resize(kept.len() + more, 1);
                    black_box(&kept);
                }
            }
            "recursion" => Ok(vec![finding(0, "", &deep(0).to_string())]),
            "many-findings" => Ok((0..100_001).map(|_| finding(0, "", "x")).collect()),
            "long-message" => Ok(vec![finding(0, "", &"x".repeat(20 << 20))]),
            "long-path" => first(&subjects).select(&"$.a".repeat(10 << 20)).map(|_| vec![]),
            "pointer-nowhere" => Ok(vec![finding(0, "/spec/nothing/here", "x")]),
            "pointer-garbage" => Ok(vec![finding(0, "no pointer\u{1b}[2J", "x")]),
            "unknown-rule" => Ok(vec![Finding { rule: "made-up".to_owned(), ..finding(0, "", "x") }]),
            "bad-subject" => Ok(vec![finding(u32::MAX, "", "x")]),
            "subject-past-end" => Ok(vec![finding(subjects.len() as u32, "", "x")]),
            "fix-pointer" => Ok(vec![fix(Operation::Remove("metadata/labels".to_owned()))]),
            "fix-json" => Ok(vec![fix(Operation::Add(node("/metadata/labels", "{\"a\":")))]),
            "message-lines" => Ok(vec![finding(0, "", "one\ntwo\u{1b}[31m")]),
            "leak" => loop {
                std::mem::forget(first(&subjects).previous());
            },
            "handle-twice" => {
                let handle = first(&subjects).handle();
                // SAFETY: none; that the host refuses the second use is what is tested.
                drop(unsafe { Manifest::from_handle(handle) });
                Ok(good(&subjects))
            }
            "made-up-handle" => {
                // SAFETY: none, as above.
                let made_up = unsafe { Manifest::from_handle(4711) };
                Ok(vec![finding(0, "", &made_up.json())])
            }
            "log-flood" => {
                (0..100_000).for_each(|i| log::write(&format!("line {i}\nand \u{1b}[2J more")));
                Ok(good(&subjects))
            }
            "err" => Err("cannot\ntell".to_owned()),
            "previous" => Ok(subjects.iter().enumerate().map(previous).collect()),
            "read-secret" => Ok(vec![finding(0, "", &first(&subjects).json())]),
            "read-tape" => Ok(vec![finding(0, "", &String::from_utf8_lossy(&first(&subjects).tape()))]),
            "bad-path" => first(&subjects).select("$[?(@.a)]").map(|_| vec![]),
            "context" => ask_context(),
            mode if MUTATES.contains(&mode) => Ok(Vec::new()),
            other => Err(format!("there is no mode `{other}`")),
        }
    }
}

impl Mutation for Hostile {
    fn mutate(_: Vec<Manifest>) -> Result<Vec<Patch>, String> {
        let replace = |pointer: &str, value: &str| Ok(vec![patch(Operation::Replace(node(pointer, value)))]);
        match mode().as_str() {
            "good" => Ok(vec![patch(Operation::Add(node("/metadata/labels", r#"{"a":"b"}"#)))]),
            "rename" => replace("/metadata/name", "\"other\""),
            "rename-below" => replace("/metadata/name/x", "\"other\""),
            "rekind" => replace("/kind", "\"Secret\""),
            "reversion" => replace("/apiVersion", "\"v2\""),
            "move-namespace" => Ok(vec![patch(Operation::Remove("/metadata/namespace".to_owned()))]),
            "replace-metadata" => replace("/metadata", r#"{"name":"other"}"#),
            "replace-root" => replace("", "{}"),
            "generate-name" => replace("/metadata/namesake", "1"),
            "patch-json" => replace("/spec", "{"),
            "patch-pointer" => replace("/spec~2", "{}"),
            "patch-rule" => {
                Ok(vec![Patch { rule: "made-up".to_owned(), ..patch(Operation::Remove("/spec".to_owned())) }])
            }
            "patch-subject" => Ok(vec![Patch { subject: 9, ..patch(Operation::Remove("/spec".to_owned())) }]),
            "patches-of-one" => Ok((0..65).map(|_| patch(Operation::Remove("/spec".to_owned()))).collect()),
            "many-patches" => Ok((0..100_001).map(|_| patch(Operation::Remove("/x".to_owned()))).collect()),
            mode if !MUTATES.contains(&mode) => Ok(Vec::new()),
            other => Err(format!("there is no mode `{other}`")),
        }
    }
}

/// What a well-behaved neighbour says: one finding for each subject, with all that it could read.
fn good(subjects: &[Manifest]) -> Vec<Finding> {
    let tell = |(index, subject): (usize, &Manifest)| {
        let Identity { api_version, kind, namespace, name } = subject.identity();
        let images = subject.select("$..image").map_or(usize::MAX, |nodes| nodes.len());
        let kind_json = subject.get("/kind").unwrap_or_default();
        let size = subject.json().len();
        let message = format!("{api_version} {kind} {namespace:?} {name} {kind_json} {images} {size}");
        Finding {
            fix: vec![Operation::Add(node("/metadata/labels", "{}"))],
            ..finding(index as u32, "/metadata", &message)
        }
    };
    subjects.iter().enumerate().map(tell).collect()
}

/// What a plugin may not say: it depends on who else was asked about at the same time.
fn crowd(subjects: &[Manifest]) -> Vec<Finding> {
    let message = format!("one of {}, of whom the first is {}", subjects.len(), first(subjects).identity().name);
    (0..subjects.len() as u32).map(|subject| finding(subject, "", &message)).collect()
}

fn previous((index, subject): (usize, &Manifest)) -> Finding {
    let before = subject.previous();
    let again = before.as_ref().is_some_and(|before| before.previous().is_some());
    let json = before.map_or_else(|| "none".to_owned(), |before| before.json());
    finding(index as u32, "", &format!("{json} {again}"))
}

fn ask_context() -> Result<Vec<Finding>, String> {
    let wanted = |kind: &str, name: &str| Identity {
        api_version: "v1".to_owned(),
        kind: kind.to_owned(),
        namespace: None,
        name: name.to_owned(),
    };
    let words = |answer: Result<Option<Manifest>, String>| match answer {
        Ok(Some(found)) => found.json(),
        Ok(None) => "none".to_owned(),
        Err(refusal) => refusal,
    };
    let listed = |kind: &str, namespace: Option<&str>| {
        let kinds = KindSelector { group: String::new(), version: "v1".to_owned(), kind: kind.to_owned() };
        match context::list(&kinds, namespace) {
            Ok(found) => found.iter().map(|object| object.identity().name).collect::<Vec<_>>().join(","),
            Err(refusal) => refusal,
        }
    };
    let lines = [
        words(context::get(&wanted("Namespace", "shop"))),
        words(context::get(&wanted("Namespace", "absent"))),
        words(context::get(&wanted("Secret", "shop"))),
        listed("Namespace", None),
        listed("Namespace", Some("absent")),
        listed("*", None),
    ];
    Ok(lines.iter().map(|line| finding(0, "", line)).collect())
}

fn first(subjects: &[Manifest]) -> &Manifest {
    subjects.first().expect("a subject")
}

fn finding(subject: u32, pointer: &str, message: &str) -> Finding {
    Finding {
        subject,
        rule: "rule".to_owned(),
        pointer: pointer.to_owned(),
        message: message.to_owned(),
        severity: None,
        fix: Vec::new(),
    }
}

fn fix(operation: Operation) -> Finding {
    Finding { fix: vec![operation], ..finding(0, "", "x") }
}

fn patch(operation: Operation) -> Patch {
    Patch { subject: 0, rule: "rule".to_owned(), reason: "because".to_owned(), operations: vec![operation] }
}

fn node(pointer: &str, value: &str) -> Node {
    Node { pointer: pointer.to_owned(), value: value.to_owned() }
}

fn forever() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

#[expect(unconditional_recursion, reason = "what is tested")]
fn deep(level: u64) -> u64 {
    black_box(deep(black_box(level + 1))) + 1
}
