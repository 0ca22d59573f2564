//! What a change looks like: for people at a terminal, as Markdown for a pull request, as JSON for programs.

mod human;
mod json;
mod lines;
mod markdown;
mod values;
mod words;

use std::io;

use sluice_diff::Diff;

use crate::{Format, Options, Verbosity};

/// The form of the report of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DiffFormat {
    /// For people, at a terminal.
    #[default]
    Human,
    /// For a pull request: short first, details folded, at most 65,000 characters.
    Markdown,
    /// The versioned report of `schema/diff-v1.json`, for programs.
    Json,
}

/// How to write the report of a change.
#[derive(Clone, Debug)]
pub struct DiffOptions {
    /// Its form.
    pub format: DiffFormat,
    /// Whether terminal colours are used; only the form for people has any.
    pub color: bool,
    /// How much the form for people says.
    pub verbosity: Verbosity,
    /// Columns of the terminal, where there is one.
    pub width: Option<usize>,
    /// The version of the program.
    pub tool_version: &'static str,
    /// The command that shows what a report leaves out.
    pub command: String,
}

impl DiffOptions {
    /// The same for what is written as `sluice check` writes it.
    fn of_findings(&self) -> Options {
        let Self { color, verbosity, width, tool_version, .. } = *self;
        Options { format: Format::Human, color, verbosity, width, tool_version, jobs: 1 }
    }
}

/// Writes the report of a change.
///
/// # Errors
///
/// Only what `out` gives.
pub fn write_diff(diff: &Diff, options: &DiffOptions, out: &mut dyn io::Write) -> io::Result<()> {
    match options.format {
        DiffFormat::Human => human::write(diff, options, out),
        DiffFormat::Markdown => out.write_all(markdown::text(diff, options).as_bytes()),
        DiffFormat::Json => json::write(diff, options, out),
    }
}

/// A field that differs, as reports for programs have it.
pub fn diff_field(field: &sluice_diff::Field) -> impl serde::Serialize {
    json::OneField::of(field)
}

/// The JSON Schema (draft 2020-12) of the JSON report of a change: the documentation of every field.
#[must_use]
pub fn diff_json_schema() -> &'static str {
    include_str!("../schema/diff-v1.json")
}
