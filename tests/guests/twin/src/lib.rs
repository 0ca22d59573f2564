//! The fixture that those in JavaScript, Python and Go are compared with: the same rule, the same words, on the bare
//! bindings. It touches every import of the contract, so that a language that cannot bind one is found out.
//!
//! It is built for `wasm32-wasip2` too, where its set asks WASI for chance, and the standard library for more.

use std::cell::RefCell;
use std::collections::HashSet;

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit/0.1.0", world: "validator", generate_all });
}

use bindings::exports::sluice::policy::plugin::{Description, Guest as Plugin, SettingsError};
use bindings::exports::sluice::policy::validation::{Finding, Guest as Validation};
use bindings::sluice::policy::manifests::Manifest;
use bindings::sluice::policy::types::{Identity, KindSelector, Node, Operation, Rule, Scope, Severity};
use bindings::sluice::policy::{context, log};
use serde_json::Value;

struct Twin;

bindings::export!(Twin with_types_in bindings);

thread_local! {
    /// The images that may stay as they are, and whether namespaces are looked up.
    static SETTINGS: RefCell<(HashSet<String>, bool)> = RefCell::new((HashSet::new(), false));
}

/// Where the kinds that this fixture is given keep their containers.
const PATHS: [&str; 2] =
    ["$.spec.template.spec['containers','initContainers'][*].image", "$.spec['containers','initContainers'][*].image"];

impl Plugin for Twin {
    fn describe() -> Description {
        let selector = |group: &str, kind: &str| KindSelector {
            group: group.to_owned(),
            version: "*".to_owned(),
            kind: kind.to_owned(),
        };
        let rule = |id: &str, severity: Severity, summary: &str, help: &str| Rule {
            id: id.to_owned(),
            severity,
            summary: summary.to_owned(),
            help: help.to_owned(),
            url: None,
        };
        Description {
            name: "twin".to_owned(),
            version: "0.1.0".to_owned(),
            scope: Scope::Resource,
            kinds: vec![selector("apps", "*"), selector("", "Pod")],
            rules: vec![
                rule(
                    "mutable-tag",
                    Severity::Error,
                    "an image names a tag that does not move",
                    "the node that starts the pod next may run another image: write a version or a digest",
                ),
                rule("unknown-namespace", Severity::Warning, "a namespace exists", "add the Namespace to the set"),
            ],
            settings_schema: None,
            context: Vec::new(),
        }
    }

    fn configure(settings: String) -> Result<(), Vec<SettingsError>> {
        let error = |pointer: &str, message: &str| {
            vec![SettingsError { pointer: pointer.to_owned(), message: message.to_owned() }]
        };
        let settings: Value = serde_json::from_str(&settings).map_err(|_| error("", "not JSON"))?;
        let exempt = match settings.get("exempt") {
            None => HashSet::new(),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(_) => return Err(error("/exempt", "not a list of images")),
        };
        let namespaces = settings.get("namespaces") == Some(&Value::Bool(true));
        SETTINGS.set((exempt, namespaces));
        Ok(())
    }
}

impl Validation for Twin {
    fn check(subjects: Vec<Manifest>) -> Result<Vec<Finding>, String> {
        let mut findings = Vec::new();
        for (subject, manifest) in (0_u32..).zip(&subjects) {
            judge(subject, manifest, &mut findings)?;
        }
        Ok(findings)
    }
}

fn judge(subject: u32, manifest: &Manifest, findings: &mut Vec<Finding>) -> Result<(), String> {
    let (exempt, namespaces) = SETTINGS.with_borrow(Clone::clone);
    let identity = manifest.identity();
    let tape = manifest.tape();
    let count = tape.get(4..8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_le_bytes);
    log::write(&format!("{} {}: {count} nodes", identity.kind, identity.name));

    for path in PATHS {
        for node in manifest.select(path)? {
            let image: String = serde_json::from_str(&node.value).unwrap_or_default();
            if !is_mutable(&image) || exempt.contains(&image) {
                continue;
            }
            let replicas = manifest.get("/spec/replicas").unwrap_or_else(|| "no".to_owned());
            let fixed = format!("{}:1.0.0", image.strip_suffix(":latest").unwrap_or(&image));
            findings.push(Finding {
                subject,
                rule: "mutable-tag".to_owned(),
                pointer: node.pointer.clone(),
                message: format!("`{image}` can change under {replicas} replicas"),
                severity: manifest.previous().map(|_| Severity::Warning),
                fix: vec![Operation::Replace(Node { pointer: node.pointer, value: format!("\"{fixed}\"") })],
            });
        }
    }
    if let (true, Some(name)) = (namespaces, identity.namespace) {
        let namespace = Identity { api_version: "v1".to_owned(), kind: "Namespace".to_owned(), namespace: None, name };
        if context::get(&namespace)?.is_none() {
            findings.push(Finding {
                subject,
                rule: "unknown-namespace".to_owned(),
                pointer: "/metadata/namespace".to_owned(),
                message: format!("`{}` is not in the set", namespace.name),
                severity: None,
                fix: Vec::new(),
            });
        }
    }
    Ok(())
}

/// Whether the tag of an image may move: it is `latest`, or not written at all.
fn is_mutable(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    !image.contains('@') && (!last.contains(':') || last.ends_with(":latest"))
}
