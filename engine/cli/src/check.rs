//! `sluice check`: read, judge, report. The body of [`run`] is the pipeline in one place.

use std::path::PathBuf;
use std::thread;

use clap::ValueEnum;
use sluice_policy::{Alike, ConfigError, Gate, Keep, Outcome};
use sluice_report::{Format, Options, Verbosity};

use crate::charts::Charts;
use crate::exit::Exit;
use crate::judging::{self, GateError, Passed};
use crate::looking::{self, LookError};
use crate::manner::Manner;
use crate::output::{self, Target};
use crate::placed::Placed;
use crate::policy::ChoiceError;
use crate::rendering::{self, once::Turn};
use crate::sets::Sets;
use crate::source::{Origin, OriginError};

/// Judge manifests and name the line of everything that is wrong
///
/// Reads the files, walks the folders (`.gitignore` is respected for what Git does not track), renders kustomizations and
/// charts in a sandbox, and what the policy file says as it says, runs the plugins of the policy file over every object and
/// prints what they found. Without a policy file the built-in plugins run with recommended settings.
///
/// With `--rev` or `--repo` the files and the policy are those of a Git revision, straight from Git's objects.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  sluice check deploy/                        a folder, with the sluice.yaml in it or above it
  sluice check --rev main deploy/             the folder as it is at a revision
  kustomize build . | sluice check -          standard input
  sluice check --format sarif --output report.sarif deploy/
  sluice check --now 2027-01-01 deploy/       as it will be judged on that day, when exceptions have expired")]
pub(crate) struct Arguments {
    /// Files and folders; `-` for standard input
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// The policy file [default: the nearest sluice.yaml beside or above the paths]
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How to report
    #[arg(long, value_enum, default_value_t = As::Human)]
    format: As,
    #[command(flatten)]
    manner: Manner,
    /// Show only what denies
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,
    /// Name what was skipped, show excepted and audited findings and what plugins wrote
    #[arg(short, long)]
    verbose: bool,
    /// A path without any manifest is no error
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    origin: Origin,
    #[command(flatten)]
    charts: Charts,
}

#[derive(Clone, Copy, ValueEnum)]
enum As {
    /// Annotated source, for people
    Human,
    /// The versioned report, for programs (see `sluice schema report`)
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands, which GitHub shows in the pull request
    Github,
}

impl From<As> for Format {
    fn from(chosen: As) -> Self {
        match chosen {
            As::Human => Self::Human,
            As::Json => Self::Json,
            As::Sarif => Self::Sarif,
            As::Github => Self::Github,
        }
    }
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    match judge(arguments) {
        Ok(exit) => exit,
        Err(stop) => stop.tell(arguments),
    }
}

