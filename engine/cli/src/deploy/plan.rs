//! `sluice plan`: what applying an application would do.

use std::io::Write;

use clap::ValueEnum;
use sluice_apply::Blast;
use sluice_report::Verbosity;

use super::gathered;
use super::hindrance::{Cause, Hindrance};
use super::{Fetching, Place, order, programs, show, tell_store, waiting};
use crate::exit::Exit;
use crate::output::{self, Target};

/// Show what applying an application would do to its cluster
///
/// Fetches, renders and judges as `sluice check` does, and asks the API server what each object would become. Nothing is
/// written. Everything that is wrong is told at once. Every object is named: what stays as it is first, then what would be
/// done, in the order in which it would be.
#[derive(clap::Args)]
#[command(after_help = "Exit codes:
  0  it can be applied
  1  a finding denies, an object cannot be applied, what it would destroy is not acknowledged, or
     another application has to be healthy first
  2  usage or configuration
  3  could not decide: a plugin failed, or the cluster does not answer
  4  it can be applied and changes something (with --detailed-exitcode)")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    fetching: Fetching,
    /// How to report
    #[arg(long, value_enum, default_value_t = As::Human)]
    format: As,
    /// End with 4 where something would change
    #[arg(long)]
    detailed_exitcode: bool,
    /// Leave out what stays as it is
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Show long values in full, and what is ignored
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum As {
    /// For people
    Human,
    /// The versioned form, for programs (see `sluice schema`)
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    plan(arguments).unwrap_or_else(|exit| exit)
}

fn plan(arguments: &Arguments) -> Result<Exit, Exit> {
    let place = &arguments.place;
    let loaded = place.load()?;
    let gathered = match gathered::gather(&loaded, arguments.fetching, None, &|| place.reach(&loaded), None) {
        Ok(gathered) => gathered,
        Err(hindrance) => {
            let exit = hindrance.tell(place.color());
            if let (As::Json, Hindrance { revision, cause: Cause::Verdict(verdict) }) = (arguments.format, &hindrance) {
                let mut out = Target::open(None).map_err(unwritable)?;
                let written = programs::denied(&loaded.application.name, revision, verdict, &mut out);
                written.and_then(|()| out.flush()).map_err(unwritable)?;
            }
            return Err(exit);
        }
    };
    let revision = &gathered.release.revision;
    let waits = order::waits(place, &loaded.application, revision)?;
    let acknowledges = gathered.acknowledges;
    let options = place.options(&loaded.application, gathered.acknowledged);
    let plan = waiting(async {
        let cluster = place.connect(&loaded.application).await?;
        sluice_apply::plan(&cluster, &gathered.approved, &options).await.map_err(|error| tell_store(&error))
    })?;
    let blast = Blast::of(&plan, &options.acknowledged);
    let mut out = Target::open(None).map_err(unwritable)?;
    let look = show::Look { color: out.colored(place.color()), verbosity: arguments.verbosity(), acknowledges };
    let written = match arguments.format {
        As::Human => show::human(&plan, &blast, look, &mut out),
        As::Json => programs::plan(&loaded.application.name, revision, (&plan, &blast, &waits), &mut out),
    };
    written.and_then(|()| out.flush()).map_err(unwritable)?;
    order::tell(&waits);
    Ok(if plan.is_refused() || !blast.gates.is_empty() || !waits.is_empty() {
        Exit::Violations
    } else if arguments.detailed_exitcode && plan.changes() {
        Exit::Changes
    } else {
        Exit::Clean
    })
}

impl Arguments {
    fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        }
    }
}

fn unwritable(error: std::io::Error) -> Exit {
    output::printed(Err(error), Exit::Undecided)
}
