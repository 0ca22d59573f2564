//! `sluice status`: where an application stands in its cluster.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::time::Duration;

use sluice_apply::{Health, Inventory, Phase, Reference, Release, Store};
use sluice_report::clean;

use super::plan::As;
use super::{Place, programs, show, tell, tell_absent, tell_store, waiting};
use crate::exit::Exit;
use crate::output;

/// Show where an application stands: what was applied, and how its objects are
#[derive(clap::Args)]
#[command(after_help = "Exit codes:
  0  everything was applied and is healthy
  1  it was not applied as a whole, or an object of the set is not healthy
  2  usage or configuration, or it has no inventory: it was never applied, or was deleted
  3  the cluster does not answer")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How to report
    #[arg(long, value_enum, default_value_t = As::Human)]
    format: As,
}

/// An object of an inventory.
pub(super) struct Object {
    pub(super) reference: Reference,
    pub(super) health: Health,
    /// Whether the set that was applied last, or is being applied, has it.
    pub(super) in_set: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    status(arguments).unwrap_or_else(|exit| exit)
}

fn status(arguments: &Arguments) -> Result<Exit, Exit> {
    let place = &arguments.place;
    let loaded = place.load()?;
    let name = &loaded.application.name;
    let options = place.options(&loaded.application, BTreeSet::new());
    let (inventory, health) = waiting(async {
        let cluster = place.connect(&loaded.application).await?;
        let store = Store::new(&cluster, &options.inventory_namespace, &options.manager);
        let inventory = store.inventory(name).await.map_err(|error| tell_store(&error))?;
        let Some(inventory) = inventory else { return Ok((None, Vec::new())) };
        let objects: Vec<Reference> = inventory.entries.iter().map(|entry| entry.reference.clone()).collect();
        let health = sluice_apply::wait(&cluster, &objects, Duration::ZERO).await.map_err(|error| tell(&error))?;
        Ok((Some(inventory), health))
    })?;
    let Some(inventory) = inventory else {
        let help =
            "`sluice apply` applies it; where its objects are there and the inventory was lost, it needs `adopt: true`";
        return Ok(tell_absent(&options, help));
    };
    let objects = objects(&inventory, health);
    // How it is with what is no part of the application any more says nothing of the application.
    let is_well = |object: &Object| !object.in_set || object.health == Health::Current;
    let is_good = inventory.phase == Phase::Applied && objects.iter().all(is_well);
    let mut out = Vec::new();
    let written = match arguments.format {
        As::Human => human(&inventory, &objects, &mut out),
        As::Json => programs::status(&inventory, &objects, is_good, &mut out),
    };
    let exit = if is_good { Exit::Clean } else { Exit::Violations };
    Ok(output::printed(written.and_then(|()| io::stdout().write_all(&out)), exit))
}

fn objects(inventory: &Inventory, health: Vec<(Reference, Health)>) -> Vec<Object> {
    let left = inventory.entries.iter().filter(|entry| entry.left).map(|entry| &entry.reference);
    let left: BTreeSet<&Reference> = left.collect();
    let of = |(reference, health)| Object { in_set: !left.contains(&reference), reference, health };
    health.into_iter().map(of).collect()
}

fn release(release: &Release) -> String {
    let revision = if release.revision.is_empty() { "a folder" } else { &release.revision };
    format!("{revision}, of {}", release.time)
}

fn human(inventory: &Inventory, objects: &[Object], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "application {}: {}", inventory.application, programs::phase(inventory.phase))?;
    if let Some(current) = &inventory.release {
        writeln!(out, "release     {}", release(current))?;
    }
    if let Some(healthy) = inventory.healthy.first() {
        writeln!(out, "healthy     {}", release(healthy))?;
    }
    if let Some(quarantined) = &inventory.quarantined {
        writeln!(out, "quarantined {}", release(quarantined))?;
    }
    for Object { reference, health, in_set } in objects {
        let words = match (in_set, health) {
            (true, health) => show::health(health),
            (false, Health::Missing) => String::from("gone, as it is no longer in the set"),
            (false, health) => format!("{}; it is no longer in the set", show::health(health)),
        };
        writeln!(out, "  {}", clean::line(&format!("{reference}: {words}")))?;
    }
    Ok(())
}
