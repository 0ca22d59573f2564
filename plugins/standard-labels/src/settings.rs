//! What the policy file may set. `{}` adds nothing.

use std::collections::BTreeMap;

use serde::Deserialize;
use sluice_sdk::SettingsError;

/// The settings. `settings.schema.json` beside this file says the same to editors.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Settings {
    /// Labels that every object and every pod template gets.
    pub(crate) labels: BTreeMap<String, String>,
    /// Annotations that every object and every pod template gets.
    pub(crate) annotations: BTreeMap<String, String>,
    /// Whether a value that is there is replaced.
    pub(crate) overwrite: bool,
    /// Whether pod templates get them too.
    pub(crate) pod_templates: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { labels: BTreeMap::new(), annotations: BTreeMap::new(), overwrite: false, pod_templates: true }
    }
}

impl Settings {
    /// Kubernetes would refuse these, on every object that gets them.
    pub(crate) fn validate(&self) -> Result<(), Vec<SettingsError>> {
        let mut errors = Vec::new();
        for (list, names) in [("labels", &self.labels), ("annotations", &self.annotations)] {
            for (name, value) in names {
                let pointer = || format!("/{list}/{}", sluice_sdk::escape(name));
                // Of the names of annotations the case does not matter.
                let is_good =
                    is_qualified_name(name) || list == "annotations" && is_qualified_name(&name.to_ascii_lowercase());
                if !is_good {
                    let message = format!(
                        "`{name}` is no name: an optional DNS prefix and `/`, then at most 63 letters, digits, `-`, `_`, `.`"
                    );
                    errors.push(SettingsError::new(pointer(), message));
                }
                if list == "labels" && !(value.is_empty() || is_name(value)) {
                    let message = format!(
                        "`{value}` is no label value: at most 63 letters, digits, `-`, `_`, `.`, beginning and ending with a letter or digit"
                    );
                    errors.push(SettingsError::new(pointer(), message));
                }
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// `app.kubernetes.io/name`, `team`.
fn is_qualified_name(name: &str) -> bool {
    match name.split_once('/') {
        None => is_name(name),
        Some((prefix, name)) => {
            let is_dns = |label: &str| {
                !label.is_empty()
                    && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            };
            prefix.len() <= 253 && prefix.split('.').all(is_dns) && is_name(name)
        }
    }
}

fn is_name(name: &str) -> bool {
    let edge = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric());
    name.len() <= 63
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && edge(name.bytes().next())
        && edge(name.bytes().last())
}
