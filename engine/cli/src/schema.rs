//! `sluice schema`: the JSON Schemas of the files that Sluice reads and writes.

use clap::ValueEnum;

#[cfg(feature = "apply")]
use crate::deploy::programs;
use crate::exit::Exit;
use crate::output;

/// Print a JSON Schema: of the policy file, for editors, or of what programs read
///
/// With the YAML language server: `# yaml-language-server: $schema=sluice.schema.json` as the first line of sluice.yaml.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Which schema
    #[arg(value_enum, default_value_t = Which::Policy)]
    which: Which,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    /// The policy file, sluice.yaml
    Policy,
    /// The application file, of `sluice apply`
    Application,
    /// The report of `sluice check --format json`
    Report,
    /// The report of `sluice diff --format json`
    Diff,
    /// What `sluice plan --format json` writes
    #[cfg(feature = "apply")]
    Plan,
    /// What `sluice status --format json` writes
    #[cfg(feature = "apply")]
    Status,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    let schema = match arguments.which {
        Which::Policy => sluice_policy::schema(),
        Which::Application => sluice_policy::application_schema(),
        Which::Report => sluice_report::json_schema().to_owned(),
        Which::Diff => sluice_report::diff_json_schema().to_owned(),
        #[cfg(feature = "apply")]
        Which::Plan => programs::PLAN_SCHEMA.to_owned(),
        #[cfg(feature = "apply")]
        Which::Status => programs::STATUS_SCHEMA.to_owned(),
    };
    output::print(&format!("{}\n", schema.trim_end()))
}
