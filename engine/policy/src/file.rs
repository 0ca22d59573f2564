//! The policy file, `sluice.yaml`: how paths are rendered, which plugins judge which objects, what follows, what is excepted. What comes out
//! of here is meant: every name, date, size and pattern has been read, and all that is wrong has been told at once.

pub(crate) mod decode;
mod entries;
pub(crate) mod matching;
pub(crate) mod render;
mod shape;
pub(crate) mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluice_manifest::{Limits as ReadLimits, Span, Text, Tree, read_value};
use sluice_plugin::{Grants, Limits, Severity};

use crate::matching::{Glob, Match};
use crate::{Action, ConfigError};

pub(crate) use decode::as_written;
pub(crate) use entries::{GATE_RULES, constant};
pub use render::{
    CommandRender, HelmRender, Render, RenderEntry, RenderMethod, Setting, Written, namespace_problem, release_problem,
    version_problem,
};
pub use shape::schema;
pub(crate) use shape::{MatchEntry, OneOrMany, OnlyRender};

/// The `apiVersion` of a policy file.
pub(crate) const API_VERSION: &str = "sluice.dev/v1alpha1";

/// What a policy file says.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) plugins: Vec<PluginEntry>,
    pub(crate) exceptions: Vec<Exception>,
    pub(crate) render: Vec<RenderEntry>,
    /// The file, for the places of what is found wrong later; none for the recommended policy.
    pub(crate) tree: Option<Arc<Tree>>,
}

/// Where a plugin comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginSource {
    /// `builtin:NAME`: comes with the program.
    Builtin(String),
    /// `file:PATH`, relative to the policy file.
    File(PathBuf),
    /// `oci://…`: from a registry.
    Oci(String),
}

/// A plugin, as the policy file wants it to run.
#[derive(Clone, Debug)]
pub(crate) struct PluginEntry {
    pub(crate) name: String,
    pub(crate) source: PluginSource,
    /// As JSON text; none where the file has none.
    pub(crate) settings: Option<String>,
    pub(crate) matches: Match,
    pub(crate) action: Action,
    pub(crate) rules: BTreeMap<String, RuleEntry>,
    pub(crate) grants: Grants,
    pub(crate) limits: Limits,
    pub(crate) places: Places,
}

/// Where the parts of a plugin's entry stand, for what is found wrong when it is loaded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    /// Of what says which objects it is for, if anything does.
    pub(crate) matches: Option<Span>,
    /// The entry: its name.
    pub(crate) entry: Span,
    pub(crate) source: Span,
    /// RFC 6901 pointer to the settings.
    pub(crate) settings: String,
    pub(crate) grants: Option<Span>,
}

/// What the file says of one rule of a plugin.
#[derive(Clone, Debug)]
pub(crate) struct RuleEntry {
    pub(crate) action: Option<Action>,
    pub(crate) severity: Option<Severity>,
    pub(crate) place: Span,
}

/// Something that is let through although a rule is against it.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    /// Pattern for full rule ids.
    pub(crate) rule: Glob,
    pub(crate) matches: Match,
    pub(crate) reason: String,
    /// The last day on which it holds.
    pub(crate) expires: Option<jiff::civil::Date>,
    /// The rule it names.
    pub(crate) place: Span,
    pub(crate) expires_place: Option<Span>,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    ///
    /// All that is wrong with it, in the order of the file.
    pub fn parse(text: &Arc<Text>) -> Result<Self, Vec<ConfigError>> {
        let tree = read_value(Arc::clone(text), ReadLimits::default())
            .map_err(|problem| vec![ConfigError::at(text, problem.span, problem.message, problem.help)])?;
        let mut decoder = decode::Decoder::new(text);
        let policy = entries::policy(&mut decoder, tree.root());
        let errors = decoder.finish();
        match policy {
            Some(policy) if errors.is_empty() => Ok(Self { tree: Some(Arc::new(tree)), ..policy }),
            Some(_) | None => Err(errors),
        }
    }

    /// What runs where there is no policy file: the built-in plugins that say something without settings.
    #[must_use]
    pub fn recommended() -> Self {
        let plugins = ["image-tags", "kubernetes-schema"].map(|name| PluginEntry {
            name: name.to_owned(),
            source: PluginSource::Builtin(name.to_owned()),
            settings: None,
            matches: Match::default(),
            action: Action::Deny,
            rules: BTreeMap::new(),
            grants: Grants::default(),
            limits: Limits::default(),
            places: Places::default(),
        });
        Self { plugins: plugins.into(), exceptions: Vec::new(), render: Vec::new(), tree: None }
    }

    /// The names of the plugins, in the order in which they run.
    pub fn plugin_names(&self) -> impl Iterator<Item = &str> {
        self.plugins.iter().map(|plugin| plugin.name.as_str())
    }

    /// The components that are named by path, relative to the file, in the order in which they run.
    pub fn plugin_files(&self) -> impl Iterator<Item = &Path> {
        self.plugins.iter().filter_map(|plugin| match &plugin.source {
            PluginSource::File(path) => Some(path.as_path()),
            PluginSource::Builtin(_) | PluginSource::Oci(_) => None,
        })
    }

    /// The paths that are rendered as the file says, in its order.
    #[must_use]
    pub fn render(&self) -> &[RenderEntry] {
        &self.render
    }

    /// An error at a place of the file; without a place where there is no file.
    pub(crate) fn error(&self, span: Span, message: impl Into<String>, help: impl Into<String>) -> ConfigError {
        match &self.tree {
            Some(tree) => ConfigError::at(tree.text(), span, message, help),
            None => ConfigError { message: message.into(), help: help.into(), location: None, snippet: None },
        }
    }

    /// The bytes that a pointer into the file stands for, or the nearest that exist.
    pub(crate) fn span_of(&self, pointer: &str) -> Span {
        let located = self.tree.as_ref().and_then(|tree| tree.locate(pointer));
        located.map_or_else(Span::default, |located| located.span)
    }
}
