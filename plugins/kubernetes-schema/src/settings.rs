//! What the policy file may set.

use serde::Deserialize;
use sluice_sdk::{KindSelector, Severity};

use crate::data::Version;

/// The settings; `settings.schema.json` says the same for editors.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct Settings {
    /// The version that the objects are meant for.
    pub(crate) version: Version,
    /// What an object means whose kind the data does not know: one of a custom resource.
    pub(crate) missing_schemas: MissingSchemas,
    /// Kinds that are not looked at: `ConfigMap`, `apps/Deployment`, `apps/v1/Deployment`.
    pub(crate) skip: Vec<String>,
}

/// What is done about a kind without a schema.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MissingSchemas {
    /// Nothing.
    Ignore,
    /// It is told.
    Info,
    /// It is told as a warning.
    Warn,
    /// It is an error.
    Deny,
}

impl MissingSchemas {
    /// How bad it is, if it is told.
    pub(crate) fn severity(self) -> Option<Severity> {
        match self {
            Self::Ignore => None,
            Self::Info => Some(Severity::Info),
            Self::Warn => Some(Severity::Warning),
            Self::Deny => Some(Severity::Error),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { version: Version::newest(), missing_schemas: MissingSchemas::Info, skip: Vec::new() }
    }
}

impl Settings {
    /// Whether objects of a kind are left out.
    #[inline]
    pub(crate) fn skips(&self, api_version: &str, kind: &str) -> bool {
        self.skip.iter().any(|skip| KindSelector::parse(skip).matches(api_version, kind))
    }
}

impl<'d> Deserialize<'d> for Version {
    fn deserialize<D: serde::Deserializer<'d>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let minor = text.strip_prefix("1.").and_then(|minor| minor.parse::<u16>().ok());
        Self::all().find(|version| Some(version.minor()) == minor).ok_or_else(|| {
            let known: Vec<String> = Self::all().map(|version| format!("1.{}", version.minor())).collect();
            serde::de::Error::custom(format!("no schemas of Kubernetes `{text}`; known are {}", known.join(", ")))
        })
    }
}
