//! The gate with real plugins in the sandbox.

#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use sluice_manifest::Text;
use sluice_plugin::{Host, HostOptions};
use sluice_policy::{ConfigError, Decision, Gate, Input, Keep, Outcome, PluginSource, Policy, RunOptions};

/// The folder of the built plugins; none where they have not been built, which only a run outside of CI may say.
fn guests() -> Option<PathBuf> {
    let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../target/guests");
    if folder.join("image-tags.wasm").is_file() {
        return Some(folder);
    }
    assert!(std::env::var_os("CI").is_none(), "the plugins have not been built: run `cargo xtask guests`");
    eprintln!("left out: the plugins have not been built (cargo xtask guests)");
    None
}

fn policy(text: &str) -> Policy {
    Policy::parse(&Arc::new(Text::new("sluice.yaml", text))).unwrap()
}

fn open(policy: &Policy, folder: &Path) -> Result<Gate, Vec<ConfigError>> {
    let host = Host::new(&HostOptions { cache: None, now: SystemTime::UNIX_EPOCH, jobs: 2 }).unwrap();
    let resolve = |source: &PluginSource| match source {
        PluginSource::Builtin(name) => {
            std::fs::read(folder.join(format!("{name}.wasm"))).map(Cow::Owned).map_err(|error| error.to_string())
        }
        PluginSource::File(path) => std::fs::read(folder.join(path)).map(Cow::Owned).map_err(|error| error.to_string()),
        PluginSource::Oci(_) => panic!("the gate does not ask for these"),
    };
    Gate::new(policy, &host, &resolve, "2026-06-15T00:00:00Z".parse().unwrap())
}

fn run(gate: &Gate, files: &[(&str, &str)]) -> Outcome {
    let inputs = files.iter().map(|(name, text)| Input::bytes(*name, text.as_bytes().to_vec())).collect();
    gate.run(inputs, &RunOptions { jobs: 2, keep: Keep::Set, ..RunOptions::default() })
}

const DEPLOYMENT: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: cart
  namespace: shop
spec:
  selector:
    matchLabels: {app: cart}
  template:
    metadata:
      labels: {app: cart}
    spec:
      containers:
        - name: main
          image: registry.example.com/cart:latest
";

#[test]
fn built_in_plugins_judge_and_change() {
    let Some(folder) = guests() else { return };
    let text = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: standard-labels\n  \
                source: builtin:standard-labels\n  settings: {labels: {app.kubernetes.io/part-of: shop}}\n\
                - {name: image-tags, source: builtin:image-tags}\n";
    let gate = open(&policy(text), &folder).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let outcome = run(&gate, &[("cart.yaml", DEPLOYMENT)]);
    assert_eq!(outcome.verdict.decision, Decision::Deny);
    assert_eq!(outcome.verdict.summary.mutated, 1);
    assert_eq!(outcome.verdict.findings.len(), 1, "{:#?}", outcome.verdict.findings);
    let finding = &outcome.verdict.findings[0];
    assert_eq!(finding.rule, "image-tags/mutable-tag");
    let at = finding.location.as_ref().unwrap();
    assert_eq!((at.line, at.column, at.exact), (15, 18, true));
    let label = outcome.set[0].root().at("/metadata/labels/app.kubernetes.io~1part-of");
    assert_eq!(label.and_then(|label| label.as_str()), Some("shop"));

    let fixed = DEPLOYMENT.replace("latest", "1.4.2");
    let approved = run(&gate, &[("cart.yaml", &fixed)]).approved.unwrap();
    assert_eq!(approved.manifests().len(), 1);
    assert_eq!(approved.plugins().len(), 2);
    assert!(approved.plugins()[0].component.starts_with("sha256:"));
}

#[test]
fn wrong_settings_point_at_their_line() {
    let Some(folder) = guests() else { return };
    let text = "apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n- name: image-tags\n  \
                source: builtin:image-tags\n  settings:\n    allowedRegistrys: [a]\n    allowedRegistries: ghcr.io\n\
                - name: gone\n  source: builtin:gone\n\
                - name: text\n  source: oci://registry.example.com/x:1\n";
    let errors = open(&policy(text), &folder).err().unwrap();
    let told: Vec<String> = errors
        .iter()
        .map(|error| format!("{}: {} ({})", error.location.as_ref().unwrap().line, error.message, error.help))
        .collect();
    assert!(
        told[0].starts_with("7: `image-tags` has no setting `allowedRegistrys` (did you mean `allowedRegistries`?)"),
        "{told:#?}"
    );
    assert!(told[1].starts_with("8: `ghcr.io` has to be of type array"), "{told:#?}");
    assert!(told[2].starts_with("10: "), "{told:#?}");
    assert!(told[3].starts_with("12: not supported yet: `oci://registry.example.com/x:1`"), "{told:#?}");
    assert_eq!(told.len(), 4, "{told:#?}");
}

#[test]
fn the_recommended_policy_runs() {
    let Some(folder) = guests() else { return };
    let gate = open(&Policy::recommended(), &folder).unwrap_or_else(|errors| panic!("{errors:#?}"));
    let outcome = run(&gate, &[("cart.yaml", &DEPLOYMENT.replace("namespace", "namespce"))]);
    let rules: Vec<&str> = outcome.verdict.findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert!(rules.contains(&"image-tags/mutable-tag"), "{rules:?}");
    assert!(rules.iter().any(|rule| rule.starts_with("kubernetes-schema/")), "{rules:?}");
}
