//! For unit tests: what a plugin does, settings and all, without a host.

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
    plugin::run(P::CHECKS, resource, &settings_of::<P>(settings)?, &mut findings)?;
    Ok(findings)
}

/// The patches of a plugin on one resource.
///
/// # Errors
/// When the settings are refused, or the plugin could not decide.
pub fn mutate<P: Plugin>(resource: &Resource, settings: &str) -> Result<Vec<Patch>> {
    let mut patches = Vec::new();
    plugin::run(P::MUTATIONS, resource, &settings_of::<P>(settings)?, &mut patches)?;
    Ok(patches)
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

/// The rules of a plugin.
#[must_use]
pub fn rules<P: Plugin>() -> Vec<crate::Rule> {
    plugin::rules_of::<P>()
}
