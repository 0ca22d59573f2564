//! The fixture that asks about other objects: whether a ConfigMap's namespace is there, how many ConfigMaps there are beside
//! it, and what it was before.

mod bindings {
    wit_bindgen::generate!({ path: "../../../wit/0.1.0", world: "validator", generate_all });
}

use bindings::exports::sluice::policy::plugin::{Description, Guest as Plugin, SettingsError};
use bindings::exports::sluice::policy::validation::{Finding, Guest as Validation};
use bindings::sluice::policy::context;
use bindings::sluice::policy::manifests::Manifest;
use bindings::sluice::policy::types::{Identity, KindSelector, Rule, Scope, Severity};

struct Neighbours;

bindings::export!(Neighbours with_types_in bindings);

fn selector(kind: &str) -> KindSelector {
    KindSelector { group: String::new(), version: "v1".to_owned(), kind: kind.to_owned() }
}

fn rule(id: &str, severity: Severity) -> Rule {
    Rule { id: id.to_owned(), severity, summary: String::new(), help: String::new(), url: None }
}

impl Plugin for Neighbours {
    fn describe() -> Description {
        Description {
            name: "neighbours".to_owned(),
            version: "0.1.0".to_owned(),
            scope: Scope::Resource,
            kinds: vec![selector("ConfigMap")],
            rules: vec![
                rule("namespace-is-there", Severity::Error),
                rule("neighbours", Severity::Info),
                rule("key-stays", Severity::Error),
            ],
            settings_schema: None,
            context: vec![selector("Namespace"), selector("ConfigMap")],
        }
    }

    fn configure(_: String) -> Result<(), Vec<SettingsError>> {
        Ok(())
    }
}

impl Validation for Neighbours {
    fn check(subjects: Vec<Manifest>) -> Result<Vec<Finding>, String> {
        let mut findings = Vec::new();
        for (subject, manifest) in (0_u32..).zip(&subjects) {
            let mut found = |rule: &str, pointer: &str, message: String| {
                let (rule, pointer) = (rule.to_owned(), pointer.to_owned());
                findings.push(Finding { subject, rule, pointer, message, severity: None, fix: Vec::new() });
            };
            let identity = manifest.identity();
            let namespace = identity.namespace.clone().unwrap_or_default();
            let wanted = Identity {
                api_version: "v1".to_owned(),
                kind: "Namespace".to_owned(),
                namespace: None,
                name: namespace.clone(),
            };
            if identity.namespace.is_some() && context::get(&wanted)?.is_none() {
                found("namespace-is-there", "/metadata/namespace", format!("there is no namespace `{namespace}`"));
            }
            let names = context::list(&selector("ConfigMap"), Some(&namespace))?
                .iter()
                .map(|other| other.identity().name)
                .filter(|name| name != "kube-root-ca.crt")
                .collect::<Vec<_>>();
            found("neighbours", "/metadata/name", format!("stands beside {}", names.join(" ")));
            let before = manifest.previous().and_then(|before| before.get("/data/key"));
            if before.is_some() && before != manifest.get("/data/key") {
                let before = before.unwrap_or_default();
                found("key-stays", "/data/key", format!("it was {before} and must stay so"));
            }
        }
        Ok(findings)
    }
}
