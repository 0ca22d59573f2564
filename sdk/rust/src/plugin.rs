//! What the attributes make of functions, and how a batch runs through them.

use serde::de::DeserializeOwned;

use crate::alike::Alike;
use crate::context;
use crate::finding::{Error, Finding, Patch, Result};
use crate::resource::Resource;
use crate::rule::{KindSelector, Rule};

/// A function that judges one resource at a time: what `#[rule]` and `#[policy]` make.
pub trait Check<S> {
    /// The rules that its findings name.
    const RULES: &'static [Rule];
    /// The kinds that it wants to see.
    const KINDS: &'static [&'static str];
    /// The kinds that it asks of [`context`](crate::context).
    const CONTEXT: &'static [&'static str];
    /// Judges one resource.
    ///
    /// # Errors
    /// When it could not decide, which denies.
    fn check(resource: &Resource, settings: &S) -> Result<Vec<Finding>>;
}

/// A function that changes one resource at a time: what `#[mutation]` and `#[mutator]` make.
pub trait Mutate<S> {
    /// The rules that its patches name.
    const RULES: &'static [Rule];
    /// The kinds that it wants to see.
    const KINDS: &'static [&'static str];
    /// The kinds that it asks of [`context`](crate::context).
    const CONTEXT: &'static [&'static str];
    /// Says what must change.
    ///
    /// # Errors
    /// When it could not decide, which denies.
    fn mutate(resource: &Resource, settings: &S) -> Result<Vec<Patch>>;
}

/// One function of a plugin, with what it declared.
pub struct Entry<S, T> {
    /// The rules that its answers name.
    pub rules: &'static [Rule],
    /// The kinds that it wants to see.
    pub kinds: &'static [&'static str],
    /// The kinds that it asks of [`context`](crate::context).
    pub context: &'static [&'static str],
    /// The function.
    pub run: fn(&Resource, &S) -> Result<Vec<T>>,
}

/// A plugin: what `plugin!` makes, or `#[policy]` and `#[mutator]` alone.
pub trait Plugin: 'static {
    /// What the policy file may set.
    type Settings: DeserializeOwned + 'static;
    /// Kebab-case.
    const NAME: &'static str;
    /// Semantic version.
    const VERSION: &'static str;
    /// JSON Schema of the settings.
    const SETTINGS_SCHEMA: Option<&'static str>;
    /// The functions that judge.
    const CHECKS: &'static [Entry<Self::Settings, Finding>];
    /// The functions that change.
    const MUTATIONS: &'static [Entry<Self::Settings, Patch>];

    /// Judges settings further than their type and schema do.
    ///
    /// # Errors
    /// What is wrong in them.
    fn validate(settings: &Self::Settings) -> Result<(), Vec<SettingsError>> {
        let _ = settings;
        Ok(())
    }
}

/// Something wrong in the settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsError {
    /// RFC 6901 pointer into the settings.
    pub pointer: String,
    /// Lowercase, one line, no full stop.
    pub message: String,
}

impl SettingsError {
    /// This is wrong at this pointer.
    pub fn new(pointer: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), message: message.into() }
    }
}

/// For plugins without settings: any field is an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

/// What answers have in common: who they are about and which rule they name.
pub(crate) trait Answer: Sized {
    fn subject(&self) -> u32;
    fn rule_mut(&mut self) -> &mut Option<&'static str>;
    /// What a helper could not read, as an answer, where this kind of answer can say so.
    fn malformed(resource: &Resource, rule: &Rule) -> Result<Vec<Self>>;
    /// Takes the answers of a function about an object, for [`Self::bound`].
    fn gather(alike: &mut Alike, answers: Vec<Self>, out: &mut Vec<Self>);
    /// Leaves as many of those from `start` on, which are about one object, as the host takes, where the rest can be summed up.
    fn bound(alike: Alike, out: &mut Vec<Self>, start: usize);
}

impl Answer for Finding {
    fn subject(&self) -> u32 {
        self.subject
    }

    fn rule_mut(&mut self) -> &mut Option<&'static str> {
        &mut self.rule
    }

    fn malformed(resource: &Resource, rule: &Rule) -> Result<Vec<Self>> {
        let malformed = resource.malformed.take();
        // The severity is that of an error whatever the rule's: nothing was judged.
        let finding = |it: crate::resource::Malformed| {
            resource.finding(it.pointer, it.message).rule(rule).severity(crate::rule::Severity::Error)
        };
        Ok(malformed.into_iter().map(finding).collect())
    }

    fn gather(alike: &mut Alike, answers: Vec<Self>, out: &mut Vec<Self>) {
        alike.gather(answers, out);
    }

    fn bound(alike: Alike, out: &mut Vec<Self>, start: usize) {
        alike.bound(out, start);
    }
}

