//! `sluice status`: where an application stands in its cluster.

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
  1  it was not applied as a whole, or an object is not healthy
  2  usage or configuration, or it has no inventory: it was never applied, or was deleted
  3  the cluster does not answer")]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// How to report
    #[arg(long, value_enum, default_value_t = As::Human)]
    format: As,
}

pub(crate) fn run(arguments: &Arguments) -> Exit {
    status(arguments).unwrap_or_else(|exit| exit)
}

fn status(arguments: &Arguments) -> Result<Exit, Exit> {
    let place = &arguments.place;
    let loaded = place.load()?;
    let name = &loaded.application.name;
    let options = place.options(&loaded.application, std::collections::BTreeSet::new());
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
    let is_good = inventory.phase == Phase::Applied && health.iter().all(|(_, health)| *health == Health::Current);
    let mut out = Vec::new();
    let written = match arguments.format {
        As::Human => human(&inventory, &health, &mut out),
        As::Json => programs::status(&inventory, &health, is_good, &mut out),
    };
    let exit = if is_good { Exit::Clean } else { Exit::Violations };
    Ok(output::printed(written.and_then(|()| io::stdout().write_all(&out)), exit))
}

fn release(release: &Release) -> String {
    let revision = if release.revision.is_empty() { "a folder" } else { &release.revision };
    format!("{revision}, of {}", release.time)
}

fn human(inventory: &Inventory, objects: &[(Reference, Health)], out: &mut dyn Write) -> io::Result<()> {
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
    for (reference, health) in objects {
        writeln!(out, "  {}", clean::line(&format!("{reference}: {}", show::health(health))))?;
    }
    Ok(())
}
