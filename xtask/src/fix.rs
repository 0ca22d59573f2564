//! `cargo xtask fix`: repairs by itself what `lint` would only tell: the layout, and what clippy knows how to change.

use anyhow::Result;

use crate::guests::{self, Languages};
use crate::lint::workspaces;
use crate::process::{cargo, run as run_command, say};
use crate::setup::{Choice, Toolchain};

/// Options of `cargo xtask fix`.
#[derive(clap::Args)]
pub struct Args {}

/// Repairs every workspace.
pub fn run(_args: &Args) -> Result<()> {
    // The command line embeds the guests when it is compiled, as clippy does.
    guests::build(&Toolchain::ready(Choice::Auto)?, Languages::Rust)?;
    for workspace in workspaces() {
        say(format!("repairing {}", workspace.name));
        let arguments = ["clippy", "--fix", "--allow-dirty", "--allow-staged", "--quiet", "--release", "--workspace"];
        run_command(workspace.own_target(cargo(&workspace.folder, &arguments)).arg("--all-targets"))?;
        run_command(&mut cargo(&workspace.folder, &["fmt", "--all"]))?;
    }
    Ok(())
}
