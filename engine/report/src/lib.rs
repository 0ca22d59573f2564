//! What a verdict looks like: annotated source for people, JSON and SARIF for programs, workflow commands for GitHub.
//!
//! This crate owns every word of a report and the one renderer of diagnostics. It refuses to decide, to sort and to read
//! files: a [`Verdict`] carries all that is said, in the order in which it is said. The same verdict gives the same bytes.

pub mod clean;
mod diff;
mod github;
mod human;
mod json;
mod json_text;
mod outcome;
mod place;
mod sarif;
mod suggestion;

use std::io;

use sluice_policy::{ConfigError, Verdict};

pub use outcome::{is_fault, object_name};

pub use diff::{DiffFormat, DiffOptions, diff_field, diff_json_schema, write_diff};
pub use json::{decision, finding};

/// Why a file is skipped that is not on disk, though Git tracks it.
pub const NOT_CHECKED_OUT: &str = "tracked by Git, but not checked out";

/// The form of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Annotated source, for people.
    #[default]
    Human,
    /// The versioned report of `schema/report-v1.json`, for programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, which GitHub Actions shows beside the changed lines.
    Github,
}

/// How much a report for people says. Reports for programs always say everything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// What denies, and nothing when nothing does.
    Quiet,
    /// Every finding that asks for something.
    #[default]
    Normal,
    /// Audited and excepted findings, skipped files, plugins' stacks and logs as well.
    Verbose,
}

/// How to write a report.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its form.
    pub format: Format,
    /// Whether terminal colours are used; only the form for people has any.
    pub color: bool,
    /// How much it says.
    pub verbosity: Verbosity,
    /// Columns of the terminal, where there is one.
    pub width: Option<usize>,
    /// The version of the program, for reports that name their tool.
    pub tool_version: &'static str,
    /// Threads that write a long report. They do not change a byte of it.
    pub jobs: usize,
}

/// Writes the report of a run.
///
/// # Errors
///
/// Only what `out` gives.
pub fn write(verdict: &Verdict, options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    match options.format {
        Format::Human => human::write(verdict, options, out),
        Format::Json => json::write(verdict, options, out),
        Format::Sarif => sarif::write(verdict, options, out),
        Format::Github => github::write(verdict, options, out),
    }
}

/// Writes what is wrong with a policy file, with the same renderer. As SARIF it is a run that did not succeed.
///
/// # Errors
///
/// Only what `out` gives.
pub fn write_config_errors(errors: &[ConfigError], options: &Options, out: &mut dyn io::Write) -> io::Result<()> {
    match options.format {
        Format::Human => human::write_config_errors(errors, options, out),
        Format::Json => json::write_config_errors(errors, options, out),
        Format::Sarif => sarif::write_config_errors(errors, options, out),
        Format::Github => github::write_config_errors(errors, out),
    }
}

/// The JSON Schema (draft 2020-12) of the JSON report: the documentation of every field.
#[must_use]
pub fn json_schema() -> &'static str {
    include_str!("../schema/report-v1.json")
}
