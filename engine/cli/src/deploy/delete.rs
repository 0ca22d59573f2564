//! `sluice delete`: an application leaves its cluster.

use sluice_apply::{Event, Prune, Reference};
use sluice_report::clean;

use super::{Place, ending, tell_absent, tell_store, waiting};
use crate::exit::Exit;
use crate::output;

/// Delete what an application has in its cluster, and nothing else
///
/// Deletes the objects of its inventory, each only if it still is the object that was applied, and then the inventory.
#[derive(clap::Args)]
#[command(after_help = "Exit codes:
  0  it is gone; without --yes, it was shown what would be deleted
  1  something of it is still there
  2  usage or configuration, or it has no inventory: it was never applied, or was deleted
  3  the cluster does not answer, another run is at work, or it was interrupted")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Do it: without this, what would be deleted is shown
    #[arg(long)]
    yes: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    delete(arguments).unwrap_or_else(|exit| exit)
}

fn delete(arguments: &Arguments) -> Result<Exit, Exit> {
    let place = &arguments.place;
    let loaded = place.load()?;
    let name = &loaded.application.name;
    let options = place.options(&loaded.application, std::collections::BTreeSet::new());
    let never = || {
        let help = "nothing is left to delete; where objects are there whose inventory was lost, `sluice apply` with \
                    `adopt: true` takes them over, and then they can be deleted";
        tell_absent(&options, help)
    };
    if !arguments.yes {
        let deletions = waiting(async {
            let cluster = place.connect(&loaded.application).await?;
            sluice_apply::deletions(&cluster, &options).await.map_err(|error| tell_store(&error))
        })?;
        let lines = deletions.ok_or_else(never)?;
        // A person decides by these lines, so no name in them may do anything to a terminal.
        let lines = lines.iter().map(|(reference, prune)| clean::line(&preview(reference, prune)).into_owned() + "\n");
        let lines: String = lines.collect();
        output::note("nothing was deleted; `--yes` does it");
        return Ok(output::print(&lines));
    }
    let told = |event: Event| match event {
        Event::Deleted(reference) => output::step(&format!("deleted {reference}")),
        Event::Going(reference, reason) => output::step(&format!("leaving {reference}: {reason}")),
        Event::Released(reference, reason) => output::step(&format!("released {reference}: {reason}")),
        Event::NotDeleted(reference, message) => output::complain(&format!("{reference} stays: {message}"), None),
        Event::Begun => ending::begun(),
        Event::Written(_) | Event::Failed(..) | Event::Waiting | Event::Health(..) | Event::Ended => {}
    };
    let stay = waiting(async {
        let cluster = place.connect(&loaded.application).await?;
        sluice_apply::delete(&cluster, &options, &told).await.map_err(|error| tell_store(&error))
    })?;
    match stay {
        None => Err(never()),
        Some(stay) if stay.is_empty() => Ok(Exit::Clean),
        Some(_) => {
            output::complain(&format!("`{name}` is not gone yet"), Some("run again once the cause is gone"));
            Ok(Exit::Violations)
        }
    }
}

/// What would become of an object.
fn preview(reference: &Reference, prune: &Prune) -> String {
    match prune {
        Prune::Delete { .. } => format!("would delete {reference}{}", along(&reference.group, &reference.kind)),
        Prune::Gone => format!("is gone already: {reference}"),
        Prune::Released { reason, .. } => format!("would release {reference}: {reason}"),
        Prune::Kept { reason } | Prune::Unknown { reason } => format!("would leave {reference}: {reason}"),
    }
}

/// What goes with an object that may be more than the application has.
fn along(group: &str, kind: &str) -> &'static str {
    match (group, kind) {
        ("", "Namespace") => ", with all that is in it, whoever made it",
        ("apiextensions.k8s.io", "CustomResourceDefinition") => ", with all objects of its kind, whoever made them",
        ("", "PersistentVolume" | "PersistentVolumeClaim") => ", with its data",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::along;

    #[test]
    fn what_goes_along_is_told() {
        assert_eq!(along("", "Namespace"), ", with all that is in it, whoever made it");
        assert_eq!(along("shop.example", "Namespace"), "");
        assert_eq!(along("", "ConfigMap"), "");
    }
}
