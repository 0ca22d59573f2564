//! A plugin made of closures, so that the gate can be tested without a sandbox.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use sluice_manifest::{Operation, Resource, Text};
use sluice_plugin::{
    Call, Checked, Description, Fault, Finding, KindSelector, Mutated, Patch, Roles, Rule, Scope, Severity,
};

use super::{Gate, Judge, Loaded, Outcome, RunOptions, rules::Rules};
use crate::approved::PluginDigests;
use crate::{ConfigError, Input, Policy};

type Check = dyn Fn(&Resource) -> Result<Vec<(&'static str, String)>, Fault> + Send + Sync;
type Mutate = dyn Fn(&Resource) -> Result<Vec<Operation>, Fault> + Send + Sync;
type CheckSet = dyn Fn(&Call) -> Result<Vec<Finding>, Fault> + Send + Sync;

/// What a stub answers. Its one rule is `rule`.
#[derive(Clone)]
pub(crate) struct Stub {
    check: Option<Arc<Check>>,
    mutate: Option<Arc<Mutate>>,
    check_set: Option<Arc<CheckSet>>,
    pub(crate) description: Description,
    /// How often it was called.
    pub(crate) calls: Arc<AtomicUsize>,
}

impl Stub {
    /// Finds pointers and messages in each object.
    pub(crate) fn check(
        check: impl Fn(&Resource) -> Result<Vec<(&'static str, String)>, Fault> + Send + Sync + 'static,
    ) -> Self {
        Self { check: Some(Arc::new(check)), ..Self::none() }
    }

    /// Wants operations on each object.
    pub(crate) fn mutate(mutate: impl Fn(&Resource) -> Result<Vec<Operation>, Fault> + Send + Sync + 'static) -> Self {
        Self { mutate: Some(Arc::new(mutate)), ..Self::none() }
    }

    /// Is called once with everything.
    pub(crate) fn check_set(check: impl Fn(&Call) -> Result<Vec<Finding>, Fault> + Send + Sync + 'static) -> Self {
        let mut stub = Self { check_set: Some(Arc::new(check)), ..Self::none() };
        stub.description.scope = Scope::Set;
        stub
    }

    fn none() -> Self {
        let rule = Rule {
            id: "rule".into(),
            severity: Severity::Error,
            summary: "it is right".into(),
            help: "make it right".into(),
            url: None,
        };
        let any = KindSelector { group: "*".into(), version: "*".into(), kind: "*".into() };
        let description = Description {
            name: "stub".into(),
            version: "1.0.0".into(),
            scope: Scope::Resource,
            kinds: vec![any],
            rules: vec![rule],
            settings_schema: None,
            context: Vec::new(),
        };
        Self { check: None, mutate: None, check_set: None, description, calls: Arc::default() }
    }
}

impl Judge for Stub {
    fn check(&self, call: &Call) -> Result<Checked, Fault> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(check) = &self.check_set {
            return Ok(Checked { findings: check(call)?, log: Vec::new() });
        }
        let mut findings = Vec::new();
        for (subject, index) in call.chosen.iter().enumerate() {
            let resource = &call.set.resources[*index as usize];
            for (pointer, message) in self.check.as_ref().unwrap()(resource)? {
                findings.push(Finding {
                    subject: subject as u32,
                    rule: "rule".into(),
                    pointer: pointer.into(),
                    message,
                    severity: Severity::Error,
                    fix: Vec::new(),
                });
            }
        }
        Ok(Checked { findings, log: vec!["asked".into()] })
    }

    fn mutate(&self, call: &Call) -> Result<Mutated, Fault> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut patches = Vec::new();
        for (subject, index) in call.chosen.iter().enumerate() {
            let operations = self.mutate.as_ref().unwrap()(&call.set.resources[*index as usize])?;
            if !operations.is_empty() {
                let subject = subject as u32;
                patches.push(Patch { subject, rule: "rule".into(), reason: "because".into(), operations });
            }
        }
        Ok(Mutated { patches, log: Vec::new() })
    }
}

