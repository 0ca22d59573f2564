//! `sluice rollback`: back to a revision that was healthy, by the same way as every other.

use std::collections::BTreeSet;

use sluice_apply::{Release, Store};

use super::{Fetching, Loaded, Place, apply, gathered, tell_store, waiting};
use crate::exit::Exit;
use crate::output;

/// Apply an earlier revision: the last healthy one, or the one that is named
///
/// It goes through the gate like every other revision. What Git has now is given up, so an agent does not undo it until a new
/// commit comes. One that was interrupted, or that does not become healthy, leads to the same revision when it is run again.
#[derive(clap::Args)]
#[command(after_help = "Exit codes:
  0  everything is applied and, with `wait`, healthy
  1  a finding denies, an object cannot be applied or is not healthy, or what it would destroy is
     not acknowledged
  2  usage or configuration, or no healthy revision is known
  3  could not decide: a plugin failed, the revision cannot be had, the cluster does not answer,
     another run is at work, or it was interrupted")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    fetching: Fetching,
    /// The revision [default: the last healthy one before the current]
    #[arg(long, value_name = "REV")]
    to: Option<String>,
    /// Say nothing but what is wrong
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    rollback(arguments).unwrap_or_else(|exit| exit)
}

fn rollback(arguments: &Arguments) -> Result<Exit, Exit> {
    let place = &arguments.place;
    let loaded = place.load()?;
    let name = &loaded.application.name;
    let options = place.options(&loaded.application, BTreeSet::new());
    let inventory = waiting(async {
        let cluster = place.connect(&loaded.application).await?;
        let store = Store::new(&cluster, &options.inventory_namespace, &options.manager);
        store.inventory(name).await.map_err(|error| tell_store(&error))
    })?;
    let back = inventory.as_ref().and_then(sluice_apply::Inventory::back);
    let revision = match (&arguments.to, back) {
        (Some(revision), _) => revision.clone(),
        (None, Some(back)) => back.revision.clone(),
        (None, None) => {
            let help = if loaded.application.source.repo.is_none() {
                "a folder has no revisions that could be remembered: name the repository in `source.repo`, or a revision with --to"
            } else {
                "name one with --to; healthy revisions are remembered where the application has `wait`"
            };
            output::complain(&format!("no healthy revision of `{name}` is known before the current"), Some(help));
            return Err(Exit::Usage);
        }
    };
    let mut gathered = place.gather(&loaded, arguments.fetching, Some(&revision)).inspect_err(|_| {
        if arguments.to.is_none() {
            let message = format!("the way back of `{name}` leads to {revision}");
            output::warn(&message, Some("where that cannot be mended, name another revision with --to"));
        }
    })?;
    gathered.acknowledged = acknowledged();
    if !arguments.quiet {
        output::step(&format!("rolling back `{name}` to {}", gathered.release.revision));
    }
    // What was given up before stays given up, wherever this leads.
    let left = inventory.and_then(|inventory| inventory.quarantined.or(inventory.release));
    let is_other = |release: &Release| release.revision != gathered.release.revision;
    let given_up = in_git(arguments, &loaded).filter(is_other).or(left).filter(is_other);
    apply::carry_out(place, &loaded, gathered, given_up, arguments.quiet)
}

/// What an agent would apply next, which may be a commit that nobody has applied yet; none where that cannot be told.
fn in_git(arguments: &Arguments, loaded: &Loaded) -> Option<Release> {
    let place = &arguments.place;
    // What is wrong with it is not what is wrong with the way back.
    match gathered::gather(loaded, arguments.fetching, None, &|| place.reach(loaded), None) {
        Ok(now) => Some(Release { digest: now.digest(), ..now.release }),
        Err(_) => {
            let message = "what Git has now cannot be had, or does not pass, so it is not given up";
            output::warn(message, Some("an agent may apply it once that is mended"));
            None
        }
    }
}

/// What is acknowledged on the way back. It deletes what came since: that the revision was healthy is acknowledgement enough
/// for objects, not for data; and what its own message acknowledges is what it destroyed itself.
pub(crate) fn acknowledged() -> BTreeSet<String> {
    BTreeSet::from([String::from("prune")])
}
