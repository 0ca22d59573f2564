//! From the plugins of a policy file to plugins that are ready. Each is loaded on a thread of its own, and all that is
//! wrong with all of them is told at once.

use std::borrow::Cow;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sluice_manifest::{Limits as ReadLimits, Text, read_value};
use sluice_plugin::{ConfigureError, Description, Grants, Host, KindSelector, Plugin};

use super::rules::Rules;
use super::{Loaded, Resolve, settings};
use crate::ConfigError;
use crate::approved::PluginDigests;
use crate::file::{PluginEntry, PluginSource, Policy};
use crate::threads::side_by_side;

/// Loads the plugins of a policy, in the order of the file.
pub(crate) fn load(policy: &Policy, host: &Host, resolve: &Resolve<'_>) -> Result<Vec<Loaded>, Vec<ConfigError>> {
    let components: Vec<_> = policy.plugins.iter().map(|entry| (entry, component(policy, entry, resolve))).collect();
    let one = |(entry, component): (&PluginEntry, Result<Cow<'static, [u8]>, ConfigError>)| {
        component.map_err(|error| vec![error]).and_then(|wasm| ready(policy, host, entry, &wasm))
    };
    let lost = || {
        let message = "a plugin brought the program to a sudden end while it was loaded".to_owned();
        Err(vec![ConfigError { message, help: String::new(), location: None, snippet: None }])
    };
    let results = side_by_side(components.len(), components, one).into_iter().map(|result| result.unwrap_or_else(lost));
    let mut loaded = Vec::with_capacity(policy.plugins.len());
    let mut errors = Vec::new();
    for result in results {
        match result {
            Ok(plugin) => loaded.push(plugin),
            Err(more) => errors.extend(more),
        }
    }
    errors.sort_by(|one, other| one.location.cmp(&other.location));
    if errors.is_empty() { Ok(loaded) } else { Err(errors) }
}

#[expect(clippy::result_large_err, reason = "made at most once a plugin, and it ends the run")]
fn component(policy: &Policy, entry: &PluginEntry, resolve: &Resolve<'_>) -> Result<Cow<'static, [u8]>, ConfigError> {
    if let PluginSource::Oci(reference) = &entry.source {
        let message = format!("not supported yet: `{reference}` lies in a registry");
        return Err(policy.error(entry.places.source, message, "fetch the component and write `file:PATH`"));
    }
    resolve(&entry.source).map_err(|message| policy.error(entry.places.source, message, ""))
}

fn ready(policy: &Policy, host: &Host, entry: &PluginEntry, wasm: &[u8]) -> Result<Loaded, Vec<ConfigError>> {
    let plugin = host.load(wasm).map_err(|error| {
        let message = format!("the plugin `{}` cannot be loaded: {error}", entry.name);
        vec![policy.error(entry.places.source, message, error.help())]
    })?;
    let description = plugin.description().clone();
    let mut errors = ungranted(policy, entry, &description);
    let rules = Rules::new(policy, entry, &description).map_err(|more| errors.extend(more)).ok();
    let valid = settings::check(policy, entry, description.settings_schema.as_deref());
    let configured = match valid {
        Ok(()) => configure(policy, entry, &plugin, &description),
        Err(errors) => Err(errors),
    };
    match (configured, rules) {
        (Ok(configured), Some(rules)) if errors.is_empty() => Ok(Loaded {
            digests: PluginDigests {
                name: entry.name.clone(),
                component: plugin.digest().to_owned(),
                settings: settings_digest(entry),
            },
            entry: entry.clone(),
            description,
            roles: plugin.roles(),
            rules,
            asks_previous: plugin.asks_previous(),
            judge: Box::new(configured),
        }),
        (configured, _) => {
            errors.extend(configured.err().into_iter().flatten());
            Err(errors)
        }
    }
}

fn configure(
    policy: &Policy,
    entry: &PluginEntry,
    plugin: &Plugin,
    description: &Description,
) -> Result<sluice_plugin::Configured, Vec<ConfigError>> {
    let settings = entry.settings.as_deref().unwrap_or("{}");
    // It gets what it said it will ask for and no more, also where the file grants more.
    let grants = Grants { context: description.context.clone(), ..entry.grants.clone() };
    plugin.configure(settings, entry.limits, grants).map_err(|error| match error {
        ConfigureError::Settings(errors) => settings::refused(policy, entry, &errors),
        ConfigureError::Fault(fault) => {
            let message = format!("the plugin `{}` {fault} when it was given its settings", entry.name);
            vec![policy.error(entry.places.entry, message, fault.help())]
        }
    })
}

/// What a plugin asks of others has to be granted, so that it is never refused in the middle of a run.
fn ungranted(policy: &Policy, entry: &PluginEntry, description: &Description) -> Vec<ConfigError> {
    let covers =
        |wanted: &KindSelector, grant: &KindSelector| grant.matches(&wanted.group, &wanted.version, &wanted.kind);
    let missing =
        description.context.iter().filter(|wanted| !entry.grants.context.iter().any(|grant| covers(wanted, grant)));
    missing
        .map(|wanted| {
            let version = if wanted.group.is_empty() || wanted.group == "*" && wanted.version == "*" {
                wanted.version.clone()
            } else {
                format!("{}/{}", wanted.group, wanted.version)
            };
            let message = format!("the plugin `{}` asks for other objects of kind `{}`", entry.name, wanted.kind);
            let help = format!(
                "grant it: `grants: {{ context: [{{ apiVersion: \"{version}\", kind: \"{}\" }}] }}`",
                wanted.kind
            );
            policy.error(entry.places.grants.unwrap_or(entry.places.entry), message, help)
        })
        .collect()
}

/// Of the canonical form, so that layout and order do not matter.
fn settings_digest(entry: &PluginEntry) -> String {
    let settings = entry.settings.as_deref().unwrap_or("{}");
    let tree = read_value(std::sync::Arc::new(Text::new("settings", settings)), ReadLimits::default());
    let digest = tree.map_or_else(|_| Sha256::digest(settings.as_bytes()).into(), |tree| tree.root().digest());
    HEXLOWER.encode(&digest)
}