/// A policy file with plugins of these names; `more` goes to the end of it.
pub(crate) fn policy(names: &[&str], more: &str) -> Policy {
    let mut text = String::from("apiVersion: sluice.dev/v1alpha1\nkind: Policy\nplugins:\n");
    for name in names {
        text.push_str(&format!("- name: \"{name}\"\n  source: builtin:{name}\n"));
    }
    parse(&format!("{text}{more}"))
}

/// A policy file that is right.
pub(crate) fn parse(text: &str) -> Policy {
    Policy::parse(&Arc::new(Text::new("sluice.yaml", text))).unwrap()
}

/// A gate of stubs, in the order of the policy file.
pub(crate) fn assemble(policy: Policy, stubs: &[Stub], now: &str) -> Result<Gate, Vec<ConfigError>> {
    let plugins = policy.plugins.iter().zip(stubs).map(|(entry, stub)| {
        Ok(Loaded {
            rules: Rules::new(&policy, entry, &stub.description)?,
            asks_previous: true,
            entry: entry.clone(),
            description: stub.description.clone(),
            roles: Roles {
                validates: stub.check.is_some() || stub.check_set.is_some(),
                mutates: stub.mutate.is_some(),
            },
            digests: PluginDigests {
                name: entry.name.clone(),
                component: "sha256:stub".into(),
                settings: "0".repeat(64),
            },
            judge: Box::new(stub.clone()),
        })
    });
    let plugins = plugins.collect::<Result<Vec<_>, Vec<ConfigError>>>()?;
    Gate::assemble(policy.clone(), plugins, now.parse().unwrap())
}

/// A gate of stubs on an ordinary day.
pub(crate) fn gate(policy: Policy, stubs: &[Stub]) -> Gate {
    assemble(policy, stubs, "2026-06-15T12:00:00Z").unwrap()
}

/// Judges texts.
pub(crate) fn run(gate: &Gate, files: &[(&str, &str)]) -> Outcome {
    run_with(gate, files, &RunOptions { jobs: 1, ..RunOptions::default() })
}

/// Judges texts.
pub(crate) fn run_with(gate: &Gate, files: &[(&str, &str)], options: &RunOptions<'_>) -> Outcome {
    let inputs = files.iter().map(|(name, text)| Input::bytes(*name, text.as_bytes().to_vec())).collect();
    gate.run(inputs, options)
}

/// The decision and one line for each finding.
pub(crate) fn show(outcome: &Outcome) -> String {
    let mut out = format!("{:?}\n", outcome.verdict.decision).to_lowercase();
    for finding in &outcome.verdict.findings {
        match &finding.location {
            Some(at) => out.push_str(&format!("{}:{}:{}", at.file, at.line, at.column)),
            None => out.push('?'),
        }
        if finding.location.as_ref().is_some_and(|at| !at.exact) {
            out.push('~');
        }
        let severity = format!("{:?}", finding.severity).to_lowercase();
        out.push_str(&format!(" {severity} {}: {}", finding.rule, finding.message));
        if let Some(writer) = &finding.written_by {
            out.push_str(&format!(" [written by {writer}]"));
        }
        if let Some(exception) = &finding.exception {
            out.push_str(&format!(" [excepted: {}]", exception.reason));
        }
        out.push('\n');
    }
    out
}

/// An object.
pub(crate) fn pod(name: &str) -> String {
    format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\nspec:\n  image: x:latest\n")
}

/// Finds something in every object.
pub(crate) fn finds(pointer: &'static str, message: &'static str) -> Stub {
    Stub::check(move |resource| {
        let there = resource.root().at(pointer).is_some();
        Ok(if there { vec![(pointer, message.to_owned())] } else { Vec::new() })
    })
}

/// A mistake in a plugin.
pub(crate) fn trap() -> Fault {
    Fault::Trapped { message: "unreachable".into(), backtrace: "0: guest".into() }
}
