//! `sluice delete`: an application leaves its cluster.

use sluice_apply::{Company, Deletions, Event, Prune, Reference};
use sluice_report::clean;

use super::{Place, ending, tell_absent, tell_store, waiting};
use crate::exit::Exit;
use crate::output;

/// Delete what an application has in its cluster, and nothing else
///
/// Deletes the objects of its inventory, each only if it still is the object that was applied, and then the inventory. A
/// namespace or a definition takes along what is in it: where that is more than the application has, it has to be named.
#[derive(clap::Args)]
#[command(after_help = "Exit codes:
  0  it is gone; without --yes, it was shown what would be deleted
  1  something of it is still there, or more would go with it than it has
  2  usage or configuration, or it has no inventory: it was never applied, or was deleted
  3  the cluster does not answer, another run is at work, or it was interrupted")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Do it: without this, what would be deleted is shown
    #[arg(long)]
    yes: bool,
    /// A namespace or definition to delete though there is more in it than the application has, which goes along
    #[arg(long, value_name = "NAME", requires = "yes")]
    with_all_in: Vec<String>,
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
    let planned = waiting(async {
        let cluster = place.connect(&loaded.application).await?;
        sluice_apply::deletions(&cluster, &options).await.map_err(|error| tell_store(&error))
    })?;
    let Deletions { fates, company } = planned.ok_or_else(never)?;
    let is_named = |company: &&Company| arguments.with_all_in.contains(&company.with.name);
    let unnamed: Vec<&Company> = company.iter().filter(|company| !is_named(company)).collect();
    if !arguments.yes {
        let lines = fates.iter().flat_map(|(reference, prune)| {
            let along = company.iter().filter(|company| company.with == *reference).flat_map(besides);
            std::iter::once(preview(reference, prune))
                .chain(along.map(|words| format!("             and with it {words}")))
        });
        // A person decides by these lines, so no name in them may do anything to a terminal.
        let lines: String = lines.map(|line| clean::line(&line).into_owned() + "\n").collect();
        let named = unnamed.iter().map(|company| format!(" --with-all-in {}", company.with.name));
        output::note(&format!("nothing was deleted; `--yes{}` does it", named.collect::<String>()));
        return Ok(output::print(&lines));
    }
    if !unnamed.is_empty() {
        for company in unnamed {
            let words = besides(company).collect::<Vec<_>>().join(", ");
            let help = format!("if that is meant, add `--with-all-in {}`", company.with.name);
            output::complain(&format!("{} would take along {words}", company.with), Some(&help));
        }
        output::complain(&format!("more would go than `{name}` has, so nothing was deleted"), None);
        return Ok(Exit::Violations);
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

/// What goes along with a namespace or a definition that the application does not have.
fn besides(company: &Company) -> impl Iterator<Item = String> {
    let Company { objects, more, unseen, .. } = company;
    let more = match more {
        0 => None,
        1 => Some(String::from("1 object more")),
        more => Some(format!("{more} objects more")),
    };
    let unseen =
        (!unseen.is_empty()).then(|| format!("whatever there is of {}, which cannot be listed", unseen.join(", ")));
    objects.iter().map(ToString::to_string).chain(more).chain(unseen)
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
