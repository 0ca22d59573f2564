//! `cargo xtask lint`: everything that is wrong before a test runs. All of it is told, not only the first.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::go;
use crate::guests::{self, Languages};
use crate::process::{capture, cargo, run as run_command, say, succeeds_within};
use crate::setup::lint_tools::{self, LintTools};
use crate::setup::{Choice, Toolchain};
use crate::workspace;

mod house;
mod slim;

/// Options of `cargo xtask lint`.
#[derive(clap::Args)]
pub struct Args {}

/// A cargo workspace of the repository.
pub struct CargoWorkspace {
    /// As a person calls it.
    pub name: &'static str,
    /// Where its `Cargo.toml` lies.
    pub folder: PathBuf,
    /// Whether it shares the target folder of the engine.
    is_engine: bool,
}

impl CargoWorkspace {
    /// Keeps what is compiled for the guests' workspaces apart.
    pub fn own_target(&self, mut command: Command) -> Command {
        if !self.is_engine {
            command.env("CARGO_TARGET_DIR", workspace::root().join("target/guests-build/native"));
        }
        command
    }
}

/// The cargo workspaces of the repository.
pub fn workspaces() -> [CargoWorkspace; 3] {
    let at =
        |name, path: &str| CargoWorkspace { name, folder: workspace::root().join(path), is_engine: path.is_empty() };
    [at("the engine", ""), at("the Rust SDK", "sdk/rust"), at("the guests", "plugins")]
}

/// Runs every lint.
pub fn run(_args: &Args) -> Result<()> {
    let tools = lint_tools::ready()?;
    // The command line embeds the guests when it is compiled.
    guests::build(&Toolchain::ready(Choice::Auto)?, Languages::Rust)?;

    let mut broken = Vec::new();
    let mut note = |what: String, done: Result<()>| {
        if let Err(error) = done {
            println!("{error:#}");
            broken.push(what);
        }
    };
    note("the house rules".to_owned(), house::check());
    note("typos".to_owned(), typos(&tools));
    note("the Go modules of the renderers".to_owned(), go::lint());
    for workspace in workspaces() {
        note(format!("the layout of {}", workspace.name), layout(&workspace));
        note(format!("clippy on {}", workspace.name), clippy(&workspace));
        note(format!("the dependencies of {}", workspace.name), dependencies(&tools, &workspace));
    }
    note("the builds that leave something out".to_owned(), slim::check());
    if broken.is_empty() {
        say("nothing to complain about");
        return Ok(());
    }
    bail!("lint: {} failed: {}; `cargo xtask fix` repairs some", broken.len(), broken.join(", "))
}

fn typos(tools: &LintTools) -> Result<()> {
    say("looking for misspelt words");
    let mut command = Command::new(&tools.typos);
    run_command(command.args(["--config", "typos.toml"]).current_dir(workspace::root()))
}

fn layout(workspace: &CargoWorkspace) -> Result<()> {
    say(format!("checking the layout of {}", workspace.name));
    run_command(&mut cargo(&workspace.folder, &["fmt", "--all", "--check"]))
}

fn clippy(workspace: &CargoWorkspace) -> Result<()> {
    say(format!("running clippy on {}", workspace.name));
    let arguments = ["clippy", "--quiet", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"];
    run_command(&mut workspace.own_target(cargo(&workspace.folder, &arguments)))
}

/// Licences, sources and duplicates; advisories where their database can be had.
fn dependencies(tools: &LintTools, workspace: &CargoWorkspace) -> Result<()> {
    say(format!("checking the dependencies of {}", workspace.name));
    let deny = || {
        let mut command = Command::new(&tools.cargo_deny);
        command.arg("--manifest-path").arg(workspace.folder.join("Cargo.toml")).args(["--log-level", "error"]);
        command.arg("--config").arg(workspace::root().join("deny.toml"));
        command.args(["check", "--hide-inclusion-graph"]);
        command
    };
    capture(deny().args(["bans", "licenses", "sources"]))?;
    if !workspace.is_engine {
        return Ok(());
    }
    let database = "https://github.com/rustsec/advisory-db";
    if succeeds_within(Command::new("git").args(["ls-remote", "--heads", database]), Duration::from_secs(20)) {
        capture(deny().arg("advisories")).map(drop)
    } else {
        say("left out: known advisories, because their database cannot be fetched from here");
        Ok(())
    }
}
