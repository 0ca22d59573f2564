//! What the policy file may set. Every field has a default; `{}` demands tags that stay.

use serde::Deserialize;
use sluice_sdk::{Reference, SettingsError, matches};

use crate::rules::RULES;

/// The settings. `settings.schema.json` beside this file says the same to editors.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Settings {
    /// Tags that may name another image tomorrow.
    pub(crate) mutable_tags: Vec<String>,
    /// Patterns of tags that nobody may use.
    pub(crate) forbidden_tags: Vec<String>,
    /// Whether every image has to have a digest.
    pub(crate) require_digest: bool,
    /// Registries, or parts of them; empty: any.
    pub(crate) allowed_registries: Vec<String>,
    /// Registries, or parts of them.
    pub(crate) denied_registries: Vec<String>,
    /// Containers and images that some rules leave alone.
    pub(crate) exempt: Vec<Exemption>,
    /// Image fields of custom resources.
    pub(crate) custom_resources: Vec<CustomResource>,
}

/// What the rules leave alone: everything that is given has to match.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exemption {
    /// Pattern of a container's name.
    container: Option<String>,
    /// A registry, or a part of one, down to the repository.
    image: Option<String>,
    /// Rules; all when left out.
    #[serde(default)]
    rules: Vec<String>,
}

/// Where a kind keeps its images.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomResource {
    /// `group/Kind`, `group/version/Kind` or `Kind`.
    pub(crate) kind: String,
    /// Paths to the image fields.
    pub(crate) paths: Vec<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            mutable_tags: vec!["latest".into()],
            forbidden_tags: Vec::new(),
            require_digest: false,
            allowed_registries: Vec::new(),
            denied_registries: Vec::new(),
            exempt: Vec::new(),
            custom_resources: Vec::new(),
        }
    }
}

impl Settings {
    /// What the schema cannot say.
    pub(crate) fn validate(&self) -> Result<(), Vec<SettingsError>> {
        let mut errors = Vec::new();
        for (index, exemption) in self.exempt.iter().enumerate() {
            if exemption.container.is_none() && exemption.image.is_none() {
                let message = "an exemption needs a `container` or an `image`";
                errors.push(SettingsError::new(format!("/exempt/{index}"), message));
            }
            for (at, rule) in exemption.rules.iter().enumerate() {
                if !RULES.iter().any(|known| known.id == rule) {
                    let message = format!("`{rule}` is no rule of this plugin");
                    errors.push(SettingsError::new(format!("/exempt/{index}/rules/{at}"), message));
                }
            }
        }
        for (list, places) in
            [("allowedRegistries", &self.allowed_registries), ("deniedRegistries", &self.denied_registries)]
        {
            for (index, place) in places.iter().enumerate() {
                if !is_place(place) {
                    let message =
                        format!("`{place}` is no registry: write it as `ghcr.io/acme`, without a scheme or a tag");
                    errors.push(SettingsError::new(format!("/{list}/{index}"), message));
                }
            }
        }
        for (index, custom) in self.custom_resources.iter().enumerate() {
            for (at, path) in custom.paths.iter().enumerate() {
                if !path.starts_with('$') {
                    let message = format!("`{path}` is no path: paths begin with `$`, as in `$.spec.image`");
                    errors.push(SettingsError::new(format!("/customResources/{index}/paths/{at}"), message));
                }
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// Whether a rule leaves an image alone.
    pub(crate) fn exempts(&self, rule: &str, container: Option<&str>, reference: &Reference<'_>) -> bool {
        let named = |pattern: &String| container.is_some_and(|container| matches(pattern, container));
        self.exempt.iter().any(|exemption| {
            (exemption.rules.is_empty() || exemption.rules.iter().any(|known| known == rule))
                && exemption.container.as_ref().is_none_or(named)
                && exemption.image.as_ref().is_none_or(|place| reference.is_within(place))
        })
    }

    /// Whether a tag may name another image tomorrow.
    pub(crate) fn is_mutable(&self, tag: &str) -> bool {
        self.mutable_tags.iter().any(|pattern| matches(pattern, tag))
    }
}

/// A place has the form of a repository: `ghcr.io`, `*.example.com/a`, `localhost:5000/a`.
fn is_place(place: &str) -> bool {
    let place = place.strip_prefix("*.").unwrap_or(place);
    let place = place.trim_end_matches('/');
    let (registry, path) = place.split_once('/').unwrap_or((place, "x"));
    let looks_like_registry = registry.contains(['.', ':']) || registry == "localhost";
    looks_like_registry
        && Reference::parse(&format!("{registry}/{path}"))
            .is_ok_and(|reference| reference.tag().is_none() && reference.digest().is_none())
}