impl Answer for Patch {
    fn subject(&self) -> u32 {
        self.subject
    }

    fn rule_mut(&mut self) -> &mut Option<&'static str> {
        &mut self.rule
    }

    /// A mutator leaves alone what it cannot read: the object stays as it is, for validators to judge.
    fn malformed(resource: &Resource, _: &Rule) -> Result<Vec<Self>> {
        resource.malformed.take();
        Ok(Vec::new())
    }

    /// A change cannot be left out.
    fn gather(_: &mut Alike, answers: Vec<Self>, out: &mut Vec<Self>) {
        out.extend(answers);
    }

    fn bound(_: Alike, _: &mut Vec<Self>, _: usize) {}
}

/// Runs those functions of a plugin over one resource that want it.
pub(crate) fn run<P: Plugin, T: Answer>(
    entries: &[Entry<P::Settings, T>],
    resource: &Resource,
    settings: &P::Settings,
    out: &mut Vec<T>,
) -> Result<()> {
    // The host gives a plugin what any of its functions wants. Where there is one only, it has left out the rest.
    let is_one_of_many = P::CHECKS.len() + P::MUTATIONS.len() > 1;
    let (mut alike, start) = (Alike::default(), out.len());
    for entry in entries {
        if is_one_of_many && !wants(entry.kinds, resource) {
            continue;
        }
        let rule = entry.rules.first().ok_or_else(|| Error::new("the policy declares no rule"))?;
        // What a call of a test left behind is not of this rule.
        context::failure();
        let mut answers = (entry.run)(resource, settings)?;
        if !resource.malformed.borrow().is_empty() {
            answers.extend(T::malformed(resource, rule)?);
        }
        if let Some(error) = resource.failure.take().or_else(context::failure) {
            return Err(error);
        }
        for answer in &mut answers {
            if answer.subject() != resource.subject {
                return Err(Error::new("an answer is about an object of `context`, not about the one that is judged"));
            }
            if answer.rule_mut().is_none() {
                if entry.rules.len() > 1 {
                    return Err(Error::new("a finding does not say which of the policy's rules it is of"));
                }
                *answer.rule_mut() = Some(rule.id);
            }
        }
        T::gather(&mut alike, answers, out);
    }
    T::bound(alike, out, start);
    Ok(())
}

fn wants(kinds: &[&str], resource: &Resource) -> bool {
    kinds.iter().any(|kind| KindSelector::parse(kind).matches(resource.api_version(), resource.kind()))
}

/// Reads settings as `configure` does.
pub(crate) fn parse_settings<P: Plugin>(json: &str) -> Result<P::Settings, Vec<SettingsError>> {
    let settings: P::Settings = serde_json::from_str(json).map_err(|error| {
        let message = error.to_string();
        // Lines of the JSON text say nothing to a person who wrote YAML.
        let message = message.split_once(" at line ").map_or(message.as_str(), |(message, _)| message);
        vec![SettingsError::new("", message)]
    })?;
    P::validate(&settings)?;
    Ok(settings)
}

/// Every kind that a plugin wants, once.
pub(crate) fn kinds_of<P: Plugin>() -> Vec<&'static str> {
    let mut kinds: Vec<&str> = Vec::new();
    let lists = P::CHECKS.iter().map(|entry| entry.kinds).chain(P::MUTATIONS.iter().map(|entry| entry.kinds));
    for kind in lists.flatten() {
        if !kinds.contains(kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// Every kind that a plugin asks of the context, once, however it is written.
pub(crate) fn context_of<P: Plugin>() -> Vec<&'static str> {
    let mut kinds: Vec<&str> = Vec::new();
    let lists = P::CHECKS.iter().map(|entry| entry.context).chain(P::MUTATIONS.iter().map(|entry| entry.context));
    for kind in lists.flatten() {
        if !kinds.iter().any(|known| KindSelector::parse(known) == KindSelector::parse(kind)) {
            kinds.push(kind);
        }
    }
    kinds
}

/// Every rule of a plugin, once.
pub(crate) fn rules_of<P: Plugin>() -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    let lists = P::CHECKS.iter().map(|entry| entry.rules).chain(P::MUTATIONS.iter().map(|entry| entry.rules));
    for rule in lists.flatten() {
        if !rules.iter().any(|known| known.id == rule.id) {
            rules.push(*rule);
        }
    }
    rules
}
