//! The policy file, and the verdict that it leads to: what to run over which objects, what a finding means, which
//! exceptions hold, and whether the set may go on.

mod application;
mod approved;
mod base;
mod config;
mod exceptions;
mod file;
mod gate;
mod input;
mod matching;
mod place;
mod surroundings;
mod threads;
mod verdict;

pub use application::{
    Application, ApplicationDestination, ApplicationSource, Drift, Ignore, OnFailure, Pattern, Token,
    application_schema,
};
pub use approved::{Approved, PluginDigests};
pub use base::{Base, Past};
pub use config::ConfigError;
pub use file::{
    CommandRender, HelmRender, PluginSource, Policy, Render, RenderEntry, RenderMethod, Setting, Written,
    namespace_problem, release_problem, schema, version_problem,
};
pub use gate::{
    Alike, Asks, BATCH, Begun, Failure, Gate, InputOutcome, Judged, Keep, Outcome, Resolve, RunOptions, TEMPLATE,
    check_settings,
};
pub use input::{Content, Input};
pub use sluice_plugin::KindSelector;
pub use surroundings::Surroundings;
pub use threads::{on_threads, side_by_side};
pub use verdict::{
    Action, Applied, Decision, Finding, Location, Related, Rendered, RuleInfo, Snippet, Summary, Verdict,
};
