//! The exports of a component, made of a [`Plugin`]. Our types become those of the bindings here and nowhere else.

use std::any::Any;
use std::cell::RefCell;
use std::marker::PhantomData;
use std::rc::Rc;

use crate::bindings::exports::sluice::policy as exports;
use crate::bindings::sluice::policy::{manifests, types};
use crate::finding::{Error, Finding, Operation, Patch};
use crate::plugin::{self, Answer, Entry, Plugin, SettingsError};
use crate::resource::Resource;
use crate::rule::{KindSelector, Severity};
use crate::source::Source;

/// A plugin in the form that the bindings export.
pub struct Exported<P>(PhantomData<P>);

thread_local! {
    static SETTINGS: RefCell<Option<Rc<dyn Any>>> = const { RefCell::new(None) };
}

/// Has a panic write its place and message to the log: that is all that a plugin's author learns of it. Each call is a fresh
/// instance, so each entry does it.
fn tell_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or(String::new(), |place| format!(" at {place}"));
        let message = panic.payload_as_str().map_or(String::new(), |message| format!(": {message}"));
        crate::log(&format!("panicked{place}{message}"));
    }));
}

/// Reads and keeps the settings of this instance.
fn keep<P: Plugin>(json: &str) -> Result<(), Vec<SettingsError>> {
    tell_panics();
    let settings = plugin::parse_settings::<P>(json)?;
    SETTINGS.with_borrow_mut(|kept| *kept = Some(Rc::new(settings)));
    Ok(())
}

/// The settings that `configure` kept.
fn settings<P: Plugin>() -> Result<Rc<P::Settings>, Error> {
    let kept = SETTINGS.with_borrow(Option::clone);
    kept.and_then(|kept| kept.downcast().ok()).ok_or_else(|| Error::new("`configure` was not called"))
}

fn describe<P: Plugin>() -> types::Description {
    let selector = |text: &str| {
        let KindSelector { group, version, kind } = KindSelector::parse(text);
        types::KindSelector { group: group.into(), version: version.into(), kind: kind.into() }
    };
    let rule = |rule: crate::Rule| types::Rule {
        id: rule.id.into(),
        severity: severity(rule.severity),
        summary: rule.summary.into(),
        help: rule.help.into(),
        url: rule.url.map(String::from),
    };
    types::Description {
        name: P::NAME.into(),
        version: P::VERSION.into(),
        scope: types::Scope::Resource,
        kinds: plugin::kinds_of::<P>().into_iter().map(selector).collect(),
        rules: plugin::rules_of::<P>().into_iter().map(rule).collect(),
        settings_schema: P::SETTINGS_SCHEMA.map(String::from),
        context: plugin::context_of::<P>().into_iter().map(selector).collect(),
    }
}

fn configure<P: Plugin>(settings: &str) -> Result<(), Vec<types::SettingsError>> {
    keep::<P>(settings).map_err(|errors| {
        errors.into_iter().map(|it| types::SettingsError { pointer: it.pointer, message: it.message }).collect()
    })
}

fn run<P: Plugin, T: Answer, O>(
    entries: &[Entry<P::Settings, T>],
    subjects: Vec<manifests::Manifest>,
    convert: fn(T) -> O,
) -> Result<Vec<O>, String> {
    tell_panics();
    let settings = self::settings::<P>().map_err(|error| error.to_string())?;
    let mut answers = Vec::new();
    for (subject, handle) in (0..).zip(subjects) {
        let resource = Resource::new(Source(handle), subject);
        plugin::run::<P, _>(entries, &resource, &settings, &mut answers).map_err(|error| error.to_string())?;
    }
    Ok(answers.into_iter().map(convert).collect())
}

fn check<P: Plugin>(subjects: Vec<manifests::Manifest>) -> Result<Vec<types::Finding>, String> {
    run::<P, Finding, _>(P::CHECKS, subjects, |finding| types::Finding {
        subject: finding.subject,
        rule: finding.rule.unwrap_or_default().into(),
        pointer: finding.pointer,
        message: finding.message,
        severity: finding.severity.map(severity),
        fix: finding.fix.into_iter().map(operation).collect(),
    })
}

fn mutate<P: Plugin>(subjects: Vec<manifests::Manifest>) -> Result<Vec<types::Patch>, String> {
    run::<P, Patch, _>(P::MUTATIONS, subjects, |patch| types::Patch {
        subject: patch.subject,
        rule: patch.rule.unwrap_or_default().into(),
        reason: patch.reason,
        operations: patch.operations.into_iter().map(operation).collect(),
    })
}

fn severity(severity: Severity) -> types::Severity {
    match severity {
        Severity::Info => types::Severity::Info,
        Severity::Warning => types::Severity::Warning,
        Severity::Error => types::Severity::Error,
    }
}

fn operation(operation: Operation) -> types::Operation {
    match operation {
        Operation::Add { pointer, value } => types::Operation::Add(types::Node { pointer, value }),
        Operation::Replace { pointer, value } => types::Operation::Replace(types::Node { pointer, value }),
        Operation::Remove { pointer } => types::Operation::Remove(pointer),
    }
}

impl<P: Plugin> exports::plugin::Guest for Exported<P> {
    fn describe() -> types::Description {
        describe::<P>()
    }

    fn configure(settings: String) -> Result<(), Vec<types::SettingsError>> {
        configure::<P>(&settings)
    }
}

impl<P: Plugin> exports::validation::Guest for Exported<P> {
    fn check(subjects: Vec<manifests::Manifest>) -> Result<Vec<types::Finding>, String> {
        check::<P>(subjects)
    }
}

impl<P: Plugin> exports::mutation::Guest for Exported<P> {
    fn mutate(subjects: Vec<manifests::Manifest>) -> Result<Vec<types::Patch>, String> {
        mutate::<P>(subjects)
    }
}
