//! `sluice apply`: what passed the gate goes to the cluster.

use std::io;

use clap::builder::PossibleValuesParser;
use sluice_apply::{Applied, ApplyError, Blast, Event, Failure, Health, Options, Release};
use sluice_policy::OnFailure;
use sluice_report::Verbosity;

use super::gathered::Gathered;
use super::{Fetching, Loaded, Place, ending, order, show, tell_store, waiting};
use crate::exit::Exit;
use crate::output;

/// Apply an application: only what passes the gate, and nothing that it does not own
///
/// Fetches, renders and judges as `sluice check` does, plans, and applies server-side, stage by stage, once the applications of
/// `after` are healthy at this revision. What is no longer in the set is deleted where the application says `prune: true`. A run
/// that was interrupted is mended by the next.
#[derive(clap::Args)]
#[command(after_help = "What a commit destroys is acknowledged in its message, for that commit only:
  Sluice-Acknowledge: prune, prune-namespace, prune-definition, prune-volume

Exit codes:
  0  everything is applied and, with `wait`, healthy; with --dry-run, it can be applied
  1  a finding denies, an object cannot be applied or is not healthy, what it would destroy is not
     acknowledged, or another application has to be healthy first
  2  usage or configuration
  3  could not decide: a plugin failed, the cluster does not answer, another run is at work, or it
     was interrupted")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    fetching: Fetching,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Acknowledge what would be destroyed, for an application whose source is a folder
    #[arg(long, value_name = "WORD", value_delimiter = ',', value_parser = PossibleValuesParser::new(Blast::WORDS))]
    acknowledge: Vec<String>,
    /// Say nothing but what is wrong
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    apply(arguments).unwrap_or_else(|exit| exit)
}

fn apply(arguments: &Arguments) -> Result<Exit, Exit> {
    let place = &arguments.place;
    let loaded = place.load()?;
    let mut gathered = place.gather(&loaded, arguments.fetching, None)?;
    if !arguments.acknowledge.is_empty() {
        if !gathered.release.revision.is_empty() {
            let help = "write `Sluice-Acknowledge: …` in the message of the commit that destroys it";
            output::complain("what a revision destroys is acknowledged in Git", Some(help));
            return Err(Exit::Usage);
        }
        gathered.acknowledged.extend(arguments.acknowledge.iter().cloned());
    }
    let waits = order::waits(place, &loaded.application, &gathered.release.revision)?;
    if arguments.dry_run {
        let verbosity = if arguments.quiet { Verbosity::Quiet } else { Verbosity::Normal };
        let exit = dry_run(place, &loaded, &gathered, verbosity)?;
        order::tell(&waits);
        return Ok(if waits.is_empty() { exit } else { Exit::Violations });
    }
    if !waits.is_empty() {
        order::tell(&waits);
        output::complain("it is not its turn, so nothing was applied", None);
        return Ok(Exit::Violations);
    }
    carry_out(place, &loaded, gathered, None, arguments.quiet)
}

fn dry_run(place: &Place, loaded: &Loaded, gathered: &Gathered, verbosity: Verbosity) -> Result<Exit, Exit> {
    let options = place.options(&loaded.application, gathered.acknowledged.clone());
    let plan = waiting(async {
        let cluster = place.connect(&loaded.application).await?;
        sluice_apply::plan(&cluster, &gathered.approved, &options).await.map_err(|error| tell_store(&error))
    })?;
    let blast = Blast::of(&plan, &options.acknowledged);
    let (color, acknowledges) = (place.color().applies(&io::stdout()), gathered.acknowledges);
    let look = show::Look { color, verbosity, acknowledges };
    let written = show::human(&plan, &blast, look, &mut io::stdout().lock());
    let exit = if plan.is_refused() || !blast.gates.is_empty() { Exit::Violations } else { Exit::Clean };
    Ok(output::printed(written, exit))
}