/// Why a run ends before there is a verdict to report.
enum Stop {
    Policy(ChoiceError),
    Usage { message: String, help: Option<&'static str> },
    Origin(OriginError),
    Failed(String),
    Pipe,
}

fn judge(arguments: &Arguments) -> Result<Exit, Stop> {
    let manner = &arguments.manner;
    let now = manner.now().map_err(|message| Stop::usage(message, judging::TIME_HELP))?;
    let checkout = arguments.origin.checkout().map_err(Stop::Origin)?;
    let Arguments { policy: named, paths, charts, .. } = arguments;
    let chosen = looking::choose(checkout.as_ref(), paths, named.as_deref()).map_err(Stop::look)?;
    // Plugins are made ready while the files are looked for, and the renderers that they need.
    let jobs = manner.jobs();
    let open = || judging::open_gate(&chosen, now, jobs);
    let divide = || looking::divide(checkout.as_ref(), paths, &chosen, charts).map_err(Stop::look);
    let (sets, gate) = thread::scope(|scope| {
        let gate = (jobs > 1).then(|| scope.spawn(open));
        let sets = divide();
        if let Ok(sets) = &sets {
            rendering::prepare(&sets.folders);
        }
        (sets, gate.map_or_else(|| Ok(open()), thread::ScopedJoinHandle::join))
    });
    let sets = sets?;
    // Opened first, so that a report that cannot be written costs no run.
    let mut out = manner.open().map_err(Stop::Failed)?;
    let lost = |_| Stop::Failed(String::from("the plugins cannot be made ready: their thread came to a sudden end"));
    let gate = gate.map_err(lost)?.map_err(|error| match error {
        GateError::Policy(errors) => Stop::Policy(ChoiceError::Invalid(errors)),
        GateError::Failed(message) => Stop::Failed(message),
    })?;
    let mut outcome = pass(&gate, sets, arguments)?;
    if let Some(mut placed) = Placed::for_report(arguments.format.into(), checkout.is_some(), chosen.file.on_disk()) {
        placed.findings(&mut outcome.verdict.findings);
    }

    let options = report_options(arguments, &out);
    sluice_report::write(&outcome.verdict, &options, &mut out).and_then(|()| out.finish()).map_err(|error| {
        if output::is_broken_pipe(&error) { Stop::Pipe } else { Stop::Failed(manner.unwritable(&error)) }
    })?;
    let exit = outcome.verdict.decision.into();
    // The process is about to end, and all of its memory with it; to give it back piece by piece takes as long as the report.
    std::mem::forget((outcome, gate));
    Ok(exit)
}

fn pass(gate: &Gate, sets: Sets, arguments: &Arguments) -> Result<Outcome, Stop> {
    let options = judging::Options {
        jobs: arguments.manner.jobs(),
        keep: Keep::Nothing,
        alike: Alike::Once,
        base: None,
        beside: None,
        turn: Turn::Alone,
        now: arguments.manner.clock(),
        quiet: arguments.quiet,
        pulse: None,
    };
    let Passed { outcome, shares, .. } =
        judging::pass(gate, sets, &options).map_err(|error| Stop::Failed(error.to_string()))?;
    if let Some(message) = judging::nothing(&shares, &outcome.inputs).filter(|_| !arguments.allow_empty) {
        if arguments.verbose {
            for (name, reason) in &outcome.verdict.summary.skipped {
                output::remark(&format!("skipped {name}: {reason}"));
            }
        }
        return Err(Stop::usage(message, "name another path, or say --allow-empty where that is right"));
    }
    Ok(outcome)
}

fn report_options(arguments: &Arguments, out: &Target) -> Options {
    Options {
        format: arguments.format.into(),
        color: out.colored(arguments.manner.color),
        verbosity: match (arguments.quiet, arguments.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, true) => Verbosity::Verbose,
            (false, false) => Verbosity::Normal,
        },
        width: None,
        tool_version: env!("CARGO_PKG_VERSION"),
        jobs: arguments.manner.jobs(),
    }
}

impl Stop {
    fn look(error: LookError) -> Self {
        match error {
            LookError::Path(error) => Self::usage(error.to_string(), error.help()),
            LookError::Policy(error) => Self::Policy(error),
            LookError::Source(error) => Self::Origin(OriginError::Source(error)),
        }
    }

    fn usage(message: impl Into<String>, help: &'static str) -> Self {
        Self::Usage { message: message.into(), help: Some(help) }
    }

    fn tell(self, arguments: &Arguments) -> Exit {
        match self {
            Self::Policy(ChoiceError::Unusable { message, help }) => wrong(arguments, message, Some(help)),
            Self::Usage { message, help } => wrong(arguments, message, help),
            Self::Policy(ChoiceError::Invalid(errors)) => {
                tell(arguments, errors);
                Exit::Usage
            }
            Self::Origin(error) => error.tell(),
            Self::Failed(message) => {
                output::complain(&message, None);
                Exit::Undecided
            }
            Self::Pipe => Exit::Undecided,
        }
    }
}

/// Says what is wrong with what was asked: to people on standard error, and to programs where they look for the report.
fn wrong(arguments: &Arguments, message: String, help: Option<&str>) -> Exit {
    output::complain(&message, help);
    let format = Format::from(arguments.format);
    if format != Format::Human {
        let help = help.unwrap_or_default().to_owned();
        let error = ConfigError { message, help, location: None, snippet: None };
        tell(arguments, vec![error]);
    }
    Exit::Usage
}

/// Puts what kept a run from judging where the report would be.
fn tell(arguments: &Arguments, mut errors: Vec<ConfigError>) {
    let format = arguments.format.into();
    let named = arguments.policy.as_deref();
    if let Some(mut placed) = Placed::for_report(format, arguments.origin.is_revision(), named) {
        placed.errors(&mut errors);
    }
    match arguments.manner.tell(&errors, format) {
        Err(error) if !output::is_broken_pipe(&error) => {
            output::complain(&format!("cannot write what is wrong: {error}"), None);
        }
        Ok(()) | Err(_) => {}
    }
}
