//! For unit tests: what a plugin does, settings and all, without a host.

use crate::context::place;
use crate::finding::{Error, Finding, Patch, Result};
use crate::plugin::{self, Plugin, SettingsError};
use crate::resource::Resource;

/// Reads settings as the host's `configure` would.
///
/// # Errors
/// What is wrong in them.
pub fn configure<P: Plugin>(settings: &str) -> Result<P::Settings, Vec<SettingsError>> {
    plugin::parse_settings::<P>(settings)
}

/// The findings of a plugin on one resource.
///
/// # Errors
/// When the settings are refused, or the plugin could not decide.
pub fn check<P: Plugin>(resource: &Resource, settings: &str) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    let settings = settings_of::<P>(settings)?;
    asking::<P, _>(|| plugin::run::<P, _>(P::CHECKS, resource, &settings, &mut findings))?;
    Ok(findings)
}

/// The patches of a plugin on one resource.
///
/// # Errors
/// When the settings are refused, or the plugin could not decide.
pub fn mutate<P: Plugin>(resource: &Resource, settings: &str) -> Result<Vec<Patch>> {
    let mut patches = Vec::new();
    let settings = settings_of::<P>(settings)?;
    asking::<P, _>(|| plugin::run::<P, _>(P::MUTATIONS, resource, &settings, &mut patches))?;
    Ok(patches)
}

/// Runs something in which [`context`](crate::context) answers with these objects and no others, on this thread.
///
/// A host has the judged object among them too. Within [`check`] and [`mutate`], a kind that the plugin did not declare is
/// refused; a rule that is called by itself may ask for any.
pub fn with_context<T>(objects: impl IntoIterator<Item = Resource>, run: impl FnOnce() -> T) -> T {
    place::with_objects(objects.into_iter().map(|object| object.source), run)
}

/// Lets a plugin ask for what it declared.
fn asking<P: Plugin, T>(run: impl FnOnce() -> T) -> T {
    place::with_declared(plugin::context_of::<P>(), run)
}

fn settings_of<P: Plugin>(settings: &str) -> Result<P::Settings> {
    configure::<P>(settings).map_err(|errors| {
        let lines: Vec<String> = errors.into_iter().map(|it| format!("{}: {}", it.pointer, it.message)).collect();
        Error::new(lines.join("; "))
    })
}

/// The kinds that a plugin asks for.
#[must_use]
pub fn kinds<P: Plugin>() -> Vec<&'static str> {
    plugin::kinds_of::<P>()
}

/// The kinds that a plugin asks of [`context`](crate::context).
#[must_use]
pub fn context<P: Plugin>() -> Vec<&'static str> {
    plugin::context_of::<P>()
}

/// The rules of a plugin.
#[must_use]
pub fn rules<P: Plugin>() -> Vec<crate::Rule> {
    plugin::rules_of::<P>()
}