/// Applies what was gathered, and says how it went. A release that is given up by it is not tried again by an agent.
pub(crate) fn carry_out(
    place: &Place,
    loaded: &Loaded,
    gathered: Gathered,
    given_up: Option<Release>,
    quiet: bool,
) -> Result<Exit, Exit> {
    let color = place.color().applies(&io::stderr());
    let look = show::Look { color, verbosity: Verbosity::Quiet, acknowledges: gathered.acknowledges };
    let options = place.options(&loaded.application, gathered.acknowledged);
    // A way back that fails is not mended by another.
    let goes_back = loaded.application.on_failure == OnFailure::Rollback && given_up.is_none();
    let back = if goes_back { "; `onFailure` is for the agent: `sluice rollback` goes back from here" } else { "" };
    let options = Options { quarantine: given_up, ..options };
    let told = |event: Event| {
        if event == Event::Begun {
            ending::begun();
        }
        if let Some(line) = line(&event).filter(|_| !quiet) {
            output::step(&line);
        }
    };
    // A folder has no revision.
    let at = match gathered.release.revision.as_str() {
        "" => String::new(),
        revision => format!(" at {revision}"),
    };
    let name = format!("`{}`{at}", loaded.application.name);
    let applied = waiting(async {
        let cluster = place.connect(&loaded.application).await?;
        Ok(sluice_apply::apply(&cluster, &gathered.approved, gathered.release, &options, &told).await)
    })?;
    match applied {
        Ok(applied) => Ok(outcome(&name, &applied, back, quiet)),
        Err(ApplyError::Store(error)) => Err(tell_store(&error)),
        Err(ApplyError::Refused(plan)) => {
            let _ = show::human(&plan, &Blast::default(), look, &mut io::stderr().lock());
            output::complain(&format!("some objects of {name} cannot be applied, so nothing was"), None);
            Ok(Exit::Violations)
        }
        Err(ApplyError::Blast(plan, blast)) => {
            let _ = show::human(&plan, &blast, look, &mut io::stderr().lock());
            let message = format!("{name} would destroy what is not acknowledged, so nothing was applied");
            output::complain(&message, None);
            Ok(Exit::Violations)
        }
    }
}

/// Says how it went with what is named so; `back` is what else there is to do where it went wrong.
fn outcome(name: &str, applied: &Applied, back: &str, quiet: bool) -> Exit {
    for Failure { reference, message, help, place } in &applied.failures {
        let (place, help) = (place.as_ref().map(ToString::to_string), Some(help.as_str()));
        output::complain_at(&format!("{reference}: {message}"), place.as_deref(), help.filter(|help| !help.is_empty()));
    }
    let sick: Vec<_> = applied.health.iter().filter(|(_, health)| *health != Health::Current).collect();
    for (reference, health) in &sick {
        output::complain(&format!("{reference} is not healthy: {}", show::health(health)), None);
    }
    if !applied.is_good() {
        let help = format!("`sluice status` shows where it stands; run again once the cause is gone{back}");
        output::complain(&format!("{name} is not as it should be"), Some(&help));
        return Exit::Violations;
    }
    if !quiet {
        let what = if applied.has_written { "applied" } else { "unchanged" };
        let objects = match applied.objects {
            1 => String::from("1 object"),
            count => format!("{count} objects"),
        };
        let healthy = if applied.health.is_empty() { "" } else { ", all healthy" };
        output::step(&format!("{what}: {objects} of {name}{healthy}"));
    }
    Exit::Clean
}

/// A line for each thing that happens and can be seen.
fn line(event: &Event) -> Option<String> {
    Some(match event {
        Event::Waiting => return None,
        Event::Begun => String::from("inventory written"),
        Event::Written(reference) => format!("applied {reference}"),
        Event::Failed(Failure { reference, message, .. }) => format!("failed {reference}: {message}"),
        Event::Deleted(reference) => format!("deleted {reference}"),
        Event::Going(reference, reason) => format!("leaving {reference}: {reason}"),
        Event::Released(reference, reason) => format!("released {reference}: {reason}"),
        Event::NotDeleted(reference, message) => format!("not deleted {reference}: {message}"),
        Event::Health(reference, health) => format!("health {reference}: {}", show::health(health)),
        Event::Ended => String::from("inventory written, done"),
    })
}
