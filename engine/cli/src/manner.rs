//! How a command that judges goes about it, and where its report goes: what `check` and `diff` have in common.

use std::io;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::SystemTime;

use sluice_policy::ConfigError;
use sluice_report::{Format, Options, Verbosity};

use crate::judging;
use crate::output::{Color, Target};

/// How a command that judges goes about it.
#[derive(clap::Args)]
pub(crate) struct Manner {
    /// Write the report to a file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How many threads judge [default: one for each core]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Whether to colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// The time of the evaluation, on which exceptions expire: RFC 3339 or a date [default: now]
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
}

impl Manner {
    /// The time of the evaluation. The error is in words; [`judging::TIME_HELP`] says what to do about it.
    pub(crate) fn now(&self) -> Result<jiff::Timestamp, String> {
        judging::evaluation_time(self.now.as_deref())
    }

    /// What templates see of the time, where the command line says so.
    pub(crate) fn clock(&self) -> Option<SystemTime> {
        self.now.as_ref().and_then(|_| SystemTime::try_from(self.now().ok()?).ok())
    }

    pub(crate) fn jobs(&self) -> usize {
        self.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get)
    }

    /// Opens where the report goes. The error is in words.
    pub(crate) fn open(&self) -> Result<Target, String> {
        Target::open(self.output.as_deref()).map_err(|error| self.unwritable(&error))
    }

    /// That the report cannot be written.
    pub(crate) fn unwritable(&self, error: &io::Error) -> String {
        let target = self
            .output
            .as_ref()
            .map_or_else(|| String::from("standard output"), |path| format!("`{}`", path.display()));
        format!("cannot write the report to {target}: {error}")
    }

    /// Says what is wrong with the policy file: to people on standard error; to programs where they look for the report, so
    /// that they always find one.
    pub(crate) fn tell(&self, errors: &[ConfigError], format: Format) -> io::Result<()> {
        let options = |color| Options {
            format,
            color,
            verbosity: Verbosity::Normal,
            width: None,
            tool_version: env!("CARGO_PKG_VERSION"),
            jobs: 1,
        };
        if format == Format::Human {
            let color = self.color.applies(&io::stderr());
            return sluice_report::write_config_errors(errors, &options(color), &mut io::stderr().lock());
        }
        let mut out = Target::open(self.output.as_deref())?;
        sluice_report::write_config_errors(errors, &options(false), &mut out)?;
        out.finish()
    }
}
